"""Answers and bounces as the store keeps them and people hear of them (points 58 to 62 of the calendar's): who may see whom,
who is told, what ends a bounce. The way of a mail from server to server is in tests/whole/test_replies.py."""
import datetime
import shlex
import socket
import threading

import pytest

from telling import Fibers, wait_for

NOW = '2024-04-02 10:00'  # a Tuesday
STAMP = datetime.datetime(2024, 4, 2, 8)


def meeting(store, *deadlines, holders=('SW1', 'CHAIR'), starts='2024-04-10 10:00', chair='CHAIR', uid='m1@council.example'):
    """A booked meeting that serves these deadlines, held by these people in version 3."""
    number = store.one(
        'INSERT INTO timely.calendar_object (uid, sequence, kind, status, timescale, meeting, starts_on, starts_at, ends_at,'
        " content_hash, changed_at) VALUES (%s, 3, 'meeting', 'live', 'icpc', %s, %s, %s, %s, 'x', now()) RETURNING object_id",
        (uid, f'M-{uid}', starts[:10], starts, starts))
    for deadline in deadlines:
        store.ask('INSERT INTO timely.object_deadline VALUES (%s, %s)', (deadline, number))
        store.ask('INSERT INTO timely.fact (person_id, kind, ref, at, precise, meeting, who, origin)'
                  " SELECT person_id, 'meeting-booked', uid, %s, true, %s, %s, 'x' FROM timely.deadline WHERE deadline_id = %s",
                  (starts, f'M-{uid}', chair, deadline))
    for staff in holders:
        store.ask('INSERT INTO timely.invite_holder (object_id, staff_id, email, sequence_said) VALUES (%s, %s, %s, 3)',
                  (number, staff, f'{staff.lower()}@council.example'))
    return number


def take(store, mail, now=NOW):
    file = store.folder / 'mail.eml'
    file.write_bytes(mail.replace('\n', '\r\n').encode())
    return dict(pair.split('=', 1) for pair in shlex.split(store.run('take', now, str(file))))


def answer(staff, partstat, minutes=0, method='REPLY', uid='m1@council.example', sequence=3, starts=''):
    stamp = STAMP + datetime.timedelta(minutes=minutes)
    who = f'{staff.lower()}@council.example'
    return (f'From: {who}\nTo: timely@council.example\nMessage-ID: <{staff}{minutes}{method}@x>\nMIME-Version: 1.0\n'
            f'Content-Type: text/calendar; method={method}; charset=utf-8\n\nBEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n'
            f'METHOD:{method}\nBEGIN:VEVENT\nUID:{uid}\nSEQUENCE:{sequence}\nDTSTAMP:{stamp:%Y%m%dT%H%M%SZ}\n{starts}'
            f'ATTENDEE;PARTSTAT={partstat}:mailto:{who}\nEND:VEVENT\nEND:VCALENDAR\n')


def told(store):
    return [(staff, subject) for kind, staff, subject, _ in store.mails('alarm')]


def test_each_reader_sees_the_children_who_are_theirs(store):
    deadlines = [store.deadline(store.person('P1')), store.deadline(store.person('P2', worker='SW3', team='T2')),
                 store.deadline(store.person('P3', worker='SW2', restricted=True))]
    meeting(store, *deadlines, holders=('SW1', 'SW2', 'SW3', 'CHAIR'))
    assert take(store, answer('CHAIR', 'TENTATIVE', method='COUNTER'))['mails'] == '3'
    assert set(told(store)) == {(staff, f'ICPC REF-{child}: another time is proposed')
                                for staff, child in [('SW1', 'P1'), ('SW2', 'P3'), ('SW3', 'P2')]}
    for _, staff, subject, text in store.mails('alarm'):
        own = {'SW1': 'REF-P1', 'SW2': 'REF-P3', 'SW3': 'REF-P2'}[staff]
        assert own in subject and own in text
        assert not any(f'REF-{p}' in text + subject for p in ('P1', 'P2', 'P3') if f'REF-{p}' != own)


