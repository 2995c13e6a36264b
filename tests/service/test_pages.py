"""Pages that links open, from a real store, as a browser shows them.

SERVE_DRIVER names the program.
"""
import base64
import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import subprocess
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from serving import Postgres, Server, Store, exchange, wait_until

LINK = 'wLd8dIuDcBKGkm0eTvTQXYZ1'
HOSTILE = '<script>document.title="taken"</script>&amp;"\'\u202e</dd><h1>'


@pytest.fixture(scope='module')
def pg():
    with Postgres() as server:
        yield server


@pytest.fixture(scope='module')
def store(pg):
    store = Store(pg)
    pg.ask("UPDATE timely.state SET read_business_at = now(), read_at = now()")
    pg.ask("INSERT INTO timely.timescale VALUES ('icpc', 'ICPC', 'Initial child protection conference', 'Guidance',"
           " 'Working Together 2023, chapter 3', 'https://www.gov.uk/x', 'read on the page cited', 'Counted from the discussion.', 'c',"
           " false, 'social-worker')")
    pg.ask("INSERT INTO timely.staff (professional_id, name, email, team_id) VALUES ('w1', 'Name w1', 'w1@council.example', 'T1')")
    pg.ask("INSERT INTO timely.person (person_id, case_ref, display_name, worker_id, accepted_at)"
           " VALUES ('P1', 'REF-1', 'Ivy Hart', 'w1', now())")
    return store


def deadline(pg, uid='u1', days=5, state='open', **columns):
    columns = {'person_id': 'P1', 'timescale': 'icpc', 'subject_ref': 's', 'trigger_on': '2024-03-14', 'book_by': '2024-04-08',
               'provisional': False, 'state': state, 'derivation': 'Due by then: 15 working days after the discussion.',
               'not_counted': 'weekends; Good Friday 29 March', 'uid': uid, 'at_first_start': False, 'rule_version': 1,
               'library': 'x', 'first_seen_at': 'now', 'changed_at': 'now', 'owed_since': 'now', **columns}
    names = ', '.join(columns)
    number = pg.ask(f'INSERT INTO timely.deadline (due_on, {names}) VALUES (current_date + %s, {", ".join(["%s"] * len(columns))})'
                    ' RETURNING deadline_id', [days, *columns.values()])[0][0]
    pg.ask("INSERT INTO timely.deadline_history (deadline_id, known_at, change, trigger_on, due_on, state, library)"
           " SELECT %s, '2024-03-14T10:00Z', 'opened', '2024-03-14', '2024-04-08', 'open', 'x'", (number,))
    return number


def link(pg, number, token=LINK, kind='worker', owner='w1', staff=None, expires=None):
    pg.ask('INSERT INTO timely.page_link VALUES (%s, %s, %s, %s, %s, %s)',
           (hashlib.sha256(token.encode()).hexdigest(), number, kind, owner, staff, expires))
    return f'/why/{token}'


def empty(pg):
    """Without what guards the words of staff: the store is another one for the next test."""
    pg.ask('ALTER TABLE timely.acknowledgement DISABLE TRIGGER USER;'
           ' TRUNCATE timely.page_link, timely.inbox, timely.acknowledgement; DELETE FROM timely.deadline;'
           ' ALTER TABLE timely.acknowledgement ENABLE TRIGGER USER')


@pytest.fixture
def emptied(pg, store):
    empty(pg)
    pg.ask('DELETE FROM timely.feed')
    store.feed('A' * 43)


@pytest.fixture
def server(pg, emptied):
    with Server(pg.conninfo(user='timely_web')) as server:
        yield server.ready()


def in_browser(server, path, tmp_path):
    """What a browser makes of a page, and what it complains of."""
    done = subprocess.run(['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=2000',
                           f'--user-data-dir={tmp_path}', '--enable-logging=stderr', '--dump-dom',
                           f'http://127.0.0.1:{server.port}{path}'], capture_output=True, text=True, timeout=90, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if 'CONSOLE' in line]


