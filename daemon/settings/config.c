// Reading, checking and printing the configuration. What can be set, and how each value looks, is
// the table of settings.c; here is what settings ask of one another. Called by both programs.
#include "config.h"

#include "paths.h"
#include "settings.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct reading {
    struct setting_place place;
    const struct node *said[SETTINGS_MAX]; // by setting: its value in the file, or NULL
    struct config config;
};

// The folder of a file, as an absolute path: the working folder may be another one at a reload.
static const char *folder_of(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_strndup(a, path, (size_t)(slash - path)) : ".";
    AUTO(string_done) char *here = NULL;

    if (*path == '/')
        return folder;
    here = getcwd(NULL, 0);
    return here ? arena_printf(a, "%s/%s", here, folder) : folder;
}

static void set_defaults(struct arena *a, struct config *ret)
{
    struct complaints none = {.arena = a};
    struct setting_place p = {a, &none, "defaults", ""};
    struct error ignored;

    *ret = (struct config){0};
    for (size_t i = 0; i < setting_count; i++) {
        struct node value = {.kind = NODE_SCALAR, .text = settings[i].otherwise};

        // Our own table: a default that its own reader refuses is a mistake of ours.
        if (value.text && !setting_read(&p, &settings[i], &value, ret))
            abort();
    }
    if (!data_path(a, "rules", &ret->rules_dir, &ignored))
        ret->rules_dir = "rules"; // reading it will say that it is not there
}

// What is left out and follows from what is said.
static void derive(struct arena *a, struct config *c)
{
    bool socket = strncmp(c->listen, "unix:", 5) == 0;

    if (!c->web_store && c->store) {
        c->web_store = c->store;
        if (!c->web_password_file)
            c->web_password_file = c->store_password_file;
    }
    if (!c->public_url)
        c->public_url = arena_printf(a, "http%s://%s", c->tls_cert_file ? "s" : "",
                                     socket ? "localhost" : c->listen);
}

void config_defaults(struct arena *a, struct config *ret)
{
    set_defaults(a, ret);
    derive(a, ret);
}

// ------------------------------------------------------------------------ the file

static const struct node *said(const struct reading *r, const char *group, const char *key)
{
    return r->said[setting_find(group, key) - settings];
}

static void unknown_key(const struct reading *r, const struct entry *e, const char *group)
{
    const char *known[SETTINGS_MAX], *near;
    size_t count = 0;

    for (size_t i = 0; i < setting_count; i++) {
        const char *word = group ? settings[i].key : settings[i].group;

        if (!group || strcmp(settings[i].group, group) == 0)
            known[count++] = word;
    }
    near = nearest_word(e->key, known, count);
    complain(r->place.complaints, r->place.file, e->line, e->column,
             near ? "unknown key \"%s\"%s%s; did you mean \"%s\"?" : "unknown key \"%s\"%s%s",
             setting_shown(r->place.arena, e->key), group ? " under " : "", group ? group : "",
             near);
}

static void read_group(struct reading *r, const struct entry *group)
{
    const struct node *m = group->value;

    if (m->kind == NODE_SCALAR && !*m->text)
        return; // a group whose settings are all commented out
    if (m->kind != NODE_MAPPING) {
        complain(r->place.complaints, r->place.file, m->line, m->column,
                 "expected the settings of \"%s\", one a line, as \"key: value\"", group->key);
        return;
    }
    for (size_t i = 0; i < m->count; i++) {
        const struct entry *e = &m->entries[i];
        const struct setting *s = setting_find(group->key, e->key);

        if (!s)
            unknown_key(r, e, group->key);
        else if (setting_read(&r->place, s, e->value, &r->config))
            r->said[s - settings] = e->value;
    }
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < setting_count; i++)
        if (strcmp(settings[i].group, name) == 0)
            return true;
    return false;
}

static void read_root(struct reading *r, const struct node *root)
{
    if (root->kind == NODE_SCALAR && !*root->text)
        return;
    if (root->kind != NODE_MAPPING) {
        complain(r->place.complaints, r->place.file, root->line, root->column,
                 "expected groups of settings: source, store, rules, clock, mail, mailbox, oauth, "
                 "notify, service, alarm, log");
        return;
    }
    for (size_t i = 0; i < root->count; i++)
        if (is_group(root->entries[i].key))
            read_group(r, &root->entries[i]);
        else
            unknown_key(r, &root->entries[i], NULL);
}

// ------------------------------------------------------------------------ cross-checks

static void object(const struct reading *r, const struct node *at, const char *what)
{
    complain(r->place.complaints, r->place.file, at->line, at->column, "%s", what);
}

// `at` needs the other setting; says so when it is not there.
static void need(const struct reading *r, const struct node *at, const char *group, const char *key,
                 const char *what)
{
    if (at && !said(r, group, key))
        complain(r->place.complaints, r->place.file, at->line, at->column,
                 "%s: expected \"%s\" under %s", what, key, group);
}

