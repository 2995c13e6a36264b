"""A meeting that is booked for a day after its due date is told at once, from the reading that shows it to the mail that
leaves.

An enquiry of Thursday 28 March 2024 has its conference due on Monday 22 April 2024.
"""
import datetime
import re

import pytest

from authority import Authority, Meeting, Server

STARTED, DUE = datetime.date(2024, 3, 28), 'Monday 22 April 2024'
AFTERNOON = datetime.datetime(2024, 4, 3, 15)
NIGHT = datetime.datetime(2024, 4, 6, 3)  # a Saturday
SUBJECT = '1 booked after the due date; told at once'
ASKS = 'Please ask for an earlier date, or tell your manager why there is none.'
LINK = re.compile(r'http://127\.0\.0\.1:8480/why/([\w-]+)')


@pytest.fixture(scope='module')
def server():
    with Server() as running:
        yield running


def before_any_reading(made):
    made.store.without_lists()
    made.store.ask('UPDATE timely.state SET first_started_at = NULL')


def begin(made):
    """The first start, with a child of whom nobody is told."""
    before_any_reading(made)
    made.child('SW3', key='OLD', started=STARTED)
    made.end(made.children['OLD'])
    happens(made)


@pytest.fixture
def authority(server, tmp_path):
    with Authority(server, tmp_path) as made:
        begin(made)
        yield made


def overlaid(server, folder, ladder):
    """Its ladder of conferences is another one."""
    made = Authority(server, folder)
    (folder / 'overlay.yaml').write_text(f'authority: Test\nladders:\n  E-CONF: [{ladder}]\n', encoding='utf-8')
    made.store.config.write_text(made.store.config.read_text() + 'rules: {overlay: overlay.yaml}\n')
    return made


def happens(authority, *rounds):
    """The plain mails that follow from a reading, and five minutes."""
    authority.round(*rounds or ('reconcile', 'agenda', 'deliver'))
    authority.now += datetime.timedelta(minutes=5)
    return [m for m in authority.mails() if not m.method]


def words_of(mail):
    return ' '.join(mail.message.get_body(('plain',)).get_content().split())


def whom(mails):
    return sorted(m.recipient.split('@')[0].upper() for m in mails)


def enquiry(authority, worker='SW1', **columns):
    return authority.child(worker, started=STARTED, **columns)


def meeting(day, key='M'):
    return Meeting(key, datetime.datetime(2024, 4, day, 10))


def booked(authority, at, day=23):
    """A child whose worker knows of the conference, and the meeting in which it is booked by then."""
    child = enquiry(authority)
    happens(authority)
    authority.now = at
    authority.book(child, meeting(day))
    return child


def move(authority, child, day):
    child.meeting.at = datetime.datetime(2024, 4, day, 10)
    authority.rearrange(child.meeting)


def states(authority):
    return authority.store.ask("SELECT staff_id, state FROM timely.outbox WHERE kind = 'alarm' ORDER BY message_id")


# ------------------------------------------------------------------------------ what is said, and when

def test_the_worker_is_told_at_once(authority):
    child = booked(authority, AFTERNOON)
    mail, = happens(authority)
    words = words_of(mail)
    assert whom([mail]) == ['SW1'] and mail.message['Subject'] == SUBJECT
    assert f'REF-{child.key} ' in words and 'Initial child protection conference [Guidance]' in words
    assert f'booked for Tuesday 23 April 2024, 10:00 That is after {DUE}, the last day in timescale.' in words
    assert '15 working days after Thursday 28 March 2024' in words and ASKS in words and 'You are told because' not in words
    page = ' '.join(mail.message.get_body(('html',)).get_content().split())
    assert set(LINK.findall(page)) == set(LINK.findall(words)) and len(LINK.findall(words)) == 1
    assert f'That is after {DUE}, the last day in timescale.' in page and ASKS in page
    assert happens(authority) == [], 'once'


