"""Columns that identify people, who may recur: by their names, and by values that belong to one person."""

from __future__ import annotations

from auditor.use import vocabulary as words
from auditor.use.nameable import name_people
from auditor.use.names import joined, parts, words_of
from auditor.use.roles import Seen

MANY_KEYS = 50  # values of an identifier from which on it is no feature
A_FEW = 10  # values of a person's identifier from which on it is no feature
ALL_DIFFERENT = 0.9  # share of different values in a column that names people
SEVERAL = 0.2  # share of different values from which on a number identifies people by its name alone


def is_id(name: str) -> bool:
    """Whether a name shows that its values are names of something.

    >>> is_id("person_id"), is_id("applicantid"), is_id("case_no"), is_id("no")
    (True, True, True, False)
    """
    named = parts(name)
    ends = any(word.endswith("id") and word[:-2] in words.PEOPLE | words.THINGS for word in named)
    numbered = len(named) > 1 and named[-1] in words.NUMBERS
    return bool(set(named) & (words.IDS | words.PEOPLE_NUMBERS)) or ends or numbered


def is_person(name: str) -> bool:
    """Whether a name is that of a person's identifier: a word for people, beside one of an identifier or alone.

    >>> [is_person(name) for name in ("applicant_id", "candidate", "userid", "emp_no", "Personalnummer", "subject_id")]
    [True, True, True, True, True, True]
    >>> [is_person(name) for name in ("candidate_city", "staff", "subject", "case_id", "customer_type")]
    [False, False, False, False, False]
    """
    named = [word.removesuffix("id") or word for word in parts(name)]
    people = words.PEOPLE | words.PEOPLE_BY_ID if is_id(name) else words.PEOPLE
    if set(named) & words.PEOPLE_NUMBERS or (is_id(name) and set(named) & people):
        return True
    return bool(set(named) & people) and set(named) <= people | words.IDS | words.FILLERS


def is_contact(name: str) -> bool:
    """Whether a name is that of a way to reach the person in the row, or of an official number of theirs.

    >>> is_contact("email"), is_contact("applicant_phone"), is_contact("recruiter_email")
    (True, True, False)
    """
    rest = words_of(name) - words.CONTACTS
    return rest < words_of(name) and rest <= words.PEOPLE | words.NUMBERS | words.FILLERS | words.OF_CONTACTS


def identifies_people(name: str, seen: Seen) -> bool:
    """Whether a column identifies people: each of them once, or several times."""
    if not seen.known or (seen.numeric and not seen.whole):
        return False
    if is_person(name):
        spread = seen.distinct > SEVERAL * seen.known
        return spread or (seen.distinct > A_FEW and (is_id(name) or not seen.numeric))
    if is_contact(name):
        return seen.distinct > A_FEW and not seen.numeric and name_people(seen.levels)
    if joined(name) in words.ROW_IDS and seen.distinct > MANY_KEYS:
        return True
    return is_id(name) and seen.distinct > ALL_DIFFERENT * seen.known


def rank(name: str, seen: Seen) -> tuple[bool, int, bool]:
    """Return how surely a column identifies the people that rows are about, the surest first.

    Columns that are named for people come first, that of the most people before others: those who decide (a teacher, a
    clerk) are fewer than those about whom they do. Else one in which somebody recurs is before one of single rows.
    """
    named = is_person(name)
    return not named, -seen.distinct if named else seen.distinct >= seen.known, is_contact(name)
