#!/usr/bin/python3
"""Compares two CSV files of deadlines and prints where they first differ.

    compare.py EXPECTED ACTUAL [--first N]

A deadline is known by person, timescale, subject and trigger date; where several share these (a
child visited on the day of a move), they are matched in order of their due dates. Columns after
the first nine and the order of rows do not count. Exit status: 0 the same, 1 not, 2 a file cannot
be read.
"""

import argparse
import collections
import csv
import sys

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
KEY = 4


def fail(message):
    print(message, file=sys.stderr)
    raise SystemExit(2)


def read(path):
    deadlines = collections.defaultdict(list)
    try:
        with open(path, encoding='utf-8', newline='') as file:
            rows = csv.reader(file)
            if tuple(next(rows, ())[: len(COLUMNS)]) != COLUMNS:
                fail('%s: the columns are not %s' % (path, ','.join(COLUMNS)))
            for row in rows:
                if len(row) < len(COLUMNS):
                    fail('%s:%d: %d columns' % (path, rows.line_num, len(row)))
                deadlines[tuple(row[:KEY])].append(tuple(row[KEY : len(COLUMNS)]))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        fail('%s: %s' % (path, error))
    return {key: sorted(found) for key, found in deadlines.items()}


def changed(expected, actual):
    return '; '.join(
        '%s %s, expected %s' % (name, is_ or 'none', was or 'none')
        for name, was, is_ in zip(COLUMNS[KEY:], expected, actual)
        if was != is_
    )


def differences(expected, actual):
    """(kind, key, words) for each deadline that differs, in order of the key."""
    for key in sorted(expected.keys() | actual.keys()):
        left, right = expected.get(key, []), actual.get(key, [])
        for was, is_ in zip(left, right):
            if was != is_:
                yield 'differs', key, changed(was, is_)
        for was in left[len(right) :]:
            yield 'missing', key, ' '.join(filter(None, was))
        for is_ in right[len(left) :]:
            yield 'not expected', key, ' '.join(filter(None, is_))


def main():
    parser = argparse.ArgumentParser(description='Compares two CSV files of deadlines.')
    parser.add_argument('expected')
    parser.add_argument('actual')
    parser.add_argument(
        '--first', type=int, default=20, metavar='N', help='print so many differences (default 20)'
    )
    given = parser.parse_args()
    expected, actual = read(given.expected), read(given.actual)
    counts = collections.Counter()
    for kind, key, words in differences(expected, actual):
        if sum(counts.values()) < given.first:
            print('%s: person %s %s of %s from %s: %s' % (kind, *key, words))
        counts[key[1], kind] += 1
    for (timescale, kind), count in sorted(counts.items()):
        print('%7d %s %s' % (count, timescale, kind))
    if counts:
        raise SystemExit(1)
    print('%d deadlines are the same' % sum(map(len, expected.values())))


if __name__ == '__main__':
    main()
