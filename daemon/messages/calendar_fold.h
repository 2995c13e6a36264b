// Folding of calendar lines (RFC 5545 3.1).
#pragma once

#include "arena.h"

// The same content with every line folded anew: at most 75 octets before each CR LF, never inside a
// UTF-8 character. Arena-owned.
const char *calendar_refold(struct arena *a, const char *text);
const char *calendar_unfold(struct arena *a, const char *text); // every line whole
