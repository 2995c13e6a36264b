"""Clusters that tests copy instead of making one each, which costs seconds of a processor. ./check makes them, names their
folder in TIMELY_CLUSTER and removes it in the end:

    data        a PostgreSQL cluster that was never started (support/pg.py)
    embedded    what `timely migrate --embedded` makes in a new folder
"""
import os
import subprocess
from pathlib import Path

from pg import Postgres

ROOT = Path(__file__).resolve().parents[2]


def plant(folder):
    """A folder for --embedded, as an empty store is in one; nothing where there is no template, and the program makes it."""
    if 'TIMELY_CLUSTER' in os.environ:
        subprocess.run(['cp', '-a', os.environ['TIMELY_CLUSTER'] + '/embedded', str(folder)], check=True)


def make():
    folder = Postgres().make_template()
    folder.chmod(0o755)
    build = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))
    subprocess.run([str(build / 'timely'), 'migrate', '--embedded', str(folder / 'embedded')], stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, env={**os.environ, 'TIMELY_DATA': str(ROOT)}, check=True)
    return folder


if __name__ == '__main__':
    print(make())
