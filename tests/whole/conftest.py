"""Councils for the plays. A play that fails shows what the daemon said."""
import pytest

from council import ROOT, Council, tiny


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.when == 'call' and report.failed:
        for value in item.funcargs.values():
            if isinstance(value, Council):
                report.sections.append(('the council', value.logs()))


@pytest.fixture(scope='session', autouse=True)
def parser():
    if not (ROOT / 'tests' / 'node_modules' / 'ical.js').is_dir():
        pytest.fail('ical.js is missing: run npm ci --prefix tests')


@pytest.fixture(scope='module')
def council():
    """Shared by a file's plays: each has children and workers of its own."""
    made = tiny(*[f'W{n}' for n in range(1, 30)])
    yield made
    made.close()