def test_a_meeting_of_many_is_told_to_all_of_their_workers(store):
    store.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) SELECT 'W' || n, 'Name ' || n, 'w' || n || '@council.example', 'T1'"
              ' FROM generate_series(1, 70) n')
    meeting(store, *(store.deadline(store.person(f'P{n}', worker=f'W{n}')) for n in range(1, 71)))
    assert take(store, answer('CHAIR', 'TENTATIVE', method='COUNTER'))['mails'] == '70'
    assert {staff for staff, _ in told(store)} == {f'W{n}' for n in range(1, 71)}
    assert store.one('SELECT count(*) FROM timely.message_deadline') == 70, 'each about their own'


def test_the_workers_own_decline_goes_to_their_manager(store):
    meeting(store, store.deadline(store.person('P1')))
    assert take(store, answer('SW1', 'DECLINED'))['mails'] == '1'
    assert told(store) == [('TM1', 'ICPC REF-P1: the invitation is declined')]


@pytest.mark.parametrize('due, readers', [('2024-04-09', {'SW1', 'TM1', 'CM'}), ('2024-04-10', {'SW1'}),
                                          ('2024-04-01', {'SW1', 'TM1', 'CM'})])
def test_the_chairs_decline_is_urgent_from_five_working_days_before(store, due, readers):
    """2 April to 9 April 2024 are five working days."""
    meeting(store, store.deadline(store.person('P1'), due=due))
    take(store, answer('CHAIR', 'DECLINED'))
    assert {staff for staff, _ in told(store)} == readers
    assert all(('nobody to chair it' in text) == (staff != 'SW1') for _, staff, _, text in store.mails('alarm'))


@pytest.mark.parametrize('method, partstat, happened', [
    ('COUNTER', 'DECLINED', 'the invitation is declined, and another time proposed'),
    ('REPLY', 'DELEGATED;DELEGATED-TO="mailto:SW3@council.example"', 'the invitation is passed on')])
def test_the_chairs_no_is_urgent_however_it_is_said(store, method, partstat, happened):
    """Outlook's "decline and propose another time" is a COUNTER; and who passes an invitation on will not chair either."""
    meeting(store, store.deadline(store.person('P1'), due='2024-04-03'))
    starts = 'DTSTART:20240502T090000Z\n' if method == 'COUNTER' else ''
    take(store, answer('CHAIR', partstat, method=method, starts=starts))
    assert set(told(store)) == {(staff, f'ICPC REF-P1: {happened}') for staff in ('SW1', 'TM1', 'CM')}
    for _, staff, _, text in store.mails('alarm'):
        assert ('The last day in timescale is in 1 working day' in text) == (staff != 'SW1')
        assert ('on to Name SW3 (SW3).' in text) == (method == 'REPLY')
        assert ('Proposed: Thursday 2 May 2024, 10:00' in text) == (method == 'COUNTER')


def test_a_no_after_a_proposal_of_the_same_time_is_told(store):
    meeting(store, store.deadline(store.person('P1'), due='2024-06-03'))
    for minutes, partstat in enumerate(['TENTATIVE', 'DECLINED']):
        take(store, answer('CHAIR', partstat, minutes, 'COUNTER', starts='DTSTART:20240502T090000Z\n'))
    for minutes, colleague in enumerate(['SW2', 'SW2', 'SW3']):
        take(store, answer('CHAIR', f'DELEGATED;DELEGATED-TO="mailto:{colleague}@council.example"', 5 + minutes))
    assert [subject.split(': ')[1] for _, subject in told(store)] == [
        'another time is proposed', 'the invitation is declined, and another time proposed'] + ['the invitation is passed on'] * 2


@pytest.mark.parametrize('last_day, why', [(None, None), ('2024-04-03', None), ('2024-04-02', 'not-the-sender')])
def test_who_has_left_answers_for_nobody(store, last_day, why):
    """The first day without them is the one that the directory gives."""
    meeting(store, store.deadline(store.person('P1'), due='2024-04-30'))
    store.ask("UPDATE timely.staff SET active_to = %s WHERE professional_id = 'SW2'", (last_day,))
    mail = answer('CHAIR', 'DECLINED').replace('From: chair@', 'From: sw2@').replace(
        'ATTENDEE;', 'ATTENDEE;SENT-BY="mailto:sw2@council.example";')
    taken = take(store, mail)
    assert (taken['as'], taken['why']) == (('ignored', why) if why else ('answer', ''))


