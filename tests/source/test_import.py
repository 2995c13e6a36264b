"""Imports of good and bad files: bad rows are left aside and told with their place, bad files are refused whole with
theirs, and in either case nothing that was there is lost."""
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT, SQL
from test_views import rows

STORE = ROOT / 'sql' / 'store'
FAMILY = 'fami_table_id,fami_family_id,fami_person_id\n'
DIRECTORY = 'kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to\n'
EVENTS = ('event_id,event_type,person_id,occurred_at,precision,meeting_kind,group_ref,outcome,recorded_at,'
          'replaces_event_id,voided,detail\n')


@pytest.fixture(scope='session')
def tool():
    """The loader, as built beside the programs. IMPORT_TOOL names it."""
    program = Path(os.environ.get('IMPORT_TOOL', ROOT / 'build' / 'tests' / 'source' / 'import_tool'))
    assert program.exists(), f'{program} is missing: build it, or name it in IMPORT_TOOL'
    return program


class Import:
    def __init__(self, pg, name, tool, folder):
        self.pg, self.name, self.tool, self.folder = pg, name, tool, folder

    def ask(self, sql):
        return self.pg.ask(sql, database=self.name)

    def run(self, what, path, conninfo=None):
        done = subprocess.run([self.tool, conninfo or self.pg.conninfo(self.name), what, path], capture_output=True,
                              text=True, check=False, env={**os.environ, 'ASAN_OPTIONS': 'exitcode=99'})
        assert done.returncode in range(4), done.stderr
        return done.returncode, done.stdout.splitlines()

    def ssd(self, **files):
        """Imports a folder with these files, named by table, texts or bytes."""
        folder = self.folder / 'ssd'
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for table, content in files.items():
            (folder / f'{table}.csv').write_bytes(content.encode() if isinstance(content, str) else content)
        return self.run('ssd', folder)

    def file(self, what, content):
        path = self.folder / f'{what}.csv'
        path.write_bytes(content.encode())
        return self.run(what, path)


@pytest.fixture(scope='session')
def with_store(pg):
    pg.psql('CREATE DATABASE with_store', database='postgres')
    pg.psql(file=SQL / 'ssd-tables.sql', database='with_store')
    for number in ('0001', '0002', '0003', '0006'):
        pg.psql(file=next(STORE.glob(f'{number}_*.sql')), database='with_store')


@pytest.fixture
def importer(pg, with_store, tool, tmp_path):
    pg.copy('import', 'with_store')
    yield Import(pg, 'import', tool, tmp_path)
    pg.psql('DROP DATABASE import WITH (FORCE)', database='postgres')


def test_the_sample_arrives_whole_and_twice_is_the_same(importer, sample):
    for _ in range(2):
        status, report = importer.run('ssd', sample)
        assert status == 0
        for file in sorted(sample.glob('ssd_*.csv')):
            count = len(rows(sample, file.stem))
            assert importer.ask(f'SELECT count(*) FROM {file.stem}') == [(count,)]
            assert f'{file.name}: {count} rows' in report
    assert importer.ask("SELECT count(*) FROM ssd_cin_episodes WHERE cine_close_reason = ''") == [
        (sum(1 for row in rows(sample, 'ssd_cin_episodes') if not row['cine_close_reason']),)]


def test_hostile_text_arrives_as_it_is(importer, tmp_path):
    subprocess.run([ROOT / 'tests' / 'sample' / 'generate_caseload.py', '--profile', 'plain', '--children', '200',
                    '--as-at', '2024-03-31', '--hostile', '--out', tmp_path / 'hostile'], check=True)
    assert importer.run('ssd', tmp_path / 'hostile')[0] == 0
    assert dict(importer.ask('SELECT pers_person_id, pers_surname FROM ssd_person')) == {
        row['pers_person_id']: row['pers_surname'] or None for row in rows(tmp_path / 'hostile', 'ssd_person')}
    assert importer.run('directory', tmp_path / 'hostile' / 'directory.csv')[0] in (0, 1)
    assert importer.run('events', tmp_path / 'hostile' / 'events.csv')[0] == 0


