// Paragraphs: plain text in 72 columns.
#pragma once

#include "text.h"

#define PARAGRAPH_COLUMNS 72

// Adds `words` (one line, cleaned) broken at blanks; the first line begins with `first`, the others
// with `rest`. A word longer than a line is divided, but an address of the web is not.
void paragraph_add(struct text *out, const char *first, const char *rest, const char *words);
