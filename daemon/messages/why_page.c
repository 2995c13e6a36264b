// The page that explains a deadline (why_page.h).
#include "why_page.h"

#include "clean.h"
#include "html.h"
#include "text.h"

#include <string.h>

#define WORDS_MOST 4000 // characters of anything that is shown

const char page_style[] =
    ":root{color-scheme:light dark;--ink:#1b1f23;--quiet:#4f5b66;--sheet:#fff;--back:#eef1f4;"
    "--line:#d5dbe1;--link:#1d4e89;--late:#b3261e;--well:#1e6b3a;--ahead:#1d4e89}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--quiet:#a9b3bd;--sheet:#1f2429;"
    "--back:#14181b;--line:#39424a;--link:#8ab8f0;--late:#ff8a80;--well:#7fd49a;--ahead:#8ab8f0}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 Arial,Helvetica,"
    "sans-serif}\n"
    "main{max-width:42rem;margin:1.5rem auto;padding:1.5rem 1.75rem;background:var(--sheet);"
    "border-top:4px solid var(--ahead)}\n"
    "main.late{border-top-color:var(--late)}main.well{border-top-color:var(--well)}\n"
    "h1{font-size:1.4rem;line-height:1.3;margin:.25rem 0}\n"
    "h2{font-size:1rem;margin:1.75rem 0 .25rem;color:var(--quiet)}\n"
    "p{margin:.25rem 0 .5rem}\n"
    ".quiet{color:var(--quiet);font-size:.875rem}\n"
    ".state{font-weight:bold;color:var(--ahead)}\n"
    ".late .state{color:var(--late)}.well .state{color:var(--well)}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.5rem 0}\n"
    "dt{color:var(--quiet)}dd{margin:0}\n"
    "table{border-collapse:collapse;width:100%;font-size:.9375rem}\n"
    "td,th{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);"
    "vertical-align:top}\n"
    "th{color:var(--quiet);font-weight:normal}\n"
    "a{color:var(--link)}\n"
    "form{margin:1rem 0;padding:.75rem 1rem;border:1px solid var(--line)}\n"
    "label{display:block;margin:.25rem 0}\n"
    "input,button{font:inherit;color:inherit;background:var(--sheet);border:1px solid "
    "var(--quiet);padding:.3rem .5rem;max-width:100%}\n"
    "input[type=text]{width:100%}button{margin-top:.5rem;cursor:pointer}\n"
    "footer{margin-top:1.75rem;border-top:1px solid var(--line);padding-top:.75rem}\n"
    "@media(max-width:30rem){main{margin:0;padding:1rem}dl{grid-template-columns:1fr;gap:0}"
    "dd{margin-bottom:.5rem}}\n";

struct page {
    struct arena *arena;
    struct text *out;
};

static const char *safe(struct page *to, const char *s)
{
    return html_escape(to->arena, clean_line(to->arena, s, WORDS_MOST));
}

static void open_page(struct page *to, const char *title, const char *style_url, const char *mood)
{
    text_addf(to->out,
              "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"robots\" content=\"noindex\">\n<title>%s</title>\n"
              "<link rel=\"stylesheet\" href=\"%s\">\n</head>\n<body>\n<main class=\"%s\">\n",
              safe(to, title), safe(to, style_url), mood);
}

static void close_page(struct page *to)
{
    text_add(to->out, "</main>\n</body>\n</html>\n");
}

static void say(struct page *to, const char *words)
{
    text_addf(to->out, "<p>%s</p>\n", safe(to, words));
}

static void heading(struct page *to, const char *words)
{
    text_addf(to->out, "<h2>%s</h2>\n", words);
}

static void row(struct page *to, const char *label, const char *value)
{
    if (value)
        text_addf(to->out, "<dt>%s</dt><dd>%s</dd>\n", label, safe(to, value));
}

// ---------------------------------------------------------------------------------- how it stands

static bool is(const struct why_page *p, const char *state)
{
    return strcmp(p->state, state) == 0;
}

static bool is_late(const struct why_page *p)
{
    bool booked_late = date_known(p->booked.on) && date_cmp(p->booked.on, p->due_on) > 0;

    return (is(p, "open") && (booked_late || date_cmp(p->due_on, p->now.on) < 0)) ||
           (is(p, "met") && !p->in_timescale);
}