static bool in_allowed_domain(const struct config *c, const char *email)
{
    const char *domain = strchr(email, '@') + 1;

    for (size_t i = 0; i < c->allowed_domain_count; i++) {
        size_t length = strlen(domain), allowed = strlen(c->allowed_domains[i]);

        if (length >= allowed &&
            strcasecmp(domain + length - allowed, c->allowed_domains[i]) == 0 &&
            (length == allowed || domain[length - allowed - 1] == '.'))
            return true;
    }
    return false;
}

static void check_domain(const struct reading *r, const char *key)
{
    const struct node *n = said(r, "mail", key);

    if (n && r->config.allowed_domain_count > 0 && !in_allowed_domain(&r->config, n->text))
        complain(r->place.complaints, r->place.file, n->line, n->column,
                 "\"%s\" is outside the allowed domains", n->text);
}

static void check_delivery(const struct reading *r)
{
    const struct node *delivery = said(r, "mail", "delivery");
    const struct node *clock = said(r, "clock", "starts at");

    if (r->config.delivery == DELIVERY_OFF)
        return;
    if (!r->config.smtp_url && !r->config.maildir)
        object(r, delivery, "mail is to be sent: expected \"smtp url\" or \"maildir\" under mail");
    if (r->config.delivery == DELIVERY_REDIRECT) {
        need(r, delivery, "mail", "redirect to", "everything goes to one mailbox");
        return;
    }
    need(r, delivery, "mail", "allowed domains", "mail goes to people");
    need(r, delivery, "mail", "operator email", "mail goes to people");
    if (clock)
        object(r, clock,
               "a clock of its own and delivery: live: expected only one of them, or people would "
               "be told about other days than today");
}

// A user proves who it is by a password, or by a token.
static void need_proof(const struct reading *r, const struct node *user, const char *group,
                       const char *key)
{
    if (!said(r, "oauth", "token url"))
        need(r, user, group, key, "a user needs a password, or oauth");
}

static void check_mailbox(const struct reading *r)
{
    const struct node *url = said(r, "mailbox", "imap url");

    need(r, url, "mailbox", "imap user", "a mailbox is somebody's");
    need(r, url, "mail", "from email", "answers come to the sender of invites");
    need_proof(r, said(r, "mailbox", "imap user"), "mailbox", "imap password file");
    need(r, said(r, "mailbox", "imap user"), "mailbox", "imap url", "a user without a use");
    need(r, said(r, "mailbox", "imap password file"), "mailbox", "imap user",
         "a password needs a user");
}

bool config_url_is_safe(const char *url)
{
    return strncmp(url, "https:", 6) == 0 || strncmp(url, "http://127.0.0.1:", 17) == 0 ||
           strncmp(url, "http://localhost:", 17) == 0;
}

static void check_oauth(const struct reading *r)
{
    const struct node *url = said(r, "oauth", "token url");

    need(r, url, "oauth", "client id", "tokens are given to a client");
    need(r, url, "oauth", "client secret file", "tokens are given to a client");
    need(r, said(r, "oauth", "client id"), "oauth", "token url", "a client without a use");
    if (url && !config_url_is_safe(url->text))
        object(r, url, "a secret is sent there: expected https://");
}

static void check_notify(const struct reading *r)
{
    const struct node *url = said(r, "notify", "url");

    need(r, said(r, "notify", "key file"), "notify", "email template",
         "Notify sends by a template of yours");
    need(r, said(r, "notify", "email template"), "notify", "key file", "a template without a use");
    if (url && !config_url_is_safe(url->text))
        object(r, url, "names and dates are sent there: expected https://");
}

static void check_mail(const struct reading *r)
{
    need(r, said(r, "mail", "smtp url"), "mail", "from email", "a mail server asks for a sender");
    need_proof(r, said(r, "mail", "smtp user"), "mail", "smtp password file");
    need(r, said(r, "mail", "smtp password file"), "mail", "smtp user", "a password needs a user");
    check_domain(r, "redirect to");
    check_domain(r, "operator email");
    check_delivery(r);
}

static void check_alarm(const struct reading *r)
{
    need(r, said(r, "alarm", "smtp url"), "alarm", "email", "a server needs somebody to write to");
    need(r, said(r, "alarm", "email"), "alarm", "smtp url", "ordinary mail may be what fails");
    need(r, said(r, "alarm", "smtp user"), "alarm", "smtp password file",
         "a user needs a password");
    need(r, said(r, "alarm", "smtp password file"), "alarm", "smtp user",
         "a password needs a user");
    if (r->config.heartbeat_mail)
        need(r, said(r, "alarm", "heartbeat mail"), "mail", "operator email", "it is sent to them");
}

