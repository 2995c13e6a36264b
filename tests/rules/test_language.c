// The wider language: conditions, spells that cease, half ways, lateness, limits, stays that are
// added up, dates that records set, events that follow from others. Every timescale is on. Each row
// says why it is there.
#include "deadlines_check.h"

static int load_all_on(void **state)
{
    struct library *l = library_with(NULL);

    for (size_t i = 0; i < l->timescale_count; i++)
        l->timescales[i].on = true;
    *state = l;
    return 0;
}

#define CARE "care-started 2024-01-08 ep=C1"

static void test_half_way(void **state)
{
    static const struct row rows[] = {
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1", "2024-01-20",
         "cp-midway", "P1 2024-01-15 -> 2024-02-29 open", "91 days: 45 of them, a Thursday"},
        {"cp-plan-started 2024-03-04 ep=P1; cp-plan-made 2024-03-04 ep=P1", "2024-03-05",
         "cp-midway", "P1 2024-03-04 -> 2024-04-19 open", "46 days"},
        {"cp-plan-started 2024-02-01 ep=P1; cp-plan-made 2024-02-01 ep=P1", "2024-02-02",
         "cp-midway", "P1 2024-02-01 -> 2024-03-15 open", "90 days: a Sunday rolls back to Friday"},
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1; midway-held 2024-02-20 "
         "ep=P1",
         "2024-03-20", "cp-midway", "P1 2024-01-15 -> 2024-02-29 met 2024-02-20 in", "held"},
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1; cp-review-held "
         "2024-02-12 ep=P1 mt=M1 code=end; cp-plan-ended 2024-02-12 ep=P1",
         "2024-03-20", "cp-midway",
         "P1 2024-01-15 -> 2024-02-29 ended 2024-02-12: child protection plan ended",
         "the review came first"},
    };

    CHECK(rows);
}

#define LATE "s47-started 2024-03-14 ep=E1" // due 2024-04-08
#define BOOKED(when) "; meeting-booked 2024-03-20 ref=B1 mt=G1 code=icpc for=" when

static void test_running_late(void **state)
{
    static const struct row rows[] = {
        {LATE, "2024-04-08", "icpc-out-of-time", "", "the due date itself is in time"},
        {LATE, "2024-04-09", "icpc-out-of-time", "E1 2024-04-08 -> 2024-04-09 open", "past it"},
        {LATE BOOKED("2024-04-15T10:00"), "2024-03-21", "icpc-out-of-time",
         "E1 2024-03-20 -> 2024-03-21 open", "booked for a day after the due date"},
        {LATE BOOKED("2024-04-05T10:00"), "2024-03-21", "icpc-out-of-time", "", "booked in time"},
        {LATE BOOKED("2024-04-15T10:00") "; out-of-time-safety-review 2024-03-21 ep=E1 ref=S1",
         "2024-03-22", "icpc-out-of-time",
         "E1 2024-03-20 -> 2024-03-21 met 2024-03-21 in | E1 2024-03-21 -> 2024-03-28 open",
         "looked at, and again within five working days"},
        {LATE "; icpc-held 2024-04-10 ep=E1 ref=C1 mt=M1", "2024-04-20", "icpc-out-of-time",
         "E1 2024-04-08 -> 2024-04-09 ended 2024-04-10: initial child protection conference held",
         "held late: nothing is left to look at"},
        {LATE "; icpc-held 2024-04-08 ep=E1 ref=C1 mt=M1", "2024-04-20", "icpc-out-of-time", "",
         "held in time"},
    };

    CHECK(rows);
}

