r"""Text from data inside a chart can neither end the process nor reach the report as something else.

An escape character in a level once aborted the whole process; a backslash in a column's name ended it with a fault,
and the four characters `\x1b` came out as a real escape.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import auditor
from auditor.reporter.charts.figure import Figure

# As a name of the group column, and as one of its levels.
TEXTS = (
    "CORP\\users", "a\\x1bb", "a\x1bb", "line\u2028break", "two\nlines", "tab\there", "\\", "{{x}}", "'+alert(1)+'",
    "a]b.c[0]", "\ufffe", "a\u202eb", "<svg onload=x>", "\\u{41}", "%s", "`${1}`", "datum.level", "null\x00byte",
)  # fmt: skip


def test_a_report_is_drawn_whatever_groups_and_their_levels_are_called(tmp_path: Path) -> None:
    # In a process of its own: what must not happen is that the process ends.
    code = f"""
import auditor, pandas as pd
for i, text in enumerate({TEXTS!r}):
    print(ascii(text), flush=True)
    outcomes = (["yes"] * 20 + ["no"] * 40) + (["yes"] * 40 + ["no"] * 20)
    frame = pd.DataFrame({{text: [text] * 60 + ["m"] * 60, "y": outcomes, "t": [2019 + k % 4 for k in range(120)]}})
    frame["person"] = range(1000, 1120)  # records that are alike would be copies of each other
    audit = auditor.check(frame, target="y", positive="yes", groups=[text], time="t", id="person", only=["OUT001", "OUT006", "REP002"])
    audit.save({str(tmp_path)!r} + f"/{{i}}.html")
    assert audit.result("OUT001").state.found
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, [*done.stdout.splitlines()[-1:], done.stderr[-800:]]
    for i in range(len(TEXTS)):
        html = (tmp_path / f"{i}.html").read_text(encoding="utf-8")
        assert html.count("<svg") >= 3 and "could not be drawn" not in html
        assert not {"\x1b", "\x00", "\u2028", "\u202e"} & set(html)
        assert "<svg onload" not in html


def test_a_picture_that_cannot_be_drawn_costs_the_picture_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Figure, "svg", lambda self: "")
    audit = auditor.check(
        "sample_data/hiring.csv", target="hired", groups=["gender"], time="applied_year", only=["OUT001", "OUT006"]
    )
    audit.save(str(tmp_path / "r.html"))
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "could not be drawn" in html and 'class="chart"' not in html
    assert "14.9%" in html or "14.9%" in html  # its numbers stand in the text
