"""Answers that come back, all the way: timelyd invites through a real Postfix into people's mailboxes, a stand-in for
their calendar answers by mail, and timelyd reads the service's mailbox at a real Dovecot, by IMAP with TLS."""
import datetime
import email.message
import email.policy
import email.utils
import itertools
import os
import shutil
import signal
import smtplib

import icalendar
import pytest

from council import Mail, tiny, wait_for
from dovecot import Dovecot, Tokens
from postfix import Postfix

TODAY = datetime.date.today()
SERVICE = 'timely@council.example'
PEOPLE = ['W0', 'W1', 'W2', 'W3', 'W4', 'W5', 'DIR', 'HEAD', 'SM', 'TM', 'CM', 'CHAIR', 'OPERATOR']
USER, SECRET = 'timely', 'a secret of the mailbox'


class Town:
    """A council with its mail server and its mailbox."""

    numbers = itertools.count(1)
    starts = {}  # of an enquiry, by the working days that are left

    def __init__(self):
        self.postfix = Postfix([p.lower() for p in PEOPLE] + [USER])
        self.tokens = Tokens(USER)
        self.dovecot = Dovecot(self.postfix.box, {USER: SECRET}, self.tokens)
        self.council = None
        try:
            self.open()
        except BaseException:
            self.close()
            raise

    def open(self):
        assert self.postfix.run('start') == 0, self.postfix.said()
        self.box = self.postfix.box / USER
        # Postfix makes a Maildir with its first mail; Dovecot must find one before.
        self.send(email_to(SERVICE, 'operator@council.example', 'hello'))
        wait_for(lambda: self.postfix.mails(USER), why=self.postfix.said)
        self.dovecot.__enter__()
        password = self.dovecot.folder / 'password'
        password.write_text(SECRET + '\n', encoding='utf-8')
        self.council = tiny('W1', 'W2', 'W3', 'W4', 'W5', clock=None, mail={
            'delivery': 'live', 'redirect to': None, 'maildir': None, 'allowed domains': 'council.example',
            'smtp require tls': 'no', 'smtp helo': 'timely.council.example',
            'smtp url': f'smtp://127.0.0.1:{self.postfix.port}'}, mailbox={
                'imap url': f'imap://127.0.0.1:{self.dovecot.port}', 'imap user': USER, 'imap password file': password,
                'imap ca file': self.dovecot.certificate, 'read every': '1 second',
                'authserv id': 'mx.council.example'})

    def close(self):
        try:
            for secret in (SECRET, self.tokens.secret, *self.tokens.given):
                assert not self.council or secret not in self.council.daemon.said()
            if self.council:
                self.council.close()
        finally:
            self.dovecot.__exit__()
            self.postfix.stop()
            self.tokens.stop()

    def send(self, message, sender=None):
        with smtplib.SMTP('127.0.0.1', self.postfix.port) as server:
            server.send_message(message, sender or message['From'], [message['To']])

    def mails(self, person, about=None):
        found = [Mail(b) for b in self.postfix.mails(person.lower())]
        return [m for m in found if about is None or about in m.text or (m.calendar and about.encode() in m.calendar)]

    def invite(self, person, about, sequence=0):
        """The newest one that this person has, of this version or a later one."""
        return wait_for(lambda: [m for m in self.mails(person, about) if m.method and m.sequence >= sequence],
                        why=lambda: self.council.logs() + self.postfix.said())[-1]

    def holder(self, person, uid):
        rows = self.council.ask(
            'SELECT answer, answer_sequence, acknowledged, comment, proposed_start FROM timely.invite_holder'
            ' JOIN timely.calendar_object USING (object_id) WHERE uid = %s AND staff_id = %s', (uid, person))
        return rows[0] if rows else None

    def looked(self):
        """Waits for a look that began after this was asked."""
        before = self.council.one('SELECT now()')
        wait_for(lambda: self.council.one("SELECT count(*) FROM timely.mailbox WHERE problem IS NULL AND read_at >"
                                          " %s + interval '1.5 seconds'", (before,)), why=self.council.logs)

    def ignored(self, why):
        return self.council.one('SELECT count(*) FROM timely.mail_read WHERE why = %s', (why,))

    def child(self, worker, days_left=14):
        """A child whose conference is due in so many working days."""
        if days_left not in self.starts:
            said = self.council.timely('date', f'{15 - days_left} working days before {TODAY}')
            self.starts[days_left] = said.splitlines()[0]
        child = self.council.child(worker)
        self.council.enquiry(child, self.starts[days_left])
        wait_for(lambda: self.council.stored(child), why=self.council.logs)
        return child

    def booked(self, child, chair='CHAIR', **columns):
        """The child's conference, in the diary for tomorrow; the invite that the chair has."""
        meeting = f'M{next(self.numbers)}'
        at = datetime.datetime.combine(TODAY + datetime.timedelta(days=1), datetime.time(10))
        self.council.book(meeting, at.isoformat(), child, chair=chair, **columns)
        return wait_for(lambda: [m for m in self.mails(chair, child) if m.method and 'DTSTART' in m.event and
                                 isinstance(m.event['DTSTART'].dt, datetime.datetime)], why=self.council.logs)[-1]