def test_who_is_no_chair_is_not_urgent(store):
    meeting(store, store.deadline(store.person('P1'), due='2024-04-03'), holders=('SW1', 'CHAIR', 'SW2'))
    take(store, answer('SW2', 'DECLINED'))
    assert [staff for staff, _ in told(store)] == ['SW1']


def test_the_same_answer_is_told_once_and_another_again(store):
    meeting(store, store.deadline(store.person('P1'), due='2024-06-03'))
    for minutes, partstat in enumerate(['DECLINED', 'DECLINED', 'ACCEPTED', 'DECLINED', 'DELEGATED']):
        take(store, answer('CHAIR', partstat, minutes))
    assert [subject.split(': ')[1] for _, subject in told(store)] == ['the invitation is declined', 'the invitation is passed on']
    assert take(store, answer('CHAIR', 'DELEGATED', 4)) == {'as': 'ignored', 'why': 'taken-before', 'again': '1', 'mails': '0',
                                                            'told': '0'}
    assert store.one('SELECT count(*) FROM timely.invite_answer') == 5


def test_another_answer_of_the_same_moment_counts(store):
    """Some calendars stamp every answer with one moment, such as the invite's. A mail that comes by twice, on two ways, is one."""
    meeting(store, store.deadline(store.person('P1'), due='2024-06-03'))
    accepted, declined = (answer('CHAIR', partstat) for partstat in ('ACCEPTED', 'DECLINED'))
    assert take(store, accepted)['as'] == 'answer'
    assert take(store, declined)['mails'] == '1'
    assert take(store, 'Received: by another.example\n' + accepted)['why'] == 'taken-before'
    for day, mails in [(2, '1'), (3, '1'), (3, '0')]:
        proposal = answer('CHAIR', 'TENTATIVE', method='COUNTER', starts=f'DTSTART:202405{day:02}T090000Z\n')
        assert take(store, f'Received: by {mails}.example\n' + proposal)['mails'] == mails
    assert store.one("SELECT answer FROM timely.invite_holder WHERE staff_id = 'CHAIR'") == 'TENTATIVE'
    assert [a for a, in store.ask('SELECT answer FROM timely.invite_answer ORDER BY answer_id')] == \
        ['ACCEPTED', 'DECLINED', 'TENTATIVE', 'TENTATIVE']


def test_a_meeting_that_is_over_is_no_news(store):
    meeting(store, store.deadline(store.person('P1')), starts='2024-04-01 10:00')
    assert take(store, answer('CHAIR', 'DECLINED'))['mails'] == '0'
    assert store.one("SELECT answer FROM timely.invite_holder WHERE staff_id = 'CHAIR'") == 'DECLINED'


def test_nobody_left_to_tell(store):
    store.ask("UPDATE timely.staff SET active_to = '2024-01-01' WHERE professional_id <> 'CHAIR'")
    meeting(store, store.deadline(store.person('P1', worker=None, team=None)))
    take(store, answer('CHAIR', 'DECLINED'))
    (kind, _, subject, text), = store.mails()
    assert kind == 'operator' and 'nobody could be told' in subject and 'P1' not in text


def test_what_is_promised_about_the_history(store):
    """Answers are added and never changed; the audit has numbers, no addresses and no comments."""
    meeting(store, store.deadline(store.person('P1')))
    take(store, answer('CHAIR', 'DECLINED', starts='COMMENT:I am away\n'))
    take(store, answer('SW1', 'ACCEPTED', uid='other@council.example'))
    for statement in ("UPDATE timely.invite_answer SET answer = 'ACCEPTED'", 'DELETE FROM timely.invite_answer'):
        assert 'append-only' in store.pg.psql(statement, database=store.name, check=False).stderr
    details = [d for d, in store.ask("SELECT what || ' ' || detail FROM timely.audit WHERE what LIKE 'mail.%%' ORDER BY audit_id")]
    assert len(details) == 2 and 'why=unknown-uid' in details[1]
    assert not any('@' in d or 'away' in d for d in details)
    assert store.one("SELECT comment FROM timely.invite_holder WHERE staff_id = 'CHAIR'") == 'I am away'


