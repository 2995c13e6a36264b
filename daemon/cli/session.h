// A session: what a command of `timely` works with, opened only when it asks: configuration, rules,
// store, source.
#pragma once

#include "config.h"
#include "db.h"
#include "embedded.h"
#include "library.h"
#include "text.h"

enum status { STATUS_DONE = 0, STATUS_NO = 1, STATUS_USAGE = 2, STATUS_AWAY = 3 };
enum format { FORMAT_PEOPLE, FORMAT_CSV, FORMAT_JSON };

struct session {
    struct arena *arena;
    struct loop *loop;
    const char *embedded_dir; // as given, or NULL
    bool configured;          // by --config or --embedded; else all is default
    struct config config;
    struct embedded *embedded;   // NULL until a database of an embedded cluster is opened
    struct library *library;     // NULL until session_library
    bool store_checked;          // the store's schema is this program's
    struct db *store, *source;   // NULL until session_store, session_source
    struct business_clock clock; // the store's once it is open; until then the configuration's
    struct text out;             // what the command prints; written to standard output at its end
    enum format format;
    bool page; // --format html: format is that for people
};

struct arguments;
struct command;

// Reads the configuration, as well as the command wants it, and takes the format; a page only where
// the command has one. FAULT_INPUT.
MUST_USE bool session_begin(struct session *s, const struct command *c, const struct arguments *g,
                            struct error *err);
void session_end(struct session *s);

// Each says what is missing in err. Wait (call from the command's fiber).
// With a store that is open the rules are on the calendar that was accepted there.
MUST_USE bool session_library(struct session *s, struct error *err);
// Checks the schema; an embedded store is migrated first.
MUST_USE bool session_store(struct session *s, struct error *err);
// As it is, whatever its schema: for `timely migrate`.
MUST_USE bool session_store_unchecked(struct session *s, struct error *err);
// An embedded source gets its tables and views first, and can be written; others are read only.
MUST_USE bool session_source(struct session *s, struct error *err);
// A source named by its connection string, to be filled: for tests.
MUST_USE bool session_source_at(struct session *s, const char *conninfo, struct error *err);
// Brings the accepted facts of an embedded database up to date, sending nothing; nothing is done
// while a daemon does so, and on other databases.
MUST_USE bool session_reconcile(struct session *s, struct error *err);
struct date session_today(const struct session *s); // business day, Europe/London
// Business time as a literal for the store. In the session's arena.
const char *session_now(const struct session *s);
// An instant of the store ("2024-04-02 08:00:00+00") as civil time of England for people, to the
// minute; "" for NULL.
const char *session_time(const struct session *s, const char *stored);
// Who is at the terminal, for the audit: the login name.
const char *session_user(const struct session *s);

// The exit status that an error means.
enum status status_of(const struct error *err);

// Options as given: "--name value" and "--name=value" anywhere, "--" ends them.
struct arguments {
    const char *const *words; // positional
    size_t count;
    const char *const *names, *const *values; // options, values NULL for flags
    size_t option_count;
};
// NULL when absent; "" for a flag
const char *argument(const struct arguments *g, const char *name);
MUST_USE bool argument_date(const struct arguments *g, const char *name, struct date otherwise,
                            struct date *ret, struct error *err);
// The index of the option's value in words, which end with NULL; `otherwise` when it is absent.
MUST_USE bool argument_word(const struct arguments *g, const char *name, const char *const *words,
                            int otherwise, int *ret, struct error *err);
// The timescale that is meant, or NULL for NULL. FAULT_INPUT with the nearest one.
MUST_USE bool timescale_named(const struct library *l, const char *id, const struct timescale **ret,
                              struct error *err);

// One command. Returns a status; an error is printed to standard error by the caller.
struct command {
    const char *name, *words, *summary; // "import ssd", "DIR", "loads SSD CSV files …"
    // Options taken besides config, embedded, format, help: "as-at DATE" with a value, "explain" a
    // flag. The same name is the same kind in every command. Ends with NULL; may be NULL.
    const char *const *options;
    enum status (*run)(struct session *s, const struct arguments *g, struct error *err);
    bool page;       // prints a page with --format html
    bool any_config; // goes on with what can be read of a configuration that is refused
};

// The clusters of commands; each ends with an entry whose name is NULL.
extern const struct command commands_rules[];     // date, check, rules
extern const struct command commands_store[];     // migrate, import …
extern const struct command commands_deadlines[]; // due, explain, timeliness, …
extern const struct command commands_operator[];  // feed, outbox, hold, status
