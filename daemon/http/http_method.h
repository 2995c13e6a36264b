// Methods that evhttp does not know.
//
// libevent 2.1's evhttp knows a fixed set of methods. A request of any other, such as WebDAV's
// PROPFIND (RFC 4918 9.1), is refused before its body is read. So the word at the beginning of the
// request line is exchanged, in the buffer that evhttp reads from, for PATCH, of which evhttp reads
// the body; the real word is handed back. Every method but GET and HEAD comes this way, PATCH
// itself too: a request that evhttp takes for a PATCH is one that was seen here.
// libevent 2.2 can be taught methods (evhttp_set_ext_method_cmp); this file can go with it.
#pragma once

struct evbuffer;

enum http_method_seen {
    HTTP_METHOD_CUT,       // the bytes that are there may become one of ours: look again with more
    HTTP_METHOD_KEPT,      // evhttp's own business
    HTTP_METHOD_EXCHANGED, // PATCH now
};

// Looks at a buffer that begins with a request line. Where the method was exchanged *ret is its
// name, a constant.
enum http_method_seen http_method_exchange(struct evbuffer *input, const char **ret);
