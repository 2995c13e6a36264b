// The configuration: what each setting takes, what is said of a bad one and where, what settings
// ask of one another, and that the shipped example is true.
#include "settings.h"

#include "paths.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena *arena;
    char folder[64], path[80];
    struct config config;
    struct error error;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    f->arena = arena_new();
    strcpy(f->folder, "/tmp/timely-config-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/t.yaml", f->folder);
    unsetenv("CREDENTIALS_DIRECTORY");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0);
    arena_free(f->arena);
    free(f);
    return 0;
}

static void put(const char *path, const char *bytes, size_t length)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

static bool reads(struct fixture *f, const char *text)
{
    put(f->path, text, strlen(text));
    f->error = (struct error){0};
    return config_read(f->arena, f->path, &f->config, &f->error);
}

static void assert_reads(struct fixture *f, const char *text)
{
    if (!reads(f, text))
        fail_msg("%s\n%s", text, f->error.text);
}

// The whole error, without the folder of the file.
static void assert_refused(struct fixture *f, const char *text, const char *expected)
{
    AUTO(text_done) struct text found = {0};
    size_t folder = strlen(f->folder) + 1;

    if (reads(f, text))
        fail_msg("read without complaint:\n%s", text);
    assert_int_equal(f->error.fault, FAULT_INPUT);
    for (const char *p = f->error.text; *p;) {
        if (strncmp(p, f->path, folder) == 0)
            p += folder;
        else
            text_add_n(&found, p++, 1);
    }
    if (strcmp(text_str(&found), expected) != 0)
        fail_msg("of\n%s\nsaid: %s\nmeant: %s", text, text_str(&found), expected);
}

static const char *printed(struct fixture *f, const struct config *c)
{
    AUTO(text_done) struct text out = {0};

    config_print(&out, c);
    return arena_strdup(f->arena, text_str(&out));
}

// ------------------------------------------------------------------------ good files

static void defaults_are_those_of_the_header(void **state)
{
    struct fixture *f = *state;
    struct config c;

    config_defaults(f->arena, &c);
    assert_null(c.file);
    assert_null(c.source);
    assert_null(c.store);
    assert_null(c.web_store);
    assert_false(c.source_pooled);
    assert_int_equal(c.watch, WATCH_POLL);
    assert_int_equal(c.poll_every_s, 60);
    assert_int_equal(c.settle_s, 60);
    assert_int_equal(c.sweep_every_s, 600);
    assert_int_equal(c.few_persons, 20);
    assert_int_equal(c.max_shrink_percent, 20);
    assert_int_equal(c.max_change_percent, 25);
    assert_non_null(strstr(c.rules_dir, "/rules"));
    assert_null(c.overlay);
    assert_null(c.clock);
    assert_int_equal(c.delivery, DELIVERY_OFF);
    assert_true(c.smtp_require_tls);
    assert_int_equal(c.smtp_timeout_s, 60);
    assert_int_equal(c.mails_at_once, 2);
    assert_int_equal(c.allowed_domain_count, 0);
    assert_int_equal(c.quiet_s, 60);
    assert_int_equal(c.expire_days, 3);
    assert_int_equal(c.names, NAME_BY_REFERENCE);
    assert_int_equal(c.title_names, NAME_BY_REFERENCE);
    assert_int_equal(c.meeting_invites, INVITES_OURS);
    assert_string_equal(c.service_name, "Children's services");
    assert_null(c.help);
    assert_null(c.reply_to);
    assert_string_equal(c.listen, "127.0.0.1:8480");
    assert_string_equal(c.public_url, "http://127.0.0.1:8480");
    assert_int_equal(c.log_level, 2); // info
}

