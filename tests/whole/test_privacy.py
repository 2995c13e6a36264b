"""Play 9: what leaves the house names nobody who is not to be named, and hostile text stays text."""
import re
import subprocess
import sys
import urllib.request

import pytest

from council import ROOT, flat, tiny, wait_for

FORENAME = 'Zebedee\r\nBcc: all@elsewhere.example\r\n'
SURNAME = '\r\nATTENDEE:mailto:x@elsewhere.example \U0001f600\u202e;,<b>' + 'Q' * 150


@pytest.fixture(scope='module')
def council():
    made = tiny('W1', 'W2', 'W3', 'W4')
    yield made
    made.close()


def raw(address):
    with urllib.request.urlopen(address, timeout=20) as answer:
        return answer.read()


def whole(mail):
    """Everything of a mail that a person could read, decoded."""
    parts = [part.get_payload(decode=True) for part in mail.message.walk() if not part.is_multipart()]
    return b'\n'.join([mail.data, *parts]).decode('utf-8', 'replace')


def test_no_name_where_the_reference_is_chosen(council):
    child = council.child('W1')
    address = council.subscribe('W1')
    council.enquiry(child, '2024-03-11')  # due on 3 April: the next morning a digest to the managers as well
    wait_for(lambda: council.invites(child))
    council.clock.set('2024-04-03 09:05')
    wait_for(lambda: {'W1', 'TM'} <= {mail.whom for mail in council.mails(about=child)})
    council.settled()
    everything = [whole(m) for m in council.mails()] + [raw(address).decode()]
    assert all('Zebedee' not in text and 'Quince' not in text for text in everything)
    assert child in raw(address).decode()
    for mail in council.mails():
        if mail.calendar:
            assert mail.event['CLASS'] == 'PRIVATE'
    assert 'Zebedee' not in council.daemon.said() and child not in council.daemon.said()


def test_a_restricted_child_is_seen_by_the_allocated_worker_alone(council):
    worker, team = council.subscribe('W2'), council.subscribe('T1', 'team')
    child = council.child('W2', chair='CHAIR')
    council.ask('INSERT INTO timely_source.restricted VALUES (%s)', (child,))
    council.ask("UPDATE ssd_person SET pers_surname = 'Quince' WHERE pers_person_id = %s", (child,))
    wait_for(lambda: council.ask('SELECT 1 FROM timely.person WHERE person_id = %s AND restricted', (child,)))
    council.enquiry(child)
    wait_for(lambda: council.invites(child, 'W2'))
    council.settled()
    uid = council.stored(child)[0]
    assert uid in council.feed(worker) and uid not in council.feed(team)
    assert child not in raw(team).decode()
    assert {m.whom for m in council.mails(about=child)} == {'W2'}


def test_hostile_names_stay_text(council):
    council.configure(mail={'names': 'name'})
    council.restart_daemon()
    child = council.child('W3', pers_forename=FORENAME, pers_surname=SURNAME)
    address = council.subscribe('W3')
    council.enquiry(child)
    wait_for(lambda: council.mails('W3') and council.invites(council.stored(child)[0]))
    council.settled()
    for mail in council.mails('W3'):
        assert mail.message['Bcc'] is None and mail.message['To'].addresses[0].addr_spec == 'all@elsewhere.example'
        assert not re.search(rb'^(Bcc|ATTENDEE:mailto:x)', mail.data, re.MULTILINE | re.IGNORECASE)
        if mail.calendar:
            assert len(mail.event.get('ATTENDEE') if isinstance(mail.event.get('ATTENDEE'), list) else [1]) == 1
            assert str(mail.event['ATTENDEE']).lower() == 'mailto:w3@council.example'
            assert 'Zebedee' not in mail.event['SUMMARY'], 'a title has the reference, whatever mails show'
            assert b'\nATTENDEE:mailto:x' not in mail.calendar
        assert '\u202e' not in whole(mail)
    assert any('Zebedee' in flat(m.text) for m in council.mails('W3'))
    assert council.stored(child)[0] in council.feed(address) and b'\nATTENDEE' not in raw(address)


def test_a_hostile_authority(tmp_path_factory):
    """Its whole case database: every mail and feed still parses, with one recipient and one message each."""
    files = tmp_path_factory.mktemp('hostile')
    subprocess.run([sys.executable, str(ROOT / 'tests' / 'sample' / 'generate_caseload.py'), '--profile', 'plain', '--children',
                    '150', '--as-at', '2024-03-31', '--hostile', '--out', str(files)], check=True, stdout=subprocess.DEVNULL)
    council = tiny('W1', load=files)
    try:
        allocated = council.ask("SELECT worker_id, count(*) FROM timely.person JOIN timely.staff s ON s.professional_id = worker_id"
                                ' WHERE s.email IS NOT NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 3')
        addresses = [council.subscribe(worker) for worker, _ in allocated]
        council.ask('INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date)'
                    " SELECT 'X' || person_id, person_id, '2024-04-02' FROM timely.person"
                    ' WHERE worker_id = ANY (%s) ORDER BY person_id LIMIT 10', ([w for w, _ in allocated],))
        wait_for(lambda: council.one("SELECT count(*) FROM timely.outbox WHERE kind = 'invite' AND state = 'sent'") >= 1)
        council.settled()
        mails = council.mails()
        assert mails
        for mail in mails:
            assert [a.addr_spec for a in mail.message['To'].addresses] == ['all@elsewhere.example'], mail.data[:500]
            assert mail.message['Bcc'] is None and mail.message['Cc'] is None
        for address in addresses:
            assert len(council.feed(address)) > 0
    finally:
        council.close()
