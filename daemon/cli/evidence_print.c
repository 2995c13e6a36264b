// Evidence for people: how the deadlines stood, and then what happened, in order of time.
#include "clean.h"
#include "directory.h"
#include "evidence.h"
#include "paragraph.h"

#include <stdlib.h>
#include <string.h>

#define INDENT "                  " // below a time of day and its two blanks
#define WORDS_MAX 4000              // characters of one paragraph

struct showing {
    struct session *session;
    const struct evidence *evidence;
    const struct directory *directory;
};

// ------------------------------------------------------------------------------------ in words

static const char *time_of(const struct showing *v, const struct evidence_row *r)
{
    return session_time(v->session, r->cells[E_AT]);
}

static const char *text_or(const char *s, const char *otherwise)
{
    return s && *s ? s : otherwise;
}

static const char *staff_words(const struct showing *v, const char *id)
{
    const struct staff *s = id ? directory_staff(v->directory, id) : NULL;

    if (!id || strcmp(id, "operator") == 0)
        return "the operator";
    return s && s->name ? arena_printf(v->session->arena, "%s (%s)", s->name, id)
                        : arena_printf(v->session->arena, "staff %s", id);
}

// "Initial child protection conference (icpc, S47-12), due 2024-04-08".
static const char *deadline_words(const struct showing *v, const struct evidence_row *r)
{
    const struct library *l = v->session->library;
    const char *id = r->cells[E_TIMESCALE], *due = r->cells[E_DUE];
    int known = id ? library_timescale(l, id) : -1;

    if (!id)
        return "";
    return arena_printf(v->session->arena, "%s%s%s%s%s%s%s",
                        known < 0 ? "" : l->timescales[known].title, known < 0 ? "" : " (", id,
                        *text_or(r->cells[E_SUBJECT_REF], "") ? ", " : "",
                        text_or(r->cells[E_SUBJECT_REF], ""), known < 0 ? "" : ")",
                        due ? arena_printf(v->session->arena, ", due %s", due) : "");
}

static const char *state_words(const struct showing *v, const struct evidence_row *r)
{
    static const char *const words[][2] = {{"open", "owed"},
                                           {"missed", "owed, and out of timescale"},
                                           {"ended", "no longer owed, and never met"},
                                           {"unknown", "whether it was met cannot be told"},
                                           {"withdrawn", "no longer in the case database"}};
    const char *state = r->cells[E_STATE];

    if (same_text(state, "met"))
        return arena_printf(v->session->arena, "met on %s, %s", text_or(r->cells[E_MET_ON], "?"),
                            same_text(r->cells[E_IN_TIMESCALE], "yes") ? "in timescale"
                                                                       : "out of timescale");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_text(words[i][0], state))
            return r->cells[E_BOOKED_AT] ? arena_printf(v->session->arena, "%s; booked for %s",
                                                        words[i][1], r->cells[E_BOOKED_AT])
                                         : words[i][1];
    return text_or(state, "");
}

static const char *kind_words(const char *kind)
{
    static const char *const words[][2] = {{"digest", "a digest"},
                                           {"alarm", "a mail at once"},
                                           {"summary", "the summary of the first start"},
                                           {"weekly", "the list of a week"},
                                           {"invite", "an invite or its update"},
                                           {"cancel", "a cancellation"},
                                           {"welcome", "the address of the child's calendar"},
                                           {"operator", "a mail about timely's own work"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_text(words[i][0], kind))
            return words[i][1];
    return text_or(kind, "a message");
}

// What became of a message by the moment.
static const char *outcome_words(const struct showing *v, const struct evidence_row *r)
{
    static const char *const words[][2] = {{"waiting", "was waiting to be sent"},
                                           {"sent", "sent"},
                                           {"refused", "refused, and not sent"},
                                           {"expired", "given up, and not sent"},
                                           {"superseded", "overtaken, and not sent"}};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_text(words[i][0], r->cells[E_STATE]))
            return r->cells[E_STATE_AT]
                       ? arena_printf(v->session->arena, "%s %s", words[i][1],
                                      session_time(v->session, r->cells[E_STATE_AT]))
                       : words[i][1];
    return "what became of it is no longer kept";
}