// A file that says everything otherwise than the defaults.
static const char everything[] =
    "source:\n"
    "  database: host=/run/postgresql dbname=cases user=timely_read\n"
    "  password file: secrets/source\n"
    "  pooled: yes\n"
    "  watch: poll\n"
    "  poll every: 5 seconds\n"
    "  settle for: 1 second\n"
    "  sweep every: 86400 seconds\n"
    "  few persons: 0\n"
    "  max shrink: 100%\n"
    "  max change: 1%\n"
    "  stale after: 0 days\n"
    "store:\n"
    "  database: postgresql://timely@db.example.gov.uk/timely\n"
    "  password file: /etc/timely/store\n"
    "rules: {folder: rules, overlay: milton-keynes,\n"
    "  bank holidays url: \"https://list.example/bank-holidays.json\"}\n"
    "mail:\n"
    "  delivery: live\n"
    "  redirect to: pilot@example.gov.uk\n"
    "  from name: \"Fristen \\u2014 \\\"Timely\\\"\"\n"
    "  from email: timely@example.gov.uk\n"
    "  reply to: timely+{event}@example.gov.uk\n"
    "  maildir: mail\n"
    "  smtp url: smtps://mail.example.gov.uk\n"
    "  smtp helo: timely.example.gov.uk\n"
    "  smtp user: timely\n"
    "  smtp password file: smtp\n"
    "  smtp ca file: ca.pem\n"
    "  smtp require tls: no\n"
    "  smtp timeout: 1 second\n"
    "  mails at once: 50\n"
    "  allowed domains: [example.gov.uk, trust.nhs.uk]\n"
    "  operator email: op@team.EXAMPLE.gov.uk\n"
    "  quiet period: 2 seconds\n"
    "  give up after: 1 day\n"
    "  names: initials\n"
    "  names in titles: initials\n"
    "  meeting invites: theirs\n"
    "  service name: Milton Keynes children’s services\n"
    "  help: Ask the duty desk.\n"
    "mailbox:\n"
    "  imap url: imaps://mail.example.gov.uk:993\n"
    "  imap user: timely\n"
    "  imap password file: imap\n"
    "  imap ca file: ca.pem\n"
    "  imap require tls: no\n"
    "  imap timeout: 5 seconds\n"
    "  folder: Replies\n"
    "  read every: 1 second\n"
    "  authserv id: mx.example.gov.uk\n"
    "oauth:\n"
    "  token url: https://login.example/tenant/oauth2/v2.0/token\n"
    "  client id: 1111-2222\n"
    "  client secret file: secret\n"
    "  scope: mail\n"
    "notify:\n"
    "  key file: notify-key\n"
    "  email template: 3333-4444\n"
    "  reply to: 5555-6666\n"
    "  url: https://notify.example\n"
    "  ca file: notify.pem\n"
    "  timeout: 7 seconds\n"
    "service:\n"
    "  listen: '[::1]:0'\n"
    "  tls certificate file: cert.pem\n"
    "  tls key file: key.pem\n"
    "  public url: https://timely.example.gov.uk\n"
    "  database: dbname=timely user=timely_web\n"
    "  password file: web\n"
    "  trusted proxies: [10.1.2.3, '::1', 'unix:']\n"
    "  identity header: X-Remote-User\n"
    "  identity is: mail address\n"
    "  requests per address: 0\n"
    "  unknown per address: 5\n"
    "  requests per feed: 120\n"
    "alarm:\n"
    "  after: 1 minute\n"
    "  email: duty@example.org\n"
    "  from email: alarm@example.org\n"
    "  smtp url: smtp://relay.example.org:2525\n"
    "  smtp user: timely\n"
    "  smtp password file: alarm\n"
    "  smtp ca file: ca.pem\n"
    "  smtp require tls: no\n"
    "  webhook file: hook\n"
    "  webhook form: teams\n"
    "  heartbeat mail: yes\n"
    "log:\n"
    "  level: debug\n";

