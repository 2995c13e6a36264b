// SMTP through libcurl. libcurl speaks; this file prepares a handle, listens to the dialogue to
// know how far it came, and sorts the end of it by what the outbox must do next.
#include "smtp.h"

#include "clock.h"
#include "mail_address.h"
#include "refusals.h"
#include "text.h"
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#define SAID_BYTES_MAX 2000 // of an answer is listened to

// How far the dialogue came. What a server says before MAIL (greeting, EHLO, STARTTLS, AUTH) is
// about itself and its state; after that it is about this message.
enum phase { PHASE_OPENING, PHASE_MESSAGE, PHASE_DATA };

struct dialogue {
    const struct smtp_mail *mail;
    size_t given; // how much of the message libcurl took
    bool ended;   // libcurl took all of it: the final dot may be on its way
    bool late;    // its time had passed before
    enum phase phase;
    bool at_sender, at_recipient; // MAIL, or RCPT, was said last
    int code;                     // of the last answer; 0 for none
    bool unfinished;              // its last line was "250-…": more of it comes
    bool over;
    struct text said;
    char error[CURL_ERROR_SIZE];
};

static void handle_done(CURL **easy)
{
    curl_easy_cleanup(*easy);
}

static void list_done(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static void dialogue_done(struct dialogue *d)
{
    text_done(&d->said);
}

static bool too_late(const struct smtp_mail *m)
{
    return m->until && clock_monotonic() >= atomic_load(m->until);
}

// This and listen_in run on a thread of transfer.c: they touch nothing but their dialogue.
static size_t give(char *to, size_t size, size_t count, void *arg)
{
    struct dialogue *d = arg;
    size_t room = size * count, left = d->mail->length - d->given;
    size_t taken = left < room ? left : room;

    if (!d->ended && too_late(d->mail)) {
        d->late = true;
        return CURL_READFUNC_ABORT;
    }
    memcpy(to, d->mail->bytes + d->given, taken);
    d->given += taken;
    d->ended = d->given == d->mail->length;
    return taken;
}

static bool begins(const char *data, size_t size, const char *word)
{
    size_t length = strlen(word);

    return size >= length && memcmp(data, word, length) == 0;
}

// libcurl says QUIT by itself after a failure: what comes then is no answer to us.
static void note_command(struct dialogue *d, const char *data, size_t size)
{
    d->over |= begins(data, size, "QUIT");
    if (d->over)
        return;
    if (begins(data, size, "MAIL FROM:"))
        d->phase = PHASE_MESSAGE;
    else if (d->phase == PHASE_MESSAGE && begins(data, size, "DATA"))
        d->phase = PHASE_DATA;
    d->at_sender = begins(data, size, "MAIL FROM:");
    d->at_recipient = begins(data, size, "RCPT TO:");
    text_clear(&d->said);
    d->code = 0;
    d->unfinished = false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A line of an answer: "550-5.1.1 text" or, the last, "550 text".
static void note_answer(struct dialogue *d, const char *data, size_t size)
{
    if (d->over)
        return;
    while (size > 0 && (data[size - 1] == '\n' || data[size - 1] == '\r'))
        size--;
    if (size < 3 || !is_digit(data[0]) || !is_digit(data[1]) || !is_digit(data[2]))
        return;
    d->code = (data[0] - '0') * 100 + (data[1] - '0') * 10 + (data[2] - '0');
    if (!d->unfinished)
        text_clear(&d->said);
    d->unfinished = size > 3 && data[3] == '-';

    size_t skipped = d->said.length == 0 ? 0 : size > 3 ? 4 : 3; // the code is said once

    if (d->said.length > SAID_BYTES_MAX)
        return;
    text_addf(&d->said, "%s", d->said.length > 0 ? " " : "");
    text_add_n(&d->said, data + skipped, size - skipped);
}

// Only the dialogue is looked at: the message itself and TLS records come by here too.
static int listen_in(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
    if (type == CURLINFO_HEADER_OUT) {
        note_command(arg, data, size);
        // libcurl stands still until QUIT is answered: not for long, please.
        if (((struct dialogue *)arg)->over)
            curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, 1L);
    }
    if (type == CURLINFO_HEADER_IN)
        note_answer(arg, data, size);
    return 0;
}

static bool harmless_name(const char *helo)
{
    for (const char *c = helo; *c; c++)
        if (!is_digit(*c) && !(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
            !strchr(".-_:[]", *c))
            return false;
    return strlen(helo) <= 255;
}

static void set_server(CURL *easy, const struct mail_server *s)
{
    AUTO(text_done) struct text url = {0};

    text_addf(&url, "%s/%s", s->url, s->helo ? s->helo : ""); // the path is the name in EHLO
    curl_easy_setopt(easy, CURLOPT_URL, text_str(&url));
    mail_server_set(easy, s, "smtp,smtps");
}

static void set_message(CURL *easy, const struct curl_slist *to, struct dialogue *d)
{
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, d->mail->from);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_READDATA, d);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)d->mail->length); // SIZE= in MAIL
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L); // what makes libcurl call the next
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, listen_in);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, d);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, d->error);
}

