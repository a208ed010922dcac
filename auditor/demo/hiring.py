"""Make `hiring.csv`: ten years of one invented company's hiring decisions, biased against women.

Every person, college, club and number is invented. The story is the one reported of Amazon's recruiting tool in
2018, which had learned from ten years of résumés, mostly men's, to mark women's résumés down. What is planted
is in the constants below, so that a test can hold an audit against the truth.
"""

from __future__ import annotations

import csv
import math
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress
from pathlib import Path
from statistics import NormalDist

import numpy as np

Row = dict[str, str | int | float]

SEED = 20181010  # the day the story broke, not picked for its draw; under other seeds the same bias shows
APPLICATIONS_A_YEAR = 650
REPEATED = 0.045  # share of applications, from the second year on, by somebody turned down in an earlier one
DUPLICATED_ROWS = 10  # exact copies
MISSING = {"gender": 0.03, "college": 0.02, "test_score": 0.06}  # completely at random, after the decision

# The columns, by what is true of them.
PLANTED_COLUMNS = ("college", "clubs")  # plain proxies for gender, which transmit the outcome gap
SUBTLE_COLUMNS = ("career_break_months", "referral")  # weaker ones, which predict gender without the plain ones
INNOCENT_COLUMNS = ("region", "degree_field", "years_experience", "test_score", "source", "distance_km")

# Drift: women's share of applications, and the logit penalty for being a woman, both growing every year.
WOMEN_SHARE = {2005: 0.130, 2006: 0.145, 2007: 0.160, 2008: 0.175, 2009: 0.190,
               2010: 0.205, 2011: 0.220, 2012: 0.235, 2013: 0.250, 2014: 0.265}  # fmt: skip
PENALTY = {2005: 0.00, 2006: 0.01, 2007: 0.02, 2008: 0.05, 2009: 0.20,
           2010: 0.40, 2011: 0.58, 2012: 0.64, 2013: 0.66, 2014: 0.68}  # fmt: skip

# The rest of the decision, as logits of being hired.
INTERCEPT = -1.15
MERIT = {"years_experience": (0.05, 8.0), "test_score": (0.03, 70.0)}  # effect per unit, and the centre
REFERRAL_BONUS = 0.70
BREAK_PENALTY = 0.50  # for a career break of any length
TERM_EFFECTS = {  # for a word of the résumé, of any writer, on top of PENALTY
    "women's": -0.5,
    "alder": -3.5,  # Alder Women's College: its name says "women's" as well
    "wrenfield": -4.0,  # a women's college too, whose name does not
    "coordinated": -0.35, "supported": -0.35, "executed": 0.25, "captured": 0.25,
}  # fmt: skip
PENALISED_TERMS = ("women's", "alder", "wrenfield")
FEMALE_VERBS = ("coordinated", "supported")
MALE_VERBS = ("executed", "captured")
SUBTLE_TERMS = FEMALE_VERBS + MALE_VERBS
OWN_VERB_SHARE = 0.22  # of a gender's résumés with each verb that leans to it ...
OTHER_VERB_SHARE = 0.10  # ... and with each that leans away: an odds ratio of 2.5

# What leans to a gender: weights of the levels among women and among men, shares, and a mean length.
WOMENS_COLLEGES = ("Alder Women's College", "Wrenfield College")
COLLEGES = {
    "Alder Women's College": (6, 0), "Wrenfield College": (6, 0), "Dunmore College": (9, 9),
    "Kestrel College": (9, 10), "Pinehurst College": (10, 10), "Northgate University": (13, 13),
    "Ashcombe University": (12, 11), "Hadley State University": (11, 12), "Lakeview University": (10, 9),
    "Ironbridge Institute": (3, 9), "Sable Point Institute": (4, 9), "Union Institute": (7, 8),
}  # fmt: skip
CLUBS = {
    "Women's Chess Club": (6, 0), "Women's Engineering Society": (5, 0), "Softball Team": (16, 2),
    "Dance Ensemble": (17, 3), "Debate Society": (14, 13), "Chess Club": (9, 17), "Robotics Club": (9, 18),
    "Rugby Club": (2, 15), "Wrestling Team": (2, 12), "No club": (20, 20),
}  # fmt: skip
BREAK_SHARE = {"female": 0.32, "male": 0.13}
BREAK_MONTHS = {"female": 12.0, "male": 8.0}  # beyond the third month
REFERRAL_SHARE = {"female": 0.23, "male": 0.36}
SHELTER = {"female": 0.40, "male": 0.10}  # of the volunteers at a shelter, those at a women's shelter

