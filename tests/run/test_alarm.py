"""The self-audit of a store that was made ill in each way, and the alarm that goes by another way than the outbox."""
import email
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from smtp_server import MailServer, by_smtp
from telling import ROOT, Fibers, wait_for

NOW = '2024-04-02 10:00+01'
BUILD = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))


@pytest.fixture
def store(pg, tmp_path):
    return pg.store(tmp_path)


# ------------------------------------------------------------------------------------------------- the self-audit

DEADLINE = 'UPDATE timely.deadline SET '
NOTICE = "INSERT INTO timely.notice SELECT deadline_id, due_on, owed_since, 'on the day', '{}', changed_at FROM timely.deadline"
OUTBOX = 'UPDATE timely.outbox SET '
HOLD = 'INSERT INTO timely.hold (kind, about, text, opened_at) VALUES '
TO_OPERATOR = ("INSERT INTO timely.outbox (kind, dedupe, recipient, subject, body_text, rfc_message_id, put_at, not_before, state, settled_at,"
               " given_up) VALUES ('operator', gen_random_uuid(), 'operator@council.example', 's', 't', gen_random_uuid(), '2024-03-27', now(), ")

# What makes a well store ill, and well again. Each must show one code and no other.
ILLS = [
    ('daemon-silent', "UPDATE timely.state SET heartbeat_at = now() - interval '3 minutes'",
     'UPDATE timely.state SET heartbeat_at = now()'),
    ('source-unread', "UPDATE timely.state SET read_at = now() - interval '16 minutes'", 'UPDATE timely.state SET read_at = now()'),
    ('source-unread', "UPDATE timely.state SET read_at = NULL; UPDATE timely.expected SET since = now() - interval '16 minutes'",
     'UPDATE timely.state SET read_at = now()'),
    ('source-stale', "UPDATE timely.state SET newest_fact_at = '2024-03-30 09:59'",
     "UPDATE timely.state SET newest_fact_at = '2024-03-30 10:01'"),
    ('reading-held', HOLD + "('table', 'x', 'x', '2024-04-02 09:00')", "UPDATE timely.hold SET decided = 'rejected'"),
    ('calendar-proposed', HOLD + "('calendar', 'x', 'x', '2024-04-02 09:00')", "UPDATE timely.hold SET decided = 'rejected'"),
    ('change-untaken', "INSERT INTO timely.dirty (person_id, put_at) VALUES ('P', now() - interval '16 minutes')",
     'DELETE FROM timely.dirty'),
    ('press-untaken', "INSERT INTO timely.inbox (link_hash, body, put_at) VALUES ('x', '{}', now() - interval '16 minutes')",
     'UPDATE timely.inbox SET taken_at = now()'),
    ('evaluation-overdue', "UPDATE timely.person SET look_again_on = '2024-04-01'",
     "UPDATE timely.person SET look_again_on = '2024-04-02'"),
    ('notice-overdue', DEADLINE + "next_notice_at = '2024-04-02 09:44+01'", DEADLINE + "next_notice_at = '2024-04-02 09:46+01'"),
    ('notice-overdue', DEADLINE + "next_notice_at = '2024-03-20', changed_at = '2024-04-02 09:44+01'",
     DEADLINE + "changed_at = '2024-04-02 09:46+01'"),
    ('deadline-silent', DEADLINE + 'next_notice_at = NULL', NOTICE.format('SW1')),
    # What was said before it was met and owed again does not count, nor what was said to nobody.
    ('deadline-silent', DEADLINE + "owed_since = owed_since + interval '1 day'", NOTICE.format('SW1')),
    ('deadline-silent', DEADLINE + "owed_since = owed_since + interval '1 day';" + NOTICE.format(''), NOTICE.format('SW1')),
    ('feed-unrendered', "INSERT INTO timely.feed_dirty VALUES ('worker', 'SW1', now() - interval '16 minutes')",
     'DELETE FROM timely.feed_dirty'),
    ('message-late', OUTBOX + "state = 'due', settled_at = NULL, given_up = false, not_before = now() - interval '61 minutes'",
     OUTBOX + 'not_before = now()'),
    # Tried again and again, each time for later.
    ('message-late', OUTBOX + "attempts = 3, not_before = now() + interval '1 minute'", OUTBOX + "put_at = '2024-04-02 09:01+01'"),
    ('claim-lapsed', OUTBOX + "state = 'claimed', lease_until = now() - interval '6 minutes'", OUTBOX + 'lease_until = now()'),
    ('message-refused', OUTBOX + "state = 'refused', given_up = true, settled_at = '2024-03-27'", OUTBOX + "settled_at = '2024-03-25'"),
    ('operator-bounced', "INSERT INTO timely.bounced_address SELECT 'operator@council.example', NULL, '2024-04-02', '2024-04-02',"
     " '5.1.1', '', message_id FROM timely.outbox LIMIT 1", 'DELETE FROM timely.bounced_address'),
    ('mailbox-unread', "UPDATE timely.mailbox SET read_at = now() - interval '16 minutes', problem = 'no login'",
     'UPDATE timely.mailbox SET read_at = now()'),
    ('operator-bounced', TO_OPERATOR + "'refused', '2024-03-27', true)", TO_OPERATOR + "'sent', '2024-04-02', false)"),
]