def email_to(to, sender, text, **headers):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message['From'], message['To'], message['Subject'] = sender, to, 'Re'
    message['Message-ID'] = email.utils.make_msgid(domain='client.example')
    message['Date'] = email.utils.localtime()
    for name, value in headers.items():
        message[name.replace('_', '-')] = value
    message.set_content(text)
    return message


def answer(mail, person, partstat, method='REPLY', sender=None, stamp=None, comment=None, starts=None, sequence=None,
           uid=None, sent_by=None, attendee=None, **headers):
    """What a person's calendar sends back about an invite that it holds."""
    headers.setdefault('Authentication_Results', 'mx.council.example; dmarc=pass')
    calendar, event = icalendar.Calendar(), icalendar.Event()
    calendar.add('VERSION', '2.0')
    calendar.add('PRODID', '-//A stand-in//EN')
    calendar.add('METHOD', method)
    event.add('UID', uid or mail.uid)
    event.add('SEQUENCE', mail.sequence if sequence is None else sequence)
    event.add('DTSTAMP', stamp or datetime.datetime.now(datetime.timezone.utc))
    event['DTSTART'] = mail.event['DTSTART']
    if starts:
        event['DTSTART'] = icalendar.vDDDTypes(starts)
    if comment:
        event.add('COMMENT', comment)
    who = icalendar.vCalAddress(f'MAILTO:{attendee or person}@Council.example')
    who.params['PARTSTAT'] = partstat
    if sent_by:
        who.params['SENT-BY'] = f'mailto:{sent_by}@council.example'
    event.add('ATTENDEE', who, encode=0)
    calendar.add_component(event)
    message = email_to(SERVICE, f'Somebody <{sender or person}@council.example>', 'They have answered.', **headers)
    message.add_alternative(calendar.to_ical(), 'text', 'calendar', params={'method': method, 'charset': 'utf-8'})
    return message


def later(minutes):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)


@pytest.fixture(scope='module')
def town():
    if os.geteuid() != 0:
        pytest.skip('postfix must be started by root')
    for program in ('postfix', 'dovecot'):
        if not shutil.which(program):
            pytest.fail(f'{program} is not installed')
    made = Town()
    yield made
    made.close()


def test_acceptance_is_stored_and_silent(town):
    child = town.child('W1')
    invite = town.invite('W1', child)
    before = len(town.mails('W1')), len(town.mails('TM'))
    town.send(answer(invite, 'w1', 'ACCEPTED'))
    wait_for(lambda: town.holder('W1', invite.uid)[0], why=town.council.logs)
    assert town.holder('W1', invite.uid)[:3] == ('ACCEPTED', invite.sequence, invite.sequence)
    assert (len(town.mails('W1')), len(town.mails('TM'))) == before
    row, = [r for r in town.council.rows('invites', child) if r['staff_id'] == 'W1']
    assert (row['answer'], row['answer_sequence'], row['acknowledged']) == ('ACCEPTED', str(invite.sequence), 'yes')


