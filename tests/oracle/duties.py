"""What is owed for each child: every timescale the oracle knows, each duty with its clock, and
what met it.

Readings that hold for every timescale:
- A duty ends on the earliest of its ends; what was held on that day still meets it, what was held
  later does not.
- A day on or after the end of the duty starts no clock (an enquiry's or a referral's own end
  excepted: these may close on the day they begin, and the duty is then ended, not unheard of).
- The 18th birthday ends the clocks of child protection and of children in care; death ends every
  clock but those of sending out a record of a meeting that was held.
- Several rows of one day are one thing held.
- Unknown takes the place of open and missed where only local events, or tables that most case
  systems leave empty, tell what would meet the timescale, and in the whole source, whatever the
  day, none of its duties was ever met. Tables of the dataset are not judged so, but for visits to
  children in need, which an extract leaves out for every plan that is open.

Timescales whose clocks are started by local events that no sample has (secure accommodation,
temporary approvals, private fostering, allegations, incidents) are judged by their sums alone
(register.py).
"""

import collections
import datetime
import functools

import england
from care_duties import CareDuties
from records import Records
from source import EARLIEST, STAND_INS, earliest
from step_duties import StepDuties

# Met by what only local events tell, or by what most case systems have no rows of.
BY_EVENTS = {
    'referral-decision',
    'icpc-report-share',
    'review-cp-report-share',
    'conference-decisions',
    'core-group-first',
    'core-group-next',
    'cin-review',
    'care-plan',
    'placement-plan',
    'placement-notify',
    'review-child-consult',
    'review-decisions',
    'review-manager-response',
    'review-record',
    'review-distribution',
    'pep-initial',
    'pep-initial-emergency',
    'pep-review',
    'review-adoption-waiting',
    'review-adoption-placed-first',
    'plo-letter',
    'plo-meeting-first',
    'plo-review',
    'police-protection',
    'emergency-protection-order',
    'child-assessment-order',
    'pathway-assessment',
    'return-interview',
    'ehcp-decision',
    'ehcp-refusal',
    'ehcp-issue',
    'ehcp-annual-review',
    'dispute-formal',
    'child-death-notify',
    'child-death-review-meeting',
    'child-death-panel',
}
HOLDING = ('ssd_initial_cp_conference', 'ssd_cp_reviews')

# unit: the meeting that brothers and sisters share, for counting by meeting
Deadline = collections.namedtuple(
    'Deadline', 'person timescale subject trigger due due_at met end in_time state unit'
)


# A meeting in the diary by its last booking; off: the day on which it was called off since.
Booking = collections.namedtuple('Booking', 'person group kind at off')


