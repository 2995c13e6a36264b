"""Who is away or on duty: from the file, or the word of an operator, to the mail of who stands in.

The conference of a strategy discussion on Thursday 14 March 2024 is due on Monday 8 April 2024; Easter lies between.
"""
import pytest

from telling import STAFF, TEAMS, Server, set_clock, timely, told

ABSENCES = 'staff_id,first_day,last_day,stand_in_id\n'
DUTY = 'team_id,role,first_day,last_day,weekdays,staff_id\n'
DIRECTORY = 'kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to\n'
AWAY = 'Name SW1 is away until Friday 12 April 2024'


@pytest.fixture(scope='module')
def pg():
    with Server() as server:
        server.know_migrations()
        yield server


@pytest.fixture
def store(pg, tmp_path):
    store = pg.store(tmp_path).without_lists()
    store.configure(delivery='live', allowed_domains='council.example')
    store.name_itself()
    return store


def load(store, now, what, content, status=0):
    set_clock(store, now)
    file = store.folder / f'{what}.csv'
    file.write_text(content, encoding='utf-8')
    return timely(store, 'import', what, file, status=status)


def test_who_stands_in_hears_meanwhile_and_who_was_away_reads_it_when_they_are_back(store):
    due_meanwhile = store.deadline(store.person('P1', chair_id='CHAIR'))
    due_after = store.deadline(store.person('P2', chair_id='CHAIR'), trigger='2024-03-21', due='2024-04-15')
    assert set(told(store, '2024-03-22 09:00')) == {'SW1'}
    load(store, '2024-03-25 10:00', 'absences', ABSENCES + 'SW1,2024-04-02,2024-04-12,SW2\n')
    # Not a word before it begins but what is the worker's own.
    assert set(told(store, '2024-03-25 10:00')) == set()
    assert 'away' not in told(store, '2024-03-28 09:00')['SW1']
    # On the first morning what falls due meanwhile is handed over, once; what comes after it is not.
    mails = told(store, '2024-04-02 09:00')
    assert set(mails) == {'SW2'}
    assert 'REF-P1' in mails['SW2'] and f'{AWAY}; you stand in' in mails['SW2'] and 'REF-P2' not in mails['SW2']
    # The rungs of those days are the stand-in's, and what was handed over stands beside them; those above are not.
    mails = told(store, '2024-04-04 09:00')
    assert set(mails) == {'SW2'} and mails['SW2'].count('NEW') == 1 and mails['SW2'].count('you stand in') == 1
    mails = told(store, '2024-04-08 09:00')
    assert set(mails) == {'SW2', 'TM1', 'CHAIR', 'SM'}
    assert 'REF-P1' in mails['SW2'] and 'REF-P2' in mails['SW2'] and 'you stand in' not in mails['TM1'] + mails['SM']
    # Another child of theirs comes meanwhile, and stays theirs.
    store.deadline(store.person('P3', chair_id='CHAIR'), trigger='2024-04-08', due='2024-04-26', seen='2024-04-09 08:00')
    assert 'REF-P3' in told(store, '2024-04-09 09:00')['SW2']
    # Back: everything is theirs again, what they missed beside what is new, and the stand-in is left alone.
    mails = told(store, '2024-04-15 09:00')
    assert 'SW2' not in mails and all(f'REF-P{n}' in mails['SW1'] for n in (1, 2, 3)) and 'away' not in mails['SW1']
    rungs = {deadline: [(rung, staff) for rung, staff, _ in store.notices(deadline)] for deadline in (due_meanwhile, due_after)}
    handed = ('social-worker, away since 2024-04-02', 'SW2')
    assert rungs[due_meanwhile].count(handed) == 1 and handed not in rungs[due_after]
    assert all(len(said) == len({rung for rung, _ in said}) for said in rungs.values()), 'each rung once, to one person'


def test_what_falls_due_on_their_last_day_away_is_handed_over(store):
    """Of the next working day they hear when they are back on it."""
    last_day, day_after = [store.deadline(store.person(f'P{due}'), trigger='2024-03-20', due=due, seen='2024-03-20 08:00')
                           for due in ('2024-04-12', '2024-04-15')]
    assert set(told(store, '2024-03-20 09:00')) == {'SW1'}
    store.leave()
    load(store, '2024-03-25 10:00', 'absences', ABSENCES + 'SW1,2024-04-02,2024-04-12,SW2\n')
    told(store, '2024-04-02 09:00')
    handed = ('social-worker, away since 2024-04-02', 'SW2', True)
    assert handed in store.notices(last_day) and handed not in store.notices(day_after)


