"""The mail that brings somebody the address of a calendar: made as it leaves, known to nobody else."""
import email
import email.policy
import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from telling import MIGRATIONS, ROOT
from smtp_server import MailServer, by_smtp


def entered(store):
    """With its migrations as the command line wants to find them."""
    for file in MIGRATIONS:
        store.ask('INSERT INTO timely.migration (number, name, sha256) VALUES (%s, %s, %s)',
                  (int(file.name[:4]), file.name, hashlib.sha256(file.read_bytes()).hexdigest()))
    return store


@pytest.fixture
def store(store):
    store.configure(delivery='live', allowed_domains='council.example', help='Ask the duty desk.')
    return entered(store)


def timely(store, *words, status=0):
    config = store.config.read_text(encoding='utf-8')
    file = store.folder / 'command.yaml'
    file.write_text(f'{config}store:\n  database: "{store.pg.conninfo(store.name)}"\nservice:\n  public url: https://t.example/x\n',
                    encoding='utf-8')
    done = subprocess.run([Path(os.environ['TIMELY_BUILD']) / 'timely', '--config', file, *words], capture_output=True, text=True,
                          check=False, env={**os.environ, 'TIMELY_DATA': str(ROOT)})
    assert done.returncode == status, done.stderr
    return done.stderr if status else done.stdout


def feeds(store):
    return store.ask('SELECT owner_kind, owner_id, holder_id, token_hash FROM timely.feed WHERE revoked_at IS NULL')


def address_in(message):
    text = message.get_body(('plain',)).get_content().replace('\r', '')
    address = re.search(r'^(https?://\S+/feed/([A-Za-z0-9_-]{43})\.ics)$', text, re.M)
    assert address.group(1) in message.get_body(('html',)).get_content()
    assert f'webcal{address.group(1)[address.group(1).index(":"):]}' in text
    return address.group(2)


def test_the_address_comes_with_a_picture(store):
    said = timely(store, 'feed', 'add', 'team', 'T1', '--for', 'TM1', '--mail')
    assert 'goes to tm1@council.example' in said and '/feed/' not in said
    assert feeds(store) == [], 'not before the mail leaves'
    store.deliver()
    mail, = (store.maildir / 'new').iterdir()
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    token = address_in(message)
    assert feeds(store) == [('team', 'T1', 'TM1', hashlib.sha256(token.encode()).hexdigest())]
    assert message['To'] == 'Name TM1 <tm1@council.example>' and token not in str(message['Subject'])
    assert 'Deadlines: Team T1' in message.get_body(('plain',)).get_content().replace('\n', ' ')
    picture = next(part for part in message.walk() if part.get_content_type() == 'image/png')
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in message.get_body(('html',)).get_content()
    assert picture.get_content() == (ROOT / 'etc' / 'pictures' / 'outlook-subscribe.png').read_bytes()
    everything = store.pg.psql("SELECT row_to_json(x) FROM timely.outbox x", database=store.name).stdout
    assert token not in everything, 'nowhere in clear'


def test_a_mail_that_did_not_leave_takes_its_address_with_it(store):
    timely(store, 'feed', 'add', 'worker', 'SW1', '--mail')
    with MailServer(answer='451 later') as server:
        by_smtp(store, server)
        store.deliver()
        first = address_in(server.messages[0])
        assert feeds(store) == [] and store.one('SELECT state FROM timely.outbox') == 'due'
        server.answer = '250 taken'
        store.ask('UPDATE timely.outbox SET not_before = now()')
        store.deliver()
        assert server.messages[0]['Message-ID'] == server.messages[1]['Message-ID']
        second = address_in(server.messages[1])
    assert first != second
    assert feeds(store) == [('worker', 'SW1', 'SW1', hashlib.sha256(second.encode()).hexdigest())]


def test_both_addresses_hold_where_the_answer_was_lost(store):
    timely(store, 'feed', 'add', 'worker', 'SW1', '--mail')
    with MailServer(answer='drop') as server:
        by_smtp(store, server)
        store.deliver()
        server.answer = '250 taken'
        store.ask('UPDATE timely.outbox SET not_before = now()')
        store.deliver()
        tokens = {hashlib.sha256(address_in(message).encode()).hexdigest() for message in server.messages}
    assert len(tokens) == 2 and {row[3] for row in feeds(store)} == tokens


def test_who_gets_no_such_mail(store):
    assert '--for STAFF' in timely(store, 'feed', 'add', 'team', 'T1', '--mail', status=2)
    store.ask("UPDATE timely.staff SET email = NULL WHERE professional_id = 'SW1'")
    assert 'SW1 has no mail address' in timely(store, 'feed', 'add', 'worker', 'SW1', '--mail', status=2)
    assert 'is the calendar of SW2 alone' in timely(store, 'feed', 'add', 'worker', 'SW2', '--for', 'SW3', status=2)
    assert store.mails() == []
    timely(store, 'feed', 'add', 'worker', 'SW2', '--mail')
    store.ask("UPDATE timely.staff SET active_to = '2024-04-01' WHERE professional_id = 'SW2'")
    store.deliver()
    assert store.one('SELECT state FROM timely.outbox') == 'superseded' and feeds(store) == []