def test_bad_rows_are_left_aside_with_line_column_and_key(importer):
    status, report = importer.ssd(
        ssd_cp_reviews='cppr_person_id,cppr_cp_review_id,cppr_cp_plan_id,cppr_cp_review_due,cppr_cp_review_date,'
                       'cppr_cp_review_meeting_id,cppr_cp_review_outcome_continue_cp,cppr_cp_review_quorate,'
                       'cppr_cp_review_participation\n'
                       'A,1,,,2024-02-30,,Y,,\n'
                       'A,2,,,2024-02-29 13:30,,Y,"over\n\ntwo lines, ""quoted""",\n'
                       'A,3,,2023-02-29,29/02/2024,,YES,,\n'
                       'A,,,,2024-02-01,,,,\n'
                       'A,2,,,2024-02-01,,,,\n'
                       'A,5,,,infinity,,,,\n'
                       'A,6,,,0001-01-01,,,,\n'
                       'A,7,,,9999-12-31T23:59:59,,,,\n'
                       'A,8,,,2024-01-01 24:00,,,,\n',
        ssd_sdq_scores='csdq_table_id,csdq_person_id,csdq_sdq_completed_date,csdq_sdq_score,csdq_sdq_reason\n'
                       '1,A,,x,\n2,A,,99999999999,\n3,A,,+17,\n',
        ssd_unheard_of='a\n1\n')
    assert status == 1
    assert [line.split(': ')[0] + ': ' + ' '.join(line.split(': ')[1].split()[:3]) for line in report] == [
        'ssd_cp_reviews.csv:2:5 (1): cppr_cp_review_date is no',
        'ssd_cp_reviews.csv:6:5 (3): cppr_cp_review_date is no',
        'ssd_cp_reviews.csv:6:4 (3): cppr_cp_review_due is no',
        'ssd_cp_reviews.csv:6:7 (3): cppr_cp_review_outcome_continue_cp is longer',
        'ssd_cp_reviews.csv:7:2: cppr_cp_review_id is missing',
        'ssd_cp_reviews.csv:12:5 (8): cppr_cp_review_date is no',
        'ssd_cp_reviews.csv:8 (2): repeats the key',
        'ssd_cp_reviews.csv: 4 rows, 5',
        'ssd_sdq_scores.csv:2:4 (1): csdq_sdq_score is no',
        'ssd_sdq_scores.csv:3:4 (2): csdq_sdq_score is no',
        'ssd_sdq_scores.csv: 1 rows, 2',
        'ssd_unheard_of.csv: there is no']
    assert importer.ask('SELECT cppr_cp_review_id, cppr_cp_review_date::text FROM ssd_cp_reviews ORDER BY 1') == [
        ('2', '2024-02-29 13:30:00'), ('5', 'infinity'), ('6', '0001-01-01 00:00:00'), ('7', '9999-12-31 23:59:59')]
    assert importer.ask('SELECT csdq_sdq_score FROM ssd_sdq_scores') == [(17,)]


@pytest.mark.parametrize('content, place, what', [
    ('', 1, 'no header'),
    ('fami_table_id,fami_family,fami_person_id\n1,2,3\n', 1, 'did you mean "fami_family_id"'),
    ('fami_table_id,fami_person_id\n1,3\n', 1, '"fami_family_id" is missing'),
    ('fami_table_id,fami_family_id,fami_person_id,fami_person_id\n1,2,3,3\n', 1, 'comes twice'),
    ('fami_table_id;fami_family_id;fami_person_id\n1;2;3\n', 1, 'unknown column'),
    (FAMILY + '1,2,3\n4,5\n', 3, '2 fields where the header has 3'),
    (FAMILY + '1,2,3\n4,5,6,7\n', 3, '4 fields where the header has 3'),
    (FAMILY + '1,2,3\n4,"a\nb",6\n4,5', 5, 'ends in the middle of a line'),
    (FAMILY + '1,2,3\n4,"5,6\n7,8,9\n', 3, 'never closed'),
    (FAMILY.encode() + b'1,2,3\n4,"a\n\xff",6\n', 4, 'no UTF-8'),
    (FAMILY.encode() + b'1,2,3\n4,a\0b,6\n', 3, 'no UTF-8'),
    (FAMILY.encode() + b'1,2,3\n4,\xed\xa0\x80,6\n', 3, 'no UTF-8'),
    (FAMILY + '1,2,3\n4,a\rb,6\n', 3, 'carriage return'),
])
def test_a_file_of_the_wrong_shape_is_refused_whole(importer, content, place, what):
    assert importer.ssd(ssd_family=FAMILY + 'kept,1,2\n')[0] == 0
    status, report = importer.ssd(ssd_family=content, ssd_mother=(
        'moth_table_id,moth_person_id,moth_childs_person_id,moth_childs_dob\n1,2,3,\n'))
    assert status == 2
    assert any(line.removeprefix('error: ').startswith(f'ssd_family.csv:{place}:') and what in line for line in report)
    assert importer.ask('SELECT fami_table_id FROM ssd_family') == [('kept',)]
    assert importer.ask('SELECT count(*) FROM ssd_mother') == [(1,)]


