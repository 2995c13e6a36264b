// The directory: staff, teams and cover, sorted by their keys.
#include "directory.h"

#include "columns.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

struct directory {
    struct arena *arena;
    struct staff *staff; // by id
    size_t staff_count;
    struct team *teams; // by id
    size_t team_count;
    struct cover *cover; // by whom it covers, what began last first
    size_t cover_count;
};

static int staff_by_id(const void *a, const void *b)
{
    return strcmp(((const struct staff *)a)->id, ((const struct staff *)b)->id);
}

static int team_by_id(const void *a, const void *b)
{
    return strcmp(((const struct team *)a)->id, ((const struct team *)b)->id);
}

static int cover_of(const struct cover *a, const struct cover *b)
{
    return a->covers != b->covers ? (a->covers > b->covers) - (a->covers < b->covers)
                                  : strcmp(a->of_id, b->of_id);
}

static int cover_by_whom(const void *x, const void *y)
{
    const struct cover *a = x, *b = y;
    int by = cover_of(a, b);

    if (by == 0)
        by = date_cmp(b->first, a->first);
    return by != 0 ? by : text_cmp(a->stand_in_id, b->stand_in_id);
}

static void copy_staff(struct directory *d, const struct staff *s)
{
    struct arena *a = d->arena;

    d->staff[d->staff_count++] = (struct staff){arena_strdup(a, s->id),
                                                arena_strdup(a, s->name),
                                                arena_strdup(a, s->email),
                                                arena_strdup(a, s->job_title),
                                                arena_strdup(a, s->team_id),
                                                arena_strdup(a, s->manager_id),
                                                arena_strdup(a, s->deputy_id),
                                                s->from,
                                                s->to};
}

static void copy_team(struct directory *d, const struct team *t)
{
    struct arena *a = d->arena;

    d->teams[d->team_count++] =
        (struct team){arena_strdup(a, t->id), arena_strdup(a, t->parent_id),
                      arena_strdup(a, t->manager_id), arena_strdup(a, t->deputy_id)};
}

static void copy_cover(struct directory *d, const struct cover *c)
{
    struct cover *own = &d->cover[d->cover_count++];

    *own = *c;
    own->of_id = arena_strdup(d->arena, c->of_id);
    own->stand_in_id = arena_strdup(d->arena, c->stand_in_id);
    own->weekdays = arena_strdup(d->arena, c->weekdays);
}

struct directory *directory_make(const struct directory_rows *rows)
{
    struct arena *a = arena_new();
    struct directory *d = ARENA_NEW(a, struct directory);

    *d = (struct directory){.arena = a,
                            .staff = ARENA_ARRAY(a, struct staff, rows->staff_count + 1),
                            .teams = ARENA_ARRAY(a, struct team, rows->team_count + 1),
                            .cover = ARENA_ARRAY(a, struct cover, rows->cover_count + 1)};
    for (size_t i = 0; i < rows->staff_count; i++)
        copy_staff(d, &rows->staff[i]);
    for (size_t i = 0; i < rows->team_count; i++)
        copy_team(d, &rows->teams[i]);
    for (size_t i = 0; i < rows->cover_count; i++)
        copy_cover(d, &rows->cover[i]);
    qsort(d->staff, d->staff_count, sizeof *d->staff, staff_by_id);
    qsort(d->teams, d->team_count, sizeof *d->teams, team_by_id);
    qsort(d->cover, d->cover_count, sizeof *d->cover, cover_by_whom);
    return d;
}

void directory_free(struct directory *d)
{
    if (d)
        arena_free(d->arena);
}

const struct staff *directory_staff(const struct directory *d, const char *id)
{
    struct staff key = {.id = id};

    return id ? bsearch(&key, d->staff, d->staff_count, sizeof key, staff_by_id) : NULL;
}

const struct team *directory_team(const struct directory *d, const char *id)
{
    struct team key = {.id = id};

    return id ? bsearch(&key, d->teams, d->team_count, sizeof key, team_by_id) : NULL;
}

bool staff_in_post(const struct staff *s, struct date on)
{
    return s && (!date_known(s->from) || date_cmp(s->from, on) <= 0) &&
           (!date_known(s->to) || date_cmp(on, s->to) < 0);
}

// ----------------------------------------------------------------------------------------- cover

