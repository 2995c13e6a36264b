"""Where tests put the clusters that they throw away: into memory where there is plenty, since durability is off there
anyway; or where TIMELY_SCRATCH says."""
import contextlib
import os
import shutil
import tempfile
from pathlib import Path

MEMORY = '/dev/shm'
PLENTY = 8 << 30  # bytes; a run of all tests needs less than a quarter of it


def available_memory():
    for line in Path('/proc/meminfo').read_text(encoding='ascii').splitlines():
        name, value = line.split(':')
        if name == 'MemAvailable':
            return int(value.split()[0]) << 10
    return 0


def scratch(prefix):
    """A new folder with a short path, since that of a socket may have no more than 107 bytes, into which other users may
    look: servers do not run as root. The caller removes it."""
    plenty = os.access(MEMORY, os.W_OK) and min(shutil.disk_usage(MEMORY).free, available_memory()) >= PLENTY
    place = os.environ.get('TIMELY_SCRATCH') or (MEMORY if plenty else '/tmp')
    return made(prefix, place)


def made(prefix, place):
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
    folder.chmod(0o755)
    return folder


@contextlib.contextmanager
def open_folder():
    """A folder into which other users may look, and from which programs may be started. One of pytest's is shut to them
    whenever another pytest starts."""
    folder = made('open-', '/tmp')
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