class Browser:
    """Chromium at a page, driven over a pipe: it runs what is evaluated beside the page's own policy, as a person acts."""

    def __init__(self, url, profile):
        to_browser, self.asking = os.pipe()
        self.answers, from_browser = os.pipe()
        command = ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', f'--user-data-dir={profile}', url]
        # The browser listens on 3 and answers on 4.
        self.process = subprocess.Popen(['bash', '-c', f'exec 3<&{to_browser} 4>&{from_browser} "$@"', 'bash', *command],
                                        pass_fds=(to_browser, from_browser), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.session = 0, b'', None
        page = wait_until(lambda: [t for t in self.call('Target.getTargets')['targetInfos'] if t['url'] == url], 60)
        self.session = self.call('Target.attachToTarget', targetId=page[0]['targetId'], flatten=True)['sessionId']

    def call(self, method, **params):
        self.number += 1
        ask = {'id': self.number, 'method': method, 'params': params, **({'sessionId': self.session} if self.session else {})}
        os.write(self.asking, json.dumps(ask).encode() + b'\0')
        while True:
            while b'\0' not in self.rest:
                self.rest += os.read(self.answers, 65536) or pytest.fail('the browser went away')
            line, self.rest = self.rest.split(b'\0', 1)
            answer = json.loads(line)
            if answer.get('id') == self.number:
                return answer.get('result', {})

    def evaluate(self, script):
        return self.call('Runtime.evaluate', expression=script).get('result', {}).get('value')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.asking)
        os.close(self.answers)


def form_token(token, days=0, owner=''):
    """As the page makes it of its link, or as somebody who has the link would for another."""
    day = datetime.datetime.now(ZoneInfo('Europe/London')).date() + datetime.timedelta(days)
    made = hmac.new(token.encode(), f'form of {day}{owner}'.encode(), 'sha256').digest()
    return base64.urlsafe_b64encode(made[:18]).decode()


def press(server, path, content_type='application/x-www-form-urlencoded', method='POST', prefix='', who=None, **fields):
    connection = http.client.HTTPConnection('127.0.0.1', server.port, timeout=10)
    headers = {'Content-Type': content_type, **({'X-Remote-User': who} if who is not None else {})}
    connection.request(method, prefix + path, urlencode(fields), headers)
    answer = connection.getresponse()
    answer.content = answer.read()
    return answer


def inbox(pg):
    return [body for body, in pg.ask('SELECT body FROM timely.inbox ORDER BY inbox_id')]


def test_it_explains_the_date(pg, server):
    path = link(pg, deadline(pg))
    answer = server.ask(path)
    text = answer.content.decode()
    assert answer.status == 200 and answer.headers['Content-Type'] == 'text/html; charset=utf-8'
    assert answer.headers['Cache-Control'] == 'no-store' and "default-src 'none'" in answer.headers['Content-Security-Policy']
    assert answer.headers.get_all('Referrer-Policy') == ['no-referrer'], 'once, or the programs differ on which holds'
    for words in ('Child REF-1', 'Initial child protection conference', 'Due in 5 days', '15 working days after the discussion',
                  'Not counted: weekends; Good Friday 29 March', 'Guidance', 'href="https://www.gov.uk/x"',
                  'Working Together 2023, chapter 3', 'Thursday 14 March 2024, 10:00'):
        assert words in text, words
    assert 'Ivy' not in text, 'by reference only'
    assert server.ask(path, method='HEAD').headers['Content-Length'] == str(len(answer.content))


@pytest.mark.parametrize('columns, words, mood', [
    ({'days': 0}, 'Due today', 'ahead'), ({'days': -1}, 'Out of timescale by 1 day<', 'late'),
    ({'booked_at': 'tomorrow'}, 'Booked in timescale', 'ahead'),
    ({'booked_at': '2099-01-01'}, 'Booked out of timescale', 'late'),
    ({'state': 'met', 'met_on': '2024-04-01', 'in_timescale': True}, 'Done on Monday 1 April 2024, in timescale', 'well'),
    ({'state': 'met', 'met_on': '2024-04-09', 'in_timescale': False}, 'out of timescale', 'late'),
    ({'state': 'unknown', 'why': 'not shown'}, 'does not show whether', 'ahead'),
    ({'state': 'ended', 'why': 'the plan ended'}, 'the plan ended', 'ahead'),
])
def test_how_it_stands(pg, server, columns, words, mood):
    text = server.ask(link(pg, deadline(pg, **columns))).content.decode()
    assert words in text and f'<main class="{mood}">' in text


