"""The README's table of rules is the one that the rules give, and no entry of the register is missing."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import rules_table  # noqa: E402 (found through the line above)


def test_every_entry_of_the_register_has_its_line():
    """A rule, a cadence, or the reason why there is none; rows() stops at the first without."""
    lines = list(rules_table.rows())
    for section, entry in rules_table.register():
        assert any(line.startswith(f'| {section} | `{entry}` |') for line in lines)
    assert len(lines) >= len(rules_table.register()) > 180


def test_the_readme_shows_it_as_it_is():
    """Made again with: python3 tests/rules/rules_table.py --write."""
    readme = (rules_table.ROOT / 'README.md').read_text(encoding='utf-8')
    assert rules_table.table() in readme
