"""The program `timely` as people and scripts run it. TIMELY_BUILD names the folder that it was built in."""
import contextlib
import csv
import fcntl
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))

from pg import Postgres  # noqa: E402 (found through the line above)
from scratch import scratch  # noqa: E402
from template import plant  # noqa: E402

TIMELY = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build')) / 'timely'
ENVIRONMENT = {**os.environ, 'TIMELY_DATA': str(ROOT), 'LC_ALL': 'C.UTF-8'}


class Answer:
    """What a command printed and how it ended."""

    def __init__(self, done):
        self.status, self.out = done.returncode, done.stdout
        # The sanitizer has a word to say about fibers.
        self.err = ''.join(line for line in done.stderr.splitlines(True) if 'WARNING: ASan' not in line)

    def rows(self):
        return list(csv.DictReader(io.StringIO(self.out)))


class Program:
    """The program with the same words after every command: --embedded DIR, or --config FILE."""

    def __init__(self, *always):
        self.always = list(map(str, always))

    def __call__(self, *words, status=0):
        done = subprocess.run([str(TIMELY), *map(str, words), *self.always], stdin=subprocess.DEVNULL,
                              capture_output=True, encoding='utf-8', env=ENVIRONMENT, timeout=300, check=False)
        answer = Answer(done)
        assert answer.status == status, (words, answer.status, answer.out[-2000:], answer.err)
        assert 'Sanitizer' not in answer.err and 'runtime error' not in answer.err, answer.err
        return answer


@pytest.fixture
def timely():
    return Program()


@pytest.fixture(scope='session')
def folder():
    made = scratch('timely-')
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope='session')
def sample(folder):
    """The folder of the sample authority's files."""
    with tarfile.open(ROOT / 'tests' / 'sample' / 'mk-2023-24.tar.xz') as archive:
        archive.extractall(folder)
    return folder / 'mk-2023-24'


@contextlib.contextmanager
def embed(folder, files, there=False):
    """An embedded database with an authority's files in it, if they are not there, up from the first command to the end."""
    program = Program('--embedded', folder)
    if not there:
        plant(folder)
        assert program('import', 'ssd', files).err == ''
    with open(folder / 'timely.users', 'rb') as lock:  # who holds this uses the cluster
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not there:
            program('import', 'directory', files / 'directory.csv')
            program('import', 'events', files / 'events.csv')
        yield program
    program('feed', 'list')  # the last one stops the server


def settled(program):
    """The same store asked as that of a daemon is: nothing is read from the case database any more."""
    folder = Path(program.always[1])
    program('due', '--person', 'nobody')  # reads it
    config = folder.parent / f'{folder.name}.yaml'
    config.write_text(f'store: {{database: "host={folder}/data user=timely dbname=timely"}}\n')
    return Program('--config', config)


@pytest.fixture(scope='session')
def embedded(folder, sample):
    with embed(folder / 'embedded', sample, plant(folder / 'embedded', 'sample')) as program:
        yield program


@pytest.fixture(scope='session')
def council(embedded):
    return settled(embedded)


@pytest.fixture(scope='session')
def pg():
    with Postgres() as server:
        yield server


class Configured(Program):
    """The program on an empty store of a server, by a configuration file."""

    def __init__(self, pg, file, database):
        super().__init__('--config', file)
        self.pg, self.database = pg, database
        pg.psql(f'CREATE DATABASE {database}', database='postgres')
        file.write_text(f'store: {{database: "host={pg.folder} dbname={database} user={pg.user}"}}\n')

    def ask(self, sql, values=None):
        return self.pg.ask(sql, values, database=self.database)


@pytest.fixture
def empty_store(pg, tmp_path, request):
    return Configured(pg, tmp_path / 'timely.yaml', 'db_' + str(abs(hash(request.node.name))))


@pytest.fixture
def store(empty_store):
    empty_store('migrate')
    return empty_store
