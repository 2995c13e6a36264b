// The exchange of methods, byte by byte.
#include "http_method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>

struct row {
    const char *line, *method, *after; // method NULL: left alone
};

static const struct row rows[] = {
    {"PROPFIND /a HTTP/1.1\r\n", "PROPFIND", "PATCH /a HTTP/1.1\r\n"},
    {"REPORT /a HTTP/1.1\r\n", "REPORT", "PATCH /a HTTP/1.1\r\n"},
    {"PROPPATCH / HTTP/1.1\r\n", "PROPPATCH", "PATCH / HTTP/1.1\r\n"},
    {"MKCALENDAR / HTTP/1.1\r\n", "MKCALENDAR", "PATCH / HTTP/1.1\r\n"},
    {"PUT / HTTP/1.1\r\n", "PUT", "PATCH / HTTP/1.1\r\n"},
    {"PATCH / HTTP/1.1\r\n", "PATCH", "PATCH / HTTP/1.1\r\n"},
    {"PROPFIND  / HTTP/1.1\r\n", "PROPFIND", "PATCH  / HTTP/1.1\r\n"},
    {"GET / HTTP/1.1\r\n", NULL, NULL},
    {"HEAD / HTTP/1.1\r\n", NULL, NULL},
    {"PROPFINDER / HTTP/1.1\r\n", NULL, NULL},
    {"PROP / HTTP/1.1\r\n", NULL, NULL},
    {"PROPFIND\t/ HTTP/1.1\r\n", NULL, NULL},
    {"propfind / HTTP/1.1\r\n", NULL, NULL},
    {"\r\nPROPFIND / HTTP/1.1\r\n", NULL, NULL},
    {"BREW / HTTP/1.1\r\n", NULL, NULL},
};

static void check_left(struct evbuffer *b, const char *expected)
{
    char left[64] = "";

    assert_int_equal(evbuffer_get_length(b), strlen(expected));
    evbuffer_copyout(b, left, sizeof left);
    assert_string_equal(left, expected);
}

// `piece` bytes at a time, as a slow client sends them, until it is decided.
static void exchanges_in_pieces_of(size_t piece)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        enum http_method_seen seen = HTTP_METHOD_CUT;
        struct evbuffer *b = evbuffer_new();
        const char *method = NULL;

        for (const char *s = r->line; *s;) {
            size_t n = strnlen(s, piece);

            evbuffer_add(b, s, n);
            s += n;
            if (seen == HTTP_METHOD_CUT)
                seen = http_method_exchange(b, &method);
        }
        assert_int_equal(seen, r->method ? HTTP_METHOD_EXCHANGED : HTTP_METHOD_KEPT);
        check_left(b, r->method ? r->after : r->line);
        if (r->method)
            assert_string_equal(method, r->method);
        evbuffer_free(b);
    }
}

static void exchanges(void **state)
{
    (void)state;
    exchanges_in_pieces_of(64);
}

static void exchanges_what_comes_in_pieces(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 12; piece++)
        exchanges_in_pieces_of(piece);
}

static void waits_for_more(void **state)
{
    static const char *const cut[] = {"", "P", "PROP", "PROPFIND", "PATCH", "M", "MKCALENDAR"};

    (void)state;
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        struct evbuffer *b = evbuffer_new();
        const char *method = NULL;

        evbuffer_add(b, cut[i], strlen(cut[i]));
        assert_int_equal(http_method_exchange(b, &method), HTTP_METHOD_CUT);
        assert_null(method);
        check_left(b, cut[i]);
        evbuffer_free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchanges),
        cmocka_unit_test(exchanges_what_comes_in_pieces),
        cmocka_unit_test(waits_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
