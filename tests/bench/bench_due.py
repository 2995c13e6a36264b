#!/usr/bin/python3
"""What a deadline costs, beside the same dates from a SQL query over a table of working days and from QuantLib.

    bench_due.py BENCH_EVALUATE [--rounds 7]

BENCH_EVALUATE is a build without sanitizers. All have the same starts and spans and must agree on every date. Measured is
processor time of one core, which other work on the machine disturbs less. The queries have what helps them: tables that
fit into memory and their indexes, nothing but counts sent back, no compiling. QuantLib is skipped where it is not
installed.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

SETTINGS = {'max_parallel_workers_per_gather': '0', 'jit': 'off', 'work_mem': '64MB'}
# A day's number is how many working days there are up to it, so that a span is an addition.
TABLES = '''
CREATE TABLE holiday (day date PRIMARY KEY);
CREATE TABLE counted (timescale text NOT NULL, start date NOT NULL, span text NOT NULL, due date NOT NULL);
CREATE TABLE fact (person integer NOT NULL, event text NOT NULL, code text, at date NOT NULL);
CREATE TABLE rule (timescale text NOT NULL, ends text, trigger text NOT NULL, trigger_code text, ordinal text NOT NULL,
                   span text NOT NULL, met text NOT NULL, met_code text);
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
CREATE INDEX ON fact (person, event, at) INCLUDE (code);
CREATE INDEX ON fact (event, person, at) INCLUDE (code);
ALTER TABLE rule ADD working_days integer, ADD plain interval;
UPDATE rule SET working_days = substring(span FROM '^(\\d+) working day')::integer,
                plain = CASE WHEN span NOT LIKE '%working day%' THEN span::interval END;
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
# The least of what an evaluation says: each clock that the facts start, when it is due, and what met it. No person here
# has two plans; ages, conditions, versions, bookings and clocks that lean on others are beyond the query, so it has only
# the timescales for which it comes to the same deadlines.
FROM_FACTS = '''
WITH found AS (
    SELECT rule.*, fact.person, fact.at, row_number() OVER (PARTITION BY rule.ctid, fact.person ORDER BY fact.at) AS nth
      FROM rule JOIN fact ON fact.event = rule.trigger AND (rule.trigger_code IS NULL OR fact.code = rule.trigger_code)),
started AS (
    SELECT found.*
      FROM found LEFT JOIN fact AS over ON over.person = found.person AND over.event = found.ends
     WHERE (over.at IS NULL OR found.at < over.at)
       AND CASE ordinal WHEN 'first' THEN nth = 1 WHEN 'second' THEN nth = 2 WHEN 'later' THEN nth > 1 ELSE true END),
due AS (
    SELECT started.*, coalesce(last.day, (started.at + started.plain)::date) AS due
      FROM started
      JOIN working_day AS first ON first.day = started.at
      LEFT JOIN working_day AS last ON last.works AND last.number = first.number + started.working_days)
SELECT {what}
  FROM due
  LEFT JOIN LATERAL (SELECT fact.at FROM fact
                      WHERE fact.person = due.person AND fact.event = due.met AND fact.at > due.at
                        AND (due.met_code IS NULL OR fact.code = due.met_code)
                      ORDER BY fact.at LIMIT 1) AS met ON true
'''
# The timescales that the query says otherwise, or finds where there is nothing.
KEEP_THE_SAME = f'''
WITH said AS ({FROM_FACTS.format(what="due.timescale, count(*), sum(due.due - DATE '2000-01-01')")} GROUP BY due.timescale),
expected AS (SELECT timescale, count(*), sum(due - DATE '2000-01-01') FROM counted GROUP BY timescale),
same AS (SELECT * FROM said INTERSECT SELECT * FROM expected)
DELETE FROM rule WHERE timescale NOT IN (SELECT timescale FROM same)
'''
IN_TIME = FROM_FACTS.format(what='count(*), count(met.at) FILTER (WHERE met.at <= due.due)')


def ask_evaluation(program, folder):
    said = subprocess.run([program, folder], check=True, stdout=subprocess.PIPE, encoding='utf-8',
                          env={**os.environ, 'TIMELY_DATA': str(ROOT)}).stdout
    print(said, end='')
    return [float(re.search(rf'^{what}: +([\d.]+) ns', said, re.MULTILINE)[1]) for what in ('evaluation', 'dates alone')]


def fill(cursor, folder):
    calendar = json.loads((ROOT / 'rules' / 'calendars' / 'bank-holidays.json').read_text(encoding='utf-8'))
    cursor.execute(TABLES)
    cursor.executemany('INSERT INTO holiday VALUES (%s)', [(e['date'],) for e in calendar['england-and-wales']['events']])
    for table, file in (('counted', 'dates.csv'), ('fact', 'facts.csv'), ('rule', 'rules.csv')):
        with open(folder / file, encoding='utf-8') as lines:
            cursor.copy_expert(f'COPY {table} FROM STDIN (FORMAT csv)', lines)
    cursor.execute(NUMBERED)
    cursor.execute('VACUUM ANALYZE')


def timed(cursor, query, rounds):
    """The row that the query gives, and the median of the server's nanoseconds for it."""
    cursor.execute('SELECT pg_backend_pid()')
    clock = Path(f'/proc/{cursor.fetchone()[0]}/schedstat')
    took = []
    for _ in range(rounds):
        began = int(clock.read_text(encoding='ascii').split()[0])
        cursor.execute(query)
        row = cursor.fetchone()
        took.append(int(clock.read_text(encoding='ascii').split()[0]) - began)
    return row, statistics.median(took)


