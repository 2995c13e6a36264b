"""Changes in the case database that a reading has to see although no date of a deadline moves."""
import datetime

import pytest

from authority import Authority, Meeting, day


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


def test_a_booking_with_another_number_is_another_meeting(authority):
    """At the same time: who shares it decides which children are one alarm and one entry."""
    child, at = authority.child('SW1'), datetime.datetime(2024, 4, 18, 10)
    for number in ('M1', 'M2'):
        authority.book(child, Meeting(number, at))
        authority.settle()
        assert authority.store.ask("SELECT booked_group FROM timely.deadline WHERE timescale = 'icpc'") == [(number,)]
