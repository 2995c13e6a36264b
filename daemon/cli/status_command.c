// `timely status`: what was read, what is owed, what waits, and whether all is well. The same items
// go to people as lines, to scripts as names and values.
#include "operator.h"
#include "replies.h"
#include "self_audit.h"
#include "zone.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct item {
    const char *name, *label, *value; // value NULL: not known
    bool number;
};

struct state {
    struct session *session;
    struct item items[40];
    size_t count;
    const struct unwell *problems;
    size_t problem_count;
};

static void add(struct state *t, const char *name, const char *label, const char *value,
                bool number)
{
    t->items[t->count++] = (struct item){name, label, value, number};
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
    {"unknown_teams", "Teams with ladders of their own that the directory has not", PLAIN},
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
    {"leader", "Leads", PLAIN},
    {"leader_since", "  since (real time)", INSTANT},
    {"standing_by", "Stand by", PLAIN},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

// $1: the business day; $2: business time; $3: the mailbox.
static const char status_sql[] =
    "SELECT s.read_at, s.said, s.reconciled_on, s.rules_version,"
    " (SELECT count(*) FROM timely.person),"
    " d.open, d.soon, d.missed,"
    " (SELECT string_agg(format('%s %s', m.n, m.timescale), ', ' ORDER BY m.n DESC, m.timescale)"
    " FROM (SELECT timescale, count(*) AS n FROM timely.deadline"
    " WHERE state = 'open' AND due_on < $1::date GROUP BY 1) AS m),"
    " d.unknown, (SELECT string_agg(r.team_id, ', ' ORDER BY r.team_id) FROM timely.ruled_team AS r"
    " WHERE NOT EXISTS (SELECT FROM timely.team AS t WHERE t.team_id = r.team_id)),"
    " (SELECT string_agg(timescale, ', ' ORDER BY timescale) FROM timely.blind),"
    " (SELECT count(*) FROM timely.finding WHERE resolved_at IS NULL),"
    " o.waiting, o.sent, o.refused, o.expired, o.superseded,"
    " (SELECT count(*) FROM timely.feed WHERE revoked_at IS NULL),"
    " (SELECT count(*) FROM timely.invite_holder),"
    " (SELECT count(*) FROM timely.invite_holder WHERE answer_sequence = sequence_said),"
    " (SELECT count(*) FROM timely.bounced($2::timestamptz)), m.read_at,"
    " (SELECT count(*) FROM timely.hold WHERE decided IS NULL),"
    " s.heartbeat_at, extract(epoch FROM now() - s.heartbeat_at)::bigint,"
    " l.holder, l.since, (SELECT string_agg(name, ', ' ORDER BY name) FROM timely.daemon AS d"
    " WHERE d.name IS DISTINCT FROM l.holder AND d.seen_at > now() - interval '15 seconds')"
    " FROM timely.state AS s LEFT JOIN timely.mailbox AS m ON m.mailbox = $3"
    " LEFT JOIN timely.leader AS l ON l.expires_at > now(),"
    " (SELECT count(*) FILTER (WHERE state = 'open' AND due_on >= $1::date) AS open,"
    " count(*) FILTER (WHERE state = 'open' AND due_on >= $1::date AND due_on < $1::date + 7)"
    " AS soon, count(*) FILTER (WHERE state = 'open' AND due_on < $1::date) AS missed,"
    " count(*) FILTER (WHERE state = 'unknown') AS unknown FROM timely.deadline) AS d,"
    " (SELECT count(*) FILTER (WHERE settled_at IS NULL) AS waiting,"
    " count(*) FILTER (WHERE state = 'sent') AS sent,"
    " count(*) FILTER (WHERE state = 'refused') AS refused,"
    " count(*) FILTER (WHERE state = 'expired') AS expired,"
    " count(*) FILTER (WHERE state = 'superseded') AS superseded FROM timely.outbox) AS o";

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

// An embedded store that no daemon has ever used needs none: an analyst tries things out.
static bool find_problems(struct state *t, struct error *err)
{
    struct session *s = t->session;
    struct unwell *found;

    if (!self_audit(s->arena, s->store, business_now(&s->clock), &found, &t->problem_count, err))
        return false;
    if (s->embedded && t->problem_count && strcmp(found->code, "daemon-missing") == 0)
        t->problem_count = 0; // of such a store nothing else is asked
    t->problems = found;
    return true;
}

static void print_people(struct state *t)
{
    struct text *out = &t->session->out;

    text_add(out, t->problem_count ? "Not well:\n" : "All is well.\n");
    for (size_t i = 0; i < t->problem_count; i++)
        text_addf(out, "  %s\n", unwell_sentence(t->session->arena, &t->problems[i]));
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
        text_add_csv(out, t->problems[i].words);
        text_addf(out, "\ncode,%s\n", t->problems[i].code);
    }
    for (size_t i = 0; i < t->count; i++) {
        text_addf(out, "%s,", t->items[i].name);
        text_add_csv(out, t->items[i].value);
        text_add(out, "\n");
    }
}

static void print_json(struct state *t)
{
    json_t *root = json_object(), *problems = json_array(), *codes = json_array();
    char *printed;

    for (size_t i = 0; i < t->problem_count; i++) {
        json_array_append_new(problems, json_string(t->problems[i].words));
        json_array_append_new(codes, json_string(t->problems[i].code));
    }
    json_object_set_new(root, "well", json_boolean(t->problem_count == 0));
    json_object_set_new(root, "problems", problems);
    json_object_set_new(root, "codes", codes);
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
    if (!session_store(s, err) || !read_items(&t, &r, err) || !find_problems(&t, err))
        return status_of(err);
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
