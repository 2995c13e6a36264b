// The reader of cadences, and of the days that an authority keeps free of meetings.
#include "reader.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void read_every(struct reader *r, const struct node *m, struct span *ret)
{
    const struct node *n = reader_scalar(r, m, "every", false);
    const char *rest, *what;

    if (!n)
        return;
    if (!span_parse(n->text, ret, &rest, &what) || *rest)
        reader_complain(r, n, "\"%s\": expected a period, such as 6 weeks", n->text);
    else if (ret->count == 0 || ret->unit == HOURS || ret->unit == SCHOOL_DAYS)
        reader_complain(r, n, "\"%s\": expected days, weeks, months, years or working days",
                        n->text);
}

static void read_from(struct reader *r, const struct node *m, struct date *ret)
{
    const struct node *n = reader_scalar(r, m, "from", false);

    if (n && !date_parse(n->text, ret))
        reader_complain(r, n, "\"%s\": expected the date of the first (2024-04-08)", n->text);
}

static void check_cadence(struct reader *r, const struct node *m, const struct cadence *c)
{
    if (c->on && c->every.count == 0)
        reader_complain(r, m, "%s: the key \"every\" is missing: no period is known for it", c->id);
    if (c->on && !date_known(c->from))
        reader_complain(r, m, "%s: the key \"from\" is missing: the date of the first", c->id);
}

static void fill_cadence(struct reader *r, const struct node *m, struct cadence *c)
{
    static const char *const keys[] = {"title", "source", "evidence", "every",
                                       "from",  "who",    "use"};

    reader_known_keys(r, m, keys, COUNT(keys));
    if (node_get(m, "title"))
        c->title = reader_text(r, m, "title", true);
    if (node_get(m, "source"))
        c->source = reader_text(r, m, "source", true);
    if (node_get(m, "evidence"))
        c->evidence = reader_text(r, m, "evidence", true);
    read_every(r, m, &c->every);
    read_from(r, m, &c->from);
    read_role(r, reader_scalar(r, m, "who", false), &c->role);
    c->on = reader_choice(r, m, "use", "yes", "no", c->on);
    check_cadence(r, m, c);
}

static struct cadence *find_cadence(struct library *l, const char *id)
{
    for (size_t i = 0; i < l->cadence_count; i++)
        if (strcmp(l->cadences[i].id, id) == 0)
            return (struct cadence *)&l->cadences[i];
    return NULL;
}

static struct cadence *add_cadence(struct reader *r, const struct entry *e)
{
    struct library *l = r->library;
    struct cadence *all = arena_grow(r->phrases.arena, (struct cadence *)l->cadences, sizeof *all,
                                     l->cadence_count, &r->cadence_room);

    l->cadences = all;
    all[l->cadence_count] = (struct cadence){.id = e->key,
                                             .from = DATE_NONE,
                                             .file = r->phrases.file,
                                             .chapter = r->chapter,
                                             .line = e->line};
    return &all[l->cadence_count++];
}

void read_cadences(struct reader *r, const struct node *mapping)
{
    const struct node *list = node_get(mapping, "cadences");

    if (!list || !reader_is(r, list, NODE_MAPPING, "cadences by their ids"))
        return;
    for (size_t i = 0; i < list->count; i++) {
        const struct entry *e = &list->entries[i];
        struct cadence *c = find_cadence(r->library, e->key);

        reader_check_id(r, e);
        if (!reader_is(r, e->value, NODE_MAPPING, "a cadence: title, every, source"))
            continue;
        if (c && !r->overlay) {
            complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
                     "\"%s\" is defined twice, in two files", e->key);
            continue;
        }
        if (!c) {
            reader_text(r, e->value, "title", true);
            reader_text(r, e->value, "source", true);
            c = add_cadence(r, e);
        }
        fill_cadence(r, e->value, c);
    }
}

// ------------------------------------------------------------------------------------- the diary

static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};

static int weekday_of(const char *word)
{
    for (int i = 0; i < 7; i++)
        if (strcmp(weekdays[i], word) == 0)
            return i;
    return -1;
}

static void read_kept_free(struct reader *r, const struct entry *e, struct kept_free *ret)
{
    size_t count;
    const struct node *const *items;

    *ret = (struct kept_free){.meeting = e->key};
    if (!reader_is(r, e->value, NODE_MAPPING, "{not on: friday}"))
        return;
    reader_known_keys(r, e->value, (const char *const[]){"not on"}, 1);
    items = reader_list(r, e->value, "not on", &count);
    for (size_t i = 0; i < count; i++) {
        int day = weekday_of(items[i]->text);

        if (day < 0)
            reader_complain(r, items[i], "\"%s\": expected a day of the week, such as friday",
                            items[i]->text);
        else
            ret->day[day] = true;
    }
}

static bool is_booking(const struct library *l, const char *kind)
{
    for (size_t i = 0; i < l->event_count; i++)
        if (l->events[i].booking && strcmp(l->events[i].booking, kind) == 0)
            return true;
    return false;
}

void read_diary(struct reader *r, const struct node *mapping)
{
    const struct node *diary = node_get(mapping, "diary");
    struct library *l = r->library;
    struct kept_free *all;

    if (!diary || !reader_is(r, diary, NODE_MAPPING, "kinds of meeting, each {not on: friday}"))
        return;
    all = ARENA_ARRAY(r->phrases.arena, struct kept_free, diary->count + 1);
    for (size_t i = 0; i < diary->count; i++) {
        if (!is_booking(l, diary->entries[i].key))
            complain(r->phrases.complaints, r->phrases.file, diary->entries[i].line,
                     diary->entries[i].column,
                     "\"%s\": no such kind of meeting; expected icpc, rcpc or cla_review",
                     diary->entries[i].key);
        read_kept_free(r, &diary->entries[i], &all[l->kept_free_count++]);
    }
    l->kept_free = all;
}
