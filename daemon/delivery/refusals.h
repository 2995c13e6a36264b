// What a mail server's "never" is worth when its words do not say whom it is about. A relay that no
// longer knows our address says it to every message (RFC 3463 X.7.1 is both that and a recipient
// who may not be written to), and must not end them all. Only experience tells the two apart: it is
// about one recipient when the server takes others meanwhile.
//
// Kept in memory, by the loop's thread alone: a process that has just started knows of none, and
// tries once more.
#pragma once

// The server of this URL took a message to this address.
void refusals_taken(const char *server, const char *to);

enum refusal {
    REFUSAL_OF_ALL,   // perhaps: the server has taken nothing of anybody since it last said so
    REFUSAL_OF_ONE,   // it took others since, but what it says may still pass
    REFUSAL_FOR_GOOD, // for the third time, with others of its domain taken between each two, since
                      // of several servers behind one name some may know us; from then on each time
                      // that others were taken since
};

// It refused a message to this address.
enum refusal refusals_refused(const char *server, const char *to);
