"""What is owed for a child in care beside reviews held in time: officers, plans, visits by the kind
of placement, health and education.

Readings:
- What names a period of care, a placement or a review belongs to it. Everything else belongs by its
  day to the period that goes on: the one begun last before it; the day of an end still belongs to
  what ended.
- A clock ends with the period of care, with the child's death or at 18.
- Short breaks (V3, V4 on the day) have rhythms of their own.
- One rhythm of visits applies at a time, as the day stands that starts the clock; it ends on the
  day on which another takes its place.
"""

import collections

import england
from records import holds
from source import earliest


def distinct(days):
    return sorted(set(days))


class CareDuties:
    def further_care(self):
        self.periods_of = collections.defaultdict(list)
        for period in self.source.care.values():
            self.periods_of[period.person].append(period)
        self.reviews_in, self.visits_in = (collections.defaultdict(set) for _ in range(2))
        for review in self.source.care_reviews:
            self.reviews_in[review.period].add(review.on)
        for visit in self.source.care_visits:
            self.visits_in[visit.subject].add(visit.on)
        self.stays_of = collections.defaultdict(list)
        for stay in self.source.stays:
            self.stays_of[stay.person].append(stay)
        self.days_of = {
            kind: self.by_period((e.person, e.at.date()) for e in self.events[kind])
            for kind in (
                'iro_appointed',
                'care_plan_agreed',
                'iha_completed',
                'pep_held',
                'placement_unplanned',
                'review_requested',
                'decisions_issued',
                'manager_responded',
                'review_consulted',
                'adoption_review_held',
            )
        }
        self.read_days()
        for period in self.source.care.values():
            end = earliest(period.end, self.source.childhood_end(period.person))
            self.officers_and_plans(period, end)
            self.early_reviews(period, end)
            self.health(period, end)
            self.questionnaires(period, end)
            self.education(period, end)
            self.visits_to_parents(period, end)
            self.adoption(period, end)
        self.placements()
        self.records_of_reviews()
        self.consultations()

    # -- what belongs where -----------------------------------------------------------------------

    def period_on(self, person, day):
        going_on = [
            p
            for p in self.periods_of[person]
            if p.start <= day and (p.end is None or day <= p.end)
        ]
        return max(going_on, key=lambda p: (p.start < day, p.start, p.key), default=None)

    def by_period(self, happened):
        """Days by the key of the period they fall into; happened: (person, day)."""
        days = collections.defaultdict(set)
        for person, day in happened:
            period = self.period_on(person, day)
            if period is not None:
                days[period.key].add(day)
        return days

    def read_days(self):
        def days(by_person):
            return self.by_period((p, day) for p, found in by_person.items() for day in found)

        source = self.source
        self.checked = days(source.checked)
        self.seen_by_dentist = days(source.seen_by_dentist)
        self.scored = days(source.scored)
        self.immunised = days(source.immunised)
        self.appointed = self.by_period(
            (p, spell.start) for p, spells in source.reviewing.items() for spell in spells
        )
        self.planned = self.by_period((p.person, p.on) for p in source.care_plans)

    def in_short_breaks(self, person, day):
        return holds([o for o in self.source.orders[person] if o.code in ('V3', 'V4')], day)

    def of_period(self, timescale, period, trigger, due, held, end, begins=False):
        self.clock(timescale, period.person, period.key, trigger, due, held, end, begins)

    # -- officers, plans, reviews -----------------------------------------------------------------

    def officers_and_plans(self, period, end):
        start = period.start
        already = [
            spell
            for spell in self.source.reviewing[period.person]
            if spell.start < start and holds([spell], start)
        ]
        if not already:
            self.of_period(
                'iro-appoint',
                period,
                start,
                england.add_working_days(start, 5),
                self.days_of['iro_appointed'][period.key] | self.appointed[period.key],
                end,
                begins=True,
            )
        self.of_period(
            'care-plan',
            period,
            start,
            england.add_working_days(start, 10),
            self.days_of['care_plan_agreed'][period.key] | self.planned[period.key],
            end,
            begins=True,
        )

    def early_reviews(self, period, end):
        """After an unplanned move, but not after the one with which care began."""
        moves = [
            day
            for day in self.days_of['placement_unplanned'][period.key]
            if (day - period.start).days not in (0, 1)
        ]
        for days in (moves, self.days_of['review_requested'][period.key]):
            for day in distinct(days):
                self.of_period(
                    'review-child-early',
                    period,
                    day,
                    england.add_working_days(day, 10),
                    self.reviews_in[period.key],
                    end,
                )

    def records_of_reviews(self):
        """Decisions within five working days and the record within fifteen, of each review held; a
        manager's answer within five of each day on which decisions went out. Death ends them.
        """
        issued, completed = (collections.defaultdict(set) for _ in range(2))
        for kind, days in (('decisions_issued', issued), ('record_completed', completed)):
            for event in self.events[kind]:
                days[event.person, event.subject].add(event.at.date())
        for review in self.source.care_reviews:
            period = self.source.care.get(review.period)
            if period is None:
                continue
            for timescale, count, held in (
                ('review-decisions', 5, issued),
                ('review-record', 15, completed),
            ):
                self.clock(
                    timescale,
                    period.person,
                    review.key,
                    review.on,
                    england.add_working_days(review.on, count),
                    held[period.person, review.key],
                    self.source.death(period.person),
                )
        for period in self.source.care.values():
            end = earliest(period.end, self.source.childhood_end(period.person))
            for day in distinct(self.days_of['decisions_issued'][period.key]):
                self.of_period(
                    'review-manager-response',
                    period,
                    day,
                    england.add_working_days(day, 5),
                    self.days_of['manager_responded'][period.key],
                    end,
                )

    def consultations(self):
        """Twenty working days before each review in the diary, by its last booking."""
        for booking in self.diary():
            if booking.kind == 'cla_review':
                day = booking.at.date()
                period = self.period_on(booking.person, day)
                if period is not None:
                    end = earliest(
                        period.end, self.source.childhood_end(period.person), booking.off
                    )
                    held = self.days_of['review_consulted'][period.key]
                    due = england.working_days_before(day, 20)
                    self.owe(
                        'review-child-consult', period.person, period.key, day, due, held, end
                    )

    # -- health, questionnaires, education --------------------------------------------------------

    def health(self, period, end):
        start, person = period.start, period.person
        done = self.checked[period.key]
        shortly_before = england.add_months(start, -3)
        if not any(shortly_before <= day <= start for day in self.source.checked[person]):
            self.of_period(
                'health-initial',
                period,
                start,
                england.add_working_days(start, 20),
                done | self.days_of['iha_completed'][period.key],
                end,
                begins=True,
            )
        fifth = self.source.birthday(person, 5)
        for day in distinct(done):
            if fifth is None or self.in_short_breaks(person, day):
                continue
            due, timescale = england.add_months(day, 6), 'health-review-under5'
            if due >= fifth:
                due, timescale = england.add_months(day, 12), 'health-review-5plus'
            self.of_period(timescale, period, day, due, {d for d in done if d > day}, end)
        self.returns(period, end)

    def returns(self, period, end):
        """What the national return asks of those a year in care: dentist and immunisations."""
        start, person = period.start, period.person
        dentist = self.seen_by_dentist[period.key]
        if not self.in_short_breaks(person, start):
            due = england.add_months(start, 12)
            self.of_period('dental-check', period, start, due, dentist, end, begins=True)
            immunised = self.immunised[period.key]
            self.of_period('immunisations', period, start, due, immunised, end, begins=True)
        for day in distinct(dentist):
            if not self.in_short_breaks(person, day):
                due, later = england.add_months(day, 12), {d for d in dentist if d > day}
                self.of_period('dental-check', period, day, due, later, end)

    def questionnaires(self, period, end):
        """A year after care began, a year after the third birthday, a year after the last, while
        the child is then 4 to 16.
        """
        start, scored = period.start, self.scored[period.key]
        third, fourth, seventeenth = (
            self.source.birthday(period.person, age) for age in (3, 4, 17)
        )
        if third is None:
            return
        due = england.add_months(start, 12)
        if fourth <= due < seventeenth:
            self.of_period('sdq', period, start, due, scored, end, begins=True)
        if third <= self.as_at and self.period_on(period.person, third) == period:
            self.of_period('sdq', period, third, england.add_months(third, 12), scored, end)
        for day in distinct(scored):
            due = england.add_months(day, 12)
            if due < seventeenth:
                self.of_period('sdq', period, day, due, {d for d in scored if d > day}, end)

    def education(self, period, end):
        start, held = period.start, self.days_of['pep_held'][period.key]
        second = self.source.birthday(period.person, 2)
        if second is not None and second <= start:
            due = england.add_working_days(start, 20)
            self.of_period('pep-initial', period, start, due, held, end, begins=True)
            if start in self.days_of['placement_unplanned'][period.key]:
                due = england.add_working_days(start, 10)
                self.of_period('pep-initial-emergency', period, start, due, held, end, begins=True)
        for day in distinct(held):
            due = england.add_months(day, 6)
            self.of_period('pep-review', period, day, due, {d for d in held if d > day}, end)

    # -- placements and visits --------------------------------------------------------------------

    def placements(self):
        signed, notified = (collections.defaultdict(set) for _ in range(2))
        for kind, days in (('placement_plan_signed', signed), ('placement_notified', notified)):
            for event in self.events[kind]:
                days[event.person, event.subject].add(event.at.date())
        for stay in self.source.stays:
            end = earliest(stay.end, self.source.childhood_end(stay.person))
            later = [
                other.start
                for other in self.stays_of[stay.person]
                if other.key == stay.key and other.start > stay.start
            ]
            # of several stays under one key the last begun by that day
            until = min(later, default=None)
            due = england.add_working_days(stay.start, 5)
            for timescale, days in (('placement-plan', signed), ('placement-notify', notified)):
                if timescale == 'placement-plan' and self.in_short_breaks(stay.person, stay.start):
                    continue
                own = [d for d in days[stay.person, stay.key] if until is None or d < until]
                self.clock(
                    timescale, stay.person, stay.key, stay.start, due, own, end, begins=True
                )
            limit = {'T1': 42, 'T3': 21, 'T4': 7}.get(stay.kind)
            if limit is not None:
                self.clock(
                    'placement-temporary-limit',
                    stay.person,
                    stay.key,
                    stay.start,
                    stay.start + limit * england.ONE_DAY,
                    [stay.end] if stay.end is not None else [],
                    end,
                    begins=True,
                )

    def with_parents(self, person, day):
        return holds([s for s in self.stays_of[person] if s.kind == 'P1'], day)

    def under_full_order(self, person, day):
        return holds([o for o in self.source.orders[person] if o.code == 'C2'], day)

    def rhythm(self, person, day):
        """The timescale by which the child is visited on that day."""
        if not self.with_parents(person, day):
            return 'visit-child-standard'
        if self.under_full_order(person, day):
            return 'visit-child-parents-order'
        return 'visit-child-parents-ico'

    def end_of_rhythm(self, person, day, end):
        """The first day after it on which another rhythm has taken its place."""
        changes = {
            on
            for spell in self.stays_of[person] + self.source.orders[person]
            for on in (spell.start, spell.end)
            if on is not None and on > day
        }
        others = [d for d in changes if self.rhythm(person, d) != self.rhythm(person, day)]
        return earliest(end, *others)

    def visits_to_parents(self, period, end):
        """The first visit within a week of every placement, under a care order also of the order;
        then by the rhythm: six weeks; with a parent under no full order weekly until the first
        review, then four weeks.
        """
        person, visits = period.person, self.visits_in[period.key]
        placed = {s.start for s in self.stays_of[person] if s.period == period.key}
        orders = {
            o.start
            for o in self.source.orders[person]
            if o.code == 'C2' and self.period_on(person, o.start) == period
        }
        for days in (placed, orders):
            for day in distinct(days):
                timescale = self.rhythm(person, day)
                if days is orders and timescale != 'visit-child-parents-order':
                    continue
                self.visit(timescale, period, day, 1, visits, end)
        for day in distinct(visits):
            timescale, weeks = self.rhythm(person, day), 6
            if timescale == 'visit-child-parents-ico':
                reviewed = any(on <= day for on in self.reviews_in[period.key])
                weeks = 4 if reviewed else 1
            self.visit(timescale, period, day, weeks, {v for v in visits if v > day}, end)

    def visit(self, timescale, period, day, weeks, visits, end):
        if timescale == 'visit-child-standard' and self.in_short_breaks(period.person, day):
            return
        due = england.add_weeks(day, weeks)
        stop = self.end_of_rhythm(period.person, day, end)
        self.of_period(timescale, period, day, due, visits, stop)

    # -- adoption ---------------------------------------------------------------------------------

    def adoption(self, period, end):
        def days(happened):
            return distinct(
                h.on
                for h in happened
                if h.person == period.person
                and (
                    h.subject == period.key
                    or not h.subject
                    and self.period_on(h.person, h.on) == period
                )
            )

        source = self.source
        ordered, matched = days(source.placement_orders), days(source.matches)
        placed, reviewed = (
            days(source.placed_for_adoption),
            distinct(self.days_of['adoption_review_held'][period.key]),
        )
        for day in ordered:
            if not any(on <= day for on in matched):  # a match may come before the order
                due = day + 121 * england.ONE_DAY
                self.of_period('adoption-match', period, day, due, matched, end)
        for day in ordered[:1]:  # who is placed already does not wait
            stop, due = earliest(end, *placed), england.add_months(day, 3)
            self.of_period('review-adoption-waiting', period, day, due, reviewed, stop)
        for day in placed:
            due = england.add_weeks(day, 4)
            self.of_period('review-adoption-placed-first', period, day, due, reviewed, end)
        visits = self.visits_in[period.key]
        for day in placed + [v for v in distinct(visits) if any(on <= v for on in placed)]:
            if day in placed or not any(on <= day for on in reviewed):
                stop = earliest(end, *(on for on in reviewed if on >= day))
                held = {v for v in visits if v > day} if day not in placed else visits
                due = england.add_weeks(day, 1)
                self.of_period('visit-adoption', period, day, due, held, stop)
