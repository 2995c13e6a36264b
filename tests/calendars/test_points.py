"""What is asked of feeds and invites, point by point, of the bytes that leave: each test names its points.

An authority lives through what happens to a child; the mails and the feed of each moment are kept and looked at. What
stands elsewhere is marked there ("# Points: 3"); test_every_point.py holds that none is missing.
"""
import datetime
import email.utils
import gzip
import hashlib
import re
import zoneinfo
from email.utils import parseaddr

import icalendar
import pytest

import outlook
from authority import START, Authority, Meeting
from outlook import Zone, calendar_part, exchange, google_adds, google_updates, imported, is_newer
from receiver import Calendar
from telling import set_clock, timely

LONDON = zoneinfo.ZoneInfo('Europe/London')
UTC = datetime.timezone.utc
HOSTILE = 'Zoë; "Łódź", \\n: <b>&amp;'
TITLE_MAX, DESCRIPTION_MAX = 255, 8192


@pytest.fixture
def authority(server, tmp_path):
    with Authority(server, tmp_path) as made:
        begin(made)
        yield made


def begin(authority):
    """The first start, of which nobody is told."""
    authority.child('SW3', key='OLD', started=datetime.date(2024, 3, 28))
    authority.end(authority.children['OLD'])
    authority.settle()
    assert authority.mails() == []
    authority.now += datetime.timedelta(minutes=1)


def happens(authority, minutes=5):
    """The mails that follow, and some time."""
    authority.settle()
    authority.now += datetime.timedelta(minutes=minutes)
    return authority.mails()


class Life:
    """A child from the hold to the end and back again; the mails of each step."""

    def __init__(self, a):
        a.store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by)"
                    " VALUES ('worker', 'SW1', 'x', now(), 'x')")
        self.feeds, self.child = {}, a.child('SW1', key='1')
        self.hold = self.take(a, 'hold')
        self.meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10), datetime.datetime(2024, 4, 18, 11, 30), 'Room 3, Civic; first')
        a.book(self.child, self.meeting, 'CHAIR', ['TM1'])
        a.amend(self.child.bookings['M'], url='https://meet.example/room?a=1&b=2')
        self.booked = self.take(a, 'booked')
        self.meeting.at, self.meeting.ends = datetime.datetime(2024, 4, 19, 14), None
        a.rearrange(self.meeting)
        self.moved = self.take(a, 'moved')
        self.child.attendees = ()
        a.rearrange(self.meeting)
        self.removed = self.take(a, 'removed')
        self.child.attendees = ('TM2',)
        a.rearrange(self.meeting)
        self.added = self.take(a, 'added')
        self.child.attendees = ('TM1', 'TM2')
        a.rearrange(self.meeting)
        self.returned = self.take(a, 'returned')
        a.store.ask("UPDATE timely_source.person SET display_name = 'Another Name' WHERE person_id = '1'")
        a.fact('1', 'contact-received')  # of no account: only that the child is looked at again
        self.renamed = self.take(a, 'renamed')
        a.end(self.child)
        self.ended = self.take(a, 'ended')
        a.bring_back(self.child)
        self.again = self.take(a, 'again')

    def take(self, a, step):
        mails = happens(a)
        a.round('feeds')
        self.feeds[step] = gzip.decompress(a.store.one("SELECT body_gzip FROM timely.feed_body WHERE owner_id = 'SW1'"))
        return {m.recipient.split('@')[0].upper(): m for m in mails if m.calendar}

    def steps(self):
        return [self.hold, self.booked, self.moved, self.removed, self.added, self.returned, self.ended, self.again]

    def all(self, whom=None):
        return [m for step in self.steps() for name, m in step.items() if whom in (None, name)]


@pytest.fixture(scope='module')
def life(server, tmp_path_factory):
    with Authority(server, tmp_path_factory.mktemp('life')) as authority:
        begin(authority)
        authority.child('SW1', key='2', case_ref=HOSTILE)  # beside it
        authority.store.ask("UPDATE timely.staff SET name = %s WHERE professional_id = 'CHAIR'", ('Łucja, "C": D; E',))
        happens(authority)
        yield Life(authority)


def item(mail):
    found, = imported(mail.calendar)
    return found


def lines(data):
    return data.replace(b'\r\n ', b'').decode().split('\r\n')


def values(data, name):
    return [line.split(':', 1)[1] for line in lines(data) if re.match(rf'{name}[;:]', line)]


def events(feed):
    return {str(e['UID']): e for e in icalendar.Calendar.from_ical(feed).walk('VEVENT')}


def everything(life):
    return [*(m.calendar for m in life.all()), *life.feeds.values()]


# ------------------------------------------------------------------------------ C2: the calendar object

def test_point_15_texts_are_escaped_and_nothing_else(life):
    place, = values(life.booked['SW1'].calendar, 'LOCATION')
    assert place == 'Room 3\\, Civic\\; first'
    titles = [t for t in values(life.feeds['hold'], 'SUMMARY') if 'Zo' in t]
    assert titles == ['Due: ICPC Zoë\\; "Łódź"\\, \\\\n: <b>&amp\\;'], 'colons and markup as they are'
    for data in everything(life):
        for line in lines(data):
            assert 'CN=' not in line or re.match(r'(ATTENDEE|ORGANIZER);CN=("[^"]*"|[^":;,]*)[;:]', line), line
    assert any('ATTENDEE;CN="Łucja, C: D; E"' in line for line in lines(life.booked['CHAIR'].calendar)), 'quoted'


