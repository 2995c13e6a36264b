"""A store with feeds in it and the server process on it (serve_driver.c, which SERVE_DRIVER names), for the tests."""
import gzip
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

DRIVER = os.environ.get('SERVE_DRIVER', 'serve_driver')
TOKEN = 'A' * 43
TEAM_TOKEN = 'B' * 43
GOOD = f'GET /feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\n'.encode()
LAST_MODIFIED = 'Tue, 02 Apr 2024 08:00:00 GMT'


def calendar(events, note=''):
    return ('BEGIN:VCALENDAR\r\nVERSION:2.0\r\n' + ''.join(
        f'BEGIN:VEVENT\r\nUID:{n}{note}\r\nEND:VEVENT\r\n' for n in range(events)) + 'END:VCALENDAR\r\n').encode()


BODY = calendar(500)


def token_hash(token):
    return hashlib.sha256(token.encode()).hexdigest()


def wait_until(what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = what()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError('it did not happen in time')


class Store:
    def __init__(self, pg):
        self.pg = pg
        pg.psql('CREATE ROLE timely_web LOGIN')
        for file in sorted((ROOT / 'sql' / 'store').glob('[0-9]*.sql')):
            pg.psql(file=file)

    def feed(self, token, kind='worker', owner='w1'):
        return self.pg.ask(
            "INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) "
            "VALUES (%s, %s, %s, now(), 'test') RETURNING feed_id", (kind, owner, token_hash(token)))[0][0]

    def body(self, body, kind='worker', owner='w1', etag=None, modified='2024-04-02 08:00:00.7+00'):
        etag = etag or hashlib.sha256(body).hexdigest()[:32]
        self.pg.ask(
            'INSERT INTO timely.feed_body VALUES (%s, %s, %s, %s, %s, now()) '
            'ON CONFLICT (owner_kind, owner_id) DO UPDATE SET body_gzip = excluded.body_gzip, '
            'etag = excluded.etag, last_modified = excluded.last_modified',
            (kind, owner, gzip.compress(body, mtime=0), etag, modified))
        self.pg.ask('NOTIFY timely_feed')
        return f'"{etag}"'

    def heartbeat(self, age='0 s'):
        self.pg.ask('UPDATE timely.state SET heartbeat_at = now() - %s::interval', (age,))


class Server:
    """The process under test. `said` are its lines so far. `command`: another program than the driver."""

    def __init__(self, conninfo, listen='127.0.0.1:0', command=None, **options):
        self.said = []
        self.process = subprocess.Popen(
            command or [DRIVER, listen, conninfo, 'debug=1'] + [f'{k}={v}' for k, v in options.items()],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        line = wait_until(lambda: self.saying('serve.listening') or self.process.poll() is not None)
        assert line is not True, self.said
        self.port = int(line.split('port=')[1].split()[0])

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line.rstrip('\n'))

    def saying(self, part):
        return next((line for line in self.said if part in line), None)

    def ready(self):
        wait_until(lambda: self.saying('serve.ready'))
        return self

    def connect(self, timeout=10):
        return socket.create_connection(('127.0.0.1', self.port), timeout=timeout)

    def ask(self, path=f'/feed/{TOKEN}.ics', method='GET', **headers):
        c = http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)
        try:
            c.request(method, path, headers={k.replace('_', '-'): v for k, v in headers.items()})
            r = c.getresponse()
            r.content = r.read()
            return r
        finally:
            c.close()

    def metric(self, name):
        text = self.ask('/metrics').content.decode()
        return float(next(line for line in text.splitlines() if line.startswith(name + ' ')).split()[-1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.said
        self.reader.join(5)
        assert not any('Sanitizer' in line for line in self.said)
        # Neither an address nor a part of one may be logged.
        for line in self.said:
            assert TOKEN[:8] not in line and TEAM_TOKEN[:8] not in line and '/feed' not in line, line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


def exchange(connection, request, seconds=10):
    """Everything that comes back until the server closes; '' when it resets the connection."""
    connection.settimeout(seconds)
    answer = b''
    try:
        connection.sendall(request)
        while part := connection.recv(65536):
            answer += part
    except (ConnectionResetError, BrokenPipeError):
        pass
    return answer


def make_certificate(folder, name):
    cert, key = folder / f'{name}.pem', folder / f'{name}.key'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-keyout', key, '-out', cert, '-days', '2', '-subj', f'/CN={name}',
                    '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)
    return cert, key
