// Civil dates and moments: days as people in England write them. No time zone is consulted here.
#pragma once

#include "arena.h"

#include <limits.h>
#include <stdint.h>

// Days since 1970-01-01 in the proleptic Gregorian calendar.
struct date {
    int32_t day;
};
#define DATE_NONE ((struct date){INT32_MIN})

// A civil time in Europe/London. minute is 0…1439, or -1 when only the day is known.
struct moment {
    struct date on;
    int32_t minute;
};
#define MOMENT_NONE ((struct moment){DATE_NONE, -1})

static inline bool date_known(struct date d)
{
    return d.day != INT32_MIN;
}
static inline bool date_is(struct date a, struct date b)
{
    return a.day == b.day;
}
static inline int date_cmp(struct date a, struct date b)
{
    return (a.day > b.day) - (a.day < b.day);
}

// Any year from 1 to 9999; the month and day must exist (asserted: outside text goes through
// date_parse).
struct date date_make(int year, int month, int day);
void date_split(struct date d, int *year, int *month, int *day);
int date_weekday(struct date d); // 0 Monday … 6 Sunday
struct date date_add_days(struct date d, int days);

// Whole calendar months by the corresponding-date rule (Dodds v Walker, House of Lords 1981; the
// register 2.6): the same-numbered day, or the later month's last day if there is none. Always add
// the whole period to the anchor, never a month at a time. `months` may be negative. The answer
// may leave the years 1 to 9999, which span_apply() refuses.
struct date date_add_months(struct date d, int months);

// The day on which somebody born on `born` reaches `age`: 29 February gives 1 March in a common
// year, which month arithmetic does not (register 3.18).
struct date birthday(struct date born, int age);

// "YYYY-MM-DD", years 0001 to 9999, nothing else before or after.
MUST_USE bool date_parse(const char *s, struct date *ret);
// "YYYY-MM-DD" or "YYYY-MM-DD[T ]HH:MM[:SS]"; without a time minute is -1.
MUST_USE bool moment_parse(const char *s, struct moment *ret);

// Texts live in the arena: "2025-01-15"; "Wednesday 15 January 2025"; "2025-03-31T10:00" (the day
// alone when the minute is unknown). DATE_NONE gives "unknown".
const char *date_iso(struct arena *a, struct date d);
const char *date_words(struct arena *a, struct date d);
const char *moment_iso(struct arena *a, struct moment m);
const char *moment_words(struct arena *a, struct moment m); // "Wednesday 15 January 2025, 10:00"

int moment_cmp(struct moment a, struct moment b); // an unknown minute counts as 00:00
