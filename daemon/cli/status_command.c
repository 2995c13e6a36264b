// `timely status`: what was read, what is owed, what waits, and whether all is well. The same items
// go to people as lines, to scripts as names and values.
#include "operator.h"
#include "replies.h"
#include "zone.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define HEARTBEAT_MAX_S 120

struct item {
    const char *name, *label, *value; // value NULL: not known
    bool number;
};

struct state {
    struct session *session;
    struct item items[40];
    size_t count;
    const char *problems[8];
    size_t problem_count;
};

static void add(struct state *t, const char *name, const char *label, const char *value,
                bool number)
{
    t->items[t->count++] = (struct item){name, label, value, number};
}

static void problem(struct state *t, const char *words)
{
    t->problems[t->problem_count++] = words;
}

// Names and labels of the columns that are shown as they come. Instants are put into civil time.
static const struct {
    const char *name, *label;
    enum { PLAIN, NUMBER, INSTANT } kind;
} columns[] = {
    {"read_at", "Source last read (real time)", INSTANT},
    {"said", "What the last reading saw", PLAIN},
    {"reconciled_on", "Last full reconcile", PLAIN},
    {"rules_version", "Rules", PLAIN},
    {"children", "Children with facts", NUMBER},
    {"deadlines_open", "Deadlines open", NUMBER},
    {"deadlines_due_in_7_days", "  of these due within 7 days", NUMBER},
    {"deadlines_missed", "Deadlines missed", NUMBER},
    {"missed_by_timescale", "  of these", PLAIN},
    {"deadlines_unknown", "Deadlines of which nobody can tell", NUMBER},
    {"blind_timescales", "Timescales that the source does not show being met", PLAIN},
    {"findings_open", "Findings in the data", NUMBER},
    {"outbox_waiting", "Messages waiting", NUMBER},
    {"outbox_sent", "Messages sent", NUMBER},
    {"outbox_refused", "Messages refused", NUMBER},
    {"outbox_expired", "Messages given up", NUMBER},
    {"outbox_superseded", "Messages replaced by later ones", NUMBER},
    {"feeds", "Calendar addresses", NUMBER},
    {"invites_held", "Invites held by people", NUMBER},
    {"invites_answered", "  of these answered", NUMBER},
    {"addresses_bounced", "Addresses from which mail comes back", NUMBER},
    {"mailbox_read_at", "Mailbox last read (real time)", INSTANT},
    {"holds_open", "Readings held", NUMBER},
    {"heartbeat_at", "Daemon last heard of (real time)", INSTANT},
    {"heartbeat_age_s", "  seconds ago", NUMBER},
    // These decide about being well and are not shown.
    {"refused_lately", NULL, NUMBER},
    {"long_overdue", NULL, NUMBER},
    {"mailbox_age_s", NULL, NUMBER},
    {"mailbox_problem", NULL, PLAIN},
    {"leader", "Leads", PLAIN},
    {"leader_since", "  since (real time)", INSTANT},
    {"standing_by", "Stand by", PLAIN},
};
enum {
    COLUMNS = sizeof columns / sizeof *columns,
    HOLDS = 22,
    AGE = 24,
    REFUSED = 25,
    LATE = 26,
    MAILBOX_AGE = 27,
    MAILBOX_PROBLEM = 28
};

