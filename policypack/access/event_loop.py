"""Whether a function may do to a bucket what the bucket invokes it for.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html, on execution loops.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.confidence import Confidence
from policypack.access.grants import allowed
from policypack.core.policy import Stack, Unknown
from policypack.iam.document import Spent
from policypack.iam.globs import overlaps
from policypack.resources.execution_role import OTHER_ROLE, Grants, role_documents
from policypack.resources.naming import name_prefix, physical_name
from policypack.resources.notification import NotificationEntry, Trigger

CAUSES = {
    "s3:ObjectCreated:*": "s3:PutObject",
    "s3:ObjectTagging:Put": "s3:PutObjectTagging",
    "s3:ObjectTagging:Delete": "s3:DeleteObjectTagging",
    "s3:ObjectAcl:Put": "s3:PutObjectAcl",
}
"""By event, the action that causes it and that can repeat forever, as deleting cannot.

Posts, copies and the parts of a large upload need `s3:PutObject` too.
"""
OTHER_MANAGED = Unknown(
    "has a role with an AWS managed policy that is not in the table, so what the function may write is unknown",
    "Replace it by a policy of your own that names the buckets.",
)


class EventLoop(msgspec.Struct, frozen=True):
    """One function, its grants, and the events that invoke it."""

    function: str
    confidence: Confidence
    """Whether the notification certainly refers to this function and to known events."""
    actions: tuple[str, ...]
    """The actions that cause the events."""
    objects: tuple[str, ...]
    """Globs of the ARNs of the objects whose events invoke it."""
    exact: bool
    """Whether the events of all of them invoke it."""
    grants: Grants


def causes(entry: NotificationEntry) -> tuple[str, ...]:
    """The actions that cause the events of an entry, or may cause those that are unknown."""
    return tuple(
        action
        for caused, action in CAUSES.items()
        if any(isinstance(event, Unknown) or overlaps(event, caused) for event in entry.events)
    )


def event_loops(stack: Stack, trigger: Trigger) -> Iterator[EventLoop]:
    """The events and grants of a trigger's function, or of each function that it may refer to."""
    actions = causes(trigger.entry)
    if not actions:
        return
    buckets = tuple(_bucket_globs(trigger))
    keys = trigger.entry.keys
    for function in trigger.targets.all:
        grants = role_documents(stack, function.resource)
        if grants.elsewhere and not grants.documents:
            continue
        known = not any(isinstance(event, Unknown) for event in trigger.entry.events)
        yield EventLoop(
            function.resource.name,
            Confidence.of(known and len(trigger.targets.certain) == 1),
            actions,
            tuple(f"arn:aws:s3:::{bucket}/{key}" for bucket, _ in buckets for key in keys or ("*",)),
            keys is not None and all(exact for _, exact in buckets),
            grants,
        )


def feeds_back(loop: EventLoop, action: str) -> bool | Unknown:
    """Whether the function may cause the event that invokes it; `Unknown`, with the reason, if this is unknown."""
    grants = loop.grants
    verdict = _grants(grants, action, loop)
    if verdict is not False and grants.boundary is not None:
        limit = _grants(grants.boundary, action, loop)
        verdict = limit if limit is False or verdict is True else verdict
    if verdict is True and loop.confidence is Confidence.POSSIBLE:
        return Unknown("may be for this function and these events, which it may cause itself")
    return verdict


def sole_grant(loop: EventLoop, action: str) -> tuple[tuple[str, str], ...]:
    """The actions and resources, by URN and path, of the one statement without which the role does not allow it."""
    documents = [*loop.grants.documents, *loop.grants.published]
    places: list[tuple[str, str]] = []
    for attached in documents:
        others = [other.document for other in documents if other is not attached]
        for statement in attached.document.statements:
            kept = tuple(other for other in attached.document.statements if other is not statement)
            without = msgspec.structs.replace(attached.document, statements=kept, spent=Spent())
            if statement.allows and allowed([*others, without], action, loop.objects, exact=loop.exact) is False:
                places += [(attached.resource.urn, attached.at(statement.at(name))) for name in ("Action", "Resource")]
    return tuple(places)


def _grants(grants: Grants, action: str, loop: EventLoop) -> bool | Unknown:
    known = tuple(attached.document for attached in (*grants.documents, *grants.published))
    every = (*known, *(attached.document for attached in grants.possible))
    verdict = allowed(known, action, loop.objects, exact=loop.exact)
    if verdict is True:
        return True
    if verdict is None:
        return Unknown("has a role that may allow what invokes it; a part that decides is known only after the update")
    if unread := [part for part in grants.unread if part is not OTHER_ROLE]:
        return unread[0]
    if grants.possible and allowed(every, action, loop.objects, exact=loop.exact) is not False:
        return Unknown("has a role that may have a policy attached by which it causes what invokes it")
    return OTHER_MANAGED if grants.unpublished else False


def _bucket_globs(trigger: Trigger) -> Iterator[tuple[str, bool]]:
    """Globs of the name of the trigger's bucket, and whether each is the name itself."""
    bucket_name = trigger.notification.inputs.get("bucket")
    for bucket in trigger.buckets.resources:
        name = physical_name(bucket)
        yield (name, True) if name else (f"{name_prefix(bucket)}*", False)
    if not trigger.buckets.certain:
        yield (bucket_name, True) if isinstance(bucket_name, str) and not trigger.buckets.possible else ("*", False)
