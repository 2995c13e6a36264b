-- The store: what timely knows, owes, has said and has shown. One schema, `timely`.
--
-- Dates are civil dates of England; "…_at" columns are instants (timestamptz). Business time decides every date;
-- the server's clock decides only leases and retries.

CREATE SCHEMA IF NOT EXISTS timely;

-- Migrations that were applied, in order.
CREATE TABLE timely.migration (
    number      integer PRIMARY KEY,
    name        text NOT NULL,
    sha256      text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);

-- One row: the clock of the business and what the last readings and reconciles saw.
CREATE TABLE timely.state (
    only_row            boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    real_anchor_us      bigint NOT NULL DEFAULT 0,     -- microseconds since 1970; both 0: business time is real time
    business_anchor_us  bigint NOT NULL DEFAULT 0,
    read_at             timestamptz,                   -- real time of the last complete reading of the source
    read_business_at    timestamptz,
    changed_at          timestamptz,                   -- business time at which an accepted fact last changed
    rules_version       text,
    reconciled_on       date,                          -- business day of the last full reconcile
    heartbeat_at        timestamptz,                   -- real time: the daemon's loop went round
    weekly_on           date,                          -- the Monday of the week whose lists were put in last
    first_started_at    timestamptz,                   -- business time; what was late before is summarised, not stormed
    newest_fact_at      timestamp,                     -- civil time of the newest fact ever read that was not of the future
    said                text                           -- what the last reading saw and why nothing was done, in words
);
INSERT INTO timely.state DEFAULT VALUES;

-- One row: what the self-audit may expect of the daemon, by the configuration that it last read.
CREATE TABLE timely.expected (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    since           timestamptz NOT NULL DEFAULT now(), -- real time
    sends           boolean NOT NULL DEFAULT false,
    read_every_s    integer,              -- the whole of the source
    stale_after     interval,             -- NULL: its facts may be of any age
    mailbox         text,                 -- as in timely.mailbox; NULL: none is read
    mailbox_every_s integer,
    operator_email  text
);
INSERT INTO timely.expected DEFAULT VALUES;

-- ------------------------------------------------------------------------------------------- what is known

-- Everybody with an accepted fact. `seen` holds, for each source table that had rows of this person, the table's number
-- (2 bytes) and the sum of the hashes of those rows (8 bytes), in order of the numbers: so a reading is compared
-- without keeping its rows in memory.
CREATE TABLE timely.person (
    person_id     text PRIMARY KEY,
    seen          bytea NOT NULL DEFAULT '',
    family        text,
    case_ref      text,
    initials      text,
    display_name  text,
    restricted    boolean NOT NULL DEFAULT false,
    worker_id     text,               -- who is responsible now: allocated worker, team, chair, reviewing officer
    team_id       text,
    chair_id      text,
    iro_id        text,
    worker_since  date,
    unallocated_at timestamptz,       -- business time since which nobody has the child; NULL: somebody has, or never had
    last_seen_on  date,               -- the last visit at which the child was seen
    look_again_on date,               -- first day on which the answer changes without a new fact
    accepted_at   timestamptz NOT NULL
);
CREATE INDEX person_look_again ON timely.person (look_again_on) WHERE look_again_on IS NOT NULL;
CREATE INDEX person_worker ON timely.person (worker_id);
CREATE INDEX person_team ON timely.person (team_id);

-- Accepted facts: what was last known to be whole. The columns are those of the fact contract.
CREATE TABLE timely.fact (
    person_id    text NOT NULL REFERENCES timely.person ON DELETE CASCADE,
    kind         text NOT NULL,
    ref          text NOT NULL,
    at           timestamp NOT NULL,
    precise      boolean NOT NULL,
    until        timestamp,
    episode      text,
    meeting      text,
    code         text,
    who          text,
    origin       text NOT NULL,
    recorded_at  timestamp,
    scheduled_at timestamp,
    ends_at      timestamp,
    place        text,
    url          text,
    attendees    text
);
CREATE INDEX fact_person ON timely.fact (person_id);

