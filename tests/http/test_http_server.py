"""What HTTP gives to its handlers, whole requests and time to answer: real sockets, a real PostgreSQL, a server whose
handler says what it was given and holds answers back (http_driver.c).

HTTP_DRIVER names the program.
"""
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

DRIVER = os.environ.get('HTTP_DRIVER', 'http_driver')
BODY_MOST = 128 * 1024
BODIES_MOST = 128
UNDER_WAY_MOST = 64
POOL_MOST = 4


def rest_of(connection):
    """What comes until the server closes."""
    answer = b''
    while part := connection.recv(65536):
        answer += part
    return answer.decode()


def wait_until(what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(0.01)
    raise AssertionError('it did not happen in time')


class Server:
    def __init__(self, conninfo, *tls):
        self.said = []
        self.tls = tls
        self.process = subprocess.Popen([DRIVER, conninfo, *map(str, tls)], stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        wait_until(lambda: self.saying('driver.listening') or self.process.poll() is not None)
        self.port = int(self.saying('driver.listening')[0].split('port=')[1].split()[0])

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line.rstrip('\n'))

    def saying(self, part):
        return [line for line in self.said if part in line]

    def connect(self):
        c = socket.create_connection(('127.0.0.1', self.port), timeout=10)
        if not self.tls:
            return c
        context = ssl.create_default_context(cafile=self.tls[0])
        context.check_hostname = False
        return context.wrap_socket(c)

    def ask(self, *paths, headers='', method='GET'):
        """All requests in one piece; what comes back until the server closes."""
        requests = [f'{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}' for path in paths]
        requests[-1] += 'Connection: close\r\n'
        with self.connect() as c:
            c.sendall('\r\n'.join(requests).encode() + b'\r\n')
            return rest_of(c)

    def hold(self, number):
        """`number` clients that wait; returns their sockets once all are held."""
        before = len(self.saying('driver.held'))
        clients = [self.connect() for _ in range(number)]
        for c in clients:
            c.sendall(b'GET /hold HTTP/1.1\r\nHost: x\r\n\r\n')
        wait_until(lambda: len(self.saying('driver.held')) == before + number)
        return clients

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        assert not self.saying('Sanitizer'), self.said


@pytest.fixture(scope='module')
def pg():
    with Postgres() as server:
        yield server


@pytest.fixture(params=['clear', 'tls'])
def server(request, pg, tmp_path):
    tls = ()
    if request.param == 'tls':
        tls = (tmp_path / 'cert.pem', tmp_path / 'key.pem')
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
                        '-subj', '/CN=localhost', '-days', '2', '-keyout', tls[1], '-out', tls[0]],
                       check=True, stdin=subprocess.DEVNULL, capture_output=True)
    with Server(pg.conninfo(), *tls) as s:
        yield s


@pytest.fixture
def pooled(pg):
    with Server(pg.conninfo()) as s:
        yield s


# Methods that evhttp does not know


def request(method, body='', path='/say', headers=''):
    return f'{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n{headers}\r\n{body}'.encode()


def said(method, body='', depth='-', kind='-'):
    return f'{method} depth={depth} type={kind} length={len(body)} body={body}'


LAST = b'GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
METHODS = ['OPTIONS', 'PROPFIND', 'REPORT', 'PUT', 'POST', 'DELETE', 'PATCH', 'MKCOL', 'COPY', 'MOVE', 'MKCALENDAR', 'LOCK',
           'UNLOCK', 'PROPPATCH']


def send(server, *pieces):
    """What comes back until the server closes; every piece is a packet, and a record of TLS, of its own."""
    with server.connect() as c:
        if not server.tls:
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            c.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.002)                           # or they would be read as one
        return rest_of(c)


def bodies(answers):
    """The bodies of pipelined answers, each cut by its own length."""
    found = []
    while answers:
        head, answers = answers.split('\r\n\r\n', 1)
        length = int(head.split('Content-Length: ')[1].split('\r\n')[0])
        found.append(answers[:length])
        answers = answers[length:]
    return found


def test_every_method_reaches_the_handler_with_its_body(server):
    kind = 'application/xml; charset=utf-8'
    sent = b''.join(request(m, f'<{m}/>', headers=f'Depth: 1\r\nContent-Type: {kind}\r\n') for m in METHODS)
    assert bodies(send(server, sent + LAST)) == [said(m, f'<{m}/>', '1', kind) for m in METHODS] + ['now']


def test_a_method_in_pieces(server):
    for method in 'PROPFIND', 'REPORT', 'LOCK':
        whole = request(method, 'PROPFIND / HTTP/1.1')
        for cut in range(1, len(method) + 3):
            assert bodies(send(server, whole[:cut], whole[cut:] + LAST)) == [said(method, 'PROPFIND / HTTP/1.1'), 'now']
    every_byte = [bytes([b]) for b in request('PROPFIND', 'ab') + LAST]
    assert bodies(send(server, *every_byte)) == [said('PROPFIND', 'ab'), 'now']