def test_who_stands_in_hears_once_of_what_was_late_when_the_absence_began(store):
    """Not of what a first start found late, which was summed up to the manager."""
    late = store.deadline(store.person('P1', chair_id='CHAIR'), due='2024-04-08', seen='2024-04-05 08:00')
    old = store.deadline(store.person('P2', chair_id='CHAIR'), trigger='2023-11-01', due='2023-11-22', seen='2024-01-02 09:00',
                         at_first_start=True)
    assert 'REF-P1' in told(store, '2024-04-09 09:00')['SW1']
    load(store, '2024-04-09 10:00', 'absences', ABSENCES + 'SW1,2024-04-10,2024-04-19,SW2\n')
    assert told(store, '2024-04-09 10:00') == {}
    mails = told(store, '2024-04-10 09:00')
    assert set(mails) == {'SW2'} and 'REF-P2' not in mails['SW2']
    assert 'out of timescale' in mails['SW2'] and 'Name SW1 is away until Friday 19 April 2024; you stand in' in mails['SW2']
    store.leave()
    told(store, '2024-04-11 09:00'), told(store, '2024-04-15 09:00')
    handed = ('social-worker, away since 2024-04-10', 'SW2', True)
    assert store.notices(late).count(handed) == 1 and handed not in store.notices(old)


def test_the_record_of_a_meeting_is_handed_over_while_who_chaired_it_is_away(store):
    """Who is nothing else to the child; what was not said of yet is looked at again too."""
    record = store.deadline(store.person('P1'), 'conference-decisions', trigger='2024-03-13', due='2024-04-12', seen='2024-03-15 09:00', chaired_by='CHAIR')
    unheard = store.deadline(store.person('P2'), 'conference-decisions', trigger='2024-03-14', due='2024-04-15', chaired_by='CHAIR',
                             next_notice_at='2024-04-12 09:00')
    assert set(told(store, '2024-03-15 09:00')) == {'CHAIR'}
    load(store, '2024-03-18 10:00', 'absences', ABSENCES + 'CHAIR,2024-03-19,2024-05-12,SW3\n')
    assert {d for d, in store.ask("SELECT deadline_id FROM timely.deadline WHERE next_notice_at < '2024-03-18 11:00'")} == {record, unheard}
    mails = told(store, '2024-03-19 09:00')
    assert set(mails) == {'SW3'} and 'REF-P1' in mails['SW3'] and 'you stand in' in mails['SW3']


def test_what_a_manager_was_told_is_handed_over_too(store):
    due_meanwhile = store.deadline(store.person('P1', chair_id='CHAIR'))
    store.deadline(store.person('P2', chair_id='CHAIR'), trigger='2024-03-14', due='2024-04-15')
    told(store, '2024-03-15 10:00')
    assert 'TM1' in told(store, '2024-03-28 09:00'), 'five working days before, and not booked'
    load(store, '2024-03-28 10:00', 'absences', ABSENCES + 'TM1,2024-04-02,2024-04-12,TM2\n')
    mails = told(store, '2024-04-02 09:00')
    assert set(mails) == {'TM2'} and 'REF-P1' in mails['TM2'] and 'REF-P2' not in mails['TM2']
    assert 'You are told because: it is not booked in time; Name TM1 is away until Friday 12 April 2024; you stand in' in mails['TM2']
    assert ('team-manager, away since 2024-04-02', 'TM2') in [(rung, staff) for rung, staff, _ in store.notices(due_meanwhile)]
    assert told(store, '2024-04-03 09:00') == {}