def test_points_16_17_18_19_the_feed_as_a_whole(life):
    for data in life.feeds.values():
        assert data.count(b'BEGIN:VCALENDAR') == 1
        calendar = icalendar.Calendar.from_ical(data)
        assert calendar['VERSION'] == '2.0' and calendar['PRODID'] == '-//timely//timely//EN'
        assert calendar.get('METHOD', 'PUBLISH') == 'PUBLISH'
        assert len(str(calendar['X-WR-CALNAME'])) <= TITLE_MAX and calendar['NAME'] and calendar['X-WR-RELCALID']
        assert values(data, 'REFRESH-INTERVAL') == ['PT1H'] == values(data, 'X-PUBLISHED-TTL')
        assert b'REFRESH-INTERVAL;VALUE=DURATION' in data
        assert b'ORGANIZER' not in data and b'ATTENDEE' not in data
    assert len({values(data, 'X-WR-RELCALID')[0] for data in life.feeds.values()}) == 1
    for mail in life.all():
        assert not re.search(rb'^(X-WR-|NAME)', mail.calendar, re.M), 'neither in invites'


def test_point_20_a_due_day_is_not_a_day_away(life):
    shown = [i for i in imported(life.feeds['hold']) if i.all_day]
    assert shown and all(i.busy == 'FREE' and i.ends == i.starts + datetime.timedelta(1) for i in shown)
    hold = item(life.hold['SW1'])
    assert hold.busy == 'FREE' and hold.all_day
    for event in events(life.feeds['hold']).values():
        assert event['TRANSP'] == 'TRANSPARENT' and event['X-MICROSOFT-CDO-ALLDAYEVENT'] == 'TRUE'


def test_point_22_one_uid_for_life(life):
    uid, = {item(m).identity for m in life.all()}
    assert uid.startswith('vCal-Uid:') and not re.search('SW1|ICPC|2024', uid, re.I)
    assert all(uid.removeprefix('vCal-Uid:') in events(feed) for feed in life.feeds.values())


def test_point_23_sequence_and_last_modified_rise_in_feeds(life):
    uid = item(life.hold['SW1']).identity.removeprefix('vCal-Uid:')
    before, after = (events(life.feeds[step])[uid] for step in ('booked', 'moved'))
    assert int(after['SEQUENCE']) > int(before['SEQUENCE']) and after['LAST-MODIFIED'].dt > before['LAST-MODIFIED'].dt
    again = events(life.feeds['again'])[uid]
    assert int(again['SEQUENCE']) > int(events(life.feeds['ended'])[uid]['SEQUENCE'])


def test_points_24_25_cancelled_says_so_in_its_title(life):
    uid = item(life.hold['SW1']).identity.removeprefix('vCal-Uid:')
    event = events(life.feeds['ended'])[uid]
    assert event['STATUS'] == 'CANCELLED' and event['SUMMARY'].startswith('Cancelled: ')
    assert events(life.feeds['again'])[uid]['STATUS'] == 'CONFIRMED'


def test_points_26_46_descriptions_are_plain_and_short(life):
    for data in everything(life):
        assert b'X-ALT-DESC' not in data and b'<html' not in data.lower()
        for event in icalendar.Calendar.from_ical(data).walk('VEVENT'):
            assert len(event.get('DESCRIPTION', '')) < DESCRIPTION_MAX
    words = str(icalendar.Calendar.from_ical(life.booked['SW1'].calendar).walk('VEVENT')[0]['DESCRIPTION'])
    assert 'Initial child protection conference' in words and 'https://meet.example/room?a=1&b=2' in words


def test_point_5_nothing_changed_is_the_same_feed(authority):
    Life(authority)
    authority.fact('1', 'contact-received')
    feed = "SELECT body_gzip, etag, last_modified FROM timely.feed_body WHERE owner_id = 'SW1'"
    before = authority.store.ask(feed)
    happens(authority)
    authority.round('feeds')
    assert authority.store.ask(feed) == before, 'planned and rendered again'


# ------------------------------------------------------------------------------ C3: time zones

def test_points_27_28_29_30_31_the_zone(life):
    for data in everything(life):
        used = set(re.findall(rb'TZID=([^:;\r]+)', data))
        zones = icalendar.Calendar.from_ical(data).walk('VTIMEZONE')
        assert [z['TZID'] for z in zones] == (['Europe/London'] if used else [z['TZID'] for z in zones][:1])
        assert used <= {b'Europe/London'}
        for zone in zones:
            Zone(zone)  # raises where Outlook would not understand it
            assert not re.search(rb'TZOFFSET(FROM|TO):[+-]\d{6}', data)


def test_point_30_outlook_counts_every_hour_as_london_does(life):
    zone = Zone(icalendar.Calendar.from_ical(life.booked['SW1'].calendar).walk('VTIMEZONE')[0])
    hour = datetime.datetime(1996, 1, 1)
    while hour.year < 2038:
        assert zone.offset(hour) == hour.replace(tzinfo=UTC).astimezone(LONDON).utcoffset(), hour
        # Every hour around the changes, and twice a day elsewhere.
        hour += datetime.timedelta(hours=1 if hour.month in (3, 10) and hour.day > 24 else 12)


@pytest.mark.parametrize('at, starts', [
    ('2025-03-30 00:30', '2025-03-30 00:30'), ('2025-03-30 01:30', '2025-03-30 01:30'), ('2025-03-30 02:30', '2025-03-30 01:30'),
    ('2024-10-27 00:30', '2024-10-26 23:30'), ('2024-10-27 01:30', '2024-10-27 00:30'), ('2024-10-27 02:30', '2024-10-27 02:30')])
