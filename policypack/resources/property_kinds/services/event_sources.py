"""How Lambda reads an event source, and what takes published versions: inputs in, places and clauses out.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html (batches of queues),
https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html and
https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html (`$LATEST`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.iam.arn import Arn

_STREAMS = {"dynamodb": "DynamoDB", "kinesis": "Kinesis"}
"""By service, the name of those whose mappings need a start."""
_PLAIN_BATCH = 10
"""The most messages in a batch of a queue that Lambda does not wait for."""
_LATEST = "$LATEST"


def event_source_problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """A start of a queue, none of a stream, and a time for a stream of DynamoDB."""
    source, start = inputs.get("eventSourceArn"), inputs.get("startingPosition")
    arn = Arn.parse(source) if isinstance(source, str) else None
    service = arn.service if arn else ""
    if service in _STREAMS and start is None:
        yield "eventSourceArn", f"is a stream of {_STREAMS[service]}, which takes `startingPosition`"
    elif service == "sqs" and isinstance(start, str) and start:
        yield "startingPosition", "is for streams, and a queue of SQS takes none"
    elif service == "dynamodb" and start == "AT_TIMESTAMP":
        yield "startingPosition", "takes `LATEST` or `TRIM_HORIZON` for a stream of DynamoDB, and is `AT_TIMESTAMP`"
    if service == "sqs":
        yield from _batch_problems(inputs, fifo=str(source).endswith(".fifo"))


def _batch_problems(inputs: Mapping[str, Any], *, fifo: bool) -> Iterator[tuple[str, str]]:
    """A batch of a queue that takes a window or is too large, a window of a FIFO queue, and a setting of streams."""
    size, window = inputs.get("batchSize"), inputs.get("maximumBatchingWindowInSeconds")
    large = isinstance(size, int | float) and size > _PLAIN_BATCH
    if fifo and large:
        yield "batchSize", f"takes at most {_PLAIN_BATCH} for a FIFO queue, and is {size:g}"
    elif large and window in (None, 0):
        yield (
            "batchSize",
            f"is {size:g}, and more than {_PLAIN_BATCH} take `maximumBatchingWindowInSeconds` of 1 or more",
        )
    if fifo and isinstance(window, int | float) and window > 0:
        yield "maximumBatchingWindowInSeconds", "is for standard queues, and a FIFO queue takes none"
    if inputs.get("bisectBatchOnFunctionError") is True:
        yield "bisectBatchOnFunctionError", "is for streams, and a queue of SQS takes none"


def route_problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """An alias that divides its requests between versions of which one is not published."""
    routing = inputs.get("routingConfig")
    weights = routing.get("additionalVersionWeights") if isinstance(routing, Mapping) else None
    if isinstance(weights, Mapping) and weights:
        if inputs.get("functionVersion") == _LATEST:
            yield "functionVersion", "is `$LATEST`, and an alias with `routingConfig` takes published versions"
        if _LATEST in weights:
            yield "routingConfig.additionalVersionWeights", "takes published versions, and has `$LATEST`"


def concurrency_problems(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Provisioned concurrency of what is not published."""
    if inputs.get("qualifier") == _LATEST:
        yield "qualifier", "takes an alias or a published version, and is `$LATEST`"
