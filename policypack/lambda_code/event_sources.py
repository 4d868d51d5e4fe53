"""What the stack says about a function's events: how many records each has, and what becomes of a failure.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html,
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html,
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html and
https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html (which services invoke asynchronously).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from policypack.core.policy import Resource, Stack, Unknown
from policypack.python.model import Fate
from policypack.resources.dependency_graph import comes_after
from policypack.resources.references import referrers
from policypack.resources.tokens import EVENT_SOURCE_MAPPING, PERMISSION

REPORTS = "ReportBatchItemFailures"
_ONE_RECORD = {"sns.amazonaws.com", "ses.amazonaws.com", "edgelambda.amazonaws.com", "replicator.lambda.amazonaws.com"}
_WITHOUT_RECORDS = {"events.amazonaws.com", "scheduler.amazonaws.com", "apigateway.amazonaws.com"}
_ASYNCHRONOUS = {
    f"{service}.amazonaws.com" for service in ("s3", "sns", "events", "scheduler", "logs", "iot", "codecommit")
}
"""Services that do not wait for the result."""
_URL = "aws:lambda/functionUrl:FunctionUrl"
_CALLERS = (
    "aws:sfn/stateMachine:StateMachine",
    "aws:appsync/dataSource:DataSource",
    "aws:lambda/invocation:Invocation",
)
"""Types that invoke a function without a permission on it, and read its result."""


class Delivery(msgspec.Struct, frozen=True):
    """How events reach a function."""

    single: bool = False
    """Whether everything in the stack that invokes it sends one record at a time."""
    several: bool = False
    """Whether an event source mapping certainly sends several records at a time."""
    most: int | None = None
    """The largest batch that event source mappings send, if nothing else sends records and all of them say so."""
    retries: bool = True
    """Whether Lambda may look at the failures that the function returns."""
    redelivered: bool = False
    """Whether everything in the stack that invokes it is a queue or stream, which keeps all records if it fails."""
    heeded: Fate = Fate.ANSWER
    """From which fate on something that invokes it may act on a failure."""


def delivery(stack: Stack, function: Resource) -> Delivery:
    """How the stack's triggers send events to a function."""
    mappings = [mapping.inputs for mapping in referrers(stack, function, EVENT_SOURCE_MAPPING, "functionName")]
    permissions = referrers(stack, function, PERMISSION, "function")
    principals = {str(permission.inputs.get("principal")) for permission in permissions} - _WITHOUT_RECORDS
    reported = any(_may_report(inputs.get("functionResponseTypes")) for inputs in mappings)
    unread = bool(mappings or permissions) and not _is_read(stack, function, permissions)
    return Delivery(
        single=bool(mappings or principals)
        and all(inputs.get("batchSize") == 1 for inputs in mappings)
        and principals <= _ONE_RECORD,
        several=any(_sends_several(inputs.get("batchSize")) for inputs in mappings),
        most=None if principals else _largest(inputs.get("batchSize") for inputs in mappings),
        retries=reported or not (mappings or unread),
        redelivered=bool(mappings) and not principals,
        heeded=Fate.ANSWER if not unread else Fate.RESULT if reported else Fate.KEPT,
    )


def _is_read(stack: Stack, function: Resource, permissions: Sequence[Resource]) -> bool:
    """Whether something besides a queue or stream may read what the function returns."""
    return (
        any(str(permission.inputs.get("principal")) not in _ASYNCHRONOUS for permission in permissions)
        or bool(referrers(stack, function, _URL, "functionName"))
        or any(comes_after(stack, caller, function) for caller in stack.of(*_CALLERS))
    )


def _sends_several(size: Any) -> bool:
    """Whether a batch size is more than one; the default is 10 of a queue, and 100 of a stream."""
    return size is None or (isinstance(size, int | float) and size > 1)


def _largest(sizes: Iterable[Any]) -> int | None:
    """The largest of batch sizes, if all are known."""
    known = [int(size) if isinstance(size, int | float) else None for size in sizes]
    return max((size for size in known if size is not None), default=None) if None not in known else None


def _may_report(types: Any) -> bool:
    return isinstance(types, Unknown) or (
        isinstance(types, list) and any(isinstance(kind, Unknown) or kind == REPORTS for kind in types)
    )
