"""Migrations, imports and the operator's commands against a real PostgreSQL."""
import hashlib
import json
import re

import pytest

from conftest import ROOT, Program

DIRECTORY = """kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to
team,T1,Team One,,,,M1,,,
person,M1,A Manager,m1@example.org,,T1,,,,
person,W1,A Worker,w1@example.org,,T1,,,,
"""
EVENTS = ('event_id,event_type,person_id,occurred_at,precision,recorded_at,voided\n'
          'E1,core_group_held,1,2024-03-01,day,2024-03-01T10:00,false\n')


# ----------------------------------------------------------------------------------------- migrations

def test_migrate_brings_an_empty_store_up_and_says_so(empty_store):
    assert 'run "timely migrate" first' in empty_store('status', status=2).err
    files = sorted(p.name for p in (ROOT / 'sql' / 'store').glob('[0-9]*.sql'))
    assert empty_store('migrate').out == ''.join(f'Applied {name}.\n' for name in files)
    assert empty_store('migrate').out == f'The store is up to date (migration {len(files)}).\n'
    stored = empty_store.ask('SELECT name, sha256 FROM timely.migration ORDER BY number')
    assert stored == [(name, hashlib.sha256((ROOT / 'sql' / 'store' / name).read_bytes()).hexdigest())
                      for name in files]


def test_a_store_of_a_newer_program_is_refused(store):
    store.ask("INSERT INTO timely.migration (number, name, sha256) VALUES (999, '0999_later.sql', '')")
    for command in (['migrate'], ['status'], ['due']):
        assert 'made by a newer timely (it has migration 0999_later.sql' in store(*command, status=2).err


def test_a_migration_that_was_changed_is_found_out(store):
    store.ask("UPDATE timely.migration SET sha256 = 'x' WHERE number = 2")
    assert 'differs from this program' in store('migrate', status=2).err


def test_a_store_that_is_behind_is_refused_and_brought_forward(store):
    last = store.ask('DELETE FROM timely.migration WHERE number = (SELECT max(number) FROM timely.migration)'
                     ' RETURNING number')[0][0]
    assert f'is at migration {last - 1}' in store('status', status=2).err
    assert 'run "timely migrate"' in store('status', status=2).err


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_store):
    empty_store.ask('CREATE SCHEMA timely; CREATE TABLE timely.audit ()')
    assert empty_store('migrate', status=2).err.startswith('timely: migration 0001')
    assert empty_store.ask("SELECT to_regclass('timely.state')") == [(None,)]


# -------------------------------------------------------------------------------------------- imports

def test_import_directory_and_events(store, tmp_path):
    (tmp_path / 'directory.csv').write_text(DIRECTORY)
    (tmp_path / 'events.csv').write_text(EVENTS)
    assert store('import', 'directory', tmp_path / 'directory.csv').err == ''
    assert store.ask('SELECT count(*) FROM timely.staff') == [(2,)]
    store('import', 'events', tmp_path / 'events.csv')
    assert store.ask('SELECT count(*) FROM timely.local_event') == [(1,)]


def test_an_import_that_left_rows_aside_ends_with_1(store, tmp_path):
    (tmp_path / 'events.csv').write_text(EVENTS + 'E2,core_group_held,1,2024-02-30,day,2024-03-01T10:00,false\n')
    said = store('import', 'events', tmp_path / 'events.csv', status=1)
    assert 'events.csv:3' in said.out
    assert store.ask('SELECT count(*) FROM timely.local_event') == [(1,)]


@pytest.mark.parametrize('content', ['event_id\nE1\n', EVENTS + '"half a li', ''])
def test_a_file_that_is_refused_whole_ends_with_2(store, tmp_path, content):
    (tmp_path / 'events.csv').write_text(content)
    assert store('import', 'events', tmp_path / 'events.csv', status=2).err.startswith('timely: ')
    assert store.ask('SELECT count(*) FROM timely.local_event') == [(0,)]


def test_import_ssd_never_goes_by_a_configuration(store, tmp_path):
    assert '--source' in store('import', 'ssd', tmp_path, status=2).err


def test_import_ssd_into_a_named_test_database(pg, tmp_path):
    pg.psql('CREATE DATABASE named', database='postgres')
    pg.psql('CREATE SCHEMA ssd_development', database='named')
    pg.psql(file=ROOT / 'sql' / 'source' / 'ssd-tables.sql', database='named', search_path='ssd_development')
    (tmp_path / 'ssd_department.csv').write_text('dept_team_id,dept_team_name,dept_team_parent_id,'
                                                 'dept_team_parent_name\n1,One,,\n')
    timely = Program('--source', f'host={pg.folder} dbname=named user={pg.user}')
    timely('import', 'ssd', tmp_path)
    assert pg.ask('SELECT count(*) FROM ssd_development.ssd_department', database='named') == [(1,)]


