// Mails: golden files, the parts that receivers need, addresses, and text that tries to become a
// header.
#include "mail.h"

#include "digest.h"
#include "golden.h"
#include "in_arena.h"
#include "sample.h"

#include <gmime/gmime.h>

static struct mail plain_mail(void)
{
    return (struct mail){
        .from_name = "Children's services, deadlines",
        .from_email = "timely@council.example",
        .to_name = "Zoë Łukasik",
        .to_email = "zoe.lukasik@council.example",
        .subject = "2 out of timescale, 1 due today",
        .message_id = "5f0c1e7a9b.1@timely.council.example",
        .sent_at = instant_of("2024-04-09T08:30"),
        .text = "Zoë,\nnothing more.\n.\nFrom here on\n",
    };
}

static const char *composed(const struct mail *m, size_t *length)
{
    struct error err = {0};
    const char *bytes = NULL;

    if (!mail_compose(arena, m, &bytes, length, &err))
        fail_msg("%s", err.text);
    assert_int_equal(strlen(bytes), *length);
    for (size_t i = 0; i < *length; i++) {
        assert_true(bytes[i] != '\n' || (i > 0 && bytes[i - 1] == '\r'));
        assert_true(bytes[i] != '\r' || bytes[i + 1] == '\n');
        assert_true((unsigned char)bytes[i] < 0x80);
    }
    return bytes;
}

static void check_mail(const char *name, const struct mail *m)
{
    size_t length, again;
    const char *bytes = composed(m, &length);

    golden_check(name, bytes, length);
    assert_string_equal(bytes, composed(m, &again));
}

static void mail_of_text_alone(void **state)
{
    struct mail m = plain_mail();

    (void)state;
    m.in_reply_to = "5f0c1e7a9b.0@timely.council.example";
    m.to_name = NULL;
    m.sent_at = instant_of("2024-01-09T08:30"); // winter: +0000
    check_mail("mail-plain.eml", &m);
}

static void mail_of_text_and_html(void **state)
{
    struct mail m = plain_mail();

    (void)state;
    m.html = "<!DOCTYPE html>\n<html><body><p>Zoë, <b>nothing</b> more.</p></body></html>\n";
    check_mail("mail-html.eml", &m);
}

static void set_invite(struct mail *m, const struct calendar_invite *i, bool update)
{
    struct error err = {0};
    struct rendered words;
    struct invite_words w = {
        .heading = i->entry.summary,
        .title = "Initial child protection conference",
        .child = "1042",
        .due_on = day_of("2024-04-24"),
        .starts = i->entry.starts,
        .ends = i->entry.ends,
        .place = i->entry.place,
        .url = i->entry.url,
        .derivation =
            i->method == IMIP_CANCEL
                ? NULL
                : "Due by Wednesday 24 April 2024: 15 working days after the strategy discussion "
                  "of Tuesday 2 April 2024.",
        .cancelled = i->method == IMIP_CANCEL,
        .update = update,
        .moved = update && !date_known(i->entry.starts.on),
        .service_name = "Council of Example, children's services",
    };

    invite_render(arena, &w, &words);
    m->to_name = i->attendees[0].name;
    m->to_email = i->attendees[0].email;
    m->subject = words.subject;
    m->text = words.text;
    m->html = words.html;
    m->calendar_method = i->method == IMIP_CANCEL ? "CANCEL" : "REQUEST";
    if (!calendar_invite_render(arena, i, &m->calendar, &err))
        fail_msg("%s", err.text);
}

static void check_words(const char *name, const char *text, const char *html)
{
    const char *text_name = arena_printf(arena, "%s.txt", name);
    const char *html_name = arena_printf(arena, "%s.html", name);

    golden_check(text_name, text, strlen(text));
    golden_check(html_name, html, strlen(html));
}

static void mails_of_an_invite(void **state)
{
    struct mail m = plain_mail();
    struct calendar_invite i = meeting_invite(), hold = hold_invite();

    (void)state;
    set_invite(&m, &hold, false);
    check_words("invite-hold", m.text, m.html);
    check_mail("mail-hold.eml", &m);
    set_invite(&m, &hold, true);
    check_words("invite-moved", m.text, m.html);
    set_invite(&m, &i, false);
    check_words("invite-meeting", m.text, m.html);
    check_mail("mail-invite.eml", &m);
    i.entry.sequence = 2;
    set_invite(&m, &i, true);
    check_words("invite-update", m.text, m.html);
    i.entry.sequence = 3;
    i.method = IMIP_CANCEL;
    i.attendee_count = 1;
    i.entry.description = NULL;
    i.entry.url = NULL;
    i.entry.place = NULL;
    set_invite(&m, &i, false);
    m.message_id = "5f0c1e7a9b.3@timely.council.example";
    m.in_reply_to = "5f0c1e7a9b.1@timely.council.example";
    check_words("invite-cancel", m.text, m.html);
    check_mail("mail-cancel.eml", &m);
}

