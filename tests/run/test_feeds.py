"""What stands in feeds, read by a parser written elsewhere."""
import gzip
import hashlib
import os
import re
import subprocess
from datetime import date, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from telling import ROOT

LONDON = ZoneInfo('Europe/London')


@pytest.fixture
def store(store):
    store.ask("UPDATE timely.state SET read_business_at = '2024-04-02T07:00Z', read_at = now()")
    subscribe(store, 'worker', 'SW1')
    subscribe(store, 'team', 'T1')
    return store


def subscribe(store, kind, owner, holder=None):
    store.ask('INSERT INTO timely.feed (owner_kind, owner_id, holder_id, token_hash, added_at, added_by)'
              " VALUES (%s, %s, %s, %s, now(), 'x')", (kind, owner, holder, f'{kind}{owner}{holder}'))
    store.ask('INSERT INTO timely.feed_dirty VALUES (%s, %s) ON CONFLICT DO NOTHING', (kind, owner))


def render(store, now='2024-04-02 09:00', everything=True):
    return store.run('feeds', now, *(['all'] if everything else [])).strip()


def body(store, kind='worker', owner='SW1'):
    rows = store.ask('SELECT body_gzip, etag, last_modified FROM timely.feed_body WHERE owner_kind = %s AND owner_id = %s',
                     (kind, owner))
    packed, etag, modified = rows[0]
    text = gzip.decompress(bytes(packed))
    assert bytes(packed)[4:8] == b'\0\0\0\0', 'no time in it'
    assert etag == f'"{hashlib.sha256(text).hexdigest()[:32]}"'
    return text.decode(), etag, modified


def entries(store, kind='worker', owner='SW1'):
    calendar = icalendar.Calendar.from_ical(body(store, kind, owner)[0])
    assert 'METHOD' not in calendar
    events = list(calendar.walk('VEVENT'))
    assert len({event['UID'] for event in events}) == len(events)
    return {str(event['SUMMARY']): event for event in events}


def place(store, uid, deadlines, status='live', meeting='M1', starts='2024-04-05 10:00', changed='2024-04-01', **columns):
    columns = {'uid': uid, 'sequence': 3, 'kind': 'meeting', 'status': status, 'timescale': 'icpc', 'meeting': meeting,
               'starts_on': starts[:10], 'starts_at': starts, 'ends_at': f'{starts[:10]} 12:00', 'place': 'Room 2',
               'content_hash': 'x', 'changed_at': changed, **columns}
    number = store.ask(f'INSERT INTO timely.calendar_object ({", ".join(columns)}) VALUES ({", ".join(["%s"] * len(columns))})'
                       ' RETURNING object_id', list(columns.values()))[0][0]
    for deadline in deadlines:
        store.ask('INSERT INTO timely.object_deadline VALUES (%s, %s)', (deadline, number))


def invite(store, staff, children):
    """They hold the invites to all meetings there are, which name these children to them."""
    store.ask('INSERT INTO timely.invite_holder (object_id, staff_id, email, sequence_said, children)'
              " SELECT object_id, %s, 'c@x', 0, %s FROM timely.calendar_object", (staff, children))


# Points: 20
def test_a_due_date_is_an_all_day_entry(store):
    store.deadline(store.person('P1'), sequence=4, book_by='2024-04-05')
    assert render(store) == 'rendered=2 changed=2'
    event, = entries(store).values()
    assert event['SUMMARY'] == 'Due: ICPC REF-P1'
    assert event['DTSTART'].dt == date(2024, 4, 8) and event['SEQUENCE'] == 4
    assert event['UID'] == 'P1-icpc-2024-03-14@timely.example' and event['TRANSP'] == 'TRANSPARENT'
    text = str(event['DESCRIPTION'])
    assert 'Initial child protection conference (Guidance)' in text and 'it was counted' in text
    assert 'Book by Friday 5 April 2024' in text
    assert 'VALARM' not in body(store)[0]


