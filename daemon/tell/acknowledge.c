// Saying a word about a deadline (acknowledge.h).
#include "acknowledge.h"

#include "acknowledged.h"
#include "agenda_plan.h"
#include "book.h"
#include "clean.h"
#include "document.h"
#include "ladder.h"
#include "recipient.h"
#include "why_page.h"
#include "zone.h"

#include <string.h>

#define NAME_MOST 100 // characters

// ------------------------------------------------------------------------------------ who may

static const struct staff *on_rung(struct arena *a, const struct judging *j, const struct owed *o,
                                   const char *rung)
{
    const char *ignored;

    return recipient_on_rung(a, j->directory, &o->who, o->child.restricted, rung,
                             london_from_instant(j->now).on, &ignored);
}

static bool is_them(const struct staff *s, const char *staff_id)
{
    return s && strcmp(s->id, staff_id) == 0;
}

const struct staff *acting_on(struct arena *a, const struct judging *j, const struct owed *o)
{
    int index = library_timescale(j->library, o->timescale);
    const char *role =
        index < 0 ? NULL : ladder_acting_role(j->library, &j->library->timescales[index]);

    return role ? on_rung(a, j, o, role) : NULL;
}

static bool is_concerned(struct arena *a, const struct judging *j, const struct owed *o,
                         const char *staff_id)
{
    const struct deadline *d = owed_deadline(a, j->library, o);
    struct telling *tellings;
    size_t count =
        d ? ladder_tellings(a, j->library, d, directory_teams(a, j->directory, &o->who), &tellings)
          : 0;

    for (size_t i = 0; i < count; i++)
        if (is_them(on_rung(a, j, o, tellings[i].rung), staff_id))
            return true;
    return is_them(acting_on(a, j, o), staff_id) ||
           (o->who.worker_id && strcmp(o->who.worker_id, staff_id) == 0);
}

// ------------------------------------------------------------------------------------ judging

static const struct acknowledged *said_to_be_done(const struct owed *o)
{
    for (size_t i = 0; i < o->said_count; i++)
        if (o->said[i].done)
            return &o->said[i];
    return NULL;
}

static bool is_booked_ahead(const struct judging *j, const struct owed *o)
{
    return date_known(o->booked.on) && moment_cmp(london_from_instant(j->now), o->booked) < 0;
}

static const char *done_refused(struct arena *a, const struct judging *j, const struct owed *o,
                                struct word *w)
{
    struct date today = london_from_instant(j->now).on;
    const struct acknowledged *before = said_to_be_done(o);
    struct error err;

    if (!is_them(acting_on(a, j, o), w->staff_id))
        return arena_printf(a, "only who acts on it can say that it was done, and %s does not",
                            w->staff_id);
    if (is_booked_ahead(j, o))
        return arena_printf(a,
                            "it is booked for %s, and that it was done can be said from then on; "
                            "if it was held sooner, please put the booking right in the case "
                            "system",
                            moment_words(a, o->booked));
    if (before)
        return arena_printf(a,
                            "%s said on %s that it was done, which counts once for a due date: it "
                            "needs to be recorded in the case system",
                            clean_line(a, before->name, NAME_MOST), date_words(a, before->said_on));
    if (!working_days_after(j->library->local, today, DONE_WORKING_DAYS, &w->last_day, &err))
        return arena_strdup(a, err.text);
    w->reason = NULL;
    return NULL;
}

static const char *in_hand_refused(struct arena *a, const struct judging *j, const struct owed *o,
                                   struct word *w)
{
    struct date today = london_from_instant(j->now).on;
    struct date most = date_add_days(today, IN_HAND_DAYS_MOST);

    if (!is_concerned(a, j, o, w->staff_id))
        return arena_printf(a,
                            "only who acts on it, the child's worker and the managers on its "
                            "ladder can say so, and %s is none of them today",
                            w->staff_id);
    if (date_cmp(w->last_day, today) < 0)
        return "the day until which it is in hand is over";
    if (date_cmp(w->last_day, most) > 0)
        return arena_printf(a,
                            "it can be in hand until %s at most; after that it can be said again",
                            date_words(a, most));
    w->reason = clean_line(a, w->reason, IN_HAND_REASON_MOST);
    return clean_is_blank(w->reason) ? "a reason is missing" : NULL;
}

static const char *word_refused(struct arena *a, const struct judging *j, const struct owed *o,
                                struct word *w)
{
    if (!o->open)
        return "it is no longer owed";
    return w->done ? done_refused(a, j, o, w) : in_hand_refused(a, j, o, w);
}

// ------------------------------------------------------------------------------------ recording

static bool write_down(struct arena *a, struct db *store, const struct owed *o,
                       const struct word *w, instant now, bool *ret_stands, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    AUTO(json_done) json_t *doc = json_object();

    json_set_text(doc, "now", instant_iso(a, now));
    json_object_set_new(doc, "deadline_id", json_integer(o->deadline_id));
    json_set_text(doc, "due_on", date_iso(a, o->due_on));
    json_set_text(doc, "kind", w->done ? "done" : "in-hand");
    json_set_text(doc, "staff_id", w->staff_id);
    json_set_text(doc, "last_day", date_iso(a, w->last_day));
    json_set_text(doc, "reason", w->reason);
    json_set_text(doc, "said_by", w->said_by);
    if (!document_ask(store, "SELECT timely.record_acknowledgement($1::jsonb)", doc, &r, err))
        return false;
    *ret_stands = db_bool(r, 0, 0);
    return true;
}

// Somebody else's word came between, or the deadline is another by now: judged anew, that is told
// apart.
static bool judge_again(struct arena *a, struct db *store, const struct judging *j,
                        const struct owed *o, struct word *w, const char **ret_refused,
                        struct error *err)
{
    struct owed *as_is;
    size_t count;

    if (!owed_read(a, store, "d.deadline_id = $1::bigint", arena_printf(a, "%lld", o->deadline_id),
                   &as_is, &count, err))
        return false;
    *ret_refused = count ? word_refused(a, j, as_is, w) : NULL;
    if (!*ret_refused)
        *ret_refused = WORD_TOO_LATE;
    return true;
}

bool word_say(struct arena *a, struct db *store, const struct judging *j, const struct owed *o,
              struct word *w, const char **ret_refused, struct error *err)
{
    bool stands;

    *ret_refused = word_refused(a, j, o, w);
    if (*ret_refused)
        return true;
    if (!write_down(a, store, o, w, j->now, &stands, err))
        return false;
    return stands || judge_again(a, store, j, o, w, ret_refused, err);
}
