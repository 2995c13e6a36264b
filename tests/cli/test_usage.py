"""Commands that need no database, wrong usage of every command, and exit statuses: 0 done, 1 the answer is no,
2 wrong usage or bad input, 3 a system it needs is not there."""
import html.parser
import json
import os
import shutil
import subprocess

import pytest

from conftest import ENVIRONMENT, ROOT, TIMELY

RULES = ROOT / 'rules'


# --------------------------------------------------------------------------------------------- date

@pytest.mark.parametrize('question, answer', [
    ('15 working days after 2024-12-20', '2025-01-15'),
    ('15 working days after 2024-03-14', '2024-04-08'),
    ('48 hours before 2024-05-15T10:00', '2024-05-13T10:00'),
    ('48 hours after 2025-03-29T23:30', '2025-04-01T00:30'),
    ('72 hours after 2025-03-29T23:30', '2025-04-02T00:30'),
    ('3 months after 2023-11-30', '2024-02-29'),
    ('1 year after 2024-02-29', '2025-02-28'),
    ('2 weeks before 2024-03-14', '2024-02-29'),
    ('1 day after 2024-02-28', '2024-02-29'),
])
def test_date_answers_with_the_date_alone(timely, question, answer):
    said = timely('date', question)
    assert (said.out, said.err) == (answer + '\n', '')
    assert timely('date', *question.split()).out == said.out


def test_date_explains(timely):
    lines = timely('date', '--explain', '15 working days after 2024-12-20').out.splitlines()
    assert lines[0] == '2025-01-15'
    assert lines[1] == 'Wednesday 15 January 2025 is 15 working days after Friday 20 December 2024.'
    assert '  Wednesday 25 December 2024: Christmas Day' in lines
    assert '  Saturday 28 December 2024 and Sunday 29 December 2024: weekend' in lines
    assert 'no working day: weekend' in timely('date', '--explain', '1 day after 2024-03-29').out
    assert 'no working day: Good Friday' in timely('date', '--explain', '1 day after 2024-03-28').out


def test_date_beyond_the_published_holidays_is_provisional(timely):
    said = timely('date', '20 working days after 2031-01-06')
    assert said.out == '2031-02-03\n' and 'provisional' in said.err
    assert 'provisional' in timely('date', '--explain', '20 working days after 2031-01-06').out
    assert json.loads(timely('date', '20 working days after 2031-01-06', '--format=json').out) == [
        {'date': '2031-02-03', 'provisional': True}]
    assert timely('date', '1 day after 2024-01-01', '--format', 'csv').out == 'date,provisional\n2024-01-02,no\n'


@pytest.mark.parametrize('question, place', [
    ('15 working days after 2024-02-30', 'column 23'),
    ('15 wurking days after 2024-12-20', 'column 4'),
    ('15 working days since 2024-12-20', 'column 17'),
    ('five days after 2024-12-20', 'column 1'),
    ('5 school days after 2024-12-20', 'school'),
    ('5 working days after 9999-12-30', ''),
])
def test_date_says_where_a_question_is_wrong(timely, question, place):
    said = timely('date', question, status=2)
    assert said.out == '' and said.err.startswith('timely: ') and place in said.err


# -------------------------------------------------------------------------------------------- check

def test_check_of_what_came_with_the_program(timely):
    said = timely('check')
    assert said.out.endswith(': all right\n') and 'timescales, ' in said.out and said.err == ''


def test_check_knows_a_file_by_its_keys(timely, tmp_path):
    config = tmp_path / 'timely.yaml'
    config.write_text('mail: {delivery: off}\n')
    files = [RULES / 'child-protection.yaml', RULES / 'events.yaml', RULES / 'telling.yaml',
             RULES / 'overlays' / 'milton-keynes.yaml', config]
    lines = timely('check', *files).out.splitlines()
    kinds = ['rules', 'rules', 'rules', 'overlay', 'configuration']
    assert [line.split(': ')[1] for line in lines] == kinds
    assert all(line.endswith('all right') for line in lines)


