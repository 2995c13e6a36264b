// Composed bytes, read again by GMime as a receiver would read them.
#include "mail_check.h"

#include "gmime_start.h"

#include "calendar_object.h"
#include "mail.h"
#include "mail_address.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

static void object_done(void *object)
{
    g_clear_object((GObject **)object);
}

static bool broken(struct error *err, const char *rule)
{
    return fail(err, FAULT_INPUT, "the receivers' rules: %s", rule);
}

// ------------------------------------------------------------------------------- headers

// The address of a list of exactly one; NULL for any other.
static const char *only_address(InternetAddressList *list)
{
    InternetAddress *one =
        internet_address_list_length(list) == 1 ? internet_address_list_get_address(list, 0) : NULL;

    return one && INTERNET_ADDRESS_IS_MAILBOX(one)
               ? internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one))
               : NULL;
}

static bool has_header(GMimeMessage *m, const char *name)
{
    return g_mime_object_get_header(GMIME_OBJECT(m), name) != NULL;
}

static bool check_headers(GMimeMessage *m, const char *recipient, bool redirected,
                          struct error *err)
{
    const char *to = only_address(g_mime_message_get_to(m));
    const char *automatic = g_mime_object_get_header(GMIME_OBJECT(m), "Auto-Submitted");

    if (!only_address(g_mime_message_get_from(m)) || has_header(m, "Sender"))
        return broken(err, "not exactly one sender");
    if (!to || has_header(m, "Cc") || has_header(m, "Bcc"))
        return broken(err, "not exactly one recipient, in To");
    if (!redirected && strcasecmp(to, recipient) != 0)
        return broken(err, "the recipient in To is not the one who is invited");
    if (!g_mime_message_get_message_id(m) || !g_mime_message_get_date(m))
        return broken(err, "no Message-ID, or no Date");
    if (!automatic || strcmp(automatic, "auto-generated") != 0)
        return broken(err, "Auto-Submitted does not say auto-generated");
    return !has_header(m, "List-Unsubscribe") ||
           broken(err, "List-Unsubscribe on a message to one person");
}

// ------------------------------------------------------------------------------- parts

static bool is_type(GMimeObject *o, const char *type, const char *subtype)
{
    return o && g_mime_content_type_is_type(g_mime_object_get_content_type(o), type, subtype);
}

static GMimeObject *child_of(GMimeObject *o, int i)
{
    return g_mime_multipart_get_part(GMIME_MULTIPART(o), i);
}

static bool is_multipart(GMimeObject *o, const char *subtype, int children)
{
    return is_type(o, "multipart", subtype) && GMIME_IS_MULTIPART(o) &&
           g_mime_multipart_get_count(GMIME_MULTIPART(o)) == children;
}

static bool is_part(GMimeObject *o, const char *type, const char *subtype)
{
    return is_type(o, type, subtype) && GMIME_IS_PART(o) && g_mime_part_get_content(GMIME_PART(o));
}

// The calendar's part: text/calendar, the last and richest of the alternatives, which are the first
// of the whole, since Exchange looks no further; after them the attached copy.
static bool find_calendar(GMimeObject *root, GMimePart **ret, GMimePart **ret_copy,
                          struct error *err)
{
    GMimeObject *both;

    if (!is_multipart(root, "mixed", 2))
        return broken(err, "not multipart/mixed of two parts");
    both = child_of(root, 0);
    if (!is_multipart(both, "alternative", 3))
        return broken(err, "its first part is not multipart/alternative of three");
    if (!is_part(child_of(both, 0), "text", "plain") ||
        !is_part(child_of(both, 1), "text", "html") ||
        !is_part(child_of(both, 2), "text", "calendar"))
        return broken(err, "the alternatives are not text/plain, text/html and text/calendar");
    if (!is_part(child_of(root, 1), "application", "ics"))
        return broken(err, "the attached copy is not application/ics");
    *ret = GMIME_PART(child_of(both, 2));
    *ret_copy = GMIME_PART(child_of(root, 1));
    return true;
}

// The decoded bytes; the stream is the caller's.
static GMimeStream *decoded(GMimePart *part)
{
    GMimeStream *stream = g_mime_stream_mem_new();

    g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(part), stream);
    return stream;
}

static bool same_bytes(GMimeStream *a, GMimeStream *b)
{
    const GByteArray *x = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(a));
    const GByteArray *y = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(b));

    return x->len == y->len && memcmp(x->data, y->data, x->len) == 0;
}

static bool check_encoding(GMimePart *part, GMimePart *copy, struct error *err)
{
    const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");

    if (g_mime_part_get_content_encoding(part) != GMIME_CONTENT_ENCODING_BASE64 ||
        g_mime_part_get_content_encoding(copy) != GMIME_CONTENT_ENCODING_BASE64)
        return broken(err, "a calendar that is not in base64");
    return (charset && strcasecmp(charset, "UTF-8") == 0) ||
           broken(err, "the calendar's charset is not UTF-8");
}

// ------------------------------------------------------------------------------- the calendar

// "METHOD:" in the text itself, in the same letters as in the part's header.
static bool says_method(const char *text, const char *method)
{
    const char *line = strstr(text, "\r\nMETHOD:");
    size_t n = strlen(method);

    return line && strncmp(line + 9, method, n) == 0 && line[9 + n] == '\r';
}

static bool check_calendar(GMimeMessage *m, GMimePart *part, const char *text,
                           const char *recipient, struct error *err)
{
    const char *method = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "method");
    const char *from = only_address(g_mime_message_get_from(m));
    bool cancel = method && strcmp(method, "CANCEL") == 0;

    if (!cancel && (!method || strcmp(method, "REQUEST") != 0))
        return broken(err, "the part's method is neither REQUEST nor CANCEL");
    if (!says_method(text, method))
        return broken(err, "the part's method is not the calendar's METHOD");
    if (!calendar_invite_is_from(text, from))
        return broken(err, "the sender is not the ORGANIZER");
    return calendar_invite_check(text, cancel ? IMIP_CANCEL : IMIP_REQUEST, recipient, err);
}

static bool check_parts(GMimeMessage *m, const char *recipient, struct error *err)
{
    GMimePart *part = NULL, *copy = NULL;

    if (!find_calendar(g_mime_message_get_mime_part(m), &part, &copy, err) ||
        !check_encoding(part, copy, err))
        return false;

    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(object_done) GMimeStream *calendar = decoded(part), *attached = decoded(copy);
    const GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(calendar));

    if (!same_bytes(calendar, attached))
        return broken(err, "the attached copy is not the calendar");
    if (memchr(bytes->data, '\0', bytes->len))
        return broken(err, "a NUL byte in the calendar");
    return check_calendar(m, part, arena_strndup(a, (const char *)bytes->data, bytes->len),
                          recipient, err);
}

bool mail_check_invite(const char *bytes, size_t length, const char *recipient, bool redirected,
                       struct error *err)
{
    gmime_start();

    AUTO(object_done) GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, length);
    AUTO(object_done) GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    AUTO(object_done) GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);

    if (!m || !g_mime_message_get_mime_part(m))
        return broken(err, "not a mail");
    return check_headers(m, recipient, redirected, err) && check_parts(m, recipient, err);
}
