"""What would have been sent on past days: a small council whose right answers are written out here, and the sample council,
where the daemon itself, driven over some weeks, must have sent the same."""
import csv
import datetime
import email
import email.policy
import fcntl
import json
import os
import re
import statistics
from collections import Counter, defaultdict

import psycopg2
import pytest
import yaml

from conftest import ROOT, embed
from replay_daemon import Daemon

# ------------------------------------------------------------------------------- a small council

DIRECTORY = """kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to
team,TOP,The top,,,,DIR,,,
team,HOS,Families,,,TOP,HEAD,,,
team,SVC,Safeguarding,,,HOS,SM,,,
team,T1,Team One,,,SVC,TM,,,
team,CHAIRS,Chairs,,,TOP,CM,,,
""" + ''.join(f'person,{i},Name {i},{i.lower()}@council.example,{job},{team},,,,\n' for i, job, team in [
    ('DIR', 'Director', 'TOP'), ('HEAD', 'Head of Service', 'HOS'), ('SM', 'Service Manager', 'SVC'),
    ('TM', 'Team Manager', 'T1'), ('SW1', 'Social Worker', 'T1'), ('SW2', 'Social Worker', 'T1'),
    ('CM', 'Manager of Chairs', 'CHAIRS'), ('CHAIR', 'Chair', 'CHAIRS')])

CHILDREN = ('late', 'booked', 'stood', 'old', 'moved')

TABLES = {
    'ssd_person': [{'pers_person_id': child, 'pers_dob': '2015-05-05'} for child in CHILDREN],
    # The child who moves is handed over on Monday 25 March.
    'ssd_involvements': [
        {'invo_involvements_id': f'I{n}', 'invo_professional_id': who, 'invo_professional_role_id': role,
         'invo_professional_team': team, 'invo_person_id': child, 'invo_involvement_start_date': start,
         'invo_involvement_end_date': end}
        for n, (child, who, role, team, start, end) in enumerate([
            ('late', 'SW1', 'ALLOCATED_WORKER', 'T1', '2023-06-01', None),
            ('late', 'CHAIR', 'CP_CHAIR', 'CHAIRS', '2023-06-01', None),
            ('booked', 'SW2', 'ALLOCATED_WORKER', 'T1', '2023-06-01', None),
            ('stood', 'SW1', 'ALLOCATED_WORKER', 'T1', '2023-06-01', None),
            ('old', 'SW1', 'ALLOCATED_WORKER', 'T1', '2023-06-01', None),
            ('moved', 'SW1', 'ALLOCATED_WORKER', 'T1', '2023-06-01', '2024-03-25'),
            ('moved', 'SW2', 'ALLOCATED_WORKER', 'T1', '2024-03-25', None),
            ('moved', 'CHAIR', 'CP_CHAIR', 'CHAIRS', '2023-06-01', None)])],
    # Their conferences are due on Monday 8, Wednesday 10, Friday 12 and Tuesday 9 April; Easter lies between.
    'ssd_s47_enquiry': [{'s47e_s47_enquiry_id': f'E-{child}', 's47e_person_id': child, 's47e_s47_start_date': start}
                        for child, start in [('late', '2024-03-14'), ('booked', '2024-03-18'), ('stood', '2024-03-20'),
                                             ('moved', '2024-03-15')]],
    'ssd_initial_cp_conference': [{'icpc_icpc_id': 'C1', 'icpc_icpc_meeting_id': 'M1', 'icpc_s47_enquiry_id': 'E-booked',
                                   'icpc_person_id': 'booked', 'icpc_icpc_date': '2024-04-05',
                                   'icpc_icpc_outcome_cp_flag': 'N'}],
    # Referred on 1 November 2023 and never assessed: due on 8 January 2024.
    'ssd_cin_episodes': [{'cine_referral_id': 'R1', 'cine_person_id': 'old', 'cine_referral_date': '2023-11-01'}],
}

EVENTS = """event_id,event_type,person_id,occurred_at,precision,meeting_kind,scheduled_for,group_ref,subject_id,professional_id,recorded_at,voided
B1,meeting_booked,booked,2024-03-22,day,icpc,2024-04-04T10:00,M1,,CHAIR,2024-03-25T14:00,f
B3,meeting_rearranged,booked,2024-03-26T10:00,minute,icpc,2024-04-11T14:00,M1,,CHAIR,2024-03-26T10:00,f
B2,meeting_rearranged,booked,2024-03-27T11:00,minute,icpc,2024-04-05T14:00,M1,,CHAIR,2024-03-27T11:00,f
S1,icpc_stood_down,stood,2024-03-22,day,,,,E-stood,,2024-03-22,f
"""

