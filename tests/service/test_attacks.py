"""Hostile clients: they are refused or closed in time, memory stays bounded, and the others are served."""
import http.client
import resource
import socket
import threading
import time

import pytest

from serving import BODY, GOOD, TOKEN, Server, calendar, exchange, make_certificate, wait_until

NEXT = b'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n'


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
    (GOOD + b'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', [b'400'], 'a length and chunks'),
    (GOOD + b'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n', [b'400'], 'chunks in disguise'),
    (GOOD + b'Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n', [b'400'], 'chunks in another disguise'),
    (GOOD + b'X: y\r\n\tz\r\nTransfer-Encoding: \r\n chunked\r\n\r\n0\r\n\r\n', [b'400'], 'chunks on a folded line'),
    (GOOD + b'Content-Length: 0, 40\r\n\r\n', [b'413', b'400'], 'a list of lengths'),
    (GOOD + b'Content-Length: +0\r\n\r\n', [b'413', b'400'], 'a length with a sign'),
    (GOOD + b'Content-Length: 0x0\r\n\r\n', [b'413', b'400'], 'a length in another notation'),
    (GOOD.replace(b'\r\n', b'\n') + b'Content-Length: 5\n\nhello', [b'413', b'400'], 'a body, and line feeds alone'),
    (b'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', [b'400'], 'a tunnel'),
    (b'GET / HTTP/0.0\r\nHost: x\r\n\r\n', [b'400'], 'a version that never was'),
    (GOOD.replace(b'1.1', b'2.0') + b'\r\n', [b'400'], 'a version of other framing'),
    (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [b'400', b'501'], 'the preface of HTTP/2'),
    (GOOD.replace(b'.ics', b'.ics#x') + b'\r\n', [b'400'], 'a fragment'),
    (GOOD.replace(b'/feed', b'/feed/..%2ffeed') + b'\r\n', [b'400'], 'dots and a slash in disguise'),
    (b'HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello', [b'413', b'400'], 'a HEAD with a body'),
    (b'GET /' + b'a' * 2000 + b' HTTP/1.1\r\nHost: x\r\n\r\n', [b'414'], 'a long path'),
    (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', [b'400', b''], 'TLS'),
    (b'\x00' * 100 + b'\r\n\r\n', [b'400', b''], 'zeros'),
])
def test_odd_requests_are_refused_and_the_connection_closed(shared, request_, statuses, why):
    with shared.connect() as c:
        answer = exchange(c, request_ + NEXT)
    assert answer[9:12] in statuses, (why, answer[:200])
    assert answer.count(b'HTTP/1.1 ') <= 1, why             # nothing that follows is answered
    assert BODY[:100] not in answer
    assert shared.ask('/readyz').status == 200


