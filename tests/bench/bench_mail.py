#!/usr/bin/python3
"""How fast the outbox empties into postfix's smtp-sink, beside a bare libcurl loop on one reused connection.

    bench_mail.py BENCH_MAIL RUN_DRIVER [--mails 5000] [--runs 5]

The hand-over alone, in turns with the bare loop. Then whole outboxes, each with the bare loop before and after it:
claimed, asked about, composed, handed over and settled by one sender, by the daemon as it comes, and by four senders of
a process each; plain mails, and digests of five lines, whose deadlines are looked at and get links. Then four senders
that claim and settle alone, messages that are too old to be sent; what memory the daemon takes with a hundred thousand
that wait; and how long a message lies that a killed daemon had in its hands. With the server's own settings for commits, on a
disk (TIMELY_SCRATCH). Both programs are builds without sanitizers.
"""
import argparse
import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests' / 'support'), str(ROOT / 'tests' / 'run')]
from pg import Postgres  # noqa: E402
from smtp_server import MailServer  # noqa: E402

DEFAULTS = {'fsync': 'on', 'synchronous_commit': 'on', 'full_page_writes': 'on', 'autovacuum': 'on'}
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT)}
NOW, TOO_LATE = '2024-04-02 10:00', '2024-06-01 10:00'
LINES = 5
PLAIN = '''
INSERT INTO timely.outbox (kind, dedupe, recipient, subject, body_text, body_html, rfc_message_id, put_at, not_before)
SELECT 'operator', 'bench:' || n, 'worker@council.example', 'What is due', repeat('Due on Tuesday 2 April 2024. ', 40),
       '<html><body>' || repeat('<p>Due on Tuesday 2 April 2024.</p>', 30) || '</body></html>', n || '@bench.example',
       '2024-04-02T09:00Z', '2024-01-01' FROM generate_series(1, %(mails)s) AS n
'''
DIGESTS = f'''
INSERT INTO timely.team (team_id, name) VALUES ('T', 'Team');
INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('W', 'Worker', 'worker@council.example', 'T');
INSERT INTO timely.person (person_id, worker_id, team_id, accepted_at) SELECT n, 'W', 'T', now() FROM generate_series(1, %(mails)s) n;
INSERT INTO timely.deadline (person_id, timescale, subject_ref, trigger_on, due_on, book_by, provisional, state, derivation, uid,
                             at_first_start, rule_version, library, first_seen_at, changed_at, owed_since)
SELECT n, 'icpc', line, '2024-03-14', '2024-04-08', '2024-04-08', false, 'open', '', n || '.' || line, false, 1, '', now(), now(), now()
  FROM generate_series(1, %(mails)s) n, generate_series(1, {LINES}) line;
INSERT INTO timely.outbox (kind, dedupe, staff_id, recipient, subject, body_text, body_html, rfc_message_id, put_at, not_before)
SELECT 'digest', 'bench:' || person_id, 'W', 'worker@council.example', 'What is due',
       string_agg('Due on Tuesday 2 April 2024. ' || repeat('What is known of it. ', 8) || link, ' '),
       '<html><body>' || string_agg('<p><a href="' || link || '">Due on Tuesday 2 April 2024.</a></p>', ' ') || '</body></html>',
       person_id || '@bench.example', '2024-04-02T09:00Z', '2024-01-01'
  FROM (SELECT person_id, 'https://timely.example/why/deadline-' || lpad(deadline_id::text, 15, '0') AS link
          FROM timely.deadline) d GROUP BY person_id;
INSERT INTO timely.message_deadline
SELECT o.message_id, d.deadline_id FROM timely.outbox o JOIN timely.deadline d ON o.dedupe = 'bench:' || d.person_id;
INSERT INTO timely.notice (deadline_id, due_on, owed_since, rung, staff_id, said_at, message_id)
SELECT deadline_id, due_on, owed_since, 'social-worker, at the start', 'W', now(), message_id
  FROM timely.message_deadline JOIN timely.deadline USING (deadline_id)
'''


