// Documents (document.h).
#include "document.h"

#include "arena.h"
#include "text.h"

bool document_ask(struct db *store, const char *sql, const json_t *doc, PGresult **ret,
                  struct error *err)
{
    AUTO(string_done) char *text = json_dumps(doc, JSON_COMPACT);
    const char *values[] = {text};

    if (!text)
        out_of_memory();
    return db_ask(store, sql, 1, values, ret, err);
}
