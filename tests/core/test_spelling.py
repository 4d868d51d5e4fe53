"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from policypack.core.spelling import LONGEST, MOST_KNOWN, similar

ACTIONS = ["GetObject", "GetObjectAcl", "PutObject", "ListBucket", "name"]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GetObjects", ["GetObject"]),
        ("getobject", ["GetObject"]),
        ("etObject", ["GetObject"]),
        ("ListBuckets", ["ListBucket"]),
        ("nmae", ["name"]),
        ("CreateQueue", []),
        ("", []),
        ("GetObject" * LONGEST, []),
    ],
)
def test_a_misspelt_name_has_its_nearest_neighbour(name: str, meant: list[str]) -> None:
    assert similar(name, ACTIONS) == meant


def test_only_a_part_of_many_names_is_looked_at() -> None:
    seen = 0

    def endless() -> Iterator[str]:
        nonlocal seen
        while True:
            seen += 1
            yield "GetObjectAcl"

    assert similar("GetObjects", endless()) == ["GetObjectAcl"]
    assert seen <= MOST_KNOWN
