#!/usr/bin/python3
"""A week without a mail server, and then all that waits at once, to a server that takes so many mails a second and puts off the
others.

    tests/storm/burst.py [--messages 50000] [--rate 100] [--seed N]

TIMELY_BUILD names the folder with timelyd and timely. Ends with a line of the table of faults.
"""
import argparse
import random
import statistics
import sys
import time

from storm_council import Council
from fault_table import note  # on the path by storm_council
from mail_server import MailServer
from verdict import judge

FAULT = 'burst after a week without mail'


def let_wait(council, number):
    """So many children are new while nobody takes mails. Of some it is over before anybody was told, and of some the date has
    moved."""
    children = council.enquire_many(number)
    council.wait(lambda: council.pending() >= number, 'all that waits', 1800)
    some = max(20, number // 500)  # so few that the guard against mass change lets them pass, also where one look sees them all
    for child in children[::some]:
        council.end(child)
    for child in children[1::some]:
        council.move(child)
    council.settle_reading(1800)
    council.ask("UPDATE timely.outbox SET put_at = put_at - interval '7 days' + message_id * 7919 %% %s * interval '1 day' / %s"
                " WHERE state = 'due'", (7 * number, number))


def check_order(council, received):
    """The oldest went first, but for those that the server had put off, and where one of those at a time was slow."""
    ages = dict(council.ask("SELECT rfc_message_id, put_at FROM timely.outbox WHERE state = 'sent' AND attempts = 1"
                            " AND put_at < now() - interval '1 hour'"))
    went = [mail.message_id for mail in received if mail.message_id in ages]
    wanted = {name: place for place, name in enumerate(sorted(went, key=ages.get))}
    assert statistics.mean(abs(wanted[name] - place) for place, name in enumerate(went)) < len(went) / 20


def burst(council, server, number, rate, patience=None, but=()):
    """Without patience, what was put off is due again at once. Returns what judge() counts, and the mails put off."""
    server.close()
    let_wait(council, number)
    server.behaviour, server.rate, server.put_off = 'bears', rate, 0
    before = len(server.all())
    server.open()
    if patience:
        council.wait(lambda: council.pending() == 0, 'an empty outbox', patience)
    council.settle()
    council.kill()
    received = server.all()
    check_order(council, received[before:])
    assert server.put_off * 2 < len(received) - before, 'it goes on as if nothing had been said'
    return judge(council, received, but), server.put_off


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--messages', type=int, default=50000)
    options.add_argument('--rate', type=int, default=100)
    options.add_argument('--seed', type=int, default=random.randrange(1 << 30))
    chosen = options.parse_args()
    print(f'seed {chosen.seed}', flush=True)
    server = MailServer()
    council = Council(server.port, chosen.seed)
    began = time.monotonic()
    try:
        count, put_off = burst(council, server, chosen.messages, chosen.rate, patience=6 * 3600)
    finally:
        council.close()
        server.close()
    print(f'{len(server.all())} mails taken, {put_off} put off, {time.monotonic() - began:.0f} s with the waiting')
    note(FAULT, count.messages, len(count.lost), count.repeats)
    return 0


if __name__ == '__main__':
    sys.exit(main())