-- Deadlines as they stand. The identity is for life: it survives corrected dates and changed keys.
CREATE TABLE timely.deadline (
    deadline_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id     text NOT NULL,
    timescale     text NOT NULL,
    subject_ref   text NOT NULL,
    trigger_on    date NOT NULL,
    trigger_ref   text,
    due_on        date NOT NULL,
    due_at        timestamp,           -- civil time; only for clocks in hours
    book_by       date NOT NULL,
    provisional   boolean NOT NULL,
    state         text NOT NULL CHECK (state IN ('open', 'met', 'ended', 'unknown', 'withdrawn')),
    met_on        date,
    met_ref       text,
    met_meeting   text,
    in_timescale  boolean,
    why           text,
    booked_at     timestamp,           -- civil time of the meeting in the diary
    booked_group  text,
    chaired_by    text,                -- who chairs, or chaired, the meeting that it is about; NULL: the child's chair or officer
    derivation    text NOT NULL,       -- the sentence that explains the date
    not_counted   text,                -- the days that its period skips, in words; NULL: none
    uid           text NOT NULL UNIQUE, -- of its calendar entry, for life
    sequence      integer NOT NULL DEFAULT 0,
    at_first_start boolean NOT NULL,   -- was there when timely began: its past rungs are summarised, never sent
    rule_version  integer NOT NULL,
    library       text NOT NULL,       -- fingerprint of the rules that gave this answer
    first_seen_at timestamptz NOT NULL, -- business time
    changed_at    timestamptz NOT NULL,
    owed_since    timestamptz NOT NULL, -- business time: first seen, or open again after it was met, ended or withdrawn
    next_notice_at timestamptz         -- business time at which its ladder next speaks; NULL: never
);
CREATE INDEX deadline_person ON timely.deadline (person_id);
CREATE INDEX deadline_open_due ON timely.deadline (due_on) WHERE state = 'open';
CREATE INDEX deadline_next_notice ON timely.deadline (next_notice_at) WHERE next_notice_at IS NOT NULL;
CREATE INDEX deadline_silent ON timely.deadline (timescale) WHERE state = 'open' AND next_notice_at IS NULL;

-- Every answer that was ever given: append-only.
CREATE TABLE timely.deadline_history (
    history_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deadline_id  bigint NOT NULL,
    known_at     timestamptz NOT NULL,  -- business time from which this was the answer
    change       text NOT NULL,         -- opened, moved, met, ended, reopened, withdrawn, changed
    trigger_on   date NOT NULL,
    due_on       date NOT NULL,
    due_at       timestamp,
    state        text NOT NULL,
    met_on       date,
    in_timescale boolean,
    why          text,
    booked_at    timestamp,
    derivation   text,                  -- the sentence that explained the date; NULL: of a withdrawn one
    library      text NOT NULL
);
CREATE INDEX deadline_history_deadline ON timely.deadline_history (deadline_id, history_id);

-- What is wrong in the data; resolved_at is set when a reading no longer shows it.
CREATE TABLE timely.finding (
    finding_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id     text,
    code          text NOT NULL,
    origin        text NOT NULL,
    ref           text,
    text          text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    resolved_at   timestamptz
);
CREATE INDEX finding_person ON timely.finding (person_id) WHERE resolved_at IS NULL;
CREATE UNIQUE INDEX finding_open ON timely.finding
    (coalesce(person_id, ''), code, origin, coalesce(ref, ''), md5(text)) WHERE resolved_at IS NULL;

-- Readings that were not believed, and proposals for the calendar, for a person to decide about.
CREATE TABLE timely.hold (
    hold_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('table', 'mass-change', 'calendar')),
    about       text NOT NULL,          -- the table, the fingerprint of the reading, or the change of the calendar
    text        text NOT NULL,
    opened_at   timestamptz NOT NULL,   -- business time
    decided     text CHECK (decided IN ('confirmed', 'rejected', 'resolved')),
    decided_by  text,
    decided_at  timestamptz,
    applied_at  timestamptz             -- business time of the round that ended it: took what was confirmed, or found all sound again
);
CREATE UNIQUE INDEX hold_open ON timely.hold (kind, about) WHERE decided IS NULL;

-- Bank holidays proclaimed or dropped after the product's calendar was published, as a person accepted them:
-- append-only, always about days that were still to come. The last row about a day counts.
CREATE TABLE timely.proclaimed_holiday (
    proclaimed_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    on_day        date NOT NULL,
    title         text NOT NULL,
    division      text NOT NULL CHECK (division IN ('england-and-wales', 'scotland', 'northern-ireland')),
    holiday       boolean NOT NULL,     -- false: the day is a bank holiday no longer
    accepted_at   timestamptz NOT NULL, -- business time
    accepted_by   text NOT NULL,
    library       text NOT NULL,        -- fingerprint of the rules and the calendar that it changed
    hold_id       bigint NOT NULL REFERENCES timely.hold
);

