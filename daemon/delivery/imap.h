// IMAP: reading a mailbox that other people use too (RFC 3501). libcurl opens the connection (name,
// TLS, STARTTLS, login); on it this file speaks a few commands itself, since libcurl's own way of
// fetching marks mails as seen and cuts long answers.
//
// The folder is opened with EXAMINE and bodies are asked for with PEEK: nothing that is said here
// can change a mail, a flag or the folder.
//
// Errors: FAULT_AWAY when the server is away, refuses or answers what is no IMAP. Every call waits,
// for timeout_s at most, and ends early when the loop stops.
#pragma once

#include "arena.h"
#include "date.h"
#include "mail_server.h"

struct imap;

// Connects and logs in. *ret_denied: the server refused user and password, or token.
MUST_USE bool imap_open(const struct mail_server *s, struct imap **ret, bool *ret_denied,
                        struct error *err);
void imap_close(struct imap *m);       // NULL is nothing
void imap_auto_close(struct imap **m); // for AUTO()

// A UID means a mail only together with the UIDVALIDITY (RFC 3501 2.3.1.1).
struct imap_folder {
    uint32_t uid_validity;
    uint32_t uid_next; // 0: the server does not say
};

// Opens a folder to read only. `name` is as the server writes it (letters outside ASCII in its
// modified UTF-7).
MUST_USE bool imap_examine(struct imap *m, const char *name, struct imap_folder *ret,
                           struct error *err);

// The UIDs of the open folder that are `first` or higher, rising. With `since` known only mails
// that came on that day or later, by the server's own dates. In the arena.
MUST_USE bool imap_uids(struct imap *m, struct arena *a, uint32_t first, struct date since,
                        uint32_t **ret, size_t *ret_count, struct error *err);

// How a mail is made (BODYSTRUCTURE), in the server's words: to look for the types of its parts in.
// NULL when the mail is gone. In the arena.
MUST_USE bool imap_structure(struct imap *m, struct arena *a, uint32_t uid, const char **ret,
                             struct error *err);

// The first `most` bytes of a mail. NULL when it is gone. In the arena.
MUST_USE bool imap_mail(struct imap *m, struct arena *a, uint32_t uid, size_t most,
                        const char **ret, size_t *ret_length, struct error *err);
