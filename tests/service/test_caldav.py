"""Calendars by CalDAV: the real server process over a store whose feeds the daemon's own code renders (run_driver feeds),
asked in raw requests and by clients that people use.

SERVE_DRIVER and RUN_DRIVER name the programs.
"""
import base64
import http.client
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

import caldav
import icalendar
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests' / 'support'), str(ROOT / 'tests' / 'run')]
from telling import Server as Databases  # noqa: E402
from serving import Server, exchange, token_hash, wait_until  # noqa: E402

TOKEN, OTHER = 'C' * 42 + '0', 'D' * 42 + '0'
NOW = '2024-04-02 09:00'
NS = {'d': 'DAV:', 'c': 'urn:ietf:params:xml:ns:caldav', 's': 'http://calendarserver.org/ns/', 'a': 'http://apple.com/ns/ical/'}
XMLNS = ' '.join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())


class Calendar:
    """A worker's feed: its store, the process that serves it, and requests to it."""

    def __init__(self, pg, folder):
        self.store = pg.store(folder)
        self.pg = pg
        self.store.ask("UPDATE timely.state SET read_business_at = '2024-04-02T07:00Z', read_at = now()")
        self.number = self.subscribe(TOKEN)
        self.other = self.subscribe(OTHER, 'team', 'T1')
        self.conninfo = pg.conninfo(self.store.name, user='timely_web')
        self.server = None

    def subscribe(self, token, kind='worker', owner='SW1'):
        self.store.ask('INSERT INTO timely.feed_dirty VALUES (%s, %s) ON CONFLICT DO NOTHING', (kind, owner))
        return self.store.one('INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) '
                              "VALUES (%s, %s, %s, now(), 'x') RETURNING feed_id", (kind, owner, token_hash(token)))

    def render(self, now=NOW):
        """Renders what changed and waits until it is served."""
        self.store.run('feeds', now, 'all')
        if self.server:
            version = self.store.one("SELECT version FROM timely.feed_body WHERE owner_id = 'SW1'")
            wait_until(lambda: self.token() == f'data:,{version}')

    @property
    def home(self):
        return f'/caldav/{self.number}/home/'

    @property
    def path(self):
        return f'{self.home}deadlines/'

    def href(self, uid):
        return f'{self.path}{quote(uid, safe="")}.ics'

    def ask(self, method, path=None, body='', depth=None, token=TOKEN, user='anybody', **headers):
        c = http.client.HTTPConnection('127.0.0.1', self.server.port, timeout=10)
        try:
            if token is not None:
                headers['Authorization'] = 'Basic ' + base64.b64encode(f'{user}:{token}'.encode()).decode()
            if depth is not None:
                headers['Depth'] = depth
            c.request(method, path or self.path, body if isinstance(body, bytes) else body.encode(),
                      {k.replace('_', '-'): v for k, v in headers.items()})
            r = c.getresponse()
            r.content = r.read()
            return r
        finally:
            c.close()

    def answers(self, method, body, path=None, depth='1', **more):
        """A multistatus: {href: {name of property: element}}, with None for an href that is not there."""
        r = self.ask(method, path, body, depth, **more)
        assert r.status == 207, (r.status, r.content)
        assert r.headers['Content-Type'] == 'application/xml; charset=utf-8'
        root = ET.fromstring(r.content)
        found = {}
        for response in root.findall('d:response', NS):
            href = response.findtext('d:href', None, NS)
            if '404' in (response.findtext('d:status', '', NS)):
                found[href] = None
                continue
            found[href] = {}
            for propstat in response.findall('d:propstat', NS):
                status = propstat.findtext('d:status', None, NS)
                for element in propstat.find('d:prop', NS):
                    found[href][element.tag] = element if '200' in status else status.split()[1]
        return found, root

    def find(self, *names, path=None, depth='0'):
        prop = ''.join(f'<{n}/>' for n in names)
        return self.answers('PROPFIND', f'<d:propfind {XMLNS}><d:prop>{prop}</d:prop></d:propfind>', path, depth)[0]

    def value(self, name, path=None):
        (properties,) = self.find(name, path=path).values()
        return properties[tag(name)]

    def token(self):
        return self.value('d:sync-token').text

    def report(self, kind, inner, prop='<d:getetag/>', **more):
        return self.answers('REPORT', f'<{kind} {XMLNS}><d:prop>{prop}</d:prop>{inner}</{kind}>', **more)

    def sync(self, token, **more):
        found, root = self.report('d:sync-collection', f'<d:sync-token>{token}</d:sync-token><d:sync-level>1</d:sync-level>',
                                  depth='0', **more)
        return {uid(h): p for h, p in found.items()}, root.findtext('d:sync-token', None, NS)

    def query(self, events):
        found, _ = self.report('c:calendar-query', f'<c:filter><c:comp-filter name="VCALENDAR">{events}</c:comp-filter></c:filter>')
        return sorted(uid(h) for h in found)

    def objects(self):
        feed = self.server.ask(f'/feed/{TOKEN}.ics').content.decode()
        return {str(e['UID']): e for e in icalendar.Calendar.from_ical(feed).walk('VEVENT')}, feed


