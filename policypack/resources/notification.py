"""A bucket's event notifications: the entries of one `BucketNotification`, and which functions a stack's buckets invoke.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reading, Reference, Resource, Stack, Unknown
from policypack.iam.globs import overlaps
from policypack.resources.references import Resolved, resolve, resolve_all
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION

NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
TARGETS = {"lambdaFunctions": "lambdaFunctionArn", "queues": "queueArn", "topics": "topicArn"}
"""By list of entries, the field that holds the target's ARN."""


class Entry(msgspec.Struct, frozen=True):
    """One target with its events and its filter; the filter is decoded, and a part that is absent is empty.

    An event, prefix or suffix that is not known is `Unknown`; one that is no text is read as if it were absent.
    """

    path: str
    """Relative to the notification: `lambdaFunctions[0]`."""
    kind: str
    """`lambdaFunctions`, `queues` or `topics`."""
    target: str | Reference | Unknown | None = None
    events: tuple[str | Unknown, ...] = ()
    prefix: str | Unknown = ""
    suffix: str | Unknown = ""
    raw: Mapping[str, Any] = msgspec.field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...] | None:
        """Globs of the keys that the filter lets through; None where a part of it is unknown.

        There are several where the end of the prefix may be the beginning of the suffix.
        """
        if isinstance(self.prefix, Unknown) or isinstance(self.suffix, Unknown):
            return None
        prefix, suffix = self.prefix, self.suffix
        shared = (size for size in range(1, min(len(prefix), len(suffix)) + 1) if prefix.endswith(suffix[:size]))
        return (f"{prefix}*{suffix}", *(prefix + suffix[size:] for size in shared))


def overlapping(first: Entry, second: Entry) -> bool | None:
    """Whether S3 refuses the two in one bucket: an event in common, and a key that both filters let through.

    None where what is unknown decides.
    """
    return _all(
        _any(
            None if isinstance(one, Unknown) or isinstance(two, Unknown) else overlaps(one, two)
            for one in first.events
            for two in second.events
        ),
        _nested(first.prefix, second.prefix, str.startswith),
        _nested(first.suffix, second.suffix, str.endswith),
    )


def entries(resource: Resource) -> Iterator[Reading[Entry]]:
    """The entries of a `BucketNotification` that have the shape of one, and `Unknown` in place of what is not known."""
    if resource.type != NOTIFICATION:
        return
    for kind in TARGETS:
        listed = resource.inputs.get(kind)
        if isinstance(listed, Unknown):
            yield kind, listed
        for index, raw in enumerate(listed if isinstance(listed, list) else ()):
            path = f"{kind}[{index}]"
            if isinstance(raw, Unknown):
                yield path, raw
            elif isinstance(raw, Mapping):
                yield path, _entry(path, kind, raw)


def _entry(path: str, kind: str, raw: Mapping[str, Any]) -> Entry:
    events = raw.get("events")
    listed = events if isinstance(events, list) else [events]
    target = raw.get(TARGETS[kind])
    return Entry(
        path,
        kind,
        target if isinstance(target, str | Reference | Unknown) else None,
        tuple(each for each in listed if isinstance(each, str | Unknown)),
        _text(raw.get("filterPrefix")),
        _text(raw.get("filterSuffix")),
        raw,
    )


def _text(value: object) -> str | Unknown:
    if isinstance(value, Unknown):
        return value
    return unquote_plus(value) if isinstance(value, str) else ""


def _nested(first: str | Unknown, second: str | Unknown, within: Any) -> bool | None:
    if first == "" or second == "":
        return True
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return None
    return bool(within(first, second) or within(second, first))


def _all(*verdicts: bool | None) -> bool | None:
    return False if False in verdicts else None if None in verdicts else True


def _any(verdicts: Iterator[bool | None]) -> bool | None:
    found = set(verdicts)
    return True if True in found else None if None in found else False


class Trigger(msgspec.Struct, frozen=True):
    """A bucket that invokes a function: one entry of one notification."""

    notification: Resource
    entry: Entry
    buckets: Resolved
    functions: Resolved

    @property
    def path(self) -> str:
        """The property that names the function."""
        return f"{self.entry.path}.{TARGETS[self.entry.kind]}"


@memoized
def triggers(stack: Stack) -> tuple[Trigger, ...]:
    """Every entry of the stack's notifications that invokes a function."""
    return tuple(_triggers(stack))


def unread(stack: Stack) -> Iterator[tuple[Resource, str, Unknown]]:
    """Where it is unknown which functions a notification invokes: the notification, the path, and why."""
    for resource in stack.of(NOTIFICATION):
        for path, entry in entries(resource):
            if isinstance(entry, Unknown) and path.startswith("lambdaFunctions"):
                yield resource, path, entry


def _triggers(stack: Stack) -> Iterator[Trigger]:
    for resource in stack.of(NOTIFICATION):
        found = [
            entry for _, entry in entries(resource) if isinstance(entry, Entry) and entry.kind == "lambdaFunctions"
        ]
        means = resolve_all(stack, resource, "lambdaFunctions", [each.target for each in found], FUNCTION)
        for entry, functions in zip(found, means, strict=True):
            yield Trigger(resource, entry, resolve(stack, resource, "bucket", *BUCKET_TYPES), functions)
