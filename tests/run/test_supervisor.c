// What the service manager hears: datagrams to the socket that it names, in the file system or
// abstract.
#include "clock.h"
#include "supervisor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void heard(int fd, const char *expected)
{
    char bytes[512];
    ssize_t n = recv(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT);

    assert_true(n > 0);
    bytes[n] = '\0';
    if (strncmp(bytes, expected, strlen(expected)) != 0)
        fail_msg("heard \"%s\", meant \"%s\"", bytes, expected);
}

static void supervisor_tells(struct sockaddr_un *at, socklen_t length, const char *name)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)at, length), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    supervisor_ready();
    heard(fd, "READY=1");
    supervisor_status("3 deadlines\nREADY=1");
    heard(fd, "STATUS=3 deadlines READY=1"); // one line: no second message can be slipped in
    supervisor_reloading();
    heard(fd, "RELOADING=1\nMONOTONIC_USEC=");
    supervisor_watchdog();
    heard(fd, "WATCHDOG=1");
    supervisor_stopping(SECONDS(90));
    heard(fd, "STOPPING=1\nEXTEND_TIMEOUT_USEC=90000000");
    close(fd);
    supervisor_ready(); // nobody listens: nothing happens
}

static void the_service_manager_is_told(void **state)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/timely-notify-XXXXXX", path[64], abstract[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    snprintf(abstract, sizeof abstract, "@%s", folder);

    unsetenv("NOTIFY_SOCKET");
    supervisor_ready(); // no service manager: nothing happens
    strcpy(at.sun_path, path);
    supervisor_tells(&at, sizeof at, path);
    unlink(path);
    rmdir(folder);
    memset(&at.sun_path, 0, sizeof at.sun_path);
    strcpy(at.sun_path + 1, folder);
    supervisor_tells(&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(abstract)),
                     abstract);
    setenv("NOTIFY_SOCKET", "relative/socket", 1);
    supervisor_ready();
    unsetenv("NOTIFY_SOCKET");
}

static void the_watchdog_asks_for_half_its_time(void **state)
{
    char own[16];

    (void)state;
    snprintf(own, sizeof own, "%d", (int)getpid());
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(supervisor_watchdog_interval(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(supervisor_watchdog_interval(), 15000000);
    setenv("WATCHDOG_PID", own, 1);
    assert_int_equal(supervisor_watchdog_interval(), 15000000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(supervisor_watchdog_interval(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(supervisor_watchdog_interval(), 0);
    unsetenv("WATCHDOG_USEC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_manager_is_told),
        cmocka_unit_test(the_watchdog_asks_for_half_its_time),
    };

    return cmocka_run_group_tests_name("supervisor", tests, NULL, NULL);
}
