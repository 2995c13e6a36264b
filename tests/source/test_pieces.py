"""What the single facts make of rows that are right, wrong, half filled or hostile."""
import pytest


def insert(source, table, columns, *values):
    """Rows of a table; each value is written as SQL understands a text."""
    def literal(value):
        return 'NULL' if value is None else "'" + str(value).replace("'", "''") + "'"

    source.run(f'INSERT INTO {table} ({columns}) VALUES '
               + ', '.join(f"({', '.join(literal(value) for value in row)})" for row in values))


HEALTH = ('clah_health_check_id, clah_person_id, clah_health_check_type, clah_health_check_date,'
          ' clah_health_check_status')


def test_health_checks_by_type_and_status(source):
    insert(source, 'ssd_cla_health', HEALTH,
           ('1', 'A', 'Health check', '2024-01-08 11:30', 'COMPLETE'),
           ('2', 'A', 'HEALTH CHECK ', '2024-01-09', 'Completed'),
           ('3', 'A', 'Dental Check', '2024-01-10', 'Refused'), ('4', 'A', 'Dental Check', '2031-01-10', 'Planned'),
           ('5', 'A', 'Optician check', '2024-01-11', 'COMPLETE'),
           ('6', 'A', 'Dental Check', '2024-01-12', 'Did not go'),
           ('7', 'A', 'Health check', None, None), ('8', 'A', 'Health check', '2024-01-13', 'SSD_PH'))
    assert source.facts('health-assessment', 'ref, at::text, precise, code, episode') == [
        ('1', '2024-01-08 00:00:00', False, 'completed', None), ('2', '2024-01-09 00:00:00', False, 'completed', None),
        ('7', None, False, None, None), ('8', '2024-01-13 00:00:00', False, None, None)]
    assert source.facts('dental-check', 'ref, at::date::text, code') == [
        ('3', '2024-01-10', 'refused'), ('4', '2031-01-10', 'planned'), ('6', '2024-01-12', 'did not go')]
    assert source.one('SELECT count(*) FROM timely_source.fact') == 7


def test_a_health_check_of_another_name_is_never_taken_for_another_event(source):
    insert(source, 'ssd_cla_health', HEALTH, ('1', 'A', 'death', '2024-01-08', 'COMPLETE'),
           ('2', 'A', 'Robert\'); DROP TABLE ssd_person;--', '2024-01-08', 'COMPLETE'),
           ('3', 'A', None, '2024-01-08', 'COMPLETE'))
    assert source.ask('SELECT ref, kind FROM timely_source.fact ORDER BY ref') == [
        ('1', 'health check: death'), ('2', "health check: robert'); drop table ssd_person;--"), ('3', None)]


def test_immunisations(source):
    insert(source, 'ssd_cla_immunisations', 'clai_person_id, clai_immunisations_status, clai_immunisations_status_date',
           ('A', 'Y', '2024-01-08'), ('B', 'n', '2024-01-09 10:00'), ('C', '?', '2024-01-10'), ('D', 'Y', None),
           ('E', None, None))
    assert source.facts('immunisations-checked', 'person_id, ref, at::text, code') == sorted([
        ('A', 'A', '2024-01-08 00:00:00', 'up-to-date'), ('B', 'B', '2024-01-09 00:00:00', 'not-up-to-date'),
        ('C', 'C', '2024-01-10 00:00:00', '?'), ('D', 'D', None, 'up-to-date')], key=repr)


def test_strengths_and_difficulties(source):
    insert(source, 'ssd_sdq_scores', 'csdq_table_id, csdq_person_id, csdq_sdq_completed_date, csdq_sdq_score,'
           ' csdq_sdq_reason', ('1', 'A', '2024-01-08', 0, None), ('2', 'A', '2024-01-09', 40, 'SDQ2'),
           ('3', 'A', '2024-01-10', None, 'SDQ5'), ('4', 'A', '2024-01-11', None, ' '),
           ('5', 'A', None, None, 'holiday'))
    assert source.facts('sdq-completed', 'ref, at::date::text, code') == [('1', '2024-01-08', '0'),
                                                                          ('2', '2024-01-09', '40')]
    assert source.facts('sdq-not-done', 'ref, at::date::text, code') == [
        ('3', '2024-01-10', 'sdq5'), ('4', '2024-01-11', None), ('5', None, 'holiday')]