// Where the rows for somebody begin, or would.
static size_t first_cover(const struct directory *d, const struct cover *key)
{
    size_t low = 0, high = d->cover_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (cover_of(&d->cover[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_on_weekday(const struct cover *c, struct date on)
{
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};

    return !c->weekdays || strstr(c->weekdays, names[date_weekday(on)]);
}

static bool is_withdrawn(const struct cover *c, struct date on)
{
    return date_known(c->withdrawn) && date_cmp(c->withdrawn, on) <= 0;
}

static bool holds(const struct cover *c, struct date on)
{
    return date_cmp(c->first, on) <= 0 && (!date_known(c->last) || date_cmp(on, c->last) <= 0) &&
           !is_withdrawn(c, on) && is_on_weekday(c, on);
}

const struct cover *directory_cover(const struct directory *d, enum covered covers,
                                    const char *of_id, struct date on, const struct cover *after)
{
    struct cover key = {.covers = covers, .of_id = of_id};
    const struct cover *end = d->cover + d->cover_count;

    if (!of_id)
        return NULL;
    for (const struct cover *c = after ? after + 1 : d->cover + first_cover(d, &key);
         c < end && cover_of(c, &key) == 0; c++)
        if (holds(c, on))
            return c;
    return NULL;
}

bool directory_away(const struct directory *d, const char *staff_id, struct date on,
                    struct absence *ret)
{
    const struct cover *c = directory_cover(d, COVER_PERSON, staff_id, on, NULL);
    struct absence all;

    if (!c)
        return false;
    all = (struct absence){c->first, c->last};
    while ((c = directory_cover(d, COVER_PERSON, staff_id, on, c))) {
        all.first = c->first; // they come with what began last first
        if (!date_known(c->last) || (date_known(all.last) && date_cmp(all.last, c->last) < 0))
            all.last = c->last;
    }
    *ret = all;
    return true;
}

struct date directory_away_next(const struct directory *d, const char *staff_id, struct date after)
{
    struct cover key = {.covers = COVER_PERSON, .of_id = staff_id};
    struct date next = DATE_NONE;

    for (size_t i = staff_id ? first_cover(d, &key) : d->cover_count;
         i < d->cover_count && cover_of(&d->cover[i], &key) == 0; i++) {
        const struct cover *c = &d->cover[i];

        if (date_cmp(c->first, after) > 0 && !is_withdrawn(c, c->first))
            next = c->first;
    }
    return next;
}

// ------------------------------------------------------------------------------------- reading it

static struct staff staff_row(const PGresult *r, int i)
{
    return (struct staff){.id = db_text(r, i, 0),
                          .name = db_text(r, i, 1),
                          .email = db_text(r, i, 2),
                          .job_title = db_text(r, i, 3),
                          .team_id = db_text(r, i, 4),
                          .manager_id = db_text(r, i, 5),
                          .deputy_id = db_text(r, i, 6),
                          .from = column_date(r, i, 7),
                          .to = column_date(r, i, 8)};
}

static struct team team_row(const PGresult *r, int i)
{
    return (struct team){db_text(r, i, 0), db_text(r, i, 1), db_text(r, i, 2), db_text(r, i, 3)};
}

static struct cover cover_row(const PGresult *r, int i)
{
    return (struct cover){.covers = (enum covered)db_int(r, i, 0),
                          .of_id = db_text(r, i, 1),
                          .stand_in_id = db_text(r, i, 2),
                          .first = column_date(r, i, 3),
                          .last = column_date(r, i, 4),
                          .weekdays = db_text(r, i, 5),
                          .withdrawn = column_date(r, i, 6)};
}

bool directory_read(struct db *store, struct directory **ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *staff_rows = NULL;
    AUTO(pgresult_done) PGresult *team_rows = NULL;
    AUTO(pgresult_done) PGresult *cover_rows = NULL;
    struct staff *staff;
    struct team *teams;
    struct cover *cover;
    struct directory_rows rows = {0};

    if (!db_ask(store,
                "SELECT professional_id, name, email, job_title, team_id, manager_id, deputy_id,"
                " active_from, active_to FROM timely.staff",
                0, NULL, &staff_rows, err) ||
        !db_ask(store, "SELECT team_id, parent_id, manager_id, deputy_id FROM timely.team", 0, NULL,
                &team_rows, err) ||
        !db_ask(store,
                "SELECT array_position(ARRAY['person', 'workers', 'manager', 'out of hours'], "
                "covers) - 1, of_id,"
                " stand_in_id, first_day, last_day, weekdays, withdrawn_on FROM timely.cover",
                0, NULL, &cover_rows, err))
        return false;
    rows.staff = staff = ARENA_ARRAY(a, struct staff, PQntuples(staff_rows) + 1);
    rows.teams = teams = ARENA_ARRAY(a, struct team, PQntuples(team_rows) + 1);
    rows.cover = cover = ARENA_ARRAY(a, struct cover, PQntuples(cover_rows) + 1);
    for (int i = 0; i < PQntuples(staff_rows); i++)
        staff[rows.staff_count++] = staff_row(staff_rows, i);
    for (int i = 0; i < PQntuples(team_rows); i++)
        teams[rows.team_count++] = team_row(team_rows, i);
    for (int i = 0; i < PQntuples(cover_rows); i++)
        cover[rows.cover_count++] = cover_row(cover_rows, i);
    *ret = directory_make(&rows);
    return true;
}
