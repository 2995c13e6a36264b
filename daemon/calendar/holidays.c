// Published bank holidays come from a file that people fetch and edit, so every entry is checked
// before one is believed. Derived ones follow a table of rules, a row a holiday.
#include "holidays.h"

#include "json.h"

#include "paths.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (1u << 20)
#define TITLE_MAX_BYTES 200
#define SUBSTITUTE " (substitute day)"

static const char *const division_keys[] = {
    [ENGLAND_AND_WALES] = "england-and-wales",
    [SCOTLAND] = "scotland",
    [NORTHERN_IRELAND] = "northern-ireland",
};
#define DIVISIONS (sizeof division_keys / sizeof *division_keys)

// The standing holidays of a year, all of which fall or are substituted inside it.
static const size_t least_in_a_year[DIVISIONS] = {
    [ENGLAND_AND_WALES] = 8,
    [SCOTLAND] = 9,
    [NORTHERN_IRELAND] = 10,
};

static struct holiday *holiday_at(const struct holiday_list *list, struct date on)
{
    for (size_t i = 0; i < list->count; i++)
        if (date_is(list->items[i].on, on))
            return &list->items[i];
    return NULL;
}

static void add(struct arena *a, struct holiday_list *list, struct date on, const char *title)
{
    list->items = arena_grow(a, list->items, sizeof *list->items, list->count, &list->room);
    list->items[list->count++] = (struct holiday){.on = on, .title = title};
}

static int year_of(struct date d)
{
    int year, month, day;

    date_split(d, &year, &month, &day);
    return year;
}

static bool is_clean_title(const char *s)
{
    size_t length = s ? strlen(s) : 0;

    for (size_t i = 0; i < length; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return false;
    return length > 0 && length <= TITLE_MAX_BYTES;
}

static bool keys_are_known(json_t *entry, struct error *err)
{
    const char *key;
    json_t *value;

    json_object_foreach(entry, key, value)
    {
        bool known = (strcmp(key, "title") == 0 && json_is_string(value)) ||
                     (strcmp(key, "date") == 0 && json_is_string(value)) ||
                     (strcmp(key, "notes") == 0 && json_is_string(value)) ||
                     (strcmp(key, "bunting") == 0 && json_is_boolean(value));
        if (!known)
            return fail(err, FAULT_INPUT,
                        "unknown shape: expected the texts title, date and notes "
                        "and the truth value bunting");
    }
    return true;
}

static bool date_is_fit(const char *text, const struct holiday_list *sofar, struct date *ret,
                        struct error *err)
{
    struct date on;

    if (!text || !date_parse(text, &on))
        return fail(err, FAULT_INPUT, "bad date: expected YYYY-MM-DD");
    if (year_of(on) < HOLIDAY_FIRST_YEAR || year_of(on) > HOLIDAY_LAST_YEAR)
        return fail(err, FAULT_INPUT, "%s: expected a year from %d to %d", text, HOLIDAY_FIRST_YEAR,
                    HOLIDAY_LAST_YEAR);
    if (date_weekday(on) >= 5)
        return fail(err, FAULT_INPUT, "%s is a weekend day: expected its substitute", text);
    if (holiday_at(sofar, on))
        return fail(err, FAULT_INPUT, "%s is given twice", text);
    *ret = on;
    return true;
}

static bool read_entry(struct arena *a, json_t *entry, struct holiday_list *list, struct error *err)
{
    struct date on = DATE_NONE;

    if (!json_is_object(entry))
        return fail(err, FAULT_INPUT, "unknown shape: expected an object");
    if (!keys_are_known(entry, err))
        return false;
    const char *title = json_string_value(json_object_get(entry, "title"));
    if (!is_clean_title(title))
        return fail(err, FAULT_INPUT, "bad title: expected 1 to %d bytes of plain text",
                    TITLE_MAX_BYTES);
    if (!date_is_fit(json_string_value(json_object_get(entry, "date")), list, &on, err))
        return false;
    const char *notes = json_string_value(json_object_get(entry, "notes"));
    bool substitute = notes && strcmp(notes, "Substitute day") == 0;
    add(a, list, on, arena_printf(a, "%s%s", title, substitute ? SUBSTITUTE : ""));
    return true;
}

static int by_date(const void *a, const void *b)
{
    return date_cmp(((const struct holiday *)a)->on, ((const struct holiday *)b)->on);
}

static bool years_are_full(const struct holiday_list *list, size_t least, struct error *err)
{
    size_t i = 0;

    if (list->count == 0)
        return fail(err, FAULT_INPUT, "no bank holidays");
    for (int year = year_of(list->items[0].on); i < list->count; year++) {
        size_t from = i;
        while (i < list->count && year_of(list->items[i].on) == year)
            i++;
        if (i - from < least)
            return fail(err, FAULT_INPUT,
                        "%d has %zu bank holidays, expected at least %zu: is the file cut short?",
                        year, i - from, least);
    }
    return true;
}

static bool read_division(struct arena *a, const json_t *value, size_t division,
                          struct holiday_list *ret, struct error *err)
{
    const json_t *events = json_object_get(value, "events");
    const char *name = json_string_value(json_object_get(value, "division"));
    struct holiday_list list = {0};

    if (json_object_size(value) != 2 || !name || strcmp(name, division_keys[division]) != 0 ||
        !json_is_array(events))
        return fail(err, FAULT_INPUT,
                    "unknown shape: expected its own name as division, and events");
    for (size_t i = 0; i < json_array_size(events); i++)
        if (!read_entry(a, json_array_get(events, i), &list, err))
            return explain(err, "entry %zu", i + 1);
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, by_date);
    if (!years_are_full(&list, least_in_a_year[division], err))
        return false;
    *ret = list;
    return true;
}

