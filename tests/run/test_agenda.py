"""Who is told what, and when: rounds of the agenda on a store, each at a business time that is given.

The conference of a strategy discussion on Thursday 14 March 2024 is due on Monday 8 April 2024; Easter lies between.
"""
import re

import pytest

from telling import told


@pytest.fixture
def store(store):
    return store.without_lists()


def test_nothing_before_the_first_reading(store):
    store.ask('UPDATE timely.state SET first_started_at = NULL')
    store.deadline(store.person('P1'))
    assert store.agenda('2024-03-15 10:00')['deadlines'] == 0
    assert store.mails() == []


def test_one_digest_a_working_morning(store):
    first = store.deadline(store.person('P1'))
    report = store.agenda('2024-03-15 10:00')
    assert (report['lines'], report['mails']) == (1, 1)
    assert [(kind, staff) for kind, staff, *_ in store.mails()] == [('digest', 'SW1')]
    assert store.agenda('2024-03-15 10:01')['deadlines'] == 0

    store.leave()
    # A second line of the same day waits for the next working morning: Monday.
    second = store.deadline(store.person('P2'), trigger='2024-03-15', due='2024-04-09', seen='2024-03-15 11:00')
    report = store.agenda('2024-03-15 11:00')
    assert (report['mails'], report['waiting'], report['next']) == (0, 1, '2024-03-18T09:00')
    assert store.agenda('2024-03-16 12:00')['deadlines'] == 0
    assert store.agenda('2024-03-18 09:00')['mails'] == 1

    kind, staff, _, text = store.mails()[-1]
    assert (kind, staff) == ('digest', 'SW1')
    assert 'REF-P2' in text and 'REF-P1' in text, 'what still stands is listed beside what is new'
    assert text.count('NEW') == 1
    assert [rung for rung, *_ in store.notices(first)] == ['social-worker, at the start']
    assert [rung for rung, *_ in store.notices(second)] == ['social-worker, at the start']


def test_what_its_reader_was_told_before_is_a_reminder(store):
    """What has another due date is news again."""
    store.configure(delivery='live', allowed_domains='[council.example]')
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'))
    mails = told(store, '2024-03-15 10:00')
    assert '1 line is new.' in mails['SW1'] and mails['SW1'].count('NEW') == 1
    # Nothing has left by then: they read of it for the first time.
    mails = told(store, '2024-03-21 09:00')
    assert '1 line is new.' in mails['SW1'] and mails['SW1'].count('NEW') == 1
    store.leave()
    mails = told(store, '2024-03-28 09:00')
    assert {staff: ('1 line is new.' in text, '1 line is a reminder.' in text, text.count('NEW')) for staff, text in mails.items()} == {
        'SW1': (False, True, 0), 'TM1': (True, False, 1), 'CHAIR': (True, False, 1)}
    store.leave()
    told(store, '2024-04-08 09:00')
    assert [s for _, staff, s, _ in store.mails() if staff == 'SW1'][-1] == '1 due today; 1 reminder'
    store.leave()
    store.changes(deadline, '2024-04-08 15:00', 'moved', 'open', due_on='2024-04-12', next_notice_at='2024-04-08T14:00Z')
    mails = told(store, '2024-04-09 09:00')
    assert mails['SW1'].count('NEW') == 1 and '1 line is new.' in mails['SW1']
    assert 'You are told because: its date was Monday 8 April 2024 before' in mails['SW1']
    assert 'You are told because: it is not booked in time; its date was Monday 8 April 2024 before' in mails['TM1']
    store.leave()
    mails = told(store, '2024-04-12 09:00')
    assert {staff: 'its date was' in text for staff, text in mails.items()} == {'SW1': False, 'SM': True}, 'once each'


CLIMB = ('2024-03-15', '2024-03-22', '2024-03-28', '2024-04-04', '2024-04-08', '2024-04-09', '2024-04-11', '2024-04-15', '2024-04-22')


def test_that_it_is_out_of_timescale_is_news_to_who_knew_when_it_was_due(store):
    store.configure(delivery='live', allowed_domains='[council.example]')
    store.deadline(store.person('P1', chair_id='CHAIR'))
    news = set()
    for day in CLIMB:
        news |= {(day, staff) for staff, text in told(store, f'{day} 09:00').items() if 'NEW' in text}
        store.leave()
    assert sorted(news) == [('2024-03-22', 'SW1'), ('2024-03-28', 'CHAIR'), ('2024-03-28', 'TM1'), ('2024-04-08', 'SM'),
                            ('2024-04-09', 'SM'), ('2024-04-09', 'SW1'), ('2024-04-09', 'TM1'), ('2024-04-11', 'HEAD'),
                            ('2024-04-22', 'DIR')]


def test_what_was_late_in_a_mail_that_never_left_is_news_still(store):
    store.configure(delivery='live', allowed_domains='[council.example]')
    store.deadline(store.person('P1', chair_id='CHAIR'))
    assert 'NEW' in told(store, '2024-03-28 09:00')['TM1']
    store.leave()
    assert 'NEW' in told(store, '2024-04-09 09:00')['TM1'], 'and no mail server until the next day'
    store.deadline(store.person('P2'), seen='2024-04-09 10:00')
    text = told(store, '2024-04-10 09:00')['TM1']
    assert '2 lines are new.' in text and text.count('NEW') == 2


def test_a_digest_that_may_have_arrived_is_not_overtaken(store):
    """Its repeat is known for one by its Message-ID; the one that only waits is in the next."""
    store.deadline(store.person('P1'))
    store.deadline(store.person('P2', worker='SW2'))
    told(store, '2024-03-15 10:00')
    store.ask("UPDATE timely.outbox SET maybe_repeat = true WHERE staff_id = 'SW1'")
    assert set(told(store, '2024-03-21 09:00')) == {'SW1', 'SW2'}
    assert store.ask('SELECT staff_id, state FROM timely.outbox ORDER BY staff_id, message_id') == \
        [('SW1', 'due'), ('SW1', 'due'), ('SW2', 'superseded'), ('SW2', 'due')]


def digests(store):
    return [(staff, 'NEW' in text and text.count('NEW')) for kind, staff, _, text in store.mails('digest')]


