"""An authority whose facts are rows that a test writes, and the daemon's own rounds over them, one at a time: reconcile,
which plans and records invites, and deliver, which composes and hands them over.

The case database is one table behind the views of the fact contract. Beside it stands what is so (Child, Meeting), from
which the test can tell by itself whose calendar should show what.
"""
import datetime
import email
import email.policy
import itertools
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests' / 'support'), str(ROOT / 'tests' / 'run')]

from telling import Server  # noqa: E402 (found through the line above)

SOURCE = """
CREATE SCHEMA timely_source;
CREATE TABLE timely_source.fact (person_id text, kind text, ref text, at timestamp, precise boolean DEFAULT false,
    until timestamp, episode text, meeting text, code text, who text, origin text DEFAULT 'cases', recorded_at timestamp,
    scheduled_at timestamp, ends_at timestamp, place text, url text, attendees text);
CREATE TABLE timely_source.person (person_id text, family text, display_name text, initials text, case_ref text,
    restricted boolean DEFAULT false);
CREATE VIEW timely_source.watched AS SELECT NULL::text AS table_name, NULL::bigint AS filenode, NULL::text AS leans_on
    WHERE false;
"""
START = datetime.datetime(2024, 4, 2, 9)
HOUR = datetime.timedelta(hours=1)


@dataclass
class Meeting:
    key: str
    at: datetime.datetime
    ends: datetime.datetime = None
    place: str = None

    def end(self):
        return self.ends or self.at + HOUR


@dataclass
class Child:
    key: str
    worker: str
    started: datetime.date
    meeting: Meeting = None
    chair: str = 'CHAIR'
    attendees: tuple = ()
    closed: str = ''  # 'ended', or 'withdrawn'
    bookings: dict = field(default_factory=dict)  # fact of each meeting, by its key

    def named(self):
        """Who sees the child in a meeting's invite."""
        return {self.worker, self.chair, *self.attendees} if self.meeting else {self.worker}


class Mail:
    def __init__(self, data):
        self.data = data
        self.message = email.message_from_bytes(data, policy=email.policy.default)
        self.recipient = self.message['To'].addresses[0].addr_spec
        self.method = self.calendar = None
        for part in self.message.walk():
            if part.get_content_type() == 'text/calendar':
                self.method, self.calendar = part.get_param('method'), part.get_payload(decode=True)


def day(moment):
    return datetime.datetime.combine(moment, datetime.time())