static void test_conditions(void **state)
{
    static const struct row rows[] = {
        {"birth 2018-05-15; icpc-requested 2024-05-03", "2024-05-04", "icpc-advocacy", "",
         "five on the day of the request, and no conference is known"},
        {"birth 2018-05-03; icpc-requested 2024-05-03", "2024-05-04", "icpc-advocacy",
         "1 2024-05-03 -> 2024-05-07 open", "six that day"},
        {"birth 2018-05-15; icpc-requested 2024-05-03; icpc-held 2024-05-15 ep=E1 ref=C1 mt=M1",
         "2024-05-16", "icpc-advocacy", "1 2024-05-03 -> 2024-05-07 missed",
         "six on the day of the conference"},
        {"icpc-requested 2024-05-03", "2024-05-04", "icpc-advocacy", "", "no date of birth"},
        {"birth 2020-02-29; " CARE "; health-assessment 2024-08-28 code=completed ref=H1",
         "2024-09-01", "health-review-under5", "C1 2024-08-28 -> 2025-02-28 open",
         "the fifth birthday of a child of 29 February is 1 March"},
        {"birth 2020-02-28; " CARE "; health-assessment 2024-08-28 code=completed ref=H1",
         "2024-09-01", "health-review-under5", "", "six months reach the fifth birthday"},
        {"birth 2020-02-28; " CARE "; health-assessment 2024-08-28 code=completed ref=H1",
         "2024-09-01", "health-review-5plus", "C1 2024-08-28 -> 2025-08-28 open",
         "so it is twelve"},
        {"birth 2014-02-28; " CARE "; health-assessment 2023-10-08 code=completed ref=H1",
         "2024-02-01", "health-initial", "", "done exactly three months before"},
        {"birth 2014-02-28; " CARE "; health-assessment 2023-10-07 code=completed ref=H1",
         "2024-01-20", "health-initial", "C1 2024-01-08 -> 2024-02-05 open", "a day longer ago"},
        {CARE "; sdq-completed 2024-03-28 code=17 ref=S1", "2024-03-29", "sdq-camhs-referral",
         "C1 2024-03-28 -> 2024-04-08 open", "a score of 17"},
        {CARE "; sdq-completed 2024-03-28 code=9 ref=S1", "2024-03-29", "sdq-camhs-referral", "",
         "9 is less than 17, whatever the letters say"},
        {CARE "; sdq-completed 2024-03-28 code=x17 ref=S1", "2024-03-29", "sdq-camhs-referral", "",
         "no number"},
        {"cp-plan-started 2021-02-01 ep=P1; cp-plan-ended 2022-03-14 ep=P1; cp-plan-started "
         "2024-03-14 ep=P2",
         "2024-03-15", "cp-plan-repeat", "P2 2024-03-14 -> 2024-03-28 open",
         "24 months to the day"},
        {"cp-plan-started 2024-03-14 ep=P2", "2024-03-15", "cp-plan-repeat", "", "a first plan"},
        {CARE "; placement-unplanned 2024-01-08 ref=U1", "2024-01-09", "review-child-early", "",
         "the first placement of all is for the first review"},
        {CARE "; placement-unplanned 2024-01-09 ref=U1", "2024-01-10", "review-child-early", "",
         "nor the day after"},
        {CARE "; placement-unplanned 2024-01-10 ref=U1", "2024-01-11", "review-child-early",
         "C1 2024-01-10 -> 2024-01-24 open", "a move"},
    };

    CHECK(rows);
}

#define WITH_PARENTS                                                                               \
    CARE "; placement 2024-02-01 ref=L1@2024-02-01 code=P1 ep=C1; placement-started 2024-02-01 "   \
         "ref=L1@2024-02-01 ep=C1 code=P1"