@pytest.mark.parametrize('content', [
    FAMILY.replace('\n', '\r\n') + '1,2,3\r\n4,"a\r\nb",6\r\n',
    '\ufeff' + FAMILY + '1,2,3\n4,"a\r\nb",6\n\n',
    '"fami_person_id","fami_table_id","fami_family_id"\n3,1,2\n6,4,"a\r\nb"',
    FAMILY + '1,2,3\n4,"a\r\nb",6',
])
def test_what_spreadsheets_write_is_read(importer, content):
    assert importer.ssd(ssd_family=content)[0] == 0
    assert importer.ask('SELECT * FROM ssd_family ORDER BY 1') == [('1', '2', '3'), ('4', 'a\r\nb', '6')]


def test_a_line_that_ends_a_copy_is_text_like_any_other(importer):
    status, report = importer.ssd(ssd_family=FAMILY + '1,"a\n\\.\nb",3\n\\.,2,3\n')
    assert status == 0, report
    assert importer.ask('SELECT * FROM ssd_family ORDER BY 3, 1 DESC') == [('\\.', '2', '3'), ('1', 'a\n\\.\nb', '3')]


def test_nothing_to_import_and_nowhere_to_put_it(importer, tmp_path):
    assert importer.run('ssd', tmp_path)[0] == 2
    assert importer.run('ssd', tmp_path / 'absent')[0] == 2
    assert importer.run('events', tmp_path / 'absent.csv')[0] == 2
    assert importer.run('ssd', tmp_path, f'host={tmp_path} dbname=none')[0] == 3
    assert importer.run('ssd', tmp_path, importer.pg.conninfo('postgres'))[0] == 2


# The directory


def test_the_directory_of_the_sample(importer, sample):
    status, report = importer.run('directory', sample / 'directory.csv')
    assert (status, report[-1]) == (0, 'directory.csv: 179 rows')
    assert importer.ask('SELECT count(*), count(email), count(active_to) FROM timely.staff') == [
        (158, 158, sum(1 for row in rows(sample, 'directory') if row['active_to']))]
    assert importer.ask("SELECT parent_id, manager_id FROM timely.team WHERE team_id = '7016'") == [('7014', None)]
    status, _ = importer.file('directory', DIRECTORY + 'person,1,N,n@a.org,,,,,,\n')
    assert status == 0
    assert importer.ask('SELECT count(*) FROM timely.staff UNION ALL SELECT count(*) FROM timely.team') == [(1,), (0,)]


@pytest.mark.parametrize('people, line', [
    ('team,9,,,,,,,,\nteam,1,,,,2,,,,\nteam,2,,,,3,,,,\nteam,3,,,,1,,,,\nteam,4,,,,1,,,,\n', 3),
    ('person,1,,,,,2,,,\nperson,2,,,,,1,,,\nperson,3,,,,,1,,,\n', 2),
    ('team,1,,,,1,,,,\n', 2),
])
def test_a_circle_refuses_the_directory(importer, people, line):
    importer.file('directory', DIRECTORY + 'person,kept,,,,,,,,\n')
    status, report = importer.file('directory', DIRECTORY + people)
    assert status == 2
    assert report[-1].startswith(f'error: directory.csv:{line}: ') and 'circle' in report[-1]
    assert importer.ask('SELECT professional_id FROM timely.staff') == [('kept',)]


