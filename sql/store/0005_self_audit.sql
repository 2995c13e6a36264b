-- The self-audit: what is open and has no next step, and what is overdue. It reads the tables alone and shares nothing
-- with the machinery that fills them, so that a mistake there shows here.

-- Every check is a row: `count` is 0 where all is well. `since` is real time; times of business are turned into it, for
-- both clocks run at one speed. `stops`: while it lasts timely cannot do its work, so who runs it hears of it by another
-- way. The words are for people and name nobody; docs/operating.md says what to do about each code.
-- Compiling so many small questions would take seconds, and answering them takes milliseconds.
CREATE FUNCTION timely.self_audit(today date, business_now timestamptz)
RETURNS TABLE (code text, stops boolean, count bigint, since timestamptz, words text) LANGUAGE sql STABLE SET jit = off AS $$
WITH ran AS ( -- nothing is promised by a store on which no daemon has run yet
    SELECT s.*, e.*, make_interval(secs => extract(epoch FROM business_now - now())::double precision) AS ahead
      FROM timely.state AS s CROSS JOIN timely.expected AS e WHERE s.heartbeat_at IS NOT NULL
), sends AS (
    SELECT * FROM ran WHERE sends
)
-- The daemon.
SELECT 'daemon-missing', true, count(*), min(e.since), 'no daemon has run on this store yet'
  FROM timely.state AS s CROSS JOIN timely.expected AS e WHERE s.heartbeat_at IS NULL
UNION ALL
SELECT 'daemon-silent', true, count(*), min(heartbeat_at), 'the daemon was not heard of for more than two minutes'
  FROM ran WHERE heartbeat_at < now() - interval '2 minutes'

-- The source.
UNION ALL
SELECT 'source-unread', true, count(*), min(coalesce(read_at, since)), 'the case database was not read for too long'
  FROM ran
 WHERE coalesce(read_at, since) < now() - greatest(make_interval(secs => 3 * read_every_s), interval '15 minutes')
UNION ALL
SELECT 'source-stale', true, count(*), min((newest_fact_at + stale_after) AT TIME ZONE 'Europe/London' - ahead),
       'the newest record in the case database is older than it should be: ' || to_char(min(newest_fact_at), 'FMDD FMMonth YYYY')
  FROM ran WHERE newest_fact_at + stale_after < business_now AT TIME ZONE 'Europe/London'
UNION ALL
SELECT 'reading-held', true, count(*), min(h.opened_at - ahead),
       'a reading is held until somebody decides about it (timely hold show)'
  FROM ran JOIN timely.hold AS h ON h.decided IS NULL AND h.kind <> 'calendar'
UNION ALL
SELECT 'calendar-proposed', false, count(*), min(h.opened_at - ahead),
       'a change of the calendar waits for a decision (timely hold show)'
  FROM ran JOIN timely.hold AS h ON h.decided IS NULL AND h.kind = 'calendar'

-- Between reading and telling.
UNION ALL
SELECT 'change-untaken', true, count(*), min(d.put_at),
       'events that were written down here are not counted yet, after more than 15 minutes'
  FROM ran JOIN timely.dirty AS d ON d.put_at < now() - interval '15 minutes'
UNION ALL
SELECT 'press-untaken', true, count(*), min(i.put_at),
       'what people pressed on pages is not taken up yet, after more than 15 minutes'
  FROM ran JOIN timely.inbox AS i ON i.taken_at IS NULL AND i.put_at < now() - interval '15 minutes'
UNION ALL
SELECT 'evaluation-overdue', true, count(*), min((p.look_again_on + 1) AT TIME ZONE 'Europe/London' - ahead),
       'deadlines were not looked at on the day on which they may have changed'
  FROM ran JOIN timely.person AS p ON p.look_again_on < today
UNION ALL
SELECT 'notice-overdue', true, count(*), min(greatest(d.next_notice_at, d.changed_at) - ahead),
       'reminders or escalations are not written yet, more than 15 minutes beyond their time'
  FROM ran JOIN timely.deadline AS d ON d.next_notice_at < business_now - interval '15 minutes'
                                    AND d.changed_at < business_now - interval '15 minutes' -- a change asks its whole ladder
 WHERE first_started_at IS NOT NULL
