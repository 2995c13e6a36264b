#!/usr/bin/python3
"""An independent answer to the product's two questions: what is due, and what was done in time.

    oracle.py deadlines DIR --as-at DATE
    oracle.py timeliness DIR --measure ID --from YYYY-MM --to YYYY-MM --as-at DATE [--by child|meeting]

DIR holds SSD tables as CSV files and events.csv. Both commands print CSV. This is the tests'
yardstick: it shares no code, no rules and no calendar with the product. Where the law or the data
leave a choice the reading taken is said in a comment. Slow and plain on purpose.

The readings of the duties are in duties.py; of what counts as a fact in source.py; of the calendar
in england.py.
"""

import argparse
import collections
import csv
import datetime
import re
import sys

import england
from duties import Duties

COLUMNS = (
    'person_id',
    'timescale',
    'subject_ref',
    'trigger_on',
    'due_on',
    'due_at',
    'state',
    'met_on',
    'in_timescale',
)


class Oracle(Duties):
    """The duties, and the share of them done in time."""

    def occasions(self, measure):
        """(day that gives the month, meeting, in time) for each child and occasion."""
        if measure == 'm-icpc':
            return self.conference_occasions()
        found = self.deadlines()
        held = {
            'm-rcpc': ('review-cp-first', 'review-cp-subsequent'),
            'm-ccr': ('review-child-first', 'review-child-second', 'review-child-subsequent'),
        }
        if measure in held:
            return [
                (d.met, d.unit, d.in_time)
                for d in found
                if d.timescale in held[measure] and d.met is not None
            ]
        owed = {
            'm-distribution': ('review-distribution',),
            'm-core-group': ('core-group-first', 'core-group-next'),
        }
        # By the day they fell due. What is due on the as-at day can still be done: not counted
        # before the day is over.
        return [
            (d.due, (d.unit, d.due), d.met is not None and d.in_time)
            for d in found
            if d.timescale in owed[measure] and d.due < self.as_at and d.state in ('met', 'missed')
        ]

    def conference_occasions(self):
        """Conferences held after an enquiry: the one each is tied to, else the latest whose clock
        it met.

        A conference before its enquiry, or without any, is left out.
        """
        starts = {(e.person, e.key): e.start for e in self.source.enquiries}
        met = collections.defaultdict(list)
        for d in self.deadlines():
            if d.timescale == 'icpc' and d.met is not None:
                met[d.person, d.met].append(d.trigger)
        result = []
        for person, key, meeting, enquiry, on in dict.fromkeys(
            (c.person, c.key, c.meeting, c.enquiry, c.on)
            for c in self.source.conferences
            if not c.transfer
        ):
            start = starts.get((person, enquiry))
            if start is None or start > on:
                start = max(met[person, on], default=None)
            if start is not None:
                result.append((on, meeting or key, on <= england.add_working_days(start, 15)))
        return result

    def timeliness(self, measure, first, last, by):
        months = collections.defaultdict(list)
        for day, meeting, in_time in self.occasions(measure):
            months[day.year, day.month].append((meeting, in_time))
        month = first
        while month <= last:
            judged = [in_time for _, in_time in months[month]]
            if by == 'meeting':  # late if any child's is late
                together = collections.defaultdict(list)
                for i, (meeting, in_time) in enumerate(months[month]):
                    together[meeting or i].append(in_time)
                judged = [all(each) for each in together.values()]
            yield '%04d-%02d' % month, measure, by, len(judged), sum(judged), percent(
                sum(judged), len(judged)
            )
            month = (month[0] + month[1] // 12, month[1] % 12 + 1)


def percent(part, whole):
    """One decimal, halves upwards."""
    if not whole:
        return ''
    tenths = (2000 * part + whole) // (2 * whole)
    return '%d.%d' % divmod(tenths, 10)


def row(d):
    return (
        d.person,
        d.timescale,
        d.subject,
        d.trigger,
        d.due,
        '' if d.due_at is None else d.due_at.isoformat('T', 'minutes'),
        d.state,
        d.met or '',
        '' if d.in_time is None else 'yes' if d.in_time else 'no',
    )


def month_argument(text):
    if not re.fullmatch(r'\d{4}-(0[1-9]|1[0-2])', text):
        raise argparse.ArgumentTypeError('not a month: ' + text)
    return int(text[:4]), int(text[5:])


def main():
    parser = argparse.ArgumentParser(
        description='What is due and what was done in time, computed apart from the product.'
    )
    commands = parser.add_subparsers(dest='command', required=True)
    deadlines = commands.add_parser('deadlines')
    timeliness = commands.add_parser('timeliness')
    for command in (deadlines, timeliness):
        command.add_argument('folder', metavar='DIR')
        command.add_argument('--as-at', type=datetime.date.fromisoformat, required=True)
    timeliness.add_argument(
        '--measure',
        required=True,
        choices=('m-icpc', 'm-rcpc', 'm-ccr', 'm-distribution', 'm-core-group'),
    )
    timeliness.add_argument('--from', dest='first', type=month_argument, required=True)
    timeliness.add_argument('--to', dest='last', type=month_argument, required=True)
    timeliness.add_argument('--by', choices=('child', 'meeting'), default='child')
    given = parser.parse_args()
    out = csv.writer(sys.stdout, lineterminator='\n')
    oracle = Oracle(given.folder, given.as_at)
    if given.command == 'deadlines':
        out.writerow(COLUMNS)
        out.writerows(map(row, oracle.deadlines()))
    else:
        out.writerow(('month', 'measure', 'by', 'held', 'in_timescale', 'percent'))
        out.writerows(oracle.timeliness(given.measure, given.first, given.last, given.by))


if __name__ == '__main__':
    main()
