"""Numbers that describe groups of people: codes, which are levels as they are, or quantities, cut into bands."""

from __future__ import annotations

from dataclasses import dataclass

from auditor.errors import RoleError
from auditor.use import vocabulary as words
from auditor.use.grouping import CODES, edges_of
from auditor.use.infer import NUMERIC_LEVELS, is_birth, is_coded_name, kinds_of
from auditor.use.names import words_of
from auditor.use.roles import Bands, Seen

AGE_BANDS = (25.0, 40.0, 65.0)
OLDEST = 130  # years
MOST_CODES = 25  # different whole numbers up to which a column of no known name counts as codes


@dataclass(frozen=True)
class Taken:
    """How a number that sorts people is taken: cut into `bands`, else by its levels as they are.

    `codes`: its levels are codes although they are many. `guessed`: not stated by the use. `sure`: its name shows it.
    """

    bands: Bands | None = None
    codes: bool = False
    guessed: bool = False
    sure: bool = True


def taken(name: str, seen: Seen, cuts: str = "", *, codes: bool = False, what: str = "group") -> Taken:
    """Decide how a column that sorts people is taken; `cuts` and `codes` were stated.

    Raises:
        RoleError: What was stated cannot be done with its values.
    """
    if codes or cuts == CODES:
        if cuts not in ("", CODES):
            raise RoleError(f"{what} '{name}' cannot be codes ([groups] codes) and cut at {cuts}; state one of them")
        if seen.numeric and not seen.whole:
            raise RoleError(f"{what} '{name}' holds fractions and cannot be codes; cut it: {name}:{_example(seen)}")
        return Taken(codes=seen.numeric)
    if cuts:
        if not (seen.numeric or seen.dated):
            raise RoleError(f"{what} '{name}' is not a number ({seen.type}) and cannot be cut at {cuts}")
        return Taken(bands=_cut(name, seen, edges_of(name, cuts, years=seen.dated)))
    if seen.dated and is_birth(name, seen):
        return Taken(bands=_cut(name, seen, default_edges(name, seen)), guessed=True)
    if not seen.numeric or seen.distinct <= NUMERIC_LEVELS:
        return Taken()
    if seen.whole and (known := are_codes(name, seen)) is not None:
        return Taken(codes=True, guessed=True, sure=known)
    edges = default_edges(name, seen)
    return Taken(bands=_cut(name, seen, edges), guessed=True) if edges else Taken()


def are_codes(name: str, seen: Seen) -> bool | None:
    """Whether many whole numbers are codes: True by their name, False by their small number, None where they are not.

    Whole numbers with few values are more often codes than a quantity, unless the name is that of a quantity.
    """
    if is_birth(name, seen):
        return None
    if is_coded_name(name):
        return True
    return False if seen.distinct <= MOST_CODES and not words_of(name) & words.QUANTITIES else None


def numbers_as_text(name: str, seen: Seen) -> bool:
    """Whether a column of ages holds texts that are mostly whole numbers: as numbers they would be cut."""
    if kinds_of(name) != ("age",) or seen.type != "VARCHAR" or seen.distinct <= NUMERIC_LEVELS:
        return False
    return 2 * sum(level.strip().isdecimal() for level in seen.levels) > len(seen.levels)


def default_edges(name: str, seen: Seen) -> tuple[float, ...]:
    """Return where a column is cut by default: an age at set years, a birth by decades, other numbers at quartiles.

    In order; empty where all its values are one. A decade begins a band where at least a twentieth of the people lie
    on either side.
    """
    years = seen.years if seen.dated else seen.cuts
    if is_birth(name, seen) and years:
        decades = tuple(float(year) for year in range(1850, 2101, 10) if years[0] < year <= years[-1])
        return decades or tuple(sorted(set(_quartiles(years))))
    oldest = seen.cuts[-1] if seen.cuts else seen.high or 0  # a few values like 999 stand for no age
    if kinds_of(name) == ("age",) and oldest <= OLDEST:
        return AGE_BANDS
    return _quartiles(seen.cuts)


def _quartiles(cuts: tuple[float, ...]) -> tuple[float, ...]:
    """Return the quartiles among evenly spaced quantiles, those that differ.

    >>> _quartiles(tuple(range(5, 100, 5)))
    (25, 50, 75)
    >>> _quartiles((1.0, 2.0)), _quartiles(())
    ((1.0, 2.0), ())
    """
    places = (round(share * (len(cuts) + 1)) - 1 for share in (0.25, 0.5, 0.75))
    return tuple(sorted({cuts[min(max(place, 0), len(cuts) - 1)] for place in places})) if cuts else ()


def _cut(name: str, seen: Seen, edges: tuple[float, ...]) -> Bands:
    whole = (seen.whole or seen.dated) and all(edge.is_integer() for edge in edges)
    return Bands.at(edges, whole, years=seen.dated or is_birth(name, seen))


def _example(seen: Seen) -> str:
    return ",".join(f"{edge:.6g}" for edge in _quartiles(seen.cuts)) or "1,2"
