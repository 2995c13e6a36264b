#!/usr/bin/python3
"""Kills the daemon at random moments while things happen to children, and looks whether anything was lost.

    tests/storm/campaign.py [--kills 10000] [--councils 1] [--seed N] [--judge-every 200]

TIMELY_BUILD names the folder with timelyd and timely. A daemon mostly waits to be killed, so several councils go well side by
side: each has its own store, daemon, mail server and share of the kills. Ends with a line: kills N, messages N, repeats R,
lost 0.
"""
import argparse
import concurrent.futures
import random
import sys
import threading
import time
import traceback

from storm_council import Council
from mail_server import MailServer
from verdict import judge


class Weather(threading.Thread):
    """Things happen, some of them at once and some after a while."""

    def __init__(self, council):
        super().__init__(daemon=True)
        self.council, self.over, self.failure = council, threading.Event(), None

    def run(self):
        try:
            while not self.over.wait(self.council.random.choice([0.02, 0.1, 0.3, 0.6])):
                self.council.happen()
        except Exception as error:  # told by calm()
            self.failure = error

    def calm(self):
        self.over.set()
        self.join()
        if self.failure:
            raise self.failure


def storm(council, moments, kills):
    """So many kills, or more where the machine is slow: until there was a message for each, that a kill might lose. Returns
    how many."""
    weather = Weather(council)
    weather.start()
    before, done = council.messages(), 0
    while done < kills or council.messages() - before < kills:
        # Half of them fall within the start, the others into the work.
        time.sleep(moments.uniform(0.02, 0.6) if moments.random() < 0.5 else moments.uniform(0.3, 2.5))
        council.kill()
        council.hurry()
        council.start()
        done += 1
    weather.calm()
    return done


def look(council, server):
    """Lets the daemon finish and judges; it is killed once more, so that nothing moves meanwhile."""
    council.settle()
    council.kill()
    count = judge(council, server.all())
    council.hurry()
    council.start()
    return count


def say(kills, messages, repeats, lost, seed):
    print(f'kills {kills}, messages {messages}, repeats {repeats}, lost {lost} (seed {seed})', flush=True)


def campaign(kills, seed, judge_every=200):
    """What the last judgement counted, and how many kills there were."""
    server = MailServer()
    council = None
    try:
        server.behaviour = 'hesitates'
        council = Council(server.port, seed)
        moments = random.Random(seed + 1)
        done = 0
        while done < kills:
            done += storm(council, moments, min(judge_every, kills - done))
            count = look(council, server)
            say(done, count.messages, count.repeats, len(count.lost), seed)
        council.stop()
        return count, done
    finally:
        if council:
            council.close()
        server.close()


def loud_campaign(kills, seed, judge_every):
    """Says at once why it failed; the others go on."""
    try:
        return campaign(kills, seed, judge_every)
    except Exception:
        print(f'seed {seed} failed:\n{traceback.format_exc()}', file=sys.stderr, flush=True)
        raise


def side_by_side(councils, kills, seed, judge_every):
    """The kills divided among councils. The seed of each is the sum of this one and a multiple of 1000."""
    shares = [kills // councils + (number < kills % councils) for number in range(councils)]
    with concurrent.futures.ProcessPoolExecutor(councils) as pool:
        ends = [pool.submit(loud_campaign, share, seed + 1000 * number, judge_every) for number, share in enumerate(shares)]
        counts, done = zip(*(end.result() for end in ends))
    say(sum(done), sum(c.messages for c in counts), sum(c.repeats for c in counts), sum(len(c.lost) for c in counts), seed)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--kills', type=int, default=10000)
    options.add_argument('--councils', type=int, default=1)
    options.add_argument('--seed', type=int, default=None)
    options.add_argument('--judge-every', type=int, default=200)
    chosen = options.parse_args()
    seed = random.randrange(1 << 30) if chosen.seed is None else chosen.seed
    print(f'seed {seed}', flush=True)
    side_by_side(chosen.councils, chosen.kills, seed, chosen.judge_every)
    return 0


if __name__ == '__main__':
    sys.exit(main())
