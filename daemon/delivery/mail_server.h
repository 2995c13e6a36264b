// A mail server as SMTP and IMAP reach it through libcurl.
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

struct mail_server {
    const char *url;             // smtp://, smtps://, imap:// or imaps://host:port
    const char *helo;            // SMTP: our name in EHLO; NULL: libcurl's
    const char *user, *password; // NULL: no authentication
    const char *bearer;          // an XOAUTH2 token instead of a password; NULL
    bool require_tls;            // STARTTLS or TLS, never clear text
    const char *ca_file;         // NULL: the system's
    int timeout_s;               // of one hand-over, or of one command
};

// Prepares a handle for it, but for the URL: `protocols` as libcurl takes them, times, TLS and who
// we are. The server must outlive the handle's use.
void mail_server_set(CURL *easy, const struct mail_server *s, const char *protocols);