# ---------------------------------------------------------------------------------------------- feeds

@pytest.fixture
def staffed(store, tmp_path):
    (tmp_path / 'directory.csv').write_text(DIRECTORY)
    store('import', 'directory', tmp_path / 'directory.csv')
    return store


def test_an_address_is_shown_once_and_only_its_hash_is_kept(staffed):
    address = staffed('feed', 'add', 'worker', 'W1').out.splitlines()[0]
    token = re.fullmatch(r'http://127\.0\.0\.1:8480/feed/([A-Za-z0-9_-]{43})\.ics', address).group(1)
    kept = staffed.ask('SELECT owner_kind, owner_id, token_hash, revoked_at FROM timely.feed')
    assert kept == [('worker', 'W1', hashlib.sha256(token.encode()).hexdigest(), None)]
    assert staffed.ask('SELECT owner_kind, owner_id FROM timely.feed_dirty') == [('worker', 'W1')]
    assert staffed.ask('SELECT what, detail FROM timely.audit') == [('feed.added', 'feed 1 by root')] or \
        staffed.ask('SELECT what FROM timely.audit') == [('feed.added',)]
    listed = staffed('feed', 'list')
    assert token not in listed.out and 'W1' in listed.out


def test_rotate_gives_another_address_and_revoke_takes_it(staffed):
    staffed('feed', 'add', 'team', 'T1')
    rotated = json.loads(staffed('feed', 'rotate', 'team', 'T1', '--format', 'json').out)[0]
    assert rotated['address'].endswith('.ics') and rotated['owner_id'] == 'T1'
    live = 'SELECT feed_id FROM timely.feed WHERE revoked_at IS NULL'
    assert staffed.ask(live) == [(rotated['feed_id'],)]
    assert staffed('feed', 'revoke', 'team', 'T1').out == '1 feed of team T1 revoked.\n'
    assert staffed.ask(live) == []
    assert 'team T1 has no feed' in staffed('feed', 'revoke', 'team', 'T1', status=1).err
    assert 'team T1 has no feed' in staffed('feed', 'rotate', 'team', 'T1', status=1).err
    rows = staffed('feed', 'list', '--format', 'csv').rows()
    assert len(rows) == 2 and all(r['revoked_at'] for r in rows)


def test_nobody_unknown_gets_a_feed(staffed):
    assert 'worker W9 is not known: expected a member of staff' in staffed('feed', 'add', 'worker', 'W9', status=1).err
    assert staffed.ask('SELECT count(*) FROM timely.feed') == [(0,)]


def test_nobody_who_has_left_gets_a_feed(staffed):
    staffed('feed', 'add', 'worker', 'W1')
    staffed.ask("UPDATE timely.staff SET active_to = '2024-04-01' WHERE professional_id = 'W1'")
    for command in (['add', 'worker', 'W1'], ['add', 'worker', 'W1', '--mail'], ['add', 'team', 'T1', '--for', 'W1'],
                    ['rotate', 'worker', 'W1']):
        assert 'W1 has left, on Monday 1 April 2024' in staffed('feed', *command, status=1).err
    assert staffed.ask('SELECT owner_id, revoked_at FROM timely.feed') == [('W1', None)]
    assert staffed.ask('SELECT count(*) FROM timely.outbox') == [(0,)]


def test_who_begins_later_may_have_an_address_but_no_mail(staffed):
    staffed.ask("UPDATE timely.staff SET active_from = '2099-01-01' WHERE professional_id = 'W1'")
    assert 'W1 begins on Thursday 1 January 2099' in staffed('feed', 'add', 'worker', 'W1', '--mail', status=1).err
    assert '/feed/' in staffed('feed', 'add', 'worker', 'W1').out


# --------------------------------------------------------------------------------------------- outbox

def put_message(store, number, state='due', age='0 days'):
    store.ask("INSERT INTO timely.outbox (kind, dedupe, staff_id, recipient, subject, body_text, rfc_message_id, state,"
              " put_at, not_before, settled_at, given_up, last_answer) VALUES ('digest', %s, 'W1', 'w1@example.org', 'Secret word',"
              " E'Line one\\nLine \\u202e two\\e[31m', %s, %s, now() - %s::interval, now() - %s::interval,"
              " CASE WHEN %s <> 'due' THEN now() END, %s IN ('refused', 'expired'), '550 no such user')",
              [f'd{number}', f'<{number}@x>', state, age, age, state, state])


