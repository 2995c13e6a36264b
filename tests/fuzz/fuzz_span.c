// Fuzzes questions about dates ("15 working days after 2024-12-20"): whatever is read can be
// applied, and an answer keeps the promises of span.h.
#include "paths.h"
#include "span.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct workdays *load_calendar(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *path;
    struct workdays *w;
    struct error err;

    if (!data_path(a, "rules/calendars/bank-holidays.json", &path, &err) ||
        !workdays_load(path, ENGLAND_AND_WALES, NULL, 0, &w, &err)) {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }
    return w;
}

static void check_words(struct arena *a, struct span s)
{
    struct span read;
    const char *rest, *what;
    const char *words = span_words(a, s);

    bool ok = span_parse(words, &read, &rest, &what);
    assert(ok && *rest == '\0' && read.count == s.count && read.unit == s.unit);
}

static void check_answer(struct arena *a, const struct workdays *w, const struct question *q,
                         struct moment end)
{
    struct skipped *skipped;
    size_t count = span_skipped(a, w, q->span, q->start, &skipped);
    struct moment read;
    int days = q->span.count;

    bool ok = moment_parse(moment_iso(a, end), &read);
    assert(ok && moment_cmp(read, end) == 0);
    assert(q->span.before ? date_cmp(end.on, q->start.on) <= 0
                          : date_cmp(end.on, q->start.on) >= 0);
    if (q->span.unit != WORKING_DAYS)
        return;
    for (size_t i = 0; i < count; i++)
        days += skipped[i].to.day - skipped[i].from.day + 1;
    assert(days == abs(end.on.day - q->start.on.day));
    assert(q->span.count == 0 || is_working_day(w, end.on));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct workdays *w; // loaded once: the table is the same for every input
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *text = arena_strndup(a, (const char *)data, size);
    struct question q;
    struct moment end;
    struct error err = {0};
    bool provisional;

    if (!w)
        w = load_calendar();
    if (question_parse(text, &q, &err)) {
        check_words(a, q.span);
        if (span_apply(w, q.span, q.start, &end, &provisional, &err))
            check_answer(a, w, &q, end);
    }
    assert(err.fault == FAULT_NONE || err.fault == FAULT_INPUT);
    return 0;
}