static void test_only_while(void **state)
{
    static const struct row rows[] = {
        {WITH_PARENTS, "2024-02-05", "visit-child-standard", "", "with parents another row holds"},
        {WITH_PARENTS, "2024-02-05", "visit-child-parents-ico", "C1 2024-02-01 -> 2024-02-08 open",
         "no full order: weekly"},
        {WITH_PARENTS "; child-visit 2024-02-06 code=seen ref=V1 ep=C1", "2024-02-07",
         "visit-child-parents-ico",
         "C1 2024-02-01 -> 2024-02-08 met 2024-02-06 in | C1 2024-02-06 -> 2024-02-13 open",
         "no review yet: weekly again"},
        {WITH_PARENTS "; child-review-held 2024-02-05 ref=R1 ep=C1; child-visit 2024-02-06 "
                      "code=seen ref=V1 ep=C1",
         "2024-02-07", "visit-child-parents-ico",
         "C1 2024-02-01 -> 2024-02-08 met 2024-02-06 in | C1 2024-02-06 -> 2024-03-05 open",
         "after the first review every four weeks"},
        {WITH_PARENTS "; legal-status 2024-02-06 code=C2 ref=S1", "2024-02-07",
         "visit-child-parents-ico",
         "C1 2024-02-01 -> 2024-02-08 ended 2024-02-06: legal status: another rule applies",
         "the full order ends this row's clock"},
        {WITH_PARENTS "; legal-status 2024-02-06 code=C2 ref=S1", "2024-02-07",
         "visit-child-parents-order", "C1 2024-02-06 -> 2024-02-13 open", "and starts the next's"},
        {WITH_PARENTS "; legal-status 2024-01-08 code=C2 ref=S1", "2024-02-07",
         "visit-child-parents-order", "C1 2024-02-01 -> 2024-02-08 open",
         "under an order already: from the placement"},
        {CARE
         "; placement 2024-01-08 ref=L0@2024-01-08 code=U6 ep=C1 until=2024-02-01; child-visit "
         "2024-01-15 code=seen ref=V1 ep=C1; placement 2024-02-01 ref=L1@2024-02-01 code=P1 "
         "ep=C1",
         "2024-02-07", "visit-child-standard",
         "C1 2024-01-15 -> 2024-02-26 ended 2024-02-01: placement: another rule applies",
         "a move to the parents ends the six weeks"},
        {CARE "; placement 2024-01-08 ref=L0@2024-01-08 code=P1 ep=C1 until=2024-02-01; "
              "placement 2024-02-01 ref=L1@2024-02-01 code=P1 ep=C1; child-visit 2024-01-15 "
              "code=seen ref=V1 ep=C1",
         "2024-02-07", "visit-child-parents-ico", "C1 2024-01-15 -> 2024-01-22 missed",
         "one placement with parents carries the other on"},
        {CARE
         "; placement 2024-01-08 ref=L0@2024-01-08 code=P1 ep=C1 until=2024-01-20; child-visit "
         "2024-01-15 code=seen ref=V1 ep=C1",
         "2024-01-18", "visit-child-parents-ico", "C1 2024-01-15 -> 2024-01-22 open",
         "an end ahead ends nothing yet"},
        {CARE
         "; temp-approval-start 2024-01-10 ep=T1; child-visit 2024-01-15 code=seen ref=V1 ep=C1",
         "2024-01-18", "visit-child-temp-approved",
         "C1 2024-01-10 -> 2024-01-17 met 2024-01-15 in | C1 2024-01-15 -> 2024-01-22 open",
         "within a subject of another kind"},
    };

    CHECK(rows);
}

