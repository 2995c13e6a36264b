// The order and the words of a digest. Worst means due first: what has been owed longest, then what
// will be owed soonest.
#include "digest_view.h"

#include "clean.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define SOON_WORKING_DAYS 5

// The longest texts that still read as a line.
#define CHILD_CHARS_MAX 60
#define TITLE_CHARS_MAX 160
#define REMARK_CHARS_MAX 200
#define SAID_CHARS_MAX 400 // a reason with who gave it
#define LATE_CHARS_MAX 800 // with how the due date was counted
#define FORCE_CHARS_MAX 20

struct place {
    const struct digest_line *line, *family_worst, *child_worst;
    size_t at;  // in the order of the whole
    bool later; // than what is soon
};

enum urgency digest_urgency(const struct digest_line *l, struct date on)
{
    if (!date_known(l->due_on))
        return URGENCY_LATER;
    if (date_cmp(l->due_on, on) < 0)
        return URGENCY_LATE;
    if (date_is(l->due_on, on))
        return URGENCY_TODAY;
    if (l->late)
        return URGENCY_BOOKED_LATE;
    return l->working_days <= SOON_WORKING_DAYS ? URGENCY_SOON : URGENCY_LATER;
}

static int compare_numbers(long long a, long long b)
{
    return (a > b) - (a < b);
}

static int force_rank(const char *force)
{
    static const char *const ranks[] = {"Law", "Guidance", "Local", "Statistic"};
    int rank = 0;

    while (rank < 4 && (!force || strcmp(force, ranks[rank]) != 0))
        rank++;
    return rank;
}

static const char *family_of(const struct digest_line *l)
{
    return l->family ? l->family : l->child;
}

// A day without a minute ends with the day; a day not known is the last of all.
static int line_cmp(const struct digest_line *a, const struct digest_line *b)
{
    int by = compare_numbers(date_known(a->due_on) ? a->due_on.day : INT32_MAX,
                             date_known(b->due_on) ? b->due_on.day : INT32_MAX);

    if (by == 0)
        by = compare_numbers(a->due_at.minute < 0 ? 1440 : a->due_at.minute,
                             b->due_at.minute < 0 ? 1440 : b->due_at.minute);
    if (by == 0)
        by = compare_numbers(force_rank(a->force), force_rank(b->force));
    if (by == 0)
        by = strcmp(a->title, b->title);
    return by != 0 ? by : compare_numbers(a->deadline_id, b->deadline_id);
}

static int family_cmp(const struct digest_line *a, const struct digest_line *b)
{
    return strcmp(family_of(a), family_of(b));
}

static int child_cmp(const struct digest_line *a, const struct digest_line *b)
{
    int by = family_cmp(a, b);

    return by != 0 ? by : strcmp(a->child, b->child);
}

static int by_child_then_line(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    int by = child_cmp(a->line, b->line);

    return by != 0 ? by : line_cmp(a->line, b->line);
}

static int by_worst(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    int by = line_cmp(a->family_worst, b->family_worst);

    if (by == 0)
        by = family_cmp(a->line, b->line);
    if (by == 0)
        by = line_cmp(a->child_worst, b->child_worst);
    if (by == 0)
        by = child_cmp(a->line, b->line);
    return by != 0 ? by : line_cmp(a->line, b->line);
}

// Of places sorted by child and line: the first of a child is its worst, the least of a family's
// children is the family's.
static void find_worst(struct place *places, size_t count)
{
    for (size_t from = 0, to; from < count; from = to) {
        const struct digest_line *worst = places[from].line;

        for (to = from; to < count && family_cmp(places[to].line, places[from].line) == 0; to++) {
            bool first = to == from || child_cmp(places[to].line, places[to - 1].line) != 0;

            places[to].child_worst = first ? places[to].line : places[to - 1].child_worst;
            if (line_cmp(places[to].line, worst) < 0)
                worst = places[to].line;
        }
        for (size_t i = from; i < to; i++)
            places[i].family_worst = worst;
    }
}

static struct place *in_order(struct arena *a, const struct digest *d)
{
    struct place *places = ARENA_ARRAY(a, struct place, d->count);

    for (size_t i = 0; i < d->count; i++)
        places[i].line = &d->lines[i];
    if (d->count > 1)
        qsort(places, d->count, sizeof *places, by_child_then_line);
    find_worst(places, d->count);
    if (d->count > 1)
        qsort(places, d->count, sizeof *places, by_worst);
    return places;
}

static int by_at(const void *x, const void *y)
{
    const struct place *a = x, *b = y;

    return (a->at > b->at) - (a->at < b->at);
}

static int by_claim(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    int by = a->later - b->later;

    if (by == 0)
        by = force_rank(a->line->force) - force_rank(b->line->force);
    return by != 0 ? by : by_at(x, y);
}

