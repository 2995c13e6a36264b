-- What the process that serves pages may read: what one link shows, and nothing else. The functions run with the
-- owner's rights; the caller has none on the tables behind them.

-- Business time, in England.
CREATE FUNCTION timely.business_time() RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN real_anchor_us = 0 THEN now()
                ELSE to_timestamp((business_anchor_us - real_anchor_us) / 1e6) + (now() - to_timestamp(0)) END
           AT TIME ZONE 'Europe/London' FROM timely.state
$$;

-- The link, unless it is unknown or over.
CREATE FUNCTION timely.live_link(hash text) RETURNS SETOF timely.page_link LANGUAGE sql STABLE AS $$
    SELECT * FROM timely.page_link l
     WHERE token_hash = hash AND (expires_at IS NULL OR expires_at > now())
       AND (owner_kind IS NULL OR EXISTS (SELECT FROM timely.live_feed f
                                           WHERE f.owner_kind = l.owner_kind AND f.owner_id = l.owner_id))
$$;

-- Who is named for a child: the worker, the chair, the reviewing officer, and the managers of each and their deputies, up to
-- the top. A manager of a duty's ladder is among them, for whichever duty: whether what they say counts is the daemon's to
-- judge, who has the ladder.
CREATE FUNCTION timely.named_for(the_person text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE child AS (SELECT * FROM timely.person WHERE person_id = the_person),
    responsible AS (
        SELECT s.* FROM child p JOIN timely.staff s ON s.professional_id IN (p.worker_id, p.chair_id, p.iro_id)
    ), line (team_id) AS (
        SELECT team_id FROM child UNION SELECT team_id FROM responsible
        UNION SELECT t.parent_id FROM timely.team t JOIN line USING (team_id)
    ), managers AS (
        SELECT manager_id AS staff_id, deputy_id FROM timely.team JOIN line USING (team_id)
        UNION SELECT manager_id, NULL FROM responsible
    )
    SELECT professional_id FROM responsible
    UNION SELECT staff_id FROM managers
    UNION SELECT deputy_id FROM managers
    UNION SELECT s.deputy_id FROM managers JOIN timely.staff s ON s.professional_id = managers.staff_id
$$;

-- The absences of today.
CREATE FUNCTION timely.away_today(the_staff text) RETURNS SETOF timely.cover LANGUAGE sql STABLE AS $$
    SELECT c.* FROM timely.cover c, CAST(timely.business_time() AS date) AS today
     WHERE covers = 'person' AND of_id = the_staff AND first_day <= today AND coalesce(last_day >= today, true)
       AND coalesce(withdrawn_on > today, true) AND coalesce(strpos(weekdays, to_char(today, 'fmday')) > 0, true)
$$;

CREATE FUNCTION timely.can_be_told(the_staff text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM timely.staff, CAST(timely.business_time() AS date) AS today
                    WHERE professional_id = the_staff AND email <> '' AND coalesce(active_from <= today, true)
                      AND coalesce(active_to > today, true))
           AND NOT EXISTS (SELECT FROM timely.away_today(the_staff))
$$;

-- Whether a page offers somebody to say that it was done: who acts on the deadline, or is named to stand in for them today.
-- Where nobody of these can be told it may fall to anybody else whom the page opens to. Which of them it is, and whether what
-- was pressed counts, the daemon judges, who walks the whole way up (daemon/store/directory_rung.c).
CREATE FUNCTION timely.may_act(visitor text, the_deadline bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN timely.can_be_told(holder) THEN visitor = holder AND (acts = 'social-worker' OR NOT restricted)
                WHEN stand_in IS NOT NULL THEN visitor = stand_in
                ELSE NOT coalesce(visitor IN (holder, worker_id, chair_id, iro_id), false) END
      FROM timely.deadline JOIN timely.timescale USING (timescale) JOIN timely.person USING (person_id)
     CROSS JOIN LATERAL (SELECT CASE WHEN acts = 'social-worker' THEN worker_id
                                     WHEN acts NOT IN ('chair', 'reviewing-officer') THEN NULL
                                     WHEN chaired_by IS NOT NULL AND NOT restricted THEN chaired_by
                                     WHEN acts = 'chair' THEN chair_id
                                     ELSE iro_id END AS holder) AS post
      LEFT JOIN LATERAL (SELECT stand_in_id AS stand_in FROM timely.away_today(holder)
                          WHERE NOT restricted AND timely.can_be_told(stand_in_id)
                          ORDER BY first_day DESC, stand_in_id COLLATE "C" LIMIT 1) AS cover ON true
     WHERE deadline_id = the_deadline AND acts IS NOT NULL
$$;

-- Whether somebody who has signed in may open what a link leads to: who is named for the child; and, unless the child is
-- restricted, whom the mail was sent to or the calendar belongs to.
CREATE FUNCTION timely.may_open(visitor text, l timely.page_link) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM timely.named_for(d.person_id) AS n WHERE n = visitor)
           OR (NOT coalesce(p.restricted, true)
               AND (visitor = l.staff_id OR (l.owner_kind IN ('worker', 'chair', 'administrator') AND visitor = l.owner_id)
                    OR EXISTS (SELECT FROM timely.live_feed f WHERE f.owner_kind = l.owner_kind
                                  AND f.owner_id = l.owner_id AND f.holder_id = visitor)))
      FROM timely.deadline d LEFT JOIN timely.person p USING (person_id) WHERE d.deadline_id = l.deadline_id
$$;

-- The deadline that a link opens, and in whose name. Without sign-on (visitor NULL) it opens to whoever has it, in the name
-- of whom its mail was sent to; of a calendar's nobody is known. No row where it does not open.
CREATE FUNCTION timely.opened(hash text, visitor text) RETURNS TABLE (deadline_id bigint, staff_id text)
LANGUAGE sql STABLE AS $$
    SELECT l.deadline_id, coalesce(visitor, l.staff_id) FROM timely.live_link(hash) l
     WHERE visitor IS NULL OR timely.may_open(visitor, l)
$$;

-- Who comes with a link, by the identity that a proxy hands over: a professional id, or a mail address (by_email). No row
-- where it is not that of one member of staff who is in post. `leads`: the link leads anywhere; `opens`: and for them, who are
-- told of only then, lest names be found by guessing.
CREATE FUNCTION timely.page_visitor(hash text, identity text, by_email boolean) RETURNS TABLE (
    staff_id text, name text, leads boolean, opens boolean, form_secret text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH meant AS (
        SELECT * FROM timely.staff
         WHERE CASE WHEN by_email THEN lower(email) = lower(identity) ELSE professional_id = identity END
           AND coalesce(active_from <= timely.business_time()::date, true)
           AND coalesce(active_to > timely.business_time()::date, true)
    )
    SELECT o.staff_id, CASE WHEN o.staff_id IS NOT NULL THEN coalesce(m.name, o.staff_id) END,
           EXISTS (SELECT FROM timely.live_link(hash)), o.staff_id IS NOT NULL,
           (SELECT encode(value, 'hex') FROM timely.secret s WHERE s.name = 'page-forms' AND o.staff_id IS NOT NULL)
      FROM meant m LEFT JOIN LATERAL timely.opened(hash, m.professional_id) o ON true
     WHERE (SELECT count(*) FROM meant) = 1
$$;

CREATE FUNCTION timely.page_deadline(hash text, visitor text) RETURNS TABLE (
    reference text, title text, force text, source text, url text, evidence text, reading text, state text, why text,
    now text, due_on date, book_by date, met_on date, due_at text, booked_at text, in_timescale boolean,
    provisional boolean, derivation text, not_counted text, as_of text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(p.case_ref, ''), d.person_id), coalesce(t.title, d.timescale), t.force, t.source, t.url, t.evidence,
           t.reading, d.state, d.why, to_char(timely.business_time(), 'YYYY-MM-DD"T"HH24:MI'), d.due_on, d.book_by, d.met_on,
           to_char(d.due_at, 'YYYY-MM-DD"T"HH24:MI'), to_char(d.booked_at, 'YYYY-MM-DD"T"HH24:MI'), d.in_timescale,
           d.provisional, d.derivation, d.not_counted,
           to_char(s.read_business_at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD"T"HH24:MI')
      FROM timely.opened(hash, visitor) JOIN timely.deadline d USING (deadline_id) CROSS JOIN timely.state s
      LEFT JOIN timely.person p USING (person_id)
      LEFT JOIN timely.timescale t USING (timescale)
$$;

CREATE FUNCTION timely.page_changes(hash text, visitor text) RETURNS TABLE (known_at text, change text, due_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(h.known_at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD"T"HH24:MI'), h.change, h.due_on
      FROM timely.opened(hash, visitor) JOIN timely.deadline_history h USING (deadline_id) ORDER BY h.history_id
$$;

-- What the one in whose name a link opens may say about its deadline, what they have said that still holds, and what became
-- of what they pressed last. No row where nobody is known.
CREATE FUNCTION timely.page_recipient(hash text, visitor text) RETURNS TABLE (
    acts boolean, in_hand_until date, reason text, done_until date, waits boolean, refused_because text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(timely.may_act(r.staff_id, d.deadline_id), false), h.last_day, h.reason,
           o.last_day, i.inbox_id IS NOT NULL AND i.taken_at IS NULL, i.refused_because
      FROM timely.opened(hash, visitor) r JOIN timely.deadline d USING (deadline_id)
      LEFT JOIN timely.holding_acknowledgement h ON h.deadline_id = d.deadline_id AND h.kind = 'in-hand'
            AND h.staff_id = r.staff_id AND h.last_day >= timely.business_time()::date
      LEFT JOIN timely.holding_acknowledgement o ON o.deadline_id = d.deadline_id AND o.kind = 'done'
      LEFT JOIN LATERAL (SELECT * FROM timely.inbox WHERE link_hash = hash AND body->>'staff_id' = r.staff_id
                          ORDER BY inbox_id DESC LIMIT 1) i ON true
     WHERE r.staff_id IS NOT NULL
$$;

-- Puts what they pressed into the inbox. False: nobody is known, or what they pressed there before was not looked at yet.
CREATE FUNCTION timely.press_page(hash text, visitor text, kind text, last_day date, reason text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH put AS (
        INSERT INTO timely.inbox (link_hash, body)
        SELECT hash, jsonb_build_object('deadline_id', r.deadline_id, 'staff_id', r.staff_id,
                                        'signed_in', visitor IS NOT NULL, 'kind', kind,
                                        'last_day', last_day, 'reason', reason)
          FROM timely.opened(hash, visitor) r
         WHERE r.staff_id IS NOT NULL
           AND NOT EXISTS (SELECT FROM timely.inbox i WHERE i.link_hash = hash AND i.body->>'staff_id' = r.staff_id
                                                        AND i.taken_at IS NULL)
        RETURNING inbox_id
    ), called AS (SELECT pg_notify('timely_inbox', '') FROM put)
    SELECT count(*) > 0 FROM called
$$;

REVOKE ALL ON FUNCTION timely.page_visitor(text, text, boolean), timely.page_deadline(text, text),
    timely.page_changes(text, text), timely.page_recipient(text, text), timely.press_page(text, text, text, date, text)
    FROM PUBLIC;
