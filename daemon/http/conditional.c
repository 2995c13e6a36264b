// Conditional requests. Whatever cannot be read counts as not given, so that the client gets the
// whole answer: one too many costs little, a 304 too many hides a change for good.
#include "conditional.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

// RFC 9110 8.8.3: any visible character but the quote, and bytes above ASCII. Returns the length of
// the quoted tag at s, or 0.
static size_t quoted_tag(const char *s)
{
    const char *end = s + 1;

    if (*s != '"')
        return 0;
    while ((unsigned char)*end >= 0x21 && *end != '"' && *end != 0x7f)
        end++;
    return *end == '"' ? (size_t)(end - s) + 1 : 0;
}

bool conditional_etag_named(const char *if_none_match, const char *etag)
{
    const char *s = if_none_match + strspn(if_none_match, " \t");
    const size_t wanted = strlen(etag);

    if (*s == '*')
        return s[1 + strspn(s + 1, " \t")] == '\0';
    while (*(s += strspn(s, " \t,"))) {
        size_t length;

        if (strncmp(s, "W/", 2) == 0)
            s += 2;
        length = quoted_tag(s);
        if (length == 0)
            return false;
        if (length == wanted && memcmp(s, etag, wanted) == 0)
            return true;
        s += length;
        if (!strchr(" \t,", *s)) // the end of the text is among them
            return false;
    }
    return false;
}

enum form { IMF_FIXDATE, RFC_850, ASCTIME, FORMS };

static const char *read_form(enum form form, const char *s, struct tm *ret)
{
    switch (form) {
    case IMF_FIXDATE:
        return strptime(s, "%a, %d %b %Y %H:%M:%S GMT", ret);
    case RFC_850:
        return strptime(s, "%A, %d-%b-%y %H:%M:%S GMT", ret);
    case ASCTIME:
        return strptime(s, "%a %b %e %H:%M:%S %Y", ret);
    case FORMS:
        break;
    }
    return NULL;
}

// strftime's own year of two digits is refused by the compiler, for good reasons.
static size_t write_rfc_850(const struct tm *tm, char *ret, size_t room)
{
    size_t n = strftime(ret, room, "%A, %d-%b-", tm);

    return n + (size_t)snprintf(ret + n, room - n, "%02d %02d:%02d:%02d GMT", tm->tm_year % 100,
                                tm->tm_hour, tm->tm_min, tm->tm_sec);
}

static size_t write_form(enum form form, const struct tm *tm, char *ret, size_t room)
{
    switch (form) {
    case IMF_FIXDATE:
        return strftime(ret, room, "%a, %d %b %Y %H:%M:%S GMT", tm);
    case RFC_850:
        return write_rfc_850(tm, ret, room);
    case ASCTIME:
        return strftime(ret, room, "%a %b %e %H:%M:%S %Y", tm);
    case FORMS:
        break;
    }
    return 0;
}

bool conditional_read_date(const char *s, int64_t *ret)
{
    for (enum form form = IMF_FIXDATE; form < FORMS; form++) {
        struct tm tm = {0};
        const char *end = read_form(form, s, &tm);
        char again[64];
        time_t t;

        if (!end || *end)
            continue;
        t = timegm(&tm);
        // strptime is generous with blanks, digits and days that do not exist.
        gmtime_r(&t, &tm);
        if (write_form(form, &tm, again, sizeof again) == 0 || strcmp(again, s) != 0)
            continue;
        *ret = t;
        return true;
    }
    return false;
}

void conditional_write_date(int64_t seconds, char ret[HTTP_DATE_SIZE])
{
    time_t t = (time_t)seconds;
    struct tm tm;

    gmtime_r(&t, &tm);
    if (write_form(IMF_FIXDATE, &tm, ret, HTTP_DATE_SIZE) == 0)
        ret[0] = '\0';
}
