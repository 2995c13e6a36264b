"""Every due date, state and monthly figure of the sample authority and its variants equals what tests/oracle computes
from the CSV files. TIMELY_LONG judges variants of full size, and their figures too."""
import csv
import datetime
import functools
import itertools
import os
import subprocess
import sys

import pytest

from conftest import ROOT, embed, settled

ORACLE = ROOT / 'tests' / 'oracle'
sys.path.insert(0, str(ORACLE))

from oracle import COLUMNS, Oracle, row  # noqa: E402 (found through the line above)

MEASURES = ('m-icpc', 'm-rcpc', 'm-ccr', 'm-distribution', 'm-core-group')
OTHER_MEASURES = (
    'm-icpc-meeting', 'm-cpp-reviewed', 'm-ccr-child', 'm-cp-visit', 'm-cla-visit', 'm-assessment',
    'm-assessment-referral', 'm-cp-duration-12', 'm-cp-duration-24', 'm-cp-ended-24', 'm-repeat', 'm-repeat-24',
    'm-conversion', 'm-icpc-route', 'm-rhi', 'm-caseload', 'm-cp-outcome', 'm-category', 'm-placement-moves',
    'm-repeat-outcome', 'm-dispute-days')
END = '2024-03-31'
LONG = bool(os.environ.get('TIMELY_LONG'))
SIZE = [] if LONG else ['--children', '1000']
VARIANTS = {
    'sample': (END, None),
    'spec': (END, [*SIZE, '--dialect', 'spec']),
    'hostile in november': ('2023-11-15', [*SIZE, '--hostile']),
}
if LONG:
    VARIANTS |= {'hostile': (END, ['--hostile']), 'november': ('2023-11-15', [])}


def run(*command, statuses=(0,)):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, encoding='utf-8', check=False)
    assert done.returncode in statuses, done.stderr + done.stdout
    return done.stdout


@functools.cache
def oracle(files, as_at):
    return Oracle(files, datetime.date.fromisoformat(as_at))


@pytest.fixture(scope='module', params=VARIANTS)
def authority(request, folder, sample):
    """(program, folder of files, day) of a variant, loaded into an embedded database of its own."""
    as_at, arguments = VARIANTS[request.param]
    if arguments is None:
        yield request.getfixturevalue('council'), sample, as_at
        return
    files = folder / request.param
    run(ROOT / 'tests' / 'sample' / 'generate_caseload.py', '--profile', 'mk-2023-24', '--as-at', as_at, '--quiet',
        '--out', files, *arguments)
    with embed(folder / f'embedded-{request.param}'.replace(' ', '-'), files) as program:
        yield settled(program), files, as_at


@pytest.fixture(scope='module')
def judge(authority):
    _, files, as_at = authority
    return oracle(files, as_at)


def compare(timely, files, as_at, tmp_path):
    expected, actual = tmp_path / 'expected.csv', tmp_path / 'actual.csv'
    with open(expected, 'w', encoding='utf-8', newline='') as file:
        csv.writer(file).writerows([COLUMNS, *map(row, oracle(files, as_at).deadlines())])
    actual.write_text(timely('due', '--as-at', as_at, '--state', 'all', '--format', 'csv').out, encoding='utf-8')
    said = run(ORACLE / 'compare.py', expected, actual, statuses=(0, 1))
    assert said.endswith('deadlines are the same\n'), said
    assert int(said.split()[0]) > (10000 if LONG or files.name == 'mk-2023-24' else 1000)


def test_every_deadline_is_the_one_that_the_oracle_computes(authority, tmp_path):
    compare(*authority, tmp_path)


@pytest.mark.parametrize('as_at', ('2023-08-28', '2023-12-31', '2024-04-30') if LONG else ('2023-08-28',))
def test_other_days_on_what_is_known_now(council, sample, as_at, tmp_path):
    compare(council, sample, as_at, tmp_path)


