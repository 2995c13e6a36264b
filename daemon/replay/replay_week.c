// A week's list (tell/weekly_read.c), with memory in place of the store.
#include "replay_week.h"

#include "agenda_office.h"
#include "agenda_words.h"
#include "weekly_list.h"
#include "zone.h"

// ------------------------------------------------------------------------------- whom it concerns

static bool is_of_weeks(const struct owed *o, struct date last)
{
    return o->open && (date_cmp(o->due_on, last) <= 0 ||
                       (date_known(o->booked.on) && date_cmp(o->booked.on, last) <= 0));
}

static void remember_deadlines(struct walk *w, struct date last, struct week_input *in)
{
    const struct memory *m = &w->memory;
    struct owed *owed = ARENA_ARRAY(w->scratch, struct owed, m->duty_count + 1);

    for (size_t i = 0; i < m->duty_count; i++)
        if (is_of_weeks(&m->duties[i]->owed, last))
            owed[in->count++] = memory_owed(m->duties[i]);
    in->owed = owed;
}

static void remember_children(struct walk *w, struct week_input *in)
{
    const struct memory *m = &w->memory;

    in->children = ARENA_ARRAY(w->scratch, struct week_child, m->count + 1);
    for (size_t i = 0; i < m->count; i++) {
        const struct child_names *n = &m->persons[i].of->names;

        in->children[in->child_count++] =
            (struct week_child){n->person_id, m->persons[i].who, n->restricted};
    }
}

static void look_back(struct walk *w, struct date monday, struct week_input *in)
{
    AUTO(arena_auto_free) struct arena *each = arena_new();
    struct weekly_looking *l =
        weekly_look(w->scratch, in->library, (struct sight){w->blind}, monday);
    struct weekly_occasion *all;

    for (size_t i = 0; i < w->memory.count; i++) {
        instant ignored;
        struct timeline t = walk_known_facts(w, each, w->memory.persons[i].of, &ignored);

        if (t.count)
            weekly_look_at(l, each, &t);
        arena_reset(each);
    }
    in->occasion_count = weekly_seen(l, &all);
    in->occasions = all;
}

const struct week *walk_week(struct walk *w)
{
    struct date monday = week_monday(w->today);
    struct week_input in = {.library = w->in->library,
                            .directory = w->in->directory,
                            .now = w->now,
                            .first_started_at = w->started_at};
    struct week *week;

    if (!week_is_due(in.library, w->now, w->started_at, w->weekly_on))
        return NULL;
    w->weekly_on = monday;
    remember_deadlines(w, week_last(monday), &in);
    remember_children(w, &in);
    look_back(w, monday, &in);
    week = ARENA_NEW(w->scratch, struct week);
    weekly_gather(w->scratch, &in, week);
    return week;
}

instant walk_next_list(const struct walk *w)
{
    instant opening = week_opening(w->in->library, week_monday(w->today));

    return opening > w->now ? opening : agenda_next_list(w->in->library, w->now);
}

// ------------------------------------------------------------------------------- what it says

static struct replayed_line line_of(struct walk *w, const struct agenda_voice *v,
                                    const struct concern *c)
{
    const struct duty *d = w->memory.duties[c->owed->deadline_id];

    return (struct replayed_line){
        .child = &d->person->of->names,
        .timescale = c->timescale->id,
        .title = c->timescale->title,
        .subject_ref = d->owed.subject_ref,
        .due_on = d->owed.due_on,
        .role = c->role,
        .why = arena_strdup(w->arena, agenda_week_words(v, c)),
    };
}

static struct replayed_line figure_of(struct walk *w, const struct weekly_figure *f)
{
    return (struct replayed_line){.due_on = DATE_NONE,
                                  .why = arena_printf(w->arena, "last week %s: %zu of %zu in time",
                                                      f->id, f->in_time, f->held)};
}

void walk_list(struct walk *w, const struct agenda_mail *m, struct replayed_mail *mail)
{
    struct agenda_voice v = {w->scratch, w->in->config, w->in->directory, w->now};
    struct weekly words = weekly_words(&v, m);
    struct replayed_line line;

    mail->standing = words.standing_count;
    for (size_t i = 0; i < words.figure_count; i++) {
        line = figure_of(w, &words.figures[i]);
        walk_line(w, mail, &line);
    }
    for (size_t i = 0; i < m->list->concern_count; i++) {
        if (!weekly_says(m, &m->list->concerns[i]))
            continue;
        if (weekly_names(m, &words, &m->list->concerns[i]))
            memory_list(&w->memory, w->memory.duties[m->list->concerns[i].owed->deadline_id],
                        m->to->id, w->now);
        line = line_of(w, &v, &m->list->concerns[i]);
        walk_line(w, mail, &line);
    }
}
