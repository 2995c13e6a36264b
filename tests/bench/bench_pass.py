#!/usr/bin/python3
"""A full pass of reconciling with nothing to write, beside a bare COPY of the same facts; time and peak memory.

    bench_pass.py BENCH_PASS [--children 5000,50000] [--runs 5] [--first-up-to 5000]

BENCH_PASS is a build without sanitizers. Each child has 25 facts of 13 tables, all children's rows mixed up over one
plain table. Up to --first-up-to children are accepted as a first start does, deadlines and all; of more only the sums
are, since a first start of 400,000 takes its time and a pass with nothing to write reads none of what it leaves.
The server's settings are PostgreSQL's own.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

DEFAULTS = {'fsync': 'on', 'synchronous_commit': 'on', 'full_page_writes': 'on', 'autovacuum': 'on'}
# A child's two years: kind, table, prefix of the key, prefix of the episode's key, code, day of the case.
STORY = [('birth', 'ssd_person', 'B', None, None, -3000), ('involved', 'ssd_involvements', 'I', None, 'social-worker', 0),
         ('referral-received', 'ssd_cin_episodes', 'R', 'R', None, 0),
         ('assessment-started', 'ssd_cin_assessments', 'A', 'R', None, 2),
         ('assessment-authorised', 'ssd_cin_assessments', 'A', 'R', None, 50),
         ('s47-started', 'ssd_s47_enquiry', 'E', 'E', None, 60),
         ('s47-ended', 'ssd_s47_enquiry', 'E', 'E', 'conference', 70),
         ('icpc-held', 'ssd_initial_cp_conference', 'C', 'E', 'plan', 78),
         ('cp-plan-started', 'ssd_cp_plans', 'P', 'P', None, 78), ('cp-plan-made', 'ssd_cp_plans', 'P', 'P', None, 78),
         *[('cp-visit', 'ssd_cp_visits', f'V{n}-', 'P', 'seen', 85 + 14 * n) for n in range(4)],
         *[('core-group-held', 'timely_event', f'G{n}-', None, None, 90 + 40 * n) for n in range(2)],
         ('cp-review-held', 'ssd_cp_reviews', 'W1-', 'P', 'continue', 165),
         ('cp-review-held', 'ssd_cp_reviews', 'W2-', 'P', 'end', 340), ('cp-plan-ended', 'ssd_cp_plans', 'P', 'P', None, 340),
         ('care-started', 'ssd_cla_episodes', 'K', 'K', None, 345),
         ('placement-started', 'ssd_cla_placement', 'L', 'K', None, 345),
         *[('child-visit', 'ssd_cla_visits', f'X{n}-', 'K', 'seen', 350 + 40 * n) for n in range(2)],
         *[('child-review-held', 'ssd_cla_reviews', f'Y{n}-', 'K', None, 370 + 85 * n) for n in range(2)]]

SOURCE = '''
CREATE SCHEMA timely_source;
CREATE TABLE timely_source.fact_table (person_id text, kind text, ref text, at timestamp, precise boolean, until timestamp,
    episode text, meeting text, code text, who text, origin text, recorded_at timestamp, scheduled_at timestamp,
    ends_at timestamp, place text, url text, attendees text);
CREATE TABLE timely_source.person_table (person_id text, family text, display_name text, initials text, case_ref text,
    restricted boolean);
CREATE VIEW timely_source.fact AS SELECT * FROM timely_source.fact_table;
CREATE VIEW timely_source.person AS SELECT * FROM timely_source.person_table;
CREATE VIEW timely_source.watched AS SELECT DISTINCT origin AS table_name, 1::bigint AS filenode, NULL::text AS leans_on
    FROM (VALUES {tables}) AS t (origin);
'''
# 1000003 has no common factor with a number of children that anybody asks for: each child is met once a line.
FACTS = '''
INSERT INTO timely_source.fact_table
SELECT (100000 + child)::text, s.kind, s.key || child, '2021-01-04'::timestamp + (s.day + child %% 700) * interval '1 day',
       false, NULL, s.episode || child, NULL, s.code, CASE WHEN s.code = 'social-worker' THEN 'SW' || child %% 300 END, s.origin
  FROM (SELECT n, n * 1000003 %% %(children)s AS child, n / %(children)s AS line
          FROM generate_series(0::bigint, %(children)s * %(lines)s::bigint - 1) AS n) AS g
  JOIN unnest(%(kinds)s::text[], %(origins)s::text[], %(keys)s::text[], %(episodes)s::text[], %(codes)s::text[], %(days)s::integer[])
       WITH ORDINALITY AS s (kind, origin, key, episode, code, day, line) ON s.line = g.line + 1 ORDER BY n * 7919 %% 1000003
'''
PERSONS = '''
INSERT INTO timely_source.person_table SELECT (100000 + n)::text, NULL, 'Child ' || n, 'CH', 'REF' || n, false
  FROM generate_series(0, %(children)s - 1) AS n
'''


def fill(pg, children):
    pg.psql(SOURCE.format(tables=', '.join(f"('{t}')" for t in sorted({line[1] for line in STORY}))))
    kinds, origins, keys, episodes, codes, days = (list(column) for column in zip(*STORY))
    values = {'children': children, 'lines': len(STORY), 'kinds': kinds, 'origins': origins, 'keys': keys,
              'episodes': episodes, 'codes': codes, 'days': days}
    pg.ask(FACTS, values)
    pg.ask(PERSONS, values)
    for file in sorted((ROOT / 'sql' / 'store').glob('[0-9]*.sql')):
        pg.psql(file=file)
    pg.psql('VACUUM ANALYZE')


def bench(driver, children, runs, first):
    print(f'{children} children, {children * len(STORY)} facts; accepted '
          + ('as a first start does' if first else 'as sums only'), flush=True)
    with Postgres(settings=DEFAULTS) as pg:
        fill(pg, children)
        for words in (['first' if first else 'fill'], ['compare', str(runs)]):
            if words[0] == 'compare':
                pg.psql('VACUUM ANALYZE')
            subprocess.run([driver, pg.conninfo(), *words], check=True,
                           env={**os.environ, 'TIMELY_DATA': str(ROOT)})


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('driver')
    options.add_argument('--children', default='5000,50000')
    options.add_argument('--runs', type=int, default=5)
    options.add_argument('--first-up-to', type=int, default=5000)
    o = options.parse_args()
    for children in map(int, o.children.split(',')):
        bench(o.driver, children, o.runs, children <= o.first_up_to)


if __name__ == '__main__':
    main()
