// One file into the store, whole or not at all.
#include "import_local.h"

#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool import_into_store(struct import_file *f,
                       bool (*take)(struct import_file *f, const void *arg, struct error *err),
                       const void *arg, struct text *report, bool *left_aside, struct error *err)
{
    AUTO(arena_auto_free) struct arena *arena = arena_new();
    AUTO(text_done) struct text told = {0};
    bool done = false;

    f->arena = arena;
    f->name = base_name(f->path);
    f->report = &told;
    if (db_begin(f->db, "", err) && import_stage(f, err) && import_check(f, err) &&
        take(f, arg, err) && db_commit(f->db, err)) {
        import_tell_rows(f, &told);
        text_add(report, text_str(&told));
        *left_aside = f->aside > 0;
        done = true;
    } else {
        db_rollback(f->db);
    }
    f->report = NULL;
    return done;
}