def test_words_of_methods_elsewhere_are_left_alone(server):
    tricky = 'PROPFIND /now HTTP/1.1\r\nHost: x\r\n\r\nREPORT '
    sent = [request('REPORT', tricky), b'GET /say?PROPFIND HTTP/1.1\r\nHost: x\r\nX: PROPFIND / HTTP/1.1\r\n\r\n',
            request('PROPFIND', tricky), LAST]
    expected = [said('REPORT', tricky), said('GET'), said('PROPFIND', tricky), 'now']
    assert bodies(send(server, b''.join(sent))) == expected
    assert bodies(send(server, *sent)) == expected
    joined = b''.join(sent)
    middle = joined.index(b'PROPFIND /say') + 4             # cut within a word behind a request that is answered
    assert bodies(send(server, joined[:middle], joined[middle:])) == expected


def test_a_method_of_one_request_is_not_that_of_the_next(server):
    sent = request('PROPFIND', 'x') + b'GET /say HTTP/1.1\r\nHost: x\r\n\r\n' + request('PATCH', 'y') + LAST
    assert bodies(send(server, sent)) == [said('PROPFIND', 'x'), said('GET'), said('PATCH', 'y'), 'now']
    held = request('REPORT', 'later', path='/hold')
    with ThreadPoolExecutor() as pool:
        both = pool.submit(send, server, held + request('PROPFIND', 'behind') + LAST)
        wait_until(lambda: server.saying('driver.held'))
        server.ask('/go')
        assert bodies(both.result()) == ['REPORT /hold - - later\n', said('PROPFIND', 'behind'), 'now']


@pytest.mark.parametrize('sent, statuses, why', [
    (b'propfind /say HTTP/1.1\r\nHost: x\r\n\r\n', ['501', '400'], 'methods have capital letters'),
    (b'PROPFINDS /say HTTP/1.1\r\nHost: x\r\n\r\n', ['501'], 'no method'),
    (b'PROPFIND\t/say HTTP/1.1\r\nHost: x\r\n\r\n', ['400', '501'], 'a tab'),
    (b' PROPFIND /say HTTP/1.1\r\nHost: x\r\n\r\n', ['400', '501'], 'a blank before it'),
    (b'\r\nPROPFIND /say HTTP/1.1\r\nHost: x\r\n\r\n', ['400'], 'an empty line before it'),
    (b'PATCH\t/say HTTP/1.1\r\nHost: x\r\n\r\n', ['400', '501'], 'a tab'),
    (b'PROPFIND  /say HTTP/1.1\r\nHost: x\r\n\r\n', ['400'], 'two blanks'),
    (b'PROPFIND \r\n\r\n', ['400'], 'nothing else'),
    (b'PROPFIND /say HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', ['400'], 'chunks'),
    (b'PROPFIND /say HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 30\r\n\r\nab', ['400'], 'two lengths'),
    (b'PROPFIND /say HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nab', ['400'], 'a sign'),
    (b'PROPFIND /say HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n' % (BODY_MOST + 1), ['413'], 'too long'),
    (b'GET /say HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab', ['413', '400'], 'evhttp reads it; we do not want it'),
    (b'TRACE /say HTTP/1.1\r\nHost: x\r\n\r\n', ['501'], 'not for us'),
])
def test_what_is_odd_is_refused_and_ends_the_connection(server, sent, statuses, why):
    answer = send(server, sent + request('PROPFIND', 'x'))
    assert answer[9:12] in statuses, (why, answer)
    assert answer.count('HTTP/1.1 ') == 1 and 'depth=' not in answer, why


def test_the_longest_body_is_read_and_a_longer_one_is_not(server):
    body = 'x' * BODY_MOST
    assert bodies(send(server, request('REPORT', body) + LAST)) == [said('REPORT', body), 'now']
    try:
        assert send(server, request('REPORT', body + 'x'))[9:12] == '413'
    except (ConnectionError, ssl.SSLError):
        pass                                                # it was closed while we were still sending
    with server.connect() as c:                             # the next request may have none again
        c.sendall(request('REPORT', 'x') + f'GET /now HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n'.encode())
        assert '413' in rest_of(c).split('HTTP/1.1 ')[2]


def test_a_client_that_asks_before_it_sends_its_body(server):
    with server.connect() as c:
        c.sendall(b'REPORT /say HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n')
        assert c.recv(100).startswith(b'HTTP/1.1 100 Continue')
        c.sendall(b'body' + LAST)
        assert bodies(rest_of(c)) == [said('REPORT', 'body'), 'now']


def test_only_so_many_may_send_a_body_at_a_time(pooled):
    begun = [pooled.connect() for _ in range(BODIES_MOST)]
    for c in begun:
        c.sendall(b'REPORT /say HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbod')
    wait_until(lambda: send(pooled, request('REPORT', 'body') + LAST)[9:12] == '413')
    assert bodies(send(pooled, request('REPORT') + LAST)) == [said('REPORT'), 'now'], 'without one it is answered'
    for c in begun:
        c.close()
    wait_until(lambda: bodies(send(pooled, request('REPORT', 'body') + LAST))[0] == said('REPORT', 'body'))


