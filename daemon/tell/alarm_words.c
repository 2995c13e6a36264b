// The words of an alarm's mail.
#include "alarm_words.h"

#include "text.h"

static const char *codes(const struct alarm *m)
{
    const char *all = "";

    for (size_t i = 0; i < m->count; i++)
        all = arena_printf(m->arena, "%s%s%s", all, i ? ", " : "", m->causes[i].code);
    return all;
}

const char *alarm_subject(const struct alarm *m)
{
    return arena_printf(
        m->arena, m->kind == ALARM_RAISED ? "timely: alarm: %s" : "timely: over: %s", codes(m));
}

const char *alarm_text(const struct alarm *m)
{
    AUTO(text_done) struct text t = {0};

    if (m->kind == ALARM_CLEARED) {
        text_addf(&t, "What timely could not do is done again (%s).\n", codes(m));
        return arena_strdup(m->arena, text_str(&t));
    }
    text_add(&t, "timely cannot do all of its work:\n\n");
    for (size_t i = 0; i < m->count; i++)
        text_addf(&t, "- %s: %s\n", m->causes[i].code, unwell_sentence(m->arena, &m->causes[i]));
    text_add(&t, "\nUntil this is put right people may not be told in time. \"timely status\" says "
                 "more; what to do about each is in timely's guide for operators.\n"
                 "Another mail comes when it is over, or after a day.\n");
    return arena_strdup(m->arena, text_str(&t));
}
