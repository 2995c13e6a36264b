"""From the outbox to people: what is sent to whom, what is not, and what a crash or a server's refusal leaves behind."""
import email
import email.policy
import json
import socket
import time

import pytest

from smtp_server import MailServer, by_smtp
from telling import ROOT, Fibers, audit, wait_for

from dovecot import Tokens  # on the path by telling


def in_maildir(store):
    return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(store.maildir.glob('new/*'))]


def test_into_a_maildir_with_an_audit(store):
    message = store.put('summary:SW1')
    assert store.deliver() == [(str(message), 'sent')]
    mail, = in_maildir(store)
    assert mail['To'].addresses[0].addr_spec == 'sw1@council.example' and mail['Message-ID'] == '<summary.SW1@council.example>'
    assert 'Words.' in mail.get_body(('plain',)).get_content()
    (what, staff, detail), = audit(store, message)
    assert (what, staff) == ('message.sent', 'SW1')
    assert 'sha256=' in detail and 'Words' not in detail and '@' not in detail
    assert store.state(message) == 'sent' and store.deliver() == []


def test_off_claims_nothing(store):
    message = store.put('summary:SW1')
    store.configure(delivery='off')
    assert store.deliver() == [] and store.state(message) == 'due'


def test_redirect_to_one_mailbox(store):
    store.put('summary:SW1')
    store.put('operator:x', kind='operator', staff=None)
    store.configure(delivery='redirect', redirect_to='pilot@elsewhere.example')
    assert {outcome for _, outcome in store.deliver()} == {'sent'}
    mails = {mail['Subject']: mail for mail in in_maildir(store)}
    assert set(mails) == {'[for SW1] About summary:SW1', '[for the operator] About operator:x'}
    assert {mail['To'] for mail in mails.values()} == {'pilot@elsewhere.example'}
    first = mails['[for SW1] About summary:SW1']
    assert first.get_body(('plain',)).get_content().startswith('Redirected: ')
    assert 'this message is for SW1' in first.get_body(('html',)).get_content()


def test_only_allowed_domains(store):
    message = store.put('summary:SW1', recipient='sw1@elsewhere.example')
    assert store.deliver()[0] == (str(message), 'refused')
    assert store.state(message) == 'refused' and in_maildir(store)[0]['Subject'] == 'timely: a message was refused'
    assert audit(store, message)[0][0] == 'message.refused'
    assert 'allowed' in store.one('SELECT last_answer FROM timely.outbox WHERE message_id = %s', (message,))


def test_a_refusal_is_final_and_the_operator_hears_once_a_day(store):
    with MailServer(at_recipient='550 5.1.1 no such user') as server:
        by_smtp(store, server)
        messages = [store.put(f'summary:{staff}', staff=staff) for staff in ('SW1', 'SW2')]
        assert store.deliver()[:2] == [(str(message), 'refused') for message in messages]
    # The operator's own mail is refused too, and makes no further one.
    assert store.ask("SELECT kind, state FROM timely.outbox ORDER BY message_id") == \
        [('summary', 'refused')] * 2 + [('operator', 'refused')]
    text = store.one("SELECT body_text FROM timely.outbox WHERE kind = 'operator'")
    assert f'Message {messages[0]}' in text and '@' not in text


@pytest.fixture
def tokens():
    tokens = Tokens('timely')
    yield tokens
    tokens.stop()


def with_tokens(store, tokens, secret=None):
    (store.folder / 'secret').write_text((secret or tokens.secret) + '\n', encoding='utf-8')
    with open(store.config, 'a', encoding='utf-8') as config:
        config.write(f'oauth:\n  token url: http://127.0.0.1:{tokens.port}/token\n  client id: {tokens.client}\n'
                     '  client secret file: secret\n')


def test_a_token_instead_of_a_password(store, tokens):
    """One for all messages, as long as the server takes it."""
    with MailServer(login='235 in') as server:
        by_smtp(store, server, smtp_user='timely')
        with_tokens(store, tokens)
        messages = [store.put(f'summary:{staff}', staff=staff) for staff in ('SW1', 'SW2')]
        assert store.deliver() == [(str(message), 'sent') for message in messages]
        assert len(tokens.given) == 1 and set(server.tokens) == {f'auth=Bearer {tokens.given[0]}'}
    with MailServer(login='535 5.7.8 no') as server:
        by_smtp(store, server, smtp_user='timely')
        with_tokens(store, tokens)
        message = store.put('summary:SW3', staff='SW3')
        assert store.deliver() == [(str(message), 'retry')]


