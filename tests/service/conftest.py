"""One PostgreSQL and one server for the tests that leave both as they were."""
import pytest

from serving import BODY, TOKEN, Postgres, Server, Store, wait_until


@pytest.fixture(scope='module')
def pg():
    with Postgres() as server:
        yield server


@pytest.fixture(scope='module')
def store(pg):
    s = Store(pg)
    s.feed(TOKEN)
    s.heartbeat()
    return s


@pytest.fixture
def etag(store):
    return store.body(BODY)


@pytest.fixture(scope='module')
def conninfo(pg):
    return pg.conninfo(user='timely_web')


@pytest.fixture(scope='module')
def one_server(store, conninfo):
    with Server(conninfo) as s:
        yield s.ready()


@pytest.fixture
def shared(one_server, etag):
    """Other tests take its database away: it may still be on its way back."""
    wait_until(lambda: one_server.ask().headers['ETag'] == etag, 30)
    return one_server
