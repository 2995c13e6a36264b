"""A meeting of which only the day is known: midnight in the case system says so, and nobody is shown an hour that nobody
knows.

An enquiry of Thursday 28 March 2024 has its conference due on Monday 22 April 2024.
"""
import datetime
import gzip

import icalendar
import pytest

from authority import Authority, Meeting
from telling import set_clock, timely

ONLY_DAY, WITHOUT_TIME = datetime.date(2024, 4, 18), 'Only the day is recorded, the time is not known yet.'


@pytest.fixture
def authority(server, tmp_path):
    """With a child whose conference is booked, for a day."""
    with Authority(server, tmp_path) as made:
        made.store.without_lists()
        made.store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by)"
                       " VALUES ('worker', 'SW1', 'x', now(), 'x')")
        made.store.ask("UPDATE timely.state SET first_started_at = '2024-01-02Z'")
        made.child('SW1', key='1', started=datetime.date(2024, 3, 28))
        book(made)
        yield made


def book(authority):
    authority.book(authority.children['1'], Meeting('M', datetime.datetime(2024, 4, 18)))


def invites(authority):
    """Those that follow, by whom they are for."""
    authority.settle()
    return {m.recipient.split('@')[0].upper(): m for m in authority.mails() if m.calendar}


def event(data):
    return icalendar.Calendar.from_ical(data).walk('VEVENT')[0]


def words_of(mail):
    return ' '.join(mail.message.get_body(('plain',)).get_content().split())


def shown(authority):
    """The conference in its worker's feed."""
    authority.round('feeds')
    feed = gzip.decompress(authority.store.one("SELECT body_gzip FROM timely.feed_body WHERE owner_id = 'SW1'"))
    found, = [e for e in icalendar.Calendar.from_ical(feed).walk('VEVENT') if 'ICPC' in e['SUMMARY'] and 'Overdue' not in e['SUMMARY']]
    return found


def stored(authority):
    return authority.store.ask('SELECT changed_at, booked_at FROM timely.deadline ORDER BY deadline_id'), authority.store.ask(
        'SELECT uid, sequence, changed_at, starts_at, ends_at, content_hash FROM timely.calendar_object ORDER BY uid')


def test_it_stands_on_its_day_and_says_that_it_has_no_time(authority):
    for mail in invites(authority).values():
        entry = event(mail.calendar)
        assert entry['DTSTART'].dt == ONLY_DAY and 'VALARM' not in mail.calendar.decode()
        assert WITHOUT_TIME in ' '.join(entry['DESCRIPTION'].split())
        assert WITHOUT_TIME in words_of(mail) and '00:00' not in mail.message.as_string()
        assert mail.message['Subject'].endswith(', Thursday 18 April 2024')
        assert 'When: Thursday 18 April 2024 ' in words_of(mail)
    entry = shown(authority)
    assert entry['DTSTART'].dt == ONLY_DAY and WITHOUT_TIME in entry['DESCRIPTION'] and entry['SUMMARY'] == 'ICPC REF-1'


def test_nothing_changes_while_nothing_is_known(authority):
    invites(authority)
    before = stored(authority)
    for _ in range(2):
        authority.now += datetime.timedelta(hours=1)
        authority.fact('1', 'contact-received')  # of no account: only that the child is looked at again
        assert invites(authority) == {} and stored(authority) == before


def test_a_time_is_an_update_and_so_is_a_time_that_is_unknown_again(authority):
    first = invites(authority)['SW1']
    meeting = authority.children['1'].meeting
    meeting.at = datetime.datetime(2024, 4, 18, 14)
    authority.rearrange(meeting)
    timed = invites(authority)['SW1']
    assert timed.message['Subject'].startswith('Changed: ') and WITHOUT_TIME not in words_of(timed)
    assert event(timed.calendar)['DTSTART'].dt.isoformat() == '2024-04-18T14:00:00+01:00'
    assert event(timed.calendar)['UID'] == event(first.calendar)['UID']
    assert shown(authority)['DTSTART'].dt.isoformat() == '2024-04-18T14:00:00+01:00'
    meeting.at = datetime.datetime(2024, 4, 18)
    authority.rearrange(meeting)
    again = event(invites(authority)['SW1'].calendar)
    assert again['DTSTART'].dt == ONLY_DAY and again['SEQUENCE'] > event(timed.calendar)['SEQUENCE']
    authority.unbook(authority.children['1'])
    authority.settle()
    cancelled, = [m for m in authority.mails() if m.method == 'CANCEL' and m.recipient.startswith('chair')]
    assert event(cancelled.calendar)['DTSTART'].dt == ONLY_DAY
    assert 'Thursday 18 April 2024' in words_of(cancelled) and '00:00' not in cancelled.message.as_string()


@pytest.mark.parametrize('at, said', [
    ((17, 9), 'Booked. The last day in timescale is Monday 22 April 2024.'),
    ((18, 23), 'Booked. The last day in timescale is Monday 22 April 2024.'),
    ((19, 9), 'Not recorded yet: it was booked for Thursday 18 April 2024.')])
def test_its_record_is_awaited_from_the_next_day_on(authority, at, said):
    invites(authority)
    authority.now = datetime.datetime(2024, 4, *at)
    authority.settle()
    entry = shown(authority)
    assert said in entry['DESCRIPTION'] and entry['DTSTART'].dt == ONLY_DAY
    assert entry['SUMMARY'].startswith('Not recorded: ') == (at[0] == 19)


def test_who_is_new_on_its_day_is_still_invited(authority):
    authority.now = datetime.datetime(2024, 4, 18, 8)
    assert event(invites(authority)['SW1'].calendar)['DTSTART'].dt == ONLY_DAY
    authority.now = datetime.datetime(2024, 4, 19, 8)
    authority.give(authority.children['1'], 'SW2')
    assert invites(authority) == {}, 'it is over'


def test_it_is_a_finding_until_a_later_word_has_a_time(authority):
    invites(authority)
    authority.store.name_itself()
    set_clock(authority.store, '2024-04-03 09:00')
    ref = authority.children['1'].bookings['M']
    assert f'{ref},"scheduled_for has no time of day: the meeting is shown without one' in \
        timely(authority.store, 'findings', '--format', 'csv')
    authority.now += datetime.timedelta(days=1)
    authority.fact('1', 'meeting-rearranged', code='icpc', meeting='M', who='CHAIR', scheduled_at=datetime.datetime(2024, 4, 18, 14))
    invites(authority)
    assert 'unusable-booking' not in timely(authority.store, 'findings', '--format', 'csv')