def test_the_chairs_decline_shortly_before_the_last_day_goes_to_worker_and_managers(town):
    child = town.child('W2', days_left=3)
    due = town.council.due(child, 'icpc')[0]['due_on']
    invite = town.booked(child)
    town.send(answer(invite, 'chair', 'DECLINED', comment='In court.\nBcc: eve@elsewhere.example'))
    for person in ('W2', 'TM', 'CM'):
        told, = wait_for(lambda p=person: [m for m in town.mails(p, child) if 'declined' in m.subject], why=town.council.logs)
        assert 'Name CHAIR (CHAIR) has declined the invitation' in ' '.join(told.text.split())
        assert '> In court.\n> Bcc: eve@elsewhere.example\n' in told.text.replace('\r', '')
        assert ('The last day in timescale is in' in told.text) == (person != 'W2')
        assert 'Name' not in told.subject and 'Quince' not in told.text + told.subject
    assert town.holder('CHAIR', invite.uid)[:3] == ('DECLINED', invite.sequence, None)
    assert town.council.due(child, 'icpc')[0]['due_on'] == due
    # The same again tells nobody; and a change of mind is silent, but stored.
    town.send(answer(invite, 'chair', 'DECLINED', stamp=later(1)))
    town.send(answer(invite, 'chair', 'ACCEPTED', stamp=later(2)))
    wait_for(lambda: town.holder('CHAIR', invite.uid)[0] == 'ACCEPTED', why=town.council.logs)
    assert len([m for m in town.mails('W2', child) if 'declined' in m.subject]) == 1
    assert town.holder('CHAIR', invite.uid)[2] == invite.sequence
    answers = town.council.one('SELECT count(*) FROM timely.invite_answer JOIN timely.calendar_object USING (object_id)'
                               ' WHERE uid = %s', (invite.uid,))
    assert answers == 3


# Points: 60
def test_another_time_goes_to_the_worker_alone(town):
    child = town.child('W3', days_left=3)
    invite = town.booked(child)
    proposed = datetime.datetime.combine(TODAY + datetime.timedelta(days=40), datetime.time(14))
    managers = len(town.mails('TM')), len(town.mails('CM'))
    town.send(answer(invite, 'chair', 'TENTATIVE', method='COUNTER', starts=proposed))
    told, = wait_for(lambda: [m for m in town.mails('W3', child) if 'another time' in m.subject], why=town.council.logs)
    assert 'after the last day in timescale' in ' '.join(told.text.split()) and ', 14:00' in told.text
    assert town.holder('CHAIR', invite.uid)[4] == proposed
    assert (len(town.mails('TM')), len(town.mails('CM'))) == managers


# Points: 58
def test_what_touches_nothing(town):
    """Another's UID, a forged attendee, who holds none, an unknown UID, what failed its check (point 62), a version to come.
    None of these mails has an ORGANIZER, as those of some servers (point 58)."""
    child = town.child('W4')
    invite = town.invite('W4', child)
    other = town.invite('W1', town.child('W1'))
    for mail in (answer(invite, 'w1', 'DECLINED', uid=invite.uid),            # holds none of it
                 answer(invite, 'w4', 'DECLINED', sender='w1'),              # in another's name
                 answer(other, 'w4', 'DECLINED', uid=other.uid),             # another's UID
                 answer(invite, 'w4', 'DECLINED', uid='nobody@council.example'),
                 answer(invite, 'w4', 'DECLINED', sender='eve', sent_by='eve'),
                 answer(invite, 'w4', 'DECLINED', sequence=invite.sequence + 7),
                 answer(invite, 'w4', 'DECLINED', stamp=datetime.datetime(2150, 1, 1, tzinfo=datetime.timezone.utc)),
                 answer(invite, 'w4', 'DECLINED', Authentication_Results='mx.council.example; dmarc=fail')):
        town.send(mail)
    wait_for(lambda: town.ignored('no-holder') == 2 and town.ignored('not-the-sender') == 2 and
             town.ignored('unknown-uid') == 1 and town.ignored('version-of-the-future') == 1 and
             town.ignored('stamp-of-the-future') == 1 and town.ignored('not-authenticated') == 1, why=town.council.logs)
    assert town.holder('W4', invite.uid)[:3] == (None, None, None)
    assert not [m for m in town.mails('TM', child) if 'declined' in m.subject]


