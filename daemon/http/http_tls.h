// The TLS of the HTTP server: version 1.2 at least, HTTP/1.1 alone.
#pragma once

#include "error.h"

#include <openssl/ssl.h>

// From PEM files: the certificate with its chain, and the key without a passphrase. FAULT_INPUT.
// The caller frees with SSL_CTX_free.
MUST_USE bool http_tls_new(const char *cert_file, const char *key_file, SSL_CTX **ret,
                           struct error *err);