def unwell(store):
    """Every row that is not well, but for its number."""
    return store.ask('SELECT code, stops, since, words FROM timely.self_audit(%s::timestamptz::date, %s) WHERE count > 0', (NOW, NOW))


def make_well(store):
    store.person('P')
    store.deadline('P', next_notice_at='2024-04-03 09:00')
    store.put('summary:SW1', not_before='now()', put_at='2024-04-02 08:00+01')
    store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) VALUES ('worker', 'SW1', 'x', now(), 'x')")
    store.ask("INSERT INTO timely.timescale (timescale, type, title, force, speaks) VALUES ('icpc', 'ICPC', 'Conference', 'Law', true)")
    store.ask("INSERT INTO timely.mailbox VALUES ('box', 1, 1, now())")
    store.ask('UPDATE timely.state SET heartbeat_at = now(), read_at = now()')
    store.ask("UPDATE timely.expected SET sends = true, read_every_s = 60, stale_after = '3 days', mailbox = 'box',"
              " mailbox_every_s = 60, operator_email = 'Operator@council.example'")


def test_each_way_of_being_unwell_has_a_code_that_comes_and_goes(store):
    (code, *_), = unwell(store)
    assert code == 'daemon-missing'
    make_well(store)
    assert unwell(store) == []
    for code, ill, well in ILLS:
        store.ask(ill)
        (found, stops, since, words), = unwell(store)
        assert (found, stops) == (code, code not in ('calendar-proposed', 'message-refused'))
        assert since < store.one('SELECT now()') and re.fullmatch(r'[a-z][^@]{20,}', words), (code, since, words)
        store.ask(well)
        assert unwell(store) == [], (code, unwell(store))
    # Where nothing is sent, no mailbox is read and facts may be of any age, that is nobody's fault.
    store.ask('UPDATE timely.expected SET sends = false, mailbox = NULL, stale_after = NULL')
    for code, ill, _ in ILLS:
        if code in ('message-late', 'claim-lapsed', 'operator-bounced', 'mailbox-unread', 'source-stale'):
            store.ask(ill)
            assert unwell(store) == [], code


def test_the_guide_says_what_to_do_about_every_code(store):
    codes = {code for code, in store.ask('SELECT code FROM timely.self_audit(%s::timestamptz::date, %s)', (NOW, NOW))}
    assert codes == {'daemon-missing'} | {code for code, *_ in ILLS}
    guide = (ROOT / 'docs' / 'operating.md').read_text(encoding='utf-8')
    assert codes | {'store-away', 'unit-failed'} == set(re.findall(r'^\| `([a-z]+-[a-z]+)` \|', guide, re.M))


# ------------------------------------------------------------------------------------------------- another way

