// The tree reader: what it gives for a good file, what it says of a bad one and where, and that no
// bytes whatever make it do anything else.
#include "text.h"
#include "tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

// A file such as authors of rules write, with every form of value the subset has.
static const char rules[] =
    "# Reviews of children in care\n"
    "review-first:\n"
    "  title:     First review of a child’s case\n"
    "  source:    \"SI 2010/959 reg 33(1): \\u00a7 33\"\n"
    "  in force:  from 2011-04-01\n"
    "  due:       within 20 working days of entered-care   # each beginning is a new occasion\n"
    "  met by:\n"
    "  quiet:     'it''s'\n"
    "  tell:\n"
    "    - social-worker, 5 working days before\n"
    "    - {role: reviewing-officer, when: [on the day, 09:30]}\n"
    "    -\n"
    "  note: >-\n"
    "    The first day\n"
    "    is not counted.\n"
    "  examples: |\n"
    "    entered-care 2024-12-02 -> due 2025-01-02\n"
    "    entered-care 2020-04-17 -> due 2020-05-18\n"
    "no: 012\n"
    "null: null\n";

struct reading {
    struct arena *arena;
    struct tree tree;
    struct error error;
    bool good;
};

static struct reading reading_of(const char *bytes, size_t length)
{
    struct reading r = {.arena = arena_new()};

    // From the heap and without a final NUL, so that the sanitizer sees a step too far.
    char *copy = malloc(length ? length : 1);

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    r.good = tree_read(r.arena, "x.yaml", copy, length, &r.tree, &r.error);
    free(copy);
    return r;
}

static void reading_done(struct reading *r)
{
    arena_free(r->arena);
}

static void assert_sound(const struct node *n, int depth)
{
    assert_true(depth <= TREE_MAX_DEPTH);
    assert_true(n->line >= 1 && n->column >= 1);
    if (n->kind == NODE_SCALAR)
        assert_non_null(n->text);
    for (size_t i = 0; i < n->count; i++) {
        if (n->kind == NODE_MAPPING) {
            assert_true(n->entries[i].key[0] != '\0');
            assert_ptr_equal(node_get(n, n->entries[i].key), n->entries[i].value);
            assert_sound(n->entries[i].value, depth + 1);
        } else {
            assert_sound(n->items[i], depth + 1);
        }
    }
}

static void assert_tree_or_error(const char *bytes, size_t length)
{
    AUTO(reading_done) struct reading r = reading_of(bytes, length);

    if (r.good) {
        assert_non_null(r.tree.root);
        assert_sound(r.tree.root, 0);
    } else {
        assert_int_equal(r.error.fault, FAULT_INPUT);
        assert_non_null(strstr(r.error.text, "x.yaml:"));
        assert_null(r.tree.root);
    }
}

static const char *text_at(const struct node *mapping, const char *key)
{
    const struct node *n = node_get(mapping, key);

    assert_non_null(n);
    assert_int_equal(n->kind, NODE_SCALAR);
    return n->text;
}

static void a_good_file_is_read_as_it_looks(void **state)
{
    AUTO(reading_done) struct reading r = reading_of(rules, sizeof rules - 1);

    (void)state;
    if (!r.good)
        fail_msg("%s", r.error.text);
    assert_string_equal(r.tree.file, "x.yaml");
    assert_int_equal(r.tree.root->count, 3);
    assert_string_equal(text_at(r.tree.root, "no"), "012");
    assert_string_equal(text_at(r.tree.root, "null"), "null");

    const struct node *rule = node_get(r.tree.root, "review-first");

    assert_string_equal(text_at(rule, "title"), "First review of a child’s case");
    assert_string_equal(text_at(rule, "source"), "SI 2010/959 reg 33(1): § 33");
    assert_string_equal(text_at(rule, "due"), "within 20 working days of entered-care");
    assert_string_equal(text_at(rule, "met by"), "");
    assert_string_equal(text_at(rule, "quiet"), "it's");
    assert_string_equal(text_at(rule, "note"), "The first day is not counted.");
    assert_string_equal(text_at(rule, "examples"), "entered-care 2024-12-02 -> due 2025-01-02\n"
                                                   "entered-care 2020-04-17 -> due 2020-05-18\n");
    assert_null(node_get(rule, "nothing"));

    const struct node *tell = node_get(rule, "tell");

    assert_int_equal(tell->kind, NODE_SEQUENCE);
    assert_int_equal(tell->count, 3);
    assert_string_equal(tell->items[0]->text, "social-worker, 5 working days before");
    assert_string_equal(tell->items[2]->text, "");
    assert_int_equal(tell->items[1]->kind, NODE_MAPPING);
    assert_string_equal(node_get(tell->items[1], "when")->items[1]->text, "09:30");
    assert_null(node_get(tell, "role"));
    assert_null(node_get(NULL, "role"));
}

