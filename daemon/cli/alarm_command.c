// `timely alarm`: one alarm by the ways of the configuration, without store or daemon. systemd runs
// it when it gives a service up; an operator, to see that it arrives.
#include "alarm.h"
#include "book.h"
#include "clean.h"
#include "clock.h"
#include "operator.h"
#include "transfer.h"

enum status run_alarm(struct session *s, const struct arguments *g, struct error *err)
{
    const char *unit = argument(g, "unit");
    instant now = clock_real();
    struct unwell cause = {.code = "test", .count = 1, .since = now};
    bool told = false;

    cause.words = "nothing is wrong: somebody tries whether alarms arrive";
    if (unit) {
        cause.code = "unit-failed";
        cause.words = arena_printf(s->arena, "the service manager has given up %s",
                                   clean_line(s->arena, unit, 100));
    }
    (void)fail(err, FAULT_AWAY, "no other way is set under \"alarm\" in the configuration");
    if (!transfer_init(s->loop, 1, err))
        return status_of(err);
    for (enum alarm_way way = 0; way < ALARM_WAYS; way++)
        if (alarm_has_way(&s->config, way))
            told |= alarm_send(&s->config, way, ALARM_RAISED, &cause, 1, instant_iso(s->arena, now),
                               now, err);
    transfer_done();
    if (!told)
        return status_of(err);
    *err = (struct error){0}; // of a way that failed where another did not; the log has it
    text_add(&s->out, "Told.\n");
    return STATUS_DONE;
}