// ------------------------------------------------------------------------------------ the parts

// Strangers' words are among them: an answer's comment, a mail server's reply, a key of the source.
static void print_paragraph(const struct showing *v, const char *first, const char *rest,
                            const char *words)
{
    paragraph_add(&v->session->out, first, rest, clean_line(v->session->arena, words, WORDS_MAX));
}

static void print_head(const struct showing *v, const char *person, struct moment at)
{
    const struct evidence *e = v->evidence;
    struct arena *a = v->session->arena;
    struct text *out = &v->session->out;

    print_paragraph(v, "", "",
                    arena_printf(a, "%s%sperson %s%s, as known at %s.",
                                 e->reference ? e->reference : "", e->reference ? ", " : "", person,
                                 e->gone ? ", who is no longer in the case database" : "",
                                 at.minute < 0 ? date_words(a, at.on) : moment_words(a, at)));
    text_add(out, "\n");
    print_paragraph(
        v, "", "",
        "From what timely wrote down at the time, to which is only ever added: each answer "
        "with the facts that it was counted from, each message, and what became of it. "
        "Names of staff and of duties, and the reference, are those of today; of a reading that "
        "is held, the latest words. What a calendar showed is not in it, nor whether a mail was "
        "read.");
}

static void print_held(const struct showing *v)
{
    for (size_t i = 0; i < v->evidence->count; i++) {
        const struct evidence_row *r = &v->evidence->rows[i];

        if (r->section != EVIDENCE_HELD)
            continue;
        text_add(&v->session->out, "\n");
        print_paragraph(
            v, "", "",
            arena_printf(v->session->arena,
                         "Held since %s, so that what was known may have been older: %s",
                         time_of(v, r), r->cells[E_DETAIL]));
    }
}

static void print_stood(const struct showing *v)
{
    struct text *out = &v->session->out;
    size_t count = 0;

    text_add(out, "\nHow it stood\n\n");
    for (size_t i = 0; i < v->evidence->count; i++) {
        const struct evidence_row *r = &v->evidence->rows[i];

        if (r->section != EVIDENCE_STOOD)
            continue;
        count++;
        print_paragraph(v, "", "  ",
                        arena_printf(v->session->arena, "%s: %s; so since %s. %s",
                                     deadline_words(v, r), state_words(v, r), time_of(v, r),
                                     text_or(r->cells[E_DETAIL], "")));
    }
    if (count == 0)
        text_add(out, "No deadline was known.\n");
}

