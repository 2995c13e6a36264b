// Mail, composed by GMime with everything that it would choose by itself set from outside, so that
// the same message is the same bytes on every machine and in every repeat.
#include "mail.h"

#include "clean.h"
#include "gmime_start.h"
#include "sha256.h"
#include "text.h"
#include "zone.h"

#include <gmime/gmime.h>
#include <string.h>

#define NAME_CHARS_MAX 100
#define SUBJECT_CHARS_MAX 250
#define LINE_BYTES_MAX 900 // RFC 5321 4.5.3.1.6 allows 998
#define MESSAGE_ID_BYTES_MAX 250

static void object_done(void *object)
{
    g_clear_object((GObject **)object);
}

static void options_done(GMimeFormatOptions **o)
{
    g_mime_format_options_free(*o);
}

// "left@right" of printable ASCII without angle brackets or blanks.
static bool message_id_valid(const char *id)
{
    const char *at = id ? strchr(id, '@') : NULL;

    if (!at || at == id || !at[1] || strchr(at + 1, '@') || strlen(id) > MESSAGE_ID_BYTES_MAX)
        return false;
    for (const char *c = id; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("<>\"(),:;\\[]", *c))
            return false;
    return true;
}

static const char *hash_of(struct arena *a, const char *s)
{
    char *hex = arena_alloc(a, 65);

    sha256_hex(s, strlen(s), hex);
    return hex;
}

const char *mail_message_id(struct arena *a, const char *from_email, const char *dedupe)
{
    const char *at = from_email ? strchr(from_email, '@') : NULL;

    return arena_printf(a, "%s@%s", hash_of(a, dedupe), at && at[1] ? at + 1 : "timely.invalid");
}

static bool method_known(const char *method)
{
    return method && (strcmp(method, "REQUEST") == 0 || strcmp(method, "CANCEL") == 0);
}

static bool check(const struct mail *m, struct error *err)
{
    if (!message_id_valid(m->message_id))
        return fail(err, FAULT_INPUT, "mail: not a usable Message-ID");
    if (m->in_reply_to && !message_id_valid(m->in_reply_to))
        return fail(err, FAULT_INPUT, "mail %s: not a usable In-Reply-To", m->message_id);
    if (!mail_address_valid(m->from_email))
        return fail(err, FAULT_INPUT, "mail %s: the sender's address is not one", m->message_id);
    if (!mail_address_valid(m->to_email))
        return fail(err, FAULT_INPUT, "mail %s: the recipient's address is not one", m->message_id);
    if (!m->subject || strpbrk(m->subject, "\r\n"))
        return fail(err, FAULT_INPUT, "mail %s: no subject, or one with line breaks",
                    m->message_id);
    if (!m->text)
        return fail(err, FAULT_INPUT, "mail %s: no text", m->message_id);
    if (m->reply_to && !mail_address_valid(m->reply_to))
        return fail(err, FAULT_INPUT, "mail %s: the address for answers is not one", m->message_id);
    if (m->calendar && !method_known(m->calendar_method))
        return fail(err, FAULT_INPUT, "mail %s: a calendar without REQUEST or CANCEL",
                    m->message_id);
    return true;
}

// Boundaries begin with "=_", which no base64 and no quoted-printable text can hold; a text that
// holds it is never sent as it is (encoding_for).
static const char *boundary(struct arena *a, const struct mail *m, const char *which)
{
    return arena_printf(a, "=_%s_%.24s", which, hash_of(a, m->message_id));
}

// 7 bits as they are when they can stand in a mail, else quoted-printable. Never 8bit: libcurl does
// not ask the server for 8BITMIME.
static GMimeContentEncoding encoding_for(const char *s)
{
    size_t line = 0;

    if (strstr(s, "=_"))
        return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    for (; *s; s++) {
        line = *s == '\n' ? 0 : line + 1;
        if ((unsigned char)*s >= 0x80 || line > LINE_BYTES_MAX)
            return GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE;
    }
    return GMIME_CONTENT_ENCODING_7BIT;
}

static GMimePart *part_new(const char *type, const char *subtype, const char *bytes, size_t length,
                           GMimeContentEncoding encoding)
{
    GMimePart *part = g_mime_part_new_with_type(type, subtype);
    AUTO(object_done) GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, length);
    AUTO(object_done)
    GMimeDataWrapper *content =
        g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);

    g_mime_part_set_content(part, content);
    g_mime_part_set_content_encoding(part, encoding);
    return part;
}

static GMimeObject *text_part(struct arena *a, const char *subtype, const char *said)
{
    const char *clean = clean_text(a, said, SIZE_MAX);
    const char *end = *clean && clean[strlen(clean) - 1] == '\n' ? "" : "\n";
    const char *body = arena_printf(a, "%s%s", clean, end);
    GMimePart *part = part_new("text", subtype, body, strlen(body), encoding_for(body));

    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
    return GMIME_OBJECT(part);
}

// base64: the "=0D" that quoted-printable makes of line ends broke Outlook's handling of updates.
static GMimeObject *calendar_part(const struct mail *m)
{
    GMimePart *part = part_new("text", "calendar", m->calendar, strlen(m->calendar),
                               GMIME_CONTENT_ENCODING_BASE64);

    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "method", m->calendar_method);
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "UTF-8");
    return GMIME_OBJECT(part);
}

