"""The right person at the moment of sending: what a mail that waits says of a child who is nothing for its reader by then does
not leave, the rest is said anew, and nothing of it is lost.

Mails wait because the mail server was away; meanwhile the case database went on.
"""
import email
import email.policy
import re

import pytest

from telling import audit, told

MONDAY = '2024-04-08 09:00'


@pytest.fixture
def store(store):
    store.configure(delivery='live', allowed_domains='council.example')
    return store.without_lists()


def arrived(store):
    """{reader: texts}, in the order in which they came."""
    mails = {}
    for path in sorted((store.maildir / 'new').glob('*')) if store.maildir.exists() else []:
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        reader = mail['To'].addresses[0].username.upper()
        mails.setdefault(reader, []).append(' '.join(mail.get_body(('plain',)).get_content().split()))
    return mails


def outcomes(store, now):
    return {staff: outcome for message, outcome in store.deliver(now)
            for staff, in store.ask('SELECT staff_id FROM timely.outbox WHERE message_id = %s', (message,))}


def test_a_child_who_became_restricted_is_in_no_digest_that_waits(store):
    for child in ('P1', 'P2'):
        store.deadline(store.person(child, chair_id='CHAIR'), seen='2024-03-28 08:00')
    assert told(store, '2024-03-28 09:00').keys() == {'SW1', 'TM1', 'CHAIR'}
    store.allocate('P2', '2024-03-28 10:00', worker_id='SW3', team_id='T2', restricted=True)
    assert set(outcomes(store, '2024-03-28 10:01').values()) == {'superseded'} and arrived(store) == {}
    # Made anew the same day: what is still theirs is new to them, and the others hear what is theirs now.
    mails = told(store, '2024-03-28 10:02')
    assert mails.keys() == {'SW1', 'TM1', 'CHAIR', 'SW3'}
    assert set(outcomes(store, '2024-03-28 10:03').values()) == {'sent'}
    for staff, (text,) in arrived(store).items():
        mine, other = ('REF-P2', 'REF-P1') if staff == 'SW3' else ('REF-P1', 'REF-P2')
        assert mine in text and other not in text and text.count('NEW') == 1, staff
    assert told(store, '2024-03-28 10:05') == {}
    assert store.one('SELECT count(*) FROM timely.taken_back') == 0


def test_a_child_who_went_to_another_worker_is_told_to_either(store):
    for child in ('P1', 'P2'):
        store.deadline(store.person(child))
    store.agenda('2024-03-15 10:00')
    store.allocate('P2', '2024-03-15 11:00', worker_id='SW2')
    digest = store.one('SELECT message_id FROM timely.outbox')
    assert outcomes(store, '2024-03-15 11:01') == {'SW1': 'superseded'}
    assert [what for what, *_ in audit(store, digest)] == ['message.superseded']
    mails = told(store, '2024-03-15 11:02')
    assert mails.keys() == {'SW1', 'SW2'} and 'REF-P2' in mails['SW2'] and 'REF-P1' not in mails['SW2']
    assert 'REF-P1' in mails['SW1'] and mails['SW1'].count('NEW') == 1 and 'no longer yours' in mails['SW1']
    assert outcomes(store, '2024-03-15 11:03') == {'SW1': 'sent', 'SW2': 'sent'}, 'the line that says so is for who had the child'


def test_a_conference_that_another_chairs_by_now_is_in_no_digest_of_the_first(store):
    """Who chairs need be nothing else to the child. What is news above waits for the morning, as ever."""
    booked = {'booked_at': '2024-04-12 10:00', 'booked_group': 'M1', 'chaired_by': 'CHAIR', 'seen': '2024-03-28 08:00'}
    store.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('OTHER', 'Other', 'other@council.example', 'CHAIRS')")
    store.deadline(store.person('P1'), **booked)
    moved = store.deadline(store.person('P2'), **booked)
    assert 'CHAIR' in told(store, '2024-03-28 09:00')
    store.changes(moved, '2024-03-28 09:30', 'changed', 'open', chaired_by='OTHER', next_notice_at='2024-03-28T09:30Z')
    assert outcomes(store, '2024-03-28 10:01') == {'SW1': 'sent', 'TM1': 'sent', 'CHAIR': 'superseded'}
    for now, reader, child in ('2024-03-28 10:02', 'CHAIR', 'P1'), ('2024-04-02 09:00', 'OTHER', 'P2'):
        mails = told(store, now)
        assert set(re.findall(r'REF-(P\d)', mails[reader])) == {child}
    assert set(outcomes(store, '2024-04-02 09:01').values()) == {'sent'}


