"""Plain, standard English: no word of a private dialect, and no sentence that cannot be taken in."""

from __future__ import annotations

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditor.use.says import Says
from tests.conftest import ROOT

# What is not to be written, and what the field says in its place.
DIALECT = {
    r"\btold\b": "known from, explained, predicted; or 'the report says'",
    r"(?<!cannot[ -])\btell(?:s|ing)?\b": "predicts, explains, shows, distinguishes",
    r"\bsaid\b": "stated, reported, named, printed",
    r"\bsays? (?:so|it|that it|which|how|what|whether|nothing)\b": "states, reports",
    r"\b(?:of|in|for|by|with|from) whom\b|\bof which\b": "a sentence of its own",
    r"\b(?:whoever|whomever|whosoever)\b": "who (the model team, the decision owner), anyone who",
    r"(?-i:\b(?:is|are|was|were) none\b)": "there is no, not a",
    r"\bst(?:ands?|anding|ood) in\b|\bstand-ins?\b": "is a proxy for",
    r"\bgone\b": "removed, lost",
    r"\bcannot bear\b|\bbears? (?:it|this|that)\b": "rules out",
    r"\bmend(?:s|ed|ing)?\b": "fix, correct, repair",
    r"\bblind to\b": "without (a model without gender)",
    r"\bcarr(?:y|ies|ied|ying) (?:the|of the|that) gap|\bcarriers?\b|\bnot carrying\b": "proxy that transmits the gap",
    r"\bother-ways\b|\bother-words\b": "remaining-proxies, remaining-text-proxies",
    r"\blearnt and tried\b": "5-fold cross-validation",
    r"\blooks? wrong\b": "estimated label error rate",
    r"\bpenalised prox(?:y|ies)\b|\bdirect penalt": "gender-linked term with lower selection",
    r"\bknows? the outcome\b": "target leakage",
    r"\bmore than chance\b": "statistically significant",
    r"\bnear the limit\b": "near the threshold",
    r"\bnot checked\b": "not run",
    r"\bcould not be told\b|\bcannot be told\b": "inconclusive, cannot be determined",
    r"\b(?:did not leave|left) (?:their|its|the) site": "suppressed",
    r"\bwhat there is to know\b": "the variation",
    r"\bheld against\b": "compared with",
    r"\bkept back\b|\bholds? back\b": "suppressed, withheld",
    r"\bas if everybody\b": "standardised to",
    r"\b(?:shown|found), strongly\b": "found (strong evidence)",
}
NAMES = re.compile(r"(?:^|_)(?:told|(?<!cannot_)tell|telling|whoever|stand_?ins?|gone|mend|mended)(?:_|$)")
PUBLIC = {"GONE"}  # of `Direction`: names of Python's that others use
KEYS = {"carrier", "gone", "said"}  # of saved audits, which stay: as a string of their own they are no prose
PROVISION = {"Not checked"}  # how a checklist marks a provision of which no rule ran
FORMER = {"other-ways", "other-words"}  # names that rules had, and are still found by
NO_PROSE = KEYS | PROVISION | FORMER
SENTENCE = 35  # words
HOLE = re.compile(r"\{(>?)(\w+)(?::(\w+)((?: [\w.]+)*))?\}")
# Facts as forms take them: of many, and of one.
MANY: dict[str, Any] = {
    "estimated": 1234, "strata": 3, "reasons": {"x": "y"},
    "percent": 0.25, "percents": [0.2, 0.3], "people": 1234, "ratio": 0.75, "interval": [0.7, 0.8], "p": 0.0123,
    "points": -0.05, "points_interval": [-0.06, -0.04], "gap": -0.05, "signed": -2.4, "amount": 1234.5,
    "roughly": 1234.5, "number": 0.8, "numbers": [-0.1, 0.2], "whole": 1234, "exact": 0.1, "steps": 1000, "fixed": 0.75, "hundred": 0.75,
    "listed": ["x", "y"], "s": 2, "y": 2, "verb": 2, "are": 2, "each": ["x", "y"], "them": ["x", "y"], "ands": ["x", "y"], "exacts": [0.1, 25], "clauses": ["x", "y"],
    "sentences": ["X.", "Y."], "higher_or_lower": -1234.5, "": "text",
}  # fmt: skip
ONE = MANY | {
    "them": ["x"],
    "estimated": 1,
    "strata": 1,
    "people": 1,
    "whole": 1,
    "s": 1,
    "y": 1,
    "verb": 1,
    "are": 1,
    "number": 1,
}