static const char *mood_of(const struct why_page *p)
{
    if (is_late(p))
        return "late";
    return is(p, "met") ? "well" : "ahead";
}

static const char *state_words(struct arena *a, const struct why_page *p)
{
    int days = p->due_on.day - p->now.on.day;

    if (is(p, "met"))
        return arena_printf(a, "Done on %s, %s", date_words(a, p->met_on),
                            p->in_timescale ? "in timescale" : "out of timescale");
    if (is(p, "unknown"))
        return "The case system does not show whether it was done";
    if (!is(p, "open"))
        return "No longer owed";
    if (days < 0)
        return arena_printf(a, "Out of timescale by %d day%s", -days, days == -1 ? "" : "s");
    if (date_known(p->booked.on))
        return is_late(p) ? "Booked out of timescale" : "Booked in timescale";
    if (days == 0)
        return "Due today";
    return arena_printf(a, "Due in %d day%s", days, days == 1 ? "" : "s");
}

static void add_standing(struct page *to, const struct why_page *p)
{
    struct arena *a = to->arena;
    bool hours = date_known(p->due_at.on);

    text_addf(to->out, "<p class=\"quiet\">Child %s</p>\n<h1>%s</h1>\n<p class=\"state\">%s</p>\n",
              safe(to, p->reference), safe(to, p->title), safe(to, state_words(a, p)));
    text_add(to->out, "<dl>\n");
    row(to, "Last in timescale", hours ? moment_words(a, p->due_at) : date_words(a, p->due_on));
    row(to, "Booked for", date_known(p->booked.on) ? moment_words(a, p->booked) : NULL);
    row(to, "Book by",
        is(p, "open") && !date_known(p->booked.on) && date_known(p->book_by) &&
                !date_is(p->book_by, p->due_on)
            ? arena_printf(a, "%s: the last day is not a working day", date_words(a, p->book_by))
            : NULL);
    row(to, "Because", is(p, "open") ? NULL : p->why);
    text_add(to->out, "</dl>\n");
}

// ------------------------------------------------------------------------------------- their word

static void add_said(struct page *to, const struct why_recipient *r)
{
    struct arena *a = to->arena;

    if (date_known(r->in_hand_until))
        say(to, arena_printf(a, "You have it in hand until %s: %s", date_words(a, r->in_hand_until),
                             r->reason));
    if (date_known(r->done_until))
        say(to, "It was said that this was done and is not yet recorded. It counts once it is "
                "recorded in the case system.");
    if (r->waits)
        say(to, "What you pressed was put down. timely looks at it in a moment: open this page "
                "again to see whether it counts.");
    if (r->refused)
        say(to, arena_printf(a, "What you pressed last does not count: %s.", r->refused));
}

static void open_form(struct page *to, const struct why_recipient *r)
{
    text_addf(to->out,
              "<form method=\"post\">\n<input type=\"hidden\" name=\"form\" value=\"%s\">\n",
              safe(to, r->form_token));
}

static void close_form(struct page *to, const char *word, const char *button, const char *what)
{
    text_addf(to->out,
              "<button name=\"say\" value=\"%s\">%s</button>\n<p class=\"quiet\">%s</p>\n</form>\n",
              word, button, what);
}

static void add_forms(struct page *to, const struct why_page *p, const struct why_recipient *r)
{
    bool ahead = date_known(p->booked.on) && moment_cmp(p->now, p->booked) < 0;

    open_form(to, r);
    text_addf(to->out,
              "<label>Until <input type=\"date\" name=\"until\" required "
              "min=\"%s\" max=\"%s\"></label>\n<label>Because <input type=\"text\" "
              "name=\"because\" required maxlength=\"%d\"></label>\n",
              date_iso(to->arena, p->now.on),
              date_iso(to->arena, date_add_days(p->now.on, IN_HAND_DAYS_MOST)),
              IN_HAND_REASON_MOST);
    // Reminders are for who acts; those above are told all the same.
    close_form(
        to, "in-hand", "I have it in hand",
        r->acts ? "You are not reminded of it until then. It stays due on its day, and managers "
                  "who are told of it see your reason: please name nobody in it."
                : "It stays due on its day. Managers are told of it as ever, and see your reason: "
                  "please name nobody in it.");
    if (!r->acts || ahead || date_known(r->done_until))
        return;
    open_form(to, r);
    close_form(to, "done", "It was done, and is not yet recorded",
               "Managers are not told of it for two working days: time to record it. It stays "
               "owed until it is recorded, and this can be said once.");
}