# Points: 25
def test_overdue_held_and_not_recorded(store):
    store.deadline(store.person('P1'), due='2024-04-01')
    store.deadline(store.person('P2'), state='met', met_on='2024-03-28', in_timescale=True)
    store.deadline(store.person('P3'), timescale='cp-visit', state='met', met_on='2024-03-28', in_timescale=False)
    store.deadline(store.person('P4'), booked_at='2024-03-28 10:00', booked_group='M4')
    store.deadline(store.person('P5'), state='met', met_on='2024-01-02', in_timescale=True)
    store.deadline(store.person('P6'), due='2025-05-01')
    store.deadline(store.person('P7'), due='2019-05-01')
    render(store)
    shown = entries(store)
    assert set(shown) == {'Overdue: ICPC REF-P1', 'Held: ICPC REF-P2', 'Done: CP visit REF-P3', 'Not recorded: ICPC REF-P4',
                          'Overdue: 2 in all'}
    assert shown['Overdue: ICPC REF-P1']['COLOR'] == 'red' and 'CATEGORIES' in shown['Overdue: ICPC REF-P1']
    assert shown['Held: ICPC REF-P2']['DTSTART'].dt == date(2024, 3, 28)
    assert 'out of timescale' in shown['Done: CP visit REF-P3']['DESCRIPTION']


def test_what_is_overdue_stands_in_today_as_well(store):
    store.deadline(store.person('P1'), due='2024-04-01', changed_at='2024-03-15')
    store.deadline(store.person('P7'), timescale='cp-visit', due='2019-05-01')
    render(store)
    shown = entries(store)
    assert set(shown) == {'Overdue: 2 in all', 'Overdue: ICPC REF-P1'}, 'what is older than two months has no day of its own'
    today = shown['Overdue: 2 in all']
    assert today['DTSTART'].dt == date(2024, 4, 2) and today['COLOR'] == 'red'
    assert str(today['DESCRIPTION']).split('\n')[:2] == ['ICPC REF-P1: since Monday 1 April 2024',
                                                        'CP visit REF-P7: since Wednesday 1 May 2019']
    assert shown['Overdue: ICPC REF-P1']['LAST-MODIFIED'].dt.isoformat() == '2024-04-01T23:00:00+00:00', \
        'it became overdue at midnight in England'
    before = body(store)[0]
    render(store, '2024-04-02 18:00')
    assert body(store)[0] == before


def test_a_meeting_that_changed_is_an_entry_that_changed(store):
    """As when it has another room, of which its deadline knows nothing."""
    deadline = store.deadline(store.person('P1'), booked_at='2024-04-05 10:00', booked_group='M1', changed_at='2024-03-15 10:00')
    place(store, 'object-1@timely.example', [deadline], changed='2024-03-28T10:00Z')
    render(store)
    event, = entries(store).values()
    assert event['LAST-MODIFIED'].dt.isoformat() == event['DTSTAMP'].dt.isoformat() == '2024-03-28T10:00:00+00:00'


def link_of(event):
    return next(line.removeprefix('More: ') for line in str(event['DESCRIPTION']).split('\n') if line.startswith('More: '))


def test_an_entry_links_to_its_page(store):
    deadline = store.deadline(store.person('P1'), not_counted='weekends; Good Friday 29 March')
    render(store)
    event, = entries(store).values()
    link = link_of(event)
    assert link.startswith('http://127.0.0.1:8480/why/') and len(link) == 50 and 'Not counted: weekends; Good Friday 29 March.' in \
        str(event['DESCRIPTION'])
    assert link not in body(store, 'team', 'T1')[0], 'each feed has links of its own'
    assert sorted(store.ask('SELECT owner_kind, deadline_id FROM timely.page_link')) == [('team', deadline), ('worker', deadline)]
    hashes = {row[0] for row in store.ask('SELECT token_hash FROM timely.page_link')}
    assert hashlib.sha256(link.rsplit('/', 1)[1].encode()).hexdigest() in hashes
    render(store)
    assert link in body(store)[0]
    store.ask("UPDATE timely.person SET worker_id = 'SW2'")
    render(store)
    assert store.ask('SELECT owner_kind FROM timely.page_link') == [('team',)], 'a link ends with what it is in'


