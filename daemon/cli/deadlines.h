// Deadlines: the commands about them, one file each.
#pragma once

#include "session.h"

enum status run_due(struct session *s, const struct arguments *g, struct error *err);
enum status run_explain(struct session *s, const struct arguments *g, struct error *err);
enum status run_evidence(struct session *s, const struct arguments *g, struct error *err);
enum status run_timeliness(struct session *s, const struct arguments *g, struct error *err);
enum status run_findings(struct session *s, const struct arguments *g, struct error *err);
enum status run_replay(struct session *s, const struct arguments *g, struct error *err);
