#!/usr/bin/python3
"""Requests per second of a feed of 500 entries, rendered by timely, beside nginx with one worker serving the same bytes
from files, and beside Radicale 3 serving the same entries as a collection.

    bench_feed.py SERVE_DRIVER RUN_DRIVER [--seconds 4] [--runs 3]

The drivers are builds without sanitizers. The server is pinned to one core and wrk to another one, and they take turns.
"by cpu" compares requests for a second of the server's own processor time, which other work on the machine disturbs less.
Needs nginx, radicale, wrk, openssl, curl and PostgreSQL.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from feed_servers import (CHANGES, CLIENT_CORE, PATH, RADICALE_PATH, RADICALE_USER, Feed, end, make_certificate, processor_seconds,
                          start_nginx, start_radicale, start_timely, telling)

# What is measured, whether it is by TLS, what is asked for, and the ratio to nginx that we aim at.
RUNS = [('full', False, 'full', 0.93), ('gzip', False, 'gzip', None), ('304', False, '304', 0.5), ('TLS full', True, 'full', 0.8),
        ('TLS gzip', True, 'gzip', None), ('TLS 304', True, '304', None)]
RADICALE_AIM = 500


def etag_of(port):
    answer = subprocess.run(['curl', '-sI', '--retry', '20', '--retry-connrefused', '--retry-delay', '1',
                             f'http://127.0.0.1:{port}{PATH}'], capture_output=True, text=True, check=True).stdout
    return re.search(r'(?im)^etag: (.*?)\r?$', answer).group(1)


def measure(url, process, headers, seconds, connections=16):
    """Requests per second, and per second of the server's processor."""
    command = ['taskset', '-c', str(CLIENT_CORE), 'wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '30s', url]
    for name, value in headers.items():
        command += ['-H', f'{name}: {value}']
    before = processor_seconds(process)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = processor_seconds(process) - before
    if 'Non-2xx' in said or 'Socket errors' in said:
        raise RuntimeError(said)
    return (float(re.search(r'Requests/sec:\s+([\d.]+)', said).group(1)),
            int(re.search(r'(\d+) requests in', said).group(1)) / used)


def compare(servers, etags, seconds, runs):
    """Prints the table; {what: (timely's requests per second, and per second of its processor)}."""
    print(f'{"":10} {"timely/s":>10} {"nginx/s":>10} {"ratio":>6} {"aim":>6} {"by cpu":>7} {"cpu/request":>12}')
    found = {}
    for name, tls, what, aim in RUNS:
        rates = {'timely': [], 'nginx': []}
        for _ in range(runs):
            for who, figures in rates.items():
                headers = {'full': {}, 'gzip': {'Accept-Encoding': 'gzip'}, '304': {'If-None-Match': etags[who]}}[what]
                port, process = servers[who][tls]
                figures.append(measure(f'{"https" if tls else "http"}://127.0.0.1:{port}{PATH}', process, headers, seconds))
        (ours, our_cpu), (theirs, their_cpu) = (map(statistics.median, zip(*rates[who])) for who in rates)
        found[name] = ours, our_cpu
        print(f'{name:10} {ours:10.0f} {theirs:10.0f} {ours / theirs:6.2f} {aim or "-":>6} {our_cpu / their_cpu:7.2f} {1e6 / our_cpu:9.1f} us',
              flush=True)
    return found


def compare_radicale(port, process, found, seconds):
    rate, _ = measure(f'http://127.0.0.1:{port}{RADICALE_PATH}', process, RADICALE_USER, seconds, connections=4)
    print(f'Radicale: {rate:.1f}/s; timely full is {found["full"][0] / rate:.0f} times that, gzip {found["gzip"][0] / rate:.0f} times '
          f'(aim: {RADICALE_AIM})')


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('driver')
    options.add_argument('run_driver')
    options.add_argument('--seconds', type=int, default=4)
    options.add_argument('--runs', type=int, default=3)
    o = options.parse_args()
    os.environ['RUN_DRIVER'] = o.run_driver
    folder = Path(tempfile.mkdtemp(prefix='bench-feed-'))
    processes = []
    try:
        certificate = make_certificate(folder)
        with telling.Server() as pg:
            feed = Feed(pg, folder)
            print(f'feed of {len(feed.body)} bytes, {len(feed.packed)} compressed; when one entry changes, all from reading its deadlines '
                  f'to committing the body takes {feed.change_ms:.1f} ms (the best of {CHANGES})')
            processes += [start_timely(o.driver, feed.conninfo, 18480, None), start_timely(o.driver, feed.conninfo, 18481, certificate),
                          start_nginx(folder, feed, 18482, 18483, certificate), start_radicale(folder, feed, 18484)]
            time.sleep(0.5)
            print(f'median of {o.runs} runs of {o.seconds} s, 16 connections (Radicale: one run, 4 connections)')
            clear, by_tls, nginx, radicale = processes
            found = compare({'timely': ((18480, clear), (18481, by_tls)), 'nginx': ((18482, nginx), (18483, nginx))},
                            {'timely': etag_of(18480), 'nginx': etag_of(18482)}, o.seconds, o.runs)
            compare_radicale(18484, radicale, found, o.seconds)
            print(f'A client that asks every minute takes {1e6 / found["TLS 304"][1]:.0f} us of processor a minute by TLS when nothing '
                  f'has changed: 10,000 of them {100 * 10000 / 60 / found["TLS 304"][1]:.1f} % of one core')
            end(processes)
            processes.clear()
    finally:
        end(processes)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
