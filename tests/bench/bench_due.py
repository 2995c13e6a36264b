#!/usr/bin/python3
"""What a deadline costs, beside the same dates from a SQL query over a table of working days and from QuantLib.

    bench_due.py BENCH_EVALUATE [--rounds 7]

BENCH_EVALUATE is a build without sanitizers. All three have the same starts and spans and must agree on every date; each
has one core. The query has what helps it most: working days numbered in a table that fits into memory, nothing but a
count sent back, no compiling. QuantLib is skipped where it is not installed.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

SETTINGS = {'max_parallel_workers_per_gather': '0', 'jit': 'off'}
# A day's number is how many working days there are up to it, so that a span is an addition.
TABLES = '''
CREATE TABLE holiday (day date PRIMARY KEY);
CREATE TABLE counted (start date NOT NULL, span text NOT NULL, due date NOT NULL);
'''
NUMBERED = '''
CREATE TABLE working_day (day date PRIMARY KEY, works boolean NOT NULL, number integer NOT NULL);
INSERT INTO working_day
SELECT day, works, count(*) FILTER (WHERE works) OVER (ORDER BY day)
  FROM (SELECT day::date, extract(isodow FROM day) < 6 AND day NOT IN (SELECT h.day FROM holiday AS h) AS works
          FROM generate_series('1995-01-01'::timestamp, '2028-12-31', '1 day') AS day) AS days;
CREATE UNIQUE INDEX ON working_day (number) INCLUDE (day) WHERE works;
CREATE TABLE clock AS
SELECT start, due, substring(span FROM '^(\\d+) working day')::integer AS working_days,
       CASE WHEN span NOT LIKE '%working day%' THEN span::interval END AS span
  FROM counted;
'''
# As it is mostly written, a day after the other; and as fast as it can be.
QUERIES = {'SQL, along the days': '''
SELECT count(*), count(*) FILTER (WHERE coalesce(last.day, (clock.start + clock.span)::date) = clock.due)
  FROM clock
  LEFT JOIN LATERAL (SELECT day FROM working_day WHERE works AND day > clock.start
                      ORDER BY day OFFSET clock.working_days - 1 LIMIT 1) AS last ON clock.working_days > 0
''', 'SQL, by number': '''
SELECT count(*), count(*) FILTER (WHERE coalesce(last.day, (clock.start + clock.span)::date) = clock.due)
  FROM clock
  JOIN working_day AS first ON first.day = clock.start
  LEFT JOIN working_day AS last ON last.works AND last.number = first.number + clock.working_days
'''}


def ask_evaluation(program, file):
    said = subprocess.run([program, file], check=True, stdout=subprocess.PIPE, encoding='utf-8',
                          env={**os.environ, 'TIMELY_DATA': str(ROOT)}).stdout
    print(said, end='')
    return [float(re.search(rf'^{what}: +([\d.]+) ns', said, re.MULTILINE)[1]) for what in ('evaluation', 'dates alone')]


def ask_sql(file, rounds):
    """By query: nanoseconds for a date, and how many dates are others."""
    calendar = json.loads((ROOT / 'rules' / 'calendars' / 'bank-holidays.json').read_text(encoding='utf-8'))
    holidays = [(event['date'],) for event in calendar['england-and-wales']['events']]
    with Postgres(settings=SETTINGS) as pg, pg.connect() as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.executemany('INSERT INTO holiday VALUES (%s)', holidays)
        with open(file, encoding='utf-8') as lines:
            cursor.copy_expert('COPY counted FROM STDIN (FORMAT csv)', lines)
        cursor.execute(NUMBERED)
        cursor.execute('ANALYZE')
        return {name: ask_query(cursor, query, rounds) for name, query in QUERIES.items()}


def ask_query(cursor, query, rounds):
    took = []
    for _ in range(rounds):
        began = time.monotonic()
        cursor.execute(query)
        dates, same = cursor.fetchone()
        took.append(time.monotonic() - began)
    return statistics.median(took) * 1e9 / dates, dates - same


def ask_quantlib(file, folder):
    """Nanoseconds for a date, and how many dates are others; None where QuantLib is not installed."""
    if not Path('/usr/include/ql/version.hpp').exists():
        print('QuantLib is not installed: skipped. For this yardstick: apt-get install g++ libquantlib0-dev')
        return None
    program = Path(folder) / 'bench_quantlib'
    subprocess.run(['g++', '-O2', '-o', program, Path(__file__).with_name('bench_quantlib.cpp'), '-lQuantLib'], check=True)
    ns, *others = subprocess.run([program, file], check=True, stdout=subprocess.PIPE, encoding='utf-8').stdout.splitlines()
    for line in others[:5]:
        print(f'QuantLib has another date for {line}')
    return float(ns), len(others)


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('bench_evaluate')
    options.add_argument('--rounds', type=int, default=7)
    o = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'dates.csv'
        evaluation, alone = ask_evaluation(o.bench_evaluate, file)
        beside = {**ask_sql(file, o.rounds), 'QuantLib': ask_quantlib(file, folder)}
    differ = 0
    for name, (ns, others) in ((name, said) for name, said in beside.items() if said):
        print(f'{name:20s} {ns:6.1f} ns a date; {others} dates differ; '
              f'evaluation {ns / evaluation:.1f} times as fast, dates alone {ns / alone:.0f} times')
        differ += others
    return 1 if differ else 0


if __name__ == '__main__':
    sys.exit(main())
