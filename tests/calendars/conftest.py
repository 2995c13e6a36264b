"""One server for the tests of a file, that knows the migrations of its stores as a daemon does."""
import pytest

from authority import Server


@pytest.fixture(scope='module')
def server():
    with Server() as running:
        running.know_migrations()
        yield running