def rule_file(tmp_path, name='extra.yaml', due='within 5 working days of s47-started', example=None):
    file = tmp_path / name
    file.write_text('chapter: Extra\ntimescales:\n  extra-rule:\n    title: An extra rule\n    force: local\n    default: on\n'
                    '    source: Here\n    subject: enquiry\n'
                    f'    due: {due}\n    met by: icpc-held\n'
                    + (f'    examples:\n      - {example}\n' if example else ''))
    return file


def test_check_runs_the_examples_of_a_file(timely, tmp_path):
    right = rule_file(tmp_path, example='s47-started 2024-03-14 -> due 2024-03-21')
    assert 'all right' in timely('check', right).out
    wrong = rule_file(tmp_path, example='s47-started 2024-03-14 -> due 2024-03-22')
    said = timely('check', wrong, status=1)
    assert f'{wrong}:12:' in said.err and 'the rule gives 2024-03-21' in said.err


def test_check_tells_every_complaint_with_its_place(timely, tmp_path):
    bad = rule_file(tmp_path, due='within 5 wurking days of s47-starteed')
    said = timely('check', bad, status=2)
    assert f'{bad}:9:' in said.err
    broken = tmp_path / 'broken.yaml'
    broken.write_text('mail:\n  delivery: of\nsorce: {}\n')
    said = timely('check', broken, status=2)
    assert f'{broken}:2:' in said.err and f'{broken}:3:' in said.err and 'did you mean "source"' in said.err
    assert timely('check', tmp_path / 'absent.yaml', status=2).err.startswith('timely: ')


def test_check_knows_the_profiles_of_a_weekly_rung(timely, tmp_path):
    telling = tmp_path / 'telling.yaml'
    text = (RULES / 'telling.yaml').read_text()
    telling.write_text(text)
    assert 'all right' in timely('check', telling).out
    telling.write_text(text.replace('weekly: [P-V]', 'weekly: [P-V, P-Q]'))
    said = timely('check', telling, status=2)
    assert f'{telling}:' in said.err and '"P-Q": no such profile in this file' in said.err


def test_check_of_several_files_ends_with_the_worst(timely, tmp_path):
    wrong = rule_file(tmp_path, example='s47-started 2024-03-14 -> nothing')
    said = timely('check', RULES / 'events.yaml', wrong, status=1)
    assert 'events.yaml: rules' in said.out
    timely('check', wrong, tmp_path / 'absent.yaml', status=2)


def test_check_of_a_file_in_place_of_the_one_that_came(timely, tmp_path):
    file = tmp_path / 'child-protection.yaml'
    shutil.copy(RULES / 'child-protection.yaml', file)
    assert timely('check', file).out.split(': ', 2)[2] == timely('check').out


def test_measures_are_listed_without_a_store(timely):
    rows = timely('timeliness', '--measure', 'list', '--format', 'csv').rows()
    assert len({row['measure'] for row in rows}) == len(rows) > 30
    assert all(bool(row['basis']) != bool(row['cannot_be_told']) for row in rows)
    assert next(row for row in rows if row['measure'] == 'm-icpc')['parts'] == '0-5, 6-10, 11-15, 16-20, 21 and over'
    said = timely('timeliness', '--measure', 'list').out
    assert all(f"{row['measure']}: {row['title']}\n" in said for row in rows)


