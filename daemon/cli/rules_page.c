// The page of rules: a chapter for each framework, a box for each timescale that is never parted
// over two sheets of paper, and at the end who is told and when.
#include "rules_page.h"

#include "explain.h"
#include "html.h"
#include "ladder.h"
#include "rules_words.h"

#include <string.h>

static const char style[] =
    "body { font: 11pt/1.45 Georgia, serif; color: #1b1f23; max-width: 48em; margin: 2em auto; "
    "padding: 0 1em }\n"
    "h1, h2, h3, dt, th { font-family: Arial, Helvetica, sans-serif }\n"
    "h2 { border-bottom: 2px solid #1d4e89; margin-top: 2em }\n"
    "h3 { margin: 0 } code, .quiet { color: #4f5b66 } code { font-size: 90% }\n"
    "article { border: 1px solid #c9d1d9; padding: .8em 1em; margin: 1em 0 }\n"
    "article.off { border-style: dashed }\n"
    "dl { display: grid; grid-template-columns: 8em 1fr; gap: .15em 1em; margin: .6em 0 0 }\n"
    "dl.wide { grid-template-columns: 16em 1fr }\n"
    "dt { font-size: 85%; color: #4f5b66 } dd { margin: 0; overflow-wrap: anywhere }\n"
    "ul { margin: 0; padding-left: 1.2em }\n"
    "@media print { body { margin: 0; max-width: none; font-size: 10pt }\n"
    "  article, section.telling { break-inside: avoid } h2, h3 { break-after: avoid }\n"
    "  a { color: inherit; text-decoration: none } }\n";

static void say(struct text *out, struct arena *a, const char *term, const char *words)
{
    if (words && *words)
        text_addf(out, "<dt>%s</dt><dd>%s</dd>\n", term, html_escape(a, words));
}

static void say_source(struct text *out, const struct teller *t, const struct timescale *ts)
{
    const char *words = rule_source(t, ts), *url = rule_url(t, ts);

    text_addf(out, "<dt>Source</dt><dd>%s", html_escape(t->arena, words ? words : "not given"));
    if (url && strncmp(url, "https://", 8) == 0)
        text_addf(out, "<br><a href=\"%s\">%s</a>", html_escape(t->arena, url),
                  html_escape(t->arena, url));
    text_add(out, "</dd>\n");
}

static void say_force(struct text *out, const struct teller *t, const struct timescale *ts)
{
    const struct version *v = &ts->versions[ts->version_count - 1];
    const char *since = !in_force_since_ever(v) ? arena_printf(t->arena, ", in force from %s",
                                                               date_words(t->arena, v->from))
                                                : "";

    say(out, t->arena, "Force", arena_printf(t->arena, "%s%s", rule_force(t, ts), since));
}

static void say_told(struct text *out, struct arena *a, const struct library *l,
                     const struct timescale *ts)
{
    const char *const ids[] = {ts->profile, ts->ladder};
    bool any = false;

    for (size_t i = 0; i < 2; i++) {
        if (!ids[i])
            continue;
        text_addf(out, "%s<a href=\"#%s\">%s</a>", any ? ", " : "<dt>Who is told</dt><dd>",
                  html_escape(a, ids[i]), html_escape(a, ids[i]));
        any = true;
    }
    for (size_t i = 0; any && i < l->team_ladder_count; i++)
        if (team_ladder_decides(l, &l->team_ladders[i], ts))
            text_addf(out, "; team %s: <a href=\"#%s\">%s</a>",
                      html_escape(a, l->team_ladders[i].team),
                      html_escape(a, l->team_ladders[i].ladder),
                      html_escape(a, l->team_ladders[i].ladder));
    if (any)
        text_add(out, "</dd>\n");
}

static void say_examples(struct text *out, struct arena *a, const struct timescale *ts)
{
    if (ts->example_count == 0)
        return;
    text_add(out, "<dt>Examples</dt><dd><ul>\n");
    for (size_t i = 0; i < ts->example_count; i++)
        text_addf(out, "<li><code>%s</code></li>\n", html_escape(a, ts->examples[i].text));
    text_add(out, "</ul></dd>\n");
}

