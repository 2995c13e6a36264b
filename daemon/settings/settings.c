// What each kind of value of a setting looks like: how it is read and printed. The table is in
// settings_table.c.
#include "settings.h"

#include "date.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCAL_PART_MAX 64 // RFC 5321 4.5.3.1.1
#define HEADER_NAME_MAX 64

const struct setting *setting_find(const char *group, const char *key)
{
    for (size_t i = 0; i < setting_count; i++)
        if (strcmp(settings[i].group, group) == 0 && strcmp(settings[i].key, key) == 0)
            return &settings[i];
    return NULL;
}

const char *setting_shown(struct arena *a, const char *s)
{
    char *line = text_one_line(s, 80);
    const char *shown = arena_strdup(a, line);

    free(line);
    return shown;
}

static bool wrong(const struct setting_place *p, const struct node *n, const char *expected)
{
    complain(p->complaints, p->file, n->line, n->column, "\"%s\": expected %s",
             setting_shown(p->arena, n->text), expected);
    return false;
}

static void put_text(const struct setting *s, struct config *ret, const char *value)
{
    memcpy((char *)ret + s->at, &value, sizeof value);
}

static void put_number(const struct setting *s, struct config *ret, int value)
{
    memcpy((char *)ret + s->at, &value, sizeof value);
}

static const char *text_of(const struct setting *s, const struct config *c)
{
    const char *value;

    memcpy(&value, (const char *)c + s->at, sizeof value);
    return value;
}

static int number_of(const struct setting *s, const struct config *c)
{
    int value;

    memcpy(&value, (const char *)c + s->at, sizeof value);
    return value;
}

static bool one_line(const char *s)
{
    size_t length = strlen(s), n;
    uint32_t character;

    for (; length > 0; s += n, length -= n) {
        n = utf8_decode(s, length, &character);
        if (n == 0 || utf8_hidden(character))
            return false;
    }
    return true;
}

// Labels of letters, digits and hyphens between dots.
static bool is_host(const char *s, size_t length)
{
    bool label = false;

    if (length == 0 || length > 253)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (s[i] == '.' && !label)
            return false;
        if (s[i] != '.' && s[i] != '-' && !isalnum((unsigned char)s[i]))
            return false;
        label = s[i] != '.';
    }
    return label;
}

bool setting_email_valid(const char *s)
{
    size_t length = strlen(s);
    size_t local = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "!#$%&'*+/=?^_`{|}~.-");

    if (local == 0 || local > 64 || s[local] != '@' || length > 254)
        return false;
    return is_host(s + local + 1, length - local - 1);
}

// True when the text holds a password, as "password=…" or before the @ of an address.
static bool holds_password(const char *s)
{
    const char *scheme = strstr(s, "://");

    for (const char *p = s; (p = strstr(p, "password")); p++) {
        const char *after = p + strlen("password");

        after += strspn(after, " \t");
        if (*after == '=' && (p == s || strchr(" \t?&", p[-1])))
            return true;
    }
    if (!scheme)
        return false;

    size_t authority = strcspn(scheme + 3, "/?#");
    const char *at = memchr(scheme + 3, '@', authority);

    return at && memchr(scheme + 3, ':', (size_t)(at - scheme - 3));
}

static bool read_text(const struct setting_place *p, const struct setting *s, const struct node *n,
                      struct config *ret)
{
    if (!one_line(n->text))
        return wrong(p, n, "one line without hidden characters");
    if (s->most > 0 && strlen(n->text) > (size_t)s->most) {
        complain(p->complaints, p->file, n->line, n->column, "%zu bytes long: expected at most %d",
                 strlen(n->text), s->most);
        return false;
    }
    put_text(s, ret, n->text);
    return true;
}