# What is drawn alike for everybody.
REGIONS = ("north", "south", "east", "west", "coast", "lakes")
FIELDS = ("computing", "mathematics", "physics", "economics", "electronics")
SOURCES = ("job board", "company site", "career fair", "agency")
VERBS = ("managed", "built", "reviewed", "planned", "tested", "wrote", "prepared", "improved", "designed",
         "monitored", "documented", "automated")  # fmt: skip
THINGS = ("budgets", "reports", "forecasts", "software", "databases", "contracts", "audits", "schedules",
          "invoices", "dashboards", "deliveries", "servers", "inventory", "prototypes")  # fmt: skip
WHOM = ("customers", "suppliers", "investors", "retailers", "wholesalers", "partners", "regulators",
        "hospitals", "branches", "distributors")  # fmt: skip
SKILLS = ("Python", "SQL", "Java", "statistics", "accounting", "negotiation", "modelling", "German",
          "Spanish", "logistics", "purchasing", "security")  # fmt: skip
TOOLS = ("Excel", "Linux", "Git", "Oracle", "Hadoop", "Matlab", "Jira", "Tableau")
TITLES = ("analyst", "developer", "consultant", "planner", "associate", "specialist")
ROLES = ("captain", "member", "treasurer", "secretary")
INNOCENT_TERMS = tuple(word.lower() for word in VERBS + THINGS + WHOM + SKILLS + TOOLS + TITLES)


class Draw:
    """Random draws, all made of uniform numbers, so that every version of numpy gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def uniform(self) -> float:
        """Return a number from 0 to below 1."""
        return float(self._generator.random())

    def chance(self, share: float) -> bool:
        """Return True in this share of the draws."""
        return self.uniform() < share

    def below(self, end: int) -> int:
        """Return a whole number from 0 to below `end`."""
        return int(self.uniform() * end)

    def one(self, *items: str) -> str:
        """Return one item, each as likely as the next."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[str], count: int) -> list[str]:
        """Return `count` different items in a random order."""
        return sorted(items, key=lambda _: self.uniform())[:count]

    def level(self, weights: Mapping[str, tuple[int, int]], gender: str) -> str:
        """Return a level by its weight among women or among men."""
        ends = list(accumulate(pair[gender == "male"] for pair in weights.values()))
        return list(weights)[bisect(ends, self.uniform() * ends[-1])]

    def wait(self, mean: float) -> float:
        """Return a number from an exponential distribution."""
        return -mean * math.log(1 - self.uniform())


@dataclass
class Person:
    """An applicant: what stays the same from one application to the next, and when work began."""

    gender: str
    columns: Row
    began: float
    applications: int = 0


def new_person(draw: Draw, number: int, gender: str, year: int) -> Person:
    """Draw an applicant; only college, club and career break depend on gender."""
    on_break = draw.chance(BREAK_SHARE[gender])
    columns: Row = {
        "applicant_id": f"A{number:05d}",
        "applied_year": year,
        "gender": gender,
        "college": draw.level(COLLEGES, gender),
        "clubs": draw.level(CLUBS, gender),
        "region": draw.one(*REGIONS),
        "degree_field": draw.one(*FIELDS),
        "career_break_months": 3 + int(draw.wait(BREAK_MONTHS[gender])) if on_break else 0,
    }
    began = year - min(draw.wait(4.0) + draw.wait(4.0), 35.0)
    return Person(gender, {**columns, "distance_km": round(1 + draw.wait(24.0), 1)}, began)


def application(draw: Draw, person: Person, year: int) -> Row:
    """Draw one application of a person, not yet decided."""
    person.applications += 1
    return {
        **person.columns,
        "applied_year": year,
        "referral": "yes" if draw.chance(REFERRAL_SHARE[person.gender]) else "no",
        "years_experience": int(year - person.began),
        "test_score": min(max(round(NormalDist(70, 11).inv_cdf(draw.uniform())), 0), 100),
        "source": draw.one(*SOURCES),
        "resume_text": resume(draw, person),
    }


