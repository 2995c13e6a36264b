"""What calendar clients ask of a feed's HTTP, point by point.

1 also stands in test_proxies.py, 5 and 9 also where feeds are rendered.
"""
import gzip
import re
from pathlib import Path

import pytest

from serving import BODY, GOOD, LAST_MODIFIED, TOKEN, Server, calendar, exchange, make_certificate, token_hash, wait_until


def unlike(token):
    """Addresses that are none: near ones, far ones, and parts of the right one."""
    other = {'A': 'B'}
    near = [token[:i] + other.get(token[i], 'A') + token[i + 1:] for i in (0, 1, 21, 41, 42)]
    return near + [token[:-1], token + 'A', token.lower(), token[::-1] + '_', 'x', token_hash(token)]


def test_point_1_the_port_of_https_gives_nothing_in_clear_text(store, etag, conninfo, tmp_path):
    cert, key = make_certificate(tmp_path, 'one')
    with Server(conninfo, cert=cert, key=key) as server:
        server.ready()
        with server.connect() as c:
            answer = exchange(c, GOOD + b'\r\n')
        assert b'BEGIN:VCALENDAR' not in answer and not answer.startswith(b'HTTP/1.1 2')


def test_point_2_content_type_is_a_calendar_in_utf_8(shared):
    for headers in {}, {'Accept_Encoding': 'gzip'}, {'Accept': 'text/html'}:
        assert shared.ask(**headers).headers['Content-Type'] == 'text/calendar; charset=utf-8'


def test_point_3_a_strong_etag_is_confirmed_by_304_with_the_same_etag_and_no_body(shared, etag):
    for coding in 'identity', 'gzip':
        first = shared.ask(Accept_Encoding=coding)
        tag = first.headers['ETag']
        assert re.fullmatch(r'"[0-9a-f]{32}(-gzip)?"', tag), 'quoted, and not weak'
        again = shared.ask(Accept_Encoding=coding, If_None_Match=tag)
        assert (again.status, again.headers['ETag'], again.content) == (304, tag, b'')
        assert 'Content-Type' not in again.headers and 'Content-Length' not in again.headers


def test_point_3_another_body_has_another_etag(shared, store, etag):
    new = store.body(calendar(3))
    wait_until(lambda: shared.ask(If_None_Match=etag).status == 200)
    assert shared.ask().headers['ETag'] == new != etag
    store.body(BODY)


def test_point_4_last_modified_is_the_last_change_and_is_compared_as_a_date(shared, etag):
    r = shared.ask()
    assert r.headers['Last-Modified'] == LAST_MODIFIED, 'as the store says, whole seconds, and not now'
    for since, status in ((LAST_MODIFIED, 304), ('Tue, 02 Apr 2024 08:00:01 GMT', 304), ('Tue, 02 Apr 2024 07:59:59 GMT', 200),
                          ('Wed, 03 Apr 2019 23:59:59 GMT', 200), ('soon', 200), ('', 200), ('Tue, 02 Apr 2024 09:00:00', 200)):
        assert shared.ask(If_Modified_Since=since).status == status, since
    assert shared.ask(If_Modified_Since=LAST_MODIFIED, If_None_Match='"other"').status == 200, 'the tag decides'


def test_point_5_it_is_the_same_bytes_each_time_and_after_a_restart(shared, etag, conninfo):
    def bytes_and_tags(server):
        answers = [server.ask(Accept_Encoding=coding) for coding in ('identity', 'gzip')]
        return [(a.content, a.headers['ETag'], a.headers['Last-Modified']) for a in answers]

    first = bytes_and_tags(shared)
    assert bytes_and_tags(shared) == first
    with Server(conninfo) as another:
        assert bytes_and_tags(another.ready()) == first


def test_point_6_head_says_what_get_says(shared, etag):
    for headers in ({}, {'Accept_Encoding': 'gzip'}, {'If_None_Match': etag}, {'If_Modified_Since': LAST_MODIFIED}):
        get, head = shared.ask(**headers), shared.ask(method='HEAD', **headers)
        assert head.status == get.status and head.content == b''
        assert {k: v for k, v in head.headers.items() if k != 'Date'} == {k: v for k, v in get.headers.items() if k != 'Date'}


def test_point_6_gzip_has_an_etag_of_its_own(shared, etag):
    plain, packed = shared.ask(), shared.ask(Accept_Encoding='gzip')
    assert gzip.decompress(packed.content) == plain.content
    assert plain.headers['ETag'] != packed.headers['ETag'] and plain.headers['Vary'] == 'Accept-Encoding'


ODD = [('Authorization', 'Bearer none'), ('Authorization', 'Basic Og=='), ('Authorization', ''),
       ('Authorization', 'Negotiate ' + 'A' * 4000), ('Proxy-Authorization', 'Basic x'), ('Cookie', 'a=b; c'), ('Range', 'bytes=0-1'), ('If-Match', '"none"'),
       ('If-Unmodified-Since', 'Mon, 01 Jan 1990 00:00:00 GMT'), ('Accept', 'application/json'),
       ('Accept-Encoding', 'br;q=2, ;;'), ('Accept-Language', '\xe9'), ('User-Agent', ''), ('Prefer', 'return=minimal'),
       ('Depth', 'infinity'), ('X-MS-CookieUri-Requested', 't'), ('X-FeatureVersion', '1'), ('TE', 'trailers'), ('Upgrade', 'h2c'), ('Connection', 'Upgrade, HTTP2-Settings'), ('DNT', '1')]


@pytest.mark.parametrize('name, value', ODD)
def test_point_7_odd_headers_do_no_harm(shared, etag, name, value):
    for path, status in ((f'/feed/{TOKEN}.ics', 200), (f'/feed/{TOKEN[:-1]}x.ics', 404)):
        r = shared.ask(path, **{name.replace('-', '_'): value})
        assert r.status == status
        assert 'WWW-Authenticate' not in r.headers, 'a challenge makes clients ask for a password'


