// Configuration: one table of settings is the truth for the reader, the defaults, `timely check`,
// the example in etc/ and the manual page. Read with the same strictness as rules.
#pragma once

#include "arena.h"
#include "clock.h"

enum delivery_mode { DELIVERY_OFF, DELIVERY_REDIRECT, DELIVERY_LIVE };
enum watch_mode { WATCH_POLL, WATCH_NOTIFY };
enum naming { NAME_BY_REFERENCE, NAME_BY_INITIALS, NAME_BY_NAME };
enum identity_is { IDENTITY_PROFESSIONAL_ID, IDENTITY_MAIL_ADDRESS };
enum webhook_form { WEBHOOK_PLAIN, WEBHOOK_TEAMS };
enum meeting_invites { INVITES_OURS, INVITES_THEIRS };

#define CONFIG_EVENT "{event}" // where an address has the event's tag

struct config {
    const char *file; // as read; NULL for the built-in defaults

    // Databases: libpq connection strings; passwords only from files.
    // NULL where the file does not say: whoever needs it asks for it, unless a cluster is embedded.
    const char *source; // "source: database"
    const char *source_password_file;
    bool source_pooled; // behind a pooler in transaction mode
    const char *store;
    const char *store_password_file;
    enum watch_mode watch;
    int poll_every_s;       // 5 to 86400, default 60
    int settle_s;           // settling time after a table's file node changed; default 60
    int sweep_every_s;      // full sweep beside notify; default 600
    int few_persons;        // changes of so few are taken at once; default 20
    int max_shrink_percent; // a table that lost more is held; default 20
    int max_change_percent; // the mass-change guard; default 25
    int source_stale_days;  // the newest fact must not be older; 0: it may; default 5

    // Rules.
    const char *rules_dir; // default: the product's own
    const char *overlay;   // path of a file, also of a shipped one ("milton-keynes"); NULL: none
    const char *bank_holidays_url; // GOV.UK's list, fetched once a day; NULL: never

    // Business clock; NULL: real time. Civil time of England at which a new store's clock starts.
    const char *clock; // "2024-04-02T09:00"; refused together with delivery live

    // Mail.
    enum delivery_mode delivery;        // default off
    const char *redirect_to;            // required for redirect
    const char *from_name, *from_email; // default "Timely", timely@localhost
    const char *reply_to;               // of invites, with CONFIG_EVENT in it; NULL: the sender's
    const char *maildir;                // messages go into this Maildir instead of to a server
    const char *smtp_url, *smtp_helo, *smtp_user, *smtp_password_file, *smtp_ca_file;
    bool smtp_require_tls;              // default yes
    int smtp_timeout_s;                 // default 60
    int mails_at_once;                  // connections; default 2
    const char *const *allowed_domains; // required for live
    size_t allowed_domain_count;
    const char *operator_email; // who hears what the daemon cannot solve
    int quiet_s;                // quiet period before an update; default 60
    int expire_days;            // what a mail server puts off for so long is given up; default 3
    enum naming names;          // in mails; default reference
    enum naming title_names;    // in titles of calendar entries, never by name; default reference
    enum meeting_invites meeting_invites;
    const char *service_name; // in mails; default "Children's services"
    const char *help;         // one line at the end of a mail; NULL: none

    // The mailbox of from_email; imap_url NULL: it is not read.
    const char *imap_url, *imap_user, *imap_password_file, *imap_ca_file;
    bool imap_require_tls;           // default yes
    int imap_timeout_s;              // of one answer; default 30
    const char *imap_folder;         // default INBOX
    int mailbox_every_s;             // default 60
    const char *mailbox_authserv_id; // whose Authentication-Results are believed; NULL: nobody's

    // Tokens for SMTP and IMAP where there is no password file. NULL: none.
    const char *oauth_token_url, *oauth_client_id, *oauth_secret_file;
    const char *oauth_scope;

    // GOV.UK Notify, for what is words alone. notify_key_file NULL: all goes to the mail server.
    const char *notify_key_file, *notify_template_id;
    const char *notify_reply_to_id; // NULL: the service's own
    const char *notify_url, *notify_ca_file;
    int notify_timeout_s; // default 30

    // Service.
    const char *listen; // default 127.0.0.1:8480
    const char *tls_cert_file, *tls_key_file;
    const char *public_url; // what addresses of feeds begin with; default http://LISTEN
    const char *web_store;  // connection string of the web role; default: store
    const char *web_password_file;
    const char *const *trusted_proxies; // addresses, and "unix:"
    size_t trusted_proxy_count;
    const char *identity_header;  // in which they say who has signed in; NULL: links open pages
    enum identity_is identity_is; // default professional id
    // In a minute; 0: no limit.
    int requests_per_address, unknown_per_address, requests_per_feed;

    // The way for what the outbox cannot tell. alarm_smtp_url and alarm_webhook_file NULL: none.
    int alarm_after_min; // default 120
    const char *alarm_email, *alarm_from_email;
    const char *alarm_smtp_url, *alarm_smtp_user, *alarm_smtp_password_file, *alarm_smtp_ca_file;
    bool alarm_smtp_require_tls; // default yes
    const char *alarm_webhook_file;
    enum webhook_form alarm_webhook_form; // default plain
    bool heartbeat_mail;                  // to operator_email each working day; default no

    int log_level; // enum log_level; default info
};

// Reads a file; every complaint is in the error (file:line:column). Relative paths are taken from
// the file's folder and come out absolute; a bare name of a password or TLS file is looked for in
// $CREDENTIALS_DIRECTORY first. Cross-checks: live needs allowed domains and forbids a clock;
// redirect needs its mailbox; a key file needs its certificate; … The result lives in the arena.
MUST_USE bool config_read(struct arena *a, const char *path, struct config *ret, struct error *err);
// The same, but of a file that is refused every setting that is right in itself: to tell somebody
// that it was refused. FAULT_INPUT only where the file is no YAML, or not there.
MUST_USE bool config_read_good_part(struct arena *a, const char *path, struct config *ret,
                                    struct error *err);
// A URL over which a secret may go: https, or this machine.
bool config_url_is_safe(const char *url);
// What holds without a file. No databases: the caller fills in those of an embedded cluster.
void config_defaults(struct arena *a, struct config *ret);

// Path of an overlay: a name without a slash and ".yaml" is that of a shipped one ("milton-keynes",
// FAULT_INPUT with the nearest when there is none); a relative path is taken from `folder`. The
// file itself is not looked at.
MUST_USE bool config_overlay(struct arena *a, const char *name, const char *folder,
                             const char **ret, struct error *err);

// The effective configuration as a file that config_read accepts, each setting with its sentence.
struct text;
void config_print(struct text *out, const struct config *c);

// A password from a file: its first line. $CREDENTIALS_DIRECTORY is looked into for a bare name.
MUST_USE bool config_secret(struct arena *a, const char *path, const char **ret, struct error *err);
