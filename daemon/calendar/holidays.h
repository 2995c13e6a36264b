// Bank holidays of a division of the United Kingdom: those published, read from the product's file,
// and those to be expected in later years, derived from the standing rules.
#pragma once

#include "workdays.h"

// Every day lies in these years; the tables that are built from them end with the last.
#define HOLIDAY_FIRST_YEAR 1900
#define HOLIDAY_LAST_YEAR 2079

struct holiday_list {
    struct holiday *items; // titles and items live in the arena that was given
    size_t count, room;
};

// Reads GOV.UK's JSON form; the list is in order of date and each day occurs once, none at a
// weekend. A substitute day says so in its title. All divisions in the file are checked.
// FAULT_INPUT, naming file, division and entry (counted from 1), for a bad date, a weekend, a day
// given twice, anything unknown, or a year with fewer holidays than the division always has (a file
// cut short would otherwise pass for a year without Christmas).
MUST_USE bool holidays_read(struct arena *a, const char *json_path, enum division division,
                            struct holiday_list *ret, struct error *err);

// The same from bytes that came from elsewhere; `name` stands for them in errors.
MUST_USE bool holidays_parse(struct arena *a, const char *name, const char *bytes, size_t length,
                             enum division division, struct holiday_list *ret, struct error *err);

// How many holidays every year of the division has at least.
size_t holidays_least(enum division division);

// What would have to change in the calendar for it to say what the list (in order of date) says.
// Only days after `after` and years that the list covers: what a list leaves out of the past, or
// beyond its years, is no change. A year after the horizon that the list is the first to publish
// comes whole, so that it is published then; titles alone are no change. In the arena.
void holidays_compare(struct arena *a, const struct workdays *w, const struct holiday_list *list,
                      struct date after, struct holiday_list *ret);

// Adds what the standing rules give for a year (Banking and Financial Dealings Act 1971, its yearly
// proclamations, common law for Good Friday and Christmas Day; St Andrew's Day Bank Holiday
// (Scotland) Act 2007). Not in order of date: substitutes come last. A royal occasion cannot be
// foreseen.
void holidays_derive(struct arena *a, enum division division, int year, struct holiday_list *list);

struct date easter_sunday(int year); // Gregorian, western
