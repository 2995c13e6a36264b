// One table of properties. A property that is asked for and that a resource does not have is
// answered as missing, by its name.
#include "caldav_properties.h"

#include "conditional.h"

#include <string.h>

#define NAMES_MOST 100
#define NAME_MOST 200 // bytes of a name, and of a namespace
#define EVERYWHERE (CALDAV_ROOT | CALDAV_PRINCIPAL | CALDAV_HOME | CALDAV_CALENDAR | CALDAV_OBJECT)
#define COLOUR "#1D70B8FF"

struct scene {
    struct dav_writer *w;
    const struct caldav_view *v;
    struct caldav_resource r;
};

static const char *href_of(const struct scene *s, enum caldav_kind kind)
{
    return caldav_href(s->v, (struct caldav_resource){.kind = kind});
}

// ---------------------------------------------------------------------------------- their values

static void write_resourcetype(const struct scene *s)
{
    if (s->r.kind != CALDAV_OBJECT)
        dav_empty(s->w, "d:collection");
    if (s->r.kind == CALDAV_PRINCIPAL)
        dav_empty(s->w, "d:principal");
    if (s->r.kind == CALDAV_CALENDAR)
        dav_empty(s->w, "c:calendar");
}

static void write_displayname(const struct scene *s)
{
    dav_characters(s->w, s->v->parts->name);
}

static void write_current_user_principal(const struct scene *s)
{
    dav_element(s->w, "d:href", href_of(s, CALDAV_PRINCIPAL));
}

static void write_calendar_home_set(const struct scene *s)
{
    dav_element(s->w, "d:href", href_of(s, CALDAV_HOME));
}

static void write_principal_collection_set(const struct scene *s)
{
    dav_element(s->w, "d:href", href_of(s, CALDAV_ROOT));
}

static void write_privilege(const struct scene *s, const char *name)
{
    dav_open(s->w, "d:privilege");
    dav_empty(s->w, name);
    dav_close(s->w);
}

static void write_current_user_privilege_set(const struct scene *s)
{
    write_privilege(s, "d:read");
    write_privilege(s, "d:read-current-user-privilege-set");
}

static void write_getetag(const struct scene *s)
{
    dav_characters(s->w, s->r.part->tag);
}

static void write_getcontenttype(const struct scene *s)
{
    dav_characters(s->w, "text/calendar; charset=utf-8; component=vevent");
}

static void write_getcontentlength(const struct scene *s)
{
    dav_characters(s->w, arena_printf(s->v->arena, "%zu", s->r.part->length));
}

static void write_getlastmodified(const struct scene *s)
{
    char date[HTTP_DATE_SIZE];

    if (s->r.kind == CALDAV_CALENDAR)
        conditional_write_date(s->v->body->last_modified, date);
    else
        conditional_write_date(s->r.part->changed_at / SECONDS(1), date);
    dav_characters(s->w, date);
}

static void write_sync_token(const struct scene *s)
{
    dav_characters(s->w, caldav_sync_token(s->v->arena, caldav_known(s->v->body)));
}

static void write_supported_report_set(const struct scene *s)
{
    static const char *const reports[] = {"c:calendar-multiget", "c:calendar-query",
                                          "d:sync-collection"};

    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        dav_open(s->w, "d:supported-report");
        dav_open(s->w, "d:report");
        dav_empty(s->w, reports[i]);
        dav_close(s->w);
        dav_close(s->w);
    }
}

static void write_supported_calendar_component_set(const struct scene *s)
{
    dav_open(s->w, "c:comp");
    dav_attribute_write(s->w, "name", "VEVENT");
    dav_close(s->w);
}

static void write_supported_calendar_data(const struct scene *s)
{
    dav_open(s->w, "c:calendar-data");
    dav_attribute_write(s->w, "content-type", "text/calendar");
    dav_attribute_write(s->w, "version", "2.0");
    dav_close(s->w);
}

static void write_calendar_description(const struct scene *s)
{
    dav_characters(s->w, "Deadlines and meetings, kept by timely. It can only be read.");
}

static void write_calendar_color(const struct scene *s)
{
    dav_characters(s->w, COLOUR);
}

static void write_calendar_data(const struct scene *s)
{
    dav_characters(s->w, s->r.part->text);
}

// ------------------------------------------------------------------------------------- the table

enum when {
    ALWAYS,
    NAMED,     // not with allprop: RFC 4918 has it only for its own
    IN_REPORTS // and named
};

