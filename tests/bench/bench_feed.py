#!/usr/bin/python3
"""Requests per second of a feed of 500 entries, beside nginx with one worker serving the same bytes from a file.

    bench_feed.py SERVE_DRIVER [--seconds 4] [--runs 3]

SERVE_DRIVER is a build without sanitizers. Server and nginx are each pinned to one core and wrk to another one, and
they take turns. The last column compares requests for a second of the server's own processor time, which other work on
the machine disturbs less. Needs nginx, wrk, openssl, curl and PostgreSQL.
"""
import argparse
import gzip
import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))
from pg import Postgres  # noqa: E402

TOKEN = 'A' * 43
PATH = f'/feed/{TOKEN}.ics'
# What is measured, whether it is by TLS, whether it is conditional, and the ratio that we aim at.
RUNS = [('200', False, False, 0.85), ('304', False, True, 0.45), ('TLS 200', True, False, 0.75),
        ('TLS 304', True, True, None)]


def calendar():
    events = ''.join(f'BEGIN:VEVENT\r\nUID:{n:08}@timely.example\r\nDTSTART;VALUE=DATE:20240402\r\n'
                     f'SUMMARY:ICPC {n:06} due\r\nEND:VEVENT\r\n' for n in range(500))
    return ('BEGIN:VCALENDAR\r\nVERSION:2.0\r\n' + events + 'END:VCALENDAR\r\n').encode()


def make_certificate(folder):
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                    '-keyout', folder / 'key', '-out', folder / 'cert', '-days', '2', '-subj', '/CN=127.0.0.1'],
                   check=True, capture_output=True)
    return folder / 'cert', folder / 'key'


def fill_store(pg, body):
    for file in sorted((ROOT / 'sql' / 'store').glob('[0-9]*.sql')):
        pg.psql(file=file)
    pg.ask("INSERT INTO timely.feed (owner_kind, owner_id, token_hash, added_at, added_by) "
           "VALUES ('worker', 'w', %s, now(), 'bench')", (hashlib.sha256(TOKEN.encode()).hexdigest(),))
    pg.ask("INSERT INTO timely.feed_body VALUES ('worker', 'w', %s, %s, %s, now(), now())",
           (body, gzip.compress(body), hashlib.sha256(body).hexdigest()[:32]))


def pinned(core, *command):
    return subprocess.Popen(['taskset', '-c', str(core), *map(str, command)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def start_timely(driver, conninfo, port, tls):
    options = [f'cert={tls[0]}', f'key={tls[1]}'] if tls else []
    process = pinned(0, driver, f'127.0.0.1:{port}', conninfo, *options)
    for line in process.stderr:
        if 'serve.ready' in line:
            return process
    raise RuntimeError('the server did not start')


def start_nginx(folder, body, plain, tls, certificate):
    (folder / 'www' / 'feed').mkdir(parents=True)
    (folder / 'www' / 'feed' / f'{TOKEN}.ics').write_bytes(body)
    user = 'user root;' if os.geteuid() == 0 else ''
    (folder / 'nginx.conf').write_text(f'''
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 1000; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; open_file_cache max=100;
    client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
    types {{ text/calendar ics; }}
    add_header Cache-Control "private, max-age=900";
    server {{ listen 127.0.0.1:{plain}; root {folder}/www; }}
    server {{ listen 127.0.0.1:{tls} ssl; ssl_certificate {certificate[0]}; ssl_certificate_key {certificate[1]};
              root {folder}/www; }}
}}
''')
    return pinned(0, 'nginx', '-c', folder / 'nginx.conf', '-e', folder / 'error.log')


def etag_of(port):
    answer = subprocess.run(['curl', '-sI', '--retry', '20', '--retry-connrefused', '--retry-delay', '1',
                             f'http://127.0.0.1:{port}{PATH}'], capture_output=True, text=True, check=True).stdout
    return re.search(r'(?im)^etag: (.*?)\r?$', answer).group(1)


def processor_seconds(process):
    """Of the process and of its children, which are nginx's workers."""
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    ticks = 0
    for pid in [process.pid, *children]:
        fields = Path(f'/proc/{pid}/stat').read_text().rsplit(') ', 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf('SC_CLK_TCK')


def measure(port, process, tls, etag, seconds):
    """Requests per second, and per second of the server's processor."""
    command = ['taskset', '-c', '1', 'wrk', '-t1', '-c16', f'-d{seconds}s',
               f'{"https" if tls else "http"}://127.0.0.1:{port}{PATH}']
    if etag:
        command += ['-H', f'If-None-Match: {etag}']
    before = processor_seconds(process)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = processor_seconds(process) - before
    if 'Non-2xx' in said or 'Socket errors' in said:
        raise RuntimeError(said)
    return (float(re.search(r'Requests/sec:\s+([\d.]+)', said).group(1)),
            int(re.search(r'(\d+) requests in', said).group(1)) / used)


def compare(servers, etags, seconds, runs):
    print(f'{"":10} {"timely/s":>10} {"nginx/s":>10} {"ratio":>6} {"aim":>6} {"by cpu":>7}')
    for name, tls, conditional, aim in RUNS:
        rates = {'timely': [], 'nginx': []}
        for _ in range(runs):
            for who, figures in rates.items():
                figures.append(measure(*servers[who][tls], tls, etags[who] if conditional else None, seconds))
        (ours, our_cpu), (theirs, their_cpu) = (map(statistics.median, zip(*rates[who])) for who in rates)
        print(f'{name:10} {ours:10.0f} {theirs:10.0f} {ours / theirs:6.2f} {aim or "-":>6} {our_cpu / their_cpu:7.2f}',
              flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('driver')
    options.add_argument('--seconds', type=int, default=4)
    options.add_argument('--runs', type=int, default=3)
    o = options.parse_args()
    body = calendar()
    folder = Path(tempfile.mkdtemp(prefix='bench-feed-'))
    processes = []
    try:
        certificate = make_certificate(folder)
        with Postgres() as pg:
            fill_store(pg, body)
            processes += [start_timely(o.driver, pg.conninfo(), 18480, None),
                          start_timely(o.driver, pg.conninfo(), 18481, certificate),
                          start_nginx(folder, body, 18482, 18483, certificate)]
            time.sleep(0.5)
            print(f'feed of {len(body)} bytes, median of {o.runs} runs of {o.seconds} s, 16 connections')
            clear, by_tls, nginx = processes
            compare({'timely': ((18480, clear), (18481, by_tls)), 'nginx': ((18482, nginx), (18483, nginx))},
                    {'timely': etag_of(18480), 'nginx': etag_of(18482)}, o.seconds, o.runs)
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(20)
    finally:
        for process in processes:
            process.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
