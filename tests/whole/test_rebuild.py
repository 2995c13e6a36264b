"""Play 7: the nightly rebuild of every table, the one that dies half way, and rows that are gone for good."""
import subprocess
import sys

import pytest

from council import ROOT, flat, tiny, wait_for

SETTLE = 5  # seconds, as configured


@pytest.fixture(scope='module')
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp('authority')
    subprocess.run([sys.executable, str(ROOT / 'tests' / 'sample' / 'generate_caseload.py'), '--profile', 'plain', '--children',
                    '200', '--as-at', '2024-03-31', '--out', str(folder)], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope='module')
def council(files):
    made = tiny('W1', load=files)
    try:
        give_invites(made)
        yield made
    finally:
        made.close()


def give_invites(made):
    """So that there is something to be cancelled by mistake."""
    made.ask('INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_start_date)'
             " SELECT 'X' || person_id, person_id, '2024-04-02' FROM timely.person JOIN timely.staff s"
             ' ON s.professional_id = worker_id WHERE s.email IS NOT NULL AND s.active_to IS NULL ORDER BY person_id LIMIT 10')
    wait_for(lambda: made.one("SELECT count(*) FROM timely.outbox WHERE kind = 'invite' AND state = 'sent'") >= 5)
    made.settled()


def tables(council):
    return [name for name, in council.ask(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname LIKE 'ssd%'"
        ' ORDER BY relname')]


def known(council):
    """What must not be touched."""
    return (council.ask('SELECT deadline_id, uid, sequence, state, due_on FROM timely.deadline ORDER BY deadline_id'),
            council.ask('SELECT uid, sequence, status FROM timely.calendar_object ORDER BY uid'),
            council.ask("SELECT message_id FROM timely.outbox ORDER BY message_id"))


def looked(council, seconds=0):
    """Waits until the daemon has read the case database anew, so many seconds from now."""
    since = council.one("SELECT clock_timestamp() + %s * interval '1 s'", (seconds,))
    wait_for(lambda: council.one('SELECT now() > %s', (since,)))
    council.read_all()


def said(council):
    return council.timely('status', status=None)


def holds(council):
    return council.rows('hold', 'show')


def copies_of(council, folder):
    """Every table as it is, to be loaded again."""
    for table in tables(council):
        council.ask(f'CREATE TABLE {folder}.{table} AS TABLE public.{table}')


def test_readings_that_find_nothing_take_no_numbers(council):
    """Of no table's keys: there are many readings, and in time the smallest would run out."""
    def numbers():
        return council.ask("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'timely' ORDER BY 1")
    looked(council, SETTLE + 1)
    before = numbers()
    assert dict(before)['source_table_number_seq'] > 10
    for _ in range(3):
        looked(council)
    assert numbers() == before


def test_a_rebuild_and_one_that_dies_half_way(council):
    council.ask('CREATE SCHEMA kept')
    copies_of(council, 'kept')
    before = known(council)
    deadlines = len(before[0])
    assert deadlines > 50

    council.ask('TRUNCATE ' + ', '.join(tables(council)))
    looked(council, SETTLE + 1)
    assert known(council) == before
    status = said(council)
    assert 'ssd_s47_enquiry' in status and 'what was known before is used' in status and 'held' in status
    assert len(holds(council)) > 3

    for table in tables(council):  # the load is killed half way
        council.ask(f'INSERT INTO {table} SELECT * FROM kept.{table} LIMIT (SELECT count(*) / 2 FROM kept.{table})')
    looked(council, SETTLE + 1)
    assert known(council) == before

    for table in tables(council):
        council.ask(f'TRUNCATE {table}')
        council.ask(f'INSERT INTO {table} SELECT * FROM kept.{table}')
        looked(council)
        assert known(council) == before, table
    looked(council, SETTLE + 1)
    looked(council, SETTLE + 1)
    assert known(council) == before and holds(council) == []
    council.timely('status')  # all is well
    assert council.mails('operator') == [m for m in council.mails('operator') if 'decision' not in m.subject]


