// The entry of an old feed (feed_stale.h).
#include "feed_stale.h"

#include "calendar_object.h"
#include "log.h"
#include "text.h"
#include "zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLD (SECONDS(3600) * 26) // a nightly reading that failed, and some time to mend it

static const char end[] = "END:VCALENDAR\r\n";

static bool render_entry(struct arena *a, const struct data_age *d, struct date today,
                         const char **ret)
{
    struct moment read_at = london_from_instant(d->read_at);
    struct error err;
    const struct calendar_entry e = {
        .uid = FEED_STALE_UID,
        .sequence = today.day,
        .changed_at = instant_from_london((struct moment){today, 0}),
        .summary = arena_printf(a, "Data as of %s", moment_words(a, read_at)),
        .description = "The case system has not been read since then. What this calendar shows may "
                       "be out of date.",
        .categories = {"Overdue"},
        .on = today,
        .starts = MOMENT_NONE,
        .ends = MOMENT_NONE,
        .color = "orange"};

    if (calendar_entry_render(a, &e, ret, &err))
        return true;
    log_error("feed.unusable", "reason=\"%s\"", err.text);
    return false;
}

static void tag_with_day(struct feed_body *ret, const struct feed_body *b, struct date today)
{
    size_t length = strlen(b->etag);

    // Where the day no longer fits, its digits take the place of the tag's last ones.
    if (length > sizeof ret->etag - 12)
        length = sizeof ret->etag - 12;
    snprintf(ret->etag, sizeof ret->etag, "%.*s-%d\"", (int)length - 1, b->etag, today.day);
}

static struct feed_body *with_entry(const struct feed_body *b, const char *entry, struct date today)
{
    struct feed_body *ret = calloc(1, sizeof *ret);
    struct text plain = {0};

    if (!ret)
        out_of_memory();
    text_add_n(&plain, (const char *)b->plain, b->length - strlen(end));
    text_add(&plain, entry);
    text_add(&plain, end);
    ret->references = 1;
    ret->plain = (unsigned char *)plain.s;
    ret->length = plain.length;
    ret->stale_on = today;
    ret->version = b->version;
    ret->oldest_version = b->oldest_version;
    tag_with_day(ret, b, today);
    ret->last_modified = instant_from_london((struct moment){today, 0}) / SECONDS(1);
    if (ret->last_modified <= b->last_modified)
        ret->last_modified = b->last_modified + 1;
    conditional_write_date(ret->last_modified, ret->last_modified_date);
    return ret;
}

static bool is_calendar(const struct feed_body *b)
{
    return b->length > strlen(end) &&
           memcmp(b->plain + b->length - strlen(end), end, strlen(end)) == 0;
}

struct feed_body *feed_stale(struct feed_body *b, const struct data_age *d, int64_t now)
{
    AUTO(arena_auto_free) struct arena *a = NULL;
    int64_t age = d->age + (now - d->learnt_at);
    struct date today;
    const char *entry;

    if (!d->known || age < OLD || !is_calendar(b))
        return b;
    today = london_from_instant(d->read_at + age).on;
    if (b->stale && date_is(b->stale->stale_on, today))
        return b->stale;
    a = arena_new();
    if (!render_entry(a, d, today, &entry))
        return b;
    feed_body_release(b->stale);
    b->stale = with_entry(b, entry, today);
    return b->stale;
}