def test_titles_may_have_initials(store):
    store.configure(names_in_titles='initials')
    store.deadline(store.person('P1', initials='A.B.'))
    store.deadline(store.person('P2', initials='C.D.', restricted=True))
    render(store)
    assert set(entries(store)) == {'Due: ICPC A.B.', 'Due: ICPC REF-P2'}


def test_no_title_tells_a_legal_status(store):
    """What the shipped rules call each of their timescales."""
    telling = {'parents', 'ico', 'order', 'court', 'secure', 'missing', 'adoption', 'adopted', 'plo', 'proceedings', 'police',
               'emergency', 'connected', 'fostering', 'death', 'lado', 'unregistered', 'legal', 'status', 'short', 'return',
               'refusal'}
    names = [f[:-5] for f in os.listdir(ROOT / 'rules') if f.endswith('.yaml')]
    ids = [line.strip(' :\n') for name in names for line in open(ROOT / 'rules' / f'{name}.yaml', encoding='utf-8')
           if re.fullmatch(r'  [a-z0-9-]+:\n', line)]
    store.person('P1')
    for n, timescale in enumerate(ids):
        store.deadline('P1', timescale=timescale, due='2024-05-01', uid=f'u{n}', subject_ref=f's{n}')
    subscribe(store, 'child', 'P1')
    render(store)
    titles = [str(e['SUMMARY']) for e in icalendar.Calendar.from_ical(body(store, 'child', 'P1')[0]).walk('VEVENT')]
    assert len(titles) > 100
    assert [title for title in titles if set(re.findall('[a-z]+', title.lower())) & telling] == []


# ------------------------------------------------------------------------------------------------ kinds of feeds

def titles(store, kind, owner):
    return set(entries(store, kind, owner))


def test_a_service_shows_the_teams_below_it(store):
    subscribe(store, 'service', 'SVC')
    store.deadline(store.person('P1'))
    store.deadline(store.person('P2', worker='SW3', team='T2'))
    store.deadline(store.person('P3', team='CHAIRS'))
    store.deadline(store.person('P4', restricted=True))
    render(store)
    assert titles(store, 'service', 'SVC') == {'Due: ICPC REF-P1', 'Due: ICPC REF-P2'}


def test_an_administrator_sees_what_is_to_be_booked_by_family_and_chair(store):
    subscribe(store, 'administrator', 'SM')
    store.deadline(store.person('P1', family='F1', chair_id='CHAIR'), due='2024-04-13', book_by='2024-04-12')
    store.deadline(store.person('P2', family='F1', chair_id='CHAIR'), due='2024-04-20', book_by='2024-04-19')
    store.deadline(store.person('P3', family='F2'), timescale='review-child-first')
    store.deadline(store.person('P4', family='F3'), timescale='cp-visit')
    store.deadline(store.person('P5', family='F4'), booked_at='2024-04-05 10:00', booked_group='M1')
    store.deadline(store.person('P6', family='F5', restricted=True))
    render(store)
    shown = entries(store, 'administrator', 'SM')
    assert set(shown) == {'To book: ICPC REF-P1 and 1 more', 'To book: CLA review REF-P3'}
    together = shown['To book: ICPC REF-P1 and 1 more']
    assert together['DTSTART'].dt == date(2024, 4, 12), 'the last working day for the first of them'
    text = str(together['DESCRIPTION'])
    assert 'REF-P1: by Saturday 13 April 2024\nREF-P2: by Saturday 20 April 2024\n' in text, 'each child has its own last day'
    assert 'Chair: Name CHAIR' in text and 'To be held by Saturday 13 April 2024' in text
    assert 'Chair: none is named' in str(shown['To book: CLA review REF-P3']['DESCRIPTION'])


