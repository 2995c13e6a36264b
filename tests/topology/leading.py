"""A daemon or several on a store, a conference that somebody is to be told of, and what became of the messages."""
import email
import subprocess

from topology import BIN, enquiry, until

from fault_table import note  # on the path by topology

DIRECTORY = """kind,id,name,email,job_title,team_id,manager_id,deputy_id,active_from,active_to
team,T1,Team One,,,,TM,,,
person,TM,Name TM,tm@council.example,,T1,,,,
person,SW,Name SW,sw@council.example,,T1,,,,
"""


def conference(source, **when):
    """A child with a worker, of whom a conference is asked: it becomes a deadline, and an invite for the worker."""
    return enquiry(source, **when, after="""
        INSERT INTO ssd_involvements (invo_involvements_id, invo_professional_id, invo_professional_role_id,
            invo_professional_team, invo_person_id, invo_involvement_start_date)
        SELECT 'I' || s47e_person_id, 'SW', 'ALLOCATED_WORKER', 'T1', s47e_person_id, s47e_s47_start_date
          FROM ssd_s47_enquiry ORDER BY length(s47e_person_id) DESC, s47e_person_id DESC LIMIT 1""")


def leads(store, timely):
    """The epoch under which this daemon leads on the store, 0 if it does not."""
    found = store.ask('SELECT epoch FROM timely.leader WHERE expires_at > now() AND split_part(holder, %s, 2) ~ %s',
                      ['/', rf'^{timely.daemon.pid}\.'])
    return found[0][0] if found else 0


def told(store, number, seconds=90):
    """Waits until the child's conference is a deadline and the worker's invite has left."""
    until(lambda: store.icpc(number), f'the deadline of {number}', seconds)
    until(lambda: store.ask("SELECT 1 FROM timely.outbox o JOIN timely.object_deadline USING (object_id)"
                            " JOIN timely.deadline USING (deadline_id) WHERE subject_ref = %s AND o.state = 'sent'", [number]),
          f'the invite of {number}', seconds)


def mails(*daemons):
    """The Message-ID of each mail that left."""
    return sorted(email.message_from_bytes(path.read_bytes())['Message-ID'].strip('<>')
                  for one in daemons for path in (one.mail / 'new').glob('*'))


def noted(fault, store, *daemons, forgotten=0):
    """Each message left once: nothing was put in that did not leave, and nothing left that was not put in, but for what the
    store has forgotten."""
    until(lambda: store.one("SELECT bool_and(state IN ('sent', 'superseded')) FROM timely.outbox"), 'the last mail')
    sent = {name for name, in store.ask("SELECT rfc_message_id FROM timely.outbox WHERE state = 'sent'")}
    left = mails(*daemons)
    if fault:
        note(fault, len(sent), len(sent - set(left)), len(left) - len(set(left)))
    assert sent <= set(left) and len(left) == len(sent) + forgotten


def copy_store(store, to):
    """Into the database `test` of another server."""
    dump = subprocess.run([str(BIN / 'pg_dump'), '-d', store.conninfo()], capture_output=True, check=True).stdout
    subprocess.run([str(BIN / 'psql'), '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', to.conninfo('test')], input=dump,
                   stdout=subprocess.DEVNULL, check=True)
