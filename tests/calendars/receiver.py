"""The calendar of somebody who gets invites by mail, as RFC 5546 tells receivers to keep it (2.1.5 and 3.2).

An entry is known by its UID. Of two messages about it the one with the higher SEQUENCE is newer; with the same SEQUENCE
the later DTSTAMP; the same of both is the same message again and changes nothing.

Receivers differ in what they remember of an entry that is no more: one that keeps its number takes mails in any order;
a `forgetful` one deletes it, as Outlook may, and knows nothing of it when the next mail comes.
"""
from collections import namedtuple

import icalendar

Entry = namedtuple('Entry', 'sequence stamp live starts place ends summary')


class Calendar:
    def __init__(self, forgetful=False):
        self.entries = {}
        self.forgetful = forgetful
        self.stale = 0  # messages that came after a newer one, or again

    def take(self, method, calendar):
        event, = icalendar.Calendar.from_ical(calendar).walk('VEVENT')
        uid, sequence, stamp = str(event['UID']), int(event['SEQUENCE']), event['DTSTAMP'].dt
        known = self.entries.get(uid)
        if known and (sequence, stamp) <= (known.sequence, known.stamp):
            self.stale += 1
            return
        assert method in ('REQUEST', 'CANCEL'), method
        if method == 'CANCEL' and self.forgetful:
            self.entries.pop(uid, None)
            return
        self.entries[uid] = Entry(sequence, stamp, method == 'REQUEST', civil(event['DTSTART'].dt),
                                  str(event.get('LOCATION', '')), civil(event['DTEND'].dt), str(event['SUMMARY']))

    def live(self):
        return {uid: entry for uid, entry in self.entries.items() if entry.live}


def civil(when):
    return when.replace(tzinfo=None) if hasattr(when, 'hour') else when


def calendars(received):
    """By recipient, from mails in the order in which they came."""
    kept = {}
    for mail in received:
        if mail.calendar:
            kept.setdefault(mail.recipient, Calendar()).take(mail.method, mail.calendar)
    return kept
