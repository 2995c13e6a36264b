// A full disk for one server, without the rights that a small file system would need: loaded before
// the C library (LD_PRELOAD), it lets no file grow while there is a file FULL_DISK_WHILE. What is
// written over, as PostgreSQL's log of its own is, goes on, and the rest is PostgreSQL's own doing.
#undef _FILE_OFFSET_BITS // or the functions below have other names than those that the server calls
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static bool is_full(int fd, off_t end)
{
    const char *flag = getenv("FULL_DISK_WHILE");
    struct stat st;

    if (!flag || access(flag, F_OK) != 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        end <= st.st_size)
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    return is_full(fd, at + (off_t)length) ? -1 : real(fd, bytes, length, at);
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    off_t end = at;

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pwritev");
    for (int i = 0; i < count; i++)
        end += (off_t)pieces[i].iov_len;
    return is_full(fd, end) ? -1 : real(fd, pieces, count, at);
}

int posix_fallocate(int fd, off_t at, off_t length)
{
    static int (*real)(int, off_t, off_t);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "posix_fallocate");
    return is_full(fd, at + length) ? ENOSPC : real(fd, at, length);
}
