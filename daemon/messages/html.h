// HTML of mails: escaping, and the one page that every mail stands in. Simple tables and inline
// styles, since Outlook draws mail with Word; nothing is fetched from anywhere.
#pragma once

#include "arena.h"
#include "text.h"

#define HTML_FONT "font-family:Arial,Helvetica,sans-serif;"
#define HTML_INK "color:#1b1f23;"
#define HTML_QUIET "color:#4f5b66;"

// `&`, `<`, `>` and quotes as entities; control characters dropped.
const char *html_escape(struct arena *a, const char *s);

// Opens the document and its white sheet of 640 pixels: a quiet line above, then the heading. The
// words are escaped here.
void html_page_start(struct arena *a, struct text *out, const char *title, const char *above,
                     const char *heading);
// A paragraph in the sheet.
void html_page_say(struct arena *a, struct text *out, const char *words);
// A heading in the sheet.
void html_heading(struct arena *a, struct text *out, const char *words);
// The quiet lines at the foot, and the end of the document. NULL lines are left out.
void html_page_end(struct arena *a, struct text *out, const char *first, const char *second);
// A link with words to press, or nothing when `url` is NULL or not one of the web.
void html_link(struct arena *a, struct text *out, const char *url, const char *words);
