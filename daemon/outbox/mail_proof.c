#include "mail_proof.h"

#include "oauth.h"

bool mail_proof(struct arena *a, const struct config *c, const char *password_file,
                struct mail_proof *ret, struct error *err)
{
    struct oauth_client client = {
        .token_url = c->oauth_token_url, .id = c->oauth_client_id, .scope = c->oauth_scope};
    struct mail_proof p = {0};

    if (password_file) {
        if (!config_secret(a, password_file, &p.password, err))
            return false;
    } else if (c->oauth_token_url) {
        if (!config_secret(a, c->oauth_secret_file, &client.secret, err) ||
            !oauth_token(a, &client, &p.bearer, err))
            return false;
    }
    *ret = p;
    return true;
}
