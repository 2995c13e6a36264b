// Golden files: what was once looked at and found right. TIMELY_GOLDEN_WRITE=1 writes them anew;
// look at the difference before it is committed.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void golden_path(const char *name, char *ret, size_t size)
{
    const char *root = getenv("TIMELY_DATA");

    assert_non_null(root);
    assert_true(snprintf(ret, size, "%s/tests/messages/golden/%s", root, name) < (int)size);
}

static inline void golden_write(const char *path, const char *bytes, size_t length)
{
    FILE *f = fopen(path, "wbe");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
}

// The bytes equal those of tests/messages/golden/NAME.
static inline void golden_check(const char *name, const char *bytes, size_t length)
{
    char path[4096];

    golden_path(name, path, sizeof path);
    if (getenv("TIMELY_GOLDEN_WRITE"))
        golden_write(path, bytes, length);

    FILE *f = fopen(path, "rbe");

    if (!f)
        fail_msg("no golden file %s", path);

    char *read = calloc(1, length + 2);

    assert_non_null(read);

    size_t got = fread(read, 1, length + 1, f);
    bool same = got == length && memcmp(read, bytes, length) == 0;

    (void)fclose(f);
    free(read);
    if (!same)
        fail_msg("%s: not as the golden file; now it is:\n%.*s", name, (int)length, bytes);
}
