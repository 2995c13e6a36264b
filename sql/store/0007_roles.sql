-- Rights of the four roles, granted where the roles exist. Creating them is the DBA's: see docs/operating.md.
--   timely_daemon   works; on the audit, the history, what was said, the answers and the proclaimed holidays only INSERT;
--                   of a message only what becomes of it
--   timely_web      reads feeds, what a link opens and whether to somebody, puts what people press into the inbox
--   timely_report   reads deadlines and findings; no message texts
-- The owner of the schema migrates and purges.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'timely_daemon') THEN
        GRANT USAGE ON SCHEMA timely TO timely_daemon;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA timely TO timely_daemon;
        GRANT EXECUTE ON FUNCTION timely.page_visitor(text, text, boolean), timely.page_deadline(text, text),
            timely.page_changes(text, text), timely.page_recipient(text, text),
            timely.press_page(text, text, text, date, text), timely.wellness() TO timely_daemon;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA timely TO timely_daemon;
        REVOKE UPDATE, DELETE ON timely.audit, timely.deadline_history, timely.notice, timely.message_deadline,
            timely.invite_answer, timely.proclaimed_holiday, timely.migration, timely.acknowledgement FROM timely_daemon;
        GRANT UPDATE (ended_at, ended_because) ON timely.acknowledgement TO timely_daemon;
        REVOKE UPDATE, DELETE ON timely.cover FROM timely_daemon;
        GRANT UPDATE (withdrawn_on) ON timely.cover TO timely_daemon;
        REVOKE UPDATE, DELETE ON timely.outbox FROM timely_daemon;
        GRANT UPDATE (dedupe, state, put_at, not_before, attempts, claimed_by, claim_number, lease_until, doubted, maybe_repeat,
            last_answer, settled_at, given_up) ON timely.outbox TO timely_daemon;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'timely_web') THEN
        GRANT USAGE ON SCHEMA timely TO timely_web;
        GRANT SELECT ON timely.live_feed, timely.feed_body, timely.feed_object, timely.state TO timely_web;
        GRANT EXECUTE ON FUNCTION timely.page_visitor(text, text, boolean), timely.page_deadline(text, text),
            timely.page_changes(text, text), timely.page_recipient(text, text),
            timely.press_page(text, text, text, date, text), timely.wellness() TO timely_web;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'timely_report') THEN
        GRANT USAGE ON SCHEMA timely TO timely_report;
        GRANT SELECT ON timely.deadline, timely.deadline_history, timely.finding, timely.hold, timely.state,
            timely.source_table, timely.blind, timely.proclaimed_holiday TO timely_report;
    END IF;
END $$;
