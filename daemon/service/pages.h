// Pages that links open. The store is asked when somebody comes: what a link may show is behind a
// function of the store, so that this process can read nothing else, and what is pressed goes
// through another into the inbox.
//
//   /why/TOKEN     why one deadline is due when it is; where the link came by mail, forms to say
//                  that it is in hand, or done and not yet recorded
//   /pages.css     their style
//
// With sign-on a link alone opens nothing: who comes has to be somebody in post who may open it,
// and what they press is said in their own name (page_visitor.h).
#pragma once

#include "http.h"
#include "store_pool.h"
#include "throttle.h"

struct pages {
    struct store_pool *pool;
    struct throttle *throttle;
    const char *prefix; // the path of the public address before ours, without its last "/"
    const char *help;   // one line at the foot of a page, or NULL
    bool sign_on;       // a trusted proxy says who has signed in
    bool by_email;      // by mail address; else by professional id
};

// Whether a path (without the prefix) is one of these.
bool pages_has(const char *path);
// Whether such a path takes POST.
bool pages_takes_form(const char *path);
// Answers GET, HEAD and POST of such a path, later where the store has to be asked. GET changes
// nothing, since mail scanners follow links; a POST puts one word into the inbox and answers with
// 303 to the page. A page in words says what is the matter: 404 for a link that leads nowhere, 403
// where the visitor has not signed in or may not open it, 503 for a store that is away.
void pages_answer(struct pages *p, const struct http_request *q, struct http_response *ret);
