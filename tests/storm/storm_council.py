"""A tiny council in an embedded database, the daemon that serves it, and the things that happen to its children.

Every happening is one transaction on the tables of the case system, as a case system would write them, or on
timely.local_event, as an import would. What the council knows is kept beside it, so that what the families' workers
should see in their calendars can be told without asking timely.
"""
import csv
import datetime
import fcntl
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))

import asking  # noqa: E402 (found through the line above)
from scratch import scratch  # noqa: E402
from template import plant  # noqa: E402

BUILD = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT), 'LC_ALL': 'C.UTF-8'}
PG_BIN = sorted(Path('/usr/lib/postgresql').glob('*/bin'), key=lambda p: int(p.parent.name))[-1]

WORKERS = ['SW1', 'SW2', 'SW3', 'SW4']
CHAIR = 'CHAIR'
STAFF = [*WORKERS, CHAIR, 'TM', 'DIR']
TEAMS = [('TOP', '', 'DIR'), ('T1', 'TOP', 'TM')]


def address(staff_id):
    return f'{staff_id.lower()}@storm.example'


def born():
    return datetime.date.today() - datetime.timedelta(days=3000)


class Child:
    def __init__(self, key, worker, start):
        self.key, self.worker, self.start = key, worker, start
        self.meeting = self.ended = None


def in_team(staff_id):
    return 'TOP' if staff_id == 'DIR' else 'T1'


