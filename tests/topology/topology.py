"""Case databases and stores on servers of the test's own, and the programs that work on them by a configuration file.
TIMELY_BUILD names the folder that they were built in."""
import csv
import io
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))

from pg import BIN, Postgres  # noqa: E402 (found through the line above)

BUILD = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT), 'LC_ALL': 'C.UTF-8'}
SOURCE_SQL = ROOT / 'sql' / 'source'
SCHEMA = 'ssd_development'
# Seconds that a nightly job may wait for us: half a one by timelyd's lock timeout, the rest for a machine under load.
LOCK_WAIT_MOST = 5


def until(condition, what, seconds=60.0, step=0.2):
    """Waits until the condition gives something that is true, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(step)
    raise AssertionError(f'{what}: not within {seconds} s')


class Replica(Postgres):
    """A streaming copy of another server, to be read only until it is promoted."""

    def __init__(self, primary, settings=None):
        super().__init__(primary.database, settings)
        self.primary = primary

    def create(self):
        self._give_folder()
        self._server('pg_basebackup', '-D', self.data, '-R', '-c', 'fast', '-d', self.primary.conninfo('postgres'))
        with open(self.data / 'postgresql.conf', 'a', encoding='utf-8') as conf:
            conf.write(f"unix_socket_directories = '{self.folder}'\n")
            conf.writelines(f"{name} = '{value}'\n" for name, value in self.settings.items())

    def promote(self):
        self._server('pg_ctl', '-D', self.data, '-w', 'promote')


class Database:
    """One database of a server."""

    def __init__(self, pg, name):
        self.pg, self.name = pg, name

    def ask(self, sql, values=None, user=None):
        return self.pg.ask(sql, values, database=self.name, user=user)

    def one(self, sql, values=None, user=None):
        return self.ask(sql, values, user)[0][0]

    def run(self, sql):
        """In the council's schema."""
        self.ask(f'SET search_path = {SCHEMA}; {sql}; RESET search_path')

    def conninfo(self, user=None):
        return self.pg.conninfo(self.name, user)


def make_source(pg, name, sample=None):
    """A database with the dataset's tables, filled with a sample, and the views over them."""
    pg.psql(f'CREATE DATABASE {name}', database='postgres')
    pg.psql(f'CREATE SCHEMA {SCHEMA}', database=name)
    pg.psql(file=SOURCE_SQL / 'ssd-tables.sql', database=name, search_path=SCHEMA)
    for file in sorted(sample.glob('ssd_*.csv')) if sample else []:
        pg.copy_in(f'{SCHEMA}.{file.stem}', file, database=name)
    pg.psql(file=SOURCE_SQL / 'ssd.sql', database=name, search_path=SCHEMA)
    pg.psql('ANALYZE', database=name)
    return Database(pg, name)


def copy_database(source, name, pg=None):
    (pg or source.pg).copy(name, source.name)
    return Database(pg or source.pg, name)


def install_notify(source):
    source.pg.psql(file=SOURCE_SQL / 'notify.sql', database=source.name)
    source.ask('SELECT timely_source.install_triggers(); SELECT timely_source.install_indexes()')


