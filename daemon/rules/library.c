// Loading the library: files in order, cross-checks, the calendars, the fingerprint of it all.
#include "library.h"

#include "evaluate.h"
#include "paths.h"
#include "reader.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RULE_FILES 200

struct loader {
    struct arena *arena;
    struct complaints complaints;
    struct reader reader;
    EVP_MD_CTX *hash;
};

// The arena that a library lives in stands in front of it.
struct owned_library {
    struct library library;
    struct arena *arena;
    struct workdays **retired; // calendars that somebody may still be reading
    size_t retired_count, retired_room;
};

int library_event(const struct library *l, const char *name)
{
    for (size_t i = 0; i < l->event_count; i++)
        if (strcmp(l->events[i].name, name) == 0)
            return (int)i;
    return -1;
}

static int by_id(const void *id, const void *timescale)
{
    return strcmp(id, ((const struct timescale *)timescale)->id);
}

int library_timescale(const struct library *l, const char *id)
{
    const struct timescale *found =
        l->timescale_count
            ? bsearch(id, l->timescales, l->timescale_count, sizeof *l->timescales, by_id)
            : NULL;

    return found ? (int)(found - l->timescales) : -1;
}

const char *force_word(enum force f)
{
    static const char *const words[] = {"Law", "Guidance", "Local", "Statistic"};

    return words[f];
}

// A file cut within its last line may still be good YAML, with a shorter rule in it. So the last
// line must end.
static void check_last_line(struct loader *k, const char *path, const char *bytes, size_t length)
{
    int line = 1, column = 1;

    if (length == 0 || bytes[length - 1] == '\n')
        return;
    for (size_t i = 0; i < length; i++) {
        bool more = ((unsigned char)bytes[i] & 0xc0) == 0x80; // of one UTF-8 character

        column = bytes[i] == '\n' ? 1 : column + !more;
        line += bytes[i] == '\n';
    }
    complain(&k->complaints, path, line, column,
             "the last line has no end: the file may have been cut short (expected a line break)");
}

// Reads one file with one of the readers. A file that cannot be read is a complaint like any other.
static void load_file(struct loader *k, const char *path,
                      void (*read)(struct reader *, const struct node *))
{
    struct error err;
    struct tree tree;
    char *bytes;
    size_t length;

    if (!read_whole_file(k->arena, path, TREE_MAX_BYTES, &bytes, &length, &err) ||
        !tree_read(k->arena, path, bytes, length, &tree, &err)) {
        struct complaints *c = &k->complaints;

        c->items = arena_grow(k->arena, (void *)c->items, sizeof *c->items, c->count, &c->room);
        c->items[c->count++] = arena_strdup(k->arena, err.text);
        return;
    }
    check_last_line(k, path, bytes, length);
    EVP_DigestUpdate(k->hash, bytes, length);
    k->reader.phrases.file = arena_strdup(k->arena, path);
    read(&k->reader, tree.root);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_rule_file(const char *name)
{
    size_t n = strlen(name);

    return n > 5 && strcmp(name + n - 5, ".yaml") == 0 && name[0] != '.' &&
           strcmp(name, "events.yaml") != 0 && strcmp(name, "telling.yaml") != 0;
}

// The names of the rule files, sorted, so that every machine reads them in the same order.
static bool list_files(struct arena *a, const char *dir, char **names, size_t *ret_count,
                       struct error *err)
{
    DIR *d = opendir(dir);
    struct dirent *e;

    if (!d)
        return fail(err, FAULT_INPUT, "%s: %s (expected the folder of the rules)", dir,
                    strerror(errno));
    *ret_count = 0;
    while ((e = readdir(d)) && *ret_count < MAX_RULE_FILES)
        if (is_rule_file(e->d_name))
            names[(*ret_count)++] = arena_strdup(a, e->d_name);
    closedir(d);
    qsort(names, *ret_count, sizeof *names, by_name);
    return true;
}

static bool ladder_known(const struct ladder *list, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].id, id) == 0)
            return true;
    return false;
}

