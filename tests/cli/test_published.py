"""The timeliness of invented authorities is the one that two real ones published for a year, month by month, whatever
seed they are drawn with: the sample authority, and with TIMELY_LONG both from a seed that is fixed here.
TIMELY_SEED=wren,robin tries others.

The seed decides who is conferenced and when; how many and how punctually is what the councils' reports say. What a
report gives as a percentage alone leaves the number of children open, so only the percentage is compared.
"""
import collections
import os
import subprocess
import sys

import pytest

from conftest import ROOT, embed, settled

MILTON_KEYNES, BUCKINGHAMSHIRE = 'mk-2023-24', 'bucks-2022-23'
YEARS = {MILTON_KEYNES: ('2023-04', '2024-03', '2024-03-31'), BUCKINGHAMSHIRE: ('2022-04', '2023-03', '2023-03-31')}

SEEDS = os.environ.get('TIMELY_SEED', 'hedgerow' if os.environ.get('TIMELY_LONG') else '').split(',')
AUTHORITIES = [(council, seed) for council in YEARS for seed in SEEDS] if SEEDS[0] else [(MILTON_KEYNES, 'sample')]

# From April to March; shares are of children, in the month that their conference was held.
INITIAL_IN_TIME = {
    MILTON_KEYNES: '78.6 90.0 82.6 92.3 72.2 82.4 84.6 52.9 75.0 66.7 30.0 38.5',
    BUCKINGHAMSHIRE: '83.0 73.1 78.3 78.6 81.3 71.4 86.0 46.0 55.1 69.4 66.1 66.2',
}
REVIEWS_IN_TIME = {
    MILTON_KEYNES: '91.3 96.5 92.3 94.0 89.9 84.7 96.4 94.6 96.9 94.7 95.8 73.7',
    BUCKINGHAMSHIRE: '92.3 88.7 83.2 90.5 98.8 94.0 81.8 83.5 85.1 87.0 91.1 89.7',
}
# The children behind them, where the figures leave one answer: those in time / those conferenced after an enquiry.
CHILDREN = {
    MILTON_KEYNES: '11/14 9/10 19/23 24/26 13/18 14/17 11/13 18/34 9/12 12/18 6/20 10/26',
    BUCKINGHAMSHIRE: '44/53 49/67 36/46 33/42 61/75 35/49 49/57 29/63 27/49 34/49 37/56 51/77',
}
# Milton Keynes counts initial conferences by month and reviews by the year, Buckinghamshire both together by month.
INITIAL_MEETINGS = [6, 9, 13, 12, 13, 11, 12, 22, 10, 18, 18, 17]
REVIEW_MEETINGS = 285
ALL_MEETINGS = [115, 127, 98, 100, 87, 114, 100, 116, 74, 83, 89, 119]
# Milton Keynes alone, of the year: children at initial conferences, transfers among them; reviews of children in care.
CONFERENCED, REVIEWED_IN_CARE, IN_CARE_IN_TIME, SENT_OUT_IN_TIME = 250, 906, 90, 72


@pytest.fixture(scope='module', params=AUTHORITIES, ids='-'.join)
def authority(request, folder):
    """(council, program on its database)"""
    council, seed = request.param
    if seed == 'sample':
        yield council, request.getfixturevalue('council')
        return
    files = folder / f'{council}-{seed}'
    subprocess.run([sys.executable, ROOT / 'tests' / 'sample' / 'generate_caseload.py', '--profile', council, '--seed', seed,
                    '--quiet', '--out', files], check=True, stdout=subprocess.DEVNULL)
    with embed(folder / f'embedded-{council}-{seed}', files) as program:
        yield council, settled(program)


def months(authority, measure, by='child'):
    council, timely = authority
    first, last, as_at = YEARS[council]
    rows = timely('timeliness', '--measure', measure, '--from', first, '--to', last, '--as-at', as_at, '--by', by,
                  '--format', 'csv').rows()
    assert len(rows) == 12
    return rows


def held(rows):
    return [int(row['held']) for row in rows]


def share(rows):
    """Of the year, in whole per cent."""
    return round(100 * sum(int(row['in_timescale']) for row in rows) / sum(held(rows)))


def records(authority):
    """By month, every child's record of a conference of any kind, that is (meeting, child)."""
    council, timely = authority
    first, _, as_at = YEARS[council]
    found = collections.defaultdict(set)
    for row in timely('due', '--as-at', as_at, '--state', 'all', '--timescale', 'conference-decisions', '--format', 'csv').rows():
        if row['trigger_on'][:7] >= first:
            found[row['trigger_on'][:7]].add((row['subject_ref'], row['person_id']))
    assert len(found) == 12
    return [found[month] for month in sorted(found)]


def meetings(authority):
    return [len({meeting for meeting, _ in month}) for month in records(authority)]


def test_initial_conferences(authority):
    rows = months(authority, 'm-icpc')
    assert ' '.join(row['percent'] for row in rows) == INITIAL_IN_TIME[authority[0]]
    assert ' '.join(f"{row['in_timescale']}/{row['held']}" for row in rows) == CHILDREN[authority[0]]


def test_review_conferences(authority):
    rows = months(authority, 'm-rcpc')
    assert ' '.join(row['percent'] for row in rows) == REVIEWS_IN_TIME[authority[0]]


def test_meetings(authority):
    if authority[0] == BUCKINGHAMSHIRE:
        assert meetings(authority) == ALL_MEETINGS
        return
    reviews = held(months(authority, 'm-rcpc', 'meeting'))
    assert sum(reviews) == REVIEW_MEETINGS
    assert [every - review for every, review in zip(meetings(authority), reviews, strict=True)] == INITIAL_MEETINGS


def test_children_at_conferences_and_in_care(authority):
    if authority[0] == BUCKINGHAMSHIRE:
        pytest.skip('Buckinghamshire published nothing on children in care')
    assert sum(map(len, records(authority))) - sum(held(months(authority, 'm-rcpc'))) == CONFERENCED
    in_care = months(authority, 'm-ccr')
    assert (sum(held(in_care)), share(in_care)) == (REVIEWED_IN_CARE, IN_CARE_IN_TIME)
    assert share(months(authority, 'm-distribution')) == SENT_OUT_IN_TIME


# Timescales that the council's own overlay switches on and that have something to say in the first month of the year.
OVERLAYS = {
    MILTON_KEYNES: ('milton-keynes', {'midway-child', 'cp-midway', 'iro-visit', 'icpc-advocacy', 'dispute-stage'}),
    BUCKINGHAMSHIRE: ('buckinghamshire', {'cp-midway', 'icpc-request', 'icpc-advocacy'}),
}


def test_the_council_s_own_overlay_is_replayed(authority):
    council, timely = authority
    overlay, own = OVERLAYS[council]
    month = YEARS[council][0]
    said = collections.defaultdict(set)
    for row in timely('replay', '--from', f'{month}-01', '--to', f'{month}-30', '--overlay',
                      ROOT / 'rules' / 'overlays' / f'{overlay}.yaml', '--format', 'csv').rows():
        said[row['which']].add(row['timescale'])
    assert own <= said['only_after'] and not own & (said['only_before'] | said['both'])
    assert len(said['both']) > 20