-- What the last accepted reading held of each source table.
CREATE TABLE timely.source_table (
    number      smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin      text NOT NULL UNIQUE,
    rows        bigint NOT NULL,
    filenode    bigint,
    changed_at  timestamptz NOT NULL    -- real time at which the file node last changed
);

-- People to evaluate again although the source shows no change of theirs: an imported event, a pressed button.
CREATE TABLE timely.dirty (
    dirty_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  text NOT NULL,
    put_at     timestamptz NOT NULL DEFAULT now() -- real time
);

-- Timescales whose being met the source does not show.
CREATE TABLE timely.blind (
    timescale text PRIMARY KEY,
    since     date NOT NULL
);

-- ---------------------------------------------------------------------------------------- what was shown and said

-- Calendar objects: one UID for life, a SEQUENCE that only rises.
CREATE TABLE timely.calendar_object (
    object_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid          text NOT NULL UNIQUE,
    sequence     integer NOT NULL DEFAULT 0,
    kind         text NOT NULL CHECK (kind IN ('hold', 'meeting')),
    status       text NOT NULL CHECK (status IN ('live', 'cancelled')),
    timescale    text NOT NULL,
    meeting      text,                   -- key of the booked meeting; NULL for a hold
    starts_on    date NOT NULL,
    starts_at    timestamp,              -- civil time of a meeting
    ends_at      timestamp,
    place        text,
    url          text,
    content_hash text NOT NULL,          -- of what the receivers see
    changed_at   timestamptz NOT NULL    -- DTSTAMP in feeds: business time of the last change
);
CREATE UNIQUE INDEX calendar_object_meeting ON timely.calendar_object (meeting) WHERE meeting IS NOT NULL AND status = 'live';

-- The deadlines that an object serves; a deadline is served by one object at a time.
CREATE TABLE timely.object_deadline (
    deadline_id bigint PRIMARY KEY REFERENCES timely.deadline,
    object_id   bigint NOT NULL REFERENCES timely.calendar_object,
    named       text,                    -- staff numbers of the child's booking, divided by blanks: they may see the child
    said        text                     -- when the child's booking was told, so that the latest word on a meeting is known
);
CREATE INDEX object_deadline_object ON timely.object_deadline (object_id);

-- Who holds an invite, and of which version.
CREATE TABLE timely.invite_holder (
    object_id     bigint NOT NULL REFERENCES timely.calendar_object,
    staff_id      text NOT NULL,
    email         text NOT NULL,
    sequence_said integer NOT NULL,      -- the highest that was put into the outbox for this holder
    sequence_sent integer,               -- the highest that was handed over; NULL: never
    children      text NOT NULL DEFAULT '', -- whom it names to this holder: numbers of persons, divided by blanks
    shown         jsonb,                 -- outbox.shows of the newest one that was handed over
    answer        text CHECK (answer IN ('ACCEPTED', 'DECLINED', 'TENTATIVE', 'DELEGATED', 'NEEDS-ACTION')),
    answer_sequence integer,             -- the version that was answered; below sequence_said: not the newest
    answered_at   timestamptz,           -- as the answer says itself (DTSTAMP)
    proposed_start timestamp,            -- civil time that was proposed instead; 00:00 for a whole day
    proposed_end  timestamp,
    comment       text,
    acknowledged  integer,               -- the highest version that they themselves have said yes or perhaps to
    PRIMARY KEY (object_id, staff_id)
);

-- The service's own mailbox, and how far it was read.
CREATE TABLE timely.mailbox (
    mailbox      text PRIMARY KEY,       -- user, host and folder
    uid_validity bigint NOT NULL,        -- UIDs mean nothing without it
    last_uid     bigint NOT NULL,        -- every mail up to it was looked at
    read_at      timestamptz,            -- real time of the last look that came to its end
    problem      text                    -- why there was none since; NULL: there was
);

