// Authentication-Results (mail_verdict.h). The server repeats in it what the sender chose: that
// stands in quotes or comments, however it is written, and is not listened to.
#include "mail_verdict.h"

#include <string.h>
#include <strings.h>

// The value without comments and quoted strings (RFC 5322 3.2.2, 3.2.4: comments nest, and a
// backslash takes its meaning from the character behind it); NULL: one of them does not end.
static char *bare(struct arena *a, const char *s)
{
    char *copy = arena_strdup(a, s), *to = copy;
    bool quoted = false;
    int depth = 0;

    for (; *s; s++) {
        if (*s == '\\' && s[1] && (quoted || depth > 0))
            s++;
        else if (*s == '"' && depth == 0)
            quoted = !quoted;
        else if (*s == '(' && !quoted)
            depth++;
        else if (*s == ')' && depth > 0)
            depth--;
        else if (!quoted && depth == 0)
            *to++ = *s;
    }
    *to = '\0';
    return quoted || depth > 0 ? NULL : copy;
}

// The result of a method ("dmarc=fail") among the words behind the semicolons; "" when there is
// none.
static const char *result_of(struct arena *a, const char *results, const char *method)
{
    size_t length = strlen(method);

    for (const char *s = strchr(results, ';'); s; s = strchr(s, ';')) {
        s++;
        s += strspn(s, " \t\r\n");
        if (strncasecmp(s, method, length) != 0)
            continue;
        s += length;
        s += strspn(s, " \t\r\n");
        if (*s != '=')
            continue;
        s++;
        s += strspn(s, " \t\r\n");
        return arena_strndup(a, s, strcspn(s, "; \t\r\n"));
    }
    return "";
}

static bool is_word(const char *s, const char *word)
{
    return strcasecmp(s, word) == 0;
}

static enum mail_verdict verdict_in(struct arena *a, const char *results)
{
    const char *dmarc = result_of(a, results, "dmarc");
    const char *spf = result_of(a, results, "spf"), *dkim = result_of(a, results, "dkim");

    if (is_word(dmarc, "pass"))
        return VERDICT_PASS;
    if (is_word(dmarc, "fail") ||
        ((is_word(spf, "fail") || is_word(spf, "softfail")) && is_word(dkim, "fail")))
        return VERDICT_FAIL;
    return is_word(spf, "pass") || is_word(dkim, "pass") ? VERDICT_PASS : VERDICT_NONE;
}

// A comment may stand before the name of the server, as anywhere.
static bool is_of_server(const char *results, const char *authserv_id)
{
    size_t length = strlen(authserv_id);

    results += strspn(results, " \t\r\n");
    return strncasecmp(results, authserv_id, length) == 0 && strchr("; \t\r\n", results[length]);
}

bool mail_verdict_of(struct arena *a, const char *value, const char *authserv_id,
                     enum mail_verdict *ret)
{
    const char *results = bare(a, value);

    if (!is_of_server(results ? results : value, authserv_id))
        return false;
    *ret = results ? verdict_in(a, results) : VERDICT_FAIL;
    return true;
}
