"""A bucket's event notifications: the entries of a `BucketNotification`, their problems, and what they invoke.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reading, Reference, Resource, Stack, Unknown
from policypack.core.spelling import quotable, similar
from policypack.iam.arn import Arn
from policypack.iam.globs import overlaps
from policypack.iam.tables import s3_event_names
from policypack.resources.naming import physical_name
from policypack.resources.references import Resolved, resolve, resolve_all
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION, QUEUE, TOPIC

NOTIFICATION = "aws:s3/bucketNotification:BucketNotification"
FUNCTIONS = "lambdaFunctions"
TARGETS = {FUNCTIONS: "lambdaFunctionArn", "queues": "queueArn", "topics": "topicArn"}
"""By list of entries, the field with the target's ARN."""
DESTINATIONS = {"queues": QUEUE, "topics": TOPIC}
"""By list of entries, the type of the targets that S3 sends messages to."""
SERVICES = {"lambdaFunctionArn": ("lambda", "function"), "queueArn": ("sqs", "queue"), "topicArn": ("sns", "topic")}
FILTERS = ("filterPrefix", "filterSuffix")
MAX_FILTER = 1024
_PATTERN = re.compile(r"[*?^$|\\\[\]{}<>]")

Problem = tuple[str, str | Unknown]
"""A path, and the problem there, or why it is unknown."""


class NotificationEntry(msgspec.Struct, frozen=True):
    """One target with its events and its filter; the filter is decoded, and a part that is absent is empty.

    An unknown event, prefix or suffix is `Unknown`; one that is not a text is left out.
    """

    path: str
    """Relative to the notification: `lambdaFunctions[0]`."""
    kind: str
    """`lambdaFunctions`, `queues` or `topics`."""
    target: str | Reference | Unknown | None = None
    events: tuple[str | Unknown, ...] = ()
    prefix: str | Unknown = ""
    suffix: str | Unknown = ""
    misnamed: tuple[tuple[str, str, str], ...] = ()
    """The keys that S3 does not have and that look like a filter, each with `filterPrefix` or `filterSuffix` and its text."""

    @property
    def keys(self) -> tuple[str, ...] | None:
        """Globs of the keys that pass the filter; None if a part of it is unknown.

        There are several if the end of the prefix may be the beginning of the suffix.
        """
        if isinstance(self.prefix, Unknown) or isinstance(self.suffix, Unknown):
            return None
        prefix, suffix = self.prefix, self.suffix
        shared = (size for size in range(1, min(len(prefix), len(suffix)) + 1) if prefix.endswith(suffix[:size]))
        return (f"{prefix}*{suffix}", *(prefix + suffix[size:] for size in shared))


class Trigger(msgspec.Struct, frozen=True):
    """A bucket that invokes a function or sends to a queue or topic: one entry of one notification."""

    notification: Resource
    entry: NotificationEntry
    buckets: Resolved
    targets: Resolved

    @property
    def path(self) -> str:
        """The property that names the target."""
        return f"{self.entry.path}.{TARGETS[self.entry.kind]}"


def other_buckets(stack: Stack, trigger: Trigger) -> frozenset[str]:
    """The names of the buckets of the stack that are not the trigger's."""
    own = {bucket.urn for bucket in trigger.buckets.resources}
    names = {physical_name(bucket) for bucket in stack.of(*BUCKET_TYPES) if bucket.urn not in own}
    return frozenset(filter(None, names))


def entries(resource: Resource) -> Iterator[Reading[NotificationEntry]]:
    """The well-formed entries of a `BucketNotification`, and `Unknown` for unknown ones."""
    for kind, path, raw in _raw_entries(resource.inputs) if resource.type == NOTIFICATION else ():
        if isinstance(raw, Unknown):
            yield path, raw
        elif isinstance(raw, Mapping) and path != kind:
            yield path, _entry(path, kind, raw)


