"""Where the source and the store are, by what rights they are read, and how the daemon hears of a change."""
import concurrent.futures
import os
import pwd
import re
import signal
import subprocess
import time

import psycopg2
import pytest
from topology import (BIN, LOCK_WAIT_MOST, ROOT, SCHEMA, SOURCE_SQL, Database, Postgres, Replica, Store, enquiry,
                      install_notify, make_source, until)


def works(timely, source, store):
    """A first start, and then a change that is committed: a deadline, and the same one when it is corrected."""
    timely('migrate')
    timely.start()
    store.settled()
    assert store.open_deadlines() > 100
    number = enquiry(source)
    until(lambda: store.icpc(number), 'a deadline')
    assert store.icpc(number)[:2] == ('2024-04-22', 'open')
    uid = store.icpc(number)[3]
    source.run(f"UPDATE ssd_s47_enquiry SET s47e_s47_start_date = '2024-03-25' WHERE s47e_s47_enquiry_id = '{number}'")
    until(lambda: store.icpc(number)[0] == '2024-04-17', 'the move')
    assert store.icpc(number)[1:] == ('open', 1, uid)
    assert [row['due_on'] for row in timely.rows('due', '--person', f'P{number}')] == ['2024-04-17']


# ------------------------------------------------------------------------------------------- where they are

def test_source_and_store_in_one_database(installation, source):
    works(installation(source.conninfo(), source.conninfo()), source, Store(source.pg, source.name))


def test_source_and_store_on_two_servers(installation, source, second_pg, name):
    second_pg.psql(f'CREATE DATABASE {name}', database='postgres')
    store = Store(second_pg, name)
    works(installation(source.conninfo(), store.conninfo()), source, store)
    assert store.ask("SELECT to_regnamespace('timely_source')") == [(None,)]
    assert source.ask("SELECT to_regnamespace('timely')") == [(None,)]


# ------------------------------------------------------------------------------------------------- rights

DOC = (ROOT / 'docs' / 'operating.md').read_text(encoding='utf-8')


def block(kind, beginning):
    """The block of docs/operating.md that begins so."""
    found = [text for text in re.findall(rf'```{kind}\n(.*?)```', DOC, re.DOTALL) if text.startswith(beginning)]
    assert len(found) == 1, beginning
    return found[0]


def run_file(pg, text, folder, database='postgres', user=None):
    file = folder / 'block.sql'
    file.write_text(text, encoding='utf-8')
    pg.psql(file=file, database=database, user=user)


