"""What people say about a deadline, by command and on a page, and whom it keeps from being told.

The conference is due on Monday 8 April 2024; Good Friday is 29 March and Easter Monday 1 April.
"""
import email
import email.policy
import re
import subprocess
import sys
from urllib.parse import urlencode

import psycopg2
import pytest

from telling import ROOT, Fibers, Server, program, set_clock, timely, told, wait_for

sys.path.insert(0, str(ROOT / 'tests' / 'service'))
import serving  # noqa: E402 (found through the line above)


@pytest.fixture(scope='module')
def pg():
    with Server() as server:
        server.know_migrations()
        yield server


@pytest.fixture
def store(pg, tmp_path):
    store = pg.store(tmp_path).without_lists()
    store.configure(delivery='live', allowed_domains='council.example')
    store.name_itself()
    store.deadline(store.person('P1', chair_id='CHAIR', worker_since='2024-01-01'))
    return store


def ack(store, at, *words, status=0):
    set_clock(store, at)
    return timely(store, 'ack', *words, status=status)


def record(store, at):
    """What a reconcile does that finds nothing new of the person."""
    store.ask("SELECT timely.record_person(jsonb_build_object('now', %s::timestamp AT TIME ZONE 'Europe/London', 'person_id', 'P1'))",
              (at,))


# ------------------------------------------------------------------------------------------ the agenda

def test_in_hand_keeps_reminders_from_who_said_so_and_nothing_from_those_above(store):
    assert set(told(store, '2024-03-15 10:00')) == {'SW1'}
    said = ack(store, '2024-03-20 10:00', 'P1', 'icpc', '--until', '2024-03-29', '--because', 'the family is\naway')
    assert 'SW1 until Friday 29 March 2024' in said and 'stays due on Monday 8 April 2024' in said
    assert told(store, '2024-03-21 09:00') == {}
    heard = told(store, '2024-03-28 09:00')
    assert set(heard) == {'TM1', 'CHAIR'}
    assert 'In hand until Friday 29 March 2024, says Name SW1: the family is away' in heard['TM1']
    # It ends by itself on the next working morning, and what was kept back is one line.
    assert told(store, '2024-04-01 12:00') == {}
    heard = told(store, '2024-04-02 09:00')
    assert set(heard) == {'SW1'} and heard['SW1'].count('NEW') == 1 and 'In hand' not in heard['SW1']
    # A breach is told upwards all the same.
    ack(store, '2024-04-05 09:00', 'P1', 'icpc', '--until', '2024-04-30', '--because', 'no room')
    assert set(told(store, '2024-04-08 09:00')) == {'SM'}
    assert set(told(store, '2024-04-09 09:00')) == {'TM1', 'SM'}
    heard = told(store, '2024-04-11 09:00')
    assert set(heard) == {'HEAD'} and 'says Name SW1: no room' in heard['HEAD']
    assert store.one("SELECT count(*) FROM timely.deadline WHERE state = 'open' AND due_on = '2024-04-08'") == 1


def test_done_not_yet_recorded_keeps_those_above_silent_for_two_working_days_once(store):
    told(store, '2024-04-08 09:00')
    ack(store, '2024-04-08 10:00', 'P1', 'icpc', '--done')
    heard = told(store, '2024-04-09 09:00')
    assert set(heard) == {'SW1'}, 'it still has to be recorded'
    assert 'Done, not yet recorded, says Name SW1 since Monday 8 April 2024' in heard['SW1']
    assert told(store, '2024-04-10 09:00') == {}, 'the second working day'
    # It no longer holds, and is the first that those above would ask about.
    said_so = 'Name SW1 said on Monday 8 April 2024 that it was done; it is not recorded yet'
    again = ack(store, '2024-04-10 10:00', 'P1', 'icpc', '--done', status=1)
    assert 'Name SW1 said on Monday 8 April 2024 that it was done, which counts once for a due date' in again
    heard = told(store, '2024-04-11 09:00')
    assert set(heard) == {'SW1', 'TM1', 'SM', 'HEAD'} and all(said_so in text and 'Done, not' not in text for text in heard.values())
    store.ask("UPDATE timely.staff SET name = E'<b>Ann</b>\nLee' WHERE professional_id = 'SW1'")
    heard = told(store, '2024-04-15 09:00')
    assert set(heard) == {'SW1'} and '<b>Ann</b> Lee said on Monday 8 April 2024 that it was done' in heard['SW1']
    assert store.one("SELECT count(*) FROM timely.outbox WHERE body_html LIKE '%<b>Ann%'") == 0, 'a name is text'
    assert store.one("SELECT state FROM timely.deadline") == 'open', 'it never counts as met'


