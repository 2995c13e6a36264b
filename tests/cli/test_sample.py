"""Every due date, state and monthly figure of the sample authority and its variants equals what tests/oracle computes
from the CSV files."""
import datetime
import subprocess
import sys

import pytest

from conftest import ROOT, Program, embed

ORACLE = ROOT / 'tests' / 'oracle'
sys.path.insert(0, str(ORACLE))

from oracle import Oracle  # noqa: E402 (found through the line above)

MEASURES = ('m-icpc', 'm-rcpc', 'm-ccr', 'm-distribution', 'm-core-group')
END = '2024-03-31'
VARIANTS = {
    'sample': (END, None),
    'spec': (END, ['--dialect', 'spec']),
    'hostile': (END, ['--hostile']),
    'july': ('2023-07-31', []),
    'november': ('2023-11-15', []),
}


def run(*command, statuses=(0,)):
    done = subprocess.run([sys.executable, *map(str, command)], capture_output=True, encoding='utf-8', check=False)
    assert done.returncode in statuses, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope='module', params=VARIANTS)
def authority(request, folder, sample):
    """(program, folder of files, day) of a variant, loaded into an embedded database of its own."""
    as_at, arguments = VARIANTS[request.param]
    if arguments is None:
        yield request.getfixturevalue('embedded'), sample, as_at
        return
    files = folder / request.param
    run(ROOT / 'tests' / 'sample' / 'generate_caseload.py', '--profile', 'mk-2023-24', '--as-at', as_at, '--quiet',
        '--out', files, *arguments)
    with embed(folder / f'embedded-{request.param}', files) as program:
        yield program, files, as_at


@pytest.fixture(scope='module')
def judge(authority):
    _, files, as_at = authority
    return Oracle(files, datetime.date.fromisoformat(as_at))


def compare(timely, files, as_at, tmp_path):
    expected, actual = tmp_path / 'expected.csv', tmp_path / 'actual.csv'
    expected.write_text(run(ORACLE / 'oracle.py', 'deadlines', files, '--as-at', as_at), encoding='utf-8')
    actual.write_text(timely('due', '--as-at', as_at, '--state', 'all', '--format', 'csv').out, encoding='utf-8')
    said = run(ORACLE / 'compare.py', expected, actual, statuses=(0, 1))
    assert said.endswith('deadlines are the same\n'), said
    assert int(said.split()[0]) > 10000


def test_every_deadline_is_the_one_that_the_oracle_computes(authority, tmp_path):
    compare(*authority, tmp_path)


@pytest.mark.parametrize('as_at', ('2023-08-28', '2023-12-31', '2024-04-30'))
def test_other_days_on_what_is_known_now(embedded, sample, as_at, tmp_path):
    compare(embedded, sample, as_at, tmp_path)


@pytest.mark.parametrize('by', ('child', 'meeting'))
@pytest.mark.parametrize('measure', MEASURES)
def test_every_month_is_the_one_that_the_oracle_counts(authority, judge, measure, by):
    timely, _, as_at = authority
    expected = [dict(zip(('month', 'measure', 'by', 'held', 'in_timescale', 'percent'), map(str, row), strict=True))
                for row in judge.timeliness(measure, (2023, 4), (2024, 3), by)]
    assert len(expected) == 12
    assert timely('timeliness', '--measure', measure, '--from', '2023-04', '--to', '2024-03', '--as-at', as_at, '--by', by,
                  '--format', 'csv').rows() == expected


# ---------------------------------------------------------------------------------- the sample alone

def due(timely, *words):
    return timely('due', '--as-at', END, '--format', 'csv', *words).rows()


def test_csv_is_sorted_and_what_is_owed_is_the_default(embedded):
    rows = due(embedded)
    key = [(r['person_id'], r['timescale'], r['subject_ref'], r['trigger_on']) for r in rows]
    assert key == sorted(key)
    assert {r['state'] for r in rows} == {'open', 'missed'}
    assert all((r['due_on'] < END) == (r['state'] == 'missed') for r in rows)
    assert list(rows[0])[:9] == ['person_id', 'timescale', 'subject_ref', 'trigger_on', 'due_on', 'due_at', 'state',
                                 'met_on', 'in_timescale']


def test_filters_take_their_part_of_everything(embedded):
    everything = due(embedded, '--state', 'all')
    for state in ('open', 'missed', 'unknown', 'met', 'ended'):
        assert due(embedded, '--state', state) == [r for r in everything if r['state'] == state]
    assert due(embedded, '--state=all', '--timescale', 'icpc') == [r for r in everything if r['timescale'] == 'icpc']
    owed = [r for r in everything if r['state'] in ('open', 'missed')]
    some = next(r for r in owed if r['worker_id'] and r['team_id'])
    for option, column in (('--person', 'person_id'), ('--worker', 'worker_id'), ('--team', 'team_id')):
        assert due(embedded, option, some[column]) == [r for r in owed if r[column] == some[column]]