static void say_timescale(struct text *out, const struct teller *t, const struct timescale *ts)
{
    struct arena *a = t->arena;

    text_addf(out, "<article id=\"%s\"%s>\n<h3>%s</h3>\n<code>%s</code>%s\n<dl>\n",
              html_escape(a, ts->id), ts->on ? "" : " class=\"off\"", html_escape(a, ts->title),
              html_escape(a, ts->id), ts->on ? "" : " <span class=\"quiet\">is off</span>");
    say_force(out, t, ts);
    say(out, a, "Due", rule_period(t, ts));
    say(out, a, "Only for", rule_only_for(t, ts));
    say(out, a, "Only while", rule_only_while(t, ts));
    say(out, a, "Counting", rule_counting(t, ts));
    say(out, a, "Met by", rule_met_by(t, ts));
    say(out, a, "Ends with", rule_ends_with(t, ts));
    if (ts->until_age)
        say(out, a, "Until", arena_printf(a, "age %d", ts->until_age));
    say_source(out, t, ts);
    if (ts->evidence)
        say(out, a, "Evidence", explain_evidence(a, ts->evidence));
    say(out, a, "Reading", ts->reading);
    say_told(out, a, t->library, ts);
    say_examples(out, a, ts);
    text_add(out, "</dl>\n</article>\n");
}

static bool same_chapter(const struct timescale *x, const struct timescale *y)
{
    return strcmp(x->chapter ? x->chapter : "", y->chapter ? y->chapter : "") == 0;
}

// Chapters in the order of their first timescale.
static void say_chapters(struct text *out, const struct teller *t)
{
    const struct library *l = t->library;

    for (size_t i = 0; i < l->timescale_count; i++) {
        bool said = false;

        for (size_t k = 0; k < i && !said; k++)
            said = same_chapter(&l->timescales[k], &l->timescales[i]);
        if (said)
            continue;
        text_addf(
            out, "<h2>%s</h2>\n",
            html_escape(t->arena, l->timescales[i].chapter ? l->timescales[i].chapter : "Others"));
        for (size_t k = i; k < l->timescale_count; k++)
            if (same_chapter(&l->timescales[k], &l->timescales[i]))
                say_timescale(out, t, &l->timescales[k]);
    }
}

static void say_ladders(struct text *out, struct arena *a, const struct ladder *ladders,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_addf(out, "<section class=\"telling\" id=\"%s\">\n<h3>%s</h3>\n<ul>\n",
                  html_escape(a, ladders[i].id), html_escape(a, ladders[i].id));
        for (size_t k = 0; k < ladders[i].count; k++)
            text_addf(out, "<li>%s</li>\n", html_escape(a, rung_words(a, &ladders[i].rungs[k])));
        text_add(out, "</ul>\n</section>\n");
    }
}

static void say_cadences(struct text *out, struct arena *a, const struct library *l)
{
    if (l->cadence_count == 0)
        return;
    text_add(out, "<h2>What the service does again and again</h2>\n<dl class=\"wide\">\n");
    for (size_t i = 0; i < l->cadence_count; i++) {
        const struct cadence *c = &l->cadences[i];

        say(out, a, html_escape(a, c->id),
            arena_printf(a, "%s: %s. %s", c->title, cadence_words(a, c), c->source));
    }
    text_add(out, "</dl>\n");
}

static void say_untimed(struct text *out, struct arena *a, const struct library *l)
{
    if (l->untimed_count == 0)
        return;
    text_add(out, "<h2>What has no clock</h2>\n<dl class=\"wide\">\n");
    for (size_t i = 0; i < l->untimed_count; i++)
        say(out, a, html_escape(a, l->untimed[i].id), l->untimed[i].why);
    text_add(out, "</dl>\n");
}

void rules_page(struct text *out, struct arena *a, const struct library *l)
{
    struct teller t = {a, l, true};
    const char *of = html_escape(a, l->authority ? l->authority : "Law, guidance and practice");

    text_addf(out,
              "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<title>Timescales: %s</title>\n<style>\n%s</style>\n</head>\n<body>\n"
              "<h1>Timescales: %s</h1>\n"
              "<p class=\"quiet\">%zu timescales. Rules <code>%s</code>: the same words here mean "
              "the same due dates.</p>\n",
              of, style, of, l->timescale_count, html_escape(a, l->version));
    say_chapters(out, &t);
    say_cadences(out, a, l);
    say_untimed(out, a, l);
    text_add(out, "<h2>Who is told, and when</h2>\n");
    say_ladders(out, a, l->profiles, l->profile_count);
    say_ladders(out, a, l->ladders, l->ladder_count);
    text_add(out, "</body>\n</html>\n");
}
