"""The fact views over the dataset's tables: what they say of the sample, counted from its CSV files by other means,
and what they make of tables as councils really have them."""
import csv
import io
import json
import re
import subprocess
import sys
import time
from collections import Counter

import pytest
from conftest import ROOT, SCHEMA, SQL, load

COLUMNS = ['person_id', 'kind', 'ref', 'at', 'precise', 'until', 'episode', 'meeting', 'code', 'who', 'origin',
           'recorded_at', 'scheduled_at', 'ends_at', 'place', 'url', 'attendees']


def rows(folder, table):
    with open(folder / f'{table}.csv', encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def flag(text, name):
    """The answer in an outcome, by a real JSON parser."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    answer = found.get(f'OUTCOME_{name}_FLAG', found.get(f'{name}_FLAG'))
    return answer if answer in ('Y', 'N') else None


def expected_counts(folder):
    """How many facts of each kind and code the files hold."""
    count = Counter()

    def filled(table, column, kind, code=lambda row: None):
        count.update((kind, code(row)) for row in rows(folder, table) if row[column])

    def every(table, kind, code=lambda row: None):
        count.update((kind, code(row)) for row in rows(folder, table))

    def referral(row):
        if row['cine_referral_nfa'] == 'Y' or flag(row['cine_referral_outcome_json'], 'NFA') == 'Y':
            return 'nfa'
        return {'Y': 'assessment', 'N': 'other', None: None}[
            flag(row['cine_referral_outcome_json'], 'SINGLE_ASSESSMENT')]

    def enquiry(row):
        if row['s47e_s47_nfa'] == 'Y':
            return 'no-conference'
        return {'Y': 'conference', 'N': 'no-conference', None: None}[flag(row['s47e_s47_outcome_json'], 'CP_CONFERENCE')]

    def seen(prefix):
        return lambda row: 'seen' if 'Y' in (row[f'{prefix}_seen'], row[f'{prefix}_seen_alone']) else (
            'not-seen' if row[f'{prefix}_seen'] == 'N' else None)

    filled('ssd_person', 'pers_dob', 'birth')
    filled('ssd_person', 'pers_expected_dob', 'expected-birth')
    filled('ssd_person', 'pers_death_date', 'death')
    every('ssd_cin_episodes', 'referral-received', referral)
    filled('ssd_cin_episodes', 'cine_close_date', 'referral-closed', lambda r: r['cine_close_reason'] or None)
    every('ssd_cin_assessments', 'assessment-started')
    filled('ssd_cin_assessments', 'cina_assessment_auth_date', 'assessment-authorised')
    every('ssd_cin_plans', 'cin-plan-started')
    filled('ssd_cin_plans', 'cinp_cin_plan_end_date', 'cin-plan-ended')
    every('ssd_cin_visits', 'cin-visit', seen('cinv_cin_visit'))
    every('ssd_cp_visits', 'cp-visit', seen('cppv_cp_visit'))
    every('ssd_cla_visits', 'child-visit', seen('clav_cla_visit'))
    every('ssd_s47_enquiry', 's47-started')
    filled('ssd_s47_enquiry', 's47e_s47_end_date', 's47-ended', enquiry)
    for row in rows(folder, 'ssd_initial_cp_conference'):
        count['transfer-in-conference-held' if row['icpc_icpc_transfer_in'] == 'Y' else 'icpc-held',
              {'Y': 'plan', 'N': 'no-plan', '': None}[row['icpc_icpc_outcome_cp_flag']]] += 1
    every('ssd_cp_plans', 'cp-plan-started', lambda r: r['cppl_cp_plan_latest_category'])
    every('ssd_cp_plans', 'cp-plan-made')
    filled('ssd_cp_plans', 'cppl_cp_plan_end_date', 'cp-plan-ended', lambda r: r['cppl_cp_plan_latest_category'])
    every('ssd_cp_reviews', 'cp-review-held',
          lambda r: {'Y': 'continue', 'N': 'end', '': None}[r['cppr_cp_review_outcome_continue_cp']])
    for row in rows(folder, 'ssd_cla_reviews'):
        count['child-review-held', None] += row['clar_cla_review_cancelled'] != 'Y'
    for kind in ('placement', 'placement-started'):
        every('ssd_cla_placement', kind, lambda r: r['clap_cla_placement_type'].replace('DQ', '') or None)
    care = {}
    for row in rows(folder, 'ssd_cla_episodes'):
        care.setdefault(row['clae_cla_id'], []).append(row)
    for episodes in care.values():
        count['care-started', None] += 1
        last = max(episodes, key=lambda r: (r['clae_cla_episode_start_date'][:10],
                                            r['clae_cla_episode_ceased_date'][:10] or '9999', r['clae_cla_episode_id']))
        if last['clae_cla_episode_ceased_date'] and last['clae_cla_episode_ceased_reason'] != 'X1':
            count['care-ended', last['clae_cla_episode_ceased_reason'] or None] += 1
    words = {'Full care order': 'C2', 'Interim care order': 'C1', 'Placement order granted': 'E1',
             'Single period of accommodation under section 20': 'V2',
             'Under police protection and in local authority accommodation': 'L1'}
    every('ssd_legal_status', 'legal-status', lambda r: words.get(r['lega_legal_status'], r['lega_legal_status']))
    count.update(expected_of_care(folder))
    count.update(expected_of_steps(folder))
    roles = {'ALLOCATED_WORKER': 'social-worker', 'IRO': 'iro', 'CP_CHAIR': 'chair'}
    every('ssd_involvements', 'involved', lambda r: roles.get(r['invo_professional_role_id'],
                                                              r['invo_professional_role_id']))
    return +count


def expected_of_care(folder):
    """What is known of children in care and of care leavers beside placements, reviews and visits."""
    count = Counter()
    visits = {(row['clae_cla_id'], row['clae_cla_last_iro_contact_date']) for row in rows(folder, 'ssd_cla_episodes')}
    count['iro-visit', None] = len([date for _, date in visits if date])
    for row in rows(folder, 'ssd_cla_placement'):
        if row['clap_cla_placement_end_date']:
            count['placement-ended', row['clap_cla_placement_type'].replace('DQ', '') or None] += 1
    count['care-plan-agreed', None] = len(rows(folder, 'ssd_cla_care_plan'))
    for row in rows(folder, 'ssd_cla_health'):
        kind = {'Health check': 'health-assessment', 'Dental Check': 'dental-check', 'Optician check': None}[
            row['clah_health_check_type']]
        code = {'COMPLETE': 'completed', 'Completed': 'completed', 'Refused': 'refused', 'Planned': 'planned',
                'Cancelled': 'cancelled'}[row['clah_health_check_status']]
        count[kind, code] += kind is not None
    for row in rows(folder, 'ssd_cla_immunisations'):
        done = {'Y': 'up-to-date', 'N': 'not-up-to-date'}
        count['immunisations-checked', done[row['clai_immunisations_status']]] += 1
    for row in rows(folder, 'ssd_sdq_scores'):
        count[('sdq-completed', row['csdq_sdq_score']) if row['csdq_sdq_score'] else
              ('sdq-not-done', row['csdq_sdq_reason'].lower())] += 1
    for row in rows(folder, 'ssd_missing'):
        answer = row['miss_missing_rhi_offered'] + row['miss_missing_rhi_accepted']
        count['missing-episode', {'YN': 'refused', 'YY': 'accepted', 'N': 'not-offered', 'NNA': 'not-offered'}.get(
            answer)] += 1
    eligible = {'Eligible child': 'eligible', 'Relevant child': 'relevant', 'Former relevant child': 'former-relevant',
                'Qualifying care leaver': 'qualifying'}
    for row in rows(folder, 'ssd_care_leavers'):
        reviewed = row['clea_pathway_plan_review_date'] not in ('', '1900-01-01')
        contacted = row['clea_care_leaver_latest_contact'] not in ('', '1900-01-01')
        count['pathway-review-held', None] += reviewed
        count['leaver-contact', row['clea_care_leaver_in_touch'].lower() or None] += contacted
        count['care-leaver', eligible[row['clea_care_leaver_eligibility']]] += reviewed or contacted
    return count


def expected_of_steps(folder):
    """Contacts, permanence, pre-proceedings and education, health and care plans."""
    count = Counter()

    def filled(table, column, kind, code=lambda row: None):
        count.update((kind, code(row)) for row in rows(folder, table) if row[column])

    def answer(column, yes):
        words = {'Y': yes, 'N': 'refused', 'A': 'awaited', 'W': 'withdrawn', 'H': 'historical'}
        return lambda row: words[row[column]]

    count['contact-received', None] = len(rows(folder, 'ssd_contacts'))
    for column, kind in (('adm_decision', 'adoption-decided'), ('placement_order', 'placement-order-made'),
                         ('matched', 'adoption-matched'), ('placed_for_adoption', 'placed-for-adoption')):
        filled('ssd_permanence', f'perm_{column}_date', kind)
    filled('ssd_pre_proceedings', 'prep_pre_pro_decision_date', 'plo-decided')
    filled('ssd_pre_proceedings', 'prep_pre_pro_letter_date', 'plo-letter-sent')
    filled('ssd_pre_proceedings', 'prep_initial_pre_pro_meeting_date', 'plo-meeting-held', lambda row: 'first')
    filled('ssd_pre_proceedings', 'prep_agree_stepdown_issue_date', 'plo-ended')
    count['ehcp-requested', None] = len(rows(folder, 'ssd_ehcp_requests'))
    filled('ssd_ehcp_requests', 'ehcr_ehcp_req_outcome_date', 'ehcp-decided', answer('ehcr_ehcp_req_outcome', 'assess'))
    issued = answer('ehca_ehcp_assessment_outcome', 'issued')
    filled('ssd_ehcp_assessment', 'ehca_ehcp_assessment_outcome_date', 'ehcp-issued',
           lambda row: 'exception' if row['ehca_ehcp_assessment_exceptions'] == '1' else issued(row))
    filled('ssd_ehcp_active_plans', 'ehcp_active_ehcp_last_review_date', 'ehcp-reviewed')
    return count


def counts(source):
    return Counter({(kind, code): n for kind, code, n in
                    source.ask('SELECT kind, code, count(*) FROM timely_source.fact GROUP BY 1, 2')})


def test_every_row_of_the_sample_becomes_its_facts(loaded, sample):
    assert counts(loaded) == expected_counts(sample)


def test_the_same_of_the_dialect_of_the_specification(pg, tmp_path):
    """Other keys in the outcomes, codes instead of words, open enquiries and assessments."""
    subprocess.run([sys.executable, ROOT / 'tests' / 'sample' / 'generate_caseload.py', '--profile', 'plain',
                    '--as-at', '2024-03-31', '--children', '300', '--dialect', 'spec', '--out', tmp_path], check=True)
    assert '"CP_CONFERENCE_FLAG"' in (tmp_path / 'ssd_s47_enquiry.csv').read_text().replace('""', '"')
    assert counts(load(pg, 'spec', tmp_path)) == expected_counts(tmp_path)


def test_the_columns_are_the_contract(loaded):
    assert loaded.ask("SELECT column_name, data_type FROM information_schema.columns"
                      " WHERE table_schema = 'timely_source' AND table_name = 'fact' ORDER BY ordinal_position") == [
        (name, 'boolean' if name == 'precise' else 'timestamp without time zone'
         if name in ('at', 'until', 'recorded_at', 'scheduled_at', 'ends_at') else 'text') for name in COLUMNS]


def test_people_staff_teams(loaded, sample):
    assert loaded.one('SELECT count(*) FROM timely_source.person') == len(rows(sample, 'ssd_person'))
    assert loaded.ask('SELECT count(*), count(name) FROM timely_source.staff') == [(158, 158)]
    assert loaded.one('SELECT count(*) FROM timely_source.team') == len(rows(sample, 'ssd_department'))
    assert loaded.ask("SELECT * FROM timely_source.person WHERE person_id = '98001'") == [
        ('98001', '5001', 'Florence Ryan', 'FR', '98001', False)]
    assert loaded.missing() == set()


def test_a_reading_is_a_few_scans(loaded):
    """Printed, not bounded: machines differ. The yardstick is a table with the same rows."""
    loaded.run('CREATE TABLE same AS SELECT * FROM timely_source.fact')
    connection = loaded.pg.connect(loaded.name)
    took = {}
    with connection.cursor() as cursor:
        for what in ('timely_source.fact', f'{SCHEMA}.same') * 3:
            data = io.BytesIO()
            start = time.monotonic()
            cursor.copy_expert(f'COPY (SELECT * FROM {what}) TO STDOUT (FORMAT binary)', data)
            took[what] = min(took.get(what, 60), time.monotonic() - start)
        cursor.execute('EXPLAIN SELECT * FROM timely_source.fact')
        plan = '\n'.join(line for line, in cursor)
    connection.close()
    print(f'facts {took["timely_source.fact"]:.3f} s, the same rows in a table {took[f"{SCHEMA}.same"]:.3f} s')
    assert 'SubPlan' not in plan


# What councils do to their tables


def test_a_missing_table_is_told_and_the_rest_works(source):
    source.run("INSERT INTO ssd_cp_plans (cppl_cp_plan_id, cppl_person_id, cppl_cp_plan_start_date)"
               " VALUES ('P', 'A', '2024-01-08')")
    source.run('SELECT timely_source.remove_views(); DROP TABLE ssd_initial_cp_conference, ssd_cla_visits')
    warned = source.views()
    assert 'ssd_initial_cp_conference' in warned and 'ssd_cla_visits' in warned
    assert source.facts('cp-plan-made') == [('P',)]
    assert source.facts('icpc-held') == []
    assert source.missing() == {('fact_icpc', 'ssd_initial_cp_conference', None, 'empty'),
                                ('fact_cp_plan_made', 'ssd_initial_cp_conference', None, 'empty'),
                                ('fact_child_visit', 'ssd_cla_visits', None, 'empty')}
    assert ('ssd_cla_visits', None) in source.ask('SELECT table_name, filenode FROM timely_source.watched')
    source.pg.psql(file=SQL / 'ssd-tables.sql', database=source.name, search_path=SCHEMA)
    assert source.views() == ''
    assert source.missing() == set()


def test_a_missing_column_empties_its_piece_or_reads_as_null(source):
    source.run('SELECT timely_source.remove_views();'
               'ALTER TABLE ssd_s47_enquiry DROP s47e_s47_start_date;'
               'ALTER TABLE ssd_cp_reviews DROP cppr_cp_review_meeting_id;'
               'ALTER TABLE ssd_cp_visits ALTER cppv_cp_visit_date TYPE text')
    source.run("INSERT INTO ssd_cp_reviews (cppr_cp_review_id, cppr_person_id) VALUES ('R', 'A');"
               "INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id) VALUES ('S', 'A')")
    assert len(re.findall('WARNING', source.views())) == 3
    assert source.facts('cp-review-held', 'ref, meeting') == [('R', None)]
    assert source.facts('s47-started') == []
    assert source.missing() == {
        ('fact_s47_enquiry', 'ssd_s47_enquiry', 's47e_s47_start_date', 'empty'),
        ('fact_cp_review', 'ssd_cp_reviews', 'cppr_cp_review_meeting_id', 'read as NULL'),
        ('fact_cp_visit', 'ssd_cp_visits', 'cppv_cp_visit_date', 'empty')}


def test_widened_columns_and_other_kinds_of_date_are_read(source):
    source.run('SELECT timely_source.remove_views();'
               'ALTER TABLE ssd_cp_visits ALTER cppv_cp_visit_id TYPE text, ALTER cppv_person_id TYPE bigint'
               ' USING cppv_person_id::bigint, ALTER cppv_cp_visit_date TYPE timestamptz;'
               'ALTER TABLE ssd_cp_reviews ALTER cppr_cp_review_date TYPE date')
    assert source.views() == ''
    source.run("INSERT INTO ssd_cp_visits (cppv_cp_visit_id, cppv_person_id, cppv_cp_visit_date)"
               " VALUES (repeat('9', 60), 12, '2024-07-01 13:30Z');"
               "INSERT INTO ssd_cp_reviews (cppr_cp_review_id, cppr_cp_review_date) VALUES ('R', '2024-07-01')")
    assert source.facts('cp-visit', 'person_id, ref, at::text, precise') == [
        ('12', '9' * 60, '2024-07-01 14:30:00', True)]
    assert source.facts('cp-review-held', 'at::text, precise') == [('2024-07-01 00:00:00', False)]


def test_a_second_run_keeps_what_a_dba_has_filled(source):
    source.run("INSERT INTO timely_source.code_map VALUES ('legal-status', 'Care Order (Full)', 'C2');"
               "UPDATE timely_source.code_map SET code = 'key-worker' WHERE source_code = 'ALLOCATED_WORKER';"
               "INSERT INTO timely_source.restricted VALUES ('A');"
               "INSERT INTO timely_source.restricted_to VALUES ('A', '40001')")
    source.views()
    source.run("INSERT INTO ssd_person (pers_person_id) VALUES ('A'), ('B');"
               "INSERT INTO ssd_legal_status (lega_legal_status_id, lega_legal_status) VALUES"
               " ('1', 'CARE ORDER (full)'), ('2', 'Something Else'), ('3', 'c1');"
               "INSERT INTO ssd_involvements (invo_involvements_id, invo_professional_role_id) VALUES"
               " ('1', 'ALLOCATED_WORKER'), ('2', 'Family Support')")
    assert source.facts('legal-status', 'ref, code') == [('1', 'C2'), ('2', 'something else'), ('3', 'C1')]
    assert source.facts('involved', 'code') == [('Family Support',), ('key-worker',)]
    assert source.ask('SELECT person_id, restricted FROM timely_source.person ORDER BY 1') == [
        ('A', True), ('B', False)]
    assert source.ask('SELECT * FROM timely_source.restricted_access') == [('A', '40001')]


def test_an_answer_that_is_neither_yes_nor_no_goes_through_to_be_reported(source):
    source.run("INSERT INTO ssd_initial_cp_conference (icpc_icpc_id, icpc_person_id, icpc_icpc_outcome_cp_flag) VALUES"
               " ('1', 'A', 'Q'), ('2', 'A', ' '), ('3', 'A', 'y');"
               "INSERT INTO ssd_cp_reviews (cppr_cp_review_id, cppr_person_id, cppr_cp_review_outcome_continue_cp) VALUES"
               " ('1', 'A', 'U'), ('2', 'A', 'n');"
               "INSERT INTO ssd_cp_visits (cppv_cp_visit_id, cppv_person_id, cppv_cp_visit_seen, cppv_cp_visit_seen_alone)"
               " VALUES ('1', 'A', 'X', NULL), ('2', 'A', 'X', 'Y'), ('3', 'A', NULL, 'N');"
               "INSERT INTO ssd_s47_enquiry (s47e_s47_enquiry_id, s47e_person_id, s47e_s47_end_date, s47e_s47_nfa,"
               " s47e_s47_outcome_json) VALUES ('1', 'A', '2024-01-08', 'Z', NULL),"
               " ('2', 'A', '2024-01-08', 'Z', '{\"CP_CONFERENCE_FLAG\":\"Y\"}'), ('3', 'A', '2024-01-08', 'N', NULL)")
    assert source.facts('icpc-held', 'ref, code') == [('1', 'q'), ('2', None), ('3', 'plan')]
    assert source.facts('cp-review-held', 'ref, code') == [('1', 'u'), ('2', 'end')]
    assert source.facts('cp-visit', 'ref, code') == [('1', 'x'), ('2', 'seen'), ('3', None)]
    assert source.facts('s47-ended', 'ref, code') == [('1', 'z'), ('2', 'conference'), ('3', None)]


def test_rows_without_key_or_date_are_kept_and_empty_rows_are_not(source):
    source.run('ALTER TABLE ssd_cp_reviews DROP CONSTRAINT ssd_cp_reviews_pkey;'
               'ALTER TABLE ssd_cp_reviews ALTER cppr_cp_review_id DROP NOT NULL;'
               'INSERT INTO ssd_cp_reviews DEFAULT VALUES;'
               "INSERT INTO ssd_cp_reviews (cppr_cp_review_id, cppr_person_id, cppr_cp_review_date) VALUES"
               " (NULL, 'A', '2024-01-08'), ('', 'A', '2024-01-08'), ('SSD_PH', 'A', '2024-01-08'), ('R', 'A', NULL),"
               " ('S', NULL, 'infinity'), ('T', 'A', '0001-01-01'), ('U', 'A', '2203-01-01 10:00')")
    assert source.facts('cp-review-held', 'person_id, ref, at::text') == sorted([
        ('A', None, '2024-01-08 00:00:00')] * 3 + [
        ('A', 'R', None), (None, 'S', 'infinity'), ('A', 'T', '0001-01-01 00:00:00'),
        ('A', 'U', '2203-01-01 00:00:00')], key=repr)


def test_duplicates_without_primary_keys_do_not_multiply(source):
    source.run('ALTER TABLE ssd_person DROP CONSTRAINT ssd_person_pkey;'
               'ALTER TABLE ssd_cla_episodes DROP CONSTRAINT ssd_cla_episodes_pkey;'
               'ALTER TABLE ssd_professionals DROP CONSTRAINT ssd_professionals_pkey;'
               "INSERT INTO ssd_person (pers_person_id, pers_dob) VALUES ('A', '2015-01-01'), ('A', '2015-01-01');"
               "INSERT INTO ssd_professionals (prof_professional_id, prof_professional_name)"
               " VALUES ('1', 'N'), ('1', 'N');"
               "INSERT INTO ssd_cla_episodes (clae_cla_episode_id, clae_person_id, clae_cla_id,"
               " clae_cla_episode_start_date) SELECT 'E', 'A', 'C', '2024-01-08' FROM generate_series(1, 3);"
               "INSERT INTO ssd_cla_reviews (clar_cla_review_id, clar_cla_id, clar_cla_review_date)"
               " VALUES ('R', 'C', '2024-02-01')")
    assert source.facts('child-review-held', 'person_id, ref') == [('A', 'R')]
    assert source.facts('care-started') == [('C',)]
    assert source.ask('SELECT person_id FROM timely_source.person') == [('A',)]
    assert source.ask('SELECT professional_id FROM timely_source.staff') == [('1',)]


@pytest.mark.parametrize('outcome, answer', [
    ('{"CP_CONFERENCE_FLAG":"Y"}', 'Y'),
    ('{"OUTCOME_CP_CONFERENCE_FLAG" : "N"}', 'N'),
    (' {"A" : "N",\n "OUTCOME_CP_CONFERENCE_FLAG"\t:  "Y"} \n', 'Y'),
    ('{"CP_CONFERENCE_FLAG" : " "}', None),
    ('{"CP_CONFERENCE_FLAG" : ""}', None),
    ('{"CP_CONFERENCE_FLAG" : null}', None),
    ('{"ANOTHER_CP_CONFERENCE_FLAG" : "Y"}', None),
    ('{"CP_CONFERENCE_FLAG" : "Y"', None),
    ('not json', None),
    ('', None),
    (None, None),
    (json.dumps({'OUTCOME_COMMENTS': 'says "CP_CONFERENCE_FLAG" : "Y"', 'CP_CONFERENCE_FLAG': 'N'}), 'N'),
    (json.dumps({'OUTCOME_COMMENTS': 'says {"CP_CONFERENCE_FLAG" : "Y"}'}), None),
    (json.dumps({'OUTCOME_COMMENTS': 'ü👨‍👩‍👧 ' * 50, 'CP_CONFERENCE_FLAG': 'Y'}, ensure_ascii=False), 'Y'),
])
def test_outcomes_are_read_without_trusting_them(source, outcome, answer):
    assert source.one("SELECT timely_source.outcome_flag(%s, 'CP_CONFERENCE')", [outcome]) == answer


# Links that do not lead where their names say


def test_the_conference_that_made_a_plan_is_found_by_meeting_and_person(source):
    source.run("INSERT INTO ssd_initial_cp_conference (icpc_icpc_id, icpc_icpc_meeting_id, icpc_person_id,"
               " icpc_icpc_date, icpc_icpc_outcome_cp_flag) VALUES"
               " ('M1A', 'M1', 'A', '2024-01-04', 'Y'), ('M1B', 'M1', 'B', '2024-01-02', 'Y'),"
               " ('M2C', 'M2', 'C', '2024-01-05', 'N'), ('M3D', 'M3', 'D', '2024-01-06', 'Y');"
               "INSERT INTO ssd_cp_plans (cppl_cp_plan_id, cppl_icpc_id, cppl_person_id, cppl_cp_plan_start_date) VALUES"
               " ('PA', 'M1', 'A', '2024-01-09'), ('PC', 'M2', 'C', '2024-01-09'), ('PD', 'M3D', 'D', '2024-01-09'),"
               " ('PE', NULL, 'E', '2024-01-09')")
    assert source.facts('cp-plan-made', 'ref, at::date::text, meeting') == [
        ('PA', '2024-01-04', 'M1'), ('PC', '2024-01-09', 'M2'), ('PD', '2024-01-06', 'M3'), ('PE', '2024-01-09', None)]


def test_care_starts_and_ends_with_the_period_not_with_an_episode(source):
    source.run("INSERT INTO ssd_cla_episodes (clae_cla_episode_id, clae_person_id, clae_cla_id,"
               " clae_cla_episode_start_date, clae_cla_episode_start_reason, clae_cla_episode_ceased_date,"
               " clae_cla_episode_ceased_reason, clae_entered_care_date) VALUES"
               " ('1', 'A', 'goes on', '2024-01-08 22:11', 'S', '2024-01-08', 'X1', '2024-01-08'),"
               " ('2', 'A', 'goes on', '2024-01-08', 'P', NULL, NULL, '2024-01-08'),"
               " ('3', 'B', 'over', '2024-01-08', 'S', '2024-02-01', 'X1', NULL),"
               " ('4', 'B', 'over', '2024-02-01', 'L', '2024-03-01', 'E4A', NULL),"
               " ('5', 'C', 'no reason', '2024-01-09', 'P', '2024-03-02', NULL, NULL),"
               " ('6', 'D', 'between', '2024-01-10', 'S', '2024-03-03', 'X1', NULL),"
               " ('7', 'E', NULL, '2024-01-10', 'S', NULL, NULL, NULL)")
    assert source.facts('care-started', 'person_id, ref, at::date::text') == [
        ('A', 'goes on', '2024-01-08'), ('B', 'over', '2024-01-08'), ('C', 'no reason', '2024-01-09'),
        ('D', 'between', '2024-01-10'), ('E', None, '2024-01-10')]
    assert source.facts('care-ended', 'ref, at::date::text, code') == [
        ('no reason', '2024-03-02', None), ('over', '2024-03-01', 'E4A')]


def test_reviews_of_nobody_and_cancelled_ones(source):
    source.run("INSERT INTO ssd_cla_reviews (clar_cla_review_id, clar_cla_id, clar_cla_review_date,"
               " clar_cla_review_cancelled) VALUES ('1', NULL, '2024-01-08', 'N'), ('2', 'X', '2024-01-08', 'Y'),"
               " ('3', 'X', '2024-01-08', NULL)")
    assert source.facts('child-review-held', 'person_id, ref') == [(None, '1'), (None, '3')]


def test_a_transfer_in_belongs_to_no_enquiry(source):
    source.run("INSERT INTO ssd_initial_cp_conference (icpc_icpc_id, icpc_icpc_meeting_id, icpc_s47_enquiry_id,"
               " icpc_icpc_transfer_in, icpc_icpc_date) VALUES ('1', 'M', 'S', 'Y', '2024-01-08 14:00'),"
               " ('2', 'M', 'S', NULL, '2024-01-08')")
    assert source.facts('transfer-in-conference-held', 'ref, episode, meeting, precise, at::text') == [
        ('1', None, 'M', False, '2024-01-08 00:00:00')]
    assert source.facts('icpc-held', 'ref, episode') == [('2', 'S')]


# Local events in a table or view of the authority's own


def test_local_events_of_the_sample(pg, sample):
    source = load(pg, 'events', sample)
    source.run('CREATE TABLE timely_event (event_id text, event_type text, person_id text, occurred_at timestamp,'
               ' precision text, meeting_kind text, scheduled_for timestamp, group_ref text, subject_table text,'
               ' subject_id text, outcome text, professional_id text, recorded_at timestamp, replaces_event_id text,'
               ' voided boolean, detail text)')
    pg.copy_in(f'{SCHEMA}.timely_event', sample / 'events.csv', database=source.name)
    assert source.views() == ''                       # ends_at and its like are optional
    events = {row['event_id']: row for row in rows(sample, 'events')}
    replaced = {row['replaces_event_id'] for row in events.values()}
    expected = Counter(row['event_type'].replace('_', '-') for row in events.values()
                       if row['voided'] == 'f' and row['event_id'] not in replaced)
    assert Counter(dict(source.ask("SELECT kind, count(*) FROM timely_source.fact WHERE origin = 'timely_event'"
                                   " GROUP BY 1"))) == expected


def test_corrections_of_local_events(source):
    source.run('CREATE TABLE timely_event (event_id text, event_type text, person_id text, occurred_at timestamp,'
               ' precision text, outcome text, meeting_kind text, recorded_at timestamp, replaces_event_id text,'
               ' voided boolean, group_ref text)')
    source.run("INSERT INTO timely_event VALUES"
               " ('latest', 'x_y', 'A', '2024-01-01 10:00', 'day', 'old', NULL, '2024-01-02', NULL, false, 'G'),"
               " ('latest', 'x_y', 'A', '2024-01-03 10:00', 'day', 'new', NULL, '2024-01-04', NULL, false, 'G'),"
               " ('withdrawn', 'x_y', 'A', '2024-01-01', 'day', NULL, NULL, '2024-01-02', NULL, false, NULL),"
               " ('withdrawn', 'x_y', 'A', '2024-01-01', 'day', NULL, NULL, '2024-01-03', NULL, true, NULL),"
               " ('wrong', 'x_y', 'A', '2024-01-01', 'day', NULL, NULL, '2024-01-02', NULL, false, NULL),"
               " ('right', 'x_y', 'A', '2024-01-01', 'day', NULL, NULL, '2024-01-03', 'wrong', false, NULL),"
               " ('right', 'x_y', 'A', '2024-01-01', 'day', NULL, NULL, '2024-01-04', NULL, true, NULL),"
               " ('itself', 'meeting_booked', 'A', '2024-01-01 10:30', 'minute', 'o', 'icpc', '2024-01-03', 'itself',"
               "  false, 'G')")
    source.views()
    assert source.ask("SELECT kind, ref, at::text, precise, episode, meeting, code FROM timely_source.fact"
                      " ORDER BY ref") == [
        ('meeting-booked', 'itself', '2024-01-01 10:30:00', True, 'G', 'G', 'icpc'),
        ('x-y', 'latest', '2024-01-03 00:00:00', False, 'G', 'G', 'new')]


# Rights and reloads


def test_select_on_the_last_layer_is_all_that_a_reader_needs(loaded):
    assert loaded.ask('SELECT count(*) > 36000 FROM timely_source.fact', user='timely_read') == [(True,)]
    for view in ('person', 'staff', 'team', 'watched', 'missing_piece', 'restricted_access'):
        loaded.ask(f'SELECT * FROM timely_source.{view}', user='timely_read')
    for closed in (f'{SCHEMA}.ssd_person', 'timely_source.read_ssd_person', 'timely_source.restricted_to'):
        with pytest.raises(Exception, match='permission denied'):
            loaded.ask(f'SELECT * FROM {closed}', user='timely_read')


def test_a_truncate_shows_in_what_is_watched(source):
    before = dict(source.ask('SELECT table_name, filenode FROM timely_source.watched'))
    source.run("INSERT INTO ssd_person (pers_person_id) VALUES ('A')")
    assert dict(source.ask('SELECT table_name, filenode FROM timely_source.watched')) == before
    source.run('TRUNCATE ssd_person')
    after = dict(source.ask('SELECT table_name, filenode FROM timely_source.watched'))
    assert [name for name in before if before[name] != after[name]] == ['ssd_person']
    assert len(before) == 32


def test_no_schema_with_tables_is_an_error(pg):
    pg.psql('CREATE DATABASE bare', database='postgres')
    done = pg.psql(file=SQL / 'ssd.sql', database='bare', check=False)
    assert done.returncode and 'no SSD table in search_path' in done.stderr


def test_it_runs_as_one_string_through_a_driver(pg):
    pg.psql('CREATE DATABASE by_driver', database='postgres')
    for file in ('ssd-tables.sql', 'ssd.sql', 'notify.sql'):
        pg.ask((SQL / file).read_text(encoding='utf-8'), database='by_driver')
    assert pg.ask('SELECT count(*) FROM timely_source.fact', database='by_driver') == [(0,)]
