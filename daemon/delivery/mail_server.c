// What SMTP and IMAP have in common (mail_server.h).
#include "mail_server.h"

#define CONNECT_TIMEOUT_S 15

void mail_server_set(CURL *easy, const struct mail_server *s, const char *protocols)
{
    long timeout = s->timeout_s > 0 ? s->timeout_s : 1;

    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // none from the environment
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
                     timeout < CONNECT_TIMEOUT_S ? timeout : (long)CONNECT_TIMEOUT_S);
    // Never "try": that falls back to clear text without a word.
    curl_easy_setopt(easy, CURLOPT_USE_SSL,
                     (long)(s->require_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    if (s->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, s->ca_file);
    if (s->user)
        curl_easy_setopt(easy, CURLOPT_USERNAME, s->user);
    if (s->bearer) {
        curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, s->bearer);
        curl_easy_setopt(easy, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
    } else if (s->password) {
        curl_easy_setopt(easy, CURLOPT_PASSWORD, s->password);
    }
}
