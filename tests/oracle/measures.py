"""The figures, from the duties and the tables: what share was done in time, how long plans run,
whose caseload children are in.

Readings:
- A figure counts in the period in which the thing was held, fell due or ended; or it is taken at
  the end of the period's last day (on the as-at day, while that is to come), of those still
  children by then.
- A plan or a period of care runs until the day before it ended. One that ended before it began
  has no end.
- Published periods hold whatever the local rule: 15, 20 and 45 working days, 3 and 6 months.
"""

import collections
import datetime

import england
from duties import Duties
from source import moment, table

REVIEWS = {
    'm-rcpc': {'review-cp-first': (3, 91), 'review-cp-subsequent': (6, 183)},
    'm-ccr': {
        'review-child-first': (None, None),
        'review-child-second': (3, 91),
        'review-child-subsequent': (6, 183),
    },
}
OWED = {
    'm-distribution': ('review-distribution',),
    'm-core-group': ('core-group-first', 'core-group-next'),
}
BANDS = ((5, '0-5'), (10, '6-10'), (15, '11-15'), (20, '16-20'))
CATEGORIES = {'n': 'neglect', 'e': 'emotional', 'p': 'physical', 's': 'sexual', 'm': 'multiple'}

# day: gives the period; unit: the meeting, or the chair
Counted = collections.namedtuple(
    'Counted', 'day unit in_time part days', defaults=(None, None, None)
)


def year_start(day):
    return datetime.date(day.year if day.month >= 4 else day.year - 1, 4, 1)


