"""Several who deliver from one outbox: who holds a message, for how long, and what is left by one who died or was stopped."""
import collections
import contextlib
import os
import signal
import subprocess
from pathlib import Path

from smtp_server import MailServer, by_smtp
from telling import Fibers, audit, wait_for


def test_two_who_deliver_send_nothing_twice(store):
    for number in range(40):
        store.put(f'summary:{number}')
    with MailServer() as server:
        by_smtp(store, server)
        both = [subprocess.Popen(store.command('deliver', '2024-04-02 10:00'), stdout=subprocess.DEVNULL) for _ in range(2)]
        assert [process.wait(120) for process in both] == [0, 0]
        ids = [mail['Message-ID'] for mail in server.messages]
    assert len(ids) == len(set(ids)) == 40


# Points: 48, 69
def test_a_crash_after_the_data_repeats_with_the_same_message_id(store):
    with MailServer(answer=None) as server:
        by_smtp(store, server)
        message = store.put('summary:SW1')
        with subprocess.Popen(store.command('deliver', '2024-04-02 10:00')) as process:
            wait_for(lambda: server.messages)
            assert store.state(message) == 'handing_over', 'said before the data left'
            process.kill()
        server.answer = '250 taken'
        store.ask("UPDATE timely.outbox SET lease_until = now() + interval '1 hour'")
        assert store.deliver() == [], 'its lease is not over'
        store.ask('UPDATE timely.outbox SET lease_until = now()')
        assert store.deliver() == [], 'its holder may come back'
        over(store)
        assert store.deliver() == [(str(message), 'sent')]
        assert [mail['Message-ID'] for mail in server.messages] == ['<summary.SW1@council.example>'] * 2
    assert store.one('SELECT maybe_repeat FROM timely.outbox') and len(audit(store, message)) == 1


@contextlib.contextmanager
def in_a_batch(store, first=0):
    """Twenty messages, of which nine have been answered; the answer to the tenth is waited for, and others wait behind it."""
    messages = [store.put(f'summary:{number}') for number in range(first, first + 20)]
    with MailServer() as server:
        by_smtp(store, server, mails_at_once=1)
        server.last_answered = 9
        yield server, messages


@contextlib.contextmanager
def unanswered(store):
    """One message, to be handed over to a server that does not answer until its gate is open."""
    with MailServer() as server:
        by_smtp(store, server, mails_at_once=1)
        server.gate.clear()
        yield server, store.put('summary:SW1')


def times_received(server):
    return collections.Counter(mail['Message-ID'] for mail in server.messages)


def states(store):
    return dict(store.ask('SELECT state, count(*) FROM timely.outbox GROUP BY 1'))


def test_a_crash_in_the_middle_of_a_batch_repeats_no_more_than_one(store):
    """What became of a message is on its way to the store before the next one leaves, and arrives also when its sender has died
    before the store has read a byte of it."""
    with in_a_batch(store) as (server, messages):
        with subprocess.Popen(store.command('deliver', '2024-04-02 10:00'), stdout=subprocess.DEVNULL) as process:
            wait_for(lambda: len(server.messages) == 10 and states(store)['sent'] == 9)
            session = store.one("SELECT pid FROM pg_stat_activity WHERE application_name = 'run_driver'"
                                ' AND datname = current_database()')
            with stopped(session):
                server.last_answered = 10
                server.gate.set()
                wait_for(lambda: len(server.messages) == 11)
                assert states(store)['sent'] == 9 and states(store)['handing_over'] > 2
                process.kill()
                process.wait()
            wait_for(lambda: states(store)['sent'] == 10)
        server.gate.set()
        over(store)
        store.deliver()
        assert times_received(server).most_common(2) == [('<summary.10@council.example>', 2), ('<summary.0@council.example>', 1)]
        assert states(store) == {'sent': 20} and len(messages) == len(times_received(server))


@contextlib.contextmanager
def lazy_disk(store):
    """Only what is waited for reaches the disk."""
    store.pg.psql(f'ALTER DATABASE {store.name} SET synchronous_commit = on')
    store.pg.psql("ALTER SYSTEM SET wal_writer_delay = '10s'")
    store.pg.psql('SELECT pg_reload_conf()')
    try:
        yield
    finally:
        store.pg.psql('ALTER SYSTEM RESET wal_writer_delay')