def test_what_a_link_does_not_open(pg, server):
    number = deadline(pg)
    good = link(pg, number)
    link(pg, number, 'mail', None, None, 'SW1', '2020-01-01')
    assert server.ask(good).status == 200
    for path in ('/why/mail', '/why/', good[:-1], good + 'x', '/why/' + 'x' * 900, good.lower(), good + '/..'[:1]):
        answer = server.ask(path)
        assert answer.status == 404 and b'This link opens nothing' in answer.content, path
    pg.ask('UPDATE timely.feed SET revoked_at = now()')
    assert server.ask(good).status == 404, 'its calendar was revoked'


def test_the_process_can_read_nothing_else(pg, store):
    for table in ('deadline', 'person', 'page_link', 'secret', 'deadline_history', 'feed', 'timescale', 'staff', 'team', 'inbox'):
        with pytest.raises(Exception, match='permission denied'):
            pg.ask(f'SELECT * FROM timely.{table}', user='timely_web')
    for question in "named_for('P1')", "live_link('x')", "opened('x', NULL)", "away_today('w1')", "can_be_told('w1')", "may_act('w1', 1)":
        with pytest.raises(Exception, match='permission denied'):
            pg.ask(f'SELECT * FROM timely.{question}', user='timely_web')


def test_the_store_is_away(pg, store):
    with Server('host=/nowhere dbname=x user=y') as server:
        answer = server.ask(f'/why/{LINK}')
        assert answer.status == 503 and b'try again in a few minutes' in answer.content


def test_a_browser_shows_it_with_its_style_and_no_complaint(pg, server, tmp_path):
    path = link(pg, deadline(pg, derivation=HOSTILE, why=HOSTILE, not_counted=HOSTILE, state='ended', person_id='P1'))
    document, complaints = in_browser(server, path, tmp_path)
    assert complaints == []
    assert '<title>Why this date</title>' in document and document.count('<h1>') == 1 and '<script' not in document
    assert '&lt;script&gt;document.title="taken"&lt;/script&gt;' in document
    style = server.ask('/pages.css')
    assert style.headers['Content-Type'] == 'text/css; charset=utf-8' and b'main{' in style.content


IN_HAND = {'say': 'in-hand', 'until': '2099-01-01', 'because': 'the family\r\nis away'}


def mail_link(pg, number=None, staff='w1', token='mail'):
    return link(pg, number or deadline(pg), token, None, None, staff, 'tomorrow')


def test_who_came_by_mail_can_say_a_word_and_nobody_else(pg, server):
    number = deadline(pg)
    worker, manager, feed = mail_link(pg, number), mail_link(pg, number, 'm1', 'boss'), link(pg, number)
    assert re.findall(r'<button name="say" value="([\w-]+)"', server.ask(worker).content.decode()) == ['in-hand', 'done']
    assert re.findall(r'<button name="say" value="([\w-]+)"', server.ask(manager).content.decode()) == ['in-hand']
    assert b'You are not reminded of it until then' in server.ask(worker).content
    content = server.ask(manager).content
    assert b'not reminded' not in content and b'Managers are told of it as ever' in content, 'what those above are told is no reminder'
    assert b'<form' not in server.ask(feed).content
    for method in ('GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'):
        press(server, worker + '?' + urlencode({'form': form_token('mail'), **IN_HAND}), method=method)
    assert inbox(pg) == [], 'only a POST of the form says anything'
    answer = press(server, worker, form=form_token('mail'), **IN_HAND)
    assert answer.status == 303 and answer.headers['Location'] == worker and answer.headers['Cache-Control'] == 'no-store'
    assert inbox(pg) == [{'deadline_id': number, 'staff_id': 'w1', 'signed_in': False, 'kind': 'in-hand', 'last_day': '2099-01-01', 'reason': 'the family  is away'}]
    text = server.ask(worker).content.decode()
    assert 'What you pressed was put down' in text and '<form' not in text
    assert press(server, worker, form=form_token('mail'), say='done').status == 409, 'one at a time'
    assert press(server, manager, form=form_token('boss'), **IN_HAND).status == 303
    assert len(inbox(pg)) == 2


