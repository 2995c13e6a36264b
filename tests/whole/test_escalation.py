"""Play 6: the clock passes the reminder and escalation points of a conference that nobody books.

An enquiry that began on Tuesday 2 April 2024 has its conference due on Tuesday 23 April 2024; 6 May is a bank holiday.
"""
import re

from council import flat, wait_for


def is_list(mail):
    return mail.subject.startswith('Your week: ')


def says(mail):
    """'new', 'a reminder', or None: it says nothing that is more than listed."""
    said = re.search(r'\b1 line is (new|a reminder)\.', flat(mail.text))
    return said and said[1]


def told(council, since):
    """Who was told something since, in alphabetical order: by a digest, or in the list of a week."""
    return sorted(m.whom for m in council.mails()[since:] if not m.method and m.whom != 'operator' and says(m))


def test_each_rung_in_its_turn(council):
    child = council.child('W1', chair='CHAIR')
    council.enquiry(child)
    wait_for(lambda: council.stored(child) and told(council, 0))
    council.settled()
    assert told(council, 0) == ['W1'], 'the start'
    heard = {'W1'}

    for at, expected in [('2024-04-16 09:00', ['CHAIR', 'TM', 'W1']),  # five working days before, not booked
                         ('2024-04-23 09:00', ['SM', 'W1']),           # the day
                         ('2024-04-24 09:00', ['SM', 'TM', 'W1']),     # the day after
                         ('2024-04-26 09:00', ['HEAD', 'W1']),         # three working days after
                         ('2024-05-08 09:00', ['DIR', 'W1'])]:         # ten after
        before = len(council.mails())
        if at == '2024-04-24 09:00':
            heard = set()  # that it is out of timescale is news to who knew when it was due
        council.clock.set(at)
        wait_for(lambda: len(told(council, before)) >= len(expected), why=lambda: (at, told(council, before)))
        council.settled()
        assert told(council, before) == expected, at
        for mail in council.mails()[before:]:
            known = mail.whom in heard
            assert is_list(mail) or child in flat(mail.text) and says(mail) == ('a reminder' if known else 'new')
            assert mail.text.count('NEW') == (0 if known or not says(mail) else 1)
        heard.update(told(council, before))
        council.restart_daemon()
        council.settled()
        assert told(council, before) == expected, f'{at}: said again after a restart'

    subjects = {m.whom: m.subject for m in council.mails() if not m.method and not is_list(m)}
    assert subjects['HEAD'].startswith('For your attention')
    assert 'was due Tuesday 23 April, 10 working days ago' in flat(council.mails('DIR')[0].text)

    # It was ahead in two weeks' lists; since then each week's first working day brings it as late, also when no rung is left.
    council.clock.set('2024-06-03 09:00')
    wait_for(lambda: len([m for m in council.mails('HEAD') if is_list(m)]) == 4)
    lists = [m for m in council.mails('HEAD') if is_list(m)]
    assert [m.subject for m in lists] == ['Your week: nothing late', 'Your week: nothing late, 1 due today',
                                          'Your week: 1 out of timescale', 'Your week: 1 out of timescale']
    assert all(child in m.text and child not in m.subject for m in lists)


def test_nothing_outside_the_office(council):
    child = council.child('W2')
    council.clock.set('2024-05-10 20:00')  # a Friday evening
    before = len(council.mails())
    council.enquiry(child, '2024-05-10')
    wait_for(lambda: council.stored(child))
    council.settled()
    assert told(council, before) == [] and council.invites(child), 'the invite goes at once, the digest waits'
    council.clock.set('2024-05-13 09:00')
    wait_for(lambda: 'W2' in told(council, before))


def test_a_conference_whose_record_was_a_mistake_is_said_anew(council):
    """It was taken to have been held, and whoever was told of it before is told that it was not."""
    child = council.child('W3', chair='CHAIR')
    council.clock.set('2024-06-10 09:00')
    key = council.enquiry(child, '2024-06-10')  # due on 1 July
    wait_for(lambda: council.stored(child))
    for at in ('06-24 09:00', '07-01 09:00', '07-02 09:00', '07-04 09:00', '07-15 09:00', '07-17 07:00'):
        council.settled()
        council.clock.set(f'2024-{at}')
    council.settled()
    climbed = {m.whom for m in council.mails() if not m.method and child in m.text}
    assert climbed == {'W3', 'CHAIR', 'TM', 'SM', 'HEAD', 'DIR'}
    council.insert('ssd_initial_cp_conference', icpc_icpc_id='C300', icpc_icpc_meeting_id='B300', icpc_s47_enquiry_id=key,
                   icpc_person_id=child, icpc_icpc_date='2024-07-16', icpc_icpc_outcome_cp_flag='N')
    wait_for(lambda: council.stored(child)[2] == 'met')
    council.ask("DELETE FROM ssd_initial_cp_conference WHERE icpc_icpc_id = 'C300'")
    wait_for(lambda: council.stored(child)[2] == 'open')

    def again():
        return sorted(m.whom for m in council.mails() if 'it is owed again since Wednesday 17 July 2024' in flat(m.text))

    council.clock.set('2024-07-17 09:00')
    wait_for(lambda: again() == sorted(climbed), why=again)
    council.clock.set('2024-07-18 09:00')
    council.settled()
    assert again() == sorted(climbed), 'once'


def test_who_chairs_a_conference_hears_of_it_and_of_its_record(council):
    """Whom its booking names. Nobody is the child's chair: no plan is made."""
    child = council.child('W4')
    council.clock.set('2024-09-02 09:00')
    key = council.enquiry(child, '2024-09-02')  # due on 23 September
    wait_for(lambda: council.stored(child))
    council.settled()
    council.book('B400', '2024-09-26 10:00', child, chair='W5')
    council.book('B400', '2024-09-26 10:00', child, event='meeting_rearranged')  # by another, of which no date tells
    wait_for(lambda: council.invites(child, 'CHAIR'))
    council.settled()

    def hear(at):
        before = len(council.mails())
        council.clock.set(at)
        council.settled()
        return {m.whom: flat(m.text) for m in council.mails()[before:] if not m.method and child in m.text}

    heard = hear('2024-09-16 09:00')
    assert {'CHAIR', 'TM'} <= set(heard) and 'W5' not in heard and not any('allocated' in text for text in heard.values())
    assert 'booked for Thursday 26 September 2024, 10:00' in heard['CHAIR']
    council.clock.set('2024-09-26 12:00')
    council.insert('ssd_initial_cp_conference', icpc_icpc_id='C400', icpc_icpc_meeting_id='B400', icpc_s47_enquiry_id=key,
                   icpc_person_id=child, icpc_icpc_date='2024-09-26', icpc_icpc_outcome_cp_flag='N', icpc_icpc_worker_id='W4')
    wait_for(lambda: council.stored(child, 'conference-decisions'))
    assert str(council.stored(child, 'conference-decisions')[3]) == '2024-10-24'
    council.settled()
    assert set(hear('2024-09-27 09:00')) == {'CHAIR'}
    council.clock.set('2024-10-24 09:00')
    council.settled()
    assert set(hear('2024-10-25 09:00')) == {'CHAIR', 'CM'}
