"""What was known, due and told on a past day: `timely evidence` on a store that lived through some weeks.

The conference of a strategy discussion on Thursday 14 March 2024 is due on Monday 8 April 2024; Easter lies between.
"""
import copy
import csv
import io
import json

import psycopg2
import pytest

from smtp_server import MailServer, by_smtp
from test_replies import answer, meeting, take
from test_welcome import entered, timely

UID = 'icpc-1@council.example'


def begun(pg, folder):
    store = entered(pg.store(folder))
    store.configure(delivery='live', allowed_domains='council.example')
    # The clock of the business began on 1 May 2024, a moment ago.
    store.ask("UPDATE timely.state SET real_anchor_us = (extract(epoch FROM now()) * 1000000)::bigint,"
              " business_anchor_us = (extract(epoch FROM timestamptz '2024-05-01 08:00+00') * 1000000)::bigint")
    return store


@pytest.fixture
def store(pg, tmp_path):
    return begun(pg, tmp_path)


def record(store, now, change, person='P1', messages=(), **columns):
    """What a reconcile records about the one deadline of a person."""
    deadline = {'uid': UID, 'change': change, 'timescale': 'icpc', 'subject_ref': 'S47-1', 'trigger_on': '2024-03-14',
                'due_on': '2024-04-08', 'book_by': '2024-04-08', 'provisional': False, 'state': 'open', 'sequence': 0,
                'derivation': 'Due by Monday 8 April 2024: counted.', 'at_first_start': False, 'rule_version': 1,
                'library': 'x', 'next_notice_at': f'{now}+00', **columns}
    document = {'now': f'{now}+00', 'person_id': person, 'deadlines': [deadline], 'messages': list(messages),
                'person': {'seen': '', 'case_ref': f'REF-{person}', 'restricted': False, 'worker_id': 'SW1', 'team_id': 'T1',
                           'worker_since': '2023-01-01'}}
    store.ask('SELECT timely.record_persons(%s)', (json.dumps([document]),))


def tell(store, now, sent):
    store.agenda(now)
    store.deliver(sent)


@pytest.fixture(scope='module')
def life(pg, tmp_path_factory):
    """Opened on 15 March, moved a day on 20 March, booked on 25 March, late from 10 April, held on 17 April."""
    store = begun(pg, tmp_path_factory.mktemp('life'))
    record(store, '2024-03-15 09:30', 'opened')
    tell(store, '2024-03-15 10:00', '2024-03-15 10:05')
    moved = {'due_on': '2024-04-09', 'derivation': 'Due by Tuesday 9 April 2024: counted anew.'}
    record(store, '2024-03-20 09:30', 'moved', **moved)
    tell(store, '2024-03-20 10:00', '2024-03-20 10:05')
    record(store, '2024-03-25 09:30', 'changed', booked_at='2024-04-12 10:00', **moved)
    for day in ('2024-04-10', '2024-04-11', '2024-04-12', '2024-04-15', '2024-04-16'):
        tell(store, f'{day} 09:00', f'{day} 09:01')
    record(store, '2024-04-17 12:00', 'met', state='met', met_on='2024-04-12', in_timescale=False, next_notice_at=None, **moved)
    return store


@pytest.fixture
def lived(pg, life):
    """A copy of that life's store, to be changed."""
    store = copy.copy(life)
    store.name = f'store{next(pg.numbers)}'
    pg.copy(store.name, life.name)
    return store


def evidence(store, *words, person='P1'):
    return list(csv.DictReader(io.StringIO(timely(store, 'evidence', person, '--format', 'csv', *words))))


def of(rows, section):
    return [r for r in rows if r['section'] == section]


@pytest.mark.parametrize('at, state, due, known, told', [
    ('2024-03-14', None, None, 0, False),
    ('2024-03-15T09:29', None, None, 0, False),
    ('2024-03-15T09:30', 'open', '2024-04-08', 1, False),  # up to the end of the minute
    ('2024-03-15', 'open', '2024-04-08', 1, True),
    ('2024-03-19', 'open', '2024-04-08', 1, True),
    ('2024-03-20', 'open', '2024-04-09', 2, True),
    ('2024-04-09', 'open', '2024-04-09', 3, True),
    ('2024-04-10', 'missed', '2024-04-09', 3, True),
    ('2024-04-17T11:59', 'missed', '2024-04-09', 3, True),
    ('2024-04-17', 'met', '2024-04-09', 4, True),
])
def test_how_it_stood_on_any_past_day(life, at, state, due, known, told):
    rows = evidence(life, '--as-known-at', at)
    assert [(r['state'], r['due']) for r in of(rows, 'stood')] == ([(state, due)] if state else [])
    assert len(of(rows, 'known')) == known and (len(of(rows, 'told')) > 0) == told
    assert all(r['at'][:len(at)] <= at for r in rows), 'nothing of later'
    words = {'2024-04-08': 'Monday 8 April', '2024-04-09': 'Tuesday 9 April'}
    assert all(words[due] in r['detail'] for r in of(rows, 'stood')), 'the words of then'