def test_missing_episodes_and_what_became_of_the_interview(source):
    source.run('SELECT timely_source.remove_views();'
               'ALTER TABLE ssd_missing ALTER miss_missing_rhi_offered TYPE text,'
               ' ALTER miss_missing_rhi_accepted TYPE text')
    assert source.views() == ''
    insert(source, 'ssd_missing', 'miss_table_id, miss_person_id, miss_missing_episode_start_date,'
           ' miss_missing_episode_end_date, miss_missing_rhi_offered, miss_missing_rhi_accepted',
           ('1', 'A', '2024-01-08 23:50', '2024-01-09 01:10', 'Y', 'N'), ('2', 'A', '2024-01-10', None, 'y', 'Y'),
           ('3', 'A', '2024-01-11', '2024-01-11', 'N', 'NA'), ('4', 'A', '2024-01-12', '2024-01-12', 'NA', 'NA'),
           ('5', 'A', '2024-01-13', '2024-01-12', 'Y', None), ('6', 'A', None, '2024-01-14', None, None),
           ('7', 'A', '2024-01-15', None, 'Yes', 'No'))
    assert source.facts('missing-episode', 'ref, at::text, until::text, precise, code') == sorted([
        ('1', '2024-01-08 00:00:00', '2024-01-09 00:00:00', False, 'refused'),
        ('2', '2024-01-10 00:00:00', None, False, 'accepted'),
        ('3', '2024-01-11 00:00:00', '2024-01-11 00:00:00', False, 'not-offered'),
        ('4', '2024-01-12 00:00:00', '2024-01-12 00:00:00', False, None),
        ('5', '2024-01-13 00:00:00', '2024-01-12 00:00:00', False, None),
        ('6', None, '2024-01-14 00:00:00', False, None), ('7', '2024-01-15 00:00:00', None, False, 'refused')],
        key=repr)


LEAVER = ('clea_table_id, clea_person_id, clea_care_leaver_eligibility, clea_care_leaver_in_touch,'
          ' clea_care_leaver_latest_contact, clea_pathway_plan_review_date')


def test_care_leavers_have_their_latest_dates_alone(source):
    insert(source, 'ssd_care_leavers', LEAVER,
           ('1', 'A', 'Former relevant child', 'YES', '2024-02-26', '2024-01-08'),
           ('2', 'B', 'Eligible child', 'REFU', None, '1900-01-01'),
           ('3', 'C', 'RELEVANT', ' rhom ', '1900-01-01', '2024-03-09'),
           ('4', 'D', 'Qualifying care leaver', None, '2024-03-10', None),
           ('5', 'E', 'None', 'later', '2024-03-11', None), ('6', 'F', None, 'NO', 'infinity', None))
    assert source.facts('pathway-review-held', 'person_id, ref, at::date::text, code') == [
        ('A', '1@2024-01-08', '2024-01-08', None), ('C', '3@2024-03-09', '2024-03-09', None)]
    assert source.facts('leaver-contact', 'person_id, ref, at::date::text, code') == [
        ('A', '1@2024-02-26', '2024-02-26', 'yes'), ('D', '4@2024-03-10', '2024-03-10', None),
        ('E', '5@2024-03-11', '2024-03-11', 'later'), ('F', '6', 'infinity', 'no')]
    assert source.facts('care-leaver', 'person_id, ref, at::date::text, code') == [
        ('A', '1', '2024-02-26', 'former-relevant'), ('C', '3', '2024-03-09', 'relevant'),
        ('D', '4', '2024-03-10', 'qualifying'), ('E', '5', '2024-03-11', 'none'), ('F', '6', 'infinity', None)]