def test_point_8_no_cookie_no_redirect_no_browser_is_needed(shared, etag):
    for agent in '', 'Microsoft Office/16.0', 'Google-Calendar-Importer', 'iOS/17 dataaccessd/1.0', 'Mozilla/5.0':
        r = shared.ask(User_Agent=agent)
        assert (r.status, r.content) == (200, BODY)
        assert 'Set-Cookie' not in r.headers and 'Location' not in r.headers
    with shared.connect() as c:                            # as little as HTTP allows
        assert exchange(c, f'GET /feed/{TOKEN}.ics HTTP/1.0\r\n\r\n'.encode()).startswith(b'HTTP/1.0 200')


def test_point_9_the_largest_feed_is_whole_and_travels_small(shared, store, etag):
    big = calendar(1000, '\r\nDESCRIPTION:' + 'due soon ' * 104)
    assert 900_000 < len(big) < 1_100_000
    store.body(big)
    wait_until(lambda: shared.ask().content == big)
    packed = shared.ask(Accept_Encoding='gzip')
    assert gzip.decompress(packed.content) == big and len(packed.content) < len(big) / 10
    store.body(BODY)


def test_point_10_without_the_store_the_last_good_body_with_its_age(pg, store, etag, conninfo):
    with Server(conninfo) as server:
        server.ready()
        assert 'Age' not in server.ask().headers, 'the store has just confirmed it'
        pg.stop('immediate')
        try:
            wait_until(lambda: server.saying('serve.store_away'))
            r = wait_until(lambda: (r := server.ask()).headers.get('Age') and r)
            assert (r.status, r.content, r.headers['ETag']) == (200, BODY, etag)
            first = int(r.headers['Age'])
            assert 1 < first < 10
            r = wait_until(lambda: (r := server.ask(If_None_Match=etag)) and int(r.headers['Age']) > first and r)
            assert (r.status, r.headers['ETag']) == (304, etag)
            assert 'Age' not in server.ask('/feed/none.ics').headers and 'Age' not in server.ask('/readyz').headers
        finally:
            pg.start()
        wait_until(lambda: 'Age' not in server.ask().headers, 20)


def test_point_11_wrong_addresses_are_all_alike(shared, etag):
    answers = [shared.ask(f'/feed/{token}.ics') for token in unlike(TOKEN)]
    assert {(a.status, a.content, str({k: v for k, v in a.headers.items() if k != 'Date'})) for a in answers} \
        == {(404, answers[0].content, str({k: v for k, v in answers[0].headers.items() if k != 'Date'}))}


def memory_of(pid):
    """What the process can write to, a mapping at a time; of a sanitizer's shadow, which is sparse, nothing."""
    with open(f'/proc/{pid}/mem', 'rb') as memory:
        for line in Path(f'/proc/{pid}/maps').read_text(encoding='utf-8').splitlines():
            begin, end = (int(x, 16) for x in line.split()[0].split('-'))
            if line.split()[1].startswith('rw') and end - begin < 1 << 28:
                memory.seek(begin)
                try:
                    yield memory.read(end - begin)
                except OSError:
                    continue


def test_point_11_there_is_no_secret_to_compare_with(store, etag, conninfo):
    """Hashed first and then looked up: it knows the hash alone, so no comparison tells how much of a guess is right."""
    with Server(conninfo) as server:
        server.ready()
        pieces = list(memory_of(server.process.pid))
        assert any(bytes.fromhex(token_hash(TOKEN)) in piece for piece in pieces), 'else this test sees nothing'
        assert not any(TOKEN[:16].encode() in piece for piece in pieces)


def test_point_11_a_revoked_address_dies(shared, store, etag):
    number = store.feed('C' * 43)
    wait_until(lambda: shared.ask(f'/feed/{"C" * 43}.ics').status == 200)
    store.pg.ask('UPDATE timely.feed SET revoked_at = now() WHERE feed_id = %s', (number,))
    wait_until(lambda: shared.ask(f'/feed/{"C" * 43}.ics').status == 404)
    assert shared.ask().status == 200


def test_point_11_no_address_gets_into_the_log(store, etag, conninfo):
    with Server(conninfo, unknown_rate=20, feed_rate=20) as server:
        server.ready()
        for token in [TOKEN] * 30 + unlike(TOKEN) * 3:
            server.ask(f'/feed/{token}.ics', Authorization=f'Bearer {token}', Referer=f'http://x/feed/{token}.ics')
        with server.connect() as c:
            exchange(c, GOOD + b'Host: again\r\n\r\n')
        with server.connect() as c:
            exchange(c, b'GET http://x/feed/%s.ics HTTP/1.1\r\n\r\n' % TOKEN.encode())
        wait_until(lambda: server.saying('feed.asked'))
        wait_until(lambda: server.saying('http.limited'))
        said = '\n'.join(server.said)
        for token in unlike(TOKEN) + [TOKEN]:
            assert len(token) < 8 or token[:8] not in said
        assert '/feed' not in said and '127.0.0.1:' not in said.replace('address=127.0.0.1:0', '')


def test_point_12_it_is_kept_a_quarter_of_an_hour_and_by_no_shared_cache(shared, etag):
    for headers in {}, {'If_None_Match': etag}:
        assert shared.ask(**headers).headers['Cache-Control'] == 'private, max-age=900'


def test_point_13_it_is_no_attachment(shared, etag):
    for headers in {}, {'Accept_Encoding': 'gzip'}, {'If_None_Match': etag}:
        assert 'Content-Disposition' not in shared.ask(**headers).headers