def test_the_list_has_no_texts_and_show_makes_them_safe(store):
    put_message(store, 1)
    listed = store('outbox')
    assert 'Secret' not in listed.out and 'example.org' not in listed.out and 'W1' in listed.out
    assert store('outbox', 'list').out == listed.out
    shown = store('outbox', 'show', 1).out
    assert 'Subject: Secret word' in shown and 'Line one\n' in shown
    assert '\u202e' not in shown and '\x1b' not in shown
    assert json.loads(store('outbox', 'show', '1', '--format', 'json').out)[0]['subject'] == 'Secret word'
    assert 'there is no message 7' in store('outbox', 'show', 7, status=1).err


def test_retry_takes_only_what_was_given_up(store):
    for number, state in enumerate(('due', 'refused', 'expired', 'sent'), 1):
        put_message(store, number, state)
    assert store('outbox', '--state', 'refused', '--format', 'csv').rows()[0]['message_id'] == '2'
    for number in (2, 3):
        store('outbox', 'retry', number)
    for number in (1, 4, 9):
        store('outbox', 'retry', number, status=1)
    assert store.ask('SELECT state FROM timely.outbox ORDER BY message_id') == [('due',), ('due',), ('due',), ('sent',)]
    assert store.ask('SELECT what, message_id FROM timely.audit ORDER BY 2') == [('message.retried', 2),
                                                                                 ('message.retried', 3)]


# ------------------------------------------------------------------------------------ holds and status

def test_a_hold_is_shown_and_decided_once(store):
    assert store('hold', 'show').out == 'Nothing is held.\n'
    store.ask("INSERT INTO timely.hold (kind, about, text, opened_at) VALUES"
              " ('table', 'ssd_person', 'ssd_person is empty', now()), ('mass-change', 'x', 'half is gone', now())")
    assert 'ssd_person is empty' in store('hold', 'show').out
    store('hold', 'confirm', 1)
    assert 'there is no open hold 1' in store('hold', 'reject', 1, status=1).err
    store('hold', 'reject', 2)
    assert store.ask('SELECT decided, decided_by IS NOT NULL FROM timely.hold ORDER BY 1') == [
        ('confirmed', True), ('rejected', True)]
    assert store.ask('SELECT what FROM timely.audit ORDER BY audit_id') == [('hold.confirmed',), ('hold.rejected',)]


def test_all_readings_are_decided_together_and_no_change_of_the_calendar(store):
    assert 'no reading is held' in store('hold', 'confirm', 'all', status=1).err
    store.ask("INSERT INTO timely.hold (kind, about, text, opened_at) VALUES"
              " ('table', 'ssd_person', 'is empty', now()), ('calendar', '2024-05-10', 'a new bank holiday', now()),"
              " ('mass-change', 'x', 'half is gone', now())")
    said = store('hold', 'confirm', 'all').out
    assert 'Hold 1 is confirmed' in said and 'Hold 3 is confirmed' in said
    assert store.ask('SELECT decided FROM timely.hold ORDER BY hold_id') == [('confirmed',), (None,), ('confirmed',)]
    assert 'expected the number of a hold' in store('hold', 'confirm', 'everything', status=2).err


def test_several_holds_are_decided_by_their_numbers(store):
    store.ask("INSERT INTO timely.hold (kind, about, text, opened_at)"
              " SELECT 'table', n::text, 'is empty', now() FROM generate_series(1, 4) n")
    store('hold', 'reject', '1,3')
    again = store('hold', 'confirm', '3,4', status=1)
    assert again.out.startswith('Hold 4 is confirmed') and 'there is no other open hold 3,4' in again.err
    assert store.ask('SELECT decided FROM timely.hold ORDER BY hold_id') == [('rejected',), (None,), ('rejected',), ('confirmed',)]
    for slip in ('2,', ',2', '2,,2', '2, 1', 'all,2'):
        assert 'expected the number of a hold' in store('hold', 'reject', slip, status=2).err


def test_status_is_unwell_for_a_reason(store):
    assert 'no daemon has run on this store yet' in store('status', status=1).out
    store.ask('UPDATE timely.state SET heartbeat_at = now()')
    assert store('status').out.startswith('All is well.')
    store.ask("UPDATE timely.state SET heartbeat_at = now() - interval '3 minutes'")
    assert 'not heard of for more than two minutes' in store('status', status=1).out
    store.ask('UPDATE timely.state SET heartbeat_at = now()')
    store.ask("INSERT INTO timely.hold (kind, about, text, opened_at) VALUES ('table', 'x', 'x', now())")
    assert 'timely hold show' in store('status', status=1).out
    store.ask("UPDATE timely.hold SET decided = 'rejected'")
    put_message(store, 1, 'refused')
    said = json.loads(store('status', '--format', 'json', status=1).out)
    assert said['well'] is False and len(said['problems']) == 1 and said['outbox_refused'] == 1
    assert said['codes'] == ['message-refused'] and 'code,message-refused\n' in store('status', '--format', 'csv', status=1).out
    store.ask("UPDATE timely.outbox SET settled_at = now() - interval '8 days'")
    store('status')


