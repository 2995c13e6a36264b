-- Notify mode: triggers that tell timely at once which children's rows have changed. Optional: without it the daemon
-- polls. Run after ssd.sql, by who owns the tables, and only where the tables are the authority's own copy. Never in a
-- supplier's live database, where a trigger may break the supplier's support and its next upgrade.
--
--     psql -X -1 -v ON_ERROR_STOP=1 -f notify.sql
--     SELECT timely_source.install_triggers();         waits for running writers, then takes a moment
--     SELECT timely_source.install_indexes();          on the persons of each table; worth it above some 5,000 children
--     SELECT timely_source.remove_triggers();          takes the triggers away; indexes stay
--     SELECT timely_source.prune_changes();            from a nightly job: nothing else empties timely_source.change
--
-- A statement costs the tables' writers one more insert of the distinct persons that it touched, in the same
-- transaction. What is written is only a hint to look: the daemon reads the facts themselves and misses nothing
-- when a hint is lost.

CREATE TABLE IF NOT EXISTS timely_source.change (
    change_id bigserial PRIMARY KEY,
    person_id text,                                          -- NULL: anybody (a table was emptied)
    xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),    -- a reader keeps its place by snapshot, not by change_id
    at        timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS change_xid ON timely_source.change (xid);

-- The argument of the trigger is the person's column; for tables that have none, the column that leads to the person,
-- and a query that says whose each of its values is (key, person_id). With the rights of its owner: whoever loads the
-- tables needs none on timely_source.
CREATE OR REPLACE FUNCTION timely_source.note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    touched text := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT * FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT * FROM old_rows'
        WHEN 'UPDATE' THEN 'SELECT * FROM old_rows UNION ALL SELECT * FROM new_rows'
    END;
    told bigint;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO timely_source.change (person_id) VALUES (NULL);
        told := 1;
    ELSE
        EXECUTE format(
            'INSERT INTO timely_source.change (person_id)
             SELECT DISTINCT btrim(%1$s::text) FROM (%2$s) AS t %3$s WHERE btrim(%1$s::text) <> %4$L',
            CASE WHEN TG_NARGS = 2 THEN 'link.person_id' ELSE format('%I', TG_ARGV[0]) END, touched,
            CASE WHEN TG_NARGS = 2 THEN format('JOIN (%s) AS link ON link.key = t.%I', TG_ARGV[1], TG_ARGV[0])
                 ELSE '' END, '');
        GET DIAGNOSTICS told = ROW_COUNT;
    END IF;
    IF told > 0 THEN
        PERFORM pg_notify('timely_change', '');
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION timely_source.install_trigger(target regclass, arguments text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    event text[];
BEGIN
    FOREACH event SLICE 1 IN ARRAY ARRAY[['insert', 'REFERENCING NEW TABLE AS new_rows'],
        ['update', 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'],
        ['delete', 'REFERENCING OLD TABLE AS old_rows'], ['truncate', '']] LOOP
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT
                        EXECUTE FUNCTION timely_source.note_change(%s)',
            'timely_' || event[1], event[1], target, event[2], arguments);
    END LOOP;
END
$$;

-- Takes away every trigger of ours; the list of changes stays. Returns the number of tables freed.
CREATE OR REPLACE FUNCTION timely_source.remove_triggers() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    t record;
    tables text[] := '{}';
BEGIN
    FOR t IN SELECT tgname, tgrelid::regclass::text AS target FROM pg_catalog.pg_trigger
              WHERE tgfoid = 'timely_source.note_change()'::regprocedure AND tgparentid = 0 LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.tgname, t.target);
        tables := tables || t.target;
    END LOOP;
    RETURN (SELECT count(DISTINCT n) FROM unnest(tables) AS n);
END
$$;

