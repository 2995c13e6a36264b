// Evaluation as tables: what happened to one child, the day on which is asked, and every deadline
// of one timescale. Each row says why it is there.
#include "deadlines_check.h"

#define ENQUIRY "s47-started 2024-03-14 ep=E1"

static void test_initial_conference(void **state)
{
    static const struct row rows[] = {
        {ENQUIRY, "2024-04-08", "icpc", "E1 2024-03-14 -> 2024-04-08 open", "due today"},
        {ENQUIRY, "2024-04-09", "icpc", "E1 2024-03-14 -> 2024-04-08 missed", "a day after"},
        {ENQUIRY "; icpc-held 2024-04-08 ep=E1 ref=C1 mt=M1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 met 2024-04-08 in", "on the last day"},
        {ENQUIRY "; icpc-held 2024-04-09 ep=E1 ref=C1 mt=M1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 met 2024-04-09 out", "a day late"},
        {ENQUIRY "; icpc-held 2024-04-08 ep=E1 ref=C1 mt=M1", "2024-04-07", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "not yet held on the day asked"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1 code=no-conference", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 ended 2024-03-20: section 47 enquiry ended", "no conference"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1 code=conference", "2024-03-21", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "ended with a conference: still owed"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1", "2024-03-21", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "ended without an outcome: still owed"},
        {ENQUIRY "; icpc-stood-down 2024-03-22 ep=E1 ref=X", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 ended 2024-03-22: conference stood down", "stood down"},
        {ENQUIRY "; icpc-stood-down 2024-03-22 ep=E2 ref=X", "2024-03-25", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "another enquiry's conference stood down"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1 code=no-conference; icpc-held 2024-03-28 ep=E1 "
                 "ref=C1 mt=M1",
         "2024-05-01", "icpc", "E1 2024-03-14 -> 2024-04-08 met 2024-03-28 in",
         "a linked conference is stronger than the end"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1 code=no-conference; icpc-held 2024-03-28 ref=C1 "
                 "mt=M1",
         "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 ended 2024-03-20: section 47 enquiry ended",
         "one without a link after the end is not"},
        {ENQUIRY "; icpc-held 2024-03-28 ref=C1 mt=M1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 met 2024-03-28 in", "without a link: the next one"},
        {ENQUIRY "; icpc-held 2024-03-28 ep=E9 ref=C1 mt=M1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 met 2024-03-28 in", "linked to nothing known: the next one"},
        {ENQUIRY "; icpc-held 2024-03-28 ref=C1 mt=M1; icpc-held 2024-04-10 ep=E1 ref=C2 mt=M2",
         "2024-05-01", "icpc", "E1 2024-03-14 -> 2024-04-08 met 2024-04-10 out",
         "the linked one, though another came first"},
        {ENQUIRY "; icpc-held 2024-03-01 ep=E1 ref=C1 mt=M1", "2024-03-20", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "held before the enquiry began: not the enquiry's"},
        {ENQUIRY "; transfer-in-conference-held 2024-03-28 ref=C1 mt=M1", "2024-03-29", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "a transfer in meets no enquiry"},
        {ENQUIRY "; icpc-held 2024-03-14 ep=E1 ref=C1 mt=M1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 met 2024-03-14 in", "on the very day"},
        {"s47-started 2024-03-14 ep=E1; s47-started 2024-03-20 ep=E2; icpc-held 2024-03-28 ep=E2 "
         "ref=C1 mt=M1",
         "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 met 2024-03-28 in | "
         "E2 2024-03-20 -> 2024-04-12 met 2024-03-28 in",
         "two enquiries, one conference"},
        {"s47-started 2024-03-14 ep=E1", "2024-03-13", "icpc", "", "not yet known"},
    };

    CHECK(rows);
}

static void test_ends_of_childhood(void **state)
{
    static const struct row rows[] = {
        {ENQUIRY "; death 2024-03-18 ref=1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 ended 2024-03-18: death", "death"},
        {ENQUIRY "; birth 2006-03-25 ref=1", "2024-03-24", "icpc",
         "E1 2024-03-14 -> 2024-04-08 open", "the day before the 18th birthday"},
        {ENQUIRY "; birth 2006-03-25 ref=1", "2024-03-25", "icpc",
         "E1 2024-03-14 -> 2024-04-08 ended 2024-03-25: the child turned 18", "18 today"},
        {ENQUIRY "; birth 2006-03-14 ref=1", "2024-05-01", "icpc",
         "E1 2024-03-14 -> 2024-04-08 ended 2024-03-14: the child turned 18",
         "18 on the first day"},
        {ENQUIRY "; birth 2006-03-13 ref=1", "2024-05-01", "icpc", "", "of age when it began"},
        {"s47-started 2022-02-14 ep=E1; birth 2004-02-29 ref=1", "2022-02-28", "icpc",
         "E1 2022-02-14 -> 2022-03-07 open", "born on 29 February: 18 on 1 March"},
        {"s47-started 2022-02-14 ep=E1; birth 2004-02-29 ref=1", "2022-03-01", "icpc",
         "E1 2022-02-14 -> 2022-03-07 ended 2022-03-01: the child turned 18", "and so it is"},
        {"referral-received 2024-03-18 ep=R1; birth 2006-03-25 ref=1", "2024-04-25", "assessment",
         "R1 2024-03-18 -> 2024-05-23 open", "an age does not end an assessment"},
        {"cp-review-held 2024-03-18 ref=V1 mt=M1; death 2024-03-20 ref=1", "2024-05-25",
         "conference-decisions", "M1 2024-03-18 -> 2024-04-17 ended 2024-03-20: death",
         "death ends a record's distribution too"},
    };

    CHECK(rows);
}

#define PLAN "cp-plan-started 2024-01-15 ep=P1; cp-plan-made 2024-01-15 ep=P1"

static void test_plan_reviews(void **state)
{
    static const struct row rows[] = {
        {PLAN, "2024-04-15", "review-cp-first", "P1 2024-01-15 -> 2024-04-15 open", "due today"},
        {PLAN "; cp-review-held 2024-04-15 ep=P1 ref=V1 mt=M1", "2024-05-01", "review-cp-first",
         "P1 2024-01-15 -> 2024-04-15 met 2024-04-15 in", "in time"},
        {PLAN "; cp-review-held 2024-01-15 ep=P1 ref=V1 mt=M1", "2024-05-01", "review-cp-first",
         "P1 2024-01-15 -> 2024-04-15 missed", "a review on the day of the plan is not its own"},
        {PLAN "; cp-review-held 2024-04-12 ep=P1 ref=V1 mt=M1; cp-review-held 2024-10-14 ep=P1 "
              "ref=V2 mt=M2",
         "2024-11-01", "review-cp-subsequent",
         "P1 2024-04-12 -> 2024-10-12 met 2024-10-14 out | P1 2024-10-14 -> 2025-04-14 open",
         "a chain counts from the review held"},
        {PLAN "; cp-review-held 2024-04-12 ep=P1 ref=V1 mt=M1; cp-plan-ended 2024-04-12 ep=P1",
         "2024-11-01", "review-cp-subsequent", "", "the review that ends a plan starts no other"},
        {PLAN "; cp-review-held 2024-04-12 ep=P1 ref=V1 mt=M1; cp-plan-ended 2024-06-03 ep=P1",
         "2024-11-01", "review-cp-subsequent",
         "P1 2024-04-12 -> 2024-10-12 ended 2024-06-03: child protection plan ended",
         "the plan ended between reviews"},
        {PLAN "; cp-review-held 2024-04-12 ref=V1 mt=M1", "2024-05-01", "review-cp-first",
         "P1 2024-01-15 -> 2024-04-15 met 2024-04-12 in", "a review without a plan: by its date"},
        {PLAN "; cp-review-held 2024-04-12 ep=P9 ref=V1 mt=M1", "2024-05-01", "review-cp-first",
         "P1 2024-01-15 -> 2024-04-15 met 2024-04-12 in", "of an unknown plan: by its date"},
        {PLAN "; cp-review-held 2024-04-12 ep=P1 ref=V1 mt=M1; cp-review-held 2024-04-12 ep=P1 "
              "ref=V2 mt=M1",
         "2024-05-01", "review-cp-subsequent", "P1 2024-04-12 -> 2024-10-12 open",
         "two records of one day are one review"},
    };

    CHECK(rows);
}

#define CARE "care-started 2024-05-07 ep=K1"

static void test_reviews_in_care(void **state)
{
    static const struct row rows[] = {
        {CARE, "2024-06-05", "review-child-first", "K1 2024-05-07 -> 2024-06-05 open", "20th day"},
        {CARE "; child-review-held 2024-06-06 ep=K1 ref=V1", "2024-07-01", "review-child-first",
         "K1 2024-05-07 -> 2024-06-05 met 2024-06-06 out", "a day late"},
        {CARE "; child-review-held 2024-05-31 ep=K1 ref=V1", "2024-07-01", "review-child-second",
         "K1 2024-05-31 -> 2024-08-31 open", "3 months from the first"},
        {CARE "; child-review-held 2024-05-31 ep=K1 ref=V1; child-review-held 2024-08-29 ep=K1 "
              "ref=V2; child-review-held 2025-03-03 ep=K1 ref=V3",
         "2025-03-04", "review-child-subsequent",
         "K1 2024-08-29 -> 2025-02-28 met 2025-03-03 out | K1 2025-03-03 -> 2025-09-03 open",
         "6 months from each later one"},
        {CARE "; child-review-held 2024-05-31 ep=K1 ref=V1; care-ended 2024-06-20 ep=K1; "
              "care-started 2024-07-01 ep=K2",
         "2024-07-02", "review-child-first",
         "K1 2024-05-07 -> 2024-06-05 met 2024-05-31 in | K2 2024-07-01 -> 2024-07-29 open",
         "a new period begins anew"},
        {CARE "; care-ended 2024-05-20 ep=K1", "2024-07-02", "review-child-first",
         "K1 2024-05-07 -> 2024-06-05 ended 2024-05-20: child ceased to be looked after", "ended"},
        {"care-started 2011-03-31 ep=K1", "2011-04-30", "review-child-first", "",
         "before the regulations came into force"},
        {"care-started 2011-04-01 ep=K1", "2011-04-30", "review-child-first",
         "K1 2011-04-01 -> 2011-05-05 open", "on the day they did, and across a royal wedding"},
    };

    CHECK(rows);
}

static void test_visits(void **state)
{
    static const struct row rows[] = {
        {CARE "; placement-started 2024-05-07 ep=K1 ref=A@1; child-visit 2024-05-10 ep=K1 ref=W1 "
              "code=seen",
         "2024-05-20", "visit-child-standard",
         "K1 2024-05-07 -> 2024-05-14 met 2024-05-10 in | K1 2024-05-10 -> 2024-06-21 open",
         "a week from the placement, then six"},
        {CARE "; placement-started 2024-05-07 ep=K1 ref=A@1; child-visit 2024-05-10 ep=K1 ref=W1 "
              "code=not-seen",
         "2024-05-20", "visit-child-standard", "K1 2024-05-07 -> 2024-05-14 missed",
         "a visit at which the child was not seen is none"},
        {CARE "; placement-started 2024-05-07 ep=K1 ref=A@1; child-visit 2024-05-07 ep=K1 ref=W1 "
              "code=seen",
         "2024-05-20", "visit-child-standard",
         "K1 2024-05-07 -> 2024-05-14 met 2024-05-07 in | K1 2024-05-07 -> 2024-06-18 open",
         "on the day of the placement"},
        {PLAN "; cp-visit 2024-01-15T16:00 ep=P1 ref=W1 code=seen", "2024-01-20", "cp-visit",
         "P1 2024-01-15 -> 2024-01-29 met 2024-01-15 in | P1 2024-01-15 -> 2024-01-29 open",
         "two clocks of one day and one due date"},
        {"cin-plan-started 2024-01-08 ep=N1; cin-visit 2024-01-22 ref=W1 code=seen; cin-visit "
         "2024-02-19 ref=W2 code=seen",
         "2024-02-20", "cin-visit",
         "N1 2024-01-08 -> 2024-02-05 met 2024-01-22 in | "
         "N1 2024-01-22 -> 2024-02-19 met 2024-02-19 in | N1 2024-02-19 -> 2024-03-18 open",
         "visits name no plan: by date"},
    };

    CHECK(rows);
}

static void test_assessments(void **state)
{
    static const struct row rows[] = {
        {"referral-received 2024-03-18 ep=R1; assessment-started 2024-03-19 ep=R1 ref=A1; "
         "assessment-authorised 2024-05-23 ep=R1 ref=A1",
         "2024-06-01", "assessment", "R1 2024-03-18 -> 2024-05-23 met 2024-05-23 in", "day 45"},
        {"referral-received 2024-03-18 ep=R1 code=nfa", "2024-06-01", "assessment", "",
         "no further action: none owed"},
        {"referral-received 2024-03-18 ep=R1; referral-closed 2024-03-18 ep=R1", "2024-06-01",
         "assessment", "R1 2024-03-18 -> 2024-05-23 ended 2024-03-18: referral closed",
         "closed on its first day"},
        {"referral-received 2024-03-18 ep=R1; assessment-started 2024-03-19 ep=R1 ref=A1; "
         "assessment-authorised 2024-04-23 ep=R1 ref=A1; assessment-started 2024-06-03 ep=R1 "
         "ref=A2; assessment-authorised 2024-06-20 ep=R1 ref=A2",
         "2024-07-01", "assessment",
         "R1 2024-03-18 -> 2024-05-23 met 2024-04-23 in | R1 2024-06-03 -> 2024-08-05 met "
         "2024-06-20 in",
         "a later assessment counts from its own start and is met by its own end"},
    };

    CHECK(rows);
}

#define MISSING "missing-started 2024-05-12T10:00 ep=M1; missing-found 2024-05-13T10:00 ep=M1"

static void test_hours(void **state)
{
    static const struct row rows[] = {
        {"meeting-booked 2024-05-01 mt=G1 code=icpc for=2024-05-15T10:00", "2024-05-02",
         "icpc-report-share", "G1 2024-05-15 -> 2024-05-13T10:00 open", "48 hours before"},
        {"meeting-booked 2024-03-20 mt=G1 code=icpc for=2024-04-02T10:00", "2024-03-21",
         "icpc-report-share", "G1 2024-04-02 -> 2024-03-28T17:00 open",
         "Easter Sunday: the close of Thursday"},
        {"meeting-booked 2024-03-20 mt=G1 code=icpc for=2024-04-02T10:00; report-shared "
         "2024-03-28T16:59 ep=G1 mt=G1 ref=S1",
         "2024-04-03", "icpc-report-share", "G1 2024-04-02 -> 2024-03-28T17:00 met 2024-03-28 in",
         "before the close"},
        {"meeting-booked 2024-03-20 mt=G1 code=icpc for=2024-04-02T10:00; report-shared "
         "2024-03-28T17:01 ep=G1 mt=G1 ref=S1",
         "2024-04-03", "icpc-report-share", "G1 2024-04-02 -> 2024-03-28T17:00 met 2024-03-28 out",
         "after it"},
        {"meeting-booked 2024-03-20 mt=G1 code=icpc for=2024-04-02T10:00; report-shared "
         "2024-03-28 ep=G1 mt=G1 ref=S1",
         "2024-04-03", "icpc-report-share", "G1 2024-04-02 -> 2024-03-28T17:00 met 2024-03-28 in",
         "of which only the day is known"},
        {"meeting-booked 2024-03-20 mt=G1 code=icpc for=2024-04-02T10:00; meeting-rearranged "
         "2024-03-25 mt=G1 ref=B2 code=icpc for=2024-04-05T14:00",
         "2024-03-26", "icpc-report-share", "G1 2024-04-05 -> 2024-04-03T14:00 open",
         "by the last booking"},
        {"meeting-booked 2024-10-20 mt=G1 code=icpc for=2024-10-28T10:00", "2024-10-21",
         "icpc-report-share", "G1 2024-10-28 -> 2024-10-25T17:00 open",
         "across the end of summer time"},
        {MISSING "; rhi-done-at 2024-05-13T10:00 ep=M1 ref=R1", "2024-05-14", "return-interview",
         "M1 2024-05-13 -> 2024-05-16T10:00 met 2024-05-13 in", "written down in one minute"},
        {MISSING "; rhi-done-at 2024-05-13T09:59 ep=M1 ref=R1", "2024-05-14", "return-interview",
         "M1 2024-05-13 -> 2024-05-16T10:00 open", "before the return"},
    };

    CHECK(rows);
}

static void test_bookings(void **state)
{
    static const struct row rows[] = {
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G1 code=icpc for=2024-04-04T10:00", "2024-04-04",
         "icpc", "E1 2024-03-14 -> 2024-04-08 open", "the day of the meeting"},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G1 code=icpc for=2024-04-04T10:00", "2024-04-05",
         "icpc", "E1 2024-03-14 -> 2024-04-08 awaiting", "held, perhaps; not recorded"},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G1 code=icpc for=2024-04-04T10:00; "
                 "meeting-cancelled 2024-04-03 mt=G1 ref=B2 code=icpc",
         "2024-04-05", "icpc", "E1 2024-03-14 -> 2024-04-08 open", "cancelled: owed as before"},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G1 code=rcpc for=2024-04-04T10:00", "2024-04-05",
         "icpc", "E1 2024-03-14 -> 2024-04-08 open", "another kind of meeting"},
    };

    CHECK(rows);
}