def bounce(message, to='sw1@council.example', action='failed', about=None):
    about = about or f'summary.{message}@council.example'
    return (f'From: MAILER-DAEMON@mail.example\nTo: timely@council.example\nMessage-ID: <{message}{action}@mail.example>\n'
            'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n'
            'Content-Type: text/plain\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\n'
            f'Reporting-MTA: dns; mail.example\n\nFinal-Recipient: rfc822; {to}\nAction: {action}\nStatus: 5.1.1\n'
            f'Diagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{about}>\n\n--b--\n')


def bounced(store, now=NOW):
    return [email for email, in store.ask('SELECT email FROM timely.bounced(%s::timestamp AT TIME ZONE %s) ORDER BY 1',
                                          (now, 'Europe/London'))]


def test_a_bounce_is_told_once_a_day_and_ends(store):
    for staff in ('SW1', 'SW2', 'SW3'):
        store.put(f'summary:{staff}', staff=staff)
    assert take(store, bounce('SW1'))['told'] == '1'
    assert take(store, bounce('SW2', 'sw2@council.example'), '2024-04-02 11:00')['told'] == '0'
    assert take(store, bounce('SW3', 'sw3@council.example', 'delayed'), '2024-04-02 11:00')['as'] == 'not'
    assert take(store, bounce('SW3', 'sw3@council.example'), '2024-04-03 09:00')['told'] == '1'
    first, second = [text for _, _, _, text in store.mails('operator')]
    assert 'SW1, sw1@council.example' in first and 'SW2' not in first
    assert 'SW2, sw2' in second and 'SW3, sw3' in second and 'SW1' not in second
    assert bounced(store, '2024-04-03 10:00') == [f'sw{n}@council.example' for n in (1, 2, 3)]
    # Another address in the directory; a later mail that stays away for three days; neither.
    store.ask("UPDATE timely.staff SET email = 'new@council.example' WHERE professional_id = 'SW1'")
    later = store.put('summary:later', staff='SW2', recipient='sw2@council.example')
    store.ask("UPDATE timely.outbox SET state = 'sent', settled_at = '2024-04-03 12:00Z' WHERE message_id = %s", (later,))
    assert bounced(store, '2024-04-05 10:00') == ['sw2@council.example', 'sw3@council.example']
    assert bounced(store, '2024-04-07 10:00') == ['sw3@council.example']
    # One that comes back again is told of again.
    assert take(store, bounce('later', 'sw2@council.example'), '2024-04-08 10:00')['told'] == '1'


def test_bounces_that_are_not_ours(store):
    store.put('summary:SW1')
    assert take(store, bounce('x', about='guessed@council.example'))['why'] == 'unknown-message'
    assert bounced(store) == []


@pytest.mark.parametrize('to, failed', [
    ('pilot@elsewhere.example', 'pilot@elsewhere.example'),
    ('real.mailbox@elsewhere.example', 'real.mailbox@elsewhere.example'),  # what the one stands for there
    ('nobody knows', 'pilot@elsewhere.example')])
def test_where_all_is_redirected_it_is_the_one_mailbox_that_fails(store, to, failed):
    """Of the staff for whom it was nobody was sent anything, and none of them is told of."""
    store.configure(delivery='redirect', redirect_to='Pilot@elsewhere.example')
    store.put('summary:SW1')
    assert store.deliver() != []
    assert take(store, bounce('SW1', to))['told'] == '1'
    assert store.ask('SELECT email, staff_id FROM timely.bounced_address') == [(failed, None)]


