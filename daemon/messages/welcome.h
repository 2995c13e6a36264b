// The mail that brings somebody the address of a calendar, with a picture of where to paste it.
// Pure.
#pragma once

#include "digest.h"

// What the HTML calls the picture: etc/pictures/outlook-subscribe.png.
#define WELCOME_PICTURE "outlook-subscribe@timely"

struct welcome {
    const char *reader;              // a name, or NULL
    const char *name;                // of the calendar: "Deadlines: North team"
    const char *address;             // with its secret
    const char *service_name, *help; // help NULL: none
};

// In the arena.
void welcome_render(struct arena *a, const struct welcome *w, struct rendered *ret);
