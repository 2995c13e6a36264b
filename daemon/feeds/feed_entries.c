// Entries of a feed: which deadlines are one entry, where it stands and as what. Children of one
// meeting are one entry, which names those whom the reader may see: the others are not in the
// input.
#include "feed_entries.h"

#include "clean.h"
#include "feed_words.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// The days that a calendar can show.
#define FIRST_YEAR 1970
#define LAST_YEAR 2199
#define LISTED_MOST 60 // of what is overdue: a description has 8,000 characters

struct gathering {
    struct arena *arena;
    const struct feed_input *in;
    struct feed_group *groups;
    size_t count;
    const char **uids; // of the objects, sorted
    size_t uid_count;
};

// ---------------------------------------------------------------------------------- what is one

// A family's meetings of one type that are to be booked are booked together: those ahead, and of
// those that are overdue the ones of one day, lest what was owed long ago takes its place.
static const char *key_of(struct arena *a, const struct feed_input *in, const struct feed_item *i)
{
    const struct timescale *t = feed_timescale(in, i);

    if (in->to_book && t && i->family)
        return arena_printf(a, "f%s %s %s", t->meeting, i->family,
                            feed_is_overdue(in, i) ? date_iso(a, i->due_on) : "");
    if (i->object_uid)
        return arena_printf(a, "o%s", i->object_uid);
    if (i->booked_group && i->state == FEED_OPEN)
        return arena_printf(a, "m%s", i->booked_group);
    // A meeting that has been held is over: each child's duty is done for itself. One record may do
    // two, of which one may have been late.
    if (i->met_ref && i->state == FEED_MET)
        return arena_printf(a, "r%s\x1f%s\x1f%s\x1f%s", i->child.person_id, i->met_ref,
                            date_iso(a, i->met_on), naming_type(a, in->library, i->timescale));
    return arena_printf(a, "d%s", i->uid);
}

static int by_key(const void *x, const void *y)
{
    const struct feed_group *a = x, *b = y;
    int by = strcmp(a->key, b->key);

    return by != 0 ? by : (a->order > b->order) - (a->order < b->order);
}

static void gather(struct gathering *g)
{
    struct arena *a = g->arena;
    struct feed_group *all = ARENA_ARRAY(a, struct feed_group, g->in->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < g->in->count; i++) {
        const struct feed_item **items = ARENA_NEW(a, const struct feed_item *);

        *items = &g->in->items[i];
        all[i] = (struct feed_group){items, 1, 1, key_of(a, g->in, *items), i};
    }
    if (g->in->count > 1)
        qsort(all, g->in->count, sizeof *all, by_key);
    for (size_t i = 0; i < g->in->count; i++) {
        struct feed_group *last = count ? &all[count - 1] : NULL;

        if (!last || strcmp(last->key, all[i].key) != 0) {
            all[count++] = all[i];
            continue;
        }
        last->items = arena_grow(a, last->items, sizeof *last->items, last->count, &last->room);
        last->items[last->count++] = all[i].items[0];
    }
    g->groups = all;
    g->count = count;
}

// What a group of several is like: owed while one of it is.
static const struct feed_item *leading(const struct feed_group *g)
{
    const struct feed_item *best = g->items[0];

    for (size_t i = 1; i < g->count; i++) {
        const struct feed_item *it = g->items[i];

        if (it->state < best->state ||
            (it->state == best->state && date_cmp(it->due_on, best->due_on) < 0))
            best = it;
    }
    return best;
}

// --------------------------------------------------------------------------------------- entries

static void set_time(struct calendar_entry *e, const struct feed_input *in,
                     const struct feed_item *i)
{
    struct moment starts = feed_starts(i);

    e->starts = e->ends = MOMENT_NONE;
    e->on = i->state == FEED_MET                    ? i->met_on
            : in->to_book && date_known(i->book_by) ? i->book_by
                                                    : i->due_on;
    if (i->state == FEED_MET || !feed_is_meeting(i))
        return;
    e->on = starts.on;
    if (starts.minute < 0)
        return;
    e->starts = starts;
    e->ends = meeting_end(starts, i->ends);
}

static instant start_of_day(struct date d)
{
    return instant_from_london((struct moment){d, 0});
}

static void raise(instant *at, instant to)
{
    if (to > *at)
        *at = to;
}