// What is wrong is not repeated here: it may be the password.
static bool read_database(const struct setting_place *p, const struct setting *s,
                          const struct node *n, struct config *ret)
{
    bool address =
        strncmp(n->text, "postgresql://", 13) == 0 || strncmp(n->text, "postgres://", 11) == 0;

    if (holds_password(n->text)) {
        complain(p->complaints, p->file, n->line, n->column,
                 "a password does not belong here: expected it in a file, named by \"password "
                 "file\"");
        return false;
    }
    if (!address && !strchr(n->text, '=')) {
        complain(p->complaints, p->file, n->line, n->column,
                 "expected a connection string, such as \"host=/run/postgresql dbname=cases\"");
        return false;
    }
    return read_text(p, s, n, ret);
}

static const char *from_folder(const struct setting_place *p, const char *path)
{
    return *path == '/' ? path : arena_printf(p->arena, "%s/%s", p->folder, path);
}

static bool read_path(const struct setting_place *p, const struct setting *s, const struct node *n,
                      struct config *ret)
{
    if (!one_line(n->text))
        return wrong(p, n, "a path without hidden characters");
    put_text(s, ret, from_folder(p, n->text));
    return true;
}

static bool read_secret(const struct setting_place *p, const struct setting *s,
                        const struct node *n, struct config *ret)
{
    const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");
    const char *path;

    if (!credentials || !*credentials || strchr(n->text, '/'))
        return read_path(p, s, n, ret);
    path = arena_printf(p->arena, "%s/%s", credentials, n->text);
    if (access(path, F_OK) != 0)
        return read_path(p, s, n, ret);
    put_text(s, ret, path);
    return true;
}

static bool read_overlay(const struct setting_place *p, const struct setting *s,
                         const struct node *n, struct config *ret)
{
    struct error problem;
    const char *path;

    if (!one_line(n->text))
        return wrong(p, n, "a path without hidden characters");
    if (config_overlay(p->arena, n->text, p->folder, &path, &problem)) {
        put_text(s, ret, path);
        return true;
    }
    complain(p->complaints, p->file, n->line, n->column, "%s", problem.text);
    return false;
}

static const char *number_expected(const struct setting_place *p, const struct setting *s)
{
    if (!s->unit)
        return arena_printf(p->arena, "a number from %d to %d", s->least, s->most);
    if (strcmp(s->unit, "%") == 0)
        return arena_printf(p->arena, "a share from %d%% to %d%%, such as \"%s\"", s->least,
                            s->most, s->otherwise);
    return arena_printf(p->arena, "a number of %s from %d to %d, such as \"%s\"", s->unit, s->least,
                        s->most, s->otherwise);
}

// What stands after the digits: nothing, "%", or a blank and the unit (in the singular for 1).
static bool is_unit(const char *rest, const char *unit, int number)
{
    size_t length;

    if (!unit)
        return *rest == '\0';
    if (strcmp(unit, "%") == 0)
        return strcmp(rest, unit) == 0;
    if (*rest != ' ')
        return false;
    length = strlen(unit) - (number == 1 ? 1 : 0);
    return strncmp(rest + 1, unit, length) == 0 && rest[1 + length] == '\0';
}

static bool read_number(const struct setting_place *p, const struct setting *s,
                        const struct node *n, struct config *ret)
{
    size_t digits = strspn(n->text, "0123456789");
    int number;

    if (digits == 0 || digits > 7 || (*n->text == '0' && digits > 1))
        return wrong(p, n, number_expected(p, s));
    number = (int)strtol(n->text, NULL, 10);
    if (number < s->least || number > s->most || !is_unit(n->text + digits, s->unit, number))
        return wrong(p, n, number_expected(p, s));
    put_number(s, ret, number);
    return true;
}

// "off, redirect or live"
static const char *words_listed(const struct setting_place *p, const char *const *words)
{
    const char *all = words[0];

    for (size_t i = 1; words[i]; i++)
        all = arena_printf(p->arena, "%s%s%s", all, words[i + 1] ? ", " : " or ", words[i]);
    return all;
}

