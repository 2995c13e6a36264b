// Evidence: what the store says about one person, up to a moment. Every answer that was given,
// every message and what became of it, answers and decisions are kept in tables to which is only
// added.
#pragma once

#include "table.h"

// In the order in which those of one moment are told.
enum evidence_section {
    EVIDENCE_STOOD,   // a deadline as it was last known
    EVIDENCE_KNOWN,   // an answer that was given
    EVIDENCE_FINDING, // what was found wrong in the data
    EVIDENCE_SILENT,  // a rung that had passed before its deadline was known, and said nothing
    EVIDENCE_TOLD,    // a line of a message
    EVIDENCE_SAID, // what somebody said: in hand until when and why, or done and not yet recorded
    EVIDENCE_ANSWERED, // an answer to an invite
    EVIDENCE_NOTED,    // a line of the audit that no other row tells
    EVIDENCE_HELD,     // a reading that waited for a decision at the moment
};

// The columns, in the order of CSV.
enum evidence_column {
    E_SECTION,
    E_AT, // as the store writes an instant
    E_TIMESCALE,
    E_SUBJECT_REF,
    E_TRIGGER_ON,
    E_DUE, // a civil time for clocks in hours
    E_WHAT,
    E_RUNG,
    E_STAFF_ID,
    E_MESSAGE_ID,
    E_RFC_MESSAGE_ID,
    E_SHA256,
    E_STATE,
    E_STATE_AT, // as E_AT
    E_MET_ON,
    E_IN_TIMESCALE,
    E_BOOKED_AT,
    E_DETAIL,
    E_COLUMNS
};

extern const struct column evidence_columns[E_COLUMNS];

struct evidence_row {
    enum evidence_section section;
    const char *cells[E_COLUMNS]; // NULL for nothing
};

struct evidence {
    bool known;                // was there ever anything about this person?
    bool gone;                 // the source has them no more
    const char *reference;     // NULL: none
    struct evidence_row *rows; // by section, then by time
    size_t count;
};

// Everything about the person before the moment. One snapshot. Waits. In the session's arena.
MUST_USE bool evidence_read(struct session *s, const char *person, instant before,
                            struct evidence *ret, struct error *err);

// For people, by the names of the directory. `at` without a minute: to the end of the day. Waits.
MUST_USE bool evidence_print(struct session *s, const char *person, struct moment at,
                             const struct evidence *e, struct error *err);
