// Handing a message over to GOV.UK Notify
// (https://docs.notifications.service.gov.uk/rest-api.html): a service of government that sends
// mail for councils, from a template of the council's that has two fields, ((subject)) and
// ((message)). It takes words only, no calendar objects.
#pragma once

#include "arena.h"
#include "clock.h"
#include "handover.h"

#include <stdatomic.h>

struct notify_service {
    const char *url;         // "https://api.notifications.service.gov.uk"
    const char *key;         // an API key as Notify shows it: name, service and secret
    const char *template_id; // of the council's template
    const char *reply_to_id; // of an address that Notify knows; NULL: the service's own
    const char *ca_file;     // NULL: the system's certificates
    int timeout_s;
};

struct notify_mail {
    const char *to, *subject, *text;
    const char *reference; // ours, the same on every try: the Message-ID
    bool may_be_there;     // a try before this one may have arrived
    // The moment of clock_monotonic until which it may be given; it may be moved meanwhile. NULL:
    // for ever.
    const _Atomic int64_t *until;
};

// Hands one message over. What may have arrived before is looked for by its reference first, so
// that a lost answer makes no second mail. `now` is real time: Notify refuses a clock that is half
// a minute off. Waits.
void notify_send(struct arena *a, const struct notify_service *s, const struct notify_mail *m,
                 instant now, struct handover_answer *ret);

// Whether a text has the form of an API key.
bool notify_key_valid(const char *key);
