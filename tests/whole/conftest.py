"""Councils for the plays. A play that fails shows what the daemon said."""
import pytest

from council import ROOT, Council


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


def tiny(*workers, load=None, before=None, **settings):
    """A started council with one child that was known before; `load`: the files of an authority; `before`: does more
    before the first start."""
    made = Council(**settings)
    try:
        made.people('W0', *workers)
        made.history('W0', 'OLD')
        if load:
            made.load(load)
        if before:
            before(made)
        made.start_daemon()
        made.start_web()
        made.settled(seconds=300)
    except BaseException:
        print(made.logs())
        made.close()
        raise
    return made


@pytest.fixture(scope='module')
def council():
    """Shared by a file's plays: each has children and workers of its own."""
    made = tiny(*[f'W{n}' for n in range(1, 30)])
    yield made
    made.close()
