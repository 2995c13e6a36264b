// Incoming mail by GMime. GMime follows nested parts with its stack and keeps every part in memory:
// so what could make either large is counted in the bytes first.
#include "mail_read.h"

#include "clean.h"
#include "gmime_start.h"
#include "gstring.h"
#include "mail_address.h"
#include "text.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#define HEADER_BYTES_MAX ((size_t)128 << 10)
#define NESTS_MAX 60        // mentions of a type that holds others
#define PART_LINES_MAX 1000 // lines that could begin a part
#define GROUPS_MAX 20       // of a delivery-status: our mails have one recipient
#define CALENDARS_MAX 4     // that are tried
#define MESSAGE_ID_BYTES_MAX 250
#define STATUS_CHARS_MAX 12
#define DIAGNOSTIC_CHARS_MAX 200

struct reading {
    struct arena *arena;
    struct mail_read *mail;
    int calendars;        // looked at so far
    struct error problem; // of the last calendar that was none
};

static void object_done(void *object)
{
    g_clear_object((GObject **)object);
}

// ---------------------------------------------------------------------------------------- bounds

static size_t mentions(const char *bytes, size_t length, const char *word)
{
    size_t count = 0, wanted = strlen(word);

    for (size_t i = 0; i + wanted <= length; i++)
        count += strncasecmp(bytes + i, word, wanted) == 0;
    return count;
}

static size_t header_length(const char *bytes, size_t length)
{
    const char *lf = memmem(bytes, length, "\n\n", 2), *crlf = memmem(bytes, length, "\r\n\r\n", 4);
    size_t shorter = length;

    if (lf)
        shorter = (size_t)(lf - bytes);
    if (crlf && (size_t)(crlf - bytes) < shorter)
        shorter = (size_t)(crlf - bytes);
    return shorter;
}

// NULL, or why the mail is not read.
static const char *too_much(const char *bytes, size_t length)
{
    if (length > MAIL_READ_BYTES_MAX)
        return "larger than 1 MB";
    if (header_length(bytes, length) > HEADER_BYTES_MAX)
        return "a header larger than 128 kB";
    // GMime would end an address there, where a server has read on.
    if (memchr(bytes, '\0', header_length(bytes, length)))
        return "a NUL in its header";
    if (mentions(bytes, length, "multipart/") + mentions(bytes, length, "message/") > NESTS_MAX)
        return "too deeply nested";
    if (mentions(bytes, length, "\n--") > PART_LINES_MAX)
        return "too many parts";
    return NULL;
}

// ---------------------------------------------------------------------------------------- headers

static const char *small_address(struct arena *a, const char *s)
{
    AUTO(gstring_done) char *small = s ? g_ascii_strdown(s, -1) : NULL;

    return small && mail_address_valid(small) ? arena_strdup(a, small) : NULL;
}

static const char *only_sender(struct arena *a, GMimeMessage *message)
{
    InternetAddressList *from = g_mime_message_get_from(message);
    InternetAddress *one = from && internet_address_list_length(from) == 1
                               ? internet_address_list_get_address(from, 0)
                               : NULL;

    return one && INTERNET_ADDRESS_IS_MAILBOX(one)
               ? small_address(a, internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one)))
               : NULL;
}

