from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.evaluation.settings import Settings
from policypack.iam.globs import matches
from policypack.iam.tables import s3_event_names
from policypack.resources.notification import NOTIFICATION, NotificationEntry, entries, overlapping, triggers
from policypack.resources.tokens import FUNCTION

LETTERS = "ab"
KEYS = ["".join(each) for size in range(7) for each in product(LETTERS, repeat=size)]
filters = st.text(LETTERS, max_size=3)
events = st.lists(st.sampled_from(sorted(s3_event_names())), min_size=1, max_size=2)


def notification(**inputs: Any) -> Resource:
    return Resource(NOTIFICATION, "inbox", {"bucket": "acme-inbox", **inputs})


def entry(events: list[Any], prefix: Any = None, suffix: Any = None) -> NotificationEntry:
    raw = {"events": events, "filterPrefix": prefix, "filterSuffix": suffix}
    ((_, found),) = entries(notification(lambdaFunctions=[raw]))
    assert isinstance(found, NotificationEntry)
    return found


def told(name: str) -> set[str]:
    """The events that S3 tells under a name, each by its own name."""
    return {each for each in s3_event_names() if not each.endswith("*") and matches(name, each)} | {name}


@given(events, filters, filters, events, filters, filters)
def test_two_overlap_where_some_key_and_event_is_told_to_both(
    events: list[str], prefix: str, suffix: str, others: list[str], other_prefix: str, other_suffix: str
) -> None:
    shared = set().union(*map(told, events)) & set().union(*map(told, others))
    starts, ends = (prefix, other_prefix), (suffix, other_suffix)
    both = any(all(map(key.startswith, starts)) and all(map(key.endswith, ends)) for key in KEYS)
    one, other = entry(events, prefix, suffix), entry(others, other_prefix, other_suffix)
    assert overlapping(one, other) is (bool(shared) and both)
    assert overlapping(other, one) is overlapping(one, other)


@given(filters, filters)
def test_the_globs_of_a_filter_match_the_keys_that_it_lets_through(prefix: str, suffix: str) -> None:
    globs = entry(["s3:ObjectCreated:*"], prefix, suffix).keys
    assert globs is not None
    for key in KEYS:
        let_through = key.startswith(prefix) and key.endswith(suffix)
        assert any(matches(glob, key) for glob in globs) is let_through


CREATED = ["s3:ObjectCreated:*"]


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        (entry(CREATED, UNKNOWN), entry(CREATED), True),
        (entry(CREATED, UNKNOWN), entry(CREATED, "in/"), None),
        (entry([UNKNOWN]), entry(CREATED), None),
        (entry([UNKNOWN], "in/"), entry(CREATED, "out/"), False),
        (entry(CREATED, UNKNOWN, ".csv"), entry(CREATED, "in/", ".json"), False),
        (entry([UNKNOWN, *CREATED]), entry(CREATED), True),
        (entry(CREATED, "a+b/"), entry(CREATED, "a%20b/c"), True),
    ],
)
def test_what_is_unknown_counts_only_where_it_decides(
    one: NotificationEntry, other: NotificationEntry, verdict: object
) -> None:
    assert overlapping(one, other) is verdict


def test_entries_of_every_kind_are_read_in_order() -> None:
    found = [
        (path, isinstance(each, Unknown))
        for path, each in entries(
            notification(lambdaFunctions=[{"events": CREATED}, UNKNOWN], queues=[{}], topics=UNKNOWN)
        )
    ]
    assert found == [
        ("lambdaFunctions[0]", False),
        ("lambdaFunctions[1]", True),
        ("queues[0]", False),
        ("topics", True),
    ]


def function(name: str) -> Resource:
    return Resource(FUNCTION, name, {"name": UNKNOWN})


def test_as_many_unknown_functions_as_the_list_depends_on_are_all_meant() -> None:
    one, two = function("one"), function("two")
    target = {"lambdaFunctionArn": UNKNOWN, "events": CREATED}

    def functions(count: int, *origins: Resource) -> list[tuple[int, int, bool]]:
        resource = Resource(
            NOTIFICATION,
            "inbox",
            {"bucket": "acme-inbox", "lambdaFunctions": [target] * count},
            property_dependencies={"lambdaFunctions": tuple(each.urn for each in origins)},
        )
        found = [each.functions for each in triggers(Stack((one, two, resource), Settings()))]
        return [(len(each.certain), len(each.possible), each.between) for each in found]

    assert functions(1, one) == [(1, 0, False)]
    assert functions(2, one) == [(1, 0, False)] * 2
    assert functions(2, one, two) == [(0, 2, True)] * 2
    assert functions(1, one, two) == [(0, 2, False)]
    assert functions(1) == [(0, 2, False)]