// $1: the business day; $2: business time; $3: the mailbox.
static const char status_sql[] =
    "SELECT s.read_at, s.said, s.reconciled_on, s.rules_version,"
    " (SELECT count(*) FROM timely.person),"
    " d.open, d.soon, d.missed,"
    " (SELECT string_agg(format('%s %s', m.n, m.timescale), ', ' ORDER BY m.n DESC, m.timescale)"
    " FROM (SELECT timescale, count(*) AS n FROM timely.deadline"
    " WHERE state = 'open' AND due_on < $1::date GROUP BY 1) AS m),"
    " d.unknown, (SELECT string_agg(timescale, ', ' ORDER BY timescale) FROM timely.blind),"
    " (SELECT count(*) FROM timely.finding WHERE resolved_at IS NULL),"
    " o.waiting, o.sent, o.refused, o.expired, o.superseded,"
    " (SELECT count(*) FROM timely.feed WHERE revoked_at IS NULL),"
    " (SELECT count(*) FROM timely.invite_holder),"
    " (SELECT count(*) FROM timely.invite_holder WHERE answer_sequence = sequence_said),"
    " (SELECT count(*) FROM timely.bounced($2::timestamptz)), m.read_at,"
    " (SELECT count(*) FROM timely.hold WHERE decided IS NULL),"
    " s.heartbeat_at, extract(epoch FROM now() - s.heartbeat_at)::bigint,"
    " o.refused_lately, o.late, extract(epoch FROM now() - m.read_at)::bigint, m.problem,"
    " l.holder, l.since, (SELECT string_agg(name, ', ' ORDER BY name) FROM timely.daemon AS d"
    " WHERE d.name IS DISTINCT FROM l.holder AND d.seen_at > now() - interval '15 seconds')"
    " FROM timely.state AS s LEFT JOIN timely.mailbox AS m ON m.mailbox = $3"
    " LEFT JOIN timely.leader AS l ON l.expires_at > now(),"
    " (SELECT count(*) FILTER (WHERE state = 'open' AND due_on >= $1::date) AS open,"
    " count(*) FILTER (WHERE state = 'open' AND due_on >= $1::date AND due_on < $1::date + 7)"
    " AS soon, count(*) FILTER (WHERE state = 'open' AND due_on < $1::date) AS missed,"
    " count(*) FILTER (WHERE state = 'unknown') AS unknown FROM timely.deadline) AS d,"
    " (SELECT count(*) FILTER (WHERE state IN ('due', 'claimed', 'handing_over')) AS waiting,"
    " count(*) FILTER (WHERE state = 'sent') AS sent,"
    " count(*) FILTER (WHERE state = 'refused') AS refused,"
    " count(*) FILTER (WHERE state = 'expired') AS expired,"
    " count(*) FILTER (WHERE state = 'superseded') AS superseded,"
    " count(*) FILTER (WHERE state IN ('refused', 'expired')"
    " AND settled_at > $2::timestamptz - interval '7 days') AS refused_lately,"
    " count(*) FILTER (WHERE state IN ('due', 'claimed', 'handing_over')"
    " AND not_before < now() - interval '1 hour') AS late FROM timely.outbox) AS o";

static bool read_items(struct state *t, PGresult **ret, struct error *err)
{
    struct session *s = t->session;
    const char *values[] = {date_iso(s->arena, session_today(s)), session_now(s),
                            mail_place_key(s->arena, &s->config)};
    static const char *const modes[] = {"off", "redirect", "live"};

    if (!db_ask(s->store, status_sql, 3, values, ret, err))
        return false;
    if (PQntuples(*ret) != 1)
        return fail(err, FAULT_INPUT, "the store has no row in timely.state");
    add(t, "business_time", "Business time",
        moment_iso(s->arena, london_from_instant(business_now(&s->clock))), false);
    add(t, "delivery", "Delivery", modes[s->config.delivery], false);
    for (int i = 0; i < COLUMNS; i++) {
        const char *value = db_text(*ret, 0, i);

        if (columns[i].label)
            add(t, columns[i].name, columns[i].label,
                value && columns[i].kind == INSTANT ? session_time(s, value) : value,
                columns[i].kind == NUMBER);
    }
    return true;
}

