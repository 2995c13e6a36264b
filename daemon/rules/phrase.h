// Phrases: the small grammar of the rule language, in the words of the regulations.
//
//   event reference   EVENT [as CODE {or CODE} | unless CODE {or CODE} | scoring N or more]
//   due               within PERIOD of ANCHOR {, TAIL}
//                     SPAN before EVENT REFERENCE {, TAIL}
//                     SPAN before the due date of TIMESCALE {, TAIL}
//                     by the due date of TIMESCALE {, TAIL}
//                     half way to the due date of TIMESCALE {, TAIL}
//                     by the date set by EVENT REFERENCE [, at most SPAN] {, TAIL}
//   period            SPAN | the earlier of SPAN and SPAN
//   anchor            [first|second|every|every later] EVENT REFERENCE
//                     the due date of TIMESCALE
//                     TIMESCALE running late
//   tail              by office close | by a working day | on to a working day
//                     no later than the due date of TIMESCALE
//                     summed over SPAN
//                     if CONDITION
//   condition         [not] EVENT REFERENCE [for SPAN | within SPAN before]
//                     [not] in SUBJECT
//                     age N or over [in SPAN | at EVENT {or EVENT}]
//                     age under N [in SPAN | at EVENT {or EVENT}]
//   derived event     age N
//                     N EVENT within SPAN
//                     SPAN in SUBJECT since age N, at age N
//   rung              at the start | N% elapsed | on the day | SPAN before | SPAN after | weekly |
//                     booked late
//   example           FACT {, FACT} -> due MOMENT | -> nothing
//   fact              EVENT [CODE] MOMENT [until MOMENT] [set for MOMENT]
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
bool phrase_condition(const struct phrase_context *c, const struct node *n, struct condition *ret);
// The timescales that a clause names; NULL where it names none. They are looked up when all files
// are read.
struct named_timescales {
    const char *of, *no_later_than;
};
bool phrase_due(const struct phrase_context *c, const struct node *n, struct clause *ret,
                struct named_timescales *ret_named);
bool phrase_derived(const struct phrase_context *c, const struct node *n, struct derived *ret);
bool phrase_rung(const struct phrase_context *c, const struct node *n, struct rung *ret);
bool phrase_example(const struct phrase_context *c, const struct node *n, struct example *ret);
// "from DATE [until DATE]"
bool phrase_in_force(const struct phrase_context *c, const struct node *n, struct date *ret_from,
                     struct date *ret_until);
