// The reader of an authority's own ladders, and of which teams have which.
#include "ladder.h"
#include "reader.h"

#include <string.h>

static struct ladder *find(const struct library *l, const char *id)
{
    for (size_t i = 0; i < l->ladder_count; i++)
        if (strcmp(l->ladders[i].id, id) == 0)
            return &l->ladders[i];
    return NULL;
}

// A ladder of the library's name stands in its place, any other beside it.
void read_overlay_ladders(struct reader *r, const struct node *root)
{
    const struct node *list = node_get(root, "ladders");
    struct library *l = r->library;
    struct ladder *all;

    if (!list || !reader_is(r, list, NODE_MAPPING, "ladders by their ids"))
        return;
    all = ARENA_ARRAY(r->phrases.arena, struct ladder, l->ladder_count + list->count + 1);
    if (l->ladder_count)
        memcpy(all, l->ladders, l->ladder_count * sizeof *all);
    l->ladders = all;
    for (size_t i = 0; i < list->count; i++) {
        struct ladder own = read_ladder(r, &list->entries[i]), *same = find(l, own.id);

        if (same)
            *same = own;
        else
            all[l->ladder_count++] = own;
    }
}

static const char *nearest_ladder(const struct reader *r, const char *word)
{
    const struct library *l = r->library;
    const char **ids = ARENA_ARRAY(r->phrases.arena, const char *, l->ladder_count + 1);

    for (size_t i = 0; i < l->ladder_count; i++)
        ids[i] = l->ladders[i].id;
    return nearest_word(word, ids, l->ladder_count);
}

static void complain_key(const struct reader *r, const struct entry *e, const char *what,
                         const char *near)
{
    complain(r->phrases.complaints, r->phrases.file, e->line, e->column,
             near ? "\"%s\": %s; did you mean \"%s\"?" : "\"%s\": %s", e->key, what, near);
}

// For which ladder the key stands: its own name, or that of a timescale, whose ladder it is then.
static const struct ladder *replaced_by(const struct reader *r, const struct entry *e,
                                        struct team_ladder *ret)
{
    const struct library *l = r->library;
    int t = library_timescale(l, e->key);
    const struct ladder *was = find(l, t < 0                     ? e->key
                                       : l->timescales[t].ladder ? l->timescales[t].ladder
                                                                 : "");

    ret->timescale = t < 0 ? NULL : e->key;
    ret->instead_of = t < 0 ? e->key : NULL;
    if (t >= 0 && !was)
        complain_key(r, e, "nobody is told of this timescale", NULL);
    else if (!was)
        complain_key(r, e, "the rules have no such timescale or ladder", nearest_ladder(r, e->key));
    return was;
}

// Whom a ladder reminds is who has the entry in their calendar: no team's matter.
static void read_team_ladder(struct reader *r, const struct entry *e, struct team_ladder *ret)
{
    const struct ladder *was = replaced_by(r, e, ret), *now;
    const char *acts, *should;

    if (!reader_is(r, e->value, NODE_SCALAR, "the id of a ladder"))
        return;
    ret->ladder = e->value->text;
    now = find(r->library, ret->ladder);
    if (!now) {
        const char *near = nearest_ladder(r, ret->ladder);

        reader_complain(r, e->value,
                        near ? "\"%s\": no such ladder; did you mean \"%s\"?"
                             : "\"%s\": no such ladder",
                        ret->ladder, near);
        return;
    }
    acts = ladder_acts(now);
    should = was ? ladder_acts(was) : NULL;
    if (should && (!acts || strcmp(acts, should) != 0))
        reader_complain(r, e->value,
                        "\"%s\": expected a ladder that reminds the %s by the profile, as %s does",
                        ret->ladder, should, was->id);
}

void read_overlay_teams(struct reader *r, const struct node *root)
{
    const struct node *teams = node_get(root, "teams");
    struct library *l = r->library;
    struct team_ladder *all = NULL;
    size_t room = 0;

    if (!teams || !reader_is(r, teams, NODE_MAPPING, "teams by their ids in the directory"))
        return;
    for (size_t i = 0; i < teams->count; i++) {
        const struct entry *team = &teams->entries[i];

        if (!reader_is(r, team->value, NODE_MAPPING,
                       "ladders by the timescale, or the ladder, in whose place they stand"))
            continue;
        for (size_t k = 0; k < team->value->count; k++) {
            struct team_ladder own = {.team = team->key};

            read_team_ladder(r, &team->value->entries[k], &own);
            all = arena_grow(r->phrases.arena, all, sizeof *all, l->team_ladder_count, &room);
            all[l->team_ladder_count++] = own;
        }
    }
    l->team_ladders = all;
}