static void test_stays_added_up(void **state)
{
    static const struct row rows[] = {
        {"secure-start 2024-03-20T10:00 ep=S1", "2024-03-20", "secure-without-order",
         "S1 2024-03-20 -> 2024-03-23T10:00 open", "72 hours"},
        {"secure-start 2024-03-20T10:00 ep=S1; secure-end 2024-03-21T10:00 ep=S1; secure-start "
         "2024-03-25T10:00 ep=S2",
         "2024-03-25", "secure-without-order",
         "S1 2024-03-20 -> 2024-03-23T10:00 met 2024-03-21 in | S2 2024-03-25 -> 2024-03-27T10:00 "
         "open",
         "a day was used up before"},
        {"secure-start 2024-03-01T10:00 ep=S1; secure-end 2024-03-02T10:00 ep=S1; secure-start "
         "2024-03-31T10:00 ep=S2",
         "2024-03-31", "secure-without-order",
         "S1 2024-03-01 -> 2024-03-04T10:00 met 2024-03-02 in | S2 2024-03-31 -> 2024-04-03T10:00 "
         "open",
         "more than 28 days ago: not counted"},
        {"secure-start 1969-03-01T10:00 ep=S1; secure-end 1969-03-02T10:00 ep=S1; secure-start "
         "1969-03-03T10:30 ep=S2",
         "1969-03-03", "secure-without-order",
         "S1 1969-03-01 -> 1969-03-04T10:00 met 1969-03-02 in | S2 1969-03-03 -> 1969-03-05T10:30 "
         "open",
         "a moment before 1970 is one of the clock too"},
    };

    CHECK(rows);
}

static void test_dates_that_records_set(void **state)
{
    static const struct row rows[] = {
        {"action-set 2024-03-01 ep=A1 for=2024-03-20T00:00", "2024-03-02", "plan-action",
         "A1 2024-03-01 -> 2024-03-20T00:00 open", "its own date"},
        {"action-set 2024-03-01 ep=A1", "2024-03-02", "plan-action", "", "none was set"},
        {"court-order-made 2024-03-01 ref=O1 code=secure-first for=2024-04-10T00:00", "2024-03-02",
         "secure-order-first", "1 2024-03-01 -> 2024-04-10T00:00 open", "the order's own end"},
        {"court-order-made 2024-03-01 ref=O1 code=secure-first for=2024-08-10T00:00", "2024-03-02",
         "secure-order-first", "1 2024-03-01 -> 2024-06-01 open", "never beyond three months"},
    };

    CHECK(rows);
}

static void test_earlier_of_two(void **state)
{
    static const struct row rows[] = {
        {"birth 2006-05-01; leaver-contact 2024-12-31 code=yes ref=K1", "2025-01-02", "pa-contact",
         "1 2024-12-31 -> 2025-02-25 open", "eight weeks come first"},
        {"birth 2006-05-01; leaver-contact 2024-12-31 code=refu ref=K1", "2025-01-02", "pa-contact",
         "", "refused"},
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1; birth 2024-03-25",
         "2024-03-26", "review-cp-birth", "P1 2024-03-25 -> 2024-04-15 open",
         "no later than the review's own due date"},
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1; birth 2024-02-09",
         "2024-02-10", "review-cp-birth", "P1 2024-02-09 -> 2024-03-08 open",
         "20 working days from the birth"},
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1; birth 2024-04-15",
         "2024-04-15", "review-cp-birth", "P1 2024-04-15 -> 2024-04-15 open",
         "born on the review's last day"},
        {"cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1; birth 2024-04-16",
         "2024-04-16", "review-cp-birth", "P1 2024-04-16 -> 2024-05-15 open",
         "a day that has passed sets no limit"},
    };

    CHECK(rows);
}

static void test_first_day_counts(void **state)
{
    static const struct row rows[] = {
        {"proceedings-issued 2024-09-02 ep=Q1", "2024-09-03", "care-proceedings",
         "Q1 2024-09-02 -> 2025-03-02 open", "26 weeks beginning with the day"},
    };

    CHECK(rows);
}

