"""The further duties of the oracle on cases small enough to check by hand."""

import pytest


def in_care(folder, start, ceased='', reason=''):
    return folder.add(
        'ssd_cla_episodes',
        clae_cla_id='k',
        clae_person_id='1',
        clae_entered_care_date=start,
        clae_cla_episode_start_date=start,
        clae_cla_episode_ceased_date=ceased,
        clae_cla_episode_ceased_reason=reason,
    )


def placed(folder, start, end='', kind='U4', key='p'):
    return folder.add(
        'ssd_cla_placement',
        clap_cla_placement_id=key,
        clap_cla_id='k',
        clap_person_id='1',
        clap_cla_placement_start_date=start,
        clap_cla_placement_end_date=end,
        clap_cla_placement_type=kind,
    )


def order(folder, words, start, end=''):
    return folder.add(
        'ssd_legal_status',
        lega_legal_status_id=words + start,
        lega_person_id='1',
        lega_legal_status=words,
        lega_legal_status_start_date=start,
        lega_legal_status_end_date=end,
    )


def visited(folder, *days):
    for on in days:
        folder.add(
            'ssd_cla_visits',
            clav_cla_id='k',
            clav_person_id='1',
            clav_cla_visit_date=on,
            clav_cla_visit_seen='Y',
        )
    return folder


def reviewed(folder, on):
    return folder.add(
        'ssd_cla_reviews',
        clar_cla_review_id='r' + on,
        clar_cla_id='k',
        clar_cla_review_date=on,
        clar_cla_review_cancelled='N',
    )


VISITS = ('visit-child-standard', 'visit-child-parents-ico', 'visit-child-parents-order')


def test_a_child_sent_home_is_visited_by_another_rhythm_from_that_day(folder):
    placed(in_care(folder, '2024-01-08'), '2024-01-08', '2024-02-05')
    placed(folder, '2024-02-05', kind='P1')
    visited(folder, '2024-01-12', '2024-02-08', '2024-02-14')
    assert folder.due('2024-02-20', 'visit-child-standard') == [
        'k 2024-01-08 2024-01-15 met 2024-01-12 in time',
        'k 2024-01-12 2024-02-23 ended',
    ]
    assert folder.due('2024-02-20', 'visit-child-parents-ico') == [
        'k 2024-02-05 2024-02-12 met 2024-02-08 in time',
        'k 2024-02-08 2024-02-15 met 2024-02-14 in time',
        'k 2024-02-14 2024-02-21 open',
    ]


def test_with_a_parent_weekly_until_the_first_review_then_by_the_order(folder):
    placed(in_care(folder, '2024-01-08'), '2024-01-08', kind='P1')
    order(order(folder, 'Interim care order', '2024-01-08', '2024-02-20'), 'C2', '2024-02-20')
    visited(reviewed(folder, '2024-01-30'), '2024-01-30', '2024-02-26')
    assert folder.due('2024-03-01', *VISITS) == [
        'k 2024-01-08 2024-01-15 met 2024-01-30 late',
        'k 2024-01-30 2024-02-27 ended',
        'k 2024-02-20 2024-02-27 met 2024-02-26 in time',
        'k 2024-02-26 2024-04-08 open',
    ]


def test_a_plan_belongs_to_the_last_stay_begun_under_its_key(folder):
    placed(placed(in_care(folder, '2024-01-08'), '2024-01-08', '2024-03-04'), '2024-05-01')
    folder.event('placement_plan_signed', '2024-05-09', subject_id='p')
    assert folder.due('2024-06-03', 'placement-plan') == [
        'p 2024-01-08 2024-01-15 ended',
        'p 2024-05-01 2024-05-09 met 2024-05-09 in time',
    ]


def test_an_unplanned_move_brings_a_review_forward_but_not_the_first_placement(folder):
    in_care(folder, '2024-03-21')
    for on in ('2024-03-21', '2024-03-22', '2024-05-07'):
        folder.event('placement_unplanned', on, subject_id='p')
    assert folder.due('2024-05-07', 'review-child-early') == ['k 2024-05-07 2024-05-21 open']
    reviewed(folder, '2024-05-22')
    assert folder.due('2024-06-01', 'review-child-early') == [
        'k 2024-05-07 2024-05-21 met 2024-05-22 late'
    ]


def test_short_breaks_have_no_first_review_of_this_kind(folder):
    order(in_care(folder, '2024-03-21'), 'V3', '2024-03-21')
    assert folder.due('2024-04-01', 'review-child-first', 'dental-check', 'immunisations') == []


