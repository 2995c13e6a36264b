"""Changes in the case database that a reading has to see although no date of a deadline moves."""
import datetime

import pytest

from authority import Authority, day


@pytest.fixture
def authority(server, tmp_path):
    with Authority(server, tmp_path) as made:
        made.store.ask("UPDATE timely.state SET first_started_at = '2024-01-02Z'")
        yield made


def test_whose_allocation_ends_is_responsible_no_longer_on_that_day(authority):
    """What is said on that day is no longer theirs to read."""
    child, today = authority.child('SW1'), authority.now.date()
    authority.amend(f'I-{child.key}', until=day(today + datetime.timedelta(days=1)))
    authority.settle()
    assert authority.store.ask('SELECT worker_id FROM timely.person') == [('SW1',)]
    authority.amend(f'I-{child.key}', until=day(today))
    authority.settle()
    assert authority.store.ask('SELECT worker_id FROM timely.person') == [(None,)]