# Everything that is to be said from Monday 11 March to Tuesday 30 April 2024, by hand from telling.yaml.
WORKER = 'social-worker, '
EXPECTED = [
    # 8 January has gone by when the replay begins: all that its ladder had to say is one line of a summary.
    ('2024-03-11T09:00', 'summary', 'TM', 'old', ''),

    # Nobody books the conference of `late`: the worker by the profile, the next ones up in their turn.
    ('2024-03-14T00:00', 'invite', 'SW1', 'late', ''),
    ('2024-03-14T09:00', 'digest', 'SW1', 'late', WORKER + 'at the start'),
    ('2024-03-21T09:00', 'digest', 'SW1', 'late', WORKER + '10 working days before'),
    ('2024-03-28T09:00', 'digest', 'SW1', 'late', WORKER + '5 working days before'),
    ('2024-03-28T09:00', 'digest', 'TM', 'late', 'team-manager, 5 working days before'),
    ('2024-03-28T09:00', 'digest', 'CHAIR', 'late', 'chair, 5 working days before'),
    ('2024-04-04T09:00', 'digest', 'SW1', 'late', WORKER + '2 working days before'),
    ('2024-04-05T09:00', 'digest', 'SW1', 'late', WORKER + '1 working day before'),
    ('2024-04-08T09:00', 'digest', 'SW1', 'late', WORKER + 'on the day'),
    ('2024-04-08T09:00', 'weekly', 'SM', 'late', 'service-manager, on the day'),  # a Monday: with the list, in one mail
    ('2024-04-09T09:00', 'digest', 'SW1', 'late', WORKER + '1 working day after'),
    ('2024-04-09T09:00', 'digest', 'TM', 'late', 'team-manager, 1 working day after'),
    ('2024-04-09T09:00', 'digest', 'SM', 'late', 'service-manager, 1 working day after'),
    ('2024-04-11T09:00', 'digest', 'SW1', 'late', WORKER + '3 working days after'),
    ('2024-04-11T09:00', 'digest', 'HEAD', 'late', 'head-of-service, 3 working days after'),
    ('2024-04-15T09:00', 'digest', 'SW1', 'late', WORKER + '5 working days after'),
    # The ladder has said all; a week's mails from its first day on are reminder enough for the next.
    ('2024-04-22T09:00', 'digest', 'SW1', 'late', WORKER + 'week of 2024-04-22'),
    ('2024-04-22T09:00', 'digest', 'DIR', 'late', 'director, 10 working days after'),
    ('2024-04-29T09:00', 'digest', 'SW1', 'late', WORKER + 'week of 2024-04-29'),

    # `booked`: the hold becomes the meeting when the booking is recorded, three days after it was made; for a day it is
    # booked after its due date, of which the worker hears at once; the booking in time keeps the next ones up out, and the
    # meeting of 5 April ends it.
    ('2024-03-18T00:00', 'invite', 'SW2', 'booked', ''),
    ('2024-03-18T09:00', 'digest', 'SW2', 'booked', WORKER + 'at the start'),
    ('2024-03-25T09:00', 'digest', 'SW2', 'booked', WORKER + '10 working days before'),
    ('2024-03-25T14:00', 'invite', 'CHAIR', 'booked', ''),
    ('2024-03-25T14:01', 'update', 'SW2', 'booked', ''),
    ('2024-03-26T10:00', 'alarm', 'SW2', 'booked', WORKER + 'booked late for 2024-04-11'),
    ('2024-03-26T10:01', 'update', 'CHAIR', 'booked', ''),
    ('2024-03-26T10:01', 'update', 'SW2', 'booked', ''),
    ('2024-03-27T11:01', 'update', 'CHAIR', 'booked', ''),
    ('2024-03-27T11:01', 'update', 'SW2', 'booked', ''),
    ('2024-04-03T09:00', 'digest', 'SW2', 'booked', WORKER + '5 working days before'),

    # `stood`: the hold is taken back.
    ('2024-03-20T00:00', 'invite', 'SW1', 'stood', ''),
    ('2024-03-20T09:00', 'digest', 'SW1', 'stood', WORKER + 'at the start'),
    ('2024-03-22T00:00', 'cancel', 'SW1', 'stood', ''),

    # `moved`: from SW1 to SW2 on 25 March. A worker of less than five working days is informed, not escalated over:
    # what the next ones up would hear on Tuesday 2 April waits until Wednesday. In the next digest that they have anyway
    # SW2 reads what SW1 was told last, and SW1 that the child went.
    ('2024-03-15T00:00', 'invite', 'SW1', 'moved', ''),
    ('2024-03-15T09:00', 'digest', 'SW1', 'moved', WORKER + 'at the start'),
    ('2024-03-22T09:00', 'digest', 'SW1', 'moved', WORKER + '10 working days before'),
    ('2024-03-25T00:00', 'cancel', 'SW1', 'moved', ''),
    ('2024-03-25T00:00', 'invite', 'SW2', 'moved', ''),
    ('2024-03-25T09:00', 'digest', 'SW2', 'moved', 'social-worker, since 2024-03-25'),
    ('2024-03-28T09:00', 'digest', 'SW1', 'moved', 'former-worker, since 2024-03-25'),
    ('2024-04-02T09:00', 'digest', 'SW2', 'moved', WORKER + '5 working days before'),
    ('2024-04-03T09:00', 'digest', 'TM', 'moved', 'team-manager, 5 working days before'),
    ('2024-04-03T09:00', 'digest', 'CHAIR', 'moved', 'chair, 5 working days before'),
    ('2024-04-05T09:00', 'digest', 'SW2', 'moved', WORKER + '2 working days before'),
    ('2024-04-08T09:00', 'digest', 'SW2', 'moved', WORKER + '1 working day before'),
    ('2024-04-09T09:00', 'digest', 'SW2', 'moved', WORKER + 'on the day'),
    ('2024-04-09T09:00', 'digest', 'SM', 'moved', 'service-manager, on the day'),
    # The third of SW2's week says what there is to say until the next.
    ('2024-04-10T09:00', 'digest', 'SW2', 'moved', WORKER + '3 working days after'),
    ('2024-04-10T09:00', 'digest', 'TM', 'moved', 'team-manager, 1 working day after'),
    ('2024-04-10T09:00', 'digest', 'SM', 'moved', 'service-manager, 1 working day after'),
    ('2024-04-12T09:00', 'digest', 'HEAD', 'moved', 'head-of-service, 3 working days after'),
    ('2024-04-16T09:00', 'digest', 'SW2', 'moved', WORKER + '5 working days after'),
    ('2024-04-23T09:00', 'digest', 'DIR', 'moved', 'director, 10 working days after'),
    ('2024-04-29T09:00', 'digest', 'SW2', 'moved', WORKER + 'week of 2024-04-29'),
]

