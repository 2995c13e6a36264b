// Two replays beside each other: what is said in both, what in one alone, and what is the same
// thing said at another time.
#include "replay_print.h"

#include "table.h"
#include "text.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// ------------------------------------------------------------------------------- what is the same

// To whom, as what, about what.
static int by_matter(const struct replay_row *a, const struct replay_row *b)
{
    const struct replayed_line *x = a->line, *y = b->line;
    int by = text_cmp(a->mail->to ? a->mail->to->id : NULL, b->mail->to ? b->mail->to->id : NULL);

    if (!by)
        by = (a->mail->kind > b->mail->kind) - (a->mail->kind < b->mail->kind);
    if (!by)
        by = text_cmp(x->child ? x->child->person_id : NULL, y->child ? y->child->person_id : NULL);
    if (!by && !x->child)
        by = text_cmp(x->why, y->why);
    if (!by)
        by = text_cmp(x->timescale, y->timescale);
    if (!by)
        by = text_cmp(x->subject_ref, y->subject_ref);
    if (!by)
        by = text_cmp(x->rung, y->rung);
    return by ? by : text_cmp(x->role, y->role);
}

static int by_time(const struct replay_row *a, const struct replay_row *b)
{
    int by = date_cmp(a->line->due_on, b->line->due_on);

    return by ? by : (a->mail->at > b->mail->at) - (a->mail->at < b->mail->at);
}

static int by_matter_and_time(const void *x, const void *y)
{
    const struct replay_row *a = *(struct replay_row *const *)x,
                            *b = *(struct replay_row *const *)y;
    int by = by_matter(a, b);

    return by ? by : by_time(a, b);
}

struct side {
    struct replay_row *rows; // in order of time
    struct replay_row **sorted;
    size_t count;
};

static struct side side_of(struct arena *a, const struct replay *r, enum which which)
{
    struct side s = {replay_rows(a, r), ARENA_ARRAY(a, struct replay_row *, r->lines + 1),
                     r->lines};

    for (size_t i = 0; i < s.count; i++) {
        s.rows[i].which = which;
        s.sorted[i] = &s.rows[i];
    }
    if (s.count)
        qsort((void *)s.sorted, s.count, sizeof *s.sorted, by_matter_and_time);
    return s;
}

static void pair_same(struct side *before, struct side *after)
{
    for (size_t i = 0, k = 0; i < before->count && k < after->count;) {
        int by = by_matter_and_time(&before->sorted[i], &after->sorted[k]);

        if (by == 0)
            before->sorted[i]->which = after->sorted[k]->which = IN_BOTH;
        i += by <= 0;
        k += by >= 0;
    }
}

static size_t keep_single(struct side *s)
{
    size_t kept = 0;

    for (size_t i = 0; i < s->count; i++)
        if (s->sorted[i]->which != IN_BOTH)
            s->sorted[kept++] = s->sorted[i];
    return kept;
}

// Of what is left on both sides the same matters belong together, in their order.
static void pair_moved(struct side *before, struct side *after)
{
    size_t left = keep_single(before), right = keep_single(after);

    for (size_t i = 0, k = 0; i < left && k < right;) {
        int by = by_matter(before->sorted[i], after->sorted[k]);

        if (by == 0) {
            before->sorted[i]->moved = after->sorted[k];
            after->sorted[k]->moved = before->sorted[i];
        }
        i += by <= 0;
        k += by >= 0;
    }
}

// ------------------------------------------------------------------------------- in one list

static int in_order(const void *x, const void *y)
{
    const struct replay_row *a = x, *b = y;

    if (a->mail->at != b->mail->at)
        return (a->mail->at > b->mail->at) - (a->mail->at < b->mail->at);
    if (a->which != b->which && (a->which == ONLY_AFTER || b->which == ONLY_AFTER))
        return a->which == ONLY_AFTER ? 1 : -1;
    return (a->line > b->line) - (a->line < b->line);
}

