"""A bank holiday is proclaimed while deadlines are open: proposed with its effect, and never a change by itself.

The business day is Tuesday 2 April 2024. A conference is due 15 working days after its strategy discussion: on
Tuesday 23 April. Days that the plays proclaim lie between; each play has a day of its own, and what one play accepts
stays accepted for those after it.
"""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'whole'))
# Nothing stands between the daemon and a server on its own machine.
os.environ.update(no_proxy='127.0.0.1', NO_PROXY='127.0.0.1')

from council import BUILD, ENVIRONMENT, Council, flat, wait_for  # noqa: E402 (found through the line above)
from listing import Listing, listing  # noqa: E402

ENVIRONMENT.update(no_proxy='127.0.0.1', NO_PROXY='127.0.0.1')


@pytest.fixture(scope='module')
def server():
    made = Listing()
    yield made
    made.close()


@pytest.fixture(scope='module')
def council(server):
    made = Council(rules={'bank holidays url': server.url})
    try:
        made.people('W0', 'W1')
        made.child('W0', 'OLD')
        made.start_daemon()
        made.settled()
        wait_for(lambda: 'holidays.read' in made.daemon.said(), 30, made.logs)
        yield made
    finally:
        print(made.logs()[-20000:])
        made.close()


@pytest.fixture
def child(council):
    """A child whose conference is due on 23 April, or later where holidays were accepted before."""
    person = council.child('W1')
    council.enquiry(person, '2024-04-02')
    wait_for(lambda: council.stored(person), 20, council.logs)
    return person


def fetched(council, event='holidays.read', seconds=40):
    """Has the daemon fetch the list now: a reload does so."""
    before = council.daemon.said().count(f'{event} ')
    council.daemon.reload()
    wait_for(lambda: council.daemon.said().count(f'{event} ') > before, seconds, council.logs)
    return [line for line in council.daemon.said().splitlines() if f'{event} ' in line][-1]


def proposals(council):
    return [row for row in council.rows('hold', 'show') if row['kind'] == 'calendar']


def accepted(council):
    """Days that were accepted, as the list has to have them too."""
    return [(str(day), title) for day, title in council.ask(
        'SELECT on_day, title FROM timely.proclaimed_holiday WHERE holiday ORDER BY on_day')]


def propose(council, server, *days, drop=()):
    server.says(listing(add=[*accepted(council), *days], drop=drop))
    fetched(council)
    found, = proposals(council)
    return found


def history(council, person):
    return council.ask('SELECT h.change, h.due_on::text, h.library FROM timely.deadline_history h JOIN timely.deadline d'
                       " USING (deadline_id) WHERE d.person_id = %s AND d.timescale = 'icpc' ORDER BY history_id", (person,))


def test_the_list_as_it_is_proposes_nothing(council, server):
    server.says()
    fetched(council)
    assert proposals(council) == []
    assert council.timely('check', '--effect').endswith(
        'No change of the calendar is proposed, and no file was given to compare with.\n')


def test_a_shorter_list_and_a_rewritten_past_change_nothing(council, server):
    server.says(listing(years=range(2024, 2026)))
    fetched(council)
    assert proposals(council) == []
    server.says(listing(years=range(2024, 2029), drop=['2024-01-01', '2024-03-29'],
                        add=[('2024-02-14', 'A day that was'), ('2024-04-02', 'Today'), ('2024-01-02', 'Another')]))
    fetched(council)
    assert proposals(council) == []