def test_messages_that_wait_too_long_are_unwell_only_when_something_is_sent(store):
    store.ask('UPDATE timely.state SET heartbeat_at = now()')
    put_message(store, 1, 'due', '2 hours')
    store('status')
    store.ask('UPDATE timely.expected SET sends = true')  # as a daemon says that is configured to
    assert 'wait for more than an hour' in store('status', status=1).out


def test_status_goes_by_the_clock_of_the_store(store):
    store.ask("UPDATE timely.state SET heartbeat_at = now(),"
              " real_anchor_us = (extract(epoch FROM now()) * 1000000)::bigint,"
              " business_anchor_us = (extract(epoch FROM timestamptz '2024-04-02 08:00+00') * 1000000)::bigint")
    assert 'Business time: 2024-04-02T09:0' in store('status').out


def test_commands_work_on_a_store_without_anything(store):
    assert store('due').out.startswith('Nothing of the kind')
    assert store('findings').out == 'No findings.\n'
    assert store('outbox').out == 'No messages.\n'
    assert store('feed', 'list').out == 'No feeds.\n'
    assert store('findings', '--format', 'csv').out == 'person_id,code,origin,ref,text\n'
    rows = store('timeliness', '--measure', 'm-ccr', '--from', '2024-01', '--to', '2024-02', '--format', 'csv').rows()
    assert [(r['month'], r['held'], r['percent']) for r in rows] == [('2024-01', '0', ''), ('2024-02', '0', '')]


def test_what_cannot_be_used_of_a_booking_is_a_finding(staffed):
    """Of the case system's own bookings as of those of a file; and only of meetings ahead."""
    staffed.ask("INSERT INTO timely.person (person_id, accepted_at) VALUES ('1', now())")
    for ref, at, ends, url, attendees in [('B1', '2099-05-13 14:00', '2099-05-13 12:00', 'http://x y/', 'W1 W9'),
                                          ('B2', '2099-05-14 14:00', '2099-05-14 15:30', 'https://teams.example/1', 'W1'),
                                          ('B3', '2009-05-14 14:00', '2009-05-14 12:00', 'none', 'W9')]:
        staffed.ask('INSERT INTO timely.fact (person_id, kind, ref, at, precise, meeting, code, origin, scheduled_at, ends_at,'
                    " url, attendees) VALUES ('1', 'meeting-booked', %s, '2009-04-02', false, %s, 'icpc', 'timely_event', %s, %s,"
                    ' %s, %s)', (ref, f'M-{ref}', at, ends, url, attendees))
    staffed.ask('INSERT INTO timely.local_event (event_id, event_type, person_id, occurred_at, precision, scheduled_for,'
                " recorded_at, online_url, voided, from_where) VALUES ('L1', 'meeting_booked', '1', '2009-04-02', 'day',"
                " '2099-05-13 14:00', '2009-04-02', 'ask Ann', false, 'x')")
    found = [(r['origin'], r['ref'], r['text'].split(' ')[0]) for r in staffed('findings', '--format', 'csv').rows()
             if r['code'] == 'unusable-booking' and r['person_id'] == '1']
    assert found == [('local_event', 'L1', 'online_url'), ('timely_event', 'B1', 'attendees'), ('timely_event', 'B1', 'ends_at'),
                     ('timely_event', 'B1', 'online_url')]
    assert 'unusable-booking' not in staffed('findings', '--person', '2').out


def test_rows_left_aside_are_findings(store):
    store.ask("INSERT INTO timely.finding (person_id, code, origin, ref, text, first_seen_at, resolved_at) VALUES"
              " (NULL, 'faulty-row', 'ssd_person', 'k1', 'the row has no date', now(), NULL),"
              " ('1', 'faulty-row', 'ssd_person', 'k2', 'the row has no key', now(), NULL),"
              " ('2', 'faulty-row', 'ssd_person', 'k3', 'gone', now(), now())")
    assert [r['ref'] for r in store('findings', '--format', 'csv').rows()] == ['k1', 'k2']
    assert [r['ref'] for r in store('findings', '--person', '1', '--format', 'csv').rows()] == ['k2']
