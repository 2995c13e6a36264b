"""Plays 1 to 5: an enquiry from its first row to the end of what follows from it, seen from outside.

The conference of an enquiry that began on Tuesday 2 April 2024 is due on Tuesday 23 April 2024.
"""
import datetime

import pytest

from council import LONDON, flat, wait_for


def day(text):
    return datetime.date.fromisoformat(text)


def invited(council, person, workers, count=1):
    """Waits until each of these workers has been sent so many mails with a calendar about the child."""
    return wait_for(lambda: all(len(council.invites(person, w)) >= count for w in workers) and council.invites(person),
                    why=lambda: council.invites(person))


def test_an_enquiry_is_due_at_once(council):
    address = council.subscribe('W1')
    child = council.child('W1')
    council.enquiry(child)
    wait_for(lambda: council.stored(child))
    row, = council.due(child, 'icpc')
    assert (row['due_on'], row['state'], row['trigger_on']) == ('2024-04-23', 'open', '2024-04-02')
    took, = council.ask("SELECT extract(epoch FROM min(o.not_before) - min(c.at)) FROM timely.outbox o,"
                        ' timely_source.change c WHERE c.person_id = %s AND o.body_calendar IS NOT NULL AND o.staff_id = %s'
                        " AND c.at > now() - interval '60 s'", (child, 'W1'))
    assert took[0] < 20, 'by the notification and not by the next reading; how fast is measured by bench_notify'
    (_, method, sequence), = invited(council, child, ['W1'])
    assert (method, sequence) == ('REQUEST', 0)
    mail, = [m for m in council.mails('W1', child) if m.method]
    assert mail.uid == council.stored(child)[0]
    assert mail.event['DTSTART'].dt == day('2024-04-23'), 'a whole day'
    assert str(mail.event['ATTENDEE']).lower() == 'mailto:w1@council.example'
    council.settled()
    entry = council.feed(address)[mail.uid]
    assert entry['DTSTART'].dt == day('2024-04-23') and child in entry['SUMMARY']


def test_who_waits_for_a_second_reading_does_not_wait_for_the_sweep_when_others_change_meanwhile(council):
    """More than a few at once are read again after the settling time, to see whether the source stands still."""
    many = [council.child('W3') for _ in range(24)]
    council.settled()
    before = council.daemon.said().count('24 persons differ and wait for a second equal reading')
    council.ask("INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date)"
                " SELECT 'M' || person, person, '2024-04-02' FROM unnest(%s) AS person", (many,))
    wait_for(lambda: council.daemon.said().count('24 persons differ and wait for a second equal reading') > before, why=council.logs)
    other = council.child('W4')
    council.enquiry(other)
    wait_for(lambda: council.stored(other), why=council.logs)
    wait_for(lambda: all(council.stored(person) for person in many), why=council.logs)


def quiet_for(council, period):
    before = council.daemon.said().count('daemon.reloaded')
    council.configure(mail={'quiet period': period})
    council.daemon.reload()
    wait_for(lambda: council.daemon.said().count('daemon.reloaded') > before)


# Points: 22, 50, 55
def test_back_dating_moves_the_same_object_once(council):
    child = council.child('W2')
    key = council.enquiry(child)
    address = council.subscribe('W2')
    invited(council, child, ['W2'])
    uid, _, _, _, _, number = council.stored(child)
    quiet_for(council, '600 seconds')  # however busy the machine is, both moves are within it
    for started in ('2024-03-28', '2024-03-27'):
        council.ask('UPDATE ssd_s47_enquiry SET s47e_s47_start_date = %s WHERE s47e_s47_enquiry_id = %s', (started, key))
        wait_for(lambda: council.stored(child)[3] == {'2024-03-28': day('2024-04-22'), '2024-03-27': day('2024-04-19')}[started],
                 why=council.logs)
    council.ask("UPDATE timely.outbox SET not_before = now() WHERE state = 'due'")
    quiet_for(council, '2 seconds')
    council.settled()
    assert council.stored(child)[0] == uid and council.stored(child)[5] == number
    (_, _, first), (_, method, second) = council.invites(child)
    assert method == 'REQUEST' and second > first
    last = [m for m in council.mails(about=child) if m.method][-1]
    assert last.uid == uid and last.event['DTSTART'].dt == day('2024-04-19')
    assert council.feed(address)[uid]['DTSTART'].dt == day('2024-04-19')
    assert int(council.feed(address)[uid]['SEQUENCE']) == second


