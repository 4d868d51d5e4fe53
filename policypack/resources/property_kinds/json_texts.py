"""Fields of JSON texts that a service refuses: a text in, clauses out.

A text that is no JSON has no clauses here: `limits.py` reports it.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html (EventBridge answers `must be an
object or an array`, and `Empty arrays are not allowed`),
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html (the fields of every event),
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html (SNS answers as EventBridge does, and `Filter
policy scope MessageAttributes does not support nested filter policy`) and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from policypack.core.spelling import similar

_FIELD = re.compile(r"[\w.$ -]{1,80}")
_ENVELOPE = (
    "account",
    "detail",
    "detail-type",
    "id",
    "region",
    "replay-name",
    "resources",
    "source",
    "time",
    "version",
)
"""The fields at the top of every event; that of its replay is there if it is replayed."""
_ABSENT = [{"exists": False}]
"""The values of a field that is not there."""
_MATCHERS = frozenset(
    {"anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"}
)
"""Fields of an object in a list of values; with one of them, `$or` is a field like others."""
_MOST_RECEIVES = 1000
_REDRIVE = ("deadLetterTargetArn", "maxReceiveCount")


def event_pattern_problems(text: str) -> Iterator[str]:
    """The fields of an event pattern that no event has at its top, and those whose values are no lists, or empty ones."""
    pattern = decoded(text)
    yield from _envelope_problems(pattern)
    yield from _pattern_problems(pattern)


def filter_problems(text: str) -> Iterator[str]:
    """The fields of a filter for the records of a source, which has no envelope, whose values are no lists, or empty."""
    yield from _pattern_problems(decoded(text))


def message_filter_problems(text: str, *, nested: bool) -> Iterator[str]:
    """The fields of a filter policy whose values are no lists, or empty, and objects where only `nested` fields have them."""
    policy = decoded(text)
    yield from _pattern_problems(policy)
    if not nested:
        yield from _nested(policy)


def _nested(policy: Any) -> Iterator[str]:
    for name, value in policy.items() if isinstance(policy, Mapping) else ():
        if isinstance(value, Mapping):
            field = f"`{name}`" if _FIELD.fullmatch(name) else "a field"
            yield f"has an object for {field}, and only `filterPolicyScope` `MessageBody` takes fields in fields"
        elif name == "$or":
            for choice in _choices(value):
                yield from _nested(choice)


def _choices(value: Any) -> Sequence[Mapping[str, Any]]:
    """The patterns in a list of choices; objects that match values are none."""
    return [item for item in items(value) if not _MATCHERS & item.keys()]


def _envelope_problems(pattern: Any) -> Iterator[str]:
    """The fields beside those that EventBridge gives to every event, whoever puts it on whichever bus."""
    for name, value in pattern.items() if isinstance(pattern, Mapping) else ():
        if name == "$or":
            for choice in value if isinstance(value, list) else ():
                yield from _envelope_problems(choice)
        elif name not in _ENVELOPE and value != _ABSENT:
            close = similar(name, _ENVELOPE)
            hint = f"; did you mean `{close[0]}`?" if close else "; a field of the event's own is in `detail`"
            shown = f" `{name}`" if _FIELD.fullmatch(name) else ""
            yield f"has a field{shown} at the top of the pattern, which no event has there{hint}"


def _pattern_problems(pattern: Any) -> Iterator[str]:
    for name, value in pattern.items() if isinstance(pattern, Mapping) else ():
        field = f"`{name}`" if _FIELD.fullmatch(name) else "a field"
        if isinstance(value, Mapping):
            yield from _pattern_problems(value)
        elif not isinstance(value, list):
            yield f"takes a list of values for {field} of the pattern, and has one without a list around it"
        elif not value:
            yield f"takes a list of values for {field} of the pattern, and has an empty one"
        elif name == "$or":
            for choice in _choices(value):
                yield from _pattern_problems(choice)


def items(value: Any) -> Sequence[Mapping[str, Any]]:
    """The objects of a list; none of another value."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else ()


def redrive_problems(text: str) -> Iterator[str]:
    """A number of receives in a redrive policy that SQS does not take, and what it lacks."""
    policy = decoded(text)
    if isinstance(policy, Mapping) and policy:
        lacking = [field for field in _REDRIVE if field not in policy]
        yield from (f"has no `{field}`, without which SQS refuses it" for field in lacking)
    number = policy.get("maxReceiveCount") if isinstance(policy, Mapping) else None
    written = str(number) if isinstance(number, int | str) else ""
    if re.fullmatch(r"-?\d{1,9}", written, re.ASCII) and not 1 <= int(written) <= _MOST_RECEIVES:
        yield f"takes a `maxReceiveCount` from 1 to {_MOST_RECEIVES}, and has {int(written)}"


def container_problems(text: str) -> Iterator[str]:
    """Containers of a task that reserve more memory than they may use."""
    for container in items(decoded(text)):
        least, most = container.get("memoryReservation"), container.get("memory")
        if isinstance(least, int) and isinstance(most, int) and least > most > 0:
            name = container.get("name")
            shown = f" `{name}`" if isinstance(name, str) and _FIELD.fullmatch(name) else ""
            yield f"has a container{shown} with a `memoryReservation` of {least}, which is greater than its `memory`, {most}"


def decoded(text: str) -> Any:
    """The value of a JSON text; None of another text."""
    try:
        return msgspec.json.decode(text)
    except NO_JSON:
        return None
