"""Feeds as clients fetch them: a real PostgreSQL, the real server process (tests/service/serve_driver.c), plain sockets.

SERVE_DRIVER names the program.
"""
import gzip
import hashlib
import http.client
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

DRIVER = os.environ.get('SERVE_DRIVER', 'serve_driver')
TOKEN = 'A' * 43
TEAM_TOKEN = 'B' * 43
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
            'INSERT INTO timely.feed_body VALUES (%s, %s, %s, %s, %s, %s, now()) '
            'ON CONFLICT (owner_kind, owner_id) DO UPDATE SET body = excluded.body, body_gzip = excluded.body_gzip, '
            'etag = excluded.etag, last_modified = excluded.last_modified',
            (kind, owner, body, gzip.compress(body, mtime=0), etag, modified))
        self.pg.ask('NOTIFY timely_feed')
        return f'"{etag}"'

    def heartbeat(self, age='0 s'):
        self.pg.ask('UPDATE timely.state SET heartbeat_at = now() - %s::interval', (age,))


class Server:
    """The process under test. `said` are its lines so far."""

    def __init__(self, conninfo, listen='127.0.0.1:0', **options):
        self.said = []
        self.process = subprocess.Popen(
            [DRIVER, listen, conninfo, 'debug=1'] + [f'{k}={v}' for k, v in options.items()],
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


@pytest.fixture(scope='module')
def pg():
    with Postgres() as server:
        yield server


@pytest.fixture(scope='module')
def store(pg):
    s = Store(pg)
    s.feed(TOKEN)
    s.heartbeat()
    return s


@pytest.fixture
def etag(store):
    return store.body(BODY)


@pytest.fixture(scope='module')
def conninfo(pg):
    return pg.conninfo(user='timely_web')


@pytest.fixture(scope='module')
def one_server(store, conninfo):
    with Server(conninfo) as s:
        yield s.ready()


@pytest.fixture
def shared(one_server, etag):
    """Other tests take its database away: it may still be on its way back."""
    wait_until(lambda: one_server.ask().headers['ETag'] == etag, 30)
    return one_server


# What is answered


# Points: 2, 12, 13
def test_a_feed_is_served_with_its_headers(shared, etag):
    r = shared.ask()
    assert (r.status, r.content) == (200, BODY)
    assert r.headers['Content-Type'] == 'text/calendar; charset=utf-8'
    assert r.headers['ETag'] == etag
    assert r.headers['Last-Modified'] == LAST_MODIFIED
    assert r.headers['Cache-Control'] == 'private, max-age=900'
    assert r.headers['X-Content-Type-Options'] == 'nosniff'
    assert r.headers['Referrer-Policy'] == 'no-referrer'
    assert r.headers['Vary'] == 'Accept-Encoding'
    assert 'Content-Disposition' not in r.headers and 'Set-Cookie' not in r.headers
    assert int(r.headers['Content-Length']) == len(BODY)


# Points: 6
def test_gzip_is_another_coding_with_another_tag(shared, etag):
    r = shared.ask(Accept_Encoding='deflate, gzip')
    assert gzip.decompress(r.content) == BODY
    assert r.headers['Content-Encoding'] == 'gzip'
    assert r.headers['ETag'] == etag[:-1] + '-gzip"'
    assert 'Content-Encoding' not in shared.ask(Accept_Encoding='gzip;q=0').headers


# Points: 6
@pytest.mark.parametrize('coding', ['identity', 'gzip'])
def test_head_has_the_headers_of_get_and_no_body(shared, etag, coding):
    get = shared.ask(Accept_Encoding=coding)
    request = (f'HEAD /feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {coding}\r\n\r\n'
               f'GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    with shared.connect() as c:
        head, rest = exchange(c, request.encode()).split(b'\r\n\r\n', 1)
    assert rest.startswith(b'HTTP/1.1 404')                # the next answer follows at once: no body between
    lines = head.decode().split('\r\n')
    headers = dict(line.split(': ', 1) for line in lines[1:])
    assert lines[0] == 'HTTP/1.1 200 OK'
    for name in set(get.headers) - {'Date', 'Connection'}:
        assert headers[name] == get.headers[name], name


# Points: 3, 4
@pytest.mark.parametrize('if_none_match, if_modified_since, status, why', [
    ('{tag}', None, 304, 'the tag'),
    ('W/{tag}', None, 304, 'weakly compared'),
    ('"x", {tag}', None, 304, 'in a list'),
    ('*', None, 304, 'any'),
    ('{gzip}', None, 304, 'the other coding of the same version'),
    ('"x"', None, 200, 'another'),
    ('{tag', None, 200, 'not closed'),
    (None, LAST_MODIFIED, 304, 'the same second'),
    (None, 'Tue, 02 Apr 2024 08:00:01 GMT', 304, 'later'),
    (None, 'Tue, 02 Apr 2024 07:59:59 GMT', 200, 'earlier'),
    (None, 'Tuesday, 02-Apr-24 08:00:00 GMT', 304, 'an old form'),
    (None, 'Tue Apr  2 08:00:00 2024', 304, 'an older form'),
    (None, 'yesterday', 200, 'no date'),
    (None, 'Wed, 02 Apr 2024 09:00:00 GMT', 200, 'it was a Tuesday'),
    ('"x"', LAST_MODIFIED, 200, 'the tag wins'),
    ('{tag}', 'Tue, 02 Apr 2024 07:00:00 GMT', 304, 'the tag wins'),
])
def test_conditional_requests(shared, etag, if_none_match, if_modified_since, status, why):
    headers = {}
    if if_none_match:
        tag = if_none_match.replace('{tag}', etag).replace('{tag', etag[:-1])
        headers['If_None_Match'] = tag.replace('{gzip}', etag[:-1] + '-gzip"')
    if if_modified_since:
        headers['If_Modified_Since'] = if_modified_since
    for method in 'GET', 'HEAD':
        r = shared.ask(method=method, **headers)
        assert r.status == status, why
        if status == 304:
            assert r.content == b'' and r.headers['Cache-Control'] == 'private, max-age=900'
            assert etag[:-1] in r.headers['ETag'] and 'Content-Length' not in r.headers


def test_repeated_if_none_match_is_one_list(shared, etag):
    request = (f'GET /feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\nIf-None-Match: "x"\r\nIf-None-Match: {etag}\r\n'
               f'Connection: close\r\n\r\n')
    with shared.connect() as c:
        assert exchange(c, request.encode()).startswith(b'HTTP/1.1 304')


# Points: 7, 11
def test_what_is_no_live_address_is_not_found(shared, etag):
    for path in (f'/feed/{TOKEN[:-1]}B.ics', f'/feed/{TOKEN[:-1]}.ics', f'/feed/{TOKEN}A.ics', f'/feed/{TOKEN}',
                 f'/feed/{TOKEN}.ics/', f'/feed/{TOKEN}.ICS', f'/feed/{TOKEN.lower()}.ics', '/feed/.ics', '/feed/',
                 '/feed', f'/Feed/{TOKEN}.ics', '/', '/feed/' + 'x' * 900 + '.ics', f'/feed/{token_hash(TOKEN)}.ics'):
        r = shared.ask(path)
        assert r.status == 404, path
        assert len(r.content) < 100 and r.headers['Content-Type'].startswith('text/plain')
        assert 'WWW-Authenticate' not in r.headers


# Points: 7, 8
def test_odd_headers_and_queries_do_no_harm(shared, etag):
    r = shared.ask(f'/feed/{TOKEN}.ics?cache=no', Authorization='Bearer x', Cookie='a=b', Range='bytes=0-1', X_Odd='\xe9',
                   Accept='text/html', Expect='nothing' * 0 or '')
    assert (r.status, r.content) == (200, BODY)
    with urllib.request.urlopen(f'http://127.0.0.1:{shared.port}/feed/{TOKEN}.ics') as answer:
        assert answer.read() == BODY


def test_a_change_is_served_within_a_second(shared, store, etag):
    changed = calendar(3, 'x')
    new = store.body(changed, modified='2024-04-02 08:00:01+00')
    wait_until(lambda: shared.ask().headers['ETag'] == new, 1.5)
    assert shared.ask().content == changed
    store.body(BODY)
    wait_until(lambda: shared.ask().content == BODY, 1.5)


def test_a_change_is_seen_without_a_hint(shared, store, etag):
    store.pg.ask("UPDATE timely.feed_body SET etag = 'quiet'")
    wait_until(lambda: shared.ask().headers['ETag'] == '"quiet"', 3)
    store.body(BODY)
    wait_until(lambda: shared.ask().headers['ETag'] == etag, 3)


# Points: 11
def test_an_added_feed_is_live_and_a_revoked_one_is_gone(shared, store, etag):
    number = store.feed(TEAM_TOKEN, 'team', "t'1 \u00e9")
    # Not rendered yet: never an empty calendar, which would empty the client's.
    wait_until(lambda: shared.ask(f'/feed/{TEAM_TOKEN}.ics').status == 503, 3)
    store.body(b'BEGIN:VCALENDAR\r\n', 'team', "t'1 \u00e9")
    wait_until(lambda: shared.ask(f'/feed/{TEAM_TOKEN}.ics').content == b'BEGIN:VCALENDAR\r\n', 3)
    wait_until(lambda: shared.saying(f'feed.asked feed={number} status=200'))
    store.pg.ask('UPDATE timely.feed SET revoked_at = now() WHERE feed_id = %s', (number,))
    wait_until(lambda: shared.ask(f'/feed/{TEAM_TOKEN}.ics').status == 404, 3)
    assert shared.ask().status == 200


# Points: 10
def test_a_body_that_cannot_be_used_does_not_replace_a_good_one(shared, store, etag):
    for sql in ("UPDATE timely.feed_body SET body = '', etag = 'e1'", "UPDATE timely.feed_body SET etag = 'a\r\nX: y'",
                'DELETE FROM timely.feed_body'):
        looks = shared.metric('timely_store_looks_total')
        store.pg.ask(sql)
        wait_until(lambda: shared.metric('timely_store_looks_total') > looks + 1)
        r = shared.ask()
        assert (r.status, r.content, r.headers['ETag']) == (200, BODY, etag)
    store.body(BODY)


# Health


def test_health_follows_the_heartbeat(shared, store):
    store.heartbeat()
    wait_until(lambda: shared.ask('/healthz').status == 200, 3)
    assert shared.ask('/healthz').content == b'ok\n'
    store.heartbeat('3 min')
    r = wait_until(lambda: (r := shared.ask('/healthz')).status == 503 and r, 3)
    assert b'heartbeat is 18' in r.content
    store.pg.ask('UPDATE timely.state SET heartbeat_at = NULL')
    r = wait_until(lambda: (r := shared.ask('/healthz')).status == 503 and b'not run' in r.content and r, 3)
    store.heartbeat()
    wait_until(lambda: shared.ask('/healthz').status == 200, 3)
    assert shared.ask('/readyz').status == 200


def test_metrics_can_be_read(shared, etag):
    before = shared.metric('timely_http_answers_total{status="304"}')
    shared.ask(If_None_Match=etag)
    r = shared.ask('/metrics')
    assert r.headers['Content-Type'] == 'text/plain; version=0.0.4; charset=utf-8'
    samples = {}
    for line in r.content.decode().splitlines():
        if not line.startswith('# '):
            name, value = line.rsplit(' ', 1)
            samples[name] = float(value)
    assert samples['timely_http_answers_total{status="304"}'] == before + 1
    assert samples['timely_store_connected'] == 1
    assert 0 <= samples['timely_store_look_age_seconds'] < 5
    assert samples['timely_feed_bytes'] > len(BODY)


# Points: 10
def test_the_last_good_body_is_served_while_the_store_is_away(pg, store, conninfo):
    tag = store.body(BODY)
    with Server(conninfo) as server:
        server.ready()
        pg.stop('immediate')
        try:
            wait_until(lambda: server.saying('serve.store_away'))
            assert server.ask().content == BODY
            assert server.ask(If_None_Match=tag).status == 304
            assert server.ask('/readyz').status == 200
            assert server.metric('timely_store_connected') == 0
        finally:
            pg.start()
        wait_until(lambda: server.metric('timely_store_connected') == 1, 20)
        new = store.body(calendar(2))
        wait_until(lambda: server.ask().headers['ETag'] == new, 3)
        store.body(BODY)


def test_without_a_store_it_says_so_and_waits(pg, store, conninfo):
    pg.stop()
    try:
        with Server(conninfo) as server:
            assert server.ask('/healthz').status == 503
            assert b'store has not answered' in server.ask('/readyz').content
            assert server.ask().status == 404
            pg.start()
            server.ready()
            assert server.ask().status == 200
    finally:
        if not pg.running:
            pg.start()


# Hostile clients


GOOD = f'GET /feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\n'.encode()


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'REPORT', 'MKCALENDAR', 'PROPPATCH'])
def test_methods_that_are_not_for_feeds_are_refused_with_those_that_are(shared, etag, method):
    for path in f'/feed/{TOKEN}.ics', '/feed/', '/healthz', '/':
        r = shared.ask(path, method=method)
        assert (r.status, r.headers['Allow']) == (405, 'GET, HEAD, OPTIONS')
        assert shared.ask(path, method='OPTIONS').headers['Allow'] == 'GET, HEAD, OPTIONS'


