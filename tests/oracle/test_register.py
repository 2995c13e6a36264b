"""Every rule on every day of forty-one years: what the product makes of the day that starts a clock
is what the naive sums of register.py make of it.
"""

import collections
import csv
import datetime
import functools
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from register import COUNTED_IN_HOURS, REGISTER  # noqa: E402 (found through the line above)

FIRST_ANSWER = datetime.date(1995, 1, 1)  # the calendar knows no holidays before


def table():
    """The product's rows: (timescale, clause, event, trigger, due), as texts."""
    with subprocess.Popen(
        [os.environ['DUE_TABLE']], stdout=subprocess.PIPE, encoding='utf-8'
    ) as process:
        rows = csv.reader(process.stdout)
        assert next(rows) == ['timescale', 'clause', 'started by', 'trigger', 'due']
        yield from rows
    assert process.returncode == 0


def sums(timescale, event):
    found = REGISTER[timescale][event]
    return found if isinstance(found, list) else [found]


@functools.cache
def as_day(text):
    return datetime.date.fromisoformat(text)


def as_moment(text):
    """Where the hour is not known the clock runs from midnight."""
    return datetime.datetime.fromisoformat(text)


class Judge:
    """The sum of one clause, and where the product differs from it."""

    def __init__(self, timescale, clause, event, number):
        self.name = (timescale, clause, event)
        self.sum = sums(timescale, event)[number]
        self.hours = timescale in COUNTED_IN_HOURS
        self.rows = 0
        self.differences = []

    def judge(self, trigger, due):
        if self.hours:
            expected = self.sum(as_moment(trigger))
            said = as_moment(due) if due else None
            day = expected.date()
        else:
            expected = day = self.sum(as_day(trigger))
            said = as_day(due) if due else None
        self.rows += 1
        if said != expected and (due or day >= FIRST_ANSWER):
            self.differences.append(f'from {trigger}: {due or "nothing"}, expected {expected}')


@pytest.fixture(scope='module')
def judges():
    """Every clause that the product has, judged, by its name; those the register has not, without
    a judge.
    """
    found, seen = {}, collections.defaultdict(list)
    for timescale, clause, event, trigger, due in table():
        name = (timescale, clause, event)
        if name not in found:
            number = len(seen[timescale, event])
            seen[timescale, event].append(clause)
            known = event in REGISTER.get(timescale, ()) and number < len(sums(timescale, event))
            found[name] = Judge(timescale, clause, event, number) if known else None
        if found[name] is not None:
            found[name].judge(trigger, due)
    return found


def test_every_clock_of_the_product_is_in_the_register(judges):
    assert [name for name, judge in judges.items() if judge is None] == []


def test_every_clock_of_the_register_is_in_the_product(judges):
    kept = collections.Counter((timescale, event) for timescale, _, event in judges)
    assert [
        (timescale, event, len(sums(timescale, event)), kept[timescale, event])
        for timescale in REGISTER
        for event in REGISTER[timescale]
        if len(sums(timescale, event)) != kept[timescale, event]
    ] == []


def test_every_day_gives_the_due_date_of_the_register(judges):
    wrong = {
        judge.name: (len(judge.differences), judge.rows, judge.differences[:3])
        for judge in judges.values()
        if judge is not None and judge.differences
    }
    assert wrong == {}
    assert sum(judge.rows for judge in judges.values() if judge is not None) > 1000000


