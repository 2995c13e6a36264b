// Errors are plain text in a buffer of the caller: reporting one allocates nothing, so that it
// works when memory is the trouble.
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Here they are what they are.
#undef fail
#undef explain

// Takes off a character that the end of the buffer cut in two.
static void drop_partial_character(char *s)
{
    size_t length = strlen(s);
    size_t start = length;

    while (start > 0 && length - start < 3 && ((unsigned char)s[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;

    unsigned char lead = (unsigned char)s[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;

    if (wanted > length - start + 1)
        s[start - 1] = '\0';
}

__attribute__((format(printf, 3, 0))) static void format_cut(char *to, size_t room, const char *fmt,
                                                             va_list args)
{
    int length = vsnprintf(to, room, fmt, args);

    if (length < 0)
        to[0] = '\0';
    else if ((size_t)length >= room)
        drop_partial_character(to);
}

bool fail(struct error *err, enum fault fault, const char *fmt, ...)
{
    // Composed aside: the arguments may point into err itself.
    char text[sizeof err->text];
    va_list args;

    va_start(args, fmt);
    format_cut(text, sizeof text, fmt, args);
    va_end(args);
    err->fault = fault;
    memcpy(err->text, text, strlen(text) + 1);
    return false;
}

bool explain(struct error *err, const char *fmt, ...)
{
    char context[sizeof err->text];
    va_list args;

    va_start(args, fmt);
    format_cut(context, sizeof context, fmt, args);
    va_end(args);
    return fail(err, err->fault, "%s: %s", context, err->text);
}

void out_of_memory(void)
{
    static const char message[] = "out of memory\n";

    (void)!write(STDERR_FILENO, message, sizeof message - 1);
    _exit(3);
}