def test_a_fourth_digest_of_a_week_waits_for_the_list(store):
    for number, day in enumerate(['2024-03-04', '2024-03-05', '2024-03-06']):
        store.deadline(store.person(f'P{number}'), trigger=day, due='2024-04-08', seen=f'{day} 08:00')
        assert store.agenda(f'{day} 09:00')['mails'] == 1
        store.leave()
    for number in (3, 4):
        store.deadline(store.person(f'P{number}'), trigger='2024-03-07', due='2024-04-08', seen='2024-03-07 08:00')
    report = store.agenda('2024-03-07 09:00')
    assert (report['mails'], report['waiting'], report['next']) == (0, 2, '2024-03-11T09:00')
    # Another worker is not concerned.
    store.deadline(store.person('Q1', worker='SW2'), trigger='2024-03-07', due='2024-04-08', seen='2024-03-07 08:00')
    assert store.agenda('2024-03-07 09:30')['mails'] == 1
    assert store.agenda('2024-03-11 09:00')['mails'] == 1
    assert digests(store)[-1] == ('SW1', 2)
    # A new week begins with no digest counted.
    store.deadline(store.person('P5'), trigger='2024-03-12', due='2024-04-08', seen='2024-03-12 08:00')
    assert store.agenda('2024-03-12 09:00')['mails'] == 1


@pytest.mark.parametrize('due, mails', [
    ('2024-03-06', 0),  # overdue, and told of before
    ('2024-03-08', 1),
    ('2024-03-11', 1),  # on the day of the next list
    ('2024-03-12', 0),
])
def test_what_is_due_before_the_next_list_does_not_wait_for_it(store, due, mails):
    for number, day in enumerate(['2024-03-04', '2024-03-05', '2024-03-06']):
        store.deadline(store.person(f'P{number}'), trigger=day, due='2024-04-08', seen=f'{day} 08:00')
        store.agenda(f'{day} 09:00')
        store.leave()
    # Of the second only what is said with the first has to wait for nothing.
    store.deadline(store.person('P8'), 'assessment', trigger='2024-02-01', due=due, seen='2024-03-07 08:00')
    store.deadline(store.person('P9'), trigger='2024-03-07', due='2024-04-08', seen='2024-03-07 08:00')
    store.agenda('2024-03-07 09:00')
    assert digests(store)[3:] == [('SW1', 2)] * mails + ([('TM1', 1)] if due < '2024-03-07' else [])


@pytest.mark.parametrize('timescale, mails', [('icpc', 1), ('cin-review', 0)])
def test_that_law_or_guidance_was_not_kept_does_not_wait_for_the_list(store, timescale, mails):
    """What is local does."""
    store.deadline(store.person('P9'), timescale, trigger='2024-02-14', due='2024-03-06', seen='2024-02-15 08:00',
                   next_notice_at='2024-03-07T09:00Z')
    for number, day in enumerate(['2024-03-04', '2024-03-05', '2024-03-06']):
        store.deadline(store.person(f'P{number}', worker='TM1'), trigger=day, due='2024-04-08', seen=f'{day} 08:00')
        store.agenda(f'{day} 09:00')
        store.leave()
    assert digests(store) == [('TM1', 1)] * 3
    before = len(store.mails())
    store.agenda('2024-03-07 09:00')
    texts = [text for _, staff, _, text in store.mails()[before:] if staff == 'TM1']
    assert len(texts) == mails and all('was due Wednesday 6 March, 1 working day ago' in text for text in texts)
    assert ('TM1' in told(store, '2024-03-11 09:00')) == (mails == 0)


def test_the_third_digest_of_a_week_says_what_the_rest_of_it_would(store):
    """Its reader's own reminders, and not what those above are told when nothing is booked by then."""
    own = store.deadline(store.person('P1'), 'placement-plan', trigger='2024-03-01', due='2024-03-08', seen='2024-03-04 08:00')
    store.deadline(store.person('P2', worker='SW2'), trigger='2024-02-16', due='2024-03-08', seen='2024-03-04 08:00')
    held = store.deadline(store.person('P3'), 'placement-plan', trigger='2024-03-01', due='2024-03-08', seen='2024-03-04 08:00')
    after = store.deadline(store.person('P4'), 'placement-plan', trigger='2024-03-01', due='2024-03-11', seen='2024-03-04 08:00')
    store.agenda('2024-03-04 09:00')
    store.leave()
    for day in ('2024-03-05', '2024-03-06'):
        store.deadline(store.person(f'Q{day}'), trigger=day, due='2024-04-08', seen=f'{day} 08:00')
        if day == '2024-03-06':
            store.ask("INSERT INTO timely.acknowledgement (deadline_id, due_on, kind, staff_id, of_worker, last_day, reason, said_by, said_at)"
                      " VALUES (%s, '2024-03-08', 'in-hand', 'SW1', 'SW1', '2024-03-07', 'a reason', 'a test', '2024-03-05T12:00Z')", (held,))
        text = told(store, f'{day} 09:00')['SW1']
        store.leave()
    assert 'New: 1. Reminders: 2 ' in text and text.count('NEW') == 1, 'the one that is in hand is told once that is over'
    said = ['social-worker, at the start', 'social-worker, 1 working day before', 'social-worker, on the day']
    assert [rung for rung, staff, _ in store.notices(own) if staff == 'SW1'] == said[:1] + sorted(said[1:])
    assert [rung for rung, staff, _ in store.notices(after) if staff == 'SW1'] == said[:2], 'the next list has the day'
    assert told(store, '2024-03-07 09:00').keys() == {'SW2'}, 'their third, a working day before'
    mails = told(store, '2024-03-08 09:00')
    assert {'SW1', 'SM'} == mails.keys(), 'the worker of what is in hand no longer; the one above at the moment'
    assert [rung for rung, staff, _ in store.notices(held) if staff == 'SW1'] == said[:1] + sorted(said[1:])
    assert [s for _, staff, s, _ in store.mails() if staff == 'SW1'][-1] == '2 due today; 1 reminder'


def test_a_digest_waits_for_the_office(store):
    store.deadline(store.person('P1'), seen='2024-03-15 20:00')
    report = store.agenda('2024-03-15 20:00')  # a Friday evening
    assert (report['mails'], report['waiting'], report['next']) == (0, 1, '2024-03-18T09:00')
    assert store.agenda('2024-03-18 09:00')['mails'] == 1


def test_an_alarm_waits_for_the_office_too_but_for_what_is_counted_in_hours(store):
    store.deadline(store.person('P1'), 'emergency-foster', trigger='2024-05-02', due='2024-05-13', seen='2024-05-04 03:00')
    store.deadline(store.person('P2', worker='SW2'), 'strategy-discussion', trigger='2024-05-03', due='2024-05-04',
                   due_at='2024-05-04 14:00', seen='2024-05-04 03:00')
    mails = told(store, '2024-05-04 03:00')  # of a Saturday before a bank holiday
    assert set(mails) == {'SW2'} and 'REF-P2' in mails['SW2']
    assert set(told(store, '2024-05-06 10:00')) & {'SW1', 'TM1'} == set()
    mails = told(store, '2024-05-07 09:00')
    assert 'REF-P1' in mails['SW1'] and 'line is' not in mails['SW1']
    assert [(kind, subject) for kind, staff, subject, _ in store.mails() if staff == 'SW1'] == \
        [('alarm', 'due Monday 13 May (in 4 working days); told at once')]