static void test_booking_shown(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(
        a, *state,
        ENQUIRY "; meeting-booked 2024-03-18 mt=G1 code=icpc for=2024-04-04T10:00; meeting-booked "
                "2024-03-19 mt=G2 code=icpc for=2024-04-10T10:00",
        "2024-03-20");

    assert_string_equal(only(&e, "icpc")->booking->group, "G1");
    e = evaluation_of(a, *state, ENQUIRY, "2024-03-20");
    assert_null(only(&e, "icpc")->booking);
    // The review that starts the next clock does not meet it: its own booking is not the next's.
    e = evaluation_of(a, *state,
                      PLAN "; meeting-booked 2024-03-18 mt=M1 code=rcpc for=2024-04-12T10:00; "
                           "cp-review-held 2024-04-12 ep=P1 ref=V1 mt=M1",
                      "2024-04-12");
    assert_null(only(&e, "review-cp-subsequent")->booking);
}

// "" is nobody but the child's chair, or reviewing officer, of that day.
static void test_who_chairs(void **state)
{
#define BOOKED "; meeting-booked 2024-03-18 mt=G1 code=icpc for=2024-04-04T10:00 who=C1"
#define HELD "; icpc-held 2024-04-04 ep=E1 ref=R1 mt=G1 who=W1 code=no-plan"
#define REVIEWED                                                                                   \
    "care-started 2024-01-02 ep=L1; involved 2024-01-02 ref=I1 code=iro who=R1 until=2024-04-10; " \
    "involved 2024-04-11 ref=I2 code=iro who=R2; involved 2024-01-02 ref=I3 code=chair who=C1; "   \
    "child-review-held 2024-04-04 ep=L1 ref=V1"
    static const struct row rows[] = {
        {ENQUIRY BOOKED, "2024-03-20", "icpc", "C1", "whom the booking names"},
        {ENQUIRY BOOKED "; meeting-rearranged 2024-03-19 mt=G1 code=icpc for=2024-04-05T10:00 "
                        "who=C2",
         "2024-03-20", "icpc", "C2", "the last word on it"},
        {ENQUIRY BOOKED "; meeting-cancelled 2024-03-19 mt=G1 code=icpc who=C2", "2024-03-20",
         "icpc", "", "a meeting that was taken out of the diary has no chair"},
        {ENQUIRY "; meeting-booked 2024-03-18 mt=G1 code=icpc for=2024-04-04T10:00", "2024-03-20",
         "icpc", "", "a booking that names nobody"},
        {ENQUIRY BOOKED, "2024-03-20", "icpc-report-share", "C1", "what counts back from it"},
        {ENQUIRY BOOKED HELD, "2024-04-12", "conference-decisions", "C1",
         "by the number of the meeting; the worker of its record is the child's"},
        {ENQUIRY HELD "; involved 2024-01-02 code=chair who=C3 until=2024-04-04", "2024-04-12",
         "conference-decisions", "C3", "who was involved until that day"},
        {ENQUIRY HELD "; involved 2024-01-02 code=chair who=C3 until=2024-04-03", "2024-04-12",
         "conference-decisions", "", "who was not any more"},
        {REVIEWED, "2024-04-12", "review-record", "R1", "the reviewing officer of that day"},
        {REVIEWED "; meeting-booked 2024-03-18 mt=G2 code=cla_review for=2024-04-04T14:00 who=R3",
         "2024-04-12", "review-record", "R3", "booked for that day: its record has no number"},
        {REVIEWED, "2024-04-12", "review-child-second", "", "the next review is not that one"},
        {REVIEWED, "2024-04-12", "midway-child", "", "nor is what is half way to it"},
    };
    struct library *l = library_with("milton-keynes.yaml");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO(arena_auto_free) struct arena *a = arena_new();
        const struct row *r = &rows[i];
        struct evaluation e = evaluation_of(a, l, r->facts, r->as_at);
        const char *got = only(&e, r->timescale)->chaired_by;

        if (!same_text(got, *r->expected ? r->expected : NULL))
            fail_msg("%s: got %s", r->why, got ? got : "nobody");
    }
    library_free(l);
}