def test_a_new_holiday_is_proposed_and_moves_what_is_open_when_it_is_confirmed(council, server, child):
    uid, sequence, state, due_on, *_ = council.stored(child)
    assert (state, str(due_on)) == ('open', '2024-04-23')
    rules = council.one('SELECT rules_version FROM timely.state')

    hold = propose(council, server, ('2024-04-15', 'Bank holiday for the play'))
    assert hold['about'] == '+ 2024-04-15 Bank holiday for the play'
    assert 'Monday 15 April 2024 (Bank holiday for the play)' in hold['text']
    assert 'open deadlines would move' in hold['text'] and '1 of icpc' in hold['text']
    assert str(council.stored(child)[3]) == '2024-04-23', 'a proposal changes nothing'
    assert 'calendar' in council.timely('hold', 'show')

    # Its effect, for people and for scripts.
    assert '  icpc: 1 open, 1 would move\n' in council.timely('check', '--effect')
    row, = [r for r in council.rows('check', '--effect') if r['timescale'] == 'icpc']
    assert (row['change'], row['person_id'], row['due'], row['would_be_due']) == ('moved', child, '2024-04-23', '2024-04-24')
    assert json.loads(council.timely('check', '--effect', '--format', 'json'))[0]['change'] == 'moved'

    # The operator is told once, however often the list is read.
    fetched(council)
    mails = wait_for(lambda: [m for m in council.mails('operator') if 'bank holidays' in m.subject], 30, council.logs)
    fetched(council)
    assert len(mails) == 1 and f'timely hold confirm {hold["hold_id"]}' in flat(mails[0].text)
    assert 'Bank holiday for the play' in mails[0].text and child not in mails[0].text
    assert council.one("SELECT count(*) FROM timely.outbox WHERE kind = 'operator' AND dedupe LIKE 'operator:calendar:%%'") == 1

    council.timely('hold', 'confirm', hold['hold_id'])
    wait_for(lambda: str(council.stored(child)[3]) == '2024-04-24', 30, council.logs)
    assert council.stored(child)[:2] == (uid, sequence + 1)
    assert proposals(council) == []

    # History says what was known when, and why it moved.
    (_, first, before), (change, second, after) = history(council, child)
    assert (first, change, second) == ('2024-04-23', 'moved', '2024-04-24')
    assert before == rules and after != rules
    wait_for(lambda: council.one('SELECT rules_version FROM timely.state') == after, 20, council.logs)
    told = flat(council.timely('explain', child, 'icpc'))
    assert ('from 2024-04-23 to 2024-04-24, since the calendar changed: 2024-04-15 was proclaimed (Bank holiday for the play).'
            in told)
    assert council.due(child, 'icpc')[0]['due_on'] == '2024-04-24', 'the command line counts as the daemon does'
    assert council.ask("SELECT what FROM timely.audit WHERE what IN ('hold.confirmed', 'calendar.changed')"
                       ' ORDER BY audit_id') == [('hold.confirmed',), ('calendar.changed',)]

    assert council.timely('date', '15 working days after 2024-04-02') == '2024-04-24\n'

    # It stays: after a reload, after a restart, and nobody may take it back.
    fetched(council)
    council.restart_daemon()
    council.settled()
    assert str(council.stored(child)[3]) == '2024-04-24' and len(history(council, child)) == 2
    assert council.one('SELECT rules_version FROM timely.state') == after
    with pytest.raises(Exception, match='the calendar is append-only'):
        council.ask('DELETE FROM timely.proclaimed_holiday')


def test_a_list_that_forgets_an_accepted_day_is_a_proposal_too(council, server, child):
    """The day is still to come, so the list may take it back; a person decides."""
    days = accepted(council)
    assert days, 'the play before has accepted one'
    server.says(listing(add=days[1:]))
    fetched(council)
    hold, = proposals(council)
    assert hold['about'] == f'- {days[0][0]} {days[0][1]}'
    assert 'no longer has days of the calendar' in hold['text']
    # The list has it again: the proposal ends by itself.
    server.says(listing(add=days))
    fetched(council)
    assert proposals(council) == []
    assert council.one("SELECT decided FROM timely.hold WHERE hold_id = %s", (hold['hold_id'],)) == 'resolved'


def test_what_was_rejected_is_not_proposed_again(council, server, child):
    before = council.stored(child)[3]
    hold = propose(council, server, ('2024-04-16', 'A mistake'))
    council.timely('hold', 'reject', hold['hold_id'])
    fetched(council)
    assert proposals(council) == []
    # Beside another new day it is left out too.
    hold = propose(council, server, ('2024-04-16', 'A mistake'), ('2024-04-17', 'Another'))
    assert hold['about'] == '+ 2024-04-17 Another'
    council.timely('hold', 'reject', hold['hold_id'])
    council.settled()
    assert council.stored(child)[3] == before
    assert not {'2024-04-16', '2024-04-17'} & set(dict(accepted(council)))


def test_a_moved_holiday_is_one_proposal(council, server):
    hold = propose(council, server, ('2025-05-08', 'Early May bank holiday'), drop=['2025-05-05'])
    assert hold['about'] == '- 2025-05-05 Early May bank holiday\n+ 2025-05-08 Early May bank holiday'
    assert 'Thursday 8 May 2025' in hold['text'] and 'Monday 5 May 2025' in hold['text']
    assert 'None of' in hold['text']
    council.timely('hold', 'reject', hold['hold_id'])


@pytest.mark.parametrize('body, reason', [
    (b'', 'not JSON'),
    (b'{"england-and-wales": {', 'not JSON'),
    (b'<html>Service unavailable</html>', 'not JSON'),
    (b'[]', 'unknown shape'),
    (listing(add=[('2024-04-20', 'A Saturday')]), 'weekend'),
    (listing(years=[2024, 2026]), 'expected at least'),
    (listing(drop=['2025-12-25']), 'cut short'),
    (listing()[:-300], 'not JSON'),
], ids=['empty', 'half', 'html', 'another', 'weekend', 'gap', 'no-christmas', 'cut'])
def test_a_list_that_cannot_be_right_is_logged_and_changes_nothing(council, server, body, reason):
    rules = council.one('SELECT rules_version FROM timely.state')
    server.says(body)
    assert reason in fetched(council, 'holidays.unread')
    assert proposals(council) == []
    council.settled()
    assert council.one('SELECT rules_version FROM timely.state') == rules