def test_what_nobody_may_read_any_more_is_made_into_nothing(store):
    store.deadline(store.person('P1'))
    store.agenda('2024-03-15 10:00')
    store.allocate('P1', '2024-03-15 11:00', worker_id='SW2')
    assert outcomes(store, '2024-03-15 11:01') == {'SW1': 'superseded'}
    assert told(store, '2024-03-15 11:02').keys() == {'SW2'} and outcomes(store, '2024-03-15 11:03') == {'SW2': 'sent'}
    assert told(store, '2024-03-18 09:00') == {}


@pytest.mark.parametrize('looked_first', [False, True])
def test_an_alarm_that_waits_goes_to_the_new_worker_once(store, looked_first):
    """Whether the agenda or the outbox notices first that the child went to another one."""
    store.deadline(store.person('P1'), 'return-interview', trigger='2024-03-12', due='2024-03-15', due_at='2024-03-15 10:00',
                   seen='2024-03-12 10:00')
    store.agenda('2024-03-12 10:00')
    store.allocate('P1', '2024-03-12 10:05', worker_id='SW2')
    rounds = [lambda: store.agenda('2024-03-12 10:06'), lambda: store.deliver('2024-03-12 10:06')]
    for go in (rounds if looked_first else reversed(rounds)):
        go()
    for minute in (7, 8):
        store.agenda(f'2024-03-12 10:0{minute}')
        store.deliver(f'2024-03-12 10:0{minute}')
    assert {staff: len(texts) for staff, texts in arrived(store).items()} == {'SW2': 1}


def test_what_was_taken_back_is_said_again_to_who_was_told_of_the_same_before(store):
    """An earlier rung is not the one that was taken back."""
    for child in ('P1', 'P2'):
        store.deadline(store.person(child))
    store.agenda('2024-03-15 10:00')
    assert outcomes(store, '2024-03-15 10:01') == {'SW1': 'sent'}
    store.agenda('2024-03-21 09:00')
    store.allocate('P2', '2024-03-21 09:30', worker_id='SW3', team_id='T2', restricted=True)
    assert outcomes(store, '2024-03-21 09:31') == {'SW1': 'superseded'}
    mails = told(store, '2024-03-21 09:32')
    assert 'REF-P1' in mails['SW1'] and 'REF-P2' not in mails['SW1']


def test_whose_manager_left_is_told_to_the_next_one_up(store):
    store.deadline(store.person('P1', chair_id='CHAIR'), seen='2024-03-28 08:00')
    store.agenda('2024-03-28 09:00')
    store.ask("UPDATE timely.staff SET active_to = '2024-03-28' WHERE professional_id = 'TM1'")
    assert outcomes(store, '2024-03-29 09:00')['TM1'] == 'superseded'
    assert 'the team manager has left' in told(store, '2024-04-02 09:00')['SM']


def test_a_digest_of_days_is_taken_back_with_all_that_it_stands_for(store):
    """No mail server from Friday to Monday: the newer one says what the older one said."""
    store.deadline(store.person('P1'))
    store.agenda('2024-03-15 10:00')
    store.deadline(store.person('P2'), trigger='2024-03-15', due='2024-04-09', seen='2024-03-15 12:00')
    store.agenda('2024-03-18 09:00')
    store.allocate('P2', '2024-03-18 09:30', worker_id='SW3', team_id='T2', restricted=True)
    assert outcomes(store, '2024-03-18 09:31') == {'SW1': 'superseded'}
    mails = told(store, '2024-03-18 09:32')
    assert 'REF-P1' in mails['SW1'] and 'REF-P2' not in mails['SW1'] and mails['SW1'].count('NEW') == 1
    assert outcomes(store, '2024-03-18 09:33') == {'SW1': 'sent', 'SW3': 'sent'}