static void check_telling(struct loader *k, const struct timescale *t)
{
    const struct library *l = k->reader.library;

    if (t->profile && !ladder_known(l->profiles, l->profile_count, t->profile))
        complain(&k->complaints, t->file, t->line, 1, "%s: no profile \"%s\" in telling.yaml",
                 t->id, t->profile);
    if (t->ladder && !ladder_known(l->ladders, l->ladder_count, t->ladder))
        complain(&k->complaints, t->file, t->line, 1, "%s: no ladder \"%s\" in telling.yaml", t->id,
                 t->ladder);
}

// Is there a fact that both mean?
static bool overlap(const struct event_ref *a, const struct event_ref *b)
{
    if (a->event != b->event)
        return false;
    if (a->code_count == 0 || b->code_count == 0 || (a->negated && b->negated))
        return true;
    if (a->negated)
        return overlap(b, a);
    for (size_t i = 0; i < a->code_count; i++)
        if (code_in(a->codes[i], b->codes, b->code_count, b->negated))
            return true;
    return false;
}

static bool among(const struct event_ref *r, const struct event_ref *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (overlap(r, &list[i]))
            return true;
    return false;
}

static void complain_of(struct loader *k, const struct timescale *t, const struct event_ref *at,
                        const char *why)
{
    const char *event = k->reader.library->events[at->event].name;

    complain(&k->complaints, t->file, at->line, at->column, "%s: \"%s\" %s", t->id, event, why);
}

// A chain (each event meets one clock and starts the next) must be stopped by something.
static bool is_stopped(const struct library *l, const struct timescale *t)
{
    return t->end_count > 0 || t->until_age > 0 || t->only_while_count > 0 ||
           (t->subject >= 0 && l->subjects[t->subject].ends >= 0);
}

static void check_trigger(struct loader *k, const struct timescale *t, const struct clause *c)
{
    const struct event_ref *trigger = &c->trigger;
    bool meets = among(trigger, t->met_by, t->met_count);

    if (c->basis != FROM_EVENT)
        return;
    if (meets && c->span.before)
        complain_of(k, t, trigger,
                    "satisfies what is due before it: expected another event under "
                    "\"met by\"");
    else if (meets && t->subject < 0)
        complain_of(k, t, trigger, "can never be satisfied: of one record it happens only once");
    else if (meets && !is_stopped(k->reader.library, t))
        complain_of(k, t, trigger, "starts a chain without an end: expected \"ends with\"");
    if (among(trigger, t->ends_with, t->end_count))
        complain_of(k, t, trigger, "both starts and ends the clock: it could never be owed");
}

static void check_conditions(struct loader *k, const struct timescale *t,
                             const struct condition *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].kind == CONDITION_HOLDS && !all[i].negated &&
            among(&all[i].event, t->ends_with, t->end_count))
            complain_of(k, t, &all[i].event,
                        "is both asked for and what ends the clock: it could "
                        "never be owed");
}

// Rules that read well and mean nothing.
static void check_sense(struct loader *k, const struct timescale *t)
{
    for (size_t v = 0; v < t->version_count; v++)
        for (size_t c = 0; c < t->versions[v].clause_count; c++)
            check_trigger(k, t, &t->versions[v].clauses[c]);
    for (size_t i = 0; i < t->met_count; i++)
        if (among(&t->met_by[i], t->ends_with, t->end_count))
            complain_of(k, t, &t->met_by[i], "both satisfies the duty and ends it unmet");
    check_conditions(k, t, t->only_for, t->only_for_count);
    check_conditions(k, t, t->only_while, t->only_while_count);
}

static int find_named(struct loader *k, const struct pending_clause *p, const char *name)
{
    int found = name ? library_timescale(k->reader.library, name) : -1;

    if (name && found < 0)
        complain(&k->complaints, p->file, p->line, p->column, "\"%s\": no such timescale", name);
    return found;
}