static void every_node_and_key_knows_its_place(void **state)
{
    AUTO(reading_done) struct reading r = reading_of(rules, sizeof rules - 1);

    (void)state;
    assert_true(r.good);

    const struct entry *rule = &r.tree.root->entries[0];
    const struct node *tell = node_get(rule->value, "tell");

    assert_int_equal(rule->line, 2);
    assert_int_equal(rule->column, 1);
    assert_int_equal(rule->value->line, 3);
    assert_int_equal(rule->value->column, 3);
    assert_int_equal(rule->value->entries[3].line, 6);
    assert_int_equal(rule->value->entries[3].value->column, 14);
    assert_int_equal(tell->items[1]->line, 11);
    assert_int_equal(node_get(tell->items[1], "when")->items[1]->column, 52);
}

static void a_file_cut_anywhere_is_read_or_refused(void **state)
{
    (void)state;
    for (size_t length = 0; length < sizeof rules; length++)
        assert_tree_or_error(rules, length);
}

static void a_file_with_any_byte_changed_is_read_or_refused(void **state)
{
    static const char worst[] = "\0\t\r\n :-?[]{},#&*!|>'\"%@`\\\x80\xC3\xE2\xF0\xFF";
    char bytes[sizeof rules];

    (void)state;
    for (size_t at = 0; at < sizeof rules - 1; at++) {
        for (size_t i = at % 3; i < sizeof worst - 1; i += 3) { // all would take seconds
            memcpy(bytes, rules, sizeof rules);
            bytes[at] = worst[i];
            assert_tree_or_error(bytes, sizeof rules - 1);
        }
    }
}

#define BYTES(s) (s), sizeof(s) - 1