-- What was taken from a mail, or why nothing was; never its text. A mail that comes by again has the same hash.
CREATE TABLE timely.mail_read (
    mail_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256       text NOT NULL UNIQUE,
    mailbox      text NOT NULL,
    uid_validity bigint NOT NULL,
    uid          bigint NOT NULL,
    taken_at     timestamptz NOT NULL,   -- business time
    became       text NOT NULL CHECK (became IN ('answer', 'bounce', 'ignored')),
    why          text,                   -- of an ignored one
    object_id    bigint,
    staff_id     text
);

-- Answers to invites: append-only. One that answers an older version, or came late, changes nothing else.
CREATE TABLE timely.invite_answer (
    answer_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    object_id      bigint NOT NULL REFERENCES timely.calendar_object,
    staff_id       text NOT NULL,        -- the holder
    method         text NOT NULL CHECK (method IN ('REPLY', 'COUNTER', 'DECLINECOUNTER')),
    answer         text NOT NULL,
    sequence       integer NOT NULL,     -- the version that was answered
    stamped_at     timestamptz NOT NULL, -- DTSTAMP
    sent_by        text,                 -- staff number of who answered in the holder's place
    acknowledges   boolean NOT NULL,
    proposed_start timestamp,
    proposed_end   timestamp,
    comment        text,
    mail_id        bigint NOT NULL REFERENCES timely.mail_read,
    taken_at       timestamptz NOT NULL, -- business time
    UNIQUE NULLS NOT DISTINCT (object_id, staff_id, method, answer, sequence, stamped_at, proposed_start)
);

-- Addresses from which mail came back.
CREATE TABLE timely.bounced_address (
    email       text PRIMARY KEY,        -- in small letters
    staff_id    text,                    -- whose; NULL: the operator's, or the one that everything is redirected to
    since       timestamptz NOT NULL,    -- business time, as the next
    bounced_at  timestamptz NOT NULL,    -- the last time
    status      text NOT NULL,           -- of RFC 3463, such as 5.1.1
    diagnostic  text NOT NULL,
    message_id  bigint NOT NULL,         -- the message that came back last
    told_at     timestamptz              -- the operator; NULL: not yet
);

-- The rungs that have spoken, append-only: a rung speaks once to a person, of a due date, for as long as it is owed.
CREATE TABLE timely.notice (
    deadline_id  bigint NOT NULL REFERENCES timely.deadline,
    due_on       date NOT NULL,          -- a moved deadline starts its ladder again
    owed_since   timestamptz NOT NULL,   -- and so does one that is owed again
    rung         text NOT NULL,
    staff_id     text NOT NULL,          -- '': there was nobody; it is still to be said
    said_at      timestamptz NOT NULL,   -- business time
    message_id   bigint,                 -- the outbox message; NULL: passed before the deadline was known
    PRIMARY KEY (deadline_id, due_on, owed_since, rung, staff_id)
);
CREATE INDEX notice_message ON timely.notice (message_id) WHERE message_id IS NOT NULL;

-- What somebody said about a deadline with the due date that it had. 'in-hand': they see to it, and are not reminded
-- meanwhile. 'done': it was done and is not yet recorded; those above are not told meanwhile. Neither moves a due date or
-- meets it. Append-only but for its end: each ends by itself after its last day, or before by what is written here.
CREATE TABLE timely.acknowledgement (
    acknowledgement_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    deadline_id   bigint NOT NULL REFERENCES timely.deadline,
    due_on        date NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('in-hand', 'done')),
    staff_id      text NOT NULL,         -- who has it in hand, or has done it
    of_worker     text,                  -- who was the child's worker then
    last_day      date NOT NULL,         -- on which it holds
    reason        text,                  -- in their words; of 'in-hand' always
    said_by       text NOT NULL,         -- 'by link to X', 'signed in as X', 'by command by USER'
    said_at       timestamptz NOT NULL,  -- business time
    ended_at      timestamptz,           -- business time; NULL: not before its last day
    ended_because text,
    CHECK ((ended_at IS NULL) = (ended_because IS NULL) AND (kind = 'done' OR reason IS NOT NULL))
);
CREATE INDEX acknowledgement_deadline ON timely.acknowledgement (deadline_id);
CREATE UNIQUE INDEX acknowledgement_in_hand ON timely.acknowledgement (deadline_id, staff_id)
    WHERE kind = 'in-hand' AND ended_at IS NULL;
