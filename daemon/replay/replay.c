// The walk: from one moment at which something becomes known, or has to be said, to the next.
#include "replay.h"

#include "replay_week.h"
#include "zone.h"

#include <string.h>

const char *replayed_word(enum replayed_kind k)
{
    static const char *const words[REPLAYED_KINDS] = {"summary", "digest", "alarm",  "operator",
                                                      "weekly",  "invite", "update", "cancel"};

    return words[k];
}

struct replayed_mail *walk_mail(struct walk *w, enum replayed_kind kind, const struct staff *to,
                                instant at, size_t lines)
{
    struct replay *r = w->result;

    r->mails = arena_grow(w->arena, r->mails, sizeof *r->mails, r->count, &r->room);
    r->mails[r->count] =
        (struct replayed_mail){.at = at,
                               .kind = kind,
                               .to = to,
                               .lines = ARENA_ARRAY(w->arena, struct replayed_line, lines)};
    return &r->mails[r->count++];
}

void walk_line(struct walk *w, struct replayed_mail *mail, const struct replayed_line *line)
{
    mail->lines[mail->count++] = *line;
    w->result->lines++;
}

static const char *text_of(const struct walk *w, const json_t *message, const char *key)
{
    const char *text = json_string_value(json_object_get(message, key));

    return text ? arena_strdup(w->arena, text) : NULL;
}

bool walk_is_read(const struct walk *w, const struct staff *to)
{
    return to && w->in->reader && strcmp(to->id, w->in->reader) == 0;
}

void walk_words(struct walk *w, struct replayed_mail *mail, const json_t *message)
{
    struct replayed_words *words = ARENA_NEW(w->arena, struct replayed_words);

    *words = (struct replayed_words){.message_id = text_of(w, message, "message_id"),
                                     .recipient = text_of(w, message, "recipient"),
                                     .subject = text_of(w, message, "subject"),
                                     .text = text_of(w, message, "text"),
                                     .html = text_of(w, message, "html"),
                                     .calendar = text_of(w, message, "calendar")};
    mail->words = words;
}

void walk_drop(struct walk *w, struct replayed_mail *mail)
{
    w->result->lines -= mail->count;
    mail->count = 0;
}

static void forget_dropped(struct replay *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++)
        if (r->mails[i].count)
            r->mails[kept++] = r->mails[i];
    r->count = kept;
}

// ------------------------------------------------------------------------------------ breaches

static instant end_of(const struct owed *o)
{
    return o->due_at.minute >= 0
               ? instant_from_london(o->due_at)
               : instant_from_london((struct moment){date_add_days(o->due_on, 1), 0}) - SECONDS(60);
}

// Was there an hour at which people could be told, between its becoming known and its due date?
static bool could_be_told(const struct walk *w, const struct duty *d)
{
    const struct library *l = w->in->library;
    struct moment opens =
        office_open_on_or_after(&l->office, l->local, london_from_instant(d->known_at));

    return date_known(opens.on) && instant_from_london(opens) <= end_of(&d->owed);
}

static void count_breach(struct walk *w, struct duty *d)
{
    struct replayed_breaches *b = &w->result->breaches;
    bool at_start = d->owed.at_first_start && date_cmp(d->owed.due_on, w->in->from) < 0;

    d->breached = true;
    b->count++;
    if (at_start)
        b->at_start++;
    else if (d->told_at && d->told_at <= end_of(&d->owed))
        b->told_ahead++;
    else if (!could_be_told(w, d))
        b->known_late++;
    else if (d->ownerless_at && d->ownerless_at <= end_of(&d->owed))
        b->ownerless++;
    else
        b->unheard++;
}

// What was due before a day and is owed still, before anything of that day is known.
static void count_breaches(struct walk *w, struct date day)
{
    for (size_t i = 0; i < w->memory.duty_count; i++) {
        struct duty *d = w->memory.duties[i];

        if (d->owed.open && !d->breached && date_cmp(d->owed.due_on, day) < 0)
            count_breach(w, d);
    }
}

// ------------------------------------------------------------------------------------ the walk

// 0: nothing more.
static instant next_moment(const struct walk *w)
{
    instant next = walk_next_list(w);

    for (size_t i = 0; i < w->memory.count; i++)
        next = sooner(next, w->memory.persons[i].next_at);
    for (size_t i = 0; i < w->memory.duty_count; i++)
        next = sooner(next, w->memory.duties[i]->next_notice);
    return next;
}

static void walk(struct walk *w, instant end)
{
    for (w->now = w->started_at; w->now && w->now < end; w->now = next_moment(w)) {
        struct date day = london_from_instant(w->now).on;

        if (!date_is(day, w->today))
            count_breaches(w, day);
        w->today = day;
        walk_persons(w);
        walk_agenda(w);
        arena_reset(w->scratch);
    }
    count_breaches(w, date_add_days(w->in->to, 1));
}

// Almost in order: an update waits for its quiet period, and may be passed meanwhile.
static void sort_by_time(struct replay *r)
{
    for (size_t i = 1; i < r->count; i++)
        for (size_t j = i; j > 0 && r->mails[j].at < r->mails[j - 1].at; j--) {
            struct replayed_mail moved = r->mails[j];

            r->mails[j] = r->mails[j - 1];
            r->mails[j - 1] = moved;
        }
}

void replay_run(struct arena *a, const struct replay_input *in, struct replay *ret)
{
    AUTO(arena_auto_free) struct arena *scratch = arena_new();
    struct walk w = {.in = in,
                     .arena = a,
                     .scratch = scratch,
                     .blind = chronicle_blind(a, in->chronicle, in->library),
                     .started_at = instant_from_london((struct moment){in->from, 0}),
                     .today = in->from,
                     .weekly_on = DATE_NONE,
                     .result = ret};

    *ret = (struct replay){0};
    memory_begin(a, in->chronicle, in->library, &w.memory);
    for (size_t i = 0; i < w.memory.count; i++)
        w.memory.persons[i].next_at = w.started_at;
    walk(&w, instant_from_london((struct moment){date_add_days(in->to, 1), 0}));
    forget_dropped(ret);
    sort_by_time(ret);
    memory_end(&w.memory);
}