def test_a_day_of_duty_and_a_manager_in_the_last_resort(store):
    store.deadline(store.person('P1', worker='SW3', team='T2', chair_id='CHAIR'), seen='2024-03-15 09:00')
    load(store, '2024-03-15 08:00', 'duty', DUTY + 'T2,worker,2024-03-01,,thursday,SW2\nT2,manager,2024-03-28,2024-03-28,,SM\n')
    set_clock(store, '2024-03-15 08:30')
    said = timely(store, 'cover', 'add', 'SW3')
    assert said == 'Cover 3: SW3 is away from Friday 15 March 2024 on.\n'
    (manager, text), = told(store, '2024-03-15 09:00').items()
    assert manager == 'TM2' and 'Name SW3 is away' in text
    store.ask("INSERT INTO timely.cover (covers, of_id, first_day, from_where, told_at)"
              " VALUES ('person', 'TM2', '2024-03-20', 'command', now())")
    mails = told(store, '2024-03-28 09:00')  # a Thursday
    assert set(mails) == {'SW2', 'SM', 'CHAIR'}
    assert 'Name SW3 is away; you are on duty' in mails['SW2']
    assert 'it is not booked in time; Name TM2 is away; you are on duty' in mails['SM']


def test_of_a_restricted_child_the_manager_hears_and_no_stand_in(store):
    store.deadline(store.person('P1', restricted=True))
    load(store, '2024-03-15 09:00', 'absences', ABSENCES + 'SW1,2024-03-01,2024-04-12,SW2\n')
    mails = told(store, '2024-03-15 10:00')
    assert set(mails) == {'TM1'} and AWAY in mails['TM1']


def test_a_mail_that_waited_reaches_whom_it_was_written_to(store):
    """Who went on leave, or came back, since it was written still gets it: nobody else was told."""
    store.deadline(store.person('P1'))
    store.agenda('2024-03-15 10:00')
    load(store, '2024-03-15 11:00', 'absences', ABSENCES + 'SW1,2024-03-16,2024-03-20,SW2\n')
    assert [outcome for _, outcome in store.deliver('2024-03-18 09:00')] == ['sent']
    store.deadline(store.person('P2'), trigger='2024-03-18', due='2024-04-10', seen='2024-03-19 08:00')
    assert set(told(store, '2024-03-19 09:00')) == {'SW2'}
    assert [outcome for _, outcome in store.deliver('2024-03-21 09:00')] == ['sent']
    assert store.ask('SELECT staff_id, state FROM timely.outbox ORDER BY message_id') == [('SW1', 'sent'), ('SW2', 'sent')]


def test_a_name_writes_no_markup_and_no_header(store):
    store.ask("UPDATE timely.staff SET name = E'<b>Eve</b>\\nBcc: all@evil.example' WHERE professional_id = 'SW1'")
    store.deadline(store.person('P1'))
    load(store, '2024-03-15 09:00', 'absences', ABSENCES + 'SW1,2024-03-01,2024-04-12,SW2\n')
    store.agenda('2024-03-15 10:00')
    subject, text, html = store.ask('SELECT subject, body_text, body_html FROM timely.outbox')[0]
    assert 'Bcc' not in subject and '\nBcc' not in text and '<b>Eve' not in html and 'Eve' in text


def test_the_operator_sees_who_is_away_on_a_day_and_ends_it(store):
    assert timely(store, 'cover', 'list') == 'Nobody is known to be away or on duty.\n'
    load(store, '2024-04-02 08:00', 'absences', ABSENCES + 'SW1,2024-04-01,2024-04-12,SW2\nSW3,2024-05-01,,\n')
    set_clock(store, '2024-04-03 08:00')
    assert timely(store, 'cover', 'end', '1') == 'Cover 1 holds no longer from today on.\n'
    assert 'none that holds today' in timely(store, 'cover', 'end', '1', status=1)
    listed = [line.split(',') for line in timely(store, 'cover', 'list', '--format', 'csv').splitlines()]
    assert listed[0] == ['cover_id', 'covers', 'of_id', 'of_name', 'first_day', 'last_day', 'weekdays', 'stand_in_id',
                         'stand_in_name', 'withdrawn_on', 'from_where']
    assert listed[1:] == [['2', 'person', 'SW3', 'Name SW3', '2024-05-01', '', '', '', '', '', 'absences.csv']]
    assert 'SW1' in timely(store, 'cover', 'list', '--as-at', '2024-04-02')
    assert 'SW1' not in timely(store, 'cover', 'list', '--as-at', '2024-04-03')
    load(store, '2024-04-03 09:00', 'duty', DUTY + 'T1,worker,2024-04-01,,friday,SW2\n')
    assert 'friday' in timely(store, 'cover', 'list', '--as-at', '2024-04-05')
    assert 'friday' not in timely(store, 'cover', 'list', '--as-at', '2024-04-04')
    assert store.ask('SELECT what, detail LIKE %s FROM timely.audit', ('cover 1 by %',)) == [('cover.ended', True)]


