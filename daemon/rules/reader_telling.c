// The reader of telling.yaml: reminder profiles and escalation ladders (register 2.12 and 2.13).
#include "reader.h"

#include <string.h>

// The rungs of one of a profile's lists, behind those that it has.
static void read_rungs(struct reader *r, const struct node *profile, const char *key, bool weekly,
                       struct ladder *ret)
{
    const struct node *const *items;
    size_t count;
    struct rung *rungs;

    if (!node_get(profile, key))
        return;
    items = reader_list(r, profile, key, &count);
    rungs = ARENA_ARRAY(r->phrases.arena, struct rung, ret->count + count + 1);
    if (ret->count)
        memcpy(rungs, ret->rungs, ret->count * sizeof *rungs);
    for (size_t i = 0; i < count; i++)
        if (phrase_rung(&r->phrases, items[i], &rungs[ret->count])) {
            rungs[ret->count].at_once = ret->at_once;
            rungs[ret->count].weekly = weekly;
            ret->count++;
        }
    ret->rungs = rungs;
}

// Which of a profile's rungs speak only where a meeting is not booked in time.
static struct rung *marked_unbooked(struct reader *r, const struct node *profile,
                                    const struct ladder *of)
{
    struct rung *rungs = ARENA_ARRAY(r->phrases.arena, struct rung, of->count + 1);
    const struct node *const *items;
    size_t count;

    if (of->count)
        memcpy(rungs, of->rungs, of->count * sizeof *rungs);
    items = reader_list(r, profile, "unbooked", &count);
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        for (size_t k = 0; k < of->count; k++)
            if (strcmp(rungs[k].id, items[i]->text) == 0)
                found = rungs[k].unbooked_only = true;
        if (!found)
            reader_complain(r, items[i], "\"%s\": expected a moment of this profile's lists",
                            items[i]->text);
    }
    return rungs;
}

static void read_profile(struct reader *r, const struct entry *e, struct ladder *ret)
{
    static const char *const keys[] = {"at once", "weekly", "remind", "unbooked"};

    *ret = (struct ladder){.id = e->key};
    if (!reader_is(r, e->value, NODE_MAPPING, "a profile: weekly, remind, unbooked, at once"))
        return;
    reader_known_keys(r, e->value, keys, sizeof keys / sizeof *keys);
    ret->at_once = reader_choice(r, e->value, "at once", "yes", "no", false);
    read_rungs(r, e->value, "weekly", true, ret);
    read_rungs(r, e->value, "remind", false, ret);
    ret->rungs = marked_unbooked(r, e->value, ret);
}

static const char *const roles[] = {"social-worker",     "team-manager",   "service-manager",
                                    "head-of-service",   "director",       "chair",
                                    "reviewing-officer", "chairs-manager", "safeguarding-manager"};

bool read_role(struct reader *r, const struct node *n, const char **ret)
{
    const char *near;

    if (!n)
        return false;
    if (code_in(n->text, roles, sizeof roles / sizeof *roles, false)) {
        *ret = n->text;
        return true;
    }
    near = nearest_word(n->text, roles, sizeof roles / sizeof *roles);
    reader_complain(r, n,
                    near ? "\"%s\": no such role; did you mean \"%s\"?" : "\"%s\": no such role",
                    n->text, near);
    return false;
}

// The profiles for whose deadlines a rung is gathered into the week's list.
static void read_weekly_for(struct reader *r, const struct node *n, struct rung *ret)
{
    const struct library *l = r->library;
    const char **names = ARENA_ARRAY(r->phrases.arena, const char *, l->profile_count + 1);
    const struct node *const *items;
    const char **ids;
    size_t count;

    for (size_t i = 0; i < l->profile_count; i++)
        names[i] = l->profiles[i].id;
    items = reader_list(r, n, "weekly", &count);
    ids = ARENA_ARRAY(r->phrases.arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (code_in(items[i]->text, names, l->profile_count, false))
            ids[ret->weekly_for_count++] = items[i]->text;
        else
            reader_complain(r, items[i], "\"%s\": no such profile in this file", items[i]->text);
    }
    ret->weekly_for = ids;
}

