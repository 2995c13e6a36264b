"""The Monday list of managers, chairs and reviewing officers. Monday 8 April 2024 is the first working week after Easter."""
import re

import pytest

from telling import told
from test_evidence import evidence, of
from test_welcome import entered, timely

MONDAY = '2024-04-08 09:00'


@pytest.fixture
def store(store):
    return entered(store)


def weekly(store, now=MONDAY):
    """How many lists a round puts in."""
    before = len(store.mails('weekly'))
    store.agenda(now)
    return len(store.mails('weekly')) - before


def known(store, *what, **columns):
    """A deadline of which there is nothing new to say."""
    return store.deadline(*what, next_notice_at=None, **columns)


def lists(store):
    return {staff: (subject, text) for kind, staff, subject, text in store.mails('weekly')}


def conference(store, number, started, held):
    """A child whose first conference was held, with the facts that figures are counted from."""
    person = store.person(number)
    for kind, ref, at in (('s47-started', f'E{number}', started), ('icpc-held', f'C{number}', held)):
        store.ask('INSERT INTO timely.fact (person_id, kind, ref, at, precise, episode, origin) VALUES (%s, %s, %s, %s, false, %s, %s)',
                  (person, kind, ref, at, f'E{number}', 'x'))


def test_once_a_week_when_the_office_opens(store):
    known(store, store.person('P1'), trigger='2024-03-07', due='2024-03-28')
    assert [weekly(store, now) for now in ('2024-04-07 12:00', '2024-04-08 08:59')] == [0, 0]
    sent = weekly(store)
    assert sent > 0 and [weekly(store, now) for now in (MONDAY, '2024-04-08 15:00', '2024-04-12 10:00')] == [0, 0, 0]
    # One whose week began while nothing ran has its list late; what is resolved is not in it.
    assert weekly(store, '2024-04-16 10:00') == sent
    store.ask("UPDATE timely.deadline SET state = 'met'")
    assert weekly(store, '2024-04-22 09:00') == 0
    dedupe = {key for key, in store.ask("SELECT dedupe FROM timely.outbox WHERE kind = 'weekly'")}
    assert {key.rsplit(':', 1)[1] for key in dedupe} == {'2024-04-08', '2024-04-15'} and len(dedupe) == 2 * sent


def test_a_list_of_a_clock_that_was_ahead_is_none_of_this_week(store):
    known(store, store.person('P1'), trigger='2024-03-07', due='2024-03-28')
    ahead = weekly(store, '2031-01-06 09:00')
    assert [weekly(store, now) for now in (MONDAY, '2024-04-08 15:00', '2024-04-15 09:00')] == [ahead, 0, ahead] and ahead > 0


def test_a_round_that_breaks_puts_nothing_in_and_is_done_again(store):
    known(store, store.person('P1'), trigger='2024-03-07', due='2024-03-28')
    store.ask("ALTER TABLE timely.outbox ADD CONSTRAINT trip CHECK (staff_id <> 'TM1')")
    with pytest.raises(AssertionError, match='trip'):
        weekly(store)
    assert lists(store) == {} and store.one('SELECT weekly_on FROM timely.state') is None
    store.ask('ALTER TABLE timely.outbox DROP CONSTRAINT trip')
    assert weekly(store) == len(lists(store)) > 1


def mails_of(store, staff):
    return [(kind, text) for kind, to, _, text in store.mails() if to == staff]