def tag(name):
    prefix, local = name.split(':')
    return f'{{{NS[prefix]}}}{local}'


def uid(href):
    return href.rsplit('/', 1)[1].removesuffix('.ics').replace('%40', '@')


@pytest.fixture(scope='module')
def pg():
    with Databases() as server:
        server.psql('CREATE ROLE timely_web LOGIN')
        server.psql(file=ROOT / 'sql' / 'store' / '0007_roles.sql')
        yield server


def people(store):
    """An all-day entry, a meeting in summer time, one in winter, and one cancelled."""
    store.deadline(store.person('P1'))
    store.deadline(store.person('P2'), booked_at='2024-07-05 10:00', booked_group='M2', due='2024-07-10')
    store.deadline(store.person('P3'), booked_at='2024-12-05 10:00', booked_group='M3', due='2024-12-10')


UID1, UID2, UID3 = (f'P{n}-icpc-2024-03-14@timely.example' for n in (1, 2, 3))


@pytest.fixture(scope='module')
def shared(pg, tmp_path_factory):
    c = Calendar(pg, tmp_path_factory.mktemp('shared'))
    people(c.store)
    c.render()
    with Server(c.conninfo) as c.server:
        c.server.ready()
        yield c


@pytest.fixture
def own(pg, tmp_path):
    """One that a test may change."""
    c = Calendar(pg, tmp_path)
    people(c.store)
    c.render()
    with Server(c.conninfo) as c.server:
        c.server.ready()
        yield c


# Who may ask


def test_only_the_secret_of_a_feed_opens_its_calendar(shared):
    for token in (None, '', 'x', TOKEN[:-1], TOKEN + 'x', 'E' * 43, token_hash(TOKEN), ':' + TOKEN):
        r = shared.ask('PROPFIND', token=token, depth='0')
        assert (r.status, r.headers['WWW-Authenticate']) == (401, 'Basic realm="timely", charset="UTF-8"'), token
        assert 'calendar' in r.content.decode() and b'<' not in r.content
    for header in ('Basic', 'Basic ', 'Basic !!!!', 'Bearer ' + TOKEN, 'Basic ' + 'QUFB' * 2000, 'Basic QQ==', 'Digest x="y"'):
        assert shared.ask('PROPFIND', token=None, depth='0', Authorization=header).status == 401, header
    for user in ('', 'anybody', str(shared.number), str(shared.other), 'j\u00e4ne', 'x' * 300):
        assert shared.ask('PROPFIND', user=user, depth='0').status == 207, user
    assert shared.ask('PROPFIND', token=OTHER, depth='0').status == 404, 'another feed of the same server'
    assert shared.ask('PROPFIND', f'/caldav/{shared.other}/', token=OTHER, depth='0').status == 207


def test_feeds_never_challenge(shared):
    for path in f'/feed/{TOKEN}.ics', '/feed/wrong.ics', '/', '/healthz':
        for token in None, 'wrong':
            assert 'WWW-Authenticate' not in shared.ask('GET', path, token=token).headers


def test_a_revoked_feed_is_closed(own):
    assert own.ask('PROPFIND', depth='0').status == 207
    own.store.ask('UPDATE timely.feed SET revoked_at = now() WHERE feed_id = %s', (own.number,))
    wait_until(lambda: own.ask('PROPFIND', depth='0').status == 401)


# Finding the calendar


