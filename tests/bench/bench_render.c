// Rendering a feed of 500 entries without the store: what of a change's cost is making the text,
// and cutting it into the objects of CalDAV. bench_feed.py has the whole change.
#include "calendar_parts.h"
#include "feed_entries.h"
#include "paths.h"
#include "zone.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ENTRIES 500
#define ROUNDS 21

static double milliseconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

// Five children a family, a deadline in three booked, one in ten met, on 250 days.
static struct feed_item item(struct arena *a, const struct library *l, int i)
{
    struct date due = date_add_days(date_make(2024, 4, 8), i / 2 - 50);
    bool booked = i % 3 == 0;

    return (struct feed_item){
        .deadline_id = i,
        .state = i % 10 == 0 ? FEED_MET : FEED_OPEN,
        .timescale = l->timescales[(size_t)i % l->timescale_count].id,
        .derivation = "15 working days from Thursday 14 March 2024, not counting Good Friday, 29 "
                      "March, and Easter Monday, 1 April.",
        .uid = arena_printf(a, "deadline-%06d@timely.example", i),
        .family = arena_printf(a, "F%04d", i / 5),
        .link = "https://timely.example/why/0123456789abcdefghijklmn",
        .child = {.case_ref = arena_printf(a, "REF-%06d", i)},
        .due_on = due,
        .book_by = due,
        .met_on = i % 10 == 0 ? due : DATE_NONE,
        .due_at = MOMENT_NONE,
        .booked = booked ? (struct moment){due, 600} : MOMENT_NONE,
        .in_timescale = true,
        .changed_at = instant_from_london((struct moment){date_add_days(due, -20), 540}),
        .starts = booked ? (struct moment){due, 600} : MOMENT_NONE,
        .ends = booked ? (struct moment){due, 660} : MOMENT_NONE};
}

struct round {
    double render, cut; // milliseconds
    size_t bytes;
};

static bool run_round(const struct feed_input *in, struct round *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct calendar_feed feed = {.name = "Deadlines: Name SW1", .id = in->owner};
    struct calendar_entry *entries;
    struct calendar_parts parts;
    instant changed;
    const char *body;
    double began = milliseconds(), rendered;

    feed.count = feed_entries(a, in, &entries, &changed);
    feed.entries = entries;
    if (!calendar_feed_render(a, &feed, &body, err))
        return false;
    rendered = milliseconds();
    if (!calendar_parts_read(a, body, &parts, err))
        return false;
    *ret = (struct round){rendered - began, milliseconds() - rendered, strlen(body)};
    return true;
}

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

int main(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct feed_item *items = ARENA_ARRAY(a, struct feed_item, ENTRIES);
    struct library *l;
    const char *dir;
    struct error err;
    struct round best = {1e9, 1e9, 0};

    if (!data_path(a, "rules", &dir, &err) || !library_load(dir, NULL, &l, &err)) {
        fprintf(stderr, "bench_render: %s\n", err.text);
        return 1;
    }
    for (int i = 0; i < ENTRIES; i++)
        items[i] = item(a, l, i);
    for (int i = 0; i < ROUNDS; i++) {
        struct round r;

        if (!run_round(&(struct feed_input){.library = l,
                                            .items = items,
                                            .count = ENTRIES,
                                            .today = date_make(2024, 4, 8),
                                            .now = {date_make(2024, 4, 8), 540},
                                            .owner = "0123456789abcdef"},
                       &r, &err)) {
            fprintf(stderr, "bench_render: %s\n", err.text);
            return 1;
        }
        best = (struct round){lesser(best.render, r.render), lesser(best.cut, r.cut), r.bytes};
    }
    printf(
        "%d deadlines as a feed of %zu bytes: %.2f ms; cut into its objects: %.2f ms (the best of "
        "%d)\n",
        ENTRIES, best.bytes, best.render, best.cut, ROUNDS);
    library_free(l);
    return 0;
}