def test_what_is_overdue_hides_no_meeting_that_is_still_to_be_booked(store):
    subscribe(store, 'administrator', 'SM')
    for person, due in (('P1', '2024-01-10'), ('P2', '2024-03-29'), ('P3', '2024-03-29'), ('P7', '2024-09-28'), ('P4', '2024-04-20')):
        store.deadline(store.person(person, family='F1'), due=due)
    store.deadline(store.person('P5', family='F2'), timescale='review-child-early', due='2024-01-24')
    store.deadline('P5', timescale='review-child-subsequent', due='2024-04-13')
    render(store)
    shown = entries(store, 'administrator', 'SM')
    assert {title: event['DTSTART'].dt for title, event in shown.items()} == {
        'Overdue: 3 in all': date(2024, 4, 2), 'Overdue, to book: ICPC REF-P2 and 1 more': date(2024, 3, 29),
        'To book: ICPC REF-P4 and 1 more': date(2024, 4, 20), 'To book: CLA review REF-P5': date(2024, 4, 13)}
    assert 'REF-P4: by Saturday 20 April 2024\nREF-P7: by Saturday 28 September 2024\n' in \
        shown['To book: ICPC REF-P4 and 1 more']['DESCRIPTION']
    assert 'Children: REF-P2, REF-P3\n' in shown['Overdue, to book: ICPC REF-P2 and 1 more']['DESCRIPTION']


def test_a_child_with_two_deadlines_is_one_child(store):
    subscribe(store, 'administrator', 'SM')
    for timescale, due in (('review-child-early', '2024-04-12'), ('review-child-subsequent', '2024-05-13')):
        store.deadline('P1' if 'subsequent' in timescale else store.person('P1', family='F1'), timescale=timescale, due=due)
    render(store)
    (title, event), = entries(store, 'administrator', 'SM').items()
    text = str(event['DESCRIPTION'])
    assert title == 'To book: CLA review REF-P1' and 'Children' not in text and text.count('More: ') == 2
    assert 'To be held by Friday 12 April 2024' in text and 'To be held by Monday 13 May 2024' in text, 'each is explained'
    store.deadline(store.person('P2', family='F1'), timescale='review-child-first', due='2024-04-12')
    render(store)
    assert set(entries(store, 'administrator', 'SM')) == {'To book: CLA review REF-P1 and 1 more'}


def test_one_record_that_met_two_deadlines_is_one_entry(store):
    for timescale, in_timescale in (('review-child-early', False), ('review-child-subsequent', True)):
        for person in ('P1', 'P2'):
            store.deadline(person if in_timescale else store.person(person), timescale=timescale, state='met', met_on='2024-03-28',
                           in_timescale=in_timescale, met_ref='R1' if person == 'P1' else timescale)
    render(store)
    shown = [e for e in icalendar.Calendar.from_ical(body(store)[0]).walk('VEVENT')]
    assert sorted(str(e['SUMMARY']) for e in shown) == ['Held: CLA review REF-P1'] + 2 * ['Held: CLA review REF-P2']
    both = str(next(e['DESCRIPTION'] for e in shown if 'P1' in e['SUMMARY']))
    assert 'Recorded for Thursday 28 March 2024, out of timescale.' in both
    assert 'Recorded for Thursday 28 March 2024, in timescale.' in both


def test_a_meeting_without_a_record_stands_until_its_due_date(store):
    """It was booked for a day that is long past, and nobody has recorded it: it is owed and not overdue."""
    store.deadline(store.person('P1'), due='2024-04-20', booked_at='2024-01-10 10:00', booked_group='M1')
    render(store)
    assert set(entries(store)) == {'Not recorded: ICPC REF-P1'}


def test_a_chair_sees_their_meetings_and_own_work(store):
    subscribe(store, 'chair', 'CHAIR')
    child = store.person('P1', chair_id='CHAIR', restricted=True)
    store.deadline(child)
    store.deadline(child, timescale='cp-visit')
    store.deadline(store.person('P2', iro_id='CHAIR'), timescale='review-record', due='2024-04-10')
    theirs = store.deadline(store.person('P3'), booked_at='2024-04-05 10:00', booked_group='M3')
    place(store, 'object-3@timely.example', [theirs])
    invite(store, 'CHAIR', 'P3')
    # Of a child whose chair they are not: the record of what they chaired, and of a restricted one not that.
    store.deadline(store.person('P4'))
    store.deadline('P4', timescale='conference-decisions', due='2024-04-11', chaired_by='CHAIR')
    store.deadline(store.person('P5', restricted=True), timescale='conference-decisions', due='2024-04-11', chaired_by='CHAIR')
    render(store)
    assert titles(store, 'chair', 'CHAIR') == {'Due: ICPC REF-P1', 'Due: Review record REF-P2', 'ICPC REF-P3', 'Due: Conference decisions REF-P4'}


