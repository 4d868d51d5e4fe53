"""Permission sets of IAM Identity Center whose permissions boundary goes or changes: it only narrows what they allow.

What the boundary allowed is mostly in another stack, so wider is undecided.
Source: https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.created_values import created_value
from policypack.access.stack_diff.gains import OTHER_LIMIT, Gain
from policypack.core.policy import Resource, Stack, Unknown
from policypack.resources.attachments import PERMISSION_SET
from policypack.resources.references import resolve

ATTACHMENT = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
BOUNDARY = "permissionsBoundary"
GONE = "the permission set has no permissions boundary any more, and what the one before stopped is not known"

Side = tuple[Stack, Places]


def boundary_gains(new: Side, old: Side) -> Iterator[Gain]:
    """Each permission set that stays, and whose boundary is another one or none."""
    after = _boundaries(new)
    left = {new[1].of(kept) for kept in new[0].of(PERMISSION_SET) if not kept.external}
    for key, (attachment, limit) in _boundaries(old).items():
        owner = resolve(old[0], attachment, "permissionSetArn", PERMISSION_SET).only
        if owner and not owner.external and old[1].of(owner) not in left:
            continue
        by, now = after.get(key, (attachment, None))
        if now is None:
            yield Gain(by, by, BOUNDARY, Answer(Verdict.UNDECIDED, GONE))
        elif now != limit or isinstance(now, Unknown):
            yield Gain(by, by, BOUNDARY, Answer(Verdict.UNDECIDED, OTHER_LIMIT))


def _boundaries(side: Side) -> Mapping[Hashable, tuple[Resource, Any]]:
    """By permission set, what attaches its boundary, and the boundary."""
    stack, places = side
    found: dict[Hashable, tuple[Resource, Any]] = {}
    for attachment in stack.of(ATTACHMENT):
        if not attachment.external:
            owner = created_value(stack, places, attachment, "permissionSetArn")
            key = owner if isinstance(owner, str) else ("unknown", *places.of(attachment))
            found[key] = attachment, created_value(stack, places, attachment, BOUNDARY)
    return found
