// A webhook: one small document posted to an address that somebody else watches.
#pragma once

#include "error.h"

// Posts `json` (UTF-8) by HTTP and takes any answer of 200 to 299. One that asks for a moment
// (RFC 6585 4; Retry-After of 20 seconds at most) has it, and is asked once more. The address is a
// secret as a whole: no error repeats it, and a redirection is not followed. FAULT_AWAY when it was
// not taken. Waits, for a minute at most.
MUST_USE bool webhook_post(const char *url, const char *json, struct error *err);
