// The driver of test_imap.py: looks into a mailbox and prints what it finds.
//
//     read_mailbox URL USER FOLDER [option=value …]
//
// Options: password= bearer= tls=yes ca=FILE timeout=SECONDS first=UID since=YYYY-MM-DD most=BYTES
#include "imap.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    struct mail_server server;
    const char *folder;
    uint32_t first;
    struct date since;
    size_t most;
    bool bodies;
    bool ok;
};

static const char *option(int argc, char **argv, const char *name, const char *otherwise)
{
    size_t length = strlen(name);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return otherwise;
}

static bool show_mail(struct imap *m, const struct work *w, uint32_t uid, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *structure, *mail;
    size_t length;

    if (!imap_structure(m, a, uid, &structure, err) ||
        !imap_mail(m, a, uid, w->most, &mail, &length, err))
        return false;
    printf("mail %u %s %zu\n", uid,
           !structure                              ? "gone"
           : strcasestr(structure, "\"calendar\"") ? "calendar"
                                                   : "other",
           mail ? length : 0);
    return true;
}

static bool look(const struct work *w, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(imap_auto_close) struct imap *m = NULL;
    struct imap_folder folder;
    bool denied = false;
    uint32_t *uids;
    size_t count;

    if (!imap_open(&w->server, &m, &denied, err)) {
        printf("denied %d\n", denied);
        return false;
    }
    if (!imap_examine(m, w->folder, &folder, err) ||
        !imap_uids(m, a, w->first, w->since, &uids, &count, err))
        return false;
    printf("folder %d next %u count %zu\n", folder.uid_validity != 0, folder.uid_next, count);
    for (size_t i = 0; w->bodies && i < count; i++)
        if (!show_mail(m, w, uids[i], err))
            return false;
    return true;
}

static void run(void *arg)
{
    struct work *w = arg;
    struct error err;

    w->ok = look(w, &err);
    if (!w->ok)
        printf("failed %s\n", err.text);
}

int main(int argc, char **argv)
{
    struct work w = {.since = DATE_NONE};
    struct loop *l = loop_new();
    struct error err;

    if (argc < 4 || !transfer_init(l, 1, &err))
        return 2;
    w.server = (struct mail_server){
        .url = argv[1],
        .user = argv[2],
        .password = option(argc, argv, "password", NULL),
        .bearer = option(argc, argv, "bearer", NULL),
        .require_tls = strcmp(option(argc, argv, "tls", "yes"), "yes") == 0,
        .ca_file = option(argc, argv, "ca", NULL),
        .timeout_s = atoi(option(argc, argv, "timeout", "5")),
    };
    w.folder = argv[3];
    w.first = (uint32_t)strtoul(option(argc, argv, "first", "1"), NULL, 10);
    w.most = strtoul(option(argc, argv, "most", "1048576"), NULL, 10);
    w.bodies = strcmp(option(argc, argv, "bodies", "yes"), "yes") == 0;
    if (option(argc, argv, "since", NULL) && !date_parse(option(argc, argv, "since", ""), &w.since))
        return 2;
    loop_run_one(l, "read_mailbox", run, &w);
    transfer_done();
    loop_free(l);
    return w.ok ? 0 : 1;
}
