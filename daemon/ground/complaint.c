// Complaints are kept in order and told together; and the guess at what a misspelt word should have
// been.
#include "complaint.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void complain(struct complaints *c, const char *file, int line, int column, const char *fmt, ...)
{
    AUTO(text_done) struct text what = {0};
    char *message = NULL;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&message, fmt, args) < 0)
        out_of_memory();
    va_end(args);
    text_addf(&what, "%s:%d:%d: %s", file, line, column, message);
    free(message);
    c->items = arena_grow(c->arena, c->items, sizeof *c->items, c->count, &c->room);
    c->items[c->count++] = arena_strdup(c->arena, text_str(&what));
}

bool complaints_end(const struct complaints *c, struct error *err)
{
    const size_t kept_for_the_count = sizeof "\nand 18446744073709551615 more";
    AUTO(text_done) struct text all = {0};
    size_t shown = 0;

    if (c->count == 0)
        return true;
    while (shown < c->count &&
           (shown == 0 ||
            all.length + strlen(c->items[shown]) + 1 + kept_for_the_count < sizeof err->text)) {
        text_addf(&all, "%s%s", shown ? "\n" : "", c->items[shown]);
        shown++;
    }
    if (shown < c->count)
        text_addf(&all, "\nand %zu more", c->count - shown);
    return fail(err, FAULT_INPUT, "%s", text_str(&all));
}

enum { LONGEST_WORD = 63, FAR = 100 };

static bool same_letter(char a, char b)
{
    return strncasecmp(&a, &b, 1) == 0;
}

static int least_of(int a, int b, int c)
{
    int least = a < b ? a : b;

    return least < c ? least : c;
}

// Letters to add, drop, change or swap with a neighbour to make one word of the other; case is no
// difference.
static int edit_distance(const char *a, const char *b)
{
    int rows[3][LONGEST_WORD + 1];
    int *before = rows[0], *last = rows[1], *row = rows[2];
    size_t length_a = strlen(a), length_b = strlen(b);

    if (length_a > LONGEST_WORD || length_b > LONGEST_WORD)
        return FAR;
    for (size_t j = 0; j <= length_b; j++)
        last[j] = (int)j;
    for (size_t i = 1; i <= length_a; i++) {
        row[0] = (int)i;
        for (size_t j = 1; j <= length_b; j++) {
            int change = last[j - 1] + !same_letter(a[i - 1], b[j - 1]);

            row[j] = least_of(change, last[j] + 1, row[j - 1] + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                same_letter(a[i - 2], b[j - 1]) && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }

        int *spare = before;

        before = last;
        last = row;
        row = spare;
    }
    return last[length_b];
}

const char *nearest_word(const char *word, const char *const *known, size_t count)
{
    size_t length = strlen(word);
    int nearest = length <= 3 ? 1 : length <= 7 ? 2 : 3; // further off, a guess only misleads
    const char *found = NULL;

    for (size_t i = 0; i < count; i++) {
        int distance = edit_distance(word, known[i]);

        if (distance < (int)strlen(known[i]) &&
            (found ? distance < nearest : distance <= nearest)) {
            nearest = distance;
            found = known[i];
        }
    }
    return found;
}