def told(timely, measures, as_at, *words):
    """The rows of several measures from one asking, by measure."""
    rows = timely('timeliness', '--measure', measures, '--from', '2023-04', '--to', '2024-03', '--as-at', as_at,
                  '--full', '--format', 'csv', *words).rows()
    return {measure: list(of) for measure, of in itertools.groupby(rows, lambda row: row['measure'])}


@pytest.fixture(scope='module')
def by_child(authority):
    timely, files, as_at = authority
    if not LONG and files.name != 'mk-2023-24':
        pytest.skip('figures of the variants are judged in the longer version')
    return told(timely, 'all', as_at)


@pytest.fixture(scope='module')
def by_meeting(authority):
    timely, _, as_at = authority
    return told(timely, ','.join(MEASURES), as_at, '--by', 'meeting')


@pytest.mark.parametrize('by', ('child', 'meeting'))
@pytest.mark.parametrize('measure', MEASURES)
def test_every_month_is_the_one_that_the_oracle_counts(by_child, by_meeting, judge, measure, by):
    names = ('month', 'measure', 'by', 'held', 'in_timescale', 'percent')
    expected = [tuple(map(str, row)) for row in judge.timeliness(measure, (2023, 4), (2024, 3), by)]
    assert len(expected) == 12
    rows = (by_child if by == 'child' else by_meeting)[measure]
    assert [tuple(row[name] for name in names) for row in rows] == expected


def assert_figures(rows, expected):
    """Each period's row, or each part's, says what the oracle says."""
    if rows[0]['part']:
        said = {(r['month'], r['part']): (r['in_timescale'], r['held']) for r in rows}
        assert len(said) == len(rows) and set(said) >= {(e['month'], part) for e in expected for part in e['parts']}
        of = {e['month']: e for e in expected}
        assert said == {(month, part): (str(of[month]['parts'][part]), str(of[month]['held'])) for month, part in said}
    else:
        judged = [{name: str(value) for name, value in e.items() if name != 'parts'} for e in expected]
        assert [{name: row[name] for name in one} for row, one in zip(rows, judged, strict=True)] == judged
    return sum(e['held'] for e in expected)


@pytest.mark.parametrize('measure', OTHER_MEASURES)
def test_every_other_figure_is_the_one_that_the_oracle_computes(authority, by_child, judge, measure):
    by = 'meeting' if measure == 'm-icpc-meeting' else 'child'
    counted = assert_figures(by_child[measure], list(judge.figures(measure, (2023, 4), (2024, 3), by)))
    as_at = authority[2]
    rare = measure == 'm-repeat-outcome'  # one child, towards the end of the year
    assert counted > 0 or (rare and as_at != END)


@pytest.mark.parametrize('measure, words, asked', [
    ('m-icpc', ['--parts'], {}),
    ('m-rhi', ['--parts'], {}),
    ('m-icpc', ['--due'], {'due': True}),
    ('m-rcpc', ['--due', '--per', 'quarter'], {'due': True, 'length': 3}),
    ('m-ccr', ['--due'], {'due': True}),
    ('m-cp-visit', ['--due'], {'due': True}),
    ('m-cla-visit', ['--due'], {'due': True}),
    ('m-assessment-referral', ['--due'], {'due': True}),
    ('m-rcpc', ['--basis', 'days'], {'days': True}),
    ('m-ccr', ['--basis', 'days', '--per', 'year'], {'days': True, 'length': 12}),
    ('m-ccr', ['--basis', 'days', '--due'], {'days': True, 'due': True}),
    ('m-dispute-days', ['--per', 'quarter'], {'length': 3}),
    ('m-placement-moves', ['--per', 'year'], {'length': 12}),
])
def test_figures_asked_for_otherwise_are_those_of_the_oracle(council, sample, measure, words, asked):
    expected = list(oracle(sample, END).figures(measure, (2023, 4), (2024, 3), **asked))
    assert assert_figures(told(council, measure, END, *words)[measure], expected) > 0
