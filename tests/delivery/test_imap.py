"""Reading a mailbox: a real Dovecot, whose files show that nothing was changed, and a server that says what no server
should. READ_MAILBOX names the driver's binary (tests/delivery/read_mailbox.c)."""
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from dovecot import Dovecot, Tokens, account  # noqa: E402
from scratch import scratch  # noqa: E402

DRIVER = os.environ.get('READ_MAILBOX', str(ROOT / 'build/tests/delivery/read_mailbox'))
PLAIN = b'From: a@b.example\r\nTo: c@d.example\r\nSubject: t\r\n\r\nhello {5}\r\n'
ODD = (b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n'
       b'Content-Type: text/calendar; name="a\\"b\xff"\r\n\r\n* BAD\r\nt3 OK done\r\n--x--\r\n')


def read(port, *options, user='timely', folder='INBOX', scheme='imap', status=0):
    done = subprocess.run([DRIVER, f'{scheme}://127.0.0.1:{port}', user, folder, *options], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert 'Sanitizer' not in done.stderr and 'runtime error' not in done.stderr, done.stderr
    assert 'secret' not in done.stdout + done.stderr
    return done.stdout.splitlines()


class Box:
    """A Maildir at a Dovecot."""

    def __init__(self, tokens=None):
        self.root = scratch('box-')
        self.dir = self.root / 'timely'
        for name in ('', 'new', 'cur', 'tmp'):
            (self.dir / name).mkdir()
        self.server = Dovecot(self.root, {'timely': 'secret'}, tokens)
        self.own()

    def own(self):
        shutil.chown(self.root, account().pw_uid, account().pw_gid)
        for path in self.root.rglob('*'):
            os.chown(path, account().pw_uid, account().pw_gid)

    def put(self, *mails):
        for data in mails:
            (self.dir / 'new' / f'{1700000000 + len(list(self.dir.glob("*/*")))}.x').write_bytes(data)
        self.own()

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *_):
        self.server.__exit__()
        shutil.rmtree(self.root)

    def read(self, *options, password='password=secret', **more):
        return read(self.server.port, password, f'ca={self.server.certificate}', *options, **more)


@pytest.fixture(scope='module')
def box():
    if not shutil.which('dovecot'):
        pytest.fail('dovecot is not installed')
    with Box() as made:
        made.put(PLAIN, ODD, PLAIN * 20000)
        yield made


def test_what_is_there_and_stays_as_it_is(box):
    before = {p.name for p in box.dir.glob('new/*')}
    size = len(PLAIN) * 20000
    assert size > 1 << 20
    for _ in range(2):
        assert box.read() == ['folder 1 next 4 count 3', f'mail 1 other {len(PLAIN)}', f'mail 2 calendar {len(ODD)}',
                              f'mail 3 other {1 << 20}']
    assert {p.name for p in box.dir.glob('new/*')} == before and not list(box.dir.glob('cur/*'))
    log = box.server.said()
    assert log.count('Login:') == 2 and log.count('Logged out') == 2  # one connection a look, and a goodbye


def test_windows(box):
    assert box.read('first=3', 'most=10')[1:] == ['mail 3 other 10']
    assert box.read('first=4', 'bodies=no') == ['folder 1 next 4 count 0']  # 4:* means mail 3 too
    today = time.strftime('%Y-%m-%d')
    assert box.read('bodies=no', f'since={today}') == ['folder 1 next 4 count 3']
    assert box.read('bodies=no', 'since=2099-01-01') == ['folder 1 next 4 count 0']


def test_old_mails_cost_a_search():
    """Dovecot takes the day of a mail from its file."""
    with Box() as box:
        for i in range(2000):
            file = box.dir / 'new' / f'{1600000000 + i}.old'
            file.write_bytes(PLAIN)
            os.utime(file, (1600000000, 1600000000))
        box.put(PLAIN)
        box.own()
        assert box.read('since=2024-01-01') == ['folder 1 next 2002 count 1', f'mail 2001 other {len(PLAIN)}']


def test_tls_and_passwords(box):
    imaps = dict(scheme='imaps')
    assert read(box.server.tls_port, 'password=secret', f'ca={box.server.certificate}', 'bodies=no', **imaps)
    assert box.read(password='password=wrong', status=1)[0] == 'denied 1'
    assert 'certificate' in read(box.server.port, 'password=secret', status=1)[1]
    assert 'refuses EXAMINE' in box.read(folder='Nowhere "and\\', status=1)[0]
    assert 'cannot be said' in box.read(folder='Entwürfe', status=1)[0]


def test_tokens():
    tokens = Tokens('timely')
    try:
        _, given = tokens.grant({'client_secret': [tokens.secret], 'grant_type': ['client_credentials']})
        with Box(tokens) as box:
            box.put(PLAIN)
            bearer = f'bearer={given["access_token"]}'
            assert box.read(password=bearer)[0] == 'folder 1 next 2 count 1'
            tokens.revoked.add(given['access_token'])
            assert box.read(password=bearer, status=1)[0] == 'denied 1'
    finally:
        tokens.stop()