def test_booked_then_held(council):
    child = council.child('W3', chair='CHAIR')
    key = council.enquiry(child, '2024-03-11')
    address = council.subscribe('W3')
    invited(council, child, ['W3'])
    uid = council.stored(child)[0]
    council.book('B300', '2024-04-12 10:00', child)
    invited(council, child, ['W3'], 2)
    council.settled()
    meeting = [m for m in council.mails('W3', child) if m.method][-1]
    assert meeting.uid == uid and meeting.sequence > 0
    assert meeting.event['DTSTART'].dt.astimezone(LONDON).isoformat() == '2024-04-12T10:00:00+01:00'
    assert [m for m in council.mails('CHAIR', child) if m.method][-1].uid == uid
    entry = council.feed(address)[uid]
    assert entry['DTSTART'].dt.astimezone(LONDON).isoformat() == '2024-04-12T10:00:00+01:00'
    assert int(entry['SEQUENCE']) == meeting.sequence

    before = len(council.invites(child))
    council.insert('ssd_initial_cp_conference', icpc_icpc_id='C300', icpc_icpc_meeting_id='B300', icpc_s47_enquiry_id=key,
                   icpc_person_id=child, icpc_icpc_date='2024-04-02', icpc_icpc_outcome_cp_flag='Y')
    council.insert('ssd_cp_plans', cppl_cp_plan_id='P300', cppl_icpc_id='C300', cppl_person_id=child,
                   cppl_cp_plan_start_date='2024-04-02')
    wait_for(lambda: council.stored(child)[2] == 'met' and council.stored(child, 'review-cp-first'))
    row, = council.due(child, 'icpc')
    assert (row['state'], row['met_on'], row['in_timescale']) == ('met', '2024-04-02', 'yes')
    owed = {r['timescale']: r['due_on'] for r in council.due(child) if r['state'] == 'open'}
    assert owed['core-group-first'] == '2024-04-16' and owed['review-cp-first'] == '2024-07-02'
    assert owed['conference-decisions'] == '2024-04-30'
    council.settled()
    assert all(method != 'CANCEL' for _, method, _ in council.invites(child)[before:])


def test_a_meeting_booked_too_late_is_told_at_once_in_one_mail(council):
    """By the reading that shows it: the clock stands, and no digest is due any more today."""
    children = [council.child('W11') for _ in range(3)]
    for number, child in enumerate(children):
        council.insert('ssd_family', fami_table_id=f'F{number}', fami_family_id='F1100', fami_person_id=child)
        council.enquiry(child)
        invited(council, child, ['W11'])
    council.settled()
    before = len(council.mails('W11'))
    council.book('B1100', '2024-04-24 10:00', *children)
    late = wait_for(lambda: [m for m in council.mails('W11')[before:] if not m.method], why=council.logs)
    council.settled()
    mail, = [m for m in council.mails('W11')[before:] if not m.method]
    assert late == [mail] and mail.subject == '3 booked after the due date; told at once'
    assert all(child in mail.text for child in children) and flat(mail.text).count('That is after Tuesday 23 April 2024') == 3
    told = [r for r in council.rows('evidence', children[0]) if r['section'] == 'told']
    assert 'social-worker, booked late for 2024-04-24' in [r['rung'] for r in told]


def test_held_out_of_timescale(council):
    child = council.child('W4')
    key = council.enquiry(child, '2024-02-12')  # due on 4 March
    wait_for(lambda: council.stored(child))
    council.insert('ssd_initial_cp_conference', icpc_icpc_id='C400', icpc_icpc_meeting_id='B400', icpc_s47_enquiry_id=key,
                   icpc_person_id=child, icpc_icpc_date='2024-03-25', icpc_icpc_outcome_cp_flag='N')
    wait_for(lambda: council.stored(child)[2] == 'met')
    row, = council.due(child, 'icpc')
    assert (row['due_on'], row['in_timescale']) == ('2024-03-04', 'no')
    council.settled()
    assert council.invites(child) == [], 'a day that has passed invites nobody'


@pytest.mark.parametrize('worker, end', [('W5', 'no further action'), ('W6', 'deleted')])
def test_an_enquiry_that_ends_is_cancelled(council, worker, end):
    child = council.child(worker)
    key = council.enquiry(child)
    invited(council, child, [worker])
    uid = council.stored(child)[0]
    if end == 'deleted':
        council.ask('DELETE FROM ssd_s47_enquiry WHERE s47e_s47_enquiry_id = %s', (key,))
    else:
        council.ask("UPDATE ssd_s47_enquiry SET s47e_s47_end_date = '2024-04-02', s47e_s47_nfa = 'Y'"
                    ' WHERE s47e_s47_enquiry_id = %s', (key,))
    wait_for(lambda: council.stored(child)[2] == ('withdrawn' if end == 'deleted' else 'ended'))
    invited(council, uid, [worker], 2)
    council.settled()
    assert council.invites(uid) == [(worker, 'REQUEST', 0), (worker, 'CANCEL', council.object(uid)[2])]
    assert council.object(uid)[2] > 0


