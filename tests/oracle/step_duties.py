"""What is owed beside protection plans and care: decisions on referrals, transfers in,
pre-proceedings, emergency orders, leaving care, return interviews, education plans, disputes and
deaths.

Readings:
- What concerns the person as such is named by the person's number.
- Death ends every clock but its own; the 18th birthday those of childhood, not those of leaving
  care, of education plans and of disputes.
- What is known only by its hour's day runs from midnight.
"""

import collections
import datetime

import england
from records import holds
from source import earliest


def at_midnight(day):
    return datetime.datetime.combine(day, datetime.time())


class StepDuties:
    def steps(self):
        self.referral_decisions()
        self.conference_preparation()
        self.transfers_in()
        self.pre_proceedings()
        self.emergency_orders()
        self.leaving_care()
        self.interviews_on_return()
        self.education_plans()
        self.formal_disputes()
        self.deaths()

    def days_by_person(self, *kinds):
        days = collections.defaultdict(set)
        for kind in kinds:
            for event in self.events[kind]:
                days[event.person].add(event.at.date())
        return days

    # -- referrals and conferences ----------------------------------------------------------------

    def referral_decisions(self):
        """Of every referral, also one that led to nothing; a referral that is closed needs none."""
        decided = collections.defaultdict(set)
        for event in self.events['referral_decided']:
            decided[event.person, event.subject].add(event.at.date())
        for referral in self.source.every_referral:
            end = earliest(referral.closed, self.source.death(referral.person))
            self.clock(
                'referral-decision',
                referral.person,
                referral.key,
                referral.on,
                england.add_working_days(referral.on, 1),
                decided[referral.person, referral.key],
                end,
                begins=True,
            )

    def conference_preparation(self):
        """The assessment is finished when it has to be shared: any of the referral that goes on on
        the day of the conference, however long ago it was authorised.
        """
        authorised, referrals = (collections.defaultdict(list) for _ in range(2))
        for assessment in self.source.assessments:
            if assessment.authorised is not None:
                authorised[assessment.person, assessment.referral].append(assessment.authorised)
        for referral in self.source.every_referral:
            referrals[referral.person].append(referral)
        for booking in self.diary():
            if booking.kind != 'icpc':
                continue
            day = booking.at.date()
            going_on = [
                r
                for r in referrals[booking.person]
                if r.on <= day and (r.closed is None or day <= r.closed)
            ]
            referral = max(going_on, key=lambda r: (r.on < day, r.on, r.key), default=None)
            if referral is not None:
                due_at = england.office_close_on_or_before(england.hours_before(booking.at, 48))
                end = earliest(
                    referral.closed, self.source.childhood_end(booking.person), booking.off
                )
                self.owe(
                    'icpc-assessment-ready',
                    booking.person,
                    referral.key,
                    day,
                    due_at.date(),
                    authorised[booking.person, referral.key],
                    end,
                    due_at=due_at,
                )

    def transfers_in(self):
        held = collections.defaultdict(set)
        for conference in self.source.conferences:
            if conference.transfer:
                held[conference.person].add(conference.on)
        ended = self.days_by_person('transfer_in_ended')
        for person, days in self.days_by_person('transfer_in_notified').items():
            for day in days:
                self.clock(
                    'icpc-transfer-in',
                    person,
                    person,
                    day,
                    england.add_working_days(day, 15),
                    held[person],
                    self.first_end(day, ended[person], self.source.childhood_end(person)),
                )

    @staticmethod
    def first_end(day, days, *others):
        """The first of the days on or after the clock's own, or another end."""
        return earliest(*(d for d in days if d >= day), *others)

    # -- pre-proceedings and orders ---------------------------------------------------------------

    def pre_proceedings(self):
        letters, meetings = (
            self.days_by_person('plo_letter_sent'),
            self.days_by_person('plo_meeting_held'),
        )
        issued, ended = self.days_by_person('proceedings_issued'), collections.defaultdict(set)
        ends = {h.subject: h.on for h in self.source.plo_ended}
        for happened, days in (
            (self.source.plo_letters, letters),
            (self.source.plo_meetings, meetings),
            (self.source.plo_ended, ended),
        ):
            for step in happened:
                days[step.person].add(step.on)
        for record in self.source.plo_decided:
            person, day = record.person, record.on
            own_letters = {h.on for h in self.source.plo_letters if h.subject == record.subject}
            own_letters |= self.letters_by_day(record, ends)
            childhood = self.source.childhood_end(person)
            self.clock(
                'plo-letter',
                person,
                record.subject,
                day,
                england.add_working_days(day, 5),
                own_letters,
                self.first_end(day, issued[person], ends.get(record.subject), childhood),
                begins=True,
            )
            self.clock(
                'plo-duration',
                person,
                record.subject,
                day,
                england.add_weeks(day, 16),
                issued[person] | {d for d in [ends.get(record.subject)] if d is not None},
                earliest(ends.get(record.subject), childhood),
                begins=True,
            )
        for person in letters.keys() | meetings.keys():
            childhood = self.source.childhood_end(person)
            over = ended[person] | issued[person]
            for day in letters[person]:
                due = england.add_working_days(day, 10)
                end = self.first_end(day, over, childhood)
                self.clock('plo-meeting-first', person, person, day, due, meetings[person], end)
            for day in meetings[person]:
                later = {d for d in meetings[person] if d > day}
                end = self.first_end(day, over, childhood)
                due = england.add_weeks(day, 6)
                self.clock('plo-review', person, person, day, due, later, end)

    def letters_by_day(self, record, ends):
        """Letters that local events tell of, which name a record of their own: by their day."""
        found = set()
        records = [r for r in self.source.plo_decided if r.person == record.person]
        for event in self.events['plo_letter_sent']:
            day = event.at.date()
            going_on = [
                r
                for r in records
                if r.on <= day and (r.subject not in ends or day <= ends[r.subject])
            ]
            own = max(going_on, key=lambda r: (r.on < day, r.on, r.subject), default=None)
            if event.person == record.person and own == record:
                found.add(day)
        return found

    def emergency_orders(self):
        """While the status lasts, until a court has ordered or been applied to."""
        answered = self.days_by_person('court_order_made', 'proceedings_issued')
        for person, orders in self.source.orders.items():
            for code, timescale, days in (
                ('L1', 'police-protection', None),
                ('L2', 'emergency-protection-order', 8),
                ('L3', 'child-assessment-order', 7),
            ):
                spells = [o for o in orders if o.code == code]
                for day in {s.start for s in spells if holds(spells, s.start)}:
                    over = [
                        s.end
                        for s in spells
                        if s.end is not None and s.end > day and not holds(spells, s.end)
                    ]
                    end = earliest(*over, self.source.childhood_end(person))
                    due_at = None if days else england.hours_after(at_midnight(day), 72)
                    due = day + days * england.ONE_DAY if days else due_at.date()
                    self.clock(
                        timescale, person, person, day, due, answered[person], end, due_at=due_at
                    )

    # -- leaving care -----------------------------------------------------------------------------

    def eligible_on(self, person):
        """The sixteenth birthday, or the 91st day in care since the fourteenth if that is later;
        the first and the last day of each period counted. None while neither has come.
        """
        fourteen, sixteen = (self.source.birthday(person, age) for age in (14, 16))
        if sixteen is None or sixteen > self.as_at:
            return None
        counted, day = 0, fourteen
        for period in sorted(self.periods_of[person], key=lambda p: p.start):
            day = max(day, period.start)
            while day <= earliest(period.end, self.as_at):
                counted += 1
                if counted == 91:
                    return max(sixteen, day)
                day += england.ONE_DAY
        return None

    def leaving_care(self):
        """Plans and contacts as the table has them: the latest of each; to the age of 21."""
        assessed = self.days_by_person('leaver_assessed')
        reviews = collections.defaultdict(set)
        for review in self.source.pathway_reviews:
            reviews[review.person].add(review.on)
        for person in list(self.periods_of):
            day = self.eligible_on(person)
            if day is not None:
                due, died = england.add_months(day, 3), self.source.death(person)
                self.clock('pathway-assessment', person, person, day, due, assessed[person], died)
        for person, days in assessed.items():
            for day in days:
                due, died = england.add_working_days(day, 20), self.source.death(person)
                self.clock('pathway-plan', person, person, day, due, reviews[person], died)
        for person, days in reviews.items():
            for day in days:
                due, later = england.add_months(day, 6), {d for d in days if d > day}
                if self.under_21(person, due):
                    died = self.source.death(person)
                    self.clock('pathway-review', person, person, day, due, later, died)
        self.contacts_with_leavers()

    def under_21(self, person, day):
        of_age = self.source.birthday(person, 21)
        return of_age is not None and day < of_age

    def contacts_with_leavers(self):
        days = collections.defaultdict(set)
        for contact in self.source.leaver_contacts:
            days[contact.person].add(contact.on)
        for contact in self.source.leaver_contacts:
            person, day, wanted = contact.person, contact.on, contact.code
            months = england.add_months(day, 2)
            if wanted not in ('REFU', 'NREQ', 'RHOM', 'DIED') and self.under_21(person, months):
                due, later = min(months, england.add_weeks(day, 8)), days[person] - {day}
                died = self.source.death(person)
                self.clock(
                    'pa-contact', person, person, day, due, {d for d in later if d > day}, died
                )

    # -- missing children -------------------------------------------------------------------------

    def interviews_on_return(self):
        """Of every return: done, or refused when offered. The next time the child goes missing ends
        the clock.
        """
        started, answered = (collections.defaultdict(list) for _ in range(2))
        for event in self.events['missing_started']:
            started[event.person].append(event.at)
        for event in self.events['rhi_done_at'] + self.events['rhi_offered_at']:
            if event.kind == 'rhi_done_at' or event.outcome == 'refused':
                answered[event.person, event.subject].append(event.at)
        for event in self.events['missing_found']:
            person, found = event.person, event.at
            due_at = england.hours_after(found, 72)
            again = [at.date() for at in started[person] if at > found]
            self.clock(
                'return-interview',
                person,
                event.subject,
                found.date(),
                due_at.date(),
                [at.date() for at in answered[person, event.subject] if at >= found],
                earliest(*again, self.source.childhood_end(person)),
                due_at=due_at,
                met_at=min(
                    (at for at in answered[person, event.subject] if at >= found), default=None
                ),
            )

    # -- education plans, disputes, deaths --------------------------------------------------------

    def education_steps(self, kind, happened):
        """By person and request: (day, code) of what local events and the tables tell."""
        steps = collections.defaultdict(list)
        for event in self.events[kind]:
            steps[event.person, event.subject or event.group].append(
                (event.at.date(), event.outcome)
            )
        for step in happened:
            steps[step.person, step.subject].append((step.on, step.code))
        return steps

    def education_plans(self):
        """An issue without a word on its outcome is one. An exception ends the twenty weeks."""
        source = self.source
        requested = self.education_steps('ehcp_requested', source.education_requested)
        decided = self.education_steps('ehcp_decided', source.education_decided)
        issued = self.education_steps('ehcp_issued', source.education_issued)
        reviewed = self.education_steps('ehcp_reviewed', source.education_reviewed)
        for (person, request), starts in requested.items():
            own = person, request
            died = source.death(person)
            over = ('refused', 'withdrawn')
            told = {day for day, code in decided[own] if code in ('assess', *over)}
            done = {day for day, code in issued[own] if code in ('issued', '', *over)}
            done |= {day for day, code in decided[own] if code in over}
            exception = [day for day, code in issued[own] if code == 'exception']
            for day in {day for day, _ in starts}:
                weeks_6, weeks_16, weeks_20 = (england.add_weeks(day, n) for n in (6, 16, 20))
                stop = earliest(*exception, died)
                for timescale, due, held, end in (
                    ('ehcp-decision', weeks_6, told, died),
                    ('ehcp-refusal', weeks_16, done, stop),
                    ('ehcp-issue', weeks_20, done, stop),
                ):
                    self.clock(timescale, person, request, day, due, held, end, begins=True)
            self.annual_reviews(
                person,
                request,
                {day for day, code in issued[own] if code in ('issued', '')},
                {day for day, _ in reviewed[own]},
                died,
            )

    def annual_reviews(self, person, request, issued, reviewed, died):
        for days in (issued, reviewed):
            for day in days:
                due = england.add_months(day, 12)
                held = {d for d in reviewed if d > day or days is issued and d >= day}
                self.clock('ehcp-annual-review', person, request, day, due, held, died)

    def formal_disputes(self):
        resolved = collections.defaultdict(set)
        for event in self.events['dispute_resolved']:
            resolved[event.person, event.group].add(event.at.date())
        for event in self.events['dispute_raised']:
            if event.outcome == 'formal':
                day = event.at.date()
                self.clock(
                    'dispute-formal',
                    event.person,
                    event.group,
                    day,
                    england.add_working_days(day, 20),
                    resolved[event.person, event.group],
                    self.source.death(event.person),
                    begins=True,
                )

    def deaths(self):
        """Of children: told within 24 hours, a meeting within three months, a panel within six."""
        told = {
            kind: self.days_by_person(kind)
            for kind in ('death_notified', 'death_review_held', 'death_panel_held')
        }
        for person in self.source.persons:
            day, adult = self.source.death(person), self.source.birthday(person, 18)
            if day is None or adult is None or day >= adult:
                continue
            due_at = england.hours_after(at_midnight(day), 24)
            months = england.add_months(day, 3), england.add_months(day, 6)
            for timescale, kind, due, at in (
                ('child-death-notify', 'death_notified', due_at.date(), due_at),
                ('child-death-review-meeting', 'death_review_held', months[0], None),
                ('child-death-panel', 'death_panel_held', months[1], None),
            ):
                self.clock(timescale, person, person, day, due, told[kind][person], None, due_at=at)