def test_no_token_no_mail(store, tokens):
    with MailServer(login='235 in') as server:
        by_smtp(store, server, smtp_user='timely')
        with_tokens(store, tokens, 'a wrong secret')
        message = store.put('summary:SW1')
        assert store.deliver() == [(str(message), 'retry')]
        assert not server.tokens
    said = store.one('SELECT last_answer FROM timely.outbox WHERE message_id = %s', (message,))
    assert 'no token' in said and 'invalid_client' in said and 'wrong' not in said
    store.ask("UPDATE timely.state SET heartbeat_at = now(), read_at = now(); UPDATE timely.expected SET sends = true")
    late = store.ask("SELECT code FROM timely.self_audit('2024-04-09', '2024-04-09 10:00') WHERE code = 'message-late' AND count > 0")
    assert late, 'a try that cannot begin is one'


def test_a_busy_server_is_tried_again_later(store):
    with MailServer(answer='451 later') as server:
        by_smtp(store, server)
        message = store.put('summary:SW1')
        assert store.deliver() == [(str(message), 'retry')]
        assert store.deliver() == [], 'not at once'
        wait = store.one('SELECT extract(epoch FROM not_before - now()) FROM timely.outbox')
        assert 20 < wait <= 30
        store.ask('UPDATE timely.outbox SET not_before = now()')
        store.deliver()
        assert 110 < store.one('SELECT extract(epoch FROM not_before - now()) FROM timely.outbox') <= 120
        store.ask('UPDATE timely.outbox SET not_before = now(), attempts = 50')
        store.deliver()
        assert 3500 < store.one('SELECT extract(epoch FROM not_before - now()) FROM timely.outbox') <= 3600
        server.answer = '250 taken'
        store.ask('UPDATE timely.outbox SET not_before = now()')
        assert store.deliver() == [(str(message), 'sent')]
        assert len({mail['Message-ID'] for mail in server.messages}) == 1


def test_a_lost_answer_may_be_a_repeat(store):
    with MailServer(answer='drop') as server:
        by_smtp(store, server)
        message = store.put('summary:SW1')
        assert store.deliver() == [(str(message), 'unsure')]
        server.answer = '250 taken'
        store.ask('UPDATE timely.outbox SET not_before = now()')
        assert store.deliver() == [(str(message), 'sent')]
        assert [mail['Message-ID'] for mail in server.messages] == ['<summary.SW1@council.example>'] * 2
    assert 'repeat=t' in audit(store, message)[0][2]


def test_the_oldest_goes_first(store):
    """Also where a later one was due at once and the older one had to be tried again."""
    messages = [store.put(f'summary:{n}', staff=None, kind='operator', put_at=put_at, not_before=not_before)
                for n, put_at, not_before in ((2, '2024-04-01T10:00Z', '2024-01-02'), (1, '2024-04-01T09:00Z', '2024-01-03'),
                                              (3, '2024-04-01T11:00Z', '2024-01-01'))]
    assert [int(number) for number, _ in store.deliver()] == [messages[1], messages[0], messages[2]]


def test_no_server_is_away(store):
    with socket.create_server(('127.0.0.1', 0)) as nobody:
        port = nobody.getsockname()[1]
    store.configure(delivery='live', allowed_domains='council.example', maildir=None, smtp_url=f'smtp://127.0.0.1:{port}',
                    smtp_require_tls='no')
    message = store.put('summary:SW1')
    assert store.run('deliver', '2024-04-02 10:00').split() == [f'message={message}', 'outcome=retry', 'away']
    assert store.state(message) == 'due'


def test_what_the_server_has_put_off_for_days_is_given_up(store):
    message = store.put('summary:SW1', attempts=10)
    with MailServer(at_recipient='450 not now') as server:
        by_smtp(store, server)
        assert store.deliver('2024-04-05 09:00') == [(str(message), 'retry')], 'three days are not over'
        store.ask('UPDATE timely.outbox SET not_before = now()')
        assert store.deliver('2024-04-06 10:00')[0] == (str(message), 'expired')
    assert store.state(message) == 'expired'
    assert store.one("SELECT subject FROM timely.outbox WHERE kind = 'operator'") == 'timely: a message was given up'