static void every_setting_is_read(void **state)
{
    struct fixture *f = *state;
    const struct config *c = &f->config;

    assert_reads(f, everything);
    assert_string_equal(c->file, f->path);
    assert_string_equal(c->source, "host=/run/postgresql dbname=cases user=timely_read");
    assert_string_equal(c->source_password_file,
                        arena_printf(f->arena, "%s/secrets/source", f->folder));
    assert_true(c->source_pooled);
    assert_int_equal(c->poll_every_s, 5);
    assert_int_equal(c->settle_s, 1);
    assert_int_equal(c->sweep_every_s, 86400);
    assert_int_equal(c->few_persons, 0);
    assert_int_equal(c->max_shrink_percent, 100);
    assert_int_equal(c->max_change_percent, 1);
    assert_string_equal(c->store, "postgresql://timely@db.example.gov.uk/timely");
    assert_string_equal(c->store_password_file, "/etc/timely/store");
    assert_string_equal(c->rules_dir, arena_printf(f->arena, "%s/rules", f->folder));
    assert_non_null(strstr(c->overlay, "/rules/overlays/milton-keynes.yaml"));
    assert_string_equal(c->bank_holidays_url, "https://list.example/bank-holidays.json");
    assert_int_equal(c->delivery, DELIVERY_LIVE);
    assert_string_equal(c->from_name, "Fristen — \"Timely\"");
    assert_string_equal(c->reply_to, "timely+{event}@example.gov.uk");
    assert_string_equal(c->maildir, arena_printf(f->arena, "%s/mail", f->folder));
    assert_string_equal(c->smtp_url, "smtps://mail.example.gov.uk");
    assert_false(c->smtp_require_tls);
    assert_int_equal(c->allowed_domain_count, 2);
    assert_string_equal(c->allowed_domains[1], "trust.nhs.uk");
    assert_int_equal(c->expire_days, 1);
    assert_int_equal(c->names, NAME_BY_INITIALS);
    assert_int_equal(c->title_names, NAME_BY_INITIALS);
    assert_int_equal(c->meeting_invites, INVITES_THEIRS);
    assert_string_equal(c->imap_url, "imaps://mail.example.gov.uk:993");
    assert_false(c->imap_require_tls);
    assert_int_equal(c->imap_timeout_s, 5);
    assert_string_equal(c->imap_folder, "Replies");
    assert_int_equal(c->mailbox_every_s, 1);
    assert_string_equal(c->oauth_secret_file, arena_printf(f->arena, "%s/secret", f->folder));
    assert_string_equal(c->notify_template_id, "3333-4444");
    assert_int_equal(c->notify_timeout_s, 7);
    assert_string_equal(c->listen, "[::1]:0");
    assert_string_equal(c->web_store, "dbname=timely user=timely_web");
    assert_int_equal(c->trusted_proxy_count, 3);
    assert_string_equal(c->trusted_proxies[2], "unix:");
    assert_string_equal(c->identity_header, "X-Remote-User");
    assert_int_equal(c->identity_is, IDENTITY_MAIL_ADDRESS);
    assert_int_equal(c->requests_per_feed, 120);
    assert_int_equal(c->log_level, 3);
}

// What is printed is read back as the same configuration; and nothing of `everything` was default.
static void the_printed_configuration_is_read_back(void **state)
{
    struct fixture *f = *state;
    struct config defaults;
    const char *first, *second;

    assert_reads(f, everything);
    first = printed(f, &f->config);
    assert_reads(f, first);
    second = printed(f, &f->config);
    assert_string_equal(first, second);

    config_defaults(f->arena, &defaults);
    for (size_t i = 0; i < setting_count; i++) {
        AUTO(text_done) struct text said = {0}, otherwise = {0};

        if (strcmp(settings[i].group, "clock") == 0 || strcmp(settings[i].key, "watch") == 0)
            continue;
        setting_print(&said, &settings[i], &f->config);
        setting_print(&otherwise, &settings[i], &defaults);
        if (strcmp(text_str(&said), text_str(&otherwise)) == 0)
            fail_msg("%s, %s: not set by this test", settings[i].group, settings[i].key);
    }
    assert_reads(f, printed(f, &defaults));
}

static void what_follows_from_what_is_said(void **state)
{
    struct fixture *f = *state;

    assert_reads(f,
                 "store: {database: dbname=timely, password file: s}\n"
                 "service: {listen: \"0.0.0.0:443\", tls certificate file: c, tls key file: k}\n");
    assert_string_equal(f->config.web_store, "dbname=timely");
    assert_string_equal(f->config.web_password_file, f->config.store_password_file);
    assert_string_equal(f->config.public_url, "https://0.0.0.0:443");
    assert_reads(f, "service: {listen: \"unix:/run/timely/web\"}");
    assert_string_equal(f->config.public_url, "http://localhost");
    assert_reads(f, "service: {public url: \"https://[2001:db8::1]:8443/our/timely\"}");
    assert_string_equal(f->config.public_url, "https://[2001:db8::1]:8443/our/timely");
    assert_reads(f, "clock: {starts at: 2024-04-02 09:00}");
    assert_string_equal(f->config.clock, "2024-04-02T09:00");
    assert_reads(f, "mail: {allowed domains: example.gov.uk}");
    assert_int_equal(f->config.allowed_domain_count, 1);
    assert_reads(f, "source: {watch: notify}");
    assert_int_equal(f->config.watch, WATCH_NOTIFY);
    assert_reads(f, "mail: {delivery: redirect, redirect to: a@b.uk, maildir: m}\n"
                    "clock: {starts at: 2024-04-02T09:00}");
    assert_int_equal(f->config.delivery, DELIVERY_REDIRECT);
}

static void nothing_said_is_the_defaults(void **state)
{
    struct fixture *f = *state;
    struct config defaults;

    config_defaults(f->arena, &defaults);
    assert_reads(f, "");
    assert_string_equal(printed(f, &f->config), printed(f, &defaults));
    assert_reads(f, "# nothing\nsource:\nmail:\n  # nothing either\n");
    assert_string_equal(printed(f, &f->config), printed(f, &defaults));
}

