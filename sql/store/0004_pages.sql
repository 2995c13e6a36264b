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

REVOKE ALL ON FUNCTION timely.page_deadline(text), timely.page_changes(text) FROM PUBLIC;