@pytest.mark.parametrize('request_, why', [
    (GOOD + b'X: a\r\n GET /metrics HTTP/1.1\r\n\r\n', 'a request on a folded line'),
    (GOOD.replace(b'\r\n', b'\n') + b'X: y\r\n\n', 'line feeds alone'),
    (GOOD + b'X: GET /metrics HTTP/1.1\rHost: x\r\r\n\r\n', 'returns alone'),
    (b'\r\n\r\n' + GOOD + b'\r\n', 'empty lines before'),
    (b'GET  /feed/x.ics  HTTP/1.1\r\nHost: x\r\n\r\n', 'more blanks'),
    (b'GET //feed//x.ics HTTP/1.1\r\nHost: x\r\n\r\n', 'more slashes'),
])
def test_what_could_be_read_in_two_ways_is_one_request(shared, etag, request_, why):
    """One answer to it at most, and then that to the next, or none."""
    with shared.connect() as c:
        answer = exchange(c, request_ + NEXT.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n'))
    assert answer.count(b'HTTP/1.1 ') <= 2 and b'timely_feeds' not in answer, why
    assert answer.count(b'HTTP/1.1 ') < 2 or answer.endswith(b'ok\n'), why


def test_http_0_9_gets_nothing(shared, etag):
    with shared.connect() as c:
        assert b'VCALENDAR' not in exchange(c, f'GET /feed/{TOKEN}.ics\r\n'.encode())


def test_a_header_of_1_mb(shared):
    with shared.connect() as c:
        assert exchange(c, GOOD + b'X: ' + b'y' * 1_000_000 + b'\r\n\r\n')[9:12] in (b'400', b'413', b'')
    assert shared.ask('/readyz').status == 200


def test_half_closed_connections_are_let_go(shared, etag):
    for request in b'', GOOD[:20], GOOD, GOOD + b'\r\n' + GOOD:
        with shared.connect() as c:
            c.sendall(request)
            c.shutdown(socket.SHUT_WR)
            exchange(c, b'')
    wait_until(lambda: shared.metric('timely_http_connections') == 1)


def test_garbage_to_a_port_of_https(store, etag, conninfo, tmp_path):
    cert, key = make_certificate(tmp_path, 'one')
    with Server(conninfo, cert=cert, key=key, request_s=2) as server:
        server.ready()
        for garbage in (GOOD + b'\r\n', b'\x00' * 5000, b'\x16\x03\x01\xff\xff' + b'a' * 70000,
                        b'\x16\x03\x03\x00\x04\x01\x00\x00\x00'):
            with server.connect() as c:
                assert not exchange(c, garbage).startswith(b'HTTP/1.1 2')
        assert server.process.poll() is None


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
    for n in range(1000):
        condition = f'If-None-Match: {etag}\r\n' if n % 10 else ''
        requests.append(f'GET /feed/{TOKEN}.ics HTTP/1.1\r\nHost: x\r\n{condition}'
                        f'{"Connection: close" if n == 999 else "X: y"}\r\n\r\n')
    with shared.connect() as c:
        writer = threading.Thread(target=c.sendall, args=(''.join(requests).encode(),))
        writer.start()
        stream = c.makefile('rb')
        for n in range(1000):
            assert stream.readline().split()[1] == (b'304' if n % 10 else b'200')
            length = 0
            while (line := stream.readline()) != b'\r\n':
                if line.lower().startswith(b'content-length:'):
                    length = int(line.split()[1])
            assert stream.read(length) == (b'' if n % 10 else BODY)
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
    took = []
    for _ in range(50):
        began = time.monotonic()
        c.request('GET', f'/feed/{TOKEN}.ics')
        c.getresponse().read()
        took.append(time.monotonic() - began)
    # Nagle would take 40 ms for all but the first sixteen; a machine under load does not make thirty of them slow.
    assert sorted(took)[20] < 0.03
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
        assert 1.5 < seconds_until_closed(c, b'a') < 10
    with strict.connect() as c:                            # the second request of a connection
        c.sendall(b'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
        assert c.recv(1000).startswith(b'HTTP/1.1 200')
        assert 1.5 < seconds_until_closed(c, b'a') < 10


def test_silent_connections_are_closed_in_time(strict):
    with strict.connect() as never_asks, strict.connect() as idle:
        idle.sendall(b'GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
        assert idle.recv(1000).startswith(b'HTTP/1.1 200')
        assert 1.5 < seconds_until_closed(never_asks) < 10
        assert seconds_until_closed(idle) < 10
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


def resident_mb(server):
    with open(f'/proc/{server.process.pid}/status', encoding='utf-8') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmRSS')) / 1024


def test_clients_that_never_read_take_little_memory_and_hold_nobody_up(strict, store):
    """Their answers are lent from one body; each asks for 20 of half a megabyte."""
    big = calendar(500, 'x' * 1000)
    store.body(big)
    wait_until(lambda: strict.ask().content == big)
    before = resident_mb(strict)
    deaf = [strict.connect() for _ in range(300)]
    try:
        for c in deaf:
            c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            c.sendall((GOOD + b'\r\n') * 20)
        assert strict.ask().content == big, 'while all of them wait'
        assert strict.metric('timely_http_connections') > 300
        assert resident_mb(strict) - before < 60
    finally:
        for c in deaf:
            c.close()
    store.body(BODY)


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 10_000), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_2000_idle_connections(strict, many_files):
    connections = [strict.connect() for _ in range(2000)]
    try:
        assert strict.ask().content == BODY
        wait_until(lambda: strict.metric('timely_http_connections') <= 2, 20)   # all were closed in time
    finally:
        for c in connections:
            c.close()


def test_2000_idle_connections_of_one_address_over_its_limit(store, etag, conninfo, many_files):
    """The oldest give way, so whoever comes and asks is answered."""
    with Server(conninfo, per_address=256) as server:
        server.ready()
        connections = [server.connect() for _ in range(2000)]
        try:
            assert server.ask().content == BODY
            assert server.metric('timely_http_connections') <= 256
            assert server.metric('timely_http_refused_connections_total') >= 1700
        finally:
            for c in connections:
                c.close()


def test_an_office_of_2000_behind_one_address_is_not_hit(store, etag, conninfo, many_files):
    """As shipped: all of them connect, ask for their calendars and stay."""
    with Server(conninfo, address_rate=12000) as server:
        server.ready()
        connections = [server.connect() for _ in range(2000)]
        try:
            for c in connections:
                c.sendall(GOOD + b'If-None-Match: *\r\n\r\n' + GOOD + b'If-None-Match: *\r\n\r\n')
            for c in connections:
                answers = b''
                while answers.count(b'\r\n\r\n') < 2:
                    answers += c.recv(4096)
                assert answers.count(b'HTTP/1.1 304') == 2
            assert server.metric('timely_http_refused_connections_total') == 0
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