static const char *event_words(const struct showing *v, const struct evidence_row *r)
{
    struct arena *a = v->session->arena;

    switch (r->section) {
    case EVIDENCE_KNOWN:
        return arena_printf(a, "Known: %s: %s%s%s", deadline_words(v, r),
                            same_text(r->cells[E_WHAT], r->cells[E_STATE]) ? "" : r->cells[E_WHAT],
                            same_text(r->cells[E_WHAT], r->cells[E_STATE]) ? "" : "; ",
                            state_words(v, r));
    case EVIDENCE_FINDING:
        return arena_printf(a, "Finding: %s, %s", r->cells[E_WHAT], r->cells[E_DETAIL]);
    case EVIDENCE_SILENT:
        return arena_printf(a, "Not told: %s: \"%s\", %s", deadline_words(v, r), r->cells[E_RUNG],
                            *text_or(r->cells[E_STAFF_ID], "")
                                ? "which had passed before the deadline was known"
                                : "for which nobody was left");
    case EVIDENCE_TOLD:
        return arena_printf(
            a, "Told: %s, by %s; %s%s", staff_words(v, r->cells[E_STAFF_ID]),
            kind_words(r->cells[E_WHAT]), outcome_words(v, r),
            *text_or(r->cells[E_DETAIL], "") ? arena_printf(a, " (%s)", r->cells[E_DETAIL]) : "");
    case EVIDENCE_SAID:
        return arena_printf(a, "Said: %s: %s %s; %s", staff_words(v, r->cells[E_STAFF_ID]),
                            same_text(r->cells[E_WHAT], "done") ? "done, not yet recorded,"
                                                                : "in hand",
                            r->cells[E_DETAIL], deadline_words(v, r));
    case EVIDENCE_ANSWERED:
        return arena_printf(a, "Answered: %s: %s%s; %s; %s", staff_words(v, r->cells[E_STAFF_ID]),
                            r->cells[E_STATE],
                            r->cells[E_BOOKED_AT] ? arena_printf(a, ", and would have it on %s",
                                                                 r->cells[E_BOOKED_AT])
                                                  : "",
                            deadline_words(v, r), r->cells[E_DETAIL]);
    case EVIDENCE_NOTED:
        return arena_printf(a, "Noted: %s%s%s%s%s; %s", r->cells[E_WHAT],
                            r->cells[E_MESSAGE_ID] ? " of message " : "",
                            text_or(r->cells[E_MESSAGE_ID], ""), r->cells[E_TIMESCALE] ? ", " : "",
                            deadline_words(v, r), text_or(r->cells[E_DETAIL], ""));
    case EVIDENCE_STOOD:
    case EVIDENCE_HELD:
        break;
    }
    return "";
}

// A duty whose being met no record shows is known anew with every plan or visit: those that came to
// be known together are one line.
static bool is_same_unknown(const struct evidence_row *a, const struct evidence_row *b)
{
    return a->section == EVIDENCE_KNOWN && b->section == EVIDENCE_KNOWN &&
           same_text(a->cells[E_STATE], "unknown") && same_text(b->cells[E_STATE], "unknown") &&
           same_text(a->cells[E_AT], b->cells[E_AT]) &&
           same_text(a->cells[E_WHAT], b->cells[E_WHAT]) &&
           same_text(a->cells[E_TIMESCALE], b->cells[E_TIMESCALE]);
}

// "Known: Core group (core-group-next), 12 of them, due from 2023-05-02 to 2024-03-28: opened; …".
static const char *unknown_words(const struct showing *v, const struct evidence_row *const *rows,
                                 size_t count)
{
    struct arena *a = v->session->arena;
    const char *first = rows[0]->cells[E_DUE], *last = first;
    struct evidence_row all = *rows[0];

    for (size_t i = 1; i < count; i++) {
        if (text_cmp(rows[i]->cells[E_DUE], first) < 0)
            first = rows[i]->cells[E_DUE];
        if (text_cmp(rows[i]->cells[E_DUE], last) > 0)
            last = rows[i]->cells[E_DUE];
    }
    all.cells[E_DUE] = all.cells[E_SUBJECT_REF] = NULL;
    return arena_printf(a, "Known: %s, %zu of them, due from %s to %s: %s; %s",
                        deadline_words(v, &all), count, first, last, all.cells[E_WHAT],
                        state_words(v, &all));
}

static bool is_event(const struct evidence_row *r)
{
    return r->section != EVIDENCE_STOOD && r->section != EVIDENCE_HELD;
}

static bool is_same_message(const struct evidence_row *a, const struct evidence_row *b)
{
    return a->section == EVIDENCE_TOLD && b->section == EVIDENCE_TOLD &&
           same_text(a->cells[E_MESSAGE_ID], b->cells[E_MESSAGE_ID]);
}