def test_a_meeting_without_a_time_is_booked_for_a_day(store):
    """Midnight says that only its day is known."""
    for now, booked_at in ('2024-03-15 09:30', '2024-04-05 00:00'), ('2024-03-18 09:30', '2024-04-05 10:00'):
        record(store, now, 'changed', booked_at=booked_at)
    assert [r['booked_at'] for r in of(evidence(store), 'known')] == ['2024-04-05', '2024-04-05T10:00']


def test_nothing_that_was_told_is_left_out(life):
    told = of(evidence(life), 'told')
    audit = life.ask("SELECT message_id::text, what, coalesce(staff_id, 'operator'), substring(detail FROM 'sha256=([0-9a-f]*)') FROM timely.audit"
                      " WHERE what LIKE 'message.%%'")
    assert {(r['message_id'], 'message.' + r['state'], r['staff_id'], r['sha256']) for r in told} == set(audit) and len(audit) > 4
    assert {r['staff_id'] for r in told} >= {'SW1', 'TM1', 'SM', 'HEAD'}, 'up the ladder'
    said = life.ask("SELECT message_id::text, coalesce(nullif(staff_id, ''), 'operator'), rung FROM timely.notice WHERE message_id IS NOT NULL")
    assert sorted(said) == sorted((r['message_id'], r['staff_id'], r['rung']) for r in told if r['rung'])
    # Every mail that names the child is there, those too in which the line stood for the second time.
    naming = life.ask("SELECT message_id::text, rfc_message_id FROM timely.outbox WHERE body_text LIKE '%%REF-P1%%' OR kind = 'operator'")
    assert set(naming) == {(r['message_id'], r['rfc_message_id']) for r in told}


def test_a_line_that_was_told_before_is_told_again(lived):
    """A second child's news brings the first one's line again: that is said, without a rung."""
    lived.deadline(lived.person('P2'), trigger='2024-04-16', due='2024-05-08', seen='2024-04-16 12:00')
    lived.ask("UPDATE timely.deadline SET state = 'open' WHERE uid = %s", (UID,))
    lived.agenda('2024-04-18 09:00')
    again = of(evidence(lived), 'told')[-1]
    assert (again['at'], again['staff_id'], again['rung'], again['due'], again['state']) == \
        ('2024-04-18T09:00', 'SW1', '', '2024-04-09', 'waiting')


def test_what_became_of_a_message_is_told_as_of_then(life):
    first = of(evidence(life, '--as-known-at', '2024-03-15T10:04'), 'told')[0]
    assert (first['state'], first['state_at'], first['sha256']) == ('waiting', '', '')
    first = of(evidence(life, '--as-known-at', '2024-03-15T10:05'), 'told')[0]
    assert (first['state'], first['state_at']) == ('sent', '2024-03-15T10:05') and len(first['sha256']) == 64


def test_what_was_refused_and_came_back_and_was_decided_is_there(lived):
    message, = {r['message_id'] for r in of(evidence(lived), 'told') if r['at'] < '2024-03-16'}
    number = lived.one('SELECT deadline_id FROM timely.deadline WHERE uid = %s', (UID,))
    lived.ask("INSERT INTO timely.audit (at, what, message_id, detail) VALUES ('2024-03-15 11:00+00', 'mail.bounce', %s, 'status=5.1.1')",
              (message,))
    lived.ask("INSERT INTO timely.audit (at, what, deadline_id, staff_id) VALUES ('2024-03-16 11:00+00', 'hand.taken', %s, 'SW1')",
              (number,))
    assert [(r['at'], r['what'], r['message_id']) for r in of(evidence(lived), 'noted')] == \
        [('2024-03-15T11:00', 'mail.bounce', message), ('2024-03-16T11:00', 'hand.taken', '')]


