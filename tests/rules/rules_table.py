"""The table of rules in the README: every entry of the register with its rule, or the line that says why it has none.

    python3 tests/rules/rules_table.py          prints it
    python3 tests/rules/rules_table.py --write  puts it into the README
"""
import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('TIMELY_BUILD', ROOT / 'build'))
BEGIN, END = '<!-- rules: made by tests/rules/rules_table.py -->', '<!-- end of rules -->'


def register():
    """The entries of the register: section and id."""
    lines = (ROOT / 'tests/rules/register-ids.txt').read_text(encoding='utf-8').splitlines()
    return [tuple(line.split()) for line in lines if not line.startswith('#')]


def rules():
    """What `timely rules` lists, by id."""
    done = subprocess.run(
        [BUILD / 'timely', 'rules', '--format', 'csv'],
        env={**os.environ, 'TIMELY_DATA': str(ROOT)},
        capture_output=True,
        encoding='utf-8',
        check=True,
    )
    return {row['id']: row for row in csv.DictReader(io.StringIO(done.stdout))}


def plain(key):
    """Entries of the key "cadences" or "no clock" in the rule files: (title or reason) by id."""
    found = {}
    for path in sorted((ROOT / 'rules').glob('*.yaml')):
        part = re.search(rf'^{key}:\n((?:  .*\n|\n)+)', path.read_text(encoding='utf-8'), re.M)
        if part and path.name not in ('events.yaml', 'telling.yaml'):
            for entry in re.finditer(r'^  ([a-z0-9-]+):(.*(?:\n    .*)*)', part[1], re.M):
                title = re.search(r'title: (.*)', entry[2])
                found[entry[1]] = (title[1] if title else entry[2]).strip()
    return found


def rows():
    """One line of the table for each entry, and for each rule that the register lacks."""
    known, cadences, untimed = rules(), plain('cadences'), plain('no clock')
    sections = dict((entry, section) for section, entry in register())
    for entry in list(sections) + sorted((set(known) | set(cadences) | set(untimed)) - set(sections)):
        section = sections.get(entry, '')
        if entry in known:
            rule = known[entry]
            on = 'on' if rule['on'] == 'yes' else 'off'
            evidence = (rule['evidence'] or '').split(' ')[0].rstrip(',')
            yield f"| {section} | `{entry}` | {rule['title']} | {rule['force']}, {on} | {evidence} |"
        elif entry in cadences:
            yield f'| {section} | `{entry}` | {cadences[entry]} | cadence | S |'
        elif entry in untimed:
            yield f'| {section} | `{entry}` | {untimed[entry]} | no clock | |'
        else:
            raise SystemExit(f'{entry} (register {section}): no rule, no cadence and no reason why')


def table():
    """The whole table in Markdown, between its marks."""
    head = ['| Register | Id | What | Force, default | Evidence |', '|---|---|---|---|---|']
    return '\n'.join([BEGIN, '', *head, *rows(), '', END])


def main():
    """Prints the table, or writes it into the README."""
    if sys.argv[1:] != ['--write']:
        print(table())
        return
    readme = ROOT / 'README.md'
    text = readme.read_text(encoding='utf-8')
    start, end = text.index(BEGIN), text.index(END) + len(END)
    readme.write_text(text[:start] + table() + text[end:], encoding='utf-8')


if __name__ == '__main__':
    main()
