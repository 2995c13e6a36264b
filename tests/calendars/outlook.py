"""What Outlook, Exchange and Google make of our bytes, by the rules that they publish: MS-OXCICAL for the import of a
calendar, MS-STANOICAL and MS-OXOCAL for messages. Models to test against, not calendars: what a rule ignores is ignored here
too, and what it cannot use is not shown.
"""
import datetime
from collections import namedtuple

import icalendar

UTC = datetime.timezone.utc
WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
EXCHANGE_UID = '040000008200e000'

Item = namedtuple('Item', 'identity method title starts ends all_day busy alarm sequence stamp cancelled private'
                          ' organizer attendees')


class NotShown(Exception):
    """Outlook would show nothing, or something else than was meant."""


# ------------------------------------------------------------------------------ time zones (2.1.3.1.1.19)

def ordinal_day(year, month, weekday, ordinal):
    first = datetime.date(year, month, 1)
    days = [first + datetime.timedelta(n) for n in range(31)]
    days = [d for d in days if d.month == month and d.weekday() == weekday]
    return days[ordinal if ordinal < 0 else ordinal - 1]


class Observance:
    """One STANDARD or DAYLIGHT: when it begins each year, and the offset that holds from then on."""

    def __init__(self, part):
        for name in ('DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO'):
            if name not in part:
                raise NotShown(f'{part.name} without {name}')
        rule = part.get('RRULE')
        if rule is None or isinstance(rule, list) or 'RDATE' in part:
            raise NotShown(f'{part.name} without exactly one rule')
        if rule['FREQ'] != ['YEARLY'] or len(rule.get('BYMONTH', [])) != 1 or len(rule.get('BYDAY', [])) != 1:
            raise NotShown(f'{part.name} whose rule is not yearly on one day')
        by_day = str(rule['BYDAY'][0])
        self.month, self.weekday, self.ordinal = int(rule['BYMONTH'][0]), WEEKDAYS.index(by_day[-2:]), int(by_day[:-2])
        self.time = part['DTSTART'].dt.time()
        self.before, self.after = part['TZOFFSETFROM'].td, part['TZOFFSETTO'].td

    def begins(self, year):
        """In UTC."""
        local = datetime.datetime.combine(ordinal_day(year, self.month, self.weekday, self.ordinal), self.time)
        return local - self.before


class Zone:
    def __init__(self, component):
        parts = {name: [p for p in component.subcomponents if p.name == name] for name in ('STANDARD', 'DAYLIGHT')}
        if any(len(found) != 1 for found in parts.values()):
            raise NotShown('a VTIMEZONE without one STANDARD and one DAYLIGHT')
        self.standard, self.daylight = (Observance(parts[name][0]) for name in ('STANDARD', 'DAYLIGHT'))

    def offset(self, instant):
        """At a naive instant of UTC."""
        summer = self.daylight.begins(instant.year) <= instant < self.standard.begins(instant.year)
        return self.daylight.after if summer else self.standard.after

    def instant(self, local):
        """The first instant that has this civil time."""
        for offset in sorted((self.daylight.after, self.standard.after), reverse=True):
            if self.offset(local - offset) == offset:
                return local - offset
        return local - self.standard.after  # the hour that does not exist


# ------------------------------------------------------------------------------ import (2.1.3.1.1)

def imported(data):
    """The items of a file or of a message's part."""
    calendar, *_ = icalendar.Calendar.from_ical(data, multiple=True)  # it reads no second one
    zones = {str(z['TZID']): Zone(z) for z in calendar.walk('VTIMEZONE')}
    return [item_of(event, str(calendar.get('METHOD', 'PUBLISH')), zones) for event in calendar.walk('VEVENT')]


