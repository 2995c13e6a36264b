"""The store comes from a backup that is older than what was said since. `timely recover` brings it forward: what calendars
hold then is again what the council's records call for, and what waited in the backup is not lost."""
import os
import subprocess

from storm_council import PG_BIN, WORKERS, Council, address
from mail_server import MailServer
from verdict import check_calendars, check_council


def run(council, program, *words):
    socket = ['-h', str(council.dir / 'data'), '-p', '5432', '-U', 'timely', '-d', 'timely']
    subprocess.run([str(PG_BIN / program), *socket, *map(str, words)], check=True, stdout=subprocess.DEVNULL,
                   env={**os.environ, 'LC_ALL': 'C.UTF-8', 'PGOPTIONS': '-c client_min_messages=error'})


def test_a_store_from_a_backup():
    server = MailServer()
    council = Council(server.port, seed=11)
    backup = council.home / 'backup.sql'
    try:
        children = [council.enquire(WORKERS[number % 3]) for number in range(6)]
        council.settle()
        server.close()
        waited = council.enquire(WORKERS[3])
        council.wait(lambda: council.pending() == 1, 'a message that waits')
        council.kill()
        run(council, 'pg_dump', '-n', 'timely', '-f', backup)

        # What happens after the backup is said, and forgotten.
        server.open()
        council.hurry()
        council.start()
        for _ in range(2):
            council.move(children[0])
            council.settle()
        council.end(children[1])
        council.give(children[2], WORKERS[1])
        council.settle()
        said = len(server.all())
        council.timely('recover', statuses=(2,))  # not while a daemon works
        council.kill()
        run(council, 'psql', '-q', '-v', 'ON_ERROR_STOP=1', '-c', 'DROP SCHEMA timely CASCADE', '-f', backup)

        council.move(children[0])
        assert 'Messages that wait: 1.' in council.timely('recover')
        council.start()
        council.wait_for_start()
        council.settle()
        council.kill()
        received = server.all()
        fresh = council.evaluate_afresh()
        check_calendars(council, received)
        check_council(council, received, fresh)
        repeated = [mail.message_id for mail in received if mail.recipient == address(waited.worker) and mail.method]
        assert len(repeated) == 2 and len(set(repeated)) == 1, 'what waited in the backup came again, as the same message'
        assert len(received) > said
        assert council.ask("SELECT count(*) FROM timely.audit WHERE what = 'store.recovered'") == [(1,)]
    finally:
        council.close()
        server.close()
