// `timely cadences`.
#pragma once

#include "session.h"

// When the service's own recurring tasks are, in a span of days.
enum status run_cadences(struct session *s, const struct arguments *g, struct error *err);