@pytest.fixture
def documented(tmp_path, sample):
    """A server made as docs/operating.md says, by its own words: tables in `cases`, roles, views."""
    with Postgres('cases') as pg:
        pg.psql(f'CREATE SCHEMA {SCHEMA}')
        pg.psql(file=SOURCE_SQL / 'ssd-tables.sql', search_path=SCHEMA)
        for file in sorted(sample.glob('ssd_*.csv')):
            pg.copy_in(f'{SCHEMA}.{file.stem}', file)
        run_file(pg, block('sql', '-- on the server of the store'), tmp_path)
        words = re.search(r"psql -X -1 .* -d cases -c '(.*)' \\\n +-f /usr/share/timely/(\S+)", DOC)
        done = subprocess.run([str(BIN / 'psql'), '-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d', pg.conninfo('cases'), '-c',
                               words[1], '-f', str(ROOT / words[2])], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield pg


def documented_database(pg, key, beginning):
    found = re.search(rf'^{key}:\n  database: "(.*)"', block('yaml', beginning), re.MULTILINE)
    return found[1].replace('/run/postgresql', str(pg.folder))


def refused(pg, user, sql, database='timely'):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        pg.ask(sql, database=database, user=user)


def test_the_documented_roles_are_enough_and_no_more(documented, installation, tmp_path):
    pg, source, store = documented, Database(documented, 'cases'), Store(documented, 'timely')
    (tmp_path / 'owner.yaml').write_text(block('yaml', 'store:').replace('/run/postgresql', str(pg.folder)))
    timely = installation(documented_database(pg, 'source', 'source:'), documented_database(pg, 'store', 'source:'))
    own_config, timely.config = timely.config, tmp_path / 'owner.yaml'
    timely('migrate')
    timely.config = own_config
    works(timely, source, store)
    until(lambda: store.one("SELECT bool_and(state = 'sent') FROM timely.outbox"), 'that every message left')

    # The source's role reads the views and nothing else, and writes nowhere.
    assert pg.ask("SELECT count(*) > 1000 FROM timely_source.fact", database='cases', user='timely_read') == [(True,)]
    refused(pg, 'timely_read', f'SELECT 1 FROM {SCHEMA}.ssd_person', 'cases')
    refused(pg, 'timely_read', 'SELECT 1 FROM timely_source.code_map', 'cases')
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        pg.ask('CREATE TEMP TABLE t ()', database='cases', user='timely_read')
    refused(pg, 'timely_read', 'BEGIN READ WRITE; SELECT timely_source.remove_views()', 'cases')
    refused(pg, 'timely_read', f'BEGIN READ WRITE; TRUNCATE {SCHEMA}.ssd_person', 'cases')

    # The daemon's adds to what must not be changed.
    for table in 'audit', 'deadline_history', 'notice', 'message_deadline', 'cover', 'acknowledgement', 'outbox':
        refused(pg, 'timely_daemon', f'DELETE FROM timely.{table}')
        refused(pg, 'timely_daemon', f'TRUNCATE timely.{table}')
    refused(pg, 'timely_daemon', "UPDATE timely.audit SET what = 'x'")
    refused(pg, 'timely_daemon', "UPDATE timely.deadline_history SET change = 'x'")
    refused(pg, 'timely_daemon', "UPDATE timely.acknowledgement SET reason = 'x'")
    refused(pg, 'timely_daemon', "UPDATE timely.outbox SET body_text = 'x'")
    (tmp_path / 'staff.csv').write_text('kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to\n'
                                        'team,T1,,,,,,,,\nperson,W1,,,,T1,,,,\n')
    timely('import', 'directory', tmp_path / 'staff.csv')
    timely('cover', 'add', 'W1')
    timely('cover', 'end', '1')
    refused(pg, 'timely_daemon', "UPDATE timely.cover SET stand_in_id = 'x'")
    refused(pg, 'timely_daemon', 'DELETE FROM timely.migration')
    refused(pg, 'timely_daemon', 'CREATE TABLE timely.t ()')
    # Nor can the owner by mistake.
    with pytest.raises(psycopg2.errors.RaiseException):
        pg.ask('DELETE FROM timely.deadline_history', database='timely', user='timely_owner')

    # The web's reads feeds and what a link opens.
    pg.ask('SELECT 1 FROM timely.live_feed, timely.feed_body, timely.feed_object, timely.state', database='timely', user='timely_web')
    assert pg.ask("SELECT timely.press_page('x', NULL, 'done', NULL, NULL)", database='timely', user='timely_web') == [(False,)]
    refused(pg, 'timely_web', "INSERT INTO timely.inbox (link_hash, body) VALUES ('x', '{}')")
    for table in 'person', 'fact', 'deadline', 'deadline_history', 'outbox', 'audit', 'staff', 'inbox', 'hold', 'finding', 'feed', \
            'page_link', 'secret', 'timescale', 'acknowledgement', 'cover':
        refused(pg, 'timely_web', f'SELECT 1 FROM timely.{table}')
    assert pg.ask("SELECT * FROM timely.page_deadline('x', NULL)", database='timely', user='timely_web') == []
    refused(pg, 'timely_web', 'UPDATE timely.live_feed SET holder_id = NULL')
    refused(pg, 'timely_web', 'DELETE FROM timely.feed_body')

    # The reports' reads deadlines, and no text of a message, through whoever is given it.
    pg.psql('CREATE ROLE analyst LOGIN IN ROLE timely_report', database='timely')
    assert pg.ask('SELECT count(*) > 300 FROM timely.deadline', database='timely', user='analyst') == [(True,)]
    for table in 'outbox', 'person', 'fact', 'staff', 'feed':
        refused(pg, 'analyst', f'SELECT 1 FROM timely.{table}')
    refused(pg, 'analyst', "UPDATE timely.deadline SET state = 'met'")
    # Nobody else comes in.
    pg.psql('CREATE ROLE stranger LOGIN', database='timely')
    with pytest.raises(psycopg2.OperationalError, match='CONNECT'):
        pg.ask('SELECT 1', database='timely', user='stranger')

    timely.stop()
    run_file(pg, block('sql', '-- as timely_owner\nBEGIN'), tmp_path, 'timely', 'timely_owner')
    timely.config = tmp_path / 'owner.yaml'
    timely('recover')


# ---------------------------------------------------------------------------------------- behind a pooler

class Pooler:
    """PgBouncer in transaction mode with one connection to the server, so that everybody shares it."""

    def __init__(self, pg):
        self.pg, self.process = pg, None
        # As its own user: it refuses to be root.
        self.folder = pg.folder / 'pooler'

    def __enter__(self):
        self.folder.mkdir()
        (self.folder / 'users').write_text(f'"{self.pg.user}" ""\n')
        (self.folder / 'pgbouncer.ini').write_text(
            f'[databases]\n* = host={self.pg.folder}\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = {self.folder}\n'
            f'listen_port = 5432\nauth_type = trust\nauth_file = {self.folder}/users\npool_mode = transaction\n'
            f'default_pool_size = 1\nlogfile = {self.folder}/log\n')
        command = ['/usr/sbin/pgbouncer', '-q', str(self.folder / 'pgbouncer.ini')]
        if os.geteuid() == 0:
            os.chown(self.folder, *pwd.getpwnam('postgres')[2:4])
            command = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] + command
        self.process = subprocess.Popen(command, cwd='/', stdin=subprocess.DEVNULL)
        until(lambda: (self.folder / '.s.PGSQL.5432').exists(), 'pgbouncer', 10)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)

    def conninfo(self, database):
        return f'host={self.folder} dbname={database} user={self.pg.user}'

    def connect(self, database):
        connection = psycopg2.connect(self.conninfo(database))
        connection.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
        return connection