// Index of the word that the node says, or -1 after a complaint.
static int read_one_of(const struct setting_place *p, const struct node *n,
                       const char *const *words)
{
    size_t count = 0;
    const char *near;

    for (; words[count]; count++)
        if (strcmp(words[count], n->text) == 0)
            return (int)count;
    near = nearest_word(n->text, words, count);
    complain(p->complaints, p->file, n->line, n->column,
             near ? "\"%s\": expected %s; did you mean \"%s\"?" : "\"%s\": expected %s",
             setting_shown(p->arena, n->text), words_listed(p, words), near);
    return -1;
}

static const char *const no_yes[] = {"no", "yes", NULL};

static bool read_yes_no(const struct setting_place *p, const struct setting *s,
                        const struct node *n, struct config *ret)
{
    int word = read_one_of(p, n, no_yes);
    bool value = word == 1;

    if (word < 0)
        return false;
    memcpy((char *)ret + s->at, &value, sizeof value);
    return true;
}

static bool read_word(const struct setting_place *p, const struct setting *s, const struct node *n,
                      struct config *ret)
{
    int word = read_one_of(p, n, s->words);

    if (word < 0)
        return false;
    put_number(s, ret, word);
    return true;
}

static bool read_email(const struct setting_place *p, const struct setting *s, const struct node *n,
                       struct config *ret)
{
    if (!setting_email_valid(n->text))
        return wrong(p, n, "a plain mail address, such as name@example.gov.uk");
    put_text(s, ret, n->text);
    return true;
}

// A tag is the part of a UID before its @: 32 letters and digits, or a few more.
static bool read_event_email(const struct setting_place *p, const struct setting *s,
                             const struct node *n, struct config *ret)
{
    static const char longest_tag[] = "own-own-own-0123456789abcdef0123456789abcdef";
    const char *tag = strstr(n->text, CONFIG_EVENT), *at = strchr(n->text, '@');
    const char *rest = tag ? tag + strlen(CONFIG_EVENT) : NULL;
    const char *address =
        tag ? arena_printf(p->arena, "%.*s%s%s", (int)(tag - n->text), n->text, longest_tag, rest)
            : "";

    if (!tag || !at || at < tag || strchr(address, '@') - address > LOCAL_PART_MAX ||
        !setting_email_valid(address))
        return wrong(p, n,
                     "a mail address with {event} before its @, such as "
                     "timely+{event}@example.gov.uk");
    put_text(s, ret, n->text);
    return true;
}

static bool read_header(const struct setting_place *p, const struct setting *s,
                        const struct node *n, struct config *ret)
{
    size_t length = strlen(n->text);

    if (length > HEADER_NAME_MAX || strspn(n->text, "abcdefghijklmnopqrstuvwxyz"
                                                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                    "0123456789-") != length)
        return wrong(p, n, "the name of a header, such as X-Remote-User");
    put_text(s, ret, n->text);
    return true;
}

static bool read_host(const struct setting_place *p, const struct setting *s, const struct node *n,
                      struct config *ret)
{
    if (!is_host(n->text, strlen(n->text)))
        return wrong(p, n, "the name of a machine");
    put_text(s, ret, n->text);
    return true;
}

static bool is_port(const char *s)
{
    size_t digits = strspn(s, "0123456789");

    return digits > 0 && digits <= 5 && !s[digits] && strtol(s, NULL, 10) <= 65535;
}

// Nothing, or the path under which a proxy shows us; without a slash at its end.
static bool is_url_path(const char *s, bool allowed)
{
    size_t length = strlen(s);

    if (length == 0)
        return true;
    if (!allowed || *s != '/' || s[length - 1] == '/')
        return false;
    return strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/") ==
           length;
}

// "HOST", "HOST:PORT" or "[ADDRESS]:PORT", and a path where one may be.
static bool is_location(const char *s, bool path)
{
    char port[8] = "";
    size_t host;

    if (*s == '[') {
        host = strspn(s + 1, "0123456789abcdefABCDEF:.") + 1;
        if (host < 3 || s[host] != ']')
            return false;
        host++;
    } else {
        host = strcspn(s, ":/");
        if (!is_host(s, host))
            return false;
    }
    if (s[host] == ':') {
        size_t digits = strcspn(s + host + 1, "/");

        if (digits >= sizeof port)
            return false;
        memcpy(port, s + host + 1, digits);
        if (!is_port(port))
            return false;
        host += 1 + digits;
    }
    return is_url_path(s + host, path);
}