# The lists: none in the first week, nor while nothing is due within two weeks. What is late stays in them, for those whom
# it has reached; the figure is of the conference of `booked`. That one is in the list of the chair whom its booking names.
LISTS = [(f'2024-04-{day}T09:00', 'weekly', who, child, '') for day, who, children in [
    ('02', 'CHAIR', ['late', 'moved', 'booked']), ('02', 'TM', ['late', 'moved', 'booked']),
    ('02', 'SM', ['late', 'moved', 'booked']), ('02', 'HEAD', ['late', 'moved', 'booked']),
    ('08', 'CHAIR', ['late', 'moved']), ('08', 'TM', ['', 'late', 'moved']),
    ('08', 'SM', ['', 'moved']), ('08', 'HEAD', ['', 'late', 'moved']),
    *((day, who, ['late', 'moved']) for day in ('15', '22', '29') for who in ('CHAIR', 'TM', 'SM', 'HEAD')),
] for child in children]
EVERYTHING = sorted(EXPECTED + LISTS)
HOLIDAYS = {datetime.date(2023, 4, 7), datetime.date(2023, 4, 10), datetime.date(2023, 5, 1), datetime.date(2023, 5, 8),
            datetime.date(2023, 5, 29), datetime.date(2023, 8, 28), datetime.date(2023, 12, 25), datetime.date(2023, 12, 26),
            datetime.date(2024, 1, 1), datetime.date(2024, 3, 29)}


def write_tables(folder, sample):
    """Every table of the dataset, with the columns that the sample's has."""
    folder.mkdir()
    for file in sample.glob('ssd_*.csv'):
        with open(file, encoding='utf-8', newline='') as rows, \
                open(folder / file.name, 'w', encoding='utf-8', newline='') as out:
            writer = csv.DictWriter(out, next(csv.reader(rows)))
            writer.writeheader()
            writer.writerows(TABLES.get(file.stem, []))
    (folder / 'directory.csv').write_text(DIRECTORY)
    (folder / 'events.csv').write_text(EVENTS)
    return folder


@pytest.fixture(scope='module')
def council(folder, sample):
    with embed(folder / 'council', write_tables(folder / 'council-files', sample)) as program:
        yield program


SPRING = ('--from', '2024-03-11', '--to', '2024-04-30')


def told(rows):
    return sorted((r['at'], r['kind'], r['recipient'], r['person_id'], r['rung']) for r in rows)


def test_a_small_council_hears_what_its_rules_say(council):
    rows = council('replay', *SPRING, '--format', 'csv').rows()
    assert told(rows) == EVERYTHING
    assert [r['at'] for r in rows] == sorted(r['at'] for r in rows)


def test_a_line_says_what_is_due_and_why(council):
    rows = council('replay', *SPRING, '--format', 'csv').rows()
    assert list(rows[0]) == ['at', 'kind', 'recipient', 'role', 'person_id', 'timescale', 'subject_ref', 'due_on', 'rung', 'why',
                             'mail', 'standing']
    by = {(r['at'], r['recipient'], r['person_id']): r for r in rows}
    head = by['2024-04-11T09:00', 'HEAD', 'late']
    assert (head['role'], head['timescale'], head['subject_ref'], head['due_on']) == \
        ('head-of-service', 'icpc', 'E-late', '2024-04-08')
    assert head['why'] == 'out of timescale since Monday 8 April 2024'
    assert by['2024-03-28T09:00', 'TM', 'late']['why'] == 'it is not booked in time'
    assert by['2024-03-14T09:00', 'SW1', 'late']['why'] == ''
    assert by['2024-03-26T10:00', 'SW2', 'booked']['why'] == 'it is booked after its due date'
    assert [by['2024-03-25T14:00', 'CHAIR', 'booked'][c] for c in ('kind', 'role')] == ['invite', 'attendee']
    assert by['2024-03-14T00:00', 'SW1', 'late']['role'] == 'social-worker'
    assert by['2024-03-11T09:00', 'TM', 'old']['due_on'] == '2024-01-08'
    # What stands in a list says why it does.
    assert by['2024-04-15T09:00', 'TM', 'late']['why'] == 'out of timescale since Monday 8 April 2024'
    assert by['2024-04-02T09:00', 'TM', 'booked']['why'] == 'booked for Friday 5 April 2024, 14:00'
    assert by['2024-04-08T09:00', 'TM', '']['why'] == 'last week m-icpc: 1 of 1 in time'
    # Two lines of one mail; what SW2 was told before stands beside what is new.
    assert by['2024-04-11T09:00', 'SW1', 'late']['standing'] == '0'
    assert by['2024-04-03T09:00', 'SW2', 'booked']['standing'] == '1'


