"""A few cases of a fixed seed, as a guard; the fuzzer itself is run by command: `python -m tests.fuzz --cases 20000`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import execute, kinds, pages
from tests.fuzz.case import Broken, Case, Step, random_of
from tests.fuzz.invariants import Ended, broken
from tests.fuzz.planted import faulty
from tests.fuzz.pool import run_all

CASES = 30


def test_cases_of_a_fixed_seed_hold(tmp_path: Path) -> None:
    found = [each for _, _, of, _ in run_all("ordinary", range(CASES), (), tmp_path, workers=1) for each in of]
    assert not found, "\n".join(map(Broken.line, found))


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds.KINDS if kind not in ("render", "compare")]
)  # whose audits cost
def test_a_case_is_made_of_its_seed_alone(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.chdir(folder)
        case = Case(folder)
        kinds.KINDS[kind].make(random_of("same", 1), case)
        binary = {".xlsx", ".duckdb"}  # their writers put the time into them
        files = {
            path.name: path.read_bytes() for path in folder.rglob("*") if path.suffix not in binary and path.is_file()
        }
        made.append((files, [(step.words, step.outputs, step.stdin[:0]) for step in case.steps]))
    assert made[0] == made[1]


CHECK = Step(("check", "d.csv"), ("r.md",))
BEFORE = {"d.csv": b"x\n"}
REFUSED = b"dataudit: no\n"


def _ended(
    code: int | str = 0, out: bytes = b"", err: bytes = b"", left: tuple[str, ...] = (), **after: bytes
) -> Ended:
    return Ended(
        code, out, err, BEFORE, {**BEFORE, **{name.replace("_", "."): data for name, data in after.items()}}, left
    )


def _found(ended: Ended, step: Step = CHECK) -> set[str]:
    return {invariant for invariant, _ in broken(step, ended)}


@pytest.mark.parametrize(
    ("ended", "invariant"),
    [
        (_ended(70, err=b"x\n"), "exit code"),
        (_ended(-6), "exit code"),
        (_ended("RuntimeError()"), "exit code"),
        (_ended(2, err=b"dataudit: a\nb\n"), "one line"),
        (_ended(2, err=b"error\n"), "one line"),
        (_ended(2), "one line"),
        (_ended(2, b"half", REFUSED), "nothing printed with exit code 2"),
        (_ended(2, err=REFUSED, r_md=b"# half\n"), "nothing written with exit code 2"),
        (_ended(2, err=b"dataudit: a\xc2\x9bb\n"), "no control character"),
        (_ended(2, err=REFUSED, left=("dataudit-x",)), "nothing left in TMPDIR"),
        (_ended(2, err=REFUSED, d_csv=b"y\n"), "inputs untouched"),
        (_ended(), "every report written"),
        (_ended(r_md=b"# a"), "reports are whole"),
        (_ended(r_md=b"# a\n", other=b""), "nothing else written"),
        (_ended(r_md="# a\u202e\n".encode()), "no control character"),
        (_ended(r_md=b"# a\n\n<b>x</b>\n"), "Markdown of the program alone"),
        (_ended(r_md=b"# a\n\n[x](http://y)\n"), "Markdown of the program alone"),
        (_ended(r_md=b"# a\n\n![x](y)\n"), "Markdown of the program alone"),
        (_ended(r_md=b"# a\n\nwww.x.org\n"), "Markdown of the program alone"),
        (_ended(r_md=b"# a\n", err=b"RuntimeWarning: x\n"), "only what was written on stderr"),
        (_ended(r_md=b"# a\n", err=b"Traceback (most recent call last):\n"), "no fault"),
    ],
)
def test_what_is_broken_is_found(ended: Ended, invariant: str) -> None:
    assert invariant in _found(ended)


def test_what_holds_is_not_called_broken() -> None:
    assert not _found(_ended(r_md=b"# a\n\n- **b** `c`\n", err=b"wrote r.md\n"))
    assert not _found(_ended(2, err=REFUSED))


@pytest.mark.parametrize(
    ("text", "invariant"),
    [
        (b'{"results": NaN}\n', "strict JSON"),
        (b'{"results": 1e400}\n', "strict JSON"),
        (b'{"a": "\\ud800"}\n', "strict JSON"),
        (b'{"results": [{"rule": "X", "failed": true}], "verdict": {"level": "fit"}}\n', "no rule failed"),
        (b'{"results": [{"rule": "X"}], "verdict": {"level": "unfit"}}\n', "the exit code is the verdict's"),
    ],
)
def test_what_is_broken_in_json_is_found(text: bytes, invariant: str) -> None:
    assert invariant in _found(_ended(r_json=text), Step(("check", "d.csv"), ("r.json",)))


@pytest.mark.parametrize(
    "inside",
    ["<script>x</script>", "<img src=x>", "<p onclick=x>", "<a href='http://x'>x</a>", "<!-- x -->", "<style>x</style>",
     "<svg><path fill='url(http://x)'/></svg>", "<svg><a href='javascript:x'/></svg>", "<iframe></iframe>"],
)  # fmt: skip
def test_what_no_report_has_is_found_in_a_page(inside: str) -> None:
    style, script = pages.own("report.css"), pages.own("report.js")
    head = f"<!doctype html><html lang='en'><head><style>{style}</style></head><body>"
    foot = f"<script>{script}</script></body></html>\n"
    assert not list(pages.html(f"{head}<p class='x'>a &lt;b&gt;</p>{foot}"))
    assert list(pages.html(f"{head}{inside}{foot}"))


def test_a_crash_and_a_hang_are_found_and_the_others_go_on(tmp_path: Path) -> None:
    ran = {number: of for number, _, of, _ in run_all("x", range(4), (), tmp_path, workers=1, seconds=1, run=faulty)}
    assert sorted(ran) == [0, 1, 2, 3]
    assert not ran[0] and not ran[3]
    assert "ended with -6" in ran[1][0].detail and "faulty" in ran[1][0].detail
    assert "of computing" in ran[2][0].detail and "faulty" in ran[2][0].detail


def test_a_step_has_its_own_streams_and_folder(tmp_path: Path) -> None:
    found, codes = execute.run("own", 3, ("init",), tmp_path)
    assert not found and codes[0] in (0, 2)
    assert not list(tmp_path.iterdir())
