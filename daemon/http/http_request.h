// Reading a request: what evhttp lets through and we do not, and the few headers that matter to us.
#pragma once

#include "http.h"
#include "text.h"

struct evhttp_request;

#define HTTP_PATH_MOST 1024

// Memory of a reading; the next reading may use it again. text_done() its texts in the end.
struct http_reading {
    char path[HTTP_PATH_MOST];
    struct text if_none_match, accept_encoding;
};

// Returns 0 and fills *ret, whose texts live in `memory` and in `req`; or the status to refuse the
// request with, after which the connection cannot be trusted to be in step and has to be closed.
// `method` and `identity_header`: as connections_method and connections_identity_header have them.
//
// Refused are: a version but 1.x, CONNECT, no Host or several (HTTP/1.1), a header name that is
// none, a body of a GET or a HEAD, more than one length or one that is no number, a transfer
// coding, an absolute URI, a path with NUL, other control characters, "." or ".." in it, and an
// identity that is given twice or may be read in two ways. Odd headers that do no harm are let
// through: calendar clients send them.
int http_request_read(struct evhttp_request *req, const char *method, const char *identity_header,
                      struct http_reading *memory, struct http_request *ret);

// Whether a header's value can be one identity, a staff number or a mail address: visible ASCII
// without commas (of several such headers a proxy makes a list), at most 254 characters.
bool http_identity_is_plain(const char *value);

// Decodes the path of a request's target (before "?") into ret. Returns 0 or the status to refuse
// it with.
int http_path_read(const char *target, char ret[HTTP_PATH_MOST]);

// What is left of a path behind `prefix` ("/calendars", "" for none), or the whole path where that
// does not stand before it.
const char *http_path_behind(const char *prefix, const char *path);

// Whether an Accept-Encoding header (NULL: none) takes gzip.
bool http_accepts_gzip(const char *accept_encoding);