def test_permanence_only_where_a_date_is_filled(source):
    insert(source, 'ssd_permanence', 'perm_table_id, perm_person_id, perm_cla_id, perm_adm_decision_date,'
           ' perm_placement_order_date, perm_matched_date, perm_placed_for_adoption_date, perm_adopter_sex',
           ('1', 'A', 'C', '2024-01-08', '2024-02-08 10:30', '2024-03-08', '2024-04-08', 'MF'),
           ('2', 'B', None, None, None, '2024-03-09', None, None), ('3', 'C', 'D', None, None, None, None, 'MM'))
    assert source.facts('adoption-decided', 'person_id, ref, at::date::text, episode') == [
        ('A', '1', '2024-01-08', 'C')]
    assert source.facts('placement-order-made', 'ref, at::text, precise') == [('1', '2024-02-08 00:00:00', False)]
    assert source.facts('adoption-matched', 'person_id, ref, at::date::text, episode') == [
        ('A', '1', '2024-03-08', 'C'), ('B', '2', '2024-03-09', None)]
    assert source.facts('placed-for-adoption', 'ref, at::date::text') == [('1', '2024-04-08')]
    assert source.one("SELECT count(*) FROM timely_source.fact WHERE person_id = 'C'") == 0


def test_pre_proceedings_from_decision_to_end(source):
    insert(source, 'ssd_pre_proceedings', 'prep_table_id, prep_person_id, prep_pre_pro_decision_date,'
           ' prep_pre_pro_letter_date, prep_initial_pre_pro_meeting_date, prep_agree_stepdown_issue_date',
           ('1', 'A', '2024-01-08', '2024-01-15', '2024-01-29', '2024-04-29'),
           ('2', 'B', None, '2024-01-16', None, None), ('3', 'C', None, None, None, None))
    assert source.ask("SELECT person_id, kind, ref, at::date::text, episode, code FROM timely_source.fact"
                      " ORDER BY person_id, at") == [
        ('A', 'plo-decided', '1', '2024-01-08', '1', None), ('A', 'plo-letter-sent', '1', '2024-01-15', '1', None),
        ('A', 'plo-meeting-held', '1', '2024-01-29', '1', 'first'), ('A', 'plo-ended', '1', '2024-04-29', '1', None),
        ('B', 'plo-letter-sent', '2', '2024-01-16', '2', None)]


def test_contacts_and_care_plans(source):
    insert(source, 'ssd_contacts', 'cont_contact_id, cont_person_id, cont_contact_date',
           ('1', 'A', '2024-01-08 16:45'), ('2', None, '2024-01-08'), ('3', 'A', None))
    insert(source, 'ssd_cla_care_plan', 'lacp_table_id, lacp_person_id, lacp_cla_care_plan_start_date',
           ('1', 'A', '2024-01-08 16:45'), ('SSD_PH', 'A', '2024-01-09'), ('3', 'A', None))
    assert source.facts('contact-received', 'person_id, ref, at::text, precise') == sorted([
        ('A', '1', '2024-01-08 00:00:00', False), (None, '2', '2024-01-08 00:00:00', False), ('A', '3', None, False)],
        key=repr)
    assert source.facts('care-plan-agreed', 'ref, at::text, episode') == sorted([
        ('1', '2024-01-08 00:00:00', None), (None, '2024-01-09 00:00:00', None), ('3', None, None)], key=repr)


def test_the_reviewing_officers_visit_once_a_period_and_day(source):
    insert(source, 'ssd_cla_episodes', 'clae_cla_episode_id, clae_person_id, clae_cla_id,'
           ' clae_cla_last_iro_contact_date',
           ('1', 'A', 'C', '2024-01-08'), ('2', 'A', 'C', '2024-01-08 09:15'), ('3', 'A', 'D', None),
           ('4', 'B', None, '2024-01-09'), ('5', 'A', 'C', '2024-01-10'))
    assert source.facts('iro-visit', 'person_id, ref, at::text, precise, episode') == sorted([
        ('A', 'C@2024-01-08', '2024-01-08 00:00:00', False, 'C'), ('B', None, '2024-01-09 00:00:00', False, None),
        ('A', 'C@2024-01-10', '2024-01-10 00:00:00', False, 'C')], key=repr)