def test_a_client_finds_the_calendar_from_the_address_of_the_server(shared):
    for method in 'GET', 'PROPFIND', 'OPTIONS':
        r = shared.ask(method, '/.well-known/caldav', token=None, depth='0')
        assert (r.status, r.headers['Location']) == (301, '/caldav/')
    principal = shared.value('d:current-user-principal', '/caldav/').findtext('d:href', None, NS)
    home = shared.value('c:calendar-home-set', principal).findtext('d:href', None, NS)
    found = shared.find('d:resourcetype', 's:getctag', path=home, depth='1')
    calendars = [h for h, p in found.items() if p[tag('d:resourcetype')].find('c:calendar', NS) is not None]
    assert (principal, home, calendars) == (f'/caldav/{shared.number}/', shared.home, [shared.path])
    for path in '/caldav', f'/caldav/{shared.number}', shared.home[:-1], shared.path[:-1]:
        assert shared.ask('PROPFIND', path, depth='0').status == 207, 'without the last slash too'
    for path in '/caldav/0/', '/caldav/x/', shared.home + 'x/', shared.path + 'x.ics', shared.path + 'x', '/caldavx', '/caldav//':
        assert shared.ask('PROPFIND', path, depth='0').status in (404, 405), path


def test_the_path_of_the_public_address_stands_before_names(shared):
    with Server(shared.conninfo, public_url='https://council.example/calendars/') as server:
        inner = Calendar.__new__(Calendar)
        inner.__dict__.update(shared.__dict__, server=server.ready())
        for path in '/calendars/caldav/', '/caldav/':
            principal = inner.value('d:current-user-principal', path).findtext('d:href', None, NS)
            assert principal == f'/calendars/caldav/{shared.number}/'
        assert inner.ask('GET', '/calendars/.well-known/caldav').headers['Location'] == '/calendars/caldav/'
        outside = f'/calendars{shared.path}'
        found, _ = inner.report('c:calendar-multiget', f'<d:href>{outside}{quote(UID1)}.ics</d:href>', path=outside)
        assert [bool(p) for p in found.values()] == [True]
        assert all(h.startswith(outside) for h in inner.find('d:getetag', path=outside, depth='1'))


def test_options_say_what_it_is(shared):
    for path in '/caldav/', shared.path, shared.href(UID1):
        r = shared.ask('OPTIONS', path, token=None)
        assert (r.status, r.headers['DAV']) == (200, '1, 3, calendar-access')
        assert r.headers['Allow'] == 'OPTIONS, GET, HEAD, PROPFIND, REPORT'
    assert shared.ask('OPTIONS', '/feed/x.ics', token=None).headers['Allow'] == 'GET, HEAD, OPTIONS'


# Properties


def test_properties_of_the_calendar(shared):
    p = shared.find('d:displayname', 'd:resourcetype', 's:getctag', 'd:sync-token', 'd:supported-report-set', 'd:owner',
                    'c:supported-calendar-component-set', 'a:calendar-color', 'd:current-user-privilege-set', 'd:getlastmodified',
                    'c:calendar-description', 'c:supported-calendar-data', 'd:current-user-principal', 'c:max-resource-size',
                    'd:getetag', 'a:unheard-of', 'd:quota-used-bytes')[shared.path]
    assert p[tag('d:displayname')].text == 'Deadlines: Name SW1'
    assert {e.tag for e in p[tag('d:resourcetype')]} == {tag('d:collection'), tag('c:calendar')}
    assert p[tag('s:getctag')].text == p[tag('d:sync-token')].text
    assert {e[0][0].tag for e in p[tag('d:supported-report-set')]} == {tag('c:calendar-multiget'), tag('c:calendar-query'),
                                                                       tag('d:sync-collection')}
    assert [e.get('name') for e in p[tag('c:supported-calendar-component-set')]] == ['VEVENT']
    assert {e[0].tag for e in p[tag('d:current-user-privilege-set')]} == {tag('d:read'), tag('d:read-current-user-privilege-set')}
    assert re.fullmatch('#[0-9A-F]{8}', p[tag('a:calendar-color')].text)
    assert p[tag('d:getlastmodified')].text.endswith(' GMT')
    for name in 'd:getetag', 'a:unheard-of', 'd:quota-used-bytes', 'c:max-resource-size':
        assert p[tag(name)] == '404', name


def test_depth(shared):
    assert list(shared.find('d:getetag', path=shared.path, depth='0')) == [shared.path]
    assert list(shared.find('d:getetag', path='/caldav/', depth='1')) == ['/caldav/', f'/caldav/{shared.number}/']
    assert set(shared.find('d:getetag', path=shared.path, depth='1')) == {shared.path, *map(shared.href, (UID1, UID2, UID3))}
    for depth in 'infinity', None, '2', 'x':
        r = shared.ask('PROPFIND', depth=depth)
        assert r.status == 403 and ET.fromstring(r.content)[0].tag == tag('d:propfind-finite-depth'), depth
    assert shared.ask('PROPFIND', shared.href(UID1), depth='infinity').status == 207, 'it has nothing below it'