static void test_what_follows(void **state)
{
    static const struct row rows[] = {
        {"birth 2008-11-30; care-started 2020-01-10 ep=C1", "2024-11-29", "pathway-assessment", "",
         "not yet sixteen"},
        {"birth 2008-11-30; care-started 2020-01-10 ep=C1", "2024-11-30", "pathway-assessment",
         "1 2024-11-30 -> 2025-02-28 open", "sixteen, and long in care"},
        {"birth 2008-11-30; care-started 2020-01-10 ep=C1; care-ended 2021-01-10 ep=C1",
         "2025-11-30", "pathway-assessment", "", "all of it before fourteen"},
        {"birth 2008-11-30; care-started 2023-01-01 ep=C1; care-ended 2023-02-10 ep=C1; "
         "care-started 2024-12-01 ep=C2",
         "2025-02-01", "pathway-assessment", "1 2025-01-19 -> 2025-04-19 open",
         "41 days, then the fiftieth of the second stay"},
        {"missing-started 2024-03-01T10:00 ref=1; missing-started 2024-04-02T10:00 ref=2; "
         "missing-started 2024-05-13T10:00 ref=3",
         "2024-05-13", "missing-strategy-repeat", "1 2024-05-13 -> 2024-05-14 open",
         "the third within 90 days"},
        {"expected-birth 2024-08-01", "2024-03-01", "icpc-prebirth",
         "1 2024-08-01 -> 2024-05-23 open", "known before it comes"},
    };

    CHECK(rows);
}

// A stay at one address, left and taken up again: each plan belongs to the stay that went on.
static void test_a_key_that_comes_again(void **state)
{
#define STAY(from, until)                                                                          \
    "; placement-started " from " ref=L1@" from " ep=C1; placement-ended " until " ref=L1@" from   \
    " ep=C1"
    static const struct row rows[] = {
        {CARE STAY("2024-01-08", "2024-02-01")
             STAY("2024-03-01", "2024-04-01") "; placement-plan-signed 2024-01-12 ep=L1 ref=G1; "
                                              "placement-plan-signed 2024-03-20 "
                                              "ep=L1 ref=G2",
         "2024-04-10", "placement-plan",
         "L1 2024-01-08 -> 2024-01-15 met 2024-01-12 in | L1 2024-03-01 -> 2024-03-08 met "
         "2024-03-20 out",
         "two stays, two plans"},
    };

    CHECK(rows);
}

static void test_return_interview(void **state)
{
#define FOUND                                                                                      \
    "missing-started 2024-03-01T08:00 ref=M1s; missing-found 2024-03-01T20:00 ep=M1 ref=M1f"
    static const struct row rows[] = {
        {FOUND, "2024-03-02", "return-interview", "M1 2024-03-01 -> 2024-03-04T20:00 open",
         "the start on the same day, but before, ends nothing"},
        {FOUND "; rhi-done-at 2024-03-04T20:01 ep=M1 ref=I1", "2024-03-05", "return-interview",
         "M1 2024-03-01 -> 2024-03-04T20:00 met 2024-03-04 out", "a minute late"},
        {FOUND "; rhi-offered-at 2024-03-03T10:00 ep=M1 code=refused ref=I1", "2024-03-05",
         "return-interview", "M1 2024-03-01 -> 2024-03-04T20:00 met 2024-03-03 in",
         "an offer refused"},
        {FOUND "; missing-started 2024-03-01T23:00 ref=M2s; missing-found 2024-03-02T06:00 ep=M2 "
               "ref=M2f",
         "2024-03-03", "return-interview",
         "M1 2024-03-01 -> 2024-03-04T20:00 ended 2024-03-01: child went missing | M2 2024-03-02 "
         "-> 2024-03-05T06:00 open",
         "a new episode on the evening of the return"},
    };

    CHECK(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_half_way),         cmocka_unit_test(test_running_late),
        cmocka_unit_test(test_conditions),       cmocka_unit_test(test_only_while),
        cmocka_unit_test(test_stays_added_up),   cmocka_unit_test(test_dates_that_records_set),
        cmocka_unit_test(test_earlier_of_two),   cmocka_unit_test(test_first_day_counts),
        cmocka_unit_test(test_what_follows),     cmocka_unit_test(test_a_key_that_comes_again),
        cmocka_unit_test(test_return_interview),
    };

    return cmocka_run_group_tests(tests, load_all_on, free_rules);
}
