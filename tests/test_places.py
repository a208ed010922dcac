"""The lines of a use-case file, against files in which each line says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.use.places import places
from tests.conftest import SAMPLES


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.toml")), ids=lambda path: path.name)
def test_every_table_and_key_of_the_samples_is_on_its_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    found = {key: line for key, line in places(text).items() if "/" not in key}
    heads = [line for line in lines if line.startswith("[")]
    keys = [line for line in lines if "=" in line and not line.startswith("#")]
    assert len(found) == len(heads) + len(keys)
    for key, number in found.items():
        assert lines[number - 1].startswith((f"[{key}]", f"{key.rpartition('.')[2]} = "))


def test_quoted_dotted_and_long_keys() -> None:
    text = """\
label."column" = 'got # it'
[use]
problem = '''
[groups]
columns = ["no"]
'''
[groups]
columns = ["a", # "b"
  "c:1,2"]
[[accept]]
rule = "PRX001"
[[accept]]
rule = "PRX002"
"""
    found = places(text)
    assert {key: found.get(key) for key in ("label.column", "label.column/got # it", "use.problem", "groups")} == {
        "label.column": 1, "label.column/got # it": 1, "use.problem": 3, "groups": 7,
    }  # fmt: skip
    assert {key: line for key, line in found.items() if key.startswith("groups.columns")} == {
        "groups.columns": 8, "groups.columns/a": 8, "groups.columns/c": 9,
    }  # fmt: skip
    assert (found["accept.0.rule"], found["accept.1"], found["accept.1.rule"]) == (11, 12, 13)


@pytest.mark.parametrize("text", ["", "not TOML", "[", 'a = """'])
def test_no_toml_has_no_places(text: str) -> None:
    assert places(text) == {}