def test_what_has_waited_for_long_is_not_given_up_before_the_server_has_put_it_off_ten_times(store):
    """As after weeks without a server, which then takes nobody's first try."""
    message = store.put('summary:SW1', attempts=9)
    with MailServer(at_recipient='450 not now') as server:
        by_smtp(store, server)
        assert store.deliver('2024-04-30 09:00') == [(str(message), 'retry')]
        store.ask('UPDATE timely.outbox SET not_before = now()')
        assert store.deliver('2024-04-30 09:10')[0] == (str(message), 'expired')


def test_a_colleague_whom_an_older_reading_of_the_directory_does_not_have_gets_their_mail(store):
    with Fibers(store, '2024-04-02 10:00'):
        first = store.put('summary:SW1')
        wait_for(lambda: store.state(first) == 'sent')
        store.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('NEW', 'Name NEW', 'new@council.example', 'T1')")
        theirs = store.put('summary:NEW', staff='NEW')
        wait_for(lambda: store.one('SELECT settled_at IS NOT NULL FROM timely.outbox WHERE message_id = %s', (theirs,)))
    assert store.state(theirs) == 'sent'


def test_after_an_outage_of_weeks_nothing_is_given_up(store):
    """A server that was away, and one that is busy as it returns, are not the message's fault. A Monday list is overtaken by the
    next."""
    message = store.put('summary:SW1', attempts=50)
    weekly = store.put('weekly:SW1', kind='weekly')
    with MailServer(greeting='421 busy') as server:
        by_smtp(store, server)
        outcomes = store.deliver('2024-04-20 10:00')
        assert sorted(outcomes) == [(str(message), 'retry'), (str(weekly), 'superseded')]
    store.ask('UPDATE timely.outbox SET not_before = now()')
    with MailServer() as server:
        by_smtp(store, server)
        assert store.deliver('2024-04-20 10:00') == [(str(message), 'sent')]


@pytest.mark.parametrize('server, away', [
    ({'greeting': '421 busy'}, True),
    ({'at_recipient': '450 greylisted'}, False),
    ({'at_recipient': '421 closing'}, True),
    ({'answer': '451 later'}, True),
    ({'answer': 'drop'}, True),
    ({'answer': '554 5.6.0 no'}, False),
    ({'at_recipient': '550 5.7.1 Unable to relay'}, False),
])
def test_a_server_that_takes_nothing_is_asked_more_slowly(store, server, away):
    """One that puts off a recipient, or refuses a message, may take others."""
    with MailServer(**server) as server:
        by_smtp(store, server)
        store.put('summary:SW1', kind='operator', staff=None)
        assert (store.run('deliver', '2024-04-02 10:00').split()[-1] == 'away') == away


def test_a_mailbox_that_is_gone_holds_up_nobody_elses_mail(store):
    """Such an answer may be about everybody; but the others are tried."""
    with MailServer(to={'sw1@council.example': '550 5.4.1 Recipient address rejected: Access denied'}) as server:
        by_smtp(store, server)
        for number in range(14):
            store.put(f'summary:SW1:{number}', put_at='2024-04-02T08:00Z')
        other = store.put('summary:SW2', staff='SW2', put_at='2024-04-02T08:01Z')
        with Fibers(store, '2024-04-02 09:30'):
            wait_for(lambda: store.state(other) == 'sent')
        assert len(server.recipients) >= 15


def test_what_may_be_said_to_everybody_is_never_given_up(store):
    """A relay that no longer knows us over a long Easter."""
    message = store.put('summary:SW1', attempts=10)
    with MailServer(at_recipient='550 5.7.1 Unable to relay') as server:
        by_smtp(store, server)
        assert store.deliver('2024-04-09 10:00') == [(str(message), 'retry')]
        assert store.state(message) == 'due'


