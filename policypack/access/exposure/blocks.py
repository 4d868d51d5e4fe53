"""Block Public Access and Object Ownership: what they leave of a public document and of a public ACL.

The settings of the bucket, the account and, through an access point, the access point hold together: each switch is on
where any of them has it on. `restrictPublicBuckets` and `ignorePublicAcls` take access away. `blockPublicPolicy` and
`blockPublicAcls` take none away: AWS refuses a call that would store a public document or ACL, and leaves what is stored.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from policypack.access.confidence import Confidence
from policypack.access.exposure.opening import Opening
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import Resource, Unknown

SWITCHES = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
ENFORCED = "BucketOwnerEnforced"


class Block(msgspec.Struct, frozen=True):
    """The four switches of one access block. None is a switch that nobody knows yet."""

    resource: Resource
    switches: Mapping[str, bool | None]
    at: str = ""
    """The path of the switches in the resource."""
    confidence: Confidence = Confidence.CERTAIN
    """How surely it holds for the bucket."""

    def path(self, switch: str) -> str:
        """The place of a switch in the resource."""
        return f"{self.at}.{switch}" if self.at else switch


class Ownership(msgspec.Struct, frozen=True):
    """The Object Ownership of a bucket: None where nobody knows it yet."""

    setting: str | None
    resource: Resource


def block(
    resource: Resource,
    values: Any,
    at: str = "",
    *,
    default: bool = False,
    confidence: Confidence = Confidence.CERTAIN,
) -> Block:
    """An access block out of a mapping of properties; `default` is for a switch that is not written."""
    if isinstance(values, Unknown):
        return Block(resource, dict.fromkeys(SWITCHES), at, confidence)
    given = values if isinstance(values, Mapping) else {}
    return Block(resource, {name: _switch(given.get(name), default=default) for name in SWITCHES}, at, confidence)


def _switch(value: Any, *, default: bool) -> bool | None:
    if isinstance(value, Unknown):
        return None
    return default if value is None else str(value).lower() == "true"


def after_restricting(opening: Opening, blocks: Sequence[Block]) -> Opening:
    """What is left of what a document opens."""
    if opening.answer.verdict is Verdict.NOT_PUBLIC:
        return opening
    value, by = _effective(blocks, "restrictPublicBuckets")
    if value and by:
        why = f"{_named(by, 'restrictPublicBuckets')} leaves its document to the owner's account and to AWS services"
        return Opening(opening.by, opening.path, Answer(Verdict.NOT_PUBLIC, why))
    if value is None and by:
        return _waits_for(by, "restrictPublicBuckets")
    _, refuses = refusing = _effective(blocks, "blockPublicPolicy")
    return (
        _noted(
            opening,
            f"{_named(refuses, 'blockPublicPolicy')} makes AWS refuse this document, so it is public only if it was there before",
        )
        if refusing[0] and refuses
        else opening
    )


def after_ignoring(opening: Opening, blocks: Sequence[Block], ownership: Ownership | None) -> Opening:
    """What is left of what an ACL opens; `ownership` is None where no ownership controls are in the stack."""
    if opening.answer.verdict is Verdict.NOT_PUBLIC:
        return opening
    if ownership and ownership.setting == ENFORCED:
        why = f"`{ENFORCED}` of `{ownership.resource.name}` switches ACLs off, and makes AWS refuse this one"
        return Opening(opening.by, opening.path, Answer(Verdict.NOT_PUBLIC, why))
    value, by = _effective(blocks, "ignorePublicAcls")
    if value and by:
        why = f"{_named(by, 'ignorePublicAcls')} makes AWS ignore its public ACLs"
        return Opening(opening.by, opening.path, Answer(Verdict.NOT_PUBLIC, why))
    if ownership and ownership.setting is None:
        why = f"Object Ownership decides, and is not known yet; `{ENFORCED}` switches ACLs off"
        return Opening(ownership.resource, "rule.objectOwnership", Answer(Verdict.UNDECIDED, why))
    if value is None and by:
        return _waits_for(by, "ignorePublicAcls")
    value, by = _effective(blocks, "blockPublicAcls")
    if value and by:
        return _noted(
            opening,
            f"{_named(by, 'blockPublicAcls')} makes AWS refuse this ACL, so it is public only if it was there before",
        )
    if ownership is None:
        return _noted(
            opening,
            f"of a bucket made since April 2023 AWS refuses this ACL, unless ownership controls other than `{ENFORCED}` allow it",
        )
    return opening


def _effective(blocks: Sequence[Block], switch: str) -> tuple[bool | None, Block | None]:
    """Whether any block has the switch on, None where nobody knows; and the block that decides that."""
    on = next((each for each in blocks if each.confidence is Confidence.CERTAIN and each.switches[switch]), None)
    if on:
        return True, on
    open_ended = next((each for each in blocks if each.switches[switch] is not False), None)
    return (None, open_ended) if open_ended else (False, None)


def _named(by: Block, switch: str) -> str:
    return f"`{switch}` of `{by.resource.name}`"


def _waits_for(by: Block, switch: str) -> Opening:
    reason = "is not known yet" if by.switches[switch] is None else "may or may not be of this bucket"
    return Opening(
        by.resource, by.path(switch), Answer(Verdict.UNDECIDED, f"{_named(by, switch)} decides, and {reason}")
    )


def _noted(opening: Opening, note: str) -> Opening:
    answer = opening.answer
    if answer.verdict is not Verdict.PUBLIC:
        return opening
    return msgspec.structs.replace(opening, answer=msgspec.structs.replace(answer, why=f"{answer.why}; {note}"))
