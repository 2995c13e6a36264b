// The Monday list: its subject and its plain text. weekly_view.c has the words, weekly_html.c the
// same as tables.
#include "weekly.h"

#include "paragraph.h"
#include "text.h"
#include "weekly_view.h"

// What is booked for today is ahead.
static bool is_due_today(const struct weekly *w, const struct weekly_date *d)
{
    return date_is(d->on, w->on) && !date_known(d->at.on);
}

// The worst thing in it, naming nobody.
static const char *subject_of(struct arena *a, const struct weekly *w)
{
    size_t late = weekly_late(w), today = 0, ahead = 0;
    struct date next = date_add_days(w->monday, 7);

    for (size_t i = 0; i < w->fresh_count + w->standing_count; i++) {
        const struct digest_line *l = weekly_told(w, i);

        today += digest_urgency(l, w->on) == URGENCY_TODAY;
        ahead += digest_urgency(l, w->on) > URGENCY_TODAY && date_cmp(l->due_on, next) < 0;
    }
    for (size_t i = 0; i < w->date_count; i++) {
        today += is_due_today(w, &w->dates[i]);
        ahead += !is_due_today(w, &w->dates[i]) && date_cmp(w->dates[i].on, next) < 0;
    }
    return arena_printf(a, "Your week: %s%s%s",
                        late ? arena_printf(a, "%zu out of timescale", late) : "nothing late",
                        today ? arena_printf(a, ", %zu due today", today) : "",
                        ahead ? arena_printf(a, ", %zu ahead", ahead) : "");
}

static void add_figures(struct text *out, const struct weekly_view *v)
{
    if (v->figure_count == 0)
        return;
    text_add(out, "\n");
    paragraph_add(out, "", "", v->figures_heading);
    for (size_t i = 0; i < v->figure_count; i++)
        paragraph_add(out, "  - ", "    ", v->figures[i]);
}

static void add_list(struct arena *a, struct text *out, const struct weekly_list *l)
{
    if (!l->heading)
        return;
    text_add(out, "\n");
    paragraph_add(out, "", "", l->heading);
    digest_add_items(a, out, &l->view);
}

static const char *children_words(struct arena *a, const struct weekly_item *item)
{
    AUTO(text_done) struct text out = {0};

    if (!item->named)
        return arena_printf(a, "%zu", item->count);
    for (size_t i = 0; i < item->count; i++)
        text_addf(&out, "%s%s%s", i ? ", " : "", item->children[i].child, item->children[i].worker);
    return arena_strdup(a, text_str(&out));
}

// An address takes a line: each child has its own then.
static void add_item(struct arena *a, struct text *out, const struct weekly_item *item)
{
    if (!item->linked) {
        paragraph_add(out, "    - ", "      ",
                      arena_printf(a, "%s: %s", item->what, children_words(a, item)));
        return;
    }
    paragraph_add(out, "    - ", "      ", arena_printf(a, "%s:", item->what));
    for (size_t i = 0; i < item->count; i++) {
        const struct weekly_child *c = &item->children[i];

        paragraph_add(out, "      ", "      ",
                      arena_printf(a, "%s%s%s%s", c->child, c->worker, c->url ? " " : "",
                                   c->url ? c->url : ""));
    }
}

static void add_week(struct arena *a, struct text *out, const struct weekly_week *w)
{
    text_add(out, "\n");
    paragraph_add(out, "", "", w->heading);
    for (size_t i = 0; i < w->count; i++) {
        paragraph_add(out, "  ", "  ", w->days[i].day);
        for (size_t k = 0; k < w->days[i].count; k++)
            add_item(a, out, &w->days[i].items[k]);
    }
}

static const char *text_of(struct arena *a, const struct weekly_view *v)
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", v->reader);
    paragraph_add(&out, "", "", v->above);
    text_add(&out, "\n");
    paragraph_add(&out, "", "", v->opening);
    add_list(a, &out, &v->fresh);
    add_figures(&out, v);
    add_list(a, &out, &v->late);
    add_list(a, &out, &v->records);
    add_list(a, &out, &v->standing);
    add_week(a, &out, &v->weeks[0]);
    add_week(a, &out, &v->weeks[1]);
    add_list(a, &out, &v->parted);
    text_add(&out, "\n-- \n");
    paragraph_add(&out, "", "", v->service);
    if (v->help)
        paragraph_add(&out, "", "", v->help);
    return arena_strdup(a, text_str(&out));
}

void weekly_render(struct arena *a, const struct weekly *w, struct rendered *ret)
{
    struct weekly_view v;

    weekly_view_make(a, w, &v);
    *ret = (struct rendered){
        .subject = subject_of(a, w), .text = text_of(a, &v), .html = weekly_html(a, &v)};
}
