// The digest: its subject, its opening sentence and its plain text. digest_view.c has the order and
// the words, digest_html.c the same as tables.
#include "digest.h"

#include "clean.h"
#include "digest_html.h"
#include "digest_view.h"
#include "paragraph.h"
#include "text.h"

static const char *worst_of(struct arena *a, const struct digest_parts *p)
{
    size_t counts[URGENCY_COUNT] = {p->counts[URGENCY_LATE], p->counts[URGENCY_TODAY],
                                    p->counts[URGENCY_BOOKED_LATE]};

    if (counts[URGENCY_LATE] + counts[URGENCY_TODAY] + counts[URGENCY_BOOKED_LATE] == 0) {
        enum urgency next = p->counts[URGENCY_SOON] ? URGENCY_SOON : URGENCY_LATER;

        counts[next] = p->counts[next];
    }
    return digest_counts_words(a, counts);
}

static const char *attention(const struct digest *d)
{
    return d->escalation ? "For your attention: " : "";
}

// What comes outside a digest says when it is due, and why it comes alone.
static const char *subject_at_once(struct arena *a, const struct digest *d,
                                   const struct digest_parts *p)
{
    const struct digest_item *first = p->lead.items;
    bool date = d->count == 1 && first->urgency != URGENCY_BOOKED_LATE;

    return arena_printf(a, "%s%s; told at once", attention(d), date ? first->due : worst_of(a, p));
}

// What is said anew tells today's mail from yesterday's, where the worst is the same.
static const char *fresh_of(struct arena *a, const struct digest_parts *p)
{
    size_t first = p->fresh.first, again = p->fresh.again;
    const char *more = first ? ", " : "; ";

    if (first == p->count)
        return "";
    return arena_printf(a, "%s%s", first ? arena_printf(a, "; %zu new", first) : "",
                        again == 1 ? arena_printf(a, "%s1 reminder", more)
                        : again    ? arena_printf(a, "%s%zu reminders", more, again)
                                   : "");
}

static const char *subject_of(struct arena *a, const struct digest *d, const struct digest_parts *p)
{
    if (d->count == 0)
        return "Nothing is due";
    if (p->count == 0)
        return arena_printf(a, "%zu no longer yours", d->count);
    if (d->at_once)
        return subject_at_once(a, d, p);
    return arena_printf(a, "%s%s%s", attention(d), worst_of(a, p), fresh_of(a, p));
}

static const char *opening_of(struct arena *a, const struct digest *d, const struct digest_parts *p)
{
    if (p->count == 0)
        return "Nothing is due.";
    if (d->at_once)
        return arena_printf(a, "%s, at once and not with your next digest: %s.",
                            d->escalation ? "This is for your attention"
                                          : "This is waiting for you",
                            digest_counts_words(a, p->counts));
    return arena_printf(
        a, "%s: %s.%s",
        d->escalation ? "These are for your attention" : "This is what is waiting for you",
        digest_counts_words(a, p->counts),
        p->fresh.first + p->fresh.again ? arena_printf(a, " %s.", digest_fresh_words(a, p->fresh))
                                        : "");
}

static const char *child_words(struct arena *a, const struct digest_item *i)
{
    return *i->worker ? arena_printf(a, "%s, worker %s (%s)", i->child, i->worker, i->seen)
                      : arena_printf(a, "%s (%s)", i->child, i->seen);
}

static void add_remark(struct text *out, const char *words)
{
    if (*words)
        paragraph_add(out, "    ", "    ", words);
}

static void add_in_full(struct arena *a, struct text *out, const struct digest_item *i)
{
    paragraph_add(out, i->is_new ? "  NEW  " : "  - ", "    ",
                  arena_printf(a, "%s [%s]", i->title, i->force));
    add_remark(out, i->due);
    add_remark(out, i->counted);
    add_remark(out, i->booked);
    add_remark(out, i->late);
    if (*i->reason)
        add_remark(out, arena_printf(a, "You are told because: %s", i->reason));
    add_remark(out, i->said);
    if (i->url)
        add_remark(out, arena_printf(a, "Why this date, or say it is in hand: %s", i->url));
}

static const char *after(struct arena *a, const char *words)
{
    return *words ? arena_printf(a, "; %s", words) : "";
}

static void add_in_short(struct arena *a, struct text *out, const struct digest_item *i)
{
    paragraph_add(out, "  - ", "    ",
                  arena_printf(a, "%s [%s], %s%s%s", i->title, i->force, i->due,
                               after(a, i->booked), after(a, i->reason)));
    add_remark(out, i->counted);
    add_remark(out, i->said);
    if (i->url)
        add_remark(out, i->url);
}

void digest_add_items(struct arena *a, struct text *out, const struct digest_view *v)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct digest_item *item = &v->items[i];

        if (item->new_family)
            text_add(out, "\n");
        if (item->new_child)
            paragraph_add(out, "", "", child_words(a, item));
        if (item->in_full)
            add_in_full(a, out, item);
        else
            add_in_short(a, out, item);
    }
    if (v->hidden > 0)
        text_addf(out, "\nand %zu more:\n", v->hidden);
    for (size_t i = 0; i < v->more_count; i++)
        paragraph_add(
            out, "  ", "    ",
            arena_printf(a, "%zu x %s [%s]", v->more[i].count, v->more[i].title, v->more[i].force));
}

static void add_part(struct arena *a, struct text *out, const char *heading,
                     const struct digest_view *v)
{
    if (heading) {
        text_add(out, "\n");
        paragraph_add(out, "", "", heading);
    }
    digest_add_items(a, out, v);
}

static const char *text_of(struct arena *a, const struct digest *d, const struct digest_parts *p,
                           const char *opening)
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", p->lead.reader);
    paragraph_add(&out, "", "", date_words(a, d->on));
    text_add(&out, "\n");
    paragraph_add(&out, "", "", opening);
    add_part(a, &out, p->lead_heading, &p->lead);
    add_part(a, &out, p->told_heading, &p->told);
    add_part(a, &out, p->parted_heading, &p->parted);
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", p->lead.service);
    if (p->lead.help)
        paragraph_add(&out, "", "", p->lead.help);
    return arena_strdup(a, text_str(&out));
}

void digest_render(struct arena *a, const struct digest *d, struct rendered *ret)
{
    struct digest_parts p;

    digest_parts_make(a, d, &p);

    const char *opening = opening_of(a, d, &p);

    *ret = (struct rendered){
        .subject = subject_of(a, d, &p),
        .text = text_of(a, d, &p, opening),
        .html = digest_html(a, d, &p, opening),
    };
}