CREATE UNIQUE INDEX acknowledgement_done ON timely.acknowledgement (deadline_id, due_on)
    WHERE kind = 'done' AND ended_at IS NULL;

-- What was said about deadlines as they are now, until its last day is over.
CREATE VIEW timely.holding_acknowledgement AS
SELECT a.* FROM timely.acknowledgement a JOIN timely.deadline d USING (deadline_id)
 WHERE a.ended_at IS NULL AND a.due_on = d.due_on;

-- Messages. What may become of one, by whom, and what the statement that does it checks:
--
--   from           to             who         on what condition
--   -              due            put_message its dedupe key is new
--   due            superseded     put_message a newer one about the same object to the same person is put in, and this one has
--                                             surely not left (not maybe_repeat)
--   due            superseded     the agenda  the same of a newer digest to the same person, which says what still stands; of the
--                                             list of a week, only by a newer list with a digest in it
--   due            claimed        a sender    not_before has come; no older one about the same object to the same person waits
--   either         itself         another     lease_until has passed: doubted, and lengthened
--   claimed        claimed        another     lease_until has passed, and it was doubted
--   handing_over   claimed        another     the same; it may have left: maybe_repeat
--   claimed        handing_over   the holder  claim_number is still its own; before the first byte leaves
--   claimed        superseded     the holder  the same; nothing in it is for its recipient any more, or it names a child who is
--                                             not: taken back, so that its key may be put in again, as another message
--   claimed        refused        the holder  the same; it cannot be composed, may not go to this address, or names a restricted
--                                             child who is not for its recipient, and the agenda cannot say it anew
--   claimed        due            the holder  the same; there is no way to a mail server, now: later
--   either         due            the holder  the same; it was not tried: those before it in the batch took too long, or the
--                                             daemon stops
--   handing_over   sent           the holder  claim_number is still its own; the mail server took it
--   handing_over   refused        the holder  the same; the mail server never will
--   handing_over   expired        the holder  the same; the mail server has said "later" to it for too many days
--   handing_over   due            the holder  the same; later (retry), and where the answer was lost as maybe_repeat
--   refused        due            a person    timely outbox retry
--   expired        due            a person    timely outbox retry
--
-- A sender claims several at a time, as many as go out in a moment, and hands over one after the other. Every claim raises
-- claim_number, so a holder that others took for dead checks in vain. A lease lasts six seconds and is renewed every two
-- while its holder lives. One that is over is doubted for as long again before anybody takes it: the store may have slept with
-- its word on the way, or been away, or had its clock put forward. That a message is claimed, and that it begins to be
-- handed over, is on the disk before anything is done on it. What the holder then says of it is on its way to the store before
-- the next message leaves, and arrives even if the holder dies; the disk has it a moment later: the holder remembers it for
-- so long, and says it again to a store that has crashed. So no message is lost, each is one row and one Message-ID, and it
-- reaches the mail server twice only if an answer was lost, or if its holder died or was out of touch after the data had begun
-- to leave: tests/model/outbox.pml is this table as a model, and is checked. Only what is taken back after its answer was lost
-- is said again in another mail: nobody can know whether the first one arrived.
CREATE TABLE timely.outbox (
    message_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind           text NOT NULL CHECK (kind IN ('digest', 'alarm', 'invite', 'cancel', 'operator', 'summary', 'weekly', 'welcome')),
    dedupe         text NOT NULL UNIQUE, -- obligation, recipient, kind, sequence: the same thing is never put in twice
    staff_id       text,                 -- NULL: the operator
    recipient      text NOT NULL,        -- mail address
    object_id      bigint,
    sequence       integer,
    feed_kind      text,                 -- of a welcome: whose calendar it brings
    feed_owner     text,
    subject        text NOT NULL,
    body_text      text NOT NULL,
    body_html      text,
    body_calendar  text,
    page_id        bigint,               -- of an invite: the deadline to whose page its words link
    shows          jsonb,                -- of an invite: kind, children (by number), starts_on, starts_at, ends_at
    rfc_message_id text NOT NULL UNIQUE, -- the Message-ID header, the same on every try
    state          text NOT NULL DEFAULT 'due',
    put_at         timestamptz NOT NULL, -- business time
    not_before     timestamptz NOT NULL, -- real time of the first or next try
    attempts       integer NOT NULL DEFAULT 0,
    claimed_by     text,
    claim_number   bigint NOT NULL DEFAULT 0, -- fencing: rises with every claim
    lease_until    timestamptz,          -- real time of the server
    doubted        boolean NOT NULL DEFAULT false, -- its lease was over, and was lengthened for its holder to renew it
    maybe_repeat   boolean NOT NULL DEFAULT false, -- a hand-over whose answer was lost is tried again
    last_answer    text,
    settled_at     timestamptz,          -- business time; NULL: it waits
    given_up       boolean NOT NULL DEFAULT false, -- refused or expired
    CHECK (CASE WHEN settled_at IS NULL THEN state IN ('due', 'claimed', 'handing_over') AND NOT given_up
                WHEN given_up THEN state IN ('refused', 'expired') ELSE state IN ('sent', 'superseded') END)
) WITH (fillfactor = 50);
-- No index has the state or the lease in it, nor asks for them, and pages are left half empty: so a row that is claimed
-- and handed over is written anew beside the old one, and no index is touched until it is settled.
--
-- In the order in which they are claimed; what waits for its time is passed over without being read.
CREATE INDEX outbox_waiting ON timely.outbox (put_at, message_id, not_before) WHERE settled_at IS NULL;
CREATE INDEX outbox_never ON timely.outbox (settled_at) WHERE given_up;
CREATE INDEX outbox_settled_to ON timely.outbox (lower(recipient), settled_at) WHERE settled_at IS NOT NULL; -- timely.bounced()
CREATE INDEX outbox_object ON timely.outbox (object_id, staff_id) WHERE object_id IS NOT NULL;
CREATE INDEX outbox_digest ON timely.outbox (staff_id) WHERE kind IN ('digest', 'weekly') AND settled_at IS NULL;

