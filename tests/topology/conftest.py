"""One server for all, with a council as a template; each test has its own databases."""
import itertools
import os
import subprocess
import sys

import pytest
from leading import DIRECTORY
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


@pytest.fixture(scope='session')
def begun(pg, tmp_path_factory):
    """A council whose first start is over, with a worker: a source and a store to copy."""
    source = make_source(pg, 'begun_source')
    source.run("INSERT INTO ssd_person (pers_person_id, pers_dob) VALUES ('1', '2015-01-01')")
    pg.psql('CREATE DATABASE begun_store', database='postgres')
    store = Store(pg, 'begun_store')
    timely = Installation(tmp_path_factory.mktemp('begun'), source.conninfo(), store.conninfo())
    (timely.folder / 'staff.csv').write_text(DIRECTORY)
    timely('migrate')
    timely('import', 'directory', timely.folder / 'staff.csv')
    timely.start()
    store.settled()
    timely.stop()
    assert store.ask('SELECT epoch, expires_at < now() FROM timely.leader') == [(1, True)], 'it has given the lead up'
    return source, store


@pytest.fixture
def begun_source(begun, name):
    return copy_database(begun[0], name)


@pytest.fixture
def begun_store(begun, name):
    return Store(begun[1].pg, copy_database(begun[1], f'{name}_store').name)


@pytest.fixture
def daemons(tmp_path):
    """Starts daemons, each with a folder of its own; they are stopped at the end."""
    made = []

    def start(source, conninfo, **settings):
        folder = tmp_path / f'daemon{len(made)}'
        folder.mkdir()
        made.append(Installation(folder, source.conninfo(), conninfo, **settings).start())
        return made[-1]
    yield start
    for one in made:
        one.stop()
