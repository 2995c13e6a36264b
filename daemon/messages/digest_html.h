// The HTML of a digest, and of its lines alone for other mails that list deadlines.
#pragma once

#include "digest_view.h"

const char *digest_html(struct arena *a, const struct digest *d, const struct digest_parts *p,
                        const char *opening);
void digest_html_items(struct arena *a, struct text *out, const struct digest_view *v);
