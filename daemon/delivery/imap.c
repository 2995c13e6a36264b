// Four commands of IMAP on a connection that libcurl has opened. An answer is read as a whole: its
// line with the literals in it, as long as it keeps to a bound.
#include "imap.h"

#include "text.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_TIMEOUT_S 15
#define ANSWER_BYTES_MAX ((size_t)4 << 20) // also of a list of UIDs
#define READ_BYTES ((size_t)16 << 10)
#define SAID_CHARS_MAX 120

// One untagged answer. A literal (RFC 3501 4.3) stands in `bytes` where the server put it.
struct answer {
    struct text bytes;
    size_t literal_at, literal_length; // of the first one; at 0: none
};

struct imap {
    CURL *easy;
    curl_socket_t fd;
    int timeout_s;
    int64_t until; // monotonic: the end of the command in hand
    unsigned tag;
    struct text in; // read and not yet taken
    size_t taken;
    struct answer answer;
};

// What is wrong with the other side, in words.
static bool away(struct error *err, const char *what)
{
    return fail(err, FAULT_AWAY, "the mailbox's server %s", what);
}

// ------------------------------------------------------------------------------------- connecting

static void set_server(CURL *easy, const struct imap_server *s, char *words)
{
    long timeout = s->timeout_s > 0 ? s->timeout_s : 1;

    curl_easy_setopt(easy, CURLOPT_URL, s->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "imap,imaps");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // none from the environment
    curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_TIMEOUT_S ? timeout : (long)CONNECT_TIMEOUT_S);
    // Never "try": that falls back to clear text without a word.
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     (long)(s->require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    if (s->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, s->ca_file);
    curl_easy_setopt(easy, CURLOPT_USERNAME, s->user);
    if (s->bearer) {
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, s->bearer);
        curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    } else if (s->password) {
        curl_easy_setopt(easy, CURLOPT_PASSWORD, s->password);
    }
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
}

bool imap_open(const struct imap_server *s, struct imap **ret, bool *ret_denied, struct error *err)
{
    char words[CURL_ERROR_SIZE] = "";
    CURL *easy = curl_easy_init();
    curl_socket_t fd = CURL_SOCKET_BAD;
    CURLcode done;

    if (!easy)
        out_of_memory();
    set_server(easy, s, words);
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
    **ret = (struct imap){.easy = easy, .fd = fd, .timeout_s = s->timeout_s};
    return true;
}

void imap_close(struct imap *m)
{
    size_t sent;

    if (!m)
        return;
    (void)curl_easy_send(m->easy, "bye LOGOUT\r\n", 12, &sent); // out of manners: nobody waits
    curl_easy_cleanup(m->easy);
    text_done(&m->in);
    text_done(&m->answer.bytes);
    free(m);
}

void imap_auto_close(struct imap **m)
{
    imap_close(*m);
}

// ----------------------------------------------------------------------------- bytes in and out

static bool wait_for(struct imap *m, bool for_read, struct error *err)
{
    int64_t left = m->until - clock_monotonic();

    switch (left > 0 ? fiber_wait_fd(m->fd, for_read, !for_read, left) : WAKE_TIMEOUT) {
    case WAKE_READY:
        return true;
    case WAKE_STOPPING:
        return fail(err, FAULT_AWAY, "stopping");
    case WAKE_TIMEOUT:
        break;
    }
    return away(err, "does not answer");
}

static bool send_all(struct imap *m, const char *bytes, size_t length, struct error *err)
{
    while (length > 0) {
        size_t sent = 0;
        CURLcode code = curl_easy_send(m->easy, bytes, length, &sent);

        if (code != CURLE_OK && code != CURLE_AGAIN)
            return away(err, "has closed the connection");
        if (code == CURLE_AGAIN && !wait_for(m, false, err))
            return false;
        bytes += sent;
        length -= sent;
    }
    return true;
}

// Reads until at least one byte more is there.
static bool read_more(struct imap *m, struct error *err)
{
    char bytes[READ_BYTES];

    for (;;) {
        size_t n = 0;
        CURLcode code = curl_easy_recv(m->easy, bytes, sizeof bytes, &n);

        if (code == CURLE_OK && n > 0) {
            text_add_n(&m->in, bytes, n);
            return true;
        }
        if (code != CURLE_AGAIN)
            return away(err, "has closed the connection");
        if (!wait_for(m, true, err))
            return false;
    }
}

