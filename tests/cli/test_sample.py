"""What an analyst and a manager read of the sample authority: figures, lists and explanations."""
import datetime
import functools
import os

import pytest

from conftest import ROOT, Program

END = '2024-03-31'
YEAR = ['--from', '2023-04', '--to', '2024-03']


long = pytest.mark.skipif(not os.environ.get('TIMELY_LONG'), reason='in the longer version')


@functools.cache
def figures(timely, *words):
    """Of a store that nothing changes; the rows are everybody's."""
    return timely('timeliness', '--as-at', END, '--format', 'csv', *words).rows()


@long
def test_each_of_several_measures_is_what_it_is_alone(council):
    def full(measures):
        return figures(council, '--measure', measures, '--full', *YEAR)

    assert full('m-icpc,m-rhi,m-caseload') == full('m-icpc') + full('m-rhi') + full('m-caseload')
    said = [council('timeliness', '--measure', measures, '--as-at', END, *YEAR).out
            for measures in ('m-icpc,m-rhi', 'm-icpc', 'm-rhi')]
    assert said[0] == said[1] + '\n\n' + said[2]


def test_years_begin_in_april_and_are_cut_to_what_was_asked(council):
    rows = figures(council, '--measure', 'm-rcpc', '--per', 'year', '--full', '--from', '2023-02', '--to', '2023-09')
    assert [(r['month'], r['from'], r['to']) for r in rows] == [
        ('2022/23', '2023-02-01', '2023-03-31'), ('2023/24', '2023-04-01', '2023-09-30')]
    months = figures(council, '--measure', 'm-rcpc', '--from', '2023-04', '--to', '2023-09')
    assert int(rows[1]['held']) == sum(int(r['held']) for r in months)
    quarters = figures(council, '--measure', 'm-rcpc', '--per', 'quarter', *YEAR)
    assert [r['month'] for r in quarters] == ['2023/24-Q1', '2023/24-Q2', '2023/24-Q3', '2023/24-Q4']


@pytest.mark.parametrize('group', ('team', pytest.param('worker', marks=long), 'chair'))
def test_groups_together_are_the_whole(council, group):
    question = ['--measure', 'm-ccr', '--per', 'year', *YEAR]
    whole = figures(council, *question, '--full')[0]
    rows = figures(council, *question, '--group', group)
    assert len(rows) > 5
    assert all(bool(r['team_id']) <= (group != 'chair') and bool(r['worker_id']) <= (group != 'team') for r in rows)
    assert [(r['team_id'], r['worker_id']) for r in rows] == sorted((r['team_id'], r['worker_id']) for r in rows)
    for column in ('held', 'in_timescale', 'left_out', 'overdue_now'):
        assert sum(int(r[column]) for r in rows) == int(whole[column]), column


def test_a_team_among_the_groups_is_the_team_alone(council):
    question = ['--measure', 'm-rcpc', '--per', 'year', *YEAR]
    rows = figures(council, *question, '--group', 'team')
    one = max(rows, key=lambda r: int(r['held']) if r['team_id'] else 0)
    alone = figures(council, *question, '--team', one['team_id'])[0]
    assert int(one['held']) > 10
    assert {name: one[name] for name in alone} == alone


@pytest.mark.parametrize('measure', ('m-icpc', 'm-distribution', 'm-repeat',
                                     *(pytest.param(m, marks=long) for m in ('m-rcpc', 'm-cp-visit', 'm-dispute-days'))))
def test_the_children_behind_a_figure_are_its_number(council, measure):
    rows = figures(council, '--measure', measure, '--full', *YEAR)
    children = figures(council, '--measure', measure, '--children', *YEAR)
    assert sum(int(r['held']) for r in rows) > 100
    for row in rows:
        here = [c for c in children if c['month'] == row['month']]
        counted = [c for c in here if c['counted'] == 'yes']
        assert len(counted) == int(row['held'])
        assert sum(c['in_timescale'] == 'yes' for c in counted) == int(row['in_timescale'])
        assert len(here) - len(counted) == int(row['left_out'])
    assert all(bool(c['left_out']) == (c['counted'] == 'no') for c in children)
    assert all(c['in_timescale'] == 'no' for c in children if c['working_days_late'])


def test_children_left_out_say_why(council):
    children = figures(council, '--measure', 'm-icpc', '--children', *YEAR)
    assert {c['left_out'] for c in children} == {'', 'transfer in'}
    owed = figures(council, '--measure', 'm-distribution', '--children', *YEAR)
    assert sum(c['working_days_late'] != '' and c['held_on'] == '' for c in owed) > 10
    said = council('timeliness', '--measure', 'm-icpc', '--children', '--as-at', END, *YEAR).out
    assert 'left out: transfer in' in said and '16 working days late' in said
    assert said.splitlines()[-1] == 'm-icpc: 231 counted, 19 left out, as at Sunday 31 March 2024.'


