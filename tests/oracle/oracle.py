#!/usr/bin/python3
"""An independent answer to the product's two questions: what is due, and what was done in time.

    oracle.py deadlines DIR --as-at DATE
    oracle.py timeliness DIR --measure ID --from YYYY-MM --to YYYY-MM --as-at DATE [--by child|meeting]

DIR holds SSD tables as CSV files and events.csv. Both commands print CSV. This is the tests'
yardstick: it shares no code, no rules and no calendar with the product. Where the law or the data
leave a choice the reading taken is said in a comment. Slow and plain on purpose.

The readings of the duties are in duties.py, care_duties.py and step_duties.py, of the figures in
measures.py; of what counts as a fact in source.py and records.py; of the calendar in england.py.
"""

import argparse
import csv
import datetime
import re
import sys

from measures import Measures

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
FIGURES = ('month', 'measure', 'by', 'held', 'in_timescale', 'percent')


class Oracle(Measures):
    """The duties, and the share of them done in time."""

    def timeliness(self, measure, first, last, by):
        for row in self.figures(measure, first, last, by):
            yield tuple(row[name] for name in FIGURES)


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
    timeliness.add_argument('--measure', required=True)
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
        out.writerow(FIGURES)
        out.writerows(oracle.timeliness(given.measure, given.first, given.last, given.by))


if __name__ == '__main__':
    main()