def test_an_invite_that_never_left_is_not_cancelled(council):
    child = council.child('W7', chair='CHAIR')
    council.ask('CREATE FUNCTION wait_a_while() RETURNS trigger LANGUAGE plpgsql AS'
                " $$BEGIN IF new.staff_id = 'W7' THEN new.not_before := new.not_before + interval '4 s'; END IF;"
                ' RETURN new; END$$; CREATE TRIGGER late BEFORE INSERT ON timely.outbox FOR EACH ROW'
                ' EXECUTE FUNCTION wait_a_while()')
    try:
        key = council.enquiry(child)
        wait_for(lambda: council.stored(child))
        council.ask("UPDATE ssd_s47_enquiry SET s47e_s47_end_date = '2024-04-02', s47e_s47_nfa = 'Y'"
                    ' WHERE s47e_s47_enquiry_id = %s', (key,))
        wait_for(lambda: council.stored(child)[2] == 'ended')
        uid = council.stored(child)[0]
        states = council.ask('SELECT o.kind, o.state FROM timely.outbox o JOIN timely.calendar_object c USING (object_id)'
                             ' WHERE c.uid = %s ORDER BY message_id', (uid,))
        assert states == [('invite', 'superseded')]
    finally:
        council.ask('DROP TRIGGER late ON timely.outbox; DROP FUNCTION wait_a_while()')
    council.settled()
    assert council.invites(child) == []


# Points: 53
def test_another_worker(council):
    child = council.child('W8')
    council.enquiry(child)
    invited(council, child, ['W8'])
    uid = council.stored(child)[0]
    old, new = council.subscribe('W8'), council.subscribe('W9')
    council.ask("UPDATE ssd_involvements SET invo_involvement_end_date = '2024-04-02' WHERE invo_person_id = %s", (child,))
    council.allocate(child, 'W9', since='2024-04-02')
    invited(council, uid, ['W9'])
    council.settled()
    assert [method for _, method, _ in council.invites(uid, 'W8')] == ['REQUEST', 'CANCEL']
    assert [method for _, method, _ in council.invites(uid, 'W9')] == ['REQUEST']
    assert {m.uid for m in council.mails(about=uid) if m.method} == {uid}
    assert uid not in council.feed(old) and uid in council.feed(new)


def test_brothers_and_sisters_share_a_meeting(council):
    first, second = council.child('W10'), council.child('W10')
    for child in (first, second):
        council.enquiry(child, '2024-03-27')
        invited(council, child, ['W10'])
    own = {child: council.stored(child)[0] for child in (first, second)}
    council.book('B1000', '2024-04-16 14:00', first, second)
    wait_for(lambda: council.one('SELECT count(DISTINCT object_id) = 1 AND count(*) = 2 FROM timely.object_deadline'
                                 ' JOIN timely.deadline USING (deadline_id) WHERE person_id = ANY (%s) AND timescale = %s',
                                 ([first, second], 'icpc')))
    council.settled()
    uid = own[first]
    assert council.object(uid)[:2] == ('meeting', 'live') and council.object(own[second])[1] == 'cancelled'
    assert [m for _, m, _ in council.invites(own[second])] == ['REQUEST', 'CANCEL']
    meeting = [m for m in council.mails('W10', uid) if m.method][-1]
    assert first in meeting.event['SUMMARY'] and second in meeting.event['SUMMARY']
    assert meeting.event['DTSTART'].dt.astimezone(LONDON).isoformat() == '2024-04-16T14:00:00+01:00'
    assert len([1 for _, method, _ in council.invites(uid, 'CHAIR') if method == 'REQUEST']) == 1

    # One of them leaves the meeting: another day, an object of its own.
    council.book('B1000', None, second, event='meeting_cancelled')
    council.book('B1001', '2024-04-17 10:00', second)
    wait_for(lambda: council.one('SELECT count(DISTINCT o.meeting) = 2 FROM timely.object_deadline JOIN timely.deadline USING'
                                 ' (deadline_id) JOIN timely.calendar_object o USING (object_id) WHERE person_id = ANY (%s)'
                                 " AND deadline.timescale = 'icpc'", ([first, second],)))
    council.settled()
    latest = [m for m in council.mails('W10', second) if m.method][-1]
    assert latest.uid != uid and latest.method == 'REQUEST'
    assert latest.event['DTSTART'].dt.astimezone(LONDON).isoformat() == '2024-04-17T10:00:00+01:00'
    assert first not in latest.event['SUMMARY']
    stays = [m for m in council.mails('W10', uid) if m.method][-1]
    assert stays.method == 'REQUEST' and second not in stays.event['SUMMARY'], 'who left is named no more'
