// A form as a browser sends it: application/x-www-form-urlencoded (URL Standard 5), read by
// libevent.
#pragma once

#include "http.h"

struct form;

// NULL where the request's body is no such form, or longer than `most` bytes.
struct form *form_read(const struct http_request *q, size_t most);
// The first field of the name, decoded; NULL where there is none.
const char *form_value(const struct form *f, const char *name);
void form_done(struct form **f); // NULL in it is nothing; for AUTO()
