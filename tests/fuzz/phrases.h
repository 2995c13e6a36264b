// Phrases of the rule language made of a fuzzer's bytes: one function a kind of phrase, in the
// order of phrase.h. They are invented with sense where that is easy (no event both meets and
// ends).
#pragma once

#include "library.h"
#include "text.h"

#include <assert.h>

// What is left of the input; after its end, zeros.
struct bytes {
    const uint8_t *at;
    size_t left;
};

// A timescale being written: what it has said so far decides what makes sense next.
struct draft {
    struct text *text;
    struct bytes bytes;
    const struct library *library; // for its events and subjects
    unsigned number;               // timescales written before it, which it may lean on
    bool careless;                 // any event anywhere, so that the reader's own sense is tried
    bool of_record;
    uint64_t meets, ends; // a bit for each event
};

static inline unsigned take(struct bytes *b, unsigned sides)
{
    if (b->left == 0)
        return 0;
    b->left--;
    return *b->at++ % sides;
}

static inline unsigned roll(struct draft *d, unsigned sides)
{
    return take(&d->bytes, sides);
}

static inline void say(struct draft *d, const char *words)
{
    text_add(d->text, words);
}

static inline void say_one(struct draft *d, const char *const *words, unsigned count)
{
    say(d, words[roll(d, count)]);
}
#define SAY_ONE(d, ...)                                                                            \
    say_one(d, (const char *const[]){__VA_ARGS__},                                                 \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

// ------------------------------------------------------------------------------ events and periods

static inline uint64_t bit_of(int event)
{
    return (uint64_t)1 << event;
}

static inline unsigned say_event(struct draft *d, uint64_t avoided)
{
    unsigned count = (unsigned)d->library->event_count, event = roll(d, count);

    assert(count <= 64);
    while (!d->careless && (avoided & bit_of((int)event)))
        event = (event + 1) % count;
    say(d, d->library->events[event].name);
    return event;
}

static inline void say_codes(struct draft *d, const struct event_kind *k)
{
    unsigned count = (unsigned)k->code_count;

    SAY_ONE(d, " as ", " unless ");
    say(d, k->codes[roll(d, count)]);
    if (roll(d, 2))
        text_addf(d->text, " or %s", k->codes[roll(d, count)]);
}

// Returns the event's bit.
static inline uint64_t say_ref(struct draft *d, uint64_t avoided)
{
    unsigned event = say_event(d, avoided);
    const struct event_kind *k = &d->library->events[event];

    if (k->code_count && roll(d, 2))
        say_codes(d, k);
    else if (!k->code_count && roll(d, 8) == 1)
        text_addf(d->text, " scoring %u or more", 1 + roll(d, 30));
    return bit_of((int)event);
}

// Mostly short, sometimes as long as a period may be.
static inline void say_span(struct draft *d)
{
    static const struct {
        const char *word;
        unsigned most;
    } units[] = {{"working days", 6525}, {"days", 9150}, {"weeks", 1325},
                 {"months", 300},        {"years", 25},  {"hours", 10000}};
    unsigned unit = roll(d, sizeof units / sizeof *units), most = units[unit].most;
    unsigned count = roll(d, 16) == 1 ? most - roll(d, 25) : 1 + roll(d, most < 60 ? most : 60);

    text_addf(d->text, "%u %s", count, units[unit].word);
}

static inline void say_earlier_timescale(struct draft *d)
{
    text_addf(d->text, "rule-%u", roll(d, d->number));
}

// -------------------------------------------------------------------------------------- conditions

static inline void say_age(struct draft *d)
{
    unsigned age = 1 + roll(d, 20);

    text_addf(d->text, roll(d, 2) ? "age under %u" : "age %u or over", age);
    switch (roll(d, 4)) {
    case 1:
        say(d, " in ");
        say_span(d);
        break;
    case 2:
        say(d, " at ");
        say_event(d, 0);
        say(d, " or ");
        say_event(d, 0);
        break;
    default:
        break;
    }
}

static inline void say_in_subject(struct draft *d)
{
    SAY_ONE(d, "in ", "not in ");
    say(d, d->library->subjects[roll(d, (unsigned)d->library->subject_count)].name);
}

// What a clock can watch as well: "only while" takes these and no others.
static inline void say_lasting(struct draft *d)
{
    if (roll(d, 3) == 1) {
        say_in_subject(d);
        return;
    }
    SAY_ONE(d, "", "not ");
    say_ref(d, d->ends);
}

static inline void say_condition(struct draft *d)
{
    switch (roll(d, 4)) {
    case 1:
        say_age(d);
        break;
    case 2:
        SAY_ONE(d, "", "not ");
        say_ref(d, d->ends);
        say(d, " for ");
        say_span(d);
        break;
    case 3:
        SAY_ONE(d, "", "not ");
        say_ref(d, d->ends);
        say(d, " within ");
        say_span(d);
        say(d, " before");
        break;
    default:
        say_lasting(d);
        break;
    }
}

// --------------------------------------------------------------------------------- when it is due

static inline void say_within(struct draft *d)
{
    say(d, "within ");
    if (roll(d, 4) == 1) {
        say(d, "the earlier of ");
        say_span(d);
        say(d, " and ");
    }
    say_span(d);
    say(d, " of ");
}

// Of one record an event happens only once, so that it cannot be met by its trigger's.
static inline void say_from_event(struct draft *d)
{
    say_within(d);
    SAY_ONE(d, "", "first ", "second ", "every ", "every later ");
    say_ref(d, d->of_record ? d->ends | d->meets : d->ends);
}

static inline void say_before_event(struct draft *d)
{
    say_span(d);
    say(d, " before ");
    say_ref(d, d->ends | d->meets);
}

static inline void say_set_date(struct draft *d)
{
    say(d, "by the date set by ");
    say_ref(d, d->ends);
    if (roll(d, 2)) {
        say(d, ", at most ");
        say_span(d);
    }
}

static inline void say_running_late(struct draft *d)
{
    say_within(d);
    say_earlier_timescale(d);
    say(d, " running late");
}

static inline void say_to_due_date(struct draft *d)
{
    switch (roll(d, 4)) {
    case 0:
        say_span(d);
        say(d, " before ");
        break;
    case 1:
        say(d, "by ");
        break;
    case 2:
        say(d, "half way to ");
        break;
    default:
        say_within(d);
        break;
    }
    say(d, "the due date of ");
    say_earlier_timescale(d);
}

// Each at most once; conditions may be several.
static inline void say_tails(struct draft *d)
{
    static const char *const rollings[] = {
        "", "", "", ", by office close", ", by a working day", ", on to a working day"};

    say(d, rollings[roll(d, 6)]);
    if (roll(d, 5) == 1) {
        say(d, ", summed over ");
        say_span(d);
    }
    if (d->number > 0 && roll(d, 6) == 1) {
        say(d, ", no later than the due date of ");
        say_earlier_timescale(d);
    }
    for (unsigned conditions = roll(d, 4); conditions > 1; conditions--) {
        say(d, ", if ");
        say_condition(d);
    }
}

static inline void say_clause(struct draft *d)
{
    unsigned form = roll(d, d->number > 0 ? 10 : 6);

    if (form == 0)
        say_before_event(d);
    else if (form == 1)
        say_set_date(d);
    else if (form <= 5)
        say_from_event(d);
    else if (form == 6)
        say_running_late(d);
    else
        say_to_due_date(d);
    say_tails(d);
}
