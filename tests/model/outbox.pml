/* The outbox as a model: the table of transitions beside timely.outbox in sql/store/0001_store.sql, two daemons that send,
 * and a world in which they crash, stop and are cut off, the store goes away, and the mail server is busy or takes a mail
 * and its answer is lost. tests/model/run checks it whole.
 *
 * Two messages about one calendar object to one person: 0, and the newer 1. An atomic sequence on a row is a statement of
 * the store. Time is not counted: a lease may end whenever nobody who is in touch with the store holds the row, and a
 * holder's own clock says so first; or at once, where the store slept with a claim on its way or its clock was put forward.
 * It is then doubted for as long again, in which nothing of that kind happens once more. A sender holds several messages;
 * each goes its own way, so here it holds one.
 *
 * A settlement is sent, and the next message begins to leave before it is answered. It arrives even if its sender crashes,
 * and is carried out in less than a lease's time, unless the store goes away or its sender is cut off. Nor is it waited for
 * until the disk has it: a store that crashes may forget the last ones, and with them nothing else, since every other
 * statement is waited for, and its log is written in order.
 *
 * What the holder supersedes may have a key that can be put in again (taken back): that is another message, a row and a
 * Message-ID of its own, and none of these two.
 *
 * Each of NO_FENCE, NO_LEASE_CHECK, NO_MARK, NO_WAIT, NO_GRACE, NO_DOUBT, NO_REPEAT_KEPT, NO_SECOND_WORD, NO_SENDING and NO_DEDUPE
 * takes away one thing that the daemon does; the model must then fail. */

#define SENDERS 2
#define MESSAGES 2
#define NOTHING 255

mtype = { absent, due, claimed, handing_over, sent, refused, superseded }; /* states; expired is as refused */
mtype = { open, lost, overtaken, taken, never_taken, again, unsure };      /* outcomes */
mtype = { in_touch, stopped, cut_off };
mtype = { kept };

/* The table. */
typedef row {
    mtype state = absent;
    bool maybe_repeat;
    bool lease_over;
    bool doubted;
    mtype was = kept; /* what a crash of the store brings back: the disk does not have the row yet */
    bool was_repeat;
}
row outbox[MESSAGES];

/* The senders, each with what it knows. */
typedef memory {
    byte message = NOTHING; /* that it has claimed */
    bool newest;            /* the number of its claim is the row's still; numbers are only ever compared */
    bool sure;              /* its own clock: the lease is not over */
    bool giving;            /* the data may be leaving */
    bool crashed;
    bool grace; /* the store came back a moment ago: who holds something has not renewed it yet */
    bool told;  /* what became of the message, on a connection that the store has not broken since */
    mtype touch = in_touch;
}
memory sender[SENDERS];

/* What became of a message, on its way to the store. */
typedef word {
    byte message = NOTHING;
    bool newest;
    mtype outcome;
}
word on_way[SENDERS];

bool store_away;

#ifndef TROUBLES
#define TROUBLES 3
#endif
byte troubles = TROUBLES; /* so many things may still go wrong, of any kind */

/* What the judge knows: nobody in the model looks at these. */
byte puts[MESSAGES];
byte accepted[MESSAGES]; /* by the mail server */
bool shelved[MESSAGES];  /* superseded by the one who put in the newer one */
bool orphan[MESSAGES];   /* who has told the store what became of it has died since */
bool excused[MESSAGES];  /* an answer was lost, a holder died or was out of touch while it gave, or died with the store */

#define is_held(m) (outbox[m].state == claimed || outbox[m].state == handing_over)
#define is_waiting(m) (outbox[m].state == due || is_held(m))
#ifdef NO_DOUBT
#define is_lost(m) outbox[m].lease_over
#else
#define is_lost(m) (outbox[m].lease_over && outbox[m].doubted)
#endif
#define can_claim(s, m) (outbox[m].state == due || (is_held(m) && is_lost(m) && !sender[s].grace))

