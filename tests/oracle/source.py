"""Reads a folder of SSD tables and local events for the oracle: what counts as a fact, and nothing
of timescales.

A fact has a date: from 1995 to the as-at day. Rows without one, with one that is no date, or with
a stand-in such as 1900-01-01 or 2203-05-06 are no facts. Only the day of a table's time counts.
"""

import collections
import csv
import datetime
import json
import os
import re

import england

EARLIEST = datetime.date(1995, 1, 1)
STAND_INS = datetime.date(2100, 1, 1)  # from here on: said instead of "none"; the as-at day is before it
csv.field_size_limit(1 << 24)

Person = collections.namedtuple('Person', 'died adult')
Enquiry = collections.namedtuple('Enquiry', 'key person start end')
Conference = collections.namedtuple(
    'Conference', 'key meeting person enquiry on transfer plan_made'
)
Plan = collections.namedtuple('Plan', 'key person start end conference')
Review = collections.namedtuple('Review', 'person plan on meeting')
Visit = collections.namedtuple('Visit', 'person subject on')
Referral = collections.namedtuple('Referral', 'key person on closed')
Assessment = collections.namedtuple('Assessment', 'key person referral start authorised')
CarePeriod = collections.namedtuple('CarePeriod', 'key person start end')
CareReview = collections.namedtuple('CareReview', 'key period on')
Event = collections.namedtuple(
    'Event', 'kind person at timed recorded meeting_kind scheduled group table subject outcome'
)


def moment(text):
    """A date with or without a time, or None for whatever is neither."""
    text = (text or '').strip()
    if not re.fullmatch(r'\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?', text, re.ASCII):
        return None
    try:
        day, _, time = text.replace('T', ' ').partition(' ')
        return datetime.datetime.combine(
            datetime.date.fromisoformat(day), datetime.time.fromisoformat(time or '00:00')
        )
    except ValueError:
        return None


def earliest(*days):
    return min((day for day in days if day is not None), default=None)


def table(folder, name):
    """The rows of a table, none if there is no such file; what a row or the header lacks is empty."""
    path = os.path.join(folder, name + '.csv')
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8-sig', errors='replace', newline='') as file:
        return [collections.defaultdict(str, row) for row in csv.DictReader(file, restval='')]


def flag_is_no(text, name):
    """True only where the outcome says N; an outcome that is missing or cannot be read says
    nothing.
    """
    try:
        flags = json.loads(text or '')
    except ValueError:
        return False
    if not isinstance(flags, dict):
        return False
    given = [flags[key] for key in (name, 'OUTCOME_' + name) if key in flags]
    return 'N' in given and 'Y' not in given


def effective_events(folder):
    """Events that count: of one event_id the version recorded last; neither voided nor replaced.

    Whatever any version of any event replaces stays replaced, also when the replacement is
    withdrawn.
    """
    rows, replaced = {}, set()
    for row in table(folder, 'events'):
        replaced.add(row.get('replaces_event_id') or None)
        held = rows.get(row['event_id'])
        if held is None or (row['recorded_at'] or '') >= (held['recorded_at'] or ''):
            rows[row['event_id']] = row
    events = []
    for key, row in rows.items():
        at = moment(row['occurred_at'])
        voided = (row['voided'] or '').strip().lower() in ('t', 'true', 'y', 'yes', '1')
        if voided or key in replaced or at is None or at.date() < EARLIEST:
            continue
        timed = row['precision'] == 'minute'
        events.append(
            Event(
                row['event_type'],
                row['person_id'],
                at if timed else datetime.datetime(at.year, at.month, at.day),
                timed,
                moment(row['recorded_at']) or at,
                row['meeting_kind'],
                moment(row['scheduled_for']),
                row['group_ref'],
                row['subject_table'],
                row['subject_id'],
                row['outcome'],
            )
        )
    return events


