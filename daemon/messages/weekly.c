// The Monday list: its subject and its plain text. weekly_view.c has the words, weekly_html.c the
// same as tables.
#include "weekly.h"

#include "paragraph.h"
#include "text.h"
#include "weekly_view.h"

// The worst thing in it, naming nobody.
static const char *subject_of(struct arena *a, const struct weekly *w)
{
    size_t late = w->late_count + w->record_count, ahead = 0;

    for (size_t i = 0; i < w->date_count; i++)
        ahead += date_cmp(w->dates[i].on, date_add_days(w->monday, 7)) < 0;
    if (late && ahead)
        return arena_printf(a, "Your week: %zu out of timescale, %zu ahead", late, ahead);
    if (late)
        return arena_printf(a, "Your week: %zu out of timescale", late);
    return ahead ? arena_printf(a, "Your week: nothing late, %zu ahead", ahead)
                 : "Your week: nothing late";
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

static void add_week(struct text *out, const struct weekly_week *w)
{
    text_add(out, "\n");
    paragraph_add(out, "", "", w->heading);
    for (size_t i = 0; i < w->count; i++) {
        paragraph_add(out, "  ", "  ", w->days[i].day);
        for (size_t k = 0; k < w->days[i].count; k++)
            paragraph_add(out, "    - ", "      ", w->days[i].dates[k]);
    }
}

static const char *text_of(struct arena *a, const struct weekly_view *v)
{
    AUTO(text_done) struct text out = {0};

    paragraph_add(&out, "", "", v->reader);
    paragraph_add(&out, "", "", v->above);
    text_add(&out, "\n");
    paragraph_add(&out, "", "", v->opening);
    add_figures(&out, v);
    add_list(a, &out, &v->late);
    add_list(a, &out, &v->records);
    add_week(&out, &v->weeks[0]);
    add_week(&out, &v->weeks[1]);
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