def test_point_32_days_on_which_the_clock_changes(authority, at, starts):
    child = authority.child('SW1')
    authority.book(child, Meeting('M', datetime.datetime.fromisoformat(at)))
    mails = [m for m in happens(authority) if m.recipient == 'sw1@council.example' and m.calendar]
    shown = item(mails[0])
    assert shown.starts == datetime.datetime.fromisoformat(starts).replace(tzinfo=UTC)
    twice = at.endswith('10-27 01:30')  # an hour later the clock shows the same
    assert shown.ends - shown.starts == datetime.timedelta(hours=2 if twice else 1)


def test_point_32_no_floating_times_and_days_as_days(life):
    for data in everything(life):
        for start in re.findall(rb'^DT(?:START|END)([^\r]*)\r', data[data.find(b'BEGIN:VEVENT'):], re.M):
            assert re.fullmatch(rb';VALUE=DATE:\d{8}|;TZID=Europe/London:\d{8}T\d{6}|:\d{8}T\d{6}Z', start), start


# ------------------------------------------------------------------------------ C4: alarms

def test_points_33_34_one_alarm_and_none_on_days(life):
    assert item(life.booked['SW1']).alarm == 30 and item(life.hold['SW1']).alarm is None
    for data in everything(life):
        for event in icalendar.Calendar.from_ical(data).walk('VEVENT'):
            alarms = event.walk('VALARM')
            assert len(alarms) <= 1
            assert not alarms or (alarms[0]['TRIGGER'].dt < datetime.timedelta(0) and isinstance(event['DTSTART'].dt, datetime.datetime))
    assert all(b'VALARM' not in feed for feed in life.feeds.values())


# ------------------------------------------------------------------------------ C5: the message

def test_points_35_36_37_38_where_receivers_look(life):
    for mail in life.all():
        part = calendar_part(mail.message)
        assert part is not None, 'Exchange would find no meeting'
        assert part.get_param('method') == values(mail.calendar, 'METHOD')[0]
        assert part['Content-Transfer-Encoding'] == 'base64' and part.get_param('charset') == 'UTF-8'
        both, copy = mail.message.iter_parts()
        assert [p.get_content_type() for p in both.iter_parts()] == ['text/plain', 'text/html', 'text/calendar']
        assert copy.get_content_disposition() == 'attachment' and copy.get_payload(decode=True) == mail.calendar
        assert copy.get_content_type() != 'text/calendar', 'or it would be taken twice'


def test_points_39_40_41_42_who_invites_whom(life):
    for mail in life.all():
        assert mail.calendar.count(b'BEGIN:VEVENT') == mail.calendar.count(b'BEGIN:VCALENDAR') == 1
        method, shown = exchange(mail.message, mail.recipient)
        assert shown.organizer == 'mailto:timely@council.example'
        assert shown.attendees == [f'mailto:{mail.recipient}'], 'one mail a recipient, who sees no other'
        if method == 'REQUEST':
            assert re.search(r'ATTENDEE;.*ROLE=REQ-PARTICIPANT', '\n'.join(lines(mail.calendar)))


def test_points_42_43_the_service_is_never_invited(authority):
    authority.store.ask("UPDATE timely.staff SET email = 'TIMELY@Council.example' WHERE professional_id = 'CHAIR'")
    child = authority.child('SW1')
    authority.book(child, Meeting('M', datetime.datetime(2024, 4, 18, 10)))
    assert {m.recipient for m in happens(authority)} == {'sw1@council.example'}


def test_points_43_44_sender_and_recipient(life):
    for mail in life.all():
        assert parseaddr(mail.message['From'])[1] == 'timely@council.example' and mail.message['Sender'] is None
        assert b'SENT-BY' not in mail.calendar
        assert mail.message['Cc'] is None and mail.message['Bcc'] is None
        assert mail.method == 'CANCEL' or google_adds(mail.message, mail.recipient)


@pytest.mark.parametrize('answer, status', [(None, 'PARTSTAT=NEEDS-ACTION;RSVP=TRUE'), ('wanted', 'PARTSTAT=NEEDS-ACTION;RSVP=TRUE'),
                                            ('not wanted', 'PARTSTAT=ACCEPTED;RSVP=FALSE')])
def test_point_45_whether_an_answer_is_wanted(server, tmp_path, answer, status):
    made = Authority(server, tmp_path)
    if answer:
        (tmp_path / 'overlay.yaml').write_text(f'authority: Test\ntimescales:\n  icpc:\n    answer: {answer}\n', encoding='utf-8')
        made.store.config.write_text(made.store.config.read_text() + 'rules: {overlay: overlay.yaml}\n')
    with made as authority:
        begin(authority)
        authority.child('SW1')
        mail, = happens(authority)
        assert status in ''.join(lines(mail.calendar))
        assert ('need not answer' in mail.message.get_body(('plain',)).get_content()) == (answer == 'not wanted')


def test_point_46_what_an_invite_says(life):
    event, = icalendar.Calendar.from_ical(life.booked['SW1'].calendar).walk('VEVENT')
    assert event['DTSTART'].dt.replace(tzinfo=None) == datetime.datetime(2024, 4, 18, 10)
    assert event['DTEND'].dt.replace(tzinfo=None) == datetime.datetime(2024, 4, 18, 11, 30)
    assert (event['STATUS'], event['CLASS'], event['LOCATION']) == ('CONFIRMED', 'PRIVATE', 'Room 3, Civic; first')
    assert event['URL'] == 'https://meet.example/room?a=1&b=2' and event['DTSTAMP'].dt.tzinfo
    assert item(life.booked['SW1']).busy == 'BUSY'
    assert all(item(m).private for m in life.all())