// Without the angle brackets; of several the first.
static const char *usable_id(struct arena *a, const char *s)
{
    size_t length;

    if (!s)
        return NULL;
    s += strspn(s, " \t\r\n<");
    length = strcspn(s, "> \t\r\n");
    if (length == 0 || length > MESSAGE_ID_BYTES_MAX)
        return NULL;
    for (size_t i = 0; i < length; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return NULL;
    return arena_strndup(a, s, length);
}

static bool is_automatic(GMimeObject *message)
{
    const char *submitted = g_mime_object_get_header(message, "Auto-Submitted");
    const char *path = g_mime_object_get_header(message, "Return-Path");

    if (submitted && strncasecmp(submitted + strspn(submitted, " "), "no", 2) != 0)
        return true;
    return path && strcmp(path + strspn(path, " "), "<>") == 0;
}

// ------------------------------------------------------------------------------------- the verdict

// The topmost field of that server: each server puts its own above those that it was given.
static enum mail_verdict read_verdict(struct arena *a, GMimeObject *message,
                                      const char *authserv_id)
{
    GMimeHeaderList *all = g_mime_object_get_header_list(message);
    enum mail_verdict said;

    if (!authserv_id || !*authserv_id)
        return VERDICT_UNASKED;
    for (int i = 0; i < g_mime_header_list_get_count(all); i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(all, i);
        // As it came: decoded, what is quoted could be no longer.
        const char *value = g_mime_header_get_raw_value(h);

        if (value && strcasecmp(g_mime_header_get_name(h), "Authentication-Results") == 0 &&
            mail_verdict_of(a, value, authserv_id, &said))
            return said;
    }
    return VERDICT_NONE;
}

// ------------------------------------------------------------------------------- calendar's reply

static GByteArray *decoded(GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    AUTO(object_done) GMimeStream *stream = g_mime_stream_mem_new();
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    if (content)
        (void)g_mime_data_wrapper_write_to_stream(content, stream);
    return bytes;
}

static void try_calendar(struct reading *r, const char *bytes, size_t length)
{
    struct mail_read *m = r->mail;

    r->calendars++;
    if (calendar_reply_read(r->arena, bytes, length, m->from, &m->reply, &r->problem))
        m->matter = MATTER_REPLY;
    else
        m->why = arena_printf(r->arena, "its calendar is not read: %s", r->problem.text);
}

static void try_calendar_part(struct reading *r, GMimeObject *o)
{
    if (GMIME_IS_TEXT_PART(o)) { // decoded, and in UTF-8 whatever its charset
        AUTO(gstring_done) char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(o));

        try_calendar(r, text ? text : "", text ? strlen(text) : 0);
    } else if (GMIME_IS_PART(o)) {
        GByteArray *bytes = decoded(GMIME_PART(o));

        try_calendar(r, bytes->len ? (const char *)bytes->data : "", bytes->len);
        g_byte_array_unref(bytes);
    }
}

static void look_for_calendar(GMimeObject *parent, GMimeObject *o, gpointer arg)
{
    struct reading *r = arg;
    GMimeContentType *type = g_mime_object_get_content_type(o);

    (void)parent;
    if (r->mail->matter != MATTER_NONE || r->calendars == CALENDARS_MAX || !type)
        return;
    if (g_mime_content_type_is_type(type, "text", "calendar") ||
        g_mime_content_type_is_type(type, "application", "ics"))
        try_calendar_part(r, o);
}

// ----------------------------------------------------------------------------------------- bounce

static GMimeMessage *parse(const char *bytes, size_t length)
{
    AUTO(object_done) GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, length);
    AUTO(object_done) GMimeParser *parser = g_mime_parser_new_with_stream(stream);

    return g_mime_parser_construct_message(parser, NULL);
}

// "rfc822; Ivy.Hart@council.example" (RFC 3464 2.1.2)
static const char *behind_type(const char *field)
{
    const char *at = field ? strchr(field, ';') : NULL;

    return at ? at + 1 + strspn(at + 1, " \t") : NULL;
}

// One group of fields of a delivery-status: a recipient's, or the message's own.
static bool read_group(struct arena *a, const char *group, size_t length, struct bounce *ret)
{
    AUTO(object_done)
    GMimeMessage *fields = parse(arena_printf(a, "%.*s\n\n", (int)length, group), length + 2);
    GMimeObject *o = GMIME_OBJECT(fields);
    const char *action = fields ? g_mime_object_get_header(o, "Action") : NULL;
    const char *diagnostic = fields ? g_mime_object_get_header(o, "Diagnostic-Code") : NULL;

    if (!action || strcasecmp(arena_strndup(a, action, strcspn(action, " \t(")), "failed") != 0)
        return false;
    ret->recipient = small_address(a, behind_type(g_mime_object_get_header(o, "Final-Recipient")));
    ret->status = clean_line(a, g_mime_object_get_header(o, "Status"), STATUS_CHARS_MAX);
    ret->diagnostic = clean_line(a, behind_type(diagnostic) ? behind_type(diagnostic) : diagnostic,
                                 DIAGNOSTIC_CHARS_MAX);
    return true;
}