def test_a_placement_that_has_ended(source):
    insert(source, 'ssd_cla_placement', 'clap_cla_placement_id, clap_person_id, clap_cla_id,'
           ' clap_cla_placement_start_date, clap_cla_placement_end_date, clap_cla_placement_type',
           ('1', 'A', 'C', '2024-01-08 20:00', '2024-02-08 09:00', 'T4'), ('2', 'A', 'C', '2024-02-08', None, 'U4'),
           ('3', 'B', 'D', None, '2024-03-08', 'DQ'))
    assert source.facts('placement-ended', 'ref, at::text, until, episode, code') == [
        ('1@2024-01-08', '2024-02-08 00:00:00', None, 'C', 'T4'), ('3', '2024-03-08 00:00:00', None, 'D', None)]
    assert source.facts('placement-started', 'ref, at::date::text, until::date::text') == [
        ('1@2024-01-08', '2024-01-08', '2024-02-08'), ('2@2024-02-08', '2024-02-08', None), ('3', None, '2024-03-08')]


# Education, health and care: the child is two tables away


@pytest.fixture
def requests(source):
    insert(source, 'ssd_send', 'send_table_id, send_person_id', ('SA', 'A'), ('SB', 'B'))
    insert(source, 'ssd_ehcp_requests', 'ehcr_ehcp_request_id, ehcr_send_table_id, ehcr_ehcp_req_date,'
           ' ehcr_ehcp_req_outcome_date, ehcr_ehcp_req_outcome',
           ('R1', 'SA', '2024-01-08', '2024-02-16', 'Y'), ('R2', 'SB', '2024-01-09', '2024-02-19', 'n'),
           ('R3', 'SB', None, None, 'A'), ('R4', 'nobody', '2024-01-10', '2024-02-20', 'Z'))
    return source


def test_requests_for_a_plan(requests):
    assert requests.facts('ehcp-requested', 'person_id, ref, episode, at::date::text') == sorted([
        ('A', 'R1', 'R1', '2024-01-08'), ('B', 'R2', 'R2', '2024-01-09'), ('B', 'R3', 'R3', None),
        (None, 'R4', 'R4', '2024-01-10')], key=repr)
    assert requests.facts('ehcp-decided', 'person_id, ref, at::date::text, code') == [
        ('A', 'R1', '2024-02-16', 'assess'), ('B', 'R2', '2024-02-19', 'refused'), (None, 'R4', '2024-02-20', 'z')]


def test_assessments_and_reviews_find_the_child_through_the_request(requests):
    insert(requests, 'ssd_ehcp_assessment', 'ehca_ehcp_assessment_id, ehca_ehcp_request_id,'
           ' ehca_ehcp_assessment_outcome_date, ehca_ehcp_assessment_outcome, ehca_ehcp_assessment_exceptions',
           ('1', 'R1', '2024-05-20', 'Y', None), ('2', 'R2', '2024-05-21', 'Y', '1'),
           ('3', 'R2', '2024-05-22', 'N', '0'), ('4', 'R9', '2024-05-23', 'W', None),
           ('5', 'R1', None, 'A', None), ('6', 'R1', '2024-05-24', 'x', None))
    insert(requests, 'ssd_ehcp_active_plans', 'ehcp_active_ehcp_id, ehcp_ehcp_request_id,'
           ' ehcp_active_ehcp_last_review_date',
           ('P1', 'R1', '2025-05-19'), ('P2', 'R2', None), ('P3', None, '2025-05-20'))
    assert requests.facts('ehcp-issued', 'person_id, ref, episode, at::date::text, code') == sorted([
        ('A', '1', 'R1', '2024-05-20', 'issued'), ('B', '2', 'R2', '2024-05-21', 'exception'),
        ('B', '3', 'R2', '2024-05-22', 'refused'), (None, '4', 'R9', '2024-05-23', 'withdrawn'),
        ('A', '6', 'R1', '2024-05-24', 'x')], key=repr)
    assert requests.facts('ehcp-reviewed', 'person_id, ref, episode, at::date::text') == sorted([
        ('A', 'P1@2025-05-19', 'R1', '2025-05-19'), (None, 'P3@2025-05-20', None, '2025-05-20')], key=repr)


