// `timely rules`: the library of rules, for people and scripts, and what an overlay makes of it.
#pragma once

#include "session.h"

enum status run_rules(struct session *s, const struct arguments *g, struct error *err);
