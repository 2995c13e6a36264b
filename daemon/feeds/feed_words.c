// The words of entries (feed_words.h).
#include "feed_words.h"

#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

bool feed_is_meeting(const struct feed_item *i)
{
    return date_known(i->starts.on) || date_known(i->booked.on);
}

struct moment feed_starts(const struct feed_item *i)
{
    return date_known(i->starts.on) ? i->starts : i->booked;
}

bool feed_is_overdue(const struct feed_input *in, const struct feed_item *i)
{
    return i->state == FEED_OPEN && date_cmp(i->due_on, in->today) < 0;
}

bool feed_is_awaited(const struct feed_input *in, const struct feed_item *i)
{
    return i->state == FEED_OPEN && feed_is_meeting(i) &&
           moment_cmp(meeting_awaited_from(feed_starts(i)), in->now) < 0;
}

bool feed_is_booked_late(const struct feed_item *i)
{
    return i->state == FEED_OPEN && feed_is_meeting(i) &&
           date_cmp(feed_starts(i).on, i->due_on) > 0;
}

const struct timescale *feed_timescale(const struct feed_input *in, const struct feed_item *i)
{
    int t = library_timescale(in->library, i->timescale);

    return t >= 0 ? &in->library->timescales[t] : NULL;
}

// ---------------------------------------------------------------------------------------- titles

static const char *prefix_of(const struct feed_input *in, const struct feed_item *i)
{
    const struct timescale *t = feed_timescale(in, i);

    switch (i->state) {
    case FEED_CANCELLED:
        return ""; // the calendar object says so itself
    case FEED_MET:
        return t && t->meeting ? "Held: " : "Done: ";
    case FEED_OPEN:
        break;
    }
    if (feed_is_awaited(in, i))
        return "Not recorded: ";
    if (in->to_book)
        return feed_is_overdue(in, i) ? "Overdue, to book: " : "To book: ";
    if (feed_is_overdue(in, i))
        return "Overdue: ";
    return feed_is_meeting(i) ? "" : "Due: ";
}

static const char *child_of(struct arena *a, const struct feed_input *in, const struct feed_item *i)
{
    return naming_child(a, in->names, &i->child);
}

static int by_child(const void *x, const void *y)
{
    const struct feed_item *a = *(const struct feed_item *const *)x;
    const struct feed_item *b = *(const struct feed_item *const *)y;

    return strcmp(a->child.person_id, b->child.person_id);
}

static int by_day(const void *x, const void *y)
{
    const struct feed_item *a = *(const struct feed_item *const *)x;
    const struct feed_item *b = *(const struct feed_item *const *)y;

    return date_is(a->due_on, b->due_on)
               ? (a->deadline_id > b->deadline_id) - (a->deadline_id < b->deadline_id)
               : date_cmp(a->due_on, b->due_on);
}

static const struct feed_item **sorted(struct arena *a, const struct feed_group *g,
                                       int (*order)(const void *, const void *))
{
    const struct feed_item **items = ARENA_ARRAY(a, const struct feed_item *, g->count);

    memcpy((void *)items, (const void *)g->items, g->count * sizeof *items);
    qsort((void *)items, g->count, sizeof *items, order);
    return items;
}

// A deadline of each child, by the children's numbers.
static const struct feed_item **children_of(struct arena *a, const struct feed_group *g,
                                            size_t *ret_count)
{
    const struct feed_item **items = sorted(a, g, by_child);
    size_t count = 0;

    for (size_t i = 0; i < g->count; i++)
        if (count == 0 || by_child(&items[count - 1], &items[i]) != 0)
            items[count++] = items[i];
    *ret_count = count;
    return items;
}

// "ICPC 4711 and 1 more"
static const char *meeting_words(struct arena *a, const struct feed_input *in,
                                 const struct feed_group *g, const struct feed_item *lead)
{
    const char *type = naming_type(a, in->library, lead->timescale), *child = child_of(a, in, lead);
    size_t children;

    (void)children_of(a, g, &children);
    return children > 1 ? arena_printf(a, "%s %s and %zu more", type, child, children - 1)
                        : arena_printf(a, "%s %s", type, child);
}

