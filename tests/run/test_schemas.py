"""The JSON Schemas in etc/schema say what the readers say: the same keys, words and defaults, read from the C
sources; every shipped file is valid; and a bad one is not."""

import json
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "etc" / "schema"
RULES = sorted((ROOT / "rules").glob("*.yaml"))
OVERLAYS = sorted((ROOT / "rules" / "overlays").glob("*.yaml"))
STRING = r'"((?:[^"\\]|\\.)*)"'


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def validator(name):
    resolver = jsonschema.RefResolver(f"{SCHEMAS.as_uri()}/{name}.schema.json", schema(name))
    return jsonschema.Draft7Validator(schema(name), resolver=resolver)


def assert_valid(name, text):
    # Every scalar is text, as for our reader.
    problems = [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}"
        for e in validator(name).iter_errors(yaml.load(text, Loader=yaml.BaseLoader))
    ]
    assert not problems, "\n".join(problems)


# ---------------------------------------------------------------------------------------- what the readers accept


def key_tables():
    """{function or table name: [its words]} of every list of words in the rule readers."""
    tables = {}
    for source in sorted((ROOT / "daemon" / "rules").glob("reader*.c")):
        text = source.read_text(encoding="utf-8")
        for table in re.finditer(r"static const char \*const (\w+)\[\] = \{([^}]*)\};", text):
            before = text[: table.start()]
            function = re.findall(r"^(?:static )?\w[\w *]*?\b(\w+)\([^;]*\n?\{", before, re.M)
            inside = text[before.rfind("\n") + 1] == " "
            name = f"{function[-1]}.{table[1]}" if inside else table[1]
            tables[name] = re.findall(STRING, table[2])
    return tables


def settings():
    """Rows of the table of settings: (group, key) -> kind, words, default, sentence."""
    text = (ROOT / "daemon" / "settings" / "settings_table.c").read_text(encoding="utf-8")
    table = text[text.index("const struct setting settings[]") : text.index("const size_t setting_count")]
    rows = {}
    for row in re.findall(r"^    \{(\"(?:[^{}]|\{[^}]*\})*?)\},?$", table, re.M):
        group, key = re.findall(STRING, row)[:2]
        words = re.search(r"WORDS\(([^)]*)\)", row)

        def text_of(member):
            found = re.search(rf"\.{member} =((?:\s*{STRING})+)", row)
            return "".join(re.findall(STRING, found[1])).replace('\\"', '"') if found else None

        rows[group, key] = {
            "kind": re.search(r"SETTING_(\w+)", row)[1],
            "words": re.findall(STRING, words[1]) if words else [],
            "otherwise": text_of("otherwise"),
            "example": text_of("example"),
            "sentence": text_of("sentence"),
        }
    return rows


DEFINITIONS = {
    "read_event.keys": "event",
    "read_subjects.keys": "subject",
    "read_events.keys": "events file",
    "read_profile.keys": "profile",
    "read_ladder_rung.keys": "rung",
    "read_telling.keys": "telling file",
    "timescale_keys": "timescale",
    "read_versions.keys": "version",
    "read_tell.keys": "tell",
    "read_timescales.keys": "timescales file",
    "fill_cadence.keys": "cadence",
}


@pytest.mark.parametrize("table, definition", DEFINITIONS.items())
def test_rule_keys_are_those_of_the_readers(table, definition):
    assert set(schema("rules")["definitions"][definition]["properties"]) == set(key_tables()[table])


def test_roles_are_those_of_the_reader():
    assert schema("rules")["definitions"]["rung"]["properties"]["tell"]["enum"] == key_tables()["roles"]


def test_overlay_keys_are_those_of_the_reader():
    tables, overlay = key_tables(), schema("overlay")
    assert set(overlay["properties"]) == set(tables["read_overlay.keys"])
    assert set(overlay["properties"]["office hours"]["properties"]) == set(tables["read_office.days"])
    assert set(overlay["definitions"]["change"]["properties"]) == set(tables["overlay_timescale.keys"])
    assert set(overlay["properties"]["thresholds"]["properties"]) == set(tables["read_thresholds.keys"])


