// Any body of a PROPFIND or a REPORT is refused or answered with XML that holds together: nothing
// of what a client sent gets out of the place where it is put.
#include "caldav_properties.h"
#include "caldav_report.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char feed[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nNAME:A <b> & \"c\"\r\n"
                           "BEGIN:VEVENT\r\nUID:a@timely\r\nDTSTART;VALUE=DATE:20240402\r\n"
                           "DTEND;VALUE=DATE:20240403\r\nSUMMARY:]]> <x>\r\nEND:VEVENT\r\n"
                           "BEGIN:VEVENT\r\nUID:b/<\r\nDTSTART:20240402T100000Z\r\n"
                           "DTEND:20240402T110000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

static void check(struct http_response *r)
{
    AUTO(dav_document_done) xmlDoc *answer = dav_read(r->body, r->length);
    const xmlNode *root = answer ? xmlDocGetRootElement(answer) : NULL;

    if (!root || !dav_is(root, DAV_NS, r->status == 207 ? "multistatus" : "error"))
        abort();
    for (const xmlNode *n = dav_first(root); n && r->status == 207; n = dav_next(n))
        if (!dav_is(n, DAV_NS, "response") && !dav_is(n, DAV_NS, "sync-token"))
            abort();
    r->release(r->owner);
}

static void find(const struct caldav_view *v, struct caldav_resource resource, const xmlNode *root,
                 struct http_response *ret)
{
    struct caldav_wanted wanted;
    struct dav_writer *w;

    if (!caldav_wanted_read(v->arena, root, &wanted)) {
        caldav_refuse(403, "", ret);
        return;
    }
    w = dav_writer_new("d:multistatus");
    caldav_write_properties(w, v, resource, NULL, &wanted);
    caldav_multistatus(w, ret);
}

// The first byte says what is asked about.
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const enum caldav_kind kinds[] = {CALDAV_ROOT, CALDAV_PRINCIPAL, CALDAV_HOME,
                                             CALDAV_CALENDAR};
    AUTO(arena_auto_free) struct arena *a = arena_new();
    AUTO(dav_document_done)
    xmlDoc *document = length > 1 ? dav_read((const char *)bytes + 1, length - 1) : NULL;
    const struct feed_body body = {.version = 7, .oldest_version = 5, .stale_on = DATE_NONE};
    struct calendar_parts parts;
    struct caldav_view v = {.arena = a, .prefix = "/<&\">", .feed_id = 1, .body = &body};
    struct caldav_resource r = {.kind = CALDAV_CALENDAR};
    struct http_response ret = {0};
    struct error err = {0};

    if (!document)
        return 0;
    if (!calendar_parts_read(a, feed, &parts, &err))
        abort();
    v.parts = &parts;
    if (caldav_report(&v, r, xmlDocGetRootElement(document), NULL, &ret, &err) == CALDAV_REPORTED)
        check(&ret);
    r.kind = kinds[bytes[0] % 4];
    if (bytes[0] & 4)
        r = (struct caldav_resource){CALDAV_OBJECT, &parts.items[0]};
    find(&v, r, xmlDocGetRootElement(document), &ret);
    check(&ret);
    return 0;
}
