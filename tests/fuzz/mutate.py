"""Changes to what was well-formed: a few bytes, or one place of a JSON value."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

from tests.fuzz import hostile

VALUES: tuple[Any, ...] = (
    None, "", "x\x1b[31m\u202e<b>", "[a](http://x)", "<img src=x onerror=alert(1)>", "nan", [], {}, -1, 0, 1, 1e308, -1e308,
    10**30, 0.5, True, False, [None], {"a": [1]}, [[]], "\ud800", "x" * 5000, "OUT001", "../../x", "1e400", [1, 2, 3],
    {"": {"": {}}}, "javascript:alert(1)", 2**63, -(2**63), 5e-324, "unfit", "2020-13-45",
)  # fmt: skip


def bytes_of(random: random.Random, data: bytes) -> bytes:
    """Return bytes with a few of them changed, removed, doubled or cut off."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 5, 20))):
        if not changed:
            break
        at = random.randrange(len(changed))
        if random.random() < 0.4:  # a header or a footer tells a reader what to do
            at = random.choice((at % min(64, len(changed)), len(changed) - 1 - at % min(200, len(changed))))
        kind = random.randrange(6)
        if kind <= 2:
            changed[at] = random.choice((random.randrange(256), 0, 255, changed[at] ^ (1 << random.randrange(8))))
        elif kind == 3:
            del changed[at : at + random.choice((1, 4, 100))]
        elif kind == 4:
            changed[at:at] = changed[at : at + random.choice((1, 8, 64))]
        elif random.random() < 0.3:
            del changed[at:]
    return bytes(changed)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every place within a JSON value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def json_of(random: random.Random, value: Any, known: list[tuple[Any, ...]]) -> Any:
    """Return a JSON value with one to three of its places replaced, removed, doubled or given another key."""
    changed = copy.deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        *above, last = random.choice(known)
        inside = changed
        try:
            for key in above:
                inside = inside[key]
            kind = random.randrange(8)
            if kind == 0:
                del inside[last]
            elif kind == 1 and isinstance(inside, dict):
                inside[hostile.name(random)] = inside.pop(last)
            elif kind == 2 and isinstance(inside, list):
                inside.insert(last, copy.deepcopy(inside[last]))
            elif kind == 3 and isinstance(inside[last], str):
                inside[last] = hostile.level(random)
            elif kind == 4 and isinstance(inside[last], int | float):
                inside[last] = random.choice((-1, 0, 0.5, 1e308, 2**70, -inside[last], inside[last] * 1000))
            else:
                inside[last] = random.choice(VALUES)
        except (KeyError, IndexError, TypeError):  # an earlier change took it away
            continue
    return changed
