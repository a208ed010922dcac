"""Groups that are not in the data: in a side file, joined by a key, or as probabilities."""

from __future__ import annotations

from typing import TypeVar

from auditor.engines.engine import Engine, OnDuckDB
from auditor.errors import AuditError, UseCaseError
from auditor.loaders.credentials import shown
from auditor.use.usecase import UseCase

Rows = TypeVar("Rows", bound=Engine)


def with_groups_beside(rows: Engine, use: UseCase) -> tuple[Engine, UseCase]:
    """Return the rows with the columns of the side file that the use names, if it names one, and the use with them.

    Raises:
        UseCaseError: The key of the file, or the file of a key, is not named.
        AuditError: The rows are not on this machine, or the file cannot be joined.
    """
    file, on = use.groups.file, use.groups.on
    if file is None:
        if on is not None:
            raise UseCaseError(f"the key '{on}' (--on) is that of a side file; name the file (--group-file)")
        return rows, use
    if "://" in file or file == "-":
        raise UseCaseError(f"a group file is a file on this machine; got '{shown(file)}'")
    if on is None:
        raise UseCaseError(f"by which key is {file} joined? name it (--on)")
    if not isinstance(rows, OnDuckDB):
        raise AuditError("a group file cannot be joined in Spark; join it there, and audit the result")
    from auditor.engines.group_file import with_group_file

    source, columns = with_group_file(rows.source, file, on)
    if not use.groups.columns and not use.groups.probabilities:
        use = use.over("groups", columns=columns)
    return OnDuckDB(source), use


def refuse_estimated(use: UseCase) -> None:
    """Refuse probabilities of groups where the policy asks for the tables of 6 RCNY 5-301, which takes none."""
    if use.groups.probabilities and use.policy.tables:
        raise UseCaseError(
            f"the policy '{use.policy.name}' takes no estimated groups (Local Law 144: no imputed or inferred data); "
            "leave [groups] probabilities out"
        )