def is_told_again(store, before):
    """After so many messages: nothing is repeated by a crash of the store. Whether it had forgotten any: whatever else waits for
    the disk (a lease that is renewed, the heartbeat) brings all before it there."""
    with in_a_batch(store, before) as (server, messages):
        with Fibers(store, '2024-04-02 10:00') as fibers:
            wait_for(lambda: len(server.messages) == 10)
            with stopped(fibers.process.pid):
                wait_for(lambda: states(store)['sent'] == before + 9)
                store.pg.restart('immediate')
                forgotten = states(store).get('sent', 0) < before + 9
            server.gate.set()
            wait_for(lambda: states(store) == {'sent': before + 20})
        assert set(times_received(server).values()) == {1} and len(messages) == len(times_received(server))
    assert store.one('SELECT count(*) FROM timely.audit') == before + 20
    assert not store.one('SELECT bool_or(maybe_repeat) FROM timely.outbox')
    return forgotten


def test_after_a_crash_of_the_store_in_the_middle_of_a_batch_it_is_told_again(store):
    """Nobody had waited until the disk had what it was told."""
    with lazy_disk(store):
        assert any(is_told_again(store, before) for before in range(0, 120, 20)), 'the disk had it each time'


def test_what_would_have_to_wait_is_let_go(store):
    """The mail server has become slow: what is behind the message that it is at is for others to take, as if nobody had had it."""
    with in_a_batch(store) as (server, _):
        with Fibers(store, '2024-04-02 10:00'):
            wait_for(lambda: len(server.messages) == 10)
            _, *behind = [number for number, in store.ask("SELECT message_id FROM timely.outbox WHERE state = 'handing_over' ORDER BY 1")]
            began = store.one('SELECT now()')
            wait_for(lambda: store.one("SELECT now() > %s + interval '1 second'", (began,)))
            server.gate.set()
            wait_for(lambda: states(store) == {'sent': 20})
    assert behind and store.ask('SELECT DISTINCT claim_number, attempts, maybe_repeat FROM timely.outbox WHERE message_id = ANY (%s)',
                                (behind,)) == [(2, 1, False)]