// ------------------------------------------------------------------------ bad files

static const struct {
    const char *text, *expected;
} bad[] = {
    // Keys and shapes.
    {"sorce: {}", "t.yaml:1:1: unknown key \"sorce\"; did you mean \"source\"?"},
    {"mail:\n  delivry: off", "t.yaml:2:3: unknown key \"delivry\" under mail; did you mean "
                              "\"delivery\"?"},
    {"log: {database: x}", "t.yaml:1:7: unknown key \"database\" under log"},
    {"- source", "t.yaml:1:1: expected groups of settings: source, store, rules, clock, mail, "
                 "mailbox, oauth, notify, service, alarm, log"},
    {"source: live", "t.yaml:1:9: expected the settings of \"source\", one a line, as \"key: "
                     "value\""},
    {"log:\n  level: [info]", "t.yaml:2:10: \"level\": expected one value, such as \"info\""},
    {"log:\n  level:", "t.yaml:2:9: \"level\" is empty: leave the line out for its default"},
    {"log:\n  level: info\n  level: debug",
     "t.yaml:3:3: 'level' stands twice, expected each key once; it is first on line 2"},
    // Words.
    {"mail:\n  delivery: liev", "t.yaml:2:13: \"liev\": expected off, redirect or live; did you "
                                "mean \"live\"?"},
    {"mail:\n  names: surname", "t.yaml:2:10: \"surname\": expected reference, initials or name"},
    {"mail:\n  names in titles: name", "t.yaml:2:20: \"name\": expected reference or initials"},
    {"mail:\n  smtp require tls: true", "t.yaml:2:21: \"true\": expected no or yes"},
    {"source:\n  watch: Poll", "t.yaml:2:10: \"Poll\": expected poll or notify; did you mean "
                               "\"poll\"?"},
    // Numbers: the unit is part of it, and nothing is guessed.
    {"source:\n  poll every: 60", "t.yaml:2:15: \"60\": expected a number of seconds from 1 to "
                                  "86400, such as \"60 seconds\""},
    {"source:\n  poll every: 0 seconds", "t.yaml:2:15: \"0 seconds\": expected a number of seconds "
                                         "from 1 to 86400, such as \"60 seconds\""},
    {"source:\n  poll every: 5 minutes", "t.yaml:2:15: \"5 minutes\": expected a number of seconds "
                                         "from 1 to 86400, such as \"60 seconds\""},
    {"source:\n  poll every: 060 seconds", "t.yaml:2:15: \"060 seconds\": expected a number of "
                                           "seconds from 1 to 86400, such as \"60 seconds\""},
    {"source:\n  settle for: 2 second", "t.yaml:2:15: \"2 second\": expected a number of seconds "
                                        "from 0 to 86400, such as \"60 seconds\""},
    {"source:\n  max shrink: 20", "t.yaml:2:15: \"20\": expected a share from 1% to 100%, such as "
                                  "\"20%\""},
    {"source:\n  max change: 101%", "t.yaml:2:15: \"101%\": expected a share from 1% to 100%, such "
                                    "as \"25%\""},
    {"source:\n  few persons: -1", "t.yaml:2:16: \"-1\": expected a number from 0 to 100000"},
    {"source:\n  few persons: 99999999999999999999", "t.yaml:2:16: \"99999999999999999999\": "
                                                     "expected a number from 0 to 100000"},
    {"mail:\n  mails at once: 2.5", "t.yaml:2:18: \"2.5\": expected a number from 1 to 50"},
    // Databases: the text of a bad one is not repeated, it may be a password.
    {"source:\n  database: cases", "t.yaml:2:13: expected a connection string, such as "
                                   "\"host=/run/postgresql dbname=cases\""},
    {"source:\n  database: dbname=cases password=secret",
     "t.yaml:2:13: a password does not belong here: expected it in a file, named by \"password "
     "file\""},
    {"store:\n  database: postgresql://timely:secret@db/timely",
     "t.yaml:2:13: a password does not belong here: expected it in a file, named by \"password "
     "file\""},
    {"store:\n  database: postgresql://db/timely?password=secret",
     "t.yaml:2:13: a password does not belong here: expected it in a file, named by \"password "
     "file\""},
    // Addresses and names.
    {"mail:\n  reply to: timely@b.uk",
     "t.yaml:2:13: \"timely@b.uk\": expected a mail address with {event} before its @, such as "
     "timely+{event}@example.gov.uk"},
    {"mail:\n  reply to: timely@{event}.uk",
     "t.yaml:2:13: \"timely@{event}.uk\": expected a mail address with {event} before its @, such "
     "as timely+{event}@example.gov.uk"},
    {"mail:\n  reply to: a-much-too-long-name+{event}@b.uk",
     "t.yaml:2:13: \"a-much-too-long-name+{event}@b.uk\": expected a mail address with {event} "
     "before its @, such as timely+{event}@example.gov.uk"},
    {"mail:\n  redirect to: pilot", "t.yaml:2:16: \"pilot\": expected a plain mail address, such "
                                    "as name@example.gov.uk"},
    {"mail:\n  from email: Timely <t@example.gov.uk>",
     "t.yaml:2:15: \"Timely <t@example.gov.uk>\": expected a plain mail address, such as "
     "name@example.gov.uk"},
    {"mail:\n  from email: \"t@example.gov.uk\\r\\nBcc: x@y.z\"",
     "t.yaml:2:15: \"t@example.gov.uk  Bcc: x@y.z\": expected a plain mail address, such as "
     "name@example.gov.uk"},
    {"mail:\n  from email: t@example..uk", "t.yaml:2:15: \"t@example..uk\": expected a plain mail "
                                           "address, such as name@example.gov.uk"},
    {"mail:\n  allowed domains: ['@example.gov.uk', good.uk, 'a b']",
     "t.yaml:2:21: \"@example.gov.uk\": expected a mail domain without \"@\", such as "
     "example.gov.uk\n"
     "t.yaml:2:49: \"a b\": expected a mail domain without \"@\", such as example.gov.uk"},
    {"mail:\n  allowed domains: []", "t.yaml:2:20: expected a mail domain or a list of them: "
                                     "[example.gov.uk]"},
    {"mail:\n  allowed domains: {a: b}", "t.yaml:2:20: expected a mail domain or a list of them: "
                                         "[example.gov.uk]"},
    {"mail:\n  allowed domains: [[a]]", "t.yaml:2:21: expected a mail domain"},
    {"mail:\n  smtp helo: a_b", "t.yaml:2:14: \"a_b\": expected the name of a machine"},
    {"mail:\n  smtp url: mail.example.gov.uk",
     "t.yaml:2:13: expected smtp://HOST or smtps://HOST:PORT and nothing more, such as "
     "\"smtp://mail.example.gov.uk:587\""},
    {"mail:\n  smtp url: smtp://user:pw@mail.example.gov.uk",
     "t.yaml:2:13: expected smtp://HOST or smtps://HOST:PORT and nothing more, such as "
     "\"smtp://mail.example.gov.uk:587\""},
    {"mail:\n  smtp url: smtp://mail:66000",
     "t.yaml:2:13: expected smtp://HOST or smtps://HOST:PORT and nothing more, such as "
     "\"smtp://mail.example.gov.uk:587\""},
    {"service:\n  public url: https://example.gov.uk/",
     "t.yaml:2:15: expected http://HOST or https://HOST:PORT and no slash at the end, such as "
     "\"https://timely.example.gov.uk\""},
    {"mail:\n  smtp url: smtp://mail/path",
     "t.yaml:2:13: expected smtp://HOST or smtps://HOST:PORT and nothing more, such as "
     "\"smtp://mail.example.gov.uk:587\""},
    {"service:\n  public url: https://example.gov.uk/a?b",
     "t.yaml:2:15: expected http://HOST or https://HOST:PORT and no slash at the end, such as "
     "\"https://timely.example.gov.uk\""},
    {"service:\n  public url: https://example.gov.uk:x/a",
     "t.yaml:2:15: expected http://HOST or https://HOST:PORT and no slash at the end, such as "
     "\"https://timely.example.gov.uk\""},
    {"service:\n  listen: localhost:8480", "t.yaml:2:11: \"localhost:8480\": expected ADDRESS:PORT "
                                           "(127.0.0.1:8480), [ADDRESS]:PORT or unix:/PATH"},
    {"service:\n  listen: 127.0.0.1", "t.yaml:2:11: \"127.0.0.1\": expected ADDRESS:PORT "
                                      "(127.0.0.1:8480), [ADDRESS]:PORT or unix:/PATH"},
    {"service:\n  listen: ::1:80", "t.yaml:2:11: \"::1:80\": expected ADDRESS:PORT "
                                   "(127.0.0.1:8480), [ADDRESS]:PORT or unix:/PATH"},
    {"service:\n  trusted proxies: [proxy.example, '10.0.0.1:80', [a]]",
     "t.yaml:2:21: \"proxy.example\": expected an address, such as 127.0.0.1 or \"::1\", or "
     "\"unix:\"\n"
     "t.yaml:2:36: \"10.0.0.1:80\": expected an address, such as 127.0.0.1 or \"::1\", or "
     "\"unix:\"\n"
     "t.yaml:2:51: expected the address of a proxy"},
    {"service:\n  trusted proxies: []", "t.yaml:2:20: expected the address of a proxy or a list of "
                                        "them: [127.0.0.1]"},
    {"service: {trusted proxies: 10.0.0.1, identity header: 'X-User:'}",
     "t.yaml:1:55: \"X-User:\": expected the name of a header, such as X-Remote-User"},
    // Texts, paths, moments, overlays.
    {"mail:\n  service name: \"two\\nlines\"", "t.yaml:2:17: \"two lines\": expected one line "
                                               "without hidden characters"},
    {"mail:\n  maildir: \"a\\tb\"", "t.yaml:2:12: \"a b\": expected a path without hidden "
                                    "characters"},
    {"mail:\n  service name: 0123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456789",
     "t.yaml:2:17: 110 bytes long: expected at most 100"},
    {"clock:\n  starts at: 2024-04-02", "t.yaml:2:14: \"2024-04-02\": expected a day and a time of "
                                        "the years 1995 to 2079, such as \"2024-04-02T09:00\""},
    {"clock:\n  starts at: 2024-02-30T09:00",
     "t.yaml:2:14: \"2024-02-30T09:00\": expected a day and a time of the years 1995 to 2079, such "
     "as \"2024-04-02T09:00\""},
    {"clock:\n  starts at: 9999-01-01T09:00",
     "t.yaml:2:14: \"9999-01-01T09:00\": expected a day and a time of the years 1995 to 2079, such "
     "as \"2024-04-02T09:00\""},
    {"rules:\n  overlay: milton-keyns", "t.yaml:2:12: \"milton-keyns\": no overlay of that name "
                                        "came with timely; did you mean \"milton-keynes\"?"},
    {"rules:\n  overlay: atlantis", "t.yaml:2:12: \"atlantis\": no overlay of that name came with "
                                    "timely; a file's name ends in .yaml"},
    // All that is wrong is said at once.
    {"log: {level: loud}\nsource: {watch: closely, pooled: maybe}",
     "t.yaml:1:14: \"loud\": expected error, warning, info or debug\n"
     "t.yaml:2:17: \"closely\": expected poll or notify\n"
     "t.yaml:2:34: \"maybe\": expected no or yes"},
    // What settings ask of one another.
    {"mail:\n  delivery: redirect",
     "t.yaml:2:13: mail is to be sent: expected \"smtp url\" or \"maildir\" under mail\n"
     "t.yaml:2:13: everything goes to one mailbox: expected \"redirect to\" under mail"},
    {"mail:\n  maildir: m\n  delivery: live",
     "t.yaml:3:13: mail goes to people: expected \"allowed domains\" under mail\n"
     "t.yaml:3:13: mail goes to people: expected \"operator email\" under mail"},
    {"clock: {starts at: 2024-04-02T09:00}\nmail: {maildir: m, delivery: live, allowed domains: "
     "b.uk, operator email: a@b.uk}",
     "t.yaml:1:20: a clock of its own and delivery: live: expected only one of them, or people "
     "would be told about other days than today"},
    {"mail:\n  allowed domains: b.uk\n  operator email: a@xb.uk\n  redirect to: a@b.uk.org",
     "t.yaml:4:16: \"a@b.uk.org\" is outside the allowed domains\n"
     "t.yaml:3:19: \"a@xb.uk\" is outside the allowed domains"},
    {"mail:\n  smtp url: smtp://127.0.0.1:2525",
     "t.yaml:2:13: a mail server asks for a sender: expected \"from email\" under mail"},
    {"mail:\n  smtp user: u", "t.yaml:2:14: a user needs a password, or oauth: expected \"smtp "
                              "password file\" under mail"},
    {"mailbox:\n  imap url: imap://m",
     "t.yaml:2:13: a mailbox is somebody's: expected \"imap user\" "
     "under mailbox\n"
     "t.yaml:2:13: answers come to the sender of invites: "
     "expected \"from email\" under mail"},
    {"notify:\n  key file: k", "t.yaml:2:13: Notify sends by a template of yours: expected \"email "
                               "template\" under notify"},
    {"notify:\n  url: http://notify.example",
     "t.yaml:2:8: names and dates are sent there: expected "
     "https://"},
    {"oauth:\n  token url: http://login.example/t\n  client id: i\n  client secret file: s",
     "t.yaml:2:14: a secret is sent there: expected https://"},
    {"alarm: {email: a@b.uk}",
     "t.yaml:1:16: ordinary mail may be what fails: expected \"smtp url\" "
     "under alarm"},
    {"alarm: {heartbeat mail: yes}",
     "t.yaml:1:25: it is sent to them: expected \"operator email\" under mail"},
    {"mail:\n  smtp password file: u", "t.yaml:2:23: a password needs a user: expected \"smtp "
                                       "user\" under mail"},
    {"service:\n  tls certificate file: c",
     "t.yaml:2:25: a certificate needs its key: expected \"tls key file\" under service"},
    {"service:\n  tls key file: k",
     "t.yaml:2:17: a key needs its certificate: expected \"tls certificate file\" under service"},
    {"source: {pooled: yes, watch: notify}",
     "t.yaml:1:18: notifications do not come through a pooler: expected watch: poll"},
    {"source:\n  password file: p",
     "t.yaml:2:18: a password without a use: expected \"database\" under source"},
    {"store:\n  password file: p",
     "t.yaml:2:18: a password without a use: expected \"database\" under store"},
    {"service:\n  password file: p",
     "t.yaml:2:18: a password without a use: expected \"database\" under service"},
    {"service:\n  identity header: X-User",
     "t.yaml:2:20: anybody can send a header: expected \"trusted proxies\" under service"},
};

