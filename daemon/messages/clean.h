// Clean: hostile text made harmless before it is written anywhere. What remains still needs the
// escaping of the place it goes to (iCalendar, HTML, mail headers).
#pragma once

#include "arena.h"

// One line: line ends, controls and bidirectional overrides become blanks, malformed bytes U+FFFD;
// at most max_chars characters. NULL gives "". Arena-owned.
const char *clean_line(struct arena *a, const char *s, size_t max_chars);

// The same, or `otherwise` when nothing can be seen of it.
const char *clean_line_or(struct arena *a, const char *s, size_t max_chars, const char *otherwise);

// Several lines ended by LF (CR LF and CR are read as such), each cleaned as above; at most
// max_chars characters in all. NULL gives "". Arena-owned.
const char *clean_text(struct arena *a, const char *s, size_t max_chars);

// The string without any of the characters in `unwanted` (ASCII). Arena-owned.
const char *clean_without(struct arena *a, const char *s, const char *unwanted);

// True when there is nothing but blanks and line ends.
bool clean_is_blank(const char *s);

// An address of the web that can stand unescaped in a calendar and quoted in HTML: http or https,
// printable ASCII without blanks, quotes, angle brackets, backslashes; at most 1000 bytes.
bool clean_is_url(const char *s);
