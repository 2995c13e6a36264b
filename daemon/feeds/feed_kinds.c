// The table of feeds. A restricted child is shown to those who are responsible for it by name:
// allocated worker, chair, reviewing officer; never to a team, a service or everybody who books.
#include "feed_kinds.h"

#include "ladder.h"
#include "text.h"

#include <string.h>

// The chair's own work (records, outcomes) is not in the calendars of social workers, their teams
// and services.
static bool of_workers(const struct library *l, const struct timescale *t, const char *owner)
{
    const char *role = ladder_acting_role(l, t);

    (void)owner;
    return !role || strcmp(role, "social-worker") == 0;
}

static bool of_chairs(const struct library *l, const struct timescale *t, const char *owner)
{
    return t->meeting || !of_workers(l, t, owner);
}

static bool of_meetings(const struct library *l, const struct timescale *t, const char *owner)
{
    (void)l;
    (void)owner;
    return t->meeting;
}

static bool of_one_meeting(const struct library *l, const struct timescale *t, const char *owner)
{
    (void)l;
    return same_key(t->meeting, owner);
}

static bool of_everything(const struct library *l, const struct timescale *t, const char *owner)
{
    (void)l;
    (void)t;
    (void)owner;
    return true;
}

#define STAFF_NAME "SELECT coalesce(name, $1) FROM timely.staff WHERE professional_id = $1"
#define TEAM_NAME "SELECT coalesce(name, $1) FROM timely.team WHERE team_id = $1"
#define ONESELF "SELECT $1::text"

const struct feed_kind feed_kinds[] = {
    {.word = "worker",
     .of = "a member of staff",
     .name = "Deadlines",
     .whose = "p.worker_id = $1",
     .naming = STAFF_NAME,
     .holder = ONESELF,
     .rest = "single children",
     .shows = of_workers},
    {.word = "team",
     .of = "a team",
     .name = "Deadlines",
     .whose = "p.team_id = $1 AND NOT p.restricted",
     .naming = TEAM_NAME,
     .rest = "its workers",
     .shows = of_workers},
    {.word = "service",
     .of = "a team, with all teams below it",
     .name = "Deadlines",
     .whose = "NOT p.restricted AND p.team_id IN (WITH RECURSIVE below AS ("
              " SELECT $1::text AS team_id UNION SELECT t.team_id FROM timely.team t"
              " JOIN below b ON t.parent_id = b.team_id) SELECT team_id FROM below)",
     .naming = TEAM_NAME,
     .rest = "its teams",
     .shows = of_workers},
    {.word = "administrator",
     .of = "a member of staff who books conferences and reviews",
     .name = "Meetings to book",
     .whose = "NOT p.restricted AND d.booked_at IS NULL AND d.state = 'open'",
     .naming = STAFF_NAME,
     .holder = ONESELF,
     .rest = "workers",
     .to_book = true,
     .shows = of_meetings},
    {.word = "chair",
     .of = "an independent chair or reviewing officer",
     .name = "Meetings",
     // Of a meeting of several, the children whom the invite to it names.
     .whose = "(p.chair_id = $1 OR p.iro_id = $1 OR (d.chaired_by = $1 AND NOT p.restricted)"
              " OR EXISTS (SELECT FROM timely.invite_holder h"
              " WHERE h.object_id = o.object_id AND h.staff_id = $1"
              " AND p.person_id = ANY (string_to_array(h.children, ' '))))",
     .naming = STAFF_NAME,
     .holder = ONESELF,
     .shows = of_chairs},
    {.word = "meeting",
     .of = "a type of meeting: icpc, rcpc, cla_review",
     .name = "Meetings",
     .whose = "NOT p.restricted",
     .rest = "workers",
     .shows = of_one_meeting},
    {.word = "child",
     .of = "a child with an allocated worker",
     .name = "Plan",
     .whose = "p.person_id = $1",
     .naming = "SELECT coalesce(nullif(case_ref, ''), person_id) FROM timely.person"
               " WHERE person_id = $1 AND worker_id IS NOT NULL",
     .holder = "SELECT worker_id FROM timely.person WHERE person_id = $1",
     .shows = of_everything},
};
const size_t feed_kind_count = sizeof feed_kinds / sizeof *feed_kinds;

const struct feed_kind *feed_kind_named(const char *word)
{
    for (size_t i = 0; i < feed_kind_count; i++)
        if (strcmp(feed_kinds[i].word, word) == 0)
            return &feed_kinds[i];
    return NULL;
}

const char *feed_kind_timescales(struct arena *a, const struct feed_kind *k,
                                 const struct library *l, const char *owner)
{
    AUTO(text_done) struct text ids = {0};

    for (size_t i = 0; i < l->timescale_count; i++)
        if (k->shows(l, &l->timescales[i], owner))
            text_addf(&ids, "%s%s", ids.length ? "," : "", l->timescales[i].id);
    return arena_printf(a, "{%s}", text_str(&ids));
}
