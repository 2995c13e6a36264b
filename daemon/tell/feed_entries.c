// Entries of a feed. Titles are neutral: a type and a reference. Children of one meeting are one
// entry, which names those whom the reader may see: the others are not in the input.
#include "feed_entries.h"

#include "clean.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// The days that a calendar can show.
#define FIRST_YEAR 1970
#define LAST_YEAR 2199

struct group {
    const struct feed_item **items; // the oldest first
    size_t count, room;
    const char *key;
    size_t order; // of its first item
};

struct gathering {
    struct arena *arena;
    const struct feed_input *in;
    struct group *groups;
    size_t count;
    const char **uids; // of the objects, sorted
    size_t uid_count;
};

// ---------------------------------------------------------------------------------- what is one

static const char *key_of(struct arena *a, const struct feed_item *i)
{
    if (i->object_uid)
        return arena_printf(a, "o%s", i->object_uid);
    // A meeting that has been held is over: each child's duty is done for itself.
    if (i->booked_group && i->state == FEED_OPEN)
        return arena_printf(a, "m%s", i->booked_group);
    return arena_printf(a, "d%s", i->uid);
}

static int by_key(const void *x, const void *y)
{
    const struct group *a = x, *b = y;
    int by = strcmp(a->key, b->key);

    return by != 0 ? by : (a->order > b->order) - (a->order < b->order);
}