def test_two_working_days_from_late_on_a_friday_end_on_tuesday(store):
    """Day 0 is the Friday, whatever the hour; a Saturday is no other."""
    for child, at in (('P2', '2024-04-12 16:25'), ('P3', '2024-04-13 11:00')):
        store.deadline(store.person(child, chair_id='CHAIR'), seen='2024-03-15 10:00')
        ack(store, at, child, 'icpc', '--done')
    assert store.ask("SELECT DISTINCT last_day::text FROM timely.acknowledgement") == [('2024-04-16',)]


def test_it_was_not_done_while_the_meeting_is_still_ahead(store):
    # Civil time: 09:30 in April is 08:30 UTC.
    store.ask("UPDATE timely.deadline SET booked_at = '2024-04-08 09:30', booked_group = 'M1'")
    said = ack(store, '2024-04-08 09:29', 'P1', 'icpc', '--done', status=1)
    assert 'booked for Monday 8 April 2024, 09:30, and that it was done can be said from then on' in said
    assert store.one('SELECT count(*) FROM timely.acknowledgement') == 0, 'nor is it spent'
    ack(store, '2024-04-08 09:30', 'P1', 'icpc', '--done')
    # It was a slip, or the meeting was put off.
    record(store, '2024-04-08 10:00')
    assert store.one('SELECT count(*) FROM timely.holding_acknowledgement') == 1
    store.ask("UPDATE timely.deadline SET booked_at = '2024-04-10 14:00', next_notice_at = '2024-04-08T12:00Z'")
    record(store, '2024-04-08 12:00')
    assert 'it is booked for later' in ack(store, '2024-04-08 12:00', 'P1')
    assert 'TM1' in told(store, '2024-04-09 09:00'), 'those above are not kept waiting by it'


def test_who_has_it_in_hand_is_told_that_the_meeting_is_booked_too_late(store):
    told(store, '2024-03-15 10:00')
    ack(store, '2024-03-20 10:00', 'P1', 'icpc', '--until', '2024-04-05', '--because', 'x')
    store.ask("UPDATE timely.deadline SET booked_at = '2024-04-09 10:00', booked_group = 'M1', next_notice_at = '2024-03-20T11:00Z'")
    heard = told(store, '2024-03-20 11:00')
    assert set(heard) == {'SW1'} and 'That is after Monday 8 April 2024' in heard['SW1']
    assert told(store, '2024-03-21 09:00') == {}, 'a reminder still waits'


def test_what_is_in_hand_stays_so_when_its_meeting_is_booked(store):
    """Unlike what was said to be done."""
    told(store, '2024-03-15 10:00')
    ack(store, '2024-03-20 10:00', 'P1', 'icpc', '--until', '2024-03-29', '--because', 'x')
    store.ask("UPDATE timely.deadline SET booked_at = '2024-04-05 10:00', booked_group = 'M1'")
    record(store, '2024-03-20 11:00')
    assert store.ask('SELECT kind FROM timely.holding_acknowledgement') == [('in-hand',)]


def test_it_ends_with_what_it_was_said_about(store):
    told(store, '2024-03-15 10:00')
    ack(store, '2024-03-20 10:00', 'P1', 'icpc', '--until', '2024-04-05', '--because', 'x')
    assert told(store, '2024-03-21 09:00') == {}
    # The child goes to another worker, who is reminded at once of what the former one was spared.
    store.ask("UPDATE timely.person SET worker_id = 'SW2', worker_since = '2024-03-22'")
    record(store, '2024-03-22 08:00')
    assert set(told(store, '2024-03-22 09:00')) == {'SW2'}
    assert 'the child has another worker' in ack(store, '2024-03-22 10:00', 'P1')
    # The due date moves.
    ack(store, '2024-03-22 10:00', 'P1', 'icpc', '--until', '2024-04-05', '--because', 'y')
    store.ask("UPDATE timely.deadline SET due_on = '2024-04-05', book_by = '2024-04-05', next_notice_at = '2024-03-25T09:00Z'")
    assert set(told(store, '2024-03-25 09:00')) == {'SW2'}
    record(store, '2024-03-25 10:00')
    assert 'the due date moved' in ack(store, '2024-03-25 10:00', 'P1')