def test_people_read_it_day_by_day_with_the_figures_at_the_end(council):
    said = council('replay', *SPRING).out
    assert said.startswith('Monday 11 March 2024\n  09:00  summary to Name TM (team-manager): 1 line\n'
                           '         1: Child and family assessment\n\nThursday 14 March 2024\n')
    assert ('\nThursday 11 April 2024\n  09:00  digest to Name HEAD (head-of-service): 1 line\n'
            '         Initial child protection conference, late, due Monday 8 April 2024: 3 working days after; '
            'out of timescale since Monday 8 April 2024\n') in said
    assert ('\n  09:00  weekly to Name SM (Service Manager): 3 lines\n'
            '         Initial child protection conference, late, due Monday 8 April 2024: on the day; it is not booked in time\n'
            '         the week: 0 out of timescale, 1 ahead, 1 figure of last week\n') in said
    mails = {(at, kind, who) for at, kind, who, *_ in EVERYTHING}  # some have several lines
    kinds = Counter(kind for _, kind, _ in mails)
    figures = said[said.index(f'\n{len(mails)} messages from Monday 11 March 2024 to Tuesday 30 April 2024: summary 1, '
                              f'digest {kinds["digest"]}, alarm 1, weekly {kinds["weekly"]}, invite {kinds["invite"]}, update 5, cancel 2.\n'):]
    # Of `old`, `late` and `moved`, which were not met in time.
    breaches = [int(line.split()[0]) for line in figures[figures.index('Duties not met'):].splitlines()[1:]]
    assert breaches == [1, 2, 0, 0, 0]


def test_json_says_what_csv_says(council):
    rows = json.loads(council('replay', *SPRING, '--format', 'json').out)
    flat = [{k: '' if v is None else str(v) for k, v in row.items()} for row in rows]
    assert flat == council('replay', *SPRING, '--format', 'csv').rows()


def test_a_replay_begins_like_a_first_start(council):
    """What its ladder had to say before is summed up; what comes after is said as ever."""
    rows = council('replay', '--from', '2024-04-06', '--to', '2024-04-09', '--format', 'csv').rows()
    assert told(rows) == sorted(
        [('2024-04-08T09:00', 'summary', 'TM', child, '') for child in ('late', 'moved', 'old')] +
        [(at, 'digest', *line) for at, _, *line in EXPECTED if '2024-04-08T00:00' < at < '2024-04-10T00:00'])


def test_one_readers_mails_as_they_would_have_read(council, tmp_path):
    folder = tmp_path / 'mails'
    rows = council('replay', *SPRING, '--staff', 'SW2', '--mails', folder, '--format', 'csv').rows()
    assert told(rows) == [row for row in EVERYTHING if row[2] == 'SW2']
    mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in folder.glob('new/*')]
    kinds = Counter('meeting' if any(p.get_content_type() == 'text/calendar' for p in m.walk()) else 'lines' for m in mails)
    assert kinds == {'lines': len({r['mail'] for r in rows if r['kind'] in ('digest', 'alarm')}),
                     'meeting': len({r['mail'] for r in rows if r['kind'] not in ('digest', 'alarm')})}
    late, = [m for m in mails if m['Subject'] == '1 booked after the due date; told at once']
    assert 'the last day in timescale. Due by Wednesday 10 April 2024: 15 working days after' in \
        ' '.join(late.get_body(('plain',)).get_content().split())
    mail, = [m for m in mails if m['Date'].datetime.strftime('%Y-%m-%dT%H:%M') == '2024-04-03T09:00']
    assert mail['To'].addresses[0].addr_spec == 'sw2@council.example'
    text = ' '.join(mail.get_body(('plain',)).get_content().split())
    assert 'Reminders: 1 ' in text and ' - Initial child protection conference [Guidance] due Wednesday 10 April (in 5 working days)' in text
    assert 'NEW' not in text, 'they were told of it on 18 March'
    out = council('replay', *SPRING, '--staff', 'SW2').out
    assert 'Name SW2' in out and 'Name SW1' not in out and 'messages from' not in out
    assert 'nobody in the directory has this number' in council('replay', *SPRING, '--staff', 'SW9', status=2).err


def test_a_time_of_which_nothing_is_to_be_said(council):
    assert council('replay', '--from', '2023-06-10', '--to', '2023-06-11', '--format', 'json').out == '[]\n'
    assert council('replay', '--from', '2023-06-10', '--to', '2023-06-11').out.startswith(
        '0 messages from Saturday 10 June 2023 to Sunday 11 June 2023.\n')


# ------------------------------------------------------------------------------- two sets of rules

@pytest.fixture(scope='module')
def stricter(folder):
    """Conferences within 10 working days: those of `late` on 28 March, of `booked` on 3 April, and so on."""
    file = folder / 'stricter.yaml'
    file.write_text('authority: Somewhere\ntimescales:\n  icpc:\n    due: within 10 working days of s47-started\n')
    return file


def test_two_sets_of_rules_beside_each_other(council, folder, stricter):
    rows = council('replay', *SPRING, '--overlay', stricter, '--format', 'csv').rows()
    assert told(r for r in rows if r['which'] != 'only_after') == EVERYTHING
    settings = folder / 'council' / 'timely.yaml'
    settings.write_text(f'rules: {{overlay: {stricter}}}\n')
    try:
        after = council('replay', *SPRING, '--format', 'csv').rows()
    finally:
        settings.unlink()
    assert told(r for r in rows if r['which'] != 'only_before') == told(after)
    # The summary is of an assessment, the cancellations and the meetings' times are the same; due dates are not. A figure
    # is what the law asks.
    assert told(r for r in rows if r['which'] == 'both') == [row for row in EVERYTHING if row[3] in ('old', '')]
    of_head = [(r['at'], r['due_on'], r['which']) for r in rows if (r['recipient'], r['person_id']) == ('HEAD', 'late') and r['rung']]
    assert of_head == [('2024-04-04T09:00', '2024-03-28', 'only_after'), ('2024-04-11T09:00', '2024-04-08', 'only_before')]