static GMimeMessage *read_again(const char *bytes, size_t length)
{
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, length);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

    g_object_unref(parser);
    g_object_unref(stream);
    assert_non_null(message);
    return message;
}

static char *content_of(GMimeObject *part)
{
    GMimeStream *stream = g_mime_stream_mem_new();
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));

    g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(part)), stream);

    char *content = arena_strndup(arena, (const char *)bytes->data, bytes->len);

    g_object_unref(stream);
    return content;
}

static void the_parts_stand_where_receivers_look(void **state)
{
    struct mail m = plain_mail();
    struct calendar_invite i = meeting_invite();
    size_t length;

    (void)state;
    set_invite(&m, &i, false);

    const char *bytes = composed(&m, &length);
    GMimeMessage *message = read_again(bytes, length);
    GMimeMultipart *mixed = GMIME_MULTIPART(g_mime_message_get_mime_part(message));
    GMimeMultipart *both = GMIME_MULTIPART(g_mime_multipart_get_part(mixed, 0));
    GMimeObject *calendar = g_mime_multipart_get_part(both, 2);
    GMimeContentType *type = g_mime_object_get_content_type(calendar);

    assert_int_equal(g_mime_multipart_get_count(mixed), 2);
    assert_int_equal(g_mime_multipart_get_count(both), 3);
    assert_true(g_mime_content_type_is_type(type, "text", "calendar"));
    assert_string_equal(g_mime_content_type_get_parameter(type, "method"), "REQUEST");
    assert_string_equal(g_mime_content_type_get_parameter(type, "charset"), "UTF-8");
    assert_string_equal(content_of(calendar), m.calendar);
    assert_string_equal(content_of(g_mime_multipart_get_part(mixed, 1)), m.calendar);
    g_object_unref(message);
}

static int count_headers(GMimeMessage *message)
{
    return g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(message)));
}

static const char *const hostile[] = {
    "a\r\nBcc: evil@x.example\r\n\r\nbody",
    "a\nBcc: evil@x.example",
    "\"><script>x</script>, <evil@x.example>; (c) \\ \"q\"",
    "=?utf-8?Q?=0D=0ABcc:_evil@x.example?=",
    "😀 \xe2\x80\xae"
    "moc \x01\x7f \xff\xfe",
    "--=_alternative_0011\r\nContent-Type: text/evil\r\n\r\n",
};

static void hostile_text_becomes_no_header(void **state)
{
    struct mail m = plain_mail();
    size_t length;
    const char *bytes = composed(&m, &length);
    GMimeMessage *message = read_again(bytes, length);
    int usual = count_headers(message);

    (void)state;
    g_object_unref(message);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        m.from_name = m.to_name = m.text = m.html = hostile[i];
        m.subject = strpbrk(hostile[i], "\r\n") ? "x" : hostile[i];
        bytes = composed(&m, &length);
        message = read_again(bytes, length);
        // without HTML the encoding is the message's header, with it the parts'
        assert_in_range(count_headers(message), usual - 1, usual);
        assert_int_equal(internet_address_list_length(g_mime_message_get_to(message)), 1);
        assert_int_equal(internet_address_list_length(g_mime_message_get_bcc(message)), 0);
        assert_int_equal(
            g_mime_multipart_get_count(GMIME_MULTIPART(g_mime_message_get_mime_part(message))), 2);
        g_object_unref(message);
    }
}

static void a_boundary_in_the_text_divides_nothing(void **state)
{
    struct mail m = plain_mail();
    size_t length;

    (void)state;
    m.html = "<p>x</p>";

    const char *bytes = composed(&m, &length);
    const char *at = strstr(bytes, "boundary=\"") + strlen("boundary=\"");
    const char *boundary = arena_strndup(arena, at, strcspn(at, "\""));

    m.text = m.html = arena_printf(arena, "a\n--%s\nb\n--%s--\n", boundary, boundary);
    bytes = composed(&m, &length);

    GMimeMessage *message = read_again(bytes, length);
    GMimeMultipart *both = GMIME_MULTIPART(g_mime_message_get_mime_part(message));

    assert_int_equal(g_mime_multipart_get_count(both), 2);
    assert_string_equal(content_of(g_mime_multipart_get_part(both, 0)),
                        arena_printf(arena, "a\r\n--%s\r\nb\r\n--%s--\r\n", boundary, boundary));
    g_object_unref(message);
}

static void assert_refused(struct mail m, const char *part)
{
    const char *bytes = "untouched";
    size_t length = 7;
    struct error err = {0};

    assert_false(mail_compose(arena, &m, &bytes, &length, &err));
    assert_int_equal(err.fault, FAULT_INPUT);
    assert_string_equal(bytes, "untouched");
    assert_int_equal(length, 7);
    if (!strstr(err.text, part))
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
}

