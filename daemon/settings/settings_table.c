// The table of settings. How each kind of value is read is in settings.c; what settings ask of one
// another is in config.c.
#include "settings.h"

#include <stddef.h>

#define AT(member) .at = offsetof(struct config, member)
#define WORDS(...)                                                                                 \
    .words = (const char *const[])                                                                 \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

// In the order in which they are printed; words stand in the order of their enums.
const struct setting settings[] = {
    {"source", "database", SETTING_DATABASE, AT(source),
     .example = "host=/run/postgresql dbname=cases user=timely_read",
     .sentence = "Connection string of the case database (libpq). SELECT rights are enough."},
    {"source", "password file", SETTING_SECRET, AT(source_password_file),
     .example = "source-password",
     .sentence = "File with the password on its first line. A bare name is looked for among the "
                 "service's credentials, then beside this file."},
    {"source", "pooled", SETTING_YES_NO, AT(source_pooled), .otherwise = "no",
     .sentence = "The source is reached through a pooler in transaction mode. Only with watch: "
                 "poll."},
    {"source", "watch", SETTING_WORD, AT(watch), WORDS("poll", "notify"), .otherwise = "poll",
     .sentence = "poll: read at an interval, with SELECT alone. notify: the DBA has installed "
                 "timely's triggers."},
    {"source", "poll every", SETTING_NUMBER, AT(poll_every_s), .least = 1, .most = 86400,
     .unit = "seconds", .otherwise = "60 seconds", .sentence = "How often the source is read."},
    {"source", "settle for", SETTING_NUMBER, AT(settle_s), .least = 0, .most = 86400,
     .unit = "seconds", .otherwise = "60 seconds",
     .sentence = "How long a table that was reloaded must stand still before it is believed."},
    {"source", "sweep every", SETTING_NUMBER, AT(sweep_every_s), .least = 10, .most = 86400,
     .unit = "seconds", .otherwise = "600 seconds",
     .sentence = "How often everything is read again, beside notifications."},
    {"source", "few persons", SETTING_NUMBER, AT(few_persons), .least = 0, .most = 100000,
     .otherwise = "20",
     .sentence = "Changes that touch no more people than this are taken at "
                 "once."},
    {"source", "max shrink", SETTING_NUMBER, AT(max_shrink_percent), .least = 1, .most = 100,
     .unit = "%", .otherwise = "20%",
     .sentence = "A table that lost a larger share of its rows is held until a person confirms."},
    {"source", "max change", SETTING_NUMBER, AT(max_change_percent), .least = 1, .most = 100,
     .unit = "%", .otherwise = "25%",
     .sentence = "Nothing is written when one reading would change a larger share of the open "
                 "deadlines."},
    {"source", "stale after", SETTING_NUMBER, AT(source_stale_days), .least = 0, .most = 365,
     .unit = "days", .otherwise = "5 days",
     .sentence =
         "A case database whose newest record is older is an alarm. 0 days: it may be of any age."},

    {"store", "database", SETTING_DATABASE, AT(store),
     .example = "host=/run/postgresql dbname=timely user=timely_daemon",
     .sentence = "Connection string of timely's own database. It may be the same server, or the "
                 "same database."},
    {"store", "password file", SETTING_SECRET, AT(store_password_file), .example = "store-password",
     .sentence = "File with its password."},

    {"rules", "folder", SETTING_PATH, AT(rules_dir), .example = "/usr/share/timely/rules",
     .sentence = "Folder of the rule files. Left out: the ones that came with timely."},
    {"rules", "overlay", SETTING_OVERLAY, AT(overlay), .example = "milton-keynes",
     .sentence = "The authority's own practice: a file, or the name of an overlay that came with "
                 "timely."},
    {"rules", "bank holidays url", SETTING_URL, AT(bank_holidays_url), .most = 1,
     WORDS("https", "http"), .example = "https://www.gov.uk/bank-holidays.json",
     .sentence =
         "A published list of bank holidays in the form of GOV.UK, fetched once a day. What "
         "is new in it is proposed to the operator. Left out: nothing is fetched."},

    {"clock", "starts at", SETTING_MOMENT, AT(clock), .least = 1995, .most = 2079,
     .example = "2024-04-02T09:00",
     .sentence = "For trying things out: the time in England at which a new store's clock starts. "
                 "Never with delivery: live."},

    {"mail", "delivery", SETTING_WORD, AT(delivery), WORDS("off", "redirect", "live"),
     .otherwise = "off",
     .sentence = "off: nothing is sent. redirect: everything goes to one mailbox. live: to the "
                 "people it is for."},
    {"mail", "redirect to", SETTING_EMAIL, AT(redirect_to), .example = "pilot@example.gov.uk",
     .sentence = "The mailbox for delivery: redirect."},
    {"mail", "from name", SETTING_TEXT, AT(from_name), .most = 100, .otherwise = "Timely",
     .sentence = "Name of the sender, and of the organiser of meetings."},
    {"mail", "from email", SETTING_EMAIL, AT(from_email), .otherwise = "timely@localhost",
     .sentence = "Address of the sender. Must be given with an SMTP server."},
    {"mail", "reply to", SETTING_EVENT_EMAIL, AT(reply_to),
     .example = "timely+{event}@example.gov.uk",
     .sentence = "Where people's answers to an invite go: a mailbox with a tag for the event. Left "
                 "out: to the sender."},
    {"mail", "maildir", SETTING_PATH, AT(maildir), .example = "/var/lib/timely/mail",
     .sentence = "Messages go into this Maildir instead of to a server."},
    {"mail", "smtp url", SETTING_URL, AT(smtp_url), WORDS("smtp", "smtps"),
     .example = "smtp://mail.example.gov.uk:587", .sentence = "The mail server."},
    {"mail", "smtp helo", SETTING_HOST, AT(smtp_helo), .example = "timely.example.gov.uk",
     .sentence = "The name by which we greet it. Left out: the machine's own."},
    {"mail", "smtp user", SETTING_TEXT, AT(smtp_user), .most = 200, .example = "timely",
     .sentence = "User name at the mail server."},
    {"mail", "smtp password file", SETTING_SECRET, AT(smtp_password_file),
     .example = "smtp-password",
     .sentence = "File with that user's password. Left out: a token is fetched, as oauth says."},
    {"mail", "smtp ca file", SETTING_PATH, AT(smtp_ca_file),
     .example = "/etc/ssl/certs/ca-certificates.crt",
     .sentence = "Certificates that the mail server's own is checked against. Left out: the "
                 "system's."},
    {"mail", "smtp require tls", SETTING_YES_NO, AT(smtp_require_tls), .otherwise = "yes",
     .sentence = "Nothing is handed over in clear text."},
    {"mail", "smtp timeout", SETTING_NUMBER, AT(smtp_timeout_s), .least = 1, .most = 600,
     .unit = "seconds", .otherwise = "60 seconds",
     .sentence = "Longest time for handing one message over."},
    {"mail", "mails at once", SETTING_NUMBER, AT(mails_at_once), .least = 1, .most = 50,
     .otherwise = "2", .sentence = "Connections to the mail server at a time."},
    {"mail", "allowed domains", SETTING_DOMAINS, AT(allowed_domains), .example = "[example.gov.uk]",
     .sentence = "Nobody outside these mail domains, or domains below them, is written to. Must be "
                 "given for delivery: live."},
    {"mail", "operator email", SETTING_EMAIL, AT(operator_email),
     .example = "timely-operator@example.gov.uk",
     .sentence = "Who hears of what timely cannot solve itself. Must be given for delivery: live."},
    {"mail", "quiet period", SETTING_NUMBER, AT(quiet_s), .least = 0, .most = 3600,
     .unit = "seconds", .otherwise = "60 seconds",
     .sentence = "An update of an invite waits so long, so that two changes are one mail."},
    {"mail", "give up after", SETTING_NUMBER, AT(expire_days), .least = 1, .most = 30,
     .unit = "days", .otherwise = "3 days",
     .sentence = "A message that the mail server has put off for so long is given up, and the "
                 "operator told. A server that is away is waited for."},
    {"mail", "names", SETTING_WORD, AT(names), WORDS("reference", "initials", "name"),
     .otherwise = "reference", .sentence = "How mails name a child."},
    {"mail", "names in titles", SETTING_WORD, AT(title_names), WORDS("reference", "initials"),
     .otherwise = "reference",
     .sentence =
         "How titles of calendar entries name a child: others see them on a shared screen."},
    {"mail", "meeting invites", SETTING_WORD, AT(meeting_invites), WORDS("ours", "theirs"),
     .otherwise = "ours",
     .sentence = "theirs: the case system or an administrator invites to meetings already."},
    {"mail", "service name", SETTING_TEXT, AT(service_name), .most = 100,
     .otherwise = "Children's services", .sentence = "Whose messages these are, in mails."},
    {"mail", "help", SETTING_TEXT, AT(help), .most = 300,
     .example = "Questions about these messages: the duty desk, extension 4100.",
     .sentence = "One line at the end of each mail: whom to ask."},

    {"mailbox", "imap url", SETTING_URL, AT(imap_url), WORDS("imap", "imaps"),
     .example = "imaps://outlook.office365.com",
     .sentence = "Where the mailbox of the sender's address is read: what calendars answer to "
                 "invites, and mail that came back. Left out: it is not."},
    {"mailbox", "imap user", SETTING_TEXT, AT(imap_user), .most = 200,
     .example = "timely@example.gov.uk", .sentence = "User name of the mailbox."},
    {"mailbox", "imap password file", SETTING_SECRET, AT(imap_password_file),
     .example = "imap-password",
     .sentence = "File with that user's password. Left out: a token is fetched, as oauth says."},
    {"mailbox", "imap ca file", SETTING_PATH, AT(imap_ca_file),
     .example = "/etc/ssl/certs/ca-certificates.crt",
     .sentence = "Certificates that the mailbox's server is checked against. Left out: the "
                 "system's."},
    {"mailbox", "imap require tls", SETTING_YES_NO, AT(imap_require_tls), .otherwise = "yes",
     .sentence = "Nothing is said in clear text."},
    {"mailbox", "imap timeout", SETTING_NUMBER, AT(imap_timeout_s), .least = 1, .most = 600,
     .unit = "seconds", .otherwise = "30 seconds", .sentence = "Longest time for one answer."},
    {"mailbox", "folder", SETTING_TEXT, AT(imap_folder), .most = 200, .otherwise = "INBOX",
     .sentence = "The folder that is read. Nothing in it is changed, marked or deleted."},
    {"mailbox", "read every", SETTING_NUMBER, AT(mailbox_every_s), .least = 1, .most = 86400,
     .unit = "seconds", .otherwise = "60 seconds", .sentence = "How often it is looked into."},
    {"mailbox", "authserv id", SETTING_HOST, AT(mailbox_authserv_id),
     .example = "mx.example.gov.uk",
     .sentence = "The server whose Authentication-Results are believed: an answer that failed its "
                 "check counts for nothing, and only one that passed it acknowledges. Left out: "
                 "they are not looked at."},

    {"oauth", "token url", SETTING_URL, AT(oauth_token_url), .most = 1, WORDS("https", "http"),
     .example = "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token",
     .sentence = "Where tokens are fetched that stand for a password at the mail servers "
                 "(XOAUTH2), with the client's own credentials."},
    {"oauth", "client id", SETTING_TEXT, AT(oauth_client_id), .most = 200,
     .example = "11111111-2222-3333-4444-555555555555",
     .sentence = "The application's number there."},
    {"oauth", "client secret file", SETTING_SECRET, AT(oauth_secret_file),
     .example = "oauth-secret", .sentence = "File with its secret."},
    {"oauth", "scope", SETTING_TEXT, AT(oauth_scope), .most = 300,
     .otherwise = "https://outlook.office365.com/.default", .sentence = "What the token is for."},

    {"notify", "key file", SETTING_SECRET, AT(notify_key_file), .example = "notify-key",
     .sentence = "File with an API key of GOV.UK Notify. Where it is given, what is words alone "
                 "(digests, alarms, summaries) goes out through Notify, and calendar objects "
                 "through the mail server all the same. Left out: all goes to the mail server."},
    {"notify", "email template", SETTING_TEXT, AT(notify_template_id), .most = 36,
     .example = "11111111-2222-3333-4444-555555555555",
     .sentence = "ID of the template there. It has two fields: ((subject)) and ((message))."},
    {"notify", "reply to", SETTING_TEXT, AT(notify_reply_to_id), .most = 36,
     .example = "11111111-2222-3333-4444-555555555555",
     .sentence = "ID of the address there that answers go to. Left out: the service's own."},
    {"notify", "url", SETTING_URL, AT(notify_url), .most = 1, WORDS("https", "http"),
     .otherwise = "https://api.notifications.service.gov.uk", .sentence = "Where Notify is."},
    {"notify", "ca file", SETTING_PATH, AT(notify_ca_file),
     .example = "/etc/ssl/certs/ca-certificates.crt",
     .sentence = "Certificates that it is checked against. Left out: the system's."},
    {"notify", "timeout", SETTING_NUMBER, AT(notify_timeout_s), .least = 1, .most = 600,
     .unit = "seconds", .otherwise = "30 seconds", .sentence = "Longest time for one message."},

    {"service", "listen", SETTING_LISTEN, AT(listen), .otherwise = "127.0.0.1:8480",
     .sentence = "Where feeds are served: ADDRESS:PORT, [ADDRESS]:PORT or unix:/PATH."},
    {"service", "tls certificate file", SETTING_SECRET, AT(tls_cert_file),
     .example = "tls-certificate", .sentence = "Certificate with its chain (PEM), to serve HTTPS."},
    {"service", "tls key file", SETTING_SECRET, AT(tls_key_file), .example = "tls-key",
     .sentence = "Its key (PEM)."},
    {"service", "public url", SETTING_URL, AT(public_url), .most = 1, WORDS("http", "https"),
     .example = "https://timely.example.gov.uk",
     .sentence = "What addresses of feeds begin with. Left out: http:// or https:// and the "
                 "address listened on."},
    {"service", "database", SETTING_DATABASE, AT(web_store),
     .example = "host=/run/postgresql dbname=timely user=timely_web",
     .sentence = "Connection string to the store for the process that serves. Left out: the "
                 "store's."},
    {"service", "password file", SETTING_SECRET, AT(web_password_file), .example = "web-password",
     .sentence = "File with its password."},
    {"service", "trusted proxies", SETTING_PROXIES, AT(trusted_proxies), .example = "[127.0.0.1]",
     .sentence =
         "Addresses of reverse proxies whose last X-Forwarded-For says who asks, and unix: for "
         "whoever connects by a socket. Left out: whoever connects asks."},
    {"service", "identity header", SETTING_HEADER, AT(identity_header), .example = "X-Remote-User",
     .sentence = "The header in which a trusted proxy says who has signed in. With it pages open "
                 "to nobody else. Left out: a link in a mail opens a page by itself."},
    {"service", "identity is", SETTING_WORD, AT(identity_is),
     WORDS("professional id", "mail address"), .otherwise = "professional id",
     .sentence = "What that header holds, as the directory has it."},
    {"service", "requests per address", SETTING_NUMBER, AT(requests_per_address), .least = 0,
     .most = 10000000, .otherwise = "12000",
     .sentence = "What one address (of IPv6: its first 64 bits) may ask in a minute; more is "
                 "answered 429. 0: no limit."},
    {"service", "unknown per address", SETTING_NUMBER, AT(unknown_per_address), .least = 0,
     .most = 10000000, .otherwise = "60",
     .sentence = "How often in a minute it is told that a feed does not exist. 0: no limit."},
    {"service", "requests per feed", SETTING_NUMBER, AT(requests_per_feed), .least = 0,
     .most = 10000000, .otherwise = "60",
     .sentence = "How often a feed may be asked for in a minute. 0: no limit."},

    {"alarm", "after", SETTING_NUMBER, AT(alarm_after_min), .least = 0, .most = 10080,
     .unit = "minutes", .otherwise = "120 minutes",
     .sentence =
         "What timely cannot do for so long is told by another way than its ordinary mail."},
    {"alarm", "email", SETTING_EMAIL, AT(alarm_email), .example = "duty-officer@example.org",
     .sentence = "Who is told by mail, through the server named here."},
    {"alarm", "from email", SETTING_EMAIL, AT(alarm_from_email),
     .example = "timely-alarm@example.org",
     .sentence = "Address of the sender. Left out: that of timely's ordinary mail."},
    {"alarm", "smtp url", SETTING_URL, AT(alarm_smtp_url), WORDS("smtp", "smtps"),
     .example = "smtp://relay.example.org:587",
     .sentence = "Another mail server than that of ordinary mail."},
    {"alarm", "smtp user", SETTING_TEXT, AT(alarm_smtp_user), .most = 200, .example = "timely",
     .sentence = "User name at that server."},
    {"alarm", "smtp password file", SETTING_SECRET, AT(alarm_smtp_password_file),
     .example = "alarm-smtp-password", .sentence = "File with that user's password."},
    {"alarm", "smtp ca file", SETTING_PATH, AT(alarm_smtp_ca_file),
     .example = "/etc/ssl/certs/ca-certificates.crt",
     .sentence = "Certificates that the server's own is checked against. Left out: the system's."},
    {"alarm", "smtp require tls", SETTING_YES_NO, AT(alarm_smtp_require_tls), .otherwise = "yes",
     .sentence = "Nothing is handed over in clear text."},
    {"alarm", "webhook file", SETTING_SECRET, AT(alarm_webhook_file), .example = "alarm-webhook",
     .sentence = "File with an address (https) on its first line, to which a few words are posted "
                 "as JSON."},
    {"alarm", "webhook form", SETTING_WORD, AT(alarm_webhook_form), WORDS("plain", "teams"),
     .otherwise = "plain",
     .sentence = "plain: timely's own few words. teams: a card, as a Microsoft Teams workflow that "
                 "posts what a webhook receives wants it."},
    {"alarm", "heartbeat mail", SETTING_YES_NO, AT(heartbeat_mail), .otherwise = "no",
     .sentence = "Each working day, when the office opens, the operator gets a mail: all is well, "
                 "or what is not. Its absence is an alarm too."},

    {"log", "level", SETTING_WORD, AT(log_level), WORDS("error", "warning", "info", "debug"),
     .otherwise = "info", .sentence = "The least that is logged."},
};
const size_t setting_count = sizeof settings / sizeof *settings;
_Static_assert(sizeof settings / sizeof *settings <= SETTINGS_MAX, "room for every setting");