OVERLAY = """authority: Anyshire
ladders:
  E-NORTH:
    - {tell: social-worker, by: profile}
    - {tell: director, at: 2 working days before, statutory: yes}
teams:
  SVC: {E-CONF: E-NORTH}
  T2: {icpc: E-CONF}
  T9: {icpc: E-NORTH}
"""


def test_a_team_may_have_a_ladder_of_its_own(store):
    (store.folder / 'own.yaml').write_text(OVERLAY, encoding='utf-8')
    with store.config.open('a', encoding='utf-8') as config:
        config.write(f'rules:\n  overlay: {store.folder}/own.yaml\n')
    store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-04-04 08:00')
    store.deadline(store.person('P2', worker='SW3', team='T2', chair_id='CHAIR'), seen='2024-04-04 08:00')
    mails = told(store, '2024-04-04 09:00')
    assert set(mails) == {'SW1', 'DIR', 'SW3', 'TM2', 'CHAIR'}, 'the nearest team decides'
    assert 'REF-P1' in mails['DIR'] and 'REF-P2' not in mails['DIR'] and 'REF-P1' not in mails['CHAIR']
    # A child who comes to such a team has its ladder from then on, with what was said before in mind.
    store.ask("SELECT timely.record_person(jsonb_build_object('now', '2024-04-05T08:00Z', 'person_id', 'P2',"
              " 'person', (SELECT to_jsonb(p) || '{\"team_id\": \"T1\", \"seen\": \"\"}' FROM timely.person p WHERE person_id = 'P2')))")
    mails = told(store, '2024-04-05 09:00')
    assert set(mails) == {'DIR', 'SW1', 'SW3'} and 'REF-P2' in mails['DIR']
    # The operator is told which ladder it is, why, and of the team that is none.
    store.ask("INSERT INTO timely.fact (person_id, kind, ref, at, precise, episode, origin)"
              " VALUES ('P1', 's47-started', 'E1', '2024-03-14', false, 'E1', 'x')")
    set_clock(store, '2024-04-05 10:00')
    assert 'Ladder: E-NORTH in place of E-CONF, as team SVC has it for every deadline with that.' in timely(store, 'explain', 'P1', 'icpc')
    listed = timely(store, 'rules', '--format', 'csv')
    assert 'P-M E-CONF; team SVC: E-NORTH; team T2: E-CONF; team T9: E-NORTH' in listed
    store.run('feeds', '2024-04-05 10:00', 'all')
    assert 'Teams with ladders of their own that the directory has not: T9' in timely(store, 'status', status=1)
    # The team goes to another service: its children have that one's ladder at once.
    rows = [f'team,{team},,,,{"HOS" if team == "T1" else above or ""},{manager},,,' for team, above, manager in TEAMS]
    rows += [f'person,{staff},Name {staff},{staff.lower()}@council.example,,{team},,,,' for staff, team in STAFF]
    load(store, '2024-04-05 11:00', 'directory',
         'kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to\n' + '\n'.join(rows) + '\n')
    assert set(told(store, '2024-04-05 11:00')) == {'TM1', 'CHAIR'}


@pytest.mark.parametrize('words, why', [
    (['NOBODY'], 'NOBODY is not in the directory'),
    (['SW1', '--stand-in', 'NOBODY'], 'NOBODY is not in the directory'),
    (['SW1', '--stand-in', 'SW1'], 'cannot stand in for themselves'),
    (['SW1', '--from', '2024-04-12', '--until', '2024-04-01'], 'before the first'),
])
def test_an_absence_that_cannot_be_is_refused(store, words, why):
    assert why in timely(store, 'cover', 'add', *words, status=2)
    assert store.ask('SELECT 1 FROM timely.cover') == []


