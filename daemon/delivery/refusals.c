// What servers took and refused, so far (refusals.h). One account for each domain that was written
// to, and for each address that was refused: as many as a council has staff, at most.
#include "refusals.h"

#include "arena.h"

#include <string.h>

#define BELIEVED 3

struct account {
    const char *server, *whom; // an address, or a domain with its "@"
    long long taken; // of a domain: so many; of an address: its domain's, as it was refused
    int refusals;    // of an address: those that count
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
    struct account *own = find(server, to);

    open_account(server, domain_of(to))->taken++;
    if (own)
        own->refusals = 0;
}

bool refusals_refused(const char *server, const char *to)
{
    long long taken = open_account(server, domain_of(to))->taken;
    struct account *own = open_account(server, to);

    if (own->refusals == 0 || taken > own->taken) {
        own->refusals++;
        own->taken = taken;
    }
    if (own->refusals < BELIEVED)
        return false;
    own->refusals = 0; // the next message is judged by what comes
    return true;
}
