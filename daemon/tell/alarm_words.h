// What an alarm says: a mail in the words of the self-audit, which name nobody; to a webhook, which
// may be another's, codes and times alone. For alarm.c.
#pragma once

#include "alarm.h"

struct alarm {
    struct arena *arena;
    enum alarm_kind kind;
    const struct unwell *causes;
    size_t count;
    const char *id; // the same however often it is tried
    instant now;
};

const char *alarm_subject(const struct alarm *m);
const char *alarm_text(const struct alarm *m);

// The document for a webhook. In the arena.
const char *alarm_document(const struct alarm *m, enum webhook_form form);
