// The least that can answer a change: woken by a notification, read one person's facts from the
// view, write one row, commit. Plain blocking libpq, for bench_notify.py.
//
//     bench_wake SOURCE-CONNINFO STORE-CONNINFO
//
// listens to bench_wake in the source, whose payload is the person, and inserts the person into
// bench_recorded in the store. Says "ready" once; ends when its standard input does.
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static PGconn *open_or_leave(const char *conninfo)
{
    PGconn *conn = PQconnectdb(conninfo);

    if (PQstatus(conn) != CONNECTION_OK) {
        (void)fprintf(stderr, "bench_wake: %s", PQerrorMessage(conn));
        exit(1);
    }
    return conn;
}

static void ask(PGconn *conn, const char *sql, int count, const char *const *values)
{
    PGresult *r = PQexecParams(conn, sql, count, NULL, values, NULL, NULL, 1);
    ExecStatusType status = PQresultStatus(r);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        (void)fprintf(stderr, "bench_wake: %s", PQerrorMessage(conn));
        exit(1);
    }
    PQclear(r);
}

static void answer(PGconn *source, PGconn *store)
{
    PGnotify *n;

    PQconsumeInput(source);
    while ((n = PQnotifies(source))) {
        const char *person = n->extra;

        ask(source, "SELECT * FROM timely_source.fact WHERE person_id = $1", 1, &person);
        ask(store, "INSERT INTO bench_recorded VALUES ($1)", 1, &person);
        PQfreemem(n);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;

    PGconn *source = open_or_leave(argv[1]), *store = open_or_leave(argv[2]);
    struct pollfd fds[] = {{PQsocket(source), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

    ask(source, "LISTEN bench_wake", 0, NULL);
    puts("ready");
    (void)fflush(stdout);
    while (poll(fds, 2, -1) > 0 && !fds[1].revents)
        answer(source, store);
    PQfinish(source);
    PQfinish(store);
    return 0;
}