static void test_months_end_and_book_by(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e = evaluation_of(
        a, *state, "cp-plan-started 2025-11-30 ep=P1; cp-plan-made 2025-11-30 ep=P1", "2025-12-01");
    const struct deadline *d = only(&e, "review-cp-first");

    assert_string_equal(date_iso(a, d->due_on), "2026-02-28");
    assert_string_equal(date_iso(a, d->book_by), "2026-02-27");
    assert_false(d->provisional);
}

static void test_provisional(void **state)
{
    const struct library *l = *state;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct date late = date_add_days(workdays_horizon(l->national), 40);
    struct evaluation e = evaluation_of(
        a, l, arena_printf(a, "s47-started %s ep=E1", date_iso(a, late)), date_iso(a, late));

    assert_true(only(&e, "icpc")->provisional);
}

// ------------------------------------------------------------------------------------- blindness

static const char *state_when_surveyed(struct arena *a, const struct library *l, const char *asked,
                                       const char *other, const char *timescale, const char *as_at)
{
    struct timeline t = facts_of(a, l, asked), o = facts_of(a, l, other);
    struct sight_survey *survey = sight_survey_new(a, l);
    struct evaluation e;

    evaluate(a, l, &t, (struct sight){NULL}, on(as_at), &e);
    sight_survey_add(survey, &t, &e);
    evaluate(a, l, &o, (struct sight){NULL}, on(as_at), &e);
    sight_survey_add(survey, &o, &e);
    evaluate(a, l, &t, (struct sight){sight_survey_blind(a, survey)}, on(as_at), &e);
    return state_word(only(&e, timescale), on(as_at));
}

