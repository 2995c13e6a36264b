// Open holds that nobody was told of yet, sorted into those that a person must see now and those
// that a reload explains for a while. Which were told is read from the mails themselves: the key of
// each lists the holds that are in it. Changes of the calendar have a mail of their own.
#include "hold_notice.h"

#include "outbox.h"
#include "text.h"

#include <string.h>

#define RELOAD_TAKES_AT_MOST (SECONDS(3600) * 2)

struct hold {
    const char *id, *kind, *about, *text;
    instant opened_at;
    long long filenode; // of the table when it was last accepted; 0: not known
};

struct notice {
    struct arena *arena;
    const struct config *config;
    instant now;
    struct hold *holds;
    size_t count;
};

// The key's first 15 characters are "operator:holds:".
static const char untold_sql[] =
    "SELECT h.hold_id, h.kind, h.about, h.text,"
    " (extract(epoch FROM h.opened_at) * 1000000)::bigint, coalesce(t.filenode, 0)"
    " FROM timely.hold h LEFT JOIN timely.source_table t"
    " ON h.kind = 'table' AND t.origin = h.about"
    " WHERE h.decided IS NULL AND h.kind <> 'calendar' AND NOT EXISTS (SELECT FROM timely.outbox o"
    " WHERE o.kind = 'operator' AND o.dedupe LIKE 'operator:holds:%'"
    " AND h.hold_id::text = ANY (string_to_array(substr(o.dedupe, 16), ',')))"
    " ORDER BY h.hold_id";

static bool read_untold(struct notice *n, struct db *store, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(store, untold_sql, 0, NULL, &r, err))
        return false;
    n->count = (size_t)PQntuples(r);
    n->holds = ARENA_ARRAY(n->arena, struct hold, n->count + 1);
    for (int i = 0; i < PQntuples(r); i++)
        n->holds[i] = (struct hold){.id = arena_strdup(n->arena, db_text(r, i, 0)),
                                    .kind = arena_strdup(n->arena, db_text(r, i, 1)),
                                    .about = arena_strdup(n->arena, db_text(r, i, 2)),
                                    .text = arena_strdup(n->arena, db_text(r, i, 3)),
                                    .opened_at = db_int(r, i, 4),
                                    .filenode = db_int(r, i, 5)};
    return true;
}

// Only a table that is still the accepted file has surely lost its rows in place.
static bool lost_in_place(const struct hold *h, const PGresult *files)
{
    for (int i = 0; i < PQntuples(files); i++)
        if (strcmp(db_text(files, i, 0), h->about) == 0)
            return h->filenode != 0 && db_int(files, i, 1) == h->filenode;
    return false;
}

// Whether the mail goes now; *ret_again when it only waits for what else may come.
static bool is_time(const struct notice *n, const PGresult *files, bool *ret_again)
{
    bool urgent = false, overdue = false;
    instant latest = 0;

    for (size_t i = 0; i < n->count; i++) {
        const struct hold *h = &n->holds[i];

        urgent |= strcmp(h->kind, "table") != 0 || lost_in_place(h, files);
        overdue |= n->now - h->opened_at >= RELOAD_TAKES_AT_MOST;
        latest = h->opened_at > latest ? h->opened_at : latest;
    }
    *ret_again = urgent && !overdue && n->now - latest < SECONDS(n->config->settle_s);
    return overdue || (urgent && !*ret_again);
}

static json_t *notice_mail(const struct notice *n)
{
    AUTO(text_done) struct text text = {0}, ids = {0};
    struct outbox_mail m = {
        .kind = "operator",
        .recipient = n->config->operator_email,
        .subject = arena_printf(n->arena, "timely: %zu %s for your decision", n->count,
                                n->count == 1 ? "reading waits" : "readings wait"),
    };

    text_add(&text, "The case database has lost rows, or would change more at once than a day's "
                    "work explains.\nNothing of it was written, nothing is cancelled and nobody "
                    "else is told.\n\n");
    for (size_t i = 0; i < n->count; i++) {
        text_addf(&text, "hold %s: %s\n", n->holds[i].id, n->holds[i].text);
        text_addf(&ids, "%s%s", i ? "," : "", n->holds[i].id);
    }
    // By their numbers: "all" would decide those, too, that are left open on purpose.
    text_addf(&text,
              "\nIf the case database is right:                        timely hold confirm %s\n"
              "If it is wrong and will be put right:                 timely hold reject %s\n"
              "A table that fills again needs no decision. `timely hold show` lists what is "
              "open.\n",
              text_str(&ids), text_str(&ids));
    m.dedupe = arena_printf(n->arena, "operator:holds:%s", text_str(&ids));
    m.text = text_str(&text);
    return outbox_message(n->arena, n->config, &m);
}

static bool tell(const struct notice *n, struct db *store, struct error *err)
{
    json_t *mail = notice_mail(n);
    bool ok = outbox_put(store, mail, n->now, err);

    json_decref(mail);
    return ok;
}

bool hold_notice(struct db *source, struct db *store, const struct config *config, instant now,
                 struct hold_notice *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(pgresult_done) PGresult *files = NULL;
    struct notice n = {.arena = a, .config = config, .now = now};
    struct hold_notice done = {0};

    if (!config->operator_email) {
        *ret = done;
        return true;
    }
    if (!read_untold(&n, store, err))
        return false;
    if (n.count && !db_ask(source, "SELECT table_name, filenode FROM timely_source.watched", 0,
                           NULL, &files, err))
        return false;
    done.told = n.count && is_time(&n, files, &done.look_again);
    if (done.told && !tell(&n, store, err))
        return false;
    *ret = done;
    return true;
}