static void bad_files_are_refused_with_their_place(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(*state, bad[i].text, bad[i].expected);
}

static void a_missing_file_says_so(void **state)
{
    struct fixture *f = *state;

    assert_false(config_read(f->arena, "/nowhere/t.yaml", &f->config, &f->error));
    assert_int_equal(f->error.fault, FAULT_INPUT);
    assert_string_equal(f->error.text, "/nowhere/t.yaml: No such file or directory");
}

// A cut file is either still a configuration, or refused with a place; the configuration of before
// stays as it is.
static void a_file_cut_at_every_byte(void **state)
{
    struct fixture *f = *state;
    const size_t whole = strlen(everything);
    size_t refused = 0;

    for (size_t length = 0; length < whole; length++) {
        const char *marker = "untouched";
        int line, column;

        f->config = (struct config){.help = marker};
        put(f->path, everything, length);
        f->error = (struct error){0};
        if (config_read(f->arena, f->path, &f->config, &f->error))
            continue;
        refused++;
        assert_ptr_equal(f->config.help, marker);
        assert_int_equal(f->error.fault, FAULT_INPUT);
        assert_memory_equal(f->error.text, f->path, strlen(f->path));
        assert_int_equal(sscanf(f->error.text + strlen(f->path), ":%d:%d:", &line, &column), 2);
    }
    assert_true(refused > whole / 4);
}