class Council:
    """The embedded database in a folder of its own, with its configuration and its children."""

    def __init__(self, port, seed=None, **mail):
        self.random = random.Random(seed)
        self.home = scratch('storm-')
        self.dir = self.home / 'council'
        self.port = port
        self.children, self.meetings, self.numbers = {}, {}, 0
        self.process, self.log = None, []
        try:
            self.begin(mail)
        except BaseException:
            self.close()
            raise

    def begin(self, mail):
        plant(self.dir)
        self.timely('migrate')
        self.configure(**mail)
        self.start()
        self.wait_for_start()
        # Nobody is told of what a new store finds first; what happens to children comes after that.
        self.write(("INSERT INTO ssd_person (pers_person_id, pers_dob) VALUES ('C0', %s)", (born(),)))
        self.wait(lambda: self.ask('SELECT first_started_at IS NOT NULL FROM timely.state')[0][0], 'the first round')
        self.timely('import', 'directory', self.write_directory())

    def write_directory(self, more=()):
        path = self.home / 'directory.csv'
        lines = ['kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to']
        lines += [f'team,{team},Team {team},,,{parent},{manager},,,' for team, parent, manager in TEAMS]
        lines += [f'person,{s},Name {s},{address(s)},,{in_team(s)},,,,' for s in [*STAFF, *more]]
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8')
        return path

    def configure(self, **settings):
        """Settings of mail; 'smtp_url' stands for "smtp url", None for leaving it out."""
        settings = {'smtp_url': f'smtp://127.0.0.1:{self.port}', 'smtp_require_tls': 'no', 'smtp_timeout': '60 seconds',
                    'mails_at_once': 3, **settings}
        mail = [f'  {name.replace("_", " ")}: {value}' for name, value in settings.items() if value is not None]
        (self.dir / 'timely.yaml').write_text('\n'.join([
            'source:', '  watch: notify', '  settle for: 1 second', '  few persons: 1000',
            'mail:', '  delivery: live', '  from email: timely@storm.example', '  operator email: operator@storm.example',
            '  allowed domains: [storm.example]', '  quiet period: 1 second', *mail]) + '\n', encoding='utf-8')

    # ------------------------------------------------------------------------------ processes

    def timely(self, *words, folder=None, statuses=(0,)):
        done = subprocess.run([str(BUILD / 'timely'), *map(str, words), '--embedded', str(folder or self.dir)],
                              stdin=subprocess.DEVNULL, capture_output=True, encoding='utf-8', env=ENVIRONMENT, timeout=300,
                              check=False)
        assert done.returncode in statuses, (words, done.returncode, done.stdout[-1000:], done.stderr[-3000:])
        return done.stdout

    def start(self, **how):
        """Starts the daemon; `how` goes to Popen. The log is that of this daemon."""
        self.log = []
        self.process = subprocess.Popen([str(BUILD / 'timelyd'), '--embedded', str(self.dir)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding='utf-8',
                                        env=ENVIRONMENT, **how)
        threading.Thread(target=self.read_log, args=(self.process.stderr, self.log), daemon=True).start()

    def wait_for_start(self):
        self.wait(lambda: any('daemon.started' in line for line in self.log), 'the start')

    @staticmethod
    def read_log(lines, log):
        for line in lines:
            log.append(line.rstrip('\n'))
        lines.close()

    def kill(self):
        """kill -9: whatever the daemon was doing, it does no more."""
        assert self.process.poll() is None, 'the daemon had ended by itself: ' + '\n'.join(self.log[-40:])
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.wait_for_start()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, '\n'.join(self.log[-40:])

    def restart(self, how=None, **settings):
        """A crash and a new start under other settings, with the leases of the dead over and retries due."""
        if self.process.poll() is None:
            self.kill()
        self.configure(**settings)
        self.hurry()
        self.start(**(how or {}))

    def hurry(self):
        """Ends the leases of a daemon that was killed, and makes every retry due."""
        self.ask("UPDATE timely.outbox SET lease_until = now(), doubted = true WHERE state IN ('claimed', 'handing_over')")
        self.retry_now()

    def retry_now(self):
        self.ask("UPDATE timely.outbox SET not_before = now() WHERE state = 'due' AND attempts > 0 AND not_before > now()")

    def pg_ctl(self, *words):
        owner = self.dir.joinpath('data').owner()
        command = [str(PG_BIN / 'pg_ctl'), '-D', str(self.dir / 'data'), *words]
        if os.geteuid() == 0:
            command = ['runuser', '-u', owner, '--', *command]
        subprocess.run(command, cwd='/', stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)

    def crash_server(self):
        """The server ends at once, without a word on disk, and comes back by way of its log."""
        self.pg_ctl('stop', '-m', 'immediate', '-w')
        time.sleep(0.5)
        self.timely('outbox')  # whoever comes starts the server; the daemon, which stays, keeps it running

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if (self.dir / 'data' / 'postmaster.pid').exists():
            self.pg_ctl('stop', '-m', 'immediate', '-w')
        shutil.rmtree(self.home, ignore_errors=True)

    # ------------------------------------------------------------------------------ the database

    def conninfo(self):
        return f'host={self.dir}/data port=5432 dbname=timely user=timely'

    def ask(self, sql, values=None):
        return asking.ask(self.conninfo(), sql, values)

    def write(self, *statements):
        """Statements with their values, in one transaction."""
        with asking.connection_to(self.conninfo()) as connection, connection.cursor() as cursor:
            cursor.execute('BEGIN')
            for sql, values in statements:
                cursor.execute(sql, values)
            cursor.execute('COMMIT')

    def wait(self, what, name, seconds=120):
        def is_so():
            try:
                return what()
            except psycopg2.OperationalError:
                return False  # the server is away, or not there yet
        until = time.monotonic() + seconds
        while not is_so():
            assert self.process.poll() is None, f'waiting for {name}, the daemon ended:\n' + '\n'.join(self.log[-40:])
            assert time.monotonic() < until, f'{name} did not come:\n' + '\n'.join(self.log[-40:])
            time.sleep(0.2)

    def messages(self):
        """How many there ever were."""
        return self.ask('SELECT count(*) FROM timely.outbox')[0][0]

    def pending(self):
        """How many messages have not left. The office opens when they are looked for, whatever day it is."""
        self.write(("UPDATE timely.outbox SET not_before = now() WHERE state = 'due' AND kind = 'alarm' AND attempts = 0", None))
        return self.ask("SELECT count(*) FROM timely.outbox WHERE state IN ('due', 'claimed', 'handing_over')")[0][0]

    def settle(self, seconds=240):
        """Until all that happened was read, by a daemon that started after it, and no message is due any more."""
        self.settle_reading(seconds)
        quiet = [0]

        def still():
            self.retry_now()
            quiet[0] = quiet[0] + 1 if self.pending() == 0 else 0
            return quiet[0] >= 8
        self.wait(still, 'an empty outbox', seconds)

    def settle_reading(self, seconds=240):
        """Until all that happened was read."""
        for _ in range(2):  # the reading that ends first may have begun before it happened
            since, = self.ask('SELECT clock_timestamp()')[0]
            self.wait(lambda: self.ask('SELECT read_at > %s FROM timely.state', (since,))[0][0]
                      or self.touch_everybody(), 'a reading', seconds)

    def touch_everybody(self):
        """Asks for a reading: a table that says that anybody may have changed."""
        self.ask("INSERT INTO timely_source.change (person_id) VALUES (NULL); SELECT pg_notify('timely_change', '')")

    # ------------------------------------------------------------------------------ happenings

    def happen(self):
        """One thing, at random."""
        open_ones = [c for c in self.children.values() if not c.ended]
        things = [self.enquire]
        if open_ones:
            things += [self.enquire, self.move, self.book, self.book, self.reassign, self.reassign, self.end]
        thing = self.random.choice(things)
        return thing() if thing == self.enquire else thing(self.random.choice(open_ones))

    def enquire(self, worker=None):
        child, statements = self.opening(worker)
        self.write(*statements)
        self.children[child.key] = child
        return child

    def enquire_many(self, number):
        """In one transaction."""
        opened = [self.opening() for _ in range(number)]
        self.write(*[statement for _, statements in opened for statement in statements])
        self.children.update((child.key, child) for child, _ in opened)
        return [child for child, _ in opened]

    def opening(self, worker=None):
        """A child with an enquiry, and the statements that write it down."""
        self.numbers += 1
        child = Child(f'C{self.numbers}', worker or self.random.choice(WORKERS),
                      datetime.date.today() - datetime.timedelta(days=self.random.randint(0, 7)))
        return child, [
            ("INSERT INTO ssd_person (pers_person_id, pers_forename, pers_surname, pers_dob) VALUES (%s, 'A', %s, %s)",
             (child.key, child.key, born())),
            ("INSERT INTO ssd_involvements (invo_involvements_id, invo_professional_id, invo_professional_role_id,"
             " invo_professional_team, invo_person_id, invo_involvement_start_date)"
             " VALUES (%s, %s, 'ALLOCATED_WORKER', 'T1', %s, %s)",
             (f'I{child.key}', child.worker, child.key, child.start)),
            ('INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date) VALUES (%s, %s, %s)',
             (f'E{child.key}', child.key, child.start))]

    def move(self, child):
        start = datetime.date.today() - datetime.timedelta(days=self.random.randint(0, 7))
        self.write(('UPDATE ssd_s47_enquiry SET s47e_s47_start_date = %s WHERE s47e_s47_enquiry_id = %s',
                    (start, f'E{child.key}')))
        child.start = start

    def event(self, kind, child, meeting, at):
        # Of two words within a minute, which is as fine as a moment is told, the one with the higher key holds.
        self.numbers += 1
        return [("INSERT INTO timely.local_event (event_id, event_type, person_id, occurred_at, precision, meeting_kind,"
                 " scheduled_for, group_ref, professional_id, recorded_at, voided, from_where)"
                 " VALUES (%s, %s, %s, current_date, 'day', 'icpc', %s, %s, %s, localtimestamp, false, 'storm')",
                 (f'V{self.numbers:08}', kind, child.key, at, meeting, CHAIR)),
                ('INSERT INTO timely.dirty (person_id) VALUES (%s)', (child.key,))]

    def book(self, child):
        """Books a conference, moves a booked one, or takes a brother along to one that is booked already."""
        others = [m for m in self.meetings if m != child.meeting]
        if child.meeting:
            meeting, kind = child.meeting, 'meeting_rearranged'
        elif others and self.random.random() < 0.3:
            meeting, kind = self.random.choice(others), 'meeting_booked'
        else:
            self.numbers += 1
            meeting, kind = f'M{self.numbers}', 'meeting_booked'
        at = self.meetings.get(meeting)
        if kind == 'meeting_rearranged' or not at:
            at = datetime.datetime.combine(datetime.date.today(), datetime.time(self.random.randint(9, 16))) \
                + datetime.timedelta(days=self.random.randint(2, 30))
        told = [c for c in self.children.values() if c.meeting == meeting and c is not child] if kind != 'meeting_booked' else []
        self.write(*[s for c in [child, *told] for s in self.event(kind, c, meeting, at)])
        self.meetings[meeting] = at
        child.meeting = meeting

    def reassign(self, child):
        self.give(child, self.random.choice([w for w in WORKERS if w != child.worker]))

    def give(self, child, worker):
        self.write(('UPDATE ssd_involvements SET invo_professional_id = %s WHERE invo_involvements_id = %s',
                    (worker, f'I{child.key}')))
        child.worker = worker

    def end(self, child):
        self.write(("UPDATE ssd_s47_enquiry SET s47e_s47_end_date = %s, s47e_s47_nfa = 'Y' WHERE s47e_s47_enquiry_id = %s",
                    (datetime.date.today(), f'E{child.key}')))
        child.ended = True

    # ------------------------------------------------------------------------------ another opinion

    def evaluate_afresh(self):
        """The rows of `timely due` over the same data in a new database that has no history."""
        files, folder = self.home / 'files', self.home / 'afresh'
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        for name in ('ssd_person', 'ssd_involvements', 'ssd_s47_enquiry'):
            self.copy_out(f'SELECT * FROM {name}', files / f'{name}.csv')
        events = files / 'events.csv'
        self.copy_out('SELECT event_id, event_type, person_id, occurred_at, precision, meeting_kind, scheduled_for, group_ref,'
                      ' subject_table, subject_id, outcome, professional_id, recorded_at, replaces_event_id, voided, detail'
                      ' FROM timely.local_event ORDER BY imported', events)
        plant(folder)
        self.timely('import', 'ssd', files, folder=folder, statuses=(0, 1))
        with open(folder / 'timely.users', 'rb') as lock:  # who holds this uses the cluster
            fcntl.flock(lock, fcntl.LOCK_SH)
            self.timely('import', 'directory', self.write_directory(), folder=folder)
            self.timely('import', 'events', events, folder=folder)
            out = self.timely('due', '--state', 'all', '--format', 'csv', folder=folder)
        self.timely('feed', 'list', folder=folder)  # the last one stops the server
        shutil.rmtree(folder, ignore_errors=True)
        return list(csv.DictReader(io.StringIO(out)))

    def copy_out(self, select, path):
        with asking.connection_to(self.conninfo()) as connection, connection.cursor() as cursor, \
                open(path, 'w', encoding='utf-8') as file:
            cursor.copy_expert(f'COPY ({select}) TO STDOUT (FORMAT csv, HEADER)', file)