// Puts what is to be shown first, in the order of the whole. By that order alone what has been late
// for longest would hide, week after week, what the law asks and can still be mended.
static void choose(struct place *places, size_t count, size_t most, struct date on)
{
    if (count <= most)
        return;
    for (size_t i = 0; i < count; i++) {
        places[i].at = i;
        places[i].later = digest_urgency(places[i].line, on) == URGENCY_LATER;
    }
    qsort(places, count, sizeof *places, by_claim);
    qsort(places, most, sizeof *places, by_at);
}

static const char *days_words(struct arena *a, int count)
{
    return arena_printf(a, "%d working day%s", count, count == 1 ? "" : "s");
}

static const char *time_words(struct arena *a, const struct digest_line *l)
{
    if (l->due_at.minute < 0)
        return "";
    return arena_printf(a, ", %02d:%02d", l->due_at.minute / 60, l->due_at.minute % 60);
}

static const char *due_words(struct arena *a, const struct digest_line *l, struct date on)
{
    const char *at = time_words(a, l), *day = digest_day_words(a, l->due_on, on);

    if (!date_known(l->due_on))
        return "due date not known";
    if (date_is(l->due_on, on))
        return arena_printf(a, "due today%s", at);
    if (date_is(l->due_on, date_add_days(on, 1)))
        return arena_printf(a, "due tomorrow, %s%s", day, at);
    if (date_cmp(l->due_on, on) > 0 && l->working_days > 0)
        return arena_printf(a, "due %s%s (in %s)", day, at, days_words(a, l->working_days));
    if (date_cmp(l->due_on, on) > 0)
        return arena_printf(a, "due %s%s (before the next working day)", day, at);
    if (l->working_days < 0)
        return arena_printf(a, "was due %s%s, %s ago", day, at, days_words(a, -l->working_days));
    return arena_printf(a, "was due %s%s", day, at);
}

static const char *seen_words(struct arena *a, struct date seen_on, struct date on)
{
    if (!date_known(seen_on))
        return "no record of when last seen";
    if (date_is(seen_on, on))
        return "last seen today";
    return arena_printf(a, "last seen %s", strchr(digest_day_words(a, seen_on, on), ' ') + 1);
}

static int by_child_and_title(const void *x, const void *y)
{
    const struct digest_line *a = *(const struct digest_line *const *)x;
    const struct digest_line *b = *(const struct digest_line *const *)y;
    int by = child_cmp(a, b);

    return by != 0 ? by : strcmp(a->title, b->title);
}

const struct digest_line *digest_tell_apart(struct arena *a, const struct digest_line *lines,
                                            size_t count)
{
    struct digest_line *all = ARENA_ARRAY(a, struct digest_line, count + 1);
    struct digest_line **sorted = ARENA_ARRAY(a, struct digest_line *, count + 1);

    for (size_t i = 0; i < count; i++) {
        all[i] = lines[i];
        sorted[i] = &all[i];
    }
    if (count > 1)
        qsort(sorted, count, sizeof *sorted, by_child_and_title);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && by_child_and_title(&sorted[i], &sorted[end]) == 0;)
            end++;
        if (end == i + 1)
            sorted[i]->counted = NULL;
    }
    return all;
}

static bool is_in_full(const struct digest_line *l, struct date on)
{
    return !l->parting && (l->is_new || digest_urgency(l, on) == URGENCY_TODAY);
}

static struct digest_item item_of(struct arena *a, const struct digest_line *l, struct date on)
{
    return (struct digest_item){
        .urgency = l->parting ? URGENCY_LATER : digest_urgency(l, on),
        .child = clean_line(a, l->child, CHILD_CHARS_MAX),
        .worker = clean_line(a, l->worker, CHILD_CHARS_MAX),
        .title = clean_line(a, l->title, TITLE_CHARS_MAX),
        .force = clean_line(a, l->force, FORCE_CHARS_MAX),
        .due = due_words(a, l, on),
        .booked = clean_line(a, l->booked, REMARK_CHARS_MAX),
        .late = clean_line(a, l->late, LATE_CHARS_MAX),
        .counted = l->late ? "" : clean_line(a, l->counted, LATE_CHARS_MAX),
        .seen = seen_words(a, l->seen_on, on),
        .reason = clean_line(a, l->reason, REMARK_CHARS_MAX),
        .said = clean_line(a, l->said, SAID_CHARS_MAX),
        .url = l->url && clean_is_url(l->url) ? l->url : NULL,
        .is_new = l->is_new && !l->reminder && !l->parting,
        .in_full = is_in_full(l, on),
    };
}