// ------------------------------------------------------------------------ the shipped example

// The example with every setting's "#" taken away. Comments have a blank after it.
static char *uncommented(struct arena *a, const char *text)
{
    char *result = arena_strdup(a, text), *to = result;

    for (const char *p = text; *p; p++)
        if (!(*p == '#' && p > text && p[-1] == ' ' && p[1] >= 'a' && p[1] <= 'z'))
            *to++ = *p;
    *to = '\0';
    return result;
}

static void the_shipped_example_is_true(void **state)
{
    struct fixture *f = *state;
    const char *path;
    char *text;
    size_t length;
    struct config defaults;

    assert_true(data_path(f->arena, "etc/timely.yaml", &path, &f->error));
    assert_true(read_whole_file(f->arena, path, 1 << 20, &text, &length, &f->error));
    assert_reads(f, text); // as it stands: the defaults
    config_defaults(f->arena, &defaults);
    assert_string_equal(printed(f, &f->config), printed(f, &defaults));

    assert_reads(f, uncommented(f->arena, text)); // with everything set
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        AUTO(text_done) struct text said = {0}, otherwise = {0};

        setting_print(&said, s, &f->config);
        setting_print(&otherwise, s, &defaults);
        if (said.length == 0)
            fail_msg("%s, %s: not in etc/timely.yaml", s->group, s->key);
        if (s->otherwise)
            assert_string_equal(text_str(&said), text_str(&otherwise));
        else
            assert_non_null(strstr(text, arena_printf(f->arena, "#%s: ", s->key)));
    }
}

