// Operator: the commands of whoever looks after timely, one file each.
#pragma once

#include "session.h"

enum status run_outbox_list(struct session *s, const struct arguments *g, struct error *err);
enum status run_outbox_show(struct session *s, const struct arguments *g, struct error *err);
enum status run_outbox_retry(struct session *s, const struct arguments *g, struct error *err);
enum status run_outbox_try_invite(struct session *s, const struct arguments *g, struct error *err);
enum status run_ack(struct session *s, const struct arguments *g, struct error *err);
enum status run_cover_list(struct session *s, const struct arguments *g, struct error *err);
enum status run_cover_add(struct session *s, const struct arguments *g, struct error *err);
enum status run_cover_end(struct session *s, const struct arguments *g, struct error *err);
enum status run_invites(struct session *s, const struct arguments *g, struct error *err);
enum status run_status(struct session *s, const struct arguments *g, struct error *err);
enum status run_alarm(struct session *s, const struct arguments *g, struct error *err);

// A number given as a word: of a message, a hold. FAULT_INPUT.
MUST_USE bool operator_number(const char *what, const char *word, struct error *err);
