"""The oracle's calendar: working days, months, birthdays and clock time of England and Wales.

Written from the rules of the law, a day at a time, and slow on purpose: what is simple enough to
be read is what the product's tables are compared with. Nothing here is shared with the product or
read from its data.
"""

import datetime
import functools

ONE_DAY = datetime.timedelta(days=1)

# Years in which a movable Monday was set aside for another day.
EARLY_MAY_MOVED = {1995: (5, 8), 2020: (5, 8)}  # fifty and seventy-five years after 1945
SPRING_MOVED = {2002: (6, 4), 2012: (6, 4), 2022: (6, 2)}  # jubilees
# Days proclaimed for one year only.
ONCE = {
    1999: [(12, 31)],  # the millennium
    2002: [(6, 3)],  # golden jubilee
    2011: [(4, 29)],  # royal wedding
    2012: [(6, 5)],  # diamond jubilee
    2022: [(6, 3), (9, 19)],  # platinum jubilee; state funeral
    2023: [(5, 8)],  # coronation
}


def easter_sunday(year):
    """The Gregorian Easter by the ecclesiastical new moon: golden number, century corrections,
    epact.
    """
    golden = year % 19 + 1
    century = year // 100 + 1
    dropped_leap_days = 3 * century // 4 - 12
    moon_correction = (8 * century + 5) // 25 - 5
    sunday = 5 * year // 4 - dropped_leap_days - 10
    epact = (11 * golden + 20 + moon_correction - dropped_leap_days) % 30
    if epact == 24 or (epact == 25 and golden > 11):
        epact += 1
    full_moon = 44 - epact
    if full_moon < 21:
        full_moon += 30
    march = full_moon + 7 - (sunday + full_moon) % 7
    return datetime.date(year, 3, 1) + (march - 1) * ONE_DAY


def first_monday(year, month):
    day = datetime.date(year, month, 1)
    while day.weekday() != 0:
        day += ONE_DAY
    return day


def last_monday(year, month):
    day = datetime.date(year, month, 31)
    while day.weekday() != 0:
        day -= ONE_DAY
    return day


@functools.lru_cache(maxsize=None)
def bank_holidays(year):
    """Bank and common-law holidays of England and Wales as they are kept: a substitute for one at
    a weekend.
    """
    days = {easter_sunday(year) - 2 * ONE_DAY, easter_sunday(year) + ONE_DAY}
    days.add(
        datetime.date(year, *EARLY_MAY_MOVED[year])
        if year in EARLY_MAY_MOVED
        else first_monday(year, 5)
    )
    days.add(
        datetime.date(year, *SPRING_MOVED[year]) if year in SPRING_MOVED else last_monday(year, 5)
    )
    days.add(last_monday(year, 8))
    days.update(datetime.date(year, *once) for once in ONCE.get(year, ()))
    new_year = datetime.date(year, 1, 1)
    while new_year.weekday() > 4:
        new_year += ONE_DAY
    days.add(new_year)
    # Christmas Day and Boxing Day by the weekday of the 25th: a Friday, a Saturday or a Sunday
    # needs substitutes.
    kept = {4: (25, 28), 5: (27, 28), 6: (26, 27)}.get(
        datetime.date(year, 12, 25).weekday(), (25, 26)
    )
    days.update(datetime.date(year, 12, number) for number in kept)
    return frozenset(days)


@functools.lru_cache(maxsize=None)
def is_working_day(day):
    return day.weekday() < 5 and day not in bank_holidays(day.year)


@functools.lru_cache(maxsize=None)
def add_working_days(day, count):
    """Day 0 is the day itself, working or not; day 1 the first working day after it."""
    while count:
        day += ONE_DAY
        if is_working_day(day):
            count -= 1
    return day


def working_days_before(day, count):
    """The same backwards: day 1 is the last working day before it."""
    while count:
        day -= ONE_DAY
        if is_working_day(day):
            count -= 1
    return day


def working_day_on_or_before(day):
    while not is_working_day(day):
        day -= ONE_DAY
    return day


def add_weeks(day, count):
    return day + datetime.timedelta(weeks=count)


def add_months(day, count):
    """The same-numbered day, or the last of the month where there is none."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    number = day.day
    while True:
        try:
            return datetime.date(year, month, number)
        except ValueError:
            number -= 1


def birthday(born, age):
    """29 February is reached on 1 March in a common year."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return datetime.date(born.year + age, 3, 1)


def clock_change(year, month):
    """01:00 universal time on the last Sunday of March or October; until 1995 on the fourth of
    October.
    """
    day = datetime.date(year, month, 28 if month == 10 and year < 1996 else 31)
    while day.weekday() != 6:
        day -= ONE_DAY
    return datetime.datetime(day.year, day.month, day.day, 1)


def is_summer(universal):
    return clock_change(universal.year, 3) <= universal < clock_change(universal.year, 10)


def from_london(civil):
    """Universal time of a civil time: the first of an hour that comes twice; past the gap for one
    that never comes.
    """
    summer = civil - datetime.timedelta(hours=1)
    return summer if is_summer(summer) else civil


def to_london(universal):
    return universal + datetime.timedelta(hours=1) if is_summer(universal) else universal


def hours_before(civil, hours):
    """Elapsed hours: a change of the clocks neither adds nor loses one."""
    return to_london(from_london(civil) - datetime.timedelta(hours=hours))


def hours_after(civil, hours):
    return to_london(from_london(civil) + datetime.timedelta(hours=hours))


def office_close_on_or_before(civil):
    """The time itself from 09:00 to 17:00 of a working day, else 17:00 of the working day before
    it.
    """
    day, minute = civil.date(), civil.hour * 60 + civil.minute
    if is_working_day(day) and 9 * 60 <= minute <= 17 * 60:
        return civil
    if minute < 9 * 60 or not is_working_day(day):
        day = working_day_on_or_before(day - ONE_DAY)
    return datetime.datetime(day.year, day.month, day.day, 17)