def test_what_ended_before_its_time_can_be_said_again(store):
    told(store, '2024-04-05 09:00')
    ack(store, '2024-04-05 10:00', 'P1', 'icpc', '--done')
    store.allocate('P1', '2024-04-05 11:00', worker_id='SW2')
    heard = told(store, '2024-04-05 11:00')
    assert set(heard) == {'SW2'} and 'SW1' not in heard['SW2'], 'nor is it shown'
    assert 'SW2 until' in ack(store, '2024-04-05 12:00', 'P1', 'icpc', '--done'), 'of the visit that the new worker made'
    again = ack(store, '2024-04-05 13:00', 'P1', 'icpc', '--done', status=1)
    assert 'Name SW2 said on Friday 5 April 2024' in again and 'changed' not in again
    # Recorded, and the record deleted.
    deadline = store.one('SELECT deadline_id FROM timely.deadline')
    store.changes(deadline, '2024-04-08 09:00', 'met', 'met', met_on='2024-04-05', in_timescale=True)
    store.changes(deadline, '2024-04-08 11:00', 'reopened', 'open', met_on=None, in_timescale=None)
    ack(store, '2024-04-08 12:00', 'P1', 'icpc', '--done')
    assert store.ask('SELECT staff_id, ended_because FROM timely.acknowledgement ORDER BY acknowledgement_id') == \
        [('SW1', 'the child has another worker'), ('SW2', 'it is no longer owed'), ('SW2', None)]


@pytest.mark.parametrize('word, status, said', [
    (['--done'], 1, 'Name SW1 said on Tuesday 2 April 2024 that it was done'),
    (['--until', '2024-04-05', '--because', 'mine'], 0, 'SW1 until Friday 5 April 2024')])
def test_two_words_at_once_are_one_after_the_other(store, word, status, said):
    set_clock(store, '2024-04-02 10:00')
    kind = 'done' if '--done' in word else 'in-hand'
    other = store.pg.connect(store.name, autocommit=False)
    other.cursor().execute("SELECT timely.record_acknowledgement(jsonb_build_object('now', '2024-04-02T09:00Z', 'deadline_id', deadline_id,"
                           " 'due_on', due_on, 'kind', %s::text, 'staff_id', 'SW1', 'last_day', '2024-04-03', 'reason', 'other', 'said_by', 'x'))"
                           " FROM timely.deadline", (kind,))
    mine = subprocess.Popen([*program(store, 'timely'), 'ack', 'P1', 'icpc', *word], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: store.one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 1)
    other.commit()
    other.close()
    printed = mine.communicate(timeout=60)[0]
    assert mine.returncode == status and said in printed and 'changed' not in printed, printed
    assert store.one('SELECT count(*) FROM timely.holding_acknowledgement') == 1


def test_what_was_said_stands(store):
    ack(store, '2024-03-20 10:00', 'P1', 'icpc', '--until', '2024-04-05', '--because', 'x')
    for change in ("UPDATE timely.acknowledgement SET reason = 'y'", 'DELETE FROM timely.acknowledgement',
                   "UPDATE timely.acknowledgement SET last_day = '2024-04-30'"):
        with pytest.raises(psycopg2.errors.RaiseException, match='can only end'):
            store.ask(change)
    ack(store, '2024-03-21 10:00', 'P1', 'icpc', '--until', '2024-04-08', '--because', 'z')
    listed = ack(store, '2024-03-21 10:00', 'P1', '--format', 'csv').splitlines()
    assert listed[0] == 'timescale,due_on,kind,staff_id,last_day,reason,said_by,said_at,ended_because'
    assert [line.split(',')[5] for line in listed[1:]] == ['x', 'z']
    assert listed[1].endswith('they said so again') and listed[2].endswith(',')
    assert store.one("SELECT count(*) FROM timely.audit WHERE what = 'deadline.in-hand' AND staff_id = 'SW1' AND deadline_id IS NOT NULL") == 2