static void every_setting_has_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];

        assert_ptr_equal(setting_find(s->group, s->key), s);
        assert_true(s->otherwise || s->example);
        assert_true(s->sentence && s->sentence[strlen(s->sentence) - 1] == '.');
        assert_true((s->kind == SETTING_WORD || s->kind == SETTING_URL) == (s->words != NULL));
    }
}

// ------------------------------------------------------------------------ secrets and overlays

static bool secret_reads(struct fixture *f, const char *bytes, size_t length, const char **ret)
{
    put(f->path, bytes, length);
    return config_secret(f->arena, f->path, ret, &f->error);
}

static void a_secret_is_the_first_line(void **state)
{
    struct fixture *f = *state;
    const char *secret = NULL;

    assert_true(secret_reads(f, "pa ss\nsecond", 12, &secret));
    assert_string_equal(secret, "pa ss");
    assert_true(secret_reads(f, "wort\r\n", 6, &secret));
    assert_string_equal(secret, "wort");
    assert_false(secret_reads(f, "\npass", 5, &secret));
    assert_non_null(strstr(f->error.text, "expected a password on the first line"));
    assert_null(strstr(f->error.text, "pass\n"));
    assert_false(secret_reads(f, "a\0b", 3, &secret));
    assert_non_null(strstr(f->error.text, "a zero byte in the password"));
    assert_string_equal(secret, "wort"); // untouched by failures
    assert_false(config_secret(f->arena, "/nowhere/at-all", &secret, &f->error));
    assert_int_equal(f->error.fault, FAULT_INPUT);
}