static const struct {
    const char *bytes;
    size_t length;
    const char *expected[4]; // each stands in the error, in this order
} refusals[] = {
    {BYTES("a: &x 1\nb: *x\n"), {"x.yaml:1:4: an anchor '&x'", "\nx.yaml:2:4: an alias '*x'"}},
    {BYTES("a: !!int 1\nb: !x 2\nc: ! 3\n"),
     {"x.yaml:1:4: a tag", "\nx.yaml:2:4: a tag '!x'", "\nx.yaml:3:4: a tag '!'"}},
    {BYTES("a: &x [1]\nb: !t {c: d}\n"), {"x.yaml:1:4: an anchor", "\nx.yaml:2:4: a tag"}},
    {BYTES("a: 1\n<<: {b: 1}\n"), {"x.yaml:2:1: a merge key '<<'"}},
    {BYTES("a: 1\n---\nb: 1\n"), {"x.yaml:2:1: a second document, expected one"}},
    {BYTES("%YAML 1.1\n---\na: 1\n"), {"x.yaml:1:1: a directive"}},
    {BYTES("%TAG !x! tag:x:\n---\na: 1\n"), {"x.yaml:1:1: a directive"}},
    {BYTES("a: 1\n...\n# x\n%TAG !x! tag:x:\n---\n"), {"x.yaml:4:1: a directive"}},
    {BYTES("a: 1\nb: 2\na: 3\n"),
     {"x.yaml:3:1: 'a' stands twice, expected each key once; it is first on line 1"}},
    {BYTES("a:\n  b: {c: 1, 'c': 2}\n  b: 1\na: 1\n"),
     {"x.yaml:2:13: 'c' stands twice", "\nx.yaml:3:3: 'b'", "\nx.yaml:4:1: 'a'"}},
    {BYTES("? [a]\n: 1\n? {b: c}\n: 2\n"),
     {"x.yaml:1:3: a key that is itself", "\nx.yaml:3:3: a key that is itself"}},
    {BYTES("? [{a: [b]}, *x]\n: [1]\n? *y\n: {c: d, c: e}\n"),
     {"x.yaml:1:3: a key", "\nx.yaml:1:14: an alias", "\nx.yaml:3:3: an alias",
      "x.yaml:4:10: 'c'"}},
    {BYTES("'': 1\n"), {"x.yaml:1:1: an empty key"}},
    {BYTES("a:\n\tb: 1\n"), {"x.yaml:2:1: a tab, expected blanks"}},
    {BYTES("a: b: c\n"), {"x.yaml:1:5: a second ':'"}},
    {BYTES("a: @x\n"), {"x.yaml:1:4: a text that begins with '@'"}},
    {BYTES("é: é \xff\nb: \xc0\x80\n"),
     {"x.yaml:1:6: the byte 0xff is not UTF-8", "x.yaml:2:4: the byte 0xc0", "x.yaml:2:5:"}},
    {BYTES("a: \xed\xa0\x80\n"), {"x.yaml:1:4: the byte 0xed"}},
    {BYTES("a: \xf4\x90\x80\x80\n"), {"x.yaml:1:4: the byte 0xf4"}},
    {BYTES("a: x\xe2\x80"), {"x.yaml:1:5: the byte 0xe2"}},
    {BYTES("\xff\xfe"
           "a\0:\0"),
     {"x.yaml:1:1: the byte 0xff"}},
    {BYTES("a: b\0c\n"), {"x.yaml:1:5: the invisible character U+0000"}},
    {BYTES("a: b\x1b[1m\n"), {"x.yaml:1:5: the invisible character U+001B"}},
    {BYTES("a: 1 # \xe2\x80\xae\n"), {"x.yaml:1:8: the invisible character U+202E"}},
    {BYTES("a: x\xe2\x80\xa8y\n"), {"x.yaml:1:5: the invisible character U+2028"}},
    {BYTES("a: x\n\xef\xbb\xbf"
           "b: y\n"),
     {"x.yaml:2:1: the invisible character U+FEFF"}},
    {BYTES("a: \"x\\0y\"\n"), {"x.yaml:1:4: an escape for the invisible character U+0000"}},
    {BYTES("\"a\\e\": 1\n"), {"x.yaml:1:1: an escape for the invisible character U+001B"}},
    {BYTES("a: \"\\ud800\"\n"), {"x.yaml:1:"}},
    {BYTES("a: [1, 2\nb: 3\n"), {"x.yaml:2:2: a list in '['", "begins on line 1"}},
    {BYTES("a: \"x\n"), {"x.yaml:2:1: the file ends too soon, expected a closing quote"}},
    {BYTES("a: 1\na: 2\nb: [\n"), {"x.yaml:2:1: 'a' stands twice", "\nx.yaml:4:1: "}},
};

static void each_thing_outside_the_subset_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        AUTO(reading_done) struct reading r = reading_of(refusals[i].bytes, refusals[i].length);
        const char *rest = r.error.text;

        if (r.good)
            fail_msg("read without complaint: %s", refusals[i].bytes);
        for (size_t j = 0; j < 4 && refusals[i].expected[j]; j++) {
            const char *found = strstr(rest, refusals[i].expected[j]);

            if (!found) {
                fail_msg("'%s' is not in its place in: %s", refusals[i].expected[j], r.error.text);
                return;
            }
            rest = found + 1;
        }
    }
}

static const struct {
    const char *bytes;
    size_t length;
    const char *a; // the text of the key "a"; NULL: the root is the text ""
} allowances[] = {
    {BYTES(""), NULL},
    {BYTES("# only a comment\n"), NULL},
    {BYTES("---\n...\n"), NULL},
    {BYTES("\xef\xbb\xbf"), NULL},
    {BYTES("---\na: 1\n"), "1"},
    {BYTES("\xef\xbb\xbf"
           "a: 1\n"),
     "1"},
    {BYTES("a: 1\r\nb: 2\r\n"), "1"},
    {BYTES("a: |\r\n  x\r\n  y\r\n"), "x\ny\n"},
    {BYTES("a:\t1\n"), "1"},
    {BYTES("a: x\ty\n"), "x\ty"},
    {BYTES("a: \"x\\r\\n\\ty\"\n"), "x\r\n\ty"},
    {BYTES("a: ~\n"), "~"},
    {BYTES("a: 1:30\n"), "1:30"},
    {BYTES("a: ''\n"), ""},
    {BYTES("'<<': 1\na: 2\n"), "2"},
    {BYTES("a: 😀\n"), "😀"},
    {BYTES("a: 5% of all\n"), "5% of all"},
    {BYTES("a: |\n  %x\n"), "%x\n"},
};

