// Proclaimed holidays in the store: the rows that are in force, and the proposals in timely.hold
// that they come from.
#include "proclaimed.h"

#include "text.h"

#include <string.h>

#define DATE_LENGTH 10

static void push(struct arena *a, struct holiday_list *list, struct holiday h)
{
    list->items = arena_grow(a, list->items, sizeof *list->items, list->count, &list->room);
    list->items[list->count++] = h;
}

bool proclaimed_read(struct arena *a, struct db *store, struct holiday_list *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store,
                "SELECT DISTINCT ON (on_day) on_day, title, holiday FROM timely.proclaimed_holiday"
                " WHERE division = 'england-and-wales' ORDER BY on_day, proclaimed_id DESC",
                0, NULL, &r, err))
        return false;
    *ret = (struct holiday_list){0};
    for (int i = 0; i < PQntuples(r); i++) {
        struct holiday h = {.title = arena_strdup(a, db_text(r, i, 1)),
                            .dropped = !db_bool(r, i, 2)};

        if (!date_parse(db_text(r, i, 0), &h.on))
            return fail(err, FAULT_INPUT, "timely.proclaimed_holiday: \"%s\" is no day that can be",
                        db_text(r, i, 0));
        push(a, ret, h);
    }
    return true;
}

bool proclaimed_same(const struct holiday_list *a, const struct holiday_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!date_is(a->items[i].on, b->items[i].on) ||
            a->items[i].dropped != b->items[i].dropped ||
            strcmp(a->items[i].title, b->items[i].title) != 0)
            return false;
    return true;
}

// ------------------------------------------------------------------------------------ as text

const char *proclaimed_about(struct arena *a, const struct holiday_list *change)
{
    AUTO(text_done) struct text out = {0};

    for (size_t i = 0; i < change->count; i++)
        text_addf(&out, "%s%s %s %s", i ? "\n" : "", change->items[i].dropped ? "-" : "+",
                  date_iso(a, change->items[i].on), change->items[i].title);
    return arena_strdup(a, text_str(&out));
}

static bool parse_line(struct arena *a, const char *line, size_t length, struct holiday *ret)
{
    struct holiday h = {.dropped = *line == '-'};

    if (length < DATE_LENGTH + 4 || !strchr("+-", *line) || line[1] != ' ' ||
        line[2 + DATE_LENGTH] != ' ' || !date_parse(arena_strndup(a, line + 2, DATE_LENGTH), &h.on))
        return false;
    h.title = arena_strndup(a, line + DATE_LENGTH + 3, length - DATE_LENGTH - 3);
    *ret = h;
    return true;
}

bool proclaimed_parse(struct arena *a, const char *about, struct holiday_list *ret,
                      struct error *err)
{
    struct holiday_list list = {0};

    for (size_t length; *about; about += length + (about[length] == '\n')) {
        struct holiday h;

        length = strcspn(about, "\n");
        if (!parse_line(a, about, length, &h))
            return fail(err, FAULT_INPUT,
                        "a proposal for the calendar cannot be read: expected lines such as "
                        "\"+ 2026-06-15 Title\"");
        push(a, &list, h);
    }
    *ret = list;
    return true;
}

// ------------------------------------------------------------------------------------ proposals

static bool changes_of(struct arena *a, struct db *store, const char *select,
                       struct holiday_list *ret, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct holiday_list all = {0};

    if (!db_ask(store, select, 0, NULL, &r, err))
        return false;
    for (int i = 0; i < PQntuples(r); i++) {
        struct holiday_list one;

        if (!proclaimed_parse(a, db_text(r, i, 0), &one, err))
            return false;
        for (size_t k = 0; k < one.count; k++)
            push(a, &all, one.items[k]);
    }
    *ret = all;
    return true;
}

bool proclaimed_decided(struct arena *a, struct db *store, struct holiday_list *ret,
                        struct error *err)
{
    return changes_of(a, store,
                      "SELECT about FROM timely.hold WHERE kind = 'calendar' AND (decided ="
                      " 'rejected' OR (decided = 'confirmed' AND applied_at IS NULL))",
                      ret, err);
}

bool proclaimed_open(struct arena *a, struct db *store, struct holiday_list *ret, struct error *err)
{
    return changes_of(a, store,
                      "SELECT about FROM timely.hold WHERE kind = 'calendar' AND decided IS NULL"
                      " ORDER BY hold_id",
                      ret, err);
}

static bool write_rows(struct arena *a, struct db *store, const PGresult *hold, int row,
                       struct date today, const char *now, const char *library, struct error *err)
{
    struct holiday_list list;

    if (!proclaimed_parse(a, db_text(hold, row, 1), &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct holiday *h = &list.items[i];
        const char *values[] = {date_iso(a, h->on),    h->title, h->dropped ? "f" : "t", now,
                                db_text(hold, row, 2), library,  db_text(hold, row, 0)};

        if (date_cmp(h->on, today) > 0 &&
            !db_ask(store,
                    "INSERT INTO timely.proclaimed_holiday (on_day, title, division, holiday,"
                    " accepted_at, accepted_by, library, hold_id) VALUES ($1::date, $2,"
                    " 'england-and-wales', $3::boolean, $4::timestamptz, $5, $6, $7::bigint)",
                    7, values, NULL, err))
            return false;
    }
    return true;
}

static bool accept_one(struct arena *a, struct db *store, const PGresult *hold, int row,
                       struct date today, const char *now, const char *library, struct error *err)
{
    const char *values[] = {db_text(hold, row, 0), now};

    if (!db_begin(store, "", err))
        return false;
    if (write_rows(a, store, hold, row, today, now, library, err) &&
        db_ask(store,
               "WITH taken AS (UPDATE timely.hold SET applied_at = $2::timestamptz"
               " WHERE hold_id = $1::bigint RETURNING hold_id)"
               " INSERT INTO timely.audit (at, what, detail)"
               " SELECT $2::timestamptz, 'calendar.changed', format('hold %s', hold_id) FROM taken",
               2, values, NULL, err))
        return db_commit(store, err);
    db_rollback(store);
    return false;
}

bool proclaimed_accept(struct db *store, struct date today, const char *now, const char *library,
                       struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *holds = NULL;

    if (!db_ask(store,
                "SELECT hold_id, about, coalesce(decided_by, '') FROM timely.hold"
                " WHERE kind = 'calendar' AND decided = 'confirmed' AND applied_at IS NULL"
                " ORDER BY hold_id",
                0, NULL, &holds, err))
        return false;
    for (int i = 0; i < PQntuples(holds); i++)
        if (!accept_one(a, store, holds, i, today, now, library, err))
            return explain(err, "hold %s", db_text(holds, i, 0));
    return true;
}