class Server(threading.Thread):
    """Says `greeting` and, for each command by its first words, the lines of a script; {tag} is the command's tag."""

    usual = {'CAPABILITY': '* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR\r\n{tag} OK\r\n', 'AUTHENTICATE': '{tag} OK in\r\n',
             'EXAMINE': '* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\n{tag} OK\r\n',
             'UID SEARCH': '* SEARCH 1 2\r\n{tag} OK\r\n',
             'UID FETCH': '* 1 FETCH (UID 1 BODYSTRUCTURE ("text" "plain" NIL))\r\n{tag} OK\r\n', 'LOGOUT': ''}

    def __init__(self, **script):
        super().__init__(daemon=True)
        self.script = {**self.usual, **{k.replace('_', ' '): v for k, v in script.items()}}
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.said = []
        self.start()

    def run(self):
        connection, _ = self.listener.accept()
        with connection:
            try:
                self.speak(connection)
            except OSError:
                pass  # the other side has left

    def speak(self, connection):
        connection.sendall(b'* OK ready\r\n')
        for line in connection.makefile('rb'):
            tag, _, words = line.decode('latin-1').strip().partition(' ')
            self.said.append(words)
            known = [k for k in self.script if words.startswith(k)]
            answer = self.script[max(known, key=len)] if known else '{tag} BAD\r\n'
            if answer is None:
                return
            for piece in answer if isinstance(answer, list) else [answer]:
                connection.sendall(piece.replace('{tag}', tag).encode('latin-1'))


def scripted(*options, status=0, **script):
    server = Server(**script)
    return read(server.port, 'password=p', 'tls=no', 'timeout=1', *options, status=status), server


def test_a_scripted_server_is_understood():
    """Answers to others between ours, literals in the structure, pieces that end anywhere."""
    lines, server = scripted(**{
        'UID FETCH 1 (BODYSTRUCTURE': ['* 9 EXISTS\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 1 BODYSTRUCTURE ("text" {8}\r\n',
                                       'calen', 'dar NIL "x" {10}\r\nt4 OK hi\r\n)) \r', '\n{tag} OK\r\n'],
        'UID FETCH 1 (BODY.PEEK': ['* 1 FETCH (UID 1 BODY[]<0> {1', '1+}\r\nab\r\nt5 OK\r\n', ')\r\n{tag} OK\r\n'],
        'UID FETCH 2': '* 1 EXPUNGE\r\n{tag} OK it is gone\r\n'})
    assert lines == ['folder 1 next 3 count 2', 'mail 1 other 11', 'mail 2 gone 0']
    assert [w.split(' ')[0] for w in server.said[2:]] == ['EXAMINE', 'UID', 'UID', 'UID', 'UID', 'UID', 'LOGOUT']
    assert not any(word in ' '.join(server.said) for word in ('STORE', 'SELECT', 'BODY[', 'EXPUNGE', 'COPY'))


def test_no_password_without_tls():
    server = Server()
    assert 'denied 0' in read(server.port, 'password=secret', 'tls=yes', status=1)
    assert not any('AUTHENTICATE' in words or 'LOGIN' in words for words in server.said)


@pytest.mark.parametrize('script, why', [
    ({'EXAMINE': '{tag} OK\r\n'}, 'UIDVALIDITY'),
    ({'EXAMINE': '{tag} NO \x07no such thing\r\n'}, 'refuses EXAMINE: NO  no such thing'),
    ({'EXAMINE': 'hello\r\n'}, 'no IMAP'),
    ({'EXAMINE': '+ go on\r\n'}, 'no IMAP'),
    ({'EXAMINE': ''}, 'does not answer'),
    ({'EXAMINE': None}, 'closed'),
    ({'UID_SEARCH': '* SEARCH ' + '1 ' * 3000000}, 'more than can be meant'),
    ({'UID_SEARCH': '* SEARCH {99999999}\r\n' + 'x' * 5000000}, 'more than can be meant'),
    ({'UID_SEARCH': '* x\r\n' * 10 + '* {4}\r\nab'}, 'does not answer'),
])
def test_a_server_that_says_what_none_should(script, why):
    lines, _ = scripted(status=1, **script)
    assert why in lines[-1]


@pytest.mark.parametrize('search', ['* SEARCH\r\n', '* SEARCH x y\r\n', '* SEARCH -5\r\n', '* SEARCH 0\r\n', ''])
def test_searches_that_find_nothing(search):
    lines, _ = scripted('bodies=no', UID_SEARCH=search + '{tag} OK\r\n')
    assert lines[0] in ('folder 1 next 3 count 0', 'folder 1 next 3 count 1')