def test_who_alone_is_refused_for_days_is_given_up(store):
    """As others get theirs between."""
    with MailServer(to={'sw1@council.example': '550 5.7.1 not allowed'}) as server:
        by_smtp(store, server)
        messages = [store.put(f'summary:{n}', staff=whom, put_at=f'2024-04-02T08:0{n}Z', attempts=10)
                    for n, whom in enumerate(('SW1', 'SW2', 'SW1'))]
        assert store.deliver('2024-04-06 10:00')[:3] == list(zip(map(str, messages), ('retry', 'sent', 'expired')))


def test_who_left_gets_nothing_but_cancellations(store):
    store.ask("UPDATE timely.staff SET active_to = '2024-04-01' WHERE professional_id = 'SW1'")
    golden = (ROOT / 'tests' / 'messages' / 'golden' / 'invite-cancel.ics').read_bytes().decode()
    digest = store.put('digest:SW1:x', kind='digest')
    cancel = store.put('cancel:o:SW1:1', kind='cancel', body_calendar=golden.replace('ivy.hart@', 'sw1@'))
    assert dict(store.deliver()) == {str(digest): 'superseded', str(cancel): 'sent'}
    part, = [part for part in in_maildir(store)[0].walk() if part.get_content_type() == 'text/calendar']
    assert part.get_param('method') == 'CANCEL'


def test_point_70_what_calendars_would_not_take_is_kept_back_and_the_operator_told(store):
    golden = (ROOT / 'tests' / 'messages' / 'golden' / 'invite-cancel.ics').read_bytes().decode()
    cancel = store.put('cancel:o:SW1:1', kind='cancel', body_calendar=golden)  # it names somebody else
    assert dict(store.deliver())[str(cancel)] == 'refused'
    mail, = in_maildir(store)
    assert mail['To'].addresses[0].addr_spec == 'operator@council.example'
    assert 'not among the ATTENDEEs' in ' '.join(mail.get_body(('plain',)).get_content().split())


def test_an_overtaken_digest_is_dropped(store):
    deadline = store.deadline(store.person('P1'), seen='2024-03-15 10:00')
    other = store.deadline(store.person('P2'), seen='2024-03-15 10:00')
    store.agenda('2024-03-15 10:00')
    digest = store.one("SELECT message_id FROM timely.outbox WHERE kind = 'digest'")
    store.ask("UPDATE timely.deadline SET state = 'met' WHERE deadline_id = %s", (deadline,))
    store.ask("UPDATE timely.person SET worker_id = 'SW2' WHERE person_id = 'P2'")
    assert store.deliver('2024-03-15 10:05') == [(str(digest), 'superseded')]
    assert in_maildir(store) == [] and other


def test_what_was_owed_before_it_is_not_said_beside_what_is_owed_again(store):
    deadline = store.deadline(store.person('P1'), seen='2024-03-15 10:00')
    store.agenda('2024-03-15 10:00')
    digest = store.one("SELECT message_id FROM timely.outbox WHERE kind = 'digest'")
    store.ask("UPDATE timely.deadline SET owed_since = '2024-03-15 10:03' WHERE deadline_id = %s", (deadline,))
    assert store.deliver('2024-03-15 10:05') == [(str(digest), 'superseded')]
    assert in_maildir(store) == []


def test_a_digest_with_one_line_left_goes(store):
    store.deadline(store.person('P1'))
    met = store.deadline(store.person('P2'))
    store.agenda('2024-03-15 10:00')
    store.ask("UPDATE timely.deadline SET state = 'met' WHERE deadline_id = %s", (met,))
    assert [outcome for _, outcome in store.deliver('2024-03-15 10:05')] == ['sent']
    message = store.one('SELECT message_id FROM timely.outbox')
    assert 'icpc/1' in audit(store, message)[0][2], 'under which rule'


def test_of_several_digests_that_wait_the_newest_says_all(store):
    """After days without a mail server: one mail, with what still stands, also when what was new in it is over by then."""
    store.deadline(store.person('P1'), seen='2024-03-15 10:00')
    store.agenda('2024-03-15 10:00')
    last = store.deadline(store.person('P2'), seen='2024-03-18 10:00')
    store.agenda('2024-03-18 10:00')
    store.ask("UPDATE timely.deadline SET state = 'met' WHERE deadline_id = %s", (last,))
    older, newer = [number for number, in store.ask("SELECT message_id FROM timely.outbox WHERE kind = 'digest' ORDER BY 1")]
    assert store.deliver('2024-03-18 10:05') == [(str(newer), 'sent')] and store.state(older) == 'superseded'
    mail, = in_maildir(store)
    assert 'REF-P1' in mail.get_body(('plain',)).get_content()
    assert store.one('SELECT count(*) FROM timely.message_deadline WHERE message_id = %s', (newer,)) == 2, 'it is evidence for both'


