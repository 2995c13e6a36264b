// Once warm, evaluation allocates nothing: every call of malloc() is counted, the C library's own
// too, by the sanitizer's hook or by standing before the C library's.
#include "invented.h"

#define PERSONS 300
#define MANY_VISITS 400 // more than the scratch memory that a sort finds on the stack

static size_t allocations;

#ifdef __SANITIZE_ADDRESS__
// Of the sanitizer's library; gcc has no header for it.
int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
                                              void (*)(const volatile void *));

static void count_one(const volatile void *block, size_t size)
{
    (void)block;
    (void)size;
    allocations++;
}

static void count_none(const volatile void *block)
{
    (void)block;
}

static void start_counting(void)
{
    assert_true(__sanitizer_install_malloc_and_free_hooks(count_one, count_none) > 0);
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    allocations++;
    return __libc_realloc(block, size);
}

static void start_counting(void)
{
}
#endif

// A child who came of age in care after a visit a week: many deadlines, and a text to compose.
static struct timeline long_in_care(struct arena *a, const struct library *l)
{
    struct timeline t = {.person_id = "1", .facts = ARENA_ARRAY(a, struct fact, MANY_VISITS + 2)};
    struct fact f = {.event = l->birth,
                     .at = at("2006-01-01"),
                     .until = MOMENT_NONE,
                     .recorded = MOMENT_NONE,
                     .ref = "1",
                     .origin = "table"};

    t.facts[t.count++] = f;
    f.event = library_event(l, "care-started");
    f.at = at("2017-01-02");
    t.facts[t.count++] = f;
    f.event = library_event(l, "child-visit");
    f.code = "seen";
    for (int i = 0; i < MANY_VISITS; i++) {
        f.at.on.day += 7;
        f.ref = arena_printf(a, "v%d", i);
        t.facts[t.count++] = f;
    }
    timeline_sort(&t);
    return t;
}

static size_t evaluate_all(struct arena *a, const struct library *l, const struct timeline *all)
{
    size_t deadlines = 0;

    for (size_t i = 0; i < PERSONS; i++) {
        struct evaluation e;

        arena_reset(a);
        evaluate(a, l, &all[i], (struct sight){NULL}, on("2024-12-31"), &e);
        deadlines += e.count;
    }
    return deadlines;
}

static void a_second_evaluation_allocates_nothing(void **state)
{
    AUTO(arena_auto_free) struct arena *kept = arena_new(), *a = arena_new();
    const struct world *w = *state;
    struct timeline *all = ARENA_ARRAY(kept, struct timeline, PERSONS);
    struct dice d = new_dice();

    all[0] = long_in_care(kept, w->library);
    for (size_t i = 1; i < PERSONS; i++) {
        all[i] = random_timeline(kept, &w->reads, &d);
        timeline_sort(&all[i]);
    }
    size_t deadlines = evaluate_all(a, w->library, all);
    assert_true(deadlines > MANY_VISITS + PERSONS);
    arena_reset(a); // puts the blocks of the first round together

    size_t before = allocations;
    assert_int_equal(evaluate_all(a, w->library, all), deadlines);
    assert_int_equal(allocations - before, 0);
}

static void allocations_are_counted(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    size_t before = allocations;

    (void)state;
    arena_alloc(a, 1);
    assert_int_equal(allocations - before, 1);
    free(strdup("the C library's own"));
    assert_int_equal(allocations - before, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_counted),
        cmocka_unit_test(a_second_evaluation_allocates_nothing),
    };

    start_counting();
    return cmocka_run_group_tests(tests, make_world, end_world);
}
