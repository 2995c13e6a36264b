// Mails per second to a sink: our hand-over, and a bare libcurl loop on one reused handle, in
// turns.
//
//     bench_mail smtp://HOST:PORT [MAILS [RUNS]]
//
// Ours is measured with one hand-over at a time, as the bare loop has, and with two.
#include "smtp.h"
#include "text.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_RUNS 99
#define FROM "timely@council.example"
#define TO "worker@council.example"

struct bench {
    const char *url;
    struct text mail; // 2.6 kB, as a digest
    int mails, runs;
    bool failed;
    double bare[MOST_RUNS], one[MOST_RUNS], two[MOST_RUNS]; // mails a second
};

struct lane {
    struct bench *bench;
    int mails;
    struct bell done;
};

static void write_mail(struct text *t)
{
    text_add(t, "From: " FROM "\r\nTo: " TO "\r\nSubject: What is due\r\nMIME-Version: 1.0\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n\r\n");
    while (t->length < 2600)
        text_add(t, "Initial child protection conference, due on Tuesday 2 April 2024.\r\n");
}

// -------------------------------------------------------------------------------- bare libcurl

struct given {
    const struct text *mail;
    size_t at;
};

static size_t give(char *to, size_t size, size_t count, void *arg)
{
    struct given *g = arg;
    size_t left = g->mail->length - g->at, n = size * count < left ? size * count : left;

    memcpy(to, g->mail->s + g->at, n);
    g->at += n;
    return n;
}

static bool bare(struct bench *b, int mails)
{
    CURL *easy = curl_easy_init();
    struct curl_slist *to = curl_slist_append(NULL, TO);
    struct given g = {&b->mail, 0};
    CURLcode done = CURLE_OK;

    curl_easy_setopt(easy, CURLOPT_URL, b->url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, FROM);
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy, CURLOPT_READDATA, &g);
    for (int i = 0; i < mails && done == CURLE_OK; i++) {
        g.at = 0;
        done = curl_easy_perform(easy);
    }
    curl_slist_free_all(to);
    curl_easy_cleanup(easy);
    return done == CURLE_OK;
}

// -------------------------------------------------------------------------------- ours

static void lane_run(void *arg)
{
    struct lane *l = arg;
    struct mail_server server = {.url = l->bench->url, .helo = "bench.example", .timeout_s = 30};
    struct smtp_mail mail = {.from = FROM,
                             .to = TO,
                             .bytes = text_str(&l->bench->mail),
                             .length = l->bench->mail.length};

    for (int i = 0; i < l->mails; i++) {
        struct handover_answer answer;

        smtp_send(&server, &mail, &answer);
        l->bench->failed |= answer.result != HANDOVER_SENT;
    }
    bell_ring(&l->done);
}

static void ours(struct bench *b, int mails, int at_once)
{
    struct lane lanes[2] = {{b, mails / at_once, {0}}, {b, mails / at_once, {0}}};

    for (int i = 0; i < at_once; i++)
        fiber_start(fiber_loop(), "lane", lane_run, &lanes[i]);
    for (int i = 0; i < at_once; i++)
        (void)bell_wait_to_end(&lanes[i].done, -1);
}

// -------------------------------------------------------------------------------- comparing

static double rate(int mails, int64_t began)
{
    return mails * 1e6 / (double)(clock_monotonic() - began);
}

static void run(void *arg)
{
    struct bench *b = arg;
    int64_t began;

    b->failed |= !bare(b, 10);
    ours(b, 10, 2);
    for (int i = 0; i < b->runs && !b->failed; i++) {
        began = clock_monotonic();
        b->failed |= !bare(b, b->mails);
        b->bare[i] = rate(b->mails, began);
        began = clock_monotonic();
        ours(b, b->mails, 1);
        b->one[i] = rate(b->mails, began);
        began = clock_monotonic();
        ours(b, b->mails, 2);
        b->two[i] = rate(b->mails, began);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *figures, int count)
{
    qsort(figures, (size_t)count, sizeof *figures, by_size);
    return figures[count / 2];
}

static void print(struct bench *b)
{
    double bare_rate = median(b->bare, b->runs), one = median(b->one, b->runs),
           two = median(b->two, b->runs);

    printf("mails of %zu bytes, %d a run, median of %d: bare libcurl %.0f/s\n", b->mail.length,
           b->mails, b->runs, bare_rate);
    printf("hand-over, one at a time %8.0f/s  ratio %.2f (aim at least 0.8)\n", one,
           one / bare_rate);
    printf("hand-over, two at a time %8.0f/s  ratio %.2f\n", two, two / bare_rate);
}

int main(int argc, char **argv)
{
    struct bench b = {.mails = argc > 2 ? atoi(argv[2]) : 2000,
                      .runs = argc > 3 ? atoi(argv[3]) : 5};
    struct loop *loop = loop_new();
    struct error err = {.text = "smtp://HOST:PORT [MAILS [RUNS]]"};

    if (argc < 2 || b.mails < 2 || b.runs < 1 || b.runs > MOST_RUNS ||
        !transfer_init(loop, 2, &err)) {
        (void)fprintf(stderr, "bench_mail: %s\n", err.text);
        return 2;
    }
    b.url = argv[1];
    write_mail(&b.mail);
    loop_run_one(loop, "bench", run, &b);
    transfer_done();
    loop_free(loop);
    if (b.failed)
        (void)fprintf(stderr, "bench_mail: a mail was not taken\n");
    else
        print(&b);
    text_done(&b.mail);
    return b.failed;
}