@pytest.fixture
def invited(store):
    """An object that SW1 and SW2 hold."""
    number = store.one("INSERT INTO timely.calendar_object (uid, kind, status, timescale, starts_on, content_hash, changed_at)"
                       " VALUES ('u1', 'hold', 'live', 'icpc', '2024-04-08', 'x', now()) RETURNING object_id")
    for staff in ('SW1', 'SW2'):
        store.ask("INSERT INTO timely.invite_holder VALUES (%s, %s, 'x@council.example', 1)", (number, staff))
    return number


# Points: 56
def test_invites_go_in_the_order_of_their_sequence(store, invited):
    later = store.put('invite:u1:SW1:2', kind='invite', object_id=invited, sequence=2, not_before='2023-01-01')
    first = store.put('invite:u1:SW1:1', kind='invite', object_id=invited, sequence=1, not_before='2024-01-01')
    other = store.put('invite:u1:SW2:2', kind='invite', staff='SW2', object_id=invited, sequence=2)
    assert sorted(store.deliver()) == sorted((str(m), 'sent') for m in (later, first, other))
    order = [number for number, in store.ask("SELECT message_id FROM timely.audit ORDER BY audit_id")]
    assert order.index(first) < order.index(later)
    assert store.ask('SELECT staff_id, sequence_sent FROM timely.invite_holder ORDER BY 1') == [('SW1', 2), ('SW2', 2)]


# Points: 56
def test_an_update_waits_for_the_invite_before_it(store, invited):
    store.put('invite:u1:SW1:1', kind='invite', object_id=invited, sequence=1, not_before='2999-01-01')
    store.put('invite:u1:SW1:2', kind='invite', object_id=invited, sequence=2)
    assert store.deliver() == []


def test_an_invite_to_who_no_longer_holds_it_is_dropped(store, invited):
    store.ask("DELETE FROM timely.invite_holder WHERE staff_id = 'SW1'")
    message = store.put('invite:u1:SW1:1', kind='invite', object_id=invited, sequence=1)
    assert store.deliver() == [(str(message), 'superseded')]


def test_a_version_that_was_refused_does_not_go_after_a_later_one(store, invited):
    first = store.put('invite:u1:SW1:1', kind='invite', object_id=invited, sequence=1, not_before='2023-01-01')
    store.ask("UPDATE timely.outbox SET state = 'refused', given_up = true, settled_at = now()")
    later = store.put('invite:u1:SW1:2', kind='invite', object_id=invited, sequence=2)
    assert store.deliver() == [(str(later), 'sent')]
    store.ask("UPDATE timely.outbox SET state = 'due', given_up = false, settled_at = NULL, not_before = now() WHERE message_id = %s",
              (first,))  # timely outbox retry
    assert store.deliver() == [(str(first), 'superseded')]


def test_an_older_version_that_leaves_beside_a_later_one_is_not_the_newest(store, invited):
    """Sent again by a person while the later one was under way: which of them is answered last decides nothing."""
    older = store.put('invite:u1:SW1:1', kind='invite', object_id=invited, sequence=1)
    with MailServer() as server:
        by_smtp(store, server)
        server.gate.clear()
        with Fibers(store, '2024-04-02 10:00'):
            wait_for(lambda: server.messages)
            store.ask("UPDATE timely.invite_holder SET sequence_sent = 2 WHERE staff_id = 'SW1'")
            server.gate.set()
            wait_for(lambda: store.state(older) == 'sent')
    assert store.one("SELECT sequence_sent FROM timely.invite_holder WHERE staff_id = 'SW1'") == 2