def test_too_many_differences_cannot_be_right(council, server):
    wednesdays = [f'{year}-{month:02}-{day:02}' for year in (2025, 2026) for month in range(1, 13) for day in range(1, 29)
               if time.strptime(f'{year}-{month}-{day}', '%Y-%m-%d').tm_wday == 2 and (month, day) not in ((12, 25), (1, 1))]
    server.says(listing(add=[*accepted(council), *[(day, 'Half-day closing ' * 3) for day in wednesdays]]))
    assert 'days differ from the calendar' in fetched(council, 'holidays.unread')
    assert proposals(council) == []


@pytest.mark.parametrize('how, reason', [('a_gigabyte', 'longer than'), ('without_end', 'longer than'),
                                         ('in_silence', 'imed out')])
def test_a_server_that_sends_too_much_or_nothing(council, server, child, how, reason):
    server.says(how=getattr(server, how))
    before = council.daemon.said().count('holidays.unread ')
    council.daemon.reload()
    council.settled()  # the daemon does its other work meanwhile
    wait_for(lambda: council.daemon.said().count('holidays.unread ') > before, 60, council.logs)
    assert reason in [line for line in council.daemon.said().splitlines() if 'holidays.unread' in line][-1]
    assert proposals(council) == []


def test_a_server_that_is_away_or_refuses(council, server):
    server.says(status=500)
    assert '500' in fetched(council, 'holidays.unread')
    server.says(status=404)
    assert '404' in fetched(council, 'holidays.unread')
    assert proposals(council) == []


def test_whoever_confirms_a_mass_of_moves_is_not_asked_again(council, server):
    children = [council.child('W1') for _ in range(24)]
    for person in children:
        council.enquiry(person, '2024-04-02')
    wait_for(lambda: all(council.stored(person) for person in children), 60, council.logs)
    before = {person: council.stored(person)[3] for person in children}

    hold = propose(council, server, ('2024-04-18', 'A second play'))
    council.timely('hold', 'confirm', hold['hold_id'])
    wait_for(lambda: all(council.stored(person)[3] > before[person] for person in children), 60, council.logs)
    assert council.one("SELECT count(*) FROM timely.hold WHERE kind = 'mass-change'") == 0
    # The guard is in force again.
    assert council.one('SELECT NOT EXISTS (SELECT FROM timely.proclaimed_holiday p JOIN timely.state s'
                       ' ON p.library = s.rules_version)')


def test_a_day_that_passed_before_it_was_confirmed_is_not_written(council, server, child):
    due = council.stored(child)[3]
    hold = propose(council, server, ('2024-04-03', 'Tomorrow'))
    server.says(status=500)  # a list would end the proposal
    council.clock.set('2024-04-03 09:00')
    council.timely('hold', 'confirm', hold['hold_id'])
    wait_for(lambda: council.one('SELECT applied_at IS NOT NULL FROM timely.hold WHERE hold_id = %s', (hold['hold_id'],)),
             30, council.logs)
    council.settled()
    assert '2024-04-03' not in dict(accepted(council))
    assert council.stored(child)[3] == due


def test_the_effect_of_an_overlay_is_shown_before_it_is_used(council, child, tmp_path):
    file = tmp_path / 'overlay.yaml'
    file.write_text('authority: A Council\ntimescales:\n  icpc:\n    due: within 10 working days of s47-started\n',
                    encoding='utf-8')
    row, = [r for r in council.rows('check', '--effect', file) if r['person_id'] == child and r['timescale'] == 'icpc']
    assert row['change'] == 'moved' and row['would_be_due'] < row['due']
    assert 'would move' in council.timely('check', '--effect', file)
    config = tmp_path / 'timely.yaml'
    config.write_text('log: {level: info}\n', encoding='utf-8')
    council.timely('check', '--effect', config, status=2)
    (tmp_path / 'bad.yaml').write_text('authority: A\ntimescales: {icpc: {due: soon}}\n', encoding='utf-8')
    done = subprocess.run([BUILD / 'timely', 'check', '--effect', tmp_path / 'bad.yaml', '--embedded', council.dir],
                          capture_output=True, encoding='utf-8', env=ENVIRONMENT, check=False)
    assert done.returncode == 2 and done.stdout == ''
