// Occasions that are children: their placements, and whose caseload they are in.
#include "measure_person.h"

#include <string.h>

// ---------------------------------------------------------------------------------- placements

#define MANY_PLACEMENTS 3

// Temporary placements (codes T0 to T4: hospital, a carer's holiday) are no move.
static int placements_in_year(const struct measured *p, struct date on)
{
    int placement = library_event(p->library, "placement"), count = 0;

    for (size_t i = 0; i < p->timeline->count; i++) {
        const struct fact *f = &p->timeline->facts[i];

        count += measured_knows(p, f, placement) && !(f->code && *f->code == 'T') &&
                 date_cmp(f->at.on, on) <= 0 &&
                 (!date_known(f->until.on) || date_cmp(f->until.on, year_start(on)) >= 0);
    }
    return count;
}

void find_placement_moves(struct measured *p)
{
    int care = subject_kind(p->library, "care"), period = 0;
    struct date on;

    while (measured_next_snapshot(p, &period, &on)) {
        struct occasion o = occasion_on(on);

        if (!measured_has_running(p, care, on) || !measured_is_child(p, on))
            continue;
        o.in_time = placements_in_year(p, on) >= MANY_PLACEMENTS;
        measured_count(p, o, NULL);
    }
}

// ------------------------------------------------------------------------------------- caseloads

static void count_for_chair(struct measured *p, struct date on, const char *chair)
{
    struct occasion o = occasion_on(on);

    o.worker_id = chair;
    if (!chair)
        o.left_out = "no chair or reviewing officer is recorded";
    measured_count(p, o, NULL);
}

// A child in care is the reviewing officer's, a child on a plan the conference chair's; with one
// person in both roles it is one child.
void find_caseload(struct measured *p)
{
    int care = subject_kind(p->library, "care");
    int plan = subject_kind(p->library, "protection-plan"), period = 0;
    struct date on;

    while (measured_next_snapshot(p, &period, &on)) {
        bool in_care = measured_has_running(p, care, on),
             planned = measured_has_running(p, plan, on);
        const char *iro = measured_involved(p, "iro", on),
                   *chair = measured_involved(p, "chair", on);

        if (!measured_is_child(p, on))
            continue;
        if (in_care)
            count_for_chair(p, on, iro);
        if (planned && !(in_care && same_key(iro, chair)))
            count_for_chair(p, on, chair);
    }
}