UNION ALL
SELECT 'deadline-silent', true, count(*), min(d.changed_at - ahead),
       'open deadlines of which nobody was told and nobody will be (timely explain): ' ||
       (array_agg(d.deadline_id ORDER BY d.deadline_id))[1]
  FROM ran JOIN timely.deadline AS d ON d.state = 'open' AND d.next_notice_at IS NULL
  JOIN timely.timescale AS t USING (timescale)
 WHERE t.speaks AND NOT EXISTS (SELECT FROM timely.blind AS b WHERE b.timescale = d.timescale)
   AND NOT EXISTS (SELECT FROM timely.said AS s WHERE s.deadline_id = d.deadline_id AND s.staff_id <> '')
UNION ALL
SELECT 'feed-unrendered', true, count(*), min(f.marked_at), 'calendars are not brought up to date, after more than 15 minutes'
  FROM ran JOIN timely.feed_dirty AS f ON f.marked_at < now() - interval '15 minutes'
 WHERE EXISTS (SELECT FROM timely.live_feed AS l WHERE (l.owner_kind, l.owner_id) = (f.owner_kind, f.owner_id))

-- Messages. One that is tried again and again waits since it was put in.
UNION ALL
SELECT 'message-late', true, count(*), min(CASE WHEN o.attempts > 0 THEN o.put_at - ahead ELSE o.not_before END),
       'messages wait for more than an hour beyond their time (timely outbox)'
  FROM sends JOIN timely.outbox AS o ON o.settled_at IS NULL
 WHERE CASE WHEN o.attempts > 0 THEN o.put_at - ahead ELSE o.not_before END < now() - interval '1 hour'
UNION ALL
SELECT 'claim-lapsed', true, count(*), min(o.lease_until), 'messages were taken for sending and left lying for 5 minutes'
  FROM sends JOIN timely.outbox AS o ON o.settled_at IS NULL
 WHERE o.state <> 'due' AND o.lease_until < now() - interval '5 minutes'
UNION ALL
SELECT 'message-refused', false, count(*), min(o.settled_at - ahead),
       'messages were refused or given up within 7 days (timely outbox)'
  FROM ran JOIN timely.outbox AS o ON o.given_up AND o.settled_at > business_now - interval '7 days' AND o.kind <> 'operator'
UNION ALL
SELECT 'operator-bounced', true, count(*), min(unheard.since), 'mail to the operator comes back, or is refused'
  FROM (SELECT b.since - ahead AS since
          FROM sends JOIN timely.bounced(business_now) AS b ON b.email = lower(operator_email)
        UNION ALL -- until one is sent
        SELECT o.settled_at - ahead
          FROM sends JOIN timely.outbox AS o ON o.given_up AND o.settled_at > business_now - interval '7 days'
                                            AND o.kind = 'operator' AND lower(o.recipient) = lower(operator_email)
         WHERE NOT EXISTS (SELECT FROM timely.outbox AS l
                            WHERE l.message_id > o.message_id AND l.kind = 'operator' AND l.state = 'sent')) AS unheard
UNION ALL
SELECT 'mailbox-unread', true, count(*), min(coalesce(m.read_at, ran.since)),
       'the mailbox was not read for too long' || coalesce(': ' || min(m.problem), '')
  FROM ran LEFT JOIN timely.mailbox AS m USING (mailbox)
 WHERE ran.mailbox IS NOT NULL
   AND coalesce(m.read_at, ran.since) < now() - greatest(make_interval(secs => 3 * mailbox_every_s), interval '15 minutes')
$$;

-- The same for what faces the network: codes, no words.
CREATE FUNCTION timely.wellness() RETURNS TABLE (code text, count bigint, since timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.code, a.count, a.since
      FROM timely.self_audit(timely.business_time()::date, timely.business_time() AT TIME ZONE 'Europe/London') AS a
$$;
REVOKE ALL ON FUNCTION timely.wellness() FROM PUBLIC;

-- What somebody is told of by another way than the outbox, once it has lasted: a row stands from when a daemon saw it to
-- the all-clear. Whoever tells it takes it for a while first, so that two daemons do not both. Each way is told for itself:
-- one that failed is tried again.
CREATE TABLE timely.alarm (
    code        text NOT NULL,
    way         text NOT NULL CHECK (way IN ('mail', 'webhook')),
    faced_since timestamptz NOT NULL,    -- real time since when a daemon was there to put it right, however often it crashed
    told_at     timestamptz,             -- real time of the last alarm that was taken; NULL: none was
    taken_until timestamptz NOT NULL DEFAULT '-infinity', -- real time of the server
    PRIMARY KEY (code, way)
);