static void add_word(struct page *to, const struct why_page *p)
{
    const struct why_recipient *r = p->recipient;

    if (!r)
        return;
    heading(to, "Your word on it");
    add_said(to, r);
    if (is(p, "open") && !r->waits)
        add_forms(to, p, r);
}

// ------------------------------------------------------------------------------------ why it is so

static void add_derivation(struct page *to, const struct why_page *p)
{
    heading(to, "Why this date");
    say(to, p->derivation);
    if (p->not_counted)
        say(to, arena_printf(to->arena, "Not counted: %s.", p->not_counted));
    if (p->provisional)
        say(to, "Provisional: it rests on bank holidays that are not published yet.");
}

static void add_rule(struct page *to, const struct why_page *p)
{
    heading(to, "The rule");
    text_add(to->out, "<dl>\n");
    row(to, "Force", p->force);
    if (p->source) {
        text_add(to->out, "<dt>Source</dt><dd>");
        if (p->url && clean_is_url(p->url))
            text_addf(to->out, "<a href=\"%s\" rel=\"noreferrer\">%s</a>", safe(to, p->url),
                      safe(to, p->source));
        else
            text_add(to->out, safe(to, p->source));
        text_add(to->out, "</dd>\n");
    }
    row(to, "Attested", p->evidence);
    row(to, "As read here", p->reading);
    text_add(to->out, "</dl>\n");
}

static const char *change_words(const char *change)
{
    static const struct {
        const char *change, *words;
    } all[] = {
        {"opened", "Known"},           {"moved", "Moved"},         {"met", "Done"},
        {"ended", "No longer owed"},   {"reopened", "Owed again"}, {"withdrawn", "Taken back"},
        {"changed", "Details changed"}};

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].change, change) == 0)
            return all[i].words;
    return change;
}

static void add_changes(struct page *to, const struct why_page *p)
{
    if (p->change_count == 0)
        return;
    heading(to, "How it came to be so");
    text_add(to->out, "<table>\n<tr><th>When</th><th>What</th><th>Due by</th></tr>\n");
    for (size_t i = 0; i < p->change_count; i++)
        text_addf(to->out, "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n",
                  safe(to, moment_words(to->arena, p->changes[i].known_at)),
                  safe(to, change_words(p->changes[i].change)),
                  safe(to, date_words(to->arena, p->changes[i].due_on)));
    text_add(to->out, "</table>\n");
}

static void add_foot(struct page *to, const struct why_page *p)
{
    text_add(to->out, "<footer class=\"quiet\">\n");
    if (date_known(p->as_of.on))
        say(to, arena_printf(to->arena, "The case system was last read on %s.",
                             moment_words(to->arena, p->as_of)));
    if (p->signed_in_as)
        say(to, arena_printf(to->arena,
                             "You are signed in as %s: what you press here is put down under that "
                             "name.",
                             p->signed_in_as));
    else
        say(to, "This link opens this one deadline for whoever has it. Please do not pass it on.");
    if (p->help)
        say(to, p->help);
    text_add(to->out, "</footer>\n");
}

const char *why_page_render(struct arena *a, const struct why_page *p, const char *style_url)
{
    AUTO(text_done) struct text out = {0};
    struct page to = {a, &out};

    open_page(&to, "Why this date", style_url, mood_of(p));
    add_standing(&to, p);
    add_word(&to, p);
    add_derivation(&to, p);
    add_rule(&to, p);
    add_changes(&to, p);
    add_foot(&to, p);
    close_page(&to);
    return arena_strdup(a, text_str(&out));
}

const char *notice_page_render(struct arena *a, const char *title, const char *words,
                               const char *style_url)
{
    AUTO(text_done) struct text out = {0};
    struct page to = {a, &out};

    open_page(&to, title, style_url, "ahead");
    text_addf(&out, "<h1>%s</h1>\n", safe(&to, title));
    say(&to, words);
    close_page(&to);
    return arena_strdup(a, text_str(&out));
}
