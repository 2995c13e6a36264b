// Children of the embedded cluster. Nothing of ours may live on in them: a server that kept our
// standard output open would hang whoever reads it to the end, and one that kept a lock would hold
// it.
#include "embedded_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_BROKEN 127

bool server_user_find(struct arena *a, uid_t folder_owner, struct server_user *ret,
                      struct error *err)
{
    const struct passwd *who;

    if (geteuid() != 0) {
        *ret = (struct server_user){.uid = geteuid(), .gid = getegid(), .name = "this user"};
        return true;
    }
    who = folder_owner != 0 ? getpwuid(folder_owner) : getpwnam("postgres");
    if (!who && folder_owner == 0)
        who = getpwnam("nobody");
    if (!who || who->pw_uid == 0)
        return fail(err, FAULT_AWAY,
                    "PostgreSQL does not run as root, and there is no user to run it: "
                    "no \"postgres\" and no \"nobody\"");
    *ret = (struct server_user){.uid = who->pw_uid,
                                .gid = who->pw_gid,
                                .name = arena_strdup(a, who->pw_name),
                                .drop = true};
    return true;
}

static bool become(const struct server_user *u)
{
    return !u->drop || (setgroups(1, &u->gid) == 0 && setresgid(u->gid, u->gid, u->gid) == 0 &&
                        setresuid(u->uid, u->uid, u->uid) == 0);
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool user_can_enter(const struct server_user *u, const char *path)
{
    pid_t pid = fork();

    if (pid < 0)
        return true; // not known: the next step says it
    if (pid == 0)
        _exit(become(u) && access(path, X_OK) != 0 && errno == EACCES);
    return wait_for(pid) == 0;
}

const char *server_user_barred(const struct server_user *u, struct arena *a, const char *path)
{
    if (!u->drop || user_can_enter(u, path))
        return NULL;
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        const char *folder = slash == path ? "/" : arena_strndup(a, path, (size_t)(slash - path));

        if (!user_can_enter(u, folder))
            return folder;
    }
    return path;
}

// A caller may have blocked or ignored signals; PostgreSQL needs them as they are by default.
static void reset_signals(void)
{
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        (void)signal(s, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool redirect(int dir_fd)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log;

    if (fchdir(dir_fd) != 0)
        return false;
    log = open("postgres.log", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (null < 0 || log < 0)
        return false;
    if (dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        return false;
    closefrom(3);
    return true;
}

static _Noreturn void become_program(const struct server_user *u, int dir_fd,
                                     const char *const *argv)
{
    static char path[] = "PATH=/usr/bin:/bin", locale[] = "LC_ALL=C.UTF-8", zone[] = "TZ=UTC";
    char *const environment[] = {path, locale, zone, NULL};

    setsid(); // an interrupt typed at the caller's terminal is not meant for the server
    reset_signals();
    umask(077);
    if (become(u) && redirect(dir_fd))
        execve(argv[0], (char *const *)argv, environment);
    _exit(CHILD_BROKEN);
}

int server_user_run(const struct server_user *u, int dir_fd, const char *const *argv)
{
    pid_t pid = fork();

    if (pid < 0)
        return -1;
    if (pid == 0)
        become_program(u, dir_fd, argv);
    return wait_for(pid);
}