class Source:
    def __init__(self, folder, as_at):
        self.folder, self.as_at = folder, as_at
        self.everything = effective_events(folder)
        self.events = [event for event in self.everything if event.at.date() <= as_at]
        self.persons = {
            row['pers_person_id']: self.person(row) for row in table(folder, 'ssd_person')
        }
        self.conferences = self.unique(
            map(self.conference, table(folder, 'ssd_initial_cp_conference')), 'on'
        )
        self.enquiries = self.unique(map(self.enquiry, table(folder, 'ssd_s47_enquiry')), 'start')
        self.plans = {}
        for plan in self.unique(map(self.plan, table(folder, 'ssd_cp_plans')), 'start'):
            self.plans.setdefault(plan.key, plan)
        self.reviews = self.unique(map(self.review, table(folder, 'ssd_cp_reviews')), 'on')
        self.plan_visits = self.visits('ssd_cp_visits', 'cppv_cp_visit', 'cppv_cp_plan_id')
        self.read_need()
        self.read_care()

    def fact(self, text):
        at = moment(text)
        return at.date() if at is not None and EARLIEST <= at.date() <= self.as_at else None

    @staticmethod
    def unique(rows, dated):
        """Rows that are facts, each once: a joined extract without its primary key repeats them."""
        return list(dict.fromkeys(row for row in rows if getattr(row, dated) is not None))

    def person(self, row):
        # A date of birth is not a thing that happened to a case: before 1995 it is believed, but
        # 1900 and 2203 stand for none.
        born = moment(row['pers_dob'])
        grown = (
            england.birthday(born.date(), 18)
            if born is not None and 1900 < born.year < 2200
            else None
        )
        adult = grown if grown is not None and grown <= self.as_at else None
        return Person(self.fact(row['pers_death_date']), adult)

    def death(self, person):
        return self.persons[person].died if person in self.persons else None

    def childhood_end(self, person):
        """Death or the 18th birthday, whichever came first, if by now."""
        return earliest(*self.persons[person]) if person in self.persons else None

    def conference(self, row):
        return Conference(
            row['icpc_icpc_id'],
            row['icpc_icpc_meeting_id'],
            row['icpc_person_id'],
            row['icpc_s47_enquiry_id'],
            self.fact(row['icpc_icpc_date']),
            row['icpc_icpc_transfer_in'] == 'Y',
            row['icpc_icpc_outcome_cp_flag'] == 'Y',
        )

    def enquiry(self, row):
        """Its end is the end of the duty to confer: no further action, or an outcome that says no
        conference.
        """
        no_conference = row['s47e_s47_nfa'] == 'Y' or flag_is_no(
            row['s47e_s47_outcome_json'], 'CP_CONFERENCE_FLAG'
        )
        return Enquiry(
            row['s47e_s47_enquiry_id'],
            row['s47e_person_id'],
            self.fact(row['s47e_s47_start_date']),
            self.fact(row['s47e_s47_end_date']) if no_conference else None,
        )

    def plan(self, row):
        return Plan(
            row['cppl_cp_plan_id'],
            row['cppl_person_id'],
            self.fact(row['cppl_cp_plan_start_date']),
            self.fact(row['cppl_cp_plan_end_date']),
            row['cppl_icpc_id'],
        )

    def review(self, row):
        return Review(
            row['cppr_person_id'],
            row['cppr_cp_plan_id'],
            self.fact(row['cppr_cp_review_date']),
            row['cppr_cp_review_meeting_id'],
        )

    def visits(self, name, stem, subject=None):
        """Visits at which the child was seen. stem: the columns' beginning; subject: what may name
        the plan or period.
        """
        return self.unique(
            (
                Visit(
                    row[stem.split('_')[0] + '_person_id'],
                    row[subject] if subject else '',
                    self.fact(row[stem + '_date']),
                )
                for row in table(self.folder, name)
                if row[stem + '_seen'] == 'Y'
            ),
            'on',
        )

    def read_need(self):
        self.need_plans = {}
        for row in table(self.folder, 'ssd_cin_plans'):
            plan = Plan(
                row['cinp_cin_plan_id'],
                row['cinp_person_id'],
                self.fact(row['cinp_cin_plan_start_date']),
                self.fact(row['cinp_cin_plan_end_date']),
                None,
            )
            if plan.start is not None:
                self.need_plans.setdefault(plan.key, plan)
        # Whether visits of open plans are shown at all is told from the whole source, whatever the day.
        self.ended_need_plans = {
            row['cinp_cin_plan_id']
            for row in table(self.folder, 'ssd_cin_plans')
            if moment(row['cinp_cin_plan_end_date']) is not None
        }
        self.need_visits = self.visits('ssd_cin_visits', 'cinv_cin_visit')
        self.need_visit_rows = [
            (row['cinv_person_id'], at.date())
            for row in table(self.folder, 'ssd_cin_visits')
            for at in [moment(row['cinv_cin_visit_date'])]
            if at is not None and EARLIEST <= at.date() < STAND_INS
        ]
        self.referrals = self.read_referrals(lambda row: row['cine_referral_nfa'] != 'Y')
        self.every_referral = self.read_referrals(lambda row: True)
        self.assessments = list(
            dict.fromkeys(
                Assessment(
                    row['cina_assessment_id'],
                    row['cina_person_id'],
                    row['cina_referral_id'],
                    self.fact(row['cina_assessment_start_date']),
                    self.fact(row['cina_assessment_auth_date']),
                )
                for row in table(self.folder, 'ssd_cin_assessments')
            )
        )

    def read_referrals(self, wanted):
        """One referral may have two runs under one key: it is closed when every run is, on the day
        of the last.
        """
        runs = collections.defaultdict(list)
        for row in table(self.folder, 'ssd_cin_episodes'):
            on = self.fact(row['cine_referral_date'])
            if on is not None and wanted(row):
                runs[row['cine_referral_id'], row['cine_person_id'], on].append(
                    self.fact(row['cine_close_date'])
                )
        return [
            Referral(*key, None if None in closed else max(closed)) for key, closed in runs.items()
        ]

    def read_care(self):
        episodes = collections.defaultdict(list)
        for row in table(self.folder, 'ssd_cla_episodes'):
            if row['clae_cla_id']:
                episodes[row['clae_cla_id']].append(row)
        self.care = {}
        for key, rows in episodes.items():
            period = self.care_period(key, rows)
            if period.start is not None:
                self.care[key] = period
        self.care_reviews = self.unique(
            (
                CareReview(
                    row['clar_cla_review_id'],
                    row['clar_cla_id'],
                    self.fact(row['clar_cla_review_date']),
                )
                for row in table(self.folder, 'ssd_cla_reviews')
                if row['clar_cla_review_cancelled'] != 'Y'
            ),
            'on',
        )
        self.care_visits = self.visits('ssd_cla_visits', 'clav_cla_visit', 'clav_cla_id')

    def care_period(self, key, rows):
        """Care ended if the last episode ceased for a reason that is known and is not X1 (care
        goes on).
        """
        known = [
            (
                start,
                self.fact(row['clae_cla_episode_ceased_date']),
                row['clae_cla_episode_ceased_reason'],
            )
            for row in rows
            for start in [self.fact(row['clae_cla_episode_start_date'])]
            if start is not None
        ]
        entered = earliest(*(self.fact(row['clae_entered_care_date']) for row in rows))
        start = entered or earliest(*(episode[0] for episode in known))
        end = None
        if known:
            # of two that began on one day the one that goes on longer is the last
            _, ceased, reason = max(
                known, key=lambda episode: (episode[0], episode[1] or datetime.date.max)
            )
            end = ceased if reason and reason != 'X1' else None
        return CarePeriod(key, rows[0]['clae_person_id'], start, end)