def test_all_properties_and_their_names(shared):
    for body in '', f'<d:propfind {XMLNS}><d:allprop/></d:propfind>':
        found, _ = shared.answers('PROPFIND', body)
        assert found[shared.href(UID1)][tag('d:getcontenttype')].text == 'text/calendar; charset=utf-8; component=vevent'
        assert tag('d:sync-token') not in found[shared.path] and tag('c:calendar-data') not in found[shared.href(UID1)]
    found, _ = shared.answers('PROPFIND', f'<d:propfind {XMLNS}><d:propname/></d:propfind>')
    assert tag('d:sync-token') in found[shared.path]
    assert all(e.text is None and len(e) == 0 for p in found.values() for e in p.values())
    assert shared.find('c:calendar-data', path=shared.href(UID1))[shared.href(UID1)][tag('c:calendar-data')] == '404'


# Objects


def test_an_object_is_what_stands_in_the_feed(shared):
    events, feed = shared.objects()
    assert set(events) == {UID1, UID2, UID3}
    tags = {uid(h): p[tag('d:getetag')].text for h, p in shared.find('d:getetag', depth='1').items() if h != shared.path}
    for u in events:
        r = shared.ask('GET', shared.href(u))
        text = r.content.decode()
        begin, end = text.index('BEGIN:VEVENT'), text.index('END:VEVENT')
        assert text[begin:end] in feed, 'byte for byte'
        assert (r.status, r.headers['Content-Type'], r.headers['ETag']) == (200, 'text/calendar; charset=utf-8', tags[u])
        calendar = icalendar.Calendar.from_ical(text)
        assert [str(e['UID']) for e in calendar.walk('VEVENT')] == [u]
        assert 'METHOD' not in calendar and 'X-WR-CALNAME' not in calendar
        assert len(calendar.walk('VTIMEZONE')) == (u != UID1), 'as it is needed'
        assert shared.ask('GET', shared.href(u), If_None_Match=tags[u]).status == 304
        assert shared.ask('GET', shared.href(u), If_None_Match='"x"').status == 200
        head = shared.ask('HEAD', shared.href(u))
        assert (head.status, head.content, head.headers['Content-Length']) == (200, b'', str(len(text.encode())))
    assert len(set(tags.values())) == 3
    assert 'calendar' in shared.ask('GET').content.decode(), 'a browser is told what it is'


def test_multiget(shared):
    hrefs = [shared.href(UID1), f'http://elsewhere.example{shared.path}{UID2}.ics', shared.href('nobody@x'), '/etc/passwd',
             '/caldav/../x', shared.path, '', '&lt;x&gt;']
    found, _ = shared.report('c:calendar-multiget', ''.join(f'<d:href>{h}</d:href>' for h in hrefs),
                             '<d:getetag/><c:calendar-data/>')
    assert set(found) == {h.replace('&lt;', '<').replace('&gt;', '>') for h in hrefs}, 'as the client has spelt them'
    for href, u in (hrefs[0], UID1), (hrefs[1], UID2):
        text = shared.ask('GET', shared.href(u)).content.decode()
        assert found[href][tag('c:calendar-data')].text.replace('\r\n', '\n') == text.replace('\r\n', '\n')
    assert all(found[h] is None for h in hrefs[2:6])


def span(start=None, end=None):
    return '<c:comp-filter name="VEVENT"><c:time-range {} {}/></c:comp-filter>'.format(
        f'start="{start}"' if start else '', f'end="{end}"' if end else '')


@pytest.mark.parametrize('events, expected, why', [
    ('', [UID1, UID2, UID3], 'everything'),
    ('<c:comp-filter name="VEVENT"/>', [UID1, UID2, UID3], 'every event'),
    (span('20240407T000000Z', '20240407T230000Z'), [], 'the day before, as Europe/London has it: it ends at 23:00 UTC'),
    (span('20240407T230000Z', '20240407T230001Z'), [UID1], 'the first second of 8 April in summer time'),
    (span('20240408T225959Z', '20240408T230000Z'), [UID1], 'its last'),
    (span('20240408T230000Z', '20240409T230000Z'), [], 'the day after'),
    (span('20240705T085959Z', '20240705T090000Z'), [], 'before 10:00 in summer'),
    (span('20240705T090000Z', '20240705T090001Z'), [UID2], 'at 10:00 in summer'),
    (span('20241205T095959Z', '20241205T100000Z'), [], 'before 10:00 in winter'),
    (span('20241205T100000Z', '20241205T100001Z'), [UID3], 'at 10:00 in winter'),
    (span('20240501T000000Z'), [UID2, UID3], 'without an end'),
    (span(None, '20240501T000000Z'), [UID1], 'without a start'),
    ('<c:comp-filter name="VTODO"/>', [], 'there are no tasks'),
    ('<c:comp-filter name="VTODO"><c:is-not-defined/></c:comp-filter>', [UID1, UID2, UID3], 'no tasks are asked for'),
    ('<c:comp-filter name="VEVENT"><c:is-not-defined/></c:comp-filter>', [], 'everything is an event'),
    ('<c:comp-filter name="VEVENT"><c:comp-filter name="VALARM"/></c:comp-filter>', [], 'nothing rings'),
])
def test_query(shared, events, expected, why):
    assert shared.query(events) == expected, why


