// The driver of test_delivery.py and test_notify.py: reads a message from a file and hands it over,
// as often as asked, one line of answer each.
//
//     hand_over smtp URL FROM TO[,TO…] FILE [option=value …]
//     hand_over maildir DIR MESSAGE-ID FILE [limit=BYTES]
//     hand_over notify URL KEY TO FILE [ca=FILE timeout=SECONDS again=yes reply-to=ID]
//
// Several recipients have one message each, in turns.
// Options: tls=yes ca=FILE user= password= bearer= timeout=SECONDS repeat=N pause-ms=N late=yes
// (its time has passed)
#include "clock.h"
#include "fiber.h"
#include "maildir.h"
#include "notify.h"
#include "smtp.h"
#include "transfer.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct work {
    struct mail_server server;
    struct smtp_mail mail;
    const char *const *to;
    int to_count;
    int repeat, pause_ms;
};

static const char *const results[] = {"sent", "retry", "refused", "unsure"};

static void say(const struct handover_answer *answer)
{
    printf("%s %d %s\n", results[answer->result], answer->code, answer->text);
    (void)fflush(stdout);
}

static const char *option(int argc, char **argv, const char *name)
{
    size_t length = strlen(name);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return NULL;
}

static int number(int argc, char **argv, const char *name, int otherwise)
{
    const char *s = option(argc, argv, name);

    return s ? atoi(s) : otherwise;
}

static char *read_file(const char *path, size_t *length)
{
    FILE *f = fopen(path, "rbe");
    char *bytes = malloc(64U << 20);

    if (!f || !bytes) {
        perror(path);
        exit(2);
    }
    *length = fread(bytes, 1, 64U << 20, f);
    (void)fclose(f);
    return bytes;
}

static void hand_over(void *arg)
{
    struct work *w = arg;

    for (int i = 0; i < w->repeat; i++) {
        struct handover_answer answer;

        if (i > 0 && w->pause_ms > 0)
            (void)fiber_sleep(INT64_C(1000) * w->pause_ms);
        w->mail.to = w->to[i % w->to_count];
        smtp_send(&w->server, &w->mail, &answer);
        say(&answer);
    }
}

#define RECIPIENTS_MOST 10

static int split(char *list, const char **ret)
{
    int count = 0;
    char *rest;

    ret[count++] = list; // also an empty one
    while (count < RECIPIENTS_MOST && (rest = strchr(list, ','))) {
        *rest = '\0';
        ret[count++] = list = rest + 1;
    }
    return count;
}

static int over_smtp(int argc, char **argv)
{
    const char *to[RECIPIENTS_MOST];
    const char *tls = option(argc, argv, "tls");
    struct work w = {
        .server =
            {
                .url = argv[2],
                .helo = "client.example",
                .user = option(argc, argv, "user"),
                .password = option(argc, argv, "password"),
                .bearer = option(argc, argv, "bearer"),
                .require_tls = tls && strcmp(tls, "yes") == 0,
                .ca_file = option(argc, argv, "ca"),
                .timeout_s = number(argc, argv, "timeout", 5),
            },
        .mail = {.from = argv[3]},
        .to = to,
        .to_count = split(argv[4], to),
        .repeat = number(argc, argv, "repeat", 1),
        .pause_ms = number(argc, argv, "pause-ms", 0),
    };
    static const _Atomic int64_t passed = 1;
    struct loop *l = loop_new();
    struct error err;
    char *bytes;

    bytes = read_file(argv[5], &w.mail.length);
    w.mail.bytes = bytes;
    if (option(argc, argv, "late"))
        w.mail.until = &passed;
    if (!transfer_init(l, 4, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    loop_run_one(l, "hand_over", hand_over, &w);
    transfer_done();
    loop_free(l);
    free(bytes);
    return 0;
}

// A disk that is full, as far as a process without rights can make one.
static void limit_files(int bytes)
{
    struct rlimit limit = {(rlim_t)bytes, (rlim_t)bytes};

    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        perror("setrlimit");
        exit(2);
    }
}

static int into_maildir(int argc, char **argv)
{
    struct handover_answer answer;
    size_t length;
    char *bytes = read_file(argv[4], &length);

    if (option(argc, argv, "limit"))
        limit_files(number(argc, argv, "limit", 0));
    maildir_put(argv[2], argv[3], bytes, length, &answer);
    say(&answer);
    free(bytes);
    return 0;
}

struct notifying {
    struct notify_service service;
    struct notify_mail mail;
};

static void notify(void *arg)
{
    const struct notifying *n = arg;
    struct arena *a = arena_new();
    struct handover_answer answer;

    notify_send(a, &n->service, &n->mail, clock_real(), &answer);
    say(&answer);
    arena_free(a);
}

static int over_notify(int argc, char **argv)
{
    size_t length;
    char *bytes = read_file(argv[5], &length);
    struct notifying n = {.service = {.url = argv[2],
                                      .key = argv[3],
                                      .template_id = "template-1",
                                      .reply_to_id = option(argc, argv, "reply-to"),
                                      .ca_file = option(argc, argv, "ca"),
                                      .timeout_s = number(argc, argv, "timeout", 5)},
                          .mail = {.to = argv[4],
                                   .subject = "6 due within 5 working days",
                                   .text = bytes,
                                   .reference = "<1+2@timely.council.example>",
                                   .may_be_there = option(argc, argv, "again") != NULL}};
    struct loop *l = loop_new();
    struct error err;

    bytes[length] = '\0';
    if (!notify_key_valid(argv[3])) {
        printf("no key\n");
    } else if (!transfer_init(l, 4, &err)) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 2;
    } else {
        loop_run_one(l, "notify", notify, &n);
        transfer_done();
    }
    loop_free(l);
    free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 6 && strcmp(argv[1], "smtp") == 0)
        return over_smtp(argc, argv);
    if (argc >= 5 && strcmp(argv[1], "maildir") == 0)
        return into_maildir(argc, argv);
    if (argc >= 6 && strcmp(argv[1], "notify") == 0)
        return over_notify(argc, argv);
    (void)fprintf(stderr, "usage: hand_over smtp|maildir|notify …\n");
    return 2;
}
