// Files of the shipped rules cut short, after every line and at every so many bytes: the library is
// refused, with the file named, unless what is left is a whole file of fewer rules; then those it
// has are as they were.
#include "rules_folder.h"

// Under a sanitizer reading takes ten times as long. Primes, so that no column is left out.
#ifdef __SANITIZE_ADDRESS__
#define STRIDE 83
#define LINES 5
#else
#define STRIDE 11
#define LINES 1
#endif

struct cut_file {
    const char *name;   // under rules/
    const char *alias;  // in the test's folder
    const char *beside; // the rule file that is loaded with it, so that something refers to it
    bool all;           // every rule file is beside it
};

static const char *whole_file(struct arena *a, const char *name, size_t *ret_length)
{
    char *bytes;
    struct error err;

    if (!read_whole_file(a, arena_printf(a, "%s/%s", rules_folder(a), name), TREE_MAX_BYTES, &bytes,
                         ret_length, &err))
        fail_msg("%s", err.text);
    return bytes;
}

static void check_timescale(const struct library *whole, const struct timescale *t)
{
    int k = library_timescale(whole, t->id);

    assert_true(k >= 0);
    assert_int_equal(t->version_count, whole->timescales[k].version_count);
    for (size_t v = 0; v < t->version_count; v++) {
        const struct version *now = &t->versions[v], *then = &whole->timescales[k].versions[v];

        assert_true(now->clause_count > 0 && now->clause_count <= then->clause_count);
        for (size_t c = 0; c < now->clause_count; c++)
            assert_memory_equal(&now->clauses[c].span, &then->clauses[c].span, sizeof(struct span));
    }
    assert_true(t->met_count > 0);
}

// Ends at a line's end: elsewhere even good YAML may be half of something.
static bool may_be_whole(const char *bytes, size_t length)
{
    return length > 0 && bytes[length - 1] == '\n';
}

static bool is_cut(const char *bytes, size_t length, size_t *line)
{
    if (length > 0 && bytes[length - 1] == '\n' && (*line)++ % LINES == 0)
        return true;
    return length % STRIDE == 0;
}

static size_t cut_everywhere(struct folder *f, const struct cut_file *file,
                             const struct library *whole)
{
    size_t length, loaded = 0, line = 0;
    const char *bytes = whole_file(f->arena, file->name, &length);
    bool overlay = strncmp(file->name, "overlays/", 9) == 0;

    for (size_t n = 0; n < length; n++) {
        struct library *l;
        struct error err = {0};

        if (!is_cut(bytes, n, &line))
            continue;
        folder_write(f, file->alias, bytes, n);
        if (!library_load(f->path, overlay ? folder_file(f, file->alias) : NULL, &l, &err)) {
            assert_int_equal(err.fault, FAULT_INPUT);
            assert_non_null(strchr(err.text, ':'));
            continue;
        }
        if (!may_be_whole(bytes, n))
            fail_msg("%s cut at byte %zu is taken for a whole file", file->name, n);
        for (size_t i = 0; i < l->timescale_count; i++)
            check_timescale(whole, &l->timescales[i]);
        library_free(l);
        loaded++;
    }
    return loaded;
}

static void test_cut(void **state)
{
    static const struct cut_file files[] = {
        {"child-protection.yaml", "own.yaml", NULL, false},
        {"visits-in-care.yaml", "own.yaml", NULL, false},
        {"secure.yaml", "own.yaml", NULL, false},
        {"governance.yaml", "own.yaml", NULL, false},
        {"events.yaml", "events.yaml", "child-in-need.yaml", false},
        {"telling.yaml", "telling.yaml", "child-in-need.yaml", false},
        {"overlays/milton-keynes.yaml", "own.txt", NULL, true},
        {"overlays/buckinghamshire.yaml", "own.txt", NULL, true},
    };

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct folder f = folder_new();
        struct library *whole =
            library_with(strncmp(files[i].name, "overlays/", 9) == 0 ? files[i].name + 9 : NULL);

        (void)state;
        unlink(folder_file(&f, files[i].alias)); // a link to the shipped file
        if (files[i].beside)
            folder_link(&f, files[i].beside);
        if (files[i].all)
            folder_link_rules(&f);
        print_message("# %s: whole again after %zu of its cuts\n", files[i].name,
                      cut_everywhere(&f, &files[i], whole));
        library_free(whole);
        folder_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