// Everything of before, and what is in after alone.
static struct replay_row *merge(struct arena *a, const struct side *before,
                                const struct side *after, size_t *ret_count)
{
    struct replay_row *all = ARENA_ARRAY(a, struct replay_row, before->count + after->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < before->count; i++)
        all[count++] = before->rows[i];
    for (size_t i = 0; i < after->count; i++)
        if (after->rows[i].which != IN_BOTH)
            all[count++] = after->rows[i];
    if (count)
        qsort(all, count, sizeof *all, in_order);
    *ret_count = count;
    return all;
}

// ------------------------------------------------------------------------------- for people

static const char *moved_words(struct arena *a, const struct replay_row *r)
{
    struct moment to = london_from_instant(r->moved->mail->at);
    const char *words = arena_printf(a, "; then %s", moment_words(a, to));

    if (date_is(r->line->due_on, r->moved->line->due_on))
        return words;
    return arena_printf(a, "%s, due %s", words, date_words(a, r->moved->line->due_on));
}

static void print_row(struct session *s, const struct replay_row *r)
{
    struct arena *a = s->arena;
    bool moved = r->moved != NULL;

    print_safe(s,
               arena_printf(a, "  %s %s  %s: %s%s",
                            moved                     ? "moved "
                            : r->which == ONLY_BEFORE ? "before"
                                                      : "after ",
                            moment_iso(a, london_from_instant(r->mail->at)) + strlen("2024-04-02T"),
                            replay_mail_words(a, r->mail), replay_line_words(s, r->line),
                            moved ? moved_words(a, r) : ""));
}

static void print_days(struct session *s, const struct replay_row *rows, size_t count)
{
    struct date day = DATE_NONE;
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        const struct replay_row *r = &rows[i];
        struct date on = london_from_instant(r->mail->at).on;

        // What moved is told once, where it was; a week's list has each late duty every week.
        if (r->which == IN_BOTH || (r->moved && r->which == ONLY_AFTER) ||
            replay_is_listed(r->mail, r->line))
            continue;
        if (!date_is(on, day))
            text_addf(&s->out, "%s%s\n", any ? "\n" : "", date_words(s->arena, on));
        day = on;
        any = true;
        print_row(s, r);
    }
    if (any)
        text_add(&s->out, "\n");
}

// Of what is new, or of what the weeks' lists say besides.
static void print_counts(struct session *s, const char *of, bool listed,
                         const struct replay_row *rows, size_t count)
{
    size_t both = 0, before = 0, after = 0, moved = 0;

    for (size_t i = 0; i < count; i++) {
        if (replay_is_listed(rows[i].mail, rows[i].line) != listed)
            continue;
        both += rows[i].which == IN_BOTH;
        moved += rows[i].moved && rows[i].which == ONLY_BEFORE;
        before += !rows[i].moved && rows[i].which == ONLY_BEFORE;
        after += !rows[i].moved && rows[i].which == ONLY_AFTER;
    }
    text_addf(&s->out,
              "%s that are the same: %zu; moved: %zu; only before: %zu; only after, with the "
              "overlay: %zu.\n",
              of, both, moved, before, after);
}

void replay_print_difference(struct session *s, const struct replay_input *in,
                             const struct replay *before, const struct replay *after)
{
    struct side x = side_of(s->arena, before, ONLY_BEFORE);
    struct side y = side_of(s->arena, after, ONLY_AFTER);
    struct replay_row *rows;
    size_t count;

    pair_same(&x, &y);
    pair_moved(&x, &y);
    rows = merge(s->arena, &x, &y, &count);
    if (s->format != FORMAT_PEOPLE) {
        replay_print_rows(s, rows, count, true);
        return;
    }
    print_days(s, rows, count);
    print_counts(s, "Lines", false, rows, count);
    print_counts(s, "Lines of the weeks' lists", true, rows, count);
    text_add(&s->out, "\nBefore, by the rules as configured\n");
    replay_print_figures(s, in, before);
    text_add(&s->out, "\nAfter, with the overlay\n");
    replay_print_figures(s, in, after);
}