@pytest.mark.parametrize('text, said', [
    ('targets: {m-icp: 90%}', '2:11: unknown measure "m-icp"; did you mean "m-icpc"?'),
    ('targets: {zzzzzz: 90%}', '2:11: unknown measure "zzzzzz": `timely timeliness --measure list` has all'),
    ('targets: {m-caseload: 90%}', '2:11: m-caseload is no percentage, so it can have no target'),
    ('targets: {m-icpc: 90}', '2:19: "90": expected a percentage: 90% or 90-95%'),
    ('targets: {m-icpc: 95-90%}', '2:19: "95-90%": expected a percentage'),
    ('targets: {m-icpc: 100.1%}', '2:19: "100.1%": expected a percentage'),
    ('targets: {m-icpc: 90.25%}', 'expected a percentage'),
    ('targets: {m-icpc: [90%]}', '2:19: expected a percentage: 90% or 90-95%'),
    ('targets: [m-icpc]', '2:10: expected targets by their measures'),
    ('thresholds: {caseload: many}', '2:24: "many": expected a number of children: 85 or 55-70'),
    ('thresholds: {caseload: 0}', 'expected a number of children'),
    ('thresholds: {caseload: 55.5}', 'expected a number of children'),
    ('thresholds: {caselode: 85}', '2:14: unknown key "caselode"; did you mean "caseload"?'),
])
def test_a_bad_target_is_told_with_its_place(timely, tmp_path, text, said):
    overlay = tmp_path / 'own.yaml'
    overlay.write_text(f'authority: A\n{text}\n', encoding='utf-8')
    err = timely('check', overlay, status=2).err
    assert 'own.yaml:2:' in err and said in err


def test_rules_shows_what_an_overlay_changes(timely, tmp_path):
    overlay = tmp_path / 'own.yaml'
    overlay.write_text("""authority: Somewhere & Co
office hours:
  friday: 09:00-16:30
closure days: [2024-12-27]
timescales:
  cp-visit:
    due:
      - within 10 days of cp-plan-made
      - within 10 days of every cp-visit as seen
  cin-review:
    use: no
targets: {m-rcpc: 79.2-95%}
thresholds: {caseload: 55-70}
diary:
  icpc: {not on: [friday, monday]}
cadences:
  gov-touchdown: {use: yes, from: 2024-04-08, who: chair}
""", encoding='utf-8')
    rows = timely('rules', '--diff', overlay, '--format', 'csv').rows()
    assert [(row['timescale'], row['what'], row['statute'], row['authority']) for row in rows] == [
        ('cin-review', 'on', 'yes', 'no'),
        ('cp-visit', 'due', 'within 10 working days of cp-plan-made; within 10 working days of cp-visit as seen',
         'within 10 days of cp-plan-made; within 10 days of cp-visit as seen'),
        ('', 'office hours, friday', '09:00-17:00', '09:00-16:30'),
        ('', 'closure days', '', '2024-12-27'),
        ('', 'diary, icpc', '', 'not on monday, friday'),
        ('gov-touchdown', 'cadence', 'every 1 week, off', 'every 1 week, from 2024-04-08 (chair)'),
        ('', 'target, m-rcpc', '', '79.2-95%'),
        ('', 'threshold, caseload', '', '55-70')]
    assert 'Somewhere & Co' in timely('rules', '--diff', overlay).out.splitlines()[0]
    overlay.write_text('authority: Nowhere\n', encoding='utf-8')
    assert timely('rules', '--diff', overlay).out == 'Nowhere changes nothing.\n'
    assert 'name one: timely rules --diff FILE' in timely('rules', '--diff', status=2).err
    assert 'without --diff' in timely('rules', overlay, status=2).err
    overlay.write_text('authority: Nowhere\ntimescales:\n  icpc:\n    due: within 16 working days of s47-started\n',
                       encoding='utf-8')
    assert 'own.yaml:4:10' in timely('rules', '--diff', overlay, status=2).err


class Page(html.parser.HTMLParser):
    """Elements that are opened and closed in order; what is linked to, and where to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.words = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        assert not {'src', 'onclick', 'onload'} & set(given) and tag not in ('script', 'link', 'img')
        self.ids += [given['id']] if 'id' in given else []
        self.links += [given['href']] if 'href' in given else []
        if tag not in ('meta', 'br'):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_cadences_keep_to_their_schedule(timely, tmp_path):
    overlay, config = tmp_path / 'own.yaml', tmp_path / 'timely.yaml'
    overlay.write_text("""authority: Somewhere