static const struct property {
    const char *ns, *name;
    const char *written; // with its prefix
    unsigned kinds;      // whose it is
    enum when when;
    void (*write)(const struct scene *s);
} properties[] = {
#define DAV_(name) DAV_NS, name, "d:" name
#define CALDAV_(name) CALDAV_NS, name, "c:" name
    {DAV_("resourcetype"), EVERYWHERE, ALWAYS, write_resourcetype},
    {DAV_("displayname"), EVERYWHERE & ~CALDAV_OBJECT, ALWAYS, write_displayname},
    {DAV_("getetag"), CALDAV_OBJECT, ALWAYS, write_getetag},
    {DAV_("getcontenttype"), CALDAV_OBJECT, ALWAYS, write_getcontenttype},
    {DAV_("getcontentlength"), CALDAV_OBJECT, ALWAYS, write_getcontentlength},
    {DAV_("getlastmodified"), CALDAV_OBJECT | CALDAV_CALENDAR, ALWAYS, write_getlastmodified},
    {DAV_("current-user-principal"), EVERYWHERE, NAMED, write_current_user_principal},
    {DAV_("current-user-privilege-set"), EVERYWHERE, NAMED, write_current_user_privilege_set},
    {DAV_("owner"), EVERYWHERE & ~CALDAV_ROOT, NAMED, write_current_user_principal},
    {DAV_("principal-URL"), CALDAV_PRINCIPAL, NAMED, write_current_user_principal},
    {DAV_("principal-collection-set"), EVERYWHERE, NAMED, write_principal_collection_set},
    {DAV_("supported-report-set"), CALDAV_CALENDAR, NAMED, write_supported_report_set},
    {DAV_("sync-token"), CALDAV_CALENDAR, NAMED, write_sync_token},
    {CALDAV_("calendar-home-set"), CALDAV_PRINCIPAL, NAMED, write_calendar_home_set},
    {CALDAV_("calendar-description"), CALDAV_CALENDAR, NAMED, write_calendar_description},
    {CALDAV_("supported-calendar-component-set"), CALDAV_CALENDAR, NAMED,
     write_supported_calendar_component_set},
    {CALDAV_("supported-calendar-data"), CALDAV_CALENDAR, NAMED, write_supported_calendar_data},
    {CALDAV_("calendar-data"), CALDAV_OBJECT, IN_REPORTS, write_calendar_data},
    {CALSERVER_NS, "getctag", "s:getctag", CALDAV_CALENDAR, NAMED, write_sync_token},
    {APPLE_NS, "calendar-color", "a:calendar-color", CALDAV_CALENDAR, NAMED, write_calendar_color},
};

#define PROPERTIES (sizeof properties / sizeof *properties)

static const struct property *find_property(const xmlNode *name, enum caldav_kind kind, bool report)
{
    for (const struct property *p = properties; p < properties + PROPERTIES; p++) {
        if (dav_is(name, p->ns, p->name))
            return p->kinds & kind && (report || p->when != IN_REPORTS) ? p : NULL;
    }
    return NULL;
}

// ---------------------------------------------------------------------------------- what is asked

static bool is_short(const xmlNode *name)
{
    return strlen(dav_name(name)) <= NAME_MOST && strlen(dav_namespace(name)) <= NAME_MOST;
}

bool caldav_wanted_read(struct arena *a, const xmlNode *parent, struct caldav_wanted *ret)
{
    const xmlNode *named = parent ? dav_child(parent, DAV_NS, "prop") : NULL;
    const xmlNode **names = ARENA_ARRAY(a, const xmlNode *, NAMES_MOST);
    size_t count = 0;

    *ret = (struct caldav_wanted){.kind = CALDAV_ALL};
    if (parent && dav_child(parent, DAV_NS, "propname"))
        ret->kind = CALDAV_NAMES;
    if (!named)
        return true;
    for (const xmlNode *n = dav_first(named); n; n = dav_next(n)) {
        if (count == NAMES_MOST || !is_short(n))
            return false;
        names[count++] = n;
    }
    ret->kind = CALDAV_NAMED;
    ret->names = names;
    ret->count = count;
    return true;
}

// -------------------------------------------------------------------------------------- responses

static void open_propstat(struct dav_writer *w)
{
    dav_open(w, "d:propstat");
    dav_open(w, "d:prop");
}

static void close_propstat(struct dav_writer *w, const char *status)
{
    dav_close(w);
    dav_element(w, "d:status", status);
    dav_close(w);
}

static void write_property(const struct scene *s, const struct property *p, bool value)
{
    dav_open(s->w, p->written);
    if (value)
        p->write(s);
    dav_close(s->w);
}

static void write_all(const struct scene *s, bool values)
{
    open_propstat(s->w);
    for (const struct property *p = properties; p < properties + PROPERTIES; p++) {
        if (p->kinds & s->r.kind && (p->when == ALWAYS || (!values && p->when == NAMED)))
            write_property(s, p, values);
    }
    close_propstat(s->w, "HTTP/1.1 200 OK");
}

static void write_found(const struct scene *s, const struct caldav_wanted *wanted)
{
    open_propstat(s->w);
    for (size_t i = 0; i < wanted->count; i++) {
        const struct property *p = find_property(wanted->names[i], s->r.kind, wanted->report);

        if (p)
            write_property(s, p, true);
    }
    close_propstat(s->w, "HTTP/1.1 200 OK");
}

static void write_not_found(const struct scene *s, const struct caldav_wanted *wanted)
{
    open_propstat(s->w);
    for (size_t i = 0; i < wanted->count; i++) {
        const xmlNode *name = wanted->names[i];

        if (find_property(name, s->r.kind, wanted->report))
            continue;
        dav_open_foreign(s->w, dav_namespace(name), dav_name(name));
        dav_close(s->w);
    }
    close_propstat(s->w, "HTTP/1.1 404 Not Found");
}

static void write_named(const struct scene *s, const struct caldav_wanted *wanted)
{
    size_t found = 0;

    for (size_t i = 0; i < wanted->count; i++)
        found += find_property(wanted->names[i], s->r.kind, wanted->report) != NULL;
    if (found > 0 || wanted->count == 0)
        write_found(s, wanted);
    if (found < wanted->count)
        write_not_found(s, wanted);
}

void caldav_write_properties(struct dav_writer *w, const struct caldav_view *v,
                             struct caldav_resource r, const char *href,
                             const struct caldav_wanted *wanted)
{
    const struct scene s = {w, v, r};

    dav_open(w, "d:response");
    dav_element(w, "d:href", href ? href : caldav_href(v, r));
    if (wanted->kind == CALDAV_NAMED)
        write_named(&s, wanted);
    else
        write_all(&s, wanted->kind == CALDAV_ALL);
    dav_close(w);
}

void caldav_write_missing(struct dav_writer *w, const char *href)
{
    dav_open(w, "d:response");
    dav_element(w, "d:href", href);
    dav_element(w, "d:status", "HTTP/1.1 404 Not Found");
    dav_close(w);
}