@pytest.mark.parametrize('words, status, why', [
    (['icpc'], 2, 'either --until DATE --because REASON'),
    (['icpc', '--done', '--because', 'x'], 2, '--done stands alone'),
    (['icpc', '--until', '2024-05-01', '--because', 'x'], 1, 'until Tuesday 30 April 2024 at most'),
    (['icpc', '--until', '2024-04-01', '--because', 'x'], 1, 'is over'),
    (['icpc', '--until', '2024-04-05', '--because', ' '], 1, 'a reason is missing'),
    (['icpc', '--until', '2024-04-05', '--because', 'x', '--for', 'SW2'], 1, 'SW2 is none of them today'),
    (['icpc', '--until', '2024-04-05', '--because', 'x', '--for', 'XX'], 2, 'XX is not in the directory'),
    (['icpc', '--done', '--for', 'TM1'], 1, 'TM1 does not'),
    (['cp-visit', '--done'], 1, 'timely due --person ID'),
    (['icpc', '--due-on', '2024-04-07', '--done'], 1, 'no such deadline'),
])
def test_what_is_not_taken(store, words, status, why):
    assert why in ack(store, '2024-04-02 10:00', 'P1', *words, status=status)
    assert store.one('SELECT count(*) FROM timely.acknowledgement') == 0


def test_the_last_day_that_the_page_offers_is_taken(store):
    assert 'SW1 until Tuesday 30 April 2024' in ack(store, '2024-04-02 10:00', 'P1', 'icpc', '--until', '2024-04-30', '--because', 'x')


def test_who_merely_stands_in_takes_no_restricted_child_in_hand(store):
    store.ask("INSERT INTO timely.cover (covers, of_id, stand_in_id, first_day, last_day, from_where, told_at)"
              " VALUES ('person', 'SW1', 'SW2', '2024-04-02', '2024-04-12', 'a test', now())")
    words = 'icpc', '--until', '2024-04-05', '--because', 'x', '--for', 'SW2'
    store.ask('UPDATE timely.person SET restricted = true')
    assert 'SW2 is none of them today' in ack(store, '2024-04-02 10:00', 'P1', *words, status=1)
    store.ask('UPDATE timely.person SET restricted = false')
    assert 'SW2 until Friday 5 April 2024' in ack(store, '2024-04-02 10:00', 'P1', *words)


@pytest.mark.parametrize('words', [['--until', '2024-04-05'], ['--because', 'x'], ['--done'], ['--for', 'SW1'], ['--due-on', '2024-04-08']])
def test_what_is_said_of_no_timescale_is_not_taken_for_a_question(store, words):
    assert f'{words[0]} says something of one timescale' in ack(store, '2024-04-02 10:00', 'P1', *words, status=2)


def test_a_person_of_whom_nothing_is_known_is_a_slip_and_one_of_whom_nobody_spoke_an_answer(store):
    assert ack(store, '2024-04-02 10:00', 'P1') == "Nobody has said anything about this person's deadlines.\n"
    assert timely(store, 'invites', 'P1') == 'Nobody holds an invite about this person.\n'
    for command in 'ack', 'invites':
        assert 'nothing is known of person P7' in timely(store, command, 'P7', status=1)


def test_which_of_two_is_asked_for(store):
    store.deadline('P1', trigger='2024-03-15', due='2024-04-09')
    words = ['P1', 'icpc', '--until', '2024-04-05', '--because', 'x', '--for', 'TM1']
    assert '--due-on DATE' in ack(store, '2024-04-02 10:00', *words, status=2)
    ack(store, '2024-04-02 10:00', *words, '--due-on', '2024-04-09')
    assert store.ask('SELECT staff_id, due_on::text FROM timely.acknowledgement') == [('TM1', '2024-04-09')]


# -------------------------------------------------------------------------------------------- the page

def links(store):
    """Of the mails in the Maildir: the path to the page, by recipient."""
    found = {}
    for file in sorted((store.maildir / 'new').iterdir()):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        path, = re.findall(r'http://127\.0\.0\.1:0(/why/[\w-]{24})\s', mail.get_body(('plain',)).get_content())
        assert path in mail.get_body(('html',)).get_content()
        found[mail['To'].addresses[0].username] = path
    return found


def press(server, path, who='', **fields):
    form = re.search(r'name="form" value="([\w-]+)"', server.ask(path, X_Remote_User=who).content.decode())
    connection = serving.http.client.HTTPConnection('127.0.0.1', server.port, timeout=10)
    connection.request('POST', path, urlencode({'form': form and form.group(1), **fields}),
                       {'Content-Type': 'application/x-www-form-urlencoded', 'X-Remote-User': who})
    return connection.getresponse()