// The copy for who cannot use the part above; not text/calendar, or some clients take it twice.
static GMimeObject *attached_part(const struct mail *m)
{
    GMimePart *part = part_new("application", "ics", m->calendar, strlen(m->calendar),
                               GMIME_CONTENT_ENCODING_BASE64);

    g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_ATTACHMENT);
    g_mime_part_set_filename(part, "invite.ics");
    return GMIME_OBJECT(part);
}

static void add_part(GMimeMultipart *to, GMimeObject *part)
{
    g_mime_multipart_add(to, part);
    g_object_unref(part);
}

static GMimeObject *picture_part(const struct mail_picture *p)
{
    GMimePart *part = part_new("image", "png", p->png, p->length, GMIME_CONTENT_ENCODING_BASE64);

    g_mime_part_set_content_id(part, p->id);
    g_mime_object_set_disposition(GMIME_OBJECT(part), GMIME_DISPOSITION_INLINE);
    g_mime_part_set_filename(part, "picture.png");
    return GMIME_OBJECT(part);
}

// With what it shows (RFC 2387).
static GMimeObject *html_part(struct arena *a, const struct mail *m)
{
    GMimeMultipart *related;

    if (!m->picture)
        return text_part(a, "html", m->html);
    related = g_mime_multipart_new_with_subtype("related");
    g_mime_multipart_set_boundary(related, boundary(a, m, "related"));
    g_mime_object_set_content_type_parameter(GMIME_OBJECT(related), "type", "text/html");
    add_part(related, text_part(a, "html", m->html));
    add_part(related, picture_part(m->picture));
    return GMIME_OBJECT(related);
}

static GMimeObject *alternatives(struct arena *a, const struct mail *m)
{
    if (!m->html && !m->calendar)
        return text_part(a, "plain", m->text);

    GMimeMultipart *both = g_mime_multipart_new_with_subtype("alternative");

    g_mime_multipart_set_boundary(both, boundary(a, m, "alternative"));
    add_part(both, text_part(a, "plain", m->text));
    if (m->html)
        add_part(both, html_part(a, m));
    if (m->calendar)
        add_part(both, calendar_part(m));
    return GMIME_OBJECT(both);
}

static GMimeObject *body_of(struct arena *a, const struct mail *m)
{
    if (!m->calendar)
        return alternatives(a, m);

    GMimeMultipart *mixed = g_mime_multipart_new_with_subtype("mixed");

    g_mime_multipart_set_boundary(mixed, boundary(a, m, "mixed"));
    add_part(mixed, alternatives(a, m));
    add_part(mixed, attached_part(m));
    return GMIME_OBJECT(mixed);
}

static void set_date(GMimeMessage *message, instant at)
{
    int offset_s = london_offset_minutes(at) * 60;
    GTimeZone *zone = g_time_zone_new_offset(offset_s);
    GDateTime *utc = g_date_time_new_from_unix_utc(at / SECONDS(1));
    GDateTime *local = g_date_time_to_timezone(utc, zone);

    g_mime_message_set_date(message, local);
    g_date_time_unref(local);
    g_date_time_unref(utc);
    g_time_zone_unref(zone);
}

static void add_mailbox(struct arena *a, InternetAddressList *to, const char *name,
                        const char *email)
{
    const char *clean = clean_line(a, name, NAME_CHARS_MAX);
    InternetAddress *mailbox = internet_address_mailbox_new(*clean ? clean : NULL, email);

    internet_address_set_charset(mailbox, "utf-8"); // else a small one that fits is sought
    internet_address_list_add(to, mailbox);
    g_object_unref(mailbox);
}

static void set_headers(struct arena *a, GMimeMessage *message, const struct mail *m)
{
    GMimeObject *o = GMIME_OBJECT(message);

    add_mailbox(a, g_mime_message_get_from(message), m->from_name, m->from_email);
    add_mailbox(a, g_mime_message_get_to(message), m->to_name, m->to_email);
    if (m->reply_to)
        add_mailbox(a, g_mime_message_get_reply_to(message), NULL, m->reply_to);
    g_mime_message_set_subject(message, clean_line(a, m->subject, SUBJECT_CHARS_MAX), "utf-8");
    set_date(message, m->sent_at);
    g_mime_message_set_message_id(message, m->message_id);
    if (m->in_reply_to) {
        const char *id = arena_printf(a, "<%s>", m->in_reply_to);

        g_mime_object_set_header(o, "In-Reply-To", id, NULL);
        g_mime_object_set_header(o, "References", id, NULL);
    }
    g_mime_object_set_header(o, "Auto-Submitted", "auto-generated", NULL);
}

bool mail_compose(struct arena *a, const struct mail *m, const char **ret_bytes, size_t *ret_length,
                  struct error *err)
{
    if (!check(m, err))
        return false;
    gmime_start();

    AUTO(object_done) GMimeMessage *message = g_mime_message_new(FALSE);
    AUTO(object_done) GMimeObject *body = body_of(a, m);
    AUTO(object_done) GMimeStream *stream = g_mime_stream_mem_new();
    AUTO(options_done) GMimeFormatOptions *options = g_mime_format_options_new();

    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    set_headers(a, message, m);
    g_mime_message_set_mime_part(message, body);
    if (g_mime_object_write_to_stream(GMIME_OBJECT(message), options, stream) < 0)
        return fail(err, FAULT_INPUT, "mail %s: cannot be composed", m->message_id);

    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

    *ret_bytes = arena_strndup(a, (const char *)bytes->data, bytes->len);
    *ret_length = bytes->len;
    return true;
}
