// Recipients (recipient.h).
#include "recipient.h"

#include <string.h>

static const char *const managers[] = {"team-manager",
                                       "service-manager",
                                       "head-of-service",
                                       "director",
                                       "chairs-manager",
                                       "safeguarding-manager",
                                       NULL};
static const char *const named[] = {"social-worker", "chair", "reviewing-officer", OUT_OF_HOURS,
                                    NULL};

static bool is_role(const char *role, const char *const *roles)
{
    for (; *roles; roles++)
        if (strcmp(*roles, role) == 0)
            return true;
    return false;
}

// Who stands in for somebody absent may be told of a restricted child only as a manager of theirs.
static bool may_be_told(struct arena *a, const struct directory *d, const struct responsible *who,
                        const char *role, const struct staff *s, struct date today)
{
    const char *ignored;

    if (is_role(role, managers) || (who->worker_id && strcmp(s->id, who->worker_id) == 0))
        return true;
    return directory_on_rung(a, d, who, true, "team-manager", today, &ignored) == s ||
           directory_on_rung(a, d, who, true, "service-manager", today, &ignored) == s;
}

const struct staff *recipient_on_rung(struct arena *a, const struct directory *d,
                                      const struct responsible *who, bool restricted,
                                      const char *rung, struct date today, const char **ret_why)
{
    const char *role = arena_strndup(a, rung, strcspn(rung, ","));
    const struct staff *s;

    if (strcmp(role, OUT_OF_HOURS) == 0) {
        *ret_why = "the office is shut, and you are on duty";
        return restricted ? NULL : directory_out_of_hours(a, d, who, today);
    }
    s = directory_on_rung(a, d, who, restricted, role, today, ret_why);
    if (!s || !restricted || may_be_told(a, d, who, role, s, today))
        return s;
    return NULL;
}

static bool is_one_of(struct arena *a, const struct directory *d, const struct responsible *who,
                      bool restricted, const char *const *roles, const char *staff_id,
                      struct date on)
{
    const char *ignored;

    for (; *roles; roles++) {
        const struct staff *s = recipient_on_rung(a, d, who, restricted, *roles, on, &ignored);

        if (s && strcmp(s->id, staff_id) == 0)
            return true;
    }
    return false;
}

bool recipient_is_responsible(struct arena *a, const struct directory *d,
                              const struct responsible *who, bool restricted, const char *staff_id,
                              struct date on)
{
    return is_one_of(a, d, who, restricted, named, staff_id, on) ||
           is_one_of(a, d, who, restricted, managers, staff_id, on);
}