def ask(connection, sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def patiently(connection, sql):
    """Under a statement_timeout that a busy machine may reach."""
    while True:
        try:
            return ask(connection, sql)
        except psycopg2.errors.QueryCanceled:
            time.sleep(0.1)


STATE = """SELECT pg_backend_pid(), current_setting('search_path'), current_setting('timezone'),
    current_setting('datestyle'), current_setting('statement_timeout'), current_setting('lock_timeout'),
    current_setting('default_transaction_read_only'), current_setting('bytea_output'),
    (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
    (SELECT count(*) FROM pg_listening_channels()),
    (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory')"""


def test_a_source_behind_a_pooler_in_transaction_mode(installation, source, store):
    source.ask(f"ALTER DATABASE {source.name} SET log_statement = 'all'")
    with Pooler(source.pg) as pooler:
        other = pooler.connect(source.name)
        # What another client left on the connection must not touch our readings either.
        ask(other, "SET search_path = nowhere; SET datestyle = 'German'; SET timezone = 'Asia/Tokyo';"
                   "SET statement_timeout = 60; SET lock_timeout = 60000; SET bytea_output = 'escape'")
        before = patiently(other, STATE)
        timely = installation(pooler.conninfo(source.name), store.conninfo(), '  pooled: yes\n')
        works(timely, source, store)
        assert patiently(other, STATE) == before
        timely.stop()
        assert patiently(other, STATE) == before
        other.close()
    said = source.pg.log.read_text(encoding='utf-8', errors='replace')
    assert 'execute <unnamed>' in said
    assert not re.search(r'execute (?!<unnamed>)\S+:', said)


def test_a_pooled_source_cannot_be_listened_to(installation, source, store):
    timely = installation(source.conninfo(), store.conninfo(), '  pooled: yes\n  watch: notify\n')
    assert 'poll' in timely.run('migrate').stderr


# -------------------------------------------------------------------------------------------- a replica

def test_a_source_that_is_a_streaming_replica(installation, source, store):
    with Replica(source.pg) as replica:
        assert replica.ask('SELECT pg_is_in_recovery()') == [(True,)]
        works(installation(replica.conninfo(source.name), store.conninfo()), source, store)
        # The primary's reload hears nothing of our readings, and the replica's comes through.
        for _ in range(20):
            took = time.monotonic()
            source.run('TRUNCATE ssd_cp_visits')
            assert time.monotonic() - took < LOCK_WAIT_MOST
            time.sleep(0.05)
        until(lambda: 'ssd_cp_visits' in store.holds(), 'the hold')
        until(lambda: replica.ask(f'SELECT count(*) FROM {SCHEMA}.ssd_cp_visits', database=source.name) == [(0,)],
              'the TRUNCATE on the replica', 10)


# ---------------------------------------------------------------------------------------------- notify

@pytest.fixture
def listening(installation, source, known):
    install_notify(source)
    timely = installation(source.conninfo(), known.conninfo(), '  watch: notify\n').start()
    known.read_again(1)
    return timely


def recorded_within(source, store, seconds):
    number = enquiry(source)
    committed = time.monotonic()
    until(lambda: store.icpc(number), 'a deadline', seconds, 0.005)
    return time.monotonic() - committed


def test_a_committed_change_is_a_deadline_long_before_the_next_reading(listening, source, known):
    # The next reading is ten minutes away; how fast it is, bench_notify measures.
    took = sorted(recorded_within(source, known, 30) for _ in range(5))
    print(f'commit to recorded deadline: median {took[2] * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms')


def test_truncate_wakes_a_full_reading(listening, source, known):
    source.run('TRUNCATE ssd_cp_visits')
    until(lambda: known.holds() == {'ssd_cp_visits'}, 'the hold')


def test_a_lost_connection_listens_again(listening, source, known):
    lost = source.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'timelyd watch'"
                      " AND datname = current_database()")
    assert lost == [(True,)]
    number = enquiry(source)
    until(lambda: known.icpc(number), 'what was committed while nobody listened')
    recorded_within(source, known, 30)


