"""Questions to PostgreSQL on connections that are kept: one of its own for each costs the server a process, which is most of
what many a test takes.

A connection is kept for each thread and each of a few connection strings, in autocommit. What fails, or finds that the server
has hung up meanwhile, leaves none behind, so what a question sets for its session it resets itself.
"""
import contextlib
import select
import threading

import psycopg2

MOST = 8
KEPT = threading.local()


def kept():
    """By connection string, the one that was asked least lately first."""
    return KEPT.__dict__.setdefault('by_conninfo', {})


def has_hung_up(connection):
    return bool(connection.closed or select.select([connection], [], [], 0)[0])


def hang_up(conninfo):
    connection = kept().pop(conninfo, None)
    if connection:
        connection.close()


@contextlib.contextmanager
def connection_to(conninfo):
    connection = kept().pop(conninfo, None)
    if connection and has_hung_up(connection):
        connection.close()
        connection = None
    if not connection:
        connection = psycopg2.connect(conninfo)
        connection.autocommit = True
    try:
        yield connection
    except BaseException:
        connection.close()
        raise
    kept()[conninfo] = connection
    while len(kept()) > MOST:
        hang_up(next(iter(kept())))


def ask(conninfo, sql, values=None):
    """The rows of one question."""
    with connection_to(conninfo) as connection, connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