# The worked examples that the sources' own words were read with, so that the sums above cannot be
# wrong in the way in which the product is.
EXAMPLES = """
referral-decision referral-received 2024-03-28 2024-04-02
referral-decision referral-received 2022-09-16 2022-09-20
referral-decision referral-received 2023-05-05 2023-05-09
assessment referral-received 2024-03-18 2024-05-23
assessment referral-received 2020-04-06 2020-06-12
cin-review cin-plan-started 2024-01-31 2024-04-30
cin-visit cin-visit 2024-12-09 2025-01-09
s47-child-seen s47-started 2024-08-23 2024-08-27
s47-outcome s47-started 2024-03-14 2024-03-28
icpc s47-started 2020-04-24 2020-05-18
icpc s47-started 2022-09-05 2022-09-27
icpc s47-started 2025-12-10 2026-01-05
icpc-report-share icpc-booked 2024-05-15T10:00 2024-05-13T10:00
icpc-report-share icpc-booked 2024-04-02T10:00 2024-03-28T17:00
icpc-family-contact icpc-booked 2024-05-15 2024-05-13
icpc-transfer-in transfer-in-notified 2026-03-20 2026-04-14
conference-decisions icpc-held 2024-07-30 2024-08-28
core-group-first cp-plan-made 2024-12-20 2025-01-08
core-group-next core-group-held 2024-11-25 2025-01-06
cp-visit cp-visit 2023-04-28 2023-05-16
review-cp-first cp-plan-made 2023-11-30 2024-02-29
review-cp-birth birth 2024-02-09 2024-03-08
review-cp-subsequent cp-review-held 2024-08-31 2025-02-28
conference-reconvene conference-inquorate 2024-05-21 2024-06-05
cp-plan-12m cp-plan-started 2024-02-29 2025-02-28
cp-plan-24m cp-plan-started 2022-02-28 2024-02-28
iro-notify care-started 2024-12-23 2024-12-27
iro-appoint care-started 2024-03-25 2024-04-03
care-plan care-started 2024-12-19 2025-01-07
care-plan-updated child-review-booked 2024-06-14 2024-05-31
placement-plan placement-started 2024-12-24 2025-01-03
placement-notify placement-started 2022-09-14 2022-09-22
emergency-foster emergency-foster-start 2024-05-02 2024-05-13
connected-person-temp temp-approval-start 2024-11-20 2025-03-12
review-child-first care-started 2020-04-17 2020-05-18
review-child-second child-review-held 2024-05-31 2024-08-31
review-child-subsequent child-review-held 2024-08-29 2025-02-28
unregistered-review-move unregistered-start 2024-03-26 2024-04-04
unregistered-review-12w child-review-held 2024-10-02 2024-12-25
unregistered-hos-visit unregistered-start 2025-03-28T23:30 2025-04-01T00:30
review-record child-review-held 2024-05-22 2024-06-13
review-distribution child-review-held 2024-12-09 2025-01-09
visit-child-standard child-visit 2020-03-27 2020-05-08
health-initial-request care-started 2024-07-31 2024-08-07
health-review-under5 health-assessment 2024-08-30 2025-02-28
pep-initial care-started 2024-07-19 2024-08-16
pep-initial-emergency care-started 2024-12-18 2025-01-06
secure-without-order secure-start 2024-03-29T20:00 2024-04-01T21:00
secure-review-first secure-start 2024-01-31 2024-02-29
plo-letter plo-decided 2024-03-22 2024-04-02
plo-duration plo-decided 2024-03-11 2024-07-01
care-proceedings proceedings-issued 2024-09-02 2025-03-02
pa-contact leaver-contact 2024-12-31 2025-02-25
pf-visit-first pf-notified 2024-03-25 2024-04-05
return-interview missing-found 2024-10-26T18:00 2024-10-29T17:00
lado-meeting lado-referred 2024-08-22 2024-08-30
serious-incident-notify incident-known 2024-12-20 2024-12-31
rapid-review incident-notified 2022-09-05 2022-09-27
ehcp-decision ehcp-requested 2024-11-06 2024-12-18
ehcp-issue ehcp-requested 2024-02-05 2024-06-24
dispute-formal dispute-raised 2024-03-22 2024-04-23
"""


@pytest.mark.parametrize('example', EXAMPLES.split('\n')[1:-1])
def test_the_sums_agree_with_the_worked_examples(example):
    timescale, event, trigger, due = example.split()
    convert = as_moment if timescale in COUNTED_IN_HOURS else as_day
    assert sums(timescale, event)[0](convert(trigger)) == convert(due)


def test_the_middle_of_three_months_is_a_working_day():
    middle = sums('cp-midway', 'half way to review-cp-first')[0]
    assert middle(datetime.date(2024, 1, 15)) == datetime.date(2024, 2, 29)
