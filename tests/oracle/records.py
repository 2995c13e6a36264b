"""The rest of the tables for the oracle: orders, placements, health, leaving care, education plans.

As in source.py: a fact has a date from 1995 to the as-at day, and nothing here knows of timescales.
"""

import collections

import england
from source import Source, moment, table

WORDS_FOR_ORDERS = {
    'interim care order': 'C1',
    'full care order': 'C2',
    'placement order': 'E1',
    'placement order granted': 'E1',
    'single period of accommodation under section 20': 'V2',
    'under police protection and in local authority accommodation': 'L1',
    'emergency protection order': 'L2',
    'child assessment order': 'L3',
}
ANSWERS = {'N': 'refused', 'A': 'awaited', 'W': 'withdrawn', 'H': 'historical'}

# end: the day on which it no longer holds
Spell = collections.namedtuple('Spell', 'person code start end')
Stay = collections.namedtuple('Stay', 'key person period start end kind')
Happened = collections.namedtuple('Happened', 'person subject on code')


def holds(spells, day):
    """From its first day to the day before its end: on that day the next one holds, or none."""
    return any(s.start <= day and (s.end is None or day < s.end) for s in spells)


class Records(Source):
    def __init__(self, folder, as_at):
        super().__init__(folder, as_at)
        self.born = self.births()
        self.read_spells()
        self.read_health()
        self.read_leavers()
        self.read_steps()
        self.read_plans_of_education()

    def rows(self, name, dated):
        """Rows with a date in that column, and the date."""
        for row in table(self.folder, name):
            on = self.fact(row[dated])
            if on is not None:
                yield row, on

    def births(self):
        """Known to the day, if by now; 1900 and 2203 stand for none."""
        born = {}
        for row in table(self.folder, 'ssd_person'):
            at = moment(row['pers_dob'])
            if at is not None and 1900 < at.year < 2200 and at.date() <= self.as_at:
                born[row['pers_person_id']] = at.date()
        for event in self.events:
            if event.kind == 'birth':
                born.setdefault(event.person, event.at.date())
        return born

    def birthday(self, person, age):
        return england.birthday(self.born[person], age) if person in self.born else None

    def read_spells(self):
        self.orders = collections.defaultdict(list)
        for row, on in self.rows('ssd_legal_status', 'lega_legal_status_start_date'):
            words = row['lega_legal_status'].strip()
            code = WORDS_FOR_ORDERS.get(words.lower(), words)
            end = self.fact(row['lega_legal_status_end_date'])
            self.orders[row['lega_person_id']].append(Spell(row['lega_person_id'], code, on, end))
        self.stays = list(
            dict.fromkeys(
                Stay(
                    row['clap_cla_placement_id'],
                    row['clap_person_id'],
                    row['clap_cla_id'],
                    on,
                    self.fact(row['clap_cla_placement_end_date']),
                    row['clap_cla_placement_type'],
                )
                for row, on in self.rows('ssd_cla_placement', 'clap_cla_placement_start_date')
            )
        )
        self.reviewing = collections.defaultdict(list)
        for row, on in self.rows('ssd_involvements', 'invo_involvement_start_date'):
            if row['invo_professional_role_id'] == 'IRO':
                end = self.fact(row['invo_involvement_end_date'])
                self.reviewing[row['invo_person_id']].append(
                    Spell(row['invo_person_id'], 'IRO', on, end)
                )

    def read_health(self):
        """Days by person: of checks that were completed, of questionnaires with a score, of
        immunisations found up to date.
        """
        self.checked, self.seen_by_dentist, self.scored, self.immunised = (
            collections.defaultdict(set) for _ in range(4)
        )
        for row, on in self.rows('ssd_cla_health', 'clah_health_check_date'):
            if row['clah_health_check_status'].lower() in ('complete', 'completed'):
                kind = row['clah_health_check_type'].lower()
                if kind == 'health check':
                    self.checked[row['clah_person_id']].add(on)
                elif kind == 'dental check':
                    self.seen_by_dentist[row['clah_person_id']].add(on)
        for row, on in self.rows('ssd_sdq_scores', 'csdq_sdq_completed_date'):
            if row['csdq_sdq_score'].strip():
                self.scored[row['csdq_person_id']].add(on)
        for row, on in self.rows('ssd_cla_immunisations', 'clai_immunisations_status_date'):
            if row['clai_immunisations_status'] == 'Y':
                self.immunised[row['clai_person_id']].add(on)

    def read_leavers(self):
        """1900-01-01 stands for none, and is before the first fact."""
        leavers = 'ssd_care_leavers'
        self.pathway_reviews = [
            Happened(row['clea_person_id'], '', on, '')
            for row, on in self.rows(leavers, 'clea_pathway_plan_review_date')
        ]
        self.leaver_contacts = [
            Happened(row['clea_person_id'], '', on, row['clea_care_leaver_in_touch'].upper())
            for row, on in self.rows(leavers, 'clea_care_leaver_latest_contact')
        ]

    def read_steps(self):
        """Care plans, adoption and pre-proceedings: lists by what happened."""

        def happened(name, person, subject, dated):
            return [
                Happened(row[person], row[subject], on, '') for row, on in self.rows(name, dated)
            ]

        self.care_plans = happened(
            'ssd_cla_care_plan', 'lacp_person_id', 'lacp_table_id', 'lacp_cla_care_plan_start_date'
        )
        self.placement_orders, self.matches, self.placed_for_adoption = (
            happened('ssd_permanence', 'perm_person_id', 'perm_cla_id', 'perm_%s_date' % what)
            for what in ('placement_order', 'matched', 'placed_for_adoption')
        )
        self.plo_decided, self.plo_letters, self.plo_meetings, self.plo_ended = (
            happened(
                'ssd_pre_proceedings', 'prep_person_id', 'prep_table_id', 'prep_%s_date' % what
            )
            for what in (
                'pre_pro_decision',
                'pre_pro_letter',
                'initial_pre_pro_meeting',
                'agree_stepdown_issue',
            )
        )

    def read_plans_of_education(self):
        """A request names the child by another table, everything after it by the request."""
        child = {
            row['send_table_id']: row['send_person_id'] for row in table(self.folder, 'ssd_send')
        }
        request_of = {
            row['ehcr_ehcp_request_id']: child.get(row['ehcr_send_table_id'], '')
            for row in table(self.folder, 'ssd_ehcp_requests')
        }

        def happened(name, request, dated, code=lambda row: ''):
            return [
                Happened(request_of.get(row[request], ''), row[request], on, code(row))
                for row, on in self.rows(name, dated)
            ]

        def decided(row):
            answer = row['ehcr_ehcp_req_outcome']
            return {**ANSWERS, 'Y': 'assess'}.get(answer, answer)

        def issued(row):
            answer = row['ehca_ehcp_assessment_outcome']
            if row['ehca_ehcp_assessment_exceptions'] == '1':
                return 'exception'
            return {**ANSWERS, 'Y': 'issued'}.get(answer, answer)

        requests, key = 'ssd_ehcp_requests', 'ehcr_ehcp_request_id'
        self.education_requested = happened(requests, key, 'ehcr_ehcp_req_date')
        self.education_decided = happened(requests, key, 'ehcr_ehcp_req_outcome_date', decided)
        self.education_issued = happened(
            'ssd_ehcp_assessment',
            'ehca_ehcp_request_id',
            'ehca_ehcp_assessment_outcome_date',
            issued,
        )
        self.education_reviewed = happened(
            'ssd_ehcp_active_plans', 'ehcp_ehcp_request_id', 'ehcp_active_ehcp_last_review_date'
        )