cadences:
  gov-audit: {use: yes, from: 2023-01-31, who: chair}
  permanence-panels-service: {use: yes, from: 2024-03-04}
""", encoding='utf-8')
    config.write_text(f'rules:\n  overlay: {overlay}\n', encoding='utf-8')
    asked = ['cadences', '--from', '2024-02-01', '--to', '2024-04-30', '--config', config]
    # Months are counted from the first date, so that the 31st comes back after February.
    assert [(row['on'], row['cadence'], row['book_by']) for row in timely(*asked, '--format', 'csv').rows()] == [
        ('2024-02-29', 'gov-audit', '2024-02-29'),
        ('2024-03-31', 'gov-audit', '2024-03-28'),
        ('2024-04-30', 'gov-audit', '2024-04-30'),
        ('2024-03-04', 'permanence-panels-service', '2024-03-04'),
        ('2024-04-15', 'permanence-panels-service', '2024-04-15')]
    assert 'more are off' in timely(*asked).out


def test_rules_as_a_page_to_sign(timely, tmp_path):
    overlay = tmp_path / 'own.yaml'
    overlay.write_text("authority: '<b>Some & Co</b>'\ntimescales:\n  cin-review:\n    use: no\n", encoding='utf-8')
    config = tmp_path / 'timely.yaml'
    config.write_text(f'rules:\n  overlay: {overlay}\n', encoding='utf-8')
    page = Page(timely('rules', '--format', 'html', '--config', config).out)
    assert 'Timescales: <b>Some & Co</b>' in page.words and ' is off' not in page.words and 'is off' in page.words
    ids = [row['id'] for row in timely('rules', '--format', 'csv').rows()]
    assert set(ids) <= set(page.ids) and len(set(page.ids)) == len(page.ids)
    assert all(link.startswith('https://www.legislation.gov.uk/') or link[1:] in page.ids for link in page.links)
    assert 's47-started 2024-03-14 -> due 2024-04-08' in page.words
    assert 'expected people, csv or json' in timely('date', '1 day after 2024-01-01', '--format', 'html', status=2).err
    assert 'has no page' in timely('rules', '--diff', overlay, '--format', 'html', status=2).err


def test_rules_lists_every_timescale(timely):
    rows = timely('rules', '--format', 'csv').rows()
    ids = [r['id'] for r in rows]
    assert ids == sorted(ids) and 'icpc' in ids and len(rows) == int(timely('check').out.split()[0])
    icpc = rows[ids.index('icpc')]
    assert icpc['period'] == 'within 15 working days of s47-started'
    assert icpc['met_by'] == 'icpc-held' and icpc['force'] == 'Guidance'
    assert 'within 15 working days of' in timely('rules').out
    assert len(json.loads(timely('rules', '--format', 'json').out)) == len(rows)


# -------------------------------------------------------------------------------------------- usage

def test_without_a_command_there_is_short_help(timely):
    said = timely()
    assert said.out.startswith('timely: ') and '  due ' in said.out and len(said.out.splitlines()) < 44
    assert timely('--help').out == said.out
    assert timely('--version').out.startswith('timely ')


def commands():
    said = subprocess.run([str(TIMELY)], capture_output=True, encoding='utf-8', env=ENVIRONMENT, check=True).stdout
    for line in said.splitlines():
        if line.startswith('  '):
            words = line[2:32].split()
            yield [w for w in words if w == w.lower() and '|' not in w and '[' not in w]


@pytest.mark.parametrize('command', commands(), ids=' '.join)
def test_every_command_has_help_and_refuses_what_it_does_not_know(timely, command):
    said = timely(*command, '--help')
    usage = said.out.splitlines()[0]
    assert usage.startswith('usage: timely ' + ' '.join(command))
    wrong = timely(*command, '--colour', 'red', status=2)
    assert 'unknown option of' in wrong.err and '--colour' in wrong.err and usage in wrong.err
    many = timely(*command, *['word'] * 9, status=2)
    assert many.out == '' and many.err.startswith('timely: ')


MEASURED = ['timeliness', '--from', '2024-01', '--to', '2024-02', '--measure']


@pytest.mark.parametrize('words, said', [
    (['deu'], 'unknown command "deu"; did you mean "due"?'),
    (['zzzzzzzz'], 'unknown command "zzzzzzzz"\n'),
    (['import', 'sdd', 'x'], 'did you mean "ssd"?'),
    (['import'], '"import" needs a word after it: ssd, directory, absences, duty, events'),
    (['feed', 'ad'], 'did you mean "add"?'),
    (['import', 'ssd'], 'something is missing: expected DIR'),
    (['explain'], 'something is missing: expected PERSON [TIMESCALE]'),
    (['explain', '1', 'icpc', 'now'], '"now" is one word too many'),
    (['due', 'now'], 'due takes no "now"'),
    (['due', '--as-of', '2024-01-01'], 'did you mean "--as-at"?'),
    (['due', '--as-at'], '--as-at needs a value: --as-at DATE'),
    (['due', '--as-at='], '--as-at needs a value'),
    (['due', '--as-at', '2024-02-30'], '--as-at "2024-02-30": expected a date'),
    (['due', '--as-at', '2024-01-01', '--as-at', '2024-01-01'], '--as-at is given twice'),
    (['due', '--state', 'late'], 'expected open, missed, unknown, met, ended or all'),
    (['due', '--timescale', 'icpcc'], 'unknown timescale "icpcc"; did you mean "icpc"?'),
    (['due', '--format', 'xml'], '--format "xml": expected people, csv or json'),
    (['due', '--help=yes', 'x'], ''),
    (['date', '--explain=yes', '1 day after 2024-01-01'], '--explain takes no value'),
    (['-x'], 'options begin with two dashes'),
    (['--embedded', '/tmp/x'], 'no command is given'),
    (['due'], 'no store is known: give --config FILE, or --embedded DIR'),
    (['status'], 'no store is known'),
    (['timeliness'], '--measure is missing: "--measure list" explains them'),
    (['timeliness', '--measure', 'm-icp'], 'did you mean "m-icpc"?'),
    (['timeliness', '--measure', 'm-icpc'], '--from YYYY-MM is missing'),
    (['timeliness', '--measure', 'm-icpc', '--from', '2024-13', '--to', '2024-12'], '--from "2024-13": expected a month'),
    (['timeliness', '--measure', 'm-icpc', '--from', '2024-02', '--to', '2024-01'], 'lies after --to'),
    (['timeliness', '--measure', 'm-icpc', '--from', '2024-01', '--to', '2024-02', '--by', 'team'],
     'expected child or meeting'),
    ([*MEASURED, 'm-icpc', '--per', 'week'], 'expected month, quarter or year'),
    ([*MEASURED, 'm-icpc', '--group', 'family'], 'expected team, worker or chair'),
    ([*MEASURED, 'm-repeat', '--by', 'meeting'], 'm-repeat counts children; it cannot be counted by meeting'),
    ([*MEASURED, 'm-icpc-meeting', '--by', 'child'], 'm-icpc-meeting counts meetings'),
    ([*MEASURED, 'm-conversion', '--due'], 'm-conversion cannot be counted by the day due'),
    ([*MEASURED, 'm-rcpc', '--due', '--by', 'meeting'], 'what was not held has no meeting'),
    ([*MEASURED, 'm-icpc', '--basis', 'days'], 'm-icpc knows no 3 and 6 months'),
    ([*MEASURED, 'm-rcpc', '--parts'], 'm-rcpc has no parts\n'),
    ([*MEASURED, 'm-icpc', '--parts', '--due'], 'm-icpc has no parts by the day due'),
    ([*MEASURED, 'm-icpc', '--children', '--public'], '--children names children: it cannot be --public'),
    ([*MEASURED, 'm-caseload', '--group', 'team'], 'm-caseload is counted by chair'),
    ([*MEASURED, 'm-sdq'], 'm-sdq (strengths and difficulties scores) cannot be told: '),
    (['cadences', '--from', '2024-02-02', '--to', '2024-02-01'], '--to is before --from'),
    (['cadences', '--from', 'monday'], '--from "monday"'),
    (['replay'], '--from DATE is missing'),
    (['replay', '--from', '2024-01-01'], '--to DATE is missing'),
    (['replay', '--from', '2024-01-32', '--to', '2024-02-01'], '--from "2024-01-32": expected a date such as'),
    (['replay', '--from', '2024-02-02', '--to', '2024-02-01'], '--from 2024-02-02 lies after --to 2024-02-01'),
    (['replay', '--from', '1980-01-01', '--to', '2024-02-01'], '--from 1980-01-01: the bank holidays are known, or can be foretold, from 1995'),
    (['replay', '--from', '2024-01-01', '--to', '2079-06-01'], '--to 2079-06-01: the bank holidays are known'),
    (['replay', '--from', '2024-01-01', '--to', '2024-02-01', '--overlay', '/nonexistent.yaml'], '/nonexistent.yaml'),
    (['replay', '--from', '2024-01-01', '--to', '2024-02-01', '--mails', 'x'], 'say whose with --staff ID'),
    (['replay', '--from', '2024-01-01', '--to', '2024-02-01', '--overlay', 'x', '--staff', 'y'], 'leave out --staff'),
    (['replay', '--from', '2024-01-01', '--to', '2024-02-01'], 'no store is known: give --config FILE, or --embedded DIR'),
    (['import', 'ssd', '/tmp'], 'give --embedded DIR, or name a test database with --source'),
    (['feed', 'add', 'teem', '1'], 'expected worker, team, service, administrator, chair, meeting or child; did you mean "team"?'),
    (['outbox', 'show', 'one'], 'expected the number of a message'),
    (['hold', 'confirm', '-1'], 'unknown option'),
    (['hold', 'confirm', '99999999999999999999'], 'expected the number of a hold'),
    (['due', '--config', '/nonexistent.yaml'], '/nonexistent.yaml'),
    (['due', '--config', 'a', '--embedded', 'b'], '--config and --embedded exclude each other'),
])
def test_wrong_usage(timely, words, said):
    answer = timely(*words, status=0 if said == '' else 2)
    assert said in answer.err
    assert said == '' or answer.out == ''


def test_words_that_are_no_utf8(timely):
    done = subprocess.run([os.fsencode(TIMELY), b'due', b'\xff'], capture_output=True, env=ENVIRONMENT, check=False)
    assert done.returncode == 2 and b'UTF-8' in done.stderr


def test_two_dashes_end_the_options(timely):
    assert timely('date', '--', '1', 'day', 'after', '2024-01-01').out == '2024-01-02\n'


def test_a_bad_configuration_is_told_with_its_place(timely, tmp_path):
    file = tmp_path / 'timely.yaml'
    file.write_text('store:\n  databse: x\n')
    assert f'{file}:2:3:' in timely('status', '--config', file, status=2).err
    file.write_text('mail: {delivery: off}\n')
    assert "the store's database is not set" in timely('status', '--config', file, status=2).err


def test_a_database_that_is_not_there(timely, tmp_path):
    file = tmp_path / 'timely.yaml'
    file.write_text('store: {database: "host=/nonexistent dbname=x"}\n')
    for command in (['status'], ['due'], ['migrate'], ['outbox'], ['feed', 'list']):
        assert timely(*command, '--config', file, status=3).err.startswith('timely: store: ')


def test_an_output_that_is_full_is_told():
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = subprocess.run([str(TIMELY), 'rules'], stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    assert done.returncode == 3 and b'standard output' in done.stderr


def test_a_reader_who_has_seen_enough_is_no_fault():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([str(TIMELY), 'rules'], stdout=write, stderr=subprocess.PIPE, env=ENVIRONMENT, check=False)
    os.close(write)
    assert done.returncode == 0
