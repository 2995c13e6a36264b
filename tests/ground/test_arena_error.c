// Memory that lives together, and errors in words.
#include "arena.h"
#include "text.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#undef fail // of cmocka: ours is meant

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    unsigned char *pieces[600];

    (void)state;
    // Twice: memory used before a reset must come back zeroed.
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 600; i++) {
            size_t size = i * i % 5000;

            pieces[i] = arena_alloc(a, size);
            assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
            for (size_t j = 0; j < size; j++)
                assert_int_equal(pieces[i][j], 0);
            memset(pieces[i], (int)i, size);
        }
        for (size_t i = 0; i < 600; i++) {
            for (size_t j = 0; j < i * i % 5000; j++)
                assert_int_equal(pieces[i][j], i & 0xFF);
        }
        arena_reset(a);
    }
}

static void large_and_empty_pieces_are_served(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char *small = arena_alloc(a, 1);
    char *large = arena_alloc(a, (size_t)50 << 20);
    char *next = arena_alloc(a, 1);

    (void)state;
    large[((size_t)50 << 20) - 1] = 'x';
    assert_int_equal(next - small, alignof(max_align_t)); // the first block goes on being filled
    assert_ptr_not_equal(arena_alloc(a, 0), arena_alloc(a, 0));
}

static void a_reset_keeps_one_block_for_the_same_use(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();

    (void)state;
    arena_reset(a);
    for (int i = 0; i < 100; i++)
        arena_alloc(a, 10000);
    arena_reset(a);

    char *first = arena_alloc(a, 10000);

    for (int i = 1; i < 100; i++)
        arena_alloc(a, 10000);
    arena_reset(a);
    assert_ptr_equal(arena_alloc(a, 10000), first);
    arena_free(NULL);
}

static void strings_are_copied(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char long_text[5000] = "";

    (void)state;
    memset(long_text, 'z', sizeof long_text - 1);
    assert_null(arena_strdup(a, NULL));
    assert_string_equal(arena_strdup(a, ""), "");
    assert_string_equal(arena_strdup(a, long_text), long_text);
    assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
    assert_string_equal(arena_strndup(a, NULL, 0), "");
    assert_string_equal(arena_printf(a, "%s-%d", long_text, 7) + 4999, "-7");
}

static void an_array_grows_and_keeps_its_items(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    int *items = NULL;
    size_t room = 0;

    (void)state;
    for (size_t count = 0; count < 10000; count++) {
        items = arena_grow(a, items, sizeof *items, count, &room);
        assert_true(room > count);
        items[count] = (int)count;
    }
    for (int i = 0; i < 10000; i++)
        assert_int_equal(items[i], i);
}

struct card {
    int rank, dealt;
};

static int by_rank(const void *a, const void *b)
{
    return ((const struct card *)a)->rank - ((const struct card *)b)->rank;
}

static void sorting_keeps_equals_in_order(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct card cards[100];

    (void)state;
    for (size_t count = 0; count <= 100; count++) {
        for (int i = 0; i < (int)count; i++)
            cards[i] = (struct card){i * 37 % 13, i};
        arena_sort(a, cards, count, sizeof *cards, by_rank);
        for (size_t i = 1; i < count; i++)
            assert_true(cards[i - 1].rank < cards[i].rank || (cards[i - 1].rank == cards[i].rank &&
                                                              cards[i - 1].dealt < cards[i].dealt));
    }
}

static void memory_that_cannot_be_had_ends_the_process(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        close(STDERR_FILENO);
        arena_alloc(arena_new(), SIZE_MAX - 100);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
}

static void an_error_carries_its_kind_and_gains_context(void **state)
{
    struct error err = {0};

    (void)state;
    assert_false(fail(&err, FAULT_AWAY, "%s is closed", "the door"));
    assert_int_equal(err.fault, FAULT_AWAY);
    assert_string_equal(err.text, "the door is closed");
    assert_false(explain(&err, "at %d o'clock", 9));
    assert_int_equal(err.fault, FAULT_AWAY);
    assert_string_equal(err.text, "at 9 o'clock: the door is closed");
    fail(&err, FAULT_INPUT, "again: %s", err.text); // its own text as an argument
    assert_string_equal(err.text, "again: at 9 o'clock: the door is closed");
}

static void a_long_error_is_cut_between_characters(void **state)
{
    static const char *const letters[] = {"x", "é", "€", "😀"};
    AUTO(text_done) struct text t = {0};
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        text_clear(&t);
        while (t.length < 3 * sizeof err.text)
            text_add(&t, letters[i]);
        for (int shift = 0; shift < 4; shift++) {
            fail(&err, FAULT_INPUT, "%.*s%s", shift, "abc", text_str(&t));
            assert_true(utf8_valid(err.text, strlen(err.text)));
            assert_in_range(strlen(err.text), sizeof err.text - 4, sizeof err.text - 1);
            explain(&err, "%.*s", shift + 1, "abcd");
            assert_true(utf8_valid(err.text, strlen(err.text)));
            assert_in_range(strlen(err.text), sizeof err.text - 4, sizeof err.text - 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(large_and_empty_pieces_are_served),
        cmocka_unit_test(a_reset_keeps_one_block_for_the_same_use),
        cmocka_unit_test(strings_are_copied),
        cmocka_unit_test(an_array_grows_and_keeps_its_items),
        cmocka_unit_test(sorting_keeps_equals_in_order),
        cmocka_unit_test(memory_that_cannot_be_had_ends_the_process),
        cmocka_unit_test(an_error_carries_its_kind_and_gains_context),
        cmocka_unit_test(a_long_error_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
