"""S3 refuses a notification configuration in which two targets match the same object and event.

Nothing shows this before the update, which stops half-way: the bucket exists, and no target receives its events. Two
filters overlap if one prefix starts with the other and one suffix ends with the other. A missing filter matches
every object.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import msgspec

from policypack.core.examples import example, notification, reported_at, target
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.notification import NotificationEntry, entries, misnamed_filters, overlapping


class Pair(msgspec.Struct, frozen=True):
    """Two targets of the notification with this URN."""

    urn: str
    first: NotificationEntry
    second: NotificationEntry


def pairs(resource: Resource) -> Iterator[Reading[Pair]]:
    """Each two targets of a notification, and unknown values that may be a second one."""
    read = list(entries(resource))
    for path, entry in read:
        if isinstance(entry, Unknown) and (len(read) > 1 or not path.endswith("]")):
            yield path, entry
    known = [entry for _, entry in read if isinstance(entry, NotificationEntry)]
    for first, second in combinations(known, 2):
        yield second.path, Pair(resource.urn, first, second)


def check(pair: Pair) -> Iterator[Judgement]:
    first, second = pair.first, pair.second
    verdict = overlapping(first, second)
    if verdict:
        text = f"matches the same objects and events as `{first.path}`, which S3 refuses"
        related = tuple((pair.urn, path) for path in misnamed_filters(first, second))
        yield Violation("", text, facts=(), parts=(_selected(first), _selected(second)), related=related)
    elif verdict is None:
        yield Undecided("", f"may overlap `{first.path}`: events or filters are known only after the update")


def _selected(entry: NotificationEntry) -> str:
    """Which events a target receives."""
    return f"{entry.kind} {' '.join(sorted(map(str, entry.events)))} {entry.prefix} {entry.suffix}"


def _targets(*filters: dict[str, Any]) -> Resource:
    return notification(*(target(**fields) for fields in filters))


POLICY = Policy(
    id="s3-overlapping-notification",
    title="Two event notifications of a bucket overlap",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.DEPLOYMENT],
    fix="Make the prefixes or the suffixes exclude each other, or send the event to one topic that forwards it.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html",
    ],
    bad=reported_at(
        "lambdaFunctions[1]",
        example(_targets({"prefix": "incoming/"}, {"prefix": "incoming/orders/", "suffix": ".csv"})),
        example(_targets({"prefix": "incoming/"}, {"suffix": ".csv"}), note="a prefix and a suffix of one object"),
        example(_targets({"suffix": ".tar.gz"}, {"suffix": ".gz"}), note="a suffix that ends with the other"),
        example(
            _targets({"events": ["s3:ObjectCreated:*"]}, {"events": ["s3:ObjectRemoved:*", "s3:ObjectCreated:Put"]}),
            note="an event that the other one includes",
        ),
    ),
    good=[
        example(_targets({"prefix": "incoming/"}, {"prefix": "archive/", "suffix": ".csv"})),
        example(_targets({"suffix": ".csv"}, {"suffix": ".jsonl"}), note="two suffixes"),
        example(_targets({"prefix": "in"}, {"prefix": "In/"}), note="keys are case-sensitive"),
        example(_targets({"events": ["s3:ObjectCreated:Put"]}, {"events": ["s3:ObjectCreated:Copy"]}), note="events"),
    ],
    reads=pairs,
    check=check,
)
