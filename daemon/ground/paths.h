// Where the product's own files are: rules/, sql/, etc/ of the source tree or of the installation,
// found from the program's own place, so that a build tree and an installed tree both just work.
#pragma once

#include "arena.h"

// `name` under the product's data folder ("rules/calendars/bank-holidays.json"). FAULT_INPUT,
// naming the places looked at, when there is none. The result lives in the arena.
MUST_USE bool data_path(struct arena *a, const char *name, const char **ret, struct error *err);

// Reads a whole file of at most `max` bytes; adds a final NUL that is not counted.
MUST_USE bool read_whole_file(struct arena *a, const char *path, size_t max, char **ret,
                              size_t *ret_length, struct error *err);
