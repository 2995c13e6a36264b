"""kill -9 at fifty random moments loses nothing, and repeats only what may have left without an answer."""
import os
import random

from campaign import campaign
from fault_table import note  # on the path by campaign


def test_fifty_kills():
    seed = int(os.environ.get('STORM_SEED', random.randrange(1 << 30)))
    print(f'\nseed {seed}')
    count, kills = campaign(50, seed)
    note('kill -9 at random moments', count.messages, len(count.lost), count.repeats, 'the holder died after the data')
    assert count.messages >= 50 and count.refused == 0
    assert count.repeats <= 3 * (kills + 1), 'no more than were in flight at a kill'
