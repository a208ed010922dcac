"""Policies: limits with their sources, and what a shown fault does to the verdict."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from auditor.errors import UseCaseError, hint
from auditor.model import Severity
from auditor.tables import Table
from auditor.toml import explain, read_toml


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


class Required(Table):
    """Which rules a "fit" rests on, and which block when shown strongly in an automated, high-stakes use."""

    required: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()


class Policy(Table):
    """Limits with their sources, and what a shown fault does to the verdict.

    `reference`: which group others are held against. `tables`: whether the tables of 6 RCNY 5-301 are made, leaving
    out categories under `exclude_below` of the data, for the reason in `exclusion`. `articles`: rule -> provision.
    """

    name: str
    title: str
    settles_not: str
    reference: Literal["eligible", "literal"] = "eligible"
    tables: bool = False
    exclude_below: float = Field(default=0.0, ge=0, lt=1)
    exclusion: str | None = None
    articles: dict[str, str] = Field(default_factory=dict)
    limits: Limits
    sources: dict[str, str]
    severity: dict[str, Severity]
    verdict: Required

    @classmethod
    def load(cls, name: str) -> Policy:
        """Read a shipped policy by name, or a TOML file by its path; UseCaseError when it is not there or wrong."""
        shipped = resources.files("auditor") / "policies"
        names = sorted(path.name.removesuffix(".toml") for path in shipped.iterdir() if path.name.endswith(".toml"))
        if name in names:
            return cls.model_validate(tomllib.loads((shipped / f"{name}.toml").read_text(encoding="utf-8")))
        if not name.endswith(".toml"):
            raise UseCaseError(f"no policy is called '{name}'{hint(name, names)} ({', '.join(names)}, or a .toml file)")
        data, text = read_toml(Path(name), "policy")
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise UseCaseError(f"{name}{explain(error, text, cls)}") from None
