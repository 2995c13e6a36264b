// What counts as said (agenda_said.h).
#include "agenda_said.h"

#include "agenda_moved.h"
#include "ladder.h"

#include <stdlib.h>
#include <string.h>

static int by_deadline(const void *key, const void *element)
{
    long long a = *(const long long *)key, b = ((const struct said *)element)->deadline_id;

    return (a > b) - (a < b);
}

struct heard heard_of(const struct said *all, size_t count, long long deadline_id)
{
    const struct said *s = count ? bsearch(&deadline_id, all, count, sizeof *s, by_deadline) : NULL;
    const struct said *end = s;

    while (s && s > all && s[-1].deadline_id == deadline_id)
        s--;
    while (s && end < all + count && end->deadline_id == deadline_id)
        end++;
    return (struct heard){s, s ? (size_t)(end - s) : 0};
}

static const struct said *find(const struct heard *h, const char *rung, bool to_nobody)
{
    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->said[i].rung, rung) == 0 && !*h->said[i].staff_id == to_nobody)
            return &h->said[i];
    return NULL;
}

const struct said *said_by(const struct heard *h, const char *rung)
{
    return find(h, rung, false);
}

bool found_nobody(const struct heard *h, const char *rung)
{
    return find(h, rung, true) != NULL;
}

bool said_stands(const struct heard *h, const char *rung)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->said[i].stands && *h->said[i].staff_id && strcmp(h->said[i].rung, rung) == 0)
            return true;
    return false;
}

static bool was_told_since(const struct heard *h, const char *staff_id, instant since)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->said[i].stands && h->said[i].said_at >= since &&
            strcmp(h->said[i].staff_id, staff_id) == 0)
            return true;
    return false;
}

bool said_again_to(const struct heard *h, const char *rung, const char *staff_id)
{
    for (size_t i = 0; i < h->count; i++)
        if (*h->said[i].staff_id && strcmp(h->said[i].rung, rung) == 0 &&
            was_told_since(h, staff_id, h->said[i].said_at))
            return true;
    return false;
}

const struct said *said_last_to(const struct heard *h, const char *role)
{
    const struct said *last = NULL;

    for (size_t i = 0; i < h->count; i++) {
        const struct said *s = &h->said[i];

        if (*s->staff_id && ladder_rung_is_of(s->rung, role) &&
            (!last || s->said_at > last->said_at))
            last = s;
    }
    return last;
}

bool was_told(const struct heard *h, const char *staff_id)
{
    for (size_t i = 0; i < h->count; i++)
        if (strcmp(h->said[i].staff_id, staff_id) == 0)
            return true;
    return false;
}

bool was_mailed(const struct heard *h, const char *staff_id)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->said[i].by_mail && strcmp(h->said[i].staff_id, staff_id) == 0)
            return true;
    return false;
}

bool said_knows(const struct heard *h, const char *staff_id)
{
    instant told_at = 0, parted_at = 0;

    for (size_t i = 0; i < h->count; i++) {
        const struct said *s = &h->said[i];
        instant *at = agenda_is_parting(s->rung) ? &parted_at : &told_at;

        if (s->stands && strcmp(s->staff_id, staff_id) == 0 && s->said_at > *at)
            *at = s->said_at;
    }
    return told_at > parted_at;
}
