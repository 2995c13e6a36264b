-- What the process that serves pages may read: what one link shows, and nothing else. The functions run with the
-- owner's rights; the caller has none on the tables behind them.

-- Business time, in England.
CREATE FUNCTION timely.business_time() RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN real_anchor_us = 0 THEN now()
                ELSE to_timestamp((business_anchor_us - real_anchor_us) / 1e6) + (now() - to_timestamp(0)) END
           AT TIME ZONE 'Europe/London' FROM timely.state
$$;

-- The deadline that a link opens; none for an unknown or expired link.
CREATE FUNCTION timely.linked_deadline(hash text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT deadline_id FROM timely.page_link l
     WHERE token_hash = hash AND (expires_at IS NULL OR expires_at > now())
       AND (owner_kind IS NULL OR EXISTS (SELECT FROM timely.live_feed f
                                           WHERE f.owner_kind = l.owner_kind AND f.owner_id = l.owner_id))
$$;

CREATE FUNCTION timely.page_deadline(hash text) RETURNS TABLE (
    reference text, title text, force text, source text, url text, evidence text, reading text, state text, why text,
    today date, due_on date, book_by date, met_on date, due_at text, booked_at text, in_timescale boolean,
    provisional boolean, derivation text, not_counted text, as_of text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(nullif(p.case_ref, ''), d.person_id), coalesce(t.title, d.timescale), t.force, t.source, t.url, t.evidence,
           t.reading, d.state, d.why, timely.business_time()::date, d.due_on, d.book_by, d.met_on,
           to_char(d.due_at, 'YYYY-MM-DD"T"HH24:MI'), to_char(d.booked_at, 'YYYY-MM-DD"T"HH24:MI'), d.in_timescale,
           d.provisional, d.derivation, d.not_counted,
           to_char(s.read_business_at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD"T"HH24:MI')
      FROM timely.deadline d CROSS JOIN timely.state s
      LEFT JOIN timely.person p USING (person_id)
      LEFT JOIN timely.timescale t USING (timescale)
     WHERE d.deadline_id = timely.linked_deadline(hash)
$$;

CREATE FUNCTION timely.page_changes(hash text) RETURNS TABLE (known_at text, change text, due_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT to_char(h.known_at AT TIME ZONE 'Europe/London', 'YYYY-MM-DD"T"HH24:MI'), h.change, h.due_on
      FROM timely.deadline_history h WHERE h.deadline_id = timely.linked_deadline(hash) ORDER BY h.history_id
$$;

-- To whom a link was sent, by mail, and the deadline that it opens; none for a feed's link: nobody is known.
CREATE FUNCTION timely.linked_recipient(hash text) RETURNS TABLE (staff_id text, deadline_id bigint) LANGUAGE sql STABLE AS $$
    SELECT l.staff_id, l.deadline_id FROM timely.page_link l
     WHERE l.token_hash = hash AND l.staff_id IS NOT NULL AND l.deadline_id = timely.linked_deadline(hash)
$$;

-- What the recipient of a mail may say about its deadline, what they have said that still holds, and what became of what
-- they pressed last. No row where the link is no mail's.
CREATE FUNCTION timely.page_recipient(hash text) RETURNS TABLE (
    acts boolean, in_hand_until date, reason text, done_until date, waits boolean, refused_because text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(r.staff_id IN (p.worker_id, p.chair_id, p.iro_id), false), h.last_day, h.reason,
           o.last_day, i.inbox_id IS NOT NULL AND i.taken_at IS NULL, i.refused_because
      FROM timely.linked_recipient(hash) r JOIN timely.deadline d USING (deadline_id)
      LEFT JOIN timely.person p USING (person_id)
      LEFT JOIN timely.holding_acknowledgement h ON h.deadline_id = d.deadline_id AND h.kind = 'in-hand'
            AND h.staff_id = r.staff_id AND h.last_day >= timely.business_time()::date
      LEFT JOIN timely.holding_acknowledgement o ON o.deadline_id = d.deadline_id AND o.kind = 'done'
      LEFT JOIN LATERAL (SELECT * FROM timely.inbox WHERE link_hash = hash ORDER BY inbox_id DESC LIMIT 1) i ON true
$$;

-- Puts what the recipient of a mail pressed into the inbox. False: the link is no mail's, or what was pressed there before
-- was not looked at yet.
CREATE FUNCTION timely.press_page(hash text, kind text, last_day date, reason text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH put AS (
        INSERT INTO timely.inbox (link_hash, body)
        SELECT hash, jsonb_build_object('deadline_id', r.deadline_id, 'staff_id', r.staff_id, 'kind', kind,
                                        'last_day', last_day, 'reason', reason)
          FROM timely.linked_recipient(hash) r
         WHERE NOT EXISTS (SELECT FROM timely.inbox i WHERE i.link_hash = hash AND i.taken_at IS NULL)
        RETURNING inbox_id
    ), called AS (SELECT pg_notify('timely_inbox', '') FROM put)
    SELECT count(*) > 0 FROM called
$$;

REVOKE ALL ON FUNCTION timely.page_deadline(text), timely.page_changes(text), timely.page_recipient(text),
    timely.press_page(text, text, date, text) FROM PUBLIC;
