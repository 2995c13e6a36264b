// Civil dates: the proleptic Gregorian calendar as day numbers, reading and writing of dates, and
// the month arithmetic of the law. The day-number formulas count from 1 March, so that the leap day
// is the last of its year, in eras of 400 years (146097 days) that all look alike.
#include "date.h"

#include <assert.h>

#define MINUTES_PER_DAY 1440
#define DAYS_PER_ERA 146097
#define EPOCH_FROM_MARCH_0 719468 // days from 1 March of the year 0 to 1 January 1970

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int month_length(int64_t year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : lengths[month - 1];
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// Any year, so that arithmetic on dates near the ends of the range stays total.
static struct date from_civil(int64_t year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    int64_t days = era * DAYS_PER_ERA + day_of_era - EPOCH_FROM_MARCH_0;

    assert(days > INT32_MIN && days <= INT32_MAX);
    return (struct date){(int32_t)days};
}

struct date date_make(int year, int month, int day)
{
    assert(year >= 1 && year <= 9999);
    assert(month >= 1 && month <= 12);
    assert(day >= 1 && day <= month_length(year, month));
    return from_civil(year, month, day);
}

void date_split(struct date d, int *year, int *month, int *day)
{
    assert(date_known(d));
    int64_t days = (int64_t)d.day + EPOCH_FROM_MARCH_0;
    int64_t era = floor_div(days, DAYS_PER_ERA);
    int64_t of_era = days - era * DAYS_PER_ERA;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2));
}

int date_weekday(struct date d)
{
    assert(date_known(d));
    int64_t from_monday = ((int64_t)d.day + 3) % 7; // 1 January 1970 was a Thursday

    return (int)(from_monday < 0 ? from_monday + 7 : from_monday);
}

struct date date_add_days(struct date d, int days)
{
    int32_t sum;

    assert(date_known(d));
    bool overflow = __builtin_add_overflow(d.day, days, &sum);
    assert(!overflow && sum != INT32_MIN);
    return (struct date){sum};
}

struct date date_add_months(struct date d, int months)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    int64_t total = (int64_t)year * 12 + month - 1 + months;
    int64_t to_year = floor_div(total, 12);
    int to_month = (int)(total - to_year * 12) + 1;
    int length = month_length(to_year, to_month);

    return from_civil(to_year, to_month, day < length ? day : length);
}

struct date birthday(struct date born, int age)
{
    int year, month, day;

    date_split(born, &year, &month, &day);
    int64_t to_year = (int64_t)year + age;
    if (month == 2 && day == 29 && !is_leap(to_year))
        return from_civil(to_year, 3, 1);
    return from_civil(to_year, month, day);
}

// Exactly `count` digits at *s; moves *s past them.
static bool take_number(const char **s, int count, int *ret)
{
    int value = 0;

    for (int i = 0; i < count; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    *s += count;
    *ret = value;
    return true;
}

static bool take_char(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static bool take_date(const char **s, struct date *ret)
{
    int year, month, day;

    if (!take_number(s, 4, &year) || !take_char(s, '-') || !take_number(s, 2, &month) ||
        !take_char(s, '-') || !take_number(s, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_length(year, month))
        return false;
    *ret = from_civil(year, month, day);
    return true;
}

bool date_parse(const char *s, struct date *ret)
{
    struct date d;

    if (!take_date(&s, &d) || *s != '\0')
        return false;
    *ret = d;
    return true;
}

bool moment_parse(const char *s, struct moment *ret)
{
    struct moment m = MOMENT_NONE;
    int hour, minute, second = 0;

    if (!take_date(&s, &m.on))
        return false;
    if (*s != '\0') {
        if (!take_char(&s, 'T') && !take_char(&s, ' '))
            return false;
        if (!take_number(&s, 2, &hour) || !take_char(&s, ':') || !take_number(&s, 2, &minute))
            return false;
        if (take_char(&s, ':') && !take_number(&s, 2, &second))
            return false;
        if (*s != '\0' || hour > 23 || minute > 59 || second > 59)
            return false;
        m.minute = hour * 60 + minute;
    }
    *ret = m;
    return true;
}

const char *date_iso(struct arena *a, struct date d)
{
    int year, month, day;

    if (!date_known(d))
        return "unknown";
    date_split(d, &year, &month, &day);
    return arena_printf(a, "%04d-%02d-%02d", year, month, day);
}

const char *date_words(struct arena *a, struct date d)
{
    static const char *const weekdays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                           "Friday", "Saturday", "Sunday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    int year, month, day;

    if (!date_known(d))
        return "unknown";
    date_split(d, &year, &month, &day);
    return arena_printf(a, "%s %d %s %d", weekdays[date_weekday(d)], day, months[month - 1], year);
}

static const char *with_time(struct arena *a, const char *day, const char *between, int32_t minute)
{
    if (minute < 0)
        return day;
    assert(minute < MINUTES_PER_DAY);
    return arena_printf(a, "%s%s%02d:%02d", day, between, minute / 60, minute % 60);
}

const char *moment_iso(struct arena *a, struct moment m)
{
    return with_time(a, date_iso(a, m.on), "T", m.minute);
}

const char *moment_words(struct arena *a, struct moment m)
{
    return with_time(a, date_words(a, m.on), ", ", m.minute);
}

int moment_cmp(struct moment a, struct moment b)
{
    int32_t x = a.minute < 0 ? 0 : a.minute;
    int32_t y = b.minute < 0 ? 0 : b.minute;
    int days = date_cmp(a.on, b.on);

    return days != 0 ? days : (x > y) - (x < y);
}