static void check_all(const struct reading *r)
{
    const struct node *pooled = said(r, "source", "pooled");

    if (r->config.source_pooled && r->config.watch == WATCH_NOTIFY)
        object(r, pooled, "notifications do not come through a pooler: expected watch: poll");
    need(r, said(r, "source", "password file"), "source", "database", "a password without a use");
    need(r, said(r, "store", "password file"), "store", "database", "a password without a use");
    need(r, said(r, "service", "password file"), "service", "database", "a password without a use");
    need(r, said(r, "service", "tls certificate file"), "service", "tls key file",
         "a certificate needs its key");
    need(r, said(r, "service", "tls key file"), "service", "tls certificate file",
         "a key needs its certificate");
    need(r, said(r, "service", "identity header"), "service", "trusted proxies",
         "anybody can send a header");
    check_mail(r);
    check_mailbox(r);
    check_oauth(r);
    check_notify(r);
    check_alarm(r);
}

static bool read_file(struct arena *a, const char *path, struct reading *ret, struct error *err)
{
    struct tree tree;

    if (!tree_read_file(a, path, &tree, err))
        return false;
    set_defaults(a, &ret->config);
    read_root(ret, tree.root);
    return true;
}

static void finish(struct arena *a, const char *path, struct reading *r, struct config *ret)
{
    derive(a, &r->config);
    r->config.file = arena_strdup(a, path);
    *ret = r->config;
}

bool config_read(struct arena *a, const char *path, struct config *ret, struct error *err)
{
    struct complaints complaints = {.arena = a};
    struct reading r = {.place = {a, &complaints, path, folder_of(a, path)}};

    if (!read_file(a, path, &r, err))
        return false;
    if (complaints.count == 0) // what is wrong in itself would only be complained about twice
        check_all(&r);
    if (!complaints_end(&complaints, err))
        return false;
    finish(a, path, &r, ret);
    return true;
}

bool config_read_good_part(struct arena *a, const char *path, struct config *ret, struct error *err)
{
    struct complaints complaints = {.arena = a};
    struct reading r = {.place = {a, &complaints, path, folder_of(a, path)}};

    if (!read_file(a, path, &r, err))
        return false;
    finish(a, path, &r, ret);
    return true;
}

// ------------------------------------------------------------------------ beside the file

void config_print(struct text *out, const struct config *c)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        AUTO(text_done) struct text value = {0};

        if (i == 0 || strcmp(s->group, settings[i - 1].group) != 0)
            text_addf(out, "%s%s:\n", i ? "\n" : "", s->group);
        setting_print(&value, s, c);
        text_addf(out, "  # %s\n", s->sentence);
        if (value.length > 0)
            text_addf(out, "  %s: %s\n", s->key, text_str(&value));
        else
            text_addf(out, "  #%s: %s\n", s->key, s->example);
    }
}

// The shipped overlay whose name is nearest, or NULL.
static const char *nearest_overlay(struct arena *a, const char *name)
{
    struct error ignored;
    struct dirent **files;
    const char *folder, **names, *near;
    int count;

    if (!data_path(a, "rules/overlays", &folder, &ignored))
        return NULL;
    count = scandir(folder, &files, NULL, alphasort);
    if (count < 0)
        return NULL;
    names = ARENA_ARRAY(a, const char *, (size_t)count + 1);
    for (int i = 0; i < count; i++) {
        names[i] = arena_strndup(a, files[i]->d_name, strcspn(files[i]->d_name, "."));
        free(files[i]);
    }
    free(files);
    near = nearest_word(name, names, (size_t)count);
    return near;
}

bool config_overlay(struct arena *a, const char *name, const char *folder, const char **ret,
                    struct error *err)
{
    size_t length = strlen(name);
    bool file = strchr(name, '/') || (length > 5 && strcmp(name + length - 5, ".yaml") == 0);
    struct error ignored;
    const char *near;

    if (file) {
        *ret = *name == '/' ? arena_strdup(a, name) : arena_printf(a, "%s/%s", folder, name);
        return true;
    }
    if (data_path(a, arena_printf(a, "rules/overlays/%s.yaml", name), ret, &ignored))
        return true;
    near = nearest_overlay(a, name);
    return fail(err, FAULT_INPUT,
                near ? "\"%s\": no overlay of that name came with timely; did you mean \"%s\"?"
                     : "\"%s\": no overlay of that name came with timely; a file's name ends in "
                       ".yaml",
                setting_shown(a, name), near);
}

bool config_secret(struct arena *a, const char *path, const char **ret, struct error *err)
{
    const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");
    const size_t largest = 1 << 16; // a token of some kilobytes fits; a wrong file mostly not
    size_t length, line;
    char *bytes;

    if (!strchr(path, '/') && credentials && *credentials)
        path = arena_printf(a, "%s/%s", credentials, path);
    if (!read_whole_file(a, path, largest, &bytes, &length, err))
        return false;
    line = strcspn(bytes, "\r\n");
    if (line == 0)
        return fail(err, FAULT_INPUT, "%s: expected a password on the first line", path);
    if (line < length && bytes[line] == '\0')
        return fail(err, FAULT_INPUT, "%s: a zero byte in the password", path);
    *ret = arena_strndup(a, bytes, line);
    return true;
}
