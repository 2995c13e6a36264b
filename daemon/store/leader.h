// The lead of a store: a row that one process holds for a lease by the server's clock, and the
// claim by which its connections write. The lease says who may try; the claim makes it safe: a
// write under an epoch that is over is refused by the server (sql/store/0006_leader.sql).
//
// Every call is one statement. Waits.
#pragma once

#include "arena.h"
#include "db.h"

// How long a lead lasts without being renewed, on the server's clock. Who holds one may believe in
// it for as long, on a clock of its own, counted from before the statement was sent. More than two
// answers of a store that takes five seconds for each: such a one is not left without a leader.
#define LEADER_LEASE SECONDS(12)

// A name for this process that no other has: host, process number and a random one, since the only
// process of a container has always the same number.
const char *leader_name(struct arena *a);

// Takes the lead where nobody holds it: its lease is over, or longer than any that is given (the
// server's clock was stepped back since), or its connection has ended. *ret_epoch is 0 where
// another process leads.
MUST_USE bool leader_take(struct db *store, const char *name, long long *ret_epoch,
                          struct error *err);
// For another lease, and notes that this process is there. *ret_leads false: another process has
// taken the lead since.
MUST_USE bool leader_renew(struct db *store, const char *name, long long epoch, bool *ret_leads,
                           struct error *err);
// Gives the lead up, if it has it, so that another process need not wait for the end of the lease;
// this one is there no more.
MUST_USE bool leader_resign(struct db *store, const char *name, struct error *err);

// From now on each write on this connection is refused, with FAULT_AWAY and nothing written, once
// this epoch of this process is over. A transaction in which it leaves the server without a word
// for some seconds is ended by the server, since nobody can take the lead before. Epoch 0: claims
// no more.
MUST_USE bool leader_claim(struct db *store, const char *name, long long epoch, struct error *err);

// Notes that this process is there, standing by.
MUST_USE bool leader_seen(struct db *store, const char *name, struct error *err);
