"""Whatever stands at any place of a use case, a policy or a population, it is read or refused in a line."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from auditor.analyzers.catalog import codes
from auditor.errors import UseCaseError
from auditor.use.policy import Policy
from auditor.use.population import read_population
from auditor.use.usecase import UseCase
from tests.fuzz import tables, toml_files
from tests.fuzz.mutate import paths

VALUES: tuple[Any, ...] = ("", "x\x1b\u202e", [], {}, -1, 5, 1e308, float("inf"), float("nan"), True, [5], [{"a": 1}], {"a": {"b": [1]}})  # fmt: skip


def _full_use_case() -> dict[str, Any]:
    class Always(Random):
        def random(self) -> float:
            return 0.05

    made = tables.tame(Random(1), 40)
    return toml_files.use_case(Always(1), made, "d.csv") | {
        "accept": [{"rule": "OUT001", "subject": "f", "reason": "x", "by": "y", "until": "2030-01-01"}],
        "rules": {"OUT001": {"least": 1}},
    }


def _changed(tables_: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in paths(tables_):
        for value in VALUES:
            made = copy.deepcopy(tables_)
            inside: Any = made
            for key in path[:-1]:
                inside = inside[key]
            inside[path[-1]] = value
            yield made


READ: dict[str, tuple[dict[str, Any], Callable[[str], object]]] = {
    "use case": (_full_use_case(), lambda path: UseCase.load(path).policy),
    "policy": (toml_files.policy(Random(3)) | {"extends": "default"}, lambda path: Policy.load(path, codes())),
    "population": (
        {"population": {"sex": {"f": 0.5, "m": 0.5}, "survey": {"sex": 100}, "period": [2000, 2010]}},
        read_population,
    ),
}


@pytest.mark.parametrize("kind", READ)
def test_any_value_at_any_place_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    whole, read = READ[kind]
    path, refused = tmp_path / "x.toml", 0
    for tables_ in list(_changed(whole))[::3]:  # 13 values: each place gets each of a few
        path.write_text(toml_files.document(tables_), encoding="utf-8")
        try:
            read(str(path))
        except UseCaseError as error:
            refused += 1
            assert "\n" not in str(error) and "\x1b" not in str(error)
    assert refused > 10
