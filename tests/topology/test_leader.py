"""Several timelyd on one store: one leads, and whatever becomes of it another goes on, with the same answer and with
nothing said twice."""
import email
import signal
import subprocess
import time

import psycopg2
import pytest
from relay import Relay
from topology import BIN, Installation, Postgres, Replica, Store, copy_database, enquiry, make_source, until

DIRECTORY = """kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to
team,T1,Team One,,,,TM,,,
person,TM,Name TM,tm@council.example,,T1,,,,
person,SW,Name SW,sw@council.example,,T1,,,,
"""


@pytest.fixture(scope='module')
def pg():
    with Postgres() as server:
        yield server


@pytest.fixture(scope='module')
def begun(pg, tmp_path_factory):
    """A council whose first start is over, with a worker: a source and a store to copy."""
    source = make_source(pg, 'begun_source')
    source.run("INSERT INTO ssd_person (pers_person_id, pers_dob) VALUES ('1', '2015-01-01')")
    pg.psql('CREATE DATABASE begun_store', database='postgres')
    store = Store(pg, 'begun_store')
    timely = Installation(tmp_path_factory.mktemp('begun'), source.conninfo(), store.conninfo())
    (timely.folder / 'staff.csv').write_text(DIRECTORY)
    timely('migrate')
    timely('import', 'directory', timely.folder / 'staff.csv')
    timely.start()
    store.settled()
    timely.stop()
    assert store.ask('SELECT epoch, expires_at < now() FROM timely.leader') == [(1, True)], 'it has given the lead up'
    return source, store


@pytest.fixture
def source(begun, name):
    return copy_database(begun[0], name)


@pytest.fixture
def store(begun, name):
    return Store(begun[1].pg, copy_database(begun[1], f'{name}_store').name)


@pytest.fixture
def daemons(tmp_path):
    """Starts daemons, each with a folder of its own; they are stopped at the end."""
    made = []

    def start(source, conninfo):
        folder = tmp_path / f'daemon{len(made)}'
        folder.mkdir()
        made.append(Installation(folder, source.conninfo(), conninfo).start())
        return made[-1]
    yield start
    for one in made:
        one.stop()


def conference(source):
    """A child with a worker, of whom a conference is asked: it becomes a deadline, and an invite for the worker."""
    return enquiry(source, after="""
        INSERT INTO ssd_involvements (invo_involvements_id, invo_professional_id, invo_professional_role_id,
            invo_professional_team, invo_person_id, invo_involvement_start_date)
        SELECT 'I' || s47e_person_id, 'SW', 'ALLOCATED_WORKER', 'T1', s47e_person_id, s47e_s47_start_date
          FROM ssd_s47_enquiry ORDER BY length(s47e_person_id) DESC, s47e_person_id DESC LIMIT 1""")


def leads(store, timely):
    """The epoch under which this daemon leads on the store, 0 if it does not."""
    found = store.ask('SELECT epoch FROM timely.leader WHERE expires_at > now() AND split_part(holder, %s, 2) ~ %s',
                      ['/', rf'^{timely.daemon.pid}\.'])
    return found[0][0] if found else 0


def two(daemons, source, store, conninfo=None):
    """One that leads, and one that stands by."""
    first = daemons(source, conninfo or store.conninfo())
    until(lambda: leads(store, first), 'the first to lead')
    second = daemons(source, store.conninfo())
    until(lambda: 'lead.standing_by' in second.said(), 'the second to stand by')
    return first, second


def told(store, number):
    """Waits until the child's conference is a deadline and the worker's invite has left."""
    until(lambda: store.icpc(number), f'the deadline of {number}', 90)
    until(lambda: store.ask("SELECT 1 FROM timely.outbox o JOIN timely.object_deadline USING (object_id)"
                            " JOIN timely.deadline USING (deadline_id) WHERE subject_ref = %s AND o.state = 'sent'", [number]),
          f'the invite of {number}', 90)


def mails(*daemons):
    """The Message-ID of each mail that left."""
    return sorted(email.message_from_bytes(path.read_bytes())['Message-ID'].strip('<>')
                  for one in daemons for path in (one.mail / 'new').glob('*'))


