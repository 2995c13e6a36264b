-- The fact views of timely over the Standard Safeguarding Dataset (SSD), whose tables stay as they are.
--
-- Run by a DBA who may create a schema and SELECT from the tables:
--     psql -X -1 -v ON_ERROR_STOP=1 -c 'SET search_path = ssd_development' -f ssd.sql
-- Again after every structural change of the tables (a column that comes, goes or changes its type) and after
-- every update of timely: it is safe to repeat, and keeps grants, code_map, restricted and access lists.
-- PostgreSQL lets nobody drop a table or alter a column that a view reads. Before such a change run
--     SELECT timely_source.remove_views();
-- TRUNCATE and INSERT, the nightly reload, need nothing.
--
-- Layers, each on the one before:
--   read_ssd_…   one per table: the columns that we read, by name, in the types that we expect. A table that is
--                not there, or without its essential columns, reads as empty; another missing column reads as NULL.
--                Both are told in missing_piece and by a WARNING.
--   fact_…       one piece of the facts each: single scans and hash joins, in no order
--   fact, person, staff, team, watched, restricted_access   what the daemon reads
--
-- Another case system needs only its own version of this file, down to the same last layer.

CREATE SCHEMA IF NOT EXISTS timely_source;

-- ---------------------------------------------------------------------------------------- what a DBA may fill

