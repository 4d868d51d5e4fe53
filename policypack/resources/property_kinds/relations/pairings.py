"""Resources that AWS refuses to connect, although it accepts each alone: a stack in, places and clauses out.

Resources outside of the stack, and properties that an option ignores, may be in any state. An unknown value is undecided
if it decides whether AWS refuses.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html (Lambda answers `Queue visibility timeout:
20 seconds is less than Function timeout: 30 seconds`),
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html,
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html (`Dead-letter queue
must be same type of queue as the source`),
https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html (`FIFO SQS Queues can not be subscribed to standard
SNS topics`; a FIFO topic takes standard queues) and
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html (`The function
cannot have environment variables`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.policy import Placed, Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.document_readers import values_at
from policypack.resources.property_kinds.json_texts import decoded
from policypack.resources.references import Resolved, resolve, resolve_all
from policypack.resources.tokens import ALIAS, EVENT_SOURCE_MAPPING, FUNCTION, QUEUE, TOPIC

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"
REDRIVE = "aws:sqs/redrivePolicy:RedrivePolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
TABLE = "aws:dynamodb/table:Table"

_VISIBILITY = ("visibilityTimeoutSeconds", 30)
"""The seconds for which a queue hides a message that is received, and their default."""
_TIMEOUT = ("timeout", 3)
"""The seconds that a function may run, and their default."""
_LONGEST = 900
"""The most seconds that a function may run."""
_FIFO = {QUEUE: "fifoQueue", TOPIC: "fifoTopic"}
_KINDS = {True: "FIFO", False: "standard"}
"""What a queue is called, by whether it is FIFO."""
_QUEUES_ONLY = ("application", "email", "email-json", "http", "https", "lambda", "sms")
"""Protocols of subscriptions that a FIFO topic does not take."""
_ASSOCIATIONS = ("defaultCacheBehavior", "orderedCacheBehaviors[*]")
_NOT_AT_EDGE = {"environment.variables": "environment variables", "vpcConfig.subnetIds": "a VPC"}
"""By path of a function, what CloudFront does not take of it."""

Clauses = Iterator[Placed[str]]


def refused_pairs(stack: Stack) -> Clauses:
    """The references that AWS refuses, each at the resource that is refused, with a clause about the other one."""
    for mapping in stack.of(EVENT_SOURCE_MAPPING):
        yield from _short_visibility(stack, mapping)
        yield from _missing_stream(stack, mapping)
    for queue in stack.of(QUEUE, REDRIVE):
        yield from _other_dead_letters(stack, queue)
    for subscription in stack.of(SUBSCRIPTION):
        yield from _unordered(stack, subscription)
    for distribution in stack.of(DISTRIBUTION):
        yield from _at_the_edge(stack, distribution)


def _short_visibility(stack: Stack, mapping: Resource) -> Clauses:
    """A queue that shows a message again while the function may still run. Lambda accepts equal times."""
    queue, function = resolve(stack, mapping, "eventSourceArn", QUEUE).only, _latest(stack, mapping)
    if queue is None or function is None:
        return
    visible, runs = _seconds(queue, *_VISIBILITY), _seconds(function, *_TIMEOUT)
    if isinstance(visible, Unknown) and runs is not None:
        yield queue, _VISIBILITY[0], visible
    elif isinstance(runs, Unknown) and isinstance(visible, float) and visible < _LONGEST:
        yield function, _TIMEOUT[0], runs
    elif isinstance(visible, float) and isinstance(runs, float) and visible < runs:
        clause = (
            f"is a queue with a visibility timeout of {visible:g} seconds, less than the function's timeout of {runs:g}"
        )
        yield mapping, "eventSourceArn", clause


def _latest(stack: Stack, mapping: Resource) -> Resource | None:
    """The function of a mapping, if it runs as the stack has it: an older version keeps its own timeout."""
    resolved = resolve(stack, mapping, "functionName", FUNCTION)
    origins = mapping.property_dependencies.get("functionName", ())
    aliased = any(alias.urn in origins for alias in stack.of(ALIAS))
    only = resolved.certain[0] if len(resolved.certain) == 1 and not aliased else None
    return only.resource if only and only.qualifier in ("", "$LATEST", None) else None


def _seconds(resource: Resource, name: str, default: int) -> float | Unknown | None:
    """A number of seconds; None where it may be another one, as an option ignores the property."""
    value = resource.inputs.get(name)
    if resource.external or resource.options.ignores(name):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return float(default) if value is None else value if isinstance(value, Unknown) else None


def _missing_stream(stack: Stack, mapping: Resource) -> Clauses:
    """A table without a stream; one with replicas gets it by them."""
    table = resolve(stack, mapping, "eventSourceArn", TABLE).only
    if table and not table.external and not table.options.ignores("streamEnabled", "replicas"):
        enabled, replicas = table.inputs.get("streamEnabled"), table.inputs.get("replicas")
        if enabled in (None, False) and not replicas and not table.outputs.get("streamArn"):
            yield mapping, "eventSourceArn", "is a table without a stream; the table takes `streamEnabled`"


def _other_dead_letters(stack: Stack, queue: Resource) -> Clauses:
    """A dead-letter queue of another kind than its source."""
    text = queue.inputs.get("redrivePolicy")
    policy = decoded(text) if isinstance(text, str) else text
    arn = policy.get("deadLetterTargetArn") if isinstance(policy, Mapping) else policy
    url = queue.inputs.get("queueUrl")
    source = _is_fifo(queue) if queue.type == QUEUE else _kind(resolve(stack, queue, "queueUrl", QUEUE), url)
    target = _kind(resolve_all(stack, queue, "redrivePolicy", [arn], QUEUE)[0], arn)
    if source is not None and target is not None and source is not target:
        yield (
            queue,
            "redrivePolicy",
            f"names a {_KINDS[target]} queue, and a {_KINDS[source]} queue takes another {_KINDS[source]} one for its dead letters",
        )


def _kind(resolved: Resolved, named: Any) -> bool | None:
    """Whether a queue or a topic is FIFO, whose names alone end with `.fifo`; None if that is unknown."""
    if resolved.only:
        return _is_fifo(resolved.only)
    text = named if isinstance(named, str) else ""
    known = Arn.parse(text) is not None or text.startswith("https://")
    return text.endswith(".fifo") if known and not resolved.certain else None


def _is_fifo(resource: Resource) -> bool | None:
    flag, name = resource.inputs.get(_FIFO[resource.type]), resource.inputs.get("name")
    if resource.external or resource.options.ignores(_FIFO[resource.type]):
        return None
    if isinstance(name, str) and name.endswith(".fifo") is not (flag is True):
        return None  # SQS or SNS refuses the resource itself
    return flag is True if flag is None or isinstance(flag, bool) else None


def _unordered(stack: Stack, subscription: Resource) -> Clauses:
    """A FIFO queue at a standard topic, or what is no queue at a FIFO topic."""
    topic = _kind(resolve(stack, subscription, "topic", TOPIC), subscription.inputs.get("topic"))
    protocol = subscription.inputs.get("protocol")
    if topic and protocol in _QUEUES_ONLY:
        yield subscription, "protocol", f"is `{protocol}`, and a FIFO topic takes only `sqs`"
    elif topic is False and protocol == "sqs":
        queue = _kind(resolve(stack, subscription, "endpoint", QUEUE), subscription.inputs.get("endpoint"))
        if queue:
            yield subscription, "endpoint", "is a FIFO queue, which a standard topic cannot send to"


def _at_the_edge(stack: Stack, distribution: Resource) -> Clauses:
    """Functions that CloudFront cannot replicate."""
    places = [
        (f"{path}.lambdaArn", association.get("lambdaArn"))
        for behavior in _ASSOCIATIONS
        for path, association in values_at(distribution.inputs, f"{behavior}.lambdaFunctionAssociations[*]")
        if isinstance(association, Mapping)
    ]
    for path, arn in places:
        name = path.partition(".")[0].partition("[")[0]
        function = resolve_all(stack, distribution, name, [arn], FUNCTION)[0].only
        if function and not function.external and (having := _unfit(function)):
            yield distribution, path, f"is a function with {having}, which CloudFront does not take"


def _unfit(function: Resource) -> str:
    """What CloudFront does not take of a function; empty if there is nothing."""
    for path, having in _NOT_AT_EDGE.items():
        known = [value for _, value in values_at(function.inputs, path) if isinstance(value, Mapping | list) and value]
        if known and not function.options.ignores(path.partition(".")[0]):
            return having
    architectures = function.inputs.get("architectures")
    arm = isinstance(architectures, list) and "arm64" in architectures and not function.options.ignores("architectures")
    return (
        "the architecture `arm64`"
        if arm
        else "a container image"
        if function.inputs.get("packageType") == "Image"
        else ""
    )