@pytest.mark.parametrize('inner, precondition', [
    ('', 'c:valid-filter'),
    ('<c:filter/>', 'c:valid-filter'),
    ('<c:filter><c:comp-filter name="VEVENT"/></c:filter>', 'c:valid-filter'),
    *((f'<c:filter><c:comp-filter name="VCALENDAR">{f}</c:comp-filter></c:filter>', p) for f, p in [
        (span(), 'c:valid-filter'), (span('2024'), 'c:valid-filter'), (span('20240101'), 'c:valid-filter'),
        (span('20240101T000000'), 'c:valid-filter'), (span('20240231T000000Z'), 'c:valid-filter'),
        (span('20240102T000000Z', '20240101T000000Z'), 'c:valid-filter'), (span('20240101T000000Z' * 500), 'c:valid-filter'),
        ('<c:comp-filter/>', 'c:valid-filter'),
        ('<c:comp-filter name="VEVENT"><c:prop-filter name="UID"><c:text-match>x</c:text-match></c:prop-filter></c:comp-filter>',
         'c:supported-filter'),
        ('<c:prop-filter name="X"/>', 'c:supported-filter'),
    ]),
])
def test_a_filter_that_is_not_followed_is_said(shared, inner, precondition):
    r = shared.ask('REPORT', body=f'<c:calendar-query {XMLNS}><d:prop/>{inner}</c:calendar-query>', depth='1')
    assert r.status == 403 and ET.fromstring(r.content)[0].tag == tag(precondition)


# What changed


def test_changes_since_a_token(own):
    everything, token = own.sync('')
    assert set(everything) == {UID1, UID2, UID3} and token == own.token()
    assert own.sync(token) == ({}, token)
    before = everything[UID1][tag('d:getetag')].text

    own.store.ask("UPDATE timely.deadline SET due_on = '2024-04-09', sequence = 1, changed_at = '2024-04-02 08:00' "
                  'WHERE uid = %s', (UID1,))
    own.store.deadline(own.store.person('P4'))
    own.store.ask("UPDATE timely.person SET worker_id = 'SW3', team_id = 'T2' WHERE person_id = 'P2'")
    own.render()
    changed, newer = own.sync(token)
    new = UID1.replace('P1', 'P4')
    assert set(changed) == {UID1, UID2, new} and changed[UID2] is None
    assert changed[UID1][tag('d:getetag')].text != before
    assert own.sync(newer) == ({}, newer)

    own.store.ask("UPDATE timely.person SET worker_id = 'SW1', team_id = 'T1' WHERE person_id = 'P2'")
    own.render()
    back, newest = own.sync(newer)
    assert set(back) == {UID2} and back[UID2]
    assert set(own.sync(token)[0]) == {UID1, UID2, new}
    assert int(newest.split(',')[1]) > int(newer.split(',')[1]) > int(token.split(',')[1])


# Points: 21
def test_old_data_says_so_here_too(own):
    """The entry comes and goes with the age of the data, beside what the store knows of changes."""
    said = 'data-as-of@timely'

    def read(ago):
        own.store.ask('UPDATE timely.state SET read_at = now() - %s::interval', (ago,))
        own.store.ask('NOTIFY timely_feed')
        wait_until(lambda: ('-' in own.token()) == (ago != '0 s'))

    token = own.token()
    read('3 days')
    changed, old = own.sync(token)
    assert set(changed) == {said} and old.startswith(f'{token}-') and own.sync(old) == ({}, old)
    entry, = icalendar.Calendar.from_ical(own.ask('GET', own.href(said)).content).walk('VEVENT')
    assert str(entry['SUMMARY']) == 'Data as of Tuesday 2 April 2024, 08:00'
    assert set(own.sync('')[0]) == set(own.objects()[0]) == {UID1, UID2, UID3, said}
    assert said in own.query('<c:comp-filter name="VEVENT"/>')
    yesterday = f'{token}-{int(old.split("-")[1]) - 1}'
    assert set(own.sync(yesterday)[0]) == {said}, 'of another day it is another one'

    own.store.deadline(own.store.person('P4'))
    own.store.run('feeds', NOW, 'all')
    wait_until(lambda: own.token() != old)
    assert set(own.sync(old)[0]) == {UID1.replace('P1', 'P4')}
    assert set(own.sync(token)[0]) == {UID1.replace('P1', 'P4'), said}

    old = own.token()
    read('0 s')
    assert own.sync(old) == ({said: None}, own.token()), 'it is gone with the next reading'
    assert own.ask('GET', own.href(said)).status == 404


