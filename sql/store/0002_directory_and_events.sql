-- What the case system has no field for: who the staff are, and events that an authority writes down itself.

-- The directory, replaced as a whole by each import.
CREATE TABLE timely.team (
    team_id    text PRIMARY KEY,
    name       text,
    parent_id  text,                 -- the team above; no circles
    manager_id text,                 -- may be vacant, or somebody who has left
    deputy_id  text
);

CREATE TABLE timely.staff (
    professional_id text PRIMARY KEY,
    name            text,
    email           text,            -- NULL where there is none that can be used
    job_title       text,
    team_id         text,
    manager_id      text,            -- overrides the team's manager; no circles
    deputy_id       text,
    active_from     date,
    active_to       date             -- has left on this day; NULL: still here
);
CREATE INDEX staff_team ON timely.staff (team_id);

-- Who stands in for whom on which days: for a member of staff who is away, or, as a duty rota, for a team's workers or its
-- manager, or for its children while the office is shut. A row is never taken back, so that a past day can be asked about: one
-- that no longer holds says from which day.
CREATE TABLE timely.cover (
    cover_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    covers       text NOT NULL CHECK (covers IN ('person', 'workers', 'manager', 'out of hours')),
    of_id        text NOT NULL,                      -- who is away; the team whose duty it is
    stand_in_id  text CHECK (stand_in_id IS NOT NULL OR covers = 'person'),
    first_day    date NOT NULL,
    last_day     date CHECK (last_day >= first_day), -- NULL: until further notice
    weekdays     text,                               -- "monday tuesday": on these alone; NULL: on all
    withdrawn_on date,                               -- holds no longer from this day on
    from_where   text NOT NULL,                      -- the name of the file, or "command"
    told_at      timestamptz NOT NULL                -- business time
);
CREATE INDEX cover_of ON timely.cover (of_id);
CREATE TRIGGER cover_only_ends BEFORE UPDATE OR DELETE ON timely.cover
    FOR EACH ROW EXECUTE FUNCTION timely.only_ends('withdrawn_on');
CREATE TRIGGER cover_not_truncated BEFORE TRUNCATE ON timely.cover
    FOR EACH STATEMENT EXECUTE FUNCTION timely.only_ends();