def test_a_chair_sees_what_becomes_theirs_and_no_more_what_is_anothers(store):
    for chair in ('CHAIR', 'SW3'):
        subscribe(store, 'chair', chair)
    record = store.deadline(store.person('P1'), timescale='conference-decisions', due='2024-04-11', chaired_by='CHAIR')
    render(store)
    assert len(titles(store, 'chair', 'CHAIR')) == 1 and not titles(store, 'chair', 'SW3')
    store.changes(record, '2024-04-02 10:00', 'changed', 'open', chaired_by='SW3')
    store.run('feeds', '2024-04-02 10:00')
    assert not titles(store, 'chair', 'CHAIR') and len(titles(store, 'chair', 'SW3')) == 1


def test_a_chair_sees_those_children_of_a_meeting_whom_their_invite_names(store):
    subscribe(store, 'chair', 'CHAIR')
    meeting = {'booked_at': '2024-04-05 10:00', 'booked_group': 'M3'}
    together = [store.deadline(store.person('P1', worker='SW2', restricted=True), **meeting),
                store.deadline(store.person('P2'), **meeting), store.deadline(store.person('P3', worker='SW3'), **meeting),
                store.deadline(store.person('P10', restricted=True), **meeting)]
    place(store, 'object-3@timely.example', together)
    invite(store, 'CHAIR', 'P1 P3')
    render(store)
    (title, event), = entries(store, 'chair', 'CHAIR').items()
    assert title == 'ICPC REF-P1 and 1 more' and 'Children: REF-P1, REF-P3\n' in event['DESCRIPTION']
    assert store.ask("SELECT p.person_id FROM timely.page_link JOIN timely.deadline p USING (deadline_id)"
                     " WHERE owner_kind = 'chair' ORDER BY 1") == [('P1',), ('P3',)], 'nor is there a page about the others'


def test_a_type_of_meeting_shows_all_of_them(store):
    subscribe(store, 'meeting', 'icpc')
    store.deadline(store.person('P1'))
    store.deadline(store.person('P2', team='T2'), booked_at='2024-04-05 10:00', booked_group='M2')
    store.deadline(store.person('P3'), timescale='review-child-first')
    store.deadline(store.person('P4', restricted=True))
    render(store)
    assert titles(store, 'meeting', 'icpc') == {'Due: ICPC REF-P1', 'ICPC REF-P2'}
    assert 'NAME:Meetings: ICPC' in body(store, 'meeting', 'icpc')[0]


def test_a_childs_plan_is_for_the_allocated_worker_while_they_are(store):
    child = store.person('P1', restricted=True)
    store.deadline(child)
    store.deadline(child, timescale='review-record', due='2024-04-10')
    subscribe(store, 'child', 'P1', holder='SW1')
    render(store)
    assert titles(store, 'child', 'P1') == {'Due: ICPC REF-P1', 'Due: Review record REF-P1'}
    store.ask("UPDATE timely.person SET worker_id = 'SW2'")
    render(store)
    why = "SELECT suspended_because FROM timely.feed WHERE owner_kind = 'child'"
    assert store.one(why) == 'the child has another worker'
    assert store.ask("SELECT FROM timely.feed_body WHERE owner_kind = 'child'") == []
    store.ask("UPDATE timely.person SET worker_id = 'SW1'")
    render(store)
    assert store.one(why) is None and titles(store, 'child', 'P1'), 'the child is theirs again'


