"""One server for all tests of the source; each test that changes something has a database of its own."""
import itertools
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests' / 'support'))

from pg import Postgres  # noqa: E402 (found through the line above)

SQL = ROOT / 'sql' / 'source'
SCHEMA = 'ssd_development'


class Source:
    """A database with the dataset's tables in a schema of the council's."""

    def __init__(self, pg, name):
        self.pg, self.name = pg, name

    def ask(self, sql, values=None, user=None):
        return self.pg.ask(sql, values, database=self.name, user=user)

    def one(self, sql, values=None):
        return self.ask(sql, values)[0][0]

    def run(self, sql):
        self.ask(f'SET search_path = {SCHEMA}; {sql}; RESET search_path')

    def views(self):
        """(Re)creates the views; returns what psql warned of."""
        said = self.pg.psql(file=SQL / 'ssd.sql', database=self.name, search_path=SCHEMA).stderr
        return ''.join(line for line in said.splitlines(True) if 'NOTICE' not in line)

    def facts(self, kind, columns='ref'):
        return sorted(self.ask(f'SELECT {columns} FROM timely_source.fact WHERE kind = %s', [kind]), key=repr)

    def missing(self):
        return set(self.ask('SELECT piece, table_name, column_name, effect FROM timely_source.missing_piece'))


@pytest.fixture(scope='session')
def pg():
    with Postgres() as server:
        server.psql('CREATE ROLE timely_read LOGIN')
        empty = Source(server, 'empty')
        server.psql('CREATE DATABASE empty', database='postgres')
        server.psql(f'CREATE SCHEMA {SCHEMA}', database='empty')
        server.psql(file=SQL / 'ssd-tables.sql', database='empty', search_path=SCHEMA)
        assert empty.views() == ''
        yield server


@pytest.fixture(scope='session')
def sample(tmp_path_factory):
    """The folder of the sample authority's files."""
    folder = tmp_path_factory.mktemp('sample')
    with tarfile.open(ROOT / 'tests' / 'sample' / 'mk-2023-24.tar.xz') as archive:
        archive.extractall(folder)
    return folder / 'mk-2023-24'


def load(pg, name, folder):
    pg.copy(name, 'empty')
    for file in sorted(folder.glob('ssd_*.csv')):
        pg.copy_in(f'{SCHEMA}.{file.stem}', file, database=name)
    return Source(pg, name)


@pytest.fixture(scope='session')
def loaded(pg, sample):
    """The sample; not to be changed."""
    return load(pg, 'loaded', sample)


@pytest.fixture
def source(pg, numbers=itertools.count(1)):
    """Empty tables with the views over them, for the test to change."""
    name = f'source_{next(numbers)}'
    pg.copy(name, 'empty')
    yield Source(pg, name)
    pg.psql(f'DROP DATABASE {name} WITH (FORCE)', database='postgres')
