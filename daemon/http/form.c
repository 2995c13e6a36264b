// Forms (form.h).
#include "form.h"

#include "arena.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TYPE "application/x-www-form-urlencoded"

struct form {
    struct evkeyvalq fields;
};

static bool is_form(const char *content_type)
{
    return content_type && strncasecmp(content_type, TYPE, strlen(TYPE)) == 0 &&
           strchr(" ;", content_type[strlen(TYPE)]);
}

struct form *form_read(const struct http_request *q, size_t most)
{
    AUTO(arena_auto_free) struct arena *a = NULL;
    struct form *f;

    if (!is_form(q->content_type) || !q->body || q->length > most)
        return NULL;
    a = arena_new();
    f = calloc(1, sizeof *f);
    if (!f)
        out_of_memory();
    if (evhttp_parse_query_str(arena_strndup(a, q->body, q->length), &f->fields) != 0)
        form_done(&f);
    return f;
}

const char *form_value(const struct form *f, const char *name)
{
    return evhttp_find_header(&f->fields, name);
}

void form_done(struct form **f)
{
    if (*f)
        evhttp_clear_headers(&(*f)->fields);
    free(*f);
    *f = NULL;
}