static bool read_url(const struct setting_place *p, const struct setting *s, const struct node *n,
                     struct config *ret)
{
    for (size_t i = 0; s->words[i]; i++) {
        size_t length = strlen(s->words[i]);

        if (strncmp(n->text, s->words[i], length) == 0 &&
            strncmp(n->text + length, "://", 3) == 0 &&
            is_location(n->text + length + 3, s->most > 0)) {
            put_text(s, ret, n->text);
            return true;
        }
    }
    complain(p->complaints, p->file, n->line, n->column,
             "expected %s://HOST or %s://HOST:PORT and %s, such as \"%s\"", s->words[0],
             s->words[1], s->most > 0 ? "no slash at the end" : "nothing more", s->example);
    return false;
}

static bool is_numeric_address(const char *s, size_t length)
{
    struct in6_addr six;
    struct in_addr four;
    char host[INET6_ADDRSTRLEN];

    if (length >= sizeof host)
        return false;
    memcpy(host, s, length);
    host[length] = '\0';
    if (*host != '[' || host[length - 1] != ']')
        return inet_pton(AF_INET, host, &four) == 1;
    host[length - 1] = '\0';
    return inet_pton(AF_INET6, host + 1, &six) == 1;
}

static bool read_listen(const struct setting_place *p, const struct setting *s,
                        const struct node *n, struct config *ret)
{
    const char *port = strrchr(n->text, ':');
    bool socket = strncmp(n->text, "unix:/", 6) == 0 && n->text[6] && one_line(n->text);

    if (!socket &&
        (!port || !is_port(port + 1) || !is_numeric_address(n->text, (size_t)(port - n->text))))
        return wrong(p, n, "ADDRESS:PORT (127.0.0.1:8480), [ADDRESS]:PORT or unix:/PATH");
    put_text(s, ret, n->text);
    return true;
}

static bool read_moment(const struct setting_place *p, const struct setting *s,
                        const struct node *n, struct config *ret)
{
    int year = 0, month, day;
    struct moment m;

    if (moment_parse(n->text, &m) && m.minute >= 0)
        date_split(m.on, &year, &month, &day);
    if (year < s->least || year > s->most) {
        complain(p->complaints, p->file, n->line, n->column,
                 "\"%s\": expected a day and a time of the years %d to %d, such as \"%s\"",
                 setting_shown(p->arena, n->text), s->least, s->most, s->example);
        return false;
    }
    put_text(s, ret, moment_iso(p->arena, m));
    return true;
}

// What a list may hold.
struct item {
    const char *one;      // for messages
    const char *expected; // of a text that is none
    bool (*valid)(const char *s);
};

static bool is_domain(const char *s)
{
    return is_host(s, strlen(s));
}

static bool is_proxy(const char *s)
{
    struct in6_addr address;

    return strcmp(s, "unix:") == 0 || inet_pton(AF_INET, s, &address) == 1 ||
           inet_pton(AF_INET6, s, &address) == 1;
}

static const struct item domain = {
    "a mail domain", "a mail domain without \"@\", such as example.gov.uk", is_domain};
static const struct item proxy = {
    "the address of a proxy", "an address, such as 127.0.0.1 or \"::1\", or \"unix:\"", is_proxy};

static bool read_item(const struct setting_place *p, const struct item *item, const struct node *n,
                      const char **ret)
{
    if (n->kind != NODE_SCALAR) {
        complain(p->complaints, p->file, n->line, n->column, "expected %s", item->one);
        return false;
    }
    if (!item->valid(n->text))
        return wrong(p, n, item->expected);
    *ret = n->text;
    return true;
}

