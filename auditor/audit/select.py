"""Which rules run: they are loaded, and the libraries of statistics with them, while the data are read and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from auditor.analyzers.catalog import Rule, all_rules, codes, find, selected
from auditor.analyzers.evidence import Evidence
from auditor.errors import UseCaseError
from auditor.model import LeftOut
from auditor.use.policy import Policy, shipped
from auditor.use.usecase import UseCase
from auditor.use.watchlists import watch_list


@dataclass(frozen=True)
class Chosen:
    """A rule, and why it is not run, if it is not: the reason, and which part of the request left it out.

    `named`: it was asked for, itself or its family, so that it is a part of the audit whatever the data have.
    """

    rule: Rule
    reason: str | None = None
    left_out: LeftOut | None = None
    named: bool = False

    def is_part(self, evidence: Evidence) -> bool:
        """Whether the rule is a part of an audit: the data have what it is about, or it was asked for."""
        return self.named or self.rule.concerns(evidence)


Choice = Callable[[], list[Chosen]]


@contextmanager
def choice(
    only: str | Sequence[str], skip: str | Sequence[str], no_models: bool, use: UseCase, also: Sequence[str] = ()
) -> Iterator[Choice]:
    """Give a function that returns every rule with the reason why it is left out, if it is, as soon as they are loaded.

    `also` are rules of special uses that are asked for (`Rule.about`, `Rule.on_request`).

    Where rules or their options are named, they are waited for, so that a wrong name is refused before data are read.
    A policy is compared with all rules there are: here both are known.

    Raises:
        UseCaseError: A rule, an option or a watch list is not known.
    """
    only, skip = ([names] if isinstance(names, str) else names for names in (only, skip))
    watch_list(use.features.watchlists)
    with ThreadPoolExecutor(1) as aside:  # loading takes a second, in which the engine has little use for Python
        rules = aside.submit(copy_context().run, _chosen, only, skip, no_models, use, also)
        if only or skip or use.rules or use.accept or use.use.policy not in shipped():
            rules.result()
        yield rules.result


def by_code(use: UseCase) -> UseCase:
    """Return a use that names rules by their codes, where it or its policy names them by their names or aliases.

    Raises:
        UseCaseError: A rule is not known, or is named twice where it may be only once.
    """
    if use.use.policy not in shipped():
        use = use.with_policy(Policy.load(use.use.policy, codes()))
    if not use.rules and not use.accept:
        return use
    rules: dict[str, dict[str, Any]] = {}
    for name, options in use.rules.items():
        code = find(name).code
        if code in rules:
            raise UseCaseError(f"[rules.{name}] {code} has options under another of its names as well")
        rules[code] = options
    accept = tuple(waiver.model_copy(update={"rule": find(waiver.rule).code}) for waiver in use.accept)
    return use.model_copy(update={"rules": rules, "accept": accept})


def _chosen(
    only: Sequence[str], skip: Sequence[str], no_models: bool, use: UseCase, also: Sequence[str]
) -> list[Chosen]:
    kept = selected(tuple(only)) if only else set(all_rules())
    dropped = selected(tuple(skip))
    Policy.load(use.use.policy, codes())
    for code, options in use.rules.items():
        find(code).configured(options)

    rests = use.policy.verdict
    named = {*also, *use.rules, *rests.required.always, *rests.checked.always}

    def chosen(rule: Rule) -> Chosen:
        asked = rule.code in named or bool(only and rule.code in kept)
        if rule.code not in kept:
            return Chosen(rule, f"left out by --only {' '.join(only)}", LeftOut.ONLY, asked)
        if rule.code in dropped:
            return Chosen(rule, f"left out by --skip {' '.join(skip)}", LeftOut.SKIP, asked)
        if no_models and rule.needs_models:
            return Chosen(rule, "left out by --no-models", LeftOut.NO_MODELS, asked)
        return Chosen(rule, named=asked)

    return [chosen(rule) for rule in all_rules().values()]