static void test_blindness(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    static const char need[] = "cin-plan-started 2024-01-08 ep=N1";

    assert_string_equal(state_when_surveyed(a, *state, PLAN, "", "core-group-first", "2024-01-20"),
                        "unknown");
    assert_string_equal(
        state_when_surveyed(a, *state, PLAN,
                            "cp-plan-started 2023-01-09 ep=P2; cp-plan-made 2023-01-09 ep=P2; "
                            "core-group-held 2023-01-10 ref=G",
                            "core-group-first", "2024-01-20"),
        "open");
    // Visits are shown only for plans that have ended: those of open plans cannot be told.
    assert_string_equal(
        state_when_surveyed(a, *state, need,
                            "cin-plan-started 2023-01-09 ep=N2; cin-visit 2023-01-12 ref=W "
                            "code=seen; cin-plan-ended 2023-03-01 ep=N2",
                            "cin-visit", "2024-01-20"),
        "unknown");
    assert_string_equal(
        state_when_surveyed(a, *state, need,
                            "cin-plan-started 2023-12-11 ep=N2; cin-visit 2024-01-12 ref=W "
                            "code=seen",
                            "cin-visit", "2024-01-20"),
        "open");
}

// ------------------------------------------------------------------------- findings, looking again

static bool has_finding(const struct evaluation *e, const char *code)
{
    for (size_t i = 0; i < e->finding_count; i++)
        if (strcmp(e->findings[i].code, code) == 0)
            return true;
    return false;
}

