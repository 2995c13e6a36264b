// Fuzzes the reader of rule files: the first byte says which file of the folder the rest is (a rule
// file, an overlay, the events or the telling); the others are the small council's. What is read
// can be evaluated; what is not is refused with a place.
#include "council.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"own.yaml", "overlay.txt", "events.yaml", "telling.yaml"};
#define NAMES (sizeof names / sizeof *names)

static void try_library(struct arena *a, const struct council *c, const char *overlay)
{
    struct library *l;
    struct error err = {0};
    struct complaints complaints = {.arena = a};

    if (library_load(c->path, overlay, &l, &err)) {
        (void)library_run_examples(l, &complaints);
        library_free(l);
        return;
    }
    assert(err.fault == FAULT_INPUT);
    assert(strchr(err.text, ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct council council;
    AUTO(arena_auto_free) struct arena *a = arena_new();

    if (size == 0)
        return 0;
    if (!council.kept)
        council = council_new();
    size_t which = data[0] % NAMES;
    const char *path = council_file(a, &council, names[which]);
    council_write(path, data + 1, size - 1);
    try_library(a, &council, which == 1 ? path : NULL);
    if (which == 1)
        unlink(path);
    else
        council_link(a, &council, names[which]);
    return 0;
}