def links_in(words):
    return re.findall(r'/why/([\w-]{24})(?![\w-])', words)


def test_point_46_a_link_to_the_page_is_in_the_mail_and_not_in_the_calendar(authority):
    """It is its receiver's, to a child whom they may see; an entry of a calendar is seen by others."""
    brother, sister, meeting, _ = brother_and_sister(authority)
    numbers = dict(authority.store.ask('SELECT person_id, deadline_id FROM timely.deadline WHERE timescale = %s', ('icpc',)))
    smuggled = f'/why/deadline-{numbers[brother.key]:015}'
    meeting.at, meeting.place = datetime.datetime(2024, 4, 17, 14), f'http://127.0.0.1:8480{smuggled}'
    authority.rearrange(meeting)
    mails = {m.recipient.split('@')[0].upper(): m for m in happens(authority)}
    for whom, child in ('SW1', sister), ('SW2', brother), ('CHAIR', sister):
        words, html = (mails[whom].message.get_body((kind,)).get_content() for kind in ('plain', 'html'))
        link, = set(links_in(words)) - {smuggled.removeprefix('/why/')}
        assert link in links_in(html) and 'Why this date' in words
        assert authority.store.ask('SELECT staff_id, deadline_id FROM timely.page_link WHERE token_hash = %s',
                                   (hashlib.sha256(link.encode()).hexdigest(),)) == [(whom, numbers[child.key])]
        assert link not in ''.join(lines(mails[whom].calendar)) and 'Why this date' not in ''.join(lines(mails[whom].calendar))
    assert authority.store.one(f"SELECT count(*) FROM timely.page_link WHERE staff_id = 'SW1' AND deadline_id = {numbers[brother.key]}") == 0


def test_point_46_titles_and_subjects_name_nobody(server, tmp_path):
    with Authority(server, tmp_path, names='name') as authority:
        begin(authority)
        child = authority.child('SW1', key='7')
        authority.book(child, Meeting('M', datetime.datetime(2024, 4, 18, 10)))
        mails = happens(authority)
        assert any('Zebedee' in m.message.get_body(('plain',)).get_content() for m in mails), 'the text may'
        for mail in mails:
            assert 'Zebedee' not in mail.message['Subject'] and 'REF-7' in mail.message['Subject']
            assert item(mail).title == 'ICPC REF-7'


def test_point_46_titles_may_have_initials(server, tmp_path):
    with Authority(server, tmp_path, names_in_titles='initials') as authority:
        begin(authority)
        meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10))
        for key, restricted in ('7', False), ('8', False), ('9', True):
            authority.book(authority.child('SW1', family='F', key=key, initials=f'Z{key}', restricted=restricted), meeting)
        titles = {m.recipient: item(m).title for m in happens(authority)}
        assert set(titles) == {'sw1@council.example', 'chair@council.example'}
        assert all(sorted(re.findall(r'\S+', title.replace(',', ''))) == ['ICPC', 'REF-9', 'Z7', 'Z8'] for title in titles.values())


def test_points_47_49_nothing_of_series_or_of_outlooks_own_numbers(life):
    for mail in life.all():
        assert not re.search(rb'^(X-MICROSOFT-CDO-APPT-SEQUENCE|RRULE|RDATE|EXDATE|RECURRENCE-ID)', mail.calendar[mail.calendar.find(b'BEGIN:VEVENT'):], re.M)


def test_point_48_headers(life):
    first = life.hold['SW1'].message
    for mail in life.all():
        uid, staff = item(mail).identity.removeprefix('vCal-Uid:'), mail.recipient.split('@')[0].upper()
        key = f'{"cancel" if mail.method == "CANCEL" else "invite"}:{uid}:{staff}:{item(mail).sequence}'
        assert mail.message['Message-ID'] == f'<{hashlib.sha256(key.encode()).hexdigest()}@council.example>'
        assert mail.message['Auto-Submitted'] == 'auto-generated' and mail.message['List-Unsubscribe'] is None
        assert email.utils.parsedate_to_datetime(mail.message['Date']).tzinfo
    threads = [m.message['In-Reply-To'] for m in life.all('SW1')]
    assert threads == [None, *[first['Message-ID']] * (len(threads) - 1)], 'all in the thread of the first'
    assert life.booked['CHAIR'].message['In-Reply-To'] is None, 'which is each recipient\'s own'


def test_point_48_answers_to_the_event_where_that_is_set(server, tmp_path):
    with Authority(server, tmp_path, reply_to='timely+{event}@council.example') as authority:
        begin(authority)
        authority.child('SW1')
        mail, = happens(authority)
        tag = item(mail).identity.removeprefix('vCal-Uid:').split('@')[0]
        assert mail.message['Reply-To'] == f'timely+{tag}@council.example'
        assert item(mail).organizer == 'mailto:timely@council.example', 'replies of calendars go to the organiser'


# ------------------------------------------------------------------------------ C6: the life of an invite

def test_point_50_what_is_newer_is_newer_to_everybody(life):
    for whom in 'SW1', 'CHAIR':
        items = [item(m) for m in life.all(whom)]
        assert len(items) >= 4
        for before, after in zip(items, items[1:]):
            assert is_newer(after, before) and google_updates(after, before)
            assert after.stamp > before.stamp and after.identity == before.identity


def test_points_51_57_a_text_is_no_reason_for_a_mail(life):
    assert life.renamed == {}
    uid = item(life.hold['SW1']).identity.removeprefix('vCal-Uid:')
    assert events(life.feeds['renamed'])[uid]['SEQUENCE'] == events(life.feeds['returned'])[uid]['SEQUENCE']