def test_what_is_counted_in_hours_goes_to_who_is_on_duty_while_the_office_is_shut_and_to_the_worker_in_the_morning(store):
    store.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('EDT', 'Emergency duty', 'edt@council.example', 'SVC')")
    load(store, '2024-05-01 10:00', 'duty', DUTY + 'SVC,out of hours,2024-05-01,,,EDT\n')
    hours = {'timescale': 'strategy-discussion', 'trigger': '2024-05-03', 'due': '2024-05-04', 'due_at': '2024-05-04 14:00',
             'seen': '2024-05-04 03:00'}
    deadline = store.deadline(store.person('P1'), **hours)
    store.deadline(store.person('P2', restricted=True), **hours)
    store.deadline(store.person('P3'), 'emergency-foster', trigger='2024-05-02', due='2024-05-13', seen='2024-05-04 03:00')
    mails = told(store, '2024-05-04 03:00')  # of a Saturday before a bank holiday
    assert set(mails) == {'EDT', 'SW1'}
    assert 'REF-P1' in mails['EDT'] and 'the office is shut, and you are on duty' in mails['EDT']
    # Of a restricted child nobody hears by a rota; what is counted in days waits.
    assert 'REF-P2' in mails['SW1'] and 'REF-P1' not in mails['SW1'] and 'REF-P2' not in mails['EDT']
    assert 'REF-P3' not in mails['EDT'] + mails['SW1']
    store.deliver('2024-05-04 03:01')
    assert store.ask("SELECT DISTINCT staff_id, state FROM timely.outbox ORDER BY 1") == [('EDT', 'sent'), ('SW1', 'sent')]
    assert told(store, '2024-05-04 03:10') == {}
    # Nor is the emergency duty team told in the office's hours.
    before = len(store.mails())
    store.agenda('2024-05-07 09:00')
    morning = [(staff, text) for _, staff, _, text in store.mails()[before:]]
    assert any(staff == 'SW1' and 'REF-P1' in text for staff, text in morning) and 'EDT' not in dict(morning)
    assert {staff for rung, staff, _ in store.notices(deadline) if rung.startswith('out-of-hours')} == {'EDT'}


def test_that_nobody_is_away_has_to_be_meant(store):
    load(store, '2024-04-02 08:00', 'absences', ABSENCES + 'SW1,2024-04-01,,SW2\n')
    load(store, '2024-04-02 08:00', 'duty', DUTY + 'T1,worker,2024-04-01,,,SW2\n')
    assert 'unless --empty says that this is meant' in load(store, '2024-04-03 08:00', 'absences', ABSENCES, status=2)
    said = timely(store, 'import', 'absences', store.folder / 'absences.csv', '--empty')
    assert '0 of the rows are new, 1 of before hold no longer' in said
    listed = [line.split(',') for line in timely(store, 'cover', 'list', '--format', 'csv').splitlines()]
    assert [row[1] for row in listed[1:]] == ['workers']


@pytest.mark.parametrize('teams', ['other', 'the same'])
def test_whom_a_new_directory_names_is_told_at_once_what_nobody_could_be_told(store, teams):
    if teams == 'the same':
        store.ask("DELETE FROM timely.staff; DELETE FROM timely.team; INSERT INTO timely.team (team_id, name) VALUES ('T9', 'Nine')")
    child = store.person('P1', worker='W9', team='T9')
    store.deadline(child, timescale='cp-visit', trigger='2024-03-07', due='2024-03-21', seen='2024-03-07 10:00')
    assert list(told(store, '2024-03-18 09:00')) == ['']
    load(store, '2024-03-18 11:00', 'directory', DIRECTORY + 'team,T9,Nine,,,,,,,\nperson,W9,Una,una@council.example,,T9,,,,\n')
    assert list(told(store, '2024-03-18 11:01')) == ['W9']


def directory(**left):
    """The directory of the tests, with the day from which some are no longer in post."""
    rows = [f'team,{team},Team {team},,,{above or ""},{manager},,,\n' for team, above, manager in TEAMS]
    return DIRECTORY + ''.join(rows) + ''.join(
        f'person,{who},Name {who},{who.lower()}@council.example,,{team},,,,{left.get(who, "")}\n' for who, team in STAFF)


@pytest.fixture
def visit(store):
    """Due on Wednesday 3 April; its worker was told on Monday 25 March, and nobody else will be before it is late."""
    deadline = store.deadline(store.person('P1'), 'cp-visit', trigger='2024-03-19', due='2024-04-03', seen='2024-03-20 08:00')
    assert set(told(store, '2024-03-25 09:00')) == {'SW1'}
    store.leave()
    return deadline