def test_people_read_what_is_different(council, stricter):
    said = council('replay', *SPRING, '--overlay', stricter).out
    assert ('moved  09:00  digest to Name HEAD (head-of-service): Initial child protection conference, late, '
            'due Monday 8 April 2024: 3 working days after; out of timescale since Monday 8 April 2024; '
            'then Thursday 4 April 2024, 09:00, due Thursday 28 March 2024\n') in said
    counts = said[said.index('Lines that are the same: 1;'):]
    assert 'Before, by the rules as configured' in counts and 'After, with the overlay' in counts


def test_the_same_rules_make_no_difference(council, folder):
    same = folder / 'same.yaml'
    same.write_text('authority: Somewhere\n')
    assert council('replay', *SPRING, '--overlay', same).out.startswith(
        f'Lines that are the same: {len(EXPECTED)}; moved: 0; only before: 0; only after, with the overlay: 0.\n'
        f"Lines of the weeks' lists that are the same: {len(LISTS)}; moved: 0; only before: 0; only after, with the overlay: 0.\n")


def test_an_overlay_that_is_wrong_is_told_with_its_place(council, tmp_path):
    wrong = tmp_path / 'wrong.yaml'
    wrong.write_text('authority: Somewhere\ntimescales:\n  icpc:\n    due: within 20 working days of s47-started\n')
    assert f'{wrong}:4:' in council('replay', *SPRING, '--overlay', wrong, status=2).err
    assert 'absent.yaml' in council('replay', *SPRING, '--overlay', tmp_path / 'absent.yaml', status=2).err


# ------------------------------------------------------------------------------- the daemon itself

FIRST = datetime.datetime(2023, 11, 6)
LAST = FIRST + datetime.timedelta(weeks=3 if os.environ.get('TIMELY_LONG') else 2)


# Every sixth family of the sample council; and those in which a return interview was held before, so that the daemon
# sees from the first day on, as the replay does, that these are recorded at all.
WHOM = f"""coalesce(family, person_id) IN (
    SELECT coalesce(p.family, p.person_id) FROM timely.person p WHERE hashtext(coalesce(p.family, p.person_id)) % 6 = 0
    UNION SELECT coalesce(p.family, p.person_id) FROM timely.local_fact f JOIN timely.person p USING (person_id)
    WHERE f.kind = 'rhi-done-at' AND f.at < '{FIRST:%Y-%m-%d}')"""


# Every third member of staff is away for some days, and the next of their team stands in.
LEAVE = """INSERT INTO timely.cover (covers, of_id, stand_in_id, first_day, last_day, from_where, told_at)
    SELECT 'person', professional_id, next, begins, begins + abs(hashtext(next)) %% 5, 'leave.csv', %(first)s
      FROM (SELECT *, %(first)s::date + abs(hashtext(professional_id || '?')) %% 10 AS begins,
                   lead(professional_id) OVER (PARTITION BY team_id ORDER BY professional_id) AS next FROM timely.staff) s
     WHERE abs(hashtext(professional_id)) %% 3 = 0 AND next IS NOT NULL"""


@pytest.fixture(scope='module')
def daemon(pg, folder, embedded):
    """The daemon after some weeks with some of the sample council."""
    embedded('due', '--person', 'nobody')  # accepts the facts
    named = folder / 'embedded' / 'socket-folder'
    host = named.read_text(encoding='utf-8').strip() if named.exists() else folder / 'embedded' / 'data'
    origin = psycopg2.connect(f'host={host} user=timely dbname=timely')
    lived = Daemon(pg, folder, origin, WHOM)
    origin.close()
    lived.ask(LEAVE, {'first': FIRST})
    lived.live(FIRST, LAST)
    return lived


@pytest.fixture(scope='module')
def replayed(daemon):
    end = (LAST - datetime.timedelta(days=1)).date()
    rows = daemon.timely('replay', '--from', FIRST.date(), '--to', end, '--format', 'csv').rows()
    assert {kind for kind, _ in Counter(r['kind'] for r in rows).most_common()} == \
        {'summary', 'digest', 'weekly', 'alarm', 'operator', 'invite', 'update', 'cancel'}
    return rows


CIVIL = """to_char({} AT TIME ZONE 'Europe/London', 'YYYY-MM-DD"T"HH24:MI')"""


def test_the_daemon_sent_the_same_digests(daemon, replayed):
    """A replay says the latest rung of each line; the daemon notes the earlier ones that went with it too."""
    said = daemon.ask(f"SELECT {CIVIL.format('n.said_at')}, o.kind, coalesce(nullif(n.staff_id, ''), 'operator'), d.person_id,"
                      ' d.timescale, d.subject_ref, n.due_on::text, n.rung FROM timely.notice n JOIN timely.outbox o USING (message_id)'
                      ' JOIN timely.deadline d USING (deadline_id)')
    replays = Counter((r['at'], r['kind'], r['recipient'], r['person_id'], r['timescale'], r['subject_ref'], r['due_on'], r['rung'])
                      for r in replayed if r['rung'])
    assert len(replays) > 300 and max(replays.values()) == 1
    assert len({row[2] for row in replays if ', away since ' in row[-1]}) > 3, 'what was handed over to who stood in'
    assert any(', booked late for ' in row[-1] for row in replays), 'what was told at once'
    assert set(replays) <= set(said)
    assert {row[:-1] for row in replays} == {row[:-1] for row in said}
    mails = {(r['at'], r['recipient'], r['mail']) for r in replayed if r['kind'] == 'digest'}
    assert sorted((at, who) for at, who, _ in mails) == sorted(daemon.ask(
        f"SELECT {CIVIL.format('put_at')}, staff_id FROM timely.outbox WHERE kind = 'digest'"))


