"""A whole council: an embedded cluster, timelyd and its web process as they are shipped, and the outside of them: rows
that are written with psql's rights, feeds that are fetched, mails that are read.

TIMELY_BUILD names the folder that the programs were built in.
"""
import csv
import datetime
import email
import email.policy
import fcntl
import functools
import io
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zoneinfo
from pathlib import Path

import icalendar
import psycopg2

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))

import asking  # noqa: E402 (found through the line above)
from scratch import scratch  # noqa: E402
from template import plant  # noqa: E402

BUILD = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))
READ_ICAL = ROOT / 'tests' / 'messages' / 'read_ical.js'
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT), 'LC_ALL': 'C.UTF-8'}
LONDON = zoneinfo.ZoneInfo('Europe/London')

# A director over a head of service over a service manager over a team; the chairs have a manager of their own.
DIRECTORY = """kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to
team,TOP,The top,,,,DIR,,,
team,HOS,Families,,,TOP,HEAD,,,
team,SVC,Safeguarding,,,HOS,SM,,,
team,T1,Team One,,,SVC,TM,,,
team,CHAIRS,Chairs,,,TOP,CM,,,
"""
LEADERS = [('DIR', 'TOP'), ('HEAD', 'HOS'), ('SM', 'SVC'), ('TM', 'T1'), ('CM', 'CHAIRS'), ('CHAIR', 'CHAIRS')]