static void what_the_subset_allows_is_taken_as_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof allowances / sizeof *allowances; i++) {
        AUTO(reading_done) struct reading r = reading_of(allowances[i].bytes, allowances[i].length);

        if (!r.good)
            fail_msg("%s", r.error.text);
        if (allowances[i].a) {
            assert_string_equal(text_at(r.tree.root, "a"), allowances[i].a);
        } else {
            assert_int_equal(r.tree.root->kind, NODE_SCALAR);
            assert_string_equal(r.tree.root->text, "");
            assert_true(r.tree.root->line >= 1);
        }
    }
}

static void a_byte_order_mark_shifts_no_column(void **state)
{
    AUTO(reading_done)
    struct reading r = reading_of(BYTES("\xef\xbb\xbf"
                                        "a: &x 1\n"));

    (void)state;
    assert_false(r.good);
    assert_int_equal(strncmp(r.error.text, "x.yaml:1:4: ", 12), 0);
}

static void lines_that_end_in_cr_lf_are_counted_once(void **state)
{
    AUTO(reading_done) struct reading r = reading_of(BYTES("a: 1\r\nb: 2\r\n# \xff\r\n"));

    (void)state;
    assert_int_equal(strncmp(r.error.text, "x.yaml:3:3: ", 12), 0);
}

// `unit` as often as it fits into `size` bytes, after `head`.
static struct reading reading_of_many(const char *head, const char *unit, size_t size)
{
    AUTO(text_done) struct text bytes = {0};

    text_add(&bytes, head);
    while (bytes.length + strlen(unit) <= size)
        text_add(&bytes, unit);
    return reading_of(bytes.s, bytes.length);
}

static void nesting_is_bounded(void **state)
{
    static const char *const units[] = {"[", "{a: ", "- ", "? ", "{? ", "[{"};
    struct reading at_the_limit = reading_of_many("", "- ", (size_t)2 * TREE_MAX_DEPTH);
    struct reading beyond = reading_of_many("", "- ", (size_t)2 * TREE_MAX_DEPTH + 2);

    (void)state;
    assert_true(at_the_limit.good);
    assert_sound(at_the_limit.tree.root, 0);
    reading_done(&at_the_limit);
    assert_false(beyond.good);
    assert_non_null(strstr(beyond.error.text, "x.yaml:1:65: nested too deeply"));
    reading_done(&beyond);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        AUTO(reading_done) struct reading r = reading_of_many("", units[i], 1u << 20);

        assert_false(r.good);
    }
}

static void a_text_may_be_as_long_as_the_file_but_no_longer(void **state)
{
    AUTO(reading_done) struct reading most = reading_of_many("a: ", "x", TREE_MAX_BYTES);
    AUTO(reading_done) struct reading more = reading_of_many("a: ", "x", TREE_MAX_BYTES + 1);

    (void)state;
    assert_true(most.good);
    assert_int_equal(strlen(text_at(most.tree.root, "a")), TREE_MAX_BYTES - 3);
    assert_false(more.good);
    assert_string_equal(more.error.text, "x.yaml: 4194305 bytes long, expected at most 4194304");
}

static void the_number_of_values_is_bounded(void **state)
{
    AUTO(reading_done)
    struct reading most = reading_of_many("", "- a\n", 4 * ((size_t)TREE_MAX_NODES - 1));
    AUTO(reading_done)
    struct reading more = reading_of_many("", "- a\n", 4 * (size_t)TREE_MAX_NODES);

    (void)state;
    assert_true(most.good);
    assert_int_equal(most.tree.root->count, TREE_MAX_NODES - 1);
    assert_false(more.good);
    assert_string_equal(more.error.text,
                        "x.yaml:200000:3: too many values, expected at most 200000 in a file");
}

static void many_directives_take_no_time(void **state)
{
    AUTO(text_done) struct text bytes = {0};

    (void)state;
    for (int i = 0; i < 200000; i++)
        text_addf(&bytes, "%%TAG !%d! x\n", i);

    AUTO(reading_done) struct reading r = reading_of(bytes.s, bytes.length);

    assert_false(r.good);
    assert_non_null(strstr(r.error.text, "x.yaml:1:1: a directive"));
}