-- Which deadlines a message is about, from when it is put in: append-only. A digest is about each of its lines, also those
-- that its reader was told before; a meeting's invite about every deadline that the meeting was to meet then.
CREATE TABLE timely.message_deadline (
    message_id  bigint NOT NULL,         -- outlives the message, whose texts are purged sooner
    deadline_id bigint NOT NULL REFERENCES timely.deadline,
    PRIMARY KEY (message_id, deadline_id)
);
CREATE INDEX message_deadline_deadline ON timely.message_deadline (deadline_id);

-- Digests, alarms and lists that were taken back as they were to leave, until the agenda has looked anew at what they said.
CREATE TABLE timely.taken_back (
    message_id bigint PRIMARY KEY
);

-- What counts as said about a deadline: of the due date that it has, since it is owed. It stands if it is in a mail to that
-- person which has left, or waits to: what was taken back without another one that says it was not said.
CREATE VIEW timely.said AS
SELECT n.*, NOT EXISTS (SELECT FROM timely.outbox o WHERE o.message_id = n.message_id AND o.state = 'superseded')
            OR EXISTS (SELECT FROM timely.message_deadline a JOIN timely.outbox l USING (message_id)
                        WHERE a.deadline_id = n.deadline_id AND l.staff_id = n.staff_id AND l.message_id > n.message_id
                          AND l.kind IN ('digest', 'alarm', 'weekly') AND l.state <> 'superseded') AS stands
  FROM timely.notice n JOIN timely.deadline d USING (deadline_id) WHERE n.due_on = d.due_on AND n.owed_since = d.owed_since;

-- The audit: append-only, ids and hashes, no message texts.
CREATE TABLE timely.audit (
    audit_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,    -- business time
    real_at     timestamptz NOT NULL DEFAULT now(),
    what        text NOT NULL,           -- message.sent, message.refused, hold.confirmed, feed.added, …
    message_id  bigint,
    deadline_id bigint,
    staff_id    text,
    detail      text
);
CREATE FUNCTION timely.audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timely.audit
    FOR EACH STATEMENT EXECUTE FUNCTION timely.audit_is_append_only();
CREATE TRIGGER answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timely.invite_answer
    FOR EACH STATEMENT EXECUTE FUNCTION timely.audit_is_append_only();
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timely.deadline_history
    FOR EACH STATEMENT EXECUTE FUNCTION timely.audit_is_append_only();
CREATE TRIGGER notice_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timely.notice
    FOR EACH STATEMENT EXECUTE FUNCTION timely.audit_is_append_only();