static int by_title(const void *x, const void *y)
{
    const struct digest_more *a = x, *b = y;
    int by = force_rank(a->force) - force_rank(b->force);

    return by != 0 ? by : strcmp(a->title, b->title);
}

static int by_count(const void *x, const void *y)
{
    const struct digest_more *a = x, *b = y;
    int by = force_rank(a->force) - force_rank(b->force);

    if (by == 0)
        by = compare_numbers((long long)b->count, (long long)a->count);
    return by != 0 ? by : by_title(x, y);
}

static void count_hidden(struct arena *a, const struct place *places, size_t count,
                         struct digest_view *v)
{
    struct digest_more *all = ARENA_ARRAY(a, struct digest_more, count);
    size_t kinds = 0;

    for (size_t i = 0; i < count; i++)
        all[i] =
            (struct digest_more){.title = clean_line(a, places[i].line->title, TITLE_CHARS_MAX),
                                 .force = clean_line(a, places[i].line->force, FORCE_CHARS_MAX)};
    qsort(all, count, sizeof *all, by_title);
    for (size_t i = 0; i < count; i++) {
        if (kinds == 0 || by_title(&all[kinds - 1], &all[i]) != 0)
            all[kinds++] = all[i];
        all[kinds - 1].count++;
    }
    qsort(all, kinds, sizeof *all, by_count);
    v->more = all;
    v->more_count = kinds;
    v->hidden = count;
}

void digest_view_make(struct arena *a, const struct digest *d, struct digest_view *ret)
{
    size_t most = d->most ? d->most : DIGEST_LINES_MAX;
    struct digest_view v = {
        .count = d->count < most ? d->count : most,
        .reader = clean_line(a, d->reader, CHILD_CHARS_MAX),
        .service = clean_line(a, d->service_name, TITLE_CHARS_MAX),
        .help = d->help ? clean_line(a, d->help, REMARK_CHARS_MAX) : NULL,
    };
    struct place *places = in_order(a, d);

    choose(places, d->count, v.count, d->on);
    v.items = ARENA_ARRAY(a, struct digest_item, v.count);
    for (size_t i = 0; i < d->count; i++)
        v.counts[digest_urgency(places[i].line, d->on)]++;
    for (size_t i = 0; i < v.count; i++) {
        const struct digest_line *l = places[i].line, *before = i ? places[i - 1].line : NULL;

        v.items[i] = item_of(a, l, d->on);
        v.items[i].new_family = !before || family_cmp(before, l) != 0;
        v.items[i].new_child =
            !before || child_cmp(before, l) != 0 || !date_is(before->seen_on, l->seen_on);
    }
    if (d->count > v.count)
        count_hidden(a, places + v.count, d->count - v.count, &v);
    *ret = v;
}

// What is worth reading in full, what was told before, and what is no longer the reader's.
enum part { PART_LEAD, PART_TOLD, PART_PARTED };

static enum part part_of(const struct digest_line *l, struct date on)
{
    if (l->parting)
        return PART_PARTED;
    return is_in_full(l, on) ? PART_LEAD : PART_TOLD;
}

static size_t make_part(struct arena *a, const struct digest *d, enum part part, size_t most,
                        struct digest_view *ret)
{
    struct digest_line *lines = ARENA_ARRAY(a, struct digest_line, d->count + 1);
    struct digest all = *d;

    all.lines = lines;
    all.count = 0;
    all.most = most;
    for (size_t i = 0; i < d->count; i++)
        if (part_of(&d->lines[i], d->on) == part)
            lines[all.count++] = d->lines[i];
    digest_view_make(a, &all, ret);
    return all.count;
}

void digest_parts_make(struct arena *a, const struct digest *d, struct digest_parts *ret)
{
    struct digest_parts p = {0};
    struct digest apart = *d;

    apart.lines = digest_tell_apart(a, d->lines, d->count);
    d = &apart;

    size_t lead = make_part(a, d, PART_LEAD, d->most, &p.lead);
    size_t told = make_part(a, d, PART_TOLD, DIGEST_TOLD_MAX, &p.told);
    size_t parted = make_part(a, d, PART_PARTED, DIGEST_TOLD_MAX, &p.parted);

    p.count = lead + told;
    for (size_t i = 0; i < URGENCY_COUNT; i++)
        p.counts[i] = p.lead.counts[i] + p.told.counts[i];
    p.fresh = digest_fresh_of(d->lines, d->count);
    if (lead && (told || parted))
        p.lead_heading = digest_fresh_heading(a, p.fresh, lead - p.fresh.first - p.fresh.again);
    if (told && (lead || parted))
        p.told_heading = arena_printf(a, "Told before, and still open: %zu", told);
    if (parted)
        p.parted_heading = arena_printf(a, "%s: %zu", DIGEST_PARTED, parted);
    *ret = p;
}
