// Spans: "15 working days after", "48 hours before", "3 months after": the periods of the law,
// applied to a moment.
#pragma once

#include "workdays.h"

enum unit { WORKING_DAYS, DAYS, WEEKS, MONTHS, YEARS, HOURS, SCHOOL_DAYS };

struct span {
    int count; // 0 to 10000
    enum unit unit;
    bool before; // counted back from the start
};

// Reads "15 working days", "1 week", "48 hours" from the start of `s`; *rest is what follows. The
// singular is accepted. On failure *what says what was expected at *rest.
MUST_USE bool span_parse(const char *s, struct span *ret, const char **rest, const char **what);
const char *span_words(struct arena *a, struct span s); // "15 working days"

// The day (and, for hours, the minute) on which the span ends. Days, weeks, months, years and
// working days ignore the hour of `start`; hours count from 00:00 where the hour is unknown
// (register 2.8). School days need a term calendar, which no calendar here has: FAULT_INPUT.
// *provisional is set when the answer rests on a year whose holidays are not published yet.
MUST_USE bool span_apply(const struct workdays *w, struct span s, struct moment start,
                         struct moment *ret, bool *provisional, struct error *err);

// A day of a working-day count that did not count, and why ("Good Friday"); runs of weekend days
// are one entry of two days.
struct skipped {
    struct date from, to;
    const char *why; // "weekend" or the holiday's title
};
// The days skipped between start and the answer, in order, in the arena.
size_t span_skipped(struct arena *a, const struct workdays *w, struct span s, struct moment start,
                    struct skipped **ret);

// A whole question: "15 working days after 2024-12-20", "48 hours before 2024-05-15T10:00".
struct question {
    struct span span;
    struct moment start;
};
MUST_USE bool question_parse(const char *s, struct question *ret, struct error *err);