def test_a_feed_sleeps_when_its_holder_leaves(store):
    subscribe(store, 'team', 'T2', holder='TM2')
    subscribe(store, 'team', 'T2', holder='SM')
    render(store)
    for change in ("UPDATE timely.staff SET active_to = '2024-04-02'", 'DELETE FROM timely.staff'):
        store.ask(f"{change} WHERE professional_id = 'TM2'")
        render(store)
        assert store.ask("SELECT holder_id FROM timely.live_feed WHERE owner_id = 'T2'") == [('SM',)]
        assert body(store, 'team', 'T2'), 'the other one still has it'
    told = store.ask("SELECT what, detail FROM timely.audit WHERE what LIKE 'feed.%'")
    assert len(told) == 1 and told[0][0] == 'feed.suspended' and 'not in post' in told[0][1]


def test_a_booked_meeting_is_one_entry_at_its_time(store):
    first = store.deadline(store.person('P1'), booked_at='2024-04-05 10:00', booked_group='M1')
    second = store.deadline(store.person('P2'), booked_at='2024-04-05 10:00', booked_group='M1')
    place(store, 'object-1@timely.example', [first, second])
    render(store)
    event, = entries(store).values()
    assert event['SUMMARY'] == 'ICPC REF-P1 and 1 more' and event['UID'] == 'object-1@timely.example'
    assert event['DTSTART'].dt == datetime(2024, 4, 5, 10, tzinfo=LONDON) and event['DTEND'].dt.hour == 12
    assert event['SEQUENCE'] == 3 and event['LOCATION'] == 'Room 2' and 'Children: REF-P1, REF-P2' in event['DESCRIPTION']


def test_a_meeting_that_is_booked_too_late_says_so(store):
    for person, due in (('P1', '2024-04-08'), ('P2', '2024-04-09')):
        store.deadline(store.person(person), due=due, booked_at='2024-04-09 10:00', booked_group=person)
    render(store)
    shown = entries(store)
    late, timely = shown['ICPC REF-P1'], shown['ICPC REF-P2']
    assert late['COLOR'] == 'orange' and timely['COLOR'] == 'green'
    assert 'Booked after the last day in timescale, Monday 8 April 2024.' in late['DESCRIPTION']
    assert 'Booked. The last day in timescale is Tuesday 9 April 2024.' in timely['DESCRIPTION']


def test_a_meeting_that_the_case_system_invites_to(store):
    for person in ('P1', 'P2'):
        store.deadline(store.person(person), booked_at='2024-04-05 10:00', booked_group='M1')
    render(store)
    event, = entries(store).values()
    assert event['UID'] == 'P1-icpc-2024-03-14@timely.example' and event['DTSTART'].dt.hour == 10


def test_other_workers_children_are_not_named(store):
    first = store.deadline(store.person('P1'), booked_at='2024-04-05 10:00', booked_group='M1')
    second = store.deadline(store.person('P2', worker='SW2'), booked_at='2024-04-05 10:00', booked_group='M1')
    place(store, 'object-1@timely.example', [first, second])
    render(store)
    assert 'P2' not in body(store)[0] and 'REF-P2' in body(store, 'team', 'T1')[0]


def test_restricted_children_are_in_their_workers_feed_only(store):
    store.deadline(store.person('P1', restricted=True))
    render(store)
    assert list(entries(store)) == ['Due: ICPC REF-P1'] and entries(store, 'team', 'T1') == {}


# Points: 24
def test_a_cancelled_object_is_shown_for_thirty_days(store):
    for number, changed in (('P1', '2024-03-20'), ('P2', '2024-02-20')):
        store.deadline(store.person(number), state='ended', why='x')
        place(store, f'{number}-icpc-2024-03-14@timely.example', [], status='cancelled', meeting=None, changed=changed)
    render(store)
    event, = entries(store).values()
    assert event['SUMMARY'] == 'Cancelled: ICPC REF-P1' and event['STATUS'] == 'CANCELLED' and event['SEQUENCE'] == 3