def test_what_cannot_wait_of_a_family_is_one_alarm(store):
    """Whatever it is that cannot wait; the lines of others are alarms of their own."""
    hours = {'due_at': '2024-05-04 14:00', 'seen': '2024-05-04 03:00'}
    for number, family in enumerate(['F', 'F', 'G', None, None]):
        store.deadline(store.person(f'P{number}', family=family), 'strategy-discussion', trigger='2024-05-03', due='2024-05-04', **hours)
    store.deadline('P1', 'return-interview', trigger='2024-05-03', due='2024-05-04', **hours)
    store.agenda('2024-05-04 03:00')
    about = sorted(sorted(f'P{n}' for n in range(5) if f'REF-P{n} ' in text) for _, _, _, text in store.mails('alarm'))
    assert about == [['P0', 'P1'], ['P2'], ['P3'], ['P4']]
    family, = [text for _, _, _, text in store.mails('alarm') if 'REF-P1' in text]
    assert family.count('NEW') == 3


def test_lines_of_a_recipient_are_one_digest(store):
    for number in range(5):
        store.deadline(store.person(f'P{number}', family='F' if number < 2 else None))
    store.deadline(store.person('P9', worker='SW2'))
    assert store.agenda('2024-03-15 10:00')['mails'] == 2
    texts = {staff: text for _, staff, _, text in store.mails()}
    assert texts['SW1'].count('NEW') == 5 and 'REF-P9' not in texts['SW1']
    assert texts['SW2'].count('NEW') == 1


def test_past_rungs_collapse_to_the_latest(store):
    deadline = store.deadline(store.person('P1'), seen='2024-04-04 10:00')
    (_, text), = told(store, '2024-04-04 10:00').items()
    assert text.count('NEW') == 1
    said = [rung for rung, staff, _ in store.notices(deadline) if staff == 'SW1']
    assert sorted(said) == ['social-worker, 10 working days before', 'social-worker, 2 working days before',
                            'social-worker, 5 working days before', 'social-worker, at the start']
    assert store.agenda('2024-04-04 10:05')['deadlines'] == 0
    assert set(told(store, '2024-04-05 09:00')) == {'SW1', 'TM1', 'SM'}, 'the service manager for the chair that is missing'


def test_a_conference_that_was_booked_in_time_and_is_not_recorded_passes_nobody_over(store):
    store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-03-15 09:00', booked_at='2024-04-08 10:00', booked_group='M1')
    assert 'TM1' not in told(store, '2024-03-28 09:00') and 'SM' not in told(store, '2024-04-08 09:00')
    mails = told(store, '2024-04-09 09:00')
    assert set(mails) == {'SW1', 'TM1', 'SM'}
    assert 'not recorded yet: booked for Monday 8 April 2024, 10:00' in mails['SM'] and 'missed' not in mails['SM']
    assert set(told(store, '2024-04-11 09:00')) == {'SW1', 'HEAD'}


LATE = {'trigger': '2024-03-05', 'due': '2024-03-26', 'seen': '2024-04-04 09:12'}


def test_those_above_hear_of_what_had_passed_no_earlier_than_who_acts(store):
    """A date that was mistyped is put right on the same day, and nobody above has read of it."""
    store.deadline(store.person('P1'), trigger='2024-04-04', due='2024-04-25', seen='2024-04-04 08:00')
    mistyped = store.deadline(store.person('P2'), **LATE)
    store.deadline(store.person('P3'), **LATE)
    assert set(told(store, '2024-04-04 09:00')) == {'SW1'}
    assert told(store, '2024-04-04 09:12') == {}, 'they have had a digest today'
    store.changes(mistyped, '2024-04-04 09:20', 'withdrawn', 'withdrawn', next_notice_at=None)
    mails = told(store, '2024-04-05 09:00')
    assert set(mails) == {'SW1', 'TM1', 'SM', 'HEAD'}
    assert all('REF-P3' in text and 'REF-P2' not in text for text in mails.values())
    assert 'DIR' in told(store, '2024-04-11 09:00'), 'a rung whose moment is to come keeps to it'


def test_a_date_that_is_moved_into_the_past_waits_for_the_morning_too(store):
    deadline = store.deadline(store.person('P1'), trigger='2024-04-02', due='2024-04-23', seen='2024-04-02 08:00')
    assert set(told(store, '2024-04-02 09:00')) == {'SW1'}
    store.leave()
    store.changes(deadline, '2024-04-04 10:00', 'changed', 'open', due_on='2024-03-26', next_notice_at='2024-04-04T09:00Z')
    assert set(told(store, '2024-04-04 10:00')) == {'SW1'}
    assert set(told(store, '2024-04-05 09:00')) == {'TM1', 'SM', 'HEAD'}


def test_a_meeting_that_is_cancelled_is_told_above_the_next_morning(store):
    """Five working days before had passed; at a first start too, which found it booked."""
    booked = {'booked_at': '2024-04-05 10:00', 'booked_group': 'M1'}
    store.start('2024-04-02 08:00')
    first = store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-04-02 08:00', at_first_start=True, **booked)
    later = store.deadline(store.person('P2', chair_id='CHAIR'), seen='2024-04-02 08:00', **booked)
    assert set(told(store, '2024-04-02 09:00')) == {'SW1', 'TM1'}, 'what is new, and the summary'
    store.leave()
    for deadline in (first, later):
        store.changes(deadline, '2024-04-03 11:00', 'changed', 'open', booked_at=None, booked_group=None, next_notice_at='2024-04-03T10:00Z')
    assert told(store, '2024-04-03 11:00') == {}
    mails = told(store, '2024-04-04 09:00')
    assert set(mails) == {'SW1', 'TM1', 'CHAIR'}
    for text in (mails['TM1'], mails['CHAIR']):
        assert text.count('NEW') == 2 and text.count('You are told because: it is not booked in time') == 2
    store.leave()
    assert set(told(store, '2024-04-05 09:00')) == {'SW1'}, 'those above once'