-- The tables that facts are read from. `found_by` is the column that names the person, or for tables that have none the
-- one that leads there: `link` asks the tables `through` whose each of its values is.
CREATE OR REPLACE VIEW timely_source.person_table AS
SELECT w.table_name, w.found_by, format(w.link, s.schema_name) AS link, s.schema_name, c.oid AS table_oid,
       c.relkind IN ('r', 'p') AND EXISTS (
           SELECT FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = w.found_by
       ) AND NOT EXISTS (
           SELECT FROM unnest(w.through) AS t WHERE to_regclass(format('%I.%I', s.schema_name, t)) IS NULL
       ) AS usable
  FROM (SELECT t, f, NULL, NULL::text[]
          FROM (VALUES ('ssd_person', 'pers_person_id'), ('ssd_family', 'fami_person_id'),
                       ('ssd_contacts', 'cont_person_id'), ('ssd_cin_episodes', 'cine_person_id'),
                       ('ssd_cin_assessments', 'cina_person_id'), ('ssd_cin_plans', 'cinp_person_id'),
                       ('ssd_cin_visits', 'cinv_person_id'), ('ssd_s47_enquiry', 's47e_person_id'),
                       ('ssd_initial_cp_conference', 'icpc_person_id'), ('ssd_cp_plans', 'cppl_person_id'),
                       ('ssd_cp_reviews', 'cppr_person_id'), ('ssd_cp_visits', 'cppv_person_id'),
                       ('ssd_cla_episodes', 'clae_person_id'), ('ssd_cla_visits', 'clav_person_id'),
                       ('ssd_cla_placement', 'clap_person_id'), ('ssd_cla_care_plan', 'lacp_person_id'),
                       ('ssd_cla_health', 'clah_person_id'), ('ssd_cla_immunisations', 'clai_person_id'),
                       ('ssd_sdq_scores', 'csdq_person_id'), ('ssd_missing', 'miss_person_id'),
                       ('ssd_legal_status', 'lega_person_id'), ('ssd_care_leavers', 'clea_person_id'),
                       ('ssd_permanence', 'perm_person_id'), ('ssd_pre_proceedings', 'prep_person_id'),
                       ('ssd_send', 'send_person_id'), ('ssd_involvements', 'invo_person_id'),
                       ('timely_event', 'person_id')) AS direct (t, f)
        UNION ALL VALUES
            ('ssd_cla_reviews', 'clar_cla_id',
             'SELECT clae_cla_id AS key, clae_person_id AS person_id FROM %1$I.ssd_cla_episodes',
             '{ssd_cla_episodes}'::text[]),
            ('ssd_ehcp_requests', 'ehcr_send_table_id',
             'SELECT send_table_id AS key, send_person_id AS person_id FROM %1$I.ssd_send', '{ssd_send}'),
            ('ssd_ehcp_assessment', 'ehca_ehcp_request_id',
             'SELECT ehcr_ehcp_request_id AS key, send_person_id AS person_id
                FROM %1$I.ssd_ehcp_requests JOIN %1$I.ssd_send ON send_table_id = ehcr_send_table_id',
             '{ssd_ehcp_requests,ssd_send}'),
            ('ssd_ehcp_active_plans', 'ehcp_ehcp_request_id',
             'SELECT ehcr_ehcp_request_id AS key, send_person_id AS person_id
                FROM %1$I.ssd_ehcp_requests JOIN %1$I.ssd_send ON send_table_id = ehcr_send_table_id',
             '{ssd_ehcp_requests,ssd_send}'))
        AS w (table_name, found_by, link, through)
  JOIN timely_source.source_table AS s USING (table_name)
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schema_name
  LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.table_name
 WHERE c.oid IS NOT NULL OR w.table_name <> 'timely_event';

-- Puts the triggers on every table that the facts are read from, in place of those that are there. Returns the number
-- of tables; one that is not there, is a view, lacks the column or what leads on from it is left out with a WARNING.
CREATE OR REPLACE FUNCTION timely_source.install_triggers() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    t record;
    installed integer := 0;
BEGIN
    PERFORM timely_source.remove_triggers();
    FOR t IN SELECT * FROM timely_source.person_table ORDER BY table_name LOOP
        IF t.usable IS NOT TRUE THEN
            RAISE WARNING 'no triggers on %: it is no table, has no column %, or nothing leads to its persons',
                t.table_name, t.found_by;
            CONTINUE;
        END IF;
        PERFORM timely_source.install_trigger(t.table_oid, concat_ws(', ', quote_literal(t.found_by),
                                                                     quote_literal(t.link)));
        installed := installed + 1;
    END LOOP;
    RETURN installed;
END
$$;

-- Indexes that a hint's child is found by; without them each hint reads every table once. Returns the number made.
CREATE OR REPLACE FUNCTION timely_source.install_indexes() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    t record;
    made integer := 0;
BEGIN
    FOR t IN SELECT * FROM timely_source.person_table AS p WHERE p.usable AND p.link IS NULL
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS a
                                  ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                 WHERE i.indrelid = p.table_oid AND a.attname = p.found_by) LOOP
        EXECUTE format('CREATE INDEX ON %I.%I (%I)', t.schema_name, t.table_name, t.found_by);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

-- Changes older than this have been read long ago. Returns the number of rows.
CREATE OR REPLACE FUNCTION timely_source.prune_changes(keep interval DEFAULT '7 days') RETURNS bigint
LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM timely_source.change WHERE at < clock_timestamp() - keep RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- Only the owner installs and prunes; a trigger runs whatever these say.
REVOKE ALL ON FUNCTION timely_source.note_change(), timely_source.install_trigger(regclass, text),
    timely_source.install_triggers(), timely_source.install_indexes(), timely_source.remove_triggers(),
    timely_source.prune_changes(interval)
    FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'timely_read') THEN
        PERFORM timely_source.grant_read('timely_read');
    END IF;
END
$$;
