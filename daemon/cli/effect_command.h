// `timely check --effect`: what is owed, under other rules or another calendar.
#pragma once

#include "session.h"

// Compares the rules in force with a file of rules, an overlay or both; without either, with the
// calendar that the open proposals would make. Prints; changes nothing.
enum status run_effect(struct session *s, const char *rule_file, const char *overlay,
                       struct error *err);
