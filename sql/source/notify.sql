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

-- The arguments of the trigger are the person's column, and for reviews of children in care, which have none, the
-- period of care and the schema of the episodes that lead from it to the child. With the rights of its owner: whoever
-- loads the tables needs none on timely_source.
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
             SELECT DISTINCT btrim(%1$I::text) FROM (%2$s) AS t %3$s WHERE btrim(%1$I::text) <> %4$L',
            TG_ARGV[0], touched,
            CASE WHEN TG_NARGS = 3 THEN format('JOIN (SELECT clae_cla_id, clae_person_id FROM %I.ssd_cla_episodes) AS e
                ON e.clae_cla_id = t.%I', TG_ARGV[2], TG_ARGV[1]) ELSE '' END, '');
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

-- The tables that facts are read from, with the column that names the person. Reviews of children in care have none:
-- `found_by` leads through the episodes.
CREATE OR REPLACE VIEW timely_source.person_table AS
SELECT w.table_name, w.person_column, w.found_by, s.schema_name, c.oid AS table_oid,
       c.relkind IN ('r', 'p') AND EXISTS (
           SELECT FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = coalesce(w.found_by, w.person_column)
       ) AS usable
  FROM (VALUES ('ssd_person', 'pers_person_id', NULL), ('ssd_family', 'fami_person_id', NULL),
               ('ssd_cin_episodes', 'cine_person_id', NULL), ('ssd_cin_assessments', 'cina_person_id', NULL),
               ('ssd_cin_plans', 'cinp_person_id', NULL), ('ssd_cin_visits', 'cinv_person_id', NULL),
               ('ssd_s47_enquiry', 's47e_person_id', NULL), ('ssd_initial_cp_conference', 'icpc_person_id', NULL),
               ('ssd_cp_plans', 'cppl_person_id', NULL), ('ssd_cp_reviews', 'cppr_person_id', NULL),
               ('ssd_cp_visits', 'cppv_person_id', NULL), ('ssd_cla_episodes', 'clae_person_id', NULL),
               ('ssd_cla_reviews', 'clae_person_id', 'clar_cla_id'), ('ssd_cla_visits', 'clav_person_id', NULL),
               ('ssd_cla_placement', 'clap_person_id', NULL), ('ssd_legal_status', 'lega_person_id', NULL),
               ('ssd_involvements', 'invo_person_id', NULL), ('timely_event', 'person_id', NULL))
        AS w (table_name, person_column, found_by)
  JOIN timely_source.source_table AS s USING (table_name)
  LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.schema_name
  LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.table_name
 WHERE c.oid IS NOT NULL OR w.table_name <> 'timely_event';

-- Puts the triggers on every table that the facts are read from, in place of those that are there. Returns the number
-- of tables; one that is not there, is a view, or lacks the column is left out with a WARNING.
CREATE OR REPLACE FUNCTION timely_source.install_triggers() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    t record;
    installed integer := 0;
BEGIN
    PERFORM timely_source.remove_triggers();
    FOR t IN SELECT * FROM timely_source.person_table ORDER BY table_name LOOP
        IF t.usable IS NOT TRUE THEN
            RAISE WARNING 'no triggers on %: it is not there, is no table, or has no column %', t.table_name,
                coalesce(t.found_by, t.person_column);
            CONTINUE;
        END IF;
        PERFORM timely_source.install_trigger(t.table_oid, CASE WHEN t.found_by IS NULL
            THEN quote_literal(t.person_column)
            ELSE format('%L, %L, %L', t.person_column, t.found_by, t.schema_name) END);
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
    FOR t IN SELECT * FROM timely_source.person_table AS p WHERE p.usable AND p.found_by IS NULL
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS a
                                  ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                 WHERE i.indrelid = p.table_oid AND a.attname = p.person_column) LOOP
        EXECUTE format('CREATE INDEX ON %I.%I (%I)', t.schema_name, t.table_name, t.person_column);
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