static void what_cannot_be_a_mail_is_refused(void **state)
{
    struct mail good = plain_mail(), m;

    (void)state;
    assert_refused((m = good, m.to_email = "a@b\r\nBcc: c@d", m), "recipient");
    assert_refused((m = good, m.to_email = NULL, m), "recipient");
    assert_refused((m = good, m.from_email = "nobody", m), "sender");
    assert_refused((m = good, m.subject = "a\nb", m), "subject");
    assert_refused((m = good, m.subject = NULL, m), "subject");
    assert_refused((m = good, m.text = NULL, m), "text");
    assert_refused((m = good, m.message_id = "a b@c", m), "Message-ID");
    assert_refused((m = good, m.message_id = "<a@b>", m), "Message-ID");
    assert_refused((m = good, m.message_id = NULL, m), "Message-ID");
    assert_refused((m = good, m.in_reply_to = "x", m), "In-Reply-To");
    assert_refused((m = good, m.calendar = "BEGIN:VCALENDAR\r\n", m), "REQUEST or CANCEL");
}

static void plain_addresses_are_taken(void **state)
{
    static const char *const good[] = {
        "a@b",           "ivy.hart@council.example", "pat.o'brien@x.gov.uk", "x+y=z@a-b.example",
        "A_1@127.0.0.1", "{weird|}~!#$%&*/?^`@x.y",
    };
    static const char *const bad[] = {
        "",       "a",     "@",      "a@",      "@b",          "a@b@c",   "a b@c", "a@b c",
        "<a@b>",  "a,b@c", "a;b@c",  "\"a\"@b", "a@b\r\n",     "a\n@b",   "a@b.",  "a@.b",
        "a..b@c", ".a@b",  "a.@b",   "é@b",     "a@é",         "a@-b",    "a@b-",  "a@b.-c",
        "a@b_c",  "a:b@c", "a(b)@c", "a\\b@c",  "a@[1.2.3.4]", "a\x7f@b", "a\t@b",
    };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!mail_address_valid(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mail_address_valid(bad[i]))
            fail_msg("taken: %s", bad[i]);
    assert_false(mail_address_valid(NULL));
    assert_true(mail_address_valid(arena_printf(arena, "%064d@%s", 1, "b.example")));
    assert_false(mail_address_valid(arena_printf(arena, "%065d@%s", 1, "b.example")));
    assert_false(mail_address_valid(arena_printf(arena, "a@%064d.example", 1)));
    assert_false(
        mail_address_valid(arena_printf(arena, "a@%063d.%063d.%063d.%063d.example", 1, 1, 1, 1)));
}

// "directory ADDRESS": imports take it, too; "daemon ADDRESS": we alone do; "none ADDRESS".
static void addresses_are_as_imports_have_them(void **state)
{
    char path[4096], who[16], address[400];
    const char *root = getenv("TIMELY_DATA");
    FILE *f;
    int rows = 0;

    (void)state;
    assert_non_null(root);
    assert_true(snprintf(path, sizeof path, "%s/tests/messages/addresses.txt", root) > 0);
    f = fopen(path, "re");
    assert_non_null(f);
    for (; fscanf(f, "%15s %399s", who, address) == 2; rows++)
        if (mail_address_valid(address) != (strcmp(who, "none") != 0))
            fail_msg("%s: %s", who, address);
    assert_true(feof(f) && rows > 20);
    assert_int_equal(fclose(f), 0);
}

static void domains_are_matched_whole(void **state)
{
    static const char *const domains[] = {"council.gov.uk", "NHS.net", ""};

    (void)state;
    assert_true(mail_domain_allowed("a@council.gov.uk", domains, 3));
    assert_true(mail_domain_allowed("a@Social.COUNCIL.gov.uk", domains, 3));
    assert_true(mail_domain_allowed("a@nhs.net", domains, 3));
    assert_false(mail_domain_allowed("a@evilcouncil.gov.uk", domains, 3));
    assert_false(mail_domain_allowed("a@council.gov.uk.evil.example", domains, 3));
    assert_false(mail_domain_allowed("a@gov.uk", domains, 3));
    assert_false(mail_domain_allowed("council.gov.uk", domains, 3));
    assert_false(mail_domain_allowed("a@council.gov.uk", domains, 0));
}

static void addresses_become_uris(void **state)
{
    (void)state;
    assert_string_equal(mail_address_uri(arena, "pat.o'brien+x@a-b.uk"),
                        "mailto:pat.o'brien+x@a-b.uk");
    assert_string_equal(mail_address_uri(arena, "a%b?c&d#e@f"), "mailto:a%25b%3Fc%26d%23e@f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_of_text_alone),
        cmocka_unit_test(mail_of_text_and_html),
        cmocka_unit_test(mails_of_an_invite),
        cmocka_unit_test(the_parts_stand_where_receivers_look),
        cmocka_unit_test(hostile_text_becomes_no_header),
        cmocka_unit_test(a_boundary_in_the_text_divides_nothing),
        cmocka_unit_test(what_cannot_be_a_mail_is_refused),
        cmocka_unit_test(plain_addresses_are_taken),
        cmocka_unit_test(addresses_are_as_imports_have_them),
        cmocka_unit_test(domains_are_matched_whole),
        cmocka_unit_test(addresses_become_uris),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
