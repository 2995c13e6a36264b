// Growing text, CSV fields, UTF-8 and lines made safe to show.
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void text_grows_and_starts_again(void **state)
{
    AUTO(text_done) struct text t = {0};

    (void)state;
    assert_string_equal(text_str(&t), "");
    text_clear(&t);
    text_add(&t, "");
    assert_non_null(t.s);
    for (int i = 0; i < 1000; i++) {
        text_add(&t, "ab");
        text_add_n(&t, "cde", 1);
        text_addf(&t, "%03d", i);
    }
    assert_int_equal(t.length, 6000);
    assert_int_equal(strlen(t.s), 6000);
    assert_string_equal(t.s + 5988, "abc998abc999");
    text_clear(&t);
    assert_int_equal(t.length, 0);
    assert_string_equal(text_str(&t), "");
    text_addf(&t, "%5000s", "x");
    assert_int_equal(t.length, 5000);
    text_done(&t);
    assert_null(t.s);
}

static void csv_fields_are_quoted_when_they_must_be(void **state)
{
    static const struct {
        const char *field, *written;
    } rows[] = {
        {NULL, ""},
        {"", ""},
        {"plain é", "plain é"},
        {"a,b", "\"a,b\""},
        {"say \"so\"", "\"say \"\"so\"\"\""},
        {"\"", "\"\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"cr\r", "\"cr\r\""},
        {"a;b", "a;b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO(text_done) struct text t = {0};

        text_add_csv(&t, rows[i].field);
        assert_string_equal(text_str(&t), rows[i].written);
    }
}

// The encoding by its definition, for every character there is.
static size_t encode(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }

    size_t bytes = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = bytes - 1; i > 0; i--, c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((0xF00u >> bytes & 0xFF) | c);
    return bytes;
}

static void every_character_is_decoded(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        char bytes[4];
        size_t length = encode(c, bytes);
        uint32_t decoded = 0;

        assert_int_equal(utf8_decode(bytes, length, &decoded), surrogate ? 0 : length);
        assert_int_equal(utf8_valid(bytes, length), !surrogate);
        if (!surrogate)
            assert_int_equal(decoded, c);
        if (length > 1)
            assert_int_equal(utf8_decode(bytes, length - 1, &decoded), 0);
    }
}

static void malformed_bytes_are_not_valid(void **state)
{
    static const char *const malformed[] = {
        "\x80",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\xFF",
        "\xC3(",
        "\xE2\x82(",
        "a\xE2\x82",
    };
    uint32_t c;

    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_false(utf8_valid(malformed[i], strlen(malformed[i])));
    assert_true(utf8_valid("", 0));
    assert_true(utf8_valid("a\0b", 3));
    assert_true(utf8_valid("é€😀", strlen("é€😀")));
    assert_int_equal(utf8_decode("", 0, &c), 0);
}

static void one_line_shows_nothing_harmful(void **state)
{
    static const struct {
        const char *given;
        size_t max_chars;
        const char *shown;
    } rows[] = {
        {NULL, 10, ""},
        {"", 10, ""},
        {"plain", 5, "plain"},
        {"plainer", 5, "plai…"},
        {"Zoë 😀", 5, "Zoë 😀"},
        {"Zoë 😀!", 5, "Zoë …"},
        {"a\r\nb\tc\x7f", 20, "a  b c "},
        {"a\xC2\x85"
         "b\xE2\x80\xAE"
         "c\xE2\x81\xA6"
         "d\xE2\x80\xA8"
         "e\xEF\xBB\xBF",
         20, "a b c d e "},
        {"a\xFF\xE2\x82", 20, "a\uFFFD\uFFFD\uFFFD"},
        {"ab", 1, "…"},
        {"a", 1, "a"},
        {"ab", 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *line = text_one_line(rows[i].given, rows[i].max_chars);

        assert_string_equal(line, rows[i].shown);
        free(line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_starts_again),
        cmocka_unit_test(csv_fields_are_quoted_when_they_must_be),
        cmocka_unit_test(every_character_is_decoded),
        cmocka_unit_test(malformed_bytes_are_not_valid),
        cmocka_unit_test(one_line_shows_nothing_harmful),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