def test_point_52_cancellations(life):
    cancels = [*life.removed.values(), *life.ended.values()]
    assert len(cancels) >= 4
    for mail in cancels:
        shown = item(mail)
        assert mail.method == shown.method == 'CANCEL' and shown.cancelled
        assert values(mail.calendar, 'METHOD') == ['CANCEL'] and shown.attendees == [f'mailto:{mail.recipient}']
        before = [item(m) for m in life.all(mail.recipient.split('@')[0].upper()) if item(m).stamp < shown.stamp][-1]
        assert shown.sequence > before.sequence and shown.organizer == before.organizer


def test_point_53_who_leaves_and_who_comes(life):
    assert [(w, m.method) for w, m in life.removed.items()] == [('TM1', 'CANCEL')], 'nothing that others see has changed'
    assert [(w, m.method) for w, m in life.added.items()] == [('TM2', 'REQUEST')]
    uid = item(life.hold['SW1']).identity.removeprefix('vCal-Uid:')
    assert item(life.added['TM2']).sequence == int(events(life.feeds['added'])[uid]['SEQUENCE']), 'the sequence as it is'
    assert life.returned['TM1'].method == 'REQUEST'
    assert google_updates(item(life.returned['TM1']), item(life.removed['TM1'])), 'higher than the cancellation'


def test_point_54_cancelled_and_valid_again(life):
    assert set(life.ended) == set(life.again) >= {'SW1', 'CHAIR'}
    for whom, mail in life.again.items():
        assert mail.method == 'REQUEST' and google_updates(item(mail), item(life.ended[whom]))
        assert item(mail).identity == item(life.ended[whom]).identity


def test_point_54_a_record_that_comes_back(authority):
    child = authority.child('SW1')
    first, = happens(authority)
    authority.withdraw(child)
    cancel, = happens(authority)
    authority.bring_back(child)
    again, = happens(authority)
    assert [m.method for m in (first, cancel, again)] == ['REQUEST', 'CANCEL', 'REQUEST']
    assert len({item(m).identity for m in (first, cancel, again)}) == 1
    assert item(first).sequence < item(cancel).sequence < item(again).sequence


def test_point_55_two_changes_in_the_quiet_period_are_one_mail(server, tmp_path):
    with Authority(server, tmp_path, quiet_period='3600 seconds') as authority:
        begin(authority)
        child = authority.child('SW1')
        first, = happens(authority)
        for started in '2024-03-27', '2024-03-26':
            authority.move(child, datetime.date.fromisoformat(started))
            assert happens(authority) == []
        authority.store.ask("UPDATE timely.outbox SET not_before = now() WHERE state = 'due'")
        last, = happens(authority)
        assert is_newer(item(last), item(first)) and item(last).starts == authority.due(child)


def test_point_56_in_order_and_without_the_overtaken(authority):
    child = authority.child('SW1')
    happens(authority)
    for started in '2024-03-27', '2024-03-26', '2024-03-25':
        authority.move(child, datetime.date.fromisoformat(started))
        authority.round('reconcile')
        authority.now += datetime.timedelta(minutes=1)
    mail, = happens(authority)
    assert item(mail).starts == authority.due(child)
    states = [state for state, in authority.store.ask('SELECT state FROM timely.outbox ORDER BY message_id')]
    assert states == ['sent', 'superseded', 'superseded', 'sent']


@pytest.mark.parametrize('booked', [False, True])
def test_point_57_nothing_that_is_over_is_invited_to(authority, booked):
    child = authority.child('SW1', started=datetime.date(2024, 2, 1))
    if booked:
        authority.book(child, Meeting('M', START - datetime.timedelta(hours=2)))
    assert [m for m in happens(authority) if m.method] == []


def test_point_57_what_is_over_before_it_could_leave(authority):
    child = authority.child('SW1', started=datetime.date(2024, 3, 28))
    authority.book(child, Meeting('M', authority.now + datetime.timedelta(hours=1)))
    authority.round('reconcile')
    assert authority.store.one("SELECT count(*) FROM timely.outbox WHERE kind = 'invite'") == 2
    authority.now += datetime.timedelta(days=1)
    assert [m for m in happens(authority) if m.method] == []


@pytest.mark.parametrize('booked', [False, True])
def test_point_57_a_correction_into_the_past_is_told_by_mail(authority, booked):
    child = authority.child('SW1', started=datetime.date(2024, 3, 28))
    meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10))
    if booked:
        authority.book(child, meeting)
    happens(authority)
    if booked:
        meeting.at = datetime.datetime(2024, 4, 1, 10)
        authority.rearrange(meeting)
    else:
        authority.move(child, datetime.date(2024, 2, 20))
    mails = [m for m in happens(authority) if m.recipient == 'sw1@council.example']
    assert sorted(m.method or 'mail' for m in mails) == ['CANCEL', 'mail']
    words, = [' '.join(m.message.get_body(('plain',)).get_content().split()) for m in mails if not m.method]
    assert ('Monday 1 April 2024' if booked else 'Tuesday 12 March 2024') in words and 'REF-' in words
    assert happens(authority) == [], 'once'
    meeting.at = datetime.datetime(2024, 4, 22, 10)  # and forward again
    if booked:
        authority.rearrange(meeting)
    else:
        authority.move(child, datetime.date(2024, 4, 1))
    again, = [m for m in happens(authority) if m.recipient == 'sw1@council.example' and m.method]
    assert again.method == 'REQUEST' and item(again).sequence > max(item(m).sequence for m in mails if m.method)


