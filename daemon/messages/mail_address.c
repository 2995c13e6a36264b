// Mail addresses: a deliberately narrow reading of RFC 5321, since libical and libcurl place them
// into lines as they are given.
#include "mail_address.h"

#include "text.h"

#include <string.h>
#include <strings.h>

#define ADDRESS_BYTES_MAX 254
#define LOCAL_BYTES_MAX 64
#define LABEL_BYTES_MAX 63

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Pieces between single dots, each of 1 to `max` accepted characters.
static bool dotted(const char *s, size_t length, const char *others, size_t max)
{
    size_t piece = 0;

    for (size_t i = 0; i < length; i++) {
        if (s[i] == '.') {
            if (piece == 0)
                return false;
            piece = 0;
        } else if (++piece > max || (!is_alphanumeric(s[i]) && !strchr(others, s[i]))) {
            return false;
        }
    }
    return piece > 0;
}

static bool labels_end_in_letters(const char *domain)
{
    size_t length = strlen(domain);

    return domain[0] != '-' && domain[length - 1] != '-' && !strstr(domain, ".-") &&
           !strstr(domain, "-.");
}

bool mail_address_valid(const char *email)
{
    const char *at = email ? strchr(email, '@') : NULL;

    if (!at || strlen(email) > ADDRESS_BYTES_MAX || at - email > LOCAL_BYTES_MAX)
        return false;
    return dotted(email, (size_t)(at - email), "!#$%&'*+-/=?^_`{|}~", LOCAL_BYTES_MAX) &&
           dotted(at + 1, strlen(at + 1), "-", LABEL_BYTES_MAX) && labels_end_in_letters(at + 1);
}

static bool is_within(const char *domain, const char *allowed)
{
    size_t length = strlen(domain), tail = strlen(allowed);

    if (tail == 0 || length < tail || strcasecmp(domain + length - tail, allowed) != 0)
        return false;
    return length == tail || domain[length - tail - 1] == '.';
}

bool mail_domain_allowed(const char *email, const char *const *domains, size_t count)
{
    if (!mail_address_valid(email))
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_within(strchr(email, '@') + 1, domains[i]))
            return true;
    return false;
}

const char *mail_address_uri(struct arena *a, const char *email)
{
    AUTO(text_done) struct text out = {0};

    text_add(&out, "mailto:");
    for (const char *c = email; *c; c++) {
        if (is_alphanumeric(*c) || strchr("@.-_+~!$*'", *c))
            text_add_n(&out, c, 1);
        else
            text_addf(&out, "%%%02X", (unsigned)(unsigned char)*c);
    }
    return arena_strdup(a, text_str(&out));
}
