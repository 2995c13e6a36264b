// Lines become mails: sorted by what becomes of them and by recipient, then one group at a time.
#include "agenda_decide.h"

#include "agenda_ahead.h"
#include "agenda_known.h"
#include "agenda_office.h"
#include "agenda_standing.h"
#include "agenda_summary.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

static const char *staff_key(const struct line *l)
{
    return l->to ? l->to->id : "";
}

// ------------------------------------------------------------------------------ who is concerned

static int by_kind_and_recipient(const void *x, const void *y)
{
    const struct line *a = *(const struct line *const *)x, *b = *(const struct line *const *)y;
    int by = a->how != b->how ? (a->how > b->how) - (a->how < b->how)
                              : strcmp(staff_key(a), staff_key(b));

    return by != 0 ? by : owed_cmp(a->owed, b->owed);
}

static size_t end_of_recipient(const struct agenda_decision *d, size_t from)
{
    size_t end = from;

    while (end < d->order_count && d->order[end]->how == d->order[from]->how &&
           strcmp(staff_key(d->order[end]), staff_key(d->order[from])) == 0)
        end++;
    return end;
}

void agenda_gather(struct arena *a, const struct plan_input *in, struct agenda_decision *ret)
{
    struct agenda_decision d = {0};

    agenda_plan(a, in, &d.plan);
    d.order = ARENA_ARRAY(a, const struct line *, d.plan.count + 1);
    for (size_t i = 0; i < d.plan.count; i++) {
        // What nobody can be told is for the operator's mail of the day, however urgent.
        if (!d.plan.lines[i].to && d.plan.lines[i].how == SAY_AT_ONCE)
            d.plan.lines[i].how = SAY_IN_DIGEST;
        d.order[i] = &d.plan.lines[i];
    }
    d.order_count = d.plan.count;
    if (d.plan.count > 1)
        qsort(d.order, d.plan.count, sizeof *d.order, by_kind_and_recipient);
    d.digest_to = ARENA_ARRAY(a, const char *, d.plan.count + 1);
    for (size_t i = 0; i < d.plan.count; i = end_of_recipient(&d, i))
        if (d.order[i]->how == SAY_IN_DIGEST)
            d.digest_to[d.digest_to_count++] = staff_key(d.order[i]);
    *ret = d;
}

// ------------------------------------------------------------------------- what stands already

struct deciding {
    struct arena *arena;
    const struct plan_input *in;
    const struct recollection *known;
    struct agenda_decision *d;
    struct standing standing;
    const struct week *week; // NULL: no list is due
    bool *listed;            // beside its readers: their list is in a mail
    struct date today;
    bool open;       // can people be told now?
    instant opening; // and when next, on another day if they can now
    instant list;    // and when next week begins
};

static int by_staff(const void *a, const void *b)
{
    return strcmp(((const struct had *)a)->staff_id, ((const struct had *)b)->staff_id);
}

// NULL: no digest since last week's list.
static const struct had *had(const struct deciding *g, const char *staff_id)
{
    struct had key = {.staff_id = staff_id};

    return g->known->had_count
               ? bsearch(&key, g->known->had, g->known->had_count, sizeof key, by_staff)
               : NULL;
}

static bool has_news(const struct agenda_decision *d, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (!d->order[i]->reminder)
            return true;
    return false;
}

// A reminder is for who would read of it nowhere else: it stands in a digest that goes anyway, and
// has stood in one that they have had since last week's list.
static void drop_reminders(struct deciding *g)
{
    struct agenda_decision *d = g->d;
    size_t kept = 0;

    for (size_t i = 0, end; i < d->order_count; i = end) {
        bool needless;

        end = end_of_recipient(d, i);
        needless = had(g, staff_key(d->order[i])) || has_news(d, i, end);
        for (size_t k = i; k < end; k++)
            if (!needless || !d->order[k]->reminder)
                d->order[kept++] = d->order[k];
    }
    d->order_count = kept;
}

static bool is_new_to(const struct agenda_decision *d, const struct staff *to, const struct owed *o)
{
    struct line key = {.owed = o, .to = to};
    const struct line *found = &key;

    for (key.how = SAY_AT_ONCE; key.how <= SAY_IN_DIGEST; key.how++)
        if (d->order_count &&
            bsearch(&found, d->order, d->order_count, sizeof *d->order, by_kind_and_recipient))
            return true;
    return false;
}