def anew(text):
    """How many lines a mail says that are new, and how many reminders."""
    text = ' '.join(text.split())
    return tuple(int(found[1]) if (found := re.search(words, text)) else 0
                 for words in (r'(\d+) lines? (?:is|are) new[.,]', r'(\d+)(?: lines?)? (?:is a reminder|are reminders)\.'))


def test_the_daemon_listed_as_much_beside_what_was_new(daemon, replayed):
    standing = {(r['at'], r['recipient']): int(r['standing']) for r in replayed if r['kind'] == 'digest'}
    new = Counter((r['at'], r['recipient']) for r in replayed if r['kind'] == 'digest')
    # What went to another worker is told for once, and is not marked as news.
    parted = Counter((r['at'], r['recipient']) for r in replayed if r['kind'] == 'digest' and r['rung'].startswith('former-worker'))
    compared = reminders = 0
    for at, who, text in daemon.ask(
            f"SELECT {CIVIL.format('put_at')}, staff_id, body_text FROM timely.outbox WHERE kind = 'digest'"):
        marks = Counter(line[:6].strip() for line in text.splitlines() if line.startswith(('  NEW  ', '  - ')))
        listed = marks['NEW'] + sum(n for mark, n in marks.items() if mark.startswith('-'))
        if 'more' not in text:  # a mail shows no more than 60
            assert (sum(anew(text)), listed) == (new[at, who] - parted[at, who], new[at, who] + standing[at, who]), text
            assert marks['NEW'] == anew(text)[0]
            compared += standing[at, who]
            reminders += anew(text)[1]
    assert compared > 100 and reminders > 20


def test_the_daemon_sent_the_same_lists(daemon, replayed):
    """Each deadline in them, and last week's figures."""
    sent = daemon.ask(f"SELECT message_id, {CIVIL.format('put_at')}, staff_id, body_text FROM timely.outbox WHERE kind = 'weekly'")
    about = defaultdict(Counter)
    for message, *deadline in daemon.ask('SELECT m.message_id, d.person_id, d.timescale, d.subject_ref, d.due_on::text'
                                         ' FROM timely.message_deadline m JOIN timely.deadline d USING (deadline_id)'):
        about[message][tuple(deadline)] += 1
    lists = defaultdict(list)
    for r in replayed:
        if r['kind'] == 'weekly':
            lists[r['at'], r['recipient']].append(r)
    assert len(sent) > 20 and sorted((at, who) for _, at, who, _ in sent) == sorted(lists)
    merged = 0
    for message, at, who, text in sent:
        rows = lists[at, who]
        said = Counter((r['person_id'], r['timescale'], r['subject_ref'], r['due_on']) for r in rows if r['person_id'])
        assert max(said.values(), default=1) == 1, 'each deadline once'
        assert said <= about[message] and (about[message] - said).total() == int(rows[0]['standing'])
        figures = [tuple(map(int, re.findall(r'(\d+) of (\d+)', r['why'])[0])) for r in rows if not r['person_id']]
        assert figures == [tuple(map(int, f)) for f in re.findall(r'^  - (\d+) of (\d+) \(', text, re.M)]
        new = sum(bool(r['rung']) and not r['rung'].startswith('former-worker') for r in rows)
        assert sum(anew(text)) == new and text.count('  NEW  ') == min(anew(text)[0], 60)
        merged += new > 0
    assert merged > 5 and any(r['why'].startswith('last week m-') for r in replayed)


def test_the_daemon_wrote_the_same_words(daemon, tmp_path):
    """To those who had the most: what is new to them, and what a reminder, and what their lists say. Links have numbers of the store."""
    def words(text):
        return re.sub(r'http://\S+', '', text).split()

    end = (LAST - datetime.timedelta(days=1)).date()
    for who, in daemon.ask("SELECT staff_id FROM timely.outbox WHERE kind IN ('digest', 'weekly') GROUP BY 1"
                           ' ORDER BY count(*) DESC, 1 LIMIT 3'):
        daemon.timely('replay', '--from', FIRST.date(), '--to', end, '--staff', who, '--mails', tmp_path / who)
        mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                 for file in (tmp_path / who).glob('new/*')]
        replays = sorted(words(m.get_body(('plain',)).get_content()) for m in mails
                         if not any(p.get_content_type() == 'text/calendar' for p in m.walk()))
        assert replays == sorted(words(text) for text, in daemon.ask(
            "SELECT body_text FROM timely.outbox WHERE kind IN ('digest', 'weekly', 'alarm', 'summary') AND staff_id = %s", (who,)))


def in_office(at):
    """The moment itself, or when the office opens next."""
    at = datetime.datetime.fromisoformat(at)
    opens, closes = datetime.time(9), datetime.time(17)
    if at.time() > closes:
        at = datetime.datetime.combine(at + datetime.timedelta(days=1), opens)
    while at.weekday() > 4 or at.date() in HOLIDAYS:
        at = datetime.datetime.combine(at + datetime.timedelta(days=1), opens)
    return datetime.datetime.combine(at, max(at.time(), opens)).isoformat(timespec='minutes')


