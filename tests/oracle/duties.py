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
- Unknown takes the place of open and missed where the events that would meet this timescale have
  no trace in the whole source, whatever their date: reports shared before initial conferences say
  nothing of reports shared before reviews. Tables of the dataset are not judged so, but for visits
  to children in need, which an extract leaves out for every plan that is open.
"""

import collections
import datetime
import functools

import england
from source import EARLIEST, Source, earliest

BY_EVENTS = (
    'icpc-report-share',
    'review-cp-report-share',
    'core-group-first',
    'core-group-next',
    'conference-decisions',
    'review-distribution',
    'cin-review',
)
HOLDING = ('ssd_initial_cp_conference', 'ssd_cp_reviews')

# unit: the meeting that brothers and sisters share, for counting by meeting
Deadline = collections.namedtuple(
    'Deadline', 'person timescale subject trigger due due_at met in_time state unit'
)


class Duties:
    def __init__(self, folder, as_at):
        self.as_at = as_at
        self.source = Source(folder, as_at)
        self.events = collections.defaultdict(list)
        for event in self.source.events:
            self.events[event.kind].append(event)
        self.shown = self.timescales_shown()
        self.plans_of = collections.defaultdict(list)
        for plan in self.source.plans.values():
            self.plans_of[plan.person].append(plan)
        self.conferences_of = collections.defaultdict(list)
        for conference in self.source.conferences:
            self.conferences_of[conference.person].append(conference)

    def timescales_shown(self):
        """The timescales, of those that only local events meet, of which at least one meeting
        event is in the source.
        """
        sharing = {'icpc': 'icpc-report-share', 'rcpc': 'review-cp-report-share'}
        booked = {
            (e.person, e.group): sharing.get(e.meeting_kind)
            for e in self.source.everything
            if e.kind in ('meeting_booked', 'meeting_rearranged')
        }
        shown = set()
        for event in self.source.everything:
            if event.kind == 'core_group_held':
                shown.update(('core-group-first', 'core-group-next'))
            elif event.kind == 'cin_review_held':
                shown.add('cin-review')
            elif event.kind == 'minutes_distributed' and event.table in HOLDING:
                shown.add('conference-decisions')
            elif event.kind == 'minutes_distributed' and event.table == 'ssd_cla_reviews':
                shown.add('review-distribution')
            elif event.kind == 'report_shared' and event.group:
                shown.add(booked.get((event.person, event.group)))
        return shown

    def blind(self, timescale):
        return timescale in BY_EVENTS and timescale not in self.shown

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

    def owe(self, timescale, person, subject, trigger, due, held, end=None, blind=False, unit=None):
        """held: the days that may meet it; the first counts."""
        met = min(held, default=None)
        if met is not None and end is not None and met > end:
            met = None
        in_time = None if met is None else met <= due
        self.found.append(
            Deadline(
                person,
                timescale,
                subject,
                trigger,
                due,
                None,
                met,
                in_time,
                self.state(due, met, end, blind or self.blind(timescale)),
                unit,
            )
        )

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

    def report_sharing(self):
        """A share-by moment for each conference in the diary: by its last booking, unless called
        off later.

        A booking that gives no time changes nothing. What was called off is ended, unless shared
        by that day. A sharing of which only the day is known is in time on the day the moment
        falls on.
        """
        booked, cancelled, shared = (collections.defaultdict(list) for _ in range(3))
        for event in self.events['meeting_booked'] + self.events['meeting_rearranged']:
            if event.group and event.scheduled is not None and event.scheduled.date() >= EARLIEST:
                booked[event.person, event.group].append(event)
        for event in self.events['meeting_cancelled']:
            cancelled[event.person, event.group].append(event)
        for event in self.events['report_shared']:
            shared[event.person, event.group].append(event)
        for (person, group), events in booked.items():
            last = max(events, key=lambda e: (e.at, e.recorded))
            timescale = {'icpc': 'icpc-report-share', 'rcpc': 'review-cp-report-share'}.get(
                last.meeting_kind
            )
            if timescale is None:
                continue
            off = [
                e.at.date()
                for e in cancelled[person, group]
                if (e.at, e.recorded) > (last.at, last.recorded)
            ]
            end = earliest(self.source.childhood_end(person), *off)
            due_at = england.office_close_on_or_before(england.hours_before(last.scheduled, 48))
            first = min(shared[person, group], key=lambda e: e.at, default=None)
            if first is not None and end is not None and first.at.date() > end:
                first = None
            met = None if first is None else first.at.date()
            in_time = None if first is None else first.at.replace(second=0) <= due_at
            state = self.state(due_at.date(), met, end, self.blind(timescale))
            self.found.append(
                Deadline(
                    person,
                    timescale,
                    group,
                    last.scheduled.date(),
                    due_at.date(),
                    due_at,
                    met,
                    in_time,
                    state,
                    group,
                )
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
        reviews, visits, placements = (collections.defaultdict(dict) for _ in range(3))
        for review in self.source.care_reviews:
            reviews[review.period].setdefault(review.on, review.key)
        for visit in self.source.care_visits:
            visits[visit.subject][visit.on] = None
        for placement in self.source.placements:
            placements[placement.period][placement.start] = None
        for period in self.source.care.values():
            end = earliest(period.end, self.source.childhood_end(period.person))
            # a review dated before care began is of no use to it
            held = {
                day: key for day, key in sorted(reviews[period.key].items()) if day >= period.start
            }
            self.care_reviews(period, end, held)
            self.care_visits(
                period, end, sorted(visits[period.key]), sorted(placements[period.key])
            )

    def care_reviews(self, period, end, held):
        days = list(held)
        if end is None or period.start < end:
            self.owe(
                'review-child-first',
                period.person,
                period.key,
                period.start,
                england.add_working_days(period.start, 20),
                days,
                end,
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

    def care_visits(self, period, end, visits, placements):
        """Whatever the placement; the special rhythms of visits to children placed with parents
        are other timescales.
        """
        for day in placements:
            if end is None or day < end:
                self.owe(
                    'visit-child-standard',
                    period.person,
                    period.key,
                    day,
                    england.add_weeks(day, 1),
                    [v for v in visits if v >= day],
                    end,
                )
        self.chain(
            'visit-child-standard',
            period.person,
            period.key,
            visits,
            lambda day: england.add_weeks(day, 6),
            end,
        )
