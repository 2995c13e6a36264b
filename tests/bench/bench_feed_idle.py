#!/usr/bin/python3
"""What the serving process needs for connections that clients keep open, and what a connection by TLS costs to begin.

    bench_feed_idle.py SERVE_DRIVER RUN_DRIVER [--connections 10000]

SERVE_DRIVER is a build without sanitizers. Each connection has fetched the feed (a 304) before it idles. Needs openssl, PostgreSQL
and as many open files as connections, twice.
"""
import argparse
import os
import re
import resource
import shutil
import socket
import ssl
import subprocess
import tempfile
from pathlib import Path

from feed_servers import CLIENT_CORE, PATH, Feed, end, make_certificate, processor_seconds, start_timely, telling

REQUEST = f'GET {PATH} HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n'.encode()


def resident_kb(process):
    status = Path(f'/proc/{process.pid}/status').read_text(encoding='utf-8')
    return int(re.search(r'VmRSS:\s+(\d+)', status)[1])


def open_connection(port, context):
    connection = socket.create_connection(('127.0.0.1', port), 30)
    if context:
        connection = context.wrap_socket(connection)
    connection.sendall(REQUEST)
    assert connection.recv(4096).startswith(b'HTTP/1.1 304')
    return connection


def measure_idle(name, process, port, context, count):
    before = resident_kb(process)
    connections = [open_connection(port, context) for _ in range(count)]
    used = resident_kb(process) - before
    connections[0].sendall(REQUEST)                           # the oldest is still served
    assert connections[0].recv(4096).startswith(b'HTTP/1.1 304')
    print(f'{count} idle connections, {name}: {used / 1024:.0f} MB, {used / count:.1f} kB each', flush=True)
    for connection in connections:
        connection.close()


def measure_handshakes(name, process, port, kind):
    before = processor_seconds(process)
    said = subprocess.run(['taskset', '-c', str(CLIENT_CORE), 'openssl', 's_time', '-connect', f'127.0.0.1:{port}', kind, '-time', '3', '-tls1_2'],
                          capture_output=True, text=True, check=True).stdout
    count = int(re.search(r'(\d+) connections in \d+ real seconds', said)[1])
    print(f'TLS connections, {name}: {count / 3:.0f}/s, {1e6 * (processor_seconds(process) - before) / count:.0f} us of processor each', flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    options.add_argument('driver')
    options.add_argument('run_driver')
    options.add_argument('--connections', type=int, default=10_000)
    o = options.parse_args()
    os.environ['RUN_DRIVER'] = o.run_driver
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    room = {'connections': o.connections + 10, 'per_address': o.connections + 10, 'idle_s': 600}
    folder = Path(tempfile.mkdtemp(prefix='bench-idle-'))
    processes = []
    try:
        certificate = make_certificate(folder)
        context = ssl.create_default_context(cafile=certificate[0])
        context.check_hostname = False
        with telling.Server() as pg:
            feed = Feed(pg, folder)
            for name, port, tls in ('clear text', 18480, None), ('TLS', 18481, certificate):
                processes.append(start_timely(o.driver, feed.conninfo, port, tls, **room))
                measure_idle(name, processes[-1], port, context if tls else None, o.connections)
            measure_handshakes('new', processes[-1], 18481, '-new')
            measure_handshakes('resumed', processes[-1], 18481, '-reuse')
            end(processes)
            processes.clear()
    finally:
        end(processes)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == '__main__':
    main()
