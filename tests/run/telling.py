"""A store with a small authority in it, and the driver that runs a round of the daemon on it."""
import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))

from pg import Postgres  # noqa: E402 (found through the line above)

MIGRATIONS = sorted((ROOT / 'sql' / 'store').glob('*.sql'))

# A director over a head of service over a service manager over two teams.
TEAMS = [('TOP', None, 'DIR'), ('HOS', 'TOP', 'HEAD'), ('SVC', 'HOS', 'SM'), ('T1', 'SVC', 'TM1'),
         ('T2', 'SVC', 'TM2'), ('CHAIRS', 'TOP', 'CM')]
STAFF = [('DIR', 'TOP'), ('HEAD', 'HOS'), ('SM', 'SVC'), ('TM1', 'T1'), ('TM2', 'T2'), ('SW1', 'T1'), ('SW2', 'T1'),
         ('SW3', 'T2'), ('CM', 'CHAIRS'), ('CHAIR', 'CHAIRS')]


def driver():
    path = os.environ.get('RUN_DRIVER')
    assert path, 'RUN_DRIVER does not name the driver'
    return path


class Server(Postgres):
    """Gives each test a database of its own."""
    numbers = itertools.count(1)

    def __init__(self):
        super().__init__(settings={'timezone': 'Europe/London'})  # of the tests' own times; the driver asks for UTC

    def __enter__(self):
        super().__enter__()
        for file in MIGRATIONS:
            self.psql(file=file)
        return self

    def know_migrations(self):
        """For the programs, which look whether a store's schema is theirs."""
        self.psql("INSERT INTO timely.migration (number, name, sha256) VALUES " + ', '.join(
            f"({file.name[:4]}, '{file.name}', '{hashlib.sha256(file.read_bytes()).hexdigest()}')" for file in MIGRATIONS))

    def store(self, folder):
        name = f'store{next(self.numbers)}'
        self.copy(name, 'test')
        return Store(self, name, folder)


