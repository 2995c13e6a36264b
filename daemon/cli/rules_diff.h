// `timely rules --diff`.
#pragma once

#include "session.h"

// The rules without any overlay, and with the one that is named or configured; NULL is a wrong
// usage.
enum status rules_diff(struct session *s, const char *overlay, struct error *err);