def test_what_is_no_line_of_the_agenda_is_refused_and_the_operator_told(store):
    deadline = store.deadline(store.person('P1', chair_id='CHAIR'), next_notice_at=None)
    alarm = store.put('reply:1:CHAIR', kind='alarm', staff='CHAIR')
    store.ask('INSERT INTO timely.message_deadline VALUES (%s, %s)', (alarm, deadline))
    store.allocate('P1', '2024-04-02 09:30', chair_id=None)
    other = store.put('reply:2:CHAIR', kind='alarm', staff='CHAIR')
    store.ask('INSERT INTO timely.message_deadline VALUES (%s, %s)', (other, deadline))
    store.ask('UPDATE timely.outbox SET not_before = now() + %s WHERE message_id = %s', ('1 hour', other))
    assert store.deliver('2024-04-02 10:00') == [(str(alarm), 'sent')], 'it may be for others than the ladder knows'
    store.allocate('P1', '2024-04-02 09:30', restricted=True)
    store.ask('UPDATE timely.outbox SET not_before = now() WHERE message_id = %s', (other,))
    assert store.deliver('2024-04-02 10:00')[0] == (str(other), 'refused')
    assert 'restricted' in store.one("SELECT body_text FROM timely.outbox WHERE kind = 'operator'")


# ------------------------------------------------------------------------------------------------- lists

@pytest.fixture
def listed(store):
    """A Monday whose lists wait."""
    store.lists = True
    for child in ('P1', 'P2'):
        store.deadline(store.person(child), trigger='2024-03-07', due='2024-03-28', next_notice_at=None)
    store.agenda(MONDAY)
    assert {(kind, staff) for kind, staff, *_ in store.mails()} == {('weekly', staff) for staff in ('TM1', 'SM', 'HEAD')}
    return store


def test_a_list_with_a_child_who_is_not_theirs_is_made_anew(listed):
    listed.allocate('P2', '2024-04-08 09:01', worker_id='SW3', team_id='T2', restricted=True)
    assert outcomes(listed, '2024-04-08 09:02') == {'TM1': 'superseded', 'SM': 'sent', 'HEAD': 'sent'}
    assert 'TM1' in told(listed, '2024-04-08 09:03')
    listed.deliver('2024-04-08 09:04')
    text, = arrived(listed)['TM1']
    assert 'REF-P1' in text and 'REF-P2' not in text
    assert 'TM1' not in told(listed, '2024-04-08 09:05') and 'TM1' not in told(listed, '2024-04-09 09:00')


def test_a_list_that_was_taken_back_in_the_evening_comes_in_the_morning(listed):
    listed.allocate('P2', '2024-04-08 19:00', worker_id='SW3', team_id='T2')
    assert outcomes(listed, '2024-04-08 20:00')['TM1'] == 'superseded'
    assert told(listed, '2024-04-08 20:01') == {}
    listed.deadline(listed.person('P3'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-08 22:00')
    text = told(listed, '2024-04-09 09:00')['TM1']
    assert 'NEW' in text and 'REF-P3' in text and 'REF-P1' in text and 'REF-P2' not in text, 'with the digest of that morning'
    assert listed.one('SELECT count(*) FROM timely.taken_back') == 0


def test_the_list_of_a_week_that_is_over_is_not_made_anew(listed):
    """The mail server was away all week: what the old list says stands in the new one, and the next morning has its digest alone."""
    assert 'TM1' in told(listed, '2024-04-15 09:00')
    listed.leave()
    listed.ask("INSERT INTO timely.taken_back SELECT min(message_id) FROM timely.outbox WHERE kind = 'weekly' AND staff_id = 'TM1'")
    listed.deadline(listed.person('P3'), trigger='2024-03-14', due='2024-04-05', seen='2024-04-15 22:00')
    text = told(listed, '2024-04-16 09:00')['TM1']
    assert 'REF-P3' in text and [kind for kind, staff, *_ in listed.mails() if staff == 'TM1'] == ['weekly', 'weekly', 'digest']
    assert listed.one('SELECT count(*) FROM timely.taken_back') == 0


def test_a_list_of_which_nothing_is_left_is_made_into_nothing(listed):
    for child in ('P1', 'P2'):
        listed.allocate(child, '2024-04-08 09:01', worker_id='SW3', team_id='T2')
    assert outcomes(listed, '2024-04-08 09:02')['TM1'] == 'superseded'
    assert 'TM1' not in told(listed, '2024-04-08 09:03')
    assert listed.one('SELECT count(*) FROM timely.taken_back') == 0
