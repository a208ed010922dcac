"""Write `pay.csv`: the pay of one invented employer in one year, with women paid less for the same job.

Every person and number is invented. The truth is in the constants below, so that a test can hold an audit against it.
"""

from __future__ import annotations

import csv
from pathlib import Path

from auditor.demo.hiring import Draw, Row

SEED = 20230517  # the date of Directive (EU) 2023/970's publication
WEEKS = 52  # of paid work in a year
FULL_TIME = 40

# Women are paid this share less than men for an hour, in every job (grade and family), at the same site and tenure.
GAP = 0.065
PER_YEAR, MOST_YEARS = 0.008, 20  # that a year of tenure adds to pay, and up to how many years
SITE = {
    "Lindau": 1.0,
    "Torvik": 1.03,
    "Almeda": 0.97,
    "Brenna": 1.05,
}  # of pay; who works where is independent of gender
SKEW, NOISE = 0.08, 0.025  # what is left of pay: an exponential part, and a symmetric one

# grade -> people, pay for an hour, women's share: this is how women come to be paid less across jobs
GRADES = {
    "1": (330, 15.5, 0.60), "2": (420, 18.0, 0.56), "3": (400, 21.5, 0.50), "4": (340, 26.0, 0.44),
    "5": (250, 32.0, 0.38), "6": (150, 40.0, 0.30), "7": (91, 52.0, 0.24), "8": (9, 95.0, 0.23),
}  # fmt: skip
FAMILIES = {  # family -> share of a grade's people, factor of pay, odds of being a woman
    "operations": (0.40, 1.00, 0.9), "administration": (0.22, 0.96, 3.0),
    "engineering": (0.23, 1.10, 0.35), "sales": (0.15, 1.02, 1.1),
}  # fmt: skip
TENURE = {"female": 5.0, "male": 6.5}  # years, mean: shorter for women, so tenure explains some of the raw gap
PART_TIME = {"female": 0.38, "male": 0.07}
PART_HOURS = ("20", "24", "30", "32")

# Variable pay: who receives some depends on the job alone; how much depends on base pay and on the rating.
RECEIVES = {"sales": 0.90, "from grade 5": 0.70, "others": 0.20}
SHARE_OF_BASE = (0.02, 0.06)  # of base pay: the least, and the mean of the exponential part on top
PER_POINT = 0.15  # that a point of the rating adds to variable pay: a share of it
RATING = {"female": (0.10, 0.26, 0.40, 0.18, 0.06), "male": (0.05, 0.18, 0.42, 0.24, 0.11)}  # 1 to 5, a biased rating

# What a payroll has besides: rows that no figure can use, or not without saying so.
WITHOUT_GENDER, WITHOUT_BASE, NO_HOURS, WITHOUT_VARIABLE, CLAWED_BACK = 10, 5, 4, 6, 2


def _women(grade: str, people: int) -> dict[str, int]:
    """Return family -> women of a grade, counted out: the shares of families lean to women or men by their odds."""
    share = GRADES[grade][2]
    shares = {}
    for family, (_, _, lean) in FAMILIES.items():
        odds = lean * share / (1 - share)
        shares[family] = odds / (1 + odds)
    found = {family: of * FAMILIES[family][0] for family, of in shares.items()}
    scale = share / sum(found.values())
    return {
        family: min(round(people * of * scale), round(people * FAMILIES[family][0])) for family, of in found.items()
    }


def _rating(draw: Draw, gender: str) -> int:
    at, reached = draw.uniform(), 0.0
    for rating, share in enumerate(RATING[gender], 1):
        reached += share
        if at < reached:
            return rating
    return len(RATING[gender])


def employee(draw: Draw, grade: str, family: str, gender: str) -> Row:
    """Draw one employee of a job."""
    tenure = min(draw.wait(TENURE[gender]), 38.0)
    site = draw.one(*SITE)
    hours = int(draw.one(*PART_HOURS)) if draw.chance(PART_TIME[gender]) else FULL_TIME
    rest = 1 + SKEW * (draw.wait(1.0) - 1) + NOISE * (draw.uniform() + draw.uniform() + draw.uniform() - 1.5) * 2
    hourly = GRADES[grade][1] * FAMILIES[family][1] * SITE[site] * (1 + PER_YEAR) ** min(tenure, MOST_YEARS) * rest
    hourly = round(hourly * (1 - GAP * (gender == "female")), 2)
    base = round(hourly * hours * WEEKS)
    rating = _rating(draw, gender)
    chance = RECEIVES["sales" if family == "sales" else "from grade 5" if int(grade) >= 5 else "others"]
    least, mean = SHARE_OF_BASE
    amount = base * (least + draw.wait(mean)) * (1 + PER_POINT * (rating - 3))
    return {
        "gender": gender,
        "grade": grade,
        "job_family": family,
        "site": site,
        "tenure_years": round(tenure, 1),
        "rating": rating,
        "weekly_hours": hours,
        "hourly_base": hourly,
        "base_pay": base,
        "variable_pay": round(amount) if draw.chance(chance) else 0,
    }


def make(seed: int = SEED) -> list[Row]:
    """Return the employees in a random order, with what is missing and odd."""
    draw, rows = Draw(seed), list[Row]()
    for grade, (people, _, _) in GRADES.items():
        women = _women(grade, people)
        for family, (share, _, _) in FAMILIES.items():
            for i in range(round(people * share)):
                rows.append(employee(draw, grade, family, "female" if i < women[family] else "male"))
    order = sorted(range(len(rows)), key=lambda _: draw.uniform())
    rows = [{"employee_id": f"E{i:04d}", **rows[at]} for i, at in enumerate(order, 1)]
    spoilt = sorted((i for i in range(len(rows)) if rows[i]["grade"] != "8"), key=lambda _: draw.uniform())
    blanks: list[tuple[Row, int]] = [
        ({"gender": ""}, WITHOUT_GENDER),
        ({"base_pay": "", "hourly_base": ""}, WITHOUT_BASE),
        ({"weekly_hours": 0, "base_pay": 0, "hourly_base": "", "variable_pay": 0}, NO_HOURS),  # on leave all year
        ({"variable_pay": ""}, WITHOUT_VARIABLE),
        ({"variable_pay": -1200}, CLAWED_BACK),
    ]
    for blank, count in blanks:
        for _ in range(count):
            rows[spoilt.pop()].update(blank)
    return rows


def main(path: Path | None = None) -> None:
    """Write the CSV file, beside this script unless another path is given."""
    rows = make()
    with (path or Path(__file__).with_name("pay.csv")).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
