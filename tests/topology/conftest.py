"""One server for all, with a council as a template; each test has its own databases."""
import itertools
import os
import subprocess
import sys

import pytest
from topology import ROOT, Installation, Postgres, Store, copy_database, make_source


@pytest.fixture(scope='session')
def pg():
    with Postgres() as server:
        yield server


@pytest.fixture(scope='session')
def second_pg():
    """The store's server, where it is another than the source's."""
    with Postgres() as server:
        yield server


@pytest.fixture(scope='session')
def sample(tmp_path_factory):
    """The files of a small authority: what is tested here is how its tables are watched, and every reading takes them all.
    With TIMELY_LONG=1 it is the sample authority's size."""
    folder = tmp_path_factory.mktemp('sample') / 'files'
    size = ['mk-2023-24'] if os.environ.get('TIMELY_LONG') else ['plain', '--children', '400']
    subprocess.run([sys.executable, str(ROOT / 'tests' / 'sample' / 'generate_caseload.py'), '--profile', *size,
                    '--as-at', '2024-03-31', '--quiet', '--out', str(folder)], check=True)
    return folder


@pytest.fixture(scope='session')
def council(pg, sample):
    """A template: the sample's tables and the views over them."""
    return make_source(pg, 'council', sample)


@pytest.fixture
def name(numbers=itertools.count(1)):
    return f'case{next(numbers)}'


@pytest.fixture
def source(council, name):
    return copy_database(council, name)


@pytest.fixture
def store(pg, name):
    pg.psql(f'CREATE DATABASE store_{name}', database='postgres')
    return Store(pg, f'store_{name}')


@pytest.fixture(scope='session')
def after_first_start(pg, council, tmp_path_factory):
    """A template: the store of a daemon that has recorded the council and has nothing more to say."""
    pg.psql('CREATE DATABASE known', database='postgres')
    store = Store(pg, 'known')
    timely = Installation(tmp_path_factory.mktemp('first'), council.conninfo(), store.conninfo())
    timely('migrate')
    timely.start()
    store.settled()
    store.read_again()
    timely.stop()
    return store


@pytest.fixture
def known(after_first_start, name):
    """A store that knows what is in `source`."""
    copy_database(after_first_start, f'known_{name}')
    return Store(after_first_start.pg, f'known_{name}')


@pytest.fixture
def installation(tmp_path):
    """Makes an Installation; its daemon is stopped at the end."""
    made = []

    def install(source, store, settings='', rest=''):
        made.append(Installation(tmp_path, source, store, settings, rest))
        return made[-1]
    yield install
    for one in made:
        one.stop()