static void resolve_names(struct loader *k)
{
    for (size_t i = 0; i < k->reader.pending_count; i++) {
        struct pending_clause *p = &k->reader.pending[i];

        p->clause->of = find_named(k, p, p->named.of);
        p->clause->no_later_than = find_named(k, p, p->named.no_later_than);
    }
}

// True when `target` is reached from `from` along the clauses' names of other timescales. Each is
// left once.
static bool reaches(const struct library *l, int from, int target, bool *left)
{
    const struct timescale *t = &l->timescales[from];

    if (left[from])
        return false;
    left[from] = true;
    for (size_t v = 0; v < t->version_count; v++)
        for (size_t c = 0; c < t->versions[v].clause_count; c++) {
            const struct clause *clause = &t->versions[v].clauses[c];
            int next[] = {clause->of, clause->no_later_than};

            for (size_t i = 0; i < 2; i++)
                if (next[i] >= 0 && (next[i] == target || reaches(l, next[i], target, left)))
                    return true;
        }
    return false;
}

static bool circular(struct arena *a, const struct library *l, int start)
{
    return reaches(l, start, start, ARENA_ARRAY(a, bool, l->timescale_count));
}

static void cross_check(struct loader *k)
{
    struct library *l = k->reader.library;

    l->birth = library_event(l, "birth");
    l->death = library_event(l, "death");
    if (l->event_count && (l->birth < 0 || l->death < 0))
        complain(&k->complaints, "events.yaml", 1, 1, "the events birth and death are missing");
    resolve_names(k);
    for (size_t i = 0; i < l->timescale_count; i++) {
        const struct timescale *t = &l->timescales[i];

        check_telling(k, t);
        check_sense(k, t);
        if (circular(k->arena, l, (int)i))
            complain(&k->complaints, t->file, t->line, 1,
                     "%s counts from its own due date by way of others: a circle", t->id);
    }
}

// Both calendars, or neither: the national one and the one with the authority's closure days.
static bool load_calendars(const struct library *l, const struct holiday *changes, size_t count,
                           struct workdays **ret_national, struct workdays **ret_local,
                           struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct holiday *all = ARENA_ARRAY(a, struct holiday, count + l->closure_count + 1);
    struct workdays *national;

    for (size_t i = 0; i < count; i++)
        all[i] = changes[i];
    for (size_t i = 0; i < l->closure_count; i++)
        all[count + i] = (struct holiday){l->closures[i], "closed", .closure = true};
    if (!workdays_load(l->holidays_file, ENGLAND_AND_WALES, changes, count, &national, err))
        return false;
    if (!workdays_load(l->holidays_file, ENGLAND_AND_WALES, all, count + l->closure_count,
                       ret_local, err)) {
        workdays_free(national);
        return false;
    }
    *ret_national = national;
    return true;
}

static const char *hash_end(struct arena *a, EVP_MD_CTX *hash)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    char *hex = arena_alloc(a, 17);

    EVP_DigestFinal_ex(hash, digest, &n);
    for (size_t i = 0; i < 8; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return hex;
}

static const char *version_under(struct arena *a, const struct library *l,
                                 const struct holiday *changes, size_t count)
{
    EVP_MD_CTX *hash;
    const char *version;

    if (count == 0)
        return l->files_version;
    hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    EVP_DigestUpdate(hash, l->files_version, strlen(l->files_version));
    for (size_t i = 0; i < count; i++) {
        const char *line = arena_printf(a, "\n%s %d %s", date_iso(a, changes[i].on),
                                        changes[i].dropped, changes[i].title);

        EVP_DigestUpdate(hash, line, strlen(line));
    }
    version = hash_end(a, hash);
    EVP_MD_CTX_free(hash);
    return version;
}

// The file of that name in the folder, or `instead` when it has the same name.
static const char *file_in(struct arena *a, const char *dir, const char *name, const char *instead)
{
    const char *slash = instead ? strrchr(instead, '/') : NULL;

    if (instead && strcmp(slash ? slash + 1 : instead, name) == 0)
        return instead;
    return arena_printf(a, "%s/%s", dir, name);
}