class Authority:
    """On a database of its own of the server. `now` moves only as it is told."""
    numbers = itertools.count(1)

    def __init__(self, server, folder, **settings):
        self.store = server.store(folder)
        self.store.configure(**{'delivery': 'live', 'allowed_domains': 'council.example', 'quiet_period': '0 seconds',
                                'give_up_after': '30 days', **settings})
        self.store.pg.psql(SOURCE, database=self.store.name)
        self.now = START
        self.children = {}
        self.driver = None
        self.taken = set()

    def __enter__(self):
        self.driver = subprocess.Popen(
            self.store.command('rounds', self.text(), self.store.pg.conninfo(self.store.name)), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        _, errors = self.driver.communicate(timeout=60)
        assert self.driver.returncode == 0 and 'Sanitizer' not in errors and 'runtime error' not in errors, errors

    def text(self):
        return self.now.strftime('%Y-%m-%dT%H:%M')

    def round(self, *what):
        """What the rounds print, in lines."""
        said = []
        for name in what:
            self.driver.stdin.write(f'{name} {self.text()}\n')
            self.driver.stdin.flush()
            for line in self.driver.stdout:
                if line == 'done\n':
                    break
                said.append(line.strip())
            else:
                raise AssertionError(self.driver.communicate()[1])
        return said

    def settle(self):
        """One reading and everything that follows from it."""
        return self.round('reconcile', 'deliver')

    def mails(self):
        """Those that came since the last time, in their order."""
        new = [file for file in (self.store.maildir / 'new').glob('*') if file not in self.taken] \
            if self.store.maildir.exists() else []
        self.taken.update(new)
        new.sort(key=lambda file: (file.stat().st_mtime_ns, file.name))
        return [Mail(file.read_bytes()) for file in new]

    # ------------------------------------------------------------------------------ facts

    def fact(self, person, kind, ref=None, at=None, **columns):
        columns = {'person_id': person, 'kind': kind, 'ref': ref or f'F{next(self.numbers):06}', 'at': at or day(self.now.date()),
                   'recorded_at': self.recorded(), **columns}
        names = ', '.join(columns)
        self.store.ask(f'INSERT INTO timely_source.fact ({names}) VALUES ({", ".join(["%s"] * len(columns))})',
                       list(columns.values()))
        return columns['ref']

    def recorded(self):
        """Each later than the one before."""
        return self.now + datetime.timedelta(microseconds=next(self.numbers))

    def amend(self, ref, **columns):
        pairs = ', '.join(f'{name} = %s' for name in columns)
        self.store.ask(f'UPDATE timely_source.fact SET {pairs} WHERE ref = %s', [*columns.values(), ref])

    def strike(self, ref):
        self.store.ask('DELETE FROM timely_source.fact WHERE ref = %s', (ref,))

    # ------------------------------------------------------------------------------ what happens

    def child(self, worker='SW1', family=None, key=None, started=None, **columns):
        """With an open enquiry, whose conference is due after 15 working days."""
        key = key or f'K{next(self.numbers)}'
        child = Child(key, worker, started or self.now.date())
        columns = {'person_id': key, 'family': family, 'case_ref': f'REF-{key}', 'display_name': f'Zebedee {key}', **columns}
        names = ', '.join(columns)
        self.store.ask(f'INSERT INTO timely_source.person ({names}) VALUES ({", ".join(["%s"] * len(columns))})',
                       list(columns.values()))
        self.fact(key, 'involved', f'I-{key}', day(datetime.date(2023, 6, 1)), code='social-worker', who=worker, episode='T1')
        self.enquire(child)
        self.children[key] = child
        return child

    def enquire(self, child):
        self.fact(child.key, 's47-started', f'E-{child.key}', day(child.started), episode=f'E-{child.key}')

    def move(self, child, started):
        child.started = started
        self.amend(f'E-{child.key}', at=day(started))

    def withdraw(self, child):
        child.closed = 'withdrawn'
        self.strike(f'E-{child.key}')

    def end(self, child):
        child.closed = 'ended'
        self.fact(child.key, 's47-ended', f'X-{child.key}', episode=f'E-{child.key}', code='no-conference')

    def bring_back(self, child):
        if child.closed == 'ended':
            self.strike(f'X-{child.key}')
        else:
            self.enquire(child)
        child.closed = ''

    def give(self, child, worker):
        child.worker = worker
        self.amend(f'I-{child.key}', who=worker)

    def book(self, child, meeting, chair='CHAIR', attendees=()):
        """The child is in this meeting, and in no other."""
        self.unbook(child)
        child.meeting, child.chair, child.attendees = meeting, chair, tuple(attendees)
        child.bookings[meeting.key] = self.fact(
            child.key, 'meeting-booked', code='icpc', meeting=meeting.key, who=chair, scheduled_at=meeting.at,
            ends_at=meeting.ends, place=meeting.place, attendees=' '.join(attendees) or None)

    def unbook(self, child):
        if child.meeting:
            self.strike(child.bookings.pop(child.meeting.key))
            child.meeting = None

    def rearrange(self, meeting, children=None):
        """The rows of everybody in it, or of these alone, say what is so now."""
        for child in children or [c for c in self.children.values() if c.meeting is meeting]:
            self.amend(child.bookings[meeting.key], scheduled_at=meeting.at, ends_at=meeting.ends, place=meeting.place,
                       who=child.chair, attendees=' '.join(child.attendees) or None, recorded_at=self.recorded())

    # ------------------------------------------------------------------------------ what should be seen

    def due(self, child):
        rows = self.store.ask("SELECT due_on FROM timely.deadline WHERE person_id = %s AND timescale = 'icpc' AND state = 'open'",
                              (child.key,))
        return rows[0][0] if rows else None

    def wanted(self):
        """{address: {(start, end, place, references)}} of everything that is not over."""
        calendars, meetings = {}, {}
        for child in self.children.values():
            if child.closed:
                continue
            if child.meeting and child.meeting.at.date() > child.started:  # else it is about something before
                meetings.setdefault(child.meeting.key, []).append(child)
            elif (due := self.due(child)) >= self.now.date():
                entry = (due, due + datetime.timedelta(days=1), '', f'{self.reference(child)} due')
                calendars.setdefault(child.worker, set()).add(entry)
        for children in meetings.values():
            meeting = children[0].meeting
            if meeting.end() <= self.now:
                continue
            for whom in set.union(*(c.named() for c in children)):
                seen = sorted(self.reference(c) for c in children if whom in c.named())
                calendars.setdefault(whom, set()).add((meeting.at, meeting.end(), meeting.place or '', ' '.join(seen)))
        return {f'{whom.lower()}@council.example': entries for whom, entries in calendars.items()}

    @staticmethod
    def reference(child):
        return f'REF-{child.key}'

    def held(self):
        """{address: {(uid, sequence, start, place)}} of what the store says that people hold and that is not over."""
        kept = {}
        for address, uid, sequence, starts, place in self.store.ask(
                "SELECT h.email, o.uid, h.sequence_said, coalesce(o.starts_at, o.starts_on), coalesce(o.place, '')"
                " FROM timely.invite_holder h JOIN timely.calendar_object o USING (object_id) WHERE o.status = 'live'"
                ' AND coalesce(o.ends_at, o.starts_on + 1) > %s', (self.now,)):
            kept.setdefault(address, set()).add((uid, sequence, starts, place))
        return kept