def test_tokens_hold_across_processes_and_restarts(own):
    token = own.token()
    own.store.deadline(own.store.person('P4'))
    own.render()
    with Server(own.conninfo) as second:
        own.server, first = second.ready(), own.server
        changed = own.sync(token)
        own.server = first
        assert own.sync(token) == changed or set(own.sync(token)[0]) == set(changed[0]) == {UID1.replace('P1', 'P4')}


def test_a_process_that_is_behind_takes_nothing_back(own):
    token = own.token()
    version = int(token.split(',')[1])
    own.store.ask('UPDATE timely.feed_body SET version = version + 5')      # which this process does not notice
    assert own.sync(f'data:,{version + 3}') == ({}, f'data:,{version + 3}')
    assert own.sync(token) == ({}, token)


def test_a_token_of_no_use_asks_for_everything_again(own):
    token = own.token()
    version = int(token.split(',')[1])
    for bad in (f'data:,{version + 1}', f'data:,{version - 1}', 'data:,0', 'data:,', 'data:,-1', 'data:,1x', 'x', token * 2, f'{token}-', f'{token}-x', f'{token}-1-1', f'{token}-12345678',
                'http://radicale.org/ns/sync/1'):
        r = own.ask('REPORT', body=f'<d:sync-collection {XMLNS}><d:sync-token>{bad}</d:sync-token><d:prop/></d:sync-collection>')
        assert r.status == 403 and ET.fromstring(r.content)[0].tag == tag('d:valid-sync-token'), bad

    own.store.ask("UPDATE timely.person SET worker_id = NULL WHERE person_id = 'P2'")
    own.render('2024-04-03 09:00')
    assert set(own.sync(token)[0]) >= {UID2}
    gone = own.token()
    own.store.deadline(own.store.person('P5'), due='2024-07-02', seen='2024-07-01 10:00')
    own.render('2024-07-02 10:00')                          # 90 days later
    assert own.store.ask('SELECT FROM timely.feed_object WHERE uid = %s AND owner_id = %s', (UID2, 'SW1')) == []
    body = f'<d:sync-collection {XMLNS}><d:sync-token>{{}}</d:sync-token><d:prop/></d:sync-collection>'
    assert own.ask('REPORT', body=body.format(token)).status == 403, 'what is gone since is forgotten'
    assert own.ask('REPORT', body=body.format(gone)).status == 207


def test_a_limit_on_what_is_told_at_once(own):
    body = (f'<d:sync-collection {XMLNS}><d:sync-token>{{}}</d:sync-token><d:sync-level>1</d:sync-level>'
            '<d:limit><d:nresults>{}</d:nresults></d:limit><d:prop><d:getetag/></d:prop></d:sync-collection>')
    token = own.token()
    for since, most, status in ('', 3, 207), ('', 2, 403), (token, 0, 207):
        assert own.ask('REPORT', body=body.format(since, most)).status == status
    for person in 'P4', 'P5':
        own.store.deadline(own.store.person(person))
    own.render()
    assert own.ask('REPORT', body=body.format(token, 2)).status == 207
    r = own.ask('REPORT', body=body.format(token, 1))
    assert r.status == 403 and ET.fromstring(r.content)[0].tag == tag('d:number-of-matches-within-limits')


def test_while_the_store_is_away_what_is_known_is_served(own, pg):
    token = own.token()
    own.store.deadline(own.store.person('P4'))
    own.render()
    pg.stop()
    try:
        assert set(own.sync('')[0]) == {UID1, UID2, UID3, UID1.replace('P1', 'P4')}
        assert own.ask('GET', own.href(UID1)).status == 200
        assert own.query('<c:comp-filter name="VEVENT"/>')
        assert own.sync(own.token())[0] == {}
        r = own.ask('REPORT', body=f'<d:sync-collection {XMLNS}><d:sync-token>{token}</d:sync-token></d:sync-collection>')
        assert r.status == 503 and r.headers['Retry-After']
    finally:
        pg.start()
    wait_until(lambda: own.ask('REPORT', body=f'<d:sync-collection {XMLNS}><d:sync-token>{token}</d:sync-token>'
                                              '</d:sync-collection>').status == 207)


