from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import CREATED, FUNCTION_ARN, notification, target
from policypack.core.policy import UNKNOWN, Reference
from policypack.policies.s3.malformed_notification import POLICY
from tests.policies.helpers import reported_with, silent, undecided, violations

FIRST = "lambdaFunctions[0]"
QUEUE = {"queueArn": "arn:aws:sqs:eu-west-1:111122223333:inbox", "events": CREATED}


test_each_target_has_the_shape_that_s3_knows = reported_with(
    POLICY,
    ({**target(), "events": []}, f"{FIRST}.events", "is missing"),
    ({"lambdaFunctionArn": FUNCTION_ARN}, f"{FIRST}.events", "is missing"),
    (target(events="s3:ObjectCreated:*"), f"{FIRST}.events", "must be a list"),
    (target(events=["ObjectCreated:Put"]), f"{FIRST}.events[0]", "did you mean `s3:ObjectCreated:Put`"),
    (target(events=[*CREATED, "s3:ObjectRemove:*"]), f"{FIRST}.events[1]", "did you mean `s3:ObjectRemoved:*`"),
    (target(events=["s3:*"]), f"{FIRST}.events[0]", "is not an event of S3"),
    (target(suffix="*.csv"), f"{FIRST}.filterSuffix", "has `*` in it"),
    (target(prefix="^in/"), f"{FIRST}.filterPrefix", "matches no patterns"),
    (target(suffix=[".csv", ".json"]), f"{FIRST}.filterSuffix", "must be one text"),
    (target(prefix="s3://acme-inbox/in/"), f"{FIRST}.filterPrefix", "without the bucket"),
    (target(QUEUE["queueArn"]), f"{FIRST}.lambdaFunctionArn", "not the ARN of a function"),
    (
        target("arn:aws:lambda:eu-west-1:111122223333:layer:read:1"),
        f"{FIRST}.lambdaFunctionArn",
        "not the ARN of a function",
    ),
    ({"events": CREATED}, f"{FIRST}.lambdaFunctionArn", "is missing"),
    of=notification,
)


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"lambdaFunctions": None}, ""),
        ({"lambdaFunctions": []}, ""),
        ({"lambdaFunctions": None, "eventbridge": False}, ""),
        ({"lambdaFunctions": target()}, "lambdaFunctions"),
        ({"lambdaFunctions": ["read"]}, "lambdaFunctions[0]"),
        ({"queues": [{**QUEUE, "queueArn": f"{QUEUE['queueArn']}.fifo"}]}, "queues[0].queueArn"),
        ({"topics": [QUEUE]}, "topics[0].topicArn"),
        ({"queues": [{**QUEUE, "id": "a"}, {**QUEUE, "id": "a"}]}, "queues[1].id"),
    ],
)
def test_a_notification_has_targets_that_differ(inputs: dict[str, Any], path: str) -> None:
    assert violations(POLICY, notification(**inputs))[0] == path


test_silent = silent(
    POLICY,
    {"lambdaFunctions": [target(prefix="in/", suffix=".csv"), {**target(prefix="out/"), "id": "out"}]},
    {"lambdaFunctions": [target(UNKNOWN), target(Reference("urn:read"))]},
    {"lambdaFunctions": [target(prefix="", suffix="=v2.CSV")]},
    {"lambdaFunctions": None, "queues": [QUEUE]},
    {"lambdaFunctions": [target(events=["s3:ObjectRemoved:Delete", "s3:Replication:*", "s3:LifecycleTransition"])]},
    of=lambda inputs: notification(**inputs),
)


def test_a_known_breach_is_reported_beside_what_is_unknown() -> None:
    resource = notification(target(UNKNOWN, [UNKNOWN, "s3:*"], UNKNOWN), UNKNOWN, queues=UNKNOWN)
    assert violations(POLICY, resource) == ["lambdaFunctions[0].events[1]"]
    assert undecided(POLICY, resource) == [
        "lambdaFunctions[0].events[0]",
        "lambdaFunctions[0].filterPrefix",
        "lambdaFunctions[1]",
        "queues",
    ]
