// An alarm as JSON: timely's own document, or an Adaptive Card (version 1.4) in the envelope that a
// workflow of Microsoft Teams takes.
//
// A card's TextBlock reads Markdown and {{DATE(…)}}; a TextRun reads neither. So a TextBlock has
// words of this file alone, and whatever comes from elsewhere is a TextRun.
#include "alarm_words.h"
#include "book.h"
#include "json.h"
#include "zone.h"

// ------------------------------------------------------------------------------------------- plain

static json_t *cause_document(const struct alarm *m, const struct unwell *u)
{
    json_t *o = json_object();

    json_set_text(o, "code", u->code);
    if (m->kind == ALARM_RAISED)
        json_set_text(o, "since", instant_iso(m->arena, u->since));
    return o;
}

// "text" is what chat services show of a document that they know nothing else of.
static json_t *plain(const struct alarm *m)
{
    json_t *o = json_object(), *causes = json_array();

    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(causes, cause_document(m, &m->causes[i]));
    json_set_text(o, "text", alarm_subject(m));
    json_set_text(o, "id", m->id);
    json_set_text(o, "state", m->kind == ALARM_RAISED ? "alarm" : "over");
    json_set_text(o, "at", instant_iso(m->arena, m->now));
    json_object_set_new(o, "causes", causes);
    return o;
}

// -------------------------------------------------------------------------------------------- card

static json_t *of_type(const char *type)
{
    json_t *o = json_object();

    json_set_text(o, "type", type);
    return o;
}

static json_t *sentence(const char *words)
{
    json_t *o = of_type("TextBlock");

    json_set_text(o, "text", words);
    json_object_set_new(o, "wrap", json_true());
    return o;
}

static json_t *heading(const struct alarm *m)
{
    bool raised = m->kind == ALARM_RAISED;
    json_t *o = sentence(raised ? "timely cannot do all of its work"
                                : "What timely could not do is done again");

    json_set_text(o, "size", "Medium");
    json_set_text(o, "weight", "Bolder");
    json_set_text(o, "color", raised ? "Attention" : "Good");
    return o;
}

static json_t *run(const char *words)
{
    json_t *o = of_type("TextRun");

    json_set_text(o, "text", words);
    return o;
}

static json_t *line(json_t *runs)
{
    json_t *o = of_type("RichTextBlock");

    json_object_set_new(o, "inlines", runs);
    return o;
}

static json_t *cause_line(const struct alarm *m, const struct unwell *u)
{
    json_t *runs = json_array(), *code = run(u->code);

    json_set_text(code, "weight", "Bolder");
    json_array_append_new(runs, code);
    if (m->kind == ALARM_RAISED)
        json_array_append_new(
            runs, run(arena_printf(m->arena, ", since %s",
                                   moment_words(m->arena, london_from_instant(u->since)))));
    return line(runs);
}

// By which a person sees that a card came twice; Teams itself does not look.
static json_t *number_line(const struct alarm *m)
{
    json_t *runs = json_array(), *number = run(arena_printf(m->arena, "Number %s", m->id));

    json_set_text(number, "size", "Small");
    json_object_set_new(number, "isSubtle", json_true());
    json_array_append_new(runs, number);
    return line(runs);
}

static json_t *card(const struct alarm *m)
{
    json_t *o = of_type("AdaptiveCard"), *body = json_array();

    json_array_append_new(body, heading(m));
    for (size_t i = 0; i < m->count; i++)
        json_array_append_new(body, cause_line(m, &m->causes[i]));
    if (m->kind == ALARM_RAISED)
        json_array_append_new(
            body, sentence("Until this is put right people may not be told in time. What to do "
                           "about each is in timely's guide for operators. Another card comes when "
                           "it is over, or after a day."));
    json_array_append_new(body, number_line(m));
    json_set_text(o, "$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
    json_set_text(o, "version", "1.4");
    json_set_text(o, "lang", "en");
    json_object_set_new(o, "body", body);
    return o;
}

static json_t *teams(const struct alarm *m)
{
    json_t *o = of_type("message"), *attachment = json_object(), *all = json_array();

    json_set_text(attachment, "contentType", "application/vnd.microsoft.card.adaptive");
    json_object_set_new(attachment, "content", card(m));
    json_array_append_new(all, attachment);
    json_set_text(o, "id", m->id);
    json_object_set_new(o, "attachments", all);
    return o;
}

const char *alarm_document(const struct alarm *m, enum webhook_form form)
{
    AUTO(json_done) json_t *o = form == WEBHOOK_TEAMS ? teams(m) : plain(m);

    return json_line(m->arena, o);
}
