"""The model of a receiver: what it must keep, and what it must not be moved by."""
import datetime

from receiver import Calendar

EVENT = ('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nBEGIN:VEVENT\r\nUID:u\r\nSEQUENCE:{0}\r\n'
         'DTSTAMP:20240402T0800{1:02}Z\r\nDTSTART;VALUE=DATE:202404{2:02}\r\n'
         'DTEND;VALUE=DATE:202404{2:02}\r\nSUMMARY:S\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n')


def calendar(*messages):
    kept = Calendar()
    for method, sequence, second, day in messages:
        kept.take(method, EVENT.format(sequence, second, day))
    return kept


def test_the_newest_holds_in_whatever_order_they_come():
    first, second = ('REQUEST', 0, 1, 5), ('REQUEST', 1, 2, 9)
    for order in ((first, second), (second, first)):
        entry = calendar(*order).live()['u']
        assert entry.sequence == 1 and entry.starts == datetime.date(2024, 4, 9)


def test_a_repeat_changes_nothing():
    kept = calendar(('REQUEST', 0, 1, 5), ('CANCEL', 1, 2, 5), ('CANCEL', 1, 2, 5), ('REQUEST', 0, 1, 5))
    assert kept.live() == {} and kept.stale == 2


def test_a_cancelled_entry_comes_back_with_a_higher_sequence():
    assert calendar(('REQUEST', 0, 1, 5), ('CANCEL', 1, 2, 5), ('REQUEST', 2, 3, 5)).live()['u'].sequence == 2


def test_a_cancellation_of_what_never_came_is_nothing():
    assert calendar(('CANCEL', 1, 2, 5)).live() == {}
    assert calendar(('CANCEL', 1, 2, 5), ('REQUEST', 0, 1, 5)).live() == {}, 'nor does the late invite bring it back'


def test_who_forgets_takes_what_comes_in_order():
    kept = Calendar(forgetful=True)
    for message in ('REQUEST', 0, 1, 5), ('CANCEL', 1, 2, 5), ('REQUEST', 2, 3, 9):
        kept.take(message[0], EVENT.format(*message[1:]))
    assert kept.live()['u'].starts == datetime.date(2024, 4, 9)
