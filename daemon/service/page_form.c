// Forms of a page (page_form.h).
#include "page_form.h"

#include "clean.h"
#include "token.h"
#include "why_page.h"

#include <openssl/crypto.h>
#include <string.h>

const char *page_form_token(struct arena *a, const struct page_form_key *key, struct date day)
{
    return token_derived(a, key->secret, strlen(key->secret),
                         arena_printf(a, "form of %s%s", date_iso(a, day), key->owner));
}

static bool is(const char *token, const char *given)
{
    return strlen(given) == strlen(token) && CRYPTO_memcmp(given, token, strlen(token)) == 0;
}

bool page_form_is_ours(struct arena *a, const struct page_form_key *key, const char *given,
                       struct date today)
{
    return given && (is(page_form_token(a, key, today), given) ||
                     is(page_form_token(a, key, date_add_days(today, -1)), given));
}

const char *page_form_read(struct arena *a, const struct form *f, struct page_word *ret)
{
    const char *say = form_value(f, "say"), *until = form_value(f, "until");
    struct page_word w = {.last_day = DATE_NONE,
                          .reason = clean_line(a, form_value(f, "because"), IN_HAND_REASON_MOST)};

    if (say && strcmp(say, "done") == 0) {
        w.done = true;
    } else if (!say || strcmp(say, "in-hand") != 0) {
        return "What came says neither that it is in hand nor that it was done.";
    } else if (!until || !date_parse(until, &w.last_day)) {
        return "The day until which it is in hand is missing, or is no date such as 2024-04-12. "
               "Please go back and choose one.";
    } else if (clean_is_blank(w.reason)) {
        return "The reason is missing. Please go back and say in a few words why it waits.";
    }
    *ret = w;
    return NULL;
}
