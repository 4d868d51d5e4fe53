"""S3 refuses notifications of one bucket of which two would tell of the same object for the same event.

Nothing warns of it before the update, which stops half-way: the bucket is there, and nobody is told of its objects.
Two filters overlap when one prefix begins with the other and one suffix ends with the other, and a filter that is
left out lets everything through.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from policypack.core.examples import example, notification, target
from policypack.core.policy import Judgement, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag
from policypack.resources.notification import NotificationEntry, entries, overlapping


def pairs(resource: Resource) -> Iterator[Reading[tuple[NotificationEntry, NotificationEntry]]]:
    """Each two targets of a notification, and what is unknown where there may be two."""
    read = list(entries(resource))
    for path, entry in read:
        if isinstance(entry, Unknown) and (len(read) > 1 or not path.endswith("]")):
            yield path, entry
    known = [entry for _, entry in read if isinstance(entry, NotificationEntry)]
    for first, second in combinations(known, 2):
        yield second.path, (first, second)


def check(pair: tuple[NotificationEntry, NotificationEntry]) -> Iterator[Judgement]:
    first, second = pair
    verdict = overlapping(first, second)
    if verdict:
        yield Violation("", f"tells of the same objects and events as `{first.path}`, which S3 refuses")
    elif verdict is None:
        yield Undecided("", f"may overlap `{first.path}`: events or filters are known only after the update")


def _targets(*filters: dict[str, Any]) -> Resource:
    return notification(*(target(**each) for each in filters))


POLICY = Policy(
    id="s3-overlapping-notification",
    title="Two event notifications of a bucket overlap",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.S3, Tag.DEPLOYMENT],
    fix="Make the prefixes or the suffixes exclude each other, or send the event to one topic that fans out.",
    references=[
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html",
    ],
    bad=[
        example(
            _targets({"prefix": "incoming/"}, {"prefix": "incoming/orders/", "suffix": ".csv"}),
            path="lambdaFunctions[1]",
        ),
        example(
            _targets({"prefix": "incoming/"}, {"suffix": ".csv"}),
            path="lambdaFunctions[1]",
            note="a prefix and a suffix that one object has",
        ),
        example(
            _targets({"suffix": ".tar.gz"}, {"suffix": ".gz"}),
            path="lambdaFunctions[1]",
            note="a suffix that ends with the other",
        ),
        example(
            _targets({"events": ["s3:ObjectCreated:*"]}, {"events": ["s3:ObjectRemoved:*", "s3:ObjectCreated:Put"]}),
            path="lambdaFunctions[1]",
            note="an event that the other takes in",
        ),
    ],
    good=[
        example(_targets({"prefix": "incoming/"}, {"prefix": "archive/", "suffix": ".csv"})),
        example(_targets({"suffix": ".csv"}, {"suffix": ".jsonl"}), note="two suffixes"),
        example(_targets({"prefix": "in"}, {"prefix": "In/"}), note="keys are compared letter by letter"),
        example(
            _targets({"events": ["s3:ObjectCreated:Put"]}, {"events": ["s3:ObjectCreated:Copy"]}), note="two events"
        ),
    ],
    reads=pairs,
    check=check,
)
