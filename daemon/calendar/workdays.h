// Working days: Monday to Friday without the bank holidays of a division of the United Kingdom and,
// for a local calendar, an authority's own closure days (register 2.2 to 2.4).
//
// Built once, then immutable; adding N working days is two table look-ups. Known holidays end with
// the data's last year (the horizon): beyond it fixed and movable holidays are derived, up to
// 31 December 2079, and every answer that rests on a derived year is provisional.
#pragma once

#include "date.h"

enum division { ENGLAND_AND_WALES, SCOTLAND, NORTHERN_IRELAND };

struct workdays;

struct holiday {
    struct date on;
    const char *title; // "Good Friday", "Boxing Day (substitute day)"; "closed" for a closure
    bool closure;      // an authority's own closure day, not a bank holiday
    bool dropped;      // only of changes: the day is a bank holiday no longer
};

// Reads the product's bank holidays (GOV.UK's JSON form) for a division, with changes beside them:
// an authority's closure days, and bank holidays that were proclaimed or dropped since, of which
// the last about a day counts. Proclaimed days that make a year after the last published one full
// make it a published one. FAULT_INPUT with the place for a bad file (holidays.h says what is bad)
// and for a change outside the table; one at a weekend and a closure on a bank holiday are idle.
MUST_USE bool workdays_load(const char *json_path, enum division division,
                            const struct holiday *changes, size_t change_count,
                            struct workdays **ret, struct error *err);
void workdays_free(struct workdays *w);

// First date answered: 1 January of the data's first year.
struct date workdays_first(const struct workdays *w);
// Last day with published holidays: 31 December of the last year that the data or the changes have.
struct date workdays_horizon(const struct workdays *w);
// Last date answered.
struct date workdays_last(const struct workdays *w);

// False outside the table.
bool is_working_day(const struct workdays *w, struct date d);
// The bank holiday or closure that falls on `d`, or NULL (a weekend has none).
const struct holiday *holiday_on(const struct workdays *w, struct date d);

// The last day still "within n working days of" start: day 0 is start, working or not; day 1 is the
// first working day after it (register 2.4). n = 0 gives start itself. Negative n counts back: -1
// is the last working day before start. FAULT_INPUT when start or answer lies outside the table.
MUST_USE bool working_days_after(const struct workdays *w, struct date start, int n,
                                 struct date *ret, struct error *err);

// Working days in (from, to]; 0 when to is not after from; -1 when either is outside the table.
int working_days_between(const struct workdays *w, struct date from, struct date to);
// DATE_NONE when the table has no such day.
struct date working_day_on_or_before(const struct workdays *w, struct date d);
struct date working_day_on_or_after(const struct workdays *w, struct date d);
// True when the day is past the horizon.
bool is_provisional(const struct workdays *w, struct date d);
