// Feeds: the commands that add, list, rotate and revoke subscriptions to calendars.
#pragma once

#include "session.h"

extern const struct command commands_feed[]; // a cluster (session.h)
