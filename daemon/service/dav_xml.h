// XML of WebDAV (RFC 4918), read and written by libxml2.
//
// What comes from a client is hostile: UTF-8 only, no DTD and so no entities, nothing is fetched,
// nesting is bounded by libxml2 (256). What goes out is escaped by its writer.
#pragma once

#include "arena.h"

#include <libxml/tree.h>

#define DAV_NS "DAV:"
#define CALDAV_NS "urn:ietf:params:xml:ns:caldav"
#define CALSERVER_NS "http://calendarserver.org/ns/"
#define APPLE_NS "http://apple.com/ns/ical/"

// Reading

void dav_document_done(xmlDoc **doc); // for AUTO()
// NULL when it is no XML that we take. The caller frees.
xmlDoc *dav_read(const char *bytes, size_t length);

// The namespace and the local name of an element; "" for no namespace.
const char *dav_namespace(const xmlNode *element);
const char *dav_name(const xmlNode *element);
bool dav_is(const xmlNode *element, const char *ns, const char *name);

// The first child element, and the next element after one; NULL: there is none.
xmlNode *dav_first(const xmlNode *element);
xmlNode *dav_next(const xmlNode *element);
// The first child of this name, or NULL.
xmlNode *dav_child(const xmlNode *element, const char *ns, const char *name);
// An attribute without a namespace, or NULL; valid as long as the document.
const char *dav_attribute(const xmlNode *element, const char *name);
// The text of an element without the blanks around it; "" when there is none, or it has elements
// in it. Arena-owned.
const char *dav_text(struct arena *a, const xmlNode *element);

// Writing. Names are "d:prop" with the prefixes d (DAV:), c (CalDAV), s (calendarserver.org) and
// a (apple.com).

struct dav_writer;

// Begins a document with this element. Allocation failure ends the process.
struct dav_writer *dav_writer_new(const char *root);
void dav_writer_free(struct dav_writer *w); // NULL is nothing
void dav_open(struct dav_writer *w, const char *name);
// An element whose name came from a client.
void dav_open_foreign(struct dav_writer *w, const char *ns, const char *name);
void dav_close(struct dav_writer *w);
void dav_attribute_write(struct dav_writer *w, const char *name, const char *value);
void dav_characters(struct dav_writer *w, const char *text);
void dav_empty(struct dav_writer *w, const char *name);                     // <name/>
void dav_element(struct dav_writer *w, const char *name, const char *text); // <name>text</name>
size_t dav_written(struct dav_writer *w);                                   // bytes so far
// Ends the document and frees the writer. The text is the caller's, for dav_release().
char *dav_finish(struct dav_writer *w, size_t *ret_length);
void dav_release(void *text);