def month_end(month):
    year, number = month
    return datetime.date(year + number // 12, number % 12 + 1, 1) - england.ONE_DAY


def runs(spell, day):
    end = spell.end if spell.end is not None and spell.end >= spell.start else None
    return spell.start <= day and (end is None or end > day)


class Measures(Duties):
    def occasions(self, measure, ends=(), due=False, days=False):
        """What is counted. ends: the last days of the periods, for what is taken at a day's end.
        due: by the day due. days: 91 and 183 days in place of 3 and 6 months.
        """
        if measure in ('m-icpc', 'm-icpc-meeting'):
            return self.due_conferences() if due else self.conference_occasions()
        if measure in REVIEWS:
            return self.reviews(measure, due, days)
        if measure in OWED or due:
            return self.owed(OWED.get(measure) or self.visits_named(measure))
        taken = {
            'm-cpp-reviewed': self.reviewed_plans,
            'm-ccr-child': self.reviewed_children,
            'm-cp-visit': self.visited_plans,
            'm-cla-visit': self.visited_children,
            'm-cp-duration-12': lambda day: self.long_plans(day, 12),
            'm-cp-duration-24': lambda day: self.long_plans(day, 24),
            'm-category': self.categories,
            'm-placement-moves': self.placement_moves,
            'm-caseload': self.caseload,
        }
        if measure in taken:
            return [
                counted
                for day in (min(end, self.as_at) for end in ends)
                for counted in taken[measure](day)
            ]
        return {
            'm-assessment': self.assessments_authorised,
            'm-assessment-referral': self.assessments_of_referrals,
            'm-cp-ended-24': self.plans_ended,
            'm-repeat': lambda: self.plans_started(None),
            'm-repeat-24': lambda: self.plans_started(24),
            'm-conversion': self.conversions,
            'm-icpc-route': self.routes,
            'm-cp-outcome': self.plan_outcomes,
            'm-repeat-outcome': self.repeat_outcomes,
            'm-rhi': self.return_interviews,
            'm-dispute-days': self.disputes,
        }[measure]()

    # -- conferences ------------------------------------------------------------------------------

    def initial_conferences_held(self, transfers=False):
        """Each record once, with the day its enquiry began: the one it is tied to, else the
        latest whose clock it met; None without an enquiry before it.
        """
        starts = {(e.person, e.key): e.start for e in self.source.enquiries}
        met = collections.defaultdict(list)
        for d in self.deadlines():
            if d.timescale == 'icpc' and d.met is not None:
                met[d.person, d.met].append(d.trigger)
        once = {(c.person, c.key, c.meeting, c.enquiry, c.on): c for c in self.source.conferences}
        for c in once.values():
            start = starts.get((c.person, c.enquiry))
            if start is None or start > c.on:
                start = max(met[c.person, c.on], default=None)
            if not c.transfer or transfers:
                yield c, start

    def conference_occasions(self):
        """Conferences held after an enquiry; one before it, or without any, is left out."""
        result = []
        for c, start in self.initial_conferences_held():
            if start is None:
                continue
            band = next(
                (name for n, name in BANDS if c.on <= england.add_working_days(start, n)),
                '21 and over',
            )
            in_time = c.on <= england.add_working_days(start, 15)
            result.append(Counted(c.on, c.meeting or c.key, in_time, band))
        return result

    def due_conferences(self):
        return [
            Counted(due, None, d.met is not None and d.met <= due)
            for d in self.deadlines()
            for due in [england.add_working_days(d.trigger, 15)]
            if d.timescale == 'icpc' and d.state in ('met', 'missed', 'open') and due < self.as_at
        ]

    def conversions(self):
        return [
            Counted(c.on, None, c.plan_made)
            for c, _ in self.initial_conferences_held()
        ]

    def routes(self):
        need = collections.defaultdict(list)
        for plan in self.source.need_plans.values():
            need[plan.person].append(plan)
        result = []
        for c, start in self.initial_conferences_held(transfers=True):
            day = c.on if start is None else start
            in_need = any(runs(plan, day) for plan in need[c.person])
            part = 'transfer' if c.transfer else 'in need' if in_need else 'front door'
            result.append(Counted(c.on, None, None, part))
        return result

    # -- reviews, records, visits -----------------------------------------------------------------

    def review_due(self, measure, d, days):
        months, count = REVIEWS[measure][d.timescale]
        if months is None:
            return england.add_working_days(d.trigger, 20)
        if days:
            return d.trigger + datetime.timedelta(days=count)
        return england.add_months(d.trigger, months)

    def reviews(self, measure, due, days):
        result = []
        for d in self.deadlines():
            if d.timescale not in REVIEWS[measure]:
                continue
            by = self.review_due(measure, d, days)
            if due and d.state in ('met', 'missed', 'open') and by < self.as_at:
                result.append(Counted(by, None, d.met is not None and d.met <= by))
            elif not due and d.met is not None:
                result.append(Counted(d.met, d.unit, d.met <= by))
        return result

    def owed(self, timescales):
        """By the day they fell due. What is due on the as-at day can still be done: not counted
        before the day is over.
        """
        return [
            Counted(d.due, (d.unit, d.due), d.met is not None and d.in_time)
            for d in self.deadlines()
            if d.timescale in timescales and d.due < self.as_at and d.state in ('met', 'missed')
        ]

    def visits_named(self, measure):
        if measure == 'm-cp-visit':
            return {'cp-visit'}
        if measure == 'm-cla-visit':
            named = {d.timescale for d in self.deadlines()}
            return {n for n in named if n.startswith('visit-child-')}
        return {'assessment'}

    def is_child(self, person, day):
        end = self.source.childhood_end(person)
        return end is None or end > day

    def running(self, spells, day):
        return [s for s in spells.values() if runs(s, day) and self.is_child(s.person, day)]

    def clocks(self, timescales):
        found = collections.defaultdict(list)
        for d in self.deadlines():
            if d.timescale in timescales:
                found[d.person, d.subject].append(d)
        return found

    def visited(self, measure, spells, day):
        """In time by the end of the day: every clock that runs has not passed its due date."""
        clocks = self.clocks(self.visits_named(measure))
        result = []
        for spell in self.running(spells, day):
            current = [
                d
                for d in clocks[spell.person, spell.key]
                if d.trigger <= day and not any(over is not None and over <= day for over in (d.met, d.end))
            ]
            if current:
                result.append(Counted(day, None, all(day <= d.due for d in current)))
        return result

    def visited_plans(self, day):
        return self.visited('m-cp-visit', self.source.plans, day)

    def visited_children(self, day):
        return self.visited('m-cla-visit', self.source.care, day)

    def reviewed(self, measure, spells, long_enough, day):
        """No review was held late since 1 April, and none is overdue."""
        clocks = self.clocks(REVIEWS[measure])
        result = []
        for spell in self.running(spells, day):
            if long_enough(spell.start) > day:
                continue
            good = True
            for d in clocks[spell.person, spell.key]:
                due = self.review_due(measure, d, False)
                if d.met is not None and d.met <= day:
                    good = good and not (d.met > due and d.met >= year_start(day))
                elif d.trigger <= day:
                    good = good and day <= due
            result.append(Counted(day, None, good))
        return result

    def reviewed_plans(self, day):
        return self.reviewed(
            'm-rcpc', self.source.plans, lambda start: england.add_months(start, 3), day
        )

    def reviewed_children(self, day):
        return self.reviewed(
            'm-ccr', self.source.care, lambda start: england.add_working_days(start, 20), day
        )

    # -- assessments ------------------------------------------------------------------------------

    def assessments_authorised(self):
        return [
            Counted(a.authorised, None, a.authorised <= england.add_working_days(a.start, 45))
            for a in self.source.assessments
            if a.authorised is not None and a.start is not None and a.start <= a.authorised
        ]

    def assessments_of_referrals(self):
        return [
            Counted(d.met, None, d.met <= england.add_working_days(d.trigger, 45))
            for d in self.deadlines()
            if d.timescale == 'assessment' and d.met is not None
        ]

    # -- plans ------------------------------------------------------------------------------------

    def long_plans(self, day, months):
        return [
            Counted(day, None, england.add_months(plan.start, months) <= day)
            for plan in self.running(self.source.plans, day)
        ]

    def categories(self, day):
        named = {
            row['cppl_cp_plan_id']: (
                row['cppl_cp_plan_latest_category'] or row['cppl_cp_plan_initial_category']
            )
            for row in table(self.source.folder, 'ssd_cp_plans')
        }
        return [
            Counted(day, None, None, CATEGORIES.get(initial, 'not known'))
            for plan in self.running(self.source.plans, day)
            for initial in [named[plan.key].strip().lower()[:1]]
        ]

    def ended(self):
        return [p for p in self.source.plans.values() if p.end is not None and p.end >= p.start]

    def plans_ended(self):
        return [
            Counted(p.end, None, england.add_months(p.start, 24) <= p.end) for p in self.ended()
        ]

    def is_repeat(self, plan, months):
        for other in self.plans_of[plan.person]:
            if other.start >= plan.start:
                continue
            if months is None:
                return True
            if (
                other.end is not None
                and other.start <= other.end <= plan.start
                and england.add_months(other.end, months) >= plan.start
            ):
                return True
        return False

    def plans_started(self, months):
        return [
            Counted(p.start, None, self.is_repeat(p, months)) for p in self.source.plans.values()
        ]

    def plan_outcomes(self, plans=None):
        care, need = (
            {(s.person, s.key): s for s in spells.values()}
            for spells in (self.source.care, self.source.need_plans)
        )

        def goes_on(spells, plan):
            return any(s.person == plan.person and runs(s, plan.end) for s in spells.values())

        return [
            Counted(
                p.end,
                None,
                None,
                'in care' if goes_on(care, p) else 'in need' if goes_on(need, p) else 'elsewhere',
            )
            for p in (self.ended() if plans is None else plans)
        ]

    def repeat_outcomes(self):
        return self.plan_outcomes([p for p in self.ended() if self.is_repeat(p, 24)])

    # -- children in care, and whose they are -----------------------------------------------------

    def placement_moves(self, day):
        placements = collections.defaultdict(set)
        for row in table(self.source.folder, 'ssd_cla_placement'):
            start = self.source.fact(row['clap_cla_placement_start_date'])
            end = moment(row['clap_cla_placement_end_date'])
            if (
                start is not None
                and start <= day
                and (end is None or end.date() >= year_start(day))
                and not row['clap_cla_placement_type'].startswith('T')
            ):
                placements[row['clap_person_id']].add((row['clap_cla_placement_id'], start))
        children = {period.person for period in self.running(self.source.care, day)}
        return [Counted(day, None, len(placements[child]) >= 3) for child in children]

    def caseload(self, day):
        """(child, chair) pairs: the reviewing officer of a child in care, the chair of a child on
        a plan, the same person once. Who came last is the one.
        """
        involved = {}
        for row in table(self.source.folder, 'ssd_involvements'):
            start = self.source.fact(row['invo_involvement_start_date'])
            end = moment(row['invo_involvement_end_date'])
            role = row['invo_professional_role_id']
            if (
                role not in ('IRO', 'CP_CHAIR')
                or not row['invo_professional_id']
                or start is None
                or start > day
                or (end is not None and end.date() < day)
            ):
                continue
            key = row['invo_person_id'], role
            involved[key] = max(
                involved.get(key, (datetime.date.min, '')), (start, row['invo_professional_id'])
            )
        pairs = {
            (spell.person, involved[spell.person, role][1])
            for spells, role in ((self.source.care, 'IRO'), (self.source.plans, 'CP_CHAIR'))
            for spell in self.running(spells, day)
            if (spell.person, role) in involved
        }
        return [Counted(day, chair) for _, chair in sorted(pairs)]

    # -- local events -----------------------------------------------------------------------------

    def by_thing(self, kind):
        """The first event of each thing: a missing episode, a dispute."""
        first = {}
        for event in sorted(self.events[kind], key=lambda e: e.at):
            first.setdefault((event.person, event.subject or event.group), event)
        return first

    def return_interviews(self):
        done, offered = self.by_thing('rhi_done_at'), self.by_thing('rhi_offered_at')
        result = []
        for key, found in self.by_thing('missing_found').items():
            due = england.to_london(england.from_london(found.at) + datetime.timedelta(hours=72))
            if key in done:
                by_hour = found.timed and done[key].timed
                in_time = done[key].at <= due if by_hour else done[key].at.date() <= due.date()
                part = 'done in time' if in_time else 'done late'
            elif due.date() >= self.as_at:
                continue
            else:
                in_time, part = False, 'only offered' if key in offered else 'not offered'
            result.append(Counted(found.at.date(), None, in_time, part))
        return result

    def disputes(self):
        resolved = self.by_thing('dispute_resolved')
        result = []
        for key, raised in self.by_thing('dispute_raised').items():
            if key in resolved:
                start, end = raised.at.date(), resolved[key].at.date()
                in_time = end <= england.add_working_days(start, 20)
                result.append(Counted(end, None, in_time, None, (end - start).days))
        return result

    # -- a period's figures -----------------------------------------------------------------------

    def periods(self, first, last, length):
        """(label, first month, last month) of months, quarters or years from April, cut to what
        was asked.
        """
        month = first
        while month <= last:
            year, number = month
            place = (number + 8) % 12  # April is 0
            fiscal = year if number >= 4 else year - 1
            end = number + length - place % length - 1
            end = min((year + (end - 1) // 12, (end - 1) % 12 + 1), last)
            name = '%04d/%02d' % (fiscal, (fiscal + 1) % 100)
            yield (
                '%04d-%02d' % month
                if length == 1
                else name if length == 12 else '%s-Q%d' % (name, place // 3 + 1)
            ), month, end
            month = (end[0] + end[1] // 12, end[1] % 12 + 1)

    def figures(self, measure, first, last, by='child', length=1, **asked):
        """A dictionary of each period, as the product's columns are called; `parts` beside them."""
        periods = list(self.periods(first, last, length))
        begun = [month_end(p[2]) for p in periods if datetime.date(*p[1], 1) <= self.as_at]
        counted = self.occasions(measure, begun, **asked)
        for label, month, end in periods:
            inside = [c for c in counted if month <= (c.day.year, c.day.month) <= end]
            yield {'month': label, 'measure': measure, 'by': by, **self.row(measure, by, inside)}

    def row(self, measure, by, inside):
        judged = [c.in_time for c in inside]
        parts = [c.part for c in inside]
        if by == 'meeting':  # late if any child's is late
            together = collections.defaultdict(list)
            for i, c in enumerate(inside):
                together[c.day.year, c.day.month, c.unit or i].append(c)
            judged = [all(c.in_time for c in each) for each in together.values()]
        row = {'held': len(judged)}
        if judged and judged[0] is None:
            row.update(in_timescale='', percent='')
        else:
            row.update(in_timescale=sum(judged), percent=percent(sum(judged), len(judged)))
        if measure == 'm-caseload':
            chairs = len({c.unit for c in inside})
            row.update(chairs=chairs, average=tenths(len(inside), chairs))
            row.update(in_timescale='', percent='')
        if measure == 'm-dispute-days':
            row.update(spread(sorted(c.days for c in inside)))
        row['parts'] = collections.Counter(part for part in parts if part is not None)
        return row


def spread(days):
    if not days:
        return {'median_days': '', 'ninetieth_days': '', 'longest_days': ''}
    middle = days[(len(days) - 1) // 2] + days[len(days) // 2]
    rank = next(n for n in range(1, len(days) + 1) if 10 * n >= 9 * len(days))
    return {
        'median_days': '%d.%d' % divmod(5 * middle, 10),
        'ninetieth_days': days[rank - 1],
        'longest_days': days[-1],
    }


def tenths(part, whole):
    """One decimal, halves upwards."""
    if not whole:
        return ''
    return '%d.%d' % divmod((20 * part + whole) // (2 * whole), 10)


def percent(part, whole):
    return tenths(100 * part, whole)