def test_the_next_ones_up_hear_in_their_turn(store):
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-03-15 09:00')
    told = {}
    for day in ['2024-03-15', '2024-03-22', '2024-03-28', '2024-04-04', '2024-04-05', '2024-04-08', '2024-04-09',
                '2024-04-11', '2024-04-15', '2024-04-22']:
        before = len(store.mails())
        store.agenda(f'{day} 09:00')
        told[day] = {staff for _, staff, *_ in store.mails()[before:]}
    assert told['2024-03-15'] == {'SW1'}
    assert told['2024-03-28'] == {'SW1', 'TM1', 'CHAIR'}, 'five working days before and not booked'
    assert told['2024-04-08'] == {'SW1', 'SM'}
    assert told['2024-04-09'] == {'SW1', 'TM1', 'SM'}
    assert told['2024-04-11'] == {'SW1', 'HEAD'}
    assert told['2024-04-22'] == {'DIR', 'SW1'}, 'whose ladder ended a week ago, and who is reminded each week'
    (_, _, subject, text), = [m for m in store.mails() if m[1] == 'HEAD']
    assert subject.startswith('For your attention') and 'was due Monday 8 April, 3 working days ago' in text and ', worker Name SW1 (' in text
    assert store.one("SELECT next_notice_at = '2024-04-29 09:00' FROM timely.deadline WHERE deadline_id = %s", (deadline,))


BOOKED_LATE = {'booked_at': '2024-04-12 10:00', 'booked_group': 'M1', 'chaired_by': 'CHAIR', 'seen': '2024-03-28 09:00'}


def test_the_chair_of_the_meeting_is_the_first_to_be_asked(store):
    """Whom the booking names, before who chairs for the child otherwise; and by them their manager."""
    store.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('OTHER', 'Other', 'other@council.example', 'SVC')")
    store.deadline(store.person('P1'), **BOOKED_LATE)
    store.deadline(store.person('P2', chair_id='OTHER'), **BOOKED_LATE)
    record = store.deadline(store.person('P3', iro_id='OTHER'), 'conference-decisions', trigger='2024-02-29', due='2024-03-28', chaired_by='CHAIR',
                            seen='2024-03-01 09:00')
    mails = told(store, '2024-03-28 09:00')
    assert {staff: sorted(set(re.findall(r'REF-(P\d)', text))) for staff, text in mails.items()} == \
        {'SW1': ['P1', 'P2'], 'TM1': ['P1', 'P2'], 'CHAIR': ['P1', 'P2', 'P3']}
    assert not any('allocated' in text for text in mails.values())
    assert set(told(store, '2024-04-02 09:00')) == {'CHAIR', 'CM'}
    assert [staff for rung, staff, _ in store.notices(record) if rung == 'chairs-manager, 1 working day after'] == ['CM']


@pytest.mark.parametrize('change, reader, why', [
    ("UPDATE timely.staff SET active_to = '2024-03-28' WHERE professional_id = 'CHAIR'", 'CM', 'the chair has left'),
    ("INSERT INTO timely.cover (covers, of_id, first_day, last_day, from_where, told_at)"
     " VALUES ('person', 'CHAIR', '2024-03-28', '2024-04-30', 'command', '2024-03-27')", 'CM', 'Name CHAIR is away until'),
    ("DELETE FROM timely.staff WHERE professional_id = 'CHAIR'", 'SM', 'the chair is not in the directory'),
    ('UPDATE timely.person SET restricted = true', 'SM', 'no chair is allocated'),
])
def test_a_chair_of_the_meeting_who_cannot_be_told(store, change, reader, why):
    store.deadline(store.person('P1'), **BOOKED_LATE)
    store.ask(change)
    mails = told(store, '2024-03-28 09:00')
    assert set(mails) == {'SW1', 'TM1', reader} and why in mails[reader]


def test_a_booking_in_time_keeps_the_managers_out(store):
    store.deadline(store.person('P1', chair_id='CHAIR'), booked_at='2024-04-04 10:00', booked_group='M1',
                   seen='2024-04-02 10:00')
    store.agenda('2024-04-02 10:00')
    (_, staff, _, text), = store.mails()
    assert staff == 'SW1' and 'booked for Thursday 4 April 2024, 10:00' in text
    store.agenda('2024-04-09 09:00')
    assert 'not recorded yet: booked for Thursday 4 April 2024, 10:00' in store.mails()[-1][3]


@pytest.mark.parametrize('now, said', [('2024-04-10 09:00', True), ('2024-04-11 09:00', False)])
def test_an_earlier_date_is_asked_for_until_the_day_of_the_meeting_is_over(store, now, said):
    store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-04-10 08:00', booked_at='2024-04-10 14:00', booked_group='M1')
    assert ('That is after Monday 8 April 2024' in told(store, now)['SW1']) == said


def test_what_is_ahead_is_counted_in_days_of_the_office(store):
    """As its rungs are: two working days before Thursday 2 January, of an office that is closed between the holidays."""
    overlay = store.folder / 'overlay.yaml'
    overlay.write_text('authority: Anyshire\nclosure days: [2024-12-27, 2024-12-30, 2024-12-31]\n', encoding='utf-8')
    store.config.write_text(store.config.read_text() + f'rules: {{overlay: {overlay}}}\n')
    store.deadline(store.person('P1'), trigger='2024-12-09', due='2025-01-02', seen='2024-12-10 08:00')
    told(store, '2024-12-16 09:00')
    assert 'due Thursday 2 January 2025 (in 2 working days)' in told(store, '2024-12-23 09:00')['SW1']
    # What is late is late by the days of the statute, which knows no closed days of an office.
    store.deadline(store.person('P2'), trigger='2024-12-02', due='2024-12-24', seen='2024-12-10 08:00')
    assert 'was due Tuesday 24 December 2024, 4 working days ago' in told(store, '2025-01-02 09:00')['SW1']


@pytest.fixture
def late(store):
    """A conference of Wednesday 20 March, of which its worker read for the last time by its ladder on Wednesday 27 March."""
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'), trigger='2024-02-28', due='2024-03-20', seen='2024-03-01 08:00')
    for day in ('20', '21', '25', '27'):
        assert 'SW1' in told(store, f'2024-03-{day} 09:00')
        store.leave()
    return deadline


WORKING_DAYS = ['2024-04-02', '2024-04-03', '2024-04-04', '2024-04-05', '2024-04-08', '2024-04-09', '2024-04-10', '2024-04-12', '2024-04-15',
                '2024-04-16']


def days_of(store, worker):
    days = []
    for day in WORKING_DAYS:
        if worker in told(store, f'{day} 09:00'):
            days.append(day)
        store.leave()
    return days