// But for what is said to them anew.
static size_t add_standing_of(struct deciding *g, const struct staff *to, const struct line **ret)
{
    size_t found = standing_of(&g->standing, to, ret), kept = 0;

    for (size_t i = 0; i < found; i++)
        if (!is_new_to(g->d, to, ret[i]->owed))
            ret[kept++] = ret[i];
    return kept;
}

// ------------------------------------------------------------------------------ the mails

static struct agenda_mail *add_mail(struct deciding *g, enum mail_kind kind, const struct staff *to,
                                    const struct line *const *lines, size_t count)
{
    struct agenda_decision *d = g->d;

    d->mails = arena_grow(g->arena, d->mails, sizeof *d->mails, d->mail_count, &d->mail_room);
    d->mails[d->mail_count] =
        (struct agenda_mail){.kind = kind, .to = to, .lines = lines, .count = count};
    return &d->mails[d->mail_count++];
}

static void add_list(struct deciding *g, struct agenda_mail *m, const struct week_reader *r)
{
    m->kind = MAIL_WEEKLY;
    m->list = r;
    g->listed[r - g->week->readers] = true;
}

static void put_off(struct deciding *g, size_t from, size_t end, instant until)
{
    for (size_t i = from; i < end; i++) {
        instant *next = &g->d->plan.next[g->d->order[i]->owed - g->in->owed];

        if (until && (*next == 0 || until < *next))
            *next = until;
    }
    g->d->waiting_count += end - from;
}

static bool are_together(const struct owed *a, const struct owed *b)
{
    return same_key(a->family, b->family) || same_key(a->booked_group, b->booked_group) ||
           same_key(a->child.person_id, b->child.person_id);
}

// What cannot wait is read together of a child, of brothers and sisters, and of those who share a
// meeting where nobody says who is whose brother.
static void make_alarms(struct deciding *g, size_t from, size_t end)
{
    const struct line *const *order = g->d->order;
    const struct line **lines = ARENA_ARRAY(g->arena, const struct line *, end - from);
    bool *taken = ARENA_ARRAY(g->arena, bool, end - from);

    for (size_t i = from; i < end; i++) {
        size_t count = 0;

        if (taken[i - from])
            continue;
        for (size_t k = i; k < end; k++)
            if (!taken[k - from] && are_together(order[i]->owed, order[k]->owed)) {
                taken[k - from] = true;
                lines[count++] = order[k];
            }
        (void)add_mail(g, MAIL_ALARM, order[i]->to, lines, count);
        lines += count;
    }
    g->d->line_count += end - from;
}

static bool has_lost_list(const struct deciding *g, const char *staff_id)
{
    return taken_back_has_list(&g->known->taken_back, staff_id);
}

// Theirs of the week's list, where it is to be in this digest.
static const struct week_reader *list_of(const struct deciding *g, const struct staff *to)
{
    const struct had *before = had(g, to->id);

    return g->week &&
                   (!g->week->again || (before && before->list_waits) || has_lost_list(g, to->id))
               ? week_reader_of(g->week, to->id)
               : NULL;
}

// After this one its reader has no other before the next week's list, unless something cannot wait.
static bool is_last_of_week(const struct deciding *g, const struct staff *to)
{
    const struct had *before = had(g, to->id);

    return g->list && before && before->this_week == DIGESTS_A_WEEK - 1;
}

// New lines and, after them, those that were told before.
static void make_digest(struct deciding *g, size_t from, size_t end)
{
    const struct line *const *fresh = &g->d->order[from];
    const struct staff *to = fresh[0]->to;
    size_t count = end - from;
    const struct week_reader *list;
    const struct line **all;
    struct agenda_mail *mail;
    size_t added;

    if (!to) {
        (void)add_mail(g, MAIL_NOBODY, NULL, fresh, count);
        return;
    }
    all = ARENA_ARRAY(g->arena, const struct line *, count + g->standing.count);
    memcpy(all, fresh, count * sizeof *all);
    added = add_standing_of(g, to, all + count);
    if (is_last_of_week(g, to))
        agenda_say_ahead(g->arena, g->in, all, count + added, g->list);
    mail = add_mail(g, MAIL_DIGEST, to, all, count + added);
    list = list_of(g, to);
    if (list)
        add_list(g, mail, list);
    for (size_t i = 0; i < count + added; i++)
        g->d->line_count += all[i]->is_new;
}

