"""Two columns that reveal each other: what their published counts give away when one is subtracted from the other.

The attacker holds one published tally, or several of the same rows and roles, and knows how any two columns are
related: which of their published levels, bins and rests ("blocks") occur together at all, exactly or but for a few
rows (city and state, age and year of birth, a column and its corrected copy). Public are, in each joint cell of groups
and outcome, the rows of every block of every column; so are all sums and differences of these. Nothing else is: no
count of two columns together leaves.

Blocks are the nodes of a graph, and two that occur together are joined. A set of nodes S that holds blocks of both
columns gives a difference: rows of its blocks of one column less those of the other. Where only one edge leaves S,
that difference is the number of rows of this edge; where none does, of the few that depart; and where S is a block with
all blocks of the other column around it and all that lie within those, it is what the others hold beside. Each must be
0 or no small cell, in every joint cell, or one of the columns does not leave. Where all blocks occur together there are
no such sets, and a cell of two columns stays open by the least cell or more: its bounds are max(0, a + b - n) and
min(a, b), which lie apart by no less than the smallest block, or rest, of either column. For graphs between the two
that is not proven; tests bound the cells of random related columns by linear programmes.

A relation that takes three columns at once (one is the sum of two others) is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FEW = 0.02  # rows, of all, that may depart from a relation
FEW_OF_ONE = 0.1  # and of those of one block

Matrix = NDArray[np.int64]
Joined = NDArray[np.bool_]
Cut = tuple[Joined, Joined]  # the blocks of a set, of the first and of the second column


def strong(crossed: Matrix, least: int) -> Joined:
    """Return which blocks occur together without the pairs that are the exceptions of a relation.

    Exceptions are few of the rows, and few of those of either block; and less than half of what chance would bring
    together, or under `least`.
    """
    flat = crossed.ravel()
    order = np.argsort(flat, kind="stable")
    weak = np.zeros(flat.size, bool)
    weak[order] = np.cumsum(flat[order]) <= FEW * flat.sum()
    first, second = crossed.sum(axis=1, keepdims=True), crossed.sum(axis=0, keepdims=True)
    by_chance = first * (second / max(1, flat.sum()))
    rare = weak.reshape(crossed.shape) & ((crossed < by_chance / 2) | (crossed < least))
    lost = np.where(rare, crossed, 0)
    many = (lost.sum(axis=1, keepdims=True) > FEW_OF_ONE * first) | (
        lost.sum(axis=0, keepdims=True) > FEW_OF_ONE * second
    )
    kept: Joined = (crossed > 0) & ~(rare & ~many)
    return kept


def guessed_by(crossed: Matrix, others: tuple[int, int]) -> float:
    """Return how much better the block of one column is guessed where that of the other is known; 1: it is certain.

    Of the two ways, the better; `others` are the places of the blocks of all other values, which reveal nothing.

    Source: Goodman and Kruskal 1954, Measures of association for cross classifications (lambda).
    """
    found = 0.0
    for table, other in ((crossed, others[1]), (crossed.T, others[0])):
        known = np.delete(table, other, axis=1)
        blind = known.sum(axis=1).max(initial=0)
        left = known.sum() - blind
        found = max(found, float((known.max(axis=0, initial=0).sum() - blind) / left) if left else 0.0)
    return found


def patterns(first: Matrix, second: Matrix) -> Iterator[tuple[Joined, Joined, NDArray[np.intp]]]:
    """Yield the blocks of both columns that some joint cells hold, and the places of these cells."""
    there = np.concatenate([first > 0, second > 0], axis=1)
    packed = np.packbits(there, axis=1)
    places: dict[bytes, list[int]] = {}
    for place, kind in enumerate(packed):
        places.setdefault(kind.tobytes(), []).append(place)
    for at in places.values():
        yield there[at[0], : first.shape[1]], there[at[0], first.shape[1] :], np.array(at)


def tied(crossed: Matrix, first: Matrix, second: Matrix, least: int) -> bool:
    """Whether two columns are related so that a count of both together may follow from those of each.

    `crossed` has the rows of their blocks together; `first` and `second` those of each, by joint cell.
    """
    whole, kinds = crossed > 0, list(patterns(first, second))
    graphs = [
        of for of in (whole, strong(crossed, least)) if not of.all()
    ]  # a part of what is joined throughout is so too
    return any(not _plain(_part(graph, a, b)) for graph in graphs for a, b, _ in kinds)


def leaks(crossed: Matrix, first: Matrix, second: Matrix, least: int) -> bool:
    """Whether a difference of the published counts of two columns is between 0 and `least`."""
    kinds = list(patterns(first, second))
    for graph in (crossed > 0, strong(crossed, least)):
        for a, b, cells in kinds:
            sub = _part(graph, a, b)
            for inside, beside in (*([] if _universal(sub) else _split(sub)[0]), *_within(sub)):
                rows = first[cells][:, a][:, inside].sum(axis=1) - second[cells][:, b][:, beside].sum(axis=1)
                if ((rows != 0) & (np.abs(rows) < least)).any():
                    return True
    return False


def _part(graph: Joined, a: Joined, b: Joined) -> Joined:
    found: Joined = graph[np.ix_(a, b)]
    return found


def _universal(graph: Joined) -> bool:
    """Whether it is plain at a glance that blocks stay joined without any one edge, but for those with a single one.

    So it is where all blocks of a column share two neighbours, or more, with one of them.
    """
    if not graph.any(axis=0).all() or not graph.any(axis=1).all():
        return False
    if min(graph.shape) <= 1:
        return True
    edges = graph.astype(np.float32)
    return any(bool((shared > 1).all(axis=1).any()) for shared in (edges @ edges.T, edges.T @ edges))


def _plain(graph: Joined) -> bool:
    return _universal(graph) or not _split(graph)[1]


def _split(graph: Joined) -> tuple[list[Cut], bool]:
    """Return the sets that no edge or one edge leaves; and whether there are any but single blocks."""
    size, both = sum(graph.shape), graph.shape[0]
    near = [[both + int(b) for b in np.flatnonzero(row)] for row in graph]
    near += [[int(a) for a in np.flatnonzero(column)] for column in graph.T]
    sets = list(_bridged(near, size))
    masks = []
    for nodes in sets:
        mask = np.zeros(size, bool)
        mask[nodes] = True
        masks.append((mask[:both], mask[both:]))
    several = any(1 < len(nodes) < size - 1 or not near[nodes[0]] for nodes in sets)
    return masks, several


def _bridged(near: list[list[int]], size: int) -> Iterator[list[int]]:
    """Yield the nodes of every connected part but a whole one, and those on the far side of every bridge.

    Source: Tarjan 1974, A note on finding the bridges of a graph; the nodes below a bridge follow each other in order.
    """
    number, low, order = [-1] * size, [0] * size, list[int]()
    for root in range(size):
        if number[root] >= 0:
            continue
        start = len(order)
        stack = [(root, -1, iter(near[root]))]
        number[root] = low[root] = len(order)
        order.append(root)
        while stack:
            node, above, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                stack.pop()
                if above >= 0:
                    low[above] = min(low[above], low[node])
                    if low[node] > number[above]:
                        yield order[number[node] :]
            elif number[following] < 0:
                number[following] = low[following] = len(order)
                order.append(following)
                stack.append((following, node, iter(near[following])))
            elif following != above:
                low[node] = min(low[node], number[following])
        if len(order) - start < size:
            yield order[start:]


def _within(graph: Joined) -> Iterator[Cut]:
    """Yield every block's neighbours, with all blocks that have no others."""
    for turned in (False, True):
        own = graph.T if turned else graph
        for around in np.unique(own, axis=0):
            inside = ~(own & ~around).any(axis=1)
            yield (around, inside) if turned else (inside, around)
