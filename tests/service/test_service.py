"""Feeds as clients fetch them: a real PostgreSQL, the real server process, plain sockets."""
import gzip
import signal
import socket
import subprocess
import urllib.request

import pytest

from serving import BODY, DRIVER, GOOD, LAST_MODIFIED, TEAM_TOKEN, TOKEN, Server, calendar, exchange, token_hash, wait_until

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
    for sql in ("UPDATE timely.feed_body SET body_gzip = substring(body_gzip FROM 9), etag = 'e1'",
                "UPDATE timely.feed_body SET body_gzip = '', etag = 'e2'", "UPDATE timely.feed_body SET etag = 'a\r\nX: y'",
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


def test_health_says_by_codes_what_the_self_audit_finds(shared, store):
    store.heartbeat()
    store.pg.ask("INSERT INTO timely.hold (kind, about, text, opened_at) VALUES ('table', 'ssd_person', 'is empty', now())")
    r = wait_until(lambda: (r := shared.ask('/healthz')).status == 503 and r, 20)
    assert r.content == b'reading-held\n' and shared.ask('/readyz').status == 200
    assert shared.metric('timely_well') == 0 and shared.metric('timely_unwell{code="reading-held"}') == 1
    store.pg.ask("UPDATE timely.hold SET decided = 'rejected'")
    wait_until(lambda: shared.ask('/healthz').status == 200, 20)
    assert shared.metric('timely_well') == 1 and shared.metric('timely_unwell{code="reading-held"}') == 0


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


# Ways to listen


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


@pytest.mark.parametrize('method', ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'REPORT', 'MKCALENDAR', 'PROPPATCH'])
def test_methods_that_are_not_for_feeds_are_refused_with_those_that_are(shared, etag, method):
    for path in f'/feed/{TOKEN}.ics', '/feed/', '/healthz', '/':
        r = shared.ask(path, method=method)
        assert (r.status, r.headers['Allow']) == (405, 'GET, HEAD, OPTIONS')
        assert shared.ask(path, method='OPTIONS').headers['Allow'] == 'GET, HEAD, OPTIONS'