# Answers that take time


def test_a_later_answer_is_made_from_a_copy_of_its_request(server):
    with ThreadPoolExecutor() as pool:
        later = pool.submit(server.ask, '/hold', headers='Authorization: Basic eDp5\r\nIf-None-Match: "a"\r\n')
        wait_until(lambda: server.saying('driver.held'))
        for _ in range(20):                                 # others read their requests into the same memory
            assert server.ask('/now', headers='If-None-Match: "bbbbbbbb"\r\n').endswith('now')
        server.ask('/go')
        assert later.result().endswith('\r\n\r\nGET /hold Basic eDp5 "a" \n')


def test_what_is_asked_behind_a_later_answer_waits_for_it(server):
    with ThreadPoolExecutor() as pool:
        both = pool.submit(server.ask, '/hold', '/now')
        wait_until(lambda: server.saying('driver.held'))
        server.ask('/go')
        answer = both.result()
    assert answer.index('GET /hold - -') < answer.index('now')
    head = server.ask('/ask', method='HEAD')
    assert head.startswith('HTTP/1.1 200 OK') and head.endswith('\r\n\r\n')


def test_only_so_many_answers_are_made_at_once_and_memory_goes_on_answering(server):
    clients = server.hold(UNDER_WAY_MOST)
    refused = server.ask('/hold')
    assert refused.startswith('HTTP/1.1 503 ') and 'Retry-After: ' in refused
    assert server.ask('/now').endswith('now')               # while they are still held
    server.ask('/go')
    for c in clients:
        assert c.recv(65536).startswith(b'HTTP/1.1 200 ')
        c.close()
    again, = server.hold(1)
    server.ask('/go')
    assert again.recv(65536).startswith(b'HTTP/1.1 200 ')
    again.close()


def test_a_client_that_has_gone_is_answered_nothing(server):
    clients = server.hold(UNDER_WAY_MOST)
    for c in clients:
        c.close()
    server.ask('/go')
    wait_until(lambda: len(server.saying('driver.let_go')) == UNDER_WAY_MOST)
    assert server.ask('/now').endswith('now')


def test_a_stop_waits_for_answers_under_way(server):
    client, gone = server.hold(2)
    gone.close()
    server.stop()
    assert 'GET /hold' in rest_of(client)
    assert server.saying('driver.stopped')[0].endswith('held=0')
    client.close()


def test_a_stop_closes_what_takes_too_long_and_waits_for_its_end(pooled):
    with pooled.connect() as client:
        client.sendall(b'GET /stay HTTP/1.1\r\nHost: x\r\n\r\n')
        wait_until(lambda: pooled.saying('driver.held'))
        began = time.monotonic()
        pooled.stop()
        assert rest_of(client) == ''                        # after five seconds; the answer is made a second later
        assert 5.5 < time.monotonic() - began < 20


def pids(server, path, number):
    with ThreadPoolExecutor(number) as pool:
        answers = list(pool.map(lambda _: server.ask(path), range(number)))
    return {a.rsplit('\r\n', 1)[1] for a in answers if a.startswith('HTTP/1.1 200 ')}, answers


def test_connections_to_the_store_are_few_and_opened_when_needed(pooled, pg):
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'later'"
    assert pg.ask(count)[0][0] == 0
    one, _ = pids(pooled, '/ask', 1)
    assert pids(pooled, '/ask', 1)[0] == one
    assert pg.ask(count)[0][0] == 1
    seen, answers = pids(pooled, '/ask-long', 12)
    assert all(a.startswith('HTTP/1.1 200 ') for a in answers)
    assert one < seen and len(seen) == POOL_MOST == pg.ask(count)[0][0]


def test_a_connection_that_was_cut_is_opened_again(pooled, pg):
    before, _ = pids(pooled, '/ask-long', POOL_MOST)
    assert len(before) == POOL_MOST
    pg.ask("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'later'")
    after, answers = pids(pooled, '/ask-long', POOL_MOST)
    assert len(after) == POOL_MOST and not after & before, answers
    with ThreadPoolExecutor() as pool:                       # within a question
        cut = pool.submit(pooled.ask, '/ask-long')
        wait_until(lambda: pg.ask("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                                  "WHERE application_name = 'later' AND query LIKE '%pg_sleep%' AND state = 'active'"))
        assert cut.result().startswith('HTTP/1.1 503 ')
    assert pooled.ask('/ask').startswith('HTTP/1.1 200 ')


def test_a_store_that_is_away_is_said_and_comes_back(pooled, pg):
    pooled.ask('/ask')
    pg.stop()
    assert pooled.ask('/ask').startswith('HTTP/1.1 503 ')
    assert pooled.ask('/now').endswith('now')
    pg.start()
    assert pooled.ask('/ask').startswith('HTTP/1.1 200 ')
