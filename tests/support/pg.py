"""A PostgreSQL server of a test's own: a fresh cluster in a temporary folder, reached by a socket in it only.

    with Postgres() as pg:
        pg.psql('CREATE TABLE t (n int)')
        with pg.connect() as connection: ...

Run as root, the server runs as the user postgres, as it demands. Durability is off: a test's data is not worth a sync.
"""
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

import asking
from scratch import scratch

BIN = sorted(Path('/usr/lib/postgresql').glob('*/bin'), key=lambda p: int(p.parent.name))[-1]
FAST = {'fsync': 'off', 'synchronous_commit': 'off', 'full_page_writes': 'off', 'autovacuum': 'off', 'jit': 'off'}


class Postgres:
    """`settings` go to the server's configuration, `environment` to its process. `folder` is where sockets and data are."""

    def __init__(self, database='test', settings=None):
        self.database = database
        self.environment = dict(os.environ)
        self.settings = {**FAST, **(settings or {})}
        self.folder = scratch('pg-')
        self.data = self.folder / 'data'
        self.log = self.folder / 'log'
        self.user = 'postgres' if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.running = False

    def __enter__(self):
        try:
            self.create()
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *_):
        self.remove()

    def _server(self, program, *arguments):
        """Runs one of the server's programs as the user that the server runs as."""
        command = [str(BIN / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ['runuser', '-u', 'postgres', '--'] + command
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, cwd='/', env=self.environment, check=False)
        if done.returncode:
            log = self.log.read_text() if self.log.exists() else ''
            raise RuntimeError(f'{program}: {done.stdout}\n{log}')
        return done.stdout

    def make_template(self):
        """A cluster that was never started, to copy; it stays. Its folder."""
        self._give_folder()
        self._server('initdb', '-D', self.data, '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'trust', '-N')
        return self.folder

    def _give_folder(self):
        if os.geteuid() == 0:
            os.chown(self.folder, *pwd.getpwnam('postgres')[2:4])

    def create(self):
        template = os.environ.get('TIMELY_CLUSTER')
        if template:
            self._give_folder()
            subprocess.run(['cp', '-a', f'{template}/data', self.data], check=True)
        else:
            self.make_template()
        with open(self.data / 'postgresql.conf', 'a', encoding='utf-8') as conf:
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n")
            conf.writelines(f"{name} = '{value}'\n" for name, value in self.settings.items())

    def start(self):
        # Through a file: a pipe that the server inherits would never close.
        self._server('pg_ctl', '-D', self.data, '-l', self.log, '-w', '-t', '60', 'start')
        self.running = True
        if self.database not in self.databases():
            self.psql(f'CREATE DATABASE "{self.database}"', database='postgres')
        return self

    def stop(self, mode='fast'):
        """'immediate' is a crash: nothing is written, start() recovers."""
        if self.running:
            self.running = False
            self._server('pg_ctl', '-D', self.data, '-m', mode, '-w', 'stop')

    def restart(self, mode='fast'):
        self.stop(mode)
        return self.start()

    def remove(self):
        try:
            self.stop('immediate')
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def conninfo(self, database=None, user=None):
        return f'host={self.folder} dbname={database or self.database} user={user or self.user}'

    def connect(self, database=None, user=None, autocommit=True):
        connection = psycopg2.connect(self.conninfo(database, user))
        if autocommit:
            connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        return connection

    def ask(self, sql, values=None, database=None, user=None):
        """The rows of one statement, on a connection that is kept."""
        return asking.ask(self.conninfo(database, user), sql, values)

    def copy(self, name, template):
        """A database like another one, to which nobody is connected."""
        asking.hang_up(self.conninfo(template))
        self.ask(f'CREATE DATABASE {name} TEMPLATE {template}', database='postgres')

    def databases(self):
        return [name for name, in self.ask('SELECT datname FROM pg_database', database='postgres')]

    def psql(self, sql=None, *, file=None, database=None, user=None, search_path=None, check=True):
        """Runs statements or a file through psql, which stops at the first error; returns the finished process."""
        command = [str(BIN / 'psql'), '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d',
                   self.conninfo(database, user)]
        if search_path:
            command += ['-c', f'SET search_path = {search_path}']
        if sql:
            command += ['-c', sql]
        if file:
            command += ['-f', str(file)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f'psql: {done.stderr}')
        return done

    def copy_in(self, table, path, database=None):
        """Loads a CSV file; its header names the columns."""
        connection = self.connect(database)
        try:
            with open(path, encoding='utf-8', newline='') as rows, connection.cursor() as cursor:
                columns = rows.readline().strip()
                cursor.copy_expert(f'COPY {table} ({columns}) FROM STDIN (FORMAT csv)', rows)
        finally:
            connection.close()