CREATE TRIGGER message_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timely.message_deadline
    FOR EACH STATEMENT EXECUTE FUNCTION timely.audit_is_append_only();
-- Rows that stand but for how they end: the columns of the end, the one that tells whether it has come first.
CREATE FUNCTION timely.only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD)->>TG_ARGV[0] IS NULL
       AND to_jsonb(NEW) - TG_ARGV::text[] = to_jsonb(OLD) - TG_ARGV::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was said stands: it can only end';
END $$;
CREATE TRIGGER acknowledgement_only_ends BEFORE UPDATE OR DELETE ON timely.acknowledgement
    FOR EACH ROW EXECUTE FUNCTION timely.only_ends('ended_at', 'ended_because');
CREATE TRIGGER acknowledgement_not_truncated BEFORE TRUNCATE ON timely.acknowledgement
    FOR EACH STATEMENT EXECUTE FUNCTION timely.only_ends();
CREATE TRIGGER finding_only_ends BEFORE UPDATE ON timely.finding FOR EACH ROW EXECUTE FUNCTION timely.only_ends('resolved_at');
-- What a message says, to whom, is never written anew: once it is settled, its texts may be emptied, and the key of one that
-- is taken back is free for another. Deleting a settled one is a purge; the audit has what was sent.
CREATE FUNCTION timely.message_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.kind, NEW.staff_id, NEW.recipient, NEW.rfc_message_id)
       IS DISTINCT FROM (OLD.kind, OLD.staff_id, OLD.recipient, OLD.rfc_message_id)
       OR (NEW.dedupe <> OLD.dedupe AND (NEW.state <> 'superseded' OR OLD.settled_at IS NOT NULL
                                         OR NEW.dedupe <> concat('taken-back:', OLD.message_id, ':', OLD.dedupe)))
       OR EXISTS (SELECT FROM (VALUES (OLD.subject, NEW.subject), (OLD.body_text, NEW.body_text),
                                      (OLD.body_html, NEW.body_html), (OLD.body_calendar, NEW.body_calendar)) AS v (was, becomes)
                   WHERE v.becomes IS DISTINCT FROM v.was AND (OLD.settled_at IS NULL OR v.becomes <> '')) THEN
        RAISE EXCEPTION 'what a message says stands: once it is settled, its texts can only be emptied';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_stands
    BEFORE UPDATE OF kind, staff_id, recipient, rfc_message_id, subject, body_text, body_html, body_calendar
    ON timely.outbox FOR EACH ROW EXECUTE FUNCTION timely.message_stands();
-- Every settlement names the key; few change it, and none of the others is to compare its texts.
CREATE TRIGGER message_key_stands BEFORE UPDATE OF dedupe ON timely.outbox
    FOR EACH ROW WHEN (NEW.dedupe <> OLD.dedupe) EXECUTE FUNCTION timely.message_stands();
CREATE FUNCTION timely.calendar_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the calendar is append-only';
END $$;
CREATE TRIGGER proclaimed_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timely.proclaimed_holiday
    FOR EACH STATEMENT EXECUTE FUNCTION timely.calendar_is_append_only();

-- ------------------------------------------------------------------------------------------------- feeds

-- Subscriptions: an address with a secret that is stored hashed and shown once. The owner is whose deadlines it shows:
-- a worker, a team, a service (a team with all teams below it), a conference administrator or independent chair (their
-- staff number), a type of meeting, a child.
CREATE TABLE timely.feed (
    feed_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_kind     text NOT NULL
                   CHECK (owner_kind IN ('worker', 'team', 'service', 'administrator', 'chair', 'meeting', 'child')),
    owner_id       text NOT NULL,
    holder_id      text,                 -- the member of staff to whom it was given: it ends with them; NULL: a shared screen
    token_hash     text NOT NULL UNIQUE, -- SHA-256, hexadecimal
    added_at       timestamptz NOT NULL,
    added_by       text NOT NULL,
    revoked_at     timestamptz,
    suspended_because text               -- why it is not answered for now, though not revoked; NULL: it is
);
CREATE INDEX feed_live ON timely.feed (owner_kind, owner_id) WHERE revoked_at IS NULL;
CREATE VIEW timely.live_feed AS
SELECT feed_id, owner_kind, owner_id, token_hash, holder_id FROM timely.feed
 WHERE revoked_at IS NULL AND suspended_because IS NULL;

