"""How often is answered: over a limit 429, for whom it is about and for nobody else."""
import os
import socket

import pytest

from serving import BODY, TOKEN, Server, exchange, wait_until


def statuses(server, count, path=f'/feed/{TOKEN}.ics', **headers):
    """Of so many requests on one connection."""
    lines = ''.join(f'{k.replace("_", "-")}: {v}\r\n' for k, v in headers.items())
    request = f'GET {path} HTTP/1.1\r\nHost: x\r\n{lines}If-None-Match: *\r\n'
    with server.connect() as c:
        stream = exchange(c, (request + '\r\n').encode() * (count - 1) + (request + 'Connection: close\r\n\r\n').encode())
    return [int(part[:3]) for part in stream.decode().split('HTTP/1.1 ')[1:]]


@pytest.fixture
def serve(store, etag, conninfo):
    servers = []

    def start(**options):
        servers.append(Server(conninfo, **options))
        return servers[-1].ready()

    yield start
    for server in servers:
        server.stop()


def test_a_feed_asked_for_too_often_is_slowed_down(serve):
    server = serve(feed_rate=30)
    said = statuses(server, 100)
    assert said[:30] == [304] * 30 and 429 in said and said.count(304) < 40
    r = server.ask()
    assert r.status == 429 and 1 <= int(r.headers['Retry-After']) <= 2
    assert b'again later' in r.content and 'ETag' not in r.headers and r.headers['Cache-Control'] == 'no-store'
    assert server.metric('timely_http_limited_total{by="feed"}') >= 60
    assert server.ask('/feed/none.ics').status == 404, 'the others are none of it'
    wait_until(lambda: server.ask().status == 200)
    lines = [line for line in server.said if 'http.limited' in line]
    assert len(lines) == 1 and '127.0.0.1' not in lines[0], 'no line for each, and nobody named'


def test_guessing_is_told_less_and_less_but_a_live_address_is_answered(serve):
    server = serve(unknown_rate=10)
    said = statuses(server, 50, '/feed/none.ics')
    assert said[:10] == [404] * 10 and said.count(429) > 35
    assert server.ask().content == BODY, 'an office must not be cut off by a client that asks for a revoked feed'
    assert server.metric('timely_http_limited_total{by="unknown"}') > 35


def test_an_address_has_its_share(serve):
    server = serve(address_rate=20)
    said = statuses(server, 100)
    assert said[:20] == [304] * 20 and said.count(429) > 70
    assert int(server.ask('/readyz').headers['Retry-After']) >= 1


def test_whom_a_stranger_speaks_for_does_not_matter(serve):
    server = serve(address_rate=20)
    assert 429 in statuses(server, 30, X_Forwarded_For='192.0.2.1')
    assert 304 not in statuses(server, 2, X_Forwarded_For='192.0.2.2')


def test_a_trusted_proxy_speaks_for_its_clients(serve):
    server = serve(address_rate=20, proxy='127.0.0.1', per_address=1)
    assert 429 in statuses(server, 30, X_Forwarded_For='192.0.2.1')
    assert statuses(server, 10, X_Forwarded_For='192.0.2.2') == [304] * 10
    said = statuses(server, 10, X_Forwarded_For='192.0.2.3, 192.0.2.1')
    assert 304 not in said[:1], 'the last entry is the one that the proxy wrote'
    assert 429 in statuses(server, 30, X_Forwarded_For='2001:db8:1:2::1')
    assert 304 not in statuses(server, 2, X_Forwarded_For='2001:db8:1:2:ffff::1'), 'of the same 64 bits'
    assert statuses(server, 10, X_Forwarded_For='2001:db8:1:3::1') == [304] * 10
    assert 429 in statuses(server, 30, X_Forwarded_For='unknown'), 'then it speaks for itself'
    with server.connect() as one, server.connect() as two:    # it has no limit of connections
        for c in one, two, one:
            c.sendall(b'GET /readyz HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.9\r\n\r\n')
            assert c.recv(4096).startswith(b'HTTP/1.1 200')


def test_the_configuration_says_how_often(serve, conninfo, tmp_path):
    file = tmp_path / 'timely.yaml'
    file.write_text(f'store: {{database: "{conninfo}"}}\n'
                    'service: {listen: "127.0.0.1:0", trusted proxies: 127.0.0.1, requests per address: 40,'
                    ' unknown per address: 3, requests per feed: 5}\n', encoding='utf-8')
    server = serve(command=[os.environ.get('TIMELYD', 'timelyd'), '--serve', '--config', str(file)])
    assert statuses(server, 6) == [304] * 5 + [429]
    assert statuses(server, 4, '/feed/none.ics') == [404] * 3 + [429]
    assert 429 in statuses(server, 50, '/readyz') and statuses(server, 2, '/readyz', X_Forwarded_For='192.0.2.1') == [200, 200]


@pytest.mark.parametrize('trusted', [False, True])
def test_by_a_socket_only_a_trusted_proxy_has_addresses(serve, tmp_path, trusted):
    path = tmp_path / 's'
    server = serve(listen=f'unix:{path}', address_rate=20, **({'proxy': 'unix:'} if trusted else {}))

    def connect():
        c = socket.socket(socket.AF_UNIX)
        c.connect(str(path))
        return c

    server.connect = connect
    assert (429 in statuses(server, 50, X_Forwarded_For='192.0.2.1')) == trusted
    assert statuses(server, 50) == [304] * 50