def ask_sql(folder, rounds):
    """By query: nanoseconds for a date, and how many dates are others."""
    answers = {}
    with Postgres(settings=SETTINGS) as pg, closing(pg.connect()) as connection, connection.cursor() as cursor:
        fill(cursor, folder)
        for name, query in QUERIES.items():
            (dates, same), ns = timed(cursor, query, rounds)
            answers[name] = ns / dates, dates - same
        cursor.execute(KEEP_THE_SAME)
        cursor.execute('VACUUM ANALYZE rule')
        (deadlines, _), ns = timed(cursor, IN_TIME, rounds)
        cursor.execute('SELECT count(DISTINCT timescale) FROM rule')
        print(f'from the facts SQL finds {deadlines} of the deadlines, those of {cursor.fetchone()[0]} timescales')
        answers['SQL, from the facts'] = ns / deadlines, 0
    return answers


def ask_quantlib(folder):
    """Nanoseconds for a date, and how many dates are others; None where QuantLib is not installed."""
    if not Path('/usr/include/ql/version.hpp').exists():
        print('QuantLib is not installed: skipped. For this yardstick: apt-get install g++ libquantlib0-dev')
        return None
    program = folder / 'bench_quantlib'
    subprocess.run(['g++', '-O2', '-o', program, Path(__file__).with_name('bench_quantlib.cpp'), '-lQuantLib'], check=True)
    ns, *others = subprocess.run([program, folder / 'dates.csv'], check=True, stdout=subprocess.PIPE,
                                 encoding='utf-8').stdout.splitlines()
    for line in others[:5]:
        print(f'QuantLib has another date for {line}')
    return float(ns), len(others)


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('bench_evaluate')
    options.add_argument('--rounds', type=int, default=7)
    o = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        evaluation, alone = ask_evaluation(o.bench_evaluate, folder)
        beside = {**ask_sql(folder, o.rounds), 'QuantLib': ask_quantlib(folder)}
    differ = 0
    for name, (ns, others) in ((name, said) for name, said in beside.items() if said):
        print(f'{name:20s} {ns:6.1f} ns a date; {others} dates differ; '
              f'evaluation {ns / evaluation:.1f} times as fast, dates alone {ns / alone:.0f} times')
        differ += others
    return 1 if differ else 0


if __name__ == '__main__':
    sys.exit(main())
