// Date arithmetic: nanoseconds an operation beside a naive loop over days, as a ratio. Starts are
// spread over 2005 to 2024. The loop steps a day at a time and looks holidays up by bisection.
#include "clock.h"
#include "paths.h"
#include "workdays.h"

#include <stdio.h>
#include <stdlib.h>

#define STARTS 100000
#define ROUNDS 7

struct bench {
    const struct workdays *w;
    struct date starts[STARTS];
    int32_t holidays[1000];
    size_t holiday_count;
};

static int by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static void fill(struct bench *b)
{
    uint32_t seed = 20240331; // fixed: every run asks the same
    int32_t from = date_make(2005, 1, 1).day, days = date_make(2025, 1, 1).day - from;

    for (size_t i = 0; i < STARTS; i++) {
        seed = seed * 1664525u + 1013904223u;
        b->starts[i].day = from + (int32_t)(((uint64_t)seed * (uint64_t)days) >> 32);
    }
    for (struct date d = {from}; d.day < from + days + 400; d.day++)
        if (holiday_on(b->w, d))
            b->holidays[b->holiday_count++] = d.day;
}

static struct date table_days(const struct bench *b, struct date d, int n)
{
    struct error err;

    if (!working_days_after(b->w, d, n, &d, &err))
        abort();
    return d;
}

static struct date naive_days(const struct bench *b, struct date d, int n)
{
    while (n > 0) {
        d.day++;
        n -= date_weekday(d) < 5 &&
             !bsearch(&d.day, b->holidays, b->holiday_count, sizeof *b->holidays, by_day);
    }
    return d;
}

static struct date formula_months(const struct bench *b, struct date d, int n)
{
    (void)b;
    return date_add_months(d, n);
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return lengths[month - 1] + (month == 2 && year % 4 == 0); // right from 1901 to 2099
}

static struct date naive_months(const struct bench *b, struct date d, int n)
{
    int year, month, day, passed = 0;

    (void)b;
    date_split(d, &year, &month, &day);
    int wanted = day;
    while (passed < n || (day < wanted && day < month_length(year, month))) {
        d.day++;
        if (++day <= month_length(year, month))
            continue;
        day = 1;
        passed++;
        if (++month > 12) {
            month = 1;
            year++;
        }
    }
    return d;
}

typedef struct date operation(const struct bench *b, struct date d, int n);

// Median nanoseconds an operation; *sum keeps the compiler honest and the two sides comparable.
static double measure(const struct bench *b, operation *f, int n, int64_t *sum)
{
    int32_t ns[ROUNDS];

    for (int round = 0; round < ROUNDS; round++) {
        int64_t started = clock_monotonic();
        *sum = 0;
        for (size_t i = 0; i < STARTS; i++)
            *sum += f(b, b->starts[i], n).day;
        ns[round] = (int32_t)((clock_monotonic() - started) * 1000);
    }
    qsort(ns, ROUNDS, sizeof *ns, by_day);
    int32_t median = ns[ROUNDS / 2];
    return (double)median / STARTS;
}

static bool compare(const struct bench *b, const char *name, operation *ours, operation *naive,
                    int n)
{
    int64_t our_sum, naive_sum;
    double our_ns = measure(b, ours, n, &our_sum);
    double naive_ns = measure(b, naive, n, &naive_sum);

    printf("%-24s %8.1f ns  day by day %8.1f ns  ratio %.0f\n", name, our_ns, naive_ns,
           naive_ns / our_ns);
    if (our_sum != naive_sum)
        fprintf(stderr, "%s: the two disagree\n", name);
    return our_sum == naive_sum;
}

int main(void)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct bench *b = ARENA_NEW(a, struct bench);
    struct workdays *w;
    const char *path;
    struct error err;

    if (!data_path(a, "rules/calendars/bank-holidays.json", &path, &err) ||
        !workdays_load(path, ENGLAND_AND_WALES, NULL, 0, &w, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 2;
    }
    b->w = w;
    fill(b);
    bool agreed = compare(b, "+15 working days", table_days, naive_days, 15) &
                  compare(b, "+45 working days", table_days, naive_days, 45) &
                  compare(b, "+3 months", formula_months, naive_months, 3) &
                  compare(b, "+6 months", formula_months, naive_months, 6);
    workdays_free(w);
    return agreed ? 0 : 1;
}
