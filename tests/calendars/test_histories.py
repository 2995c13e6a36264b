"""Points 50 to 57 and 69: whatever happens to children, every calendar ends as the store and as what is so.

Random histories go through the daemon's own rounds. The mails that left are taken by models of receivers: in their order,
by one that forgets what was cancelled; and in any order and repeated, by one that remembers.

TIMELY_HISTORIES and TIMELY_SEED ask for more, and for other ones.
"""
import datetime
import os
import random

import pytest

from authority import Authority, Meeting, Server
from receiver import Calendar

HISTORIES = int(os.environ.get('TIMELY_HISTORIES', '12'))
SEED = int(os.environ.get('TIMELY_SEED', '1'))
STEPS = 14
WORKERS = ['SW1', 'SW2', 'SW3']
CHAIRS = ['CHAIR', 'CM']
OTHERS = ['TM1', 'TM2']


@pytest.fixture(scope='module')
def server():
    with Server() as running:
        yield running


class Player:
    """Does one thing after another, by numbers that a list gives: so a history can be told again, and cut short."""

    def __init__(self, authority, numbers):
        self.a, self.said, self.all_mails = authority, [], []
        self.numbers = numbers
        self.meetings = []

    def pick(self, choices):
        return list(choices)[self.numbers.randrange(len(choices))]

    def children(self, condition=lambda c: True):
        return [c for c in self.a.children.values() if condition(c)]

    # ------------------------------------------------------------------------------ things that happen

    def enquire(self):
        if len(self.a.children) < 4:
            family = self.pick(['F1', 'F1', 'F2', None])
            child = self.a.child(self.pick(WORKERS), family, started=self.day(-7, 0))
            return f'{child.key} of {family}, {child.worker}, from {child.started}'

    def move(self):
        if child := self.some(lambda c: not c.closed):
            self.a.move(child, self.day(-40, 0))
            return f'{child.key} from {child.started}'

    def book(self):
        if child := self.some(lambda c: not c.closed and not c.meeting):
            meeting = self.pick([*self.meetings, None, None])
            if not meeting or meeting.end() <= self.a.now:
                meeting = Meeting(f'M{len(self.meetings)}', self.time(1, 20))
                self.meetings.append(meeting)
            self.a.book(child, meeting, self.pick(CHAIRS), self.some_of(OTHERS))
            return f'{child.key} into {meeting.key} at {meeting.at}, {child.chair} {child.attendees}'

    def change_meeting(self):
        meetings = [m for m in self.meetings if any(c.meeting is m for c in self.children())]
        if not meetings:
            return None
        meeting = self.pick(meetings)
        meeting.at, meeting.place = self.time(-3, 20), self.pick([None, 'Room 3', 'Room 4; first floor'])
        meeting.ends = self.pick([None, meeting.at + datetime.timedelta(hours=2)])
        self.a.rearrange(meeting)
        return f'{meeting.key} to {meeting.at}, {meeting.place}'

    def change_people(self):
        if child := self.some(lambda c: c.meeting):
            child.chair, child.attendees = self.pick(CHAIRS), self.some_of(OTHERS)
            self.a.rearrange(child.meeting, [child])
            return f'{child.key} in {child.meeting.key}: {child.chair} {child.attendees}'

    def unbook(self):
        if child := self.some(lambda c: c.meeting):
            self.a.unbook(child)
            return f'{child.key} leaves'

    def reassign(self):
        if child := self.some():
            self.a.give(child, self.pick([w for w in WORKERS if w != child.worker]))
            return f'{child.key} to {child.worker}'

    def end(self):
        if child := self.some(lambda c: not c.closed):
            self.a.end(child)
            return child.key

    def withdraw(self):
        if child := self.some(lambda c: not c.closed):
            self.a.withdraw(child)
            return child.key

    def back_again(self):
        if child := self.some(lambda c: c.closed):
            self.a.bring_back(child)
            return child.key

    def days_pass(self):
        self.a.now += datetime.timedelta(days=self.numbers.randrange(1, 4), hours=self.numbers.randrange(5))
        return f'{self.a.now}'

    # ------------------------------------------------------------------------------ what is drawn

    def some(self, condition=lambda c: True):
        found = self.children(condition)
        return self.pick(found) if found else None

    def some_of(self, whom):
        return tuple(w for w in whom if self.numbers.randrange(2))

    def day(self, first, last):
        return (self.a.now + datetime.timedelta(days=self.numbers.randrange(first, last + 1))).date()

    def time(self, first, last):
        return datetime.datetime.combine(self.day(first, last), datetime.time(self.numbers.randrange(9, 17)))

    THINGS = [enquire, enquire, move, book, book, book, change_meeting, change_meeting, change_people, change_people, unbook,
              reassign, reassign, end, withdraw, back_again, back_again, days_pass]

    def step(self):
        thing = self.pick(self.THINGS)
        if what := thing(self):
            self.said.append(f'{thing.__name__}: {what}')
        if self.numbers.randrange(5):  # else more happens before the next reading
            self.a.round('reconcile')
            if self.numbers.randrange(3):  # else the next plan finds mails that have not left
                self.deliver()
        self.a.now += datetime.timedelta(seconds=60)

    def deliver(self):
        self.a.round('deliver')
        self.all_mails += self.a.mails()

    # ------------------------------------------------------------------------------ what people see

    def check(self):
        self.a.round('reconcile')
        self.deliver()
        assert not self.a.store.ask("SELECT 1 FROM timely.outbox WHERE object_id IS NOT NULL AND state NOT IN ('sent', 'superseded')")
        wanted, held = self.a.wanted(), self.a.held()
        for address in {mail.recipient for mail in self.all_mails} | set(wanted):
            mails = [mail for mail in self.all_mails if mail.recipient == address and mail.calendar]
            for order, calendar in self.receivers(mails):
                live = {u: e for u, e in calendar.live().items() if not self.is_over(e)}
                assert {(u, e.sequence, start_of(e), e.place) for u, e in live.items()} == held.get(address, set()), \
                    (address, order, 'against the store')
                assert {(e.starts, e.ends, e.place, references(e.summary)) for e in live.values()} == \
                    wanted.get(address, set()), (address, order, 'against what is so')

    def receivers(self, mails):
        def taken(calendar, order):
            for mail in order:
                calendar.take(mail.method, mail.calendar)
            return calendar
        twice = [mail for mail in mails for _ in range(1 + self.numbers.randrange(2))]
        yield 'in order, repeated', taken(Calendar(forgetful=True), twice)
        for _ in range(3):
            shuffled = [*mails, *mails]
            self.numbers.shuffle(shuffled)
            yield 'shuffled', taken(Calendar(), shuffled)

    def is_over(self, entry):
        ends = entry.ends if isinstance(entry.ends, datetime.datetime) else datetime.datetime.combine(entry.ends, datetime.time())
        return ends <= self.a.now


