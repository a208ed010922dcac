"""The result of a finding in a few words: templates of its rule, filled with what the finding holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from auditor.model import Ask as Ask
from auditor.model import Finding, State
from auditor.use.levels.bare import named_subject
from auditor.use.says import Says

FOUND, NEAR, OPEN, CLEAR = "found", "near", "open", "clear"
# The headline where a rule has no words of its own.
SAYS = Says(
    open_pair="Too little data to compare '{level}' with '{reference}'",
    open_level="Too little data to judge '{level}'",
    open_column="Too little data to judge '{column}'",
)


class Headlines:
    """The templates of a rule by what was found: `found`, `near` the threshold, `open`, `clear`.

    A key has one template or several; the first one whose facts are all there is used. Facts are those of the finding's
    message, the keys of its subject, and its measures by their names, each with `_low` and `_high`.
    """

    def __init__(self, **templates: str | tuple[str, ...]) -> None:
        if unknown := {*templates} - {FOUND, NEAR, OPEN, CLEAR}:
            raise TypeError(f"a headline is of found, near, open or clear, not of {', '.join(sorted(unknown))}")
        self._keys = {
            key: [f"{key}_{i}" for i in range(1 if isinstance(of, str) else len(of))] for key, of in templates.items()
        }
        self._says = Says(
            **{
                f"{key}_{i}": template
                for key, of in templates.items()
                for i, template in enumerate((of,) if isinstance(of, str) else of)
            }
        )

    @property
    def templates(self) -> Mapping[str, str]:
        """Every template, by its key."""
        return self._says

    def headed(self, finding: Finding) -> Finding:
        """Return the finding with its headline; as it is where it has one, or where no template fits."""
        if finding.headline:
            return finding
        facts = _facts(finding)
        keys = [name for key in _keys(finding.state) for name in self._keys.get(key, ())]
        for says, names in ((self._says, keys), (SAYS, [*SAYS] if finding.state is State.UNDETERMINED else [])):
            for name in names:
                if says.knows(name, facts):
                    return replace(finding, headline=str(says(name, **facts)))
        return finding


def _keys(state: State) -> tuple[str, ...]:
    """Return the keys of the words for a state, the best first."""
    if state.found:
        return (FOUND,)
    if state is State.BORDERLINE:
        return (NEAR, FOUND)
    return (OPEN,) if state is State.UNDETERMINED else (CLEAR,) if state is State.CLEAR else ()


def _facts(finding: Finding) -> dict[str, Any]:
    facts: dict[str, Any] = dict(finding.said.facts) if finding.said else {}
    facts |= named_subject(finding.subject)
    for name, of in finding.measures.items():
        facts |= {name: of.value, f"{name}_low": of.low, f"{name}_high": of.high, f"{name}_n": of.n}
    return facts