def item_of(event, method, zones):
    start, end = event['DTSTART'], event['DTEND']
    all_day = not isinstance(start.dt, datetime.datetime)
    uid = str(event['UID'])
    sequence = event.get('X-MICROSOFT-CDO-APPT-SEQUENCE', event.get('SEQUENCE', 0))
    return Item(
        identity=uid if uid.lower().startswith(EXCHANGE_UID) else f'vCal-Uid:{uid}', method=method,
        title=str(event.get('SUMMARY', ''))[:255], starts=instant_of(start, zones), ends=instant_of(end, zones),
        all_day=all_day, busy=busy_status(event, all_day), alarm=alarm_of(event), sequence=int(sequence),
        stamp=event['DTSTAMP'].dt, cancelled=str(event.get('STATUS')) == 'CANCELLED',
        private=str(event.get('CLASS')) == 'PRIVATE', organizer=str(event.get('ORGANIZER', '')),
        attendees=addresses(event))


def addresses(event):
    found = event.get('ATTENDEE', [])
    return [str(a) for a in (found if isinstance(found, list) else [found])]


def instant_of(prop, zones):
    """A day, or an instant in UTC."""
    if not isinstance(prop.dt, datetime.datetime):
        return prop.dt
    tzid = prop.params.get('TZID')
    if tzid is None:
        if prop.dt.tzinfo is None:
            raise NotShown('a floating time')
        return prop.dt.astimezone(UTC)
    if tzid not in zones:
        raise NotShown(f'{tzid} without its VTIMEZONE')
    return zones[tzid].instant(prop.dt.replace(tzinfo=None)).replace(tzinfo=UTC)


def busy_status(event, all_day):
    said = event.get('X-MICROSOFT-CDO-BUSYSTATUS')
    if said is not None:
        return str(said)
    return 'FREE' if str(event.get('TRANSP')) == 'TRANSPARENT' or all_day and 'TRANSP' not in event else 'BUSY'


def alarm_of(event):
    """Minutes before the start; None for no reminder. Only the first is read, and what cannot be is 15 minutes."""
    for alarm in event.walk('VALARM'):
        trigger = alarm['TRIGGER'].dt
        return int(-trigger.total_seconds() // 60) if isinstance(trigger, datetime.timedelta) and trigger.days < 0 else 15
    return None


# ------------------------------------------------------------------------------ messages

def calendar_part(message):
    """Where Exchange looks (MS-STANOICAL 2.2): text/calendar itself, one of the alternatives, or the first child of a
    multipart/mixed. None: it would be an attachment."""
    kind = message.get_content_type()
    if kind == 'text/calendar':
        return message if (message.get_param('method') or '').upper() in ('REQUEST', 'REPLY', 'CANCEL', 'COUNTER') else None
    children = list(message.iter_parts()) if message.is_multipart() else []
    if kind == 'multipart/mixed':
        return calendar_part(children[0]) if children else None
    if kind == 'multipart/alternative':
        return next((found for found in map(calendar_part, children) if found), None)
    return None


def exchange(message, mailbox):
    """What the calendar attendant does for a mailbox: (method, item). The calendar's own METHOD wins."""
    part = calendar_part(message)
    if part is None:
        raise NotShown('an attachment')
    item, = imported(part.get_payload(decode=True))
    if item.organizer.lower() == f'mailto:{mailbox}':
        raise NotShown('a meeting of the mailbox itself')
    return item.method, item


def is_newer(item, known):
    """MS-OXOCAL 3.1.5.2: an older SEQUENCE is dropped, and of the same one an earlier DTSTAMP."""
    return known is None or (item.sequence, item.stamp) > (known.sequence, known.stamp)


def google_adds(message, mailbox):
    """It adds what is addressed in To, and names the mailbox as ATTENDEE."""
    in_to = [a.addr_spec.lower() for a in message['To'].addresses]
    _, item = exchange(message, mailbox)
    return mailbox in in_to and f'mailto:{mailbox}' in [a.lower() for a in item.attendees]


def google_updates(item, known):
    """Lower and equal sequences change nothing."""
    return item.sequence > known.sequence