-- What a subscription is answered with: rendered when its deadlines change, not when it is asked for.
CREATE TABLE timely.feed_body (
    owner_kind    text NOT NULL,
    owner_id      text NOT NULL,
    body_gzip     bytea NOT NULL,
    etag          text NOT NULL,
    last_modified timestamptz NOT NULL,  -- of the content
    rendered_at   timestamptz NOT NULL,
    version       bigint NOT NULL DEFAULT 0,  -- of its objects: rises with every new body
    oldest_version bigint NOT NULL DEFAULT 0, -- from which on it is known what changed since
    PRIMARY KEY (owner_kind, owner_id)
);

-- The objects in a feed's body, for clients that ask what changed (CalDAV): the version at which each became what it is,
-- or left.
CREATE TABLE timely.feed_object (
    owner_kind text NOT NULL,
    owner_id   text NOT NULL,
    uid        text NOT NULL,
    tag        text NOT NULL,            -- its entity tag
    version    bigint NOT NULL,
    gone_at    timestamptz,              -- kept for 90 days
    PRIMARY KEY (owner_kind, owner_id, uid),
    FOREIGN KEY (owner_kind, owner_id) REFERENCES timely.feed_body ON DELETE CASCADE
);

-- Pages that links open: one deadline each. A link of a feed's entry goes with the entry, one of a mail at its time.
CREATE TABLE timely.page_link (
    token_hash  text PRIMARY KEY,        -- SHA-256, hexadecimal
    deadline_id bigint NOT NULL,         -- no deadline is ever deleted: to look for it at each link would cost as much again
    owner_kind  text,                    -- of the feed; NULL: a mail's
    owner_id    text,
    staff_id    text,                    -- whom the mail is to; NULL: a feed's
    expires_at  timestamptz,             -- real time; NULL: not by itself
    CHECK ((owner_kind IS NULL) = (owner_id IS NULL) AND (owner_kind IS NULL) <> (staff_id IS NULL))
);
CREATE INDEX page_link_owner ON timely.page_link (owner_kind, owner_id) WHERE owner_kind IS NOT NULL;
CREATE INDEX page_link_expires ON timely.page_link (expires_at) WHERE expires_at IS NOT NULL;

-- What links are derived from, so that a feed that did not change is the same file again; and the forms of whoever has
-- signed in, so that nobody who has only the link can make one for them.
CREATE TABLE timely.secret (
    name  text PRIMARY KEY,
    value bytea NOT NULL
);
INSERT INTO timely.secret
SELECT name, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
  FROM unnest(ARRAY['page-links', 'page-forms']) AS name;

-- The rules in words, for the pages: as the daemon that wrote deadlines last had them.
CREATE TABLE timely.timescale (
    timescale text PRIMARY KEY,
    type      text NOT NULL,             -- what titles call it: neutral
    title     text NOT NULL,
    force     text NOT NULL,             -- Law, Guidance, Local or Statistic
    source    text,
    url       text,
    evidence  text,                      -- how well the source is attested, in words
    reading   text,
    chapter   text,
    speaks    boolean NOT NULL DEFAULT false, -- somebody is told of every open deadline of it, whatever is booked
    acts      text                       -- the role that acts on it; NULL: nobody is reminded
);

-- The teams of which those rules speak: of one that the directory has not they say nothing.
CREATE TABLE timely.ruled_team (
    team_id text PRIMARY KEY
);

-- Feeds to render again.
CREATE TABLE timely.feed_dirty (
    owner_kind text NOT NULL,
    owner_id   text NOT NULL,
    marked_at  timestamptz NOT NULL DEFAULT now(), -- real time
    PRIMARY KEY (owner_kind, owner_id)
);

-- What people press on pages, for the daemon to take up: {deadline_id, staff_id, signed_in, kind, last_day, reason}.
CREATE TABLE timely.inbox (
    inbox_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    link_hash  text NOT NULL,            -- of the page
    body       jsonb NOT NULL,
    put_at     timestamptz NOT NULL DEFAULT now(),
    taken_at   timestamptz,              -- business time
    refused_because text                 -- in words for who pressed; NULL: it counts, or waits
);
CREATE INDEX inbox_waiting ON timely.inbox (inbox_id) WHERE taken_at IS NULL;
CREATE INDEX inbox_link ON timely.inbox (link_hash, inbox_id);
