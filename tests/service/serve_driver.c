// Runs serve_run() with what the command line says, for the tests and the bench:
//   serve_driver LISTEN CONNINFO [name=value ...]
// with the names cert, key, public_url, connections, per_address, request_s, idle_s, proxy (one),
// identity_header, identity_is_email, debug, and the limits address_rate, unknown_rate and
// feed_rate, of which there are none by default.
#include "log.h"
#include "serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_proxy(struct serve_options *o, const char *address)
{
    static const char *proxies[1];

    proxies[0] = address;
    o->limits.trusted.addresses = proxies;
    o->limits.trusted.count = 1;
}

static bool set(struct serve_options *o, const char *name, const char *value)
{
    if (strcmp(name, "cert") == 0)
        o->cert_file = value;
    else if (strcmp(name, "key") == 0)
        o->key_file = value;
    else if (strcmp(name, "public_url") == 0)
        o->public_url = value;
    else if (strcmp(name, "connections") == 0)
        o->limits.connections = atoi(value);
    else if (strcmp(name, "per_address") == 0)
        o->limits.connections_per_address = atoi(value);
    else if (strcmp(name, "request_s") == 0)
        o->limits.request_s = atoi(value);
    else if (strcmp(name, "idle_s") == 0)
        o->limits.idle_s = atoi(value);
    else if (strcmp(name, "address_rate") == 0)
        o->rates.per_address = atoi(value);
    else if (strcmp(name, "unknown_rate") == 0)
        o->rates.unknown_per_address = atoi(value);
    else if (strcmp(name, "feed_rate") == 0)
        o->rates.per_feed = atoi(value);
    else if (strcmp(name, "proxy") == 0)
        set_proxy(o, value);
    else if (strcmp(name, "identity_header") == 0)
        o->limits.trusted.identity_header = value;
    else if (strcmp(name, "identity_is_email") == 0)
        o->identity_is_email = true;
    else if (strcmp(name, "debug") == 0)
        log_set_level(LOG_DEBUG);
    else
        return false;
    return true;
}

static void on_listening(void *arg)
{
    (void)arg;
    log_info("driver.listening", "fiber=%s", fiber_loop() ? "yes" : "no");
}

int main(int argc, char **argv)
{
    struct serve_options o = {.limits = http_limits_default, .listening = on_listening};
    struct error err = {0};

    if (argc < 3)
        return 2;
    o.listen = argv[1];
    o.store = (struct db_options){
        .conninfo = argv[2], .role_name = "timelyd serve", .statement_timeout_ms = 10000};
    for (int i = 3; i < argc; i++) {
        char *value = strchr(argv[i], '=');

        if (!value)
            return 2;
        *value++ = '\0';
        if (!set(&o, argv[i], value))
            return 2;
    }
    if (serve_run(&o, &err))
        return 0;
    (void)fprintf(stderr, "serve_driver: %s\n", err.text);
    return err.fault == FAULT_INPUT ? 2 : 3;
}
