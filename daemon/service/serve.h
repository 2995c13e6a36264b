// timelyd --serve: the process that faces the network. It reads feeds from the store and answers
// for them; it writes nothing and knows neither the source nor the mail server.
//
//   /feed/TOKEN.ics   a calendar
//   /why/TOKEN        a page that explains one deadline, to who has signed in where
//                     limits.trusted has an identity_header
//   /caldav/          the same by CalDAV (caldav.h)
//   /healthz          200 while all is well by the self-audit; else 503 with the codes of what is
//                     not
//   /readyz           200 once the feeds were read from the store
//   /metrics          Prometheus
#pragma once

#include "db.h"
#include "http.h"
#include "throttle.h"

struct serve_options {
    const char *listen;               // as http_listen takes it
    const char *cert_file, *key_file; // or NULL, NULL: clear text
    struct db_options store;          // with the role that reads feeds
    const char *public_url; // under which clients know us; its path may stand before ours. Or NULL
    const char *help;       // one line at the foot of pages: whom to ask; or NULL
    struct http_limits limits;
    bool identity_is_email; // what trusted proxies say of who has signed in; else a professional id
    struct throttle_options rates;
    // Called in a fiber once the server listens, to tell a service manager and to start the fiber
    // that pets its watchdog; NULL: nobody to tell.
    void (*listening)(void *arg);
    void *arg;
};

// Runs until SIGTERM or SIGINT, then finishes the answers in flight. SIGHUP reads the certificate
// again. False when the server cannot listen; a store that is away is waited for.
MUST_USE bool serve_run(const struct serve_options *o, struct error *err);