static void test_findings(void **state)
{
    static const struct {
        const char *facts, *code;
    } rows[] = {
        {"birth 2020-01-01 ref=1; s47-started 2018-01-01 ep=E1", "before-birth"},
        {"s47-started 2027-01-01 ep=E1", "date-in-future"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1", "no-outcome"},
        {ENQUIRY "; s47-ended 2024-03-20 ep=E1 code=maybe", "unknown-code"},
        {"cp-review-held 2024-03-20 ref=V1 mt=M1", "review-without-plan"},
        {PLAN "; cp-review-held 2024-03-20 ep=P1 ref=V1 mt=M1 code=end", "plan-not-closed"},
        {PLAN "; cp-plan-ended 2024-01-10 ep=P1", "end-before-start"},
        {PLAN "; cp-plan-started 2024-02-15 ep=P2", "two-open"},
        {"cp-plan-started 2024-01-16 ep=P1; cp-plan-made 2024-01-15 ep=P1", "plan-date-differs"},
        {ENQUIRY, "no-worker"},
        {ENQUIRY "; meeting-booked 2024-03-20 ref=B1 mt=G1 code=icpc for=2024-04-06T10:00",
         "booked-on-free-day"},
        {"care-started 2024-01-08 ep=C1; care-ended 2024-03-08 ep=C1 code=E4A",
         "care-ended-unreviewed"},
    };
    static const char *const none[] = {
        "dispute-raised 2024-01-08 ep=D1; dispute-raised 2024-01-09 ep=D2",
        "meeting-booked 2024-03-20 ref=B1 mt=G1 code=icpc for=2024-04-05T10:00",
        "care-started 2024-01-08 ep=C1; care-ended 2024-02-05 ep=C1 code=E4A",
        "care-started 2024-01-08 ep=C1; care-ended 2024-03-08 ep=C1 code=E11",
    };
    AUTO(arena_auto_free) struct arena *a = arena_new();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct evaluation e = evaluation_of(a, *state, rows[i].facts, "2024-04-01");

        if (!has_finding(&e, rows[i].code))
            fail_msg("%s: no finding %s", rows[i].facts, rows[i].code);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        struct evaluation e = evaluation_of(a, *state, none[i], "2024-04-01");

        if (has_finding(&e, "two-open") || has_finding(&e, "booked-on-free-day") ||
            has_finding(&e, "care-ended-unreviewed"))
            fail_msg("%s: a finding", none[i]);
    }
    struct evaluation e = evaluation_of(
        a, *state, ENQUIRY "; involved 2024-03-14 ref=I1 code=social-worker who=7", "2024-04-01");
    assert_int_equal(e.finding_count, 0);
}