def test_a_calendar_that_is_not_rendered_yet_is_not_an_empty_one(own):
    own.subscribe('F' * 43, 'worker', 'SW2')
    wait_until(lambda: own.ask('PROPFIND', '/caldav/', token='F' * 43, depth='0').status == 503)
    assert own.ask('PROPFIND', '/caldav/', token='F' * 43, depth='0').headers['Retry-After']


# What is refused


@pytest.mark.parametrize('method', ['PUT', 'POST', 'DELETE', 'PATCH', 'MKCOL', 'COPY', 'MOVE', 'MKCALENDAR', 'LOCK', 'UNLOCK',
                                    'PROPPATCH'])
def test_nothing_is_written(shared, method):
    for path in shared.href(UID1), shared.href('new@x'), shared.path:
        r = shared.ask(method, path, 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n', If_None_Match='*', Content_Type='text/calendar')
        assert r.status == 403 and ET.fromstring(r.content)[0].tag == tag('d:need-privileges'), path
        assert 'PUT' not in r.headers['Allow']
    assert shared.ask('GET', shared.href(UID1)).status == 200


def entities(count):
    declared = '<!ENTITY a0 "x">' + ''.join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, count))
    return f'<!DOCTYPE d [{declared}]><d:propfind {XMLNS}><d:prop>&a{count - 1};</d:prop></d:propfind>'


HOSTILE = {
    'a billion laughs': entities(10),
    'a quadratic blow-up': f'<!DOCTYPE d [<!ENTITY a "{"x" * 50000}">]><d:propfind {XMLNS}>{"&a;" * 1000}</d:propfind>',
    'a file': f'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d:propfind {XMLNS}><d:prop>&f;</d:prop></d:propfind>',
    'a DTD elsewhere': f'<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x.dtd"><d:propfind {XMLNS}><d:allprop/></d:propfind>',
    'a parameter entity': '<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><d/>',
    'an empty DTD': f'<!DOCTYPE d><d:propfind {XMLNS}><d:allprop/></d:propfind>',
    'deep nesting': '<a>' * 10000 + '</a>' * 10000,
    'deep nesting in a request': f'<d:propfind {XMLNS}><d:prop>' + '<a>' * 10000 + '</a>' * 10000 + '</d:prop></d:propfind>',
    'cut in half': f'<d:propfind {XMLNS}><d:pr',
    'nothing but blanks': '   ',
    'no XML': 'BEGIN:VCALENDAR',
    'two roots': '<a/><b/>',
    'not UTF-8': f'<d:propfind {XMLNS}><d:prop><d:\xe4/></d:prop></d:propfind>'.encode('latin-1'),
    'UTF-16': f'<d:propfind {XMLNS}><d:allprop/></d:propfind>'.encode('utf-16'),
    'a NUL': f'<d:propfind {XMLNS}>\0<d:allprop/></d:propfind>',
    'a prefix that is not declared': '<d:propfind><d:prop/></d:propfind>',
    'another root': f'<d:principal-search {XMLNS}/>',
}


@pytest.mark.parametrize('why', HOSTILE)
def test_hostile_bodies(shared, why):
    for method in 'PROPFIND', 'REPORT':
        r = shared.ask(method, body=HOSTILE[why], depth='0')
        assert r.status in (400, 403), (why, r.status, r.content[:300])
        assert b'root:' not in r.content and len(r.content) < 1000
    assert shared.value('d:displayname').text


def test_namespaces_are_names_and_prefixes_are_not(shared):
    body = ('<D:propfind xmlns:D="DAV:" xmlns:x="urn:ietf:params:xml:ns:caldav"><D:prop><displayname xmlns="DAV:"/>'
            '<x:displayname/><D:displayname xmlns:D="http://evil.example/&quot;&gt;&lt;x"/><none xmlns=""/>'
            '<caldav:supported-calendar-data xmlns:caldav="urn:ietf:params:xml:ns:caldav"/></D:prop></D:propfind>')
    p = shared.answers('PROPFIND', body, depth='0')[0][shared.path]
    assert p['{DAV:}displayname'].text and len(p['{urn:ietf:params:xml:ns:caldav}supported-calendar-data']) == 1
    assert p['{urn:ietf:params:xml:ns:caldav}displayname'] == p['{http://evil.example/"><x}displayname'] == p['none'] == '404'