# ------------------------------------------------------------------------------ C8: for administrators

def test_point_65_an_administrator_tries_whether_invites_arrive(authority):
    child = authority.child('SW1')
    real, = happens(authority)
    authority.store.name_itself()
    set_clock(authority.store, '2024-03-28 16:30')  # the next working day is after Easter
    said = timely(authority.store, 'outbox', 'test-invite', 'ivy.hart@council.example')
    assert said == 'ivy.hart@council.example is invited to a test on Tuesday 2 April 2024, 10:00.\n'
    timely(authority.store, 'outbox', 'test-invite', 'ivy.hart@council.example')
    first, second = happens(authority)
    for mail in first, second:
        method, shown = exchange(mail.message, 'ivy.hart@council.example')
        assert method == 'REQUEST' and google_adds(mail.message, 'ivy.hart@council.example')
        assert shown.starts == datetime.datetime(2024, 4, 2, 9, tzinfo=UTC) and shown.title == 'Test of invites' and shown.private
        assert [p.get_content_type() for p in mail.message.walk()] == [p.get_content_type() for p in real.message.walk()]
        assert mail.message['From'] == real.message['From'] and child.key not in words_of(mail)
    assert item(first).identity != item(second).identity, 'or the second would be taken for the first again'
    assert authority.store.one("SELECT count(*) FROM timely.audit WHERE what = 'invite.tried' AND detail LIKE 'by %'") == 2


@pytest.mark.parametrize('address, status, why', [
    ('ivy.hart@elsewhere.example', 1, 'is in none of the domains under "allowed domains"'), ('ivy hart', 2, 'expected a mail address'),
    ('timely@council.example', 2, 'ORGANIZER')])
def test_point_65_a_test_invite_goes_nowhere_else(authority, address, status, why):
    authority.store.name_itself()
    assert why in timely(authority.store, 'outbox', 'test-invite', address, status=status)
    assert authority.store.ask('SELECT 1 FROM timely.outbox') == []


# ------------------------------------------------------------------------------ booked too late

@pytest.mark.parametrize('days, late', [(0, False), (1, True)])
def test_point_46_an_invite_says_that_its_meeting_is_too_late(authority, days, late):
    child = authority.child('SW1', started=datetime.date(2024, 3, 28))  # due on Monday 22 April
    happens(authority)
    authority.book(child, Meeting('M', datetime.datetime(2024, 4, 22 + days, 10)))
    for mail in (m for m in happens(authority) if m.method):
        event, = icalendar.Calendar.from_ical(mail.calendar).walk('VEVENT')
        for words in words_of(mail), mail.message.get_body(('html',)).get_content(), ' '.join(event['DESCRIPTION'].split()):
            assert ('It is booked after the last day in timescale, Monday 22 April 2024.' in words) == late
        assert item(mail).title == f'ICPC REF-{child.key}', 'whose title is neutral all the same'
        assert 'timescale' not in mail.message['Subject']


def test_point_46_a_last_day_is_not_asked_about(authority):
    """Neither where it moved nor where a booking was cancelled; only the one says that it moved."""
    child = authority.child('SW1')
    happens(authority)
    authority.move(child, datetime.date(2024, 3, 27))
    mail, = (m for m in happens(authority) if m.method)
    assert 'calendar shows: the last day has moved. You need not answer.' in words_of(mail) and 'ccept' not in words_of(mail)
    authority.book(child, Meeting('M', datetime.datetime(2024, 4, 16, 10)))
    happens(authority)
    authority.unbook(child)
    mail, = (m for m in happens(authority) if m.method and m.recipient.startswith('sw1') and 'not booked yet' in words_of(m))
    assert 'has moved' not in words_of(mail) and 'ccept' not in words_of(mail) and 'You need not answer.' in words_of(mail)


# ------------------------------------------------------------------------------ who sees whom

def test_points_41_46_each_copy_names_only_whom_its_reader_may_see(authority):
    first, second = authority.child('SW1', 'F', 'A'), authority.child('SW2', 'F', 'B')
    happens(authority)
    meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10))
    authority.book(first, meeting, 'CHAIR', ['TM1'])
    authority.book(second, meeting, 'CHAIR', ['TM2'])
    mails = {m.recipient.split('@')[0].upper(): m for m in happens(authority) if m.method == 'REQUEST'}
    assert {whom: item(m).title for whom, m in mails.items()} == {
        'SW1': 'ICPC REF-A', 'SW2': 'ICPC REF-B', 'TM1': 'ICPC REF-A', 'TM2': 'ICPC REF-B', 'CHAIR': 'ICPC REF-A, REF-B'}
    for whom, hidden in [('SW1', 'REF-B'), ('TM1', 'REF-B'), ('SW2', 'REF-A'), ('TM2', 'REF-A')]:
        assert hidden not in lines(mails[whom].calendar).__str__() and hidden not in str(mails[whom].message['Subject'])
        assert hidden not in mails[whom].message.get_body(('plain',)).get_content()
    authority.unbook(first)  # whose deadline gave the meeting its UID
    after = {(m.recipient.split('@')[0].upper(), m.method): m for m in happens(authority)}
    assert ('TM1', 'CANCEL') in after and ('CHAIR', 'REQUEST') in after
    assert item(after['CHAIR', 'REQUEST']).title == 'ICPC REF-B'
    assert not any(whom in ('SW2', 'TM2') for whom, _ in after), 'they saw nothing of it'


