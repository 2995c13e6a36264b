"""Play 10: reloads, the end, and a server that goes away."""
import contextlib
import os
import signal
import subprocess
import urllib.error
from pathlib import Path

import psycopg2
import pytest

from council import tiny, wait_for

OVERLAY = """authority: Test
timescales:
  icpc:
    due: within {} working days of s47-started
"""


@pytest.fixture(scope='module')
def council():
    made = tiny('W1', 'W2', 'W3', 'W4')
    yield made
    made.close()


def due(council, child):
    row, = council.due(child, 'icpc')
    return row['due_on']


def postmaster(council):
    return int((council.dir / 'data' / 'postmaster.pid').read_text(encoding='utf-8').split()[0])


def restart_server(council):
    """As an administrator does: the daemon is not asked."""
    program = sorted(Path('/usr/lib/postgresql').glob('*/bin'))[-1] / 'pg_ctl'
    as_owner = ['runuser', '-u', (council.dir / 'data').owner(), '--'] if os.geteuid() == 0 else []
    subprocess.run([*as_owner, str(program), '-D', 'data', '-m', 'fast', '-w', '-l', '/dev/null', 'restart'], cwd=council.dir,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def test_a_reload(council):
    child = council.child('W1')
    council.enquiry(child)
    wait_for(lambda: council.stored(child))
    assert due(council, child) == '2024-04-23'
    assert council.one('SELECT newest_fact_at::text FROM timely.state') == '2024-04-02 00:00:00'

    # A bad file: the rules that are in force stay, and the log says where it is wrong.
    overlay = council.folder / 'overlay.yaml'
    overlay.write_text(OVERLAY.format(10).replace('working', 'workin'), encoding='utf-8')
    council.configure(rules={'overlay': overlay})
    council.daemon.reload()
    wait_for(lambda: 'daemon.reload_refused' in council.daemon.said())
    line, = [l for l in council.daemon.said().splitlines() if 'reload_refused' in l]
    assert 'overlay.yaml:4:' in line and 'kept=' in line
    second = council.child('W2')
    council.enquiry(second)
    wait_for(lambda: council.stored(second))
    assert council.stored(second)[3].isoformat() == '2024-04-23', 'by the old rules'

    # A good one: what is open is counted anew.
    overlay.write_text(OVERLAY.format(10), encoding='utf-8')
    council.daemon.reload()
    wait_for(lambda: council.stored(child)[3].isoformat() == '2024-04-16')
    wait_for(lambda: council.stored(second)[3].isoformat() == '2024-04-16')
    assert 'daemon.reloaded' in council.daemon.said()

    # Bad configuration is refused as well.
    council.configure(mail={'quiet period': 'soon'})
    council.daemon.reload()
    wait_for(lambda: council.daemon.said().count('daemon.reload_refused') == 2)
    assert 'timely.yaml:' in [l for l in council.daemon.said().splitlines() if 'reload_refused' in l][-1]
    council.configure(mail={'quiet period': '2 seconds'})
    council.daemon.reload()
    wait_for(lambda: council.daemon.said().count('daemon.reloaded') == 2)


def test_what_was_claimed_before_a_reload_leaves_in_no_other_way(council):
    """Redirected when it was claimed, and switched off while it is asked whether it is still called for."""
    state = "SELECT state FROM timely.outbox WHERE dedupe = 'x'"
    with contextlib.closing(psycopg2.connect(council.conninfo())) as connection:
        connection.cursor().execute('LOCK TABLE timely.notice')  # where that is asked
        council.ask('INSERT INTO timely.outbox (kind, dedupe, staff_id, recipient, subject, body_text, rfc_message_id, put_at,'
                    " not_before) SELECT 'digest', 'x', professional_id, 'live@council.example', 'x', 'x', 'x@council.example',"
                    " '2024-04-02 09:00', now() FROM timely.staff WHERE email IS NOT NULL LIMIT 1")
        council.ask('NOTIFY timely_outbox')
        wait_for(lambda: council.one(state) == 'claimed')
        council.configure(mail={'delivery': 'off'})
        reloads = council.daemon.said().count('daemon.reloaded')
        council.daemon.reload()
        wait_for(lambda: council.daemon.said().count('daemon.reloaded') > reloads)
    wait_for(lambda: council.one(state) == 'due')
    council.configure(mail={'delivery': 'redirect'})
    council.daemon.reload()
    wait_for(lambda: council.one(state) == 'sent')
    mail, = [mail for mail in council.mails() if mail.id == '<x@council.example>']
    assert mail.to == 'all@elsewhere.example'


def test_term_finishes_and_nothing_is_lost(council):
    children = [council.child('W3') for _ in range(10)]
    council.ask('INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date)'
                " SELECT 'K' || p, p, '2024-04-02' FROM unnest(%s) AS p", (children,))
    wait_for(lambda: council.stored(children[-1]))
    council.daemon.stop(signal.SIGTERM)  # in the middle of the mails
    assert 'daemon.stopped' in council.daemon.said()
    assert council.one("SELECT count(*) FROM timely.outbox WHERE state IN ('claimed', 'handing_over')") == 0
    council.start_daemon()
    wait_for(lambda: all(council.stored(child) for child in children))
    council.settled()
    invites = [m.uid for m in council.mails('W3') if m.method]
    assert len(invites) == len(set(invites)) == 10


def shows(council, address, uid):
    try:
        return uid in council.feed(address)
    except urllib.error.HTTPError as answer:
        assert answer.code == 503  # who does not know yet says so, and never that there is nothing
        return False


def test_a_restarted_server(council):
    before = postmaster(council)
    restart_server(council)
    assert postmaster(council) != before
    child = council.child('W4')
    council.enquiry(child)
    wait_for(lambda: council.stored(child), 60)
    wait_for(lambda: council.invites(child), 60)
    assert council.daemon.running.poll() is None and council.web.running.poll() is None
    address = council.subscribe('W4')
    council.settled()
    assert council.one("SELECT count(*) FROM timely.timescale WHERE speaks AND timescale IN ('icpc', 'cp-visit')") == 2
    assert council.timely('status').startswith('All is well.')
    wait_for(lambda: shows(council, address, council.stored(child)[0]), 60)
