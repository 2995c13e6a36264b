"""Mail servers that are away, slow or lying, a store that crashes, a daemon that stands still and a full disk: each is noted
with what was lost and what was repeated, and nothing may be lost.
"""
import resource
import signal
import time

import psycopg2
import pytest
from storm_council import WORKERS, Council, address
from fault_table import note  # on the path by storm_council
from burst import FAULT, burst
from mail_server import MailServer, read_mail
from verdict import judge, judge_messages

UNLUCKY = 'SW4'  # whom "refuses some" refuses


class Scene:
    """A council with its mail server, and what was counted at the end of the fault before."""

    def __init__(self):
        self.server = MailServer(refused=[address(UNLUCKY)])
        self.council = Council(self.server.port, seed=7)
        self.maildir = self.council.home / 'mail'
        self.before = (0, 0)
        self.refusals = set()

    def close(self):
        self.council.close()
        self.server.close()

    def received(self):
        files = sorted(self.maildir.glob('new/*'), key=lambda path: path.stat().st_mtime_ns)
        return self.server.all() + [read_mail(path.read_bytes()) for path in files]

    def some_things(self, number=6, worker=None):
        return [self.council.enquire(worker) for _ in range(number)]

    def wait_log(self, word):
        self.council.wait(lambda: any(word in line for line in self.council.log), word)

    def wait_unsure(self, number):
        self.council.wait(lambda: self.council.ask(
            "SELECT count(*) FROM timely.outbox WHERE state = 'due' AND maybe_repeat")[0][0] >= number, 'the unsure ones')

    def judge(self, fault, repeats_at_most=0, because=None, by=judge_messages):
        """After the fault: lets everything be sent, and notes what was lost and repeated since the last time."""
        self.council.settle()
        self.council.kill()
        count = by(self.council, self.received(), but=self.refusals)
        self.note(fault, count, repeats_at_most, because)
        return count

    def judge_all(self, fault):
        """Deadlines and calendars too, against an evaluation afresh: what a store that crashed may have lost."""
        self.judge(fault, by=judge)

    def note(self, fault, count, repeats_at_most=0, because=None):
        messages, repeats = count.messages - self.before[0], count.repeats - self.before[1]
        self.before = (count.messages, count.repeats)
        assert repeats <= repeats_at_most, self.council.ask(
            'SELECT message_id, state, attempts, last_answer FROM timely.outbox WHERE attempts > 1 ORDER BY 1 DESC LIMIT 20')
        if fault:
            note(fault, messages, len(count.lost), repeats, because)

    def begin(self, behaviour='kind', **settings):
        self.server.behaviour = behaviour
        self.council.restart(**settings)
        self.council.wait_for_start()


@pytest.fixture(scope='module')
def scene():
    made = Scene()
    yield made
    made.close()


def test_a_colleague_who_came_a_moment_ago(scene):
    """Whoever delivers may have read the directory before; the invite is not dropped for that."""
    scene.begin()
    scene.some_things(4, worker='SW1')
    scene.council.wait(lambda: scene.council.pending() == 0, 'the lanes at work')
    scene.council.timely('import', 'directory', scene.council.write_directory(['NEW']))
    child = scene.council.enquire('NEW')
    scene.judge(None)
    assert [mail.method for mail in scene.received() if mail.recipient == address('NEW')] == ['REQUEST']
    scene.council.give(child, 'SW1')


def test_unreachable(scene):
    scene.begin()
    scene.server.close()
    scene.some_things()
    scene.wait_log('the mail server gives no answer')
    scene.council.wait(lambda: scene.council.pending() >= 6, 'all six, which wait')
    scene.server.open()
    scene.council.restart()
    scene.judge('mail server unreachable')


def test_slow_by_five_seconds(scene):
    """Slow, but within the time that a hand-over has: no answer is missed, also of those that are under way at once."""
    scene.begin(5, smtp_timeout='12 seconds', mails_at_once=4)
    scene.some_things(8)
    scene.council.wait(lambda: scene.council.pending() == 0, 'all eight')
    assert not [line for line in scene.council.log if 'message.not-sent' in line]
    scene.server.behaviour = 'kind'
    scene.judge('mail server slow by 5 s')


def test_hangs_at_the_greeting(scene):
    scene.begin('silent at greeting', smtp_timeout='3 seconds')
    scene.some_things()
    scene.council.wait(lambda: scene.server.silences >= 3, 'three tries')
    scene.begin()
    scene.judge('mail server hangs at the greeting')


def test_greylisting(scene):
    """The first try of each recipient is put off, the second one is taken."""
    scene.begin('greylists')
    for worker in WORKERS:
        scene.some_things(2, worker)
    scene.council.wait(lambda: len(scene.server.greylisted) == len(WORKERS), 'a first try of each')
    scene.judge('mail server greylists')
    assert not scene.server.greylisted - {mail.recipient for mail in scene.received()}


def test_busy_at_greeting(scene):
    scene.begin('busy at greeting')
    scene.some_things()
    scene.wait_log('outcome=retry')
    scene.begin()
    scene.judge('mail server busy at the greeting')


def test_busy_after_the_data(scene):
    scene.begin('busy after data')
    scene.some_things()
    scene.council.wait(lambda: scene.server.busy_answers >= 6, 'six refusals')
    scene.begin()
    scene.judge('mail server busy after the data')


