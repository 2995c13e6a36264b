// A webhook: one small document posted to an address that somebody else watches.
#pragma once

#include "error.h"

// Posts `json` (UTF-8) by HTTP and takes any answer of 200 to 299. The address is a secret as a
// whole: no error repeats it, and a redirection is not followed. FAULT_AWAY when it was not taken.
// Waits, for 20 seconds at most.
MUST_USE bool webhook_post(const char *url, const char *json, struct error *err);