def test_the_daemon_sent_the_same_invites_alarms_and_summaries(daemon, replayed):
    def put_at(row):
        at = datetime.datetime.fromisoformat(row['at'])
        return (at - datetime.timedelta(minutes=row['kind'] == 'update')).isoformat(timespec='minutes')

    rows = daemon.ask(f"SELECT {CIVIL.format('put_at')}, kind, staff_id, subject FROM timely.outbox o"
                      " WHERE kind IN ('invite', 'cancel', 'alarm') AND state = 'sent'"
                      ' AND NOT EXISTS (SELECT FROM timely.notice n WHERE n.message_id = o.message_id)')
    sent = [(in_office(at) if kind == 'alarm' else at, kind, *more) for at, kind, *more in rows]
    assert sorted(sent) == sorted((put_at(r), 'invite' if r['kind'] == 'update' else r['kind'], r['recipient'], r['why'])
                                  for r in replayed if r['kind'] in ('invite', 'update', 'cancel', 'alarm') and not r['rung'])
    summaries = daemon.ask(f"SELECT {CIVIL.format('put_at')}, staff_id, subject FROM timely.outbox WHERE kind = 'summary'")
    counted = Counter((r['at'], r['recipient']) for r in replayed if r['kind'] == 'summary')
    assert {(at, who): int(subject.split()[2]) for at, who, subject in summaries} == counted


def test_evidence_leaves_out_nothing_that_was_told(daemon, replayed):
    """Of a child with an invite and of those with the most lines: every mail that names the child, and every rung."""
    named = dict(daemon.ask("SELECT person_id, coalesce(nullif(case_ref, ''), person_id) FROM timely.person"))
    busy = [p for p, _ in Counter(r['person_id'] for r in replayed if r['rung']).most_common(2)]
    invited = Counter(r['person_id'] for r in replayed if r['kind'] == 'cancel').most_common(1)[0][0]
    for person in {*busy, invited}:
        told = [r for r in daemon.timely('evidence', person, '--format', 'csv').rows() if r['section'] == 'told']
        naming = daemon.ask("SELECT message_id::text FROM timely.outbox WHERE kind <> 'summary' AND subject || ' ' || body_text ~ %s",
                            (rf'\m{re.escape(named[person])}\M',))
        assert naming and {m for m, in naming} <= {r['message_id'] for r in told}
        rungs = daemon.ask('SELECT n.message_id::text, n.rung, d.timescale FROM timely.notice n JOIN timely.deadline d USING (deadline_id)'
                           ' WHERE d.person_id = %s AND n.message_id IS NOT NULL', (person,))
        assert sorted(rungs) == sorted((r['message_id'], r['rung'], r['timescale']) for r in told if r['rung'])


def test_nothing_is_written_or_sent(daemon, stricter):
    tables = [name for name, in daemon.ask("SELECT table_name FROM information_schema.tables WHERE table_schema = 'timely'"
                                           " AND table_type = 'BASE TABLE'")]

    def sums():
        return {table: daemon.one(f'SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), \'\')) FROM timely.{table} t')
                for table in tables}

    before = sums()
    assert len(before) > 15 and daemon.one('SELECT count(*) FROM timely.notice') > 300
    daemon.timely('replay', '--from', '2023-11-06', '--to', '2023-11-24', '--overlay', stricter)
    assert sums() == before


# ------------------------------------------------------------------------------- humane figures

@pytest.fixture(scope='module', params=['the library', 'milton-keynes'])
def year(request, folder, embedded):
    """By the rules as they come, and with the overlay of ./run."""
    configuration = folder / 'embedded' / 'timely.yaml'
    if request.param != 'the library':
        configuration.write_text(f'rules: {{overlay: {request.param}}}\n')
    try:
        return embedded('replay', '--from', '2023-04-01', '--to', '2024-03-31', '--format', 'csv').rows()
    finally:
        configuration.unlink(missing_ok=True)


def monday(day):
    return day - datetime.timedelta(days=day.weekday())


WEEKS = [datetime.date(2023, 4, 3) + datetime.timedelta(weeks=n) for n in range(51)]


def mails_of(rows):
    """(at, recipient, kind, the roles of its new lines) of every mail."""
    mails = defaultdict(set)
    for r in rows:
        if r['kind'] in ('digest', 'weekly', 'alarm', 'summary'):
            mails[r['at'], r['recipient'], r['kind'], r['mail']].update([r['role']] if r['rung'] else [])
    return [(datetime.datetime.fromisoformat(at), who, kind, roles) for (at, who, kind, _), roles in mails.items()]


def caseloads(sample):
    """(worker, Monday): how many children were allocated."""
    loads = Counter()
    with open(sample / 'ssd_involvements.csv', encoding='utf-8', newline='') as file:
        for r in csv.DictReader(file):
            if r['invo_professional_role_id'] == 'ALLOCATED_WORKER' and r['invo_professional_id']:
                start, end = r['invo_involvement_start_date'][:10], r['invo_involvement_end_date'][:10] or '9999'
                loads.update((r['invo_professional_id'], week) for week in WEEKS if start <= week.isoformat() < end)
    return loads


def staff(sample, title):
    with open(sample / 'directory.csv', encoding='utf-8', newline='') as file:
        return {r['id'] for r in csv.DictReader(file) if r['job_title'] == title}


def test_a_worker_with_18_children_has_at_most_three_mails_a_week(year, sample):
    a_week = Counter((who, monday(at.date())) for at, who, *_ in mails_of(year))
    loaded = defaultdict(list)
    for (who, week), children in caseloads(sample).items():
        if 16 <= children <= 20:
            loaded[who].append(a_week[who, week])
    workers = {who: weeks for who, weeks in loaded.items() if len(weeks) >= 8}
    assert len(workers) >= 30
    assert max(statistics.median(weeks) for weeks in workers.values()) <= 3
    assert statistics.median(n for weeks in loaded.values() for n in weeks) <= 3
    assert statistics.mean(n for weeks in loaded.values() for n in weeks) > 1, 'they are told something'


