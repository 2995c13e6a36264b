// The few calls of libxml2 that WebDAV needs, and the settings that make them safe.
#include "dav_xml.h"

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)

// -------------------------------------------------------------------------------------- reading

void dav_document_done(xmlDoc **doc)
{
    xmlFreeDoc(*doc); // NULL is nothing
}

// Called at "<!DOCTYPE": there is no request with one, and entities come with it.
static void refuse_dtd(void *parser, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    (void)name;
    (void)external;
    (void)system;
    xmlStopParser(parser);
}

xmlDoc *dav_read(const char *bytes, size_t length)
{
    xmlParserCtxt *parser = xmlNewParserCtxt();
    xmlDoc *doc;

    if (!parser)
        out_of_memory();
    parser->sax->internalSubset = refuse_dtd;
    doc = xmlCtxtReadMemory(parser, bytes, (int)length, NULL, "UTF-8", OPTIONS);
    xmlFreeParserCtxt(parser);
    if (doc && xmlDocGetRootElement(doc))
        return doc;
    xmlFreeDoc(doc);
    return NULL;
}

const char *dav_namespace(const xmlNode *element)
{
    return element->ns && element->ns->href ? (const char *)element->ns->href : "";
}

const char *dav_name(const xmlNode *element)
{
    return (const char *)element->name;
}

bool dav_is(const xmlNode *element, const char *ns, const char *name)
{
    return strcmp(dav_name(element), name) == 0 && strcmp(dav_namespace(element), ns) == 0;
}

static xmlNode *element_from(xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

xmlNode *dav_first(const xmlNode *element)
{
    return element_from(element->children);
}

xmlNode *dav_next(const xmlNode *element)
{
    return element_from(element->next);
}

xmlNode *dav_child(const xmlNode *element, const char *ns, const char *name)
{
    xmlNode *child = dav_first(element);

    while (child && !dav_is(child, ns, name))
        child = dav_next(child);
    return child;
}

const char *dav_attribute(const xmlNode *element, const char *name)
{
    const xmlAttr *a = xmlHasNsProp((xmlNode *)element, (const xmlChar *)name, NULL);

    return a && a->children && a->children->content ? (const char *)a->children->content : NULL;
}

const char *dav_text(struct arena *a, const xmlNode *element)
{
    static const char blanks[] = " \t\r\n";
    const xmlNode *text = element->children;
    const char *s;
    size_t length;

    // Comments and the like would divide it: nobody writes them there.
    if (!text || text->next || text->type != XML_TEXT_NODE || !text->content)
        return "";
    s = (const char *)text->content;
    s += strspn(s, blanks);
    for (length = strlen(s); length > 0 && strchr(blanks, s[length - 1]);)
        length--;
    return arena_strndup(a, s, length);
}

// -------------------------------------------------------------------------------------- writing

struct dav_writer {
    xmlBuffer *buffer;
    xmlTextWriter *xml;
};

// The writer fails only for want of memory.
static void wrote(int written)
{
    if (written < 0)
        out_of_memory();
}

static const xmlChar *x(const char *s)
{
    return (const xmlChar *)s;
}

struct dav_writer *dav_writer_new(const char *root)
{
    static const char *const namespaces[][2] = {{"xmlns:d", DAV_NS},
                                                {"xmlns:c", CALDAV_NS},
                                                {"xmlns:s", CALSERVER_NS},
                                                {"xmlns:a", APPLE_NS}};
    struct dav_writer *w = calloc(1, sizeof *w);

    if (!w)
        out_of_memory();
    w->buffer = xmlBufferCreate();
    if (!w->buffer)
        out_of_memory();
    xmlBufferSetAllocationScheme(w->buffer, XML_BUFFER_ALLOC_DOUBLEIT);
    w->xml = xmlNewTextWriterMemory(w->buffer, 0);
    if (!w->xml)
        out_of_memory();
    wrote(xmlTextWriterStartDocument(w->xml, NULL, "utf-8", NULL));
    dav_open(w, root);
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
        dav_attribute_write(w, namespaces[i][0], namespaces[i][1]);
    return w;
}

void dav_writer_free(struct dav_writer *w)
{
    if (!w)
        return;
    xmlFreeTextWriter(w->xml);
    xmlBufferFree(w->buffer);
    free(w);
}

void dav_open(struct dav_writer *w, const char *name)
{
    wrote(xmlTextWriterStartElement(w->xml, x(name)));
}

void dav_open_foreign(struct dav_writer *w, const char *ns, const char *name)
{
    wrote(xmlTextWriterStartElementNS(w->xml, NULL, x(name), x(ns)));
}

void dav_close(struct dav_writer *w)
{
    wrote(xmlTextWriterEndElement(w->xml));
}

void dav_attribute_write(struct dav_writer *w, const char *name, const char *value)
{
    wrote(xmlTextWriterWriteAttribute(w->xml, x(name), x(value)));
}

void dav_characters(struct dav_writer *w, const char *text)
{
    wrote(xmlTextWriterWriteString(w->xml, x(text)));
}

void dav_empty(struct dav_writer *w, const char *name)
{
    dav_open(w, name);
    dav_close(w);
}

void dav_element(struct dav_writer *w, const char *name, const char *text)
{
    dav_open(w, name);
    dav_characters(w, text);
    dav_close(w);
}

size_t dav_written(struct dav_writer *w)
{
    wrote(xmlTextWriterFlush(w->xml));
    return (size_t)xmlBufferLength(w->buffer);
}

char *dav_finish(struct dav_writer *w, size_t *ret_length)
{
    char *text;

    wrote(xmlTextWriterEndDocument(w->xml));
    wrote(xmlTextWriterFlush(w->xml));
    *ret_length = (size_t)xmlBufferLength(w->buffer);
    text = (char *)xmlBufferDetach(w->buffer);
    if (!text)
        out_of_memory();
    dav_writer_free(w);
    return text;
}

void dav_release(void *text)
{
    xmlFree(text);
}
