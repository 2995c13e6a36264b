// What people have read of, and as what (agenda_known.h).
#include "agenda_known.h"

#include "zone.h"

static bool is_late(const struct owed *o, struct date today)
{
    return date_cmp(o->due_on, today) < 0;
}

static bool was_late(const struct owed *o, instant at)
{
    return is_late(o, london_from_instant(at).on);
}

static bool knows(const struct known_line *k, const struct line *l, struct date today)
{
    if (is_late(l->owed, today))
        return was_late(l->owed, k->read_at);
    return !l->escalation || k->by_rung;
}

void agenda_mark_known(const struct known_lines *known, struct date today, struct line *l)
{
    const struct known_line *k =
        l->to ? known_lines_find(known, l->to->id, l->owed->deadline_id) : NULL;
    bool moved = k && !date_is(k->due_on, l->owed->due_on);

    l->date_was = moved ? k->due_on : DATE_NONE;
    l->is_known = k && !moved && knows(k, l, today);
}

bool agenda_asks_known(const struct told *t, struct date today)
{
    return t->unread || t->to_another ||
           (is_late(t->owed, today) && !was_late(t->owed, t->said_at));
}
