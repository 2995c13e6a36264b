// The digest: its subject, its opening sentence and its plain text. digest_view.c has the order and
// the words, digest_html.c the same as tables.
#include "digest.h"

#include "clean.h"
#include "digest_html.h"
#include "digest_view.h"
#include "paragraph.h"
#include "text.h"

static const char *subject_of(struct arena *a, const struct digest *d, const struct digest_view *v)
{
    const char *whose = d->escalation ? "For your attention: " : "";
    size_t counts[4] = {v->counts[URGENCY_LATE], v->counts[URGENCY_TODAY]};

    if (counts[URGENCY_LATE] + counts[URGENCY_TODAY] == 0) {
        counts[URGENCY_SOON] = v->counts[URGENCY_SOON];
        if (counts[URGENCY_SOON] == 0 && v->counts[URGENCY_LATER] > 0)
            return arena_printf(a, "%s%zu due later than 5 working days", whose,
                                v->counts[URGENCY_LATER]);
    }
    if (d->count == 0)
        return "Nothing is due";
    return arena_printf(a, "%s%s", whose, digest_counts_words(a, counts));
}

static const char *opening_of(struct arena *a, const struct digest *d, const struct digest_view *v)
{
    size_t fresh = 0;

    for (size_t i = 0; i < d->count; i++)
        fresh += d->lines[i].is_new;
    if (d->count == 0)
        return "Nothing is due.";
    return arena_printf(a, "%s: %s.%s",
                        d->escalation ? "These have reached you as a manager"
                                      : "This is what is waiting for you",
                        digest_counts_words(a, v->counts),
                        fresh == 0 ? ""
                                   : arena_printf(a, " %zu %s since your last digest.", fresh,
                                                  fresh == 1 ? "line is new" : "lines are new"));
}

static void add_item(struct arena *a, struct text *out, const struct digest_item *i)
{
    if (i->new_family)
        text_add(out, "\n");
    if (i->new_child)
        paragraph_add(out, "", "", arena_printf(a, "%s (%s)", i->child, i->seen));
    paragraph_add(out, i->is_new ? "  NEW  " : "  - ", "    ",
                  arena_printf(a, "%s [%s]", i->title, i->force));
    paragraph_add(out, "    ", "    ", i->due);
    if (*i->booked)
        paragraph_add(out, "    ", "    ", i->booked);
    if (*i->reason)
        paragraph_add(out, "    ", "    ", arena_printf(a, "You are told because: %s", i->reason));
    if (*i->said)
        paragraph_add(out, "    ", "    ", i->said);
    if (i->url)
        paragraph_add(out, "    ", "    ",
                      arena_printf(a, "Why this date, or say it is in hand: %s", i->url));
}

void digest_add_items(struct arena *a, struct text *out, const struct digest_view *v)
{
    for (size_t i = 0; i < v->count; i++)
        add_item(a, out, &v->items[i]);
    if (v->hidden > 0)
        text_addf(out, "\nand %zu more:\n", v->hidden);
    for (size_t i = 0; i < v->more_count; i++)
        paragraph_add(out, "  ", "    ",
                      arena_printf(a, "%zu x %s", v->more[i].count, v->more[i].title));
}

static const char *text_of(struct arena *a, const struct digest *d, const struct digest_view *v,
                           const char *opening)
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", v->reader);
    paragraph_add(&out, "", "", date_words(a, d->on));
    text_add(&out, "\n");
    paragraph_add(&out, "", "", opening);
    digest_add_items(a, &out, v);
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", v->service);
    if (v->help)
        paragraph_add(&out, "", "", v->help);
    return arena_strdup(a, text_str(&out));
}

void digest_render(struct arena *a, const struct digest *d, struct rendered *ret)
{
    struct digest_view v;

    digest_view_make(a, d, &v);

    const char *opening = opening_of(a, d, &v);

    *ret = (struct rendered){
        .subject = subject_of(a, d, &v),
        .text = text_of(a, d, &v, opening),
        .html = digest_html(a, d, &v, opening),
    };
}
