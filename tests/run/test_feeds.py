"""What stands in the feeds of workers and teams, read by a parser written elsewhere."""
import gzip
import hashlib
import subprocess
from datetime import date, datetime
from zoneinfo import ZoneInfo

import icalendar
import pytest

from telling import Server

LONDON = ZoneInfo('Europe/London')


@pytest.fixture(scope='module')
def pg():
    with Server() as server:
        yield server


@pytest.fixture
def store(pg, tmp_path):
    store = pg.store(tmp_path)
    store.ask("UPDATE timely.state SET read_business_at = '2024-04-02T07:00Z', read_at = now()")
    subscribe(store, 'worker', 'SW1')
    subscribe(store, 'team', 'T1')
    return store


def subscribe(store, kind, owner):
    store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) VALUES (%s, %s, %s, now(), 'x')",
              (kind, owner, f'{kind}{owner}'))
    store.ask('INSERT INTO timely.feed_dirty VALUES (%s, %s) ON CONFLICT DO NOTHING', (kind, owner))


def render(store, now='2024-04-02 09:00', everything=True):
    return store.run('feeds', now, *(['all'] if everything else [])).strip()


def body(store, kind='worker', owner='SW1'):
    rows = store.ask('SELECT body, body_gzip, etag, last_modified FROM timely.feed_body WHERE owner_kind = %s AND owner_id = %s',
                     (kind, owner))
    text, packed, etag, modified = rows[0]
    assert gzip.decompress(bytes(packed)) == bytes(text)
    assert bytes(packed)[4:8] == b'\0\0\0\0', 'no time in it'
    assert etag == f'"{hashlib.sha256(bytes(text)).hexdigest()[:32]}"'
    return bytes(text).decode(), etag, modified


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
                          'Overdue: ICPC REF-P7'}
    assert shown['Overdue: ICPC REF-P1']['COLOR'] == 'red' and 'CATEGORIES' in shown['Overdue: ICPC REF-P1']
    assert shown['Held: ICPC REF-P2']['DTSTART'].dt == date(2024, 3, 28)
    assert 'out of timescale' in shown['Done: CP visit REF-P3']['DESCRIPTION']


def test_a_booked_meeting_is_one_entry_at_its_time(store):
    first = store.deadline(store.person('P1'), booked_at='2024-04-05 10:00', booked_group='M1')
    second = store.deadline(store.person('P2'), booked_at='2024-04-05 10:00', booked_group='M1')
    place(store, 'object-1@timely.example', [first, second])
    render(store)
    event, = entries(store).values()
    assert event['SUMMARY'] == 'ICPC REF-P1 and 1 more' and event['UID'] == 'object-1@timely.example'
    assert event['DTSTART'].dt == datetime(2024, 4, 5, 10, tzinfo=LONDON) and event['DTEND'].dt.hour == 12
    assert event['SEQUENCE'] == 3 and event['LOCATION'] == 'Room 2' and 'Children: REF-P1, REF-P2' in event['DESCRIPTION']


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


# Points: 21
def test_old_data_says_so(store):
    store.deadline(store.person('P1'))
    render(store, '2024-04-03 08:00')
    assert list(entries(store)) == ['Due: ICPC REF-P1']
    render(store, '2024-04-03 11:00')
    shown = entries(store)
    assert set(shown) == {'Due: ICPC REF-P1', 'Data as of Tuesday 2 April 2024, 08:00'}


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
              " met_on, derivation, uid, at_first_start, rule_version, library, first_seen_at, changed_at)"
              " SELECT 'N' || n, 'icpc', 's', '2024-03-14', '2024-04-08', '2024-04-08', false,"
              " CASE WHEN n <= 200 THEN 'met' ELSE 'open' END, CASE WHEN n <= 200 THEN '2024-04-01'::date END, 'd.', 'u' || n,"
              " false, 1, 'x', now(), now() FROM generate_series(1, 1100) n")
    render(store)
    shown = entries(store)
    assert len(shown) == 1000
    assert sum(title.startswith('Held') for title in shown) == 100, 'what is owed comes first'


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
    assert list(entries(store)) == ['Due: ICPC REF-P2']


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
