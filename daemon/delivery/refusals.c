// What servers took and refused, so far (refusals.h). One account for each server, for each domain
// that was written to, and for each address that was refused: as many as a council has staff, at
// most.
#include "refusals.h"

#include "arena.h"

#include <string.h>

#define BELIEVED 3
#define ANYBODY ""

struct account {
    const char *server, *whom; // an address, a domain with its "@", or ANYBODY
    long long taken;           // but of an address: its domain's, when it was last refused
    long long taken_of_all;    // of an address: its server's, when it was last refused
    int refusals;              // of an address: those that count, up to BELIEVED
};

static struct {
    struct arena *arena;
    struct account *items;
    size_t count, room;
} accounts;

static struct account *find(const char *server, const char *whom)
{
    for (size_t i = 0; i < accounts.count; i++)
        if (strcmp(accounts.items[i].whom, whom) == 0 &&
            strcmp(accounts.items[i].server, server) == 0)
            return &accounts.items[i];
    return NULL;
}

static struct account *open_account(const char *server, const char *whom)
{
    struct account *found = find(server, whom);

    if (found)
        return found;
    if (!accounts.arena)
        accounts.arena = arena_new();
    accounts.items = arena_grow(accounts.arena, accounts.items, sizeof *accounts.items,
                                accounts.count, &accounts.room);
    accounts.items[accounts.count] = (struct account){
        .server = arena_strdup(accounts.arena, server), .whom = arena_strdup(accounts.arena, whom)};
    return &accounts.items[accounts.count++];
}

// The address is valid: it has an "@".
static const char *domain_of(const char *to)
{
    return strrchr(to, '@');
}

void refusals_taken(const char *server, const char *to)
{
    struct account *own;

    open_account(server, ANYBODY)->taken++;
    open_account(server, domain_of(to))->taken++;
    own = find(server, to);
    if (own)
        own->refusals = 0;
}

enum refusal refusals_refused(const char *server, const char *to)
{
    long long of_all = open_account(server, ANYBODY)->taken;
    long long of_domain = open_account(server, domain_of(to))->taken;
    struct account *own = open_account(server, to);
    bool is_first = own->refusals == 0;
    bool counts = is_first || of_domain > own->taken;
    bool others = !is_first && of_all > own->taken_of_all;

    own->taken = of_domain;
    own->taken_of_all = of_all;
    if (counts && own->refusals < BELIEVED)
        own->refusals++;
    if (counts && own->refusals == BELIEVED)
        return REFUSAL_FOR_GOOD;
    return others ? REFUSAL_OF_ONE : REFUSAL_OF_ALL;
}
