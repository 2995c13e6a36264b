// Commands that fill: the store's schema, an embedded or test source, the directory, local events.
#include "session.h"

#include "import.h"
#include "migrate.h"
#include "recover.h"

// The report is the output, also when the last file was refused.
static enum status imported(bool ok, bool left_aside, const struct error *err)
{
    if (!ok)
        return status_of(err);
    return left_aside ? STATUS_NO : STATUS_DONE;
}

static enum status run_migrate(struct session *s, const struct arguments *g, struct error *err)
{
    (void)g;
    if (!session_store_unchecked(s, err) || !migrate_store(s->store, &s->out, err))
        return status_of(err);
    return STATUS_DONE;
}

static enum status run_recover(struct session *s, const struct arguments *g, struct error *err)
{
    struct recovery done;

    (void)g;
    if (!session_store(s, err) ||
        !recover_store(s->store, session_now(s), session_user(s), &done, err))
        return status_of(err);
    text_addf(&s->out,
              "The versions of %lld calendar entries and %lld deadlines are lifted by %d, beyond "
              "those that calendars have.\n"
              "Messages that wait: %lld. They may have left after the backup, and go out under "
              "the Message-ID that they had.\n"
              "Calendars are rendered anew. Start the daemon: it reads the source and records "
              "what differs.\n",
              done.objects, done.deadlines, RECOVER_LIFT, done.waiting);
    return STATUS_DONE;
}

// The rows of the source's tables are replaced, so this is never done by way of a configuration:
// a slip must not empty a council's tables.
static enum status run_import_ssd(struct session *s, const struct arguments *g, struct error *err)
{
    const char *source = argument(g, "source");
    bool left_aside = false, ok;

    if (!source && !s->embedded_dir) {
        (void)fail(err, FAULT_INPUT,
                   "import ssd replaces the rows of the source's tables: give --embedded DIR, or "
                   "name a test database with --source");
        return STATUS_USAGE;
    }
    if (!(source ? session_source_at(s, source, err) : session_source(s, err)))
        return status_of(err);
    ok = import_ssd(s->source, g->words[0], &s->out, &left_aside, err);
    return imported(ok, left_aside, err);
}

static enum status run_import_directory(struct session *s, const struct arguments *g,
                                        struct error *err)
{
    bool left_aside = false, ok;

    if (!session_store(s, err))
        return status_of(err);
    ok =
        import_directory(s->store, g->words[0], business_now(&s->clock), &s->out, &left_aside, err);
    return imported(ok, left_aside, err);
}

// The files about days differ in nothing else.
static enum status import_days(struct session *s, const struct arguments *g,
                               bool (*import)(struct db *store, const char *file, bool may_be_empty,
                                              instant now, struct text *report, bool *left_aside,
                                              struct error *err),
                               struct error *err)
{
    bool left_aside = false, ok;

    if (!session_store(s, err))
        return status_of(err);
    ok = import(s->store, g->words[0], argument(g, "empty") != NULL, business_now(&s->clock),
                &s->out, &left_aside, err);
    return imported(ok, left_aside, err);
}

static enum status run_import_absences(struct session *s, const struct arguments *g,
                                       struct error *err)
{
    return import_days(s, g, import_absences, err);
}

static enum status run_import_duty(struct session *s, const struct arguments *g, struct error *err)
{
    return import_days(s, g, import_duty, err);
}

static enum status run_import_events(struct session *s, const struct arguments *g,
                                     struct error *err)
{
    bool left_aside = false, ok;

    if (!session_library(s, err) || !session_store(s, err))
        return status_of(err);
    ok = import_events(s->store, g->words[0], s->library, &s->out, &left_aside, err);
    return imported(ok, left_aside, err);
}

const struct command commands_store[] = {
    {"migrate", "", "brings the store's schema up to date", NULL, run_migrate},
    {"recover", "", "brings a store forward that was restored from a backup", NULL, run_recover},
    {"import ssd", "DIR", "loads SSD CSV files, one a table, into an embedded or test source",
     (const char *const[]){"source CONNINFO", NULL}, run_import_ssd},
    {"import directory", "FILE", "replaces staff, addresses, teams and managers", NULL,
     run_import_directory},
    {"import absences", "FILE", "who is away on which days, and who stands in",
     (const char *const[]){"empty", NULL}, run_import_absences},
    {"import duty", "FILE", "who is on duty for which team on which days",
     (const char *const[]){"empty", NULL}, run_import_duty},
    {"import events", "FILE", "adds events that the case system has no field for", NULL,
     run_import_events},
    {0},
};
