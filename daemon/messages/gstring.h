// Strings that GLib made, and has to free.
#pragma once

#include <glib.h>

static inline void gstring_done(char **s) // for AUTO()
{
    g_free(*s);
}
