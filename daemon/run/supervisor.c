// Datagrams to the service manager (sd_notify(3)), written here because the library that does it
// would bring six others into a process that holds case data.
#include "supervisor.h"

#include "clock.h"
#include "text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void descriptor_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

// Nobody waits for an answer, and there is nobody to tell of a failure: the manager notices by
// itself that it hears nothing.
static void notify(const char *state)
{
    const char *address = secure_getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    size_t length = address ? strlen(address) : 0;
    AUTO(descriptor_done) int fd = -1;

    if (length < 2 || length >= sizeof to.sun_path || (*address != '/' && *address != '@'))
        return;
    memcpy(to.sun_path, address, length);
    if (*address == '@')
        to.sun_path[0] = '\0'; // an abstract socket
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0)
        (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
                      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

void supervisor_ready(void)
{
    notify("READY=1");
}

// The manager of systemd 253 and later wants to know when the reload began; earlier ones ignore it.
void supervisor_reloading(void)
{
    AUTO(text_done) struct text state = {0};

    text_addf(&state, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_monotonic());
    notify(text_str(&state));
}

void supervisor_stopping(int64_t most)
{
    AUTO(text_done) struct text state = {0};

    text_addf(&state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64, most);
    notify(text_str(&state));
}

void supervisor_status(const char *text)
{
    AUTO(text_done) struct text state = {0};
    char *line = text_one_line(text, 200);

    text_addf(&state, "STATUS=%s", line);
    free(line);
    notify(text_str(&state));
}

static bool read_positive(const char *s, int64_t *ret)
{
    size_t digits = s ? strspn(s, "0123456789") : 0;

    if (digits == 0 || digits > 18 || s[digits])
        return false;
    *ret = strtoll(s, NULL, 10);
    return *ret > 0;
}

int64_t supervisor_watchdog_interval(void)
{
    const char *whose = secure_getenv("WATCHDOG_PID");
    int64_t interval, pid;

    if (!read_positive(secure_getenv("WATCHDOG_USEC"), &interval))
        return 0;
    if (whose && (!read_positive(whose, &pid) || pid != (int64_t)getpid()))
        return 0;
    return interval / 2;
}

void supervisor_watchdog(void)
{
    notify("WATCHDOG=1");
}