def start_of(entry):
    return entry.starts if isinstance(entry.starts, datetime.datetime) else datetime.datetime.combine(entry.starts, datetime.time())


def references(summary):
    """"ICPC REF-2, REF-1 due" names REF-1 and REF-2."""
    words = summary.replace(',', '').split()
    assert words[0] == 'ICPC', summary
    return ' '.join([*sorted(w for w in words if w.startswith('REF-')), *(w for w in words[1:] if not w.startswith('REF-'))])


def play(server, folder, seed, steps, every_step=False):
    """What was said of a history that went wrong, or None."""
    folder.mkdir()
    with Authority(server, folder) as authority:
        authority.child('SW1', key='OLD', started=datetime.date(2024, 3, 28))
        authority.end(authority.children['OLD'])
        authority.round('reconcile')  # the first start tells nobody
        player = Player(authority, random.Random(seed))
        try:
            for _ in range(steps):
                player.step()
                if every_step:
                    player.check()
            player.check()
        except AssertionError as error:
            return f'seed {seed}, {steps} steps\n' + '\n'.join(player.said) + f'\n{error}'
    return None


def shortest(server, folder, seed):
    """The same history cut after each step: the first cut that goes wrong."""
    for steps in range(1, STEPS + 1):
        if wrong := play(server, folder / f'cut-{steps}', seed, steps):
            return wrong
    return None


@pytest.mark.parametrize('seed', range(SEED, SEED + HISTORIES))
def test_point_69_every_calendar_ends_as_the_store(server, tmp_path, seed):
    if wrong := play(server, tmp_path / 'whole', seed, STEPS):
        pytest.fail(shortest(server, tmp_path, seed) or wrong)
