"""What may be newly open because a guard of what the stack does not show goes or weakens.

The documents and ACLs that a guard closes may be elsewhere: those of a bucket outside the stack, those of every other
bucket of an account, and the ACLs of objects. Whether one of them is public is not known here, so such a gain is
undecided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec

from policypack.access.exposure.blocks import ENFORCED
from policypack.access.exposure.bucket_settings import ACCOUNT_BLOCK, BucketSettings, Carried, access_block
from policypack.access.exposure.exposure import Exposure
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Place, Places, end_of
from policypack.access.stack_diff.gains import Gain
from policypack.access.stack_diff.guards.bucket_guards import Guarded, GuardedBucket, answered
from policypack.core.policy import Resource, Stack
from policypack.resources.providers import only_account, provider_of

LOST = "no longer in effect"
DOCUMENTS = "its policy document"
ACLS = "its ACLs and those of its objects"
OF_OBJECTS = "the ACLs of its objects"
ELSEWHERE = "the documents and ACLs of other buckets and access points of the account"
REMEDY = "keep the guard, or make sure that nothing there is public"

Side = tuple[Stack, Places]
Kept = Mapping[Place, Resource]
"""By place in the old stack, the same resource in the new one."""


def guard_gains(new: Side, old: Side, guarded: tuple[Guarded, Guarded], reported: Collection[str]) -> Iterator[Gain]:
    """What guards no longer close, account by account and bucket by bucket.

    Args:
        new: the new stack.
        old: the old stack.
        guarded: the buckets of the new stack, and of the old one.
        reported: the URNs of buckets about which another gain says what is newly open.
    """
    kept = {end_of(other): new[0].by_urn[urn] for urn, other in (new[1].same or {}).items()}
    yield from _of_accounts(new, old, kept)
    after, before = guarded
    by_name = {bucket.name: bucket for bucket in after.values() if bucket.name}
    for key, bucket in before.items():
        now = after.get(key) or by_name.get(bucket.name) or _unconfigured(bucket, new[0], old[0])
        if now and now.resource.urn not in reported:
            yield from _of_bucket(_with_staying(now, bucket, kept), bucket, kept)


def _of_accounts(new: Side, old: Side, kept: Kept) -> Iterator[Gain]:
    """Each access block of an account that closes less."""
    for block, now in _successors(new, old, kept):
        settings = [BucketSettings((access_block(one),) if one else ()) for one in (block, now)]
        answers = [[answered(block, side, by) for side in settings] for by in (Carried.DOCUMENT, Carried.PUBLIC_ACL)]
        lost = [before for before, after in answers if _less(before, after)]
        if lost:
            yield _gain(now or replace(block, position=None), f"{_named(lost)}; {ELSEWHERE}", "are")


def _successors(new: Side, old: Side, kept: Kept) -> Iterator[tuple[Resource, Resource | None]]:
    """Each access block of an account that the update may change, with the one of the account after it."""
    (stack, places), (earlier, _) = new, old
    after = {block.urn: block for block in stack.of(ACCOUNT_BLOCK) if not block.external}
    before = [block for block in earlier.of(ACCOUNT_BLOCK) if not block.external]
    taken: dict[str, Resource] = {}
    for block in before:
        same = after.get(kept[end_of(block)].urn) if end_of(block) in kept else None
        accounts = {_account(earlier, block), _account(stack, same)} if same else set()
        if same and not (len(accounts) > 1 and accounts <= places.accounts):
            taken[block.urn] = after.pop(same.urn)
    for block in before:
        now = taken.get(block.urn)
        others = (one for one in after.values() if _may_be_equal(_account(stack, one), _account(earlier, block)))
        if now is None and (now := next(others, None)):
            after.pop(now.urn)
        if now or not stays(block):
            yield block, now


def _account(stack: Stack, resource: Resource) -> str:
    """The account that an access block is of; empty if it is not stated."""
    stated, provider = resource.inputs.get("accountId"), provider_of(stack, resource)
    return stated if isinstance(stated, str) else only_account(provider) if provider else ""


def _may_be_equal(account: str, other: str) -> bool:
    return not (account and other) or account == other


def stays(resource: Resource) -> bool:
    """Whether AWS keeps a resource that the program no longer has."""
    return resource.options.retain_on_delete or resource.inputs.get("skipDestroy") is True


def _unconfigured(bucket: GuardedBucket, new: Stack, old: Stack) -> GuardedBucket | None:
    """A bucket outside the stack that no sidecar configures any more; None for one that is gone."""
    if bucket.within:
        return None
    account = _account(old, bucket.resource)
    blocks = [
        access_block(block)
        for block in new.of(ACCOUNT_BLOCK)
        if not block.external and _may_be_equal(_account(new, block), account)
    ]
    gone = replace(bucket.resource, position=None)
    return msgspec.structs.replace(bucket, resource=gone, own=BucketSettings(), account=tuple(blocks), documented=False)


def _with_staying(now: GuardedBucket, bucket: GuardedBucket, kept: Kept) -> GuardedBucket:
    """A bucket after the update, with the access blocks of before that AWS keeps."""
    staying = [block for block in bucket.own.blocks if stays(block.resource) and end_of(block.resource) not in kept]
    own = msgspec.structs.replace(now.own, blocks=(*now.own.blocks, *staying))
    return msgspec.structs.replace(now, own=own)


def _of_bucket(now: GuardedBucket, before: GuardedBucket, kept: Kept) -> Iterator[Gain]:
    """What the sidecars of one bucket no longer close, of what the stack does not show."""
    lost = {by: held for by in _hidden(now, before) if _less(held := before.answer(by, alone=True), now.answer(by))}
    if lost:
        acls = OF_OBJECTS if now.within and before.within else ACLS
        what = [DOCUMENTS] * (Carried.DOCUMENT in lost) + [acls] * bool(lost.keys() - {Carried.DOCUMENT})
        name = now.name or before.name
        of = f" for the bucket `{name}`" if name else ""
        verb = "is" if what == [DOCUMENTS] else "are"
        current = kept.get(end_of(before.resource), now.resource)
        yield _gain(current, f"{_named(lost.values())}{of}; {', '.join(what)}", verb)


def _hidden(now: GuardedBucket, before: GuardedBucket) -> list[Carried]:
    """What may expose a bucket without a sign of it in the stack.

    A bucket of the stack has the documents and ACLs of the stack, but if its ACLs are enabled its objects have some of
    their own. Without ownership controls a new bucket has none, and one that loses them has.
    """
    if not (now.within and before.within):
        return [*([] if now.documented else [Carried.DOCUMENT]), Carried.PUBLIC_ACL, Carried.OTHER_ACL]
    ownership = now.own.ownership
    enabled = ownership.setting != ENFORCED if ownership else before.own.ownership is not None
    return [Carried.PUBLIC_ACL] if enabled else []


def _less(before: Exposure, after: Exposure) -> bool:
    """Whether less is closed than before: what is public may be refused, then perhaps stay public, then be so."""
    return _openness(before) < _openness(after)


def _openness(left: Exposure) -> int:
    if left.answer.verdict is Verdict.PUBLIC:
        return 1 if left.guard else 3
    return 2 if left.answer.verdict is Verdict.UNDECIDED else 0


def _named(lost: Iterable[Exposure]) -> str:
    """The guards that closed something, as a clause."""
    guards = dict.fromkeys(held.guard or f"`{held.path}` of `{held.by.name}`" for held in lost)
    return f"{' and '.join(guards)} {'is' if len(guards) == 1 else 'are'} {LOST}"


def _gain(by: Resource, lost: str, verb: str) -> Gain:
    return Gain(by, by, "", Answer(Verdict.UNDECIDED, f"{lost} {verb} not in this stack: {REMEDY}"))
