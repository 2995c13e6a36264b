// The session: databases are opened late and closed by session_end, so that `timely date` starts no
// server. An embedded cluster is opened inside the command's fiber: it blocks the loop, on which
// nothing else runs.
#include "session.h"

#include "migrate.h"
#include "proclaimed.h"
#include "reconcile.h"
#include "zone.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum status status_of(const struct error *err)
{
    return err->fault == FAULT_AWAY ? STATUS_AWAY : STATUS_USAGE;
}

// Before a store is open: real time, or the moment at which a new store's clock will start.
static void set_clock(struct session *s)
{
    struct moment start;

    if (s->config.clock && moment_parse(s->config.clock, &start))
        s->clock = (struct business_clock){clock_real(), instant_from_london(start)};
}

bool session_begin(struct session *s, const struct command *c, const struct arguments *g,
                   struct error *err)
{
    static const char *const formats[] = {"people", "csv", "json", NULL};
    const char *file = argument(g, "config");
    int format;

    s->embedded_dir = argument(g, "embedded");
    s->configured = file || s->embedded_dir;
    if (file && s->embedded_dir)
        return fail(err, FAULT_INPUT,
                    "--config and --embedded exclude each other: an embedded "
                    "database is configured by timely.yaml in its folder");
    s->page = c->page && argument(g, "format") && strcmp(argument(g, "format"), "html") == 0;
    if (!s->page && !argument_word(g, "format", formats, FORMAT_PEOPLE, &format, err))
        return false;
    s->format = s->page ? FORMAT_PEOPLE : (enum format)format;
    if (s->embedded_dir) {
        file = arena_printf(s->arena, "%s/timely.yaml", s->embedded_dir);
        file = access(file, F_OK) == 0 ? file : NULL;
    }
    config_defaults(s->arena, &s->config);
    if (file && !(c->any_config ? config_read_good_part(s->arena, file, &s->config, err)
                                : config_read(s->arena, file, &s->config, err)))
        return false;
    set_clock(s);
    return true;
}

void session_end(struct session *s)
{
    db_close(s->store);
    db_close(s->source);
    if (s->embedded)
        embedded_close(s->embedded);
    library_free(s->library);
    if (s->loop)
        loop_free(s->loop);
    text_done(&s->out);
}

// Rules and store are opened in either order; with both, what was accepted is in force.
static bool proclaim(struct session *s, struct error *err)
{
    struct holiday_list accepted;

    if (!s->library || !s->store_checked)
        return true;
    if (!proclaimed_read(s->arena, s->store, &accepted, err))
        return false;
    return accepted.count == 0 ||
           library_proclaim(s->library, accepted.items, accepted.count, err) ||
           explain(err, "timely.proclaimed_holiday");
}

bool session_library(struct session *s, struct error *err)
{
    if (s->library)
        return true;
    return library_load(s->config.rules_dir, s->config.overlay, &s->library, err) &&
           proclaim(s, err);
}

// ------------------------------------------------------------------------------------ databases

static bool open_cluster(struct session *s, struct error *err)
{
    if (!s->embedded_dir || s->embedded)
        return true;
    if (!embedded_open(s->embedded_dir, &s->embedded, err))
        return false;
    s->config.store = s->config.source = embedded_conninfo(s->embedded);
    s->config.store_password_file = s->config.source_password_file = NULL;
    s->config.source_pooled = false;
    return true;
}

static bool open_database(struct session *s, const char *what, const char *conninfo,
                          const char *password_file, bool read_only, bool pooled, struct db **ret,
                          struct error *err)
{
    struct db_options o = {.conninfo = conninfo,
                           .role_name = "timely",
                           .read_only = read_only,
                           .lock_timeout_ms = 60000,
                           .pooled = pooled};

    if (!conninfo)
        return s->configured ? fail(err, FAULT_INPUT, "%s: the %s's database is not set",
                                    s->config.file ? s->config.file : "configuration", what)
                             : fail(err, FAULT_INPUT,
                                    "no %s is known: give --config FILE, or --embedded DIR", what);
    if (password_file && !config_secret(s->arena, password_file, &o.password, err))
        return false;
    return db_open(&o, ret, err) || explain(err, "%s", what);
}

bool session_store_unchecked(struct session *s, struct error *err)
{
    return s->store || (open_cluster(s, err) &&
                        open_database(s, "store", s->config.store, s->config.store_password_file,
                                      false, false, &s->store, err));
}

// Both anchors are 0 until a daemon has set the store's clock, or where time is real.
static bool read_clock(struct session *s, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;

    if (!db_ask(s->store, "SELECT real_anchor_us, business_anchor_us FROM timely.state", 0, NULL,
                &r, err))
        return false;
    if (PQntuples(r) == 1 && db_int(r, 0, 0))
        s->clock = (struct business_clock){db_int(r, 0, 0), db_int(r, 0, 1)};
    return true;
}

bool session_store(struct session *s, struct error *err)
{
    AUTO(text_done) struct text report = {0};

    if (s->store)
        return true;
    if (!session_store_unchecked(s, err) ||
        !(s->embedded ? migrate_store(s->store, &report, err) : migrate_check(s->store, err)) ||
        !read_clock(s, err))
        return false;
    s->store_checked = true;
    return proclaim(s, err);
}

bool session_source(struct session *s, struct error *err)
{
    if (s->source)
        return true;
    if (!open_cluster(s, err) ||
        !open_database(s, "source", s->config.source, s->config.source_password_file, !s->embedded,
                       s->config.source_pooled, &s->source, err))
        return false;
    return !s->embedded || migrate_embedded_source(s->source, s->config.watch == WATCH_NOTIFY, err);
}

bool session_source_at(struct session *s, const char *conninfo, struct error *err)
{
    return open_database(s, "source", conninfo, NULL, false, false, &s->source, err);
}

bool session_reconcile(struct session *s, struct error *err)
{
    if (!s->embedded)
        return true;
    return session_library(s, err) && session_source(s, err) &&
           reconcile_once(s->source, s->store, s->library, &s->config, &s->clock, err);
}

// ---------------------------------------------------------------------------------------- time

struct date session_today(const struct session *s)
{
    return london_from_instant(business_now(&s->clock)).on;
}

const char *session_now(const struct session *s)
{
    instant t = business_now(&s->clock);
    int64_t second = t / SECONDS(1), day = second / 86400, rest = second % 86400;

    return arena_printf(s->arena, "%s %02d:%02d:%02d+00",
                        date_iso(s->arena, (struct date){(int32_t)day}), (int)(rest / 3600),
                        (int)(rest / 60 % 60), (int)(rest % 60));
}

const char *session_time(const struct session *s, const char *stored)
{
    char *cut = arena_strdup(s->arena, stored ? stored : "");
    struct moment m;
    instant t;

    if (strlen(cut) < 16)
        return "";
    cut[16] = '\0'; // the store's instants come in UTC
    if (!moment_parse(cut, &m))
        return "";
    t = (instant)m.on.day * SECONDS(86400) + (instant)m.minute * SECONDS(60);
    return moment_iso(s->arena, london_from_instant(t));
}

const char *session_user(const struct session *s)
{
    const struct passwd *p = getpwuid(getuid());

    return p ? arena_strdup(s->arena, p->pw_name)
             : arena_printf(s->arena, "user %u", (unsigned)getuid());
}
