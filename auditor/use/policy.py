"""Policies: limits with their sources, and the effect of findings on the verdict."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from auditor.errors import UseCaseError, hint
from auditor.model import Severity
from auditor.use.says import Says
from auditor.use.tables import Table
from auditor.use.toml import explain, line_of, read_toml

SUFFIX = ".toml"
# A number as laws count them, then words: "10(2)(f) examination in view of possible biases", "5-301(b) rates".
_ARTICLE = re.compile(r"\d+[a-z]?(?:[.-]\d+)*(?:\(\w+\))* \S.*")

SAYS = Says(
    extends="{name}, a policy that extends: {title}",
    no_source="set by '{name}', which names no source",
    exclusion="under {least:percent} of the data, as set by '{name}'",
)


def _article(text: str) -> str:
    if _ARTICLE.fullmatch(text):
        return text
    if text in list(Severity):
        raise ValueError(f"is the severity '{text}', which belongs under [severity]")
    raise ValueError(f"is '{text}'; an article begins with its number, like \"10(2)(f) examination of biases\"")


class Limits(Table):
    """The limits of a policy; `impact_ratio` and `representation_ratio` are exact fractions."""

    impact_ratio: Fraction
    representation_ratio: Fraction
    alpha: float = Field(gt=0, lt=1)
    power: float = Field(gt=0, lt=1)
    missing_share: float = Field(ge=0, le=1)
    repeated_share: float = Field(ge=0, le=1)
    min_n: int = Field(ge=1)
    min_share: float = Field(ge=0, lt=1)


class Kinds(Table):
    """Rules, by what makes a use need them.

    `always`; by what the data hold: `features` (columns beside outcome and groups), `rows` (no table of counts),
    `numeric` (an outcome that is a number), `text`; `vectors`, and `scores` (a score or a prediction of a tool), where
    the decision is automated; `strata`, where some are named and each has its reason; `within`, where these replace a
    crude gap; `stages`, `lists` and `ranks`, where some are stated; `models`, where the decision is automated and there
    are columns to learn from; and by the stated decision and the kind of outcome.
    """

    always: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    ranks: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    assistive: tuple[str, ...] = ()
    automated: tuple[str, ...] = ()
    research: tuple[str, ...] = ()
    past_decision: tuple[str, ...] = ()
    measured_outcome: tuple[str, ...] = ()
    human_rating: tuple[str, ...] = ()

    def of(self, kinds: Collection[str]) -> tuple[str, ...]:
        """Return the rules that a use of these kinds needs, each once."""
        needed = (code for kind in Kinds.model_fields if kind in kinds for code in getattr(self, kind))
        return tuple(dict.fromkeys(needed))


class Rests(Table):
    """What a "fit" rests on, and which rules block with strong evidence in an automated, high-stakes use.

    `required` rules must run and must be conclusive for every group of the use; else the verdict is inconclusive.
    `checked` ones must run; what they find inconclusive is a condition.
    """

    required: Kinds = Kinds()
    checked: Kinds = Kinds()
    raised: tuple[str, ...] = ()


# Keys under [verdict] of before there were kinds of use, and where their rules belong now.
_BEFORE_KINDS = {"required": "always", "required_measured": "measured_outcome", "required_within": "within"}


class Policy(Table):
    """Limits with their sources, and the effect of findings on the verdict where it differs from the rule's own.

    `extends` names the policy that holds where this one is silent: a shipped name, or a path beside this file.
    `reference`: which group others are compared with. `tables`: whether the tables of 6 RCNY 5-301 are made, leaving
    out categories under `exclude_below` of the data, for the reason in `exclusion`. `articles`: rule -> provision.
    `as_of` is the day on which what the policy states of the law was last looked up.
    """

    extends: str | None = None
    name: str
    title: str
    as_of: date | None = None
    settles_not: str
    reference: Literal["eligible", "literal"] = "eligible"
    tables: bool = False
    exclude_below: float = Field(default=0.0, ge=0, lt=1)
    exclusion: str | None = None
    articles: dict[str, Annotated[str, AfterValidator(_article)]] = Field(default_factory=dict)
    limits: Limits
    sources: dict[str, str]
    severity: dict[str, Severity] = Field(default_factory=dict)
    verdict: Rests

    @classmethod
    def load(cls, name: str, known: Mapping[str, str] | None = None) -> Policy:
        """Read a shipped policy by name, or a TOML file by its path, laid over the policy that it extends.

        `known` has the code of every rule by each of its names. With it no other name may be used, and the policy
        returned names rules by their codes.

        Raises:
            UseCaseError: The policy is not there or wrong, or extends itself.
        """
        return cls._load(name, Path(), known or {}, ())[0]

    @classmethod
    def _load(
        cls, name: str, folder: Path, known: Mapping[str, str], inside: tuple[str, ...]
    ) -> tuple[Policy, dict[str, Any]]:
        """Return a policy and its tables; a path starts at `folder`, and `inside` extend this one."""
        path, where = folder / name, f"policy '{name}'"
        if name in shipped():
            text = (resources.files("auditor.use") / "policies" / f"{name}{SUFFIX}").read_text(encoding="utf-8")
            own, key = tomllib.loads(text), name
        elif name.endswith(SUFFIX):
            own, text = read_toml(path, "policy")
            where, key = str(path), str(path.resolve())
        else:
            names = shipped()
            raise UseCaseError(f"no policy is called '{name}'{hint(name, names)} ({', '.join(names)}, or a .toml file)")
        if key in inside:
            circle = " → ".join(Path(each).name for each in (*inside[inside.index(key) :], key))
            raise UseCaseError(f"{where}: [extends] policies extend each other in a circle: {circle}")
        _refuse_before_kinds(own, text, where)
        tables = coded = _by_code(own, known)
        if isinstance(base := own.get("extends"), str):
            tables = _laid_over(cls._load(base, path.parent, known, (*inside, key))[1], coded, path.stem)
        try:
            policy = cls.model_validate(tables)
        except ValidationError as error:
            raise UseCaseError(f"{where}{explain(error, text, cls)}") from None
        _refuse_unknown(own, text, where, known)
        return policy, tables


def shipped() -> list[str]:
    """Return the names of the policies that come with the program."""
    folder = resources.files("auditor.use") / "policies"
    return sorted(path.name.removesuffix(SUFFIX) for path in folder.iterdir() if path.name.endswith(SUFFIX))


def _laid_over(base: Mapping[str, Any], own: Mapping[str, Any], stem: str) -> dict[str, Any]:
    """Return the tables of a policy laid over those it extends; lists are replaced whole.

    A title, a source or a reason speaks of the policy that states it: where this one changes the number and gives no
    source, the policy reports that, and drops the source it inherits.
    """
    name = own.get("name", stem)
    merged = {**_merged(base, own), "name": name}
    merged["title"] = own.get("title", SAYS("extends", name=name, title=base["title"]))
    limits, sources = own.get("limits", {}), own.get("sources", {})
    if isinstance(limits, Mapping) and isinstance(sources, Mapping):
        changed = [key for key, value in limits.items() if value != base["limits"].get(key) and key not in sources]
        merged["sources"] = {**merged["sources"], **dict.fromkeys(changed, SAYS("no_source", name=name))}
    least = own.get("exclude_below", 0)
    if isinstance(least, float) and least != base.get("exclude_below") and least and "exclusion" not in own:
        merged["exclusion"] = SAYS("exclusion", least=least, name=name)
    return merged


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with what `own` states in its place, table by table."""
    return {
        **base,
        **{
            key: _merged(base[key], value)
            if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
            else value
            for key, value in own.items()
        },
    }


