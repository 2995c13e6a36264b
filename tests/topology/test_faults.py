"""A store without connections, without room, or slow, and a source that is gone for a day: each is noted with what was lost
and what was repeated."""
import os
import shutil
import sys
import time

import psycopg2
import pytest
from leading import conference, copy_store, noted, told
from relay import Relay
from topology import ROOT, Postgres, Store, until

sys.path.insert(0, str(ROOT / 'tests' / 'run'))

from smtp_server import MailServer  # noqa: E402 (found through the line above)


@pytest.fixture
def source(begun_source):
    return begun_source


def store_on(server, begun):
    copy_store(begun[1], server)
    return Store(server, 'test')


def test_a_store_without_connections(daemons, source, begun):
    """Others have taken all of them, also those that the daemon had."""
    with Postgres(settings={'max_connections': '25', 'superuser_reserved_connections': '0'}) as server:
        store = store_on(server, begun)
        ours = server.connect('test')
        daemon = daemons(source, store.conninfo())
        told(store, conference(source))
        hogs = []

        def taken():
            """Takes what is free and what the daemon has; true when it was sent away."""
            with ours.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'timelyd%'")
            try:
                while True:
                    hogs.append(server.connect('test'))
            except psycopg2.OperationalError:
                return 'too many clients' in daemon.said()
        until(taken, 'the end of the connections')
        number = conference(source)
        time.sleep(3)  # it tries, in vain
        for hog in hogs:
            hog.close()
        told(store, number)
        noted('store out of connections', store, daemon)


def test_a_store_without_room(daemons, source, begun):
    with Postgres() as server:
        full = server.folder / 'full'
        module = shutil.copy(os.environ['FULL_DISK'], server.folder)  # where the server may read it
        server.environment.update(LD_PRELOAD=module, FULL_DISK_WHILE=str(full))
        server.restart()
        store = store_on(server, begun)
        daemon = daemons(source, store.conninfo())
        numbers = [conference(source)]
        told(store, numbers[0])
        full.touch()

        def no_room():
            numbers.append(conference(source))
            return 'No space left on device' in daemon.said()
        until(no_room, 'the end of the room', 120, step=1)
        numbers += [conference(source), conference(source)]
        time.sleep(3)  # it tries, in vain
        full.unlink()
        for number in numbers:
            told(store, number)
        noted('store out of disk', store, daemon)
        print(f'the disk was full after {len(numbers) - 2} conferences')


def test_a_store_that_is_slow_by_five_seconds(daemons, source, begun_store):
    """Each of its answers comes 5 s late, which is half of a lease."""
    store = begun_store
    with Relay(store.pg.folder / '.s.PGSQL.5432') as relay:
        daemon = daemons(source, f'host=127.0.0.1 port={relay.port} dbname={store.name} user={store.pg.user}')
        told(store, conference(source))
        relay.delay = 5
        began = time.monotonic()
        told(store, conference(source), 600)
        print(f'told after {time.monotonic() - began:.0f} s')
        relay.delay = 0
        noted('store slow by 5 s', store, daemon)


A_DAY = 86400 * 1000000  # microseconds


def test_a_source_that_is_gone_for_a_day(daemons, source, begun_store):
    """Somebody hears of it. What falls due meanwhile is told from what is known, and its return repeats nothing."""
    store = begun_store
    with MailServer() as other_way:
        daemon = daemons(source, store.conninfo(), rest=f'''alarm:
  after: 0 minutes
  email: duty@elsewhere.example
  smtp url: smtp://127.0.0.1:{other_way.port}
  smtp require tls: no
''')
        # Ten working days before its conference is due, which is tomorrow, the worker is told again.
        known = conference(source, started='2024-03-25')
        told(store, known)
        until(lambda: rungs(store), 'the first digest')
        source.pg.psql(f"ALTER DATABASE {source.name} ALLOW_CONNECTIONS false", database='postgres')
        source.pg.ask('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s', [source.name], 'postgres')
        until(lambda: 'watch.away' in daemon.said(), 'the daemon to see it')
        daemon.stop()
        store.ask(f'UPDATE timely.state SET business_anchor_us = business_anchor_us + {A_DAY},'
                  " read_at = read_at - interval '1 day', heartbeat_at = heartbeat_at - interval '1 day'")
        daemon.start()
        until(lambda: [mail['Subject'] for mail in other_way.messages] == ['timely: alarm: source-unread'], 'the alarm')
        until(lambda: len(rungs(store)) == 2, 'the second digest')

        source.pg.psql(f'ALTER DATABASE {source.name} ALLOW_CONNECTIONS true', database='postgres')
        meanwhile = conference(source, started='2024-04-02')
        told(store, meanwhile)
        until(lambda: len(other_way.messages) > 1, 'the all-clear')
        store.read_again()
        assert rungs(store) == ['social-worker, 10 working days before', 'social-worker, at the start']
        assert [mail['Subject'] for mail in other_way.messages][1:] == ['timely: over: source-unread']
        noted('source gone for a day', store, daemon)


def rungs(store):
    """Those that spoke of the first conference in a mail that has left."""
    return [rung for rung, in store.ask("SELECT rung FROM timely.notice n JOIN timely.deadline d USING (deadline_id)"
                                        " JOIN timely.outbox o USING (message_id) WHERE o.state = 'sent'"
                                        " AND d.timescale = 'icpc' AND d.trigger_on = '2024-03-25' ORDER BY rung")]
