"""Clusters that tests copy instead of making one each, which costs seconds of a processor. ./check makes them, names their
folder in TIMELY_CLUSTER and removes it in the end:

    data        a PostgreSQL cluster that was never started (support/pg.py)
    embedded    what `timely migrate --embedded` makes in a new folder
    sample      the same with the sample authority in it
"""
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from pg import Postgres

ROOT = Path(__file__).resolve().parents[2]


def plant(folder, what='embedded'):
    """A folder for --embedded, as an empty store is in one, or what else there is; False where there is no template, and the
    program makes it."""
    if 'TIMELY_CLUSTER' not in os.environ:
        return False
    subprocess.run(['cp', '-a', os.environ['TIMELY_CLUSTER'] + '/' + what, str(folder)], check=True)
    return True


def timely(folder, *words):
    build = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))
    subprocess.run([str(build / 'timely'), *map(str, words), '--embedded', str(folder)], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, env={**os.environ, 'TIMELY_DATA': str(ROOT)}, check=True)


def fill(folder, files):
    """Takes in an authority's files, and what follows from them."""
    timely(folder, 'import', 'ssd', files)
    timely(folder, 'import', 'directory', files / 'directory.csv')
    timely(folder, 'import', 'events', files / 'events.csv')
    timely(folder, 'due')


def make():
    folder = Postgres().make_template()
    timely(folder / 'embedded', 'migrate')
    subprocess.run(['cp', '-a', folder / 'embedded', folder / 'sample'], check=True)
    with tarfile.open(ROOT / 'tests' / 'sample' / 'mk-2023-24.tar.xz') as archive:
        archive.extractall(folder)
    fill(folder / 'sample', folder / 'mk-2023-24')
    shutil.rmtree(folder / 'mk-2023-24')
    return folder


if __name__ == '__main__':
    print(make())