def test_who_had_it_in_hand_is_named_with_their_reason(lived):
    """Said on 1 April until the 10th, and on the 5th until the 11th; on the 8th it was done."""
    number = lived.one("UPDATE timely.deadline SET state = 'open' WHERE uid = %s RETURNING deadline_id", (UID,))
    for at, kind, last, reason in (('2024-04-01 09:00', 'in-hand', '2024-04-10', 'the family is away'),
                                   ('2024-04-05 09:00', 'in-hand', '2024-04-11', 'the <b>chair</b> is ill'),
                                   ('2024-04-08 09:00', 'done', '2024-04-10', None)):
        assert lived.ask('SELECT timely.record_acknowledgement(%s)', (json.dumps(
            {'now': f'{at}+00', 'deadline_id': number, 'due_on': '2024-04-09', 'kind': kind, 'staff_id': 'SW1', 'last_day': last,
             'reason': reason, 'said_by': 'by command by root'}),)) == [(True,)]

    def said(at):
        return [(r['what'], r['staff_id'], r['due'], r['state'], r['detail']) for r in of(evidence(lived, '--as-known-at', at), 'said')]
    first = 'until 2024-04-10; because: the family is away; by command by root'
    second = 'until 2024-04-11; because: the <b>chair</b> is ill; by command by root'
    assert said('2024-03-31') == []
    assert said('2024-04-04') == [('in-hand', 'SW1', '2024-04-09', 'holds', first)]
    assert said('2024-04-10')[:2] == [('in-hand', 'SW1', '2024-04-09', 'ended', first + '; ended: they said so again'),
                                      ('in-hand', 'SW1', '2024-04-09', 'holds', second)]
    assert [row[3] for row in said('2024-04-12')] == ['ended', 'over', 'over']
    assert not of(evidence(lived), 'noted'), 'the audit has it without the words: it is told once'
    joined = ' '.join(timely(lived, 'evidence', 'P1').split())
    assert f'Said: Name SW1 (SW1): in hand {second}; Initial child protection conference (icpc, S47-1), due 2024-04-09.' in joined
    assert 'Said: Name SW1 (SW1): done, not yet recorded, until 2024-04-10; by command by root; Initial' in joined


def test_what_no_record_shows_is_one_line_for_people(lived):
    for trigger, due in (('2024-03-01', '2024-03-28'), ('2024-03-02', '2024-02-29'), ('2024-03-03', '2024-04-25')):
        record(lived, '2024-04-20 09:30', 'opened', uid=f'core-{due}@council.example', timescale='core-group-next', state='unknown',
               trigger_on=trigger, due_on=due, subject_ref=f'PLAN-{due}', next_notice_at=None)
    known = [r for r in of(evidence(lived), 'known') if r['timescale'] == 'core-group-next']
    assert [r['state'] for r in known] == ['unknown'] * 3, 'for scripts each is there'
    joined = ' '.join(timely(lived, 'evidence', 'P1').split())
    assert ('Known: Next core group (core-group-next), 3 of them, due from 2024-02-29 to 2024-04-25: opened;'
            ' whether it was met cannot be told.') in joined
    assert joined.count('Known: Next core group') == 1


def test_how_a_date_was_counted_and_why_it_is_owed_no_more_are_one_sentence(store):
    record(store, '2024-03-15 09:30', 'opened')
    detail = lambda: of(evidence(store), 'stood')[0]['detail']  # noqa: E731
    assert detail() == 'Due by Monday 8 April 2024: counted.'
    record(store, '2024-03-20 09:30', 'ended', state='ended', why='child protection plan ended')
    assert detail() == 'Due by Monday 8 April 2024: counted; child protection plan ended.'
    record(store, '2024-03-21 09:30', 'withdrawn', state='withdrawn', derivation='', why='its record is no longer in the case database')
    assert detail() == 'its record is no longer in the case database.'


def test_messages_whose_texts_are_purged_are_told_from_the_audit(lived):
    before = of(evidence(lived), 'told')
    lived.ask('DELETE FROM timely.outbox')
    after = of(evidence(lived), 'told')
    kept = ('timescale', 'subject_ref', 'due', 'what', 'rung', 'staff_id', 'message_id', 'sha256', 'state', 'state_at')
    assert sorted([r[c] or '' for c in kept] for r in after) == sorted([r[c] or '' for c in kept] for r in before)