def test_from_the_mail_by_the_page_to_the_agenda(store):
    set_clock(store, '2024-03-28 10:00')
    told(store, '2024-03-28 09:00')
    store.deliver('2024-03-28 09:01')
    to = links(store)
    assert set(to) == {'sw1', 'tm1', 'chair'} and len(set(to.values())) == 3, 'a link for each'
    everything = store.pg.psql('SELECT row_to_json(x) FROM timely.outbox x', database=store.name).stdout
    everything += store.pg.psql('SELECT row_to_json(x) FROM timely.page_link x', database=store.name).stdout
    assert not any(path[5:] in everything for path in to.values()), 'nowhere in clear'

    server = serving.Server('', command=[*program(store, 'timelyd'), '--serve'])
    with server, Fibers(store, '2024-03-28 10:00'):
        server.ready()
        answer = press(server, to['sw1'], say='in-hand', until='2024-04-05', because='the <b>family</b> is away')
        assert answer.status == 303 and answer.headers['Location'] == to['sw1']
        wait_for(lambda: b'You have it in hand until Friday 5 April 2024' in server.ask(to['sw1']).content)
        assert b'the &lt;b&gt;family&lt;/b&gt; is away' in server.ask(to['sw1']).content
        assert b'in hand until Friday' not in server.ask(to['tm1']).content
        wait_for(lambda: b'value="done"' in server.ask(to['sw1']).content)
        # A manager cannot say that it was done, whatever form came.
        assert b'value="done"' not in server.ask(to['tm1']).content
        assert press(server, to['tm1'], say='done').status == 303
        wait_for(lambda: b'What you pressed last does not count: only who acts on it' in server.ask(to['tm1']).content)
        # Who is responsible is asked when the press is looked at.
        store.ask("UPDATE timely.person SET chair_id = NULL")
        assert press(server, to['chair'], say='in-hand', until='2024-04-05', because='x').status == 303
        wait_for(lambda: b'CHAIR is none of them today' in server.ask(to['chair']).content)
    assert store.ask('SELECT staff_id, kind, said_by, reason FROM timely.acknowledgement') == \
        [('SW1', 'in-hand', 'by link to SW1', 'the <b>family</b> is away')]
    assert store.one("SELECT count(*) FROM timely.audit WHERE what = 'press.refused'") == 2
    assert told(store, '2024-04-04 09:00') == {}
    assert set(told(store, '2024-04-08 09:00')) == {'SW1', 'SM'}


def test_with_sign_on_a_link_that_was_passed_on_acts_in_the_name_of_who_opens_it(store):
    with store.config.open('a', encoding='utf-8') as config:
        config.write('  trusted proxies: 127.0.0.1\n  identity header: X-Remote-User\n  identity is: mail address\n')
    set_clock(store, '2024-03-28 10:00')
    told(store, '2024-03-28 09:00')
    store.deliver('2024-03-28 09:01')
    path = links(store)['sw1']
    server = serving.Server('', command=[*program(store, 'timelyd'), '--serve'])
    with server, Fibers(store, '2024-03-28 10:00'):
        server.ready()
        assert server.ask(path).status == 403 and server.ask(path, X_Remote_User='sw2@council.example').status == 403
        words = {'say': 'in-hand', 'until': '2024-04-05', 'because': 'no room'}
        assert press(server, path, 'TM1@council.example', **words).status == 303
        wait_for(lambda: b'You have it in hand' in server.ask(path, X_Remote_User='tm1@council.example').content)
        assert b'in hand until Friday' not in server.ask(path, X_Remote_User='sw1@council.example').content
        # Who manages the chair may read it, but this duty's ladder does not go to them.
        assert press(server, path, 'cm@council.example', **words).status == 303
        wait_for(lambda: b'CM is none of them today' in server.ask(path, X_Remote_User='cm@council.example').content)
    assert store.ask('SELECT staff_id, said_by FROM timely.acknowledgement') == [('TM1', 'signed in as TM1')]
    assert store.ask("SELECT staff_id FROM timely.audit WHERE what = 'press.refused'") == [('CM',)]


AWAY = ("INSERT INTO timely.cover (covers, of_id, stand_in_id, first_day, last_day, weekdays, withdrawn_on, from_where, told_at)"
        " VALUES ('person', '{}', {}, '{}', '2024-04-12', {}, {}, 'command', '2024-04-01')")


def away(who, stand_in='NULL', first='2024-04-02', weekdays='NULL', withdrawn='NULL'):
    return AWAY.format(who, stand_in, first, weekdays, withdrawn)