def test_bounds_on_what_is_asked(shared):
    def prop(inner):
        return f'<d:propfind {XMLNS}><d:prop>{inner}</d:prop></d:propfind>'
    assert shared.ask('PROPFIND', body=prop('<a:x/>' * 100), depth='1').status == 207
    assert shared.ask('PROPFIND', body=prop('<a:x/>' * 101), depth='1').status == 403
    assert shared.ask('PROPFIND', body=prop(f'<a:{"x" * 1000}/>'), depth='1').status == 403
    assert shared.ask('REPORT', body=f'<d:expand-property {XMLNS}/>').status == 403
    many = f'<d:href>{shared.href(UID1)}</d:href>' * 1000
    found, _ = shared.report('c:calendar-multiget', many, '<c:calendar-data/>')
    assert list(found) == [shared.href(UID1)]
    request = f'REPORT {shared.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 20}\r\n\r\n'.encode()
    with shared.server.connect() as c:
        assert exchange(c, request + b' ' * (1 << 20))[9:12] in (b'413', b'')
    assert shared.value('d:displayname').text


# Clients that people use


def test_vdirsyncer_and_khal(own, tmp_path):
    config = tmp_path / 'vdirsyncer'
    config.write_text(f'''
[general]
status_path = "{tmp_path}/status/"
[pair deadlines]
a = "local"
b = "remote"
collections = ["from b"]
[storage local]
type = "filesystem"
path = "{tmp_path}/local/"
fileext = ".ics"
[storage remote]
type = "caldav"
url = "http://127.0.0.1:{own.server.port}/"
username = "jane"
password = "{TOKEN}"
read_only = true
''')

    def run(*command, **more):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False,
                              env={'PATH': '/usr/bin:/bin', 'HOME': str(tmp_path), 'LC_ALL': 'C.UTF-8', 'TZ': 'Europe/London'}, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run('vdirsyncer', '-c', str(config), 'discover', input='y\n' * 5)
    folder = tmp_path / 'local' / 'deadlines'

    def synced():
        run('vdirsyncer', '-c', str(config), 'sync')
        return {re.search('UID:(.*)', f.read_text()).group(1).strip(): f for f in folder.glob('*.ics')}

    assert set(synced()) == {UID1, UID2, UID3}
    khal = tmp_path / 'khal.conf'
    khal.write_text(f'[calendars]\n[[deadlines]]\npath = {folder}\n[locale]\nlocal_timezone = Europe/London\n'
                    'default_timezone = Europe/London\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n'
                    'datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n'
                    f'[sqlite]\npath = {tmp_path}/khal.db\n')
    listed = run('khal', '-c', str(khal), 'list', '2024-04-01', '365d')
    assert 'Due: ICPC REF-P1' in listed and '10:00-11:00 ICPC REF-P2' in listed, listed

    own.store.ask("UPDATE timely.deadline SET due_on = '2024-04-09', sequence = 1, changed_at = '2024-04-02 08:00' "
                  'WHERE uid = %s', (UID1,))
    own.store.ask("UPDATE timely.person SET worker_id = NULL WHERE person_id = 'P2'")
    own.render()
    now = synced()
    assert set(now) == {UID1, UID3}, 'the one that is gone goes'
    assert 'DTSTART;VALUE=DATE:20240409' in now[UID1].read_text()


def test_python_caldav(shared):
    with caldav.DAVClient(f'http://127.0.0.1:{shared.server.port}/caldav/', username='jane', password=TOKEN) as client:
        calendar, = client.principal().calendars()
        assert calendar.name == 'Deadlines: Name SW1'
        assert len(calendar.events()) == 3
        found = calendar.date_search(datetime(2024, 7, 5, tzinfo=timezone.utc), datetime(2024, 7, 6, tzinfo=timezone.utc),
                                     expand=False)
        assert [str(e.icalendar_instance.walk('VEVENT')[0]['UID']) for e in found] == [UID2]
        assert len(list(calendar.objects_by_sync_token(load_objects=True))) == 3
        with pytest.raises(caldav.lib.error.AuthorizationError):
            calendar.save_event('BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:x\nDTSTAMP:20240101T000000Z\n'
                                'DTSTART:20240101T000000Z\nSUMMARY:x\nEND:VEVENT\nEND:VCALENDAR\n')