# Points: 22
def test_a_uid_is_never_given_twice(store):
    """The object began with the first child's UID and now serves the second one's deadline only."""
    store.deadline(store.person('P1'))
    second = store.deadline(store.person('P2'), booked_at='2024-04-05 10:00', booked_group='M1')
    place(store, 'P1-icpc-2024-03-14@timely.example', [second])
    render(store)
    assert {str(e['UID']) for e in entries(store).values()} == {'P1-icpc-2024-03-14@timely.example',
                                                                'own-P1-icpc-2024-03-14@timely.example'}


# Points: 5
def test_the_same_content_is_the_same_body(store):
    store.deadline(store.person('P1'))
    render(store)
    _, etag, modified = body(store)
    assert render(store, '2024-04-02 12:00') == 'rendered=2 changed=0'
    assert body(store)[1:] == (etag, modified)
    # The day makes it another one: a reader that asks by time alone must see that.
    store.ask("UPDATE timely.state SET read_business_at = '2024-04-09T07:00Z'")
    assert render(store, '2024-04-09 09:00') == 'rendered=2 changed=2'
    assert body(store)[1] != etag and body(store)[2] > modified


def test_only_dirty_ones_are_rendered_and_listeners_are_told(store):
    render(store)
    assert render(store, everything=False) == 'rendered=0 changed=0'
    store.deadline(store.person('P1'))
    store.ask("INSERT INTO timely.feed_dirty VALUES ('worker', 'SW1'), ('worker', 'SW3')")
    listener = store.pg.connect(store.name)
    listener.cursor().execute('LISTEN timely_feed')
    assert render(store, everything=False) == 'rendered=1 changed=1'
    listener.poll()
    assert [notice.channel for notice in listener.notifies] == ['timely_feed']
    listener.close()
    assert store.ask('SELECT * FROM timely.feed_dirty') == [], 'nobody subscribes to SW3'


def test_what_a_reading_finds_of_a_child_is_rendered_in_each_calendar_that_shows_it(store):
    """Before and after, and in no other."""
    place(store, 'object-1@timely.example', [store.deadline(store.person('P1', chair_id='CHAIR', iro_id='CM'))])
    store.person('P2', worker='SW2', team='T2')
    invite(store, 'DIR', 'P1')
    shows = {('worker', 'SW1'), ('team', 'T1'), ('service', 'SVC'), ('service', 'TOP'), ('chair', 'CHAIR'), ('chair', 'CM'), ('chair', 'DIR'),
             ('child', 'P1'), ('meeting', 'icpc'), ('administrator', 'HEAD')}
    for kind, owner in shows | {('worker', 'SW2'), ('worker', 'SW3'), ('team', 'T2'), ('service', 'CHAIRS'), ('chair', 'HEAD'), ('child', 'P2')}:
        if (kind, owner) not in (('worker', 'SW1'), ('team', 'T1')):
            subscribe(store, kind, owner)
    store.ask('DELETE FROM timely.feed_dirty')
    store.becomes('P1', '2024-04-02 09:00', case_ref='REF-P1-AGAIN')
    assert set(store.ask('SELECT owner_kind, owner_id FROM timely.feed_dirty')) == shows
    store.ask('DELETE FROM timely.feed_dirty')
    store.allocate('P1', '2024-04-02 10:00', worker_id='SW3', team_id='T2')
    assert set(store.ask('SELECT owner_kind, owner_id FROM timely.feed_dirty')) == shows | {('worker', 'SW3'), ('team', 'T2')}


def test_a_revoked_feed_leaves_nothing_behind(store):
    render(store)
    store.ask("UPDATE timely.feed SET revoked_at = now() WHERE owner_kind = 'worker'")
    render(store)
    assert store.ask('SELECT owner_kind FROM timely.feed_body') == [('team',)]