def test_who_has_left_the_source_is_still_answered_for(lived):
    before = evidence(lived, '--as-known-at', '2024-04-16')
    lived.ask('SELECT timely.record_persons(%s)', (json.dumps([{'now': '2024-04-20 09:00+00', 'person_id': 'P1', 'gone': True}]),))
    assert lived.one('SELECT count(*) FROM timely.person') == 0
    assert evidence(lived, '--as-known-at', '2024-04-16') == before
    assert 'person P1, who is no longer in the case database' in ' '.join(timely(lived, 'evidence', 'P1').split())


def test_what_was_redirected_did_not_reach_them(store):
    store.configure(delivery='redirect', redirect_to='pilot@council.example')
    record(store, '2024-03-15 09:30', 'opened')
    tell(store, '2024-03-15 10:00', '2024-03-15 10:05')
    told, = of(evidence(store), 'told')
    assert (told['staff_id'], told['state']) == ('SW1', 'sent') and told['detail'].startswith('redirected to the one mailbox')


def test_readings_that_were_held_then(lived):
    """Rejected on 3 April: what was known before is used until the table is sound, on 9 April."""
    lived.ask("INSERT INTO timely.hold (kind, about, text, opened_at, decided, decided_at, applied_at) VALUES"
              " ('table', 'ssd_person', 'is empty', '2024-04-01 10:00+00', 'rejected', '2024-04-03 10:00+00', '2024-04-09 10:00+00'),"
              " ('calendar', '2024-05-07 added', 'a bank holiday', '2024-04-01 10:00+00', NULL, NULL, NULL)")

    def held(day):
        return [r['detail'] for r in of(evidence(lived, '--as-known-at', f'2024-04-0{day}'), 'held')]
    assert [held(day) for day in (1, 3, 5, 8, 9)] == [['ssd_person: is empty']] * 4 + [[]]
    assert 'Held since 2024-04-01T11:00' in timely(lived, 'evidence', 'P1', '--as-known-at', '2024-04-02')


def test_what_was_wrong_in_the_data_then(lived):
    lived.ask("INSERT INTO timely.finding (person_id, code, origin, text, first_seen_at) VALUES"
              " ('P1', 'no-worker', 'ssd_involvements', 'nobody is responsible', '2024-04-02 09:00+00')")
    assert not of(evidence(lived, '--as-known-at', '2024-04-01'), 'finding')
    found, = of(evidence(lived, '--as-known-at', '2024-04-02'), 'finding')
    assert (found['at'], found['what']) == ('2024-04-02T10:00', 'no-worker') and 'nobody is responsible' in found['detail']
    assert f"2024-04-02T10:00 Finding: no-worker, {found['detail']}" in ' '.join(timely(lived, 'evidence', 'P1').split())
    with pytest.raises(psycopg2.Error, match='can only end'):
        lived.ask("UPDATE timely.finding SET text = 'all is well'")


def test_what_nobody_was_told(lived):
    number = lived.one('SELECT deadline_id FROM timely.deadline WHERE uid = %s', (UID,))
    lived.ask('INSERT INTO timely.notice (deadline_id, due_on, owed_since, rung, staff_id, said_at)'
              " SELECT deadline_id, due_on, owed_since, r.rung, r.staff, '2024-04-03 09:00+00' FROM timely.deadline,"
              " (VALUES ('chair, on the day', ''), ('social-worker, 10 days before', 'SW1')) r (rung, staff) WHERE deadline_id = %s", (number,))
    assert sorted((r['at'], r['rung'], r['staff_id']) for r in of(evidence(lived), 'silent')) == \
        [('2024-04-03T10:00', 'chair, on the day', ''), ('2024-04-03T10:00', 'social-worker, 10 days before', 'SW1')]
    joined = ' '.join(timely(lived, 'evidence', 'P1').split())
    assert '"chair, on the day", for which nobody was left.' in joined
    assert '"social-worker, 10 days before", which had passed before the deadline was known.' in joined