def as_with_one(store, numbers, *daemons):
    """Each conference was opened once and told once, and each message left once."""
    assert store.ask("SELECT subject_ref, sequence, (SELECT string_agg(change, ',') FROM timely.deadline_history h"
                     " WHERE h.deadline_id = d.deadline_id) FROM timely.deadline d WHERE timescale = 'icpc'"
                     " ORDER BY length(subject_ref), subject_ref") == [(number, 0, 'opened') for number in numbers]
    until(lambda: store.one("SELECT bool_and(state = 'sent') FROM timely.outbox"), 'the last mail')
    assert store.ask("SELECT kind, count(*), max(attempts) FROM timely.outbox WHERE kind <> 'digest' GROUP BY 1") == \
        [('invite', len(numbers), 1)]
    put, left = {number for number, in store.ask('SELECT rfc_message_id FROM timely.outbox')}, mails(*daemons)
    lost, repeats = len(put - set(left)), len(left) - len(set(left))
    print(f'messages {len(put)}, repeats {repeats}, lost {lost}')
    assert (lost, repeats, set(left) - put) == (0, 0, set())


def test_a_crash_and_a_clean_stop(daemons, source, store):
    first, second = two(daemons, source, store)
    said = until(lambda: (done := second.run('status')).returncode == 0 and done.stdout, 'all to be well')
    assert f'/{first.daemon.pid}.' in said.split('Leads: ')[1].splitlines()[0]
    assert f'/{second.daemon.pid}.' in said.split('Stand by: ')[1].splitlines()[0]
    numbers = [conference(source)]
    told(store, numbers[0])

    crashed = time.monotonic()
    first.stop(kill=True)
    until(lambda: leads(store, second) == 3, 'the second to lead')
    print(f'taken over {time.monotonic() - crashed:.1f} s after kill -9')
    numbers.append(conference(source))
    told(store, numbers[1])

    first.start()
    until(lambda: leads(store, second) and 'lead.standing_by' in first.said(), 'the first to stand by')
    stopped = time.monotonic()
    second.stop()
    until(lambda: leads(store, first) == 4, 'the first to lead again')
    print(f'taken over {time.monotonic() - stopped:.1f} s after the end of SIGTERM')
    numbers.append(conference(source))
    told(store, numbers[2])
    as_with_one(store, numbers, first, second)


def test_a_paused_leader_that_wakes_up_does_no_harm(daemons, source, store):
    first, second = two(daemons, source, store)
    paused = time.monotonic()
    first.daemon.send_signal(signal.SIGSTOP)
    try:
        numbers = [conference(source)]
        until(lambda: leads(store, second), 'the second to lead')
        print(f'taken over {time.monotonic() - paused:.1f} s after SIGSTOP')
        told(store, numbers[0])
        numbers.append(conference(source))
    finally:
        first.daemon.send_signal(signal.SIGCONT)
    until(lambda: 'lead.lost' in first.said() and 'lead.standing_by' in first.said(), 'the first to stand by')
    told(store, numbers[1])
    numbers.append(conference(source))
    told(store, numbers[2])
    store.read_again()
    assert leads(store, second)
    as_with_one(store, numbers, first, second)


def test_a_leader_that_is_paused_while_the_servers_clock_is_stepped_back(daemons, source, store):
    """Its lease would last until the clock is there again."""
    first, second = two(daemons, source, store)
    first.daemon.send_signal(signal.SIGSTOP)
    try:
        store.ask("UPDATE timely.leader SET expires_at = expires_at + interval '1 day'")
        until(lambda: store.ask("SELECT 1 FROM timely.leader WHERE epoch = 3 AND expires_at < now() + interval '1 hour'"),
              'the second to lead')
    finally:
        first.daemon.send_signal(signal.SIGCONT)
    number = conference(source)
    told(store, number)
    assert leads(store, second)
    as_with_one(None, store, [number], first, second)


def test_a_leader_behind_a_lost_network_is_refused(daemons, source, store):
    """The network goes when it is about to write, and the write arrives when the network is back."""
    with Relay(store.pg.folder / '.s.PGSQL.5432') as relay:
        first, second = two(daemons, source, store,
                            f'host=127.0.0.1 port={relay.port} dbname={store.name} user={store.pg.user}')
        relay.freeze_before(b'timely.record_persons')
        numbers = [conference(source)]
        until(relay.frozen, 'the write')
        lost = time.monotonic()
        until(lambda: leads(store, second), 'the second to lead')
        print(f'taken over {time.monotonic() - lost:.1f} s after the network was lost')
        told(store, numbers[0])
        relay.thaw()
        until(lambda: 'another process has taken the lead' in first.said(), 'the refusal', 90)
        until(lambda: 'lead.standing_by' in first.said(), 'the first to stand by')
        numbers.append(conference(source))
        told(store, numbers[1])
        assert leads(store, second)
        as_with_one(store, numbers, first, second)
        second.stop()
        until(lambda: leads(store, first), 'the first to lead again')
        first.stop()


