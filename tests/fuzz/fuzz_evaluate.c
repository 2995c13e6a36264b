// Fuzzes evaluation with facts made of the input over the shipped library, every timescale on.
#include "facts.h"
#include "paths.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct library *shipped_library(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct library *l;
    const char *dir;
    struct error err;

    if (!data_path(a, "rules", &dir, &err) || !library_load(dir, NULL, &l, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        abort();
    }
    for (size_t i = 0; i < l->timescale_count; i++)
        l->timescales[i].on = true;
    return l;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct library *library; // loaded once: the same for every input

    if (!library)
        library = shipped_library();
    check_bytes(library, data, size);
    return 0;
}