@contextlib.contextmanager
def sink():
    """Its port."""
    with socket.create_server(('127.0.0.1', 0)) as s:
        port = s.getsockname()[1]
    user = ['-u', 'nobody'] if os.geteuid() == 0 else []
    process = subprocess.Popen(['/usr/sbin/smtp-sink', *user, f'127.0.0.1:{port}', '500'], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    wait_for(lambda: socket.create_connection(('127.0.0.1', port)).close() or True)
    yield port
    process.terminate()
    process.wait(10)


def wait_for(condition, seconds=600):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if condition():
                return
        time.sleep(0.05)
    raise TimeoutError


class Outbox:
    """A store with messages that are due."""

    def __init__(self, driver, port, messages, content=PLAIN):
        self.driver, self.port, self.messages, self.content = driver, port, messages, content
        self.pg = Postgres(settings=DEFAULTS)

    def __enter__(self):
        self.pg.__enter__()
        for file in sorted((ROOT / 'sql' / 'store').glob('[0-9]*.sql')):
            self.pg.psql(file=file)
        self.config = self.pg.folder / 'timely.yaml'
        self.config.write_text('log:\n  level: error\nservice:\n  public url: https://timely.example\nmail:\n  delivery: live\n'
                               '  from email: timely@council.example\n  operator email: operator@council.example\n'
                               '  allowed domains: council.example\n  smtp require tls: no\n'
                               f'  smtp url: smtp://127.0.0.1:{self.port}\n')
        self.pg.ask(self.content, {'mails': self.messages})
        self.pg.ask('VACUUM ANALYZE')
        return self

    def __exit__(self, *_):
        self.pg.remove()

    def one(self, sql, values=None):
        return self.pg.ask(sql, values)[0][0]

    def start(self, what='fibers', now=NOW):
        return subprocess.Popen([self.driver, what, self.pg.conninfo(), self.config, now], env=ENVIRONMENT,
                                stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def count(self, state):
        return self.one('SELECT count(*) FROM timely.outbox WHERE state = %s', (state,))

    def rate(self, what, workers, messages, now=NOW):
        """Messages a second, from the first that was settled to the last: each is an entry of the audit."""
        crew = [self.start(what, now) for _ in range(workers)]
        wait_for(lambda: self.one('SELECT max(audit_id) >= %s FROM timely.audit', (messages,)))
        for process in crew:
            process.terminate()
            process.wait()
        return self.one('SELECT (count(*) / extract(epoch FROM max(real_at) - min(real_at)))::float FROM timely.audit')


def bare(bench_mail, port, mails):
    said = subprocess.run([bench_mail, f'smtp://127.0.0.1:{port}', str(mails), '1'], check=True, capture_output=True, text=True).stdout
    return float(re.search(r'bare libcurl (\d+)/s', said)[1])


def whole_outboxes(o, port):
    for content, name in ((PLAIN, 'plain mails'), (DIGESTS, 'digests')):
        for what, workers, whom in (('deliver', 1, 'one sender'), ('fibers', 1, 'the daemon'), ('deliver', 4, 'four senders')):
            with Outbox(o.run_driver, port, o.mails, content) as outbox:
                before = bare(o.bench_mail, port, o.mails)
                rate = outbox.rate(what, workers, o.mails)
                beside = (before + bare(o.bench_mail, port, o.mails)) / 2
                print(f'{name + ", " + whom:25} {rate:6.0f}/s  bare libcurl {beside:5.0f}/s  ratio {rate / beside:.2f} (aim at least 0.8)',
                      flush=True)


def many_waiting(o, port, waiting=100_000):
    with Outbox(o.run_driver, port, o.mails + waiting) as outbox:
        outbox.pg.ask("UPDATE timely.outbox SET not_before = now() + interval '1 day' WHERE message_id > %s", (o.mails,))
        rate = outbox.rate('deliver', 4, o.mails, TOO_LATE)
        print(f'claimed and settled by four senders {rate:.0f}/s, {waiting} others waiting', flush=True)
        outbox.pg.ask("UPDATE timely.outbox SET not_before = now() WHERE message_id > %s", (o.mails,))
        daemon = outbox.start()
        wait_for(lambda: outbox.count('sent') >= o.mails)
        status = Path(f'/proc/{daemon.pid}/status').read_text(encoding='ascii')
        most = int(re.search(r'VmHWM:\s+(\d+)', status)[1]) / 1024
        print(f'memory of the daemon at most {most:.0f} MB, {waiting} messages due', flush=True)
        daemon.kill()
        daemon.wait()


def take_over(o):
    """The other daemon takes it when the lease of the dead is over."""
    with MailServer() as server, Outbox(o.run_driver, server.port, 1) as outbox:
        server.gate.clear()
        doomed = outbox.start()
        wait_for(lambda: server.messages)
        other = outbox.start()
        wait_for(lambda: outbox.one("SELECT count(DISTINCT pid) >= 4 FROM pg_stat_activity WHERE application_name = 'timelyd deliver'"))
        doomed.send_signal(signal.SIGKILL)
        doomed.wait()
        began = time.monotonic()
        server.gate.set()
        wait_for(lambda: outbox.count('sent') == 1)
        print(f'what a killed daemon had in its hands is sent after {time.monotonic() - began:.1f} s (aim below 15)', flush=True)
        other.terminate()
        other.wait()


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('bench_mail')
    options.add_argument('run_driver')
    options.add_argument('--mails', type=int, default=5000)
    options.add_argument('--runs', type=int, default=5)
    o = options.parse_args()
    with sink() as port:
        subprocess.run([o.bench_mail, f'smtp://127.0.0.1:{port}', str(o.mails), str(o.runs)], check=True)
        whole_outboxes(o, port)
        many_waiting(o, port)
    take_over(o)


if __name__ == '__main__':
    main()