def test_what_is_late_is_said_to_its_worker_each_week_until_it_is_resolved(store, late):
    """Not on Tuesday 2 April, with which the week after Easter begins: a mail of the week before had it."""
    assert days_of(store, 'SW1') == ['2024-04-08', '2024-04-15']
    kind, staff, _, text = [m for m in store.mails('digest') if m[1] == 'SW1'][-1]
    assert 'REF-P1' in text and text.count('/why/') == 1
    assert [rung for rung, *_ in store.notices(late) if 'week of' in rung] == ['social-worker, week of 2024-04-08', 'social-worker, week of 2024-04-15']
    store.changes(late, '2024-04-17 08:00', 'met', 'met', next_notice_at=None)
    assert told(store, '2024-04-22 09:00') == {}


def test_everything_that_is_open_stands_beside_what_is_late(store, late):
    store.deadline(store.person('P2'), trigger='2024-03-27', due='2024-04-19', seen='2024-03-27 08:00')
    assert 'SW1' in told(store, '2024-03-28 09:00')
    store.leave()
    assert 'REF-P2' in told(store, '2024-04-08 09:00')['SW1']


def test_a_digest_of_the_week_is_reminder_enough(store, late):
    store.deadline(store.person('P2'), trigger='2024-04-03', due='2024-04-26', seen='2024-04-03 08:00')
    assert days_of(store, 'SW1') == ['2024-04-03', '2024-04-12'], 'the second is a rung of what is not late'


def test_nobody_is_reminded_in_place_of_a_worker(store, late):
    """Managers have it in their lists."""
    store.ask("UPDATE timely.staff SET active_to = '2024-04-01' WHERE professional_id = 'SW1'")
    assert days_of(store, 'TM1') == days_of(store, 'SW1') == []
    assert late


def test_a_meeting_without_a_time_is_awaited_from_the_next_day_on(store):
    """Midnight says that only its day is known."""
    store.deadline(store.person('P1'), booked_at='2024-04-05 00:00')
    text = told(store, '2024-04-05 09:00')['SW1']
    assert 'booked for Friday 5 April 2024' in text and 'not recorded' not in text and '00:00' not in text
    text = told(store, '2024-04-08 09:00')['SW1']
    assert 'not recorded yet: booked for Friday 5 April 2024' in text and '00:00' not in text


def test_an_absent_manager_is_passed_over_with_the_reason(store):
    store.ask("UPDATE timely.staff SET active_to = '2024-03-01' WHERE professional_id = 'TM1'")
    store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-03-28 09:00')
    store.agenda('2024-03-28 09:00')
    (_, _, _, text), = [m for m in store.mails('digest') if m[1] == 'SM']
    assert 'it is not booked in time; the team manager has left' in text


def test_a_departed_worker_is_passed_over(store):
    store.ask("UPDATE timely.staff SET active_to = '2024-03-01' WHERE professional_id = 'SW1'")
    store.deadline(store.person('P1'))
    store.agenda('2024-03-15 10:00')
    (_, staff, _, text), = store.mails()
    assert staff == 'TM1' and 'the social worker has left' in text


def test_a_new_worker_is_not_escalated_over(store):
    # Allocated on Monday 25 March: settled in on Wednesday 3 April.
    store.deadline(store.person('P1', chair_id='CHAIR', worker_since='2024-03-25'), seen='2024-03-28 09:00')
    assert set(told(store, '2024-03-28 09:00')) == {'SW1'}
    assert store.agenda('2024-04-02 09:00')['next'] == '2024-04-03T09:00'
    assert set(told(store, '2024-04-03 09:00')) == {'TM1', 'CHAIR'}


def test_no_new_worker_keeps_the_next_ones_up_out_on_the_last_working_day(store):
    """However late the child came to them; before its hour on that day still."""
    store.deadline(store.person('P1', chair_id='CHAIR', worker_since='2024-04-04'), seen='2024-04-04 09:00')
    assert set(told(store, '2024-04-04 09:00')) == {'SW1'}
    assert set(told(store, '2024-04-05 08:59')) == set()
    assert set(told(store, '2024-04-05 09:00')) == {'SW1', 'TM1', 'CHAIR'}, 'Friday, of what is due on Monday 8 April'


@pytest.mark.parametrize('seen, whom', [('2024-04-08', {'SW1', 'TM1', 'CHAIR', 'SM'}), ('2024-04-22', {'SW1', 'TM1', 'CHAIR', 'SM', 'HEAD', 'DIR'})])
def test_of_what_is_due_a_new_worker_keeps_nobody_out(store, seen, whom):
    store.deadline(store.person('P1', chair_id='CHAIR', worker_since=seen), seen=f'{seen} 08:00')
    assert set(told(store, f'{seen} 09:00')) == whom


def test_of_a_lapsing_order_a_new_worker_keeps_nobody_out(store):
    # Five working days before Wednesday 10 April.
    store.deadline(store.person('P1', worker_since='2024-04-03'), timescale='interim-order', trigger='2024-03-01', due='2024-04-10',
                   seen='2024-04-03 09:00')
    assert set(told(store, '2024-04-03 09:00')) == {'SW1', 'TM1', 'SM', 'HEAD'}


@pytest.mark.parametrize('timescale, above', [('dols-standard', set()), ('rapid-review', {'head-of-service', 'director'})])
def test_what_is_local_stops_at_the_service_manager(store, timescale, above):
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'), timescale, trigger='2024-03-11', seen='2024-03-11 09:00')
    for day in ('03-11', '04-05', '04-08', '04-09', '04-11', '04-15', '04-22'):
        told(store, f'2024-{day} 09:00')
    roles = {rung.split(',')[0] for rung, *_ in store.notices(deadline)}
    assert roles == {'safeguarding-manager'} | above


def test_nobody_left_is_the_operators(store):
    one = store.deadline(store.person('P1', worker=None, team=None))
    store.deadline(store.person('P2', worker=None, team=None), trigger='2024-03-15', due='2024-04-09')
    assert store.agenda('2024-03-15 10:00')['nobody'] == 2
    (kind, staff, subject, text), = store.mails()
    assert (kind, staff) == ('operator', '')
    assert '2 deadlines' in subject and f'deadline {one}, icpc' in text
    assert 'REF-' not in text and 'P1' not in text, 'the operator is told by number'
    assert store.notices(one) == [('social-worker, at the start', '', True)]
    assert store.agenda('2024-03-15 12:00')['deadlines'] == 0


