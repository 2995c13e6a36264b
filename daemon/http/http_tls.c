// A context for OpenSSL's side of the server. Ciphers are OpenSSL's own choice, as Debian sets it.
#include "http_tls.h"

#include <openssl/err.h>
#include <string.h>

static void free_context(SSL_CTX **c)
{
    SSL_CTX_free(*c);
}

static bool fail_tls(const char *what, const char *file, struct error *err)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    fail(err, FAULT_INPUT, "%s: %s: %s", file, what, reason ? reason : "not readable");
    ERR_clear_error();
    return false;
}

// A key with a passphrase is an error, not a question on the terminal.
static int no_passphrase(char *buffer, int size, int for_writing, void *arg)
{
    (void)buffer;
    (void)size;
    (void)for_writing;
    (void)arg;
    return -1;
}

static int choose_protocol(SSL *ssl, const unsigned char **ret, unsigned char *ret_length,
                           const unsigned char *offered, unsigned int length, void *arg)
{
    static const unsigned char http11[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, ret_length, http11, sizeof http11 - 1, offered, length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *ret = chosen;
    return SSL_TLSEXT_ERR_OK;
}

bool http_tls_new(const char *cert_file, const char *key_file, SSL_CTX **ret, struct error *err)
{
    static const unsigned char name[] = "timely";
    AUTO(free_context) SSL_CTX *c = SSL_CTX_new(TLS_server_method());

    if (!c)
        out_of_memory();
    ERR_clear_error();
    SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS); // an idle connection keeps 34 kB less
    SSL_CTX_set_session_id_context(c, name, sizeof name - 1);
    SSL_CTX_set_default_passwd_cb(c, no_passphrase);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
    if (SSL_CTX_use_certificate_chain_file(c, cert_file) != 1)
        return fail_tls("no certificate that can be used", cert_file, err);
    if (SSL_CTX_use_PrivateKey_file(c, key_file, SSL_FILETYPE_PEM) != 1)
        return fail_tls("no key that can be used with the certificate", key_file, err);
    if (SSL_CTX_check_private_key(c) != 1)
        return fail_tls("this is not the key of the certificate", key_file, err);
    *ret = c;
    c = NULL;
    return true;
}
