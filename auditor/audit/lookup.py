"""Results and numbers of an audit by their names; a name that it does not have is an error, never an empty answer."""

from __future__ import annotations

from collections.abc import Sequence

from auditor.errors import UnknownNameError
from auditor.model import Audit, Finding, Measure, Result

RATIOS = "OUT001"


def result(audit: Audit, name: str) -> Result:
    """Return the result of a rule by its code, its name, or a name that it had before, in upper or lower case.

    Raises:
        UnknownNameError: The audit has no such rule.
    """
    by_name = {key.lower(): of for of in audit.results for key in (of.rule, of.name)}
    wanted = str(name).lower()
    if wanted in by_name:
        return by_name[wanted]
    from auditor.analyzers.catalog import codes  # it loads every rule, which only a former name needs

    former = {key.lower(): code.lower() for key, code in codes().items()}
    if former.get(wanted) in by_name:
        return by_name[former[wanted]]
    known, names = [of.rule for of in audit.results], [of.name for of in audit.results]
    raise UnknownNameError.of("rule", str(name), known, "the audit", names)


def impact_ratio(audit: Audit, group: str, level: str) -> Measure:
    """Return the impact ratio of a level of a group column, as OUT001 has it: 1 for the reference itself.

    Raises:
        UnknownNameError: The audit has no such group or level, or did not compare it.
    """
    of = result(audit, RATIOS)
    if not of.findings:
        raise UnknownNameError(f"the audit has no impact ratios: {of.reason or f'{RATIOS} has no findings'}")
    named: dict[str, list[Finding]] = {}
    for finding in of.findings:
        named.setdefault(finding.subject.get("group", ""), []).append(finding)
    if group not in named:
        raise UnknownNameError.of("group", group, named, RATIOS)
    compared = [finding for finding in named[group] if "impact_ratio" in finding.measures]
    if not compared:
        raise UnknownNameError(f"the levels of '{group}' were not compared: {named[group][0].message}")
    pairs = {(finding.subject["level"], finding.subject["reference"]): finding for finding in compared}
    levels = list(dict.fromkeys(name for pair in pairs for name in pair))
    if level not in levels:
        raise UnknownNameError.of("level", level, levels, f"'{group}'")
    reference = audit.use_case["groups"]["reference"].get(group) or _reference([*pairs], levels)
    if level == reference:
        return Measure(1.0)
    if (level, reference) in pairs:
        return pairs[level, reference].measures["impact_ratio"]
    return pairs[reference, level].measures["impact_ratio"].turned


def _reference(pairs: Sequence[tuple[str, str]], levels: Sequence[str]) -> str:
    """Return the level that all others were compared with.

    Of a pair the first has the lower rate. The last pair may be the widest gap of two others.
    """
    common = [name for name in levels if all(name in pair for pair in pairs[: len(levels) - 1])]
    return pairs[0][1] if pairs[0][1] in common else common[0]