def checked(folder, on, kind='Health check', status='COMPLETE'):
    return folder.add(
        'ssd_cla_health',
        clah_person_id='1',
        clah_health_check_type=kind,
        clah_health_check_date=on,
        clah_health_check_status=status,
    )


def test_health_is_reviewed_yearly_from_where_half_a_year_reaches_the_fifth_birthday(folder):
    in_care(folder, '2019-05-01')  # born 5 May 2015
    checked(checked(folder, '2019-05-20'), '2019-11-04', status='completed')
    checked(folder, '2019-12-01', status='Refused')
    timescales = ('health-initial', 'health-review-under5', 'health-review-5plus')
    assert folder.due('2020-05-01', *timescales) == [
        'k 2019-05-01 2019-05-31 met 2019-05-20 in time',
        'k 2019-05-20 2019-11-20 met 2019-11-04 in time',
        'k 2019-11-04 2020-05-04 open',
    ]
    checked(folder, '2019-11-05')
    assert folder.due('2020-05-01', 'health-review-5plus') == ['k 2019-11-05 2020-11-05 open']


def test_no_first_assessment_where_one_was_done_shortly_before(folder):
    checked(in_care(folder, '2024-05-01'), '2024-02-01')
    assert folder.due('2024-05-02', 'health-initial') == []


def test_the_first_questionnaire_is_owed_once_where_both_its_clocks_agree(folder):
    in_care(folder, '2018-05-05')  # the third birthday
    assert folder.due('2018-06-01', 'sdq') == ['k 2018-05-05 2019-05-05 open']
    for on, score in (('2019-05-01', '17'), ('2019-06-01', '')):
        folder.add(
            'ssd_sdq_scores',
            csdq_person_id='1',
            csdq_sdq_completed_date=on,
            csdq_sdq_score=score,
        )
    assert folder.due('2019-06-01', 'sdq') == [
        'k 2018-05-05 2019-05-05 met 2019-05-01 in time',
        'k 2019-05-01 2020-05-01 open',
    ]


def found_again(folder):
    folder.event('missing_started', '2024-10-26T12:00', subject_id='m')
    return folder.event('missing_found', '2024-10-26T18:00', subject_id='m')


@pytest.mark.parametrize(
    'kind, at, outcome, said',
    [
        ('rhi_done_at', '2024-10-29T17:00', '', 'met 2024-10-29 in time'),
        ('rhi_done_at', '2024-10-29T17:01', '', 'met 2024-10-29 late'),
        ('rhi_offered_at', '2024-10-28T09:00', 'refused', 'met 2024-10-28 in time'),
        ('rhi_offered_at', '2024-10-28T09:00', '', 'unknown'),
        ('missing_started', '2024-10-28T23:00', '', 'ended'),
    ],
)
def test_a_return_interview_within_72_hours_by_the_minute(folder, kind, at, outcome, said):
    found_again(folder).event(kind, at, subject_id='m', outcome=outcome)
    assert folder.due('2024-11-05', 'return-interview') == [
        'm 2024-10-26 2024-10-29T17:00 ' + said
    ]


def test_police_protection_ends_with_itself(folder):
    order(in_care(folder, '2024-03-29'), 'L1', '2024-03-29', '2024-03-31')
    owed = '1 2024-03-29 2024-04-01T01:00 '
    assert folder.due('2024-03-30', 'police-protection') == [owed + 'unknown']
    assert folder.due('2024-04-03', 'police-protection') == [owed + 'ended']


def test_thirteen_weeks_in_care_since_the_fourteenth_birthday_make_eligible(folder):
    in_care(folder, '2031-03-01')  # 16 on 5 May 2031; the 91st day is 30 May
    assert folder.due('2031-05-29', 'pathway-assessment') == []
    assert folder.due('2031-05-30', 'pathway-assessment') == ['1 2031-05-30 2031-08-30 unknown']


def test_contact_with_a_care_leaver_by_the_shorter_period_unless_refused(folder):
    folder.add(
        'ssd_care_leavers',
        clea_person_id='1',
        clea_care_leaver_in_touch='YES',
        clea_care_leaver_latest_contact='2033-12-31',
        clea_pathway_plan_review_date='1900-01-01',
    )
    assert folder.due('2034-01-02', 'pa-contact', 'pathway-review') == [
        '1 2033-12-31 2034-02-25 open'
    ]
    folder.tables['ssd_care_leavers'][0]['clea_care_leaver_in_touch'] = 'REFU'
    assert folder.due('2034-01-02', 'pa-contact') == []