class Store:
    def __init__(self, pg, name, folder):
        self.pg, self.name, self.folder = pg, name, folder
        self.config = folder / 'timely.yaml'
        self.maildir = folder / 'mail'
        self.lists = True
        self.configure()
        for team in TEAMS:
            self.ask('INSERT INTO timely.team (team_id, name, parent_id, manager_id) VALUES (%s, %s, %s, %s)',
                     (team[0], f'Team {team[0]}', *team[1:]))
        for staff_id, team in STAFF:
            self.ask('INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES (%s, %s, %s, %s)',
                     (staff_id, f'Name {staff_id}', f'{staff_id.lower()}@council.example', team))
        self.start('2024-01-02 09:00')

    def start(self, at):
        """Business time at which timely first saw the authority."""
        self.ask('UPDATE timely.state SET first_started_at = %s::timestamp AT TIME ZONE %s', (at, 'Europe/London'))

    def without_lists(self):
        """The lists of the weeks have tests of their own; elsewhere they would come on every first day of a week."""
        self.lists = False
        return self

    def configure(self, **settings):
        """Settings of mail; 'smtp_url' stands for "smtp url"."""
        settings = {'from_email': 'timely@council.example', 'maildir': self.maildir,
                    'operator_email': 'operator@council.example', **settings}
        lines = [f'  {name.replace("_", " ")}: {value}' for name, value in settings.items() if value is not None]
        self.config.write_text('mail:\n' + '\n'.join(lines) + '\n', encoding='utf-8')

    def name_itself(self):
        """In the configuration, for the programs."""
        with self.config.open('a', encoding='utf-8') as config:
            config.write(f'store:\n  database: "{self.pg.conninfo(self.name)}"\nservice:\n  listen: 127.0.0.1:0\n')

    def ask(self, sql, values=None):
        return self.pg.ask(sql, values, database=self.name)

    def one(self, sql, values=None):
        return self.ask(sql, values)[0][0]

    def locked(self, table):
        """A connection that keeps everybody else from a table until it is closed."""
        connection = self.pg.connect(self.name, autocommit=False)
        connection.cursor().execute(f'LOCK TABLE {table}')
        return connection

    def command(self, what, now, *more):
        """For subprocess: TIMELY_DATA says where the rules are."""
        return ['env', f'TIMELY_DATA={ROOT}', driver(), what, self.pg.conninfo(self.name), str(self.config), now, *more]

    def run(self, what, now, *more):
        done = subprocess.run(self.command(what, now, *more), capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, done.stderr
        assert 'Sanitizer' not in done.stderr and 'runtime error' not in done.stderr, done.stderr
        return done.stdout

    def agenda(self, now):
        """The report of a round, as numbers."""
        if not self.lists:
            self.ask("UPDATE timely.state SET weekly_on = date_trunc('week', %s::timestamp)", (now,))
        report = dict(pair.split('=') for pair in self.run('agenda', now).split())
        return {name: value if name == 'next' else int(value) for name, value in report.items()}

    def leave(self):
        """Every mail that waits."""
        self.ask("UPDATE timely.outbox SET state = 'sent', settled_at = now() WHERE state = 'due'")

    def person(self, person_id, worker='SW1', team='T1', **columns):
        columns = {'person_id': person_id, 'worker_id': worker, 'team_id': team, 'case_ref': f'REF-{person_id}',
                   'accepted_at': '2024-01-02T09:00Z', 'worker_since': '2023-01-01', **columns}
        names = ', '.join(columns)
        self.ask(f'INSERT INTO timely.person ({names}) VALUES ({", ".join(["%s"] * len(columns))})',
                 list(columns.values()))
        return person_id

    def becomes(self, person_id, now, **columns):
        """What a reading changes of a person."""
        self.ask("SELECT timely.record_person(jsonb_build_object('now', %s::timestamp AT TIME ZONE 'Europe/London', 'person_id', person_id,"
                 " 'person', to_jsonb(p) || jsonb_build_object('seen', '00') || %s::jsonb)) FROM timely.person p WHERE person_id = %s",
                 (now, json.dumps(columns), person_id))

    def allocate(self, person_id, now, **columns):
        """As a reading at that time that finds others responsible."""
        self.becomes(person_id, now, **{'worker_since': now[:10], **columns})

    def deadline(self, person_id, timescale='icpc', trigger='2024-03-14', due='2024-04-08', seen='2024-03-15 10:00', **columns):
        """Its number. It is looked at from the moment at which it was first seen."""
        columns = {'person_id': person_id, 'timescale': timescale, 'subject_ref': f'S-{person_id}-{timescale}',
                   'trigger_on': trigger, 'due_on': due, 'book_by': due, 'provisional': False, 'state': 'open',
                   'derivation': f'Due by {due}: it was counted.', 'uid': f'{person_id}-{timescale}-{trigger}@timely.example',
                   'at_first_start': False, 'rule_version': 1, 'library': 'x', 'first_seen_at': seen, 'changed_at': seen, 'owed_since': seen,
                   'next_notice_at': seen, **columns}
        names = ', '.join(columns)
        return self.ask(f'WITH d AS (INSERT INTO timely.deadline ({names}) VALUES ({", ".join(["%s"] * len(columns))}) RETURNING *)'
                        ' INSERT INTO timely.deadline_history (deadline_id, known_at, change, trigger_on, due_on, state, library)'
                        " SELECT deadline_id, first_seen_at, 'opened', trigger_on, due_on, state, library FROM d RETURNING deadline_id",
                        list(columns.values()))[0][0]

    def changes(self, deadline, now, change, state, **columns):
        """What a reading changes of a deadline."""
        self.ask("SELECT timely.record_person(jsonb_build_object('now', %s::timestamp AT TIME ZONE 'Europe/London', 'person_id', person_id,"
                 " 'deadlines', jsonb_build_array(to_jsonb(d) || %s::jsonb))) FROM timely.deadline d WHERE deadline_id = %s",
                 (now, json.dumps({'change': change, 'state': state, **columns}), deadline))

    def mails(self, kind=None):
        """What is in the outbox, in order: kind, recipient, subject, text with its lines joined."""
        rows = self.ask('SELECT kind, coalesce(staff_id, \'\'), subject, body_text FROM timely.outbox'
                        ' WHERE %s::text IS NULL OR kind = %s ORDER BY message_id', (kind, kind))
        return [(k, staff, subject, ' '.join(text.split())) for k, staff, subject, text in rows]

    def notices(self, deadline):
        return self.ask('SELECT rung, staff_id, message_id IS NOT NULL FROM timely.notice WHERE deadline_id = %s ORDER BY said_at, rung',
                        (deadline,))

    def put(self, dedupe, kind='summary', staff='SW1', **columns):
        """A message in the outbox, due now; its number."""
        columns = {'kind': kind, 'dedupe': dedupe, 'staff_id': staff,
                   'recipient': f'{(staff or "operator").lower()}@council.example', 'subject': f'About {dedupe}',
                   'body_text': 'Words.', 'body_html': '<html><body><p>Words.</p></body></html>',
                   'rfc_message_id': f'{dedupe}@council.example'.replace(':', '.'), 'put_at': '2024-04-02T09:00Z',
                   'not_before': '2024-01-01', **columns}
        names = ', '.join(columns)
        return self.ask(f'INSERT INTO timely.outbox ({names}) VALUES ({", ".join(["%s"] * len(columns))})'
                        ' RETURNING message_id', list(columns.values()))[0][0]

    def deliver(self, now='2024-04-02 10:00'):
        """Outcomes by number of message."""
        return [tuple(pair.split('=')[1] for pair in line.split()[:2]) for line in self.run('deliver', now).splitlines()]

    def state(self, message):
        return self.one('SELECT state FROM timely.outbox WHERE message_id = %s', (message,))


class Fibers:
    """The daemon's fibers at work; stopped at the end, and nothing may be wrong with them then."""

    def __init__(self, store, now):
        self.process = subprocess.Popen(store.command('fibers', now), stderr=subprocess.PIPE, text=True)
        self.stderr = self.process.stderr
        self.stopped = False

    def __enter__(self):
        return self

    def stop(self):
        """Asks once: a process that is on its way out no longer listens."""
        if not self.stopped:
            self.process.terminate()
        self.stopped = True

    def __exit__(self, *_):
        self.stop()
        said = self.process.communicate(timeout=60)[1]
        assert self.process.returncode == 0 and 'Sanitizer' not in said and 'runtime error' not in said, said


def set_clock(store, at):
    """The store's business time, for the processes that read it there."""
    store.ask('UPDATE timely.state SET real_anchor_us = (extract(epoch FROM now()) * 1000000)::bigint, business_anchor_us ='
              " (extract(epoch FROM %s::timestamp AT TIME ZONE 'Europe/London') * 1000000)::bigint", (at,))


def program(store, name):
    return ['env', f'TIMELY_DATA={ROOT}', Path(os.environ['TIMELY_BUILD']) / name, '--config', store.config]


def timely(store, *words, status=0):
    """What the command printed, or why it printed nothing."""
    done = subprocess.run([*program(store, 'timely'), *words], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout or done.stderr


def told(store, at):
    """Whom a round tells, each with the text."""
    before = len(store.mails())
    store.agenda(at)
    return {staff: text for _, staff, _, text in store.mails()[before:]}


def audit(store, message):
    return store.ask('SELECT what, staff_id, detail FROM timely.audit WHERE message_id = %s ORDER BY audit_id', (message,))


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, 'in vain'
        time.sleep(0.05)