@pytest.mark.parametrize('token, fields, status, words', [
    ('mail', {'form': ''}, 403, 'too old'), ('mail', {'form': None}, 403, 'too old'),
    ('mail', {'form': form_token('boss')}, 403, 'too old'), ('mail', {'form': form_token('mail', -2)}, 403, 'too old'),
    ('mail', {'say': 'met'}, 400, 'neither'), ('mail', {'until': ''}, 400, 'The day'), ('mail', {'until': '31 March'}, 400, 'The day'),
    ('mail', {'because': ' \t'}, 400, 'The reason'), ('mail', {'because': 'x' * 9000}, 400, 'no form'),
    (LINK, {}, 409, 'opens nothing any more'), ('old', {}, 409, 'opens nothing any more'), ('none', {}, 409, 'opens nothing any more'),
])
def test_what_is_not_put_down(pg, server, token, fields, status, words):
    number = deadline(pg)
    mail_link(pg, number)
    link(pg, number)
    link(pg, number, 'old', None, None, 'w1', '2020-01-01')
    fields = {'form': form_token(token), **IN_HAND, **fields}
    answer = press(server, f'/why/{token}', **{name: value for name, value in fields.items() if value is not None})
    assert answer.status == status and words in answer.content.decode()
    assert inbox(pg) == []


def test_what_is_no_form(pg, server):
    path = mail_link(pg)
    for content_type in ('text/plain', 'application/json', 'application/x-www-form-urlencodedx'):
        assert press(server, path, content_type, form=form_token('mail'), **IN_HAND).status == 400
    assert press(server, '/pages.css', form=form_token('mail')).status == 405
    assert inbox(pg) == []
    # Yesterday's form is one that was open at midnight.
    assert press(server, path, form=form_token('mail', -1), **IN_HAND).status == 303


def test_a_refusal_is_said_and_what_holds_too(pg, server):
    number = deadline(pg)
    path = mail_link(pg, number)
    for staff, why in (('w1', 'it was <b>so</b>'), ('w2', 'of another')):
        pg.ask("INSERT INTO timely.inbox (link_hash, body, taken_at, refused_because) VALUES (%s, %s, now(), %s)",
               (hashlib.sha256(b'mail').hexdigest(), json.dumps({'staff_id': staff}), why))
    for staff, reason in (('w1', 'my <i>own</i>'), ('w2', 'of another')):
        pg.ask("INSERT INTO timely.acknowledgement (deadline_id, due_on, kind, staff_id, last_day, reason, said_by, said_at)"
               " SELECT deadline_id, due_on, 'in-hand', %s, '2099-01-01', %s, 'x', now() FROM timely.deadline", (staff, reason))
    text = server.ask(path).content.decode()
    assert 'does not count: it was &lt;b&gt;so&lt;/b&gt;.' in text
    assert 'You have it in hand until Thursday 1 January 2099: my &lt;i&gt;own&lt;/i&gt;' in text and 'of another' not in text


@pytest.mark.parametrize('booked, buttons', [('tomorrow', ['in-hand']), ('yesterday', ['in-hand', 'done']), (None, ['in-hand', 'done'])])
def test_what_is_booked_for_later_was_not_done(pg, server, booked, buttons):
    path = mail_link(pg, deadline(pg, booked_at=booked))
    assert re.findall(r'<button name="say" value="([\w-]+)"', server.ask(path).content.decode()) == buttons


def test_a_page_behind_a_proxy_knows_its_path(pg, store):
    empty(pg)
    path = mail_link(pg)
    with Server(pg.conninfo(user='timely_web'), public_url='https://t.example/x/') as server:
        server.ready()
        assert server.ask('/x' + path).status == 200 and server.ask(path).status == 200
        answer = press(server, path, prefix='/x', form=form_token('mail'), **IN_HAND)
        assert answer.status == 303 and answer.headers['Location'] == '/x' + path


