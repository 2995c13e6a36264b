"""kill -9 at fifty random moments loses nothing, and repeats only what may have left without an answer."""
import os
import random

from campaign import campaign


def test_fifty_kills():
    seed = int(os.environ.get('STORM_SEED', random.randrange(1 << 30)))
    print(f'\nseed {seed}')
    count = campaign(50, seed)
    assert count.messages > 50 and not count.lost and count.refused == 0
    assert count.repeats <= 51 * 3, 'no more than were in flight at a kill'