// By which a mail server's own log has it.
static void print_message_id(const struct showing *v, const struct evidence_row *r)
{
    const char *id = r->cells[E_RFC_MESSAGE_ID];

    print_safe(v->session,
               arena_printf(v->session->arena, INDENT "message %s%s%s%s", r->cells[E_MESSAGE_ID],
                            id ? ", Message-ID <" : "", id ? id : "", id ? ">" : ""));
}

static bool is_same_line(const struct evidence_row *a, const struct evidence_row *b)
{
    return is_same_message(a, b) && same_text(a->cells[E_TIMESCALE], b->cells[E_TIMESCALE]) &&
           same_text(a->cells[E_SUBJECT_REF], b->cells[E_SUBJECT_REF]) &&
           same_text(a->cells[E_DUE], b->cells[E_DUE]);
}

// What a message said of one deadline: every rung that went with it.
static void print_line_of_message(const struct showing *v, const struct evidence_row *const *rows,
                                  size_t count)
{
    struct arena *a = v->session->arena;
    const char *words = deadline_words(v, rows[0]);

    if (!rows[0]->cells[E_TIMESCALE])
        return; // about the child itself
    if (!rows[0]->cells[E_RUNG] && same_text(rows[0]->cells[E_WHAT], "digest"))
        words = arena_printf(a, "%s: listed once more", words);
    for (size_t i = 0; i < count && rows[i]->cells[E_RUNG]; i++)
        words = arena_printf(a, "%s%s%s", words, i ? "; " : ": ", rows[i]->cells[E_RUNG]);
    print_paragraph(v, INDENT "- ", INDENT "  ", words);
}

static void print_message(const struct showing *v, const struct evidence_row *const *rows,
                          size_t count)
{
    print_message_id(v, rows[0]);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && is_same_line(rows[i], rows[end]);)
            end++;
        print_line_of_message(v, rows + i, end - i);
    }
}

static int by_time(const void *x, const void *y)
{
    const struct evidence_row *a = *(const struct evidence_row *const *)x;
    const struct evidence_row *b = *(const struct evidence_row *const *)y;
    int by = text_cmp(a->cells[E_AT], b->cells[E_AT]);

    return by != 0 ? by : (a > b) - (a < b); // then by section
}

// Several rows are those of one message, or of one duty that no record shows.
static void print_event(const struct showing *v, const struct evidence_row *const *rows,
                        size_t count)
{
    struct arena *a = v->session->arena;

    print_paragraph(v, arena_printf(a, "%s  ", time_of(v, rows[0])), INDENT,
                    arena_printf(a, "%s.",
                                 count > 1 && rows[0]->section == EVIDENCE_KNOWN
                                     ? unknown_words(v, rows, count)
                                     : event_words(v, rows[0])));
    if (rows[0]->section == EVIDENCE_TOLD)
        print_message(v, rows, count);
}

static void print_events(const struct showing *v)
{
    const struct evidence *e = v->evidence;
    const struct evidence_row **order =
        ARENA_ARRAY(v->session->arena, const struct evidence_row *, e->count + 1);
    size_t count = 0;

    text_add(&v->session->out, "\nWhat became known, and what was told\n\n");
    for (size_t i = 0; i < e->count; i++)
        if (is_event(&e->rows[i]))
            order[count++] = &e->rows[i];
    if (count > 1)
        qsort(order, count, sizeof *order, by_time);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && (is_same_message(order[i], order[end]) ||
                                          is_same_unknown(order[i], order[end]));)
            end++;
        print_event(v, order + i, end - i);
    }
    if (count == 0)
        text_add(&v->session->out, "Nothing.\n");
}

bool evidence_print(struct session *s, const char *person, struct moment at,
                    const struct evidence *e, struct error *err)
{
    struct directory *d;
    struct showing v = {.session = s, .evidence = e};

    if (!directory_read(s->store, &d, err))
        return false;
    v.directory = d;
    print_head(&v, person, at);
    print_held(&v);
    print_stood(&v);
    print_events(&v);
    directory_free(d);
    return true;
}
