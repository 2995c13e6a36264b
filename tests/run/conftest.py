"""One server for a run; each test has a store of its own on it, from which mail goes out live."""
import pytest

from telling import Server


@pytest.fixture(scope='session')
def pg():
    with Server() as server:
        yield server


@pytest.fixture
def store(pg, tmp_path):
    store = pg.store(tmp_path)
    store.configure(delivery='live', allowed_domains='council.example')
    return store
