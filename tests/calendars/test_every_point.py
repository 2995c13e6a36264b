"""Every point that is asked of feeds and invites, 1 to 70, has a test that names it.

A test names its points in its name (test_points_35_36_…) or in a line above it ("# Points: 3, 6" or "// Points: 29").
"""
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
NAME = re.compile(r'^def test_points?((?:_\d+)+)_', re.M)
MARK = re.compile(r'^(?:#|//) Points: ([\d, ]+)\n(?:(?:@pytest|    |\]\)|//).*\n)*(?:def test_|static void )', re.M)


def points_of(text):
    names = (n for found in NAME.findall(text) for n in found.split('_') if n)
    marks = (n for found in MARK.findall(text) for n in found.replace(' ', '').split(',') if n)
    return {int(n) for n in (*names, *marks)}


def test_a_point_is_named_in_a_name_or_above_it():
    assert points_of('def test_points_35_36_parts():\n') == {35, 36}
    assert points_of('# Points: 3, 6\n@pytest.mark.parametrize("x", [\n    1,\n])\ndef test_x():\n') == {3, 6}
    assert points_of('// Points: 29\nstatic void x(void **state)\n') == {29}
    assert points_of('# Points: 3\n\nX = 1\n') == set(), 'of no test'


def test_none_of_the_70_is_without_a_test():
    found = set()
    for path in [*TESTS.glob('*/test_*.py'), *TESTS.glob('*/test_*.c')]:
        if path != Path(__file__).resolve():
            found |= points_of(path.read_text(encoding='utf-8'))
    assert set(range(1, 71)) - found == set()