#define reaches_store(s) (!store_away && sender[s].touch == in_touch)
#define is_awake(s) (sender[s].touch != stopped)
#define holds(s, m) (sender[s].message == m && sender[s].newest)
#define can_renew(s, m) (reaches_store(s) && holds(s, m) && is_held(m))
#define awaits_renewal(m) (outbox[m].lease_over && (can_renew(0, m) || can_renew(1, m)))
#define is_kept(s, m) (holds(s, m) && (sender[s].sure || reaches_store(s)))
#define is_on_way(s, m) (on_way[s].message == m && on_way[s].newest)
#define is_told(m) (is_on_way(0, m) || is_on_way(1, m))
#define can_end(m) (is_held(m) && !outbox[m].lease_over && !is_kept(0, m) && !is_kept(1, m) && !is_told(m))

#ifdef NO_DEDUPE
#define is_new(m) true
#else
#define is_new(m) (outbox[m].state == absent)
#endif
#ifdef NO_FENCE
#define is_ours(s, m) true
#define is_word_ours(s) true
#else
#define is_ours(s, m) holds(s, m)
#define is_word_ours(s) on_way[s].newest
#endif

inline keep(m)
{
    outbox[m].was = kept;
    outbox[m].was_repeat = false
}

inline keep_all()
{
    keep(0);
    keep(1)
}

inline keep_later(m)
{
    outbox[m].was = outbox[m].state;
    outbox[m].was_repeat = outbox[m].maybe_repeat
}

inline undo(m)
{
    if
    :: outbox[m].was != kept ->
        outbox[m].state = outbox[m].was;
        outbox[m].maybe_repeat = outbox[m].was_repeat;
        excused[m] = excused[m] || orphan[m];
        keep(m)
    :: else
    fi
}

inline forget(s)
{
    sender[s].message = NOTHING;
    sender[s].newest = false;
    sender[s].sure = false;
    sender[s].giving = false;
    sender[s].told = false
}

inline lose_word(s)
{
    on_way[s].message = NOTHING;
    on_way[s].newest = false;
    on_way[s].outcome = 0
}

/* ---------------------------------------------------------------------------------------------- the statements */

/* timely.put_message */
inline put(m)
{
    atomic {
        !store_away ->
        if
        :: m == 1 && outbox[0].state == due && !outbox[0].maybe_repeat ->
            assert(accepted[0] == 0);
            outbox[0].state = superseded;
            shelved[0] = true
        :: else
        fi;
        if
        :: is_new(m) ->
            puts[m]++;
            assert(puts[m] == 1);
            outbox[m].state = due
        :: !is_new(m)
        fi;
        keep_all()
    }
}

/* outbox_claim: the oldest; the newer one only when the older one no longer waits. */
inline claim(s, m)
{
    atomic {
        reaches_store(s) && (can_claim(s, 0) || (can_claim(s, 1) && !is_waiting(0))) ->
        if
        :: can_claim(s, 0) -> m = 0
        :: else -> m = 1
        fi;
        outbox[m].maybe_repeat = outbox[m].maybe_repeat || outbox[m].state == handing_over;
        outbox[m].state = claimed;
        outbox[m].lease_over = false;
        outbox[m].doubted = false;
        if
        :: sender[1 - s].message == m -> sender[1 - s].newest = false
        :: else
        fi;
        on_way[0].newest = on_way[0].newest && on_way[0].message != m;
        on_way[1].newest = on_way[1].newest && on_way[1].message != m;
        sender[s].message = m;
        sender[s].newest = true;
        sender[s].sure = true;
        keep_all()
    }
}

/* outbox_claim, of a lease that is over: it is lengthened. */
inline doubt(s, m)
{
    atomic {
        reaches_store(s) && !sender[s].grace && is_held(m) && outbox[m].lease_over && !outbox[m].doubted ->
        outbox[m].doubted = true;
        outbox[m].lease_over = false;
        keep_all()
    }
}

/* outbox_hand_over */
inline mark(s, m, outcome)
{
    atomic {
        reaches_store(s) ->
        if
        :: is_ours(s, m) ->
            keep_all();
#ifdef NO_WAIT
            keep_later(m);
#endif
#ifndef NO_MARK
            outbox[m].state = handing_over;
#endif
            outbox[m].lease_over = false;
            outbox[m].doubted = false;
            sender[s].sure = true
        :: !is_ours(s, m) -> outcome = lost
        fi
    }
}

