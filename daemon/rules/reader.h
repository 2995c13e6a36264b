// Reader: what the readers of rule files share: known keys, texts, yes and no, lists.
#pragma once

#include "phrase.h"

// A clause that counts from another timescale's due date, until that timescale is known.
struct pending_due_of {
    struct clause *clause;
    const char *timescale, *file;
    int line, column;
};

struct reader {
    struct library *library;
    struct phrase_context phrases; // file, arena and complaints stand here
    struct pending_due_of *pending;
    size_t pending_count, pending_room;
    size_t timescale_room;
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

// events.yaml, telling.yaml, the timescales of any other file or overlay.
void read_events(struct reader *r, const struct node *root);
void read_telling(struct reader *r, const struct node *root);
void read_timescales(struct reader *r, const struct node *root);
void read_overlay(struct reader *r, const struct node *root);
// An overlay's targets and thresholds.
void read_overlay_targets(struct reader *r, const struct node *root);
