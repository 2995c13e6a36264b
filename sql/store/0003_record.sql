-- Recording what was decided: one call is one statement and one transaction. The daemon decides; these functions only
-- write down, so that changed deadlines and the messages they call for are recorded together or not at all.

-- Whoever writes deadlines takes turns: two who each hold a row that the other wants would both fail. Who claims to lead
-- must still do so (0006_leader.sql).
CREATE FUNCTION timely.take_turn() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'7475726e'::bigint);  -- "turn" in hexadecimal
    PERFORM timely.check_lead();
END $$;

-- Puts one message into the outbox. An older message about the same calendar object to the same person that has surely
-- not left is superseded; a cancellation of an invite that surely never left is dropped with it. `about` are the uids of the
-- deadlines that it is about, besides those that the object serves.
CREATE FUNCTION timely.put_message(m jsonb, business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    the_object bigint := (SELECT o.object_id FROM timely.calendar_object o WHERE o.uid = m->>'uid');
    the_message bigint;
    in_flight boolean;
BEGIN
    IF the_object IS NOT NULL THEN
        UPDATE timely.outbox SET state = 'superseded', settled_at = business_now
         WHERE object_id = the_object AND staff_id = m->>'staff_id' AND state = 'due'
           AND sequence < (m->>'sequence')::integer AND NOT maybe_repeat;
        SELECT count(*) > 0 INTO in_flight FROM timely.outbox
         WHERE object_id = the_object AND staff_id = m->>'staff_id'
           AND (state IN ('claimed', 'handing_over', 'sent') OR maybe_repeat);
        IF m->>'kind' = 'cancel' AND NOT in_flight THEN
            RETURN;
        END IF;
    END IF;
    INSERT INTO timely.outbox (kind, dedupe, staff_id, recipient, object_id, sequence, subject, body_text, body_html,
                               body_calendar, shows, page_id, feed_kind, feed_owner, rfc_message_id, put_at,
                               not_before)
    VALUES (m->>'kind', m->>'dedupe', m->>'staff_id', m->>'recipient', the_object, (m->>'sequence')::integer,
            m->>'subject', m->>'text', m->>'html', m->>'calendar', m->'shows',
            (SELECT d.deadline_id FROM timely.deadline d WHERE d.uid = m->>'page'), m->>'feed_kind', m->>'feed_owner',
            -- Of a key that was taken back the Message-ID may have been seen.
            CASE WHEN EXISTS (SELECT FROM timely.outbox WHERE rfc_message_id = m->>'message_id')
                 THEN gen_random_uuid() || substr(m->>'message_id', strpos(m->>'message_id', '@')) ELSE m->>'message_id' END,
            business_now,
            now() + make_interval(secs => coalesce((m->>'wait_s')::double precision, 0)))
    ON CONFLICT (dedupe) DO NOTHING RETURNING message_id INTO the_message;
    IF the_message IS NOT NULL THEN
        INSERT INTO timely.message_deadline
        SELECT the_message, d.deadline_id FROM timely.deadline d
         WHERE d.uid = ANY (ARRAY(SELECT jsonb_array_elements_text(coalesce(m->'about', '[]'))))
        UNION SELECT the_message, s.deadline_id FROM timely.object_deadline s WHERE s.object_id = the_object;
    END IF;
END $$;

-- Marks the feeds that show a person, as it stands.
CREATE FUNCTION timely.mark_feeds(the_person text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    WITH RECURSIVE shown AS (SELECT * FROM timely.person WHERE person_id = the_person),
    above (team_id) AS (
        SELECT team_id FROM shown UNION SELECT t.parent_id FROM timely.team t JOIN above USING (team_id)
    ), holders AS (
        SELECT h.staff_id FROM timely.deadline d JOIN timely.object_deadline USING (deadline_id)
          JOIN timely.invite_holder h USING (object_id) WHERE d.person_id = the_person
    )
    INSERT INTO timely.feed_dirty
    SELECT f.owner_kind, f.owner_id FROM timely.live_feed f
      JOIN (SELECT v.kind, v.id FROM shown AS p,
                   LATERAL (VALUES ('worker', p.worker_id), ('team', p.team_id), ('chair', p.chair_id),
                                   ('chair', p.iro_id), ('child', p.person_id)) AS v (kind, id)
            UNION SELECT 'service', team_id FROM above
            UNION SELECT 'chair', staff_id FROM holders
            UNION SELECT 'chair', d.chaired_by FROM timely.deadline d WHERE d.person_id = the_person) AS v
        ON f.owner_kind = v.kind AND f.owner_id = v.id
    UNION
    SELECT owner_kind, owner_id FROM timely.live_feed WHERE owner_kind IN ('administrator', 'meeting')
    ON CONFLICT DO NOTHING;
END $$;

-- What was said about a person's deadlines ends with what it was said about; that it was done, with a booking that is still
-- ahead. Of a child who went to another worker the agenda is looked at anew: what the former one was not reminded of is the
-- new one's.
-- (Two steps, each by a key: one statement over both tables may be planned as a scan of all deadlines for every person.)
CREATE FUNCTION timely.end_acknowledgements(the_person text, business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    the_deadline bigint;
BEGIN
    FOR the_deadline IN
        UPDATE timely.acknowledgement a SET ended_at = business_now, ended_because = o.because
          FROM (SELECT b.acknowledgement_id,
                       CASE WHEN d.state <> 'open' THEN 'it is no longer owed'
                            WHEN d.due_on <> b.due_on THEN 'the due date moved'
                            WHEN b.kind = 'done' AND d.booked_at > business_now AT TIME ZONE 'Europe/London'
                            THEN 'it is booked for later'
                            WHEN b.of_worker IS DISTINCT FROM p.worker_id THEN 'the child has another worker' END AS because
                  FROM (SELECT * FROM timely.deadline WHERE person_id = the_person OFFSET 0) d
                  JOIN timely.acknowledgement b USING (deadline_id)
                  LEFT JOIN timely.person p USING (person_id)
                 WHERE b.ended_at IS NULL) o
         WHERE a.acknowledgement_id = o.acknowledgement_id AND o.because IS NOT NULL
     RETURNING a.deadline_id
    LOOP
        UPDATE timely.deadline SET next_notice_at = business_now
         WHERE deadline_id = the_deadline AND state = 'open' AND next_notice_at > business_now;
    END LOOP;
END $$;

-- Of a child for whom others are responsible (who: the new columns of timely.person) the agenda looks at everything anew:
-- teams may have ladders of their own, what was said to a worker before is news to the present one, and what nobody could be
-- told may be somebody's now. What was said stays in mind. Whatever a ladder says, it says on a whole minute.
CREATE FUNCTION timely.look_again_with_others(the_person text, who jsonb, business_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM timely.person WHERE person_id = the_person
                  AND (worker_id, team_id, chair_id, iro_id, restricted) IS DISTINCT FROM
                      (who->>'worker_id', who->>'team_id', who->>'chair_id', who->>'iro_id', (who->>'restricted')::boolean)) THEN
        UPDATE timely.deadline SET next_notice_at = date_trunc('minute', business_now)
         WHERE person_id = the_person AND state = 'open' AND coalesce(next_notice_at > business_now, true);
    END IF;
END $$;

-- The same of everybody, when the rules have changed, the teams stand under others or the clock went back. Waits its turn.
CREATE FUNCTION timely.look_again(business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.deadline SET next_notice_at = date_trunc('minute', business_now)
     WHERE state = 'open' AND coalesce(next_notice_at > business_now, true);
END $$;

-- The same of what nobody could be told, when the directory has changed. Waits its turn.
CREATE FUNCTION timely.look_again_at_unheard(business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.deadline d SET next_notice_at = date_trunc('minute', business_now)
     WHERE d.state = 'open' AND d.next_notice_at > business_now
       AND EXISTS (SELECT FROM timely.said s WHERE s.deadline_id = d.deadline_id AND s.staff_id = '');
END $$;

-- The same of what these messages said. Waits its turn.
CREATE FUNCTION timely.look_again_at(messages bigint[], business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.deadline d SET next_notice_at = date_trunc('minute', business_now)
     WHERE d.deadline_id IN (SELECT deadline_id FROM timely.message_deadline WHERE message_id = ANY (messages))
       AND d.state = 'open' AND coalesce(d.next_notice_at > business_now, true);
END $$;

-- Everything about one person after a reading or an evaluation. Parts that are absent stay as they are:
--   now        business time
--   person_id  whom it is about
--   person     the columns of timely.person; {} with "gone": true forgets the person
--   facts      all accepted facts of the source
--   newest_fact_at  civil time of the newest of them that is not of the future
--   deadlines  new and changed ones by uid, each with the word of its change
--   findings   all that are wrong now
--   objects    calendar objects by uid, with the deadlines they serve and whom each one's booking names
--   holders    who was told of an object; released: who no longer holds it
--   messages   for the outbox
CREATE FUNCTION timely.record_person(doc jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    the_person text := doc->>'person_id';
    business_now timestamptz := (doc->>'now')::timestamptz;
    item jsonb;
BEGIN
    PERFORM timely.mark_feeds(the_person);

    IF doc ? 'person' THEN
        PERFORM timely.look_again_with_others(the_person, doc->'person', business_now);
        INSERT INTO timely.person AS p (person_id, seen, family, case_ref, initials, display_name, restricted, worker_id,
                                   team_id, chair_id, iro_id, worker_since, last_seen_on, look_again_on, accepted_at)
        SELECT the_person, decode(n.seen, 'hex'), n.family, n.case_ref, n.initials, n.display_name, n.restricted, n.worker_id,
               n.team_id, n.chair_id, n.iro_id, n.worker_since, n.last_seen_on, n.look_again_on, business_now
          FROM jsonb_to_record(doc->'person') AS n (seen text, family text, case_ref text, initials text,
               display_name text, restricted boolean, worker_id text, team_id text, chair_id text, iro_id text,
               worker_since date, last_seen_on date, look_again_on date)
        ON CONFLICT (person_id) DO UPDATE SET
            seen = excluded.seen, family = excluded.family, case_ref = excluded.case_ref, initials = excluded.initials,
            display_name = excluded.display_name, restricted = excluded.restricted, worker_id = excluded.worker_id,
            team_id = excluded.team_id, chair_id = excluded.chair_id, iro_id = excluded.iro_id,
            worker_since = excluded.worker_since,
            unallocated_at = CASE WHEN excluded.worker_id IS NOT NULL THEN NULL
                                  WHEN p.worker_id IS NOT NULL THEN business_now ELSE p.unallocated_at END,
            last_seen_on = excluded.last_seen_on,
            look_again_on = excluded.look_again_on, accepted_at = excluded.accepted_at;
    END IF;

    IF doc ? 'facts' THEN
        DELETE FROM timely.fact WHERE person_id = the_person;
        INSERT INTO timely.fact
        SELECT the_person, f.kind, f.ref, f.at, f.precise, f.until, f.episode, f.meeting, f.code, f.who, f.origin, f.recorded_at,
               f.scheduled_at, f.ends_at, f.place, f.url, f.attendees
          FROM jsonb_to_recordset(doc->'facts') AS f (kind text, ref text, at timestamp, precise boolean, until timestamp,
               episode text, meeting text, code text, who text, origin text, recorded_at timestamp,
               scheduled_at timestamp, ends_at timestamp, place text, url text, attendees text);
    END IF;

    WITH given AS (
        SELECT d.* FROM jsonb_to_recordset(coalesce(doc->'deadlines', '[]')) AS d (uid text, change text, timescale text,
               subject_ref text, trigger_on date, trigger_ref text, due_on date, due_at timestamp, book_by date,
               provisional boolean, state text, met_on date, met_ref text, met_meeting text, in_timescale boolean, why text,
               booked_at timestamp, booked_group text, chaired_by text, derivation text, not_counted text, sequence integer, at_first_start boolean,
               rule_version integer, library text, next_notice_at timestamptz)
    ), written AS (
        INSERT INTO timely.deadline AS t (uid, person_id, timescale, subject_ref, trigger_on, trigger_ref, due_on, due_at,
               book_by, provisional, state, met_on, met_ref, met_meeting, in_timescale, why, booked_at, booked_group, chaired_by,
               derivation, not_counted, sequence, at_first_start, rule_version, library, next_notice_at, first_seen_at,
               changed_at, owed_since)
        SELECT g.uid, the_person, g.timescale, g.subject_ref, g.trigger_on, g.trigger_ref, g.due_on, g.due_at, g.book_by,
               g.provisional, g.state, g.met_on, g.met_ref, g.met_meeting, g.in_timescale, g.why, g.booked_at,
               g.booked_group, g.chaired_by, g.derivation, g.not_counted, g.sequence, g.at_first_start, g.rule_version, g.library, g.next_notice_at,
               business_now, business_now, business_now
          FROM given g
        ON CONFLICT (uid) DO UPDATE SET
            subject_ref = excluded.subject_ref, trigger_on = excluded.trigger_on, trigger_ref = excluded.trigger_ref,
            due_on = excluded.due_on, due_at = excluded.due_at, book_by = excluded.book_by,
            provisional = excluded.provisional, state = excluded.state, met_on = excluded.met_on,
            met_ref = excluded.met_ref, met_meeting = excluded.met_meeting, in_timescale = excluded.in_timescale,
            why = excluded.why, booked_at = excluded.booked_at, booked_group = excluded.booked_group,
            chaired_by = excluded.chaired_by,
            derivation = excluded.derivation, not_counted = excluded.not_counted, sequence = excluded.sequence, rule_version = excluded.rule_version,
            library = excluded.library, next_notice_at = excluded.next_notice_at, changed_at = excluded.changed_at,
            owed_since = CASE WHEN excluded.state = 'open' AND t.state IN ('met', 'ended', 'withdrawn') THEN business_now
                              ELSE t.owed_since END
        RETURNING t.deadline_id, t.uid
    )
    INSERT INTO timely.deadline_history (deadline_id, known_at, change, trigger_on, due_on, due_at, state, met_on,
                                         in_timescale, why, booked_at, derivation, library)
    SELECT w.deadline_id, business_now, g.change, g.trigger_on, g.due_on, g.due_at, g.state, g.met_on, g.in_timescale,
           g.why, g.booked_at, nullif(g.derivation, ''), g.library
      FROM given g JOIN written w USING (uid);

    PERFORM timely.end_acknowledgements(the_person, business_now);

    IF doc ? 'findings' THEN
        UPDATE timely.finding f SET resolved_at = business_now
         WHERE f.person_id = the_person AND f.resolved_at IS NULL AND f.code <> 'faulty-row'
           AND NOT EXISTS (SELECT FROM jsonb_to_recordset(doc->'findings') AS n (code text, origin text, ref text, text text)
                            WHERE n.code = f.code AND n.origin = f.origin AND n.ref IS NOT DISTINCT FROM f.ref
                              AND n.text = f.text);
        INSERT INTO timely.finding (person_id, code, origin, ref, text, first_seen_at)
        SELECT the_person, n.code, n.origin, n.ref, n.text, business_now
          FROM jsonb_to_recordset(doc->'findings') AS n (code text, origin text, ref text, text text)
        ON CONFLICT DO NOTHING;
    END IF;

    PERFORM timely.record_objects(doc, business_now);
    FOR item IN SELECT * FROM jsonb_array_elements(coalesce(doc->'messages', '[]')) LOOP
        PERFORM timely.put_message(item, business_now);
    END LOOP;

    IF doc->'gone' = 'true' THEN
        DELETE FROM timely.person WHERE person_id = the_person;
        UPDATE timely.finding SET resolved_at = business_now WHERE person_id = the_person AND resolved_at IS NULL;
    END IF;
    PERFORM timely.mark_feeds(the_person);
END $$;

-- Persons who belong together, as brothers and sisters do who share a meeting: all of them or none.
-- Plans are kept for the life of a connection. One that was made while the store was empty reads whole tables, or hashes
-- them, and would go on to do so when they are full: few rows are looked up here, each by its key.
CREATE FUNCTION timely.record_persons(docs jsonb) RETURNS void LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    doc jsonb;
BEGIN
    PERFORM timely.take_turn();
    FOR doc IN SELECT * FROM jsonb_array_elements(docs) LOOP
        PERFORM timely.record_person(doc);
    END LOOP;
    UPDATE timely.state SET newest_fact_at = n.at
      FROM (SELECT max((d->>'newest_fact_at')::timestamp) AS at FROM jsonb_array_elements(docs) AS d) AS n
     WHERE n.at > CASE WHEN newest_fact_at <= (docs->0->>'now')::timestamptz AT TIME ZONE 'Europe/London' THEN newest_fact_at
                       ELSE '-infinity' END;  -- none, or one that was of the past by a clock that was ahead
END $$;

-- The calendar objects of a record_person call and who holds them.
CREATE FUNCTION timely.record_objects(doc jsonb, business_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO timely.calendar_object AS o (uid, sequence, kind, status, timescale, meeting, starts_on, starts_at, ends_at,
                                        place, url, content_hash, changed_at)
    SELECT n.uid, n.sequence, n.kind, n.status, n.timescale, n.meeting, n.starts_on, n.starts_at, n.ends_at, n.place, n.url,
           n.content_hash, business_now
      FROM jsonb_to_recordset(coalesce(doc->'objects', '[]')) AS n (uid text, sequence integer, kind text, status text,
           timescale text, meeting text, starts_on date, starts_at timestamp, ends_at timestamp, place text, url text,
           content_hash text)
     ORDER BY n.status            -- cancelled ones first: they give their meeting up to another object
    ON CONFLICT (uid) DO UPDATE SET
        sequence = excluded.sequence, kind = excluded.kind, status = excluded.status, meeting = excluded.meeting,
        starts_on = excluded.starts_on, starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        place = excluded.place, url = excluded.url, content_hash = excluded.content_hash,
        changed_at = CASE WHEN (o.sequence, o.content_hash) = (excluded.sequence, excluded.content_hash) THEN o.changed_at
                     ELSE excluded.changed_at END;

    DELETE FROM timely.object_deadline
     WHERE deadline_id IN (SELECT d.deadline_id FROM timely.deadline d
                            WHERE d.uid IN (SELECT jsonb_array_elements_text(coalesce(doc->'detached', '[]'))));
    INSERT INTO timely.object_deadline (deadline_id, object_id, named, said)
    SELECT d.deadline_id, o.object_id, s.served->>'named', s.served->>'said'
      FROM jsonb_to_recordset(coalesce(doc->'objects', '[]')) AS n (uid text, serves jsonb)
      JOIN timely.calendar_object o ON o.uid = n.uid
      CROSS JOIN LATERAL jsonb_array_elements(coalesce(n.serves, '[]')) AS s (served)
      JOIN timely.deadline d ON d.uid = s.served->>'deadline'
    ON CONFLICT (deadline_id) DO UPDATE SET object_id = excluded.object_id, named = excluded.named, said = excluded.said;

    DELETE FROM timely.invite_holder h USING timely.calendar_object o,
           jsonb_to_recordset(coalesce(doc->'released', '[]')) AS n (uid text, staff_id text)
     WHERE h.object_id = o.object_id AND o.uid = n.uid AND h.staff_id = n.staff_id;
    INSERT INTO timely.invite_holder (object_id, staff_id, email, sequence_said, children)
    SELECT o.object_id, n.staff_id, n.email, n.sequence, n.children
      FROM jsonb_to_recordset(coalesce(doc->'holders', '[]')) AS n (uid text, staff_id text, email text, sequence integer,
           children text)
      JOIN timely.calendar_object o ON o.uid = n.uid
    ON CONFLICT (object_id, staff_id) DO UPDATE SET
        email = excluded.email, sequence_said = excluded.sequence_said, children = excluded.children;
END $$;

-- A digest says all that still stands of those before it. One that waits, and has surely not left, is therefore overtaken by
-- a newer one to the same person, as after days without a mail server. So is a week's list by a newer one that has a digest
-- in it, and by nothing else: no digest has the list. The agenda makes a list that waits anew for the next digest.
CREATE FUNCTION timely.overtake_digests(newer bigint, business_now timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE timely.outbox o SET state = 'superseded', settled_at = business_now
      FROM timely.outbox n
     WHERE n.message_id = newer AND n.kind IN ('digest', 'weekly') AND o.kind IN ('digest', n.kind) AND o.staff_id = n.staff_id
       AND o.message_id < n.message_id AND o.settled_at IS NULL AND o.state = 'due' AND NOT o.maybe_repeat
$$;

-- One mail of the agenda with the rungs that it says, or (without a mail) rungs that passed in silence.
--   now, message, about [deadline_id] of all its lines, notices [{deadline_id, due_on, owed_since, rung, staff_id}] of the
--   new ones,
--   next [{deadline_id, next_notice_at}]
CREATE FUNCTION timely.record_telling(doc jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    business_now timestamptz := (doc->>'now')::timestamptz;
    the_message bigint;
BEGIN
    PERFORM timely.take_turn();
    IF doc ? 'message' THEN
        PERFORM timely.put_message(doc->'message', business_now);
        SELECT message_id INTO the_message FROM timely.outbox WHERE dedupe = doc->'message'->>'dedupe';
        INSERT INTO timely.message_deadline
        SELECT the_message, id::bigint FROM jsonb_array_elements_text(coalesce(doc->'about', '[]')) AS id
        ON CONFLICT DO NOTHING;
        -- A list without a digest in it has no notices, and does not say what stands.
        IF doc->'notices' <> '[]' THEN
            PERFORM timely.overtake_digests(the_message, business_now);
        END IF;
    END IF;
    INSERT INTO timely.notice (deadline_id, due_on, owed_since, rung, staff_id, said_at, message_id)
    SELECT n.deadline_id, n.due_on, n.owed_since, n.rung, n.staff_id, business_now, the_message
      FROM jsonb_to_recordset(coalesce(doc->'notices', '[]'))
        AS n (deadline_id bigint, due_on date, owed_since timestamptz, rung text, staff_id text)
    ON CONFLICT DO NOTHING;
    UPDATE timely.deadline d SET next_notice_at = n.next_notice_at
      FROM jsonb_to_recordset(coalesce(doc->'next', '[]')) AS n (deadline_id bigint, next_notice_at timestamptz)
     WHERE d.deadline_id = n.deadline_id;
END $$;

-- The Monday lists of a week: {monday, tellings [as record_telling takes them]}. Once a week, all of them or none.
CREATE FUNCTION timely.record_weekly(doc jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    telling jsonb;
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.state SET weekly_on = (doc->>'monday')::date
     WHERE weekly_on IS DISTINCT FROM (doc->>'monday')::date;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOR telling IN SELECT * FROM jsonb_array_elements(doc->'tellings') LOOP
        PERFORM timely.record_telling(telling);
    END LOOP;
END $$;

-- What somebody said about a deadline: {now, deadline_id, due_on, kind, staff_id, last_day, reason, said_by}. What they
-- have in hand takes the place of what they had said before; that it was done is said once a due date, but what was said
-- came to its end before its time. False: it was said before, or the deadline is no longer as it was.
CREATE FUNCTION timely.record_acknowledgement(doc jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    business_now timestamptz := (doc->>'now')::timestamptz;
    said timely.acknowledgement;
BEGIN
    -- One word at a time, so that each sees the one before.
    PERFORM FROM timely.deadline WHERE deadline_id = (doc->>'deadline_id')::bigint FOR NO KEY UPDATE;
    UPDATE timely.acknowledgement SET ended_at = business_now, ended_because = 'they said so again'
     WHERE deadline_id = (doc->>'deadline_id')::bigint AND kind = 'in-hand' AND doc->>'kind' = 'in-hand'
       AND staff_id = doc->>'staff_id' AND ended_at IS NULL;
    INSERT INTO timely.acknowledgement (deadline_id, due_on, kind, staff_id, of_worker, last_day, reason, said_by, said_at)
    SELECT d.deadline_id, d.due_on, doc->>'kind', doc->>'staff_id', p.worker_id, (doc->>'last_day')::date, doc->>'reason',
           doc->>'said_by', business_now
      FROM timely.deadline d LEFT JOIN timely.person p USING (person_id)
     WHERE d.deadline_id = (doc->>'deadline_id')::bigint AND d.due_on = (doc->>'due_on')::date AND d.state = 'open'
    ON CONFLICT DO NOTHING RETURNING * INTO said;
    IF said IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO timely.audit (at, what, deadline_id, staff_id, detail)
    VALUES (business_now, 'deadline.' || said.kind, said.deadline_id, said.staff_id,
            format('acknowledgement %s until %s %s', said.acknowledgement_id, said.last_day, said.said_by));
    RETURN true;
END $$;

-- The rows that the last reading left aside, as findings: {now, rows [{person_id, origin, ref, text}]}.
CREATE FUNCTION timely.record_faulty_rows(doc jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    business_now timestamptz := (doc->>'now')::timestamptz;
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.finding f SET resolved_at = business_now
     WHERE f.code = 'faulty-row' AND f.resolved_at IS NULL
       AND NOT EXISTS (SELECT FROM jsonb_to_recordset(doc->'rows') AS n (person_id text, origin text, ref text, text text)
                        WHERE n.person_id IS NOT DISTINCT FROM f.person_id AND n.origin = f.origin
                          AND n.ref IS NOT DISTINCT FROM f.ref AND n.text = f.text);
    INSERT INTO timely.finding (person_id, code, origin, ref, text, first_seen_at)
    SELECT n.person_id, 'faulty-row', n.origin, n.ref, n.text, business_now
      FROM jsonb_to_recordset(doc->'rows') AS n (person_id text, origin text, ref text, text text)
    ON CONFLICT DO NOTHING;
END $$;

-- One mail of the service's mailbox, and with it the place up to which that was read:
--   now, mailbox, uid_validity, uid, sha256, became, why, object_id, staff_id
--   answer    {method, answer, sequence, stamped_at, sent_by, acknowledges, proposed_start, proposed_end, comment}
--   newest    the answer is the one that holds from now on
--   bounce    {email, staff_id, status, diagnostic, message_id}
--   messages  for the outbox
-- A mail that was taken before only moves the place. True: it was new.
CREATE FUNCTION timely.record_mail(doc jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    business_now timestamptz := (doc->>'now')::timestamptz;
    the_object bigint := (doc->>'object_id')::bigint;
    the_mail bigint;
    item jsonb;
BEGIN
    PERFORM timely.take_turn();
    UPDATE timely.mailbox SET last_uid = greatest(last_uid, (doc->>'uid')::bigint)
     WHERE mailbox = doc->>'mailbox' AND uid_validity = (doc->>'uid_validity')::bigint;
    INSERT INTO timely.mail_read (sha256, mailbox, uid_validity, uid, taken_at, became, why, object_id, staff_id)
    VALUES (doc->>'sha256', doc->>'mailbox', (doc->>'uid_validity')::bigint, (doc->>'uid')::bigint, business_now,
            doc->>'became', doc->>'why', the_object, doc->>'staff_id')
    ON CONFLICT (sha256) DO NOTHING RETURNING mail_id INTO the_mail;
    IF the_mail IS NULL THEN
        RETURN false;
    END IF;

    IF doc ? 'answer' THEN
        INSERT INTO timely.invite_answer (object_id, staff_id, method, answer, sequence, stamped_at, sent_by, acknowledges,
                                          proposed_start, proposed_end, comment, mail_id, taken_at)
        SELECT the_object, doc->>'staff_id', a.method, a.answer, a.sequence, a.stamped_at, a.sent_by, a.acknowledges,
               a.proposed_start, a.proposed_end, a.comment, the_mail, business_now
          FROM jsonb_to_record(doc->'answer') AS a (method text, answer text, sequence integer, stamped_at timestamptz,
               sent_by text, acknowledges boolean, proposed_start timestamp, proposed_end timestamp, comment text)
        ON CONFLICT DO NOTHING;
        UPDATE timely.invite_holder h
           SET answer = a.answer, answer_sequence = a.sequence, answered_at = a.stamped_at,
               proposed_start = a.proposed_start, proposed_end = a.proposed_end, comment = a.comment,
               acknowledged = CASE WHEN a.acknowledges THEN greatest(h.acknowledged, a.sequence) ELSE h.acknowledged END
          FROM jsonb_to_record(doc->'answer') AS a (answer text, sequence integer, stamped_at timestamptz,
               acknowledges boolean, proposed_start timestamp, proposed_end timestamp, comment text)
         WHERE doc->'newest' = 'true' AND h.object_id = the_object AND h.staff_id = doc->>'staff_id';
    END IF;

    IF doc ? 'bounce' THEN
        INSERT INTO timely.bounced_address AS b (email, staff_id, since, bounced_at, status, diagnostic, message_id)
        SELECT n.email, n.staff_id, business_now, business_now, n.status, n.diagnostic, n.message_id
          FROM jsonb_to_record(doc->'bounce') AS n (email text, staff_id text, status text, diagnostic text,
               message_id bigint)
        ON CONFLICT (email) DO UPDATE SET
            -- One that was well again, or is somebody else's now, begins anew.
            since = CASE WHEN b.email IN (SELECT w.email FROM timely.bounced(business_now) w) THEN b.since
                         ELSE excluded.since END,
            told_at = CASE WHEN b.email IN (SELECT w.email FROM timely.bounced(business_now) w) THEN b.told_at END,
            staff_id = excluded.staff_id, bounced_at = excluded.bounced_at, status = excluded.status,
            diagnostic = excluded.diagnostic, message_id = excluded.message_id;
    END IF;

    FOR item IN SELECT * FROM jsonb_array_elements(coalesce(doc->'messages', '[]')) LOOP
        PERFORM timely.put_message(item, business_now);
    END LOOP;
    INSERT INTO timely.audit (at, what, message_id, staff_id, detail)
    VALUES (business_now, 'mail.' || (doc->>'became'), (doc->'bounce'->>'message_id')::bigint, doc->>'staff_id',
            concat('mail=', the_mail, ' object=', the_object, ' why=', doc->>'why', ' method=', doc->'answer'->>'method',
                   ' answer=', doc->'answer'->>'answer', ' sequence=', doc->'answer'->>'sequence',
                   ' status=', doc->'bounce'->>'status'));
    RETURN true;
END $$;

-- The addresses that do not take our mail as far as is known: until the directory has another one for that person, or a
-- mail that was handed over later has not come back for three days.
CREATE FUNCTION timely.bounced(business_now timestamptz) RETURNS SETOF timely.bounced_address LANGUAGE sql STABLE AS $$
    SELECT b.* FROM timely.bounced_address b
     WHERE (b.staff_id IS NULL OR EXISTS (SELECT FROM timely.staff s
                                           WHERE s.professional_id = b.staff_id AND lower(s.email) = b.email))
       AND NOT EXISTS (SELECT FROM timely.outbox o
                        WHERE lower(o.recipient) = b.email AND o.state = 'sent' AND o.settled_at > b.bounced_at
                          AND o.settled_at < business_now - interval '3 days')
$$;
