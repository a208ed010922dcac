"""Write `recruiting.csv`: one invented company's applications to sixty openings, stage by stage, with a model's score.

Every person, opening and number is invented. Two gaps are planted, each at one stage and for one group; the constants
below are the truth, so that a test can hold an audit against them.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import NormalDist

import numpy as np

Row = dict[str, str | float]

SEED = 20230705  # the day on which New York City began to enforce its law on automated hiring tools
OPENINGS = 60
APPLICANTS = (40, 61)  # to each opening: from so many to fewer than so many
DEPARTMENTS = {"engineering": 0.30, "sales": 0.50, "operations": 0.55}  # with the share of women among applicants
OLDER = 0.30  # share of applicants of 40 and over, in every department and of both genders
CHANNELS = ("job board", "company site", "agency")  # drawn alike for everybody

# The screening model: its score is 58 + 6 * skill + 8 * noise, both standard normal, less what is planted.
SCORE = (58.0, 6.0, 8.0)
AGE_MARKDOWN = 5.0  # planted: points that applicants of 40 and over lose at the same skill
CUT = 60.0  # from which the model recommends

# The stages after the application, each among those who passed all stages before.
FOLLOWED = (0.92, 0.06)  # screened in: of those recommended, and of the others
SHOWED_UP = 0.90  # interviewed
OFFER = -0.35  # offered: logit for a man of average skill
SKILL = 0.60  # and what a standard deviation of skill adds to it
GENDER_PENALTY = 0.90  # planted: taken from it for a woman
CHECKED = 0.96  # hired: of those who accept an offer
WITHDREW = {"interviewed": 0.03, "offered": 0.03, "hired": 0.08}  # before the decision at a stage, alike for everybody

STAGES = ("screened", "interviewed", "offered", "hired")
PLANTED = {("screened", "age_group"): "40 and over", ("offered", "gender"): "female"}
NOT_INTERVIEWED = 3  # hired all the same: rows that contradict the order of the stages
NOT_RECORDED = 8  # interviewed or not: the entry is missing, and so are those after it
NOT_SCORED = 15  # neither score nor recommendation
PATH = Path(__file__).with_name("recruiting.csv")


class Draw:
    """Random draws, all made of uniform numbers, so that every version of numpy gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def chance(self, share: float) -> bool:
        """Return True in this share of the draws."""
        return float(self._generator.random()) < share

    def below(self, end: int) -> int:
        """Return a whole number from 0 to below `end`."""
        return int(self._generator.random() * end)

    def normal(self) -> float:
        """Return a standard normal number."""
        return NormalDist().inv_cdf(max(float(self._generator.random()), 1e-12))


def rows(seed: int = SEED) -> list[Row]:
    """Return all applications, opening by opening."""
    draw = Draw(seed)
    made: list[Row] = []
    for opening in range(1, OPENINGS + 1):
        department = list(DEPARTMENTS)[opening % len(DEPARTMENTS)]
        for _ in range(APPLICANTS[0] + draw.below(APPLICANTS[1] - APPLICANTS[0])):
            of = {"applicant_id": f"P{len(made) + 1:05d}", "requisition_id": f"R{opening:02d}"}
            made.append(application(draw, {**of, "department": department}))
    spoil(draw, made)
    return made


def application(draw: Draw, row: Row) -> Row:
    """Draw one application to an opening and what became of it."""
    woman = draw.chance(DEPARTMENTS[str(row["department"])])
    older, skill = draw.chance(OLDER), draw.normal()
    middle, per_skill, noise = SCORE
    score = middle + per_skill * skill + noise * draw.normal() - AGE_MARKDOWN * older
    score = min(max(round(score, 1), 0.0), 100.0)
    recommended = score >= CUT
    offer = 1 / (1 + math.exp(GENDER_PENALTY * woman - OFFER - SKILL * skill))
    chances = {
        "screened": FOLLOWED[not recommended],
        "interviewed": SHOWED_UP,
        "offered": offer,
        "hired": CHECKED,
    }
    return {
        **row,
        "gender": "female" if woman else "male",
        "age_group": "40 and over" if older else "under 40",
        "channel": CHANNELS[draw.below(len(CHANNELS))],
        "score": score,
        "recommended": "yes" if recommended else "no",
        **stages(draw, chances),
    }


def stages(draw: Draw, chances: dict[str, float]) -> Row:
    """Draw how far an application came: no more entries after a withdrawal, "no" at all stages after a refusal."""
    found: Row = dict.fromkeys(STAGES, "no")
    for i, stage in enumerate(STAGES):
        if draw.chance(WITHDREW.get(stage, 0)):
            return {**found, stage: "withdrawn", **dict.fromkeys(STAGES[i + 1 :], "")}
        if not draw.chance(chances[stage]):
            return found
        found[stage] = "yes"
    return found


def spoil(draw: Draw, made: list[Row]) -> None:
    """Plant what is wrong with the records themselves, in rows drawn at random."""

    def some(n: int, of: list[Row]) -> list[Row]:
        return [of.pop(draw.below(len(of))) for _ in range(n)]

    for row in some(NOT_INTERVIEWED, [row for row in made if row["hired"] == "yes"]):
        row["interviewed"] = "no"
    for row in some(NOT_RECORDED, [row for row in made if row["screened"] == "yes" and row["offered"] == "no"]):
        row.update(dict.fromkeys(STAGES[1:], ""))
    for row in some(NOT_SCORED, list(made)):
        row.update({"score": "", "recommended": ""})


def write(path: Path) -> None:
    """Write the file."""
    made = rows()
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(made[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(made)


if __name__ == "__main__":
    write(PATH)
