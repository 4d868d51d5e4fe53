"""What is wrong with the shape of a bucket's event notifications.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.policy import Reference, Unknown
from policypack.iam.arn import Arn
from policypack.iam.tables import s3_event_names
from policypack.resources.notification import TARGETS

Problem = tuple[str, str | Unknown]
"""A path, and what is wrong there or why nobody can tell."""

SERVICES = {"lambdaFunctionArn": ("lambda", "function"), "queueArn": ("sqs", "queue"), "topicArn": ("sns", "topic")}
FILTERS = ("filterPrefix", "filterSuffix")
MAX_FILTER = 1024
_NAME = re.compile(r"[\w:*.-]{1,64}")
_PATTERN = re.compile(r"[*?^$|\\\[\]{}<>]")


def problems(inputs: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the arguments of a `BucketNotification`."""
    if all(inputs.get(kind) in (None, [], False) for kind in (*TARGETS, "eventbridge")):
        yield "", "has no target, which takes away every notification that the bucket has"
    ids: set[str] = set()
    for kind, field in TARGETS.items():
        listed = inputs.get(kind)
        if isinstance(listed, Unknown):
            yield kind, listed
        elif listed is not None and not isinstance(listed, list):
            yield kind, "must be a list of targets"
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            path = f"{kind}[{index}]"
            if isinstance(entry, Unknown):
                yield path, entry
            elif not isinstance(entry, Mapping):
                yield path, f"must hold `{field}`, `events` and perhaps a filter"
            else:
                yield from _entry(entry, path, field)
                if isinstance(name := entry.get("id"), str) and name:
                    if name in ids:
                        yield f"{path}.id", "is the id of another target too; S3 wants each only once"
                    ids.add(name)


def _entry(entry: Mapping[str, Any], path: str, field: str) -> Iterator[Problem]:
    for name in entry:
        if name not in {field, "events", "id", *FILTERS}:
            yield f"{path}.{_shown(name)}", f"is not a field of a notification's target; {_meant(name, field)}"
    yield from _target(entry.get(field), f"{path}.{field}", *SERVICES[field])
    yield from _events(entry.get("events"), f"{path}.events")
    for name in FILTERS:
        yield from _filter(entry.get(name), f"{path}.{name}")


def _target(value: Any, path: str, service: str, thing: str) -> Iterator[Problem]:
    """An ARN that AWS is yet to give is right as far as its shape goes."""
    if value is None or value == "":
        yield path, f"is missing: the {thing} that S3 notifies"
    elif isinstance(value, str):
        arn = Arn.parse(value)
        if arn is None:
            yield path, f"is not an ARN; pass the {thing}'s `arn`"
        elif arn.service != service or (service == "lambda" and not arn.resource.startswith("function:")):
            yield path, f"is not the ARN of a {thing}; pass the {thing}'s `arn`"
        elif arn.resource.endswith(".fifo"):
            yield path, f"is a FIFO {thing}, which S3 cannot notify; use a standard one"
    elif not isinstance(value, Unknown | Reference):
        yield path, f"must be the ARN of one {thing}"


def _events(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Unknown):
        yield path, value
    elif not value:
        yield path, "is missing: the events that S3 tells of, such as `s3:ObjectCreated:*`"
    elif not isinstance(value, list):
        yield path, "must be a list of events"
    else:
        for index, event in enumerate(value):
            if isinstance(event, Unknown):
                yield f"{path}[{index}]", event
            elif not isinstance(event, str):
                yield f"{path}[{index}]", "must be the name of an event"
            elif event not in s3_event_names():
                yield f"{path}[{index}]", f"`{_shown(event)}` is not an event of S3{_nearest(event)}"


def _filter(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, Unknown):
        yield path, value
    elif value is not None and not isinstance(value, str):
        yield path, "must be one text"
    elif isinstance(value, str):
        if value.startswith(("s3://", "arn:", "http")):
            yield path, "must be a part of the object's key, without the bucket"
        elif found := _PATTERN.search(value):
            yield path, f"has `{found[0]}` in it: a filter is plain text and matches no patterns"
        elif any(char.isspace() for char in value):
            yield path, "has white space in it; S3 wants a space written as `+`"
        elif len(value.encode()) > MAX_FILTER:
            yield path, f"is longer than a key can be: {MAX_FILTER} bytes"


def _meant(name: object, field: str) -> str:
    lowered = str(name).lower().replace("_", "")
    for part, meant in {"prefix": "`filterPrefix`", "suffix": "`filterSuffix`", "event": "`events`"}.items():
        if part in lowered:
            return f"write {meant}"
    if "filter" in lowered or "rule" in lowered:
        return "write `filterPrefix` and `filterSuffix`"
    return f"the fields are `{field}`, `events`, `filterPrefix`, `filterSuffix` and `id`"


def _nearest(event: str) -> str:
    from difflib import get_close_matches

    known = {each.lower(): each for each in s3_event_names()}
    plain = f"s3:{event.lower().removeprefix('s3:').replace(' ', '')}"
    if f"{plain}:*" in known:
        return f"; write `{known[f'{plain}:*']}`"
    near = get_close_matches(plain, known, 1)
    return f"; did you mean `{known[near[0]]}`" if near else "; an example is `s3:ObjectCreated:*`"


def _shown(name: object) -> str:
    return str(name) if _NAME.fullmatch(str(name)) else "…"