@pytest.mark.parametrize('request_, statuses, why', [
    (b'GET / HTTP/1.1\r\n\r\n', [b'400'], 'no Host'),
    (GOOD + b'Host: y\r\n\r\n', [b'400'], 'two Hosts'),
    (GOOD + b': empty\r\n\r\n', [b'400'], 'an empty name'),
    (b'GET / HTTP/1.1\r\nHost : x\r\n\r\n', [b'400'], 'a blank before the colon'),
    (GOOD + b'A B: c\r\n\r\n', [b'400'], 'a blank in a name'),
    (GOOD + b'no colon\r\n\r\n', [b'400'], 'no header'),
    (b'GET http://x/feed/ HTTP/1.1\r\nHost: x\r\n\r\n', [b'400'], 'an absolute URI'),
    (b'GET /feed/%00.ics HTTP/1.1\r\nHost: x\r\n\r\n', [b'400'], 'NUL'),
    (b'GET /feed/../metrics HTTP/1.1\r\nHost: x\r\n\r\n', [b'400'], 'dots'),
    (b'GET /feed/%2e%2e/metrics HTTP/1.1\r\nHost: x\r\n\r\n', [b'400'], 'dots in disguise'),
    (b'GET / /x HTTP/1.1\r\nHost: x\r\n\r\n', [b'400'], 'a blank in the target'),
    (b'GET / HTTP/9.9\r\nHost: x\r\n\r\n', [b'400'], 'a version to come'),
    (b'GET /\r\n\r\n', [b'400'], 'no version'),
    (b'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', [b'501', b'400'], 'no method'),
    (GOOD + b'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', [b'400'], 'chunks'),
    (GOOD + b'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n', [b'400'], 'codings'),
    (GOOD + b'Content-Length: 5\r\n\r\nhello', [b'413', b'400'], 'a body'),
    (GOOD + b'Content-Length: -5\r\n\r\n', [b'413', b'400'], 'a negative length'),
    (GOOD + b'Content-Length: 0\r\nContent-Length: 40\r\n\r\n', [b'413', b'400'], 'two lengths'),
    (b'HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', [b'413', b'400'], 'a HEAD with a body'),
    (b'GET /' + b'a' * 2000 + b' HTTP/1.1\r\nHost: x\r\n\r\n', [b'414'], 'a long path'),
    (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', [b'400', b''], 'TLS'),
    (b'\x00' * 100 + b'\r\n\r\n', [b'400', b''], 'zeros'),
])
def test_odd_requests_are_refused_and_the_connection_closed(shared, request_, statuses, why):
    with shared.connect() as c:
        answer = exchange(c, request_ + b'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
    assert answer[9:12] in statuses, (why, answer[:200])
    assert answer.count(b'HTTP/1.1 ') <= 1, why             # nothing that follows is answered
    assert BODY[:100] not in answer
    assert shared.ask('/readyz').status == 200


def test_a_request_line_of_1_mb(shared):
    with shared.connect() as c:
        answer = exchange(c, b'GET /' + b'a' * 1_000_000 + b' HTTP/1.1\r\nHost: x\r\n\r\n')
    assert answer[9:12] in (b'400', b'413', b'')
    assert shared.ask('/readyz').status == 200


def test_a_line_that_never_ends(shared):
    with shared.connect() as c:
        answer = exchange(c, b'a' * 1_000_000)
    assert answer[9:12] in (b'400', b'413', b'')


def test_10000_headers(shared):
    with shared.connect() as c:
        answer = exchange(c, GOOD + b''.join(b'X-%d: y\r\n' % n for n in range(10_000)) + b'\r\n')
    assert answer[9:12] in (b'400', b'413', b'')
    assert shared.ask('/readyz').status == 200


def test_pipelined_requests_are_answered_in_order(shared, etag):
    requests = []
    for n in range(200):
        condition = f'If-None-Match: {etag}\r\n' if n % 2 else ''
        requests.append(f'GET /feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\n{condition}'
                        f'{"Connection: close" if n == 199 else "X: y"}\r\n\r\n')
    with shared.connect() as c:
        writer = threading.Thread(target=c.sendall, args=(''.join(requests).encode(),))
        writer.start()
        stream = c.makefile('rb')
        for n in range(200):
            assert stream.readline().split()[1] == (b'304' if n % 2 else b'200')
            length = 0
            while (line := stream.readline()) != b'\r\n':
                if line.lower().startswith(b'content-length:'):
                    length = int(line.split()[1])
            assert stream.read(length) == (b'' if n % 2 else BODY)
        assert stream.read() == b''
        writer.join()


def test_a_connection_is_kept_alive_and_http_1_0_is_not(shared, etag):
    c = http.client.HTTPConnection('127.0.0.1', shared.port, timeout=10)
    for _ in range(20):
        c.request('GET', f'/feed/{TOKEN}.ics')
        assert c.getresponse().read() == BODY
        own = c.sock.getsockname()
    assert c.sock.getsockname() == own
    c.close()
    with shared.connect() as s:
        answer = exchange(s, f'GET /feed/{TOKEN}.ics HTTP/1.0\r\n\r\n'.encode())
    assert answer.endswith(BODY)


def test_answers_do_not_wait_for_acknowledgements(shared, etag):
    c = http.client.HTTPConnection('127.0.0.1', shared.port, timeout=10)
    began = time.monotonic()
    for _ in range(50):
        c.request('GET', f'/feed/{TOKEN}.ics')
        c.getresponse().read()
    assert time.monotonic() - began < 50 * 0.03             # Nagle would take 40 ms each
    c.close()


@pytest.fixture
def strict(store, conninfo):
    store.body(BODY)
    with Server(conninfo, request_s=2, idle_s=3, connections=3000, per_address=3000) as s:
        yield s.ready()


def seconds_until_closed(connection, byte=None, every=0.2):
    began = time.monotonic()
    connection.settimeout(every)
    while time.monotonic() - began < 12:
        try:
            if byte:
                connection.sendall(byte)
            if not connection.recv(100000):
                break
        except socket.timeout:
            continue
        except OSError:
            break
    return time.monotonic() - began


def test_a_byte_at_a_time_is_closed_in_time(strict):
    with strict.connect() as c:
        c.sendall(b'GET / HTTP/1.1\r\nX: ')
        assert 1.5 < seconds_until_closed(c, b'a') < 3.5
    with strict.connect() as c:                            # the second request of a connection
        c.sendall(b'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
        assert c.recv(1000).startswith(b'HTTP/1.1 200')
        assert 1.5 < seconds_until_closed(c, b'a') < 3.5


def test_silent_connections_are_closed_in_time(strict):
    with strict.connect() as never_asks, strict.connect() as idle:
        idle.sendall(b'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
        assert idle.recv(1000).startswith(b'HTTP/1.1 200')
        assert 1.5 < seconds_until_closed(never_asks) < 3.5
        assert seconds_until_closed(idle) < 3.5
    wait_until(lambda: strict.metric('timely_http_connections') == 1)


def test_input_during_an_unread_answer_is_not_hoarded(strict):
    with strict.connect() as c:
        c.setblocking(False)
        sent = 0
        request = GOOD + b'\r\n'
        end = time.monotonic() + 3
        while time.monotonic() < end and sent < 64 * 1024 * 1024:
            try:
                sent += c.send(request * 1000)
            except BlockingIOError:
                time.sleep(0.01)
        assert sent < 32 * 1024 * 1024                      # socket buffers, and then it stops
        assert strict.ask('/readyz').status == 200


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 10_000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_2000_idle_connections(strict, many_files):
    connections = [strict.connect() for _ in range(2000)]
    try:
        began = time.monotonic()
        assert strict.ask().content == BODY
        assert time.monotonic() - began < 1
        wait_until(lambda: strict.metric('timely_http_connections') <= 2, 8)   # all were closed in time
    finally:
        for c in connections:
            c.close()


def test_2000_idle_connections_of_one_address_over_its_limit(shared, etag, many_files):
    """The oldest give way, so whoever comes and asks is answered."""
    connections = [shared.connect() for _ in range(2000)]
    try:
        assert shared.ask().content == BODY
        assert shared.metric('timely_http_connections') <= 256
        assert shared.metric('timely_http_refused_connections_total') >= 1700
    finally:
        for c in connections:
            c.close()


def test_few_files_are_enough_for_few_connections(store, conninfo, many_files):
    store.body(BODY)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    server = Server(conninfo, per_address=3000)
    with server:
        server.ready()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (100, hard))   # behind its back
        connections = [server.connect() for _ in range(200)]
        wait_until(lambda: server.saying('http.cannot_accept'))
        for c in connections:
            c.close()
        wait_until(lambda: server.ask().status == 200)


# Ways to listen


def make_certificate(folder, name):
    cert, key = folder / f'{name}.pem', folder / f'{name}.key'
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-keyout', key, '-out', cert, '-days', '2', '-subj', f'/CN={name}',
                    '-addext', 'subjectAltName=IP:127.0.0.1'], check=True, capture_output=True)
    return cert, key


def test_tls_and_reload(store, conninfo, tmp_path):
    store.body(BODY)
    cert, key = make_certificate(tmp_path, 'one')
    with Server(conninfo, cert=cert, key=key, public_url='https://127.0.0.1/calendars/') as server:
        server.ready()

        def fetch(trusted, **versions):
            context = ssl.create_default_context(cafile=trusted)
            context.set_alpn_protocols(['h2', 'http/1.1'])
            for name, value in versions.items():
                setattr(context, name, value)
            with context.wrap_socket(server.connect(), server_hostname='127.0.0.1') as c:
                c.sendall(f'GET /calendars/feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'.encode())
                answer = b''
                while part := c.recv(65536):               # raises when the end is not told
                    answer += part
                return answer.split(b'\r\n\r\n', 1)[1], c.version(), c.selected_alpn_protocol()

        assert fetch(cert) == (BODY, 'TLSv1.3', 'http/1.1')
        assert fetch(cert, maximum_version=ssl.TLSVersion.TLSv1_2)[1] == 'TLSv1.2'
        done = subprocess.run(['openssl', 's_client', '-connect', f'127.0.0.1:{server.port}', '-tls1_1', '-cipher',
                               'ALL:@SECLEVEL=0'], input=b'', capture_output=True, check=False)
        assert done.returncode != 0
        with server.connect() as c:
            assert BODY not in exchange(c, GOOD + b'\r\n')

        other, other_key = make_certificate(tmp_path, 'two')
        cert.write_bytes(other.read_bytes())
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.saying('serve.reload_refused'))       # the key is not yet the other one's
        key.write_bytes(other_key.read_bytes())
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.saying('serve.reloaded'))
        assert fetch(other)[0] == BODY


