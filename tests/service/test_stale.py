"""A feed whose data is old says so, and is never empty: the case database was not read, or the store is away.

SERVE_DRIVER names the program.
"""
import datetime

import icalendar
import pytest

from serving import Postgres, Server, Store, TOKEN, calendar, wait_until

BODY = calendar(3)


@pytest.fixture
def pg():
    with Postgres() as server:
        yield server


def entries(answer):
    assert answer.status == 200
    assert answer.content.count(b'END:VCALENDAR') == 1 and answer.content.endswith(b'END:VCALENDAR\r\n')
    return {str(e['UID']): e for e in icalendar.Calendar.from_ical(answer.content).walk('VEVENT')}


def read(pg, ago):
    """The case database was last read so long ago, when business time was noon of 2 April 2024 in England."""
    pg.ask("UPDATE timely.state SET read_at = now() - %s::interval, read_business_at = '2024-04-02T11:00Z'", (ago,))
    pg.ask('NOTIFY timely_feed')


# Points: 10, 21
def test_old_data_says_so_and_stays(pg):
    store = Store(pg)
    store.feed(TOKEN)
    etag = store.body(BODY)
    read(pg, '25 hours 50 minutes')
    with Server(pg.conninfo(user='timely_web')) as server:
        server.ready()
        assert len(entries(server.ask())) == 3 and server.ask().headers['ETag'] == etag
        read(pg, '2 days 1 hour')
        answer = wait_until(lambda: (a := server.ask()).headers['ETag'] != etag and a)
        shown = entries(answer)
        said = shown.pop('data-as-of@timely')
        assert len(shown) == 3 and str(said['SUMMARY']) == 'Data as of Tuesday 2 April 2024, 12:00'
        assert said['DTSTART'].dt == datetime.date(2024, 4, 4) and said['TRANSP'] == 'TRANSPARENT'
        assert server.ask(If_None_Match=answer.headers['ETag']).status == 304
        assert server.ask(If_None_Match=etag).status == 200
        assert server.ask(If_Modified_Since=answer.headers['Last-Modified']).status == 304
        assert server.ask(Accept_Encoding='gzip').headers['ETag'] == answer.headers['ETag'], 'one coding is enough'
        # On the next day it is that day's.
        read(pg, '3 days 1 hour')
        answer = wait_until(lambda: (a := server.ask()).headers['ETag'] != answer.headers['ETag'] and a)
        assert entries(answer)['data-as-of@timely']['DTSTART'].dt == datetime.date(2024, 4, 5)
        pg.stop()
        wait_until(lambda: server.metric('timely_store_connected') == 0)
        assert entries(server.ask()).keys() == {*shown, 'data-as-of@timely'}, 'the store is away, the calendar is not'