def wait_for(condition, seconds=60, why='it did not happen in time'):
    """The condition's first true answer. Polls the outside world; `why` may be asked for at the end."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < end, why() if callable(why) else why
        time.sleep(0.2)


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as listener:
        return listener.getsockname()[1]


def flat(text):
    return ' '.join(text.split())


def has_wrong(log):
    return [line for line in log.splitlines()
            if 'runtime error' in line or ('Sanitizer' in line and 'WARNING: ASan' not in line)]


class Mail:
    """A mail as it arrived. `whom` is the staff number, 'operator', or the address where mail is not redirected."""

    def __init__(self, data):
        self.data = data
        self.message = email.message_from_bytes(data, policy=email.policy.default)
        self.to = self.message['To'].addresses[0].addr_spec
        found = re.match(r'\[for (?:the )?([^\]]+)\] (.*)', self.message['Subject'], re.DOTALL)
        self.whom, self.subject = found.groups() if found else (self.to, self.message['Subject'])
        self.id = self.message['Message-ID']
        self.text = self.message.get_body(('plain',)).get_content()
        calendars = [part.get_payload(decode=True) for part in self.message.walk()
                     if part.get_content_type() == 'text/calendar']
        self.calendar = calendars[0] if calendars else None
        self.method = self.uid = self.sequence = self.event = None
        if self.calendar:
            calendar = icalendar.Calendar.from_ical(self.calendar)
            self.event, = calendar.walk('VEVENT')
            self.method = str(calendar['METHOD'])
            self.uid, self.sequence = str(self.event['UID']), int(self.event['SEQUENCE'])

    def __repr__(self):
        return f'{self.whom}: {self.subject} {self.method or ""} {self.sequence if self.method else ""}'


@functools.cache
def read_mail(file):
    """A file of a Maildir is written once."""
    return Mail(file.read_bytes())


class Process:
    """timelyd, with its log in a file; detached from our pipes."""

    def __init__(self, log, *words):
        self.log, self.words, self.running = log, list(map(str, words)), None

    def start(self, until):
        before = len(self.said())
        with open(self.log, 'ab') as log:
            self.running = subprocess.Popen([str(BUILD / 'timelyd'), *self.words], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=ENVIRONMENT, start_new_session=True)
        wait_for(lambda: until in self.said()[before:] or self.running.poll() is not None, 60, self.said)
        assert self.running.poll() is None, self.said()

    def stop(self, how=signal.SIGTERM):
        if self.running:
            self.running.send_signal(how)
            status = self.running.wait(60)
            self.running = None
            assert status == (0 if how == signal.SIGTERM else -how), self.said()
            assert not has_wrong(self.said()), self.said()

    def reload(self):
        self.running.send_signal(signal.SIGHUP)

    def said(self):
        return self.log.read_text(encoding='utf-8', errors='replace') if self.log.exists() else ''


class Clock:
    """The business clock, which the daemon reads when it starts."""

    def __init__(self, council):
        self.council = council

    def set(self, at):
        """Civil time of England, '2024-04-16 09:00'."""
        moment = datetime.datetime.fromisoformat(at).replace(tzinfo=LONDON)
        self.council.daemon.stop()
        self.council.ask('UPDATE timely.state SET real_anchor_us = (extract(epoch FROM now()) * 1000000)::bigint,'
                         ' business_anchor_us = %s', (int(moment.timestamp() * 1000000),))
        self.council.start_daemon()


class Council:
    """Settings are those of timely.yaml, 'group: {key: value}' for what differs from those below."""

    numbers = itertools.count(1)

    def __init__(self, clock='2024-04-02T09:00', **settings):
        self.folder = scratch('whole-')
        self.dir = self.folder / 'c'
        self.maildir = self.folder / 'mail'
        self.port = free_port()
        self.settings = {
            'source': {'watch': 'notify', 'settle for': '5 seconds', 'stale after': '0 days'},
            'mail': {'delivery': 'redirect', 'redirect to': 'all@elsewhere.example', 'from email': 'timely@council.example',
                     'maildir': self.maildir, 'quiet period': '2 seconds', 'operator email': 'operator@council.example'},
            'service': {'listen': f'127.0.0.1:{self.port}'}}
        if clock:
            self.settings['clock'] = {'starts at': clock}
        self.configure(**settings)
        self.daemon = Process(self.folder / 'daemon.log', '--embedded', self.dir)
        self.web = Process(self.folder / 'web.log', '--embedded', self.dir, '--serve')
        self.clock = Clock(self)
        self.staff = []
        plant(self.dir)
        self.timely('migrate')
        self.write_configuration()
        # Who holds this lock uses the cluster: it stays up between the daemon's lives.
        self.lock = open(self.dir / 'timely.users', 'rb')
        fcntl.flock(self.lock, fcntl.LOCK_SH)
        self.timely('due')  # makes the tables of the case database

    # -------------------------------------------------------------------------------- the programs

    def configure(self, **settings):
        for group, values in settings.items():
            self.settings.setdefault(group, {}).update(values)
        if self.dir.exists():
            self.write_configuration()

    def write_configuration(self):
        lines = []
        for group, values in self.settings.items():
            lines.append(f'{group}:')
            lines += [f'  {key}: {value}' for key, value in values.items() if value is not None]
        (self.dir / 'timely.yaml').write_text('\n'.join(lines) + '\n', encoding='utf-8')

    def timely(self, *words, status=0):
        """What a command prints."""
        done = subprocess.run([str(BUILD / 'timely'), *map(str, words), '--embedded', str(self.dir)], encoding='utf-8',
                              stdin=subprocess.DEVNULL, capture_output=True, env=ENVIRONMENT, timeout=300, check=False)
        assert status in (None, done.returncode), (words, done.returncode, done.stdout[-2000:], done.stderr)
        assert not has_wrong(done.stderr), done.stderr
        return done.stdout

    def rows(self, *words, status=0):
        return list(csv.DictReader(io.StringIO(self.timely(*words, '--format', 'csv', status=status))))

    def start_daemon(self):
        self.daemon.start('daemon.started')

    def start_web(self):
        self.web.start('serve.listening')

    def restart_daemon(self):
        self.daemon.stop()
        self.start_daemon()

    def close(self):
        problems = []
        for process in (self.web, self.daemon):
            try:
                process.stop()
            except (AssertionError, subprocess.TimeoutExpired) as problem:
                problems.append(problem)
                if process.running:
                    process.running.kill()
                    process.running.wait()
        self.lock.close()
        self.timely('feed', 'list')  # the last one stops the server
        shutil.rmtree(self.folder, ignore_errors=True)
        if problems:
            raise problems[0]

    def logs(self):
        return '\n'.join(f'--- {p.log.name}\n{p.said()[-6000:]}' for p in (self.daemon, self.web))

    # -------------------------------------------------------------------------------- the database

    def conninfo(self):
        named = self.dir / 'socket-folder'
        folder = named.read_text(encoding='utf-8').strip() if named.exists() else self.dir / 'data'
        return f'host={folder} user=timely dbname=timely'

    def ask(self, sql, values=None):
        return asking.ask(self.conninfo(), sql, values)

    def one(self, sql, values=None):
        return self.ask(sql, values)[0][0]

    def insert(self, table, **columns):
        names = ', '.join(columns)
        self.ask(f'INSERT INTO {table} ({names}) VALUES ({", ".join(["%s"] * len(columns))})', list(columns.values()))

    def read_all(self, seconds=60):
        """Waits until the daemon has read everything that is there now."""
        # The reading that ends first may have begun before it was called for; the one after it did not. Else the call
        # is answered later, and takes what the test writes meanwhile for what was there.
        for _ in range(2):
            asked = self.one('SELECT clock_timestamp()')
            self.ask('INSERT INTO timely_source.change (person_id) VALUES (NULL); NOTIFY timely_change')
            wait_for(lambda: self.one('SELECT read_at > %s FROM timely.state', (asked,)), seconds, self.logs)

    def settled(self, seconds=60):
        """Waits until the daemon has read everything that is there now, and nothing waits or is to be sent."""
        self.read_all(seconds)
        return wait_for(lambda: self.one(
            "SELECT first_started_at IS NOT NULL AND coalesce(said, '') !~ 'second equal reading|until it has settled'"
            " AND NOT EXISTS (SELECT FROM timely.outbox WHERE state IN ('due', 'claimed', 'handing_over'))"
            ' AND NOT EXISTS (SELECT FROM timely.feed_dirty JOIN timely.feed USING (owner_kind, owner_id))'
            ' FROM timely.state'), seconds, self.logs)

    # -------------------------------------------------------------------------------- what is there

    def people(self, *workers, more=''):
        """The directory: the leaders, and these workers of team T1."""
        self.staff += workers
        lines = DIRECTORY + ''.join(f'person,{i},Name {i},{i.lower()}@council.example,,{team},,,,\n' for i, team in
                                    LEADERS + [(worker, 'T1') for worker in self.staff])
        file = self.folder / 'directory.csv'
        file.write_text(lines + more, encoding='utf-8')
        self.timely('import', 'directory', file)

    def load(self, files):
        """An authority's files: its case database, its directory in place of ours, its events."""
        for file in sorted(files.glob('ssd_*.csv')):
            self.copy(file)
        for what in ('directory', 'events'):
            self.timely('import', what, files / f'{what}.csv', status=None)

    def copy(self, file, lines=None):
        """Loads a table's file, or the first so many of its rows."""
        connection = psycopg2.connect(self.conninfo())
        try:
            with open(file, encoding='utf-8', newline='') as rows, connection.cursor() as cursor:
                columns = rows.readline().strip()
                part = rows
                if lines is not None:  # no text of these tables has a line end in it
                    part = io.StringIO(''.join(itertools.islice(rows, lines)))
                cursor.copy_expert(f'COPY {file.stem} ({columns}) FROM STDIN (FORMAT csv)', part)
            connection.commit()
        finally:
            connection.close()

    def child(self, worker, person=None, chair=None, **columns):
        """A child with an allocated worker; its number."""
        person = person or f'{90000 + next(self.numbers)}'
        self.insert('ssd_person', **{'pers_person_id': person, 'pers_forename': 'Zebedee', 'pers_surname': f'Quince{person}',
                                     'pers_dob': '2015-05-05', **columns})
        self.allocate(person, worker)
        if chair:
            self.allocate(person, chair, 'CP_CHAIR')
        return person

    def history(self, worker, person):
        """A child whose plan of last year shows that core groups and the sending of records are written down here."""
        self.child(worker, person)
        self.insert('ssd_initial_cp_conference', icpc_icpc_id=f'C-{person}', icpc_icpc_meeting_id=f'B-{person}',
                    icpc_person_id=person, icpc_icpc_date='2023-07-03', icpc_icpc_outcome_cp_flag='Y')
        self.insert('ssd_cp_plans', cppl_cp_plan_id=f'P-{person}', cppl_icpc_id=f'C-{person}', cppl_person_id=person,
                    cppl_cp_plan_start_date='2023-07-03', cppl_cp_plan_end_date='2023-09-01')
        names = ['event_id', 'event_type', 'person_id', 'occurred_at', 'precision', 'group_ref', 'subject_id', 'recorded_at', 'voided']
        self.import_events(names, *[
            [f'H{next(self.numbers)}', event, person, '2023-07-10', 'day', group, subject, '2023-07-10T12:00:00', 'f']
            for event, group, subject in [('core_group_held', '', f'P-{person}'),
                                          ('minutes_distributed', f'B-{person}', f'B-{person}'),
                                          ('report_shared', f'B-{person}', f'B-{person}')]])

    def allocate(self, person, worker, role='ALLOCATED_WORKER', since='2023-06-01'):
        self.insert('ssd_involvements', invo_involvements_id=f'I{next(self.numbers)}', invo_person_id=person,
                    invo_professional_id=worker, invo_professional_role_id=role, invo_professional_team='T1',
                    invo_involvement_start_date=since)

    def enquiry(self, person, started='2024-04-02', key=None):
        key = key or f'E{next(self.numbers)}'
        self.insert('ssd_s47_enquiry', s47e_s47_enquiry_id=key, s47e_person_id=person, s47e_s47_start_date=started)
        return key

    def book(self, meeting, at, *children, event='meeting_booked', kind='icpc', attendees='', chair='CHAIR', **columns):
        """A meeting in the diary, by an import of events as an authority does it."""
        names = ['event_id', 'event_type', 'person_id', 'occurred_at', 'precision', 'meeting_kind', 'scheduled_for', 'group_ref',
                 'professional_id', 'recorded_at', 'attendees', 'voided', *columns]
        self.import_events(names, *[[f'V{next(self.numbers)}', event, child, '2024-04-02', 'day', kind, at, meeting, chair,
                                     f'2024-04-02T09:00:{next(self.numbers) % 60:02}', attendees, 'f', *columns.values()]
                                    for child in children])

    def import_events(self, names, *rows):
        file = self.folder / f'events-{next(self.numbers)}.csv'
        with open(file, 'w', encoding='utf-8', newline='') as out:
            csv.writer(out).writerows([names, *rows])
        self.timely('import', 'events', file)

    # -------------------------------------------------------------------------------- what people see

    def due(self, person, timescale=None, state='all'):
        return [row for row in self.rows('due', '--person', person, '--state', state)
                if timescale in (None, row['timescale'])]

    def stored(self, person, timescale='icpc'):
        """uid, sequence, state, due date, in timescale, its number."""
        rows = self.ask('SELECT uid, sequence, state, due_on, in_timescale, deadline_id FROM timely.deadline'
                        ' WHERE person_id = %s AND timescale = %s ORDER BY deadline_id', (person, timescale))
        return rows[-1] if rows else None

    def object(self, uid):
        rows = self.ask('SELECT kind, status, sequence FROM timely.calendar_object WHERE uid = %s', (uid,))
        return rows[0] if rows else None

    def mails(self, whom=None, about=None):
        """In the order in which they arrived; `about`: only those with this in their text or calendar."""
        files = sorted(self.maildir.glob('new/*'), key=lambda f: (f.stat().st_mtime_ns, f.name))
        mails = [read_mail(f) for f in files]
        return [m for m in mails if whom in (None, m.whom) and
                (about is None or about in flat(m.text) or (m.calendar and about.encode() in m.calendar))]

    def invites(self, about, whom=None):
        """(whom, method, sequence) of the invites and cancellations about a child or an object's UID, in order."""
        return [(m.whom, m.method, m.sequence) for m in self.mails(whom, about) if m.method]

    def quiet(self, about=None):
        """Everything that was called for has left; what there is then."""
        self.settled()
        return self.mails(about=about)

    def subscribe(self, worker, kind='worker'):
        return self.timely('feed', 'add', kind, worker).splitlines()[0]

    def feed(self, address):
        """The entries of a feed by UID, as two parsers read it; they must agree."""
        with urllib.request.urlopen(address, timeout=20) as answer:
            data = answer.read()
        file = self.folder / 'feed.ics'
        file.write_bytes(data)
        events = {str(e['UID']): e for e in icalendar.Calendar.from_ical(data).walk('VEVENT')}
        other = read_by_ical_js(file)
        assert {uid: (int(e['SEQUENCE']), str(e['SUMMARY'])) for uid, e in events.items()} == \
            {e['uid']: (e['sequence'], e['summary']) for e in other}
        return events


def tiny(*workers, load=None, before=None, **settings):
    """A started council with one child that was known before; `load`: the files of an authority; `before`: does more
    before the first start."""
    made = Council(**settings)
    try:
        made.people('W0', *workers)
        made.history('W0', 'OLD')
        if load:
            made.load(load)
        if before:
            before(made)
        made.start_daemon()
        made.start_web()
        made.settled(seconds=300)
    except BaseException:
        print(made.logs())
        made.close()
        raise
    return made


def read_by_ical_js(file):
    done = subprocess.run(['node', str(READ_ICAL), str(file)], capture_output=True, timeout=60, check=True)
    return json.loads(done.stdout)[0]