-- Days of absence and duty that came or went, or of being in post: the agenda looks anew at what these people act on, or were
-- told of. Waits its turn.
CREATE FUNCTION timely.cover_changed(staff text[], business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.deadline d SET next_notice_at = date_trunc('minute', business_now) FROM timely.person p
     WHERE p.person_id = d.person_id AND d.state = 'open' AND d.next_notice_at > business_now
       AND (p.worker_id = ANY (staff) OR p.chair_id = ANY (staff) OR p.iro_id = ANY (staff)
            OR d.chaired_by = ANY (staff)
            OR EXISTS (SELECT FROM timely.said s WHERE s.deadline_id = d.deadline_id AND s.staff_id = ANY (staff)));
END $$;

-- Events as they were told, word for word: append-only but for the owner's purge. The same event_id again is a
-- correction; the row that was recorded last, and of those the one imported last, is what holds.
CREATE TABLE timely.local_event (
    imported          bigint GENERATED ALWAYS AS IDENTITY,
    event_id          text NOT NULL,
    event_type        text NOT NULL,
    person_id         text NOT NULL,
    occurred_at       timestamp NOT NULL,        -- civil time
    precision         text NOT NULL CHECK (precision IN ('day', 'minute')),
    meeting_kind      text,
    scheduled_for     timestamp,
    group_ref         text,
    subject_table     text,
    subject_id        text,
    outcome           text,
    professional_id   text,
    recorded_at       timestamp NOT NULL,        -- civil time at which somebody wrote it down
    replaces_event_id text,
    ends_at           timestamp,
    location          text,
    online_url        text,
    attendees         text,
    voided            boolean NOT NULL,
    detail            text,
    imported_at       timestamptz NOT NULL DEFAULT now(),
    from_where        text NOT NULL,             -- the name of the file, or the page
    PRIMARY KEY (event_id, recorded_at, imported)
);
CREATE INDEX local_event_person ON timely.local_event (person_id);
CREATE INDEX local_event_replaces ON timely.local_event (replaces_event_id) WHERE replaces_event_id IS NOT NULL;

CREATE FUNCTION timely.local_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'local events are append-only: a correction is the same event again, recorded later';
END $$;
CREATE TRIGGER local_event_append_only BEFORE UPDATE ON timely.local_event
    FOR EACH STATEMENT EXECUTE FUNCTION timely.local_event_is_append_only();

-- What can stand as an address of the web in a calendar and in HTML: what clean_is_url() takes (daemon/messages/clean.h).
CREATE FUNCTION timely.is_web_address(t text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT length(t) <= 1000 AND t ~ '^https?://[!#-;=?-Z\[\]_a-z~]*$'
$$;

-- The one address in words such as "Join: https://…", which ends them or stands between < and >, so that it is known to be
-- whole; else the words as they are.
CREATE FUNCTION timely.web_address_in(t text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT CASE WHEN timely.is_web_address(t) OR t ~ 'https?://.*https?://' THEN t
                ELSE coalesce(substring(t FROM '<(https?://[!#-;=?-Z\[\]_a-z~]+)>'),
                              rtrim(substring(t FROM '(https?://[!#-;=?-Z\[\]_a-z~]+)\s*$'), '.,;:!?)]'), t) END
$$;

-- What is wrong with a booking's values, by column, and what becomes of them. Whoever is named is looked for where there is
-- a directory.
CREATE FUNCTION timely.booking_faults(starts timestamp, ends timestamp, url text, chair text, attendees text)
RETURNS TABLE (name text, what text) LANGUAGE sql STABLE AS $$
    SELECT 'scheduled_for', 'has no time of day: the meeting is shown without one, on its day'
     WHERE starts::time = '00:00'
    UNION ALL
    SELECT 'ends_at', 'is not after the start and will not be used: an hour is assumed'
     WHERE ends <= starts AND starts::time <> '00:00'
    UNION ALL
    SELECT 'online_url', 'is not one address of the web (https://…) and will not be used'
     WHERE url ~ '\S' AND NOT timely.is_web_address(url)
    UNION ALL
    SELECT given.name, 'names nobody in the directory, who will not be invited: ' || string_agg(id, ', ' ORDER BY place)
      FROM (VALUES ('professional_id', chair), ('attendees', attendees)) AS given (name, ids)
     CROSS JOIN LATERAL regexp_split_to_table(given.ids, ' ') WITH ORDINALITY AS each (id, place)
     WHERE id <> '' AND EXISTS (SELECT FROM timely.staff)
       AND NOT EXISTS (SELECT FROM timely.staff AS s WHERE s.professional_id = id)
     GROUP BY given.name
$$;

-- The events that count, as facts, in the columns of the fact contract. Left out is what a later word on the same event
-- supersedes, what is withdrawn, and what another event stands in for; that one need not count itself, so that
-- withdrawing a correction brings nothing back.
CREATE VIEW timely.local_fact AS
SELECT e.person_id, replace(e.event_type, '_', '-') AS kind, e.event_id AS ref,
       CASE WHEN e.precision = 'minute' THEN e.occurred_at ELSE e.occurred_at::date::timestamp END AS at,
       e.precision = 'minute' AS precise, NULL::timestamp AS until,
       coalesce(e.subject_id, e.group_ref) AS episode, e.group_ref AS meeting,
       CASE WHEN e.event_type LIKE 'meeting\_%' THEN e.meeting_kind ELSE e.outcome END AS code,
       e.professional_id AS who, 'local_event'::text AS origin, e.recorded_at, e.scheduled_for AS scheduled_at,
       e.ends_at, e.location AS place, timely.web_address_in(e.online_url) AS url, e.attendees
  FROM timely.local_event AS e
 WHERE NOT e.voided
   AND NOT EXISTS (SELECT FROM timely.local_event AS later
                    WHERE later.event_id = e.event_id
                      AND (later.recorded_at, later.imported) > (e.recorded_at, e.imported))
   AND NOT EXISTS (SELECT FROM timely.local_event AS correction
                    WHERE correction.replaces_event_id = e.event_id AND correction.event_id <> e.event_id);