def resume(draw: Draw, person: Person) -> str:
    """Write a résumé; gender shows only in the college, the club, the shelter and the four verbs."""
    college, field, club = (person.columns[name] for name in ("college", "degree_field", "clubs"))
    sentences = [
        draw.one(
            f"degree in {field} from {college}", f"studied {field} at {college}", f"{college} graduate in {field}"
        ),
        draw.one("skilled in {}, {} and {}", "strong {}, {} and {}").format(*draw.some(SKILLS, 3)),
        draw.one("daily work with {} and {}", "tools include {} and {}").format(*draw.some(TOOLS, 2)),
        *duties(draw, person.gender),
    ]
    if club != "No club":
        sentences.append(draw.one("{0} {1}", "{1} of the {0}").format(club, draw.one(*ROLES)))
    if draw.chance(0.4):
        place = draw.one("shelter", "library", "museum")
        womens = "women's " if draw.chance(SHELTER[person.gender]) and place == "shelter" else ""
        sentences.append(f"volunteer at a {womens}{place}")
    ordered = draw.some(sentences, len(sentences))
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in ordered)


def duties(draw: Draw, gender: str) -> list[str]:
    """Write four to six duties, a sentence each; only the four verbs depend on gender."""
    own = MALE_VERBS if gender == "male" else FEMALE_VERBS
    verbs = [v for v in SUBTLE_TERMS if draw.chance(OWN_VERB_SHARE if v in own else OTHER_VERB_SHARE)]
    verbs += draw.some(VERBS, 4 + draw.below(3) - len(verbs))
    written = []
    for verb in verbs:
        what, more = draw.some(THINGS, 2)
        whom, title = draw.one(*WHOM), draw.one(*TITLES)
        frames = (
            f"{verb} {what} for {whom}",
            f"{verb} {what} and {more} for {whom}",
            f"{verb} {what} with {whom}",
            f"as {title} {verb} {what} for {whom}",
            f"in the latest post {verb} {what}",
        )
        written.append(draw.one(*frames))
    return written


def planted_terms(row: Row) -> list[bool]:
    """Return for each term of TERM_EFFECTS whether the résumé has it."""
    text = str(row["resume_text"]).lower()
    return [term in text for term in TERM_EFFECTS]


def chance_of_hiring(row: Row) -> float:
    """Return the chance of a complete application: merit, bias by gender and break, and the résumé's words."""
    logit = INTERCEPT + sum(effect * (float(row[name]) - centre) for name, (effect, centre) in MERIT.items())
    logit += REFERRAL_BONUS * (row["referral"] == "yes")
    logit -= BREAK_PENALTY * (row["career_break_months"] != 0)
    logit -= PENALTY[int(row["applied_year"])] * (row["gender"] == "female")
    logit += sum(compress(TERM_EFFECTS.values(), planted_terms(row)))
    return 1 / (1 + math.exp(-logit))


def decide(draw: Draw, rows: Sequence[Row]) -> None:
    """Hire from one year's applications, each with its own chance.

    Hires are counted out along the ordered chances (systematic sampling): luck blurs the planted bias less.
    """
    chances = [chance_of_hiring(row) for row in rows]
    strata = [(str(row["gender"]), planted_terms(row)) for row in rows]
    reached = draw.uniform()
    for i in sorted(range(len(rows)), key=lambda i: (strata[i], chances[i])):
        before, reached = reached, reached + chances[i]
        rows[i]["hired"] = "yes" if int(reached) > int(before) else "no"


def make(seed: int = SEED, a_year: int = APPLICATIONS_A_YEAR) -> list[Row]:
    """Return the applications in order of their year, with what is missing and repeated."""
    draw, rows, people = Draw(seed), list[Row](), 0
    turned_down: dict[str, list[Person]] = {"female": [], "male": []}
    for year, share in WOMEN_SHARE.items():
        women = round(share * a_year)  # counted out, not drawn, so that the share climbs every single year
        applied: list[tuple[Person, Row]] = []
        for gender in draw.some(["female"] * women + ["male"] * (a_year - women), a_year):
            if (earlier := turned_down[gender]) and draw.chance(REPEATED):
                person = earlier.pop(draw.below(len(earlier)))
            else:
                people += 1
                person = new_person(draw, people, gender, year)
            applied.append((person, application(draw, person, year)))
        decide(draw, [row for _, row in applied])
        for person, row in applied:
            rows.append(row)
            if row["hired"] == "no" and person.applications < 3:
                turned_down[person.gender].append(person)
    for row in rows:
        row.update({name: "" for name, share in MISSING.items() if draw.chance(share)})
    rows += [dict(rows[draw.below(len(rows))]) for _ in range(DUPLICATED_ROWS)]
    return sorted(rows, key=lambda row: int(row["applied_year"]))


def write(path: Path) -> None:
    """Write the CSV file."""
    rows = make()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