def test_nobody_has_two_mails_a_day_but_for_alarms(year, sample):
    a_day = Counter((who, at.date()) for at, who, kind, _ in mails_of(year) if kind not in ('alarm', 'summary'))
    assert len(a_day) > 10000 and max(a_day.values()) == 1, 'a Monday has the list and what is new in one'
    workers = staff(sample, 'Social Worker') | staff(sample, 'Senior Social Worker')
    of_workers = Counter((who, at.date()) for at, who, kind, _ in mails_of(year) if kind != 'alarm' and who in workers)
    assert len(of_workers) > 5000 and max(of_workers.values()) == 1


ABOVE = {'team-manager', 'service-manager', 'head-of-service', 'director', 'chairs-manager', 'safeguarding-manager', 'reviewing-officer'}


def meetings():
    """The timescales of law and guidance that a meeting meets."""
    rules = [yaml.safe_load(file.read_text(encoding='utf-8')).get('timescales', {}) for file in (ROOT / 'rules').glob('*.yaml')]
    return {name for some in rules for name, rule in some.items() if 'meeting' in rule and rule['force'] in ('law', 'guidance')}


def test_a_fourth_mail_of_a_week_has_what_cannot_wait(year):
    """What is due by the next list, or that a meeting of law or guidance was not held, to those above."""
    held = meetings()
    assert {'icpc', 'cp-review'} & held

    def cannot_wait(r, day):
        due = datetime.date.fromisoformat(r['due_on'])
        if due < day:
            return r['role'] in ABOVE and r['timescale'] in held
        return due <= first_day(monday(day) + datetime.timedelta(weeks=1))
    mails = defaultdict(lambda: defaultdict(list))
    for r in year:
        if r['kind'] in ('digest', 'weekly'):
            day = datetime.date.fromisoformat(r['at'][:10])
            mails[r['recipient'], monday(day)][day].append(r)
    more = [(day, rows) for days in mails.values() for day, rows in sorted(days.items())[3:]]
    assert len(more) > 100
    for day, rows in more:
        assert any(r['rung'] and cannot_wait(r, day) for r in rows), rows


@pytest.mark.parametrize('title, median, most, share', [
    # A week's list, what cannot wait until the next, and between them what their team's reminders leave undone.
    ('Team Manager', 2, 5, 0.06),
    ('Conference and Review Manager', 3, 3, 0),
    # Their own work has its reminders in three; a fourth has what becomes known, or was in hand, days before it is due.
    ('Independent Chair', 3, 4, 0.03),
    # Who hears on the day that a meeting is not booked, and cannot be told before: it may be booked until then; and the next
    # morning that it was not held.
    ('Service Manager', 3, 5, 0.15),
    ('Head of Service', 4, 5, 0.55),
    # The same of a service without a head, and what lapses on the next working day.
    ("Director of Children's Services", 3, 5, 0.4),
    ('Social Worker', 2, 4, 0.01),
    ('Senior Social Worker', 2, 4, 0.01),
])
def test_how_many_mails_a_week_the_reader_of_each_post_has(year, sample, title, median, most, share):
    who = staff(sample, title)
    a_week = Counter((to, monday(at.date())) for at, to, kind, _ in mails_of(year) if to in who and kind in ('digest', 'weekly'))
    assert len(a_week) > 50
    assert statistics.median(a_week.values()) <= median and max(a_week.values()) <= most
    assert sum(n > 3 for n in a_week.values()) <= share * len(a_week)


def first_day(week):
    """Of a week, on which the office opens; none is closed wholly."""
    return next(day for day in (week + datetime.timedelta(days=n) for n in range(5)) if day not in HOLIDAYS)


def test_a_worker_is_reminded_of_what_is_late_once_a_week_unless_a_digest_had_it(year):
    digests = defaultdict(lambda: defaultdict(set))
    for r in year:
        if r['kind'] == 'digest' and r['rung']:
            digests[r['recipient']][datetime.date.fromisoformat(r['at'][:10])].add('social-worker, week of' in r['rung'])
    reminders = [(who, day) for who, days in digests.items() for day, only in days.items() if only == {True}]
    assert len(reminders) > 50
    for who, day in reminders:
        since = first_day(monday(day) - datetime.timedelta(weeks=1))
        assert day == first_day(monday(day)) and not any(since < other < day for other in digests[who])


def test_visits_are_in_the_week_s_first_list(year):
    """A Monday, or the day after a bank holiday; a worker's line of what became known since may come on another."""
    visits = [datetime.date.fromisoformat(r['at'][:10]) for r in year
              if r['rung'] == 'team-manager, 1 working day after' and 'visit' in r['timescale']]
    assert len(visits) > 1000

    def is_first(day):
        return all((monday(day) + datetime.timedelta(days=n)) in HOLIDAYS for n in range(day.weekday()))

    assert sum(map(is_first, visits)) / len(visits) > 0.9


def test_nobody_learns_of_a_breach_only_after_it(embedded):
    first = '2023-04-01' if os.environ.get('TIMELY_LONG') else '2023-10-01'
    said = embedded('replay', '--from', first, '--to', '2024-03-31').out
    lines = said[said.index('Duties not met'):].splitlines()
    count = int(lines[0].split()[-1])
    at_start, ahead, late, ownerless, unheard = (int(line.split()[0]) for line in lines[1:])
    assert count == at_start + ahead + late + ownerless + unheard
    assert unheard == 0
    assert ahead > 3000 and late < 20 and ownerless < 200
