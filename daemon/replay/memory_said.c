// What a replay remembers of people: what was said to them, and what they have read.
#include "memory.h"

#include "agenda_moved.h"
#include "ladder.h"
#include "recipient.h"
#include "text.h"

#include <string.h>

struct owed memory_owed(const struct duty *d)
{
    struct owed o = d->owed;

    o.who = responsible_for(d->person->who, o.child.restricted, d->chaired_by);
    o.worker_since = d->person->worker_since;
    o.unallocated_at = d->person->unallocated_at;
    o.seen_on = d->person->seen_on;
    return o;
}

struct reader *memory_reader(struct memory *m, const char *staff_id)
{
    size_t low = 0, high = m->reader_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(m->readers[middle].staff_id, staff_id);

        if (order == 0)
            return &m->readers[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    m->readers =
        arena_grow(m->arena, m->readers, sizeof *m->readers, m->reader_count, &m->reader_room);
    memmove(&m->readers[low + 1], &m->readers[low], (m->reader_count - low) * sizeof *m->readers);
    m->reader_count++;
    m->readers[low] =
        (struct reader){.staff_id = arena_strdup(m->arena, staff_id), .digest_on = DATE_NONE};
    return &m->readers[low];
}

size_t memory_digests_in_week(const struct reader *r, struct date today)
{
    struct date monday = date_add_days(today, -date_weekday(today));

    return date_known(r->digest_on) && date_cmp(r->digest_on, monday) >= 0 ? r->in_week : 0;
}

void memory_digest(struct reader *r, struct date today)
{
    r->in_week = memory_digests_in_week(r, today) + 1;
    r->digest_on = today;
}

bool memory_is_said(const struct duty *d, const struct notice *n)
{
    return date_is(n->due_on, d->owed.due_on) && n->owed_since == d->owed.owed_since;
}

static bool counts(const struct duty *d, const struct notice *n)
{
    return n->sent && memory_is_said(d, n);
}

// NULL: in none of theirs.
static struct listed *listed(const struct duty *d, const char *staff_id)
{
    for (size_t i = 0; i < d->listed_count; i++) {
        struct listed *l = &d->listed[i];

        if (strcmp(l->staff_id, staff_id) == 0 && date_is(l->due_on, d->owed.due_on) &&
            l->owed_since == d->owed.owed_since)
            return l;
    }
    return NULL;
}

void memory_list(struct memory *m, struct duty *d, const char *staff_id, instant at)
{
    struct listed *l = listed(d, staff_id);

    if (!l) {
        d->listed =
            arena_grow(m->arena, d->listed, sizeof *d->listed, d->listed_count, &d->listed_room);
        l = &d->listed[d->listed_count++];
        *l = (struct listed){d->owed.due_on, d->owed.owed_since, arena_strdup(m->arena, staff_id),
                             0};
    }
    l->at = at;
}

static bool is_owed_since(const struct duty *d, instant owed_since)
{
    return owed_since == d->owed.owed_since;
}

static void read_lists(const struct duty *d, struct known_line *ret)
{
    for (size_t i = 0; i < d->listed_count; i++) {
        const struct listed *l = &d->listed[i];

        if (!is_owed_since(d, l->owed_since) || strcmp(l->staff_id, ret->staff_id) != 0 ||
            l->at <= ret->read_at)
            continue;
        ret->read_at = l->at;
        ret->due_on = l->due_on;
    }
}

static void read_notices(const struct duty *d, struct known_line *ret)
{
    for (size_t i = 0; i < d->notice_count; i++) {
        const struct notice *n = &d->notices[i];

        if (!n->sent || !is_owed_since(d, n->owed_since) || agenda_is_parting(n->rung) ||
            !same_text(n->staff_id, ret->staff_id))
            continue;
        ret->by_rung |= memory_is_said(d, n);
        if (n->said_at <= ret->read_at)
            continue;
        ret->read_at = n->said_at;
        ret->due_on = n->due_on;
    }
}

static instant parted_at(const struct duty *d, const char *staff_id)
{
    instant at = 0;

    for (size_t i = 0; i < d->notice_count; i++)
        if (agenda_is_parting(d->notices[i].rung) && d->notices[i].said_at > at &&
            same_text(d->notices[i].staff_id, staff_id))
            at = d->notices[i].said_at;
    return at;
}

bool memory_has_read(const struct duty *d, const char *staff_id, struct known_line *ret)
{
    struct known_line k = {
        .staff_id = staff_id, .deadline_id = d->owed.deadline_id, .due_on = DATE_NONE};

    read_lists(d, &k);
    read_notices(d, &k);
    *ret = k;
    return k.read_at > parted_at(d, staff_id);
}

static const struct notice *later(const struct notice *n, const struct notice *last)
{
    bool is = !last || n->said_at > last->said_at ||
              (n->said_at == last->said_at && strcmp(n->rung, last->rung) < 0);

    return is ? n : last;
}

const struct notice *memory_last_told(const struct duty *d, const char *staff_id)
{
    const struct notice *last = NULL;

    for (size_t i = 0; i < d->notice_count; i++) {
        const struct notice *n = &d->notices[i];

        if (counts(d, n) && same_text(n->staff_id, staff_id) && !agenda_is_parting(n->rung))
            last = later(n, last);
    }
    return last;
}

const struct notice *memory_worker_told(const struct duty *d)
{
    const struct notice *last = NULL;

    for (size_t i = 0; i < d->notice_count; i++) {
        const struct notice *n = &d->notices[i];

        if (counts(d, n) && ladder_rung_is_of(n->rung, "social-worker"))
            last = later(n, last);
    }
    return last;
}

bool memory_knows_parting(struct arena *a, const struct duty *d, const char *staff_id)
{
    const char *rung = agenda_parting_rung(a, d->person->worker_since);

    for (size_t i = 0; i < d->notice_count; i++)
        if (counts(d, &d->notices[i]) && same_text(d->notices[i].staff_id, staff_id) &&
            strcmp(d->notices[i].rung, rung) == 0)
            return true;
    return false;
}

static bool has_told(const struct reader *r, const struct duty *d)
{
    for (size_t i = r->count; i-- > 0;)
        if (r->told[i] == d)
            return true;
    return false;
}

static void remember_told(struct memory *m, const char *staff_id, struct duty *d)
{
    struct reader *r = memory_reader(m, staff_id);

    if (has_told(r, d))
        return;
    r->told = arena_grow(m->arena, (void *)r->told, sizeof *r->told, r->count, &r->room);
    r->told[r->count++] = d;
}

void memory_look_again(const struct remembered *p, instant now)
{
    for (size_t i = 0; i < p->duty_count; i++)
        if (p->duties[i]->owed.open)
            p->duties[i]->next_notice = now;
}

void memory_say(struct memory *m, struct duty *d, const struct notice *n)
{
    struct notice own = *n;

    if (n->sent)
        remember_told(m, n->staff_id, d);
    // What came to another in the worker's place is theirs to read when they are back.
    if (n->sent && ladder_rung_is_of(n->rung, "social-worker") && d->person->who.worker_id)
        remember_told(m, d->person->who.worker_id, d);
    own.rung = arena_strdup(m->arena, n->rung);
    d->notices =
        arena_grow(m->arena, d->notices, sizeof *d->notices, d->notice_count, &d->notice_room);
    d->notices[d->notice_count++] = own;
}