def test_targets_are_of_the_measures_that_are_percentages():
    text = (ROOT / "daemon" / "rules" / "measure.c").read_text(encoding="utf-8")
    measures = re.findall(r'\{\.id = "([a-z0-9-]+)",(.*?)\.find = ', text, re.S)
    assert len(measures) > 20
    shares = [name for name, rest in measures if re.search(r'\.share = "', rest)]
    assert schema("overlay")["properties"]["targets"]["propertyNames"]["enum"] == shares


def test_no_list_of_the_readers_is_left_out():
    known = set(DEFINITIONS) | {
        "roles",
        "read_overlay.keys",
        "read_office.days",
        "read_thresholds.keys",
        "overlay_timescale.keys",
        "overlay_local.own",
        "weekdays",
    }
    assert set(key_tables()) == known


def test_settings_are_those_of_the_table():
    rows = settings()
    shown = {
        (group, key): setting
        for group, groups in schema("config")["properties"].items()
        for key, setting in groups["properties"].items()
    }
    assert len(rows) > 40
    assert set(shown) == set(rows)
    for name, row in rows.items():
        assert shown[name]["description"] == row["sentence"], name
        assert shown[name].get("default") == row["otherwise"], name
        if row["kind"] == "WORD":
            assert shown[name]["enum"] == row["words"], name
        value = row["otherwise"] or row["example"]
        one = {name[0]: {name[1]: yaml.load(value, Loader=yaml.BaseLoader) if value[0] == "[" else value}}
        assert not list(validator("config").iter_errors(one)), name


# ------------------------------------------------------------------------------------------------ shipped files


@pytest.mark.parametrize("name", ["rules", "overlay", "config"])
def test_a_schema_is_one(name):
    jsonschema.Draft7Validator.check_schema(schema(name))


@pytest.mark.parametrize("path", RULES, ids=lambda p: p.name)
def test_shipped_rules_are_valid(path):
    assert_valid("rules", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda p: p.name)
def test_shipped_overlays_are_valid(path):
    assert_valid("overlay", path.read_text(encoding="utf-8"))


def test_shipped_configuration_is_valid_as_it_stands_and_with_everything_set():
    text = (ROOT / "etc" / "timely.yaml").read_text(encoding="utf-8")
    assert_valid("config", text)
    assert_valid("config", re.sub(r"^(\s+)#(?=[a-z])", r"\1", text, flags=re.M))


@pytest.mark.parametrize("rung, valid", [("at: on the day", False), ("at: on the day, statutory: yes", True), ("by: profile", False)])
def test_a_rung_above_the_service_manager_is_statutory(rung, valid):
    text = "authority: Anyshire\nladders:\n  E-SW: [{tell: director, %s}]\n" % rung
    assert not list(validator("overlay").iter_errors(yaml.load(text, Loader=yaml.BaseLoader))) == valid


@pytest.mark.parametrize("guide", ["operating.md", "writing-an-overlay.md"])
def test_the_examples_of_the_guides_are_valid(guide):
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    blocks = [textwrap.dedent(b) for _, b in re.findall(r"^( *)```yaml\n(.*?)^\1```", text, re.M | re.S)]
    assert len(blocks) > 3
    for block in blocks:
        assert_valid("overlay" if block.startswith("authority") else "config", block)


def commands():
    """(words of the command, its options) of every command of timely."""
    for source in sorted((ROOT / "daemon" / "cli").glob("commands_*.c")):
        text = source.read_text(encoding="utf-8")
        table = text[text.index("const struct command commands_") :]
        entry = rf'\{{"([a-z ]+)",\s*{STRING},\s*{STRING}(?:\s*{STRING})*,\s*(NULL|\(const char \*const\[\]\)\{{([^}}]*)\}})'
        for found in re.finditer(entry, table):
            yield found[1], re.findall(r'"([a-z-]+)', found[6] or "")


def test_the_manual_page_has_every_command_and_option():
    page = (ROOT / "docs" / "man" / "timely.1").read_text(encoding="utf-8")
    known = list(commands())
    assert {"date", "check", "due", "import ssd"} <= {name for name, _ in known}
    for name, options in known:
        assert re.search(rf"^\.It Cm {name}\b", page, re.M), name
        for option in options:
            assert re.search(rf"\bFl -{option}\b", page), (name, option)