class Webhook(http.server.ThreadingHTTPServer):
    """Keeps what is posted to it. `answers` are given first: (status, seconds of Retry-After)."""

    def __init__(self):
        self.posted, self.answers = [], []
        super().__init__(('127.0.0.1', 0), WebhookHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class WebhookHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.headers['Content-Type'] == 'application/json' and self.path == '/hook?key=secret'
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
        status, seconds = self.server.answers.pop(0) if self.server.answers else (204, None)
        self.send_response(status)
        if seconds is not None:
            self.send_header('Retry-After', str(seconds))
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def other_ways(store):
    with MailServer() as server, Webhook() as hook:
        (store.folder / 'hook').write_text(f'http://127.0.0.1:{hook.server_address[1]}/hook?key=secret\n', encoding='utf-8')
        store.alarm = ['alarm:', '  after: 0 minutes', '  email: duty@elsewhere.example', '  smtp require tls: no',
                       f'  smtp url: smtp://127.0.0.1:{server.port}', '  webhook file: ./hook', '']
        yield server, hook


def with_alarm(store):
    with store.config.open('a', encoding='utf-8') as config:
        config.write('\n'.join(store.alarm))


def said(server, hook):
    """What both ways have told, in order: (alarm or over, codes)."""
    mails = [mail['Subject'].split(': ', 2)[1:] for mail in server.messages]
    posts = [[post['state'], ', '.join(cause['code'] for cause in post['causes'])] for post in hook.posted]
    return mails, posts


def has_looked(store):
    """Whether a look of the alarm's fiber is over."""
    return store.one("SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
                     " AND application_name = 'timelyd alarm' AND query LIKE '%%emit_message%%' AND state = 'idle'")


def test_a_mail_server_that_hangs_is_told_by_each_other_way_once_and_so_is_its_end(store, other_ways):
    """A way that does not take it is tried again, with the same number, and the other one is not."""
    hook = other_ways[1]
    hook.answers = [(500, None)]
    with MailServer() as first:
        first.gate.clear()
        by_smtp(store, first)
        with_alarm(store)
        store.put('summary:SW1', put_at='2024-04-02 07:00Z')
        with Fibers(store, '2024-04-02 10:00'), Fibers(store, '2024-04-02 10:00'):
            wait_for(lambda: all(said(*other_ways)))
            store.ask('UPDATE timely.alarm SET taken_until = now() WHERE told_at IS NULL')
            wait_for(lambda: len(hook.posted) > 1 and not store.ask('SELECT FROM timely.alarm WHERE told_at IS NULL'))
            failed, taken = hook.posted
            assert failed['id'] == taken['id'] and len(taken['id']) == 24
            hook.posted = [taken]
            assert said(*other_ways) == ([['alarm', 'message-late']],) * 2
            first.gate.set()
            wait_for(lambda: all(len(way) > 1 for way in said(*other_ways)), 60)
        assert len(first.messages) == 1
    assert said(*other_ways) == ([['alarm', 'message-late'], ['over', 'message-late']],) * 2
    alarm = other_ways[0].messages[0]
    assert alarm['To'] == 'duty@elsewhere.example' and 'wait for more than an hour' in alarm.get_content()
    assert store.ask('SELECT * FROM timely.alarm') == []


def test_a_relay_that_refuses_everybody_is_told_and_ends_no_message(store, other_ways):
    """When it is put right all of them go by themselves."""
    with MailServer(at_recipient='550 5.7.1 Unable to relay') as relay:
        by_smtp(store, relay)
        with_alarm(store)
        for number in range(3):
            store.put(f'summary:{number}', put_at='2024-04-02 07:00Z')
        with Fibers(store, '2024-04-02 10:00'):
            wait_for(lambda: all(said(*other_ways)) and store.one('SELECT min(attempts) > 0 FROM timely.outbox'), 60)
            assert store.one('SELECT count(*) FROM timely.outbox WHERE settled_at IS NULL') == 3
            relay.at_recipient = '250 yes'
            store.ask("UPDATE timely.outbox SET not_before = now() WHERE state = 'due'")
            wait_for(lambda: all(len(way) > 1 for way in said(*other_ways)), 100)
    assert store.ask('SELECT DISTINCT state FROM timely.outbox') == [('sent',)] and len(relay.messages) == 3
    assert said(*other_ways) == ([['alarm', 'message-late'], ['over', 'message-late']],) * 2


def test_a_daily_mail_says_how_it_is(store):
    store.configure(delivery='live', allowed_domains='council.example')
    with store.config.open('a', encoding='utf-8') as config:
        config.write('alarm:\n  heartbeat mail: yes\n')
    store.ask(HOLD + "('table', 'x', 'x', '2024-04-02 09:00')")
    with Fibers(store, '2024-04-02 10:00'):
        wait_for(lambda: list(store.maildir.glob('new/*')))
    mail, = [email.message_from_bytes(file.read_bytes()) for file in store.maildir.glob('new/*')]
    assert mail['To'] == 'operator@council.example' and mail['Subject'] == 'timely: 1 thing is not well'
    with Fibers(store, '2024-04-02 10:30'):  # another start on the same day
        wait_for(lambda: has_looked(store))
    assert store.ask("SELECT dedupe FROM timely.outbox WHERE dedupe LIKE 'operator:heartbeat%%'") == [('operator:heartbeat:2024-04-02',)]


@pytest.mark.parametrize('shut', ['2024-03-29 10:00', '2024-04-02 08:30'])
def test_no_daily_mail_on_a_holiday_nor_before_the_office_opens(store, shut):
    store.configure(delivery='live', allowed_domains='council.example')
    with store.config.open('a', encoding='utf-8') as config:
        config.write('alarm:\n  heartbeat mail: yes\n')
    with Fibers(store, shut):
        wait_for(lambda: has_looked(store))
    assert store.mails('operator') == []


def timely(command, store, *more, status=0):
    """What the program prints."""
    done = subprocess.run([BUILD / 'timely', command, '--config', store.config, *more], capture_output=True, text=True, check=False,
                          env={**os.environ, 'TIMELY_DATA': str(ROOT)})
    assert done.returncode == status and 'runtime error' not in done.stderr, done.stderr
    return done.stderr if status else done.stdout


def test_a_refused_configuration_is_no_reason_for_silence(store, other_ways):
    with_alarm(store)
    with store.config.open('a', encoding='utf-8') as config:
        config.write('log: {level: loud}\n')
    assert timely('alarm', store, '--unit', 'timelyd.service\nBcc: x') == 'Told.\n'
    assert said(*other_ways) == ([['alarm', 'unit-failed']],) * 2
    assert 'given up timelyd.service Bcc: x (since' in ' '.join(other_ways[0].messages[0].get_content().split())
    store.configure()
    assert 'no other way is set under "alarm"' in timely('alarm', store, status=3)


def read_card(card):
    """What Microsoft's own reader of Adaptive Cards has to say about it."""
    done = subprocess.run(['node', str(ROOT / 'tests' / 'run' / 'read_card.js')], input=json.dumps(card), capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout)


def test_a_teams_workflow_gets_a_card_that_reads_nothing_as_markup(store, other_ways):
    _, hook = other_ways
    hook.answers = [(429, 1), (503, 3600)]
    store.alarm = [line for line in store.alarm if 'webhook' in line or line == 'alarm:'] + ['  webhook form: teams', '']
    with_alarm(store)
    assert timely('alarm', store, status=3).endswith('timely: the webhook answered 503\n'), 'an hour is more than a moment'
    assert timely('alarm', store, '--unit', 'timelyd.service') == 'Told.\n'
    first, again, other = hook.posted
    assert first == again and first['id'] != other['id'] and set(other) == {'type', 'id', 'attachments'} and other['type'] == 'message'
    attachment, = other['attachments']
    assert attachment['contentType'] == 'application/vnd.microsoft.card.adaptive'
    read = read_card(attachment['content'])
    assert read['complaints'] == [] and read['kept'] == attachment['content'], 'it knows every property'
    assert read['plain'][0] == 'unit-failed' and read['plain'][-1] == f'Number {other["id"]}'
    assert re.fullmatch(r', since \w+ \d+ \w+ 20\d\d, \d\d:\d\d', read['plain'][1]) and len(read['plain']) == 3
    assert len(read['markdown']) == 2 and not re.search(r'[*_`\[\]{}<>#]|^\s*[-\d]', ' '.join(read['markdown']))
    assert 'timelyd.service' not in json.dumps(hook.posted)


class Daemon:
    """timelyd itself on a configuration, and what it tells the service manager."""

    def __init__(self, config):
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.manager.bind(str(config.parent / 'notify'))
        self.log = config.parent / 'log'
        self.heard = ''
        with self.log.open('w', encoding='utf-8') as log:
            self.process = subprocess.Popen([BUILD / 'timelyd', '--config', config], stdin=subprocess.DEVNULL, stderr=log, env={
                **os.environ, 'TIMELY_DATA': str(ROOT), 'NOTIFY_SOCKET': str(config.parent / 'notify')})

    def hears(self, what):
        try:
            while True:
                self.heard += self.manager.recv(4096, socket.MSG_DONTWAIT).decode() + '\n'
        except BlockingIOError:
            return what in self.heard

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.manager.close()
        said = self.log.read_text(encoding='utf-8')
        assert status == 0 and 'ERROR: ' not in said and 'runtime error' not in said, said


def test_a_daemon_that_starts_without_its_store_waits_and_tells(pg, store, other_ways):
    pg.psql('CREATE DATABASE migrated', database='postgres')
    databases = [f'{what}: {{database: "{pg.conninfo("migrated")}"}}' for what in ('source', 'store')]
    store.config.write_text('\n'.join(databases + store.alarm + ['mail: {from email: timely@council.example}']), encoding='utf-8')
    timely('migrate', store)
    pg.stop()
    try:
        with Daemon(store.config) as daemon:
            wait_for(lambda: all(said(*other_ways)) and daemon.hears('WATCHDOG=1'), 60)
            assert 'READY=1' in daemon.heard and 'STATUS=waiting for the store' in daemon.heard
            pg.start()
            wait_for(lambda: daemon.hears('STATUS=at work'), 60)
            wait_for(lambda: all(len(way) > 1 for way in said(*other_ways)), 60)
    finally:
        if not pg.running:
            pg.start()
    assert said(*other_ways) == ([['alarm', 'store-away'], ['over', 'store-away']],) * 2


def test_a_store_that_is_away_is_told_and_its_return(pg, store, other_ways):
    with_alarm(store)
    with Fibers(store, '2024-04-02 10:00'):
        wait_for(lambda: store.one('SELECT sends FROM timely.expected') is False and store.one('SELECT heartbeat_at FROM timely.state'))
        pg.stop()
        wait_for(lambda: all(said(*other_ways)))
        pg.start()
        wait_for(lambda: all(len(way) > 1 for way in said(*other_ways)), 60)
    assert said(*other_ways) == ([['alarm', 'store-away'], ['over', 'store-away']],) * 2


@pytest.mark.parametrize('lasts', [True, False])
def test_what_was_told_by_a_clock_that_was_ahead_silences_nothing(store, other_ways, lasts):
    """Neither the same again nor its all-clear."""
    with_alarm(store)
    for way in 'mail', 'webhook':
        store.ask("INSERT INTO timely.alarm (code, way, faced_since, told_at, taken_until) SELECT 'reading-held', %s, t, t, t"
                  " FROM (SELECT now() + interval '30 days' AS t) AS ahead", (way,))
    store.ask('UPDATE timely.state SET heartbeat_at = now()')
    if lasts:
        store.ask(HOLD + "('table', 'x', 'x', '2024-04-02 09:00')")
    with Fibers(store, '2024-04-02 10:00'):
        wait_for(lambda: all(said(*other_ways)))
    assert said(*other_ways) == ([['alarm' if lasts else 'over', 'reading-held']],) * 2


def test_a_daemon_that_crashes_again_and_again_has_no_new_grace_each_time(store, other_ways):
    """The first one has five minutes to put right what it found, or `after` if that is shorter; the next ones what is left of it."""
    store.alarm[1] = '  after: 1 minute'
    with_alarm(store)
    store.ask('UPDATE timely.state SET heartbeat_at = now()')
    store.ask(HOLD + "('table', 'x', 'x', '2024-04-01 09:00')")
    for spent in '20 seconds', '50 seconds':
        crashes = Fibers(store, '2024-04-02 10:00')
        wait_for(lambda: has_looked(store))
        crashes.process.kill()
        crashes.process.communicate(timeout=60)
        assert said(*other_ways) == ([], [])
        wait_for(lambda: not has_looked(store))
        store.ask('UPDATE timely.alarm SET faced_since = faced_since - %s::interval', (spent,))
    with Fibers(store, '2024-04-02 10:00'):
        wait_for(lambda: all(said(*other_ways)))
    assert said(*other_ways) == ([['alarm', 'reading-held']],) * 2


TAKES_NOTHING = """
CREATE SEQUENCE public.tries;
CREATE FUNCTION public.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('public.tries');
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER no_room BEFORE INSERT OR UPDATE OR DELETE ON timely.alarm FOR EACH STATEMENT EXECUTE FUNCTION public.no_room()"""


def test_a_store_that_answers_and_takes_nothing_is_away(store, other_ways):
    """It stays away for as long as it takes nothing, however well it answers between the tries."""
    with_alarm(store)
    store.ask(TAKES_NOTHING)
    with Fibers(store, '2024-04-02 10:00'):
        wait_for(lambda: all(said(*other_ways)) and store.one('SELECT last_value FROM public.tries') > 2, 60)
        assert said(*other_ways) == ([['alarm', 'store-away']],) * 2
        store.ask('DROP TRIGGER no_room ON timely.alarm')
        wait_for(lambda: all(len(way) > 1 for way in said(*other_ways)), 60)
    assert said(*other_ways) == ([['alarm', 'store-away'], ['over', 'store-away']],) * 2