# Written by functions that take their turn alone, but for the last three.
UNGUARDED = ['calendar_object', 'deadline_history', 'fact', 'finding', 'invite_answer', 'invite_holder', 'mail_read', 'notice',
             'object_deadline', 'person'] + ['daemon', 'leader', 'migration']


def test_every_write_is_guarded(store):
    """A leader's connection writes until another one leads: whatever it writes, and not while that one is made leader."""
    free = store.ask("""SELECT relname FROM pg_class WHERE relnamespace = 'timely'::regnamespace AND relkind = 'r'
        AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'must_lead')""")
    assert {name for name, in free} == set(UNGUARDED)

    take = "UPDATE timely.leader SET epoch = epoch + 1, holder = 'b'"
    store.ask("UPDATE timely.leader SET epoch = 7, holder = 'a'")
    leader = store.pg.connect(store.name, autocommit=False)
    writes = leader.cursor()
    writes.execute("SET timely.lead = '7 a'; INSERT INTO timely.dirty (person_id) VALUES ('1')")
    store.ask('UPDATE timely.leader SET expires_at = now()')  # a renewal does not wait
    with pytest.raises(psycopg2.errors.LockNotAvailable):
        store.ask(f"SET lock_timeout = '200ms'; {take}")
    leader.commit()
    store.ask(take)
    for statement in "INSERT INTO timely.dirty (person_id) VALUES ('2')", 'DELETE FROM timely.outbox', \
            "UPDATE timely.state SET said = 'x'", "SELECT timely.record_persons('[]')", "SELECT timely.record_telling('{}')", \
            "SELECT timely.record_mail('{}')", "SELECT timely.record_faulty_rows('{}')":
        with pytest.raises(psycopg2.Error) as refused:
            writes.execute(statement)
        assert refused.value.pgcode == 'TLEAD'
        leader.rollback()
    writes.execute("SET timely.lead = ''; DELETE FROM timely.dirty")  # claims no lead
    leader.close()


def copy_store(store, to):
    """Into the database `test` of another server."""
    dump = subprocess.run([str(BIN / 'pg_dump'), '-d', store.conninfo()], capture_output=True, check=True).stdout
    subprocess.run([str(BIN / 'psql'), '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', to.conninfo('test')], input=dump,
                   stdout=subprocess.DEVNULL, check=True)


def reload(pg, setting, value):
    pg.psql(f"ALTER SYSTEM SET {setting} = '{value}'")
    pg.psql('SELECT pg_reload_conf()')


def test_a_store_that_fails_over_to_its_replica(daemons, source, begun):
    """What was committed with a synchronous replica is there; what an asynchronous one had not received is found again."""
    with Postgres() as primary:
        copy_store(begun[1], primary)
        with Replica(primary) as replica:
            both = f'host={primary.folder},{replica.folder} dbname=test user={primary.user} target_session_attrs=read-write'
            before, after = Store(primary, 'test'), Store(replica, 'test')
            reload(primary, 'synchronous_standby_names', '*')
            reload(primary, 'synchronous_commit', 'on')
            first, second = two(daemons, source, before, both)
            kept = conference(source)
            told(before, kept)
            was, invite = before.icpc(kept), before.one("SELECT rfc_message_id FROM timely.outbox WHERE kind = 'invite'")

            reload(primary, 'synchronous_standby_names', '')
            reload(replica, 'primary_conninfo', '')
            until(lambda: not primary.ask('SELECT 1 FROM pg_stat_replication'), 'the end of the replication')
            lost = conference(source)
            told(before, lost)
            primary.stop('immediate')
            failed = time.monotonic()
            replica.promote()
            told(after, lost)
            print(f'found again {time.monotonic() - failed:.1f} s after the end of the primary')
            told(after, conference(source))
            assert bool(leads(after, first)) != bool(leads(after, second))
            assert after.icpc(kept) == was
            for one in first, second:
                one.stop()
            assert mails(first, second).count(invite) == 1
