// Fuzzes the reading of mails that come back. Whatever the bytes are, what is given out is usable
// as it is: clean, bounded, with addresses that can be written down.
#include "mail_read.h"

#include "mail_address.h"
#include "text.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *s)
{
    size_t length = s ? strlen(s) : 0, n;
    uint32_t character;

    for (; length > 0; s += n, length -= n) {
        n = utf8_decode(s, length, &character);
        assert(n > 0 && (character == '\n' || !utf8_hidden(character)));
    }
}

static void check_address(const char *s)
{
    assert(!s || mail_address_valid(s));
}

static void check_reply(const struct calendar_reply *r)
{
    assert(r->uid && *r->uid && strlen(r->uid) <= 255);
    assert(r->attendee && r->partstat && r->sequence >= 0);
    check_address(r->attendee);
    check_address(r->sent_by);
    check_address(r->delegate);
    check_line(r->uid);
    check_line(r->comment);
    assert(!r->comment || strlen(r->comment) <= 4 * 500 + 3);
    assert(!date_known(r->ends.on) || date_known(r->starts.on));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = size ? (const char *)data : "";
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct mail_read m;
    struct error err;

    mail_read(a, bytes, size, "mx.council.example", &m);
    check_address(m.from);
    check_line(m.message_id);
    assert(m.matter != MATTER_NONE || m.why);
    if (m.matter == MATTER_REPLY)
        check_reply(&m.reply);
    if (m.matter == MATTER_BOUNCE) {
        check_address(m.bounce.recipient);
        check_line(m.bounce.status);
        check_line(m.bounce.diagnostic);
        check_line(m.bounce.message_id);
    }
    // The same bytes as a calendar alone: most of them never become a part of a mail.
    if (calendar_reply_read(a, bytes, size, NULL, &m.reply, &err))
        check_reply(&m.reply);
    return 0;
}