static bool read_divisions(struct arena *a, const json_t *root, enum division division,
                           struct holiday_list *ret, struct error *err)
{
    struct holiday_list lists[DIVISIONS] = {0};
    size_t known = 0;

    for (size_t i = 0; i < DIVISIONS; i++) {
        const json_t *value = json_object_get(root, division_keys[i]);
        if (!value)
            continue;
        known++;
        if (!read_division(a, value, i, &lists[i], err))
            return explain(err, "%s", division_keys[i]);
    }
    if (known == 0 || json_object_size(root) != known)
        return fail(err, FAULT_INPUT, "unknown shape: expected %s, %s and %s", division_keys[0],
                    division_keys[1], division_keys[2]);
    if (lists[division].count == 0)
        return fail(err, FAULT_INPUT, "%s: no bank holidays", division_keys[division]);
    *ret = lists[division];
    return true;
}

bool holidays_parse(struct arena *a, const char *name, const char *bytes, size_t length,
                    enum division division, struct holiday_list *ret, struct error *err)
{
    json_error_t at;
    AUTO(json_done) json_t *root = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &at);

    if (!root)
        return fail(err, FAULT_INPUT, "%s:%d:%d: not JSON: %s", name, at.line, at.column, at.text);
    if (!read_divisions(a, root, division, ret, err))
        return explain(err, "%s", name);
    return true;
}

bool holidays_read(struct arena *a, const char *json_path, enum division division,
                   struct holiday_list *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *scratch = arena_new();
    char *bytes;
    size_t length;

    return read_whole_file(scratch, json_path, FILE_MAX_BYTES, &bytes, &length, err) &&
           holidays_parse(a, json_path, bytes, length, division, ret, err);
}

size_t holidays_least(enum division division)
{
    return least_in_a_year[division];
}

// ---------------------------------------------------------------------------------- comparing

// Whole years that the list is the first to publish: those after the horizon, without a gap.
static int last_to_publish(const struct workdays *w, const struct holiday_list *list,
                           struct date after)
{
    int horizon = year_of(workdays_horizon(w));

    if (year_of(list->items[0].on) > horizon + 1 || year_of(after) > horizon)
        return horizon;
    return year_of(list->items[list->count - 1].on);
}

void holidays_compare(struct arena *a, const struct workdays *w, const struct holiday_list *list,
                      struct date after, struct holiday_list *ret)
{
    struct date first = date_make(year_of(list->items[0].on), 1, 1);
    struct date last = date_make(year_of(list->items[list->count - 1].on), 12, 31);
    int horizon = year_of(workdays_horizon(w)), publish = last_to_publish(w, list, after);