/* outbox_renew: the heartbeat. */
inline renew(s)
{
    atomic {
        sender[s].message != NOTHING && can_renew(s, sender[s].message) &&
            (!sender[s].sure || outbox[sender[s].message].lease_over || outbox[sender[s].message].doubted) ->
        outbox[sender[s].message].lease_over = false;
        outbox[sender[s].message].doubted = false;
        sender[s].sure = true;
        keep_all()
    }
}

inline become(m, outcome)
{
    outbox[m].lease_over = false;
    outbox[m].doubted = false;
    if
    :: outcome == taken -> outbox[m].state = sent
    :: outcome == never_taken -> outbox[m].state = refused
    :: outcome == overtaken -> outbox[m].state = superseded
    :: outcome == again -> outbox[m].state = due
    :: outcome == unsure ->
        outbox[m].state = due;
#ifndef NO_REPEAT_KEPT
        outbox[m].maybe_repeat = true
#endif
    fi
}

inline end(s, m, outcome)
{
    forget(s);
    outcome = open;
    m = 0
}

/* outbox_settle, outbox_settled, then db_make_last. Where the store is away what there is to say is kept until it is back, and
 * said once more where it was said before that. */
inline settle(s, m, outcome)
{
    do
    :: atomic {
            outcome == lost && is_awake(s) ->
            end(s, m, outcome);
            break
        }
    :: atomic {
            outcome != lost && !sender[s].told && reaches_store(s) ->
            on_way[s].message = m;
            on_way[s].newest = sender[s].newest;
            on_way[s].outcome = outcome;
            sender[s].told = true
#ifdef NO_SECOND_WORD
            ;
            end(s, m, outcome);
            break
#endif
        }
    :: atomic {
            sender[s].told && on_way[s].message == NOTHING && reaches_store(s) ->
            keep_all();
            end(s, m, outcome);
            break
        }
    od
}

/* The store does what it was told. */
inline arrive(s, m, outcome)
{
    atomic {
        on_way[s].message != NOTHING && !store_away ->
        m = on_way[s].message;
        outcome = on_way[s].outcome;
        if
        :: is_word_ours(s) && is_held(m) ->
            keep_later(m);
            become(m, outcome)
        :: else
        fi;
        if
        :: sender[s].message == m -> sender[s].sure = false
        :: else
        fi;
        lose_word(s);
        m = 0;
        outcome = 0
    }
}

/* ---------------------------------------------------------------------------------------------- the mail server */

inline accept(m)
{
    accepted[m]++;
    assert(!shelved[m]);
    assert(accepted[m] == 1 || excused[m]);
    assert(accepted[m] == 1 || outbox[m].maybe_repeat)
}

inline hand_over(m, outcome)
{
    if
    :: accept(m); outcome = taken
    :: outcome = never_taken
    :: troubles > 0 -> troubles--; excused[m] = true; accept(m); outcome = unsure
    :: troubles > 0 -> troubles--; outcome = again
    fi
}

/* ---------------------------------------------------------------------------------------------- the processes */

/* Says a thing twice, as a round does that is done again after a crash. */
active proctype agenda()
{
    atomic { put(0); put(0) };
    put(1)
}

active [SENDERS] proctype send()
{
    byte s = _pid - 1;
    byte m;
    mtype outcome = open;

end_begin:
    {
end_idle:
        do
        :: claim(s, m);
            /* Is it still called for? */
            if
            :: is_awake(s) -> outcome = overtaken
            :: mark(s, m, outcome)
            fi;
            if
            :: outcome == open ->
                /* The lease is looked at when the data leave. */
                atomic {
                    is_awake(s) ->
                    if
#ifndef NO_LEASE_CHECK
                    :: !sender[s].sure -> outcome = again
                    :: sender[s].sure ->
#else
                    :: true ->
#endif
                        sender[s].giving = true;
                        excused[m] = excused[m] || sender[s].touch != in_touch
                    fi
                };
                if
                :: outcome == open -> atomic { is_awake(s) -> hand_over(m, outcome) }
                :: else
                fi
            :: else
            fi;
            settle(s, m, outcome)
        od
    } unless {
        sender[s].crashed
    };
    atomic {
        sender[s].crashed = false;
        outcome = open;
        m = 0
    };
    goto end_begin
}

#define is_busy(s) (sender[s].message != NOTHING)

