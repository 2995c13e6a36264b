// The embedded PostgreSQL. In its folder:
//
//   - timely.gate: locked exclusively while a user comes or goes; where it is, the folder is ours.
//   - timely.users: locked shared by every user; who gets it exclusively is the last one.
//   - data: the cluster, with its socket, closed to everybody else.
//   - socket-folder: where the socket is instead, when the path of data is too long for one.
//   - postgres.log: what the server and its programs say.
//
// Whether the server runs is asked of the socket; files that a killed server left behind prove
// nothing.
#include "embedded.h"
#include "clock.h"
#include "embedded_child.h"
#include "log.h"
#include "text.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_NAME ".s.PGSQL.5432"
#define START_ATTEMPTS 3
#define PATIENCE SECONDS(60)

struct embedded {
    struct arena *arena;
    const char *dir; // absolute, without links
    const char *bin; // where PostgreSQL's programs are
    const char *socket_folder;
    const char *conninfo;
    struct server_user user;
    int dir_fd, gate_fd, users_fd;
};

static void close_dir(DIR **d)
{
    if (*d)
        closedir(*d);
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static void finish_connection(PGconn **c)
{
    PQfinish(*c);
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

const char *embedded_conninfo(const struct embedded *e)
{
    return e->conninfo;
}

static void embedded_free(struct embedded *e)
{
    if (!e)
        return;
    close_fd(&e->users_fd);
    close_fd(&e->gate_fd);
    close_fd(&e->dir_fd);
    arena_free(e->arena); // it lives in there itself
}

static bool exists_in(const struct embedded *e, const char *name)
{
    return faccessat(e->dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

// The first line of a small file in DIR, in the arena; NULL when there is none.
static const char *first_line(const struct embedded *e, const char *name)
{
    AUTO(close_fd) int fd = openat(e->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    char line[PATH_MAX];
    ssize_t n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);

    if (n <= 0)
        return NULL;
    line[n] = '\0';
    return arena_strndup(e->arena, line, strcspn(line, "\n"));
}

// The folder

// Finds `dir` or the place where it is to be made: *ret_made says which.
static bool resolve(struct embedded *e, const char *dir, bool *ret_missing, struct error *err)
{
    char real[PATH_MAX];
    char *parent = arena_strdup(e->arena, dir), *name = arena_strdup(e->arena, dir);

    if (!dir[0])
        return fail(err, FAULT_INPUT, "the folder of the embedded database has no name");
    *ret_missing = !realpath(dir, real);
    if (!*ret_missing) {
        e->dir = arena_strdup(e->arena, real);
        return true;
    }
    if (errno != ENOENT || !realpath(dirname(parent), real))
        return fail(err, FAULT_INPUT, "%s: %s", errno == ENOENT ? parent : dir, strerror(errno));
    e->dir = arena_printf(e->arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real, basename(name));
    return true;
}

static bool refuse_barred(const struct embedded *e, const char *path, struct error *err)
{
    const char *folder = server_user_barred(&e->user, e->arena, path);

    if (!folder)
        return true;
    return fail(
        err, FAULT_INPUT,
        "%s: the server runs as user %s (PostgreSQL does not run as root), and %s does not let "
        "that user in; use a folder elsewhere, such as under /var/lib or /tmp",
        e->dir, e->user.name, folder);
}

// Whoever makes DIR ours makes the gate before anything else, so that a folder with other things
// and without a gate is somebody else's, also when another user comes at the same moment.
static bool refuse_foreign(const struct embedded *e, struct error *err)
{
    int fd = openat(e->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO(close_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *found;

    if (!d)
        return fail(err, FAULT_INPUT, "%s: %s", e->dir, strerror(errno));
    while ((found = readdir(d))) {
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            break;
    }
    if (found && !exists_in(e, "timely.gate"))
        return fail(err, FAULT_INPUT,
                    "%s holds something else (for example \"%s\"); name a new or an empty folder",
                    e->dir, found->d_name);
    return true;
}

// Makes or takes DIR, which from then on belongs to the server's user.
static bool enter(struct embedded *e, const char *dir, struct error *err)
{
    struct stat st = {0};
    bool missing = false;

    if (!resolve(e, dir, &missing, err))
        return false;
    if (!missing && stat(e->dir, &st) != 0)
        return fail(err, FAULT_INPUT, "%s: %s", e->dir, strerror(errno));
    if (!missing && !S_ISDIR(st.st_mode))
        return fail(err, FAULT_INPUT, "%s is not a folder", e->dir);
    if (!server_user_find(e->arena, st.st_uid, &e->user, err) ||
        !refuse_barred(e, dirname(arena_strdup(e->arena, e->dir)), err))
        return false;
    if (missing && mkdir(e->dir, 0700) != 0 && errno != EEXIST)
        return fail(err, FAULT_INPUT, "%s: %s", e->dir, strerror(errno));
    e->dir_fd = open(e->dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (e->dir_fd < 0)
        return fail(err, FAULT_INPUT, "%s: %s", e->dir, strerror(errno));
    if (!refuse_foreign(e, err))
        return false;
    if (e->user.drop && st.st_uid == 0 && fchown(e->dir_fd, e->user.uid, e->user.gid) != 0)
        return fail(err, FAULT_INPUT, "%s: %s", e->dir, strerror(errno));
    return refuse_barred(e, e->dir, err);
}

// Locks

static bool lock(int fd, int how)
{
    while (flock(fd, how) != 0) {
        if (errno != EINTR)
            return false;
    }
    return true;
}

static bool open_lock(const struct embedded *e, const char *name, int how, int *ret,
                      struct error *err)
{
    *ret = openat(e->dir_fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*ret < 0 || (e->user.drop && fchown(*ret, e->user.uid, e->user.gid) != 0) ||
        !lock(*ret, how))
        return fail(err, FAULT_INPUT, "%s/%s: %s", e->dir, name, strerror(errno));
    return true;
}

// Programs

static int run(const struct embedded *e, const char *const *argv)
{
    return server_user_run(&e->user, e->dir_fd, argv);
}

static bool remove_files(const struct embedded *e, const char *a, const char *b, const char *c)
{
    return run(e, (const char *const[]){"/bin/rm", "-rf", "--", a, b, c, NULL}) == 0;
}

// Under /usr/lib/postgresql: the version that the cluster was made by, else (0) the highest one.
static const char *find_packaged(struct arena *a, long wanted)
{
    glob_t found;
    const char *best = NULL;
    long best_version = 0;

    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) != 0)
        return NULL;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        long version = strtol(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"), NULL, 10);

        if (wanted ? version == wanted : version > best_version) {
            best = dirname(arena_strdup(a, found.gl_pathv[i]));
            best_version = version;
        }
    }
    globfree(&found);
    return best;
}

static const char *find_on_path(struct arena *a)
{
    const char *rest = getenv("PATH");

    while (rest && *rest) {
        size_t n = strcspn(rest, ":");
        const char *folder = arena_strndup(a, rest, n);

        if (folder[0] == '/' && access(arena_printf(a, "%s/initdb", folder), X_OK) == 0 &&
            access(arena_printf(a, "%s/pg_ctl", folder), X_OK) == 0)
            return folder;
        rest += n + (rest[n] == ':');
    }
    return NULL;
}

static bool find_programs(struct embedded *e, struct error *err)
{
    const char *made_by = first_line(e, "data/PG_VERSION");
    long wanted = made_by ? strtol(made_by, NULL, 10) : 0;

    e->bin = find_packaged(e->arena, wanted);
    if (!e->bin)
        e->bin = find_on_path(e->arena);
    if (e->bin)
        return true;
    if (wanted)
        return fail(err, FAULT_AWAY,
                    "%s was made by PostgreSQL %ld, which is not installed: install "
                    "the package postgresql-%ld",
                    e->dir, wanted, wanted);
    return fail(err, FAULT_AWAY,
                "PostgreSQL's programs (initdb, pg_ctl) are neither under "
                "/usr/lib/postgresql nor on the PATH: install the package postgresql");
}

static bool make_cluster(const struct embedded *e, struct error *err)
{
    const char *const argv[] = {arena_printf(e->arena, "%s/initdb", e->bin),
                                "-D",
                                "data.new",
                                "--encoding=UTF8",
                                "--locale=C.UTF-8",
                                "--data-checksums",
                                "--auth-local=trust",
                                "--auth-host=reject",
                                "--username=timely",
                                NULL};

    if (exists_in(e, "data/PG_VERSION"))
        return true;
    // Made aside and moved into place whole: a kill at any moment leaves nothing half made behind.
    if (!remove_files(e, "data.new", NULL, NULL) || run(e, argv) != 0 ||
        renameat(e->dir_fd, "data.new", e->dir_fd, "data") != 0)
        return fail(err, FAULT_AWAY, "PostgreSQL could not make its cluster: see %s/postgres.log",
                    e->dir);
    return true;
}

// The socket

static bool fits_socket(const char *folder)
{
    return strlen(folder) + sizeof("/" SOCKET_NAME) <=
               sizeof(((struct sockaddr_un *)0)->sun_path) &&
           !strchr(folder, ','); // libpq takes a comma as the end of one of several hosts
}

static bool is_ours(const struct embedded *e, const char *folder)
{
    struct stat st;

    return folder && lstat(folder, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == e->user.uid &&
           (st.st_mode & 077) == 0;
}

static bool make_socket_folder(struct embedded *e, struct error *err)
{
    char *folder = arena_strdup(e->arena, "/tmp/timely-XXXXXX");
    AUTO(close_fd) int fd = -1;

    if (!mkdtemp(folder) || (e->user.drop && lchown(folder, e->user.uid, e->user.gid) != 0))
        return fail(err, FAULT_AWAY, "%s: %s", folder, strerror(errno));
    (void)unlinkat(e->dir_fd, "socket-folder", 0);
    fd = openat(e->dir_fd, "socket-folder", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || (e->user.drop && fchown(fd, e->user.uid, e->user.gid) != 0) ||
        dprintf(fd, "%s\n", folder) < 0) {
        int reason = errno;

        rmdir(folder);
        return fail(err, FAULT_INPUT, "%s/socket-folder: %s", e->dir, strerror(reason));
    }
    e->socket_folder = folder;
    return true;
}

static void set_conninfo(struct embedded *e)
{
    AUTO(text_done) struct text t = {0};

    // hostaddr is given, though empty, so that PGHOSTADDR of the environment is not taken.
    text_add(&t, "hostaddr='' port=5432 user=timely dbname=timely host='");
    for (const char *s = e->socket_folder; *s; s++) {
        if (*s == '\'' || *s == '\\')
            text_add(&t, "\\");
        text_add_n(&t, s, 1);
    }
    text_add(&t, "'");
    e->conninfo = arena_strdup(e->arena, text_str(&t));
}

// The server

// Whether the process that postmaster.pid names is this cluster's server: numbers of processes are
// used again, after a restart of the machine above all.
static bool server_alive(const struct embedded *e)
{
    const char *line = first_line(e, "data/postmaster.pid");
    long pid = line ? strtol(line, NULL, 10) : 0;
    struct stat data, cwd;
    FILE *f;
    char name[32] = "";

    if (pid <= 0 || fstatat(e->dir_fd, "data", &data, 0) != 0)
        return false;
    if (stat(arena_printf(e->arena, "/proc/%ld/cwd", pid), &cwd) == 0)
        return cwd.st_dev == data.st_dev && cwd.st_ino == data.st_ino;
    if (errno != EACCES)
        return false;
    f = fopen(arena_printf(e->arena, "/proc/%ld/comm", pid), "re");
    if (f) {
        (void)!fgets(name, sizeof(name), f);
        (void)fclose(f);
    }
    return strncmp(name, "postgres", 8) == 0;
}

static bool server_answers(const struct embedded *e)
{
    return PQping(arena_printf(e->arena, "%s connect_timeout=5", e->conninfo)) == PQPING_OK;
}

static bool stop_server(const struct embedded *e)
{
    const char *const argv[] = {arena_printf(e->arena, "%s/pg_ctl", e->bin),
                                "stop",
                                "-D",
                                "data",
                                "-m",
                                "fast",
                                "-w",
                                "-t",
                                "60",
                                "-s",
                                NULL};

    return !server_alive(e) || run(e, argv) == 0 || !server_alive(e);
}

// pg_ctl gives the options to a shell: nothing here needs quoting. The path of DIR does not occur.
static bool try_start(const struct embedded *e)
{
    const char *options =
        arena_printf(e->arena,
                     "-p 5432 -c listen_addresses= -c unix_socket_directories=%s -c "
                     "unix_socket_permissions=0700 "
                     "-c max_connections=60 -c log_destination=stderr -c logging_collector=off "
                     // Rows stay out of the log: no DETAIL, no text of the statement.
                     "-c log_error_verbosity=terse -c log_min_error_statement=panic",
                     exists_in(e, "socket-folder") ? e->socket_folder : ".");
    const char *const argv[] = {arena_printf(e->arena, "%s/pg_ctl", e->bin),
                                "start",
                                "-D",
                                "data",
                                "-l",
                                "postgres.log",
                                "-w",
                                "-t",
                                "60",
                                "-s",
                                "-o",
                                options,
                                NULL};

    // What a killed server left names a process that may by now be another one.
    return remove_files(e, "data/postmaster.pid",
                        arena_printf(e->arena, "%s/" SOCKET_NAME, e->socket_folder),
                        arena_printf(e->arena, "%s/" SOCKET_NAME ".lock", e->socket_folder)) &&
           run(e, argv) == 0;
}

// A server that is just starting, or stopping on behalf of a user who was killed meanwhile.
static bool await_server(const struct embedded *e)
{
    const int64_t end = clock_monotonic() + PATIENCE;

    while (!server_answers(e)) {
        if (!server_alive(e) || clock_monotonic() > end)
            return false;
        nap();
    }
    return true;
}

static bool start_server(const struct embedded *e, struct error *err)
{
    if (await_server(e))
        return true;
    // After a kill of the server its children may hold its memory for a moment more.
    for (int i = 0; i < START_ATTEMPTS && !server_alive(e); i++) {
        if (i > 0)
            nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        if (try_start(e) && server_answers(e))
            return true;
    }
    return fail(err, FAULT_AWAY, "the embedded PostgreSQL does not start: see %s/postgres.log",
                e->dir);
}

static bool choose_socket(struct embedded *e, struct error *err)
{
    const char *remembered = first_line(e, "socket-folder");

    e->socket_folder = arena_printf(e->arena, "%s/data", e->dir);
    if (is_ours(e, remembered)) {
        e->socket_folder = remembered;
    } else if (remembered || !fits_socket(e->socket_folder)) {
        // A server whose socket was swept away from /tmp can be reached by nobody any more.
        if (!stop_server(e) || !make_socket_folder(e, err))
            return false;
    }
    set_conninfo(e);
    return true;
}

static bool make_database(const struct embedded *e, struct error *err)
{
    AUTO(finish_connection) PGconn *c = PQconnectdb(e->conninfo);
    AUTO(finish_connection) PGconn *first = NULL;
    PGresult *r;
    bool ok;

    if (PQstatus(c) == CONNECTION_OK)
        return true;
    first = PQconnectdb(arena_printf(e->arena, "%s dbname=postgres", e->conninfo));
    r = PQexec(first, "CREATE DATABASE timely");
    ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    if (!ok)
        return fail(err, FAULT_AWAY,
                    "the embedded PostgreSQL has no database \"timely\" and cannot make "
                    "it: see %s/postgres.log",
                    e->dir);
    return true;
}

// Coming and going

// Behind the gate: the last user stops the server and takes the short folder away.
static void leave(struct embedded *e)
{
    if (!lock(e->users_fd, LOCK_EX | LOCK_NB))
        return;
    if (e->bin && !stop_server(e)) {
        log_warning("embedded.not_stopped", "dir=%s", e->dir);
        return;
    }
    if (e->socket_folder && exists_in(e, "socket-folder")) {
        (void)rmdir(e->socket_folder);
        (void)unlinkat(e->dir_fd, "socket-folder", 0);
    }
}

static bool come(struct embedded *e, struct error *err)
{
    return find_programs(e, err) && make_cluster(e, err) && choose_socket(e, err) &&
           start_server(e, err) && make_database(e, err);
}

bool embedded_open(const char *dir, struct embedded **ret, struct error *err)
{
    struct arena *a = arena_new();
    struct embedded *e = ARENA_NEW(a, struct embedded);

    e->arena = a;
    e->dir_fd = e->gate_fd = e->users_fd = -1;
    if (!enter(e, dir, err) || !open_lock(e, "timely.gate", LOCK_EX, &e->gate_fd, err) ||
        !open_lock(e, "timely.users", LOCK_SH, &e->users_fd, err)) {
        embedded_free(e);
        return false;
    }
    if (!come(e, err)) {
        leave(e);
        embedded_free(e);
        return false;
    }
    lock(e->gate_fd, LOCK_UN);
    *ret = e;
    return true;
}

void embedded_close(struct embedded *e)
{
    if (!e)
        return;
    if (lock(e->gate_fd, LOCK_EX))
        leave(e);
    embedded_free(e);
}
