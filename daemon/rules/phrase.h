// Phrases: the small grammar of the rule language, in the words of the regulations.
//
//   event reference   EVENT [as CODE {or CODE} | unless CODE {or CODE}]
//   due               within SPAN of [first|second|every|every later] EVENT REFERENCE
//                     within SPAN of the due date of TIMESCALE
//                     SPAN before EVENT REFERENCE [, by office close]
//   rung              at the start | N% elapsed | on the day | SPAN before | SPAN after | weekly
//   example           EVENT [CODE] MOMENT {, EVENT [CODE] MOMENT} -> due MOMENT | -> nothing
//
// Every function reads the whole of a node's text; what is wrong is added to the complaints with
// the column at which it stands and the nearest known word. NULL or false after a complaint.
#pragma once

#include "library.h"

struct phrase_context {
    const struct library *library; // events are looked up here
    struct complaints *complaints;
    const char *file;
    struct arena *arena;
};

bool phrase_event_ref(const struct phrase_context *c, const struct node *n, struct event_ref *ret);
// *due_of is the name of a timescale, or NULL; it is looked up when all files are read.
bool phrase_due(const struct phrase_context *c, const struct node *n, struct clause *ret,
                const char **ret_due_of);
bool phrase_rung(const struct phrase_context *c, const struct node *n, struct rung *ret);
bool phrase_example(const struct phrase_context *c, const struct node *n, struct example *ret);
// "from DATE [until DATE]"
bool phrase_in_force(const struct phrase_context *c, const struct node *n, struct date *ret_from,
                     struct date *ret_until);