// Takes `length` bytes of what was read into the answer.
static bool take(struct imap *m, size_t length, struct error *err)
{
    if (m->answer.bytes.length + length > ANSWER_BYTES_MAX)
        return away(err, "answers with more than can be meant");
    text_add_n(&m->answer.bytes, m->in.s + m->taken, length);
    m->taken += length;
    if (m->taken == m->in.length) {
        text_clear(&m->in);
        m->taken = 0;
    }
    return true;
}

static bool take_line(struct imap *m, struct error *err)
{
    size_t looked = 0;

    for (;;) {
        size_t there = m->in.length - m->taken;
        const char *from = there ? m->in.s + m->taken : NULL;
        const char *end = there > looked ? memchr(from + looked, '\n', there - looked) : NULL;

        if (end)
            return take(m, (size_t)(end - from) + 1, err);
        looked = there;
        if (there > ANSWER_BYTES_MAX)
            return away(err, "answers with more than can be meant");
        if (!read_more(m, err))
            return false;
    }
}

static bool take_bytes(struct imap *m, size_t length, struct error *err)
{
    while (length > 0) {
        size_t there = m->in.length - m->taken, n = there < length ? there : length;

        if (n > 0 && !take(m, n, err))
            return false;
        length -= n;
        if (length > 0 && !read_more(m, err))
            return false;
    }
    return true;
}

// The length of the literal that a line ends with, as "{310}" or "{310+}".
static bool announces_literal(const struct text *line, size_t begin, size_t *ret)
{
    size_t end = line->length, digits = 0;

    while (end > begin && (line->s[end - 1] == '\n' || line->s[end - 1] == '\r'))
        end--;
    if (end - begin < 3 || line->s[end - 1] != '}')
        return false;
    end -= line->s[end - 2] == '+' ? 2 : 1;
    while (end - digits > begin && line->s[end - digits - 1] >= '0' &&
           line->s[end - digits - 1] <= '9')
        digits++;
    if (digits == 0 || digits > 9 || end - digits == begin || line->s[end - digits - 1] != '{')
        return false;
    *ret = (size_t)strtoul(line->s + end - digits, NULL, 10);
    return true;
}

static bool read_answer(struct imap *m, struct error *err)
{
    size_t begin = 0, length;

    text_clear(&m->answer.bytes);
    m->answer.literal_at = m->answer.literal_length = 0;
    for (;;) {
        if (!take_line(m, err))
            return false;
        if (!announces_literal(&m->answer.bytes, begin, &length))
            return true;
        begin = m->answer.bytes.length;
        if (m->answer.literal_at == 0) {
            m->answer.literal_at = begin;
            m->answer.literal_length = length;
        }
        if (!take_bytes(m, length, err))
            return false;
        begin = m->answer.bytes.length;
    }
}

// --------------------------------------------------------------------------------------- commands

// Says a command and hands each untagged answer to `each` until the tagged one comes.
static bool command(struct imap *m, const char *words, void (*each)(struct imap *m, void *arg),
                    void *arg, struct error *err)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    const char *tag = arena_printf(a, "t%u ", ++m->tag);
    const char *line = arena_printf(a, "%s%s\r\n", tag, words), *said;

    m->until = clock_monotonic() + SECONDS(m->timeout_s > 0 ? m->timeout_s : 1);
    if (!send_all(m, line, strlen(line), err))
        return false;
    for (;;) {
        if (!read_answer(m, err))
            return false;
        said = text_str(&m->answer.bytes);
        if (strncmp(said, "* ", 2) == 0)
            each(m, arg);
        else if (strncmp(said, tag, strlen(tag)) == 0)
            break;
        else
            return away(err, "answers what is no IMAP");
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
    const char *said = text_str(&m->answer.bytes);

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
        return away(err, "gives no UIDVALIDITY");
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
    const char *said = text_str(&m->answer.bytes);
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
    const char *said = text_str(&m->answer.bytes);

    if (strcasestr(said, "FETCH") && memmem(said, m->answer.bytes.length, "BODYSTRUCTURE", 13))
        f->bytes = arena_strndup(f->arena, said, m->answer.bytes.length);
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
    const struct answer *n = &m->answer;

    if (n->literal_at == 0 || !memmem(n->bytes.s, n->literal_at, "BODY[]", 6))
        return;
    f->bytes = arena_strndup(f->arena, n->bytes.s + n->literal_at, n->literal_length);
    f->length = n->literal_length;
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