def test_an_empty_list_is_an_answer(embedded):
    assert due(embedded, '--person', 'nobody') == []
    assert embedded('due', '--person', "no'body", '--format', 'json').out == '[]\n'
    assert embedded('due', '--person', 'nobody', '--as-at', END).out == 'Nothing of the kind on Sunday 31 March 2024.\n'


def test_people_see_the_worst_first_and_words(embedded):
    lines = embedded('due', '--as-at', END).out.splitlines()
    assert lines[0].split() == ['Due', 'Person', 'Worker', 'Team', 'What', 'How', 'it', 'stands']
    days = [line[:10] for line in lines[1:-2]]
    assert days == sorted(days)
    text = '\n'.join(lines)
    for words in ('working days late', 'booked for', 'awaiting record'):
        assert words in text
    assert lines[-1].startswith(f'{len(days)} deadlines on Sunday 31 March 2024: ')


def test_json_says_what_csv_says(embedded):
    import json
    rows = json.loads(embedded('due', '--as-at', END, '--timescale', 'icpc', '--state', 'all', '--format', 'json').out)
    flat = [{k: '' if v is None else 'yes' if v is True else 'no' if v is False else v for k, v in row.items()}
            for row in rows]
    assert flat == due(embedded, '--timescale', 'icpc', '--state', 'all')


def test_explain_reads_as_a_sentence_with_its_reasons(embedded):
    missed = due(embedded, '--timescale', 'icpc', '--state', 'missed')[0]
    said = embedded('explain', missed['person_id'], 'icpc', '--as-at', END).out
    assert said.startswith('Initial child protection conference (Guidance): due by ')
    for words in ('15 working days after', 'Not counted:', 'Source:', 'Evidence:', 'State:', 'Told:',
                  'Sending: delivery is off, so nothing is sent to anybody.'):
        assert words in said
    assert embedded('explain', 'nobody', status=1).err == 'timely: nothing is known of person nobody\n'
    assert 'has no deadline of' in embedded('explain', missed['person_id'], 'review-child-second', status=1).err
    rows = embedded('explain', missed['person_id'], 'icpc', '--as-at', END, '--format', 'csv').rows()
    assert rows[0]['explanation'].startswith('Initial child protection conference')


def test_timeliness_for_people_has_a_pooled_total_and_what_it_rests_on(embedded):
    said = embedded('timeliness', '--measure', 'm-icpc', '--from', '2023-04', '--to', '2024-03', '--as-at', END).out
    assert 'Total       231      156  67.5' in said
    for words in ('Unit: child', 'Calendar: bank holidays of England and Wales', 'pooled'):
        assert words in said


def test_a_team_counts_its_own_children(embedded):
    question = ['timeliness', '--measure', 'm-rcpc', '--from', '2023-04', '--to', '2024-03', '--as-at', END,
                '--format', 'csv']
    total = sum(int(r['held']) for r in embedded(*question).rows())
    teams = {r['team_id'] for r in due(embedded, '--state', 'all') if r['team_id']}
    counted = [sum(int(r['held']) for r in embedded(*question, '--team', team).rows()) for team in sorted(teams)[:4]]
    assert 0 < sum(counted) < total


def test_findings_name_the_record(embedded):
    rows = embedded('findings', '--format', 'csv').rows()
    assert list(rows[0]) == ['person_id', 'code', 'origin', 'ref', 'text']
    assert rows and all(r['code'] and r['origin'] and r['text'] for r in rows)
    one = next(r for r in rows if r['person_id'])['person_id']
    mine = embedded('findings', '--person', one, '--format', 'csv').rows()
    assert mine == [r for r in rows if r['person_id'] == one]


def test_status_of_an_embedded_store_without_a_daemon(embedded):
    due(embedded)  # reconciles
    said = embedded('status').out
    assert said.startswith('All is well.\n')
    assert 'Children with facts: 2400' in said and 'cin-visit' in said
    assert 'well,yes' in embedded('status', '--format', 'csv').out


def test_the_clock_of_the_configuration_is_today(folder, embedded):
    (folder / 'embedded' / 'timely.yaml').write_text('clock: {starts at: 2024-03-31T09:00}\n')
    try:
        assert embedded('due', '--format', 'csv').out == embedded('due', '--as-at', END, '--format', 'csv').out
    finally:
        (folder / 'embedded' / 'timely.yaml').unlink()
    assert datetime.date.today().isoformat() in embedded('status').out
    assert isinstance(embedded, Program)
