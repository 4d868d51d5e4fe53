"""Where a function starts to read an event source: the inputs of a mapping in, places and clauses out.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.iam.arn import Arn

_STREAMS = {"dynamodb": "DynamoDB", "kinesis": "Kinesis"}
"""By service, the name of those whose mappings need a start."""


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