# Points: 9
def test_a_feed_has_an_end(store):
    store.ask("INSERT INTO timely.person (person_id, worker_id, team_id, accepted_at) SELECT 'N' || n, 'SW1', 'T1', now()"
              ' FROM generate_series(1, 1100) n')
    store.ask("INSERT INTO timely.deadline (person_id, timescale, subject_ref, trigger_on, due_on, book_by, provisional, state,"
              " met_on, derivation, uid, at_first_start, rule_version, library, first_seen_at, changed_at, owed_since)"
              " SELECT 'N' || n, 'icpc', 's', '2024-03-14', '2024-04-08', '2024-04-08', false,"
              " CASE WHEN n <= 200 THEN 'met' ELSE 'open' END, CASE WHEN n <= 200 THEN '2024-04-01'::date END, 'd.', 'u' || n,"
              " false, 1, 'x', now(), now(), now() FROM generate_series(1, 1100) n")
    render(store)
    shown = entries(store)
    assert len(shown) == 1001 and 'More than this calendar shows' in shown
    assert sum(title.startswith('Held') for title in shown) == 100, 'what is owed comes first'
    for kind, owner, rest in (('worker', 'SW1', 'single children'), ('team', 'T1', 'its workers')):
        assert f'The calendars of {rest} show the rest.' in \
            entries(store, kind, owner)['More than this calendar shows']['DESCRIPTION']


def test_hostile_text_stays_text(store):
    bad = 'x\r\nEND:VEVENT\r\nATTACH:http://evil;,\\"\u202e'
    deadline = store.deadline(store.person('P1', case_ref=bad), derivation=bad, booked_at='2024-04-05 10:00')
    place(store, 'object-1@timely.example', [deadline], place=bad, url='javascript:alert(1)')
    render(store)
    event, = entries(store).values()
    assert 'ATTACH' not in event and 'javascript' not in body(store)[0]


def test_a_date_that_no_calendar_shows_does_not_break_the_feed(store):
    store.deadline(store.person('P1'), due='0001-01-01', book_by='0001-01-01')
    store.deadline(store.person('P2'))
    render(store)
    assert set(entries(store)) == {'Due: ICPC REF-P2', 'Overdue: 1 in all'}


def test_a_feed_that_cannot_be_rendered_holds_up_no_other(store):
    """It keeps its last body until it changes again. An entry whose identity no calendar takes is one that cannot be."""
    subscribe(store, 'worker', 'SW2')
    for worker in ('SW1', 'SW2'):
        store.deadline(store.person(f'P-{worker}', worker), uid=f'{worker}@timely.example')
    render(store)
    before = body(store)
    store.ask("UPDATE timely.deadline SET due_on = '2024-04-10'")
    store.ask("UPDATE timely.deadline SET uid = 'SW 1' WHERE person_id = 'P-SW1'")
    for owner in ('SW1', 'SW2'):
        store.ask("INSERT INTO timely.feed_dirty VALUES ('worker', %s)", (owner,))
    assert render(store, everything=False) == 'rendered=2 changed=1'
    event, = entries(store, owner='SW2').values()
    assert event['DTSTART'].dt == date(2024, 4, 10) and body(store) == before
    assert render(store, everything=False) == 'rendered=0 changed=0'
    store.ask("UPDATE timely.deadline SET uid = 'SW1@timely.example' WHERE person_id = 'P-SW1'")
    store.ask("INSERT INTO timely.feed_dirty VALUES ('worker', 'SW1')")
    assert render(store, everything=False) == 'rendered=1 changed=1'
    event, = entries(store).values()
    assert event['DTSTART'].dt == date(2024, 4, 10)


def test_a_change_that_is_being_recorded_is_not_lost(store):
    """The mark is there already when a writer repeats it: rendering waits until the writer is done."""
    render(store)
    writer = store.pg.connect(store.name, autocommit=False)
    cursor = writer.cursor()
    store.ask("INSERT INTO timely.feed_dirty VALUES ('worker', 'SW1')")
    store.deadline(store.person('P1'))
    cursor.execute("UPDATE timely.deadline SET due_on = '2024-04-10'")
    cursor.execute("INSERT INTO timely.feed_dirty VALUES ('worker', 'SW1') ON CONFLICT DO NOTHING")
    with subprocess.Popen(store.command('feeds', '2024-04-02 09:00'), stdout=subprocess.PIPE, text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        writer.commit()
        assert process.wait(60) == 0
    writer.close()
    event, = entries(store).values()
    assert event['DTSTART'].dt == date(2024, 4, 10)