def test_overdue_now_stands_beside_a_rate(council):
    missed = due(council, '--timescale', 'icpc', '--state', 'missed')
    rows = figures(council, '--measure', 'm-icpc', '--full', *YEAR)
    assert missed and {r['overdue_now'] for r in rows} == {str(len(missed))}
    lines = council('timeliness', '--measure', 'm-icpc', '--as-at', END, *YEAR).out.splitlines()
    assert lines[0].endswith('Overdue now') and lines[13].split()[-1] == str(len(missed))


def test_a_public_figure_hides_small_counts_and_what_would_tell_them(council):
    question = ['--measure', 'm-icpc', *YEAR]
    plain = figures(council, *question, '--full')
    public = figures(council, *question, '--public')
    hidden = 0
    for open_row, row in zip(plain, public, strict=True):
        held, in_time = int(open_row['held']), int(open_row['in_timescale'])
        small = 0 < in_time < 6 or 0 < held - in_time < 6
        assert row['held'] == ('' if 0 < held < 6 else str(held))
        assert (row['in_timescale'], row['percent']) == (
            ('', '') if small else (open_row['in_timescale'], open_row['percent']))
        assert row['overdue_now'] == '' and 0 < int(open_row['overdue_now']) < 6
        assert row['suppressed'] == 'yes' and open_row['suppressed'] == 'no'
        hidden += small
    assert 0 < hidden < len(public)
    parts = figures(council, *question, '--public', '--parts')
    assert not any(r['in_timescale'] in ('1', '2', '3', '4', '5') for r in parts)
    grouped = figures(council, *question, '--public', '--group', 'team')
    assert all(r[name] not in ('1', '2', '3', '4', '5') for r in grouped
               for name in ('held', 'in_timescale', 'left_out', 'overdue_now'))


def test_a_total_does_not_tell_the_one_row_that_is_hidden(council):
    def table(*words):
        lines = council('timeliness', '--measure', 'm-cp-ended-24', '--as-at', END, *words).out.splitlines()
        return {line.split()[0]: line.split()[1:4] for line in lines[1:lines.index('')]}

    def span(first, last):
        return ['--from', first, '--to', last]

    plain = {month: int(cells[0]) for month, cells in table(*YEAR).items()}
    months = [month for month in plain if month != 'Total']
    small = next(m for m in months[1:] if 0 < plain[m] < 6)
    at = months.index(small)
    lone = next((months[i], months[j]) for i in range(at + 1) for j in range(at, len(months)) if i < j
                and sum(0 < plain[m] < 6 for m in months[i:j + 1]) == 1)
    shown = table('--public', *span(*lone))
    assert shown[small][0] == 'c' and shown['Total'][0] == 'c'
    assert table(*span(*lone))['Total'][0] == str(sum(plain[m] for m in months if lone[0] <= m <= lone[1]))


@long
def test_targets_and_ranges_of_the_overlay(folder, embedded):
    asked = figures.__wrapped__  # of other rules
    configuration = folder / 'embedded' / 'timely.yaml'
    configuration.write_text(f"rules: {{overlay: {ROOT / 'rules' / 'overlays' / 'milton-keynes.yaml'}}}\n")
    try:
        rows = asked(embedded, '--measure', 'm-rcpc', '--full', *YEAR)
        assert {r['target'] for r in rows} == {'90-95%'}
        assert all(r['target_met'] == ('yes' if int(r['in_timescale']) * 10 >= int(r['held']) * 9 else 'no') for r in rows)
        assert {r['target_met'] for r in rows} == {'yes', 'no'}
        assert list(asked(embedded, '--measure', 'm-rcpc', *YEAR)[0]) == [
            'month', 'measure', 'by', 'held', 'in_timescale', 'percent']
        assert 'Target  Met' in embedded('timeliness', '--measure', 'm-rcpc', '--as-at', END, *YEAR).out
        chairs = asked(embedded, '--measure', 'm-caseload', '--group', 'chair', '--from', '2024-03', '--to', '2024-03')
        assert {r['target'] for r in chairs} == {'55-70'}
        assert all((r['target_met'] == 'no') == (int(r['held']) > 70) for r in chairs)
        whole = asked(embedded, '--measure', 'm-caseload', '--from', '2024-03', '--to', '2024-03')[0]
        assert int(whole['chairs']) == len(chairs)
        assert int(whole['chairs_above']) == sum(r['target_met'] == 'no' for r in chairs) > 0
    finally:
        configuration.unlink()
    assert {r['target'] for r in asked(embedded, '--measure', 'm-rcpc', '--full', *YEAR)} == {''}


@functools.cache
def due(timely, *words):
    return timely('due', '--as-at', END, '--format', 'csv', *words).rows()


def test_csv_is_sorted_and_what_is_owed_is_the_default(council):
    rows = due(council)
    key = [(r['person_id'], r['timescale'], r['subject_ref'], r['trigger_on']) for r in rows]
    assert key == sorted(key)
    assert {r['state'] for r in rows} == {'open', 'missed'}
    assert all((r['due_on'] < END) == (r['state'] == 'missed') for r in rows)
    assert list(rows[0])[:9] == ['person_id', 'timescale', 'subject_ref', 'trigger_on', 'due_on', 'due_at', 'state',
                                 'met_on', 'in_timescale']