static bool load_all(struct loader *k, const char *dir, const char *instead, const char *overlay,
                     struct error *err)
{
    char *names[MAX_RULE_FILES];
    const char *events = file_in(k->arena, dir, "events.yaml", instead);
    const char *telling = file_in(k->arena, dir, "telling.yaml", instead);
    bool placed = events == instead || telling == instead;
    size_t count = 0;

    if (!list_files(k->arena, dir, names, &count, err))
        return false;
    load_file(k, events, read_events);
    load_file(k, telling, read_telling);
    for (size_t i = 0; i < count; i++) {
        const char *file = file_in(k->arena, dir, names[i], instead);

        placed |= file == instead;
        load_file(k, file, read_timescales);
    }
    if (instead && !placed)
        load_file(k, instead, read_timescales);
    if (overlay)
        load_file(k, overlay, read_overlay);
    cross_check(k);
    k->reader.library->version = k->reader.library->files_version = hash_end(k->arena, k->hash);
    k->reader.library->holidays_file =
        arena_printf(k->arena, "%s/calendars/bank-holidays.json", dir);
    return complaints_end(&k->complaints, err) &&
           load_calendars(k->reader.library, NULL, 0, &k->reader.library->national,
                          &k->reader.library->local, err);
}

bool library_load(const char *dir, const char *overlay, struct library **ret, struct error *err)
{
    return library_load_with(dir, NULL, overlay, ret, err);
}

bool library_load_with(const char *dir, const char *instead, const char *overlay,
                       struct library **ret, struct error *err)
{
    struct arena *a = arena_new();
    struct owned_library *o = ARENA_NEW(a, struct owned_library);
    struct loader k = {.arena = a, .complaints = {.arena = a}};
    bool ok;

    o->arena = a;
    o->library.office = office_hours_default;
    k.reader =
        (struct reader){.library = &o->library, .phrases = {&o->library, &k.complaints, dir, a}};
    k.hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(k.hash, EVP_sha256(), NULL);
    ok = load_all(&k, dir, instead, overlay, err);
    EVP_MD_CTX_free(k.hash);
    if (!ok) {
        library_free(&o->library);
        return false;
    }
    *ret = &o->library;
    return true;
}

void library_free(struct library *l)
{
    struct owned_library *o = (struct owned_library *)l;

    if (!l)
        return;
    workdays_free(l->national);
    workdays_free(l->local);
    for (size_t i = 0; i < o->retired_count; i++)
        workdays_free(o->retired[i]);
    arena_free(o->arena);
}

// ------------------------------------------------------------------ other calendars, same rules

bool library_under(const struct library *l, const struct holiday *changes, size_t count,
                   struct library **ret, struct error *err)
{
    struct arena *a = arena_new();
    struct owned_library *o = ARENA_NEW(a, struct owned_library);

    o->arena = a;
    o->library = *l;
    if (!load_calendars(l, changes, count, &o->library.national, &o->library.local, err)) {
        arena_free(a);
        return false;
    }
    o->library.version = version_under(a, l, changes, count);
    *ret = &o->library;
    return true;
}

static void retire(struct owned_library *o, struct workdays *w)
{
    o->retired = arena_grow(o->arena, o->retired, sizeof(struct workdays *), o->retired_count,
                            &o->retired_room);
    o->retired[o->retired_count++] = w;
}

bool library_proclaim(struct library *l, const struct holiday *changes, size_t count,
                      struct error *err)
{
    struct owned_library *o = (struct owned_library *)l;
    struct workdays *national, *local;

    if (!load_calendars(l, changes, count, &national, &local, err))
        return false;
    retire(o, l->national);
    retire(o, l->local);
    l->national = national;
    l->local = local;
    l->version = version_under(o->arena, l, changes, count);
    return true;
}