def test_while_the_table_that_leads_to_the_child_is_empty_there_are_no_requests(requests):
    """So their own table is found empty and held, and what leans on it with it: a reload empties one after another."""
    insert(requests, 'ssd_ehcp_assessment', 'ehca_ehcp_assessment_id, ehca_ehcp_request_id,'
           ' ehca_ehcp_assessment_outcome_date, ehca_ehcp_assessment_outcome', ('1', 'R1', '2024-05-20', 'Y'))
    requests.run('TRUNCATE ssd_send')
    assert requests.facts('ehcp-requested') == []
    assert requests.facts('ehcp-issued', 'person_id, ref') == [(None, '1')]
    assert dict(requests.ask('SELECT table_name, leans_on FROM timely_source.watched'))['ssd_ehcp_assessment'] \
        == 'ssd_ehcp_requests'


def test_a_repeated_row_without_primary_keys_does_not_multiply(requests):
    requests.run('ALTER TABLE ssd_send DROP CONSTRAINT ssd_send_pkey')
    insert(requests, 'ssd_send', 'send_table_id, send_person_id', ('SA', 'A'))
    assert requests.facts('ehcp-requested').count(('R1',)) == 1


# Tables and columns that are not there


def test_without_the_tables_of_the_new_facts_the_rest_is_read(source):
    insert(source, 'ssd_person', 'pers_person_id, pers_dob', ('A', '2015-01-01'))
    gone = ['ssd_contacts', 'ssd_cla_care_plan', 'ssd_cla_health', 'ssd_cla_immunisations', 'ssd_sdq_scores',
            'ssd_missing', 'ssd_care_leavers', 'ssd_permanence', 'ssd_pre_proceedings', 'ssd_send',
            'ssd_ehcp_requests', 'ssd_ehcp_assessment', 'ssd_ehcp_active_plans']
    source.run(f'SELECT timely_source.remove_views(); DROP TABLE {", ".join(gone)}')
    warned = source.views()
    assert [table for table in gone if f'table {table} is missing' not in warned] == []
    assert source.facts('birth') == [('A',)]
    assert {table for _, table, _, _ in source.missing()} == set(gone)


def test_a_missing_column_of_a_step_leaves_the_other_steps(source):
    source.run('SELECT timely_source.remove_views();'
               'ALTER TABLE ssd_pre_proceedings DROP prep_pre_pro_letter_date;'
               'ALTER TABLE ssd_cla_episodes DROP clae_cla_last_iro_contact_date;'
               'ALTER TABLE ssd_cla_health DROP clah_health_check_type;'
               'ALTER TABLE ssd_sdq_scores ALTER csdq_sdq_score TYPE double precision')
    source.views()
    insert(source, 'ssd_pre_proceedings', 'prep_table_id, prep_person_id, prep_pre_pro_decision_date',
           ('1', 'A', '2024-01-08'))
    insert(source, 'ssd_cla_episodes', 'clae_cla_episode_id, clae_person_id, clae_cla_id, clae_cla_episode_start_date',
           ('1', 'A', 'C', '2024-01-08'))
    insert(source, 'ssd_cla_health', 'clah_health_check_id, clah_person_id', ('1', 'A'))
    insert(source, 'ssd_sdq_scores', 'csdq_table_id, csdq_person_id, csdq_sdq_score', ('1', 'A', 17))
    assert sorted(source.ask('SELECT kind, code FROM timely_source.fact'), key=repr) == [
        ('care-started', None), ('plo-decided', None), ('sdq-completed', '17')]
    assert source.missing() == {
        ('fact_pre_proceedings', 'ssd_pre_proceedings', 'prep_pre_pro_letter_date', 'read as NULL'),
        ('fact_health_check', 'ssd_cla_health', 'clah_health_check_type', 'empty'),
    } | {(piece, 'ssd_cla_episodes', 'clae_cla_last_iro_contact_date', 'read as NULL')
         for piece in ('fact_care_started', 'fact_care_ended', 'fact_child_review', 'fact_iro_visit')}
