// The log: one event a line on standard error, `event key=value …`. Deadlines and messages are
// named by number; children, addresses and message texts never appear.
#pragma once

#include "error.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

// Under a service manager lines carry the journal's "<n>" priority; otherwise a UTC time.
void log_set_level(enum log_level least);
bool log_level_from_name(const char *name, enum log_level *ret);

// `event` is a fixed dotted name ("deadline.moved"); the rest is key=value pairs. Line breaks and
// control characters in values are escaped.
void log_line(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(event, ...) log_line(LOG_ERROR, event, __VA_ARGS__)
#define log_warning(event, ...) log_line(LOG_WARNING, event, __VA_ARGS__)
#define log_info(event, ...) log_line(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_line(LOG_DEBUG, event, __VA_ARGS__)