def request(folder):
    folder.add('ssd_send', send_table_id='s', send_person_id='1')
    return folder.add(
        'ssd_ehcp_requests',
        ehcr_ehcp_request_id='e',
        ehcr_send_table_id='s',
        ehcr_ehcp_req_date='2024-02-05',
        ehcr_ehcp_req_outcome_date='2024-03-18',
        ehcr_ehcp_req_outcome='Y',
    )


def test_an_education_plan_in_six_and_twenty_weeks_and_every_year(folder):
    request(folder).event('ehcp_issued', '2024-06-25', group_ref='e')
    timescales = ('ehcp-decision', 'ehcp-refusal', 'ehcp-issue', 'ehcp-annual-review')
    assert folder.due('2024-07-01', *timescales) == [
        'e 2024-06-25 2025-06-25 unknown',
        'e 2024-02-05 2024-03-18 met 2024-03-18 in time',
        'e 2024-02-05 2024-06-24 met 2024-06-25 late',
        'e 2024-02-05 2024-05-27 met 2024-06-25 late',
    ]


def test_an_exception_ends_the_twenty_weeks(folder):
    request(folder).add(
        'ssd_ehcp_assessment',
        ehca_ehcp_request_id='e',
        ehca_ehcp_assessment_outcome_date='2024-07-02',
        ehca_ehcp_assessment_outcome='Y',
        ehca_ehcp_assessment_exceptions='1',
    )
    assert folder.due('2024-08-01', 'ehcp-issue') == ['e 2024-02-05 2024-06-24 ended']


def test_a_referral_is_decided_in_a_day_also_where_nothing_follows(folder):
    folder.add(
        'ssd_cin_episodes',
        cine_referral_id='r',
        cine_person_id='1',
        cine_referral_date='2024-03-28',
        cine_referral_nfa='Y',
    )
    assert folder.due('2024-04-03', 'referral-decision', 'assessment') == [
        'r 2024-03-28 2024-04-02 unknown'
    ]
    folder.event('referral_decided', '2024-04-03', subject_id='r')
    assert folder.due('2024-04-03', 'referral-decision') == [
        'r 2024-03-28 2024-04-02 met 2024-04-03 late'
    ]


def test_a_transfer_in_from_the_written_notice(folder):
    folder.event('transfer_in_notified', '2024-12-06', subject_id='c')
    assert folder.due('2025-01-02', 'icpc-transfer-in') == ['1 2024-12-06 2024-12-31 missed']
    folder.add(
        'ssd_initial_cp_conference',
        icpc_icpc_id='c',
        icpc_person_id='1',
        icpc_icpc_date='2025-01-03',
        icpc_icpc_transfer_in='Y',
    )
    assert folder.due('2025-01-03', 'icpc-transfer-in') == [
        '1 2024-12-06 2024-12-31 met 2025-01-03 late'
    ]


def test_a_formal_dispute_and_no_informal_one(folder):
    folder.event('dispute_raised', '2024-03-22', group_ref='d', outcome='formal')
    folder.event('dispute_raised', '2024-03-22', group_ref='i', outcome='informal')
    folder.event('dispute_resolved', '2024-04-23', group_ref='d')
    assert folder.due('2024-05-01', 'dispute-formal') == [
        'd 2024-03-22 2024-04-23 met 2024-04-23 in time'
    ]


def test_pre_proceedings_from_decision_to_end(folder):
    folder.add(
        'ssd_pre_proceedings',
        prep_table_id='t',
        prep_person_id='1',
        prep_pre_pro_decision_date='2024-03-11',
        prep_pre_pro_letter_date='2024-03-20',
        prep_agree_stepdown_issue_date='2024-07-02',
    )
    folder.event('plo_meeting_held', '2024-04-05', group_ref='g', outcome='first')
    timescales = ('plo-letter', 'plo-meeting-first', 'plo-review', 'plo-duration')
    assert folder.due('2024-08-01', *timescales) == [
        't 2024-03-11 2024-07-01 met 2024-07-02 late',
        't 2024-03-11 2024-03-18 met 2024-03-20 late',
        '1 2024-03-20 2024-04-05 met 2024-04-05 in time',
        '1 2024-04-05 2024-05-17 ended',
    ]
