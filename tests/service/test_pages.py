"""Pages that links open, from a real store, as a browser shows them.

SERVE_DRIVER names the program.
"""
import hashlib
import subprocess

import pytest

from serving import Postgres, Server, Store

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
           " 'Working Together 2023, chapter 3', 'https://www.gov.uk/x', 'read on the page cited', 'Counted from the discussion.', 'c')")
    pg.ask("INSERT INTO timely.person (person_id, case_ref, display_name, accepted_at) VALUES ('P1', 'REF-1', 'Ivy Hart', now())")
    return store


def deadline(pg, uid='u1', days=5, state='open', **columns):
    columns = {'person_id': 'P1', 'timescale': 'icpc', 'subject_ref': 's', 'trigger_on': '2024-03-14', 'book_by': '2024-04-08',
               'provisional': False, 'state': state, 'derivation': 'Due by then: 15 working days after the discussion.',
               'not_counted': 'weekends; Good Friday 29 March', 'uid': uid, 'at_first_start': False, 'rule_version': 1,
               'library': 'x', 'first_seen_at': 'now', 'changed_at': 'now', **columns}
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


@pytest.fixture
def server(pg, store):
    pg.ask('TRUNCATE timely.page_link; DELETE FROM timely.feed; DELETE FROM timely.deadline')
    store.feed('A' * 43)
    with Server(pg.conninfo(user='timely_web')) as server:
        yield server.ready()


def in_browser(server, path, tmp_path):
    """What a browser makes of a page, and what it complains of."""
    done = subprocess.run(['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=2000',
                           f'--user-data-dir={tmp_path}', '--enable-logging=stderr', '--dump-dom',
                           f'http://127.0.0.1:{server.port}{path}'], capture_output=True, text=True, timeout=90, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if 'CONSOLE' in line]


def test_it_explains_the_date(pg, server):
    path = link(pg, deadline(pg))
    answer = server.ask(path)
    text = answer.content.decode()
    assert answer.status == 200 and answer.headers['Content-Type'] == 'text/html; charset=utf-8'
    assert answer.headers['Cache-Control'] == 'no-store' and "default-src 'none'" in answer.headers['Content-Security-Policy']
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
    for table in ('deadline', 'person', 'page_link', 'secret', 'deadline_history', 'feed', 'timescale'):
        with pytest.raises(Exception, match='permission denied'):
            pg.ask(f'SELECT * FROM timely.{table}', user='timely_web')


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
