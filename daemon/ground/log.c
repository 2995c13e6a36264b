// The log: composes a line, escapes what could forge another one, and hands it to standard error in
// one write, so that lines of several processes do not mix.
#include "log.h"

#include "clock.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    int priority; // syslog's, as the journal reads it
} levels[] = {
    [LOG_ERROR] = {"error", 3},
    [LOG_WARNING] = {"warning", 4},
    [LOG_INFO] = {"info", 6},
    [LOG_DEBUG] = {"debug", 7},
};

enum { LEVEL_COUNT = sizeof levels / sizeof *levels };

// The one mutable variable of this layer: every function may log, and handing a logger to each
// would bury what they are about. It is set at start and reload, and changes no result.
static enum log_level least_level = LOG_INFO;

void log_set_level(enum log_level least)
{
    least_level = least;
}

bool log_level_from_name(const char *name, enum log_level *ret)
{
    for (int i = 0; i < LEVEL_COUNT; i++) {
        if (strcmp(name, levels[i].name) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

// JOURNAL_STREAM names the journal's own pipe; standard error may since have been sent elsewhere.
static bool to_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat st;

    if (!stream || fstat(STDERR_FILENO, &st) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    return strcmp(stream, own) == 0;
}

static void add_prefix(struct text *line, enum log_level level)
{
    instant now = clock_real();
    time_t seconds = (time_t)(now / SECONDS(1));
    struct tm tm;
    char stamp[32];

    if (to_journal()) {
        text_addf(line, "<%d>", levels[level].priority);
        return;
    }
    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    text_addf(line, "%s.%03dZ %s ", stamp, (int)(now % SECONDS(1) / 1000), levels[level].name);
}

static void add_escaped(struct text *line, const char *s, size_t length)
{
    uint32_t c;

    while (length > 0) {
        size_t bytes = utf8_decode(s, length, &c);

        if (bytes == 0)
            text_addf(line, "\\x%02x", (unsigned char)*s);
        else if (c == '\n')
            text_add(line, "\\n");
        else if (utf8_hidden(c))
            text_addf(line, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
        else
            text_add_n(line, s, bytes);
        s += bytes ? bytes : 1;
        length -= bytes ? bytes : 1;
    }
}

// A log that cannot be written is no reason to stop: there is nobody left to tell.
static void write_all(const char *s, size_t length)
{
    while (length > 0) {
        ssize_t n = write(STDERR_FILENO, s, length);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        s += n;
        length -= (size_t)n;
    }
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    if (level > least_level)
        return;

    int saved_errno = errno; // a caller may log on its way to looking at errno
    AUTO(text_done) struct text line = {0};
    char *values = NULL;
    va_list args;

    va_start(args, fmt);

    int length = vasprintf(&values, fmt, args);

    va_end(args);
    if (length < 0)
        out_of_memory();
    add_prefix(&line, level);
    text_add(&line, event);
    if (length > 0)
        text_add(&line, " ");
    add_escaped(&line, values, (size_t)length);
    free(values);
    text_add(&line, "\n");
    write_all(line.s, line.length);
    errno = saved_errno;
}
