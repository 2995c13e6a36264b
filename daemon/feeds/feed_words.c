// The words of entries (feed_words.h).
#include "feed_words.h"

#include "ladder.h"
#include "text.h"

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
    return i->state == FEED_OPEN && feed_is_meeting(i) && moment_cmp(feed_starts(i), in->now) < 0;
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

const char *feed_title(struct arena *a, const struct feed_input *in, const struct feed_group *g,
                       const struct feed_item *lead)
{
    const char *others = g->count > 1 ? arena_printf(a, " and %zu more", g->count - 1) : "";

    return arena_printf(a, "%s%s %s%s", prefix_of(in, lead),
                        naming_type(a, in->library, lead->timescale), child_of(a, in, lead),
                        others);
}

const char *feed_line(struct arena *a, const struct feed_input *in, const struct feed_item *i)
{
    return arena_printf(a, "%s %s: since %s", naming_type(a, in->library, i->timescale),
                        child_of(a, in, i), date_words(a, i->due_on));
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
        return arena_printf(a, "Booked. The last day in timescale is %s.",
                            date_words(a, i->due_on));
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

// Where they have different days, each with its own.
static void add_children(struct text *t, struct arena *a, const struct feed_input *in,
                         const struct feed_group *g)
{
    if (g->count == 1)
        return;
    if (!is_of_one_day(g)) {
        for (size_t i = 0; i < g->count; i++)
            text_addf(t, "%s: by %s\n", child_of(a, in, g->items[i]),
                      date_words(a, g->items[i]->due_on));
        return;
    }
    text_add(t, "Children: ");
    for (size_t i = 0; i < g->count; i++)
        text_addf(t, "%s%s", i ? ", " : "", child_of(a, in, g->items[i]));
    text_add(t, "\n");
}

const char *feed_description(struct arena *a, const struct feed_input *in,
                             const struct feed_group *g, const struct feed_item *lead)
{
    AUTO(text_done) struct text t = {0};
    const struct timescale *rule = feed_timescale(in, lead);

    if (rule)
        text_addf(&t, "%s (%s)\n", rule->title, force_word(rule->force));
    text_addf(&t, "%s\n", state_words(a, in, lead));
    add_derivation(&t, a, lead);
    add_children(&t, a, in, g);
    if (in->to_book)
        text_addf(&t, "Chair: %s\n", lead->chair ? lead->chair : "none is named");
    if (lead->link)
        text_addf(&t, "More: %s\n", lead->link);
    return arena_strdup(a, text_str(&t));
}
