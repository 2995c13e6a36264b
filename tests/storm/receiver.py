"""The calendar of somebody who gets invites by mail, as RFC 5546 tells receivers to keep it (2.1.5 and 3.2).

An entry is known by its UID. Of two messages about it the one with the higher SEQUENCE is newer; with the same SEQUENCE
the later DTSTAMP; the same of both is the same message again and changes nothing.
"""
from collections import namedtuple

import icalendar

Entry = namedtuple('Entry', 'sequence stamp live starts place')


class Calendar:
    def __init__(self):
        self.entries = {}
        self.stale = 0  # messages that came after a newer one, or again

    def take(self, method, calendar):
        event, = icalendar.Calendar.from_ical(calendar).walk('VEVENT')
        uid, sequence, stamp = str(event['UID']), int(event['SEQUENCE']), event['DTSTAMP'].dt
        known = self.entries.get(uid)
        if known and (sequence, stamp) <= (known.sequence, known.stamp):
            self.stale += 1
            return
        assert method in ('REQUEST', 'CANCEL'), method
        if method == 'CANCEL' and not known:
            return  # of something that this calendar never had
        starts = event['DTSTART'].dt
        self.entries[uid] = Entry(sequence, stamp, method == 'REQUEST',
                                  starts.replace(tzinfo=None) if hasattr(starts, 'hour') else starts,
                                  str(event.get('LOCATION', '')))

    def live(self):
        return {uid: entry for uid, entry in self.entries.items() if entry.live}


def calendars(received):
    """By recipient, from mails in the order in which they came."""
    kept = {}
    for mail in received:
        if mail.calendar:
            kept.setdefault(mail.recipient, Calendar()).take(mail.method, mail.calendar)
    return kept