@pytest.mark.parametrize('met', [False, True])
def test_nobody_hears_of_it_at_night(authority, met):
    child = booked(authority, NIGHT)
    authority.round('reconcile')
    said, = authority.round('agenda')
    assert 'mails=0' in said and 'next=2024-04-08T09:00' in said, 'Monday'
    assert happens(authority) == []
    authority.now = datetime.datetime(2024, 4, 8, 9)
    if met:
        authority.fact(child.key, 'icpc-held', meeting='M')
    assert whom(m for m in happens(authority) if m.message['Subject'] == SUBJECT) == ([] if met else ['SW1'])


def test_another_day_that_is_too_late_is_told_again_and_the_same_never_twice(authority):
    child = booked(authority, AFTERNOON)
    for day, heard in [(23, ['SW1']), (24, ['SW1']), (23, []), (19, []), (24, []), (25, ['SW1'])]:
        move(authority, child, day)
        mails = happens(authority)
        assert whom(mails) == heard, day
        assert all(f' {day} April 2024, 10:00' in words_of(m) for m in mails)


def test_a_due_date_that_moves_before_the_meeting_makes_it_too_late(authority):
    child = booked(authority, AFTERNOON, 22)
    assert happens(authority) == [], 'on the last day'
    authority.move(child, datetime.date(2024, 3, 27))
    mail = [m for m in happens(authority) if m.message['Subject'] == SUBJECT][0]
    assert 'That is after Friday 19 April 2024' in words_of(mail)


def test_who_stands_in_is_told_for_who_is_away(authority):
    authority.store.ask("INSERT INTO timely.cover (covers, of_id, stand_in_id, first_day, last_day, from_where, told_at)"
                        " VALUES ('person', 'SW1', 'SW2', '2024-04-02', '2024-04-12', 'a test', now())")
    booked(authority, AFTERNOON)
    mail, = happens(authority)
    assert whom([mail]) == ['SW2'] and ASKS in words_of(mail)
    assert 'You are told because: Name SW1 is away until Friday 12 April 2024; you stand in' in words_of(mail)


def test_a_meeting_whose_day_has_passed_is_too_late_for_an_earlier_one(authority):
    child = enquiry(authority)
    happens(authority)
    authority.now = datetime.datetime(2024, 4, 24, 10)
    happens(authority)  # what there is to say by then
    authority.book(child, meeting(23))
    assert happens(authority) == []


# ------------------------------------------------------------------------------ one mail for a family

def test_brothers_and_sisters_are_one_mail(authority):
    """To each worker about the children who are theirs; a child of another family, in the same round, is another mail."""
    own = [enquiry(authority, family='F') for _ in range(3)]
    sister, other = enquiry(authority, 'SW2', family='F'), enquiry(authority, family='G')
    happens(authority)
    authority.now = AFTERNOON
    together = meeting(23)
    for child in (*own, sister):
        authority.book(child, together)
    authority.book(other, meeting(24, 'N'))
    mails = happens(authority)
    assert whom(mails) == ['SW1', 'SW1', 'SW2']
    named = {frozenset(re.findall(r'REF-(\w+)', words_of(m))): m for m in mails}
    assert set(named) == {frozenset(c.key for c in own), frozenset([sister.key]), frozenset([other.key])}
    family = named[frozenset(c.key for c in own)]
    assert family.message['Subject'] == f'3{SUBJECT[1:]}'
    assert len(set(LINK.findall(words_of(family)))) == 3 and words_of(family).count(ASKS) == 3
    assert authority.store.one("SELECT count(DISTINCT message_id) FROM timely.notice WHERE rung LIKE '%%booked late%%'") == 3
    assert happens(authority) == []


def test_who_shares_a_meeting_is_one_mail_where_no_families_are_recorded(authority):
    """And children with meetings of their own are mails of their own."""
    children = [enquiry(authority) for _ in range(4)]
    happens(authority)
    authority.now = AFTERNOON
    for child, key in zip(children, 'MNMO'):
        authority.book(child, meeting(23, key))
    named = [set(re.findall(r'REF-(\w+)', words_of(m))) for m in happens(authority)]
    assert sorted(map(sorted, named)) == sorted(sorted(c.key for c in each) for each in (
        [children[0], children[2]], [children[1]], [children[3]]))