// Of what is late, all but that a meeting of law or guidance was not held: those above hear that in
// their turn (register 2.13). Records and the like are many, and wait.
static bool can_wait_for_list(const struct deciding *g, const struct line *l)
{
    struct date due = l->owed->due_on, list = london_from_instant(g->list).on;

    if (!l->to || !g->list)
        return false;
    return date_cmp(due, g->today) < 0 ? !(l->escalation && l->statutory && l->by_meeting)
                                       : date_cmp(due, list) > 0;
}

static bool all_can_wait(const struct deciding *g, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++)
        if (!can_wait_for_list(g, g->d->order[i]))
            return false;
    return true;
}

static void digest_or_wait(struct deciding *g, size_t from, size_t end)
{
    const struct had *before = had(g, staff_key(g->d->order[from]));

    if (!g->open || (before && before->today))
        put_off(g, from, end, g->opening);
    else if (before && before->this_week >= DIGESTS_A_WEEK && all_can_wait(g, from, end))
        put_off(g, from, end, g->list);
    else
        make_digest(g, from, end);
}

// Each deadline once, however many of its rungs passed.
static void make_summaries(struct deciding *g)
{
    const struct line **lines = ARENA_ARRAY(g->arena, const struct line *, g->d->silent_count + 1);
    struct summed *all;
    size_t found = agenda_sum_up(g->arena, g->in, g->d->silent, g->d->silent_count, &all);
    size_t first = 0, end = 0;

    for (size_t i = 0; i < found; i++) {
        if (end == first || lines[end - 1]->owed != all[i].line->owed)
            lines[end++] = all[i].line;
        if (i + 1 == found || all[i + 1].manager != all[i].manager) {
            (void)add_mail(g, MAIL_SUMMARY, all[i].manager, lines + first, end - first);
            first = end;
        }
    }
}

// Who has no digest this morning has the list alone.
static void make_lists(struct deciding *g)
{
    for (size_t i = 0; g->week && i < g->week->count; i++)
        if (!g->listed[i] && (!g->week->again || has_lost_list(g, g->week->readers[i].to->id)))
            add_list(g, add_mail(g, MAIL_WEEKLY, g->week->readers[i].to, NULL, 0),
                     &g->week->readers[i]);
}

static void make_mails(struct deciding *g)
{
    struct agenda_decision *d = g->d;
    size_t spoken = 0;

    while (spoken < d->order_count && d->order[spoken]->how != SAY_SILENTLY)
        spoken++;
    if (g->open) {
        d->silent = d->order + spoken;
        d->silent_count = d->order_count - spoken;
        // The summary comes first: who reads it knows why the digest after it is short.
        make_summaries(g);
    } else {
        put_off(g, spoken, d->order_count, g->opening);
    }
    for (size_t i = 0, end; i < spoken; i = end) {
        end = end_of_recipient(d, i);
        if (d->order[i]->how == SAY_AT_ONCE)
            make_alarms(g, i, end);
        else
            digest_or_wait(g, i, end);
    }
    make_lists(g);
}

void agenda_decide(struct arena *a, const struct plan_input *in, struct recollection *known,
                   const struct week *week, struct agenda_decision *d)
{
    struct deciding g = {.arena = a,
                         .in = in,
                         .known = known,
                         .week = week,
                         .listed = ARENA_ARRAY(a, bool, week ? week->count + 1 : 1),
                         .d = d,
                         .today = london_from_instant(in->now).on,
                         .open = agenda_office_open(in->library, in->now),
                         .opening = agenda_next_opening(in->library, in->now),
                         .list = agenda_next_list(in->library, in->now)};

    if (known->had_count > 1)
        qsort(known->had, known->had_count, sizeof *known->had, by_staff);
    drop_reminders(&g);
    known_lines_sort(&known->lines);
    for (size_t i = 0; i < d->plan.count; i++)
        agenda_mark_known(&known->lines, g.today, &d->plan.lines[i]);
    standing_recall(a, in, known, &g.standing);
    make_mails(&g);
}
