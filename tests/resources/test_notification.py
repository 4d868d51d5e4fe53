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
from policypack.resources.notification import FUNCTIONS, NOTIFICATION, NotificationEntry, entries, overlapping, triggers
from policypack.resources.tokens import FUNCTION

LETTERS = "ab"
KEYS = ["".join(letters) for size in range(7) for letters in product(LETTERS, repeat=size)]
filters = st.text(LETTERS, max_size=3)
events = st.lists(st.sampled_from(sorted(s3_event_names())), min_size=1, max_size=2)


def notification(**inputs: Any) -> Resource:
    return Resource(NOTIFICATION, "inbox", {"bucket": "acme-inbox", **inputs})


def entry(events: list[Any], prefix: Any = None, suffix: Any = None) -> NotificationEntry:
    raw = {"events": events, "filterPrefix": prefix, "filterSuffix": suffix}
    ((_, parsed),) = entries(notification(lambdaFunctions=[raw]))
    assert isinstance(parsed, NotificationEntry)
    return parsed


def expanded(name: str) -> set[str]:
    """The events that a name selects, and the name itself."""
    return {event for event in s3_event_names() if not event.endswith("*") and matches(name, event)} | {name}


@given(events, filters, filters, events, filters, filters)
def test_two_overlap_if_some_key_and_event_passes_both(
    events: list[str], prefix: str, suffix: str, others: list[str], other_prefix: str, other_suffix: str
) -> None:
    shared = set().union(*map(expanded, events)) & set().union(*map(expanded, others))
    starts, ends = (prefix, other_prefix), (suffix, other_suffix)
    both = any(all(map(key.startswith, starts)) and all(map(key.endswith, ends)) for key in KEYS)
    first, second = entry(events, prefix, suffix), entry(others, other_prefix, other_suffix)
    assert overlapping(first, second) is (bool(shared) and both)
    assert overlapping(second, first) is overlapping(first, second)


@given(filters, filters)
def test_the_globs_of_a_filter_match_the_keys_that_pass_it(prefix: str, suffix: str) -> None:
    globs = entry(["s3:ObjectCreated:*"], prefix, suffix).keys
    assert globs is not None
    for key in KEYS:
        passes = key.startswith(prefix) and key.endswith(suffix)
        assert any(matches(glob, key) for glob in globs) is passes


CREATED = ["s3:ObjectCreated:*"]


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
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
    first: NotificationEntry, second: NotificationEntry, verdict: object
) -> None:
    assert overlapping(first, second) is verdict


def test_entries_of_every_kind_are_read_in_order() -> None:
    read = [
        (path, isinstance(parsed, Unknown))
        for path, parsed in entries(
            notification(lambdaFunctions=[{"events": CREATED}, UNKNOWN], queues=[{}], topics=UNKNOWN)
        )
    ]
    assert read == [
        ("lambdaFunctions[0]", False),
        ("lambdaFunctions[1]", True),
        ("queues[0]", False),
        ("topics", True),
    ]


def function(name: str) -> Resource:
    return Resource(FUNCTION, name, {"name": UNKNOWN})


def test_as_many_unknown_values_as_dependencies_refer_to_all_of_them() -> None:
    first, second = function("first"), function("second")
    target = {"lambdaFunctionArn": UNKNOWN, "events": CREATED}

    def functions(count: int, *origins: Resource) -> list[tuple[int, int, bool]]:
        resource = Resource(
            NOTIFICATION,
            "inbox",
            {"bucket": "acme-inbox", "lambdaFunctions": [target] * count},
            property_dependencies={"lambdaFunctions": tuple(origin.urn for origin in origins)},
        )
        targets = [trigger.targets for trigger in triggers(Stack((first, second, resource), Settings()), FUNCTIONS)]
        return [(len(resolved.certain), len(resolved.possible), resolved.between) for resolved in targets]

    assert functions(1, first) == [(1, 0, False)]
    assert functions(2, first) == [(1, 0, False)] * 2
    assert functions(2, first, second) == [(0, 2, True)] * 2
    assert functions(1, first, second) == [(0, 2, False)]
    assert functions(1) == [(0, 2, False)]