def test_a_server_that_goes_away_and_comes_back(installation, store):
    with Postgres() as pg:
        source = make_source(pg, 'cases')
        source.run("INSERT INTO ssd_person (pers_person_id, pers_dob) VALUES ('1', '2015-01-01')")
        timely = installation(source.conninfo(), store.conninfo())
        timely('migrate')
        timely.start()
        store.settled()
        pg.restart('immediate')
        number = enquiry(source)
        until(lambda: store.icpc(number), 'a deadline after the restart', 60)


def test_changes_while_the_daemon_was_away_are_found_at_its_start(listening, source, known):
    listening.stop()
    number = enquiry(source)
    source.ask('SELECT timely_source.prune_changes(%s)', ['0 s'])
    listening.start()
    until(lambda: known.icpc(number), 'the change', 30)


def test_a_reload_of_the_configuration_is_seen_without_a_change(listening, known):
    rules = known.one('SELECT rules_version FROM timely.state')
    listening.config.write_text(listening.config.read_text() + 'rules: {overlay: milton-keynes}\n')
    listening.daemon.send_signal(signal.SIGHUP)
    until(lambda: known.one('SELECT rules_version FROM timely.state') != rules, 'the new rules', 60)


# ------------------------------------------------------------------------------------------- migrations

def test_two_migrations_at_once_and_twice(installation, source, store):
    timely = installation(source.conninfo(), store.conninfo())
    files = sorted(p.name for p in (ROOT / 'sql' / 'store').glob('[0-9]*.sql'))
    with concurrent.futures.ThreadPoolExecutor(4) as many:
        said = sorted(many.map(lambda _: timely('migrate'), range(4)))
    assert said == sorted([''.join(f'Applied {name}.\n' for name in files)] +
                          3 * [f'The store is up to date (migration {len(files)}).\n'])
    assert timely('migrate') == f'The store is up to date (migration {len(files)}).\n'


def test_a_newer_store_is_refused_by_both_programs(installation, source, store):
    timely = installation(source.conninfo(), store.conninfo())
    timely('migrate')
    store.ask("INSERT INTO timely.migration (number, name, sha256) VALUES (999, '0999_later.sql', '')")
    assert timely.run('migrate').returncode == 2
    timely.start()
    assert timely.daemon.wait(30) == 2
    timely.daemon = None
    assert 'newer timely' in timely.said()
