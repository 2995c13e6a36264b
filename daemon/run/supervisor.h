// The service manager: readiness, status and watchdog by datagrams to $NOTIFY_SOCKET
// (sd_notify(3)). Without one nothing happens.
#pragma once

#include <stdbool.h>
#include <stdint.h>

void supervisor_ready(void);
void supervisor_reloading(void);
// The end takes at most so many microseconds, which the manager waits for even where its own
// TimeoutStopSec= is shorter.
void supervisor_stopping(int64_t most);
void supervisor_status(const char *text); // one line, no personal data
// Microseconds between watchdog pings (half of WATCHDOG_USEC), 0 for none or for another process.
int64_t supervisor_watchdog_interval(void);
void supervisor_watchdog(void);
