// What finders ask of one person: what is known, what runs on a day, who is involved.
#include "measure_person.h"

#include <string.h>

bool measured_knows(const struct measured *p, const struct fact *f, int event)
{
    return f->event >= 0 && f->event == event && date_cmp(f->at.on, p->question->as_at) <= 0;
}

bool measured_is_child(const struct measured *p, struct date on)
{
    for (size_t i = 0; i < p->timeline->count; i++)
        if (measured_knows(p, &p->timeline->facts[i], p->library->death) &&
            date_cmp(p->timeline->facts[i].at.on, on) <= 0)
            return false;
    return !date_known(p->history.born) || date_cmp(birthday(p->history.born, 18), on) > 0;
}

int subject_kind(const struct library *l, const char *name)
{
    for (size_t i = 0; i < l->subject_count; i++)
        if (strcmp(l->subjects[i].name, name) == 0)
            return (int)i;
    return -1;
}

bool episode_runs(const struct episode *e, struct date on)
{
    return date_cmp(e->start->at.on, on) <= 0 && (!e->end || date_cmp(e->end->at.on, on) > 0);
}

bool measured_has_running(const struct measured *p, int kind, struct date on)
{
    for (size_t i = 0; i < p->history.episode_count; i++)
        if (p->history.episodes[i].kind == kind && episode_runs(&p->history.episodes[i], on))
            return true;
    return false;
}

const char *measured_involved(const struct measured *p, const char *role, struct date on)
{
    int involved = library_event(p->library, "involved");
    const struct fact *last = NULL;

    for (size_t i = 0; i < p->timeline->count; i++) {
        const struct fact *f = &p->timeline->facts[i];

        if (measured_knows(p, f, involved) && same_key(f->code, role) && f->who &&
            date_cmp(f->at.on, on) <= 0 &&
            (!date_known(f->until.on) || date_cmp(on, f->until.on) <= 0) &&
            (!last || date_cmp(f->at.on, last->at.on) >= 0))
            last = f;
    }
    return last ? last->who : NULL;
}

struct date year_start(struct date on)
{
    int year, month, day;

    date_split(on, &year, &month, &day);
    return date_make(month >= 4 ? year : year - 1, 4, 1);
}

bool within_working_days(const struct library *l, struct date from, int count, struct date on)
{
    struct error ignored;
    struct date last;

    return working_days_after(l->national, from, count, &last, &ignored) && date_cmp(on, last) <= 0;
}