// Groups of fields stand between empty lines.
static bool read_status(struct arena *a, const char *s, struct bounce *ret)
{
    for (int group = 0; *s && group < GROUPS_MAX; group++) {
        const char *end = strstr(s, "\n\n");
        size_t length = end ? (size_t)(end - s) : strlen(s);

        if (read_group(a, s, length, ret))
            return true;
        s += length;
        s += strspn(s, "\n");
    }
    return false;
}

static const char *text_of_part(struct arena *a, GMimeObject *o)
{
    GByteArray *bytes = GMIME_IS_PART(o) ? decoded(GMIME_PART(o)) : NULL;
    const char *text =
        bytes && bytes->len ? arena_strndup(a, (const char *)bytes->data, bytes->len) : "";

    if (bytes)
        g_byte_array_unref(bytes);
    return clean_without(a, text, "\r");
}

static const char *original_id(struct arena *a, GMimeObject *o)
{
    if (GMIME_IS_MESSAGE_PART(o)) {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));

        return inner ? usable_id(a, g_mime_message_get_message_id(inner)) : NULL;
    }

    const char *headers = text_of_part(a, o);
    AUTO(object_done) GMimeMessage *inner = parse(headers, strlen(headers));

    return inner ? usable_id(a, g_mime_message_get_message_id(inner)) : NULL;
}

static bool is_report(GMimeObject *o)
{
    GMimeContentType *type = o ? g_mime_object_get_content_type(o) : NULL;
    const char *report =
        type && g_mime_content_type_is_type(type, "multipart", "report") && GMIME_IS_MULTIPART(o)
            ? g_mime_content_type_get_parameter(type, "report-type")
            : NULL;

    return report && strcasecmp(report, "delivery-status") == 0;
}

static bool is_type(GMimeObject *o, const char *type, const char *subtype)
{
    return g_mime_content_type_is_type(g_mime_object_get_content_type(o), type, subtype);
}

// RFC 6522: words for people, the status, and the mail that it is about or its header.
static void read_report(struct reading *r, GMimeMessage *message, GMimeMultipart *report)
{
    struct mail_read *m = r->mail;
    struct bounce b = {.status = "", .diagnostic = ""};
    bool failed = false;

    for (int i = 0; i < g_mime_multipart_get_count(report); i++) {
        GMimeObject *o = g_mime_multipart_get_part(report, i);

        if (is_type(o, "message", "delivery-status"))
            failed = failed || read_status(r->arena, text_of_part(r->arena, o), &b);
        else if (is_type(o, "message", "rfc822") || is_type(o, "text", "rfc822-headers"))
            b.message_id = original_id(r->arena, o);
    }
    m->automatic = true;
    m->why = "a report of no failure";
    if (!failed)
        return;
    if (!b.message_id)
        b.message_id =
            usable_id(r->arena, g_mime_object_get_header(GMIME_OBJECT(message), "In-Reply-To"));
    m->matter = MATTER_BOUNCE;
    m->bounce = b;
}

// ---------------------------------------------------------------------------------------- reading

static void read_message(struct reading *r, GMimeMessage *message, const char *authserv_id)
{
    struct mail_read *m = r->mail;
    GMimeObject *o = GMIME_OBJECT(message), *body = g_mime_message_get_mime_part(message);

    m->from = only_sender(r->arena, message);
    m->message_id = usable_id(r->arena, g_mime_message_get_message_id(message));
    m->automatic = is_automatic(o);
    m->verdict = read_verdict(r->arena, o, authserv_id);
    m->why = "no calendar and no report";
    if (is_report(body))
        read_report(r, message, GMIME_MULTIPART(body));
    else if (body)
        g_mime_message_foreach(message, look_for_calendar, r);
}

void mail_read(struct arena *a, const char *bytes, size_t length, const char *authserv_id,
               struct mail_read *ret)
{
    struct reading r = {.arena = a, .mail = ret};

    *ret = (struct mail_read){.why = too_much(bytes, length)};
    if (ret->why)
        return;
    gmime_start();

    AUTO(object_done) GMimeMessage *message = parse(bytes, length);

    if (message)
        read_message(&r, message, authserv_id);
    else
        ret->why = "not a mail";
}

bool mail_may_matter(const char *structure)
{
    return strcasestr(structure, "calendar") || strcasestr(structure, "\"ics\"") ||
           strcasestr(structure, "delivery-status");
}
