"""Feeds for the benches: one of 500 entries as timely renders it, and the servers that answer with it, each pinned to a core."""
import gzip
import hashlib
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'run'))
import telling  # noqa: E402 (found through the line above)

TOKEN = 'A' * 43
PATH = f'/feed/{TOKEN}.ics'
ENTRIES = 500
CHANGES = 30
NOW = '2024-04-02 09:00'
SERVER_CORE, CLIENT_CORE = 0, 1


class Feed:
    """A store with one worker's subscription of 500 deadlines, rendered."""

    def __init__(self, pg, folder):
        self.store = pg.store(folder)
        self.conninfo = pg.conninfo(self.store.name)
        self.store.ask("UPDATE timely.state SET read_business_at = '2024-04-02T07:00Z', read_at = now()")
        self.store.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) VALUES ('worker', 'SW1', %s, now(), 'bench')",
                       (hashlib.sha256(TOKEN.encode()).hexdigest(),))
        for n in range(ENTRIES):
            due = f'2024-{4 + n % 9:02}-{2 + n % 27:02}'  # none overdue: those have an entry together as well
            self.store.deadline(self.store.person(f'P{n:05}'), due=due, sequence=n % 5, derivation=(
                f'Due by {due}: 15 working days after the strategy discussion of Thursday 14 March 2024, not counting '
                'Good Friday (29 March) and Easter Monday (1 April).'))
        self.store.run('feeds', NOW, 'all')
        self.store.ask('ANALYZE')  # as autovacuum does where it is on
        self.change_ms = self._change()
        (packed, self.etag), = self.store.ask('SELECT body_gzip, etag FROM timely.feed_body')
        self.body, self.packed = gzip.decompress(packed), bytes(packed)
        assert self.body.count(b'BEGIN:VEVENT') == ENTRIES

    def _change(self):
        """When one of its deadlines has changed: reading them, rendering, compressing and writing, by one process with one connection,
        as a daemon does it. The best of its rounds, in milliseconds."""
        with subprocess.Popen(self.store.command('rounds', NOW), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
            return min(self._round(driver) for _ in range(CHANGES))

    def _round(self, driver):
        self.store.ask("UPDATE timely.deadline SET sequence = sequence + 1 WHERE uid = (SELECT min(uid) FROM timely.deadline);"
                       " INSERT INTO timely.feed_dirty VALUES ('worker', 'SW1')")
        began = time.monotonic()
        print('feeds', NOW.replace(' ', 'T'), file=driver.stdin, flush=True)
        said = [driver.stdout.readline() for _ in range(2)]
        assert said == ['rendered=1 changed=1\n', 'done\n'], said
        return 1000 * (time.monotonic() - began)


def pinned(core, *command):
    return subprocess.Popen(['taskset', '-c', str(core), *map(str, command)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def make_certificate(folder):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-keyout', folder / 'key', '-out', folder / 'cert', '-days', '2', '-subj', '/CN=127.0.0.1'],
                   check=True, capture_output=True)
    return folder / 'cert', folder / 'key'


def start_timely(driver, conninfo, port, tls, **options):
    """With its limits on the rate counted, but so high that nothing is refused."""
    options = {'address_rate': 10**9, 'unknown_rate': 10**9, 'feed_rate': 10**9, **options}
    if tls:
        options.update(cert=tls[0], key=tls[1])
    process = pinned(SERVER_CORE, driver, f'127.0.0.1:{port}', conninfo, *(f'{k}={v}' for k, v in options.items()))
    for line in process.stderr:
        if 'serve.ready' in line:
            return process
    raise RuntimeError('the server did not start')


def start_nginx(folder, feed, plain, tls, certificate):
    """One worker; the file and beside it the same, compressed."""
    (folder / 'www' / 'feed').mkdir(parents=True)
    (folder / 'www' / 'feed' / f'{TOKEN}.ics').write_bytes(feed.body)
    (folder / 'www' / 'feed' / f'{TOKEN}.ics.gz').write_bytes(feed.packed)
    user = 'user root;' if os.geteuid() == 0 else ''
    (folder / 'nginx.conf').write_text(f'''
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1000; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100; gzip_static on;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    types {{ text/calendar ics; }}
    add_header Cache-Control "private, max-age=900";
    server {{ listen 127.0.0.1:{plain}; root {folder}/www; }}
    server {{ listen 127.0.0.1:{tls} ssl; ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};
              root {folder}/www; }}
}}
''', encoding='utf-8')
    return pinned(SERVER_CORE, 'nginx', '-c', folder / 'nginx.conf', '-e', folder / 'error.log')


RADICALE_USER = {'Authorization': 'Basic dTp4'}              # u:x, where anybody may be anybody
RADICALE_PATH = '/u/feed/'


def start_radicale(folder, feed, port):
    """The same entries as a collection, put there whole and fetched whole."""
    (folder / 'radicale.conf').write_text(f'''[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[storage]
filesystem_folder = {folder}/collections
[logging]
level = critical
''', encoding='utf-8')
    process = pinned(SERVER_CORE, 'radicale', '--config', folder / 'radicale.conf')
    request = urllib.request.Request(f'http://127.0.0.1:{port}{RADICALE_PATH}', data=feed.body, method='PUT',
                                     headers={'Content-Type': 'text/calendar', **RADICALE_USER})
    for _ in range(100):
        try:
            urllib.request.urlopen(request, timeout=60).close()
            break
        except ConnectionError:
            time.sleep(0.1)
        except urllib.error.URLError as e:
            if not isinstance(e.reason, ConnectionError):
                raise
            time.sleep(0.1)
    get = urllib.request.Request(f'http://127.0.0.1:{port}{RADICALE_PATH}', headers=RADICALE_USER)
    with urllib.request.urlopen(get, timeout=60) as answer:
        assert answer.read().count(b'BEGIN:VEVENT') == ENTRIES
    return process


def processor_seconds(process):
    """Of the process and of its children, which are nginx's workers."""
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text(encoding='utf-8').split()
    ticks = 0
    for pid in [process.pid, *children]:
        fields = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rsplit(') ', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


def end(processes):
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