# Points: 59, 61
def test_older_answers_and_automatic_ones_acknowledge_nothing(town):
    """Points 59 to 61."""
    child = town.child('W5')
    invite = town.booked(child)
    booked = invite.sequence
    mine = town.invite('W5', child, booked)
    town.send(answer(mine, 'w5', 'ACCEPTED', sequence=0))
    wait_for(lambda: town.holder('W5', invite.uid)[0] == 'ACCEPTED', why=town.council.logs)
    assert town.holder('W5', invite.uid)[1:3] == (0, None) and booked > 0
    town.send(answer(mine, 'w5', 'ACCEPTED', Auto_Submitted='auto-replied'))
    wait_for(lambda: town.holder('W5', invite.uid)[1] == booked, why=town.council.logs)
    assert town.holder('W5', invite.uid)[2] is None
    # One that was given before it, and comes after it, is too late.
    town.send(answer(mine, 'w5', 'DECLINED', stamp=datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)))
    wait_for(lambda: town.ignored('older-answer') == 1, why=town.council.logs)
    # A colleague may answer in their place, named as such; that is kept, and acknowledges nothing.
    town.send(answer(mine, 'w5', 'TENTATIVE', sender='w1', sent_by='w1'))
    wait_for(lambda: town.holder('W5', invite.uid)[0] == 'TENTATIVE', why=town.council.logs)
    assert town.holder('W5', invite.uid)[2] is None
    assert town.council.one("SELECT sent_by FROM timely.invite_answer WHERE answer = 'TENTATIVE' AND staff_id = 'W5'") == 'W1'


# Points: 62
def test_only_what_the_server_vouches_for_acknowledges(town):
    """What another server wrote, or who sent it, is no verdict. The answer is kept."""
    invite = town.invite('W1', town.child('W1'))
    for minutes, (verdict, partstat, acknowledged) in enumerate([
            ('mx.elsewhere.example; dmarc=pass', 'TENTATIVE', None), ('mx.council.example; dmarc=none', 'ACCEPTED', None),
            ('mx.council.example; dmarc=pass', 'TENTATIVE', invite.sequence)]):
        town.send(answer(invite, 'w1', partstat, stamp=later(minutes), Authentication_Results=verdict))
        wait_for(lambda p=partstat: town.holder('W1', invite.uid)[0] == p, why=town.council.logs)
        assert town.holder('W1', invite.uid)[2] == acknowledged


def test_other_mails_stay_as_they_are(town):
    town.send(email_to(SERVICE, 'w1@council.example', 'When is this due?'))
    town.send(email_to(SERVICE, 'w1@council.example', 'I am away.', Auto_Submitted='auto-replied'))
    town.looked()
    assert len(town.postfix.mails(USER)) == len(list(town.box.glob('*/*')))  # all still new, none read, marked or gone
    assert not list(town.box.glob('cur/*'))
    assert town.council.one("SELECT count(*) FROM timely.mail_read WHERE became <> 'ignored'") == \
        town.council.one('SELECT (SELECT count(*) FROM timely.invite_answer)'
                         " + (SELECT count(*) FROM timely.audit WHERE what = 'mail.bounce')")


def test_a_bounce_marks_the_address_until_the_directory_has_another(town):
    council = town.council
    council.people(more='person,GONE,Name GONE,gone@council.example,,T1,,,,\n')
    child = town.child('GONE')
    wait_for(lambda: council.ask('SELECT 1 FROM timely.bounced_address'),
             why=lambda: council.logs() + town.postfix.said() + repr(town.postfix.mails(USER)[-1:]))
    (address, status, diagnostic), = council.ask('SELECT email, status, diagnostic FROM timely.bounced_address')
    assert (address, status) == ('gone@council.example', '5.1.1') and 'unknown user' in diagnostic
    finding, = [f for f in council.rows('findings') if f['code'] == 'bounced-address']
    assert finding['ref'] == 'GONE' and '5.1.1' in finding['text']
    told, = wait_for(lambda: [m for m in town.mails('OPERATOR') if 'comes back' in m.subject], why=council.logs)
    assert 'GONE, gone@council.example' in told.text
    council.people(more='person,GONE,Name GONE,w5@council.example,,T1,,,,\n')
    assert not [f for f in council.rows('findings') if f['code'] == 'bounced-address']
    assert 'gone@' not in council.daemon.said() and child not in council.daemon.said()