def test_a_browser_presses_the_button(pg, server, tmp_path):
    path = mail_link(pg, deadline(pg, derivation=HOSTILE))
    with Browser(f'http://127.0.0.1:{server.port}{path}', tmp_path) as browser:
        wait_until(lambda: browser.evaluate('document.querySelectorAll("form").length') == 2, 60)
        browser.evaluate('document.querySelector("button").click()')
        assert browser.evaluate('document.querySelector("[name=until]").matches(":invalid")') is True, 'nothing is chosen yet'
        assert inbox(pg) == []
        browser.evaluate('document.querySelector("[name=until]").value = document.querySelector("[name=until]").max;'
                         'document.querySelector("[name=because]").value = "é & <b>";'
                         'document.querySelector("button").click()')
        wait_until(lambda: 'What you pressed was put down' in (browser.evaluate('document.body.innerText') or ''), 60)
        assert browser.evaluate('location.pathname') == path and browser.evaluate('document.forms.length') == 0
    assert [(body['kind'], body['reason']) for body in inbox(pg)] == [('in-hand', 'é & <b>')]


# ---------------------------------------------------------------------------------------------- with sign-on

NEVER_SHOWN = ('REF-1', 'Initial child protection', 'Ivy', 'w1', 'P1')


@pytest.fixture(scope='module')
def staff(pg, store):
    """The worker w1 in team T1 under m1, whose deputy is d1, under the service of sm, whose own deputy is ds; w1's own manager is om.
    c1 chairs, under cm. x1 is of another team."""
    pg.ask("INSERT INTO timely.team (team_id, parent_id, manager_id, deputy_id) VALUES ('S', NULL, 'sm', NULL), ('T1', 'S', 'm1', 'd1'),"
           " ('C', NULL, 'cm', NULL), ('X', NULL, 'x1', NULL)")
    for who, team, *left in (('w2', 'T1'), ('m1', 'T1'), ('d1', 'T1'), ('sm', 'S'), ('ds', 'S'), ('om', None), ('c1', 'C'), ('cm', 'C'),
                             ('x1', 'X'), ('left', 'T1', '2020-01-01', '2024-01-01'), ('soon', 'T1', '2999-01-01', None)):
        pg.ask('INSERT INTO timely.staff (professional_id, name, email, team_id, active_from, active_to) VALUES (%s, %s, %s, %s, %s, %s)',
               (who, f'Name {who}', f'{who}@council.example', team, *(left or (None, None))))
    pg.ask("UPDATE timely.staff SET manager_id = 'om' WHERE professional_id = 'w1'")
    pg.ask("UPDATE timely.staff SET deputy_id = 'ds' WHERE professional_id = 'sm'")


@pytest.fixture(scope='module')
def gate(pg, store, staff):
    """Behind a proxy that signs staff in."""
    with Server(pg.conninfo(user='timely_web'), proxy='127.0.0.1', identity_header='X-Remote-User') as server:
        yield server.ready()


@pytest.fixture
def child(pg, emptied):
    """Sets who is responsible for the child, and takes it back."""
    def change(**columns):
        for name, value in columns.items():
            pg.ask(f'UPDATE timely.person SET {name} = %s', (value,))

    change(team_id='T1', chair_id='c1')
    yield change
    change(worker_id='w1', team_id=None, chair_id=None, restricted=False)


def opens(server, path, *who):
    return [name for name in who if server.ask(path, X_Remote_User=name).status == 200]


def assert_barred(answer, words):
    assert answer.status == 403 and answer.headers['Cache-Control'] == 'no-store', answer.status
    text = answer.content.decode()
    assert words in text and not any(secret in text for secret in NEVER_SHOWN), text


def test_with_sign_on_a_link_alone_opens_nothing(pg, child, gate):
    path = mail_link(pg)
    for headers in ({}, {'X_Remote_User': ''}, {'X_Forwarded_User': 'w1'}, {'Authorization': 'Basic dzE6'}):
        assert_barred(gate.ask(path, **headers), 'Please sign in')
    assert_barred(press(gate, path, form=form_token('mail'), **IN_HAND), 'Please sign in')
    assert inbox(pg) == []
    text = gate.ask(path, X_Remote_User='w1').content.decode()
    assert 'Child REF-1' in text and 'You are signed in as Name w1' in text and 'whoever has it' not in text
    assert gate.ask('/pages.css').status == 200
    assert gate.ask('/why/none', X_Remote_User='w1').status == 404
    pg.ask("UPDATE timely.page_link SET expires_at = '2020-01-01'")
    assert gate.ask(path, X_Remote_User='w1').status == 404, 'it ends as ever'


