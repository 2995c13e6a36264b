// Names for children and types for titles. Text of the case system is cleaned here, before it
// reaches anything that is sent.
#include "naming.h"

#include "clean.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define NAME_CHARS_MAX 60

static bool given(const char *s)
{
    return s && *s;
}

const char *naming_reference(struct arena *a, const struct child_names *c)
{
    return clean_line(a, given(c->case_ref) ? c->case_ref : c->person_id, NAME_CHARS_MAX);
}

const char *naming_initials(struct arena *a, const struct child_names *c)
{
    return !c->restricted && given(c->initials) ? clean_line(a, c->initials, NAME_CHARS_MAX) : NULL;
}

const char *naming_child(struct arena *a, enum naming how, const struct child_names *c)
{
    const char *initials = how == NAME_BY_INITIALS ? naming_initials(a, c) : NULL;

    if (initials)
        return initials;
    if (!c->restricted && how == NAME_BY_NAME && given(c->display_name))
        return clean_line(a, c->display_name, NAME_CHARS_MAX);
    return naming_reference(a, c);
}

static bool is_one_of(const char *word, size_t length, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == length && strncasecmp(*words, word, length) == 0)
            return true;
    return false;
}

static const char *type_words(struct arena *a, const char *timescale)
{
    static const char *const capitals[] = {"icpc", "rcpc", "cp",  "cin", "cla", "iro",
                                           "pep",  "ehcp", "s47", "sdq", "pa",  NULL};
    static const char *const telling[] = {"secure", "missing", "adoption", "adopted", "detention",
                                          "abuse",  "death",   "died",     NULL};
    char *words = arena_strdup(a, timescale);

    for (char *w = words; *w;) {
        size_t n = strcspn(w, "-_ ");

        if (is_one_of(w, n, telling))
            return "Task";
        if (is_one_of(w, n, capitals))
            for (size_t i = 0; i < n; i++)
                w[i] = (char)toupper((unsigned char)w[i]);
        w += n;
        if (*w)
            *w++ = ' ';
    }
    *words = (char)toupper((unsigned char)*words);
    return clean_line(a, words, NAME_CHARS_MAX);
}

const char *naming_type(struct arena *a, const struct library *l, const char *id)
{
    int n = library_timescale(l, id);
    const struct timescale *t = n >= 0 ? &l->timescales[n] : NULL;

    if (t && t->type)
        return clean_line(a, t->type, NAME_CHARS_MAX);
    return type_words(a, t && t->meeting ? t->meeting : id);
}
