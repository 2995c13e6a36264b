// timely: the program for people and scripts. Reads the command line, runs one command in a fiber,
// prints what it said and ends with its status.
#include "arguments.h"

#include "fiber.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct running {
    struct session session;
    struct command_line line;
    enum status status;
    struct error error;
};

static void run_command(void *arg)
{
    struct running *r = arg;

    r->status = r->line.command->run(&r->session, &r->line.arguments, &r->error);
}

static void print_error(const struct error *err)
{
    if (*err->text)
        fprintf(stderr, "timely: %s\n", err->text);
}

// A reader who has seen enough (a pager, head) is no fault.
static enum status print_out(const struct text *out, enum status status)
{
    size_t written = out->length ? fwrite(out->s, 1, out->length, stdout) : 0;

    if ((written == out->length && fflush(stdout) == 0) || errno == EPIPE)
        return status;
    fprintf(stderr, "timely: standard output: %s\n", strerror(errno));
    return STATUS_AWAY;
}

static enum status run(struct running *r)
{
    struct session *s = &r->session;

    if (!session_begin(s, r->line.command, &r->line.arguments, &r->error))
        return status_of(&r->error);
    s->loop = loop_new();
    loop_run_one(s->loop, r->line.command->name, run_command, r);
    return r->status;
}

int main(int argc, char **argv)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct running r = {.session = {.arena = a}};
    enum status status = STATUS_DONE;

    signal(SIGPIPE, SIG_IGN);
    if (!arguments_read(a, argc, argv, &r.line, &r.error))
        status = STATUS_USAGE;
    else if (r.line.version)
        text_add(&r.session.out, "timely " TIMELY_VERSION "\n");
    else if (!r.line.command)
        commands_help(&r.session.out);
    else if (r.line.help)
        command_help(&r.session.out, r.line.command);
    else
        status = run(&r);
    status = print_out(&r.session.out, status);
    print_error(&r.error);
    session_end(&r.session);
    return (int)status;
}
