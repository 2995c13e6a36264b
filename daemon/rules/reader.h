// Reader: what the readers of rule files share: known keys, texts, yes and no, lists.
#pragma once

#include "phrase.h"

// A clause that names other timescales, until these are known.
struct pending_clause {
    struct clause *clause;
    struct named_timescales named;
    const char *file;
    int line, column;
};

struct reader {
    struct library *library;
    struct phrase_context phrases; // file, arena and complaints stand here
    struct pending_clause *pending;
    size_t pending_count, pending_room;
    size_t timescale_room, untimed_room, cadence_room;
    const char *chapter;
    bool overlay; // reading an authority's own file
};

void reader_complain(const struct reader *r, const struct node *n, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
// The node must be of this kind; says what was expected.
bool reader_is(const struct reader *r, const struct node *n, enum node_kind kind, const char *what);
// Complains about every key that is not in the list, with the nearest known one.
void reader_known_keys(const struct reader *r, const struct node *mapping, const char *const *keys,
                       size_t count);
// A scalar under a key: NULL when absent (a complaint if required) or not a scalar (a complaint).
const struct node *reader_scalar(const struct reader *r, const struct node *mapping,
                                 const char *key, bool required);
const char *reader_text(const struct reader *r, const struct node *mapping, const char *key,
                        bool required);
// One of two words; `otherwise` when the key is absent.
bool reader_choice(const struct reader *r, const struct node *mapping, const char *key,
                   const char *yes, const char *no, bool otherwise);
// The scalars under a key, whether one or a list. Count 0 when absent.
const struct node *const *reader_list(const struct reader *r, const struct node *mapping,
                                      const char *key, size_t *ret_count);

// An id that is not lower case letters, digits and hyphens is a complaint.
void reader_check_id(const struct reader *r, const struct entry *e);

// events.yaml, telling.yaml, the timescales of any other file or overlay.
void read_events(struct reader *r, const struct node *root);
void read_telling(struct reader *r, const struct node *root);
void read_timescales(struct reader *r, const struct node *root);
void read_overlay(struct reader *r, const struct node *root);
// The pieces of a rule file that an overlay has too.
struct timescale read_timescale(struct reader *r, const struct entry *e);
void reader_add_timescale(struct reader *r, const struct timescale *t);
struct clause *read_clauses(struct reader *r, const struct node *mapping, size_t *ret_count);
void read_tell(struct reader *r, const struct node *mapping, struct timescale *t);
struct ladder read_ladder(struct reader *r, const struct entry *e);
struct event_ref *read_refs(struct reader *r, const struct node *mapping, const char *key,
                            size_t *ret_count, int *ret_age);
struct condition *read_conditions(struct reader *r, const struct node *mapping, const char *key,
                                  size_t *ret_count);
void read_only_while(struct reader *r, const struct node *mapping, struct timescale *t);
void read_examples(struct reader *r, const struct node *mapping, struct timescale *t);
// A role of the ladders. False after a complaint, or when there is none.
bool read_role(struct reader *r, const struct node *n, const char **ret);
void read_untimed(struct reader *r, const struct node *mapping);
// Cadences by their ids: whole ones in a rule file; in an overlay also what changes in a known one.
void read_cadences(struct reader *r, const struct node *mapping);
// The diary's rules: the days of the week on which no meeting of a kind is to be.
void read_diary(struct reader *r, const struct node *mapping);
// An overlay's own ladders; and, once its timescales are known, which teams have which.
void read_overlay_ladders(struct reader *r, const struct node *root);
void read_overlay_teams(struct reader *r, const struct node *root);
// An overlay's targets and thresholds.
void read_overlay_targets(struct reader *r, const struct node *root);