def test_a_socket_in_the_file_system(store, conninfo, tmp_path):
    store.body(BODY)
    path = tmp_path / 's'
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    with Server(conninfo, listen=f'unix:{path}') as server:
        server.ready()
        with socket.socket(socket.AF_UNIX) as c:
            c.connect(str(path))
            assert exchange(c, GOOD + b'Connection: close\r\n\r\n').endswith(BODY)
    assert not path.exists()


@pytest.mark.parametrize('listen, options, status, words', [
    ('localhost:80', [], 2, 'expected an address and a port'),
    ('127.0.0.1', [], 2, 'expected an address and a port'),
    ('127.0.0.1:99999', [], 2, 'expected an address and a port'),
    ('::1', [], 2, 'expected an address and a port'),
    ('unix:relative', [], 2, 'absolute path'),
    ('unix:/' + 'x' * 200, [], 2, 'absolute path'),
    ('unix:/nowhere/s', [], 3, 'No such file'),
    ('192.0.2.1:80', [], 3, 'cannot listen'),
    ('127.0.0.1:0', ['cert=/nowhere'], 2, 'both'),
    ('127.0.0.1:0', ['cert=/nowhere', 'key=/nowhere'], 2, '/nowhere'),
    ('127.0.0.1:{taken}', [], 3, 'in use'),
])
def test_a_bad_address_is_an_error(shared, conninfo, listen, options, status, words):
    done = subprocess.run([DRIVER, listen.replace('{taken}', str(shared.port)), conninfo, *options],
                          capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr


def test_it_finishes_what_it_answers(store, conninfo):
    big = b'x' * 30_000_000                                # more than the buffers of both ends take
    store.body(big)
    with Server(conninfo) as server:
        server.ready()
        with server.connect() as c:
            c.sendall(GOOD + b'\r\n')
            answer = c.recv(1000)
            server.process.send_signal(signal.SIGTERM)
            wait_until(lambda: server.saying('serve.stopping'))
            parts = [answer]
            while part := c.recv(1 << 20):
                parts.append(part)
        assert b''.join(parts).endswith(big)
        assert server.process.wait(10) == 0
    store.body(BODY)
