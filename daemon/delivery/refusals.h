// What a mail server's "never" is worth when its words do not say whom it is about. A relay that no
// longer knows our address says it to every message (RFC 3463 X.7.1 is both that and a recipient
// who may not be written to), and must not end them all. Only experience tells the two apart: it is
// about one recipient when the server takes others of the same domain meanwhile.
//
// Kept in memory, by the loop's thread alone: a process that has just started knows of none, and
// tries once more.
#pragma once

#include <stdbool.h>

// The server of this URL took a message to this address.
void refusals_taken(const char *server, const char *to);

// It refused one. True when that may be believed: for the third time, with others of its domain
// taken between each two, since of several servers behind one name some may know us. False: it may
// be about us; later.
bool refusals_refused(const char *server, const char *to);