class Installation:
    """timely and timelyd with a configuration of their own, on a source and a store."""

    def __init__(self, folder, source, store, settings='', rest=''):
        """`source` and `store` are connection strings; `settings` go to the source, `rest` to the end."""
        self.folder = folder
        self.config = folder / 'timely.yaml'
        self.mail = folder / 'mail'
        self.log = folder / 'timelyd.log'
        self.daemon = None
        self.write(source, store, settings, rest)

    def write(self, source, store, settings, rest):
        self.config.write_text(
            f'source:\n  database: "{source}"\n  poll every: 1 second\n  settle for: 1 second\n  stale after: 0 days\n{settings}'
            f'store: {{database: "{store}"}}\n'
            'clock: {starts at: 2024-04-02T09:00}\n'
            f'mail:\n  delivery: redirect\n  redirect to: all@council.example\n  maildir: {self.mail}\n'
            f'  quiet period: 0 seconds\n  operator email: operator@council.example\n{rest}', encoding='utf-8')

    def run(self, *words):
        done = subprocess.run([str(BUILD / 'timely'), *map(str, words), '--config', str(self.config)],
                              stdin=subprocess.DEVNULL, capture_output=True, encoding='utf-8', env=ENVIRONMENT,
                              timeout=300, check=False)
        assert 'ERROR: ' not in done.stderr and 'runtime error' not in done.stderr, done.stderr
        return done

    def __call__(self, *words, status=0):
        done = self.run(*words)
        assert done.returncode == status, (words, done.returncode, done.stdout[-2000:], done.stderr)
        return done.stdout

    def rows(self, *words):
        return list(csv.DictReader(io.StringIO(self(*words, '--format', 'csv'))))

    # ------------------------------------------------------------------------------------------ the daemon

    def start(self):
        with open(self.log, 'a', encoding='utf-8') as log:
            self.daemon = subprocess.Popen([str(BUILD / 'timelyd'), '--config', str(self.config)], cwd='/',
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)
        return self

    def stop(self, kill=False):
        if self.daemon:
            (self.daemon.kill if kill else self.daemon.terminate)()
            status = self.daemon.wait(60)
            self.daemon = None
            said = self.said()
            assert 'ERROR: ' not in said and 'runtime error' not in said, said[-5000:]
            assert kill or status == 0, said[-2000:]

    def said(self):
        return self.log.read_text(encoding='utf-8') if self.log.exists() else ''


class Store(Database):
    """What the daemon has recorded."""

    def open_deadlines(self):
        return self.one("SELECT count(*) FROM timely.deadline WHERE state = 'open'")

    def deadlines(self):
        """Everything that people see of them: what may not change while the source is in doubt."""
        return self.ask('SELECT uid, person_id, timescale, subject_ref, due_on, state, met_on, sequence'
                        ' FROM timely.deadline ORDER BY uid')

    def icpc(self, enquiry):
        """(due date, state, sequence, uid) of the conference that an enquiry calls for."""
        found = self.ask("SELECT due_on::text, state, sequence, uid FROM timely.deadline"
                         " WHERE timescale = 'icpc' AND subject_ref = %s", [enquiry])
        return found[0] if found else None

    def holds(self):
        """Of tables: those that nobody has decided about."""
        return {about for about, in self.ask("SELECT about FROM timely.hold WHERE decided IS NULL AND kind = 'table'")}

    def mails(self):
        """Messages but for those to the operator."""
        return self.one("SELECT count(*) FROM timely.outbox WHERE kind <> 'operator'")

    def reading(self):
        return self.one('SELECT read_at FROM timely.state')

    def read_again(self, times=2, seconds=60.0):
        """Waits until the source has been read so many times more."""
        for _ in range(times):
            before = self.reading()
            until(lambda: self.reading() != before, 'another reading', seconds)

    def settled(self, seconds=120.0):
        """Waits until everything is recorded and no reading waits for another."""
        until(lambda: self.one('SELECT first_started_at IS NOT NULL AND said IS NULL FROM timely.state'), 'a first start',
              seconds)
        return self


# ------------------------------------------------------------------------------------------------- rows

NUMBERS = itertools.count(1)


def enquiry(source, started='2024-03-28', conference='Y', person=None, before='', after=''):
    """A child with an open enquiry, committed as one transaction with what stands before and after."""
    number = f'E{next(NUMBERS)}'
    person = person or f'P{number}'
    source.run(f"""{before};
        INSERT INTO ssd_person (pers_person_id, pers_dob) VALUES ('{person}', '2015-05-05') ON CONFLICT DO NOTHING;
        INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date, s47e_s47_outcome_json)
        VALUES ('{number}', '{person}', '{started}', '{{"OUTCOME_CP_CONFERENCE_FLAG" : "{conference}"}}'); {after}""")
    return number


def reload_tables(source):
    """The dataset's tables as the nightly job empties and fills them: persons first."""
    rest = [name for name, in source.ask("SELECT table_name FROM timely_source.source_table"
                                         " WHERE to_regclass(schema_name || '.' || table_name) IS NOT NULL"
                                         " AND table_name <> 'ssd_person' ORDER BY 1")]
    return ['ssd_person'] + rest
