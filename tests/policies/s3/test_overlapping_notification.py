from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import CREATED, notification, target
from policypack.core.policy import UNKNOWN
from policypack.policies.s3.overlapping_notification import POLICY
from tests.policies.helpers import messages, outcomes, undecided, violations

QUEUE_ARN = "arn:aws:sqs:eu-west-1:111122223333:inbox"


@pytest.mark.parametrize(("first", "second"), [(target(), target()), (target(prefix=""), target(prefix="in/"))])
def test_two_for_the_same_objects_and_events(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert violations(POLICY, notification(first, second)) == ["lambdaFunctions[1]"]
    assert violations(POLICY, notification(second, first)) == ["lambdaFunctions[1]"]


def test_targets_of_different_kinds_overlap_too() -> None:
    resource = notification(target(prefix="in/"), queues=[{"queueArn": QUEUE_ARN, "events": CREATED}])
    assert violations(POLICY, resource) == ["queues[0]"]
    assert "`lambdaFunctions[0]`" in messages(POLICY, resource)[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (target(prefix="in/"), target(prefix="out/")),
        (target(prefix="orders/", suffix=".csv"), target(prefix="orders/2024/", suffix=".json")),
        (target(events=["s3:ObjectCreated:Put"]), target(events=["s3:ObjectCreated:Copy", "s3:ObjectRemoved:*"])),
        (target(UNKNOWN, prefix="in/"), target(UNKNOWN, prefix="out/")),
    ],
)
def test_silent(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert outcomes(POLICY, notification(first, second)) == []
    assert outcomes(POLICY, notification(first)) == []


def test_a_filter_that_is_unknown_may_overlap() -> None:
    assert undecided(POLICY, notification(target(prefix=UNKNOWN), target(prefix="in/"))) == ["lambdaFunctions[1]"]
    assert undecided(POLICY, notification(target(), UNKNOWN)) == ["lambdaFunctions[1]"]
    assert undecided(POLICY, notification(lambdaFunctions=UNKNOWN)) == ["lambdaFunctions"]
    assert outcomes(POLICY, notification(UNKNOWN)) == []
    assert violations(POLICY, notification(target(prefix=UNKNOWN), target(prefix="in/"), target(prefix="in/a"))) == [
        "lambdaFunctions[2]"
    ]