@pytest.mark.parametrize('told', ['A', 'B'])
def test_points_51_55_one_meeting_with_two_times_is_at_the_one_told_last(authority, told):
    children = {key: authority.child('SW1', 'F', key) for key in 'AB'}
    meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10))
    for child in children.values():
        authority.book(child, meeting)
    happens(authority)
    meeting.at = datetime.datetime(2024, 4, 19, 14)
    authority.rearrange(meeting, [children[told]])
    assert {item(m).starts.hour for m in happens(authority)} == {13}, 'in UTC'
    for keys in 'A', 'B', 'AB':
        for key in keys:
            authority.fact(key, 'contact-received')  # looked at again, and again no mail
        assert happens(authority) == []


def test_points_52_a_cancellation_tells_no_more_than_it_must(life):
    for mail in [*life.removed.values(), *life.ended.values()]:
        event, = icalendar.Calendar.from_ical(mail.calendar).walk('VEVENT')
        assert not {'DESCRIPTION', 'LOCATION', 'URL'} & set(event)
        assert 'Civic' not in mail.message.get_body(('plain',)).get_content()


def allocate(authority, child, **roles):
    for role, who in roles.items():
        authority.fact(child.key, 'involved', at=datetime.datetime(2024, 1, 8), code=role, who=who)


def booked_for(authority, child, kind, meeting, who=None):
    authority.fact(child.key, 'meeting-booked', code=kind, meeting=meeting, who=who, scheduled_at=datetime.datetime(2024, 4, 18, 10))


@pytest.mark.parametrize('kind, who, invited', [('icpc', None, 'CHAIR'), ('icpc', 'TM1', 'TM1'), ('cla_review', None, 'CM'),
                                                ('cla_review', 'TM1', 'TM1')])
def test_points_41_53_who_chairs_is_invited_though_the_booking_does_not_say_who(authority, kind, who, invited):
    child = authority.child('SW1', case_ref='REF-C', restricted=True)
    authority.fact(child.key, 'care-started', at=datetime.datetime(2024, 3, 28))
    happens(authority)
    allocate(authority, child, chair='CHAIR', iro='CM')
    booked_for(authority, child, kind, 'M', who)
    mails = {m.recipient.split('@')[0].upper(): m for m in happens(authority) if m.method == 'REQUEST'}
    assert set(mails) == {'SW1', invited} and item(mails[invited]).title.endswith(' REF-C')


def test_points_41_46_each_chair_sees_their_own_child(authority):
    first, second = authority.child('SW1', 'F', 'A'), authority.child('SW2', 'F', 'B', restricted=True)
    happens(authority)
    allocate(authority, first, chair='CHAIR')
    allocate(authority, second, chair='CM')
    for child in first, second:
        booked_for(authority, child, 'icpc', 'M')
    titles = {m.recipient.split('@')[0].upper(): item(m).title for m in happens(authority) if m.method == 'REQUEST'}
    assert titles == {'SW1': 'ICPC REF-A', 'CHAIR': 'ICPC REF-A', 'SW2': 'ICPC REF-B', 'CM': 'ICPC REF-B'}
    allocate(authority, first, chair='TM1')  # another chair takes over
    after = {m.recipient.split('@')[0].upper(): m.method for m in happens(authority)}
    assert after == {'CHAIR': 'CANCEL', 'TM1': 'REQUEST'}


# ------------------------------------------------------------------------------ what was never shown

def words_of(mail):
    return ' '.join(mail.message.get_body(('plain',)).get_content().split())


def brother_and_sister(authority, workers=('SW1', 'SW2')):
    """In one meeting, to which everybody is invited; the sister's conference is due on Monday 22 April, the brother's a
    day later."""
    sister = authority.child(workers[0], 'F', 'B', started=datetime.date(2024, 3, 28))
    brother = authority.child(workers[1], 'F', 'A', started=datetime.date(2024, 4, 2))
    happens(authority)
    meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10))
    for child in brother, sister:
        authority.book(child, meeting, 'CHAIR')
    return brother, sister, meeting, happens(authority)


def test_points_52_55_a_cancellation_is_of_what_was_shown(authority):
    brother, sister, meeting, invited = brother_and_sister(authority)
    shown, = [item(m) for m in invited if m.recipient == 'chair@council.example']
    assert shown.title == 'ICPC REF-A, REF-B'
    meeting.at = datetime.datetime(2024, 4, 19, 14)
    brother.chair = sister.chair = 'CM'
    authority.rearrange(meeting)
    authority.withdraw(sister)
    mails = {m.recipient.split('@')[0].upper(): m for m in happens(authority)}
    cancel = mails['CHAIR']
    assert cancel.method == 'CANCEL' and cancel.message['Subject'] == 'Cancelled: ICPC, Thursday 18 April 2024, 10:00'
    assert item(cancel).starts == shown.starts and item(cancel).title == 'ICPC'
    assert '19 April' not in words_of(cancel) and 'REF' not in words_of(cancel)
    for whom, kind in ('SW2', 'Changed'), ('CM', 'Invitation'):
        assert words_of(mails[whom]).startswith(kind) and 'Due by Tuesday 23 April 2024' in words_of(mails[whom])
        assert '15 working days after' in words_of(mails[whom]) and item(mails[whom]).title == 'ICPC REF-A'


