// Arguments: the command line, sorted into a command, its words and its options.
#pragma once

#include "session.h"

struct command_line {
    const struct command *command; // NULL: none was given
    struct arguments arguments;    // words without the command's own
    bool help, version;
};

// Finds the command and checks words and options against what it takes. FAULT_INPUT says what is
// wrong, with the nearest known word and the usage line. With --help nothing more is checked.
MUST_USE bool arguments_read(struct arena *a, int argc, char *const *argv, struct command_line *ret,
                             struct error *err);

// "timely due [--as-at DATE] …".
const char *command_usage(struct arena *a, const struct command *c);
// The help of one command, and of all.
void command_help(struct text *out, const struct command *c);
void commands_help(struct text *out);