def test_bad_people_and_bad_addresses(importer):
    status, report = importer.file('directory', DIRECTORY + (
        'team,1,T,,,,,,,\n'
        'person,1,a,a.b-c+d@mail.example.org,,1,,,2020-02-29,\n'
        'person,2,b,"x@y.org\r\nBcc: z@y.org",,1,,,,\n'
        'person,3,c,Name <c@y.org>,,1,99,,,\n'
        'person,4,d,d@localhost,,8,,,,\n'
        'person,5,e,,,1,,,2024-02-30,\n'
        'robot,6,f,,,,,,,\n'
        'person,,g,,,,,,,\n'
        'person,1,again,,,,,,,\n'))
    assert status == 1
    assert importer.ask('SELECT professional_id, email FROM timely.staff ORDER BY 1') == [
        ('1', 'a.b-c+d@mail.example.org'), ('2', None), ('3', None), ('4', None)]
    assert sorted(Counter(line.split(':')[1].split()[0] for line in report[:-1]).items()) == [
        ('10', 1), ('11', 1), ('4', 1), ('6', 2), ('7', 2), ('8', 1), ('9', 1)]
    assert report[-1] == 'directory.csv: 5 rows, 4 left aside'
    assert not any('Bcc' in line or 'Name' in line for line in report)


def test_an_address_is_the_same_to_the_directory_and_to_the_daemon(importer):
    """What an import takes and the mail would not is a person who is never told, of which nobody hears (messages mail)."""
    table = [line.split(' ') for line in (ROOT / 'tests' / 'messages' / 'addresses.txt').read_text(encoding='utf-8').splitlines()]
    _, report = importer.file('directory', DIRECTORY + ''.join(
        f'person,{number},x,{address},,,,,,\n' for number, (_, address) in enumerate(table)))
    taken = {address for address, in importer.ask('SELECT email FROM timely.staff WHERE email IS NOT NULL')}
    assert taken == {address for who, address in table if who == 'directory'}
    assert sum('is not one mail address and will not be used' in line for line in report) == len(table) - len(taken)


def test_an_empty_directory_replaces_nothing(importer):
    importer.file('directory', DIRECTORY + 'person,kept,,,,,,,,\n')
    assert importer.file('directory', DIRECTORY)[0] == 2
    assert importer.file('directory', DIRECTORY.replace(',email', '') + 'person,1,,,,,,,\n')[0] == 2
    assert importer.ask('SELECT professional_id FROM timely.staff') == [('kept',)]


# Absences and duty

ABSENCES = 'staff_id,first_day,last_day,stand_in_id\n'
DUTY = 'team_id,role,first_day,last_day,weekdays,staff_id\n'
COVER = 'SELECT of_id, stand_in_id, first_day::text, last_day::text, withdrawn_on::text FROM timely.cover ORDER BY cover_id'


@pytest.fixture
def staffed(importer):
    importer.file('directory', DIRECTORY + 'team,T,,,,,,,,\nperson,A,,,,T,,,,\nperson,B,,,,T,,,,\n')
    return importer


def test_absences_that_a_later_file_leaves_out_end_on_that_day(staffed):
    over, on, ahead = 'A,2024-03-01,2024-03-08,B\n', 'A,2024-03-30,2024-04-12,B\n', 'B,2024-05-01,,\n'
    assert staffed.file('absences', ABSENCES + over + on + ahead) == (
        0, ['absences.csv: 3 of the rows are new, 0 of before hold no longer', 'absences.csv: 3 rows'])
    staffed.ask("INSERT INTO timely.cover (covers, of_id, first_day, from_where, told_at)"
                " VALUES ('person', 'A', '2024-04-01', 'command', now())")
    # The day is 2 April. What stands is not told twice, what is over and what was said by hand stays.
    status, report = staffed.file('absences', ABSENCES + 2 * on + 'A,2024-06-03,2024-06-07,\n')
    assert (status, report[0]) == (0, 'absences.csv: 1 of the rows are new, 1 of before hold no longer')
    assert set(staffed.ask(COVER)) == {
        ('A', 'B', '2024-03-01', '2024-03-08', None), ('A', 'B', '2024-03-30', '2024-04-12', None),
        ('B', None, '2024-05-01', None, '2024-04-02'), ('A', None, '2024-04-01', None, None),
        ('A', None, '2024-06-03', '2024-06-07', None)}


