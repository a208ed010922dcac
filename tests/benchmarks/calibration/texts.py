"""Texts: documents that recur, templates, and terms that mark a group or cost it the outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, register
from .looks import cleared, flagged, shown
from .making import Rng, check, levels, of, yes

# Words without meaning: nothing of them is on a watch list.
WORDS = np.array(
    [f"{a}{b}{c}" for a in ("bra", "cle", "dro", "fli", "gru") for b in ("mi", "no", "pe", "ta") for c in "dklnrst"]
)
COMMON = 1 / np.arange(1, len(WORDS) + 1) ** 0.8
COMMON /= COMMON.sum()


def _words(rng: Rng, count: int = 40) -> list[str]:
    return list(rng.choice(WORDS, count, p=COMMON))


def _audit(rng: Rng, documents: list[str], sex: np.ndarray, hired: np.ndarray, *rules: str, **more: object) -> Audit:
    frame = pd.DataFrame({"group": sex, "cv": documents, "hired": hired} | more)
    return check(frame, text="cv", only=list(rules), id="person" if "person" in more else "none")


def _alike(rng: Rng) -> Audit:
    sex = levels(rng, "fm", 400)
    return _audit(rng, [" ".join(_words(rng)) for _ in sex], sex, yes(rng, 0.4, 400), "TXT001", "TXT002")


def _many_groups(rng: Rng) -> Audit:
    """Two group columns of three levels: four comparisons of one text."""
    sex = levels(rng, "fmx", 600)
    documents = [" ".join(_words(rng)) for _ in sex]
    region = levels(rng, "nsw", 600)
    frame = pd.DataFrame({"group": sex, "region": region, "cv": documents, "hired": yes(rng, 0.4, 600)})
    return check(frame, groups=["group", "region"], text="cv", only=["TXT001", "TXT002"], id="none")


def _four_each(rng: Rng) -> Audit:
    """A hundred people of four documents, most words of which are the person's own choice."""
    at = np.repeat(np.arange(100), 4)
    own = [_words(rng, 15) for _ in range(100)]
    documents = [" ".join([*rng.choice(own[i], 24), *_words(rng, 12)]) for i in at]
    person = [f"p{i}" for i in at]
    return _audit(rng, documents, levels(rng, "fm", 100)[at], yes(rng, 0.4, 400), "TXT001", "TXT002", person=person)


def _templates(rng: Rng) -> Audit:
    """A hundred and fifty templates, each used by four people of one group, who edit two words."""
    templates, sex = [_words(rng) for _ in range(150)], levels(rng, "fm", 150)
    at, documents = np.repeat(np.arange(150), 4), []
    for i in at:
        words = list(templates[i])
        for place, word in zip(rng.choice(len(words), 2, replace=False), _words(rng, 2), strict=True):
            words[place] = word
        documents.append(" ".join(words))
    return _audit(rng, documents, sex[at], yes(rng, 0.4, 600), "TXT001", "TXT002")


for _name, _true, _make, _short in (
    ("texts, alike", "400 documents of one distribution of words", _alike, 0),
    ("texts, two group columns", "600 documents alike; two group columns of three levels each", _many_groups, 0),
    ("texts, four of a person", "100 people of four documents, id named; the words are the person's", _four_each, 40),
    (
        "texts, templates",
        "150 templates with four lightly edited copies each; no word is linked with a group",
        _templates,
        0,
    ),
):
    _looks = {(Kind.FALSE_FINDING, code): flagged(code) for code in ("TXT001", "TXT002")}
    register(Design(_name, _true, _make, _looks, 200, _short))


def _told(rng: Rng) -> Audit:
    sex = levels(rng, "fm", 240)
    return _audit(rng, [" ".join(_words(rng)) for _ in sex], sex, yes(rng, 0.4, 240), "TXT003", "TXT004")


register(
    Design(
        "texts, alike: models",
        "240 documents of one distribution of words",
        _told,
        {(Kind.FALSE_FINDING, code): flagged(code) for code in ("TXT003", "TXT004")},
        200,
    )
)


def _marked(rng: Rng) -> Audit:
    """Four words are in a quarter of women's documents and in 3% of the others'; they cost half of the outcome."""
    rows = 400
    sex = levels(rng, "fm", rows)
    documents, marks = [], np.zeros(rows)
    for i, share in enumerate(of(sex, {"f": 0.25, "m": 0.03})):
        held = [word for word in ("zumba", "zither", "zinnia", "zephyr") if rng.random() < share]
        marks[i] = len(held)
        documents.append(" ".join([*_words(rng), *held]))
    return _audit(rng, documents, sex, yes(rng, np.where(marks > 0, 0.25, 0.5), rows), "TXT001", "TXT002")


def _other_tastes(rng: Rng) -> Audit:
    """A quarter of women's words are drawn from the rarer half of all words, each of which tells little."""
    sex = levels(rng, "fm", 300)
    documents = []
    for who in sex:
        few = int(rng.binomial(40, 0.25)) if who == "f" else 0
        documents.append(" ".join([*_words(rng, 40 - few), *rng.choice(WORDS[len(WORDS) // 2 :], few)]))
    return _audit(rng, documents, sex, yes(rng, 0.4, 300), "TXT003", "TXT004")


for _name, _true, _make, _rules in (
    (
        "words that mark and cost",
        "four words in 25 and 3% of two groups' documents; where one is, the rate is .25, else .5",
        _marked,
        ("TXT001", "TXT002"),
    ),
    (
        "other tastes in many words",
        "a quarter of one group's words come from the rarer half of all words; each alone predicts little",
        _other_tastes,
        ("TXT003", "TXT004"),
    ),
):
    _seen = {(Kind.POWER, code): shown(code) for code in _rules}
    register(Design(_name, _true, _make, _seen | {(Kind.FALSE_CLEAR, code): cleared(code) for code in _rules}, 200))