def _sources() -> list[Path]:
    within = [path for path in (ROOT / "auditor").rglob("*") if path.suffix in {".py", ".toml", ".html", ".md"}]
    return sorted([*within, ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of what people read: strings and comments of Python, everything elsewhere but code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type in {tokenize.STRING, tokenize.COMMENT} and token.string.strip("\"'") not in NO_PROSE:
                yield from enumerate(re.sub(r"`[^`]*`", "", token.string).splitlines(), token.start[0])
        return
    if path.suffix == ".md":
        text = re.sub(r"```.*?```", lambda code: "\n" * code[0].count("\n"), text, flags=re.DOTALL)
        text = re.sub(r"`[^`\n]*`|(?<=\])\([^)\n]*\)", "", text)
    if path.suffix == ".html":
        text = re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", lambda code: "\n" * code[0].count("\n"), text, flags=re.DOTALL)
    yield from enumerate(text.splitlines(), 1)


def _dialect(text: str) -> list[str]:
    return [f"{found[0]!r} ({better})" for word, better in DIALECT.items() for found in re.finditer(word, text, re.I)]


@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_words_are_the_fields(path: Path) -> None:
    assert [f"{line}: {found}" for line, text in _prose(path) for found in _dialect(text)] == []


@pytest.mark.parametrize("path", sorted((ROOT / "auditor").rglob("*.py")), ids=lambda path: path.stem)
def test_names_in_code_are_the_fields(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        name
        for node in ast.walk(tree)
        for name in (getattr(node, of, None) for of in ("id", "arg", "attr", "name"))
        if isinstance(name, str)
    }
    assert sorted(name for name in names if NAMES.search(name.lower()) and name not in PUBLIC) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("He was told so", 1),
        ("the data cannot tell", 0),
        ("it tells the group", 1),
        ("'clubs' stands in for gender", 1),
        ("a stand-in", 1),
        ("is none of these", 1),
        ("there is no group", 0),
    ],
)
def test_the_list_finds_what_it_is_for(text: str, found: int) -> None:
    assert len(_dialect(text)) == found


def _templates() -> Iterator[tuple[str, Says, str]]:
    for path in sorted((ROOT / "auditor").rglob("*.py")):
        if re.search(r"^SAYS = ", path.read_text(encoding="utf-8"), re.MULTILINE):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            says = importlib.import_module(module).SAYS
            yield from ((module, says, key) for key in says)


def facts_of(says: Says, key: str, samples: dict[str, Any]) -> dict[str, Any]:
    """Return sample facts for all holes of a template."""
    facts: dict[str, Any] = {}
    for inner, name, form, arguments in HOLE.findall(says[key]):
        if inner:
            facts = facts_of(says, name, samples) | facts
        else:
            if form or name not in facts:  # where one fact is written in two forms, the one that asks for more
                facts[name] = samples[form]
            facts |= {argument: 0.8 for argument in arguments.split() if not argument.isdigit()}
    return facts


@pytest.mark.parametrize(
    ("says", "key"), [pytest.param(says, key, id=f"{module}:{key}") for module, says, key in _templates()]
)
def test_every_template_reads_as_a_sentence(says: Says, key: str) -> None:
    for samples in (MANY, ONE):
        text = says(key, **facts_of(says, key, samples))
        assert text.said.keys == (key,)
        assert not re.search(r"[{}]|\bnan\b|\bNone\b|  ", text), text
        assert not re.search(r"(?<![\d.,])1 (?:rows|people|groups|records|columns|terms|values|pairs|sets)\b", text), (
            text
        )
        for sentence in re.split(r"(?<=[.?!])\s+(?=[A-Z'\"])", text):
            assert len(sentence.split()) <= SENTENCE, sentence