static void gather(struct gathering *g)
{
    struct arena *a = g->arena;
    struct group *all = ARENA_ARRAY(a, struct group, g->in->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < g->in->count; i++) {
        const struct feed_item **items = ARENA_NEW(a, const struct feed_item *);

        *items = &g->in->items[i];
        all[i] = (struct group){items, 1, 1, key_of(a, *items), i};
    }
    if (g->in->count > 1)
        qsort(all, g->in->count, sizeof *all, by_key);
    for (size_t i = 0; i < g->in->count; i++) {
        struct group *last = count ? &all[count - 1] : NULL;

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

// ------------------------------------------------------------------------------------ what it is

// What a group of several is like: owed while one of it is.
static const struct feed_item *leading(const struct group *g)
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

static bool is_meeting(const struct feed_item *i)
{
    return date_known(i->starts.on) || date_known(i->booked.on);
}

static struct moment starts_of(const struct feed_item *i)
{
    return date_known(i->starts.on) ? i->starts : i->booked;
}

static bool is_overdue(const struct feed_input *in, const struct feed_item *i)
{
    return i->state == FEED_OPEN && date_cmp(i->due_on, in->today) < 0;
}

// Its time has passed and there is no record of it.
static bool is_awaited(const struct feed_input *in, const struct feed_item *i)
{
    return i->state == FEED_OPEN && is_meeting(i) && moment_cmp(starts_of(i), in->now) < 0;
}

static const struct timescale *timescale_of(const struct feed_input *in, const struct feed_item *i)
{
    int t = library_timescale(in->library, i->timescale);

    return t >= 0 ? &in->library->timescales[t] : NULL;
}

// ----------------------------------------------------------------------------------------- words

static const char *prefix_of(const struct feed_input *in, const struct feed_item *i)
{
    const struct timescale *t = timescale_of(in, i);

    switch (i->state) {
    case FEED_CANCELLED:
        return ""; // the calendar object says so itself
    case FEED_MET:
        return t && t->meeting ? "Held: " : "Done: ";
    case FEED_OPEN:
        break;
    }
    if (is_awaited(in, i))
        return "Not recorded: ";
    if (is_overdue(in, i))
        return "Overdue: ";
    return is_meeting(i) ? "" : "Due: ";
}

static const char *title_of(struct arena *a, const struct feed_input *in, const struct group *g,
                            const struct feed_item *lead)
{
    const char *reference = naming_reference(a, &lead->child);
    const char *others = g->count > 1 ? arena_printf(a, " and %zu more", g->count - 1) : "";

    return arena_printf(a, "%s%s %s%s", prefix_of(in, lead), naming_type(a, lead->timescale),
                        reference, others);
}

static const char *state_words(struct arena *a, const struct feed_input *in,
                               const struct feed_item *i)
{
    switch (i->state) {
    case FEED_CANCELLED:
        return "No longer needed.";
    case FEED_MET:
        return arena_printf(a, "Recorded for %s, %s.", date_words(a, i->met_on),
                            i->in_timescale ? "in timescale" : "out of timescale");
    case FEED_OPEN:
        break;
    }
    if (is_awaited(in, i))
        return arena_printf(a, "Not recorded yet: it was booked for %s.",
                            moment_words(a, starts_of(i)));
    if (is_overdue(in, i))
        return arena_printf(a, "Out of timescale since %s.", date_words(a, i->due_on));
    if (is_meeting(i))
        return arena_printf(a, "Booked. The last day in timescale is %s.",
                            date_words(a, i->due_on));
    return "Owed.";
}

static const char *description_of(struct arena *a, const struct feed_input *in,
                                  const struct group *g, const struct feed_item *lead)
{
    AUTO(text_done) struct text t = {0};
    const struct timescale *rule = timescale_of(in, lead);

    if (rule)
        text_addf(&t, "%s (%s)\n", rule->title, force_word(rule->force));
    text_addf(&t, "%s\n", state_words(a, in, lead));
    if (lead->state == FEED_OPEN && !is_meeting(lead) && !date_is(lead->book_by, lead->due_on) &&
        date_known(lead->book_by))
        text_addf(&t, "Book by %s: the due date is not a working day.\n",
                  date_words(a, lead->book_by));
    if (lead->state != FEED_CANCELLED)
        text_addf(&t, "%s\n", lead->derivation);
    if (lead->provisional && lead->state == FEED_OPEN)
        text_add(&t, "Provisional: it rests on bank holidays that are not published yet.\n");
    if (g->count > 1) {
        text_add(&t, "Children: ");
        for (size_t i = 0; i < g->count; i++)
            text_addf(&t, "%s%s", i ? ", " : "", naming_reference(a, &g->items[i]->child));
        text_add(&t, "\n");
    }
    return arena_strdup(a, text_str(&t));
}

// --------------------------------------------------------------------------------------- entries

static void set_time(struct calendar_entry *e, const struct feed_item *i)
{
    struct moment starts = starts_of(i);

    e->starts = e->ends = MOMENT_NONE;
    e->on = i->state == FEED_MET ? i->met_on : i->due_on;
    if (i->state == FEED_MET || !is_meeting(i))
        return;
    e->on = starts.on;
    if (starts.minute < 0)
        return;
    e->starts = starts;
    e->ends = meeting_end(starts, i->ends);
}

static instant latest_change(const struct group *g)
{
    instant at = 0;

    for (size_t i = 0; i < g->count; i++) {
        const struct feed_item *it = g->items[i];

        if (it->changed_at > at)
            at = it->changed_at;
        if (it->object_uid && it->object_changed_at > at)
            at = it->object_changed_at;
    }
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
static const char *uid_of(const struct gathering *g, const struct group *group,
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

static struct calendar_entry entry_of(const struct gathering *gathering, const struct group *g)
{
    struct arena *a = gathering->arena;
    const struct feed_input *in = gathering->in;
    const struct feed_item *lead = leading(g);
    const struct timescale *t = timescale_of(in, lead);
    bool overdue = is_overdue(in, lead);
    struct calendar_entry e = {
        .uid = uid_of(gathering, g, lead),
        .sequence = lead->object_uid ? lead->object_sequence : g->items[0]->sequence,
        .changed_at = latest_change(g),
        .summary = title_of(a, in, g, lead),
        .description = description_of(a, in, g, lead),
        .place = lead->state == FEED_OPEN ? lead->place : NULL,
        .url = lead->state == FEED_OPEN ? usable_url(lead->url) : NULL,
        .cancelled = lead->state == FEED_CANCELLED,
        .color = overdue ? "red" : NULL,
    };
    size_t categories = 0;

    if (overdue)
        e.categories[categories++] = "Overdue";
    if (t && t->chapter)
        e.categories[categories++] = t->chapter;
    set_time(&e, lead);
    return e;
}

static bool can_be_shown(const struct calendar_entry *e)
{
    return date_cmp(e->on, date_make(FIRST_YEAR, 1, 2)) >= 0 &&
           date_cmp(e->on, date_make(LAST_YEAR, 12, 30)) <= 0;
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

static struct calendar_entry stale_entry(struct arena *a, const struct feed_input *in)
{
    struct moment as_of = london_from_instant(in->data_as_of);

    return (struct calendar_entry){
        .uid = arena_printf(a, "data-as-of-%s@timely.invalid", in->owner),
        .sequence = in->today.day,
        .changed_at = in->data_as_of,
        .summary = arena_printf(a, "Data as of %s", moment_words(a, as_of)),
        .description = "The case system has not been read since then. What is shown may be out of "
                       "date.",
        .categories = {"Overdue"},
        .on = in->today,
        .starts = MOMENT_NONE,
        .ends = MOMENT_NONE,
        .color = "orange"};
}

size_t feed_entries(struct arena *a, const struct feed_input *in, struct calendar_entry **ret,
                    instant *ret_changed_at)
{
    struct gathering g = {.arena = a, .in = in};
    struct calendar_entry *entries;
    size_t count = 0;

    gather(&g);
    g.uids = object_uids(a, in, &g.uid_count);
    if (g.count > 1)
        qsort(g.groups, g.count, sizeof *g.groups, by_weight);
    entries = ARENA_ARRAY(a, struct calendar_entry, FEED_ENTRIES_MAX + 1);
    *ret_changed_at = 0;
    if (in->stale)
        entries[count++] = stale_entry(a, in);
    for (size_t i = 0; i < g.count && count < FEED_ENTRIES_MAX; i++) {
        entries[count] = entry_of(&g, &g.groups[i]);
        if (!can_be_shown(&entries[count]))
            continue;
        if (entries[count].changed_at > *ret_changed_at)
            *ret_changed_at = entries[count].changed_at;
        count++;
    }
    *ret = entries;
    return count;
}
