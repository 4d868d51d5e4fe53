"""Block Public Access and Object Ownership: what stays public of a public document or ACL.

The settings of the bucket, the account and, through an access point, the access point apply together: a switch is on if
any of them has it on. `restrictPublicBuckets` and `ignorePublicAcls` take access away. `blockPublicPolicy` and
`blockPublicAcls` take none away: AWS refuses a call that would store a public document or ACL, and leaves what is stored.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from policypack.access.confidence import Confidence
from policypack.access.exposure.exposure import Exposure
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import Resource, Unknown

SWITCHES = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
ENFORCED = "BucketOwnerEnforced"


class Block(msgspec.Struct, frozen=True):
    """The four switches of one access block; None is a switch that is unknown."""

    resource: Resource
    switches: Mapping[str, bool | None]
    at: str = ""
    """The path of the switches in the resource."""
    confidence: Confidence = Confidence.CERTAIN
    """Whether it certainly applies to the bucket."""

    def named(self, switch: str) -> str:
        """A switch as messages name it."""
        return f"`{switch}` of `{self.resource.name}`"


class Ownership(msgspec.Struct, frozen=True):
    """The Object Ownership of a bucket, None if it is unknown, and the resource that sets it."""

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
    written = values if isinstance(values, Mapping) else {}
    return Block(resource, {name: _switch(written.get(name), default=default) for name in SWITCHES}, at, confidence)


def _switch(value: Any, *, default: bool) -> bool | None:
    if isinstance(value, Unknown):
        return None
    return default if value is None else str(value).lower() == "true"


def after_restricting(exposure: Exposure, blocks: Sequence[Block]) -> Exposure:
    """What stays public of an exposure by a document."""
    if exposure.answer.verdict is Verdict.NOT_PUBLIC:
        return exposure
    why = "leaves its document to the owner's account and to AWS services"
    return _closed(exposure, blocks, "restrictPublicBuckets", why) or _noted_refusal(
        exposure, blocks, "blockPublicPolicy", "document"
    )


def after_ignoring(
    exposure: Exposure, blocks: Sequence[Block], ownership: Ownership | None, *, public: bool = True
) -> Exposure:
    """What stays of an exposure by an ACL.

    Args:
        exposure: to a public group, or to another grantee, about whom access blocks decide nothing.
        blocks: those of the bucket.
        ownership: None if the stack has no ownership controls.
        public: whether the grantee is a public group.
    """
    if exposure.answer.verdict is Verdict.NOT_PUBLIC:
        return exposure
    if ownership and ownership.setting == ENFORCED:
        why = f"`{ENFORCED}` of `{ownership.resource.name}` switches ACLs off, and makes AWS refuse this one"
        guard = f"`{ENFORCED}` of `{ownership.resource.name}`"
        return Exposure(exposure.by, exposure.path, Answer(Verdict.NOT_PUBLIC, why), guard)
    blocks = blocks if public else ()
    left = _closed(exposure, blocks, "ignorePublicAcls", "makes AWS ignore its public ACLs")
    if ownership and ownership.setting is None and not (left and left.answer.verdict is Verdict.NOT_PUBLIC):
        why = f"the verdict depends on Object Ownership, which is not known yet; `{ENFORCED}` switches ACLs off"
        return Exposure(ownership.resource, "rule.objectOwnership", Answer(Verdict.UNDECIDED, why))
    if left:
        return left
    left = _noted_refusal(exposure, blocks, "blockPublicAcls", "ACL")
    if left is exposure and ownership is None:
        note = (
            f"of a bucket created since April 2023 AWS refuses this ACL, unless ownership controls other than `{ENFORCED}` "
            "allow it"
        )
        return _noted(exposure, note)
    return left


def _closed(exposure: Exposure, blocks: Sequence[Block], switch: str, why: str) -> Exposure | None:
    """The exposure, not public if a switch is on and undecided if it may be on; None if it is off."""
    value, by = _effective(blocks, switch)
    if by is None:
        return None
    if value:
        answer = Answer(Verdict.NOT_PUBLIC, f"{by.named(switch)} {why}")
        return Exposure(exposure.by, exposure.path, answer, by.named(switch))
    reason = "is not known yet" if by.switches[switch] is None else "may or may not be of this bucket"
    path = f"{by.at}.{switch}".lstrip(".")
    return Exposure(by.resource, path, Answer(Verdict.UNDECIDED, f"{by.named(switch)} decides, and {reason}"))


def _noted_refusal(exposure: Exposure, blocks: Sequence[Block], switch: str, refused: str) -> Exposure:
    value, by = _effective(blocks, switch)
    if not (value and by):
        return exposure
    note = f"{by.named(switch)} makes AWS refuse this {refused}, so it is public only if it was there before"
    return msgspec.structs.replace(_noted(exposure, note), guard=by.named(switch))


def _effective(blocks: Sequence[Block], switch: str) -> tuple[bool, Block | None]:
    """Whether a switch is certainly on, with the block that decides; the block is None if it is certainly off."""
    on = next((block for block in blocks if block.confidence is Confidence.CERTAIN and block.switches[switch]), None)
    return on is not None, on or next((block for block in blocks if block.switches[switch] is not False), None)


def _noted(exposure: Exposure, note: str) -> Exposure:
    answer = exposure.answer
    if answer.verdict is not Verdict.PUBLIC:
        return exposure
    return msgspec.structs.replace(exposure, answer=msgspec.structs.replace(answer, why=f"{answer.why}; {note}"))