def test_a_daemon_that_is_killed_takes_each_mail_once(town):
    council = town.council
    children = [town.child('W3') for _ in range(4)]
    invites = [town.invite('W3', child) for child in children]
    before = council.one('SELECT count(*) FROM timely.invite_answer')
    for i, invite in enumerate(invites):
        town.send(answer(invite, 'w3', 'DECLINED'))
        if i % 2:
            wait_for(lambda n=i: council.one('SELECT count(*) FROM timely.invite_answer') > before + n // 2,
                     why=council.logs)
            council.daemon.stop(signal.SIGKILL)
            council.start_daemon()
    wait_for(lambda: council.one('SELECT count(*) FROM timely.invite_answer') == before + len(invites), why=council.logs)
    town.looked()
    assert council.one('SELECT count(*) FROM timely.invite_answer') == before + len(invites)
    # A mail that a killed daemon was handing over waits for its lease: what was put in is looked at.
    assert council.one("SELECT count(*) FROM timely.outbox WHERE dedupe LIKE 'reply:%%:W3:0:DECLINED:TM'") == len(invites)


def test_a_mailbox_that_is_made_anew_repeats_nothing(town):
    """Dovecot gives another UIDVALIDITY when its own files are gone."""
    council = town.council
    before = council.one('SELECT count(*) FROM timely.invite_answer'), council.one('SELECT count(*) FROM timely.audit')
    validity = council.one('SELECT uid_validity FROM timely.mailbox')
    for file in town.box.glob('dovecot*'):
        file.unlink()
    wait_for(lambda: council.one('SELECT uid_validity FROM timely.mailbox') != validity, why=council.logs)
    town.looked()
    assert council.one('SELECT count(*) FROM timely.invite_answer') == before[0]
    assert council.one("SELECT count(*) FROM timely.audit WHERE what LIKE 'mail.%%'") <= before[1]


def test_a_token_stands_for_the_password(town):
    """Exchange Online takes nothing else. A token that the server refuses is fetched anew."""
    council, tokens = town.council, town.tokens
    secret = town.dovecot.folder / 'secret'
    secret.write_text('not this one\n', encoding='utf-8')
    council.configure(mailbox={'imap password file': None}, oauth={
        'token url': f'http://127.0.0.1:{tokens.port}/tenant/token', 'client id': tokens.client, 'client secret file': secret,
        'scope': 'https://mail.example/.default'})
    council.daemon.reload()
    wait_for(lambda: 'AADSTS7000215' in (council.one('SELECT problem FROM timely.mailbox') or ''), why=council.logs)
    secret.write_text(tokens.secret + '\n', encoding='utf-8')
    town.looked()
    assert tokens.asked[-1]['scope'] == ['https://mail.example/.default'] and len(tokens.given) == 1
    tokens.revoked.add(tokens.given[0])
    wait_for(lambda: len(tokens.given) == 2, why=council.logs)
    town.looked()
    assert len(tokens.given) == 2


def test_status_says_when_the_mailbox_is_not_read(town):
    council = town.council
    council.ask("UPDATE timely.mailbox SET read_at = now() - interval '1 day'")
    town.dovecot.__exit__()
    wait_for(lambda: council.one('SELECT problem FROM timely.mailbox'), why=council.logs)
    council.ask("UPDATE timely.mailbox SET read_at = now() - interval '1 day'")
    # Its password and its certificate went with the server: which of them is missed first does not matter.
    assert 'the mailbox was not read for too long: ' in council.timely('status', status=1)