def test_absences_that_cannot_be_are_left_aside_and_strangers_reported(staffed):
    status, report = staffed.file('absences', ABSENCES + (
        'A,2024-04-12,2024-04-01,B\n'
        'A,2024-02-30,,\n'
        'A,2024-04-01,infinity,\n'
        ',2024-04-01,,\n'
        'A,2024-04-01,2024-04-05,A\n'
        'Z,2024-04-01,2024-04-05,Y\n'))
    assert status == 1
    assert report == [
        'absences.csv:3:2 (A/2024-02-30): first_day is no date that exists (YYYY-MM-DD)',
        'absences.csv:5:1 (2024-04-01): staff_id is missing',
        'absences.csv:2:3 (A/2024-04-12): last_day is before the first day',
        'absences.csv:4:3 (A/2024-04-01): last_day is no day',
        'absences.csv:7:1 (Z/2024-04-01): staff_id names nobody in the directory; the row is taken',
        'absences.csv:7:4 (Z/2024-04-01): stand_in_id names nobody in the directory; the row is taken',
        'absences.csv:6:4 (A/2024-04-01): stand_in_id is who is away: nobody is named; the row is taken',
        'absences.csv: 2 of the rows are new, 0 of before hold no longer',
        'absences.csv: 2 rows, 4 left aside']
    assert staffed.ask(COVER) == [('A', None, '2024-04-01', '2024-04-05', None), ('Z', 'Y', '2024-04-01', '2024-04-05', None)]


@pytest.mark.parametrize('slip', ['A,30/04/2024,,\n', 'A,2024-04-01,30/04/2024,\n', 'A,2024-04-01,2024-03-30,\n'])
def test_a_slip_in_a_row_ends_nobodys_absence(staffed, slip):
    """What was known of whom the row is about stands; of somebody of whom there is no row any more it ends."""
    staffed.file('absences', ABSENCES + 'A,2024-04-01,2024-04-30,\nB,2024-04-01,,\n')
    status, report = staffed.file('absences', ABSENCES + slip + 'A,2024-06-01,,\n')
    assert (status, report[1:]) == (1, [
        'absences.csv: 1 of the rows are new, 1 of before hold no longer',
        'absences.csv: 1 of before still hold, since a row left aside may mean them',
        'absences.csv: 1 rows, 1 left aside'])
    assert set(staffed.ask(COVER)) == {('A', None, '2024-04-01', '2024-04-30', None), ('B', None, '2024-04-01', None, '2024-04-02'),
                                       ('A', None, '2024-06-01', None, None)}
    # Put right, the file is all there is to say again.
    assert staffed.file('absences', ABSENCES + 'A,2024-06-01,,\n')[1][0] == \
        'absences.csv: 0 of the rows are new, 1 of before hold no longer'


def test_a_slip_in_a_row_of_nobody_ends_nothing(staffed):
    staffed.file('absences', ABSENCES + 'A,2024-04-01,2024-04-30,\nB,2024-04-01,,\n')
    staffed.file('duty', DUTY + 'T,worker,2024-04-01,,,A\n')
    for column in ('', '""'):
        status, report = staffed.file('absences', ABSENCES + f'{column},2024-04-01,,\n')
        assert (status, report[1]) == (1, 'absences.csv: 0 of the rows are new, 0 of before hold no longer')
    assert staffed.file('duty', DUTY + 'T,boss,2024-04-01,,,A\n')[0] == 1
    assert [row[4] for row in staffed.ask(COVER)] == [None, None, None]


def test_duty_and_absences_leave_each_other_alone(staffed):
    staffed.file('absences', ABSENCES + 'A,2024-04-01,,\n')
    status, report = staffed.file('duty', DUTY + (
        'T,worker,2024-04-01,,Monday Friday,A\n'
        'T,manager,2024-04-02,2024-04-02,,B\n'
        'T,boss,2024-04-02,,,B\n'
        'T,worker,2024-04-02,,Mon,B\n'
        'U,worker,2024-04-02,2024-04-03,,C\n'))
    assert (status, report) == (1, [
        'duty.csv:4:2 (T/boss/2024-04-02): role is none of worker, manager and out of hours',
        'duty.csv:5:5 (T/worker/2024-04-02): weekdays is no list of weekdays (monday tuesday)',
        'duty.csv:6:6 (U/worker/2024-04-02): staff_id names nobody in the directory; the row is taken',
        'duty.csv:6:1 (U/worker/2024-04-02): team_id names no team of the directory; the row is taken',
        'duty.csv: 3 of the rows are new, 0 of before hold no longer', 'duty.csv: 3 rows, 2 left aside'])
    assert set(staffed.ask('SELECT covers, of_id, stand_in_id, weekdays FROM timely.cover WHERE withdrawn_on IS NULL')) == {
        ('person', 'A', None, None), ('workers', 'T', 'A', 'monday friday'), ('manager', 'T', 'B', None),
        ('workers', 'U', 'C', None)}


