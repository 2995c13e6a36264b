"""Points of a whole council as it runs: addresses, what clients of the web meet, and that no feed is the only carrier of
anything near.
"""
import datetime
import email.utils
import gzip
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import icalendar
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'whole'))

from council import ROOT, flat, tiny, wait_for  # noqa: E402 (found through the line above)

CHILDREN = 250
NEAR = datetime.timedelta(days=2)
MOST_AN_HOUR = 20  # mails to one mailbox on the day of a first start; Exchange Online bars a sender at some 1,200
TODAY = datetime.date(2024, 4, 2)


@pytest.fixture(scope='module')
def council(tmp_path_factory):
    """An authority of some size, on the morning of its first start, and a morning later."""
    files = tmp_path_factory.mktemp('authority')
    subprocess.run([sys.executable, str(ROOT / 'tests' / 'sample' / 'generate_caseload.py'), '--profile', 'plain', '--children',
                    str(CHILDREN), '--as-at', '2024-03-31', '--out', str(files)], check=True, stdout=subprocess.DEVNULL)
    made = tiny('W1', load=files, mail={'names': 'reference'})
    try:
        made.workers = [w for w, in made.ask("SELECT DISTINCT worker_id FROM timely.person JOIN timely.staff ON"
                                             ' professional_id = worker_id WHERE email IS NOT NULL ORDER BY 1')]
        made.worker = made.workers[0]
        made.address = made.subscribe(made.worker)
        wait_for(lambda: is_served(made.address)).close()
        yield made
    finally:
        made.close()


def is_served(address, **headers):
    try:
        return ask(address, **headers)
    except urllib.error.HTTPError as error:
        assert error.code in (304, 404, 503), 'as before, not known yet, or not rendered'
        return None


def ask(address, **headers):
    request = urllib.request.Request(address, headers={name.replace('_', '-'): value for name, value in headers.items()})
    return urllib.request.urlopen(request, timeout=20)


# ------------------------------------------------------------------------------ C1: addresses

def test_point_1_addresses_are_of_https(council):
    council.configure(service={'public url': 'https://timely.council.example/calendars'})
    try:
        said = council.timely('feed', 'add', 'worker', council.worker)
    finally:
        council.configure(service={'public url': None})
    assert re.search(r'^https://timely\.council\.example/calendars/feed/', said, re.M)
    assert said.splitlines()[1].startswith('webcal://'), 'beside it, never alone: Outlook on the web refuses it'


def test_point_8_any_client_of_the_web_will_do(council):
    for agent in ('Microsoft Office/16.0 (Microsoft Outlook 16.0; Pro)', 'Google-Calendar-Importer', 'macOS/14.0 dataaccessd/1.0', ''):
        with ask(council.address, User_Agent=agent, Cookie='a=b', Authorization='Bearer x') as answer:
            assert answer.status == 200 and answer.url == council.address, 'no redirect'
            assert answer.headers['Set-Cookie'] is None and answer.headers['Content-Type'].startswith('text/calendar')


def test_point_11_a_secret_of_128_bits_that_names_nobody(council):
    secrets = {re.search(r'/feed/([A-Za-z0-9_-]+)\.ics$', council.subscribe(council.worker))[1] for _ in range(3)}
    assert len(secrets) == 3
    for secret in secrets:
        assert len(secret) * 6 >= 128 and council.worker not in secret
        assert secret not in council.daemon.said() and secret not in council.web.said()


def test_points_4_10_clients_that_ask_by_date_see_every_change(council):
    with ask(council.address) as answer:
        modified, before = answer.headers['Last-Modified'], answer.read()
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        ask(council.address, If_Modified_Since=modified)
    assert unchanged.value.code == 304
    council.enquiry(council.child(council.worker))
    council.settled()
    with wait_for(lambda: is_served(council.address, If_Modified_Since=modified), 5) as answer:
        assert answer.read() != before
        assert email.utils.parsedate_to_datetime(answer.headers['Last-Modified']) > email.utils.parsedate_to_datetime(modified)


# ------------------------------------------------------------------------------ C8: what clients really do

def near_in_feeds(council, today):
    """Numbers of the deadlines that workers' feeds, as they are served, show as owed within two days."""
    uids = set()
    council.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) SELECT 'worker', w, 'of ' || w, now(), 'x'"
                " FROM unnest(%s) AS w; INSERT INTO timely.feed_dirty SELECT 'worker', w FROM unnest(%s) AS w ON CONFLICT DO NOTHING",
                (council.workers, council.workers))
    council.settled()
    bodies = council.ask("SELECT body_gzip FROM timely.feed_body WHERE owner_kind = 'worker'")
    assert len(bodies) >= len(council.workers)
    for data in (gzip.decompress(body) for body, in bodies):
        assert len(data) < 1 << 20, 'point 9'
        for event in icalendar.Calendar.from_ical(data).walk('VEVENT'):
            start = event['DTSTART'].dt
            day = start.date() if isinstance(start, datetime.datetime) else start
            if today <= day <= today + NEAR and not re.match('Cancelled: |Held: |Done: |Data as of', event['SUMMARY']):
                uids.add(str(event['UID']))
    return {number for number, in council.ask(
        "SELECT d.deadline_id FROM timely.deadline d WHERE d.uid = ANY (%s) AND d.state = 'open' UNION"
        ' SELECT s.deadline_id FROM timely.object_deadline s JOIN timely.calendar_object o USING (object_id)'
        ' WHERE o.uid = ANY (%s)', (list(uids), list(uids)))}


def told_by_mail(council):
    """Numbers of the deadlines that a mail which left was about: a line of a digest or list, an alarm, an invite."""
    return {number for number, in council.ask(
        "SELECT n.deadline_id FROM timely.notice n JOIN timely.outbox m USING (message_id) WHERE m.state = 'sent' UNION"
        " SELECT s.deadline_id FROM timely.object_deadline s JOIN timely.outbox m USING (object_id) WHERE m.state = 'sent'")}


def test_points_9_63_64_nothing_near_rides_on_a_feed_alone(council):
    near = near_in_feeds(council, TODAY)
    assert len(near) >= 3, 'something to look at'
    missing = near - told_by_mail(council)
    assert not missing, council.ask('SELECT deadline_id, timescale, due_on, booked_at, first_seen_at, next_notice_at FROM timely.deadline'
                                    ' WHERE deadline_id = ANY (%s) ORDER BY 3', (list(missing),))


def test_point_66_a_first_start_is_no_storm(council):
    mails = council.mails()
    counts = Counter(m.whom for m in mails)
    assert len(counts) >= 5 and max(counts.values()) <= MOST_AN_HOUR, counts.most_common(5)


# ------------------------------------------------------------------------------ what is said of it

def test_points_36_63_64_65_what_administrators_are_told():
    page = flat((ROOT / 'docs' / 'calendars-for-administrators.md').read_text(encoding='utf-8'))
    for words in ('up to a day', 'within two days', 'ProcessExternalMeetingMessages', 'invite.ics', 'timely outbox'):
        assert words in page, words


def test_point_67_the_words_do_not_know_their_carrier():
    """Another way to people, such as Graph, can stand beside mail: calendars and mails are made without it."""
    build = (ROOT / 'daemon' / 'messages' / 'meson.build').read_text(encoding='utf-8')
    assert 'ground, calendar' in build and not re.search('delivery|loop|curl|libpq', build)