@pytest.mark.parametrize('booked', [False, True])
def test_points_52_55_what_never_left_is_neither_changed_nor_cancelled(authority, booked):
    child = authority.child('SW1')
    if booked:
        authority.book(child, Meeting('M', datetime.datetime(2024, 4, 18, 10)))
    authority.round('reconcile')
    authority.now += datetime.timedelta(minutes=1)
    if booked:
        child.meeting.at = datetime.datetime(2024, 4, 19, 14)
        authority.rearrange(child.meeting)
    else:
        authority.move(child, datetime.date(2024, 4, 1))
    mails = happens(authority)
    assert {m.recipient for m in mails} == {'sw1@council.example', *(['chair@council.example'] if booked else [])}
    assert all(m.message['Subject'].startswith('Invitation: ' if booked else 'Please hold: ') for m in mails)
    assert all('replaces' not in words_of(m) for m in mails)


def test_points_46_55_a_mail_says_the_first_due_day_of_those_whom_its_reader_may_see(authority):
    brother, sister, meeting, invited = brother_and_sister(authority)
    due = {m.recipient: re.search(r'Due by \w+ (\d+ \w+)', words_of(m))[1] for m in invited if m.method == 'REQUEST'}
    assert due == {'sw1@council.example': '22 April', 'sw2@council.example': '23 April', 'chair@council.example': '22 April'}
    meeting.at = datetime.datetime(2024, 4, 17, 14)
    authority.rearrange(meeting)
    authority.move(sister, brother.started)  # in the same reading, and she is looked at after him
    for mail in happens(authority):
        assert 'Due by Tuesday 23 April 2024' in words_of(mail) and '22 April' not in words_of(mail)


@pytest.mark.parametrize('theirs', [False, True])
def test_points_53_57_meetings_that_others_invite_to(server, tmp_path, theirs):
    with Authority(server, tmp_path, meeting_invites='theirs' if theirs else 'ours') as authority:
        begin(authority)
        child = authority.child('SW1')
        happens(authority)
        authority.book(child, Meeting('M', datetime.datetime(2024, 4, 18, 10)))
        mails = {m.recipient: m.method for m in happens(authority)}
        assert mails == ({'sw1@council.example': 'CANCEL'} if theirs
                         else {'sw1@council.example': 'REQUEST', 'chair@council.example': 'REQUEST'})


def test_point_70_an_invite_that_cannot_be_made_is_told_to_the_operator(authority):
    child = authority.child('SW1')
    happens(authority)
    authority.book(child, Meeting('M', datetime.datetime(2199, 12, 31, 23, 30)))  # its end is a day that calendars do not show
    mails = happens(authority)
    assert {m.recipient for m in mails if 'was not sent' in m.message['Subject']} == {'operator@council.example'}
    assert not [m for m in mails if m.method], 'nothing of it leaves'
    assert authority.store.ask("SELECT staff_id FROM timely.invite_holder WHERE staff_id = 'CHAIR'") == [], 'and nobody holds it'


def test_point_69_the_life_as_a_receiver_keeps_it(life):
    for forgetful in False, True:
        kept = Calendar(forgetful)
        for mail in life.all('SW1'):
            kept.take(mail.method, mail.calendar)
        entry, = kept.live().values()
        assert entry.starts == datetime.datetime(2024, 4, 19, 14) and outlook.imported(life.again['SW1'].calendar)


# ------------------------------------------------------------------------------ what is kept back

# In the hour that clocks leave out it begins after it ends, which no calendar shows.
IMPOSSIBLE = datetime.datetime(2025, 3, 30, 1, 30), datetime.datetime(2025, 3, 30, 2)


def operators(mails):
    return [words_of(m) for m in mails if m.recipient == 'operator@council.example']


def test_an_invite_that_is_kept_back_is_told_to_the_operator_once_and_tried_again(authority):
    child = authority.child('SW1', key='K', started=datetime.date(2024, 3, 28))
    happens(authority)
    meeting = Meeting('M', *IMPOSSIBLE)
    authority.book(child, meeting)
    told = operators(happens(authority))
    chairs, = [t for t in told if 'The invite for CHAIR ' in t]
    assert 'person K: Initial child protection conference, due 2024-04-22, calendar entry ' in chairs
    assert 'tried again whenever the child is looked at' in chairs
    authority.fact('K', 'contact-received')
    assert happens(authority) == []
    meeting.at = datetime.datetime(2024, 4, 18, 10)
    meeting.ends = None
    authority.rearrange(meeting)
    assert {m.recipient.split('@')[0] for m in happens(authority)} == {'sw1', 'chair'}


def test_an_update_that_is_kept_back_leaves_what_was_shown_and_says_so(authority):
    child = authority.child('SW1', key='K', started=datetime.date(2024, 3, 28))
    meeting = Meeting('M', datetime.datetime(2024, 4, 18, 10))
    authority.book(child, meeting)
    happens(authority)
    meeting.at, meeting.ends = IMPOSSIBLE
    authority.rearrange(meeting)
    told = operators(happens(authority))
    assert len(told) == 2 and all('Their calendar shows what it showed before. It is tried again when the meeting changes.' in t
                                  and 'whenever' not in t for t in told)
    authority.fact('K', 'contact-received')
    assert happens(authority) == []


def test_a_cancellation_that_is_kept_back_is_asked_for(authority):
    """Who was invited under an address that is the service's own since."""
    child = authority.child('SW1', key='K', started=datetime.date(2024, 3, 28))
    authority.book(child, Meeting('M', datetime.datetime(2024, 4, 18, 10)))
    happens(authority)
    authority.store.ask("UPDATE timely.invite_holder SET email = 'timely@council.example' WHERE staff_id = 'CHAIR'")
    authority.unbook(child)
    told, = operators(happens(authority))
    assert 'The cancellation for CHAIR was kept back' in told
    assert 'It is not tried again: please ask them to take the entry out of their calendar.' in told