// Whole columns of keys are missing on some systems.
static void test_without_keys(void **state)
{
    const struct library *l = *state;
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct timeline t = facts_of(a, l,
                                 PLAN "; cp-plan-started 2024-02-05 ep=P2; cp-plan-ended "
                                      "2024-01-10 ep=P3");
    struct evaluation e;

    for (size_t i = 0; i < t.count; i++)
        if (t.facts[i].event == library_event(l, "cp-plan-started"))
            t.facts[i].ref = t.facts[i].episode = NULL;
    timeline_sort(&t);
    evaluate(a, l, &t, (struct sight){NULL}, on("2024-03-01"), &e);
    assert_true(has_finding(&e, "two-open"));
}

// The years before any calendar of office hours: nothing is due.
static void test_outside_the_calendar(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    static const char facts[] = "icpc-booked 0001-01-05T10:00 ref=1; s47-started 0001-01-01 ep=E1; "
                                "cp-plan-started 0001-02-01 ep=P1";
    struct evaluation e = evaluation_of(a, *state, facts, "2024-03-01");

    assert_string_equal(deadlines_text(a, &e, NULL, on("2024-03-01")), "");
}

static void test_look_again(void **state)
{
    AUTO(arena_auto_free) struct arena *a = arena_new();
    struct evaluation e =
        evaluation_of(a, *state, ENQUIRY "; birth 2006-03-25 ref=1", "2024-03-20");

    assert_string_equal(date_iso(a, e.look_again_on), "2024-03-25");
    e = evaluation_of(a, *state, ENQUIRY "; icpc-held 2024-03-22 ep=E1 ref=C mt=M", "2024-03-20");
    assert_string_equal(date_iso(a, e.look_again_on), "2024-03-22");
    // On its due date the next clock starts, though nothing happens.
    e = evaluation_of(a, *state,
                      "temp-approval-start 2024-11-20 ep=T1; temp-approval-extended 2025-03-03 "
                      "ep=T1",
                      "2025-03-04");
    assert_string_equal(date_iso(a, e.look_again_on), "2025-03-12");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initial_conference),
        cmocka_unit_test(test_ends_of_childhood),
        cmocka_unit_test(test_plan_reviews),
        cmocka_unit_test(test_reviews_in_care),
        cmocka_unit_test(test_visits),
        cmocka_unit_test(test_assessments),
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_bookings),
        cmocka_unit_test(test_booking_shown),
        cmocka_unit_test(test_who_chairs),
        cmocka_unit_test(test_months_end_and_book_by),
        cmocka_unit_test(test_provisional),
        cmocka_unit_test(test_blindness),
        cmocka_unit_test(test_findings),
        cmocka_unit_test(test_without_keys),
        cmocka_unit_test(test_outside_the_calendar),
        cmocka_unit_test(test_look_again),
    };

    return cmocka_run_group_tests(tests, load_rules, free_rules);
}