def test_a_table_that_stays_empty_is_told_after_two_hours(council):
    council.ask('TRUNCATE ssd_cp_visits')
    wait_for(lambda: holds(council))
    now = council.one('SELECT business_anchor_us + (extract(epoch FROM now()) * 1000000)::bigint - real_anchor_us FROM timely.state')
    later = council.one("SELECT to_char(to_timestamp(%s / 1000000.0 + 7300) AT TIME ZONE 'Europe/London', 'YYYY-MM-DD HH24:MI')", (now,))
    looked(council, SETTLE + 1)
    assert not [m for m in council.mails('operator') if 'decision' in m.subject]
    council.clock.set(later)
    looked(council)
    wait_for(lambda: [m for m in council.mails('operator') if 'decision' in m.subject])
    council.restart_daemon()
    looked(council)
    mail, = [m for m in council.mails('operator') if 'decision' in m.subject]
    assert 'ssd_cp_visits is empty' in flat(mail.text) and 'timely hold confirm' in mail.text
    council.ask('INSERT INTO ssd_cp_visits SELECT * FROM kept.ssd_cp_visits')
    looked(council, SETTLE + 1)
    looked(council, SETTLE + 1)
    assert holds(council) == []


def test_a_held_table_that_fills_again_does_not_wait_for_the_next_sweep(council):
    before = known(council)
    council.ask('CREATE TABLE kept.enquiry AS TABLE ssd_s47_enquiry; DELETE FROM ssd_s47_enquiry')
    looked(council, SETTLE + 1)
    looked(council, SETTLE + 1)  # the operator has been told, and nobody has a reason to look again
    assert [h['about'] for h in holds(council)] == ['ssd_s47_enquiry']
    council.ask('INSERT INTO ssd_s47_enquiry SELECT * FROM kept.enquiry')
    assert 0 < council.one('SELECT count(DISTINCT s47e_person_id) FROM kept.enquiry') < 200, 'more are read as all are'
    wait_for(lambda: holds(council) == [])
    assert known(council)[:2] == before[:2]


def test_half_of_the_children_are_gone_for_good(council):
    before, mails = known(council), len(council.mails('operator'))
    owned = [(table, column) for table, column in council.ask(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name LIKE '%%person_id' AND table_name LIKE 'ssd%%'")]
    council.ask('CREATE TABLE kept.gone AS SELECT pers_person_id AS id FROM ssd_person ORDER BY md5(pers_person_id)'
                ' LIMIT (SELECT count(*) / 2 FROM ssd_person)')
    for table, column in owned:  # one after the other, as a clean-up does
        council.ask(f'DELETE FROM {table} WHERE {column} IN (SELECT id FROM kept.gone)')
    wait_for(lambda: len(council.mails('operator')) > mails)
    looked(council, SETTLE + 1)
    looked(council, SETTLE + 1)
    assert known(council)[:2] == before[:2]
    mail, = council.mails('operator')[mails:]
    open_now = holds(council)
    assert all(f'hold {h["hold_id"]}: ' in mail.text for h in open_now)
    assert not any(f'{who}' in mail.text for who, in council.ask('SELECT id FROM kept.gone LIMIT 20'))

    numbers = ','.join(h['hold_id'] for h in open_now)
    assert f'timely hold confirm {numbers}\r\n' in mail.text
    council.timely('hold', 'confirm', numbers)
    gone = 'SELECT count(*) FROM timely.deadline WHERE person_id IN (SELECT id FROM kept.gone) AND state = %s'
    wait_for(lambda: council.one(gone, ('withdrawn',)) > 10 and council.one(gone, ('open',)) == 0, 120)
    council.settled()
    assert council.one('SELECT count(*) FROM timely.person WHERE person_id IN (SELECT id FROM kept.gone)') == 0
    # Whoever held an invite for one of them has it cancelled, or changed where the meeting goes on for a brother or
    # sister; nobody is told anything else.
    new = council.ask('SELECT o.kind, c.status FROM timely.outbox o LEFT JOIN timely.calendar_object c USING (object_id)'
                      " WHERE message_id > %s AND o.state <> 'superseded' AND o.kind NOT IN (%s, %s, %s)",
                      (max(m for m, in before[2]), 'operator', 'digest', 'alarm'))
    assert ('cancel', 'cancelled') in new and set(new) <= {('cancel', 'cancelled'), ('invite', 'live')}, new
    cancelled = council.one("SELECT count(*) FROM timely.calendar_object WHERE status = 'cancelled'")
    assert len([1 for m in council.mails() if m.method == 'CANCEL']) <= cancelled
    assert holds(council) == []
