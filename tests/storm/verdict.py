"""What became of everything: deadlines against a fresh evaluation, messages against what was received, and the receivers'
calendars against the store and against what the council's own records call for.
"""
import collections
import datetime
import sys
from pathlib import Path

from storm_council import CHAIR, address

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'calendars'))

from receiver import calendars  # noqa: E402 (found through the line above)

Count = collections.namedtuple('Count', 'messages repeats lost refused')


def plain(moment):
    return str(moment or '').replace('T', ' ')[:16]


def stored_deadlines(council):
    rows = council.ask("SELECT person_id, timescale, subject_ref, trigger_on, due_on, due_at, state, met_on, booked_at"
                       " FROM timely.deadline WHERE state <> 'withdrawn'")
    return sorted(tuple(map(plain, row)) for row in rows)


def fresh_deadlines(council, rows):
    names = ('person_id', 'timescale', 'subject_ref', 'trigger_on', 'due_on', 'due_at', 'state', 'met_on', 'booked_at')
    return sorted(tuple('open' if name == 'state' and row[name] == 'missed' else plain(row[name]) for name in names)
                  for row in rows)


def check_deadlines(council, fresh):
    stored, wanted = stored_deadlines(council), fresh_deadlines(council, fresh)
    assert stored == wanted, f'only stored: {sorted(set(stored) - set(wanted))}\nonly fresh: {sorted(set(wanted) - set(stored))}'
    return len(stored)


def check_messages(council, received):
    """Each message of the store was received as often as its state says; what was received is the store's."""
    rows = council.ask('SELECT rfc_message_id, state, recipient, maybe_repeat, kind, message_id FROM timely.outbox')
    times = collections.Counter(mail.message_id for mail in received)
    lost = [(number, kind, state) for name, state, _, _, kind, number in rows
            if (state == 'sent' and not times[name]) or state in ('due', 'claimed', 'handing_over', 'expired')]
    known = {name: (recipient, maybe_repeat) for name, _, recipient, maybe_repeat, _, _ in rows}
    strange = set(times) - set(known)
    assert not strange, f'received, but not of the store: {strange}'
    for mail in received:
        assert mail.recipient == known[mail.message_id][0]
    unexplained = [name for name, n in times.items() if n > 1 and not known[name][1]]
    assert not unexplained, f'repeated, although the answer had been recorded: {unexplained}'
    check_repeats_are_the_same(received)
    refused = sum(state == 'refused' for _, state, *_ in rows)
    return Count(len(rows), sum(n - 1 for n in times.values()), lost, refused)


def check_repeats_are_the_same(received):
    """The same Message-ID has the same content, and the same content has the same Message-ID."""
    contents, names = {}, {}
    for mail in received:
        content = (mail.recipient, mail.mail['Subject'], mail.method, mail.calendar)
        assert contents.setdefault(mail.message_id, content) == content, f'{mail.message_id} came with another content'
        if mail.calendar:
            assert names.setdefault(content, mail.message_id) == mail.message_id, 'the same invite under another Message-ID'


def check_calendars(council, received, but=()):
    """Every receiver's calendar holds what the store says that they hold, and nothing else."""
    kept = calendars(received)
    wanted = collections.defaultdict(dict)
    for email, uid, sequence, starts_at, starts_on, place in council.ask(
            'SELECT h.email, o.uid, h.sequence_said, o.starts_at, o.starts_on, coalesce(o.place, \'\')'
            ' FROM timely.invite_holder h JOIN timely.calendar_object o USING (object_id) WHERE o.status = \'live\''):
        wanted[email][uid] = (sequence, starts_at or starts_on, place)
    for email in set(kept) | set(wanted):
        if email in but:
            continue
        shown = {uid: (e.sequence, e.starts, e.place) for uid, e in kept[email].live().items()} if email in kept else {}
        assert shown == wanted[email], (email, {k: v for k, v in shown.items() if wanted[email].get(k) != v},
                                        {k: v for k, v in wanted[email].items() if shown.get(k) != v})


def check_council(council, received, fresh, but=()):
    """Every receiver's calendar holds what the council's own records call for: no store is asked."""
    due = {row['person_id']: row['due_on'] for row in fresh if row['timescale'] == 'icpc'}
    wanted = collections.defaultdict(collections.Counter)
    seen = set()
    for child in council.children.values():
        if child.ended:
            continue
        starts = council.meetings[child.meeting] if child.meeting else datetime.date.fromisoformat(due[child.key])
        for staff in (child.worker, CHAIR) if child.meeting else (child.worker,):
            if child.meeting and (child.meeting, staff) in seen:
                continue  # one entry for a meeting about brothers and sisters
            seen.add((child.meeting, staff))
            wanted[address(staff)][starts] += 1
    kept = calendars(received)
    for email in set(kept) | set(wanted):
        if email not in but:
            shown = collections.Counter(e.starts for e in kept[email].live().values()) if email in kept else {}
            assert shown == wanted[email], (email, 'too many', shown - wanted[email], 'missing', wanted[email] - shown)


def judge_messages(council, received, but=()):
    """What was sent, against what was received; returns the counts. The outbox is at rest."""
    count = check_messages(council, received)
    assert not count.lost, count.lost
    check_calendars(council, received, but)
    return count


def judge(council, received, but=()):
    """All of it."""
    fresh = council.evaluate_afresh()
    check_deadlines(council, fresh)
    count = judge_messages(council, received, but)
    check_council(council, received, fresh, but)
    return count