def test_an_answer_cannot_forge_a_line(store):
    store.deadline(store.person('P1'), seen='2024-03-15 10:00')
    meeting(store, store.one('SELECT deadline_id FROM timely.deadline'))
    forged = '2024-03-16T09:00  Told: Name HEAD (HEAD), by a mail at once; sent'
    proposed = 'DTSTART:20240502T090000Z\nDTEND:20240502T100000Z\n'
    take(store, answer('CHAIR', 'TENTATIVE', method='COUNTER', starts=proposed + f'COMMENT:no\\n{forged}\n'))
    said = timely(store, 'evidence', 'P1')
    assert not [line for line in said.splitlines() if line.startswith('2024-03-16T09:00')]
    answered = ' '.join(said.split()).split('Answered: ')[1]
    assert answered.startswith('Name CHAIR (CHAIR): TENTATIVE, and would have it on 2024-05-02T') and forged.split('  ')[1] in answered


def test_a_meeting_its_brothers_and_an_answer(store):
    """A meeting for two; one of them leaves it. The cancellation is about who left, and the answer to an invite is there."""
    for person in ('P1', 'P2'):
        store.deadline(store.person(person), seen='2024-03-15 10:00')
    numbers = [n for n, in store.ask('SELECT deadline_id FROM timely.deadline ORDER BY 1')]
    meeting(store, *numbers)
    put = 'SELECT timely.put_message(%s, %s)'
    message = {'kind': 'invite', 'dedupe': 'invite:1', 'uid': 'm1@council.example', 'sequence': 3, 'staff_id': 'SW1',
               'recipient': 'sw1@council.example', 'subject': 's', 'text': 't', 'message_id': 'i1@x'}
    store.ask(put, (json.dumps(message), '2024-03-20 10:00+00'))
    store.ask("UPDATE timely.outbox SET state = 'sent', settled_at = now()")
    store.ask('DELETE FROM timely.object_deadline WHERE deadline_id = %s', (numbers[1],))
    left = dict(message, kind='cancel', dedupe='cancel:1', sequence=4, message_id='c1@x', about=['P2-icpc-2024-03-14@timely.example'])
    store.ask(put, (json.dumps(left), '2024-03-25 10:00+00'))
    take(store, answer('CHAIR', 'DECLINED'))
    first, second = (evidence(store, person=person) for person in ('P1', 'P2'))
    assert [(r['what'], r['staff_id']) for r in of(first, 'told')] == \
        [('invite', 'SW1'), ('cancel', 'SW1'), *(('alarm', staff) for staff in ('SW1', 'TM1', 'CM'))]
    assert [(r['what'], r['staff_id']) for r in of(second, 'told')] == [('invite', 'SW1'), ('cancel', 'SW1')]
    assert [(r['staff_id'], r['what'], r['state']) for r in of(first, 'answered')] == [('CHAIR', 'REPLY', 'DECLINED')]


def test_what_may_have_arrived_is_said_once_more_and_the_evidence_has_both(store):
    """The server's answer was lost, and before the next try one of two children is another worker's. What is said of the other
    one cannot wait for an answer that will never come: it is said again, in another mail."""
    store = store.without_lists()
    for child in ('P1', 'P2'):
        store.deadline(store.person(child), seen='2024-03-15 09:00')
    store.agenda('2024-03-15 10:00')
    with MailServer(answer='drop') as server:
        by_smtp(store, server)
        assert [outcome for _, outcome in store.deliver('2024-03-15 10:05')] == ['unsure'] and len(server.messages) == 1
    store.allocate('P2', '2024-03-15 10:06', worker_id='SW3', team_id='T2')
    with MailServer() as server:
        by_smtp(store, server)
        store.ask('UPDATE timely.outbox SET not_before = now()')
        assert [outcome for _, outcome in store.deliver('2024-03-15 10:07')] == ['superseded']
        store.agenda('2024-03-15 10:08')
        store.ask('UPDATE timely.outbox SET not_before = now()')
        assert {outcome for _, outcome in store.deliver('2024-03-15 10:09')} == {'sent'}
    first, again = [row for row in of(evidence(store), 'told') if row['staff_id'] == 'SW1']
    assert first['state'] == 'superseded' and first['detail'].startswith('a try before that may have arrived; taken back')
    assert again['state'] == 'sent' and again['rfc_message_id'] != first['rfc_message_id']