@pytest.fixture
def unallocated(store):
    """A visit due on Thursday 21 March. On Monday 18 March, when the worker is to be reminded, there is none."""
    child = store.person('P1', worker=None, team=None, worker_since=None)
    deadline = store.deadline(child, timescale='cp-visit', trigger='2024-03-07', due='2024-03-21', seen='2024-03-07 10:00')
    assert list(told(store, '2024-03-18 09:00')) == ['']
    return deadline


def test_what_nobody_could_be_told_is_said_to_whoever_comes(store, unallocated):
    store.becomes('P1', '2024-03-18 14:00', worker_id='SW1', team_id='T1', worker_since='2024-03-18')
    new = told(store, '2024-03-18 14:00')
    assert list(new) == ['SW1'] and 'NEW Visit' in new['SW1']
    assert store.notices(unallocated) == [('social-worker, 3 working days before', '', True),
                                          ('social-worker, 3 working days before', 'SW1', True)]
    assert told(store, '2024-03-19 09:00') == {}, 'once'


def test_the_operator_hears_once_of_what_nobody_can_be_told(store, unallocated):
    report = store.agenda('2024-03-18 12:00')
    assert (report['deadlines'], report['next']) == (0, '2024-03-19T09:00')
    for day in ('19', '20', '21'):
        assert store.agenda(f'2024-03-{day} 09:00')['deadlines'] == 1, 'asked about each morning'
    assert len(store.mails()) == 1
    # The next ones up are another thing to say: the list of 25 March has it for the team's manager.
    text = told(store, '2024-03-25 09:00')['']
    assert f'deadline {unallocated}, cp-visit' in text and 'team-manager, 1 working day after; no worker is allocated' in text


def test_who_comes_into_post_is_told_that_morning(store, unallocated):
    """No reading and no import tells of it, only the day."""
    store.ask("UPDATE timely.staff SET active_from = '2024-03-20' WHERE professional_id <> 'DIR'")
    store.ask("UPDATE timely.staff SET email = NULL WHERE professional_id = 'DIR'")
    store.becomes('P1', '2024-03-18 14:00', worker_id='SW1', team_id='T1', worker_since='2024-03-18')
    assert told(store, '2024-03-18 14:00') == told(store, '2024-03-19 09:00') == {}
    assert list(told(store, '2024-03-20 09:00')) == ['SW1']


@pytest.mark.parametrize('change', [{'chair_id': 'CHAIR'}, {'iro_id': 'CHAIR'}, {'restricted': True}])
def test_others_who_become_responsible_are_looked_for_at_once(store, unallocated, change):
    store.becomes('P1', '2024-03-18 14:00', **change)
    assert store.agenda('2024-03-18 14:00')['deadlines'] == 1


def test_what_nobody_was_there_to_be_summed_up_for_is_said_to_whoever_comes(store):
    """As a first start finds it, long out of timescale."""
    store.start('2024-04-02 08:00')
    store.deadline(store.person('P1', worker=None, team=None, worker_since=None), trigger='2024-02-01', due='2024-02-22',
                   seen='2024-04-02 08:00', at_first_start=True)
    assert told(store, '2024-04-02 09:00') == {}
    store.becomes('P1', '2024-04-03 10:00', worker_id='SW1', team_id='T1', worker_since='2024-04-03')
    assert set(told(store, '2024-04-03 10:00')) == {'SW1', 'TM1', 'SM', 'HEAD', 'DIR'}


def test_without_an_operator_nobody_is_recorded_in_silence(store):
    store.configure(operator_email=None)
    one = store.deadline(store.person('P1', worker=None, team=None))
    store.agenda('2024-03-15 10:00')
    assert store.mails() == [] and store.notices(one) == [('social-worker, at the start', '', False)]


def test_a_first_start_is_one_summary_a_manager(store):
    store.start('2024-04-02 08:00')
    for number in range(30):
        store.deadline(store.person(f'A{number}'), trigger='2023-11-01', due='2023-11-22', seen='2024-04-02 08:00',
                       at_first_start=True)
    store.deadline(store.person('B1', worker='SW3', team='T2'), trigger='2023-11-01', due='2023-11-22',
                   seen='2024-04-02 08:00', at_first_start=True)
    later = store.deadline(store.person('C1', worker='SW2', chair_id='CHAIR'), seen='2024-04-02 08:00', at_first_start=True)
    assert store.agenda('2024-04-02 08:00')['mails'] == 0, 'not before the office opens'
    report = store.agenda('2024-04-02 09:00')
    assert report['mails'] == 2
    assert [(kind, staff) for kind, staff, *_ in store.mails()] == [('summary', 'TM1'), ('summary', 'TM2')]
    assert '30' in store.mails()[0][3] and 'REF-' not in store.mails()[0][3]
    assert {sent for *_, sent in store.notices(later)} == {False}
    # What comes after the start is told as ever, and of the past nothing stands in the digest.
    store.agenda('2024-04-04 09:00')
    (kind, staff, _, text), = store.mails()[2:]
    assert (kind, staff) == ('digest', 'SW2') and text.count('NEW') == 1
    assert [rung for rung, _, sent in store.notices(later) if sent] == ['social-worker, 2 working days before']


def test_a_first_start_sums_up_the_chairs_own_work_to_their_manager(store):
    """Never to the child's team manager."""
    store.start('2024-04-02 08:00')
    for timescale, who in (('conference-decisions', 'chair_id'), ('review-record', 'iro_id'), ('cp-visit', 'chair_id')):
        store.deadline(store.person(f'P-{timescale}', **{who: 'CHAIR'}), timescale, trigger='2023-11-01', due='2023-11-22',
                       seen='2024-04-02 08:00', at_first_start=True)
    store.agenda('2024-04-02 09:00')
    summaries = {staff: text for kind, staff, _, text in store.mails('summary')}
    assert set(summaries) == {'TM1', 'CM'}
    assert 'Visit to a child on a child protection plan' in summaries['TM1'] and 'ecord of' not in summaries['TM1']
    assert 'Record of the conference' in summaries['CM'] and 'Record of a review' in summaries['CM'] and 'Visit' not in summaries['CM']


def test_restricted_children_by_reference_to_the_worker_and_the_managers(store):
    store.configure(names='name')
    store.deadline(store.person('P1', restricted=True, display_name='Ann Secret', chair_id='CHAIR'), seen='2024-03-28 09:00')
    store.deadline(store.person('P2', display_name='Bob Shown', chair_id='CHAIR'), seen='2024-03-28 09:00')
    store.agenda('2024-03-28 09:00')
    texts = {staff: text for kind, staff, _, text in store.mails() if kind == 'digest'}
    assert 'REF-P1' in texts['SW1'] and 'Bob Shown' in texts['SW1'] and 'Secret' not in ''.join(texts.values())
    assert 'REF-P1' in texts['TM1']
    assert 'REF-P1' not in texts['CHAIR'] and 'Bob Shown' in texts['CHAIR']