// Three looks may fail, and a quarter of an hour is nothing.
static void find_mailbox_problem(struct state *t, const PGresult *r)
{
    struct session *s = t->session;
    int most_s = s->config.mailbox_every_s * 3 > 900 ? s->config.mailbox_every_s * 3 : 900;
    const char *why = db_text(r, 0, MAILBOX_PROBLEM);

    if (s->config.imap_url &&
        (db_text(r, 0, MAILBOX_AGE) ? db_int(r, 0, MAILBOX_AGE) > most_s : why != NULL))
        problem(t, arena_printf(s->arena, "the mailbox was not read for too long%s%s",
                                why ? ": " : "", why ? why : ""));
}

// An embedded store that no daemon has ever used needs none: an analyst tries things out.
static void find_problems(struct state *t, const PGresult *r)
{
    struct session *s = t->session;
    bool heard = db_text(r, 0, AGE) != NULL;

    if (db_int(r, 0, HOLDS))
        problem(t, "a reading is held until somebody decides about it (timely hold show)");
    if (heard && db_int(r, 0, AGE) > HEARTBEAT_MAX_S)
        problem(t, "the daemon was not heard of for more than two minutes");
    if (!heard && !s->embedded)
        problem(t, "no daemon has run on this store yet");
    if (db_int(r, 0, REFUSED))
        problem(t, "messages were refused or given up within 7 days (timely outbox)");
    if (db_int(r, 0, LATE) && s->config.delivery != DELIVERY_OFF)
        problem(t, "messages wait for more than an hour beyond their time (timely outbox)");
    find_mailbox_problem(t, r);
}

static void print_people(struct state *t)
{
    struct text *out = &t->session->out;

    text_add(out, t->problem_count ? "Not well:\n" : "All is well.\n");
    for (size_t i = 0; i < t->problem_count; i++)
        text_addf(out, "  %s\n", t->problems[i]);
    text_add(out, "\n");
    for (size_t i = 0; i < t->count; i++) {
        char *safe;

        if (!t->items[i].value)
            continue;
        safe = text_one_line(t->items[i].value, 1000);
        text_addf(out, "%s: %s\n", t->items[i].label, safe);
        free(safe);
    }
}

static void print_csv(struct state *t)
{
    struct text *out = &t->session->out;

    text_addf(out, "name,value\nwell,%s\n", t->problem_count ? "no" : "yes");
    for (size_t i = 0; i < t->problem_count; i++) {
        text_add(out, "problem,");
        text_add_csv(out, t->problems[i]);
        text_add(out, "\n");
    }
    for (size_t i = 0; i < t->count; i++) {
        text_addf(out, "%s,", t->items[i].name);
        text_add_csv(out, t->items[i].value);
        text_add(out, "\n");
    }
}

static void print_json(struct state *t)
{
    json_t *root = json_object(), *problems = json_array();
    char *printed;

    for (size_t i = 0; i < t->problem_count; i++)
        json_array_append_new(problems, json_string(t->problems[i]));
    json_object_set_new(root, "well", json_boolean(t->problem_count == 0));
    json_object_set_new(root, "problems", problems);
    for (size_t i = 0; i < t->count; i++) {
        const struct item *n = &t->items[i];

        json_object_set_new(root, n->name,
                            !n->value   ? json_null()
                            : n->number ? json_integer(strtoll(n->value, NULL, 10))
                                        : json_string(n->value));
    }
    printed = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (!printed)
        out_of_memory();
    text_addf(&t->session->out, "%s\n", printed);
    free(printed);
}

enum status run_status(struct session *s, const struct arguments *g, struct error *err)
{
    AUTO(pgresult_done) PGresult *r = NULL;
    struct state t = {.session = s};

    (void)g;
    if (!session_store(s, err) || !read_items(&t, &r, err))
        return status_of(err);
    find_problems(&t, r);
    switch (s->format) {
    case FORMAT_PEOPLE:
        print_people(&t);
        break;
    case FORMAT_CSV:
        print_csv(&t);
        break;
    case FORMAT_JSON:
        print_json(&t);
        break;
    }
    return t.problem_count ? STATUS_NO : STATUS_DONE;
}