@pytest.mark.parametrize('timescale, situation, offered', [
    ('icpc', [], 'SW1'),
    ('icpc', [away('SW1', "'SW2'")], 'SW2'),
    ('icpc', [away('SW1', "'SW2'"), away('SW1', "'SW3'", '2024-04-03')], 'SW3'),
    ('icpc', [away('SW1', "'SW2'", '2024-04-05')], 'SW1'),
    ('icpc', [away('SW1', "'SW2'", weekdays="'monday friday'")], 'SW1'),
    ('icpc', [away('SW1', "'SW2'", withdrawn="'2024-04-04'")], 'SW1'),
    ('conference-decisions', [away('SW1', "'SW2'")], 'CHAIR'),
    ('conference-decisions', ["UPDATE timely.person SET restricted = true"], ''),
    ('conference-decisions', ["UPDATE timely.deadline SET chaired_by = 'TM1'"], 'TM1'),
    ('conference-decisions', ["UPDATE timely.deadline SET chaired_by = 'TM1'", "UPDATE timely.person SET restricted = true"], ''),
    ('icpc', ["UPDATE timely.deadline SET chaired_by = 'TM1'"], 'SW1'),
    # Nobody who is named can be told: it falls to the team manager, and is offered to whoever it might have fallen to.
    ('icpc', [away('SW1')], 'SW2 SW3 TM1 SM'),
    ('icpc', [away('SW1', "'SW2'"), away('SW2')], 'SW2 SW3 TM1 SM'),
    ('icpc', ["UPDATE timely.staff SET active_to = '2024-04-04' WHERE professional_id = 'SW1'"], 'SW2 SW3 TM1 SM'),
    ('icpc', ["UPDATE timely.staff SET email = NULL WHERE professional_id = 'SW1'"], 'SW2 SW3 TM1 SM'),
    ('icpc', ["UPDATE timely.person SET restricted = true", away('SW1', "'SW2'")], 'SW2 SW3 TM1 SM'),
])
def test_a_page_offers_done_to_whom_the_command_takes_it_from(store, timescale, situation, offered):
    people = ['SW1', 'SW2', 'SW3', 'TM1', 'SM', 'CHAIR']
    store.ask('UPDATE timely.deadline SET timescale = %s', (timescale,))
    for statement in situation:
        store.ask(statement)
    set_clock(store, '2024-04-04 10:00')
    store.run('feeds', '2024-04-04 10:00', 'all')
    store.ask("INSERT INTO timely.page_link (token_hash, deadline_id, staff_id)"
              " SELECT who, deadline_id, who FROM timely.deadline, unnest(%s) AS who", (people,))
    shown = [who for who in people if store.one('SELECT acts FROM timely.page_recipient(%s, NULL)', (who,))]
    assert shown == offered.split()
    # What is booked for later is refused to who acts by another reason, and nothing is written down.
    store.ask("UPDATE timely.deadline SET booked_at = '2024-04-30'")
    taken = [who for who in people if 'only who acts' not in timely(store, 'ack', 'P1', timescale, '--done', '--for', who, status=1)]
    assert taken == (['TM1'] if len(shown) > 1 else shown)


def test_a_repeat_has_the_same_links_and_what_was_smuggled_in_becomes_none(store):
    place = 'http://127.0.0.1:0/why/deadline-000000000000042'
    store.ask('UPDATE timely.person SET case_ref = %s', (place,))
    told(store, '2024-03-15 10:00')
    store.deliver('2024-03-15 10:01')
    first, = (store.maildir / 'new').iterdir()
    before = first.read_bytes()
    assert place.encode() in before
    first.unlink()
    store.ask("UPDATE timely.outbox SET state = 'due', settled_at = NULL")
    store.deliver('2024-03-15 10:02')
    again, = (store.maildir / 'new').iterdir()
    found = [re.findall(rb'/why/[\w-]{24}', mail) for mail in (before, again.read_bytes())]
    assert found[0] == found[1] and len(found[0]) >= 2
    assert store.one('SELECT count(*) FROM timely.page_link') == 1


def test_a_mail_goes_without_links_where_none_can_be_made(store):
    told(store, '2024-03-15 10:00')
    store.ask('DELETE FROM timely.secret')
    store.deliver('2024-03-15 10:01')
    assert store.one('SELECT state FROM timely.outbox') == 'sent' and store.one('SELECT count(*) FROM timely.page_link') == 0
