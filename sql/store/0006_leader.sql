-- One of the daemons on a store leads: it alone watches, keeps the agenda, reads the mailbox and renders feeds. The others
-- stand by. What makes this safe is not the lease, which a paused process outlives without noticing, but that every write
-- of a leader's connection is refused once another process has taken the lead.

CREATE TABLE timely.leader (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Rises with every change of the lead. Unique, so that it is a key of the row: a renewal leaves it, and does not wait
    -- for the writes that hold on to it; taking the lead changes it, and waits for them.
    epoch       bigint NOT NULL UNIQUE DEFAULT 0,
    holder      text NOT NULL DEFAULT '',               -- the process that leads, or led last
    session     integer,                                -- the server's process behind the connection that renews
    since       timestamptz NOT NULL DEFAULT now(),     -- real time of the server, as the next
    expires_at  timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO timely.leader DEFAULT VALUES;

-- The daemons that were heard of on this store, leading or standing by.
CREATE TABLE timely.daemon (
    name     text PRIMARY KEY,
    seen_at  timestamptz NOT NULL                       -- real time of the server
);

-- A leader's connection says in its session's setting timely.lead which epoch and holder it writes for. The first write of
-- a transaction compares that with the row and holds on to it until the transaction ends; timely.led, which ends with
-- the transaction, spares the others the same question. Whoever claims no lead (an import, a decision about a hold, a
-- delivery, a page) writes as ever.
CREATE FUNCTION timely.check_lead() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('timely.lead', true), '') = coalesce(current_setting('timely.led', true), '') THEN
        RETURN;
    END IF;
    PERFORM FROM timely.leader WHERE concat(epoch, ' ', holder) = current_setting('timely.lead') FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'another process has taken the lead of this store: nothing of this was written'
              USING ERRCODE = 'TLEAD';
    END IF;
    PERFORM set_config('timely.led', current_setting('timely.lead'), true);
END $$;

CREATE FUNCTION timely.must_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('timely.lead', true) <> '' THEN
        PERFORM timely.check_lead();
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION timely.guard_lead(the_table regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER must_lead BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH STATEMENT'
                   ' EXECUTE FUNCTION timely.must_lead()', the_table);
END $$;

-- Every table, but those that a leader writes only by functions that take their turn, which is where it is checked: a
-- trigger on each of them would be a tenth of the work of recording a person.
SELECT timely.guard_lead(c.oid) FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = 'timely'::regnamespace AND c.relkind = 'r'
   AND c.relname NOT IN ('person', 'fact', 'deadline_history', 'finding', 'calendar_object', 'object_deadline', 'invite_holder',
                         'notice', 'mail_read', 'invite_answer', 'migration', 'leader', 'daemon');
