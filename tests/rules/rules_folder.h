// A folder of rules of a test's own: the shipped events, telling and calendars, and whatever rule
// files the test writes beside them.
#pragma once

#include "rules_check.h"

#include <dirent.h>
#include <unistd.h>

struct folder {
    struct arena *arena;
    const char *path;
};

static inline const char *folder_file(const struct folder *f, const char *name)
{
    return arena_printf(f->arena, "%s/%s", f->path, name);
}

static inline void folder_write(const struct folder *f, const char *name, const char *bytes,
                                size_t length)
{
    FILE *out = fopen(folder_file(f, name), "we");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

static inline void folder_link(const struct folder *f, const char *name)
{
    const char *shipped = arena_printf(f->arena, "%s/%s", rules_folder(f->arena), name);
    const char *link = folder_file(f, name);

    unlink(link);
    assert_int_equal(symlink(shipped, link), 0);
}

static inline struct folder folder_new(void)
{
    struct folder f = {.arena = arena_new()};
    const char *base = getenv("TMPDIR");
    char *path = arena_printf(f.arena, "%s/timely-rules-XXXXXX", base ? base : "/tmp");

    f.path = mkdtemp(path);
    assert_non_null(f.path);
    folder_link(&f, "events.yaml");
    folder_link(&f, "telling.yaml");
    folder_link(&f, "calendars");
    return f;
}

// Every shipped file of timescales.
static inline void folder_link_rules(const struct folder *f)
{
    DIR *d = opendir(rules_folder(f->arena));
    struct dirent *e;

    assert_non_null(d);
    while ((e = readdir(d)))
        if (strstr(e->d_name, ".yaml") && strcmp(e->d_name, "events.yaml") != 0 &&
            strcmp(e->d_name, "telling.yaml") != 0)
            folder_link(f, e->d_name);
    closedir(d);
}

static inline void folder_done(struct folder *f)
{
    DIR *d = opendir(f->path);
    struct dirent *e;

    assert_non_null(d);
    while ((e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            unlink(folder_file(f, e->d_name));
    closedir(d);
    rmdir(f->path);
    arena_free(f->arena);
}