def test_a_claim_that_was_taken_over_settles_nothing(store):
    with MailServer(answer=None) as server:
        by_smtp(store, server, smtp_timeout='3 seconds')
        message = store.put('summary:SW1')
        with subprocess.Popen(store.command('deliver', '2024-04-02 10:00'), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            wait_for(lambda: server.messages)
            store.ask("UPDATE timely.outbox SET claim_number = claim_number + 1, claimed_by = 'another'")
            said = process.communicate(timeout=60)[1]
        assert 'message.claim-lost' in said
    assert store.state(message) == 'handing_over' and audit(store, message) == []


def over(store):
    """The leases are over, and so is the time in which they are doubted."""
    store.ask("UPDATE timely.outbox SET lease_until = now(), doubted = true WHERE state IN ('claimed', 'handing_over')")


def lease(store):
    """Seconds for which the one message is surely its holder's."""
    return float(store.one('SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM timely.outbox'
                           " WHERE state IN ('claimed', 'handing_over')"))


def test_what_a_dead_sender_left_is_taken_over(store):
    """Of two daemons one is killed in the middle of a hand-over. Its lease has no more than six seconds, and the other, to
    which nothing is said, takes up the message when it has ended and was doubted."""
    with unanswered(store) as (server, message):
        with subprocess.Popen(store.command('fibers', '2024-04-02 10:00'), stderr=subprocess.DEVNULL) as doomed:
            wait_for(lambda: server.messages)
            with Fibers(store, '2024-04-02 10:00'):
                doomed.kill()
                doomed.wait()
                assert 0 < lease(store) <= 6
                server.gate.set()
                wait_for(lambda: store.state(message) == 'sent', 60)
    assert store.ask('SELECT claim_number, maybe_repeat FROM timely.outbox') == [(2, True)]
    assert [mail['Message-ID'] for mail in server.messages] == ['<summary.SW1@council.example>'] * 2
    assert 'repeat=t' in audit(store, message)[0][2]


def test_a_slow_hand_over_stays_its_holders(store):
    """The mail server takes longer than a lease: it is renewed, and the other daemon leaves the message alone."""
    with unanswered(store) as (server, message):
        with Fibers(store, '2024-04-02 10:00'), Fibers(store, '2024-04-02 10:00'):
            wait_for(lambda: server.messages)
            first = store.one('SELECT lease_until FROM timely.outbox')
            wait_for(lambda: store.one("SELECT now() > %s + interval '1 second' FROM timely.outbox", (first,)))
            assert 0 < lease(store) <= 6
            server.gate.set()
            wait_for(lambda: store.state(message) == 'sent')
    assert store.ask('SELECT claim_number, maybe_repeat FROM timely.outbox') == [(1, False)]
    assert len(server.messages) == 1


@contextlib.contextmanager
def stopped(pid):
    """SIGSTOP; it stands before anything else is done."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: Path(f'/proc/{pid}/stat').read_text(encoding='ascii').rsplit(')', 1)[1].split()[0] == 'T')
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_sender_that_was_stopped_before_the_hand_over_finds_its_claim_gone(store):
    store.deadline(store.person('P1'), seen='2024-03-15 09:00')
    store.agenda('2024-03-15 10:00')
    with MailServer() as server:
        by_smtp(store, server)
        lock = store.locked('timely.notice')  # where is asked whether the digest is still called for
        with subprocess.Popen(store.command('deliver', '2024-03-15 10:05'), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as paused:
            wait_for(lambda: store.one("SELECT state = 'claimed' FROM timely.outbox"))
            with stopped(paused.pid):
                lock.close()
                over(store)
                assert [outcome for _, outcome in store.deliver('2024-03-15 10:05')] == ['sent']
            done, said = paused.communicate(timeout=60)
        assert 'outcome=none' in done and 'message.claim-lost' in said
        assert len(server.messages) == 1
    assert store.ask('SELECT state, claim_number, attempts, maybe_repeat FROM timely.outbox') == [('sent', 2, 1, False)]


def test_a_sender_that_was_stopped_beyond_its_lease_gives_no_data(store):
    """It had marked the row and was in the dialogue: what others sent meanwhile it does not send again."""
    with MailServer() as server:
        by_smtp(store, server)
        server.at_the_door.clear()
        message = store.put('summary:SW1')
        with Fibers(store, '2024-04-02 10:00') as paused:
            wait_for(lambda: server.recipients)
            with stopped(paused.process.pid):
                wait_for(lambda: lease(store) < -0.5)
                server.at_the_door.set()
                over(store)
                assert store.deliver() == [(str(message), 'sent')]
            while 'message.claim-lost' not in (line := paused.stderr.readline()):
                assert line, 'it ended'
        assert len(server.messages) == 1
    assert store.ask('SELECT state, maybe_repeat FROM timely.outbox') == [('sent', True)]


def test_after_an_outage_of_the_store_its_holder_comes_first(store):
    """Nobody could renew while it was away. A lease that is over is doubted before it is taken for a death."""
    with unanswered(store) as (server, message):
        with Fibers(store, '2024-04-02 10:00') as holder:
            wait_for(lambda: server.messages)
            with Fibers(store, '2024-04-02 10:00'):
                wait_for(lambda: looking(store) == 2)
                with stopped(holder.process.pid):
                    store.pg.restart()
                    store.ask('UPDATE timely.outbox SET lease_until = now()')
                    wait_for(lambda: looking(store) == 1)
                wait_for(lambda: lease(store) > 0)
                server.gate.set()
                wait_for(lambda: store.state(message) == 'sent')
    assert store.ask('SELECT claim_number, maybe_repeat FROM timely.outbox') == [(1, False)]
    assert len(server.messages) == 1


def test_a_lease_that_seems_to_be_over_is_still_its_holders(store):
    """The store has slept, or its clock was put forward: somebody who has just started comes first, and takes nothing."""
    with unanswered(store) as (server, message):
        with Fibers(store, '2024-04-02 10:00') as holder:
            wait_for(lambda: server.messages)
            with stopped(holder.process.pid):
                store.ask("UPDATE timely.outbox SET lease_until = now() - interval '1 minute'")
                assert store.deliver() == [] and store.one('SELECT doubted FROM timely.outbox')
            wait_for(lambda: not store.one('SELECT doubted FROM timely.outbox'))
            server.gate.set()
            wait_for(lambda: store.state(message) == 'sent')
    assert store.ask('SELECT claim_number, maybe_repeat FROM timely.outbox') == [(1, False)]
    assert len(server.messages) == 1


def test_what_is_due_does_not_wait_behind_what_is_doubted(store):
    left = [store.put(f'summary:{number}') for number in range(5)]
    store.ask("UPDATE timely.outbox SET state = 'claimed', claimed_by = 'who died', claim_number = 1, lease_until = now()")
    due = store.put('summary:due')
    assert store.deliver() == [(str(due), 'sent')]
    over(store)
    assert sorted(store.deliver()) == sorted((str(message), 'sent') for message in left)


def looking(store):
    """How many have looked into the outbox."""
    return store.one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
                     " AND application_name = 'timelyd deliver' AND query LIKE '%timely.outbox%'")