def test_the_manual_page_has_the_columns_for_scripts():
    page = (ROOT / "docs" / "man" / "timely.1").read_text(encoding="utf-8")
    lists = [block.replace("\n", "") for block in re.findall(r"^\.Bd -literal -compact\n(.*?)^\.Ed", page, re.M | re.S)]
    for source in sorted((ROOT / "daemon" / "cli").glob("*.c")):
        text = source.read_text(encoding="utf-8")
        for table in re.findall(r"static const struct column \w+\[\] = \{(.*?)\};", text, re.S):
            columns = ",".join(re.findall(rf"\{{{STRING},", table))
            assert columns in lists, (source.name, columns)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "man").glob("*.[158]")), ids=lambda p: p.name)
def test_a_manual_page_is_clean(page):
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    said = subprocess.run(["mandoc", "-Tlint", page], capture_output=True, text=True).stdout
    # Whether the pages that it refers to are installed is the machine's affair.
    assert [line for line in said.splitlines() if "referenced manual not found" not in line] == []


def test_the_manual_page_has_every_setting():
    page = (ROOT / "docs" / "man" / "timely.yaml.5").read_text(encoding="utf-8")
    groups = dict(re.findall(r"^\.Ss (\w+)\n(.*?)^\.El$", page, re.M | re.S))
    for (group, key), row in settings().items():
        found = re.search(rf"^\.It Cm {key}\n(.*?)(?=^\.It|\Z)", groups[group], re.M | re.S)
        assert found, (group, key)
        words = " ".join(found[1].split())
        assert row["sentence"] in words, (group, key)
        assert (f"Default: {row['otherwise']}." if row["otherwise"] else row["example"]) in words, (group, key)


# ---------------------------------------------------------------------------------------------------- bad files

LOCAL = "{title: T, force: local, source: S, subject: care, due: within 1 week of care-started, met by: m}"


@pytest.mark.parametrize(
    "name, text",
    [
        ("config", "sorce: {}"),
        ("config", "source: {poll every: 60}"),
        ("config", "source: {poll every: 2 minutes}"),
        ("config", "mail: {delivery: liev}"),
        ("config", "mail: {smtp require tls: true}"),
        ("config", "mail: {smtp url: http://x}"),
        ("config", "clock: {starts at: 2024-04-02}"),
        ("config", "- a"),
        ("overlay", "authority: A\ntimescales: {icpc: {met by: x}}"),
        ("overlay", "authority: A\ntimescales: {Icpc: {use: no}}"),
        ("overlay", "authority: A\noffice hours: {monday: 9-5}"),
        ("overlay", "authority: A\nclosure days: [27 December]"),
        ("overlay", f"authority: A\ntimescales: {{own: {LOCAL.replace('local', 'law')}}}"),
        ("overlay", "timescales: {}"),
        ("overlay", "authority: A\ntargets: {m-icp: 90%}"),
        ("overlay", "authority: A\ntargets: {m-caseload: 90%}"),
        ("overlay", "authority: A\ntargets: {m-icpc: 90}"),
        ("overlay", "authority: A\nthresholds: {caseload: few}"),
        ("overlay", "authority: A\nthresholds: {load: 85}"),
        ("rules", f"chapter: C\ntimescales: {{a: {LOCAL.replace('within', 'in')}}}"),
        ("rules", f"chapter: C\ntimescales: {{a: {LOCAL.replace('week', 'fortnight')}}}"),
        ("rules", f"chapter: C\ntimescales: {{a: {LOCAL.replace('met by', 'met')}}}"),
        ("rules", "profiles: {P: {remind: [5 working days]}}\nladders: {}"),
        ("rules", "profiles: {}\nladders: {E: [{tell: mayor, at: on the day}]}"),
        ("rules", "profiles: {}\nladders: {E: [{tell: chair, at: on the day, by: profile}]}"),
        ("rules", "subjects: {}\nevents: {e: {titel: x}}"),
    ],
)
def test_a_bad_file_is_not_valid(name, text):
    assert list(validator(name).iter_errors(yaml.load(text, Loader=yaml.BaseLoader)))


def test_an_own_timescale_of_an_authority_is_valid():
    assert_valid("overlay", f"authority: A\ntimescales: {{own: {LOCAL}}}")
