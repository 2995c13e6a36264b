"""Every timescale of the register as one naive sum: from the day or the moment that starts its
clock to the day or the moment by which the thing is due.

A timescale has a sum for each kind of event that starts a clock of it, under the event's name; a
list where one kind of event starts different clocks, as what is known of the child has it. Where
another duty's due date starts the clock the name is 'due ' and that duty's; where the clock runs
half way to it, 'half way to ' and its name, and the sum takes the day on which both begin; 'late '
stands for the day on which the other was seen to be late.
What is COUNTED_IN_HOURS takes a moment and gives one; everything else takes a day and gives one.

Written from the words of the law and of guidance and on this folder's own calendar (england.py),
never from the product's rules. Where they leave a choice, the reading taken stands in a comment.
"""

import datetime

from england import (
    ONE_DAY,
    add_months,
    add_weeks,
    add_working_days,
    hours_after,
    hours_before,
    office_close_on_or_before,
    working_day_on_or_before,
    working_days_before,
)


def add_days(day, count):
    return day + count * ONE_DAY


def half_way(begun, due):
    """Whole days, the odd one left to the second half; then back to a working day."""
    return working_day_on_or_before(begun + (due - begun) // 2)


def half_of_months(count):
    return lambda day: half_way(day, add_months(day, count))


def working_days(count):
    return lambda day: add_working_days(day, count)


def working_days_ahead(count):
    return lambda day: working_days_before(day, count)


def weeks(count):
    return lambda day: add_weeks(day, count)


def weeks_ahead(count):
    return lambda day: add_weeks(day, -count)


def months(count):
    return lambda day: add_months(day, count)


def days(count):
    return lambda day: add_days(day, count)


def hours(count):
    return lambda moment: hours_after(moment, count)


def by_then(day):
    return day


def shared_48_hours_before(conference):
    """48 hours by the clock; where nobody works then, the close of the working day before."""
    return office_close_on_or_before(hours_before(conference, 48))


NEED = {
    'contact-decision': {'contact-received': working_days(1)},
    'referral-decision': {'referral-received': working_days(1)},
    # From the referral; another assessment of the open case from its own start.
    'assessment': {'referral-received': working_days(45), 'assessment-started': working_days(45)},
    'assessment-checkpoint': {'assessment-started': [working_days(10), working_days(20)]},
    'assessment-refresh': {'assessment-authorised': months(12)},
    'cin-plan-start': {'assessment-authorised': working_days(10)},
    'cin-review': {'cin-plan-started': months(3), 'cin-review-held': months(6)},
    'cin-visit': {'cin-plan-started': working_days(20), 'cin-visit': working_days(20)},
    'case-supervision': {'referral-received': days(30), 'supervision-held': days(30)},
    'short-break-cin-review': {'cin-plan-started': months(3), 'cin-review-held': months(6)},
}

ENQUIRY_AND_CONFERENCE = {
    'strategy-discussion': {'strategy-discussion-needed': hours(24)},
    's47-child-seen': {'s47-started': working_days(1)},
    's47-outcome': {'s47-started': working_days(10)},
    'icpc-consultation': {'icpc-consultation-held': working_days(2)},
    # The enquiry that decides on a conference is over then.
    'icpc-request': {'s47-ended': working_days(1)},
    'icpc': {'s47-started': working_days(15)},
    'icpc-out-of-time': {
        'late icpc': working_days(1),
        'out-of-time-safety-review': working_days(5),
    },
    # The assessment is finished when it has to be shared.
    'icpc-assessment-ready': {'icpc-booked': shared_48_hours_before},
    'icpc-report-share': {'icpc-booked': shared_48_hours_before},
    'icpc-family-contact': {'icpc-booked': working_days_ahead(2)},
    'icpc-advocacy': {'icpc-requested': working_days(1)},
    'icpc-prebirth': {'expected-birth': weeks_ahead(10)},
    'icpc-transfer-in': {'transfer-in-notified': working_days(15)},
    'cp-transfer-out': {'transfer-out-known': working_days(5)},
    'conference-decisions': {
        'icpc-held': working_days(20),
        'transfer-in-conference-held': working_days(20),
        'cp-review-held': working_days(20),
    },
}

PROTECTION_PLAN = {
    'core-group-first': {'cp-plan-made': working_days(10)},
    'core-group-next': {'core-group-held': weeks(6)},
    'cp-visit': {'cp-plan-made': working_days(10), 'cp-visit': working_days(10)},
    'cp-midway': {
        'half way to review-cp-first': half_of_months(3),
        'half way to review-cp-subsequent': half_of_months(6),
    },
    'review-cp-first': {'cp-plan-made': months(3)},
    # Twenty working days rather than a month.
    'review-cp-birth': {'birth': working_days(20)},
    'review-cp-subsequent': {'cp-review-held': months(6)},
    'review-cp-report-share': {'rcpc-booked': shared_48_hours_before},
    'review-cp-booking': {
        'due review-cp-first': weeks_ahead(6),
        'due review-cp-subsequent': weeks_ahead(6),
    },
    'review-cp-early': {'early-review-requested': working_days(15)},
    'conference-reconvene': {'conference-inquorate': working_days(10)},
    # Without a period: by the next conference.
    'cp-chair-visit': {'due review-cp-first': by_then, 'due review-cp-subsequent': by_then},
    'cp-plan-12m': {'cp-plan-started': months(12)},
    'cp-plan-24m': {'cp-plan-started': months(24)},
    # Without a period: ten working days.
    'cp-plan-repeat': {'cp-plan-started': working_days(10)},
}

CARE_AND_PLACEMENT = {
    'iro-notify': {'care-started': working_days(2)},
    'iro-appoint': {'care-started': working_days(5)},
    'care-plan': {'care-started': working_days(10)},
    'care-plan-updated': {'child-review-booked': working_days_ahead(10)},
    'placement-plan': {'placement-started': working_days(5)},
    'placement-notify': {'placement-started': working_days(5)},
    'placement-parents-assessment': {'placed-before-assessment': working_days(10)},
    # Six days are working days.
    'emergency-foster': {'emergency-foster-start': working_days(6)},
    'connected-person-temp': {'temp-approval-start': weeks(16)},
    # Eight weeks more than the sixteen, whenever it was decided.
    'connected-person-extension': {'due connected-person-temp': weeks(8)},
    # In hospital, on a carer's holiday, up to seven days.
    'placement-temporary-limit': {'placement-started': [days(42), days(21), days(7)]},
    # One stay; and the stays of twelve months, of which this is the first.
    'short-break-limit': {'placement-started': [days(17), days(75)]},
}

CARE_REVIEWS = {
    'review-child-first': {'care-started': working_days(20)},
    'review-child-second': {'child-review-held': months(3)},
    'review-child-subsequent': {'child-review-held': months(6), 'long-term-check-held': months(6)},
    'review-child-early': {
        'review-requested': working_days(10),
        'placement-unplanned': working_days(10),
    },
    'review-child-longterm-annual': {'child-review-held': months(12)},
    'review-child-longterm-midpoint': {
        'child-review-held': months(6),
        'long-term-check-held': months(6),
    },
    'unregistered-review-move': {'unregistered-start': working_days(5)},
    'unregistered-review-12w': {'child-review-held': weeks(12)},
    'unregistered-hos-visit': {'unregistered-start': hours(72)},
    'midway-child': {
        'half way to review-child-second': half_of_months(3),
        'half way to review-child-subsequent': half_of_months(6),
    },
    'review-child-consult': {'child-review-booked': working_days_ahead(20)},
    'review-decisions': {'child-review-held': working_days(5)},
    'review-manager-response': {'decisions-issued': working_days(5)},
    'review-record': {'child-review-held': working_days(15)},
    'review-distribution': {'child-review-held': working_days(20)},
    'letter-to-child': {'child-review-held': working_days(20)},
    # Once between two reviews.
    'iro-visit': {'due review-child-second': by_then, 'due review-child-subsequent': by_then},
    'review-monitoring-form': {'child-review-held': working_days(5)},
    'review-feedback': {'child-review-held': working_days(5)},
    'short-break-review': {'placement-started': months(3), 'child-review-held': months(6)},
}

# Weekly until the first review is held, then by the rhythm of the row.
CARE_VISITS = {
    'visit-child-standard': {'placement-started': weeks(1), 'child-visit': weeks(6)},
    'visit-child-permanent': {'child-visit': months(3)},
    'visit-child-longterm': {'child-visit': months(6)},
    'visit-child-parents-immediate': {
        'placed-before-assessment': weeks(1),
        'child-visit': [weeks(1), weeks(6)],
    },
    'visit-child-parents-ico': {'placement-started': weeks(1), 'child-visit': [weeks(1), weeks(4)]},
    'visit-child-temp-approved': {
        'temp-approval-start': weeks(1),
        'child-visit': [weeks(1), weeks(4)],
    },
    'visit-child-parents-order': {
        'legal-status': weeks(1),
        'placement-started': weeks(1),
        'child-visit': weeks(6),
    },
    'visit-child-other': {
        'arrangements-by-another': weeks(1),
        'child-visit': [weeks(6), months(3)],
    },
    'visit-child-request': {'visit-requested': weeks(1)},
    'visit-short-break': {'placement-started': days(7), 'child-visit': months(6)},
}

HEALTH_AND_EDUCATION = {
    'health-initial': {'care-started': working_days(20)},
    'health-initial-request': {'care-started': working_days(5)},
    'health-review-under5': {'health-assessment': months(6)},
    'health-review-5plus': {'health-assessment': months(12)},
    'dental-check': {'care-started': months(12), 'dental-check': months(12)},
    'immunisations': {'care-started': months(12)},
    # The fourth birthday is a year from the third.
    'sdq': {'care-started': months(12), 'turned-3': months(12), 'sdq-completed': months(12)},
    'sdq-camhs-referral': {'sdq-completed': working_days(5)},
    'pep-initial': {'care-started': working_days(20)},
    'pep-initial-emergency': {'care-started': working_days(10)},
    'pep-review': {'pep-held': months(6)},  # no term dates are known
    'pep-quality': {'pep-held': working_days(10)},
}

SECURE = {
    'secure-without-order': {'secure-start': hours(72)},
    'secure-order-first': {'court-order-made': months(3)},
    'secure-order-further': {'court-order-made': months(6)},
    'secure-review-first': {'secure-start': months(1)},
    'secure-review-subsequent': {'secure-review-held': months(3)},
    'dol-order-review': {'court-order-made': months(1), 'order-panel-held': months(1)},
}

PERMANENCE_AND_COURT = {
    'permanence-panel-service': {'panel-held': weeks(6)},
    'permanence-panel-head': {'head-panel-held': weeks(14)},
    'legal-gateway': {'legal-planning-requested': working_days(5)},
    'plo-letter': {'plo-decided': working_days(5)},
    'plo-meeting-first': {'plo-letter-sent': working_days(10)},
    'plo-review': {'plo-meeting-held': weeks(6)},
    'plo-duration': {'plo-decided': weeks(16)},
    # 26 weeks that begin with the day of issue.
    'care-proceedings': {'proceedings-issued': days(26 * 7 - 1)},
    'emergency-protection-order': {'legal-status': days(8)},
    'child-assessment-order': {'legal-status': days(7)},
    'police-protection': {'legal-status': hours(72)},
    'adoption-decision': {'adoption-panel-held': working_days(7)},
    'review-adoption-waiting': {
        'placement-order-made': months(3),
        'adoption-review-held': months(6),
    },
    'review-adoption-placed-first': {'placed-for-adoption': weeks(4)},
    'review-adoption-placed-second': {'adoption-review-held': [months(3), months(6)]},
    'visit-adoption': {'placed-for-adoption': weeks(1), 'child-visit': weeks(1)},
    'adoption-match': {'placement-order-made': days(121)},
}

LEAVING_CARE = {
    # At sixteen, or on becoming eligible later.
    'pathway-assessment': {'became-eligible': months(3)},
    'pathway-plan': {'leaver-assessed': working_days(20)},
    'pathway-review': {'pathway-review-held': months(6)},
    # Two months or eight weeks, whichever is sooner.
    'pa-contact': {'leaver-contact': lambda day: min(add_months(day, 2), add_weeks(day, 8))},
    'pa-visit-move': {'leaver-moved': days(7)},
    'pathway-review-move': {'leaver-moved': days(28)},
}

PRIVATE_FOSTERING_AND_MISSING = {
    'pf-visit-first': {'pf-notified': working_days(7)},
    'pf-visit': {'pf-visit': [weeks(6), weeks(12)]},
    'return-interview': {'missing-found': hours(72)},
    'missing-strategy': {'missing-started': hours(24)},
    # Without a period: the next working day.
    'missing-strategy-repeat': {'third-missing-episode': working_days(1)},
}

ALLEGATIONS_AND_INCIDENTS = {
    'lado-referral': {'lado-known': working_days(1)},
    'lado-decision': {'lado-referred': working_days(1)},
    'lado-meeting': {'lado-referred': working_days(5)},
    'lado-review': {'lado-meeting-held': days(28)},
    'lado-close': {'lado-referred': months(3)},
    'serious-incident-notify': {'incident-known': working_days(5)},
    'rapid-review': {'incident-notified': working_days(15)},
    'cspr-publish': {'practice-review-decided': months(6)},
    'child-death-notify': {'death': hours(24)},
    'child-death-review-meeting': {'death': months(3)},
    'child-death-panel': {'death': months(6)},
}

SPECIAL_EDUCATIONAL_NEEDS = {
    'ehcp-decision': {'ehcp-requested': weeks(6)},
    'ehcp-advice': {'ehcp-advice-asked': weeks(6)},
    'ehcp-refusal': {'ehcp-requested': weeks(16)},
    'ehcp-issue': {'ehcp-requested': weeks(20)},
    # The letter after the review is what is known of it.
    'ehcp-annual-review': {'ehcp-issued': months(12), 'ehcp-reviewed': months(12)},
    'ehcp-review-decision': {'ehcp-review-meeting': weeks(4)},
    'ehcp-review-final': {'ehcp-review-meeting': weeks(12)},
}

ADULTS_AND_DISPUTES = {
    's42-oversight': {'s42-start': days(28)},
    'dols-standard': {'dols-requested': days(21)},
    'dols-urgent': {'dols-requested': days(7)},
    'dispute-informal': {'dispute-raised': working_days(5)},
    'dispute-formal': {'dispute-raised': working_days(20)},
    'dispute-stage': {'dispute-raised': working_days(5), 'dispute-stage': working_days(5)},
    'resolution-form': {
        'late cp-visit': working_days(2),
        'late core-group-first': working_days(2),
        'late core-group-next': working_days(2),
        'late assessment': working_days(2),
        'late icpc-report-share': working_days(2),
        'late review-cp-report-share': working_days(2),
    },
    'resolution-response': {'resolution-form-raised': working_days(5)},
}

REGISTER = {
    **NEED,
    **ENQUIRY_AND_CONFERENCE,
    **PROTECTION_PLAN,
    **CARE_AND_PLACEMENT,
    **CARE_REVIEWS,
    **CARE_VISITS,
    **HEALTH_AND_EDUCATION,
    **SECURE,
    **PERMANENCE_AND_COURT,
    **LEAVING_CARE,
    **PRIVATE_FOSTERING_AND_MISSING,
    **ALLEGATIONS_AND_INCIDENTS,
    **SPECIAL_EDUCATIONAL_NEEDS,
    **ADULTS_AND_DISPUTES,
}

# What the register names without a sum of its own: a ceiling on what a record says, a precondition,
# a date in the year that is not known, a duty of somebody else.
WITHOUT_A_SUM = {
    'icpc-no-friday',
    'strategy-action',
    'cp-iso',
    'ceasing-care',
    'adult-transition-check',
    'interim-order',
    'fgdm-offer',
    'foster-carer-review',
    'pf-notify',
    'missing-risk-grade',
    'ehcp-draft-response',
    'ehcp-phase-transfer',
    'safeguarding-adult-triage',
    'plan-action',
}

COUNTED_IN_HOURS = {
    'strategy-discussion',
    'icpc-assessment-ready',
    'icpc-report-share',
    'review-cp-report-share',
    'unregistered-hos-visit',
    'secure-without-order',
    'police-protection',
    'return-interview',
    'missing-strategy',
    'child-death-notify',
}
