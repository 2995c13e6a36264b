// Maildir: a message is written, synced and renamed, so that it is there whole or not at all.
#include "maildir.h"

#include "arena.h"
#include "sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void fd_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static bool make_folder(const char *path, struct error *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(err, FAULT_AWAY, "%s: %s", path, strerror(errno));
    return true;
}

static bool make_folders(struct arena *a, const char *dir, struct error *err)
{
    return make_folder(dir, err) && make_folder(arena_printf(a, "%s/tmp", dir), err) &&
           make_folder(arena_printf(a, "%s/new", dir), err) &&
           make_folder(arena_printf(a, "%s/cur", dir), err);
}

static const char *file_name(struct arena *a, const char *message_id)
{
    char hex[65];

    sha256_hex(message_id, strlen(message_id), hex);
    return arena_printf(a, "%.32s.timely", hex);
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

// The name alone is durable only when its folder is synced too.
static bool sync_folder(const char *path)
{
    AUTO(fd_done) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && fsync(fd) == 0;
}

static bool write_file(const char *path, const char *bytes, size_t length, struct error *err)
{
    AUTO(fd_done)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail(err, FAULT_AWAY, "%s: %s", path, strerror(errno));
    if (!write_all(fd, bytes, length) || fsync(fd) != 0) {
        fail(err, FAULT_AWAY, "%s: %s", path, strerror(errno));
        (void)unlink(path);
        return false;
    }
    return true;
}

static bool put(struct arena *a, const char *dir, const char *message_id, const char *bytes,
                size_t length, struct error *err)
{
    const char *name = file_name(a, message_id);
    const char *folder = arena_printf(a, "%s/new", dir);
    const char *from = arena_printf(a, "%s/tmp/%s", dir, name);
    const char *to = arena_printf(a, "%s/%s", folder, name);

    if (!make_folders(a, dir, err) || !write_file(from, bytes, length, err))
        return false;
    if (rename(from, to) != 0) {
        fail(err, FAULT_AWAY, "%s: %s", to, strerror(errno));
        (void)unlink(from);
        return false;
    }
    if (!sync_folder(folder))
        return fail(err, FAULT_AWAY, "%s: %s", folder, strerror(errno));
    return true;
}

void maildir_put(const char *dir, const char *message_id, const char *bytes, size_t length,
                 struct handover_answer *ret)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct error err;

    if (put(a, dir, message_id, bytes, length, &err))
        handover_say(ret, HANDOVER_SENT, 0, "written", NULL);
    else
        handover_say(ret, HANDOVER_RETRY, 0, err.text, NULL);
}
