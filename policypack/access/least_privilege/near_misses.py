"""Statements that nearly meet a need: missing permissions in, the same with the value that keeps a statement from it.

A statement for another bucket is reported as missing and as unused, and its author corrects it once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from policypack.iam.actions import concerns, expand
from policypack.iam.document import Statement
from policypack.iam.globs import covers, overlaps

if TYPE_CHECKING:
    from policypack.access.least_privilege.comparison import MissingPermission, Need, Role
    from policypack.resources.attachments import AttachedDocument

_Granting = tuple["AttachedDocument", Statement]


def nearly_met(missing: Iterable[MissingPermission], role: Role, needs: Sequence[Need]) -> Iterator[MissingPermission]:
    """Each missing permission, related to the one statement that is nearest to it, if it meets no need as it is.

    Args:
        missing: what the role does not allow.
        role: the role.
        needs: what all functions with the role need.
    """
    idle = [
        (attached, statement)
        for attached in role.documents
        for statement in attached.document.statements
        if statement.allows and attached.certain and not statement.unknown and not _serves(statement, needs)
    ]
    taken: set[tuple[str, str]] = set()
    for lacking in missing:
        near = [(places, number) for number, one in enumerate(idle) if (places := _places(*one, lacking))]
        near.sort(key=lambda one: (not taken.isdisjoint(one[0]), one[0][0][1].endswith("Action"), one[1]))
        if not lacking.sure or not near:
            yield lacking
            continue
        taken.update(near[0][0])
        yield msgspec.structs.replace(lacking, related=near[0][0])


def _serves(statement: Statement, needs: Sequence[Need]) -> bool:
    """Whether a statement without conditions allows a part of what is needed; one with conditions may be of use to none."""
    return not statement.conditions and any(_allows(statement, need) for need in needs)


def _allows(statement: Statement, need: Need) -> bool:
    named = any(overlaps(pattern, need.target.used) for pattern in statement.resources or ())
    return concerns(statement, need.action) and (named or statement.resources is None)


def _places(
    attached: AttachedDocument, statement: Statement, missing: MissingPermission
) -> tuple[tuple[str, str], ...]:
    """Where a statement has the one value that keeps it from allowing what is missing."""
    action, resources = missing.need.action, statement.resources or ()
    named = any(covers(pattern, missing.resource) for pattern in resources)
    elements: list[str] = []
    if concerns(statement, action):
        fits = any(one.fits(*resources) for one in expand(action))
        elements = ["Condition"] if named and statement.conditions else [] if named else ["Resource"]
        elements += [] if named or fits else ["Action"]
    elif named and statement.actions:
        elements = ["Action"]
    return tuple((attached.resource.urn, attached.at(statement.at(element))) for element in elements)
