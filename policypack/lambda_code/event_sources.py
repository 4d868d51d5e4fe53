"""What the stack says about a function's events: how many records each has, and whether failures are delivered again.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html,
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html and
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
"""

from __future__ import annotations

from typing import Any

import msgspec

from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.references import referrers
from policypack.resources.tokens import EVENT_SOURCE_MAPPING, PERMISSION

REPORTS = "ReportBatchItemFailures"
_ONE_RECORD = {"sns.amazonaws.com", "ses.amazonaws.com", "edgelambda.amazonaws.com", "replicator.lambda.amazonaws.com"}
_WITHOUT_RECORDS = {"events.amazonaws.com", "scheduler.amazonaws.com", "apigateway.amazonaws.com"}


class Delivery(msgspec.Struct, frozen=True):
    """How events reach a function."""

    single: bool = False
    """Whether everything in the stack that invokes it sends one record at a time."""
    retries: bool = True
    """Whether Lambda may look at the failures that the function returns."""
    redelivered: bool = False
    """Whether everything in the stack that invokes it is a queue or stream, which keeps all records if it fails."""


def delivery(stack: Stack, function: Resource) -> Delivery:
    """How the stack's triggers send events to a function."""
    mappings = [mapping.inputs for mapping in referrers(stack, function, EVENT_SOURCE_MAPPING, "functionName")]
    permissions = referrers(stack, function, PERMISSION, "function")
    principals = {str(permission.inputs.get("principal")) for permission in permissions} - _WITHOUT_RECORDS
    return Delivery(
        single=bool(mappings or principals)
        and all(inputs.get("batchSize") == 1 for inputs in mappings)
        and principals <= _ONE_RECORD,
        retries=not mappings or any(_may_report(inputs.get("functionResponseTypes")) for inputs in mappings),
        redelivered=bool(mappings) and not principals,
    )


def _may_report(types: Any) -> bool:
    return isinstance(types, Unknown) or (
        isinstance(types, list) and any(isinstance(kind, Unknown) or kind == REPORTS for kind in types)
    )