def test_a_bounce_is_about_the_way_that_its_message_went(store):
    """Delivery was redirected then and is live now, and the other way round; a mailbox that is configured no longer."""
    store.configure(delivery='redirect', redirect_to='pilot@elsewhere.example')
    store.put('summary:SW1')
    store.put('summary:x')
    store.deliver()
    store.configure(delivery='live', allowed_domains='council.example')
    store.put('summary:SW2', staff='SW2')
    store.deliver()
    assert take(store, bounce('x', 'nobody knows'))['why'] == 'no-recipient'
    take(store, bounce('SW1', 'pilot@elsewhere.example'))
    store.configure(delivery='redirect', redirect_to='pilot@elsewhere.example')
    take(store, bounce('SW2', 'other@council.example'))
    assert store.ask('SELECT email, staff_id FROM timely.bounced_address ORDER BY email') == [
        ('pilot@elsewhere.example', None), ('sw2@council.example', 'SW2')]


class Mailbox(threading.Thread):
    """An IMAP server with two mails. The first is made of more parts than anybody wants to hear of, each time."""

    def __init__(self, mail):
        super().__init__(daemon=True)
        self.mail = mail.replace('\n', '\r\n')
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.looks = 0
        self.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self.speak(connection)
                except OSError:
                    pass

    def speak(self, connection):
        connection.sendall(b'* OK ready\r\n')
        for line in connection.makefile('rb'):
            tag, _, words = line.decode().strip().partition(' ')
            connection.sendall((self.answer(words) + f'{tag} OK\r\n').encode())

    def answer(self, words):
        if words.startswith('CAPABILITY'):
            return '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n'
        if words.startswith('EXAMINE'):
            self.looks += 1
            return '* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\n'
        if words.startswith('UID SEARCH'):
            return '* SEARCH 1 2\r\n'
        if words.startswith('UID FETCH 1'):
            return '* 1 FETCH (BODYSTRUCTURE (' + '("text" "plain") ' * 400000 + '))\r\n'
        if words.startswith('UID FETCH 2 (BODYSTRUCTURE'):
            return '* 2 FETCH (UID 2 BODYSTRUCTURE ("text" "calendar" NIL))\r\n'
        if words.startswith('UID FETCH 2'):
            return f'* 2 FETCH (UID 2 BODY[]<0> {{{len(self.mail)}}}\r\n{self.mail})\r\n'
        return ''


@pytest.fixture
def server(store):
    """With an answer to a meeting, and where the daemon reads it."""
    meeting(store, store.deadline(store.person('P1')))
    server = Mailbox(answer('CHAIR', 'ACCEPTED'))
    (store.folder / 'password').write_text('p\n', encoding='utf-8')
    with open(store.config, 'a', encoding='utf-8') as config:
        config.write(f'mailbox:\n  imap url: imap://127.0.0.1:{server.port}\n  imap user: timely\n  imap password file: password\n'
                     '  imap require tls: no\n  read every: 1 second\n')
    yield server
    server.listener.close()


def read_mailbox(store):
    with Fibers(store, NOW):
        wait_for(lambda: store.one("SELECT answer FROM timely.invite_holder WHERE staff_id = 'CHAIR'") == 'ACCEPTED', 60)
        wait_for(lambda: store.ask('SELECT 1 FROM timely.mailbox WHERE problem IS NULL AND read_at IS NOT NULL'))


def test_a_mail_that_ends_every_look_is_passed_over(store, server):
    read_mailbox(store)
    assert server.looks >= 4 and store.one('SELECT last_uid FROM timely.mailbox') == 2


def test_a_look_that_is_behind_another_sets_nothing_back(store, server):
    """Two daemons read while the lead changes; the other one has come further."""
    store.ask('CREATE FUNCTION timely.other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE timely.mailbox SET last_uid = 9;'
              ' RETURN new; END $$;'
              'CREATE TRIGGER other AFTER INSERT ON timely.mail_read FOR EACH ROW EXECUTE FUNCTION timely.other()')
    read_mailbox(store)
    assert server.looks >= 4 and store.one('SELECT last_uid FROM timely.mailbox') == 9
