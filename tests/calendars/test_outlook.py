"""The models refuse what they must, so that what they take means something."""
import email
import email.policy

import pytest

from authority import ROOT
from outlook import NotShown, calendar_part, exchange, google_adds, imported

GOLDEN = ROOT / 'tests' / 'messages' / 'golden'


def golden(name):
    return (GOLDEN / name).read_bytes().replace(b'\r\n ', b'')


def message(name='mail-invite.eml'):
    return email.message_from_bytes((GOLDEN / name).read_bytes(), policy=email.policy.default)


@pytest.mark.parametrize('old, new', [
    (b'BYDAY=-1SU;', b''), (b'FREQ=YEARLY', b'FREQ=MONTHLY'), (b'TZOFFSETTO:+0100\r\n', b''),
    (b'TZID:Europe/London', b'TZID:Europe/Paris'), (b'DTSTART;TZID=Europe/London', b'DTSTART'),
    (b'END:STANDARD', b'RDATE:19800101T000000\r\nEND:STANDARD')])
def test_a_zone_that_outlook_cannot_use(old, new):
    good = golden('invite-meeting.ics')
    assert old in good and imported(good)
    with pytest.raises(NotShown):
        imported(good.replace(old, new))


def test_a_sequence_of_its_own_wins_and_an_odd_alarm_is_fifteen_minutes():
    good = golden('invite-meeting.ics')
    assert imported(good)[0].sequence == 1 and imported(good)[0].alarm == 30
    odd = good.replace(b'SEQUENCE:1', b'SEQUENCE:1\r\nX-MICROSOFT-CDO-APPT-SEQUENCE:9').replace(b'TRIGGER:-PT30M', b'TRIGGER:PT30M')
    assert imported(odd)[0].sequence == 9 and imported(odd)[0].alarm == 15


def test_a_part_where_exchange_does_not_look():
    assert calendar_part(message()) is not None
    moved = message()
    moved._payload.reverse()  # the attachment first
    assert calendar_part(moved) is None
    odd = message()
    calendar_part(odd).set_param('method', 'PUBLISH')
    assert calendar_part(odd) is None


def test_whom_google_and_exchange_take_it_for():
    assert google_adds(message(), 'ivy.hart@council.example')
    assert not google_adds(message(), 'somebody@council.example')
    with pytest.raises(NotShown):
        exchange(message(), 'timely@council.example')
