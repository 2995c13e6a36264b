// Calendar objects, written once: the feed of a subscription, and an entry by itself. Nothing here
// decides what is said or to whom.
#include "calendar_object.h"

#include "calendar_event.h"
#include "calendar_lines.h"
#include "calendar_zone.h"
#include "clean.h"

#include <stdlib.h>
#include <string.h>

#define NAME_CHARS_MAX 255 // X-WR-CALNAME, MS-OXCICAL 1da58449

// Readers do not agree whether X- values have escapes: a comma would make two of one.
static void add_x_words(struct arena *a, struct text *lines, const char *name, const char *words)
{
    const char *clean = clean_without(a, words, ",;");

    if (!clean_is_blank(clean))
        calendar_line_text(lines, name, clean);
}

// No SOURCE: the address of a subscription is a secret, and only its hash is known here.
static void add_subscription(struct arena *a, struct text *lines, const struct calendar_feed *f)
{
    const char *name = clean_line_or(a, f->name, NAME_CHARS_MAX, "Deadlines");

    calendar_line_text(lines, "NAME", name);
    add_x_words(a, lines, "X-WR-CALNAME", name);
    add_x_words(a, lines, "X-WR-RELCALID", clean_line(a, f->id, NAME_CHARS_MAX));
    calendar_line(lines, "X-WR-TIMEZONE", CALENDAR_TZID);
    calendar_line(lines, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    calendar_line(lines, "X-PUBLISHED-TTL", "PT1H");
    calendar_line(lines, "COLOR", "steelblue");
}

static int by_day_and_uid(const void *x, const void *y)
{
    const struct calendar_entry *a = *(const struct calendar_entry *const *)x;
    const struct calendar_entry *b = *(const struct calendar_entry *const *)y;
    int days = date_cmp(calendar_is_meeting(a) ? a->starts.on : a->on,
                        calendar_is_meeting(b) ? b->starts.on : b->on);

    return days != 0 ? days : strcmp(a->uid, b->uid);
}

static const struct calendar_entry **sorted(struct arena *a, const struct calendar_feed *f)
{
    const struct calendar_entry **order = ARENA_ARRAY(a, const struct calendar_entry *, f->count);

    for (size_t i = 0; i < f->count; i++)
        order[i] = &f->entries[i];
    if (f->count > 1)
        qsort(order, f->count, sizeof *order, by_day_and_uid);
    return order;
}

static bool check_feed(const struct calendar_feed *f, bool *needs_zone, struct error *err)
{
    *needs_zone = false;
    for (size_t i = 0; i < f->count; i++) {
        if (!calendar_entry_check(&f->entries[i], err))
            return false;
        *needs_zone |= calendar_is_meeting(&f->entries[i]);
    }
    return true;
}

static void add_event(struct arena *a, struct text *lines, const struct calendar_entry *e)
{
    // Some clients show a cancelled entry like any other.
    calendar_event_begin(a, lines, e, e->cancelled ? "Cancelled: " : "");
    calendar_event_end(lines);
}

bool calendar_feed_render(struct arena *a, const struct calendar_feed *f, const char **ret,
                          struct error *err)
{
    AUTO(text_done) struct text lines = {0};
    const struct calendar_entry **order = sorted(a, f);
    bool needs_zone;

    if (!check_feed(f, &needs_zone, err))
        return false;
    text_add(&lines, CALENDAR_BEGIN);
    add_subscription(a, &lines, f);
    if (needs_zone)
        text_add(&lines, calendar_zone);
    for (size_t i = 0; i < f->count; i++)
        add_event(a, &lines, order[i]);
    text_add(&lines, CALENDAR_END);
    *ret = calendar_fold(a, text_str(&lines));
    return true;
}

bool calendar_entry_render(struct arena *a, const struct calendar_entry *e, const char **ret,
                           struct error *err)
{
    AUTO(text_done) struct text lines = {0};

    if (!calendar_entry_check(e, err))
        return false;
    if (calendar_is_meeting(e))
        return fail(err, FAULT_INPUT, "calendar entry %s: a meeting needs its zone", e->uid);
    add_event(a, &lines, e);
    *ret = calendar_fold(a, text_str(&lines));
    return true;
}
