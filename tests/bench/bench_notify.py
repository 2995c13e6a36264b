#!/usr/bin/python3
"""From the commit of a fact to its recorded deadline in notify mode, beside the least that can answer a change.

    bench_notify.py TIMELYD BENCH_WAKE [--events 200]

Both are builds without sanitizers; timely is looked for beside timelyd. On the sample authority, section 47 enquiries are inserted one at a time, in turn
into a source that timelyd watches and into another of the same content that BENCH_WAKE listens to: notification, a read
of one person's facts, a commit of one row. Time runs from before the COMMIT of the enquiry to the notification that a
trigger sends with the recorded row. The server's settings are PostgreSQL's own; source and store are two databases.
"""
import argparse
import os
import select
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

DEFAULTS = {'fsync': 'on', 'synchronous_commit': 'on', 'full_page_writes': 'on', 'autovacuum': 'on'}
SCHEMA = 'ssd_development'
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT)}
TELL = '''
CREATE FUNCTION {schema}.bench_tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bench_recorded', NEW.person_id);
    RETURN NULL;
END $$;
CREATE TRIGGER bench_tell AFTER INSERT ON {table} FOR EACH ROW {only} EXECUTE FUNCTION {schema}.bench_tell();
'''


def make_source(pg):
    """The sample behind the fact views, with triggers and indexes; then a copy of it."""
    pg.psql('CREATE DATABASE source', database='postgres')
    pg.psql(f'CREATE SCHEMA {SCHEMA}', database='source')
    pg.psql(file=ROOT / 'sql' / 'source' / 'ssd-tables.sql', database='source', search_path=SCHEMA)
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(ROOT / 'tests' / 'sample' / 'mk-2023-24.tar.xz') as archive:
            archive.extractall(folder)
        for file in sorted(Path(folder).glob('*/ssd_*.csv')):
            pg.copy_in(f'{SCHEMA}.{file.stem}', file, database='source')
    for name in ['ssd', 'notify']:
        pg.psql(file=ROOT / 'sql' / 'source' / f'{name}.sql', database='source', search_path=SCHEMA)
    pg.psql('SELECT timely_source.install_triggers(), timely_source.install_indexes()', database='source')
    pg.psql('VACUUM ANALYZE', database='source')
    pg.psql('CREATE DATABASE bare_source TEMPLATE source', database='postgres')


def make_stores(pg, timely, config):
    for name in ['store', 'bare_store']:
        pg.psql(f'CREATE DATABASE {name}', database='postgres')
    subprocess.run([timely, 'migrate', '--config', config], check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    pg.psql('CREATE TABLE public.bench_recorded (person_id text)', database='bare_store')
    pg.psql(TELL.format(schema='public', table='public.bench_recorded', only=''), database='bare_store')
    pg.psql(TELL.format(schema='timely', table='timely.deadline', only="WHEN (NEW.timescale = 'icpc')"), database='store')


def configure(pg, folder):
    file = Path(folder) / 'timely.yaml'
    file.write_text(f'source:\n  database: "{pg.conninfo("source")}"\n  watch: notify\n  settle for: 5 seconds\n'
                    f'store:\n  database: "{pg.conninfo("store")}"\n'
                    'clock:\n  starts at: 2024-04-02T09:00\nmail:\n  delivery: off\n')
    return file


def wait_until(what, seconds, process):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end or process.poll() is not None:
            raise RuntimeError('timelyd did not come so far')
        time.sleep(0.5)


class Side:
    """A source to write into and a store to hear from."""

    def __init__(self, pg, source, store):
        self.writer = pg.connect(source, autocommit=False)
        self.hearer = pg.connect(store)
        self.hearer.cursor().execute('LISTEN bench_recorded')
        self.times = []

    def enquire(self, number, child):
        cursor = self.writer.cursor()
        cursor.execute(f'INSERT INTO {SCHEMA}.ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date)'
                       " VALUES (%s, %s, '2024-04-01')", (f'bench-{number}', child))
        cursor.execute("SELECT pg_notify('bench_wake', %s)", (child,))
        began = time.perf_counter()
        self.writer.commit()
        self.wait(child)
        self.times.append((time.perf_counter() - began) * 1000)

    def wait(self, child):
        while True:
            if not select.select([self.hearer], [], [], 30)[0]:
                raise RuntimeError('nothing was recorded within 30 s')
            self.hearer.poll()
            heard = [n.payload for n in self.hearer.notifies]
            self.hearer.notifies.clear()
            if child in heard:
                return

    def percentile(self, share):
        return sorted(self.times)[min(len(self.times) - 1, int(share * len(self.times)))]


def measure(pg, events):
    ours, bare = Side(pg, 'source', 'store'), Side(pg, 'bare_source', 'bare_store')
    children = [row[0] for row in pg.ask(f"SELECT pers_person_id FROM {SCHEMA}.ssd_person WHERE pers_dob > '2010-01-01'"
                                         ' AND pers_death_date IS NULL ORDER BY md5(pers_person_id) LIMIT %s',
                                         (events + 20,), database='source')]
    for number, child in enumerate(children):
        for side in (ours, bare):
            side.enquire(number, child)
            time.sleep(0.1)  # what follows a round is done
    for name, side in (('timely', ours), ('bare', bare)):
        side.times = side.times[20:]
        print(f'{name:8} p50 {statistics.median(side.times):8.2f} ms  p99 {side.percentile(0.99):8.2f} ms  {len(side.times)} events')
    print(f'ratio    p50 {statistics.median(ours.times) / statistics.median(bare.times):8.2f}     '
          f'p99 {ours.percentile(0.99) / bare.percentile(0.99):8.2f}     (aim: p99 at most 10)', flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('timelyd')
    options.add_argument('wake')
    options.add_argument('--events', type=int, default=200)
    o = options.parse_args()
    with Postgres(settings=DEFAULTS) as pg, tempfile.TemporaryDirectory() as folder:
        make_source(pg)
        config = configure(pg, folder)
        make_stores(pg, Path(o.timelyd).with_name('timely'), config)
        with open(Path(folder) / 'log', 'wb') as log:
            daemon = subprocess.Popen([o.timelyd, '--config', config], stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=log, env=ENVIRONMENT)
        wake = subprocess.Popen([o.wake, pg.conninfo('bare_source'), pg.conninfo('bare_store')], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        try:
            wake.stdout.readline()
            wait_until(lambda: pg.ask('SELECT first_started_at IS NOT NULL FROM timely.state', database='store')[0][0], 600, daemon)
            persons, = pg.ask('SELECT count(*) FROM timely.person', database='store')[0]
            print(f'sample of {persons} children, notify mode', flush=True)
            measure(pg, o.events)
        except BaseException:
            print(Path(log.name).read_text()[-2000:], file=sys.stderr)
            raise
        finally:
            wake.communicate('')
            daemon.terminate()
            daemon.wait(30)


if __name__ == '__main__':
    main()
