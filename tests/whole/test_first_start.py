"""Play 8: a council that has worked for years without timely: the first start tells each manager once."""
import pytest

from council import flat, tiny, wait_for


@pytest.fixture(scope='module')
def council():
    made = tiny('W1', 'W2', before=known_before)
    yield made
    made.close()


def known_before(council):
    """Twelve overdue conferences, and one in the diary."""
    for worker in ('W1', 'W2'):
        for n in range(6):
            council.enquiry(council.child(worker, f'{worker}-{n}', chair='CHAIR'), f'2023-{10 + n % 3}-05')
    council.enquiry(council.child('W1', 'BOOKED', chair='CHAIR'), '2024-03-20')
    council.book('B1', '2024-04-10 10:00', 'BOOKED')


def test_no_storm(council):
    wait_for(lambda: council.mails('TM'))
    council.settled()
    assert council.one("SELECT count(*) FROM timely.deadline WHERE timescale = 'icpc' AND state = 'open'") == 13
    mails = [m for m in council.mails() if m.whom != 'operator']
    summary, = [m for m in mails if m.whom == 'TM']
    assert [m for m in mails if m.method] == [], 'who is in a meeting that was booked before knows of it'
    assert {m.whom for m in mails} == {'TM'}, mails
    assert '12' in flat(summary.text)
    council.restart_daemon()
    council.settled()
    assert len([m for m in council.mails() if m.whom != 'operator']) == 1


def test_what_comes_after_is_told(council):
    council.enquiry(council.child('W2', 'NEW1'))
    wait_for(lambda: council.invites('NEW1', 'W2'))
    council.book('B1', '2024-04-11 10:00', 'BOOKED', event='meeting_rearranged')
    wait_for(lambda: council.invites('BOOKED', 'W1'))
    assert {whom for whom, method, _ in council.invites('BOOKED') if method == 'REQUEST'} <= {'W1', 'CHAIR'}
