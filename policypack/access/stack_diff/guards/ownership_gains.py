"""What other accounts that write objects newly own, because Object Ownership no longer leaves these to the bucket's owner.

Under `BucketOwnerEnforced` the bucket's owner owns every object, and AWS refuses ACLs. Under `BucketOwnerPreferred` the
writer owns what it writes without the ACL `bucket-owner-full-control`, and under `ObjectWriter` all of it. Who owns an
object may read it and give access to it by an ACL, whatever the bucket's document says.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from policypack.access.exposure.blocks import ENFORCED
from policypack.access.exposure.bucket_settings import Carried
from policypack.access.exposure.public import exposure
from policypack.access.solver.bounds import Bound
from policypack.access.solver.diff import NOTHING, TOO_MANY, Access, gains, within
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.request import Request
from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.solver.witness import witness_of
from policypack.access.stack_diff.gains import Gain, Holding, Key, place_in
from policypack.access.stack_diff.guards.bucket_guards import Guarded, GuardedBucket
from policypack.core.policy import Stack
from policypack.iam.document import Condition, Effect, Statement
from policypack.resources.providers import reported_accounts
from policypack.resources.region import home

PREFERRED = "BucketOwnerPreferred"
WRITER = "ObjectWriter"
WRITE = "s3:PutObject"
USE = "s3:PutObjectAcl"
"""What the owner of an object may do, and what is refused while ACLs are off."""
ACCOUNT = "aws:principalaccount"
OWN_WRITER = ", unless the writer is of the bucket's own account, which the stack does not state"
OWN_ACL = Condition("StringNotEquals", "s3:x-amz-acl", ("bucket-owner-full-control",))

Side = tuple[Stack, Guarded, Mapping[Key, Holding]]
"""A stack, its buckets, and its holders of documents."""


def ownership_gains(new: Side, old: Side) -> Iterator[Gain]:
    """Each bucket of both stacks with objects that another account newly owns."""
    before, after = old[1], new[1]
    by_name = {bucket.name: key for key, bucket in before.items() if bucket.name}
    for key, bucket in after.items():
        former = key if key in before else by_name.get(bucket.name)
        if former is not None and _setting(bucket, "") != _setting(before[former], ""):
            held = (new[2].get(("resource", *key)), old[2].get(("resource", *former)))
            if held[0]:
                yield from _of_bucket((new[0], bucket, held[0]), (old[0], before[former], held[1]))


def _of_bucket(
    new: tuple[Stack, GuardedBucket, Holding], old: tuple[Stack, GuardedBucket, Holding | None]
) -> Iterator[Gain]:
    (stack, bucket, holding), (earlier, former, held) = new, old
    setting, certain = _setting(bucket, WRITER)
    setting_before, certain_before = _setting(former, ENFORCED)
    (accounts, known), (accounts_before, _) = _own_accounts(stack, bucket), _own_accounts(earlier, former)
    try:
        if held and _writer(former, held, setting_before, accounts_before, Bound.LEAST):
            return
        for bound in (Bound.LEAST, Bound.MOST):
            if found := _writer(bucket, holding, setting, accounts, bound):
                surely = bound is Bound.LEAST and certain and certain_before and known
                perhaps = held and _writer(former, held, setting_before, accounts_before, Bound.MOST)
                verdict = Verdict.NEW_ACCESS if surely and not perhaps else Verdict.UNDECIDED
                why = _why(bucket, former, verdict) + ("" if known else OWN_WRITER)
                witness = witness_of(found[0])
                context = tuple(entry for entry in witness.context if entry[0] != ACCOUNT)
                witness = msgspec.structs.replace(witness, action=USE, context=context)
                answer = Answer(verdict, why, found[1].path, witness)
                yield Gain(bucket.resource, *place_in(holding, found[1], bound), answer)
                return
    except TooManyCellsError:
        yield Gain(bucket.resource, bucket.resource, "", Answer(Verdict.UNDECIDED, TOO_MANY))


def _own_accounts(stack: Stack, bucket: GuardedBucket) -> tuple[frozenset[str], bool]:
    """The account of a bucket and True, or else the accounts of what the stack creates, of which it may be one."""
    account = home(stack, bucket.resource)[1]
    return (reported_accounts(stack), False) if account == "*" else (frozenset({account}), True)


def _setting(bucket: GuardedBucket, otherwise: str) -> tuple[str, bool]:
    """The Object Ownership of a bucket, and whether it is known; without ownership controls it is not."""
    setting = bucket.own.ownership.setting if bucket.own.ownership else None
    return (setting, True) if setting else (otherwise, False)


def _writer(
    bucket: GuardedBucket, holding: Holding, setting: str, accounts: frozenset[str], bound: Bound
) -> tuple[Request, Statement] | None:
    """A write by another account that makes it the owner of the object, and what allows it; None if there is none.

    Args:
        bucket: where the object is.
        holding: the bucket's documents.
        setting: its Object Ownership.
        accounts: those that may be the owner's.
        bound: which requests the documents allow.

    Raises:
        TooManyCellsError: there are too many requests to distinguish.
    """
    documents = [attached.document for attached in holding.carried]
    closed = bucket.answer(Carried.DOCUMENT).answer.verdict is Verdict.NOT_PUBLIC
    if setting == ENFORCED or (closed and any(exposure(one).verdict is Verdict.PUBLIC for one in documents)):
        return None
    conditions = [Condition("StringNotEquals", ACCOUNT, tuple(sorted(accounts)))] if accounts else []
    conditions += [OWN_ACL] if setting == PREFERRED else []
    writing = Statement("", Effect.ALLOW, actions=(WRITE,), resources=("*",), conditions=tuple(conditions))
    writes = gains(within(holding.access(bound), Access.of([writing])), NOTHING, attached=False)
    return next((found for found in writes if found[0].caller.type != "Service"), None)


def _why(bucket: GuardedBucket, former: GuardedBucket, verdict: Verdict) -> str:
    """What changed, and what the writer newly has."""
    was, now = (f"`{_setting(one, '')[0]}`" if _setting(one, "")[1] else "not known" for one in (former, bucket))
    owns = "owns" if verdict is Verdict.NEW_ACCESS else "may own"
    return f"Object Ownership was {was} and is {now}: who writes an object by this statement newly {owns} it, and its ACL counts"