/* kill -9, and a new start. What the store was told it has, or will. */
inline crash(s)
{
    atomic {
        troubles > 0 && is_busy(s) ->
        troubles--;
        if
        :: sender[s].told -> orphan[sender[s].message] = true
        :: !sender[s].told && sender[s].giving -> excused[sender[s].message] = true
        :: else
        fi;
#ifdef NO_SENDING
        lose_word(s);
#endif
        forget(s);
        sender[s].grace = false;
        sender[s].touch = in_touch;
        sender[s].crashed = true
    }
}

/* SIGSTOP, a machine that is moved; or the way to the store is broken, for this one alone. */
inline interrupt(s)
{
    atomic {
        troubles > 0 && is_busy(s) && sender[s].touch == in_touch ->
        troubles--;
        if
        :: sender[s].giving -> excused[sender[s].message] = true
        :: else
        fi;
        if
        :: sender[s].touch = stopped
        :: sender[s].touch = cut_off
        :: sender[s].touch = cut_off; sender[s].told = false; lose_word(s)
        fi
    }
}

/* The store goes away. */
inline break_connection(s)
{
    if
    :: on_way[s].message != NOTHING && orphan[on_way[s].message] -> excused[on_way[s].message] = true
    :: else
    fi;
    lose_word(s);
    sender[s].told = false
}

/* What may happen to those who are at something (to others it is only a delay), and the heartbeat. */
active proctype world()
{
    byte m;
    mtype outcome;

end_calm:
    do
    :: crash(0)
    :: crash(1)
    :: interrupt(0)
    :: interrupt(1)
    :: atomic { sender[0].touch != in_touch -> sender[0].touch = in_touch }
    :: atomic { sender[1].touch != in_touch -> sender[1].touch = in_touch }
    :: atomic {
            troubles > 0 && !store_away && (is_busy(0) || is_busy(1)) ->
            troubles--;
            store_away = true;
            break_connection(0);
            break_connection(1);
            /* It crashes, or it is out of reach. */
            if
            :: undo(0); undo(1)
            :: true
            fi
        }
    :: atomic {
            store_away ->
            store_away = false;
#ifndef NO_GRACE
            sender[0].grace = true;
            sender[1].grace = true
#endif
        }
    /* Whoever takes over waits for a lease's time after the store is back; a heartbeat is faster. */
    :: atomic {
            (sender[0].grace || sender[1].grace) && !awaits_renewal(0) && !awaits_renewal(1) && !is_told(0) && !is_told(1) ->
            sender[0].grace = false;
            sender[1].grace = false
        }
    /* It sleeps, or its clock is put forward: that counts for two. With two others beside it within a few seconds, as that
     * it goes away while it doubts and the holder dies as it comes back, there may be a repeat. */
    :: atomic {
            troubles > 1 && !store_away && (is_held(0) || is_held(1)) && !outbox[0].doubted && !outbox[1].doubted ->
            troubles = troubles - 2;
            outbox[0].lease_over = is_held(0);
            outbox[1].lease_over = is_held(1)
        }
    /* Time goes by: for the holder first, whose clock began before the server's. */
    :: atomic { sender[0].sure && !reaches_store(0) -> sender[0].sure = false }
    :: atomic { sender[1].sure && !reaches_store(1) -> sender[1].sure = false }
    :: atomic { can_end(0) -> outbox[0].lease_over = true }
    :: atomic { can_end(1) -> outbox[1].lease_over = true }
    :: doubt(0, 0)
    :: doubt(0, 1)
    :: doubt(1, 0)
    :: doubt(1, 1)
    :: renew(0)
    :: renew(1)
    :: arrive(0, m, outcome)
    :: arrive(1, m, outcome)
    od
}

#define is_final(m) (outbox[m].state == sent || outbox[m].state == refused || outbox[m].state == superseded)

/* When nothing moves any more, and all that was away is back. */
active proctype judge()
{
    timeout ->
    assert(is_final(0) && is_final(1));
    assert(outbox[0].state != sent || accepted[0] > 0);
    assert(outbox[1].state != sent || accepted[1] > 0);
    assert(accepted[0] == 0 || outbox[0].state == sent || excused[0]);
    assert(accepted[1] == 0 || outbox[1].state == sent || excused[1])
}
