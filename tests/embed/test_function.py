"""A Python function that embeds: what it gets, and what is checked of what it gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from auditor.embed.embedder import IMAGES_AT_ONCE, Function
from auditor.errors import ArgumentError
from tests.embed.test_image import png


def test_it_gets_the_texts_in_one_list_and_gives_rows() -> None:
    lists = []

    def lengths(texts: list[str]) -> list[list[int]]:
        lists.append(texts)
        return [[len(text), 1] for text in texts]

    model = Function(lengths, "text", "cv")
    vectors = model.embed(["a", "bcd"])
    assert lists == [["a", "bcd"]]
    assert (str(vectors.dtype), vectors.tolist(), model.dimension) == ("float32", [[1, 1], [3, 1]], 2)
    assert model.provenance["model"].endswith("lengths")  # type: ignore[attr-defined] # a text


def test_it_gets_images_in_lists_that_memory_can_hold() -> None:
    sizes = []

    def colours(images: list[Any]) -> np.ndarray:
        sizes.append(len(images))
        return np.array([image.getpixel((0, 0)) for image in images])

    files = [png(np.full((2, 2, 3), i, dtype=np.uint8)) for i in range(IMAGES_AT_ONCE + 3)]
    vectors = Function(colours, "image", "photo").embed(files)
    assert sizes == [IMAGES_AT_ONCE, 3]
    assert vectors.tolist() == [[i] * 3 for i in range(len(files))]


def _raises(texts: list[str]) -> np.ndarray:
    raise RuntimeError("the service is down")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda texts: np.ones(len(texts)), r"must return a row for each of 3 items; its shape is \(3,\)"),
        (lambda texts: np.ones((2, 4)), r"must return a row for each of 3 items; its shape is \(2, 4\)"),
        (lambda texts: np.ones((3, 0)), r"its shape is \(3, 0\)"),
        (lambda texts: np.ones((3, 2, 2)), r"its shape is \(3, 2, 2\)"),
        (lambda texts: None, "must return numbers; it returned object"),
        (lambda texts: [["a", "b"]] * 3, "must return numbers; it returned <U1"),
        (lambda texts: np.ones((3, 2), dtype=complex), "must return numbers; it returned complex128"),
        (lambda texts: np.ones((3, 2), dtype=bool), "must return numbers; it returned bool"),
        (lambda texts: [[1, 2], [3], [4, 5]], "must return rows of numbers, one for each item"),
        (lambda texts: np.array([[1, 2], [np.nan, 1], [3, 4]]), "not finite for 1 of 3 items"),
        (lambda texts: np.full((3, 2), 1e300), "not finite for 3 of 3 items"),
        (_raises, "failed: RuntimeError: the service is down"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_line(function: Callable[[list[str]], Any], why: str) -> None:
    with pytest.raises(ArgumentError, match=f"^embed of 'cv' .*{why}") as caught:
        Function(function, "text", "cv").embed(["a", "b", "c"])
    assert "\n" not in str(caught.value)
