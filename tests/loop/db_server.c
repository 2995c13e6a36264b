// The server of the tests of connections (db_server.h).
#include "db_server.h"

#include "embedded.h"

#include <ftw.h>
#include <sys/stat.h>

static char folder[64];
static struct embedded *server;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path);
}

int db_server_start(void **state)
{
    struct error err = {0};

    (void)state;
    (void)strcpy(folder, "/tmp/timely-test-XXXXXX");
    if (!mkdtemp(folder) || chmod(folder, 0755) != 0)
        return -1;
    if (!embedded_open(folder, &server, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    return 0;
}

int db_server_stop(void **state)
{
    (void)state;
    embedded_close(server);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *db_server_conninfo(void)
{
    return embedded_conninfo(server);
}

struct db *open_with(struct db_options o)
{
    struct error err = {0};
    struct db *db = NULL;

    o.conninfo = o.conninfo ? o.conninfo : db_server_conninfo();
    o.role_name = o.role_name ? o.role_name : "timely test";
    MUST_OK(db_open(&o, &db, &err));
    return db;
}

struct db *open_db(void)
{
    return open_with((struct db_options){0});
}

void ask_value(struct db *db, const char *sql, char ret[200])
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct error err = {0};

    MUST_OK(db_ask(db, sql, 0, NULL, &r, &err));
    (void)snprintf(ret, 200, "%s", PQgetvalue(r, 0, 0));
}

void must_answer(struct db *db, const char *sql, const char *expected)
{
    char value[200];

    ask_value(db, sql, value);
    if (strcmp(value, expected) != 0)
        (void)fprintf(stderr, "%s: \"%s\", not \"%s\"\n", sql, value, expected);
    MUST(strcmp(value, expected) == 0);
}

struct error must_fail(struct db *db, const char *sql, enum fault fault)
{
    struct error err = {0};

    MUST(!db_ask(db, sql, 0, NULL, NULL, &err));
    if (err.fault != fault)
        (void)fprintf(stderr, "%s: %s\n", sql, err.text);
    MUST_EQUAL(err.fault, fault);
    MUST(!strchr(err.text, '\n'));
    return err;
}

void terminate(struct db *killer, struct db *victim)
{
    char pid[32];
    const char *const values[] = {pid};
    struct error err = {0};

    (void)snprintf(pid, sizeof(pid), "%d", PQbackendPID(db_conn(victim)));
    MUST_OK(db_ask(killer, "SELECT pg_terminate_backend($1::int, 5000)", 1, values, NULL, &err));
}
