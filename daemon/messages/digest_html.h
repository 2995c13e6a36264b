// The HTML of a digest. A part of digest.c; nobody else needs it.
#pragma once

#include "digest_view.h"

const char *digest_html(struct arena *a, const struct digest *d, const struct digest_view *v,
                        const char *opening);
