"""The small changes: an edge of a comparison, a constant, an operator, a state; one at a time."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
COUNTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
STATES = {
    "CLEAR": "UNDETERMINED", "UNDETERMINED": "CLEAR", "BORDERLINE": "SHOWN", "SHOWN": "BORDERLINE",
    "SHOWN_STRONG": "SHOWN", "NOT_RUN": "CLEAR",
}  # fmt: skip
EXTREMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """A module with one thing changed: its line, the thing before and after, and the whole source."""

    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.before}  →  {self.after}"


def mutants(source: str) -> list[Mutant]:
    """Return every change of a module's source, in its order; notes for type checkers and docstrings stay."""
    count = sum(1 for _ in _changes(ast.parse(source)))
    found = []
    for i in range(count):
        tree = ast.parse(source)
        line, before, after = next(change for at, change in enumerate(_changes(tree, apply=i)) if at == i)
        found.append(Mutant(line, before, after, f"{ast.unparse(ast.fix_missing_locations(tree))}\n"))
    return found


def _changes(tree: ast.Module, apply: int | None = None) -> Iterator[tuple[int, str, str]]:
    """Yield line, old and new text of each change; the one numbered `apply` is made in the tree."""
    at = 0
    for statement, node in _nodes(tree):
        for attribute, index, value in _of(node):
            before = ast.unparse(node)
            kept = copy.copy(getattr(node, attribute))
            _set(node, attribute, index, value)
            after = ast.unparse(node)
            if at != apply:
                setattr(node, attribute, kept)
            yield getattr(node, "lineno", statement.lineno), before, after
            at += 1


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """Yield the parts of all statements that do something when they run: no annotation, docstring or import."""

    def inside(statement: ast.stmt, node: ast.AST) -> Iterator[tuple[ast.stmt, ast.AST]]:
        yield statement, node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _says_nothing(child):
                    yield from inside(child if isinstance(child, ast.stmt) else statement, child)

    for statement in tree.body:
        if not _says_nothing(statement):
            yield from inside(statement, statement)


def _says_nothing(node: ast.AST) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    return text or typing or isinstance(node, ast.Import | ast.ImportFrom | ast.Assert)


def _of(node: ast.AST) -> Iterator[tuple[str, int | None, object]]:
    """Yield the changes of one node: an attribute, a place in it, and what to put there."""
    if isinstance(node, ast.Compare):
        for i, op in enumerate(node.ops):
            yield "ops", i, COMPARED[type(op)]()
    elif isinstance(node, ast.BinOp) and type(node.op) in COUNTED:
        yield "op", None, COUNTED[type(node.op)]()
    elif isinstance(node, ast.BoolOp):
        yield "op", None, ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "op", None, ast.UAdd()
    elif isinstance(node, ast.IfExp | ast.If):
        yield "test", None, ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "value", None, not node.value
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield "value", None, node.value + 1 if isinstance(node.value, int) else node.value * 1.25 + (node.value == 0)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "State":
        if node.attr in STATES:
            yield "attr", None, STATES[node.attr]
    elif isinstance(node, ast.Name) and node.id in EXTREMES and isinstance(node.ctx, ast.Load):
        yield "id", None, EXTREMES[node.id]


def _set(node: ast.AST, attribute: str, index: int | None, value: object) -> None:
    if index is None:
        setattr(node, attribute, value)
    else:
        changed = [*getattr(node, attribute)]
        changed[index] = value
        setattr(node, attribute, changed)