def test_filters_take_their_part_of_everything(council):
    everything = due(council, '--state', 'all')
    for state in ('open', 'missed', 'unknown', 'met', 'ended'):
        assert due(council, '--state', state) == [r for r in everything if r['state'] == state]
    assert due(council, '--state=all', '--timescale', 'icpc') == [r for r in everything if r['timescale'] == 'icpc']
    owed = [r for r in everything if r['state'] in ('open', 'missed')]
    some = next(r for r in owed if r['worker_id'] and r['team_id'])
    for option, column in (('--person', 'person_id'), ('--worker', 'worker_id'), ('--team', 'team_id')):
        assert due(council, option, some[column]) == [r for r in owed if r[column] == some[column]]


def test_an_empty_list_is_an_answer(council):
    assert due(council, '--person', 'nobody') == []
    assert council('due', '--person', "no'body", '--format', 'json').out == '[]\n'
    assert council('due', '--person', 'nobody', '--as-at', END).out == 'Nothing of the kind on Sunday 31 March 2024.\n'


def test_an_id_that_nobody_has_is_remarked_beside_an_empty_list(council):
    for option, words in (('--person', 'nothing is known of person nosuch'), ('--worker', 'a worker, of the number nosuch'),
                          ('--team', 'no child one, of the number nosuch')):
        said = council('due', option, 'nosuch', '--format', 'csv')
        assert said.rows() == [] and words in said.err
    owed = due(council)[0]
    for option, column in (('--person', 'person_id'), ('--worker', 'worker_id'), ('--team', 'team_id')):
        assert council('due', option, owed[column], '--state', 'ended', '--timescale', 'icpc').err == ''


def test_no_figures_are_given_of_a_team_that_nobody_has(council):
    question = 'timeliness', '--measure', 'm-icpc', '--from', '2023-04', '--to', '2024-03', '--team'
    said = council(*question, 'nosuch', status=1)
    assert said.out == '' and 'no child one, of the number nosuch' in said.err
    assert council(*question, due(council)[0]['team_id']).err == ''


def test_people_see_the_worst_first_and_words(council):
    lines = council('due', '--as-at', END).out.splitlines()
    assert lines[0].split() == ['Due', 'Person', 'Worker', 'Team', 'What', 'How', 'it', 'stands']
    days = [line[:10] for line in lines[1:-2]]
    assert days == sorted(days)
    text = '\n'.join(lines)
    for words in ('working days late', 'booked for', 'awaiting record'):
        assert words in text
    assert lines[-1].startswith(f'{len(days)} deadlines on Sunday 31 March 2024: ')


def test_json_says_what_csv_says(council):
    import json
    rows = json.loads(council('due', '--as-at', END, '--timescale', 'icpc', '--state', 'all', '--format', 'json').out)
    flat = [{k: '' if v is None else 'yes' if v is True else 'no' if v is False else v for k, v in row.items()}
            for row in rows]
    assert flat == due(council, '--timescale', 'icpc', '--state', 'all')


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


def test_explain_says_who_has_it_in_hand(embedded):
    row = next(r for r in embedded('due', '--state', 'missed', '--timescale', 'review-cp-subsequent', '--format', 'csv').rows() if r['worker_id'])
    day = str(datetime.date.today() + datetime.timedelta(days=3))
    embedded('ack', row['person_id'], row['timescale'], '--due-on', row['due_on'], '--for', row['worker_id'],
             '--until', day, '--because', 'no\x1b[31m room')
    said = embedded('explain', row['person_id'], row['timescale']).out
    assert f'staff {row["worker_id"]} by command by ' in said and f'in hand until {day}, because: no' in said and '\x1b' not in said
    assert embedded('ack', row['person_id'], '--format', 'csv').rows()[0]['ended_because'] == ''


def test_timeliness_for_people_has_a_pooled_total_and_what_it_rests_on(council):
    said = council('timeliness', '--measure', 'm-icpc', '--from', '2023-04', '--to', '2024-03', '--as-at', END).out
    assert 'Total       231      156  67.5' in said
    for words in ('Unit: child', 'Calendar: bank holidays of England and Wales',
                  'pooled; the mean of the months would be 70.5%'):  # 70.4 is what the council printed
        assert words in said


def test_a_team_counts_its_own_children(council):
    question = ['timeliness', '--measure', 'm-rcpc', '--from', '2023-04', '--to', '2024-03', '--as-at', END,
                '--format', 'csv']
    total = sum(int(r['held']) for r in council(*question).rows())
    teams = {r['team_id'] for r in due(council, '--state', 'all') if r['team_id']}
    counted = [sum(int(r['held']) for r in council(*question, '--team', team).rows()) for team in sorted(teams)[:4]]
    assert 0 < sum(counted) < total


def test_findings_name_the_record(council):
    rows = council('findings', '--format', 'csv').rows()
    assert list(rows[0]) == ['person_id', 'code', 'origin', 'ref', 'text']
    assert rows and all(r['code'] and r['origin'] and r['text'] for r in rows)
    one = next(r for r in rows if r['person_id'])['person_id']
    mine = council('findings', '--person', one, '--format', 'csv').rows()
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