// When what the entry says last became another: a due date that has passed is a change too.
static instant latest_change(const struct feed_input *in, const struct feed_group *g,
                             const struct feed_item *lead)
{
    instant at = 0;

    for (size_t i = 0; i < g->count; i++) {
        raise(&at, g->items[i]->changed_at);
        if (g->items[i]->object_uid)
            raise(&at, g->items[i]->object_changed_at);
    }
    if (feed_is_overdue(in, lead))
        raise(&at, start_of_day(date_add_days(lead->due_on, 1)));
    if (feed_is_awaited(in, lead))
        raise(&at, instant_from_london(meeting_awaited_from(feed_starts(lead))));
    return at;
}

static int by_uid(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

// The UIDs of the objects that are shown.
static const char **object_uids(struct arena *a, const struct feed_input *in, size_t *ret_count)
{
    const char **uids = ARENA_ARRAY(a, const char *, in->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < in->count; i++)
        if (in->items[i].object_uid)
            uids[count++] = in->items[i].object_uid;
    if (count > 1)
        qsort(uids, count, sizeof *uids, by_uid);
    *ret_count = count;
    return uids;
}

// An object began with the UID of one deadline and may serve others now: then that deadline, where
// it is shown by itself, is another entry.
static const char *uid_of(const struct gathering *g, const struct feed_group *group,
                          const struct feed_item *lead)
{
    const char *uid = group->items[0]->uid;

    if (lead->object_uid)
        return lead->object_uid;
    if (g->uid_count && bsearch(&uid, g->uids, g->uid_count, sizeof *g->uids, by_uid))
        return arena_printf(g->arena, "own-%s", uid);
    return uid;
}

// A meeting whose address is none is still a meeting.
static const char *usable_url(const char *url)
{
    return url && clean_is_url(url) ? url : NULL;
}

// Names of CSS, which is what RFC 7986 section 5.9 takes.
static const char *color_of(const struct feed_input *in, const struct feed_item *i)
{
    if (i->state != FEED_OPEN)
        return "gray";
    if (feed_is_overdue(in, i))
        return "red";
    if (feed_is_awaited(in, i) || feed_is_booked_late(i))
        return "orange";
    return feed_is_meeting(i) ? "green" : "steelblue";
}

static struct calendar_entry entry_of(const struct gathering *gathering, const struct feed_group *g)
{
    struct arena *a = gathering->arena;
    const struct feed_input *in = gathering->in;
    const struct feed_item *lead = leading(g);
    const struct timescale *t = feed_timescale(in, lead);
    bool overdue = feed_is_overdue(in, lead);
    struct calendar_entry e = {
        .uid = uid_of(gathering, g, lead),
        .sequence = lead->object_uid ? lead->object_sequence : g->items[0]->sequence,
        .changed_at = latest_change(in, g, lead),
        .summary = feed_title(a, in, g, lead),
        .description = feed_description(a, in, g, lead),
        .place = lead->state == FEED_OPEN ? lead->place : NULL,
        .url = lead->state == FEED_OPEN ? usable_url(lead->url) : NULL,
        .cancelled = lead->state == FEED_CANCELLED,
        .color = color_of(in, lead),
    };
    size_t categories = 0;

    if (overdue)
        e.categories[categories++] = "Overdue";
    if (t && t->chapter)
        e.categories[categories++] = t->chapter;
    if (in->to_book && lead->chair)
        e.categories[categories++] = lead->chair;
    set_time(&e, in, lead);
    return e;
}

static bool is_all_overdue(const struct feed_input *in, const struct feed_group *g)
{
    for (size_t i = 0; i < g->count; i++)
        if (!feed_is_overdue(in, g->items[i]))
            return false;
    return true;
}

// What has been owed for long is in the list of what is overdue; nobody looks for it in a month
// that has passed.
static bool can_be_shown(const struct feed_input *in, const struct feed_group *g,
                         const struct calendar_entry *e)
{
    bool old = date_cmp(e->on, date_add_days(in->today, -FEED_DAYS_BACK)) < 0;

    return date_cmp(e->on, date_make(FIRST_YEAR, 1, 2)) >= 0 &&
           date_cmp(e->on, date_make(LAST_YEAR, 12, 30)) <= 0 && !(old && is_all_overdue(in, g));
}

// What is owed first, in order of time; then what is done, the latest first.
static int by_weight(const void *x, const void *y)
{
    const struct feed_item *a = leading(x), *b = leading(y);

    if (a->state != b->state)
        return (a->state > b->state) - (a->state < b->state);
    if (!date_is(a->due_on, b->due_on))
        return a->state == FEED_OPEN ? date_cmp(a->due_on, b->due_on)
                                     : date_cmp(b->due_on, a->due_on);
    return (a->deadline_id > b->deadline_id) - (a->deadline_id < b->deadline_id);
}

// ------------------------------------------------------------------------- entries about the feed

// An entry of today, every day anew.
static struct calendar_entry notice_of(struct arena *a, const struct feed_input *in,
                                       const char *what, instant changed_at)
{
    return (struct calendar_entry){.uid = arena_printf(a, "%s-%s@timely", what, in->owner),
                                   .sequence = in->today.day,
                                   .changed_at = changed_at,
                                   .on = in->today,
                                   .starts = MOMENT_NONE,
                                   .ends = MOMENT_NONE};
}

static struct calendar_entry overdue_entry(const struct gathering *g, size_t count)
{
    struct arena *a = g->arena;
    AUTO(text_done) struct text list = {0};
    instant at = start_of_day(g->in->today);
    struct calendar_entry e;
    size_t listed = 0;

    // The latest first: what has been owed for years is as often a gap in the records.
    for (size_t i = g->count; i-- > 0;) {
        const struct feed_item *lead = leading(&g->groups[i]);

        if (!feed_is_overdue(g->in, lead))
            continue;
        raise(&at, latest_change(g->in, &g->groups[i], lead));
        if (listed++ < LISTED_MOST)
            text_addf(&list, "%s\n", feed_line(a, g->in, &g->groups[i], lead));
    }
    if (listed > LISTED_MOST)
        text_addf(&list, "and %zu more\n", listed - LISTED_MOST);
    e = notice_of(a, g->in, "overdue", at);
    e.summary = arena_printf(a, "Overdue: %zu in all", count);
    e.description = arena_strdup(a, text_str(&list));
    e.categories[0] = "Overdue";
    e.color = "red";
    return e;
}

static struct calendar_entry cut_entry(const struct gathering *g)
{
    struct calendar_entry e = notice_of(g->arena, g->in, "cut", start_of_day(g->in->today));

    e.summary = "More than this calendar shows";
    e.description = arena_printf(g->arena, "A calendar shows %d entries, the most urgent ones.",
                                 FEED_ENTRIES_MAX);
    if (g->in->rest)
        e.description = arena_printf(g->arena, "%s The calendars of %s show the rest.",
                                     e.description, g->in->rest);
    e.color = "orange";
    return e;
}

static size_t count_overdue(const struct gathering *g)
{
    size_t count = 0;

    for (size_t i = 0; i < g->count; i++)
        count += feed_is_overdue(g->in, leading(&g->groups[i]));
    return count;
}

size_t feed_entries(struct arena *a, const struct feed_input *in, struct calendar_entry **ret,
                    instant *ret_changed_at)
{
    struct gathering g = {.arena = a, .in = in};
    struct calendar_entry *entries;
    size_t count = 0, shown = 0, overdue;

    gather(&g);
    g.uids = object_uids(a, in, &g.uid_count);
    if (g.count > 1)
        qsort(g.groups, g.count, sizeof *g.groups, by_weight);
    entries = ARENA_ARRAY(a, struct calendar_entry, FEED_ENTRIES_MAX + 2);
    overdue = count_overdue(&g);
    if (overdue)
        entries[count++] = overdue_entry(&g, overdue);
    for (size_t i = 0; i < g.count; i++) {
        struct calendar_entry e = entry_of(&g, &g.groups[i]);

        if (!can_be_shown(in, &g.groups[i], &e))
            continue;
        if (shown++ == FEED_ENTRIES_MAX) {
            entries[count++] = cut_entry(&g);
            break;
        }
        entries[count++] = e;
    }
    *ret_changed_at = 0;
    for (size_t i = 0; i < count; i++)
        raise(ret_changed_at, entries[i].changed_at);
    *ret = entries;
    return count;
}
