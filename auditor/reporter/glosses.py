"""What the terms of the first screen mean, for readers who do not know the field: each that stands there, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

GLOSSES = {
    "impact ratio": "Impact ratio: the rate of a group over that of the reference.",
    "AUC": "AUC: how well a model predicts the group, from 0.5 (chance) to 1 (always right).",
    "proxy": "Proxy: a column or a term that is linked with a group, so that a model can use it in place of the group.",
    "Cliff's delta": "Cliff's delta: how much more often a random person of one group is above one of the other than "
    "below, from −1 to 1. 0 is alike.",
}


def glosses(texts: Iterable[str]) -> Iterator[str]:
    """Yield what each term means that is in one of the texts.

    >>> [of.split(":")[0] for of in glosses(["'f' is selected at 10%, 'm' at 20%: impact ratio 0.50"])]
    ['Impact ratio']
    """
    together = "\n".join(texts)
    yield from (gloss for term, gloss in GLOSSES.items() if term in together)