def test_who_may_open_what_a_mail_links_to(pg, child, gate):
    everybody = ('w1', 'w2', 'om', 'm1', 'd1', 'sm', 'ds', 'c1', 'cm', 'x1')
    path = mail_link(pg, staff='x1')
    assert opens(gate, path, *everybody) == ['w1', 'om', 'm1', 'd1', 'sm', 'ds', 'c1', 'cm', 'x1'], 'x1 got the mail'
    assert_barred(gate.ask(path, X_Remote_User='w2'), 'This page is not for you')
    child(restricted=True)
    assert opens(gate, path, *everybody) == ['w1', 'om', 'm1', 'd1', 'sm', 'ds', 'c1', 'cm'], 'and nobody who is not named for the child'
    assert_barred(gate.ask(path, X_Remote_User='x1'), 'This page is not for you')
    child(worker_id='w2')
    assert opens(gate, path, *everybody) == ['w2', 'm1', 'd1', 'sm', 'ds', 'c1', 'cm'], 'the child has another worker'
    child(worker_id='x1', team_id='X', chair_id=None)
    assert opens(gate, path, *everybody) == ['x1'], 'and another team'
    child(worker_id=None, team_id=None)
    assert opens(gate, path, *everybody) == [], 'nobody is left'
    child(restricted=False)
    gone = mail_link(pg, deadline(pg, 'u2', person_id='gone'), staff='x1', token='gone')
    assert opens(gate, path, *everybody) == ['x1'] and opens(gate, gone, *everybody) == [], 'of whom nothing is known may be restricted'


def test_who_may_open_what_a_calendar_links_to(pg, child, gate):
    path = link(pg, deadline(pg))
    assert opens(gate, path, 'w1', 'w2', 'm1', 'x1') == ['w1', 'm1']
    child(worker_id='w2')
    assert opens(gate, path, 'w1', 'w2', 'x1') == ['w1', 'w2'], 'until it has left the calendar of w1'
    pg.ask("UPDATE timely.feed SET holder_id = 'x1'")
    assert opens(gate, path, 'x1') == ['x1'], 'who was given the calendar'
    child(restricted=True)
    assert opens(gate, path, 'w1', 'w2', 'x1') == ['w2']


@pytest.mark.parametrize('who', ['left', 'soon', 'nobody-17', 'W1', "w1'--", '(null)', 'w1@council.example'])
def test_who_is_not_known(pg, child, gate, who):
    path = mail_link(pg, staff=who)
    assert_barred(gate.ask(path, X_Remote_User=who), 'timely does not know you')
    assert_barred(press(gate, path, who=who, form=form_token('mail'), **IN_HAND), 'timely does not know you')
    assert inbox(pg) == [] and not any(who in line for line in gate.said), 'not even in the log'


def ask_in_bytes(server, path, *lines):
    """The status of an answer to a request with these headers."""
    with server.connect() as c:
        return int(exchange(c, b'\r\n'.join([f'GET {path} HTTP/1.1'.encode(), b'Host: x', b'Connection: close', *lines, b'', b'']))[9:12])


DOUBTFUL = [(b'X-Remote-User: w1', b'x-remote-user: m1'), (b'X-Remote-User: w1', b'X-Remote-User: w1'), (b'X-Remote-User: ', b'X-Remote-User: w1'),
            (b'X-Remote-User: w1, m1',), (b'X-Remote-User: w1 m1',), (b'X-Remote-User: w1\xc3\xbc',), (b'X-Remote-User: w1\tm1',),
            (b'X-Remote-User: w1', b' m1'), (b'X-Remote-User: ' + b'w' * 300,)]


def test_an_identity_in_doubt_is_refused_and_one_from_elsewhere_is_none(pg, child, gate):
    path = mail_link(pg)
    assert ask_in_bytes(gate, path, b'x-remote-USER: w1') == 200
    assert [ask_in_bytes(gate, path, *lines) for lines in DOUBTFUL] == [400] * len(DOUBTFUL)
    with Server(pg.conninfo(user='timely_web'), proxy='192.0.2.1', identity_header='X-Remote-User') as server:
        server.ready()
        assert_barred(server.ask(path, X_Remote_User='w1'), 'Please sign in')
        assert_barred(press(server, path, who='w1', form=form_token('mail'), **IN_HAND), 'Please sign in')
        assert [ask_in_bytes(server, path, *lines) for lines in DOUBTFUL] == [403] * len(DOUBTFUL), 'as if it had none'
    assert inbox(pg) == []


