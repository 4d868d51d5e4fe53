"""Two resources that AWS accepts alone may not go together, and then it refuses what connects them during the update.

Lambda takes no queue that shows a message again before the function's timeout is over: the message would be handled
twice. A FIFO queue takes only FIFO dead-letter queues, and a standard topic sends to no FIFO queue. The queue, the
function and the topic exist by then, and nothing reaches the function. A preview accepts all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from policypack.core.examples import ACCOUNT, construct, example, function, reported_at
from policypack.core.policy import Policy, Resource, Severity, Violation, over_stack
from policypack.core.tags import Tag
from policypack.resources.property_kinds.relations.pairings import SUBSCRIPTION, refused_pairs
from policypack.resources.tokens import EVENT_SOURCE_MAPPING, QUEUE, TOPIC

JOBS, FAILED = (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}" for name in ("jobs", "failed"))


def check(clause: str) -> Iterator[Violation]:
    yield Violation("", clause, facts=(clause,))


def _fed() -> Resource:
    inputs = {"eventSourceArn": JOBS, "functionName": "read"}
    return construct(EVENT_SOURCE_MAPPING, "jobs", _queue(), at="eventSourceArn", **inputs)


def _queue(name: str = "jobs", **inputs: Any) -> Resource:
    return construct(QUEUE, name.removesuffix(".fifo"), name=name, fifoQueue=name.endswith(".fifo") or None, **inputs)


def _failing_to(dead_letters: str) -> Resource:
    redrive = {"deadLetterTargetArn": dead_letters, "maxReceiveCount": 5}
    return _queue("jobs.fifo", redrivePolicy=json.dumps(redrive))


def _subscribed(topic: str, queue: str) -> tuple[Resource, Resource]:
    arn = f"arn:aws:sns:eu-west-1:{ACCOUNT}:{topic}"
    subscription = construct(SUBSCRIPTION, "jobs", topic=arn, protocol="sqs", endpoint=queue)
    return construct(TOPIC, "orders", name=topic, fifoTopic=topic.endswith(".fifo") or None), subscription


POLICY = Policy(
    id="aws-incompatible-resource",
    title="Resources that AWS refuses to connect",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.AWS, Tag.CORRECTNESS, Tag.DEPLOYMENT],
    fix="Give the queue a `visibilityTimeoutSeconds` of at least the function's `timeout` (AWS recommends six times as much), and connect resources of the kind that the message names.",
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
        "https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html",
    ],
    bad=reported_at(
        "eventSourceArn",
        example(_queue(), function(timeout=60), _fed()),
        example(_failing_to(FAILED), path="redrivePolicy", note="a standard queue for the dead letters of a FIFO one"),
        example(
            *_subscribed("orders", f"{JOBS}.fifo"),
            path="endpoint",
            note="a FIFO queue that subscribes to a standard topic",
        ),
    ),
    good=[
        example(_queue(visibilityTimeoutSeconds=360), function(timeout=60), _fed()),
        example(_queue(), function(), _fed(), note="the defaults, 30 and 3 seconds"),
        example(_failing_to(f"{FAILED}.fifo"), note="a FIFO queue for the dead letters of a FIFO one"),
        example(*_subscribed("orders.fifo", JOBS), note="a standard queue that subscribes to a FIFO topic"),
    ],
    reads=over_stack(refused_pairs),
    check=check,
)
