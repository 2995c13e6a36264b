// Printing a replay: day by day for people, a row a line of a mail for scripts, and its figures.
#pragma once

#include "replay.h"
#include "session.h"

// One line of a mail. Of a comparison it is in both, or in one of them.
enum which { IN_BOTH, ONLY_BEFORE, ONLY_AFTER };
struct replay_row {
    const struct replayed_mail *mail;
    const struct replayed_line *line;
    size_t number; // of the mail in its replay, from 1
    enum which which;
    const struct replay_row *moved; // the same thing said at another time, or with another due date
};

// Every line in order. In the arena.
struct replay_row *replay_rows(struct arena *a, const struct replay *r);
// For scripts, with the column `which` where rows are compared.
void replay_print_rows(struct session *s, const struct replay_row *rows, size_t count,
                       bool compared);
// Whether a line of a week's list is one that is not new: it stands there each week.
bool replay_is_listed(const struct replayed_mail *m, const struct replayed_line *l);
// "digest to Jane Doe (Social Worker)".
const char *replay_mail_words(struct arena *a, const struct replayed_mail *m);
// "Visit to a child in care, REF-1, due Monday 3 April 2023: 3 working days before".
const char *replay_line_words(struct session *s, const struct replayed_line *l);

void replay_print(struct session *s, const struct replay_input *in, const struct replay *r);
void replay_print_figures(struct session *s, const struct replay_input *in, const struct replay *r);
// What was said before and what after, under other rules, and the figures of both.
void replay_print_difference(struct session *s, const struct replay_input *in,
                             const struct replay *before, const struct replay *after);
