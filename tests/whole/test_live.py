"""Mail as it leaves in earnest: no business clock, real dates, the real recipients, by SMTP."""
import datetime
import os
import shutil
import subprocess

import pytest
from aiosmtpd.controller import Controller

from council import BUILD, ENVIRONMENT, Mail, free_port, tiny, wait_for
from postfix import Postfix

TODAY = datetime.date.today()


class Sink:
    """Keeps what it is given."""

    def __init__(self):
        self.envelopes = []

    async def handle_DATA(self, server, session, envelope):
        self.envelopes.append((envelope.rcpt_tos, Mail(envelope.content)))
        return '250 taken'

    def mails(self, about):
        return [(to, m) for to, m in self.envelopes if m.calendar and about.encode() in m.calendar]


def live(*workers, **mail):
    return tiny(*workers, clock=None, mail={
        'delivery': 'live', 'redirect to': None, 'maildir': None, 'allowed domains': 'council.example', 'smtp require tls': 'no',
        'smtp helo': 'timely.council.example', **mail})


@pytest.fixture(scope='module')
def sink():
    handler = Sink()
    controller = Controller(handler, hostname='127.0.0.1', port=free_port())
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture(scope='module')
def council(sink):
    made = live('W1', 'W2', 'W3', **{'smtp url': f'smtp://127.0.0.1:{sink.port}'})
    yield made
    made.close()


def test_an_invite_and_its_cancellation_by_smtp(council, sink):
    child = council.child('W1')
    key = council.enquiry(child, TODAY)
    wait_for(lambda: sink.mails(child))
    (to, mail), = sink.mails(child)
    assert to == ['w1@council.example'] == [mail.to]
    assert (mail.method, mail.uid) == ('REQUEST', council.stored(child)[0])
    due = council.due(child, 'icpc')[0]['due_on']
    assert mail.event['DTSTART'].dt.isoformat() == due
    counted = council.timely('date', f'15 working days after {TODAY}').splitlines()[0]
    assert counted == due
    council.ask('DELETE FROM ssd_s47_enquiry WHERE s47e_s47_enquiry_id = %s', (key,))
    wait_for(lambda: len(sink.mails(mail.uid)) == 2)
    to, cancel = sink.mails(mail.uid)[1]
    assert to == ['w1@council.example'] and cancel.method == 'CANCEL' and cancel.sequence > mail.sequence
    assert cancel.id != mail.id


def test_nobody_outside_the_allowed_domains(council, sink):
    council.people(more='person,OUT,Name OUT,out@elsewhere.example,,T1,,,,\n')
    child = council.child('OUT')
    council.enquiry(child, TODAY)
    wait_for(lambda: council.ask("SELECT 1 FROM timely.outbox WHERE staff_id = 'OUT' AND state = 'refused'"))
    wait_for(lambda: any(to == ['operator@council.example'] for to, _ in sink.envelopes))
    assert not any('elsewhere.example' in address for to, _ in sink.envelopes for address in to)


def test_live_and_a_business_clock_do_not_go_together(council):
    file = council.folder / 'both.yaml'
    text = (council.dir / 'timely.yaml').read_text(encoding='utf-8')
    file.write_text(text + 'clock: {starts at: 2024-04-02T09:00}\n', encoding='utf-8')
    done = subprocess.run([str(BUILD / 'timelyd'), '--config', str(file), '--check'], capture_output=True, text=True,
                          env=ENVIRONMENT, check=False)
    assert done.returncode == 2 and 'clock' in done.stderr


@pytest.fixture
def postfix():
    if os.geteuid() != 0:
        pytest.skip('postfix must be started by root')
    if not shutil.which('postfix'):
        pytest.skip('postfix is not installed')
    server = Postfix()
    try:
        if server.run('start') != 0:
            pytest.skip(f'postfix does not start here: {server.said()}')
        yield server
    finally:
        server.stop()


def test_through_a_real_postfix(postfix):
    council = live('W1', **{'smtp url': f'smtp://127.0.0.1:{postfix.port}'})
    try:
        child = council.child('W1')
        council.enquiry(child, TODAY)
        mail, = wait_for(lambda: [m for m in map(Mail, postfix.mails('all')) if m.calendar], why=postfix.said)
        assert (mail.to, mail.method, mail.uid) == ('w1@council.example', 'REQUEST', council.stored(child)[0])
        assert child in mail.event['SUMMARY']
        wait_for(lambda: council.one("SELECT last_answer FROM timely.outbox WHERE kind = 'invite'").startswith('250'))
    finally:
        council.close()
