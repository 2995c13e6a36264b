// Places of links (mail_link.h).
#include "mail_link.h"

const char *mail_link_later(struct arena *a, const char *public_url, long long deadline_id)
{
    return arena_printf(a, "%s/why/" MAIL_LINK_WORD "%0*lld", public_url, MAIL_LINK_DIGITS,
                        deadline_id);
}
