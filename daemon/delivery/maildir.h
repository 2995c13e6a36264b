// Maildir: messages as files, for the embedded default and for trying things out.
#pragma once

#include "handover.h"

// Writes into dir/tmp, syncs, then renames into dir/new, so that a reader never sees half a
// message. The file's name derives from the Message-ID: a repeat replaces its first copy. Creates
// dir, tmp, new and cur. Disk full or a missing right is HANDOVER_RETRY with the system's reason,
// and nothing is left in tmp.
void maildir_put(const char *dir, const char *message_id, const char *bytes, size_t length,
                 struct handover_answer *ret);