def form_of(server, path, who):
    return re.search(r'name="form" value="([\w-]+)"', server.ask(path, X_Remote_User=who).content.decode())[1]


def test_what_is_pressed_is_said_in_the_own_name_and_by_the_own_form(pg, child, gate):
    number = deadline(pg)
    path, other = mail_link(pg, number), mail_link(pg, number, token='other')
    assert re.findall(r'<button name="say" value="([\w-]+)"', gate.ask(path, X_Remote_User='m1').content.decode()) == ['in-hand']
    forms = {who: form_of(gate, path, who) for who in ('w1', 'm1')}
    made_up = form_token('mail', owner=f' on {hashlib.sha256(b"mail").hexdigest()} by m1')
    for form in (forms['w1'], form_token('mail'), made_up, form_of(gate, other, 'm1'), ''):
        assert press(gate, path, who='m1', form=form, **IN_HAND).status == 403, 'whoever has the link cannot press for m1'
    assert inbox(pg) == []
    assert press(gate, path, who='m1', form=forms['m1'], **IN_HAND).status == 303
    said = {'deadline_id': number, 'staff_id': 'm1', 'signed_in': True, 'kind': 'in-hand', 'last_day': '2099-01-01', 'reason': 'the family  is away'}
    assert inbox(pg) == [said]
    assert press(gate, path, who='m1', form=forms['m1'], say='done').status == 409, 'one at a time'
    # Each sees and says their own, also from a calendar.
    assert b'What you pressed' in gate.ask(path, X_Remote_User='m1').content
    assert b'What you pressed' not in gate.ask(path, X_Remote_User='w1').content
    assert press(gate, path, who='w1', form=forms['w1'], say='done').status == 303
    feed = link(pg, number)
    assert press(gate, feed, who='c1', form=form_of(gate, feed, 'c1'), say='done').status == 303
    assert [(body['staff_id'], body['kind'], body['signed_in']) for body in inbox(pg)] == \
        [('m1', 'in-hand', True), ('w1', 'done', True), ('c1', 'done', True)]
    # A form that was open when the child went to somebody else.
    child(worker_id='x1', team_id='X', chair_id=None, restricted=True)
    assert_barred(press(gate, path, who='w1', form=forms['w1'], **IN_HAND), 'This page is not for you')
    assert len(inbox(pg)) == 3


def test_by_mail_address(pg, child, staff):
    path = mail_link(pg)
    options = {'proxy': '127.0.0.1', 'identity_header': 'X-Remote-User', 'identity_is_email': 1}
    with Server(pg.conninfo(user='timely_web'), **options) as server:
        server.ready()
        assert b'signed in as Name w1' in server.ask(path, X_Remote_User='W1@Council.Example').content
        for who in ('w1', 'w1@council', '%@council.example', 'left@council.example'):
            assert_barred(server.ask(path, X_Remote_User=who), 'timely does not know you')
        pg.ask("UPDATE timely.staff SET email = 'w1@council.example' WHERE professional_id = 'm1'")
        try:
            assert_barred(server.ask(path, X_Remote_User='w1@council.example'), 'or more than one has')
        finally:
            pg.ask("UPDATE timely.staff SET email = 'm1@council.example' WHERE professional_id = 'm1'")


def test_names_cannot_be_found_by_guessing(pg, child, staff):
    mail_link(pg)
    ask = "SELECT staff_id, name, form_secret, leads, opens FROM timely.page_visitor(%s, %s, false)"
    answers = {who: pg.ask(ask, (hashlib.sha256(b'mail').hexdigest(), who), user='timely_web') for who in ('w1', 'x1', 'left')}
    assert answers['w1'][0][1] == 'Name w1' and answers['x1'] == [(None, None, None, True, False)] and answers['left'] == []
    assert pg.ask(ask, ('none', 'w1'), user='timely_web') == [(None, None, None, False, False)]
