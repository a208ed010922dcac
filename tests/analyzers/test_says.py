"""Templates: how holes are filled, and what is kept of the facts. Those of the program are held in tests/test_words."""

from __future__ import annotations

import pytest

from auditor.use.says import Says, Sentence, together


def test_what_is_not_known_leaves_its_part_out_and_is_an_error_elsewhere() -> None:
    says = Says(whole="{n:people} rows{>part}.", part=" of {all:people}")
    assert says("whole", n=10, all=None) == "10 rows."
    assert says("whole", n=10, all=20) == "10 rows of 20."
    with pytest.raises(TypeError, match="'n' in 'whole' has no value"):
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
