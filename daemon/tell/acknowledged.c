// What people said about a deadline (acknowledged.h).
#include "acknowledged.h"

#include <string.h>

static bool holds(const struct acknowledged *s, struct date today)
{
    return date_cmp(today, s->last_day) <= 0;
}

static bool keeps_back(const struct acknowledged *s, const char *staff_id, bool escalation)
{
    return s->done ? escalation : !escalation && strcmp(s->staff_id, staff_id) == 0;
}

struct date acknowledged_until(const struct owed *o, const char *staff_id, bool escalation,
                               struct date today)
{
    struct date last = DATE_NONE;

    for (size_t i = 0; i < o->said_count; i++) {
        const struct acknowledged *s = &o->said[i];

        if (holds(s, today) && keeps_back(s, staff_id, escalation) &&
            (!date_known(last) || date_cmp(s->last_day, last) > 0))
            last = s->last_day;
    }
    return last;
}

static const char *words_of(struct arena *a, const struct acknowledged *s, struct date today)
{
    if (s->done)
        return arena_printf(a,
                            holds(s, today)
                                ? "Done, not yet recorded, says %s since %s"
                                : "%s said on %s that it was done; it is not recorded yet",
                            s->name, date_words(a, s->said_on));
    if (!holds(s, today))
        return NULL;
    return arena_printf(a, "In hand until %s, says %s: %s", date_words(a, s->last_day), s->name,
                        s->reason);
}

const char *acknowledged_words(struct arena *a, const struct owed *o, struct date today)
{
    const char *all = NULL;

    for (size_t i = 0; i < o->said_count; i++) {
        const char *words = words_of(a, &o->said[i], today);

        if (words)
            all = all ? arena_printf(a, "%s. %s", all, words) : words;
    }
    return all;
}