def new_line(store, worker, number, day):
    """Something of another child to have a digest for, whose text it returns."""
    store.deadline(store.person(number, worker=worker), trigger=day, due='2024-04-12', seen=f'{day} 08:00')
    before = len(store.mails())
    store.agenda(f'{day} 09:00')
    store.leave()
    text, = [text for kind, staff, _, text in store.mails()[before:] if (kind, staff) == ('digest', worker)]
    return text


def test_a_child_who_moved_is_said_once_to_either_worker(store):
    """To the new one with what is still owed; to the former one in a digest that they have anyway."""
    deadline = store.deadline(store.person('P1'))
    store.deadline(store.person('P2', restricted=True))
    store.agenda('2024-03-15 10:00')
    store.leave()
    for child in ('P1', 'P2'):
        store.allocate(child, '2024-03-18 09:30', worker_id='SW2')
    assert (mails := told(store, '2024-03-18 10:00')).keys() == {'SW2'}
    new = mails['SW2']
    assert 'REF-P1' in new and 'REF-P2' in new and new.count('the child came to you on Monday 18 March 2024') == 2
    assert new.count('NEW') == 2
    store.leave()
    before = len(store.mails())
    old = new_line(store, 'SW1', 'P3', '2024-03-19')
    assert 'REF-P1' in old and 'no longer yours: the child went to Name SW2 on Monday 18 March 2024' in old
    assert old.count('/why/') == 1, 'it opens no page for them'
    assert old.count('NEW') == 1 and old.index('REF-P3') < old.index('Children who went to another worker: 1') < old.index('REF-P1')
    assert '1 line is new' in old and [s for k, w, s, _ in store.mails()[before:] if w == 'SW1'] == ['1 due in more than 5 working days']
    assert 'REF-P2' not in old, 'a restricted child is nothing for who is not its worker'
    # From then on it stands in the new worker's digest as any other, and is gone from the old one's.
    assert 'REF-P1' not in new_line(store, 'SW1', 'P5', '2024-03-20')
    new = new_line(store, 'SW2', 'P6', '2024-03-20')
    assert 'REF-P1' in new and 'came to you' not in new and new.count('NEW') == 1
    assert [(rung, staff) for rung, staff, _ in store.notices(deadline)] == [
        ('social-worker, at the start', 'SW1'), ('social-worker, since 2024-03-18', 'SW2'), ('former-worker, since 2024-03-18', 'SW1')]
    # Back again: who read that it is no longer theirs reads that it is, and the second that it went.
    store.allocate('P1', '2024-03-21 08:00', worker_id='SW1')
    back = told(store, '2024-03-21 09:00')
    assert 'the child came to you on Thursday 21 March 2024' in back['SW1'] and back['SW1'].count('NEW') == 1
    assert 'no longer yours: the child went to Name SW1' in back['SW2'], 'which has a line of P2 that day'
    store.leave()
    assert 'REF-P1' not in new_line(store, 'SW2', 'P8', '2024-03-25')


def test_a_visit_that_is_nearly_due_comes_to_the_new_worker_the_next_morning(store):
    store.deadline(store.person('P1'), 'cp-visit', trigger='2024-03-07', due='2024-03-21', seen='2024-03-18 08:00')
    assert told(store, '2024-03-18 09:00').keys() == {'SW1'}
    store.leave()
    store.allocate('P1', '2024-03-18 20:00', worker_id='SW2')
    assert told(store, '2024-03-18 20:01') == {}
    mails = told(store, '2024-03-19 09:00')
    assert mails.keys() == {'SW2'} and 'NEW' in mails['SW2'] and 'REF-P1' in mails['SW2']
    assert told(store, '2024-03-20 09:00') == {}


def test_what_is_counted_in_hours_comes_to_the_new_worker_at_once(store):
    store.deadline(store.person('P1'), 'return-interview', trigger='2024-03-12', due='2024-03-15', due_at='2024-03-15 10:00',
                   seen='2024-03-12 10:00')
    assert told(store, '2024-03-12 10:00').keys() == {'SW1'}
    store.leave()
    store.allocate('P1', '2024-03-12 21:00', worker_id='SW2')
    assert told(store, '2024-03-12 21:00').keys() == {'SW2'} and store.mails()[-1][0] == 'alarm'


def test_what_was_counted_at_the_first_start_does_not_move_with_the_child(store):
    store.start('2024-04-02 08:00')
    store.deadline(store.person('P1'), trigger='2024-02-01', due='2024-02-22', seen='2024-04-02 08:00', at_first_start=True)
    assert [kind for kind, *_ in store.mails()] == [] and told(store, '2024-04-02 09:00').keys() == {'TM1'}
    store.allocate('P1', '2024-04-03 08:00', worker_id='SW2')
    assert told(store, '2024-04-03 09:00') == {}


def test_who_stood_in_for_a_worker_is_no_former_worker(store):
    store.ask("UPDATE timely.staff SET email = NULL WHERE professional_id = 'SW1'")
    store.deadline(store.person('P1'))
    store.agenda('2024-03-15 10:00')
    assert [staff for _, staff, *_ in store.mails()] == ['TM1']
    store.ask("UPDATE timely.staff SET email = 'sw1@council.example' WHERE professional_id = 'SW1'")
    assert 'REF-P1' not in new_line(store, 'SW1', 'P2', '2024-03-18')


def test_what_is_no_longer_owed_is_let_go(store):
    deadline = store.deadline(store.person('P1'))
    store.ask("UPDATE timely.deadline SET state = 'met'")
    store.agenda('2024-03-15 10:00')
    assert store.mails() == []
    assert store.one('SELECT next_notice_at IS NULL FROM timely.deadline WHERE deadline_id = %s', (deadline,))


def test_a_timescale_that_is_gone_says_nothing(store):
    store.deadline(store.person('P1'), timescale='no-such-rule')
    assert store.agenda('2024-03-15 10:00')['next'] == 'never'
    assert store.mails() == []