// Local rules stop at the service manager (register 2.13): a rung above says that it knows.
static void check_height(struct reader *r, const struct node *n, const struct rung *rung)
{
    bool above = strcmp(rung->role, "head-of-service") == 0 || strcmp(rung->role, "director") == 0;

    if (above && !rung->statutory_only)
        reader_complain(r, n,
                        "a rung of the %s needs \"statutory: yes\": what is local stops at the "
                        "service manager",
                        rung->role);
}

// A rung with "by: profile" stands for the profile's own rungs, told to that role.
static bool read_ladder_rung(struct reader *r, const struct node *n, struct rung *ret)
{
    static const char *const keys[] = {"tell",     "by",        "at",     "weekly",
                                       "unbooked", "statutory", "at once"};
    const struct node *at, *by;
    const char *role;

    if (!reader_is(r, n, NODE_MAPPING, "{tell: ROLE, at: WHEN} or {tell: ROLE, by: profile}"))
        return false;
    reader_known_keys(r, n, keys, sizeof keys / sizeof *keys);
    by = reader_scalar(r, n, "by", false);
    at = reader_scalar(r, n, "at", false);
    if (!by == !at) {
        reader_complain(r, n, "expected either \"at\" or \"by: profile\"");
        return false;
    }
    *ret = (struct rung){.id = "profile", .when = AT_TRIGGER};
    if (by && strcmp(by->text, "profile") != 0)
        reader_complain(r, by, "\"%s\": expected \"profile\"", by->text);
    if (at && !phrase_rung(&r->phrases, at, ret))
        return false;
    if (!read_role(r, reader_scalar(r, n, "tell", true), &role))
        return false;
    ret->role = role;
    read_weekly_for(r, n, ret);
    ret->unbooked_only = reader_choice(r, n, "unbooked", "yes", "no", false);
    ret->statutory_only = reader_choice(r, n, "statutory", "yes", "no", false);
    ret->at_once = reader_choice(r, n, "at once", "yes", "no", ret->when == BOOKED_LATE);
    check_height(r, n, ret);
    return true;
}

struct ladder read_ladder(struct reader *r, const struct entry *e)
{
    struct ladder l = {.id = e->key};
    struct rung *rungs;

    if (!reader_is(r, e->value, NODE_SEQUENCE, "a list of rungs"))
        return l;
    rungs = ARENA_ARRAY(r->phrases.arena, struct rung, e->value->count + 1);
    for (size_t i = 0; i < e->value->count; i++)
        if (read_ladder_rung(r, e->value->items[i], &rungs[l.count]))
            l.count++;
    l.rungs = rungs;
    return l;
}

void read_telling(struct reader *r, const struct node *root)
{
    static const char *const keys[] = {"profiles", "ladders"};
    const struct node *profiles, *ladders;
    struct library *l = r->library;

    if (!reader_is(r, root, NODE_MAPPING, "profiles and ladders"))
        return;
    reader_known_keys(r, root, keys, 2);
    profiles = node_get(root, "profiles");
    ladders = node_get(root, "ladders");
    if (!reader_is(r, profiles, NODE_MAPPING, "profiles by their ids") ||
        !reader_is(r, ladders, NODE_MAPPING, "ladders by their ids")) {
        reader_complain(r, root, "expected the keys \"profiles\" and \"ladders\"");
        return;
    }
    l->profiles = ARENA_ARRAY(r->phrases.arena, struct ladder, profiles->count + 1);
    l->ladders = ARENA_ARRAY(r->phrases.arena, struct ladder, ladders->count + 1);
    for (size_t i = 0; i < profiles->count; i++)
        read_profile(r, &profiles->entries[i], &l->profiles[l->profile_count++]);
    for (size_t i = 0; i < ladders->count; i++)
        l->ladders[l->ladder_count++] = read_ladder(r, &ladders->entries[i]);
}