    *ret = (struct holiday_list){0};
    for (struct date d = first; d.day <= last.day; d.day++) {
        const struct holiday *listed = holiday_at(list, d), *known = holiday_on(w, d);
        bool published = year_of(d) > horizon && year_of(d) <= publish;

        if (date_cmp(d, after) <= 0 || date_cmp(d, workdays_first(w)) < 0)
            continue;
        if (listed && (published || !known || known->closure))
            add(a, ret, d, arena_strdup(a, listed->title));
        if (listed || published || !known || known->closure)
            continue;
        add(a, ret, d, arena_strdup(a, known->title));
        ret->items[ret->count - 1].dropped = true;
    }
}

// ----------------------------------------------------------------------------------- deriving

#define IN(division) (1u << (division))
#define EVERYWHERE (IN(ENGLAND_AND_WALES) | IN(SCOTLAND) | IN(NORTHERN_IRELAND))
#define NOT_SCOTLAND (IN(ENGLAND_AND_WALES) | IN(NORTHERN_IRELAND))

static const struct rule {
    const char *title;
    unsigned divisions;
    enum { FIXED, FROM_EASTER, MONDAY_FROM } kind;
    int month, day; // FROM_EASTER: days after Easter Sunday; MONDAY_FROM: the earliest day
} rules[] = {
    {"New Year’s Day", EVERYWHERE, FIXED, 1, 1},
    {"2nd January", IN(SCOTLAND), FIXED, 1, 2},
    {"St Patrick’s Day", IN(NORTHERN_IRELAND), FIXED, 3, 17},
    {"Good Friday", EVERYWHERE, FROM_EASTER, 0, -2},
    {"Easter Monday", NOT_SCOTLAND, FROM_EASTER, 0, 1},
    {"Early May bank holiday", EVERYWHERE, MONDAY_FROM, 5, 1},
    {"Spring bank holiday", EVERYWHERE, MONDAY_FROM, 5, 25},
    {"Battle of the Boyne (Orangemen’s Day)", IN(NORTHERN_IRELAND), FIXED, 7, 12},
    {"Summer bank holiday", IN(SCOTLAND), MONDAY_FROM, 8, 1},
    {"Summer bank holiday", NOT_SCOTLAND, MONDAY_FROM, 8, 25},
    {"St Andrew’s Day", IN(SCOTLAND), FIXED, 11, 30},
    {"Christmas Day", EVERYWHERE, FIXED, 12, 25},
    {"Boxing Day", EVERYWHERE, FIXED, 12, 26},
};
#define RULES (sizeof rules / sizeof *rules)

// The computus of 1876 ("anonymous Gregorian"): the Sunday after the full moon of the tables.
struct date easter_sunday(int year)
{
    int golden = year % 19, century = year / 100, of_century = year % 100;
    int correction = (century - (century + 8) / 25 + 1) / 3;
    int epact = (19 * golden + century - century / 4 - correction + 15) % 30;
    int to_sunday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    int late = (golden + 11 * epact + 22 * to_sunday) / 451;
    int days = epact + to_sunday - 7 * late + 114;

    return date_make(year, days / 31, days % 31 + 1);
}

static struct date rule_day(const struct rule *r, int year)
{
    switch (r->kind) {
    case FROM_EASTER:
        return date_add_days(easter_sunday(year), r->day);
    case MONDAY_FROM: {
        struct date earliest = date_make(year, r->month, r->day);
        return date_add_days(earliest, (7 - date_weekday(earliest)) % 7);
    }
    case FIXED:
        break;
    }
    return date_make(year, r->month, r->day);
}

void holidays_derive(struct arena *a, enum division division, int year, struct holiday_list *list)
{
    const struct rule *moved[RULES];
    size_t moved_count = 0;

    for (size_t i = 0; i < RULES; i++) {
        struct date on = rule_day(&rules[i], year);
        if (!(rules[i].divisions & IN(division)))
            continue;
        if (date_weekday(on) >= 5)
            moved[moved_count++] = &rules[i];
        else
            add(a, list, on, rules[i].title);
    }
    // Substitutes after the rest: when Christmas Day is a Sunday, Boxing Day keeps its Monday and
    // Christmas Day goes to the Tuesday.
    for (size_t i = 0; i < moved_count; i++) {
        struct date on = rule_day(moved[i], year);
        while (date_weekday(on) >= 5 || holiday_at(list, on))
            on = date_add_days(on, 1);
        add(a, list, on, arena_printf(a, "%s" SUBSTITUTE, moved[i]->title));
    }
}