def test_half_the_recipients_are_refused(scene):
    """For good: that is said, the operator hears, and nobody else's mail suffers."""
    scene.begin('refuses some')
    children = [scene.council.enquire(worker) for worker in ('SW1', UNLUCKY, 'SW2', UNLUCKY)]
    scene.council.settle()
    scene.refusals.add(address(UNLUCKY))
    count = scene.judge('mail server refuses half the recipients')
    assert count.refused == 2
    told = [mail for mail in scene.received() if mail.recipient == 'operator@storm.example']
    assert len(told) == 1 and 'refused' in told[0].mail['Subject']
    for child in children:
        if child.worker == UNLUCKY:
            child.ended = True  # for nobody's calendar
            scene.council.end(child)
    scene.begin()


def test_connection_drops_after_the_data(scene):
    scene.begin('drops after data')
    scene.some_things(worker='SW1')
    scene.wait_unsure(6)
    scene.begin()
    scene.judge('mail server drops after the data', 6, 'the answer was lost')


def test_silent_after_the_data(scene):
    scene.begin('silent after data', smtp_timeout='3 seconds')
    scene.some_things(3, worker='SW1')
    scene.wait_unsure(3)
    scene.begin()
    scene.judge('mail server hangs after the data', 3, 'the answer never came')


def test_the_store_crashes_in_the_middle_of_a_transaction(scene):
    scene.begin()
    lock = psycopg2.connect(scene.council.conninfo())
    with lock.cursor() as cursor:
        cursor.execute('LOCK TABLE timely.calendar_object')  # what happens now is recorded half way, and waits
        scene.some_things()
        scene.council.wait(lambda: scene.council.ask(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'timelyd%%'")[0][0],
            'a transaction that waits')
        scene.council.crash_server()
    scene.judge_all('store crashes in a transaction')


def test_the_store_crashes_while_mails_are_handed_over(scene):
    """The answers are kept until the store is there again: nothing is sent twice."""
    scene.begin(2)
    scene.some_things(3)
    scene.council.wait(lambda: scene.council.ask(
        "SELECT count(*) FROM timely.outbox WHERE state = 'handing_over'")[0][0], 'a hand-over')
    scene.council.crash_server()
    scene.server.behaviour = 'kind'
    scene.judge_all('store crashes during a hand-over')


def test_the_daemon_stands_still_for_a_minute(scene):
    """In the middle of hand-overs: what the mail server takes meanwhile is heard of late, and may come again."""
    council = scene.council
    scene.begin(2)
    scene.some_things(6)
    council.wait(lambda: council.ask("SELECT count(*) FROM timely.outbox WHERE state = 'handing_over'")[0][0], 'a hand-over')
    council.process.send_signal(signal.SIGSTOP)
    scene.some_things(3)
    time.sleep(60)
    council.process.send_signal(signal.SIGCONT)
    scene.server.behaviour = 'kind'
    scene.judge('SIGSTOP for a minute', 3, 'the answer came while it stood still')


def test_one_of_two_daemons_is_killed_while_mails_are_handed_over(scene):
    """The other one takes over what it left, without anybody's help, when its leases have ended."""
    council = scene.council
    scene.begin(3, mails_at_once=2)
    doomed = council.process
    council.start()  # another, beside it
    council.wait_for_start()
    scene.some_things(8)

    def left():
        """How many it holds, and for how many seconds at most."""
        return council.ask("SELECT count(*), extract(epoch FROM max(lease_until) - now()) FROM timely.outbox"
                           " WHERE state IN ('claimed', 'handing_over') AND claimed_by LIKE %s", (f'%/{doomed.pid}.%',))[0]
    council.wait(lambda: left()[0], 'a hand-over of the one to be killed')
    doomed.kill()
    doomed.wait()
    killed_at = time.monotonic()
    number, seconds = left()
    assert number and seconds <= 6
    scene.server.behaviour = 'kind'
    council.wait(lambda: not left()[0], 'the other one')
    print(f'\ntaken over after {time.monotonic() - killed_at:.1f} s', end=' ')
    scene.judge('kill -9 of one of two daemons', 2, 'the holder died after the data')


def test_a_burst_after_a_week_without_mail(scene):
    """50,000 of them: tests/storm/burst.py."""
    scene.begin(mails_at_once=3)
    count, put_off = burst(scene.council, scene.server, 200, 6, but=scene.refusals)
    print(f'\nput off {put_off}', end=' ')
    scene.note(FAULT, count)
    assert put_off, 'it was more than the server bears'


def test_the_disk_under_the_maildir_is_full(scene):
    """A file may have no more than 200 bytes: what a full disk does to a mail, whoever writes it."""
    scene.council.restart({'restore_signals': False,  # Python ignores SIGXFSZ, and so does its child
                           'preexec_fn': lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))},
                          smtp_url=None, maildir=scene.maildir)
    scene.council.wait_for_start()
    scene.some_things(worker='SW1')
    scene.wait_log('File too large')
    scene.council.wait(lambda: scene.council.pending() >= 6, 'all six, which wait')
    # One of them may be half written at this moment; none stays so.
    scene.council.wait(lambda: not list(scene.maildir.glob('tmp/*')), 'the end of what could not be written')
    assert not list(scene.maildir.glob('new/*'))
    scene.council.restart(smtp_url=None, maildir=scene.maildir)
    scene.council.wait_for_start()
    scene.judge_all('Maildir out of disk')
    assert len(list(scene.maildir.glob('new/*'))) >= 6