-- Words and local codes of the case system, and what timely's rules call them. Add rows; matched without regard
-- to case. An unknown legal status stays as it is in lower case, an unknown role as it is.
CREATE TABLE IF NOT EXISTS timely_source.code_map (
    what        text NOT NULL CHECK (what IN ('legal-status', 'role')),
    source_code text NOT NULL,
    code        text NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS code_map_key ON timely_source.code_map (what, lower(source_code));

-- Children whose record only named staff may see.
CREATE TABLE IF NOT EXISTS timely_source.restricted (
    person_id text PRIMARY KEY
);
CREATE TABLE IF NOT EXISTS timely_source.restricted_to (
    person_id       text NOT NULL,
    professional_id text NOT NULL,
    PRIMARY KEY (person_id, professional_id)
);

-- ------------------------------------------------------------------------------------------ what we keep here

CREATE TABLE IF NOT EXISTS timely_source.missing_piece (
    piece       text NOT NULL,  -- the view that is affected
    table_name  text NOT NULL,
    column_name text,           -- NULL: the whole table
    effect      text NOT NULL   -- 'empty' or 'read as NULL'
);

CREATE TABLE IF NOT EXISTS timely_source.source_table (
    table_name  text PRIMARY KEY,
    schema_name text NOT NULL
);

INSERT INTO timely_source.code_map (what, source_code, code) VALUES
    ('role', 'ALLOCATED_WORKER', 'social-worker'),
    ('role', 'IRO', 'iro'),
    ('role', 'CP_CHAIR', 'chair'),
    ('role', 'PERSONAL_ADVISER', 'personal-adviser'),
    ('legal-status', 'Interim care order', 'C1'),
    ('legal-status', 'Full care order', 'C2'),
    ('legal-status', 'Freeing order granted', 'D1'),
    ('legal-status', 'Placement order granted', 'E1'),
    ('legal-status', 'Placement order', 'E1'),
    ('legal-status', 'Single period of accommodation under section 20', 'V2'),
    ('legal-status', 'Accommodated under section 20', 'V2'),
    ('legal-status', 'Under police protection and in local authority accommodation', 'L1'),
    ('legal-status', 'Emergency protection order', 'L2'),
    ('legal-status', 'Child assessment order', 'L3'),
    ('legal-status', 'Remanded to local authority accommodation', 'J1')
ON CONFLICT DO NOTHING;
-- Systems that hold the code itself.
INSERT INTO timely_source.code_map (what, source_code, code)
SELECT 'legal-status', c, c
  FROM unnest('{C1,C2,D1,E1,V2,V3,V4,L1,L2,L3,J1,J2,J3}'::text[]) AS c
ON CONFLICT DO NOTHING;

-- ------------------------------------------------------------------------------------------------- functions

-- The answer 'Y' or 'N' to one question in the outcome of a form, '{"OUTCOME_NFA_FLAG" : "N", …}'; NULL for
-- another answer, an absent question or a text that is no whole object. Keys begin OUTCOME_ in some deployments.
-- Not by a cast to json: one bad text would end the whole reading, since PostgreSQL before 16 cannot ask
-- whether a cast will succeed, and a plpgsql block that catches the error opens a subtransaction for every row.
-- Only the key's own few characters meet the pattern (a pattern over the whole text costs ten times as much).
-- Inside a value quotes are written \", so a comment that quotes a key cannot be taken for it.
CREATE OR REPLACE FUNCTION timely_source.outcome_flag(outcome text, name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN btrim(outcome, E' \t\r\n') LIKE '{%}' THEN
        substring(substr(outcome, coalesce(nullif(strpos(outcome, '"OUTCOME_' || name || '_FLAG"'), 0),
                                           strpos(outcome, '"' || name || '_FLAG"')), 80)
                  FROM '^"[A-Z0-9_]+"\s*:\s*"\s*([YN])\s*"')
    END
$$;

-- Makes timely_source.read_TABLE. Each column is 'name kind' or 'name kind must'; kinds are key (text without
-- blanks around it; an empty one or a placeholder is NULL), text (as it is: also persons, so that an index on them
-- serves a reading of one child), flag (upper case), time and bool.
-- `pieces` are the views that suffer when something is missing. Of an optional table only the columns that it must
-- have, if it is there, are asked for.
CREATE OR REPLACE FUNCTION timely_source.make_read_view(source_name text, pieces text[], columns text[],
                                                        optional boolean DEFAULT false)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    source_schema text := (SELECT schema_name FROM timely_source.source_table WHERE table_name = source_name);
    source_id oid := to_regclass(format('%I.%I', source_schema, source_name));
    read text[] := '{}';
    blank text[] := '{}';
    present text[] := '{}';
    whole boolean := source_id IS NOT NULL;
    item text;
    part text[];
    kind text;
    type_name text;
    expression text;
BEGIN
    DELETE FROM timely_source.missing_piece WHERE table_name = source_name;
    IF source_id IS NULL AND NOT optional THEN
        RAISE WARNING 'table % is missing: % will be empty', source_name, array_to_string(pieces, ', ');
        INSERT INTO timely_source.missing_piece SELECT p, source_name, NULL, 'empty' FROM unnest(pieces) AS p;
    END IF;
    FOREACH item IN ARRAY columns LOOP
        part := string_to_array(item, ' ');
        kind := part[2];
        SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END::regtype::text INTO type_name
          FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
         WHERE a.attrelid = source_id AND a.attname = part[1] AND a.attnum > 0 AND NOT a.attisdropped;
        expression := CASE
            WHEN type_name IS NULL THEN NULL
            WHEN kind = 'key' THEN format('nullif(nullif(btrim(%I::text), %L), %L)', part[1], '', 'SSD_PH')
            WHEN kind = 'text' THEN format('%I::text', part[1])
            WHEN kind = 'flag' THEN format('nullif(nullif(upper(btrim(%I::text)), %L), %L)', part[1], '', 'SSD_PH')
            WHEN kind = 'bool' AND type_name = 'boolean' THEN format('%I', part[1])
            WHEN kind = 'bool' THEN format('lower(btrim(%I::text)) IN (%L, %L, %L, %L, %L)', part[1],
                                           't', 'true', 'y', 'yes', '1')
            WHEN type_name IN ('timestamp without time zone', 'date') THEN format('%I::timestamp', part[1])
            WHEN type_name = 'timestamp with time zone' THEN
                format('%I AT TIME ZONE %L', part[1], 'Europe/London')
        END;
        blank := blank || format('NULL::%s AS %I',
            CASE kind WHEN 'time' THEN 'timestamp' WHEN 'bool' THEN 'boolean' ELSE 'text' END, part[1]);
        IF expression IS NULL THEN
            read := read || blank[cardinality(blank)];
            IF part[3] = 'must' THEN
                whole := false;
            END IF;
            IF source_id IS NOT NULL AND (part[3] = 'must' OR NOT optional) THEN
                RAISE WARNING '%.%: %; %', source_name, part[1],
                    coalesce('the type ' || type_name || ' does not fit', 'the column is missing'),
                    CASE WHEN part[3] = 'must' THEN array_to_string(pieces, ', ') || ' will be empty'
                         ELSE 'read as NULL' END;
                INSERT INTO timely_source.missing_piece
                SELECT p, source_name, part[1], CASE WHEN part[3] = 'must' THEN 'empty' ELSE 'read as NULL' END
                  FROM unnest(pieces) AS p;
            END IF;
        ELSE
            read := read || format('%s AS %I', expression, part[1]);
            present := present || format('%I IS NOT NULL', part[1]);
        END IF;
    END LOOP;
    IF whole THEN
        -- A row of NULLs is what a reload inserts where nobody has mapped a source: it says nothing.
        EXECUTE format('CREATE OR REPLACE VIEW timely_source.%I AS SELECT %s FROM %I.%I WHERE %s',
            'read_' || source_name, array_to_string(read, ', '), source_schema, source_name,
            array_to_string(present, ' OR '));
    ELSE
        EXECUTE format('CREATE OR REPLACE VIEW timely_source.%I AS SELECT %s WHERE false',
            'read_' || source_name, array_to_string(blank, ', '));
    END IF;
END
$$;

-- Finds the schema of a table's first namesake in search_path; the schema is stored, so that nothing
-- depends on search_path afterwards.
CREATE OR REPLACE FUNCTION timely_source.find_tables(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    home text := (SELECT n.nspname
                    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                   WHERE c.relname = ANY (names) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                     AND n.nspname = ANY (current_schemas(false))
                   ORDER BY array_position(current_schemas(false), n.nspname) LIMIT 1);
BEGIN
    IF home IS NULL THEN
        RAISE EXCEPTION 'no SSD table in search_path (%): set it to the schema that holds them',
            current_setting('search_path');
    END IF;
    DELETE FROM timely_source.source_table;
    INSERT INTO timely_source.source_table SELECT n, home FROM unnest(names) AS n;
END
$$;

-- Frees the tables for a structural change: the views that read them go, and the views on those; what a DBA filled
-- stays. Run this file again after.
CREATE OR REPLACE FUNCTION timely_source.remove_views() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_catalog.pg_class AS c
                 WHERE c.relnamespace = 'timely_source'::regnamespace AND c.relkind = 'v'
                   AND c.relname LIKE 'read\_%' LOOP
        EXECUTE format('DROP VIEW IF EXISTS timely_source.%I CASCADE', name);
    END LOOP;
END
$$;

-- What the daemon needs, and no more; the tables below stay closed to it.
CREATE OR REPLACE FUNCTION timely_source.grant_read(reader name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA timely_source TO %I', reader);
    EXECUTE format('GRANT EXECUTE ON FUNCTION timely_source.outcome_flag(text, text) TO %I', reader);
    FOR name IN SELECT c.relname FROM pg_catalog.pg_class AS c
                 WHERE c.relnamespace = 'timely_source'::regnamespace
                   AND c.relname IN ('fact', 'person', 'staff', 'team', 'watched', 'missing_piece',
                                     'restricted_access', 'change') LOOP
        EXECUTE format('GRANT SELECT ON timely_source.%I TO %I', name, reader);
    END LOOP;
END
$$;

-- ------------------------------------------------------------------------------------------- the tables, read

DO $$
BEGIN
    PERFORM timely_source.find_tables('{ssd_person, ssd_family, ssd_cin_episodes, ssd_cin_assessments, ssd_cin_plans,
        ssd_cin_visits, ssd_s47_enquiry, ssd_initial_cp_conference, ssd_cp_plans, ssd_cp_reviews, ssd_cp_visits,
        ssd_cla_episodes, ssd_cla_reviews, ssd_cla_visits, ssd_cla_placement, ssd_legal_status, ssd_contacts,
        ssd_cla_care_plan, ssd_cla_health, ssd_cla_immunisations, ssd_sdq_scores, ssd_missing, ssd_care_leavers,
        ssd_permanence, ssd_pre_proceedings, ssd_send, ssd_ehcp_requests, ssd_ehcp_assessment, ssd_ehcp_active_plans,
        ssd_involvements, ssd_professionals, ssd_department, timely_event}');

    PERFORM timely_source.make_read_view('ssd_person', '{person,fact_person}', '{pers_person_id text must,
        pers_forename text,pers_surname text,pers_dob time,pers_expected_dob time,pers_death_date time}');

    PERFORM timely_source.make_read_view('ssd_family', '{person}', '{fami_family_id key must,
        fami_person_id text must}');

    PERFORM timely_source.make_read_view('ssd_cin_episodes', '{fact_referral}', '{cine_referral_id key must,
        cine_person_id text must,cine_referral_date time must,cine_referral_outcome_json text,
        cine_referral_nfa flag,cine_close_reason key,cine_close_date time must,cine_referral_worker_id key}');

    PERFORM timely_source.make_read_view('ssd_cin_assessments', '{fact_assessment}', '{cina_assessment_id key must,
        cina_person_id text must,cina_referral_id key,cina_assessment_start_date time must,
        cina_assessment_auth_date time must,cina_assessment_worker_id key}');

    PERFORM timely_source.make_read_view('ssd_cin_plans', '{fact_cin_plan}', '{cinp_cin_plan_id key must,
        cinp_person_id text must,cinp_cin_plan_start_date time must,cinp_cin_plan_end_date time must,
        cinp_cin_plan_worker_id key}');

    PERFORM timely_source.make_read_view('ssd_cin_visits', '{fact_cin_visit}', '{cinv_cin_visit_id key must,
        cinv_person_id text must,cinv_cin_visit_date time must,cinv_cin_visit_seen flag,
        cinv_cin_visit_seen_alone flag}');

    PERFORM timely_source.make_read_view('ssd_s47_enquiry', '{fact_s47_enquiry}', '{s47e_s47_enquiry_id key must,
        s47e_person_id text must,s47e_s47_start_date time must,s47e_s47_end_date time must,s47e_s47_nfa flag,
        s47e_s47_outcome_json text,s47e_s47_completed_by_worker_id key}');

    PERFORM timely_source.make_read_view('ssd_initial_cp_conference', '{fact_icpc,fact_cp_plan_made}',
        '{icpc_icpc_id key must,icpc_icpc_meeting_id key,icpc_s47_enquiry_id key,icpc_person_id text must,
        icpc_icpc_transfer_in flag,icpc_icpc_date time must,icpc_icpc_outcome_cp_flag flag,icpc_icpc_worker_id key}');

    PERFORM timely_source.make_read_view('ssd_cp_plans', '{fact_cp_plan,fact_cp_plan_made}', '{cppl_cp_plan_id key must,
        cppl_icpc_id key,cppl_person_id text must,cppl_cp_plan_start_date time must,cppl_cp_plan_end_date time must,
        cppl_cp_plan_latest_category key,cppl_cp_plan_initial_category key}');

    PERFORM timely_source.make_read_view('ssd_cp_reviews', '{fact_cp_review}', '{cppr_cp_review_id key must,
        cppr_person_id text must,cppr_cp_plan_id key,cppr_cp_review_date time must,cppr_cp_review_meeting_id key,
        cppr_cp_review_outcome_continue_cp flag}');

    PERFORM timely_source.make_read_view('ssd_cp_visits', '{fact_cp_visit}', '{cppv_cp_visit_id key must,
        cppv_person_id text must,cppv_cp_plan_id key,cppv_cp_visit_date time must,cppv_cp_visit_seen flag,
        cppv_cp_visit_seen_alone flag}');

    PERFORM timely_source.make_read_view('ssd_cla_episodes',
        '{fact_care_started,fact_care_ended,fact_child_review,fact_iro_visit}',
        '{clae_cla_episode_id key,clae_person_id text must,clae_cla_id key must,clae_cla_episode_start_date time must,
        clae_cla_episode_start_reason key,clae_cla_episode_ceased_date time must,clae_cla_episode_ceased_reason key,
        clae_cla_last_iro_contact_date time,clae_entered_care_date time}');

    PERFORM timely_source.make_read_view('ssd_cla_reviews', '{fact_child_review}', '{clar_cla_review_id key must,
        clar_cla_id key must,clar_cla_review_date time must,clar_cla_review_cancelled flag}');

    PERFORM timely_source.make_read_view('ssd_cla_visits', '{fact_child_visit}', '{clav_cla_visit_id key must,
        clav_cla_id key,clav_person_id text must,clav_cla_visit_date time must,clav_cla_visit_seen flag,
        clav_cla_visit_seen_alone flag}');

    PERFORM timely_source.make_read_view('ssd_cla_placement', '{fact_placement}', '{clap_cla_placement_id key must,
        clap_cla_id key,clap_person_id text must,clap_cla_placement_start_date time must,clap_cla_placement_type key,
        clap_cla_placement_end_date time must}');

    PERFORM timely_source.make_read_view('ssd_legal_status', '{fact_legal_status}', '{lega_legal_status_id key must,
        lega_person_id text must,lega_legal_status key must,lega_legal_status_start_date time must,
        lega_legal_status_end_date time must}');

    PERFORM timely_source.make_read_view('ssd_contacts', '{fact_contact}', '{cont_contact_id key must,
        cont_person_id text must,cont_contact_date time must}');

    PERFORM timely_source.make_read_view('ssd_cla_care_plan', '{fact_care_plan}', '{lacp_table_id key must,
        lacp_person_id text must,lacp_cla_care_plan_start_date time must}');

    PERFORM timely_source.make_read_view('ssd_cla_health', '{fact_health_check}', '{clah_health_check_id key must,
        clah_person_id text must,clah_health_check_type key must,clah_health_check_date time must,
        clah_health_check_status key}');

    PERFORM timely_source.make_read_view('ssd_cla_immunisations', '{fact_immunisations}', '{clai_person_id text must,
        clai_immunisations_status flag must,clai_immunisations_status_date time must}');

    PERFORM timely_source.make_read_view('ssd_sdq_scores', '{fact_sdq}', '{csdq_table_id key must,
        csdq_person_id text must,csdq_sdq_completed_date time must,csdq_sdq_score key must,csdq_sdq_reason key}');

    PERFORM timely_source.make_read_view('ssd_missing', '{fact_missing_episode}', '{miss_table_id key must,
        miss_person_id text must,miss_missing_episode_start_date time must,miss_missing_episode_end_date time must,
        miss_missing_rhi_offered flag,miss_missing_rhi_accepted flag}');

    PERFORM timely_source.make_read_view('ssd_care_leavers', '{fact_care_leaver}', '{clea_table_id key must,
        clea_person_id text must,clea_care_leaver_eligibility key,clea_care_leaver_in_touch key,
        clea_care_leaver_latest_contact time,clea_pathway_plan_review_date time}');

    PERFORM timely_source.make_read_view('ssd_permanence', '{fact_permanence}', '{perm_table_id key must,
        perm_person_id text must,perm_cla_id key,perm_adm_decision_date time,perm_placement_order_date time,
        perm_matched_date time,perm_placed_for_adoption_date time}');

    PERFORM timely_source.make_read_view('ssd_pre_proceedings', '{fact_pre_proceedings}', '{prep_table_id key must,
        prep_person_id text must,prep_pre_pro_decision_date time,prep_pre_pro_letter_date time,
        prep_initial_pre_pro_meeting_date time,prep_agree_stepdown_issue_date time}');

    PERFORM timely_source.make_read_view('ssd_send', '{fact_ehcp_request,fact_ehcp_assessment,fact_ehcp_review}',
        '{send_table_id key must,send_person_id text must}');

    PERFORM timely_source.make_read_view('ssd_ehcp_requests',
        '{fact_ehcp_request,fact_ehcp_assessment,fact_ehcp_review}',
        '{ehcr_ehcp_request_id key must,ehcr_send_table_id key must,ehcr_ehcp_req_date time must,
        ehcr_ehcp_req_outcome_date time,ehcr_ehcp_req_outcome flag}');

    PERFORM timely_source.make_read_view('ssd_ehcp_assessment', '{fact_ehcp_assessment}',
        '{ehca_ehcp_assessment_id key must,ehca_ehcp_request_id key must,ehca_ehcp_assessment_outcome_date time must,
        ehca_ehcp_assessment_outcome flag,ehca_ehcp_assessment_exceptions key}');

    PERFORM timely_source.make_read_view('ssd_ehcp_active_plans', '{fact_ehcp_review}',
        '{ehcp_active_ehcp_id key must,ehcp_ehcp_request_id key must,ehcp_active_ehcp_last_review_date time must}');

    PERFORM timely_source.make_read_view('ssd_involvements', '{fact_involvement}', '{invo_involvements_id key must,
        invo_professional_id key must,invo_professional_role_id key must,invo_professional_team key,
        invo_person_id text must,invo_involvement_start_date time must,invo_involvement_end_date time must}');

    PERFORM timely_source.make_read_view('ssd_professionals', '{staff}', '{prof_professional_id key must,
        prof_professional_name text}');

    PERFORM timely_source.make_read_view('ssd_department', '{team}', '{dept_team_id key must,dept_team_name text}');

    -- A table or view of the authority's own, in the same schema; most have none.
    PERFORM timely_source.make_read_view('timely_event', '{fact_local_event}', '{event_id key must,event_type key must,
        person_id text must,occurred_at time must,precision key,meeting_kind key,scheduled_for time,group_ref key,
        subject_id key,outcome key,professional_id key,recorded_at time,replaces_event_id key,ends_at time,
        location text,online_url text,attendees text,voided bool}', true);
END
$$;

-- ------------------------------------------------------------------------------------------------ the pieces
--
-- Columns of every piece and of `fact`: person_id, kind, ref (key of the record), at (civil time of England),
-- precise (the minute is known: a time of 00:00 means that it is not), until (end of a spell), episode (key of the
-- referral, plan, enquiry or period of care), meeting (shared by brothers and sisters), code, who (staff number),
-- origin (table), and for local events recorded_at, scheduled_at (of a meeting 00:00 means that only the day is known),
-- ends_at, place, url, attendees.
-- A row without a key, a person or a date is kept, and an answer that is neither yes nor no goes through as it is: the
-- daemon reports both. Where the dataset knows no hour the date is cut to the day.

-- The last columns of what is no local event; the planner folds them away.
CREATE OR REPLACE VIEW timely_source.not_booked AS
SELECT NULL::timestamp AS recorded_at, NULL::timestamp AS scheduled_at, NULL::timestamp AS ends_at,
       NULL::text AS place, NULL::text AS url, NULL::text AS attendees;

-- A birth ahead is the expected date of an unborn child in some systems: a fact of the future like any other.
CREATE OR REPLACE VIEW timely_source.fact_person AS
SELECT p.pers_person_id AS person_id, v.kind, p.pers_person_id AS ref, v.at::date::timestamp AS at,
       false AS precise, NULL::timestamp AS until, NULL::text AS episode, NULL::text AS meeting,
       NULL::text AS code, NULL::text AS who, 'ssd_person' AS origin, n.*
  FROM timely_source.read_ssd_person AS p
 CROSS JOIN LATERAL (VALUES ('birth', p.pers_dob), ('expected-birth', p.pers_expected_dob),
                            ('death', p.pers_death_date)) AS v (kind, at)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL;

CREATE OR REPLACE VIEW timely_source.fact_referral AS
SELECT r.cine_person_id AS person_id, 'referral-received' AS kind, r.cine_referral_id AS ref,
       r.cine_referral_date AS at,
       coalesce(r.cine_referral_date <> r.cine_referral_date::date, false) AS precise,
       NULL::timestamp AS until, r.cine_referral_id AS episode, NULL::text AS meeting,
       CASE WHEN r.cine_referral_nfa = 'Y' THEN 'nfa'
            WHEN timely_source.outcome_flag(r.cine_referral_outcome_json, 'NFA') = 'Y' THEN 'nfa'
            ELSE CASE timely_source.outcome_flag(r.cine_referral_outcome_json, 'SINGLE_ASSESSMENT')
                      WHEN 'Y' THEN 'assessment' WHEN 'N' THEN 'other' ELSE lower(nullif(r.cine_referral_nfa, 'N')) END
       END AS code,
       r.cine_referral_worker_id AS who, 'ssd_cin_episodes' AS origin, n.*
  FROM timely_source.read_ssd_cin_episodes AS r
 CROSS JOIN timely_source.not_booked AS n
UNION ALL
SELECT r.cine_person_id, 'referral-closed', r.cine_referral_id, r.cine_close_date::date::timestamp, false, NULL,
       r.cine_referral_id, NULL, r.cine_close_reason, NULL, 'ssd_cin_episodes', n.*
  FROM timely_source.read_ssd_cin_episodes AS r
 CROSS JOIN timely_source.not_booked AS n
 WHERE r.cine_close_date IS NOT NULL;

CREATE OR REPLACE VIEW timely_source.fact_assessment AS
SELECT a.cina_person_id AS person_id, v.kind, a.cina_assessment_id AS ref, v.at::date::timestamp AS at,
       false AS precise, NULL::timestamp AS until, a.cina_referral_id AS episode, NULL::text AS meeting,
       NULL::text AS code, a.cina_assessment_worker_id AS who, 'ssd_cin_assessments' AS origin, n.*
  FROM timely_source.read_ssd_cin_assessments AS a
 CROSS JOIN LATERAL (VALUES ('assessment-started', a.cina_assessment_start_date),
                            ('assessment-authorised', a.cina_assessment_auth_date)) AS v (kind, at)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL OR v.kind = 'assessment-started';

CREATE OR REPLACE VIEW timely_source.fact_cin_plan AS
SELECT p.cinp_person_id AS person_id, v.kind, p.cinp_cin_plan_id AS ref, v.at::date::timestamp AS at,
       false AS precise, NULL::timestamp AS until, p.cinp_cin_plan_id AS episode, NULL::text AS meeting,
       NULL::text AS code, p.cinp_cin_plan_worker_id AS who, 'ssd_cin_plans' AS origin, n.*
  FROM timely_source.read_ssd_cin_plans AS p
 CROSS JOIN LATERAL (VALUES ('cin-plan-started', p.cinp_cin_plan_start_date),
                            ('cin-plan-ended', p.cinp_cin_plan_end_date)) AS v (kind, at)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL OR v.kind = 'cin-plan-started';

CREATE OR REPLACE VIEW timely_source.fact_cin_visit AS
SELECT v.cinv_person_id AS person_id, 'cin-visit' AS kind, v.cinv_cin_visit_id AS ref, v.cinv_cin_visit_date AS at,
       coalesce(v.cinv_cin_visit_date <> v.cinv_cin_visit_date::date, false) AS precise,
       NULL::timestamp AS until, NULL::text AS episode, NULL::text AS meeting,
       CASE WHEN v.cinv_cin_visit_seen = 'Y' OR v.cinv_cin_visit_seen_alone = 'Y' THEN 'seen'
            WHEN v.cinv_cin_visit_seen = 'N' THEN 'not-seen' ELSE lower(v.cinv_cin_visit_seen) END AS code,
       NULL::text AS who, 'ssd_cin_visits' AS origin, n.*
  FROM timely_source.read_ssd_cin_visits AS v
 CROSS JOIN timely_source.not_booked AS n;

-- The start is the strategy discussion as typed into the form.
CREATE OR REPLACE VIEW timely_source.fact_s47_enquiry AS
SELECT s.s47e_person_id AS person_id, 's47-started' AS kind, s.s47e_s47_enquiry_id AS ref,
       s.s47e_s47_start_date AS at,
       coalesce(s.s47e_s47_start_date <> s.s47e_s47_start_date::date, false) AS precise,
       NULL::timestamp AS until, s.s47e_s47_enquiry_id AS episode, NULL::text AS meeting, NULL::text AS code,
       s.s47e_s47_completed_by_worker_id AS who, 'ssd_s47_enquiry' AS origin, n.*
  FROM timely_source.read_ssd_s47_enquiry AS s
 CROSS JOIN timely_source.not_booked AS n
UNION ALL
SELECT s.s47e_person_id, 's47-ended', s.s47e_s47_enquiry_id, s.s47e_s47_end_date::date::timestamp, false, NULL,
       s.s47e_s47_enquiry_id, NULL,
       CASE WHEN s.s47e_s47_nfa = 'Y' THEN 'no-conference'
            ELSE CASE timely_source.outcome_flag(s.s47e_s47_outcome_json, 'CP_CONFERENCE')
                      WHEN 'Y' THEN 'conference' WHEN 'N' THEN 'no-conference'
                      ELSE lower(nullif(s.s47e_s47_nfa, 'N')) END
       END,
       s.s47e_s47_completed_by_worker_id, 'ssd_s47_enquiry', n.*
  FROM timely_source.read_ssd_s47_enquiry AS s
 CROSS JOIN timely_source.not_booked AS n
 WHERE s.s47e_s47_end_date IS NOT NULL;

-- A transfer in has a clock of its own; the enquiry that the extract ties to it is another's or years old.
CREATE OR REPLACE VIEW timely_source.fact_icpc AS
SELECT c.icpc_person_id AS person_id,
       CASE WHEN c.icpc_icpc_transfer_in = 'Y' THEN 'transfer-in-conference-held' ELSE 'icpc-held' END AS kind,
       c.icpc_icpc_id AS ref, c.icpc_icpc_date::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until,
       CASE WHEN c.icpc_icpc_transfer_in = 'Y' THEN NULL ELSE c.icpc_s47_enquiry_id END AS episode,
       c.icpc_icpc_meeting_id AS meeting,
       CASE c.icpc_icpc_outcome_cp_flag WHEN 'Y' THEN 'plan' WHEN 'N' THEN 'no-plan'
            ELSE lower(c.icpc_icpc_outcome_cp_flag) END AS code,
       c.icpc_icpc_worker_id AS who, 'ssd_initial_cp_conference' AS origin, n.*
  FROM timely_source.read_ssd_initial_cp_conference AS c
 CROSS JOIN timely_source.not_booked AS n;

CREATE OR REPLACE VIEW timely_source.fact_cp_plan AS
SELECT p.cppl_person_id AS person_id, v.kind, p.cppl_cp_plan_id AS ref, v.at::date::timestamp AS at,
       false AS precise, NULL::timestamp AS until, p.cppl_cp_plan_id AS episode, NULL::text AS meeting,
       coalesce(p.cppl_cp_plan_latest_category, p.cppl_cp_plan_initial_category) AS code, NULL::text AS who,
       'ssd_cp_plans' AS origin, n.*
  FROM timely_source.read_ssd_cp_plans AS p
 CROSS JOIN LATERAL (VALUES ('cp-plan-started', p.cppl_cp_plan_start_date),
                            ('cp-plan-ended', p.cppl_cp_plan_end_date)) AS v (kind, at)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL OR v.kind = 'cp-plan-started';

-- Conferences that made a plan, once by meeting and once by their own key: cppl_icpc_id holds the meeting on
-- Eclipse and the key elsewhere.
CREATE OR REPLACE VIEW timely_source.plan_making_conference AS
SELECT c.person_id, c.link, min(c.held_at) AS held_at, min(c.meeting) AS meeting
  FROM (SELECT icpc_person_id AS person_id, icpc_icpc_meeting_id AS link, icpc_icpc_date AS held_at,
               icpc_icpc_meeting_id AS meeting
          FROM timely_source.read_ssd_initial_cp_conference WHERE icpc_icpc_outcome_cp_flag = 'Y'
        UNION ALL
        SELECT icpc_person_id, icpc_icpc_id, icpc_icpc_date, icpc_icpc_meeting_id
          FROM timely_source.read_ssd_initial_cp_conference WHERE icpc_icpc_outcome_cp_flag = 'Y') AS c
 GROUP BY c.person_id, c.link;

-- The conference is believed only where it says itself that it made a plan; else the plan's start is all we know.
CREATE OR REPLACE VIEW timely_source.fact_cp_plan_made AS
SELECT p.cppl_person_id AS person_id, 'cp-plan-made' AS kind, p.cppl_cp_plan_id AS ref,
       coalesce(c.held_at, p.cppl_cp_plan_start_date)::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until, p.cppl_cp_plan_id AS episode, coalesce(c.meeting, p.cppl_icpc_id) AS meeting,
       NULL::text AS code, NULL::text AS who, 'ssd_cp_plans' AS origin, n.*
  FROM timely_source.read_ssd_cp_plans AS p
  LEFT JOIN timely_source.plan_making_conference AS c
         ON c.person_id = p.cppl_person_id AND c.link = p.cppl_icpc_id
 CROSS JOIN timely_source.not_booked AS n;

CREATE OR REPLACE VIEW timely_source.fact_cp_review AS
SELECT r.cppr_person_id AS person_id, 'cp-review-held' AS kind, r.cppr_cp_review_id AS ref,
       r.cppr_cp_review_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       r.cppr_cp_plan_id AS episode, r.cppr_cp_review_meeting_id AS meeting,
       CASE r.cppr_cp_review_outcome_continue_cp WHEN 'Y' THEN 'continue' WHEN 'N' THEN 'end'
            ELSE lower(r.cppr_cp_review_outcome_continue_cp) END AS code,
       NULL::text AS who, 'ssd_cp_reviews' AS origin, n.*
  FROM timely_source.read_ssd_cp_reviews AS r
 CROSS JOIN timely_source.not_booked AS n;

CREATE OR REPLACE VIEW timely_source.fact_cp_visit AS
SELECT v.cppv_person_id AS person_id, 'cp-visit' AS kind, v.cppv_cp_visit_id AS ref, v.cppv_cp_visit_date AS at,
       coalesce(v.cppv_cp_visit_date <> v.cppv_cp_visit_date::date, false) AS precise,
       NULL::timestamp AS until, v.cppv_cp_plan_id AS episode, NULL::text AS meeting,
       CASE WHEN v.cppv_cp_visit_seen = 'Y' OR v.cppv_cp_visit_seen_alone = 'Y' THEN 'seen'
            WHEN v.cppv_cp_visit_seen = 'N' THEN 'not-seen' ELSE lower(v.cppv_cp_visit_seen) END AS code,
       NULL::text AS who, 'ssd_cp_visits' AS origin, n.*
  FROM timely_source.read_ssd_cp_visits AS v
 CROSS JOIN timely_source.not_booked AS n;

-- One start for each period of care and child. Episodes of no period stay apart by child, to be reported.
CREATE OR REPLACE VIEW timely_source.fact_care_started AS
SELECT e.person_id, 'care-started' AS kind, e.cla_id AS ref, e.at,
       coalesce(e.at <> e.at::date, false) AS precise, NULL::timestamp AS until, e.cla_id AS episode,
       NULL::text AS meeting, NULL::text AS code, NULL::text AS who, 'ssd_cla_episodes' AS origin, n.*
  FROM (SELECT clae_person_id AS person_id, clae_cla_id AS cla_id,
               coalesce(min(clae_entered_care_date),
                        min(clae_cla_episode_start_date) FILTER (WHERE clae_cla_episode_start_reason = 'S'),
                        min(clae_cla_episode_start_date)) AS at
          FROM timely_source.read_ssd_cla_episodes
         GROUP BY clae_person_id, clae_cla_id) AS e
 CROSS JOIN timely_source.not_booked AS n;

-- Care has ended when the last episode of the period has, for a reason other than X1 ("goes on"). The last is found
-- by days: of two episodes that meet on a day only one may carry an hour.
CREATE OR REPLACE VIEW timely_source.fact_care_ended AS
WITH episode AS NOT MATERIALIZED (
    SELECT clae_person_id AS person_id, clae_cla_id AS cla_id, clae_cla_episode_ceased_date AS ceased_at,
           clae_cla_episode_ceased_reason AS reason,
           coalesce(clae_cla_episode_start_date::date, '-infinity') AS from_day,
           coalesce(clae_cla_episode_ceased_date::date, 'infinity') AS to_day,
           coalesce(clae_cla_episode_id, '') AS key
      FROM timely_source.read_ssd_cla_episodes)
SELECT e.person_id, 'care-ended' AS kind, e.cla_id AS ref, e.ceased_at AS at,
       coalesce(e.ceased_at <> e.ceased_at::date, false) AS precise, NULL::timestamp AS until,
       e.cla_id AS episode, NULL::text AS meeting, e.reason AS code, NULL::text AS who,
       'ssd_cla_episodes' AS origin, n.*
  FROM episode AS e
 CROSS JOIN timely_source.not_booked AS n
 WHERE e.ceased_at IS NOT NULL AND e.reason IS DISTINCT FROM 'X1'
   AND NOT EXISTS (SELECT FROM episode AS later
                    WHERE later.cla_id = e.cla_id AND later.person_id = e.person_id
                      AND (later.from_day, later.to_day, later.key) > (e.from_day, e.to_day, e.key));

-- The child is known only through the period of care. Of a review without a period nobody knows whose it is: it
-- comes without a person, to be reported. A cancelled review was not held.
CREATE OR REPLACE VIEW timely_source.fact_child_review AS
SELECT e.person_id, 'child-review-held' AS kind, r.clar_cla_review_id AS ref,
       r.clar_cla_review_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       r.clar_cla_id AS episode, NULL::text AS meeting, NULL::text AS code, NULL::text AS who,
       'ssd_cla_reviews' AS origin, n.*
  FROM timely_source.read_ssd_cla_reviews AS r
  LEFT JOIN (SELECT clae_cla_id AS cla_id, min(clae_person_id) AS person_id
               FROM timely_source.read_ssd_cla_episodes GROUP BY clae_cla_id) AS e
         ON e.cla_id = r.clar_cla_id
 CROSS JOIN timely_source.not_booked AS n
 WHERE r.clar_cla_review_cancelled IS DISTINCT FROM 'Y';

CREATE OR REPLACE VIEW timely_source.fact_child_visit AS
SELECT v.clav_person_id AS person_id, 'child-visit' AS kind, v.clav_cla_visit_id AS ref,
       v.clav_cla_visit_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       v.clav_cla_id AS episode, NULL::text AS meeting,
       CASE WHEN v.clav_cla_visit_seen = 'Y' OR v.clav_cla_visit_seen_alone = 'Y' THEN 'seen'
            WHEN v.clav_cla_visit_seen = 'N' THEN 'not-seen' ELSE lower(v.clav_cla_visit_seen) END AS code,
       NULL::text AS who, 'ssd_cla_visits' AS origin, n.*
  FROM timely_source.read_ssd_cla_visits AS v
 CROSS JOIN timely_source.not_booked AS n;

-- As a spell (placement), as its beginning and as its end. The key is the number of an address and comes again with a
-- brother, a sister or a return, so the start is added. DQ marks a type that the mapping did not know.
CREATE OR REPLACE VIEW timely_source.fact_placement AS
SELECT p.clap_person_id AS person_id, v.kind,
       p.clap_cla_placement_id || coalesce('@' || to_char(p.clap_cla_placement_start_date, 'YYYY-MM-DD'), '') AS ref,
       v.at::date::timestamp AS at, false AS precise, v.until::date::timestamp AS until, p.clap_cla_id AS episode,
       NULL::text AS meeting, nullif(p.clap_cla_placement_type, 'DQ') AS code, NULL::text AS who,
       'ssd_cla_placement' AS origin, n.*
  FROM timely_source.read_ssd_cla_placement AS p
 CROSS JOIN LATERAL (VALUES
     ('placement', p.clap_cla_placement_start_date, p.clap_cla_placement_end_date),
     ('placement-started', p.clap_cla_placement_start_date, p.clap_cla_placement_end_date),
     ('placement-ended', p.clap_cla_placement_end_date, NULL)) AS v (kind, at, until)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL OR v.kind <> 'placement-ended';

CREATE OR REPLACE VIEW timely_source.fact_legal_status AS
SELECT l.lega_person_id AS person_id, 'legal-status' AS kind, l.lega_legal_status_id AS ref,
       l.lega_legal_status_start_date::date::timestamp AS at, false AS precise,
       l.lega_legal_status_end_date::date::timestamp AS until, NULL::text AS episode, NULL::text AS meeting,
       coalesce(m.code, lower(l.lega_legal_status)) AS code, NULL::text AS who, 'ssd_legal_status' AS origin, n.*
  FROM timely_source.read_ssd_legal_status AS l
  LEFT JOIN timely_source.code_map AS m
         ON m.what = 'legal-status' AND lower(m.source_code) = lower(l.lega_legal_status)
 CROSS JOIN timely_source.not_booked AS n;

-- The reviewing officer's last visit stands on every episode of the period of care.
CREATE OR REPLACE VIEW timely_source.fact_iro_visit AS
SELECT e.person_id, 'iro-visit' AS kind, e.cla_id || coalesce('@' || to_char(e.at, 'YYYY-MM-DD'), '') AS ref, e.at,
       false AS precise, NULL::timestamp AS until, e.cla_id AS episode, NULL::text AS meeting, NULL::text AS code,
       NULL::text AS who, 'ssd_cla_episodes' AS origin, n.*
  FROM (SELECT DISTINCT clae_person_id AS person_id, clae_cla_id AS cla_id,
               clae_cla_last_iro_contact_date::date::timestamp AS at
          FROM timely_source.read_ssd_cla_episodes WHERE clae_cla_last_iro_contact_date IS NOT NULL) AS e
 CROSS JOIN timely_source.not_booked AS n;

CREATE OR REPLACE VIEW timely_source.fact_contact AS
SELECT c.cont_person_id AS person_id, 'contact-received' AS kind, c.cont_contact_id AS ref,
       c.cont_contact_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until, NULL::text AS episode,
       NULL::text AS meeting, NULL::text AS code, NULL::text AS who, 'ssd_contacts' AS origin, n.*
  FROM timely_source.read_ssd_contacts AS c
 CROSS JOIN timely_source.not_booked AS n;

CREATE OR REPLACE VIEW timely_source.fact_care_plan AS
SELECT p.lacp_person_id AS person_id, 'care-plan-agreed' AS kind, p.lacp_table_id AS ref,
       p.lacp_cla_care_plan_start_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       NULL::text AS episode, NULL::text AS meeting, NULL::text AS code, NULL::text AS who,
       'ssd_cla_care_plan' AS origin, n.*
  FROM timely_source.read_ssd_cla_care_plan AS p
 CROSS JOIN timely_source.not_booked AS n;

-- No rule asks for the optician. A type that nobody has mapped is an event that no rule knows, and is reported so; it
-- never becomes one of ours by its name.
CREATE OR REPLACE VIEW timely_source.fact_health_check AS
SELECT h.clah_person_id AS person_id,
       CASE lower(h.clah_health_check_type)
            WHEN 'health check' THEN 'health-assessment' WHEN 'dental check' THEN 'dental-check'
            ELSE 'health check: ' || lower(h.clah_health_check_type) END AS kind,
       h.clah_health_check_id AS ref, h.clah_health_check_date::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until, NULL::text AS episode, NULL::text AS meeting,
       CASE lower(h.clah_health_check_status) WHEN 'complete' THEN 'completed'
            ELSE lower(h.clah_health_check_status) END AS code,
       NULL::text AS who, 'ssd_cla_health' AS origin, n.*
  FROM timely_source.read_ssd_cla_health AS h
 CROSS JOIN timely_source.not_booked AS n
 WHERE lower(h.clah_health_check_type) IS DISTINCT FROM 'optician check';

-- One row a child, so the person is the key.
CREATE OR REPLACE VIEW timely_source.fact_immunisations AS
SELECT i.clai_person_id AS person_id, 'immunisations-checked' AS kind, i.clai_person_id AS ref,
       i.clai_immunisations_status_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       NULL::text AS episode, NULL::text AS meeting,
       CASE i.clai_immunisations_status WHEN 'Y' THEN 'up-to-date' WHEN 'N' THEN 'not-up-to-date'
            ELSE lower(i.clai_immunisations_status) END AS code,
       NULL::text AS who, 'ssd_cla_immunisations' AS origin, n.*
  FROM timely_source.read_ssd_cla_immunisations AS i
 CROSS JOIN timely_source.not_booked AS n
 WHERE i.clai_immunisations_status IS NOT NULL OR i.clai_immunisations_status_date IS NOT NULL;

-- The code is the score, or the reason why there is none.
CREATE OR REPLACE VIEW timely_source.fact_sdq AS
SELECT s.csdq_person_id AS person_id,
       CASE WHEN s.csdq_sdq_score IS NOT NULL THEN 'sdq-completed' ELSE 'sdq-not-done' END AS kind,
       s.csdq_table_id AS ref, s.csdq_sdq_completed_date::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until, NULL::text AS episode, NULL::text AS meeting,
       coalesce(s.csdq_sdq_score, lower(s.csdq_sdq_reason)) AS code, NULL::text AS who,
       'ssd_sdq_scores' AS origin, n.*
  FROM timely_source.read_ssd_sdq_scores AS s
 CROSS JOIN timely_source.not_booked AS n;

-- Days only: hours cannot be counted from here. The code is what became of the return interview.
CREATE OR REPLACE VIEW timely_source.fact_missing_episode AS
SELECT m.miss_person_id AS person_id, 'missing-episode' AS kind, m.miss_table_id AS ref,
       m.miss_missing_episode_start_date::date::timestamp AS at, false AS precise,
       m.miss_missing_episode_end_date::date::timestamp AS until, NULL::text AS episode, NULL::text AS meeting,
       CASE WHEN m.miss_missing_rhi_offered IN ('N', 'NO') THEN 'not-offered'
            WHEN m.miss_missing_rhi_offered IN ('Y', 'YES') THEN
                 CASE WHEN m.miss_missing_rhi_accepted IN ('Y', 'YES') THEN 'accepted'
                      WHEN m.miss_missing_rhi_accepted IN ('N', 'NO') THEN 'refused' END
       END AS code,
       NULL::text AS who, 'ssd_missing' AS origin, n.*
  FROM timely_source.read_ssd_missing AS m
 CROSS JOIN timely_source.not_booked AS n;

-- One row a young person, with the latest dates alone: a date is part of the key, so that the next is another record.
-- Since when somebody is a care leaver the table does not say; the latest of its dates shows that they are. 1900-01-01
-- is no date.
CREATE OR REPLACE VIEW timely_source.fact_care_leaver AS
SELECT c.person_id, v.kind, c.key || coalesce(v.key_date, '') AS ref, v.at, false AS precise, NULL::timestamp AS until,
       NULL::text AS episode, NULL::text AS meeting, v.code, NULL::text AS who, 'ssd_care_leavers' AS origin, n.*
  FROM (SELECT clea_person_id AS person_id, clea_table_id AS key,
               nullif(clea_pathway_plan_review_date::date, '1900-01-01')::timestamp AS review,
               nullif(clea_care_leaver_latest_contact::date, '1900-01-01')::timestamp AS contact,
               lower(clea_care_leaver_in_touch) AS in_touch, lower(clea_care_leaver_eligibility) AS eligibility
          FROM timely_source.read_ssd_care_leavers) AS c
 CROSS JOIN LATERAL (VALUES
     ('pathway-review-held', c.review, '@' || to_char(c.review, 'YYYY-MM-DD'), NULL),
     ('leaver-contact', c.contact, '@' || to_char(c.contact, 'YYYY-MM-DD'), c.in_touch),
     ('care-leaver', greatest(c.review, c.contact), NULL,
      CASE WHEN c.eligibility LIKE 'former relevant%' THEN 'former-relevant'
           WHEN c.eligibility LIKE 'relevant%' THEN 'relevant'
           WHEN c.eligibility LIKE 'eligible%' THEN 'eligible'
           WHEN c.eligibility LIKE 'qualifying%' THEN 'qualifying' ELSE c.eligibility END))
     AS v (kind, at, key_date, code)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL;

CREATE OR REPLACE VIEW timely_source.fact_permanence AS
SELECT p.perm_person_id AS person_id, v.kind, p.perm_table_id AS ref, v.at::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until, p.perm_cla_id AS episode, NULL::text AS meeting, NULL::text AS code,
       NULL::text AS who, 'ssd_permanence' AS origin, n.*
  FROM timely_source.read_ssd_permanence AS p
 CROSS JOIN LATERAL (VALUES ('adoption-decided', p.perm_adm_decision_date),
                            ('placement-order-made', p.perm_placement_order_date),
                            ('adoption-matched', p.perm_matched_date),
                            ('placed-for-adoption', p.perm_placed_for_adoption_date)) AS v (kind, at)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL;

-- Of the meetings the table has the first alone.
CREATE OR REPLACE VIEW timely_source.fact_pre_proceedings AS
SELECT p.prep_person_id AS person_id, v.kind, p.prep_table_id AS ref, v.at::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until, p.prep_table_id AS episode, NULL::text AS meeting, v.code, NULL::text AS who,
       'ssd_pre_proceedings' AS origin, n.*
  FROM timely_source.read_ssd_pre_proceedings AS p
 CROSS JOIN LATERAL (VALUES ('plo-decided', p.prep_pre_pro_decision_date, NULL),
                            ('plo-letter-sent', p.prep_pre_pro_letter_date, NULL),
                            ('plo-meeting-held', p.prep_initial_pre_pro_meeting_date, 'first'),
                            ('plo-ended', p.prep_agree_stepdown_issue_date, NULL)) AS v (kind, at, code)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL;

-- The child is known only through ssd_send, which has no facts of its own to be missed by: while it is empty there are
-- no requests either, so that the daemon holds these. Without a child in a table that has rows, a request is reported.
CREATE OR REPLACE VIEW timely_source.ehcp_request AS
SELECT r.*, s.person_id
  FROM timely_source.read_ssd_ehcp_requests AS r
  LEFT JOIN (SELECT send_table_id, min(send_person_id) AS person_id
               FROM timely_source.read_ssd_send GROUP BY send_table_id) AS s
         ON s.send_table_id = r.ehcr_send_table_id
 WHERE EXISTS (SELECT FROM timely_source.read_ssd_send);

-- What an answer other than yes means, of a request and of an assessment.
CREATE OR REPLACE VIEW timely_source.ehcp_answer AS
SELECT * FROM (VALUES ('A', 'awaited'), ('W', 'withdrawn'), ('H', 'historical'), ('N', 'refused')) AS v (answer, code);

CREATE OR REPLACE VIEW timely_source.fact_ehcp_request AS
SELECT r.person_id, v.kind, r.ehcr_ehcp_request_id AS ref, v.at::date::timestamp AS at, false AS precise,
       NULL::timestamp AS until, r.ehcr_ehcp_request_id AS episode, NULL::text AS meeting, v.code, NULL::text AS who,
       'ssd_ehcp_requests' AS origin, n.*
  FROM timely_source.ehcp_request AS r
  LEFT JOIN timely_source.ehcp_answer AS a ON a.answer = r.ehcr_ehcp_req_outcome
 CROSS JOIN LATERAL (VALUES
     ('ehcp-requested', r.ehcr_ehcp_req_date, NULL),
     ('ehcp-decided', r.ehcr_ehcp_req_outcome_date,
      CASE r.ehcr_ehcp_req_outcome WHEN 'Y' THEN 'assess' ELSE coalesce(a.code, lower(r.ehcr_ehcp_req_outcome)) END))
     AS v (kind, at, code)
 CROSS JOIN timely_source.not_booked AS n
 WHERE v.at IS NOT NULL OR v.kind = 'ehcp-requested';

-- An exception to the twenty weeks was recorded with the outcome: it is told in the outcome's place.
CREATE OR REPLACE VIEW timely_source.fact_ehcp_assessment AS
SELECT r.person_id, 'ehcp-issued' AS kind, p.ehca_ehcp_assessment_id AS ref,
       p.ehca_ehcp_assessment_outcome_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       p.ehca_ehcp_request_id AS episode, NULL::text AS meeting,
       CASE WHEN p.ehca_ehcp_assessment_exceptions = '1' THEN 'exception'
            WHEN p.ehca_ehcp_assessment_outcome = 'Y' THEN 'issued'
            ELSE coalesce(a.code, lower(p.ehca_ehcp_assessment_outcome)) END AS code,
       NULL::text AS who, 'ssd_ehcp_assessment' AS origin, n.*
  FROM timely_source.read_ssd_ehcp_assessment AS p
  LEFT JOIN timely_source.ehcp_request AS r ON r.ehcr_ehcp_request_id = p.ehca_ehcp_request_id
  LEFT JOIN timely_source.ehcp_answer AS a ON a.answer = p.ehca_ehcp_assessment_outcome
 CROSS JOIN timely_source.not_booked AS n
 WHERE p.ehca_ehcp_assessment_outcome_date IS NOT NULL;

CREATE OR REPLACE VIEW timely_source.fact_ehcp_review AS
SELECT r.person_id, 'ehcp-reviewed' AS kind,
       p.ehcp_active_ehcp_id || coalesce('@' || to_char(p.ehcp_active_ehcp_last_review_date, 'YYYY-MM-DD'), '') AS ref,
       p.ehcp_active_ehcp_last_review_date::date::timestamp AS at, false AS precise, NULL::timestamp AS until,
       p.ehcp_ehcp_request_id AS episode, NULL::text AS meeting, NULL::text AS code, NULL::text AS who,
       'ssd_ehcp_active_plans' AS origin, n.*
  FROM timely_source.read_ssd_ehcp_active_plans AS p
  LEFT JOIN timely_source.ehcp_request AS r ON r.ehcr_ehcp_request_id = p.ehcp_ehcp_request_id
 CROSS JOIN timely_source.not_booked AS n
 WHERE p.ehcp_active_ehcp_last_review_date IS NOT NULL;

CREATE OR REPLACE VIEW timely_source.fact_involvement AS
SELECT i.invo_person_id AS person_id, 'involved' AS kind, i.invo_involvements_id AS ref,
       i.invo_involvement_start_date AS at,
       coalesce(i.invo_involvement_start_date <> i.invo_involvement_start_date::date, false) AS precise,
       i.invo_involvement_end_date AS until, i.invo_professional_team AS episode, NULL::text AS meeting,
       coalesce(m.code, i.invo_professional_role_id) AS code, i.invo_professional_id AS who,
       'ssd_involvements' AS origin, n.*
  FROM timely_source.read_ssd_involvements AS i
  LEFT JOIN timely_source.code_map AS m
         ON m.what = 'role' AND lower(m.source_code) = lower(i.invo_professional_role_id)
 CROSS JOIN timely_source.not_booked AS n;

-- The latest word on each event, unless it is withdrawn or another event stands in its place; that one need not count
-- itself, so that withdrawing a correction brings nothing back.
CREATE OR REPLACE VIEW timely_source.fact_local_event AS
SELECT e.person_id, replace(e.event_type, '_', '-') AS kind, e.event_id AS ref,
       CASE WHEN e.precision = 'minute' THEN e.occurred_at ELSE e.occurred_at::date::timestamp END AS at,
       coalesce(e.precision = 'minute', false) AS precise, NULL::timestamp AS until,
       coalesce(e.subject_id, e.group_ref) AS episode, e.group_ref AS meeting,
       CASE WHEN e.event_type LIKE 'meeting\_%' THEN e.meeting_kind ELSE e.outcome END AS code,
       e.professional_id AS who, 'timely_event' AS origin, e.recorded_at, e.scheduled_for AS scheduled_at,
       e.ends_at, e.location AS place, e.online_url AS url, e.attendees
  FROM timely_source.read_timely_event AS e
 WHERE e.voided IS NOT TRUE
   AND NOT EXISTS (SELECT FROM timely_source.read_timely_event AS later
                    WHERE later.event_id = e.event_id
                      AND (coalesce(later.recorded_at, '-infinity'), coalesce(later.voided, false))
                        > (coalesce(e.recorded_at, '-infinity'), false))
   AND NOT EXISTS (SELECT FROM timely_source.read_timely_event AS correction
                    WHERE correction.replaces_event_id = e.event_id
                      AND correction.event_id IS DISTINCT FROM e.event_id);

-- ---------------------------------------------------------------------------------------- what the daemon reads

CREATE OR REPLACE VIEW timely_source.fact AS
SELECT * FROM timely_source.fact_person
UNION ALL SELECT * FROM timely_source.fact_referral
UNION ALL SELECT * FROM timely_source.fact_assessment
UNION ALL SELECT * FROM timely_source.fact_cin_plan
UNION ALL SELECT * FROM timely_source.fact_cin_visit
UNION ALL SELECT * FROM timely_source.fact_s47_enquiry
UNION ALL SELECT * FROM timely_source.fact_icpc
UNION ALL SELECT * FROM timely_source.fact_cp_plan
UNION ALL SELECT * FROM timely_source.fact_cp_plan_made
UNION ALL SELECT * FROM timely_source.fact_cp_review
UNION ALL SELECT * FROM timely_source.fact_cp_visit
UNION ALL SELECT * FROM timely_source.fact_care_started
UNION ALL SELECT * FROM timely_source.fact_care_ended
UNION ALL SELECT * FROM timely_source.fact_child_review
UNION ALL SELECT * FROM timely_source.fact_child_visit
UNION ALL SELECT * FROM timely_source.fact_placement
UNION ALL SELECT * FROM timely_source.fact_legal_status
UNION ALL SELECT * FROM timely_source.fact_iro_visit
UNION ALL SELECT * FROM timely_source.fact_contact
UNION ALL SELECT * FROM timely_source.fact_care_plan
UNION ALL SELECT * FROM timely_source.fact_health_check
UNION ALL SELECT * FROM timely_source.fact_immunisations
UNION ALL SELECT * FROM timely_source.fact_sdq
UNION ALL SELECT * FROM timely_source.fact_missing_episode
UNION ALL SELECT * FROM timely_source.fact_care_leaver
UNION ALL SELECT * FROM timely_source.fact_permanence
UNION ALL SELECT * FROM timely_source.fact_pre_proceedings
UNION ALL SELECT * FROM timely_source.fact_ehcp_request
UNION ALL SELECT * FROM timely_source.fact_ehcp_assessment
UNION ALL SELECT * FROM timely_source.fact_ehcp_review
UNION ALL SELECT * FROM timely_source.fact_involvement
UNION ALL SELECT * FROM timely_source.fact_local_event;

-- Who the people are, and what messages may show of them if the authority so chooses. An authority whose staff know
-- a child by another reference than the person number changes case_ref here.
CREATE OR REPLACE VIEW timely_source.person AS
SELECT p.person_id, f.family, p.display_name, p.initials, p.person_id AS case_ref, r.person_id IS NOT NULL AS restricted
  FROM (SELECT pers_person_id AS person_id,
               min(nullif(btrim(concat_ws(' ', pers_forename, pers_surname)), '')) AS display_name,
               min(nullif(upper(concat(left(btrim(pers_forename), 1), left(btrim(pers_surname), 1))), '')) AS initials
          FROM timely_source.read_ssd_person WHERE pers_person_id IS NOT NULL
         GROUP BY pers_person_id) AS p
  LEFT JOIN (SELECT fami_person_id AS person_id, min(fami_family_id) AS family
               FROM timely_source.read_ssd_family GROUP BY fami_person_id) AS f USING (person_id)
  LEFT JOIN timely_source.restricted AS r USING (person_id);

-- Who may see a restricted record. Where the case system knows, replace this view by one over its own table.
CREATE OR REPLACE VIEW timely_source.restricted_access AS
SELECT person_id, professional_id FROM timely_source.restricted_to;

CREATE OR REPLACE VIEW timely_source.staff AS
SELECT prof_professional_id AS professional_id, min(prof_professional_name) AS name
  FROM timely_source.read_ssd_professionals WHERE prof_professional_id IS NOT NULL GROUP BY prof_professional_id;

CREATE OR REPLACE VIEW timely_source.team AS
SELECT dept_team_id AS team_id, min(dept_team_name) AS name
  FROM timely_source.read_ssd_department WHERE dept_team_id IS NOT NULL GROUP BY dept_team_id;

-- TRUNCATE gives a table a new file: two equal readings of this, before and after, show that none came between.
-- NULL where a table is not there or is a view. Facts of a table that leans on another are found or dated through it:
-- while that one is empty or in doubt, they are too.
CREATE OR REPLACE VIEW timely_source.watched AS
SELECT t.table_name, pg_catalog.pg_relation_filenode(c.oid)::bigint AS filenode,
       CASE t.table_name WHEN 'ssd_cla_reviews' THEN 'ssd_cla_episodes'
                         WHEN 'ssd_cp_plans' THEN 'ssd_initial_cp_conference'
                         WHEN 'ssd_ehcp_assessment' THEN 'ssd_ehcp_requests'
                         WHEN 'ssd_ehcp_active_plans' THEN 'ssd_ehcp_requests' END AS leans_on
  FROM timely_source.source_table AS t
  LEFT JOIN pg_catalog.pg_namespace AS s ON s.nspname = t.schema_name
  LEFT JOIN pg_catalog.pg_class AS c ON c.relnamespace = s.oid AND c.relname = t.table_name
 WHERE c.oid IS NOT NULL OR t.table_name <> 'timely_event';

-- ---------------------------------------------------------------------------------------------------- grants
--
-- The daemon's role needs nothing else in this database. Under another name than timely_read:
--     SELECT timely_source.grant_read('another_role');

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'timely_read') THEN
        PERFORM timely_source.grant_read('timely_read');
    END IF;
END
$$;
