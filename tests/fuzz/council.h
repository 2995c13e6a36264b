// A folder of rules for a fuzzer: links to the small council's, any of which may be written
// over. Small, so that a library is read many times a second. It lies in memory where the machine
// has such a thing.
#pragma once

#include "library.h"
#include "paths.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct council {
    char path[64];
    struct arena *kept; // for the life of the process: one folder for all inputs
    const char *small;  // the folder that is linked to
};

static inline void expect(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

static inline const char *council_file(struct arena *a, const struct council *c, const char *name)
{
    return arena_printf(a, "%s/%s", c->path, name);
}

static inline void council_link(struct arena *a, const struct council *c, const char *name)
{
    const char *link = council_file(a, c, name);

    unlink(link);
    expect(symlink(arena_printf(a, "%s/%s", c->small, name), link) == 0, link);
}

static inline struct council council_new(void)
{
    static const char *const files[] = {"calendars", "events.yaml", "telling.yaml", "own.yaml"};
    struct council c = {.path = "/dev/shm/timely-fuzz-XXXXXX", .kept = arena_new()};
    struct error err;

    if (!data_path(c.kept, "tests/fuzz/council", &c.small, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
    if (access("/dev/shm", W_OK) != 0)
        strcpy(c.path, "/tmp/timely-fuzz-XXXXXX");
    expect(mkdtemp(c.path) != NULL, c.path);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        council_link(c.kept, &c, files[i]);
    return c;
}

static inline void council_write(const char *path, const void *bytes, size_t size)
{
    FILE *out;

    unlink(path);
    out = fopen(path, "we");
    expect(out && fwrite(bytes, 1, size, out) == size && fclose(out) == 0, path);
}