def test_what_was_told_to_who_leaves_is_the_managers_on_the_first_morning_without_them(store, visit):
    load(store, '2024-03-26 11:00', 'directory', directory(SW1='2024-03-28'))
    assert told(store, '2024-03-26 11:00') == told(store, '2024-03-27 09:00') == {}
    mails = told(store, '2024-03-28 09:00')
    assert set(mails) == {'TM1'} and 'REF-P1' in mails['TM1'] and 'the social worker has left' in mails['TM1']
    assert ', worker Name SW1, who is not in post (' in mails['TM1'], 'nobody takes them for somebody who acts'
    store.leave()
    load(store, '2024-03-28 11:00', 'directory', directory(SW1='2024-03-28', SW3='2024-03-28'))
    assert told(store, '2024-04-02 09:00') == told(store, '2024-04-03 09:00') == {}, 'once'
    assert ('social-worker, left by SW1', 'TM1', True) in store.notices(visit)


@pytest.mark.parametrize('left, told_then', [('2024-04-03', {'TM1'}), ('2024-04-04', set())])
def test_who_leaves_by_the_day_on_which_it_falls_due_cannot_act_on_it(store, visit, left, told_then):
    load(store, '2024-03-26 11:00', 'directory', directory(SW1=left))
    assert visit and told(store, '2024-03-26 11:00') == told(store, '2024-04-02 09:00') == {}
    assert set(told(store, '2024-04-03 09:00')) == told_then


def test_who_is_in_the_directory_no_longer_has_left_too(store, visit):
    load(store, '2024-03-26 11:00', 'directory', ''.join(line for line in directory().splitlines(True) if ',SW1,' not in line))
    mails = told(store, '2024-03-26 11:00')
    assert set(mails) == {'TM1'} and 'the social worker is not in the directory' in mails['TM1']


def test_what_was_told_of_a_child_whom_nobody_has_any_more_is_the_managers_the_next_morning(store, visit):
    store.allocate('P1', '2024-03-27 11:00', worker_id=None, worker_since=None)
    assert told(store, '2024-03-27 11:00') == {}, 'who comes after may be recorded later on the day'
    store.becomes('P1', '2024-03-27 15:00', case_ref='REF-P1-AGAIN')
    mails = told(store, '2024-03-28 09:00')
    assert set(mails) == {'TM1'} and 'no social worker is allocated' in mails['TM1']
    store.leave()
    assert told(store, '2024-04-02 09:00') == {}, 'once'
    store.allocate('P1', '2024-04-02 10:00', worker_id='SW2')
    assert set(told(store, '2024-04-02 10:00')) == {'SW2'}
    assert [(rung, staff) for rung, staff, _ in store.notices(visit)] == [
        ('social-worker, 3 working days before', 'SW1'), ('social-worker, left by SW1', 'TM1'), ('social-worker, since 2024-04-02', 'SW2')]


def test_a_child_who_has_another_worker_by_the_evening_is_nothing_for_the_manager(store, visit):
    store.allocate('P1', '2024-03-27 11:00', worker_id=None, worker_since=None)
    assert told(store, '2024-03-27 11:00') == {}
    store.allocate('P1', '2024-03-27 12:00', worker_id='SW2')
    assert set(told(store, '2024-03-27 12:00')) == {'SW2'}
    assert visit and told(store, '2024-03-28 09:00') == {}


def test_what_a_manager_was_told_is_their_successors(store):
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'))
    told(store, '2024-03-15 10:00')
    assert 'TM1' in told(store, '2024-03-28 09:00'), 'five working days before, and not booked'
    store.leave()
    content = directory(TM1='2024-04-03').replace('team,T1,Team T1,,,SVC,TM1', 'team,T1,Team T1,,,SVC,SW2')
    load(store, '2024-04-02 15:00', 'directory', content)
    mails = told(store, '2024-04-03 09:00')
    assert set(mails) == {'SW2'} and 'You are told because: it is not booked in time' in mails['SW2']
    assert ('team-manager, left by TM1', 'SW2', True) in store.notices(deadline)
