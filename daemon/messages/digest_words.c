// Words of digests and lists for days and for counts of lines (digest_view.h).
#include "digest_view.h"

#include <string.h>

const char *digest_day_words(struct arena *a, struct date d, struct date on)
{
    const char *words = date_words(a, d);
    const char *year = strrchr(words, ' ');
    int this_year, that_year, month, day;

    if (!date_known(d))
        return words;
    date_split(on, &this_year, &month, &day);
    date_split(d, &that_year, &month, &day);
    return this_year == that_year ? arena_strndup(a, words, (size_t)(year - words)) : words;
}

const char *digest_counts_words(struct arena *a, const size_t counts[URGENCY_COUNT])
{
    const char *const words[] = {
        "out of timescale", "due today", "booked after the due date", "due within 5 working days",
        counts[URGENCY_SOON] ? "later" : "due in more than 5 working days"};
    AUTO(text_done) struct text out = {0};

    for (size_t i = 0; i < URGENCY_COUNT; i++)
        if (counts[i] > 0)
            text_addf(&out, "%s%zu %s", out.length ? ", " : "", counts[i], words[i]);
    return arena_strdup(a, text_str(&out));
}

struct digest_fresh digest_fresh_of(const struct digest_line *lines, size_t count)
{
    struct digest_fresh f = {0};

    for (size_t i = 0; i < count; i++) {
        bool said = lines[i].is_new && !lines[i].parting;

        f.first += said && !lines[i].reminder;
        f.again += said && lines[i].reminder;
    }
    return f;
}

const char *digest_fresh_words(struct arena *a, struct digest_fresh f)
{
    const char *first = f.first == 1 ? "1 line is new"
                        : f.first    ? arena_printf(a, "%zu lines are new", f.first)
                                     : "";
    const char *line = f.first ? "" : f.again == 1 ? " line" : " lines";
    const char *again = f.again == 1 ? arena_printf(a, "1%s is a reminder", line)
                        : f.again    ? arena_printf(a, "%zu%s are reminders", f.again, line)
                                     : "";

    return arena_printf(a, "%s%s%s", first, *first && *again ? ", " : "", again);
}

static void add_count(struct text *out, const char *what, size_t count)
{
    if (count)
        text_addf(out, "%s%s: %zu", out->length ? ". " : "", what, count);
}

const char *digest_fresh_heading(struct arena *a, struct digest_fresh f, size_t today)
{
    AUTO(text_done) struct text out = {0};

    add_count(&out, "New", f.first);
    add_count(&out, "Reminders", f.again);
    add_count(&out, out.length ? "Also due today" : "Due today", today);
    return arena_strdup(a, text_str(&out));
}
