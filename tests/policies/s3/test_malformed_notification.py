from __future__ import annotations

from typing import Any

import pytest

from policypack.core.examples import CREATED, FUNCTION_ARN, notification, target
from policypack.core.policy import UNKNOWN, Reference
from policypack.policies.s3.malformed_notification import POLICY
from tests.policies.helpers import messages, silent, undecided, violations

QUEUE = {"queueArn": "arn:aws:sqs:eu-west-1:111122223333:inbox", "events": CREATED}


@pytest.mark.parametrize(
    ("entry", "path", "message"),
    [
        ({**target(), "filter": {"key": {"filterRules": []}}}, "filter", "write `filterPrefix` and `filterSuffix`"),
        ({**target(), "filterRules": [{"name": "prefix", "value": "in/"}]}, "filterRules", "write `filterPrefix`"),
        ({**target(), "filter_prefix": "in/"}, "filter_prefix", "write `filterPrefix`"),
        ({**target(), "suffix": ".csv"}, "suffix", "write `filterSuffix`"),
        ({**target(), "event": "s3:ObjectCreated:*"}, "event", "write `events`"),
        ({**target(), "batchSize": 1}, "batchSize", "the fields are `lambdaFunctionArn`"),
        ({**target(), "events": []}, "events", "is missing"),
        ({"lambdaFunctionArn": FUNCTION_ARN}, "events", "is missing"),
        (target(events="s3:ObjectCreated:*"), "events", "must be a list"),
        (target(events=["ObjectCreated:Put"]), "events[0]", "did you mean `s3:ObjectCreated:Put`"),
        (target(events=[*CREATED, "s3:ObjectRemove:*"]), "events[1]", "did you mean `s3:ObjectRemoved:*`"),
        (target(events=["s3:*"]), "events[0]", "is not an event of S3"),
        (target(suffix="*.csv"), "filterSuffix", "has `*` in it"),
        (target(prefix="^in/"), "filterPrefix", "matches no patterns"),
        (target(suffix=[".csv", ".json"]), "filterSuffix", "must be one text"),
        (target(prefix="s3://acme-inbox/in/"), "filterPrefix", "without the bucket"),
        (target(QUEUE["queueArn"]), "lambdaFunctionArn", "not the ARN of a function"),
        (
            target("arn:aws:lambda:eu-west-1:111122223333:layer:read:1"),
            "lambdaFunctionArn",
            "not the ARN of a function",
        ),
        ({"events": CREATED}, "lambdaFunctionArn", "is missing"),
    ],
)
def test_each_target_has_the_shape_that_s3_knows(entry: dict[str, Any], path: str, message: str) -> None:
    resource = notification(entry)
    assert violations(POLICY, resource) == [f"lambdaFunctions[0].{path}"]
    assert message in messages(POLICY, resource)[0]


@pytest.mark.parametrize(
    ("inputs", "path"),
    [
        ({"lambdaFunctions": None}, ""),
        ({"lambdaFunctions": []}, ""),
        ({"lambdaFunctions": None, "eventbridge": False}, ""),
        ({"lambdaFunctions": target()}, "lambdaFunctions"),
        ({"lambdaFunctions": ["read"]}, "lambdaFunctions[0]"),
        ({"queues": [{**QUEUE, "queueArn": f"{QUEUE['queueArn']}.fifo"}]}, "queues[0].queueArn"),
        ({"topics": [QUEUE]}, "topics[0].queueArn"),
        ({"queues": [{**QUEUE, "id": "a"}, {**QUEUE, "id": "a"}]}, "queues[1].id"),
    ],
)
def test_a_notification_has_targets_that_differ(inputs: dict[str, Any], path: str) -> None:
    assert violations(POLICY, notification(**inputs))[0] == path


test_silent = silent(
    POLICY,
    {"lambdaFunctions": [target(prefix="in/", suffix=".csv"), {**target(prefix="out/"), "id": "out"}]},
    {"lambdaFunctions": [target(UNKNOWN), target(Reference("urn:read"))]},
    {"lambdaFunctions": [target(f"{FUNCTION_ARN}:live", prefix="", suffix="")]},
    {"lambdaFunctions": [target(prefix="a+b/c%20(1)'s_x-y.z/", suffix="=v2.CSV")]},
    {"lambdaFunctions": None, "queues": [QUEUE]},
    {"lambdaFunctions": None, "eventbridge": True},
    {"lambdaFunctions": [target(events=["s3:ObjectRemoved:Delete", "s3:Replication:*", "s3:LifecycleTransition"])]},
    of=lambda inputs: notification(**inputs),
)


def test_a_known_breach_is_reported_beside_what_is_unknown() -> None:
    resource = notification({**target(UNKNOWN, [UNKNOWN], UNKNOWN), "filter": {}}, UNKNOWN, queues=UNKNOWN)
    assert violations(POLICY, resource) == ["lambdaFunctions[0].filter"]
    assert undecided(POLICY, resource) == [
        "lambdaFunctions[0].events[0]",
        "lambdaFunctions[0].filterPrefix",
        "lambdaFunctions[1]",
        "queues",
    ]


def test_a_field_that_could_be_anything_is_not_quoted() -> None:
    assert violations(POLICY, notification({**target(), "hunter 2": 1})) == ["lambdaFunctions[0].…"]
