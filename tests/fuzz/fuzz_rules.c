// Fuzzes the reader of rule files: the first byte says which file of the folder the rest is (a rule
// file, an overlay, the events or the telling); the others are the shipped ones. What is read can
// be evaluated; what is not is refused with a place. The folder lies in memory where the machine
// has such a thing.
#include "library.h"
#include "paths.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"own.yaml", "overlay.txt", "events.yaml", "telling.yaml"};
#define NAMES (sizeof names / sizeof *names)

struct folder {
    char path[64];
    const char *shipped;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

static void link_shipped(struct arena *a, const struct folder *f, const char *name)
{
    const char *link = arena_printf(a, "%s/%s", f->path, name);

    unlink(link);
    must(symlink(arena_printf(a, "%s/%s", f->shipped, name), link) == 0, link);
}

// Kept for the life of the process: one folder for all inputs.
static struct folder new_folder(void)
{
    static struct arena *kept;
    struct folder f = {.path = "/dev/shm/timely-fuzz-XXXXXX"};
    struct error err;

    kept = arena_new();
    if (!data_path(kept, "rules", &f.shipped, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    if (access("/dev/shm", W_OK) != 0)
        strcpy(f.path, "/tmp/timely-fuzz-XXXXXX");
    must(mkdtemp(f.path) != NULL, f.path);
    link_shipped(kept, &f, "calendars");
    link_shipped(kept, &f, "events.yaml");
    link_shipped(kept, &f, "telling.yaml");
    link_shipped(kept, &f, "child-protection.yaml");
    return f;
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *out;

    unlink(path);
    out = fopen(path, "we");
    must(out && fwrite(data, 1, size, out) == size && fclose(out) == 0, path);
}

static void try_library(struct arena *a, const struct folder *f, const char *overlay)
{
    struct library *l;
    struct error err = {0};
    struct complaints c = {.arena = a};

    if (library_load(f->path, overlay, &l, &err)) {
        library_run_examples(l, &c);
        library_free(l);
        return;
    }
    assert(err.fault == FAULT_INPUT);
    assert(strchr(err.text, ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct folder folder;
    AUTO(arena_auto_free) struct arena *a = arena_new();

    if (size == 0)
        return 0;
    if (!folder.shipped)
        folder = new_folder();
    size_t which = data[0] % NAMES;
    const char *path = arena_printf(a, "%s/%s", folder.path, names[which]);
    write_file(path, data + 1, size - 1);
    try_library(a, &folder, which == 1 ? path : NULL);
    if (which < 2)
        unlink(path);
    else
        link_shipped(a, &folder, names[which]);
    return 0;
}
