#!/usr/bin/python3
"""Mails per second to postfix's smtp-sink, beside a bare libcurl loop on one reused connection.

    bench_mail.py BENCH_MAIL RUN_DRIVER [--mails 1000] [--runs 5]

First the hand-over alone. Then a whole outbox: claimed, composed, handed over and settled one by one, by one worker and by
four at once; and four workers that claim and settle alone, messages that are too old to be sent, with a hundred times as
many waiting beside them, and what memory that takes. With the server's own settings for commits. Both programs are builds without sanitizers.
"""
import argparse
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

DEFAULTS = {'fsync': 'on', 'synchronous_commit': 'on', 'full_page_writes': 'on', 'autovacuum': 'on'}
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT)}
OUTBOX = '''
INSERT INTO timely.outbox (kind, dedupe, recipient, subject, body_text, body_html, rfc_message_id, put_at, not_before)
SELECT 'operator', 'bench:' || n, 'worker@council.example', 'What is due', repeat('Due on Tuesday 2 April 2024. ', 40),
       '<html><body>' || repeat('<p>Due on Tuesday 2 April 2024.</p>', 30) || '</body></html>', n || '@bench.example',
       '2024-04-02T09:00Z', '2024-01-01' FROM generate_series(1, %s) AS n
'''


def start_sink():
    with socket.create_server(('127.0.0.1', 0)) as s:
        port = s.getsockname()[1]
    user = ['-u', 'nobody'] if os.geteuid() == 0 else []
    sink = subprocess.Popen(['/usr/sbin/smtp-sink', *user, f'127.0.0.1:{port}', '500'], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    return sink, port


class Outbox:
    """A store with messages that are due."""

    def __init__(self, driver, port, messages):
        self.driver, self.port, self.messages = driver, port, messages
        self.pg = Postgres(settings=DEFAULTS)

    def __enter__(self):
        self.pg.__enter__()
        for file in sorted((ROOT / 'sql' / 'store').glob('[0-9]*.sql')):
            self.pg.psql(file=file)
        self.config = self.pg.folder / 'timely.yaml'
        self.config.write_text('log:\n  level: error\nmail:\n  delivery: live\n  from email: timely@council.example\n'
                               '  operator email: operator@council.example\n  allowed domains: council.example\n'
                               f'  smtp require tls: no\n  smtp url: smtp://127.0.0.1:{self.port}\n')
        self.pg.ask(OUTBOX, (self.messages,))
        self.pg.ask('VACUUM ANALYZE timely.outbox')
        return self

    def __exit__(self, *_):
        self.pg.remove()

    def empty(self, workers, now='2024-04-02 10:00'):
        """Until nothing is due for so many workers, one process each: messages per second, and the most MB that one had."""
        began = time.monotonic()
        crew = [subprocess.Popen([self.driver, 'deliver', self.pg.conninfo(), self.config, now], env=ENVIRONMENT,
                                 stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) for _ in range(workers)]
        ended = [os.wait4(worker.pid, 0) for worker in crew]
        took = time.monotonic() - began
        assert [status for _, status, _ in ended] == [0] * workers
        done, = self.pg.ask("SELECT count(*) FROM timely.outbox WHERE state IN ('sent', 'expired')")[0]
        return done / took, max(usage.ru_maxrss for _, _, usage in ended) / 1024


def whole_outbox(driver, port, mails):
    for workers in (1, 4):
        with Outbox(driver, port, mails) as outbox:
            rate, _ = outbox.empty(workers)
            sent, = outbox.pg.ask("SELECT count(*) FROM timely.outbox WHERE state = 'sent'")[0]
            assert sent == mails, f'{sent} of {mails} were sent'
            print(f'whole outbox, {workers} at a time  {rate:6.0f}/s')


def claims(driver, port, mails):
    waiting = 100 * mails
    with Outbox(driver, port, mails + waiting) as outbox:
        outbox.pg.ask("UPDATE timely.outbox SET not_before = now() + interval '1 day' WHERE message_id > %s", (mails,))
        rate, memory = outbox.empty(4, '2024-06-01 10:00')
        print(f'claimed and settled by four {rate:5.0f}/s, {memory:.0f} MB each ({waiting} waiting)')


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('bench_mail')
    options.add_argument('run_driver')
    options.add_argument('--mails', type=int, default=1000)
    options.add_argument('--runs', type=int, default=5)
    o = options.parse_args()
    sink, port = start_sink()
    try:
        subprocess.run([o.bench_mail, f'smtp://127.0.0.1:{port}', str(o.mails), str(o.runs)], check=True)
        whole_outbox(o.run_driver, port, o.mails)
        claims(o.run_driver, port, o.mails)
    finally:
        sink.terminate()
        sink.wait(10)


if __name__ == '__main__':
    main()
