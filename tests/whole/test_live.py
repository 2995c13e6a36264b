"""Mail as it leaves in earnest: no business clock, real dates, the real recipients, by SMTP."""
import datetime
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from council import BUILD, ENVIRONMENT, Mail, free_port, tiny, wait_for

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


class Postfix:
    """A real postfix in a folder of its own, on a high port, that delivers every address into one Maildir."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix='postfix-', dir='/tmp'))
        self.folder.chmod(0o755)
        self.port, self.etc = free_port(), self.folder / 'etc'
        self.box = self.folder / 'box'
        for name in ('etc', 'queue', 'data', 'box'):
            (self.folder / name).mkdir()
        user = pwd.getpwnam('postfix')
        os.chown(self.folder / 'data', user.pw_uid, user.pw_gid)
        os.chown(self.box, user.pw_uid, user.pw_gid)
        (self.etc / 'main.cf').write_text(f"""compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
maillog_file = {self.folder}/log
maillog_file_prefixes = {self.folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.council.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = council.example
virtual_mailbox_base = {self.box}
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{user.pw_uid}
virtual_gid_maps = static:{user.pw_gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = none
""", encoding='utf-8')
        (self.etc / 'master.cf').write_text(f"""127.0.0.1:{self.port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
""", encoding='utf-8')

    def run(self, word):
        return subprocess.run(['postfix', '-c', str(self.etc), word], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode

    def said(self):
        log = self.folder / 'log'
        return log.read_text(encoding='utf-8', errors='replace')[-3000:] if log.exists() else 'no log'

    def mails(self):
        return [Mail(f.read_bytes()) for f in sorted(self.box.glob('all/new/*'))]


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
        server.run('stop')
        shutil.rmtree(server.folder, ignore_errors=True)


def test_through_a_real_postfix(postfix):
    council = live('W1', **{'smtp url': f'smtp://127.0.0.1:{postfix.port}'})
    try:
        child = council.child('W1')
        council.enquiry(child, TODAY)
        mail, = wait_for(lambda: [m for m in postfix.mails() if m.calendar], why=postfix.said)
        assert (mail.to, mail.method, mail.uid) == ('w1@council.example', 'REQUEST', council.stored(child)[0])
        assert child in mail.event['SUMMARY']
        wait_for(lambda: council.one("SELECT last_answer FROM timely.outbox WHERE kind = 'invite'").startswith('250'))
    finally:
        council.close()