static void a_bare_name_is_a_credential(void **state)
{
    struct fixture *f = *state;
    const char *secret, *credential = arena_printf(f->arena, "%s/source-password", f->folder);

    put(credential, "from systemd\n", 13);
    setenv("CREDENTIALS_DIRECTORY", f->folder, 1);
    assert_true(config_secret(f->arena, "source-password", &secret, &f->error));
    assert_string_equal(secret, "from systemd");

    put(f->path,
        "source: {database: dbname=c, password file: source-password}\n"
        "store: {database: dbname=c, password file: other}\n",
        111);
    assert_true(config_read(f->arena, f->path, &f->config, &f->error));
    assert_string_equal(f->config.source_password_file, credential);
    assert_string_equal(f->config.store_password_file, // no such credential: beside the file
                        arena_printf(f->arena, "%s/other", f->folder));
    unlink(credential);
}

static void an_overlay_is_a_file_or_a_shipped_name(void **state)
{
    struct fixture *f = *state;
    const char *path;

    assert_true(config_overlay(f->arena, "own.yaml", "/etc/timely", &path, &f->error));
    assert_string_equal(path, "/etc/timely/own.yaml");
    assert_true(config_overlay(f->arena, "./own", "/etc/timely", &path, &f->error));
    assert_string_equal(path, "/etc/timely/./own");
    assert_true(config_overlay(f->arena, "/own", "/etc/timely", &path, &f->error));
    assert_string_equal(path, "/own");
    assert_true(config_overlay(f->arena, "buckinghamshire", "/etc", &path, &f->error));
    assert_int_equal(access(path, R_OK), 0);
    assert_false(config_overlay(f->arena, "Buckingham", "/etc", &path, &f->error));
}

static void relative_paths_do_not_depend_on_the_working_folder(void **state)
{
    struct fixture *f = *state;
    char *here = getcwd(NULL, 0);

    put(f->path, "mail: {maildir: m}", 18);
    assert_int_equal(chdir(f->folder), 0);
    assert_true(config_read(f->arena, "t.yaml", &f->config, &f->error));
    assert_int_equal(chdir(here), 0);
    assert_string_equal(f->config.maildir, arena_printf(f->arena, "%s/./m", f->folder));
    free(here);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_those_of_the_header),
        TEST(every_setting_is_read),
        TEST(the_printed_configuration_is_read_back),
        TEST(what_follows_from_what_is_said),
        TEST(nothing_said_is_the_defaults),
        TEST(bad_files_are_refused_with_their_place),
        TEST(a_missing_file_says_so),
        TEST(a_file_cut_at_every_byte),
        TEST(the_shipped_example_is_true),
        TEST(every_setting_has_its_words),
        TEST(a_secret_is_the_first_line),
        TEST(a_bare_name_is_a_credential),
        TEST(an_overlay_is_a_file_or_a_shipped_name),
        TEST(relative_paths_do_not_depend_on_the_working_folder),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