class Duties(CareDuties, StepDuties):
    def __init__(self, folder, as_at, judged=True):
        """judged: nothing is unknown unless it is looked at whether the source could show it."""
        self.as_at, self.judged = as_at, judged
        self.source = Records(folder, as_at)
        self.events = collections.defaultdict(list)
        for event in self.source.events:
            self.events[event.kind].append(event)
        self.plans_of = collections.defaultdict(list)
        for plan in self.source.plans.values():
            self.plans_of[plan.person].append(plan)
        self.conferences_of = collections.defaultdict(list)
        for conference in self.source.conferences:
            self.conferences_of[conference.person].append(conference)

    @functools.cached_property
    def shown(self):
        """The timescales of which any deadline was ever met, whatever the day."""
        always = Duties(self.source.folder, STAND_INS - england.ONE_DAY, judged=False)
        return {d.timescale for d in always.deadlines() if d.met is not None}

    def blind(self, timescale):
        return self.judged and timescale in BY_EVENTS and timescale not in self.shown

    @functools.cache
    def deadlines(self):
        self.found = []
        self.initial_conferences()
        self.report_sharing()
        self.distribution()
        self.protection_plans()
        self.assessments()
        self.need_plans()
        self.care()
        self.further_care()
        self.steps()
        found = dict.fromkeys(self.found)
        return sorted(
            found,
            key=lambda d: (
                d.person,
                d.timescale,
                d.subject,
                d.trigger,
                d.due,
                d.met or datetime.date.max,
            ),
        )

    # -- one duty ---------------------------------------------------------------------------------

    def owe(
        self,
        timescale,
        person,
        subject,
        trigger,
        due,
        held,
        end=None,
        blind=False,
        unit=None,
        due_at=None,
        met_at=None,
    ):
        """held: the days that may meet it; the first counts. met_at: its moment, where that is
        known and the clock counts hours.
        """
        met = min(held, default=None)
        if met is not None and end is not None and met > end:
            met = None
        in_time = None if met is None else met <= due if met_at is None else met_at <= due_at
        self.found.append(
            Deadline(
                person,
                timescale,
                subject,
                trigger,
                due,
                due_at,
                met,
                end,
                in_time,
                self.state(due, met, end, blind or self.blind(timescale)),
                unit,
            )
        )

    def clock(self, timescale, person, subject, trigger, due, held, end, begins=False, **more):
        """A duty that begins on a day, met by the first thing held on or after it. Where it has
        ended by then none begins; begins: but the day on which its subject does shows it still.
        """
        if end is None or trigger < end or begins and trigger == end:
            after = [day for day in held if day >= trigger]
            self.owe(timescale, person, subject, trigger, due, after, end, **more)

    def state(self, due, met, end, blind):
        if met is not None:
            return 'met'
        if end is not None:
            return 'ended'
        if blind:
            return 'unknown'
        return 'open' if due >= self.as_at else 'missed'

    def chain(self, timescale, person, subject, days, span, end, blind=False, unit=None):
        """A clock from each day held, met by the next. unit: the meeting of each day, where
        meetings are counted.
        """
        for i, day in enumerate(days):
            if end is None or day < end:
                self.owe(
                    timescale,
                    person,
                    subject,
                    day,
                    span(day),
                    days[i + 1 : i + 2],
                    end,
                    blind,
                    None if unit is None else unit.get(day),
                )

    # -- child protection -------------------------------------------------------------------------

    def initial_conferences(self):
        """The conference tied to the enquiry; without one, the child's nearest, unless the duty
        had ended by then.

        A tied conference before the enquiry began is not the enquiry's. An end without a date ends
        nothing.
        """
        stood_down = collections.defaultdict(list)
        for event in self.events['icpc_stood_down']:
            if event.table in ('', 'ssd_s47_enquiry'):
                stood_down[event.subject].append(event.at.date())
        for enquiry in self.source.enquiries:
            childhood = self.source.childhood_end(enquiry.person)
            if childhood is not None and enquiry.start >= childhood:
                continue
            end = earliest(enquiry.end, childhood, *stood_down[enquiry.key])
            after = [
                c
                for c in self.conferences_of[enquiry.person]
                if not c.transfer and c.on >= enquiry.start
            ]
            tied = [c.on for c in after if c.enquiry == enquiry.key]
            self.owe(
                'icpc',
                enquiry.person,
                enquiry.key,
                enquiry.start,
                england.add_working_days(enquiry.start, 15),
                tied or [c.on for c in after],
                None if tied else end,
            )

    @functools.cache
    def diary(self):
        """Each meeting that was ever booked. A booking that gives no time changes nothing."""
        booked, cancelled = (collections.defaultdict(list) for _ in range(2))
        for event in self.events['meeting_booked'] + self.events['meeting_rearranged']:
            if event.group and event.scheduled is not None and event.scheduled.date() >= EARLIEST:
                booked[event.person, event.group].append(event)
        for event in self.events['meeting_cancelled']:
            cancelled[event.person, event.group].append(event)
        meetings = []
        for (person, group), events in booked.items():
            last = max(events, key=lambda e: (e.at, e.recorded))
            off = earliest(
                *(
                    e.at.date()
                    for e in cancelled[person, group]
                    if (e.at, e.recorded) > (last.at, last.recorded)
                )
            )
            meetings.append(Booking(person, group, last.meeting_kind, last.scheduled, off))
        return meetings

    def report_sharing(self):
        """A share-by moment for each conference in the diary, unless called off later. What was
        called off is ended, unless shared by that day. A sharing of which only the day is known is
        in time on the day the moment falls on.
        """
        shared = collections.defaultdict(list)
        for event in self.events['report_shared']:
            shared[event.person, event.group].append(event)
        for booking in self.diary():
            timescale = {'icpc': 'icpc-report-share', 'rcpc': 'review-cp-report-share'}.get(
                booking.kind
            )
            if timescale is None:
                continue
            person, group = booking.person, booking.group
            first = min(shared[person, group], key=lambda e: e.at, default=None)
            due_at = england.office_close_on_or_before(england.hours_before(booking.at, 48))
            self.owe(
                timescale,
                person,
                group,
                booking.at.date(),
                due_at.date(),
                [] if first is None else [first.at.date()],
                earliest(self.source.childhood_end(person), booking.off),
                unit=group,
                due_at=due_at,
                met_at=None if first is None else first.at.replace(second=0),
            )

    def distribution(self):
        """Records of meetings held; owed whatever becomes of the plan or the child. Sent before
        the meeting is no sending.
        """
        sent = collections.defaultdict(list)
        for event in self.events['minutes_distributed']:
            kind = 'conference' if event.table in HOLDING else event.table
            sent[kind, event.person, event.subject].append(event.at.date())
        held = [(c.person, c.meeting, c.on) for c in self.source.conferences]
        held += [(r.person, r.meeting, r.on) for r in self.source.reviews]
        for person, meeting, on in dict.fromkeys(held):
            if meeting:  # without a number nothing can be sent out under it
                self.owe(
                    'conference-decisions',
                    person,
                    meeting,
                    on,
                    england.add_working_days(on, 20),
                    [day for day in sent['conference', person, meeting] if day >= on],
                    unit=meeting,
                )
        for review in self.source.care_reviews:
            period = self.source.care.get(review.period)
            if period is not None:  # a review tied to no period is nobody's
                self.owe(
                    'review-distribution',
                    period.person,
                    review.key,
                    review.on,
                    england.add_working_days(review.on, 20),
                    [
                        day
                        for day in sent['ssd_cla_reviews', period.person, review.key]
                        if day >= review.on
                    ],
                    unit=review.key,
                )

    def plan_holding(self, person, day, named='', after_start=False):
        """The plan a visit, review or core group belongs to: the one it names, else by dates, else
        the one begun last before it.
        """
        plan = self.source.plans.get(named)
        if plan is not None and plan.person == person:
            return plan.key
        holding = [
            p
            for p in self.plans_of[person]
            if (p.start < day or p.start == day and not after_start)
            and (p.end is None or day <= p.end)
        ]
        return max(holding, key=lambda p: (p.start < day, p.start, p.key)).key if holding else None

    def conference_of(self, plan):
        """The plan names the meeting, or in the specification's form the conference itself."""
        made = [
            c
            for c in self.conferences_of[plan.person]
            if c.plan_made and plan.conference and plan.conference in (c.meeting, c.key)
        ]
        return min(made, key=lambda c: c.on, default=None)

    def protection_plans(self):
        groups, visits, reviews = (collections.defaultdict(dict) for _ in range(3))
        for event in self.events['core_group_held']:
            day = event.at.date()
            groups[self.plan_holding(event.person, day)][day] = event.group
        for visit in self.source.plan_visits:
            visits[self.plan_holding(visit.person, visit.on, visit.subject)][visit.on] = None
        for review in self.source.reviews:
            key = self.plan_holding(review.person, review.on, review.plan, after_start=True)
            reviews[key].setdefault(review.on, review.meeting)
        for plan in self.source.plans.values():
            end = earliest(plan.end, self.source.childhood_end(plan.person))
            conference = self.conference_of(plan)
            begun = plan.start if conference is None else conference.on
            meeting = None if conference is None else conference.meeting
            # a review on the day the plan began, or before it, is not the plan's (it is how the
            # last one ended)
            held = {day: number for day, number in reviews[plan.key].items() if day > plan.start}
            self.plan_clocks(
                plan, begun, meeting, end, groups[plan.key], sorted(visits[plan.key]), held
            )

    def plan_clocks(self, plan, begun, meeting, end, groups, visits, reviews):
        group_days, review_days = sorted(groups), sorted(reviews)
        if end is None or begun < end:
            self.owe(
                'core-group-first',
                plan.person,
                plan.key,
                begun,
                england.add_working_days(begun, 10),
                [day for day in group_days if day >= begun],
                end,
                unit=meeting,
            )
            self.owe(
                'cp-visit',
                plan.person,
                plan.key,
                begun,
                england.add_working_days(begun, 10),
                [day for day in visits if day >= begun],
                end,
            )
            self.owe(
                'review-cp-first',
                plan.person,
                plan.key,
                begun,
                england.add_months(begun, 3),
                review_days,
                end,
                unit=reviews[review_days[0]] if review_days else None,
            )
        self.chain(
            'core-group-next',
            plan.person,
            plan.key,
            group_days,
            lambda day: england.add_weeks(day, 6),
            end,
            unit=groups,
        )
        self.chain(
            'cp-visit',
            plan.person,
            plan.key,
            visits,
            lambda day: england.add_working_days(day, 10),
            end,
        )
        met_at = {day: reviews[after] for day, after in zip(review_days, review_days[1:])}
        self.chain(
            'review-cp-subsequent',
            plan.person,
            plan.key,
            review_days,
            lambda day: england.add_months(day, 6),
            end,
            unit=met_at,
        )

    # -- referral and need ------------------------------------------------------------------------

    def assessments(self):
        """The first assessment authorised meets the referral's clock; every other of the referral
        has its own.

        While none is authorised the one begun first is the referral's. An assessment authorised
        before the referral is an earlier one and none of these. The 18th birthday ends nothing
        here.
        """
        of_referral = collections.defaultdict(list)
        for assessment in self.source.assessments:
            of_referral[assessment.referral].append(assessment)
        for referral in self.source.referrals:
            died = self.source.death(referral.person)
            if died is not None and referral.on >= died:
                continue
            end = earliest(referral.closed, died)
            own = [
                a
                for a in of_referral[referral.key]
                if a.authorised is None or a.authorised >= referral.on
            ]
            done = [a for a in own if a.authorised is not None]
            self.owe(
                'assessment',
                referral.person,
                referral.key,
                referral.on,
                england.add_working_days(referral.on, 45),
                [a.authorised for a in done],
                end,
            )
            if done:
                first = min(done, key=lambda a: (a.authorised, a.start or datetime.date.max, a.key))
            else:
                first = min(own, key=lambda a: (a.start or datetime.date.max, a.key), default=None)
            for other in own:
                if (
                    other != first
                    and other.start is not None
                    and (end is None or other.start < end)
                ):
                    self.owe(
                        'assessment',
                        referral.person,
                        referral.key,
                        other.start,
                        england.add_working_days(other.start, 45),
                        [] if other.authorised is None else [other.authorised],
                        end,
                    )

    def need_plans(self):
        """Visits and reviews belong to every plan of the child that was running that day; none
        names its plan.

        A review is ended, too, by a child protection plan or a period of care that begins after
        the clock began.
        """
        plans = list(self.source.need_plans.values())
        still_open = {}
        for plan in plans:
            if plan.key not in self.source.ended_need_plans:
                still_open.setdefault(plan.person, []).append(plan)
        no_visit_shown = not any(
            day is not None and day >= plan.start
            for person, day in self.source.need_visit_rows
            for plan in still_open.get(person, ())
        )
        visited, reviewed, superseded = (collections.defaultdict(set) for _ in range(3))
        for visit in self.source.need_visits:
            visited[visit.person].add(visit.on)
        for event in self.events['cin_review_held']:
            reviewed[event.person].add(event.at.date())
        for spell in [*self.source.plans.values(), *self.source.care.values()]:
            superseded[spell.person].add(spell.start)
        for plan in plans:
            end = earliest(plan.end, self.source.death(plan.person))
            inside = [
                sorted(
                    d
                    for d in days[plan.person]
                    if d >= plan.start and (plan.end is None or d <= plan.end)
                )
                for days in (visited, reviewed)
            ]
            self.need_clocks(
                plan, end, inside, superseded[plan.person], no_visit_shown and plan.end is None
            )

    def need_clocks(self, plan, end, inside, superseded, no_visit_shown):
        visits, reviews = inside

        def within_20(day):
            return england.add_working_days(day, 20)

        def review(trigger, months, held):
            stop = earliest(end, *(day for day in superseded if day > trigger))
            if stop is None or trigger < stop:
                self.owe(
                    'cin-review',
                    plan.person,
                    plan.key,
                    trigger,
                    england.add_months(trigger, months),
                    held,
                    stop,
                )

        if end is None or plan.start < end:
            self.owe(
                'cin-visit',
                plan.person,
                plan.key,
                plan.start,
                within_20(plan.start),
                visits,
                end,
                no_visit_shown,
            )
        self.chain('cin-visit', plan.person, plan.key, visits, within_20, end, no_visit_shown)
        review(plan.start, 3, reviews)
        for i, day in enumerate(reviews):
            review(day, 6, reviews[i + 1 : i + 2])

    # -- children in care -------------------------------------------------------------------------

    def care(self):
        reviews = collections.defaultdict(dict)
        for review in self.source.care_reviews:
            reviews[review.period].setdefault(review.on, review.key)
        for period in self.source.care.values():
            end = earliest(period.end, self.source.childhood_end(period.person))
            # a review dated before care began is of no use to it
            held = {
                day: key for day, key in sorted(reviews[period.key].items()) if day >= period.start
            }
            self.care_reviews(period, end, held)

    def care_reviews(self, period, end, held):
        days = list(held)
        if not self.in_short_breaks(period.person, period.start):
            self.clock(
                'review-child-first',
                period.person,
                period.key,
                period.start,
                england.add_working_days(period.start, 20),
                days,
                end,
                begins=True,
                unit=held[days[0]] if days else None,
            )
        for i, day in enumerate(days):
            if end is None or day < end:
                after = days[i + 1 : i + 2]
                timescale, months = (
                    ('review-child-second', 3) if i == 0 else ('review-child-subsequent', 6)
                )
                self.owe(
                    timescale,
                    period.person,
                    period.key,
                    day,
                    england.add_months(day, months),
                    after,
                    end,
                    unit=held[after[0]] if after else None,
                )
