// Where the product's own files are, and reading a file whole. The places are tried from the
// installed tree to the build tree; TIMELY_DATA, when set, is the only one.
#include "paths.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Seen from the folder of the executable: installed, in the source tree's own build folder, and
// last the source tree that a build folder elsewhere was made from.
static const char *const places[] = {"../share/timely", "..", "../..", "../../..", TIMELY_SOURCE};

static void descriptor_done(int *fd)
{
    close(*fd);
}

static bool found_in(struct arena *a, const char *folder, const char *name, const char **ret)
{
    AUTO(string_done) char *resolved = realpath(arena_printf(a, "%s/%s", folder, name), NULL);

    if (!resolved)
        return false;
    *ret = arena_strdup(a, resolved);
    return true;
}

static bool executable_folder(struct arena *a, const char **ret, struct error *err)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);

    if (length < 0)
        return fail(err, FAULT_INPUT, "/proc/self/exe: %s", strerror(errno));
    while (length > 0 && path[length - 1] != '/')
        length--;
    *ret = arena_strndup(a, path, length > 1 ? (size_t)length - 1 : 0);
    return true;
}

bool data_path(struct arena *a, const char *name, const char **ret, struct error *err)
{
    const char *set = secure_getenv("TIMELY_DATA");
    AUTO(text_done) struct text looked = {0};
    const char *own = NULL;

    if (set && *set) {
        if (found_in(a, set, name, ret))
            return true;
        return fail(err, FAULT_INPUT, "%s: not found in %s, which TIMELY_DATA names", name, set);
    }
    if (!executable_folder(a, &own, err))
        return false;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *folder =
            *places[i] == '/' ? places[i] : arena_printf(a, "%s/%s", own, places[i]);

        if (found_in(a, folder, name, ret))
            return true;
        text_addf(&looked, "%s%s", i ? ", " : "", folder);
    }
    return fail(err, FAULT_INPUT, "%s: not found; looked in %s; TIMELY_DATA can name the folder",
                name, text_str(&looked));
}

// Reads to the end or until more than `max` bytes came.
static bool read_all(struct arena *a, int fd, size_t max, size_t room, char **ret,
                     size_t *ret_length)
{
    char *bytes = arena_alloc(a, room);
    size_t length = 0;

    while (length <= max) {
        if (length + 1 == room)
            bytes = arena_grow(a, bytes, 1, room, &room);

        ssize_t n = read(fd, bytes + length, room - length - 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        length += (size_t)n;
    }
    bytes[length] = '\0';
    *ret = bytes;
    *ret_length = length;
    return true;
}

bool read_whole_file(struct arena *a, const char *path, size_t max, char **ret, size_t *ret_length,
                     struct error *err)
{
    AUTO(descriptor_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t room = 4096; // for what does not know its size: a pipe, /proc
    struct stat st;
    char *bytes;
    size_t length;

    if (fd < 0 || fstat(fd, &st) != 0)
        return fail(err, FAULT_INPUT, "%s: %s", path, strerror(errno));
    if (S_ISREG(st.st_mode)) {
        if ((uintmax_t)st.st_size > max)
            return fail(err, FAULT_INPUT, "%s: %jd bytes long, expected at most %zu", path,
                        (intmax_t)st.st_size, max);
        room += (size_t)st.st_size;
    }
    if (!read_all(a, fd, max, room, &bytes, &length))
        return fail(err, FAULT_INPUT, "%s: %s", path, strerror(errno));
    if (length > max)
        return fail(err, FAULT_INPUT, "%s: longer than expected, at most %zu bytes", path, max);
    *ret = bytes;
    *ret_length = length;
    return true;
}