// 530 to 538 are about our authentication (RFC 4954), whichever command they answer. To MAIL a
// server has heard of who sends and how long the message is (552, RFC 1870), and of nothing else.
static bool about_us(const struct dialogue *d)
{
    return d->code == 530 || d->code == 534 || d->code == 535 || d->code == 538 ||
           (d->at_sender && d->code != 552);
}

static enum handover sort(CURLcode done, const struct dialogue *d)
{
    if (done == CURLE_OK)
        return HANDOVER_SENT;
    if (d->phase == PHASE_DATA && d->ended && d->code < 400)
        return HANDOVER_UNSURE;
    if (d->phase != PHASE_OPENING && d->code >= 500 && d->code < 600 && !about_us(d))
        return HANDOVER_REFUSED;
    return HANDOVER_RETRY;
}

// Of a refusal, by its enhanced code: RFC 3463 X.1 is about the recipient's address, but for 7 and
// 8, which are about ours; X.2.1 to X.2.4 about their mailbox; X.3.4, X.6 and 552 about this
// message. What else there is (X.7 above all, and no such code), a server may say to everybody.
static bool is_about_message(const struct dialogue *d)
{
    const char *code = d->said.length > 4 ? text_str(&d->said) + 4 : "";
    char *rest;
    long subject, detail;

    if (d->code == 552)
        return true;
    if (strncmp(code, "5.", 2) != 0)
        return false;
    subject = strtol(code + 2, &rest, 10);
    detail = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;
    return (subject == 1 && detail != 7 && detail != 8) ||
           (subject == 2 && detail >= 1 && detail <= 4) || (subject == 3 && detail == 4) ||
           subject == 6;
}

// 421 ends the conversation, whichever command it answers (RFC 5321 3.8).
static enum handover_about about(const struct dialogue *d)
{
    if (d->phase == PHASE_OPENING || d->code == 421 || about_us(d))
        return ABOUT_SERVER;
    return d->at_recipient ? ABOUT_RECIPIENT : ABOUT_MESSAGE;
}

static const char *words_of(CURLcode done, const struct dialogue *d)
{
    if (d->late)
        return "the sender's time with it was over; nothing of it counts";
    if (done == CURLE_OK || d->code >= 400)
        return text_str(&d->said);
    return d->error[0] ? d->error : curl_easy_strerror(done);
}

// True when a kept connection had died under us: nothing of the message itself was said yet.
static bool was_stale(CURL *easy, CURLcode done, const struct dialogue *d)
{
    long opened = 1;

    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &opened);
    return done != CURLE_OK && done != CURLE_OPERATION_TIMEDOUT && opened == 0 &&
           d->phase == PHASE_MESSAGE && (d->code == 0 || d->code == 421);
}

static CURLcode perform(const struct mail_server *s, bool fresh, struct dialogue *d, bool *stale)
{
    AUTO(handle_done) CURL *easy = curl_easy_init();
    AUTO(list_done) struct curl_slist *recipients = curl_slist_append(NULL, d->mail->to);

    if (!easy || !recipients)
        out_of_memory();
    set_server(easy, s);
    set_message(easy, recipients, d);
    if (fresh)
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);

    CURLcode done = transfer_perform(easy, NULL);

    *stale = was_stale(easy, done, d);
    return done;
}

// A refusal that does not say whom it is about, by what else the server took.
static enum handover weigh(const struct mail_server *s, const struct dialogue *d,
                           enum handover_about *ret_about)
{
    switch (refusals_refused(s->url, d->mail->to)) {
    case REFUSAL_OF_ALL:
        *ret_about = ABOUT_UNKNOWN;
        return HANDOVER_RETRY;
    case REFUSAL_OF_ONE:
        *ret_about = ABOUT_RECIPIENT;
        return HANDOVER_RETRY;
    case REFUSAL_FOR_GOOD:
        break;
    }
    return HANDOVER_REFUSED;
}

static bool try_once(const struct mail_server *s, const struct smtp_mail *m, bool fresh,
                     struct handover_answer *ret)
{
    AUTO(dialogue_done) struct dialogue d = {.mail = m};
    bool stale;
    CURLcode done = perform(s, fresh, &d, &stale);
    enum handover result = sort(done, &d);
    enum handover_about whom = about(&d);

    if (result == HANDOVER_REFUSED && !is_about_message(&d))
        result = weigh(s, &d, &whom);
    if (result == HANDOVER_SENT)
        refusals_taken(s->url, m->to);
    handover_say(ret, result, d.code, words_of(done, &d), m->to);
    ret->about = whom;
    return !stale;
}

void smtp_send(const struct mail_server *s, const struct smtp_mail *m, struct handover_answer *ret)
{
    if (!mail_address_valid(m->from) || !mail_address_valid(m->to)) {
        handover_say(ret, HANDOVER_REFUSED, 0, "an address that would break a command", NULL);
        return;
    }
    if (s->helo && !harmless_name(s->helo)) {
        handover_say(ret, HANDOVER_RETRY, 0, "the name for EHLO would break a command", NULL);
        return;
    }
    if (!try_once(s, m, false, ret))
        (void)try_once(s, m, true, ret);
}
