// Naming: what a child and a kind of deadline may be called in mails and calendars, so that every
// message keeps to the authority's choice.
#pragma once

#include "config.h"
#include "library.h"

struct child_names {
    const char *person_id, *case_ref, *initials, *display_name; // all but the first may be NULL
    bool restricted;
};

// The case reference, else the number of the person. One safe line. Arena-owned.
const char *naming_reference(struct arena *a, const struct child_names *c);

// The initials, or NULL where they are not known or the child is restricted. One safe line.
// Arena-owned.
const char *naming_initials(struct arena *a, const struct child_names *c);

// As `how` says; by reference where what it asks for is not known, and always for a restricted
// child. One safe line. Arena-owned.
const char *naming_child(struct arena *a, enum naming how, const struct child_names *c);

// A short type for titles of calendar entries: what the rules say ("CLA visit"), else the type of
// the timescale's meeting, else its id in words ("core-group-first": "Core group first"). One that
// would tell too much to who looks over a shoulder is "Task". Arena-owned.
const char *naming_type(struct arena *a, const struct library *l, const char *timescale);