def test_a_moved_deadline_starts_its_ladder_again(store):
    deadline = store.deadline(store.person('P1'))
    store.agenda('2024-03-15 10:00')
    store.ask("UPDATE timely.deadline SET trigger_on = '2024-03-13', due_on = '2024-04-05', next_notice_at = '2024-03-18T09:00Z',"
              " changed_at = '2024-03-18T08:00Z'")
    store.agenda('2024-03-18 09:00')
    assert [str(due) for due, in store.ask('SELECT due_on FROM timely.notice WHERE deadline_id = %s ORDER BY 1', (deadline,))] == \
        ['2024-04-05', '2024-04-08']


@pytest.mark.parametrize('closed', ['met', 'ended', 'withdrawn'])
def test_what_is_owed_again_is_said_anew(store, closed):
    """A conference that was not held climbed to the director; a record of it came, and was a mistake."""
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'))
    everybody = set().union(*(told(store, f'{day} 09:00') for day in CLIMB))
    assert everybody == {'SW1', 'TM1', 'CHAIR', 'SM', 'HEAD', 'DIR'}
    store.changes(deadline, '2024-05-08 08:00', closed, closed, next_notice_at=None)
    assert told(store, '2024-05-08 09:00') == {}
    store.changes(deadline, '2024-05-13 08:00', 'reopened', 'open', next_notice_at='2024-03-15T09:00Z')
    again = told(store, '2024-05-13 09:00')
    assert set(again) == everybody
    assert all(text.count('NEW') == 1 and 'it is owed again since Monday 13 May 2024' in text for text in again.values())
    assert [set(told(store, f'2024-05-{day} 09:00')) for day in ('14', '20', '28')] == [set(), {'SW1'}, {'SW1'}], 'once, and its worker each week'


def test_an_alarm_of_what_is_owed_again_is_another_alarm(store):
    deadline = store.deadline(store.person('P1'), timescale='interim-order', trigger='2024-03-01', due='2024-04-10', seen='2024-04-09 09:00')
    assert 'SW1' in told(store, '2024-04-10 09:00')
    store.changes(deadline, '2024-04-10 10:00', 'ended', 'ended', next_notice_at=None)
    store.changes(deadline, '2024-04-10 11:00', 'reopened', 'open', next_notice_at='2024-03-15T09:00Z')
    assert set(told(store, '2024-04-10 11:00')) == {'SW1', 'TM1'}
    assert len(store.mails('alarm')) == 4


def test_what_was_summed_up_at_a_first_start_and_is_owed_again_is_said(store):
    store.start('2024-04-02 08:00')
    deadline = store.deadline(store.person('P1'), trigger='2024-02-01', due='2024-02-22', seen='2024-04-02 08:00', at_first_start=True)
    assert [kind for kind, *_ in (told(store, '2024-04-02 09:00'), store.mails())[1]] == ['summary']
    store.changes(deadline, '2024-04-03 10:00', 'met', 'met', next_notice_at=None)
    store.changes(deadline, '2024-04-04 10:00', 'reopened', 'open', next_notice_at='2024-02-01T09:00Z')
    assert set(told(store, '2024-04-04 10:00')) == {'SW1'} and 'TM1' in told(store, '2024-04-05 09:00')


def test_a_clock_that_nobody_could_tell_for_a_while_is_not_owed_again(store):
    deadline = store.deadline(store.person('P1'))
    assert set(told(store, '2024-03-15 10:00')) == {'SW1'}
    store.changes(deadline, '2024-03-18 10:00', 'changed', 'unknown', next_notice_at=None)
    store.changes(deadline, '2024-03-19 10:00', 'changed', 'open', next_notice_at='2024-03-15T09:00Z')
    assert told(store, '2024-03-19 10:00') == {}


def test_a_clock_that_counts_back_speaks_from_its_booking_on(store):
    """48 hours before a conference that was booked on 9 May: nothing is said of days before."""
    store.person('P1', chair_id='CHAIR')
    store.ask("INSERT INTO timely.fact (person_id, kind, ref, at, precise, code, origin, recorded_at, scheduled_at, meeting)"
              " VALUES ('P1', 'meeting-booked', 'B1', '2024-05-09 11:00', true, 'icpc', 'x', '2024-05-09 11:00', '2024-05-15 10:00', 'M1')")
    deadline = store.deadline('P1', timescale='icpc-report-share', trigger='2024-05-15', trigger_ref='M1', due='2024-05-13',
                              due_at='2024-05-13 10:00', seen='2024-05-09 12:00')
    store.agenda('2024-05-09 12:00')
    said = [rung for rung, staff, _ in store.notices(deadline) if staff == 'SW1']
    assert said == ['social-worker, 2 working days before', 'social-worker, at the start']


@pytest.mark.parametrize('meanwhile, next_at', [
    ("next_notice_at = '2024-03-15 10:00:30'", '2024-03-15 10:00:30'),
    ("changed_at = changed_at + interval '1 second'", '2024-03-15 10:00:00')])
def test_what_a_reading_changes_during_a_round_has_its_moment_from_there(store, meanwhile, next_at):
    deadline = store.deadline(store.person('P1'))
    store.ask(f"CREATE FUNCTION timely.meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE timely.deadline SET {meanwhile};"
              ' RETURN new; END $$;'
              'CREATE TRIGGER meanwhile AFTER INSERT ON timely.outbox FOR EACH ROW EXECUTE FUNCTION timely.meanwhile()')
    assert list(told(store, '2024-03-15 10:00')) == ['SW1']
    assert store.one("SELECT (next_notice_at AT TIME ZONE 'Europe/London')::text FROM timely.deadline WHERE deadline_id = %s",
                     (deadline,)) == next_at


def test_a_round_cut_short_is_finished_by_the_next(store):
    """Each mail is recorded with its rungs: whoever was told is not told again, whoever was not still is."""
    store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-03-28 09:00')
    store.ask("CREATE FUNCTION timely.trip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
              " IF new.staff_id = 'SW1' THEN RAISE EXCEPTION 'cut'; END IF; RETURN new; END $$;"
              "CREATE TRIGGER trip BEFORE INSERT ON timely.outbox FOR EACH ROW EXECUTE FUNCTION timely.trip()")
    with pytest.raises(AssertionError):
        store.agenda('2024-03-28 09:00')
    assert [staff for _, staff, *_ in store.mails()] == ['CHAIR']
    store.ask('DROP TRIGGER trip ON timely.outbox')
    store.agenda('2024-03-28 09:01')
    assert [staff for _, staff, *_ in store.mails()] == ['CHAIR', 'SW1', 'TM1']
    before = store.ask('SELECT rfc_message_id FROM timely.outbox ORDER BY 1')
    assert len(set(before)) == 3 and all(m.endswith('@council.example') for m, in before)
