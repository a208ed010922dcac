"""Every template of the program, filled with sample facts: all holes can be filled, and what comes out is a text."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from auditor.use.says import Says, Sentence, together
from tests.conftest import ROOT

HOLE = re.compile(r"\{(>?)(\w+)(?::(\w+)((?: [\w.]+)*))?\}")
# A fact as each form takes it; a fact without a form is a text.
SAMPLES: dict[str, Any] = {
    "estimated": 1234, "strata": 3, "reasons": {"x": "y"},
    "percent": 0.25, "percents": [0.2, 0.3], "people": 1234, "ratio": 0.75, "interval": [0.7, 0.8], "p": 0.0123,
    "points": -0.05, "points_interval": [-0.06, -0.04], "signed": -2.4, "amount": 1234.5, "roughly": 1234.5,
    "number": 0.8, "whole": 1234, "exact": 0.1, "steps": 1000, "fixed": 0.75, "hundred": 0.75, "listed": ["x", "y"],
    "s": 2, "each": ["x", "y"], "ands": ["x", "y"], "exacts": [0.1, 25], "clauses": ["x", "y"], "sentences": ["X.", "Y."], "higher_or_lower": -1234.5,
    "": "text",
}  # fmt: skip


def _templates() -> Iterator[tuple[str, Says, str]]:
    for path in sorted((ROOT / "auditor").rglob("*.py")):
        if re.search(r"^SAYS = ", path.read_text(encoding="utf-8"), re.MULTILINE):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            says = importlib.import_module(module).SAYS
            yield from ((module, says, key) for key in says)


def _facts(says: Says, key: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for inner, name, form, arguments in HOLE.findall(says[key]):
        if inner:
            facts = _facts(says, name) | facts
        else:
            if form or name not in facts:  # of one that is written in two forms, the one that asks for more
                facts[name] = SAMPLES[form]
            facts |= {argument: 0.8 for argument in arguments.split() if not argument.isdigit()}
    return facts


@pytest.mark.parametrize(
    ("says", "key"), [pytest.param(says, key, id=f"{module}:{key}") for module, says, key in _templates()]
)
def test_every_template_is_filled(says: Says, key: str) -> None:
    text = says(key, **_facts(says, key))
    assert text.said.keys == (key,)
    assert not re.search(r"[{}]|nan|None(?! of| was)|  ", text), text


def test_what_is_not_known_leaves_its_part_out_and_is_an_error_elsewhere() -> None:
    says = Says(whole="{n:people} rows{>part}.", part=" of {all:people}")
    assert says("whole", n=10, all=None) == "10 rows."
    assert says("whole", n=10, all=20) == "10 rows of 20."
    with pytest.raises(TypeError, match="'n' in 'whole' is None"):
        says("whole", n=None)
    with pytest.raises(KeyError):
        says("gone")
    with pytest.raises(TypeError, match="is no form"):
        Says(whole="{n:peopel}")


def test_several_keys_and_several_sentences_are_one() -> None:
    says = Says(first="{a} is.", second="{b:percent} too.")
    text = says("first", "", "second", a="x", b=0.5)
    assert (text, text.said.keys, text.said.facts) == ("x is. 50.0% too.", ("first", "second"), {"a": "x", "b": 0.5})
    both = together(text, says("first", a="y"), "", "plain.")
    assert both == "x is. 50.0% too. y is. plain."
    assert isinstance(both, Sentence) and both.said.keys == ("first", "second", "first")


def test_facts_are_what_json_can_hold() -> None:
    import json

    import numpy as np

    says = Says(one="{a}")
    said = says(
        "one",
        a=1,
        b=np.float64(0.5),
        c=float("nan"),
        d=("x", np.int64(3)),
        e={"k": float("inf")},
        f=[says("one", a=2)],
        g=says("one", a=3),
    ).said
    assert json.loads(json.dumps(said.facts, allow_nan=False)) == {
        "a": 1, "b": 0.5, "c": None, "d": ["x", 3], "e": {"k": None}, "f": [{"a": 2}], "g": {"a": 3},
    }  # fmt: skip