@pytest.mark.parametrize('what, header', [('absences', ABSENCES), ('duty', DUTY)])
def test_an_empty_file_ends_nobodys_absence(staffed, what, header):
    staffed.file('absences', ABSENCES + 'A,2024-04-01,,\n')
    assert staffed.file(what, header)[0] == 2
    assert staffed.file(what, header.replace(',first_day', ''))[0] == 2
    assert staffed.ask(COVER) == [('A', None, '2024-04-01', None, None)]


# Local events


def test_the_events_of_the_sample(importer, sample):
    status, report = importer.run('events', sample / 'events.csv')
    assert status == 0
    assert 'events.csv: no rule knows the event pep-held: kept (1226)' in report
    events = rows(sample, 'events')
    replaced = {row['replaces_event_id'] for row in events}
    assert Counter(dict(importer.ask('SELECT kind, count(*) FROM timely.local_fact GROUP BY 1'))) == Counter(
        row['event_type'].replace('_', '-') for row in events
        if row['voided'] == 'f' and row['event_id'] not in replaced)
    assert 'events.csv: 0 of the rows are new' in importer.run('events', sample / 'events.csv')[1]
    assert importer.ask('SELECT count(*), count(DISTINCT from_where) FROM timely.local_event') == [(len(events), 1)]


def facts(importer):
    return importer.ask('SELECT ref, at::text, code FROM timely.local_fact ORDER BY 1')


def test_corrections_keep_their_history(importer):
    first = 'e,birth,A,2024-02-01 10:00,day,,,one,2024-02-02,,f,\n'
    assert importer.file('events', EVENTS + first)[0] == 0
    assert facts(importer) == [('e', '2024-02-01 00:00:00', 'one')]
    importer.file('events', EVENTS + 'e,birth,A,2024-02-03,day,,,two,2024-02-05,,f,\n')
    assert facts(importer) == [('e', '2024-02-03 00:00:00', 'two')]
    importer.file('events', EVENTS + 'e,birth,A,2024-02-04,day,,,late news of old,2024-02-03,,f,\n')
    assert facts(importer) == [('e', '2024-02-03 00:00:00', 'two')]
    importer.file('events', EVENTS + 'e,birth,A,2024-02-03,day,,,three,2024-02-05,,f,\n')
    importer.file('events', EVENTS + 'e,birth,A,2024-02-03,day,,,two,2024-02-05,,f,\n')
    assert facts(importer) == [('e', '2024-02-03 00:00:00', 'two')]
    importer.file('events', EVENTS + 'e,birth,A,2024-02-03,day,,,,2024-02-06,,t,\n')
    assert facts(importer) == []
    assert importer.ask('SELECT count(*) FROM timely.local_event') == [(6,)]
    with pytest.raises(Exception, match='append-only'):
        importer.ask('UPDATE timely.local_event SET voided = false')


def test_a_withdrawn_replacement_brings_nothing_back(importer):
    importer.file('events', EVENTS + 'old,birth,A,2024-02-01,day,,,,2024-02-02,,f,\n'
                                     'new,birth,A,2024-02-01,day,,,,2024-02-03,old,f,\n')
    assert [ref for ref, _, _ in facts(importer)] == ['new']
    importer.file('events', EVENTS + 'new,birth,A,2024-02-01,day,,,,2024-02-04,,t,\n')
    assert facts(importer) == []