def test_one_mail_on_a_monday_says_each_deadline_once(store):
    new = store.deadline(store.person('P1'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-08 08:00')
    known(store, store.person('P2'), trigger='2024-03-07', due='2024-03-28')
    known(store, store.person('P3'), trigger='2024-03-20', due='2024-04-12')
    store.agenda(MONDAY)
    (kind, text), = mails_of(store, 'TM1')
    assert kind == 'weekly' and text.count('NEW') == 1
    assert [text.count(f'REF-P{n}') for n in (1, 2, 3)] == [1, 1, 1]
    assert text.index('New: 1') < text.index('REF-P1') < text.index('Also out of timescale') < text.index('REF-P2')
    assert '1 line is new. 2 out of timescale in all; 1 more date this week, 0 next week.' in text
    assert lists(store)['TM1'][0] == 'Your week: 2 out of timescale, 1 ahead'
    # A worker has the digest, as on any day; nobody has two mails, and what was said is on record with its mail.
    assert [kind for kind, _ in mails_of(store, 'SW1')] == ['digest']
    readers = [staff for _, staff, *_ in store.mails()]
    assert len(readers) == len(set(readers)) and {'TM1', 'SW1', 'SM'} <= set(readers)
    assert {staff: sent for _, staff, sent in store.notices(new)} == {staff: True for staff in ('SW1', 'TM1', 'SM')}
    about = {d for d, in store.ask("SELECT deadline_id FROM timely.message_deadline JOIN timely.outbox USING (message_id)"
                                   " WHERE staff_id = 'TM1'")}
    assert len(about) == 3 and weekly(store, '2024-04-08 09:01') == 0
    # It was that day's digest: what comes later waits for the next morning, and lists the rest as told before.
    store.deadline(store.person('P4'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-08 11:00')
    store.agenda('2024-04-08 11:00')
    assert len(mails_of(store, 'TM1')) == 1
    store.leave()
    store.agenda('2024-04-09 09:00')
    kind, text = mails_of(store, 'TM1')[-1]
    assert kind == 'digest' and 'NEW' in text and 'REF-P4' in text and 'REF-P1' in text


def record(store, number, due, **columns):
    """A chair's own work."""
    return store.deadline(store.person(f'P{number}', chair_id='CHAIR'), 'conference-decisions', trigger='2024-03-21', due=due, **columns)


def test_what_a_list_said_is_no_news(store):
    for number in (1, 2):
        moved = record(store, number, '2024-04-12', next_notice_at='2024-04-12T08:00Z')
    weekly(store)
    assert lists(store)['CHAIR'][1].count('REF-P') == 2
    store.leave()
    store.changes(moved, '2024-04-09 08:00', 'moved', 'open', due_on='2024-04-15')
    text = told(store, '2024-04-12 09:00')['CHAIR']
    assert '1 line is new, 1 is a reminder.' in text and text.count('NEW') == 1
    assert text.count('its date was Friday 12 April 2024 before') == 1


def test_a_date_in_a_list_is_not_that_it_is_late_nor_an_escalation(store):
    store.deadline(store.person('P1'), trigger='2024-03-18', due='2024-04-10', next_notice_at='2024-04-10T08:00Z')
    weekly(store)
    assert {staff for staff, (_, text) in lists(store).items() if 'REF-P1' in text} == {'TM1', 'SM', 'HEAD'}
    news = {}
    for day in ('2024-04-10', '2024-04-11', '2024-04-15', '2024-04-17'):
        store.leave()
        news[day] = {staff: text.count('NEW') for staff, text in told(store, f'{day} 09:00').items()}
    # Not booked on the day; a working day after it; three, with the list of the week, which tells the others again.
    assert news == {'2024-04-10': {'SW1': 1, 'TM1': 1, 'SM': 1}, '2024-04-11': {'SW1': 1, 'TM1': 1, 'SM': 1},
                    '2024-04-15': {'SW1': 0, 'TM1': 0, 'SM': 0, 'HEAD': 1}, '2024-04-17': {'SW1': 0}}


def test_a_week_in_numbers_has_told_of_none_of_its_dates(store):
    record(store, 0, '2024-04-12', next_notice_at='2024-04-12T08:00Z')
    for number in range(1, 61):
        record(store, number, '2024-04-11', next_notice_at=None)
    record(store, 99, '2024-04-18', next_notice_at=None)
    weekly(store)
    _, text = lists(store)['CHAIR']
    assert 'This week: 61 dates' in text and set(re.findall(r'REF-(P\d+)', text)) == {'P99'}
    assert store.ask("SELECT person_id FROM timely.message_deadline JOIN timely.deadline USING (deadline_id)"
                     " JOIN timely.outbox USING (message_id) WHERE staff_id = 'CHAIR'") == [('P99',)]
    store.leave()
    assert '1 line is new.' in told(store, '2024-04-12 09:00')['CHAIR']


def test_a_monday_that_breaks_is_done_again_with_what_is_new(store):
    new = store.deadline(store.person('P1'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-08 08:00')
    store.ask("ALTER TABLE timely.outbox ADD CONSTRAINT trip CHECK (staff_id <> 'TM1')")
    with pytest.raises(AssertionError, match='trip'):
        store.agenda(MONDAY)
    assert [staff for _, staff, *_ in store.mails()] == ['SW1'] and {staff for _, staff, _ in store.notices(new)} == {'SW1'}
    store.ask('ALTER TABLE timely.outbox DROP CONSTRAINT trip')
    store.agenda('2024-04-08 09:05')
    assert len(mails_of(store, 'SW1')) == 1 and [text.count('NEW') for _, text in mails_of(store, 'TM1')] == [1]
    assert {staff for _, staff, _ in store.notices(new)} == {'SW1', 'TM1', 'SM'}


def test_what_waits_is_one_mail_that_says_all_of_it(store):
    """No mail server from Friday to Wednesday: the newest mail has the lines of those before it, and the list of the week."""
    store.configure(delivery='live', allowed_domains='[council.example]')
    store.ask("UPDATE timely.state SET weekly_on = '2024-04-01'")
    store.deadline(store.person('P1'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-05 08:00')
    store.deadline(store.person('P2', worker='SW3', team='T2'), trigger='2024-03-13', due='2024-04-04', seen='2024-04-05 08:00')
    known(store, store.person('P9'), trigger='2024-03-27', due='2024-04-19')
    store.agenda('2024-04-05 10:00')
    store.deadline(store.person('P3'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-08 08:00')
    store.agenda(MONDAY)
    store.deadline(store.person('P4'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-09 08:00')
    store.agenda('2024-04-09 09:00')

    def states(staff):
        return store.ask('SELECT kind, state FROM timely.outbox WHERE staff_id = %s ORDER BY message_id', (staff,))
    assert states('TM1') == [('digest', 'superseded'), ('weekly', 'superseded'), ('weekly', 'due')]
    assert states('TM2') == [('digest', 'due'), ('weekly', 'due')], 'a list alone does not say it all, nor is anything new'
    _, text = mails_of(store, 'TM1')[-1]
    assert text.count('NEW') == 3 and text.index('New: 3') < text.index('Also next week: 1 date')
    assert [text.count(f'REF-P{n}') for n in (1, 3, 4, 9)] == [1, 1, 1, 1]
    assert weekly(store, '2024-04-09 09:05') == 0

    # It leaves on Tuesday: what it brought is told, and Wednesday has a digest like any other.
    store.leave()
    store.deadline(store.person('P5'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-10 08:00')
    store.agenda('2024-04-10 09:00')
    kind, text = mails_of(store, 'TM1')[-1]
    assert kind == 'digest' and text.count('NEW') == 1 and 'Told before, and still open: 3' in text


def test_who_stands_in_for_a_manager_has_their_list(store):
    known(store, store.person('P1'), trigger='2024-03-07', due='2024-03-28')
    store.ask("INSERT INTO timely.cover (covers, of_id, stand_in_id, first_day, last_day, from_where, told_at)"
              " VALUES ('person', 'TM1', 'TM2', '2024-04-08', '2024-04-12', 'a test', now())")
    weekly(store)
    assert 'TM1' not in lists(store) and 'REF-P1, worker Name SW1 (' in lists(store)['TM2'][1]


def test_the_first_week_has_its_summary_instead(store):
    store.start('2024-04-08 10:00')
    known(store, store.person('P1'), trigger='2024-03-07', due='2024-03-28')
    assert weekly(store, '2024-04-08 11:00') == 0
    assert weekly(store, '2024-04-15 09:00') > 0


def test_what_was_late_before_timely_began_is_a_number(store):
    store.start('2024-03-29 09:00')
    for number in range(3):
        known(store, store.person(f'OLD{number}'), trigger='2023-03-07', due='2023-03-28', at_first_start=True)
    assert weekly(store) == 0, 'that alone is no news'
    known(store, store.person('P1'), trigger='2024-03-12', due='2024-04-04')
    assert weekly(store, '2024-04-15 09:00') > 0
    subject, text = lists(store)['TM1']
    assert subject == 'Your week: 1 out of timescale' and 'OLD' not in text
    assert 'Besides these, 3 are out of timescale since before timely began.' in text


def test_what_stands_above_is_not_counted_besides(store):
    """Late before timely began; its manager's rung came after."""
    store.start('2024-03-29 09:00')
    for number in (1, 2):
        store.deadline(store.person(f'P{number}'), trigger='2024-03-07', due='2024-03-28', at_first_start=True, seen='2024-03-29 09:00',
                       next_notice_at='2024-04-02T08:00Z' if number == 1 else None)
    assert 'REF-P1' in told(store, '2024-04-02 09:00')['TM1']
    store.leave()
    store.deadline(store.person('P3'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-08 08:00')
    weekly(store)
    text = lists(store)['TM1'][1]
    assert 'Told before, and still open: 1 ' in text and 'REF-P1' in text and '2 out of timescale in all;' in text
    assert 'Besides these, 1 is out of timescale since before timely began.' in text


def test_whom_what_concerns(store):
    late = known(store, store.person('P1'), trigger='2024-03-06', due='2024-03-27')
    known(store, store.person('P2'), 'cp-visit', trigger='2024-03-21', due='2024-04-04')
    known(store, store.person('P3', chair_id='CHAIR'), trigger='2024-03-19', due='2024-04-11', booked_at='2024-04-09 14:30')
    known(store, store.person('P4', chair_id='CHAIR'), 'conference-decisions', trigger='2024-03-01', due='2024-03-28')
    known(store, store.person('P5', worker='SW3', team='T2'), trigger='2024-03-27', due='2024-04-19')
    known(store, store.person('P6'), trigger='2024-04-05', due='2024-04-26')
    weekly(store)
    told = lists(store)
    named = {staff: set(re.findall(r'REF-(P\d)', text)) for staff, (_, text) in told.items()}
    assert named == {
        'TM1': {'P1', 'P2', 'P3'},  # the team's, and never the chair's own work
        'TM2': {'P5'},
        'SM': {'P1', 'P3', 'P5'},  # conferences, as the ladder has it
        'HEAD': {'P1', 'P3', 'P5'},
        'CHAIR': {'P3', 'P4'},
        'CM': {'P4'},
        'DIR': {'P4'},  # who is the safeguarding manager, where nobody stands between
    }
    subject, text = told['TM1']
    assert subject == 'Your week: 2 out of timescale, 1 ahead' and 'REF' not in subject
    assert text.index('REF-P1') < text.index('REF-P2'), 'the worst first'
    assert ('This week: 1 date Tuesday 9 April: 1 - 14:30 Initial child protection conference [Guidance]: REF-P3 (Name SW1)'
            ' http://127.0.0.1:8480/why/deadline-') in text, 'with its force, and the place of a link'
    assert 'Next week: 1 date Friday 19 April: 1 - Initial child protection conference [Guidance], due: REF-P5' in told['TM2'][1]
    assert 'other work of chairs not done in time: 1' in told['CM'][1] and 'longest first' not in told['CM'][1]
    # The evidence about the late child names the list.
    assert late and {r['staff_id'] for r in of(evidence(store, person='P1'), 'told')} == {'TM1', 'SM', 'HEAD'}


def test_a_meeting_that_is_booked_too_late_is_shown_so(store):
    """On its day, where that is within the two weeks; else on the day on which it is due."""
    known(store, store.person('P1'), trigger='2024-03-19', due='2024-04-11', booked_at='2024-04-17 14:30')
    known(store, store.person('P2'), trigger='2024-03-19', due='2024-04-11', booked_at='2024-04-23 10:00')
    known(store, store.person('P3'), trigger='2024-03-19', due='2024-04-11', booked_at='2024-04-10 10:00')
    weekly(store)
    _, text = lists(store)['TM1']
    conference = 'Initial child protection conference [Guidance]'
    assert f'14:30 {conference}, after its due date of Thursday 11 April: REF-P1' in text
    assert f'Thursday 11 April: 1 - {conference}, due; booked for Tuesday 23 April, after it: REF-P2' in text
    assert f'10:00 {conference}: REF-P3' in text


def test_who_chairs_a_meeting_has_it_in_their_list(store):
    """Whoever is involved with the child: the conference that their booking names, and the record of one that they chaired."""
    known(store, store.person('P1', chair_id='OTHER'), trigger='2024-03-19', due='2024-04-11', booked_at='2024-04-09 14:30', chaired_by='CHAIR')
    known(store, store.person('P2', iro_id='OTHER'), 'review-record', trigger='2024-03-08', due='2024-04-02', chaired_by='CHAIR')
    known(store, store.person('P3', restricted=True), trigger='2024-03-19', due='2024-04-11', booked_at='2024-04-09 14:30', chaired_by='CHAIR')
    store.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('OTHER', 'Other', 'other@council.example', 'SVC')")
    weekly(store)
    told = lists(store)
    named = {staff: set(re.findall(r'REF-(P\d)', text)) for staff, (_, text) in told.items()}
    assert (named['CHAIR'], named['CM'], 'OTHER' in named) == ({'P1', 'P2'}, {'P2'}, False)
    assert '14:30 Initial child protection conference [Guidance]: REF-P1' in told['CHAIR'][1]


def test_a_restricted_child_is_named_to_managers_alone(store):
    known(store, store.person('P1', chair_id='CHAIR', restricted=True), trigger='2024-03-19', due='2024-04-11')
    weekly(store)
    assert set(lists(store)) == {'TM1', 'SM', 'HEAD'}


def test_the_figures_are_those_of_timeliness(store):
    overlay = store.folder / 'overlay.yaml'
    overlay.write_text('authority: Somewhere\ntargets: {m-icpc: 90-95%}\n')
    store.config.write_text(store.config.read_text() + f'rules: {{overlay: {overlay}}}\n')
    conference(store, 'P1', '2024-03-11', '2024-04-03')  # in time
    conference(store, 'P2', '2024-03-11', '2024-04-05')
    conference(store, 'P3', '2024-03-20', '2024-04-07')
    conference(store, 'P4', '2024-03-14', '2024-04-08')  # of this week
    weekly(store)
    report = timely(store, 'timeliness', '--measure', 'm-icpc', '--from', '2024-04', '--to', '2024-04', '--as-at', '2024-04-07',
                    '--format', 'csv').splitlines()[1].split(',')
    assert report[3:5] == ['3', '2']
    for staff in ('TM1', 'SM', 'HEAD'):
        assert '- 2 of 3 (67%), below the target of 90-95%: initial conferences within 15 working days' in lists(store)[staff][1]
    assert set(lists(store)) == {'TM1', 'SM', 'HEAD'}, 'nobody else has anything to hear'


def test_each_line_and_date_leads_its_reader_to_the_page_of_the_deadline(store):
    deadline = known(store, store.person('P1'), trigger='2024-03-07', due='2024-03-28')
    ahead = known(store, store.person('P2'), trigger='2024-03-19', due='2024-04-11')
    sent = weekly(store)
    assert [outcome for _, outcome in store.deliver(MONDAY)] == ['sent'] * sent
    mails = [path.read_text(encoding='utf-8') for path in store.maildir.glob('new/*')]
    assert len(mails) == sent and all('/why/' in mail and 'deadline-0' not in mail for mail in mails)
    readers = {staff for staff, in store.ask('SELECT staff_id FROM timely.page_link WHERE deadline_id = %s', (deadline,))}
    assert readers == set(lists(store))
    assert store.ask('SELECT staff_id FROM timely.page_link WHERE deadline_id = %s ORDER BY 1', (ahead,)) == [('HEAD',), ('SM',), ('TM1',)]