static bool read_list(const struct setting_place *p, const struct setting *s,
                      const struct item *item, const struct node *n, const char *const **ret_items,
                      size_t *ret_count)
{
    const char **items = ARENA_ARRAY(p->arena, const char *, n->count + 1);
    size_t count = n->kind == NODE_SCALAR ? 1 : n->count;
    bool good = true;

    if (n->kind == NODE_MAPPING || count == 0) {
        complain(p->complaints, p->file, n->line, n->column, "expected %s or a list of them: %s",
                 item->one, s->example);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!read_item(p, item, n->kind == NODE_SCALAR ? n : n->items[i], &items[i]))
            good = false;
    if (!good)
        return false;
    *ret_items = items;
    *ret_count = count;
    return true;
}

bool setting_read(const struct setting_place *p, const struct setting *s, const struct node *value,
                  struct config *ret)
{
    static bool (*const readers[])(const struct setting_place *, const struct setting *,
                                   const struct node *, struct config *) = {
        [SETTING_TEXT] = read_text,       [SETTING_DATABASE] = read_database,
        [SETTING_PATH] = read_path,       [SETTING_SECRET] = read_secret,
        [SETTING_OVERLAY] = read_overlay, [SETTING_NUMBER] = read_number,
        [SETTING_YES_NO] = read_yes_no,   [SETTING_WORD] = read_word,
        [SETTING_EMAIL] = read_email,     [SETTING_HOST] = read_host,
        [SETTING_HEADER] = read_header,   [SETTING_EVENT_EMAIL] = read_event_email,
        [SETTING_URL] = read_url,         [SETTING_LISTEN] = read_listen,
        [SETTING_MOMENT] = read_moment};

    if (value->kind == NODE_SCALAR && !*value->text) {
        complain(p->complaints, p->file, value->line, value->column,
                 "\"%s\" is empty: leave the line out for its default", s->key);
        return false;
    }
    if (s->kind == SETTING_DOMAINS)
        return read_list(p, s, &domain, value, &ret->allowed_domains, &ret->allowed_domain_count);
    if (s->kind == SETTING_PROXIES)
        return read_list(p, s, &proxy, value, &ret->trusted_proxies, &ret->trusted_proxy_count);
    if (value->kind != NODE_SCALAR) {
        complain(p->complaints, p->file, value->line, value->column,
                 "\"%s\": expected one value, such as \"%s\"", s->key,
                 s->otherwise ? s->otherwise : s->example);
        return false;
    }
    return readers[s->kind](p, s, value, ret);
}

static void print_quoted(struct text *out, const char *s)
{
    text_add(out, "\"");
    for (; *s; s++)
        text_addf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    text_add(out, "\"");
}

static void print_number(struct text *out, const struct setting *s, int number)
{
    text_addf(out, "%d", number);
    if (!s->unit)
        return;
    if (strcmp(s->unit, "%") != 0)
        text_add(out, " ");
    text_add_n(out, s->unit, strlen(s->unit) - (number == 1 && *s->unit != '%' ? 1 : 0));
}

static void print_list(struct text *out, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? ", " : "[");
        print_quoted(out, items[i]);
    }
    if (count > 0)
        text_add(out, "]");
}

void setting_print(struct text *out, const struct setting *s, const struct config *c)
{
    bool yes;

    if (s->kind == SETTING_DOMAINS) {
        print_list(out, c->allowed_domains, c->allowed_domain_count);
    } else if (s->kind == SETTING_PROXIES) {
        print_list(out, c->trusted_proxies, c->trusted_proxy_count);
    } else if (s->kind == SETTING_NUMBER) {
        print_number(out, s, number_of(s, c));
    } else if (s->kind == SETTING_WORD) {
        text_add(out, s->words[number_of(s, c)]);
    } else if (s->kind == SETTING_YES_NO) {
        memcpy(&yes, (const char *)c + s->at, sizeof yes);
        text_add(out, no_yes[yes]);
    } else if (text_of(s, c)) {
        print_quoted(out, text_of(s, c));
    }
}