def _refuse_before_kinds(own: Mapping[str, Any], text: str, where: str) -> None:
    """Refuse a list of required rules that names no kind of use; UseCaseError with its line and what to write."""
    verdict = own.get("verdict")
    for key, kind in _BEFORE_KINDS.items():
        if isinstance(verdict, Mapping) and key in verdict and not isinstance(verdict[key], Mapping):
            line = line_of(text, ["verdict", key])
            raise UseCaseError(
                f"{where}{f', line {line}' if line else ''}: [verdict] {key} is not a list: rules are required by kind "
                f"of use, as in [verdict.required] {kind} = [...]"
            )


def _by_code(own: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Return a policy's own tables, not yet checked, with rules named by their codes."""

    def coded(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: coded(of) for key, of in value.items()}
        if isinstance(value, list):
            return [known.get(of, of) if isinstance(of, str) else of for of in value]
        return value

    by_rule = {
        table: {known.get(name, name): value for name, value in own[table].items()}
        for table in ("severity", "articles")
        if isinstance(own.get(table), Mapping)
    }
    return {**own, **by_rule, **({"verdict": coded(own["verdict"])} if "verdict" in own else {})}


def _refuse_unknown(own: Mapping[str, Any], text: str, where: str, known: Mapping[str, str]) -> None:
    """Refuse a file that names a rule that does not exist, or one by two names; UseCaseError with its line."""
    seen: set[tuple[str, ...]] = set()
    for path, name in _codes(own) if known else ():
        line = line_of(text, path) or line_of(text, path[:-1])  # an inline table is on one line
        place = f"{where}{f', line {line}' if line else ''}: {_key(path, name)}"
        if name not in known:
            raise UseCaseError(f"{place}'{name}' is not a rule{hint(name, known)}")
        entry = (*path[:-1], known[name])
        if path[-1] == name and entry in seen:
            raise UseCaseError(f"{place}'{name}' is {known[name]}, which is named already")
        seen.add(entry)


def _key(path: Sequence[str], code: str) -> str:
    """Return the key under which a rule is named, as it is written."""
    *tables, last = path
    return f"[{'.'.join(tables)}] {'' if last == code else f'{last} '}"


def _codes(own: Mapping[str, Any]) -> Iterator[tuple[list[str], str]]:
    """Yield each rule code that a policy's own tables name, and the keys under which it stands."""
    for table in ("severity", "articles"):
        for code in own.get(table, {}):
            yield [table, code], code
    verdict = own.get("verdict", {})
    for code in verdict.get("raised", ()):
        yield ["verdict", "raised"], code
    for table in ("required", "checked"):
        for kind, codes in verdict.get(table, {}).items():
            for code in codes:
                yield ["verdict", table, kind], code
