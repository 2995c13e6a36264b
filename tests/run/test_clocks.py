"""Clocks that are stepped, and clocks that change: each is noted with what was lost and what was said twice."""
import datetime
import subprocess
import sys

import pytest

from smtp_server import MailServer, by_smtp
from telling import ROOT, Fibers, wait_for

sys.path.append(str(ROOT / 'tests' / 'calendars'))

from authority import START, Authority  # noqa: E402 (found through the line above)
from fault_table import note  # on the path by telling


def live(store, moments):
    """A round of the agenda and of the outbox at each of these moments, in one process."""
    words = ''.join(f'{what} {moment:%Y-%m-%dT%H:%M}\n' for moment in moments for what in ('agenda', 'deliver'))
    done = subprocess.run(store.command('rounds', '2023-01-01 00:00', 'none'), input=words, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0 and 'runtime error' not in done.stderr, done.stderr


def noted(fault, store, server, wanted):
    """`wanted`: the rungs, of whom, that were to speak; each by one mail that was taken once."""
    spoke = {(rung, staff) for rung, staff in store.ask("SELECT rung, n.staff_id FROM timely.notice n JOIN timely.outbox o"
                                                        " USING (message_id) WHERE o.state = 'sent'")}
    taken = [mail['Message-ID'] for mail in server.messages]
    assert spoke <= wanted
    note(fault, len(taken), len(wanted - spoke), len(taken) - len(set(taken)))


# ------------------------------------------------------------------------------------------------- stepped

def test_a_clock_a_day_forward_and_back(store):
    """While it is ahead tomorrow's digest is said, and tomorrow it is not said again."""
    store.deadline(store.person('P1'), trigger='2024-03-11', due='2024-04-02', seen='2024-03-12 08:00')
    store.deadline(store.person('P2'), trigger='2024-03-06', due='2024-03-27', seen='2024-03-12 08:00')
    with MailServer() as server:
        by_smtp(store, server)
        live(store, [datetime.datetime(2024, 3, day, hour, minute) for day, hour, minute in
                     [(12, 9, 0), (13, 9, 5), (12, 9, 10), (12, 17, 0), (13, 8, 0), (13, 9, 0), (13, 17, 0), (14, 9, 0)]])
        noted('clock a day forward and back', store, server, {('social-worker, at the start', 'SW1'),
                                                             ('social-worker, 10 working days before', 'SW1')})


@pytest.mark.parametrize('retry, lease', [('1 day', '1 day'), ('-1 hour', '1 hour')])
def test_what_was_put_off_by_a_clock_that_was_ahead_does_not_wait_for_it(store, retry, lease):
    """The server's clock decides leases and retries. When it was a day ahead and no longer is, the retry of then and the lease of
    who died then are a day away; when it was an hour ahead, as after the end of summer time by hand, that lease is."""
    due = store.put('summary:1', attempts=1)
    left = store.put('summary:2', state='handing_over', claimed_by='the dead', claim_number=1)
    store.ask('UPDATE timely.outbox SET not_before = now() + %s::interval, lease_until = now() + %s::interval', (retry, lease))
    with MailServer() as server:
        by_smtp(store, server)
        with Fibers(store, '2024-04-02 10:00'):
            wait_for(lambda: store.state(due) == store.state(left) == 'sent', 60)
        assert len(server.messages) == 2


def test_nothing_waits_for_the_morning_of_a_clock_that_was_years_ahead(pg, tmp_path):
    with Authority(pg, tmp_path) as authority:
        authority.child('SW1')
        authority.settle()  # the first start tells nobody
        authority.child('SW2')
        authority.now = datetime.datetime(2031, 1, 6, 20)
        authority.round('reconcile', 'agenda')
        authority.now = START
        authority.round('reconcile', 'agenda')
        assert 'SW2' in {staff for kind, staff, *_ in authority.store.mails() if kind == 'digest'}


# ------------------------------------------------------------------------------------------------- summer time

def weekend(sunday):
    """From Friday's morning to Monday's evening, every half hour of the clock on the wall."""
    friday = datetime.datetime.combine(sunday, datetime.time(8)) - datetime.timedelta(days=2)
    return [friday + datetime.timedelta(minutes=30 * n) for n in range(2 * 84)]


def through(store, sunday):
    """A duty in hours that ends on that Sunday at 01:30, and one in days that ends on the Monday."""
    days = datetime.timedelta
    for person, timescale, due in ('P1', 'police-protection', sunday), ('P2', 'icpc', sunday + days(1)):
        at = f'{due} 01:30' if timescale == 'police-protection' else None
        store.deadline(store.person(person), timescale, trigger=due - days(3 if at else 21), due=due, due_at=at,
                       seen=f'{sunday - days(2)} 08:00 Europe/London')
    live(store, weekend(sunday))
    return {(rung, staff) for rung, staff in store.ask('SELECT rung, staff_id FROM timely.notice WHERE message_id IS NOT NULL')}


@pytest.mark.parametrize('fault, change', [('clocks go forward', datetime.date(2023, 3, 26)),
                                           ('clocks go back', datetime.date(2023, 10, 29))])
def test_the_clocks_change(pg, tmp_path, fault, change):
    """All is said as on the weekend before, on which they did not."""
    said = []
    for number, sunday in enumerate([change - datetime.timedelta(days=7), change]):
        (tmp_path / str(number)).mkdir()
        store = pg.store(tmp_path / str(number))
        store.start('2023-01-02 09:00')
        with MailServer() as server:
            by_smtp(store, server)
            said.append(through(store, sunday))
            if sunday == change:
                noted(fault, store, server, said[0])
    assert len(said[0]) >= 4, said[0]