const char *feed_title(struct arena *a, const struct feed_input *in, const struct feed_group *g,
                       const struct feed_item *lead)
{
    return arena_printf(a, "%s%s", prefix_of(in, lead), meeting_words(a, in, g, lead));
}

const char *feed_line(struct arena *a, const struct feed_input *in, const struct feed_group *g,
                      const struct feed_item *lead)
{
    return arena_printf(a, "%s: since %s", meeting_words(a, in, g, lead),
                        date_words(a, lead->due_on));
}

// ---------------------------------------------------------------------------------- descriptions

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
    if (feed_is_awaited(in, i))
        return arena_printf(a, "Not recorded yet: it was booked for %s.",
                            moment_words(a, feed_starts(i)));
    if (feed_is_overdue(in, i))
        return arena_printf(a, "Out of timescale since %s.", date_words(a, i->due_on));
    if (feed_is_meeting(i))
        return arena_printf(a,
                            feed_is_booked_late(i) ? "Booked after the last day in timescale, %s.%s"
                                                   : "Booked. The last day in timescale is %s.%s",
                            date_words(a, i->due_on),
                            feed_starts(i).minute < 0 ? " " CALENDAR_WITHOUT_TIME : "");
    return in->to_book
               ? arena_printf(a, "Not booked yet. To be held by %s.", date_words(a, i->due_on))
               : "Owed.";
}

static void add_derivation(struct text *t, struct arena *a, const struct feed_item *i)
{
    if (i->state == FEED_OPEN && !feed_is_meeting(i) && date_known(i->book_by) &&
        !date_is(i->book_by, i->due_on))
        text_addf(t, "Book by %s: the due date is not a working day.\n", date_words(a, i->book_by));
    if (i->state != FEED_CANCELLED)
        text_addf(t, "%s\n", i->derivation);
    if (i->state != FEED_CANCELLED && i->not_counted)
        text_addf(t, "Not counted: %s.\n", i->not_counted);
    if (i->provisional && i->state == FEED_OPEN)
        text_add(t, "Provisional: it rests on bank holidays that are not published yet.\n");
}

static bool is_of_one_day(const struct feed_group *g)
{
    for (size_t i = 1; i < g->count; i++)
        if (!date_is(g->items[i]->due_on, g->items[0]->due_on))
            return false;
    return true;
}

// Where they have different days, each with its own, the first day first.
static void add_children(struct text *t, struct arena *a, const struct feed_input *in,
                         const struct feed_group *g, const struct feed_item **children,
                         size_t count)
{
    if (!is_of_one_day(g)) {
        const struct feed_item **items = sorted(a, g, by_day);

        for (size_t i = 0; i < g->count; i++)
            text_addf(t, "%s: by %s\n", child_of(a, in, items[i]), date_words(a, items[i]->due_on));
        return;
    }
    text_add(t, "Children: ");
    for (size_t i = 0; i < count; i++)
        text_addf(t, "%s%s", i ? ", " : "", child_of(a, in, children[i]));
    text_add(t, "\n");
}

static void add_duty(struct text *t, struct arena *a, const struct feed_input *in,
                     const struct feed_item *i)
{
    const struct timescale *rule = feed_timescale(in, i);

    if (rule)
        text_addf(t, "%s (%s)\n", rule->title, force_word(rule->force));
    text_addf(t, "%s\n", state_words(a, in, i));
    add_derivation(t, a, i);
}

const char *feed_description(struct arena *a, const struct feed_input *in,
                             const struct feed_group *g, const struct feed_item *lead)
{
    AUTO(text_done) struct text t = {0};
    size_t children;
    const struct feed_item **each = children_of(a, g, &children);
    const struct feed_item **duties = children == 1 ? g->items : &lead;
    size_t count = children == 1 ? g->count : 1;

    for (size_t i = 0; i < count; i++) {
        text_add(&t, i ? "\n" : "");
        add_duty(&t, a, in, duties[i]);
    }
    if (children > 1)
        add_children(&t, a, in, g, each, children);
    if (in->to_book)
        text_addf(&t, "Chair: %s\n", lead->chair ? lead->chair : "none is named");
    for (size_t i = 0; i < count; i++)
        if (duties[i]->link)
            text_addf(&t, "More: %s\n", duties[i]->link);
    return arena_strdup(a, text_str(&t));
}