def _raw_entries(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """List, path and value of each entry; of what is no list, the list's own path."""
    for kind in TARGETS:
        value = inputs.get(kind)
        if isinstance(value, list):
            yield from ((kind, f"{kind}[{index}]", raw) for index, raw in enumerate(value))
        elif value is not None:
            yield kind, kind, value


def _entry(path: str, kind: str, raw: Mapping[str, Any]) -> NotificationEntry:
    events = raw.get("events")
    listed = events if isinstance(events, list) else [events]
    target = raw.get(TARGETS[kind])
    prefix, suffix = (_decoded(raw.get(name)) for name in FILTERS)
    return NotificationEntry(
        path,
        kind,
        target if isinstance(target, str | Reference | Unknown) else None,
        tuple(event for event in listed if isinstance(event, str | Unknown)),
        prefix,
        suffix,
        tuple(
            (key, kind_of, text)
            for key, value in raw.items()
            if key not in FILTERS
            for kind_of, text in _filters_in(key, value)
        ),
    )


def _filters_in(key: str, value: object) -> Iterator[tuple[str, str]]:
    """The filters in a key that is not one: `filter_prefix`, or rules as S3's API has them, each with its text."""
    name = key.lower().replace("_", "")
    if isinstance(value, str):
        kinds = (kind for kind in FILTERS if name in (kind.lower(), kind.lower().removeprefix("filter")))
        yield from ((kind, unquote_plus(value)) for kind in kinds)
    elif isinstance(value, Mapping):
        rule = {str(inner).lower(): text for inner, text in value.items()}
        named = {str(rule["name"]): rule["value"]} if rule.keys() == {"name", "value"} else value
        for inner, text in named.items():
            yield from _filters_in(str(inner), text)
    elif isinstance(value, list):
        for item in value:
            yield from _filters_in(key, item)


def _decoded(value: object) -> str | Unknown:
    if isinstance(value, Unknown):
        return value
    return unquote_plus(value) if isinstance(value, str) else ""


def overlapping(first: NotificationEntry, second: NotificationEntry) -> bool | None:
    """Whether S3 refuses the two in one bucket: an event in common, and a key that passes both filters.

    None if that depends on an unknown value.
    """
    events = {
        None if isinstance(left, Unknown) or isinstance(right, Unknown) else overlaps(left, right)
        for left in first.events
        for right in second.events
    }
    verdicts = (
        True if True in events else None if None in events else False,
        _nested(first.prefix, second.prefix, str.startswith),
        _nested(first.suffix, second.suffix, str.endswith),
    )
    return False if False in verdicts else None if None in verdicts else True


def misnamed_filters(first: NotificationEntry, second: NotificationEntry) -> tuple[str, ...]:
    """The paths of the keys with which two entries that overlap would not, if they were named right; else none."""
    corrected = [(_renamed(first), second), (first, _renamed(second)), (_renamed(first), _renamed(second))]
    if all(overlapping(*pair) is not False for pair in corrected):
        return ()
    return tuple(f"{entry.path}.{key}" for entry in (first, second) for key, *_ in entry.misnamed)


def _renamed(entry: NotificationEntry) -> NotificationEntry:
    """An entry with the filters that its misnamed keys have, beside those that it has."""
    meant = {kind: text for _, kind, text in entry.misnamed}
    prefix, suffix = (meant.get(kind, "") for kind in FILTERS)
    return msgspec.structs.replace(entry, prefix=entry.prefix or prefix, suffix=entry.suffix or suffix)


def _nested(first: str | Unknown, second: str | Unknown, within: Callable[[str, str], bool]) -> bool | None:
    if first == "" or second == "":
        return True
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return None
    return within(first, second) or within(second, first)


@memoized
def triggers(stack: Stack, *kinds: str) -> tuple[Trigger, ...]:
    """Every entry in these lists of the stack's notifications."""
    return tuple(_triggers(stack, kinds))


def _triggers(stack: Stack, kinds: tuple[str, ...]) -> Iterator[Trigger]:
    for resource in stack.of(NOTIFICATION):
        read = [entry for _, entry in entries(resource) if isinstance(entry, NotificationEntry)]
        buckets = resolve(stack, resource, "bucket", *BUCKET_TYPES)
        for kind in kinds:
            listed = [entry for entry in read if entry.kind == kind]
            named = [entry.target for entry in listed]
            targets = resolve_all(stack, resource, kind, named, DESTINATIONS.get(kind, FUNCTION))
            yield from (
                Trigger(resource, entry, buckets, target) for entry, target in zip(listed, targets, strict=True)
            )


def unread(stack: Stack, *kinds: str) -> Iterator[tuple[Resource, str, Unknown]]:
    """The unknown entries of these lists: the notification, the path, and why it is unknown."""
    for resource in stack.of(NOTIFICATION):
        for path, entry in entries(resource):
            if isinstance(entry, Unknown) and path.startswith(kinds):
                yield resource, path, entry


def problems(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of the arguments of a `BucketNotification`."""
    if all(inputs.get(kind) in (None, [], False) for kind in (*TARGETS, "eventbridge")):
        yield "", "has no target, which removes every notification of the bucket"
    ids: set[str] = set()
    for kind, path, entry in _raw_entries(inputs):
        if isinstance(entry, Unknown):
            yield path, entry
        elif path == kind:
            yield path, "must be a list of targets"
        elif not isinstance(entry, Mapping):
            yield path, f"must have `{TARGETS[kind]}`, `events` and optionally a filter"
        else:
            yield from _entry_problems(entry, path, TARGETS[kind])
            if isinstance(name := entry.get("id"), str) and name:
                if name in ids:
                    yield f"{path}.id", "is the id of another target too; S3 accepts each only once"
                ids.add(name)


def _entry_problems(entry: Mapping[str, Any], path: str, field: str) -> Iterator[Problem]:
    yield from _target(entry.get(field), f"{path}.{field}", *SERVICES[field])
    yield from _events(entry.get("events"), f"{path}.events")
    for name in FILTERS:
        yield from _filter(entry.get(name), f"{path}.{name}")


def _target(value: Any, path: str, service: str, target: str) -> Iterator[Problem]:
    """An ARN that is known only after the update is accepted."""
    if value is None or value == "":
        yield path, f"is missing: the {target} that S3 notifies"
    elif isinstance(value, str):
        arn = Arn.parse(value)
        if arn is None:
            yield path, f"is not an ARN; pass the {target}'s `arn`"
        elif arn.service != service or (service == "lambda" and not arn.resource.startswith("function:")):
            yield path, f"is not the ARN of a {target}; pass the {target}'s `arn`"
        elif arn.resource.endswith(".fifo"):
            yield path, f"is a FIFO {target}, which S3 cannot notify; use a standard one"
    elif not isinstance(value, Unknown | Reference):
        yield path, f"must be the ARN of one {target}"


def _events(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Unknown):
        yield path, value
    elif not value:
        yield path, "is missing: the events that S3 notifies of, such as `s3:ObjectCreated:*`"
    elif not isinstance(value, list):
        yield path, "must be a list of events"
    else:
        for index, event in enumerate(value):
            if isinstance(event, Unknown):
                yield f"{path}[{index}]", event
            elif not isinstance(event, str):
                yield f"{path}[{index}]", "must be the name of an event"
            elif event not in s3_event_names():
                yield f"{path}[{index}]", f"`{quotable(event)}` is not an event of S3{_nearest(event)}"


def _filter(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Unknown):
        yield path, value
    elif value is not None and not isinstance(value, str):
        yield path, "must be one text"
    elif isinstance(value, str):
        if value.startswith(("s3://", "arn:", "http")):
            yield path, "must be a part of the object's key, without the bucket"
        elif pattern := _PATTERN.search(value):
            yield path, f"has `{pattern[0]}` in it: a filter is plain text and matches no patterns"
        elif any(char.isspace() for char in value):
            yield path, "has white space in it; write a space as `+`"
        elif len(value.encode(errors="replace")) > MAX_FILTER:
            yield path, f"is longer than a key can be: {MAX_FILTER} bytes"


def _nearest(event: str) -> str:
    known = {event.lower(): event for event in s3_event_names()}
    plain = f"s3:{event.lower().removeprefix('s3:').replace(' ', '')}"
    if f"{plain}:*" in known:
        return f"; write `{known[f'{plain}:*']}`"
    near = similar(plain, known)
    return f"; did you mean `{known[near[0]]}`" if near else "; an example is `s3:ObjectCreated:*`"
