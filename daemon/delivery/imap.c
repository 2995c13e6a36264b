// Four commands of IMAP on a connection that libcurl has opened.
#include "imap.h"

#include "imap_wire.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SAID_CHARS_MAX 120

struct imap {
    struct imap_wire wire;
    int timeout_s;
    unsigned tag;
};

// ------------------------------------------------------------------------------------- connecting

bool imap_open(const struct mail_server *s, struct imap **ret, bool *ret_denied, struct error *err)
{
    char words[CURL_ERROR_SIZE] = "";
    CURL *easy = curl_easy_init();
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode done;

    if (!easy)
        out_of_memory();
    curl_easy_setopt(easy, CURLOPT_URL, s->url);
    mail_server_set(easy, s, "imap,imaps");
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
    done = transfer_connect(easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    *ret_denied = done == CURLE_LOGIN_DENIED;
    if (done == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
    if (done != CURLE_OK || fd == CURL_SOCKET_BAD) {
        curl_easy_cleanup(easy);
        return fail(err, FAULT_AWAY, "the mailbox cannot be opened: %s",
                    *ret_denied ? "the server refuses the user or what proves it"
                    : *words    ? words
                                : curl_easy_strerror(done));
    }
    *ret = calloc(1, sizeof **ret);
    if (!*ret)
        out_of_memory();
    **ret = (struct imap){.wire = {.easy = easy, .fd = fd}, .timeout_s = s->timeout_s};
    return true;
}

void imap_close(struct imap *m)
{
    size_t sent;

    if (!m)
        return;
    (void)curl_easy_send(m->wire.easy, "bye LOGOUT\r\n", 12, &sent); // out of manners: nobody waits
    curl_easy_cleanup(m->wire.easy);
    imap_wire_done(&m->wire);
    free(m);
}

void imap_auto_close(struct imap **m)
{
    imap_close(*m);
}

// --------------------------------------------------------------------------------------- commands

// Says a command and hands each untagged answer to `each` until the tagged one comes.
static bool command(struct imap *m, const char *words, void (*each)(struct imap *m, void *arg),
                    void *arg, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *tag = arena_printf(a, "t%u ", ++m->tag);
    const char *line = arena_printf(a, "%s%s\r\n", tag, words), *said;

    m->wire.until = clock_monotonic() + SECONDS(m->timeout_s > 0 ? m->timeout_s : 1);
    if (!imap_wire_send(&m->wire, line, strlen(line), err))
        return false;
    for (;;) {
        if (!imap_wire_read(&m->wire, err))
            return false;
        said = text_str(&m->wire.answer);
        if (strncmp(said, "* ", 2) == 0)
            each(m, arg);
        else if (strncmp(said, tag, strlen(tag)) == 0)
            break;
        else
            return imap_away(err, "answers what is no IMAP");
    }
    said += strlen(tag);
    if (strncasecmp(said, "OK", 2) == 0)
        return true;

    char *shown = text_one_line(said, SAID_CHARS_MAX);

    (void)fail(err, FAULT_AWAY, "the mailbox's server refuses %.*s: %s", (int)strcspn(words, " "),
               words, shown);
    free(shown);
    return false;
}

static uint32_t number_after(const char *said, const char *word)
{
    const char *at = strcasestr(said, word);

    return at ? (uint32_t)strtoul(at + strlen(word), NULL, 10) : 0;
}

static void note_folder(struct imap *m, void *arg)
{
    struct imap_folder *f = arg;
    const char *said = text_str(&m->wire.answer);

    if (strncasecmp(said, "* OK [", 6) != 0)
        return;
    if (number_after(said, "[UIDVALIDITY "))
        f->uid_validity = number_after(said, "[UIDVALIDITY ");
    if (number_after(said, "[UIDNEXT "))
        f->uid_next = number_after(said, "[UIDNEXT ");
}

// RFC 3501 4.3: a quoted string.
static const char *quoted(struct arena *a, const char *name)
{
    AUTO(text_done) struct text out = {0};

    for (; *name; name++)
        text_addf(&out, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
    return arena_printf(a, "\"%s\"", text_str(&out));
}

static bool plain(const char *name)
{
    for (const char *c = name; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return *name;
}

bool imap_examine(struct imap *m, const char *name, struct imap_folder *ret, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct imap_folder f = {0};

    if (!plain(name))
        return fail(err, FAULT_INPUT, "the mailbox's folder has a name that cannot be said");
    if (!command(m, arena_printf(a, "EXAMINE %s", quoted(a, name)), note_folder, &f, err))
        return false;
    if (f.uid_validity == 0)
        return imap_away(err, "gives no UIDVALIDITY");
    *ret = f;
    return true;
}

struct uids {
    struct arena *arena;
    uint32_t *items, first;
    size_t count, room;
};

static void note_uids(struct imap *m, void *arg)
{
    struct uids *u = arg;
    const char *said = text_str(&m->wire.answer);
    char *end;

    if (strncasecmp(said, "* SEARCH", 8) != 0)
        return;
    for (said += 8; *said == ' '; said = end) {
        uint32_t uid = (uint32_t)strtoul(said, &end, 10);

        if (end == said)
            return;
        if (uid < u->first) // "7:*" means the last mail too, whatever its number
            continue;
        u->items = arena_grow(u->arena, u->items, sizeof *u->items, u->count, &u->room);
        u->items[u->count++] = uid;
    }
}

static int by_number(const void *pa, const void *pb)
{
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

    return (a > b) - (a < b);
}

// RFC 3501: date, "5-Apr-2024".
static const char *day_word(struct arena *a, struct date d)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int year, month, day;

    date_split(d, &year, &month, &day);
    return arena_printf(a, "%d-%s-%d", day, months[month - 1], year);
}

bool imap_uids(struct imap *m, struct arena *a, uint32_t first, struct date since, uint32_t **ret,
               size_t *ret_count, struct error *err)
{
    struct uids u = {.arena = a, .first = first};
    const char *since_words =
        date_known(since) ? arena_printf(a, " SINCE %s", day_word(a, since)) : "";

    if (!command(m, arena_printf(a, "UID SEARCH UID %u:*%s", first, since_words), note_uids, &u,
                 err))
        return false;
    arena_sort(a, u.items, u.count, sizeof *u.items, by_number);
    *ret = u.items;
    *ret_count = u.count;
    return true;
}

struct fetched {
    struct arena *arena;
    const char *bytes;
    size_t length;
};

static void note_structure(struct imap *m, void *arg)
{
    struct fetched *f = arg;
    const char *said = text_str(&m->wire.answer);

    if (strcasestr(said, "FETCH") && memmem(said, m->wire.answer.length, "BODYSTRUCTURE", 13))
        f->bytes = arena_strndup(f->arena, said, m->wire.answer.length);
}

bool imap_structure(struct imap *m, struct arena *a, uint32_t uid, const char **ret,
                    struct error *err)
{
    struct fetched f = {.arena = a};

    if (!command(m, arena_printf(a, "UID FETCH %u (BODYSTRUCTURE)", uid), note_structure, &f, err))
        return false;
    *ret = f.bytes;
    return true;
}

static void note_mail(struct imap *m, void *arg)
{
    struct fetched *f = arg;
    const struct imap_wire *w = &m->wire;

    if (w->literal_at == 0 || !memmem(w->answer.s, w->literal_at, "BODY[]", 6))
        return;
    f->bytes = arena_strndup(f->arena, w->answer.s + w->literal_at, w->literal_length);
    f->length = w->literal_length;
}

bool imap_mail(struct imap *m, struct arena *a, uint32_t uid, size_t most, const char **ret,
               size_t *ret_length, struct error *err)
{
    struct fetched f = {.arena = a};

    if (!command(m, arena_printf(a, "UID FETCH %u (BODY.PEEK[]<0.%zu>)", uid, most), note_mail, &f,
                 err))
        return false;
    *ret = f.bytes;
    *ret_length = f.length;
    return true;
}