def test_people_read_it_from_top_to_bottom(life):
    said = timely(life, 'evidence', 'P1', '--as-known-at', '2024-03-20')
    assert said.startswith('REF-P1, person P1, as known at Wednesday 20 March 2024.\n')
    joined = ' '.join(said.split())
    stood = ('Initial child protection conference (icpc, S47-1), due 2024-04-09: owed; so since 2024-03-20T09:30. Due by Tuesday 9'
             ' April 2024: counted anew.')
    known = '2024-03-15T09:30 Known: Initial child protection conference (icpc, S47-1), due 2024-04-08: opened; owed.'
    told = '2024-03-15T10:00 Told: Name SW1 (SW1), by a digest; sent 2024-03-15T10:05 (written). message 1, Message-ID <'
    places = [joined.index(words) for words in (stood, known, told, 'due 2024-04-08: social-worker, at the start')]
    assert places == sorted(places)


@pytest.mark.parametrize('words, status, said', [
    (['nobody'], 1, 'nothing was ever known of person nobody: expected the number of a person'),
    (['P1', '--as-known-at', '2024-05-02'], 2, 'is still to come'),
    (['P1', '--as-known-at', 'yesterday'], 2, 'expected a day or a minute, such as'),
])
def test_what_cannot_be_answered(life, words, status, said):
    assert said in timely(life, 'evidence', *words, status=status)


ONLY_ADDED_TO = {'notice': 'staff_id', 'message_deadline': 'message_id', 'deadline_history': 'state', 'audit': 'detail',
                 'invite_answer': 'comment', 'acknowledgement': 'reason', 'cover': 'stand_in_id'}


@pytest.fixture(scope='module')
def spoken(pg, life):
    """A copy of that life's store with a row in each of these tables, so that a trigger of each row has one to judge."""
    store = copy.copy(life)
    store.name = f'store{next(pg.numbers)}'
    pg.copy(store.name, life.name)
    number = store.one('SELECT deadline_id FROM timely.deadline WHERE uid = %s', (UID,))
    meeting(store, number)
    take(store, answer('CHAIR', 'DECLINED'))
    store.ask('INSERT INTO timely.acknowledgement (deadline_id, due_on, kind, staff_id, last_day, reason, said_by, said_at)'
              " VALUES (%s, '2024-04-09', 'in-hand', 'SW1', '2024-04-12', 'x', 'by link to SW1', '2024-04-08 09:00+00')", (number,))
    timely(store, 'cover', 'add', 'SW1', '--stand-in', 'SW2')
    return store


@pytest.mark.parametrize('table', ONLY_ADDED_TO)
def test_what_the_evidence_rests_on_is_only_added_to(spoken, table):
    assert spoken.one(f'SELECT count(*) FROM timely.{table}') > 0
    for statement in (f'DELETE FROM timely.{table}', f"UPDATE timely.{table} SET {ONLY_ADDED_TO[table]} = '7'",
                      f'TRUNCATE timely.{table}'):
        with pytest.raises(psycopg2.errors.RaiseException, match='append-only|can only end'):
            spoken.ask(statement)


@pytest.mark.parametrize('table, end', [
    ('acknowledgement', "ended_at = '2024-04-09 09:00+00', ended_because = 'x'"), ('cover', "withdrawn_on = '2024-05-02'")])
def test_what_was_said_ends_once(spoken, table, end):
    spoken.ask(f'UPDATE timely.{table} SET {end}')
    with pytest.raises(psycopg2.errors.RaiseException, match='can only end'):
        spoken.ask(f'UPDATE timely.{table} SET {end}')


@pytest.mark.parametrize('forged', ["subject = 'x'", "body_text = 'x'", "body_html = 'x'", "body_calendar = 'x'",
                                    "recipient = 'x'", "staff_id = 'x'", "rfc_message_id = 'x' || message_id"])
def test_what_a_message_said_is_not_written_anew(lived, forged):
    lived.put('waits')
    for state in ('sent', 'due'):
        with pytest.raises(psycopg2.errors.RaiseException, match='what a message says stands'):
            lived.ask(f'UPDATE timely.outbox SET {forged} WHERE state = %s', (state,))


def test_only_what_is_settled_can_be_emptied(lived):
    waits = lived.put('waits')
    empty = "UPDATE timely.outbox SET subject = '', body_text = '', body_html = NULL WHERE "
    with pytest.raises(psycopg2.errors.RaiseException, match='what a message says stands'):
        lived.ask(empty + 'message_id = %s', (waits,))
    lived.ask(empty + "state = 'sent'")
    assert lived.ask("SELECT DISTINCT subject || body_text FROM timely.outbox WHERE state = 'sent'") == [('',)]