static void many_keys_are_compared_in_reasonable_time(void **state)
{
    AUTO(text_done) struct text bytes = {0};

    (void)state;
    for (int i = 0; i < 150000; i++)
        text_addf(&bytes, "key%d:\n", i);
    text_add(&bytes, "key77:\n");

    AUTO(reading_done) struct reading r = reading_of(bytes.s, bytes.length);

    assert_string_equal(r.error.text, "x.yaml:150001:1: 'key77' stands twice, expected each key "
                                      "once; it is first on line 78");
}

static void what_does_not_fit_is_counted(void **state)
{
    AUTO(reading_done) struct reading r = reading_of_many("", "- &a b\n", (size_t)7 * 60);
    AUTO(reading_done) struct reading endless = reading_of_many("", "\xff", 1000);
    size_t lines = 1;
    int more = 0;

    (void)state;
    for (const char *s = r.error.text; (s = strchr(s, '\n')) != NULL; s++)
        lines++;
    assert_int_equal(sscanf(strrchr(r.error.text, '\n'), "\nand %d more", &more), 1);
    assert_int_equal(lines - 1 + (size_t)more, 60);
    assert_int_equal(sscanf(strrchr(endless.error.text, '\n'), "\nand %d more", &more), 1);
    assert_true(more < 100);
}

static void a_long_key_is_shown_short(void **state)
{
    AUTO(text_done) struct text line = {0};

    (void)state;
    while (line.length < 500)
        text_add(&line, "k");
    text_add(&line, ": 1\n");

    AUTO(reading_done) struct reading once = reading_of(line.s, line.length);
    AUTO(reading_done) struct reading dup = reading_of_many("", line.s, 2 * line.length);

    assert_true(once.good);
    assert_false(dup.good);
    assert_non_null(strstr(dup.error.text, "kk…' stands twice"));
}

static void a_file_is_read_by_its_path(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    char path[] = "/tmp/test_tree-XXXXXX";
    int fd = mkstemp(path);
    struct tree t = {0};
    struct error err = {0};

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: 1\n", 5), 5);
    close(fd);
    assert_true(tree_read_file(a, path, &t, &err));
    assert_string_equal(text_at(t.root, "a"), "1");
    assert_string_equal(t.file, path);
    unlink(path);
    t = (struct tree){0};
    assert_false(tree_read_file(a, path, &t, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_non_null(strstr(err.text, ": No such file or directory"));
    assert_null(t.root);
    assert_false(tree_read_file(a, "/tmp", &t, &err));
    assert_string_equal(err.text, "/tmp: Is a directory");
}

static void the_nearest_word_is_near(void **state)
{
    static const char *const known[] = {"due", "title", "met by", "in force", "ends with", "tell"};
    static const struct {
        const char *word, *nearest;
    } rows[] = {
        {"titel", "title"},
        {"Due", "due"},
        {"duee", "due"},
        {"inforce", "in force"},
        {"end with", "ends with"},
        {"met-by", "met by"},
        {"tel", "tell"},
        {"", NULL},
        {"colour", NULL},
        {"xy", NULL},
        {"x", NULL},
        {"ends without", "ends with"},
        {"ti", NULL},
    };
    char long_word[200] = "";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *found = nearest_word(rows[i].word, known, sizeof known / sizeof *known);

        assert_string_equal(found ? found : "none", rows[i].nearest ? rows[i].nearest : "none");
    }
    memset(long_word, 'a', sizeof long_word - 1);
    assert_null(nearest_word(long_word, known, sizeof known / sizeof *known));
    assert_null(nearest_word("due", NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_is_read_as_it_looks),
        cmocka_unit_test(every_node_and_key_knows_its_place),
        cmocka_unit_test(a_file_cut_anywhere_is_read_or_refused),
        cmocka_unit_test(a_file_with_any_byte_changed_is_read_or_refused),
        cmocka_unit_test(each_thing_outside_the_subset_is_refused_with_its_place),
        cmocka_unit_test(what_the_subset_allows_is_taken_as_text),
        cmocka_unit_test(a_byte_order_mark_shifts_no_column),
        cmocka_unit_test(lines_that_end_in_cr_lf_are_counted_once),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_text_may_be_as_long_as_the_file_but_no_longer),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(many_directives_take_no_time),
        cmocka_unit_test(many_keys_are_compared_in_reasonable_time),
        cmocka_unit_test(what_does_not_fit_is_counted),
        cmocka_unit_test(a_long_key_is_shown_short),
        cmocka_unit_test(a_file_is_read_by_its_path),
        cmocka_unit_test(the_nearest_word_is_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
