// Settings: the one table of what can be configured. The reader, the defaults, the printed
// configuration and the tests of etc/ and of the manual page all go by it. Only for config.c and
// its tests.
#pragma once

#include "config.h"
#include "text.h"
#include "tree.h"

enum setting_kind {
    SETTING_TEXT,     // one line
    SETTING_DATABASE, // a libpq connection string without a password
    SETTING_PATH,     // relative ones are taken from the configuration's folder
    SETTING_SECRET,   // a path; a bare name is looked for in $CREDENTIALS_DIRECTORY first
    SETTING_OVERLAY,  // a path, or the name of a shipped overlay
    SETTING_NUMBER,   // "60 seconds", "25%", "20"
    SETTING_YES_NO,
    SETTING_WORD, // one of some words; stored as their index
    SETTING_EMAIL,
    SETTING_EVENT_EMAIL, // a mail address with CONFIG_EVENT before its @
    SETTING_DOMAINS,     // one mail domain or a list of them
    SETTING_HOST,
    SETTING_HEADER, // the name of a header of HTTP: letters, digits and hyphens
    SETTING_URL,    // SCHEME://HOST[:PORT]; the schemes are the words; a path where most is not 0
    SETTING_LISTEN,
    SETTING_PROXIES, // an address, or "unix:", or a list of them
    SETTING_MOMENT,  // a civil day and time
};

struct setting {
    const char *group, *key;
    enum setting_kind kind;
    size_t at;                // offset in struct config
    int least, most;          // numbers: range; moments: years; texts: longest in bytes
    const char *unit;         // of a number; NULL: a plain number
    const char *const *words; // ends with NULL
    const char *otherwise;    // the default, as it would be written; NULL: none
    const char *example;      // where there is no default
    const char *sentence;     // for people
};

#define SETTINGS_MAX 96 // room that readers keep
extern const struct setting settings[];
extern const size_t setting_count;

// NULL when there is none.
const struct setting *setting_find(const char *group, const char *key);

struct setting_place {
    struct arena *arena;
    struct complaints *complaints;
    const char *file;
    const char *folder; // absolute; relative paths begin here
};

// Reads one value into its member of *ret. False after a complaint; *ret is then untouched.
bool setting_read(const struct setting_place *p, const struct setting *s, const struct node *value,
                  struct config *ret);
// Adds the value as setting_read takes it, or "" when there is none.
void setting_print(struct text *out, const struct setting *s, const struct config *c);

// What a message may repeat of a text from a file: one line of at most 80 characters. Arena-owned.
const char *setting_shown(struct arena *a, const char *s);

// A mail address that we are ready to write to: local@domain, plain ASCII.
bool setting_email_valid(const char *s);