def test_a_sister_who_becomes_known_later_is_another_mail(authority):
    first, second = enquiry(authority, family='F'), enquiry(authority, family='F')
    happens(authority)
    authority.now = AFTERNOON
    together = meeting(23)
    for child in (first, second):
        authority.book(child, together)
        mail, = happens(authority)
        assert re.findall(r'REF-(\w+)', words_of(mail)) == [child.key]


# ------------------------------------------------------------------------------ overtaken

@pytest.mark.parametrize('what, heard', [('met', []), ('in time', []), ('another day', ['SW1']), ('the same day', ['SW1'])])
def test_a_mail_that_waits_is_dropped_when_it_is_overtaken(authority, what, heard):
    child = booked(authority, AFTERNOON)
    assert happens(authority, 'reconcile', 'agenda') == []
    if what == 'met':
        authority.fact(child.key, 'icpc-held', meeting='M')
    else:
        move(authority, child, {'in time': 22, 'another day': 24, 'the same day': 23}[what])
    if what == 'the same day':
        child.meeting.at += datetime.timedelta(hours=1)
        authority.rearrange(child.meeting)
    mails = happens(authority)
    assert whom(mails) == heard
    assert [state for _, state in states(authority)] == \
        ([] if what == 'the same day' else ['superseded']) + ['sent'] * len(heard)
    assert all(('24 April' if what == 'another day' else '23 April') in words_of(m) for m in mails)


def test_a_mail_of_a_family_leaves_for_whom_it_is_still_so(authority):
    children = [enquiry(authority, family='F') for _ in range(2)]
    happens(authority)
    authority.now = AFTERNOON
    for child in children:
        authority.book(child, meeting(23, child.key))
    happens(authority, 'reconcile', 'agenda')
    move(authority, children[0], 22)
    assert whom(happens(authority)) == ['SW1']
    move(authority, children[1], 22)
    assert happens(authority) == []


def test_what_is_booked_in_time_after_all_still_stands_in_the_next_digest(authority):
    child = booked(authority, AFTERNOON)
    happens(authority)
    move(authority, child, 22)
    happens(authority)
    authority.now = datetime.datetime(2024, 4, 4, 9)
    enquiry(authority)
    mail, = happens(authority)
    told = words_of(mail).split('Told before, and still open: 1')[1]
    assert f'REF-{child.key} ' in told and 'booked for Monday 22 April 2024' in told and 'That is after' not in words_of(mail)


# ------------------------------------------------------------------------------ who hears of it

PROFILE, WORKER, MANAGER = (
    '{tell: social-worker, by: profile}', '{tell: social-worker, at: booked late}', '{tell: team-manager, at: booked late}')


def test_whom_the_ladder_names_hears_of_it_too(server, tmp_path):
    with overlaid(server, tmp_path, f'{PROFILE}, {MANAGER}, {WORKER}') as authority:
        begin(authority)
        child = booked(authority, AFTERNOON)
        mails = happens(authority)
        words = {m.recipient.split('@')[0].upper(): words_of(m) for m in mails}
        assert set(words) == {'SW1', 'TM1'}
        assert 'booked for Tuesday 23 April 2024, 10:00' in words['TM1'] and ASKS not in words['TM1'] and ASKS in words['SW1']
        assert 'Name SW1 was told the same, and asked for an earlier date or the reason why there is none.' in words['TM1']
        assert {m.message['Subject'] for m in mails} == {SUBJECT, f'For your attention: {SUBJECT}'}
        assert happens(authority) == []
        move(authority, child, 24)
        assert whom(happens(authority)) == ['SW1', 'TM1']


def test_a_ladder_may_leave_the_worker_out(server, tmp_path):
    with overlaid(server, tmp_path, f'{PROFILE}, {MANAGER}') as authority:
        begin(authority)
        booked(authority, AFTERNOON)
        mail, = happens(authority)
        assert whom([mail]) == ['TM1'] and 'told the same' not in words_of(mail) and ASKS not in words_of(mail)


def test_a_ladder_may_leave_it_to_the_digest(server, tmp_path):
    with overlaid(server, tmp_path, f'{PROFILE}, {WORKER[:-1]}, at once: no}}') as authority:
        begin(authority)
        booked(authority, AFTERNOON)
        happens(authority)
        assert states(authority) == []
        assert authority.store.one("SELECT kind FROM timely.notice JOIN timely.outbox USING (message_id)"
                                   " WHERE rung = 'social-worker, booked late for 2024-04-23'") == 'digest'


