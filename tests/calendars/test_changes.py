"""What a reading makes of changes that move no due day, and of a record that was gone for a while."""
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


def test_another_hour_of_the_same_day_moves_what_is_counted_in_hours(authority):
    child, today = authority.child('SW1'), authority.now
    authority.fact(child.key, 'missing-started', at=today - datetime.timedelta(days=1), precise=True, episode='M')
    found = authority.fact(child.key, 'missing-found', at=today, precise=True, episode='M')
    for hour in (8, 6):
        authority.amend(found, at=today.replace(hour=hour))
        authority.settle()
        assert authority.store.ask("SELECT due_at FROM timely.deadline WHERE timescale = 'return-interview'") == \
            [(today.replace(hour=hour) + datetime.timedelta(days=3),)]


def test_a_booking_with_another_number_is_another_meeting(authority):
    """At the same time: who shares it decides which children are one alarm and one entry."""
    child, at = authority.child('SW1'), datetime.datetime(2024, 4, 18, 10)
    for number in ('M1', 'M2'):
        authority.book(child, Meeting(number, at))
        authority.settle()
        assert authority.store.ask("SELECT booked_group FROM timely.deadline WHERE timescale = 'icpc'") == [(number,)]


@pytest.mark.parametrize('started, same', [('2024-04-02', True), ('2024-04-03', False)])
def test_a_record_that_comes_back_with_its_date_is_what_it_was_and_with_another_is_not(authority, started, same):
    """Its entry in people's calendars is one of another day, and was taken out."""
    child = authority.child('SW1')
    authority.settle()
    authority.withdraw(child)
    authority.settle()
    child.started = datetime.date.fromisoformat(started)
    authority.bring_back(child)
    authority.now += datetime.timedelta(days=1)
    authority.settle()
    uids = [uid for uid, in authority.store.ask("SELECT uid FROM timely.deadline WHERE timescale = 'icpc'")]
    assert len(uids) == (1 if same else 2)
