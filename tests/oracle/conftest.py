"""Cases small enough to check by hand: a folder of tables, and what the oracle says of it."""

import csv
import datetime
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from oracle import Oracle  # noqa: E402 (found through the line above)


def day(text):
    return datetime.date.fromisoformat(text)


class Folder:
    """A folder of tables, written a row at a time under their columns' names."""

    def __init__(self, path):
        self.path, self.tables, self.number = path, {}, 0

    def add(self, name, **columns):
        self.tables.setdefault(name, []).append(columns)
        return self

    def event(self, kind, at, **columns):
        self.number += 1
        usual = {
            'event_id': 'e%d' % self.number,
            'event_type': kind,
            'person_id': '1',
            'occurred_at': at,
            'recorded_at': at[:10],
            'precision': 'minute' if len(at) > 10 else 'day',
            'voided': 'f',
        }
        return self.add('events', **{**usual, **columns})

    def write(self):
        for name, rows in self.tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            with open(self.path / (name + '.csv'), 'w', newline='', encoding='utf-8') as file:
                out = csv.DictWriter(file, columns, restval='')
                out.writeheader()
                out.writerows(rows)
        return self.path

    def due(self, as_at, *timescales):
        """What the oracle says, short: trigger, due, state, day met, in time."""
        result = []
        for d in Oracle(self.write(), day(as_at)).deadlines():
            if d.timescale in timescales:
                words = [
                    d.subject,
                    str(d.trigger),
                    str(d.due_at.isoformat('T', 'minutes') if d.due_at else d.due),
                    d.state,
                ]
                result.append(
                    ' '.join(
                        words + ([str(d.met), 'in time' if d.in_time else 'late'] if d.met else [])
                    )
                )
        return result


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path).add('ssd_person', pers_person_id='1', pers_dob='2015-05-05')