def test_a_digest_leaves_though_an_earlier_one_that_waits_said_what_is_over(server, tmp_path):
    with overlaid(server, tmp_path, f'{PROFILE}, {WORKER[:-1]}, at once: no}}') as authority:
        begin(authority)
        child = booked(authority, AFTERNOON)
        happens(authority, 'reconcile', 'agenda')
        move(authority, child, 22)
        authority.now = datetime.datetime(2024, 4, 8, 9)  # ten working days before
        mail, = happens(authority)
        assert f'REF-{child.key} ' in words_of(mail) and ASKS not in words_of(mail)


def test_one_that_took_the_case_is_still_asked_though_nobody_above_is_told_yet(server, tmp_path):
    """A new worker is informed, not escalated over (register 2.13)."""
    with overlaid(server, tmp_path, f'{PROFILE}, {WORKER}, {MANAGER}') as authority:
        begin(authority)
        child = enquiry(authority)
        authority.amend(f'I-{child.key}', at=datetime.datetime(2024, 4, 2))
        happens(authority)
        authority.now = AFTERNOON
        authority.book(child, meeting(23))
        assert whom(happens(authority)) == ['SW1']
        authority.now = datetime.datetime(2024, 4, 9, 9)
        manager, = [m for m in happens(authority) if m.recipient.startswith('tm1')]
        assert 'Name SW1 was told the same' in words_of(manager)


# ------------------------------------------------------------------------------ the first start

def test_a_first_start_says_nothing_of_what_was_booked_before(server, tmp_path):
    with Authority(server, tmp_path) as authority:
        before_any_reading(authority)
        child = enquiry(authority)
        authority.book(child, meeting(23))
        assert [m.message['Subject'] for m in happens(authority)] == ['First summary: 1 open, 0 of them out of timescale']
        # A record that is gone for a night and comes back says nothing new.
        authority.unbook(child)
        happens(authority)
        authority.book(child, meeting(23))
        assert happens(authority) == []
        move(authority, child, 24)
        assert whom(happens(authority)) == ['SW1']


def test_a_first_start_at_night_says_nothing_of_it_in_the_morning(server, tmp_path):
    with Authority(server, tmp_path) as authority:
        before_any_reading(authority)
        authority.now = NIGHT
        child, other = enquiry(authority), enquiry(authority)
        for each in (child, other):
            authority.book(each, meeting(23, each.key))
        happens(authority)
        authority.unbook(child)
        happens(authority)
        authority.book(child, meeting(23, child.key))
        move(authority, other, 24)
        happens(authority)
        authority.now = datetime.datetime(2024, 4, 8, 9)
        late = [m for m in happens(authority) if m.message['Subject'] == SUBJECT]
        assert [re.findall(r'REF-(\w+)', words_of(m)) for m in late] == [[other.key]], 'booked since'


def test_a_first_start_shortly_before_the_due_date_tells_the_worker_in_the_digest_alone(server, tmp_path):
    """Whose reminders have all passed hears of it all the same, but nothing interrupts at a first start."""
    with Authority(server, tmp_path) as authority:
        before_any_reading(authority)
        authority.now = datetime.datetime(2024, 4, 19, 10)
        authority.book(enquiry(authority), meeting(23))
        mails = happens(authority)
        assert whom(mails) == ['SW1', 'TM1'] and states(authority) == []
        digest, = [words_of(m) for m in mails if m.recipient.startswith('sw1')]
        assert 'booked for Tuesday 23 April 2024' in digest and ASKS not in digest


def test_what_was_booked_in_time_at_a_first_start_and_is_too_late_since_is_told(server, tmp_path):
    with Authority(server, tmp_path) as authority:
        before_any_reading(authority)
        child = enquiry(authority)
        authority.book(child, meeting(22))
        happens(authority)
        authority.move(child, datetime.date(2024, 3, 27))
        mail, = [m for m in happens(authority) if m.message['Subject'] == SUBJECT]
        assert 'That is after Friday 19 April 2024' in words_of(mail)
