// The figures of a replay: how many mails people have a week, how many messages there are of each
// kind, and who heard of a breach in time.
#include "replay_print.h"

#include "table.h"
#include "zone.h"

#include <stdlib.h>
#include <string.h>

// How often the readers of one job had how many mails in a week: people times weeks.
#define MOST_A_WEEK 100
struct job {
    const char *title;
    size_t people, weeks;
    size_t with[MOST_A_WEEK + 1]; // weeks with so many mails
};

struct figures {
    struct session *session;
    struct date first; // a Monday
    size_t weeks;
    struct job *jobs;
    size_t count, room;
};

// Whole weeks, from a Monday on; of a shorter time the weeks that it touches.
static void find_weeks(struct figures *f, struct date from, struct date to)
{
    struct date monday = date_add_days(from, (7 - date_weekday(from)) % 7);
    int whole = (to.day - monday.day + 1) / 7;

    f->first = whole > 0 ? monday : date_add_days(from, -date_weekday(from));
    f->weeks = whole > 0 ? (size_t)whole : (size_t)(to.day - f->first.day) / 7 + 1;
}

static struct job *job_of(struct figures *f, const struct staff *s)
{
    const char *title = s->job_title ? s->job_title : "(no job title)";

    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->jobs[i].title, title) == 0)
            return &f->jobs[i];
    f->jobs = arena_grow(f->session->arena, f->jobs, sizeof *f->jobs, f->count, &f->room);
    f->jobs[f->count] = (struct job){.title = title};
    return &f->jobs[f->count++];
}

static bool is_mail(const struct replayed_mail *m)
{
    return m->to && (m->kind == REPLAYED_DIGEST || m->kind == REPLAYED_WEEKLY ||
                     m->kind == REPLAYED_ALARM || m->kind == REPLAYED_SUMMARY);
}

static int by_reader(const void *x, const void *y)
{
    const struct replayed_mail *a = *(const struct replayed_mail *const *)x,
                               *b = *(const struct replayed_mail *const *)y;
    int by = strcmp(a->to->id, b->to->id);

    return by ? by : (a->at > b->at) - (a->at < b->at);
}

// One reader's mails, in order of time, week by week; weeks out of post are left out.
static void count_reader(struct figures *f, const struct replayed_mail *const *mails, size_t count)
{
    const struct staff *s = mails[0]->to;
    struct job *job = job_of(f, s);
    size_t at = 0;

    job->people++;
    for (size_t week = 0; week < f->weeks; week++) {
        struct date monday = date_add_days(f->first, 7 * (int)week);
        size_t in_week = 0;

        for (; at < count; at++) {
            struct date on = london_from_instant(mails[at]->at).on;

            if (on.day >= monday.day + 7)
                break;
            in_week += on.day >= monday.day;
        }
        if (in_week == 0 && !staff_in_post(s, monday))
            continue;
        job->weeks++;
        job->with[in_week < MOST_A_WEEK ? in_week : MOST_A_WEEK]++;
    }
}

static void count_readers(struct figures *f, const struct replay *r)
{
    const struct replayed_mail **mails =
        ARENA_ARRAY(f->session->arena, const struct replayed_mail *, r->count + 1);
    size_t count = 0;

    for (size_t i = 0; i < r->count; i++)
        if (is_mail(&r->mails[i]))
            mails[count++] = &r->mails[i];
    if (count)
        qsort((void *)mails, count, sizeof *mails, by_reader);
    for (size_t from = 0, end; from < count; from = end) {
        for (end = from + 1; end < count && mails[end]->to == mails[from]->to;)
            end++;
        count_reader(f, mails + from, end - from);
    }
}

static size_t median(const struct job *j)
{
    size_t seen = 0, n = 0;

    for (; n < MOST_A_WEEK; n++) {
        seen += j->with[n];
        if (2 * seen >= j->weeks)
            break;
    }
    return n;
}

static size_t highest(const struct job *j)
{
    size_t n = MOST_A_WEEK;

    while (n > 0 && j->with[n] == 0)
        n--;
    return n;
}

static int by_people(const void *x, const void *y)
{
    const struct job *a = x, *b = y;

    return a->people != b->people ? (a->people < b->people) - (a->people > b->people)
                                  : strcmp(a->title, b->title);
}

static void print_weeks(struct figures *f)
{
    const struct column columns[] = {{NULL, "Who", CELL_TEXT, 0},
                                     {NULL, "People", CELL_NUMBER, 0},
                                     {NULL, "Median", CELL_NUMBER, 0},
                                     {NULL, "Highest", CELL_NUMBER, 0}};
    struct session *s = f->session;
    struct table *t;

    if (f->count == 0)
        return;
    qsort(f->jobs, f->count, sizeof *f->jobs, by_people);
    text_addf(
        &s->out,
        "\nMails a week (digests, lists, alarms, summaries) to those who had any, over %zu %s:\n",
        f->weeks, f->weeks == 1 ? "week" : "weeks");
    t = table_begin(s, columns, 4);
    for (size_t i = 0; i < f->count; i++) {
        const struct job *j = &f->jobs[i];

        table_row(t, (const char *const[]){j->title, arena_printf(s->arena, "%zu", j->people),
                                           arena_printf(s->arena, "%zu", median(j)),
                                           arena_printf(s->arena, "%zu", highest(j))});
    }
    table_end(t);
}

static void print_kinds(struct session *s, const struct replay_input *in, const struct replay *r)
{
    size_t counts[REPLAYED_KINDS] = {0};

    for (size_t i = 0; i < r->count; i++)
        counts[r->mails[i].kind]++;
    text_addf(&s->out, "%zu message%s from %s to %s", r->count, r->count == 1 ? "" : "s",
              date_words(s->arena, in->from), date_words(s->arena, in->to));
    for (size_t k = 0, named = 0; k < REPLAYED_KINDS; k++)
        if (counts[k])
            text_addf(&s->out, "%s%s %zu", named++ ? ", " : ": ",
                      replayed_word((enum replayed_kind)k), counts[k]);
    text_add(&s->out, ".\n");
    if (r->unread)
        text_addf(&s->out,
                  "%zu line%s had nobody to go to: nobody who can be told is responsible, and "
                  "no operator's mail address is set.\n",
                  r->unread, r->unread == 1 ? "" : "s");
}

static void print_breaches(struct session *s, const struct replayed_breaches *b)
{
    const struct {
        size_t count;
        const char *words;
    } parts[] = {
        {b->at_start, "were due before the first day: in the summaries"},
        {b->told_ahead, "somebody had been told of ahead"},
        {b->known_late, "became known too late for anybody to be told ahead"},
        {b->ownerless, "had nobody responsible who could be told"},
        {b->unheard, "nobody had been told of ahead"},
    };

    text_addf(&s->out, "\nDuties not met by the end of the day they were due, as known then: %zu\n",
              b->count);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        text_addf(&s->out, "  %6zu %s\n", parts[i].count, parts[i].words);
}

void replay_print_figures(struct session *s, const struct replay_input *in, const struct replay *r)
{
    struct figures f = {.session = s};

    find_weeks(&f, in->from, in->to);
    count_readers(&f, r);
    print_kinds(s, in, r);
    print_weeks(&f);
    print_breaches(s, &r->breaches);
}
