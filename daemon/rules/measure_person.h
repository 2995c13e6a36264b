// What the finders of occasions share: one person, seen by one tally.
#pragma once

#include "history.h"
#include "measure.h"
#include "text.h"

struct tally {
    struct arena *arena;
    const struct library *library;
    struct measure_question question;
    struct period *periods;
    int period_count;
    struct occasion *occasions;
    size_t occasion_count, occasion_room;
    struct owner *overdue; // who answers for each thing overdue
    size_t overdue_count, overdue_room;
    bool overdue_untold; // the source does not show what would meet it
};

struct measured {
    struct tally *tally;
    const struct library *library;
    const struct measure_question *question;
    const struct timeline *timeline;
    const struct evaluation *evaluation;
    const struct owner *owner;
    struct history history;
    const char *id; // in the tally's arena, once there is an occasion
};

// An occasion to fill in: every day unknown, no part, counted.
struct occasion occasion_on(struct date on);
// Counts it (or notes it as left out) in the period that its day falls into; a day outside all
// periods is nothing. `record` names the meeting; NULL for none. Texts are copied.
void measured_count(struct measured *p, struct occasion o, const struct fact *record);
// One more that is overdue on the as-at day.
void measured_overdue(struct measured *p);

// The last day of each period that has begun, or the as-at day in the running one: asked in turn
// from *period = 0, until false.
bool measured_next_snapshot(const struct measured *p, int *period, struct date *ret);

// The fact is of this event and dated by the as-at day.
bool measured_knows(const struct measured *p, const struct fact *f, int event);
// True when the child was alive and under 18 at the end of the day, or not yet born.
bool measured_is_child(const struct measured *p, struct date on);
// The kind of subject by name; -1 when the rules have none.
int subject_kind(const struct library *l, const char *name);
// Begun by the end of the day and not ended by then.
bool episode_runs(const struct episode *e, struct date on);
bool measured_has_running(const struct measured *p, int kind, struct date on);
// The professional in this role on the day: the one who came last. NULL for none.
const char *measured_involved(const struct measured *p, const char *role, struct date on);
// 1 April before the day, or on it.
struct date year_start(struct date on);
// True when the day is within so many working days of the first, nationally counted.
bool within_working_days(const struct library *l, struct date from, int count, struct date on);

// The finders.
void find_held_deadlines(struct measured *p);
void find_owed_deadlines(struct measured *p);
void find_current_deadlines(struct measured *p);
void find_reviewed(struct measured *p);
void find_conferences(struct measured *p);
void find_conversions(struct measured *p);
void find_routes(struct measured *p);
void find_assessments(struct measured *p);
void find_plan_durations(struct measured *p);
void find_plans_ended(struct measured *p);
void find_repeats(struct measured *p);
void find_categories(struct measured *p);
void find_outcomes(struct measured *p);
void find_repeat_outcomes(struct measured *p);
void find_placement_moves(struct measured *p);
void find_caseload(struct measured *p);
void find_return_interviews(struct measured *p);
void find_disputes(struct measured *p);
// What is missed on the as-at day, of the measure's timescales.
void count_overdue_deadlines(struct measured *p);