def test_a_cancellation_follows_what_may_have_arrived(store, invited):
    """The answer to the invite was lost, and its next try was refused."""
    invite = store.put('invite:u1:SW1:1', kind='invite', object_id=invited, sequence=1)
    cancel = {'uid': 'u1', 'kind': 'cancel', 'staff_id': 'SW1', 'sequence': 2, 'recipient': 'sw1@council.example', 'subject': 's',
              'text': 't', 'dedupe': 'cancel:u1:SW1:2', 'message_id': 'c@x'}
    for may_have_arrived in (False, True):
        store.ask("UPDATE timely.outbox SET state = 'refused', given_up = true, settled_at = now(), maybe_repeat = %s", (may_have_arrived,))
        store.ask('SELECT timely.put_message(%s, now())', (json.dumps(cancel),))
        assert store.ask("SELECT state FROM timely.outbox WHERE kind = 'cancel'") == [('due',)] * may_have_arrived
    assert store.state(invite) == 'refused'


def test_what_cannot_be_composed_is_refused(store):
    message = store.put('summary:SW1', recipient='not an address')
    store.configure(delivery='redirect', redirect_to='pilot@council.example')
    assert store.deliver()[0][1] == 'sent', 'redirected, the address does not matter'
    store.configure(delivery='live', allowed_domains='council.example')
    message = store.put('summary:SW2', staff='SW2', subject='two\nlines')
    assert store.deliver()[0] == (str(message), 'refused')


def test_what_is_in_flight_is_finished_when_the_daemon_stops(store):
    with MailServer() as server:
        by_smtp(store, server, mails_at_once=3)
        server.gate.clear()
        messages = [store.put(f'summary:{number}') for number in range(5)]
        with Fibers(store, '2024-04-02 10:00') as fibers:
            wait_for(lambda: server.messages)
            fibers.stop()
            time.sleep(0.3)
            server.gate.set()
        states = [store.state(message) for message in messages]
        sent = len(server.messages)
    assert 'handing_over' not in states and states.count('sent') == sent and 'due' in states


def test_fibers_from_a_deadline_to_a_mail_across_a_restart_of_the_store(store):
    store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) VALUES ('worker', 'SW1', 't', now(), 'x')")
    store.deadline(store.person('P1'), seen='2024-03-15 09:00')
    with Fibers(store, '2024-03-15 10:00'):
        wait_for(lambda: len(in_maildir(store)) == 1)
        wait_for(lambda: store.ask('SELECT 1 FROM timely.feed_body'))
        store.pg.restart()
        store.deadline(store.person('P2', worker='SW2'), seen='2024-03-15 09:00')
        store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) VALUES ('worker', 'SW2', 'u', now(), 'x')")
        store.ask("INSERT INTO timely.feed_dirty VALUES ('worker', 'SW2')")
        wait_for(lambda: len(store.ask('SELECT 1 FROM timely.feed_body')) == 2)
        wait_for(lambda: len(in_maildir(store)) == 2, 60)
    assert store.ask("SELECT count(*) FROM timely.outbox WHERE state <> 'sent'") == [(0,)]


@pytest.mark.parametrize('waiting', [False, True])
def test_idle_means_idle(store, waiting):
    """With nothing due the store is asked now and then: not when it is empty, nor when one message waits for another."""
    if waiting:
        store.put('first', 'invite', object_id=1, sequence=1)
        store.ask("UPDATE timely.outbox SET not_before = now() + interval '1 hour'")
        store.put('second', 'invite', object_id=1, sequence=2)
    asked = ("SELECT coalesce(sum(xact_commit), 0) FROM pg_stat_database WHERE datname = current_database()")
    with Fibers(store, '2024-04-02 10:00'):
        wait_for(lambda: store.one("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%deliver%'") >= 2)
        time.sleep(1.5)  # they have looked, and what they counted is written down
        before = store.one(asked)
        time.sleep(4)
        assert store.one(asked) - before < 60


def test_one_agenda_a_store(store):
    """The second daemon waits; it takes over when the first one is gone."""
    with Fibers(store, '2024-03-15 10:00') as first:
        wait_for(lambda: store.ask('SELECT 1 FROM timely.leader WHERE expires_at > now()'))
        with Fibers(store, '2024-03-15 10:00') as second:
            while 'lead.standing_by' not in (line := second.stderr.readline()):
                assert line, 'it ended'
            store.deadline(store.person('P1'), seen='2024-03-15 09:00')  # the first one has looked already
            first.stop()
            first.process.wait(60)
            wait_for(lambda: len(in_maildir(store)) == 1)
