// Warnings about meetings: plain mails of their own beside the invites.
#include "explain.h"
#include "invite_plan.h"
#include "ladder.h"
#include "zone.h"

#include <string.h>

// ------------------------------------------------------------------------------- booked too late

struct late_booking {
    const struct deadline *deadline;
    const char *dedupe, *words;
};

static void tell_of_late_booking(struct planner *p, const struct late_booking *l, const char *role)
{
    bool acts = strcmp(role, "social-worker") == 0;

    message_tell(p, role, l->dedupe, "A meeting is booked after its due date",
                 arena_printf(p->arena, "%s\n\n%s\n", l->words,
                              acts ? "Please ask for an earlier date, or tell your manager why "
                                     "there is none."
                                   : "The child's worker was told the same, and asked for an "
                                     "earlier date or the reason why there is none."));
}

// The worker, and whom the ladder names.
static void tell_each(struct planner *p, const struct late_booking *l)
{
    const struct library *library = p->context->library;
    const struct timescale *t = l->deadline->timescale;
    const struct ladder *ladder = ladder_for(
        library, t, directory_teams(p->arena, p->context->directory, p->child->who), NULL);

    tell_of_late_booking(p, l, "social-worker");
    for (size_t i = 0; ladder && i < ladder->count; i++) {
        const struct rung *r = &ladder->rungs[i];

        if (r->when == BOOKED_LATE && (is_statutory(t->force) || !r->statutory_only))
            tell_of_late_booking(p, l, r->role);
    }
}

void warn_late_booking(struct planner *p, const struct invite_deadline *i)
{
    const struct deadline *d = i->deadline;
    struct arena *a = p->arena;
    struct late_booking l = {.deadline = d};

    if (!d || d->state != STATE_OPEN || !d->booking || d->awaiting_record ||
        date_cmp(d->booking->at.on, d->due_on) <= 0)
        return;
    l.dedupe = arena_printf(a, "late-booking:%s:%s:%s", i->uid, date_iso(a, d->due_on),
                            date_iso(a, d->booking->at.on));
    l.words = arena_printf(
        a, "%s, %s.\n\nIt is booked for %s. That is after %s, the last day in timescale.\n\n%s",
        d->timescale->title, p->child->words, moment_words(a, d->booking->at),
        date_words(a, d->due_on), explain_derivation(a, p->context->library, d));
    tell_each(p, &l);
}

// ------------------------------------------------------------------------------- in the past

void warn_past_date(struct planner *p, const struct invite_deadline *i)
{
    const struct deadline *d = i->deadline;
    struct arena *a = p->arena;
    const char *when =
        d->booking ? moment_words(a, invite_meeting_starts(d)) : date_words(a, d->due_on);

    message_tell(p, "social-worker", arena_printf(a, "past-date:%s:%s", i->uid, when),
                 "A date was corrected to one that has passed",
                 arena_printf(a,
                              "%s, %s.\n\n%s %s. Your calendar showed a later time; that entry is "
                              "taken out.\n\n%s\n\nIf the meeting was held, please record it. If "
                              "not, please %s, and tell your manager.\n",
                              d->timescale->title, p->child->words,
                              d->booking ? "The booking now says" : "The last day in timescale was",
                              when, explain_derivation(a, p->context->library, d),
                              d->booking ? "book another day" : "book it now"));
}
