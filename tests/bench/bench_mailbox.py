#!/usr/bin/python3
"""Looking into a mailbox of 50,000 old mails at a real Dovecot, beside Python's imaplib that asks the same.

    bench_mailbox.py READ_MAILBOX [--mails 50000] [--runs 5]

READ_MAILBOX is tests/delivery/read_mailbox, built without sanitizers. Each look connects, with TLS, and logs in.
"""
import argparse
import imaplib
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from dovecot import Dovecot, account  # noqa: E402
from scratch import scratch  # noqa: E402

OLD = time.time() - 30 * 86400
REPLY = (ROOT / 'tests' / 'messages' / 'replies' / 'outlook-accept.eml').read_bytes()


def put(box, name, data, at=None):
    file = box / 'new' / name
    file.write_bytes(data)
    os.chown(file, account().pw_uid, account().pw_gid)
    if at:
        os.utime(file, (at, at))


def fill(root, mails):
    box = root / 'timely'
    for name in ('', 'new', 'cur', 'tmp'):
        (box / name).mkdir()
        os.chown(box / name, account().pw_uid, account().pw_gid)
    os.chown(root, account().pw_uid, account().pw_gid)
    for i in range(mails):
        put(box, f'{1600000000 + i}.M{i}.old', b'From: a@b.example\r\nSubject: %d\r\n\r\nhello\r\n' % i, OLD)
    return box


def ours(server, driver, *options):
    done = subprocess.run([driver, f'imap://127.0.0.1:{server.port}', 'timely', 'INBOX', 'password=secret', 'timeout=60',
                           f'ca={server.certificate}', *options], check=True, capture_output=True, text=True)
    return done.stdout.splitlines()


def theirs(server, search, bodies):
    context = ssl.create_default_context(cafile=server.certificate)
    with imaplib.IMAP4('127.0.0.1', server.port) as imap:
        imap.starttls(context)
        imap.login('timely', 'secret')
        imap.select('INBOX', readonly=True)
        _, (found,) = imap.uid('SEARCH', *search.split())
        for uid in found.split() if bodies else []:
            imap.uid('FETCH', uid, '(BODYSTRUCTURE)')
            imap.uid('FETCH', uid, '(BODY.PEEK[]<0.1048576>)')


def timed(runs, work):
    times = []
    for _ in range(runs):
        began = time.monotonic()
        work()
        times.append(time.monotonic() - began)
    return statistics.median(times) * 1000


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('driver')
    options.add_argument('--mails', type=int, default=50000)
    options.add_argument('--runs', type=int, default=5)
    o = options.parse_args()
    root = scratch('box-')
    try:
        box = fill(root, o.mails)
        since = time.strftime('%Y-%m-%d', time.gmtime(time.time() - 3 * 86400))
        day = time.strftime('%d-%b-%Y', time.gmtime(time.time() - 3 * 86400))
        with Dovecot(root, {'timely': 'secret'}) as server:
            began = time.monotonic()
            found = ours(server, o.driver, f'since={since}', 'bodies=no')
            print(f'{o.mails} old mails: the first look ever {(time.monotonic() - began) * 1000:6.0f} ms '
                  f'(Dovecot makes its index; {found[0]})')
            for what, mine, search in [('a first look', f'since={since}', f'1:* SINCE {day}'),
                                       ('a later look, nothing new', f'first={o.mails + 1}', f'UID {o.mails + 1}:*')]:
                a = timed(o.runs, lambda m=mine: ours(server, o.driver, m, 'bodies=no'))
                b = timed(o.runs, lambda s=search: theirs(server, s, False))
                print(f'{what:28} {a:6.0f} ms   imaplib {b:6.0f} ms   {a / b:.2f}x')
            for i in range(100):
                put(box, f'{1700000000 + i}.M{i}.reply', REPLY)
            a = timed(o.runs, lambda: ours(server, o.driver, f'first={o.mails + 1}'))
            b = timed(o.runs, lambda: theirs(server, f'UID {o.mails + 1}:*', True))
            print(f'{"100 answers fetched":28} {a:6.0f} ms   imaplib {b:6.0f} ms   {a / b:.2f}x')
    finally:
        shutil.rmtree(root)


if __name__ == '__main__':
    main()