def test_bad_events_are_left_aside(importer):
    status, report = importer.file('events', EVENTS + (
        'e1,birth,A,2024-02-30,day,,,,2024-02-03,,f,\n'
        'e2,birth,,2024-02-01,day,,,,2024-02-03,,f,\n'
        'e3,birth,A,2024-02-01,hour,,,,2024-02-03,,f,\n'
        'e4,birth,A,2024-02-01,day,,,,,,f,\n'
        'e5,birth,A,2024-02-01,day,,,,2024-02-03,,maybe,\n'
        'e6,birth,A,2024-02-01,day,,,first,2024-02-03,,f,\n'
        'e6,birth,A,2024-02-01,day,,,second,2024-02-03,,f,\n'))
    assert status == 1
    assert [line.split(': ')[0] for line in report] == [
        'events.csv:2:4 (e1)', 'events.csv:3:3 (e2)', 'events.csv:5:9 (e4)', 'events.csv:6:11 (e5)',
        'events.csv:4:5 (e3)', 'events.csv:7:1 (e6)', 'events.csv', 'events.csv']
    assert report[-1] == 'events.csv: 1 rows, 6 left aside'
    assert facts(importer) == [('e6', '2024-02-01 00:00:00', 'second')]


BOOKINGS = ('event_id,event_type,person_id,occurred_at,precision,scheduled_for,recorded_at,ends_at,online_url,professional_id,'
            'attendees,voided\n')


def booking(number, ends='', url='', chair='', attendees='', voided='f'):
    return f'b{number},meeting_booked,A,2024-04-02,day,2024-05-13 14:00,2024-04-02,{ends},"{url}",{chair},{attendees},{voided}\n'


def test_what_cannot_be_used_of_a_booking_is_told(importer):
    importer.file('directory', DIRECTORY + 'person,W,Ann,ann@council.gov.uk,,,,,,\n')
    status, report = importer.file('events', BOOKINGS + booking(
        1, '2024-05-13 15:30', 'https://teams.example/l/meetup?x=1&y=2', 'W', 'W') + booking(
        2, '2024-05-13 12:00', 'http://x y/', 'nobody', 'W no\u202ebody  7') + booking(
        3, '2024-05-13 14:00', 'javascript:alert(1)') + booking(4, '2024-05-13', 'none', 'nobody', voided='t'))
    assert status == 0
    assert [line for line in report if not line.startswith('events.csv: no rule')] == [
        'events.csv:3:11 (b2): attendees names nobody in the directory, who will not be invited: no body, 7',
        'events.csv:3:8 (b2): ends_at is not after the start and will not be used: an hour is assumed',
        'events.csv:3:9 (b2): online_url is not one address of the web (https://…) and will not be used',
        'events.csv:3:10 (b2): professional_id names nobody in the directory, who will not be invited: nobody',
        'events.csv:4:8 (b3): ends_at is not after the start and will not be used: an hour is assumed',
        'events.csv:4:9 (b3): online_url is not one address of the web (https://…) and will not be used',
        'events.csv: 4 of the rows are new', 'events.csv: 4 rows']


@pytest.mark.parametrize('pasted, address', [
    ('https://teams.example/l/a%3ab/0?x=1&y=2', None),
    ('Join Teams: https://teams.example/l/1?x=1.', 'https://teams.example/l/1?x=1'),
    ('Join <https://teams.example/1> (number 7)', 'https://teams.example/1'),
    ('https://teams.example/1 ', 'https://teams.example/1'),
    ('https://sites.example/Shared Documents/1', None),
    ('http://x y/', None),
    ('https://teams.example/1 or https://teams.example/2', None),
    ('javascript:alert(1)', None),
    ('Civic Centre, room 3', None)])
def test_the_one_address_in_words_is_taken(importer, pasted, address):
    """The event itself is kept word for word."""
    _, report = importer.file('events', BOOKINGS + booking(1, url=pasted))
    assert importer.ask('SELECT url FROM timely.local_fact') == [(address or pasted,)]
    assert importer.ask('SELECT online_url FROM timely.local_event') == [(pasted,)]
    assert any('online_url is not one address' in line for line in report) == (not address and '%3a' not in pasted)


def test_events_without_a_column_that_must_be_there(importer):
    status, report = importer.file('events', EVENTS.replace(',recorded_at', '').replace(',voided', '') + 'a\n')
    assert status == 2
    assert 'recorded_at' in report[0] and 'voided' in report[1]
