#!/usr/bin/python3
"""What became of messages under each fault. A test notes the fault that it injected; ./check prints all of them as one table.

Rows are files in the folder that FAULT_TABLE names: tests run beside each other, on two builds. Run as a program, it prints
the table, and ends with 1 where a fault of FAULTS was not tried.
"""
import json
import os
import sys
from pathlib import Path

FAULTS = [
    'kill -9 at random moments',
    'kill -9 of one of two daemons',
    'SIGSTOP for a minute',
    'SIGSTOP of the leader',
    'store crashes in a transaction',
    'store crashes during a hand-over',
    'store fails over to its replica',
    'store out of connections',
    'store out of disk',
    'store slow by 5 s',
    'Maildir out of disk',
    'source gone for a day',
    'mail server unreachable',
    'mail server hangs at the greeting',
    'mail server busy at the greeting',
    'mail server greylists',
    'mail server busy after the data',
    'mail server drops after the data',
    'mail server hangs after the data',
    'mail server slow by 5 s',
    'mail server refuses half the recipients',
    'clock a day forward and back',
    'clocks go forward',
    'clocks go back',
    'burst after a week without mail',
    'two leaders by a partition',
]


def note(fault, messages, lost, repeats, because=None):
    """`because`: the answer or the holder that a repeat was owed to; without it there may be none."""
    assert fault in FAULTS, fault
    row = {'fault': fault, 'messages': messages, 'lost': lost, 'repeats': repeats, 'because': because if repeats else None}
    print(f'\n{words(row)}', flush=True)
    if 'FAULT_TABLE' in os.environ:
        folder = Path(os.environ['FAULT_TABLE'])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f'{FAULTS.index(fault):02}.json').write_text(json.dumps(row), encoding='utf-8')
    assert lost == 0, fault
    assert repeats == 0 or because, fault


def words(row):
    why = f", with the same Message-ID: {row['because']}" if row['because'] else ''
    return f"{row['fault']:<42} messages {row['messages']:>6}   lost {row['lost']}   repeated {row['repeats']}{why}"


def main():
    folder = Path(os.environ['FAULT_TABLE'])
    rows = {row['fault']: row for row in (json.loads(path.read_text(encoding='utf-8')) for path in folder.glob('*.json'))}
    for fault in FAULTS:
        print(words(rows[fault]) if fault in rows else f'{fault:<42} NOT TRIED')
    return 0 if len(rows) == len(FAULTS) else 1


if __name__ == '__main__':
    sys.exit(main())
