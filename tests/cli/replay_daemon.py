"""The daemon's own reconcile and agenda, driven over past days one moment at a time, so that a replay can be compared
with what really went into the outbox.

The case database is one table of facts with the time from which each is known, behind the views of the fact contract.
"""
import datetime
import io
import os
import subprocess

from conftest import ROOT, Program

COLUMNS = ('person_id, kind, ref, at, precise, until, episode, meeting, code, who, origin, recorded_at, scheduled_at,'
           ' ends_at, place, url, attendees')
# A fact is known from its own time, or from when it was recorded, whichever is later.
SOURCE = f"""
CREATE SCHEMA timely_source;
CREATE TABLE timely_source.clock (now timestamp);
INSERT INTO timely_source.clock VALUES ('2000-01-01');
CREATE TABLE timely_source.everything (person_id text, kind text, ref text, at timestamp, precise boolean, until timestamp,
    episode text, meeting text, code text, who text, origin text, recorded_at timestamp, scheduled_at timestamp,
    ends_at timestamp, place text, url text, attendees text);
CREATE TABLE timely_source.person (person_id text, family text, display_name text, initials text, case_ref text,
    restricted boolean);
CREATE VIEW timely_source.fact AS SELECT {COLUMNS} FROM timely_source.everything
    WHERE greatest(at, recorded_at) <= (SELECT now FROM timely_source.clock);
CREATE VIEW timely_source.watched AS SELECT NULL::text AS table_name, NULL::bigint AS filenode, NULL::text AS leans_on
    WHERE false;
"""


def copy_rows(from_connection, select, to_connection, table):
    rows = io.BytesIO()
    with from_connection.cursor() as cursor:
        cursor.copy_expert(f'COPY ({select}) TO STDOUT', rows)
    rows.seek(0)
    with to_connection.cursor() as cursor:
        cursor.copy_expert(f'COPY {table} FROM STDIN', rows)


class Daemon:
    """A store and a case database on `pg`, filled from the accepted facts of another store: those of the persons for whom
    the condition `whom` over timely.person holds."""

    def __init__(self, pg, folder, origin, whom):
        self.pg = pg
        self.store, self.source = 'replay_store', 'replay_source'
        self.config = folder / 'replay.yaml'
        self.config.write_text(f'store: {{database: "{pg.conninfo(self.store)}"}}\n'
                               'mail: {from email: timely@council.example, operator email: operator@council.example}\n')
        for database in (self.store, self.source):
            pg.psql(f'CREATE DATABASE {database}', database='postgres')
        self.timely = Program('--config', self.config)
        self.timely('migrate')
        pg.psql(SOURCE, database=self.source)
        source, store = pg.connect(self.source), pg.connect(self.store)
        for table in ('fact', 'local_fact'):
            copy_rows(origin, f'SELECT {COLUMNS} FROM timely.{table} WHERE person_id IN (SELECT person_id FROM timely.person WHERE {whom})',
                      source, 'timely_source.everything')
        copy_rows(origin, 'SELECT person_id, family, display_name, initials, case_ref, restricted FROM timely.person'
                  f' WHERE {whom}', source, 'timely_source.person')
        for table in ('team', 'staff'):
            copy_rows(origin, f'SELECT * FROM timely.{table}', store, f'timely.{table}')
        source.close()
        store.close()

    def ask(self, sql, values=None, database=None):
        return self.pg.ask(sql, values, database=database or self.store)

    def one(self, sql):
        return self.ask(sql)[0][0]

    def drive(self, what, now, *more):
        """What the driver says, as {name: text}."""
        done = subprocess.run([os.environ['RUN_DRIVER'], what, self.pg.conninfo(self.store), str(self.config),
                               now.isoformat(timespec='minutes'), *more], capture_output=True, text=True, timeout=120, check=False,
                              env={**os.environ, 'TIMELY_DATA': str(ROOT)})
        assert done.returncode == 0 and 'Sanitizer' not in done.stderr, done.stderr
        return dict(pair.split('=') for pair in done.stdout.split())

    def known_times(self, first, last):
        """When something becomes known, every midnight, and every Monday's opening of the office, after `first`."""
        rows = self.ask("SELECT DISTINCT date_trunc('minute', greatest(at, recorded_at)) FROM timely_source.everything"
                        ' WHERE greatest(at, recorded_at) > %s AND greatest(at, recorded_at) < %s', (first, last), self.source)
        days = [first + datetime.timedelta(days=n) for n in range((last - first).days)]
        openings = [day.replace(hour=9) for day in days if day.weekday() == 0]
        return {time for time, in rows} | set(days) | set(openings)

    def live(self, first, last):
        """From the first start at midnight of `first` to the end of the day before `last`."""
        ahead = self.known_times(first, last)
        while ahead:
            now = min(ahead)
            ahead.discard(now)
            self.ask('UPDATE timely_source.clock SET now = %s', (now,), self.source)
            self.drive('reconcile', now, self.pg.conninfo(self.source))
            following = self.drive('agenda', now)['next']
            if following != 'never':
                ahead.add(datetime.datetime.fromisoformat(following))
            ahead = {time for time in ahead if time < last}
            # Messages leave at once, updates after a minute in which a later one may take their place.
            if not ahead or min(ahead) - now > datetime.timedelta(minutes=1):
                self.ask("WITH sent AS (UPDATE timely.outbox SET state = 'sent', settled_at = now() WHERE state = 'due' RETURNING *)"
                         ' UPDATE timely.invite_holder h SET sequence_sent = s.sequence, shown = s.shows FROM sent s'
                         " WHERE s.kind = 'invite' AND (h.object_id, h.staff_id) = (s.object_id, s.staff_id)")
