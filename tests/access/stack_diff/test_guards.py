"""Guards of what the stack does not show: buckets outside of it, the rest of an account, the ACLs of objects."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Options, Resource
from tests.access.stacks import ACCOUNT_BLOCK, BUCKET, BUCKET_BLOCK, BUCKET_POLICY, gains, resource

Resources = tuple[Resource, ...]
CONTROLS = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
PROVIDER = "pulumi:providers:aws"
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
PARTNER, HOME = "444455556666", "111122223333"


def block(*off: str, of: Any = "archive", called: str = "shut", **more: Any) -> Resource:
    return resource(BUCKET_BLOCK, called, bucket=of, **{name: name not in off for name in SWITCHES}, **more)


def account_block(*off: str, called: str = "everywhere", **more: Any) -> Resource:
    return resource(ACCOUNT_BLOCK, called, **{name: name not in off for name in SWITCHES}, **more)


def ownership(setting: Any, of: Any = "archive") -> Resource:
    return resource(CONTROLS, "owner", bucket=of, rule={"objectOwnership": setting})


def policy(*statements: Any) -> Resource:
    return resource(BUCKET_POLICY, "policy", bucket="archive", policy=json.dumps(document(*statements)))


def verdicts(new: Resources, old: Resources) -> list[Verdict]:
    return [gain.answer.verdict for gain in gains(new, old)]


ARCHIVE = resource(BUCKET, "archive", bucket="archive")
READ = Resource(BUCKET, "archive", {"bucket": "archive"}, outputs={"bucket": "archive"}, id="archive", external=True)
UNDECIDED = {
    "the block of a bucket elsewhere": ((), (block(),), "`restrictPublicBuckets` of `shut`"),
    "its documents count": ((block("restrictPublicBuckets"),), (block(),), "its policy document is not in this stack"),
    "its ACLs count": ((block("ignorePublicAcls"),), (block(),), "its ACLs and those of its objects are not"),
    "public documents are accepted": (
        (block("restrictPublicBuckets", "blockPublicPolicy"),),
        (block("restrictPublicBuckets"),),
        "`blockPublicPolicy` of `shut` is no longer in effect for the bucket `archive`",
    ),
    "a bucket that is only read": ((READ,), (READ, block()), "for the bucket `archive`"),
    "a bucket of which the name is unknown": ((), (block(of=UNKNOWN),), "`restrictPublicBuckets` of `shut`"),
    "a switch that is unknown now": (
        (resource(BUCKET_BLOCK, "shut", bucket="archive", restrictPublicBuckets=UNKNOWN, ignorePublicAcls=True),),
        (block(),),
        "its policy document is not in this stack",
    ),
    "ownership of a bucket elsewhere": (
        (ownership("ObjectWriter"),),
        (ownership("BucketOwnerEnforced"),),
        "`BucketOwnerEnforced` of `owner` is no longer in effect",
    ),
    "no ownership controls of it": ((block(),), (block(), ownership("BucketOwnerEnforced")), "ACLs"),
    "no account block": ((), (account_block(),), "other buckets and access points of the account"),
    "an account block that leaves documents": (
        (account_block("restrictPublicBuckets"),),
        (account_block(),),
        "`restrictPublicBuckets` of `everywhere` is no longer in effect",
    ),
    "an account block that leaves ACLs": (
        (ARCHIVE, block(), account_block("ignorePublicAcls")),
        (ARCHIVE, block(), account_block()),
        "`ignorePublicAcls` of `everywhere`",
    ),
    "ACLs of objects": (
        (ARCHIVE, ownership("BucketOwnerPreferred")),
        (ARCHIVE, ownership("BucketOwnerPreferred"), block()),
        "the ACLs of its objects are not in this stack",
    ),
    "ACLs of objects, and no ownership controls": (
        (ARCHIVE,),
        (ARCHIVE, ownership("ObjectWriter"), block()),
        "the ACLs of its objects are not in this stack",
    ),
}


@pytest.mark.parametrize(("new", "old", "why"), UNDECIDED.values(), ids=UNDECIDED)
def test_a_guard_of_what_the_stack_does_not_show(new: Resources, old: Resources, why: str) -> None:
    (gain,) = gains(new, old)
    assert gain.answer.verdict is Verdict.UNDECIDED
    assert why in gain.answer.why
    assert "keep the guard, or make sure that nothing there is public" in gain.answer.why
    assert gains(old, new) == gains(old, old) == gains(new, new) == []


def test_the_document_of_a_bucket_elsewhere_decides_if_the_stack_has_it() -> None:
    private = policy(allow("s3:GetObject", "arn:aws:s3:::archive/*", Principal={"AWS": HOME}))
    public = policy(allow("s3:GetObject", "arn:aws:s3:::archive/*", Principal="*"))
    open_again = block("restrictPublicBuckets", "blockPublicPolicy")
    assert gains((private, open_again), (private, block())) == []
    assert verdicts((public, open_again), (public, block())) == [Verdict.NEW_ACCESS]


def test_a_block_that_is_of_another_bucket_now() -> None:
    (gain,) = gains((block(of="inbox"),), (block(),))
    assert "for the bucket `archive`" in gain.answer.why


NARROW = block("blockPublicAcls", "blockPublicPolicy")
UNCHANGED = {
    "another name": ((block(called="renamed"),), (block(),)),
    "a bucket that is imported": ((ARCHIVE, block()), (block(),)),
    "the bucket goes too": ((), (ARCHIVE, block())),
    "neither is created any more": ((), (ARCHIVE, block(), ownership("ObjectWriter"))),
    "switches that others make needless": ((NARROW,), (block(),)),
    "the account has a block instead": ((account_block(),), (block(),)),
    "a block that AWS keeps": ((), (block(skipDestroy=True),)),
    "a block that Pulumi keeps": ((), (replace(block(), options=Options(retain_on_delete=True)),)),
    "a block of another stack's bucket, newly": ((block(),), ()),
    "a block of the account under another name": ((account_block(called="all"),), (account_block(),)),
    "needless switches of the account": (
        (account_block("blockPublicAcls", "blockPublicPolicy"),),
        (account_block(),),
    ),
    "a block of another account": (
        (account_block(), account_block(called="other", accountId=PARTNER)),
        (account_block(),),
    ),
    "ACLs that are off": (
        (ARCHIVE, ownership("BucketOwnerEnforced")),
        (ARCHIVE, ownership("BucketOwnerEnforced"), block()),
    ),
    "ACLs that are off by default": ((ARCHIVE,), (ARCHIVE, block())),
    "ACLs that only the owner writes": (
        (ARCHIVE, ownership("ObjectWriter"), block()),
        (ARCHIVE, ownership("BucketOwnerEnforced"), block()),
    ),
}


@pytest.mark.parametrize(("new", "old"), UNCHANGED.values(), ids=UNCHANGED)
def test_a_guard_that_still_holds_is_silent(new: Resources, old: Resources) -> None:
    assert gains(new, old) == []


def test_the_block_of_one_of_two_accounts() -> None:
    ours, theirs = account_block(accountId=HOME), account_block(called="other", accountId=PARTNER)
    (gain,) = gains((ours,), (ours, theirs))
    assert (gain.holder.name, gain.answer.verdict) == ("other", Verdict.UNDECIDED)


PROVIDED = Resource(PROVIDER, "ours", {"allowedAccountIds": [HOME]}, urn=f"urn:pulumi:dev::p::{PROVIDER}::ours")
OWNED = replace(ARCHIVE, provider=PROVIDED.urn)
ACL = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}


def owned(statement: Any) -> Resources:
    return PROVIDED, OWNED, policy(statement)


def writing(account: str = PARTNER, **more: Any) -> Resources:
    return owned(allow("s3:PutObject", "arn:aws:s3:::archive/*", Principal={"AWS": account}, **more))


@pytest.mark.parametrize(
    ("stack", "setting", "former"),
    [
        (writing(), "ObjectWriter", "BucketOwnerEnforced"),
        (writing(), "BucketOwnerPreferred", "BucketOwnerEnforced"),
        (writing(Condition=ACL), "ObjectWriter", "BucketOwnerEnforced"),
        (writing(Condition=ACL), "ObjectWriter", "BucketOwnerPreferred"),
        (writing(f"arn:aws:iam::{PARTNER}:role/loader"), "ObjectWriter", "BucketOwnerEnforced"),
    ],
)
def test_a_writer_of_another_account_that_owns_its_objects(stack: Resources, setting: str, former: str) -> None:
    (gain,) = gains((*stack, block(), ownership(setting)), (*stack, block(), ownership(former)))
    assert (gain.answer.verdict, gain.holder.name, gain.by.name) == (Verdict.NEW_ACCESS, "archive", "policy")
    assert f"Object Ownership was `{former}` and is `{setting}`" in gain.answer.why
    assert gain.answer.witness
    assert PARTNER in gain.answer.witness.outsider
    assert gains((*stack, block(), ownership(former)), (*stack, block(), ownership(setting))) == []


@pytest.mark.parametrize(
    ("stack", "setting", "former"),
    [
        (writing(HOME), "ObjectWriter", "BucketOwnerEnforced"),
        (writing(f"arn:aws:iam::{HOME}:role/loader"), "ObjectWriter", "BucketOwnerEnforced"),
        (writing(Condition=ACL), "BucketOwnerPreferred", "BucketOwnerEnforced"),
        (writing(), "ObjectWriter", "BucketOwnerPreferred"),
        (
            owned(allow("s3:GetObject", "arn:aws:s3:::archive/*", Principal={"AWS": PARTNER})),
            "ObjectWriter",
            "BucketOwnerEnforced",
        ),
        (
            owned(allow("s3:PutObject", "*", Principal={"Service": "s3.amazonaws.com"})),
            "ObjectWriter",
            "BucketOwnerEnforced",
        ),
        (owned(allow("s3:PutObject", "arn:aws:s3:::archive/*", Principal="*")), "ObjectWriter", "BucketOwnerEnforced"),
    ],
)
def test_objects_stay_the_bucket_owners(stack: Resources, setting: str, former: str) -> None:
    assert gains((*stack, block(), ownership(setting)), (*stack, block(), ownership(former))) == []


def test_a_role_of_the_stack_is_no_other_account() -> None:
    arn = f"arn:aws:iam::{HOME}:role/loader"
    role = Resource("aws:iam/role:Role", "loader", {"name": "loader"}, outputs={"name": "loader", "arn": arn})
    stack = (role, ARCHIVE, writing(arn)[2], block())
    assert gains((*stack, ownership("ObjectWriter")), (*stack, ownership("BucketOwnerEnforced"))) == []


def test_a_new_writer_is_reported_once() -> None:
    old = (*writing(HOME), block(), ownership("ObjectWriter"))
    (gain,) = gains((*writing(), block(), ownership("ObjectWriter")), old)
    assert gain.answer.why == "the old stack does not allow this"


def test_an_owner_that_is_unknown_is_undecided() -> None:
    nowhere = (ARCHIVE, writing()[2], block())
    enforced = ownership("BucketOwnerEnforced")
    assert verdicts((*nowhere, ownership("ObjectWriter")), (*nowhere, enforced)) == [Verdict.UNDECIDED]
    here = (*writing(), block())
    assert verdicts((*here, ownership(UNKNOWN)), (*here, enforced)) == [Verdict.UNDECIDED]
    assert verdicts(here, (*here, enforced)) == [Verdict.UNDECIDED]


POINT = f"arn:aws:s3:eu-west-1:{HOME}:accesspoint/inside"


def point(*, vpc: bool) -> Resource:
    inside = {"vpcConfiguration": {"vpcId": "vpc-0a1b2c3d"}} if vpc else {}
    return resource("aws:s3/accessPoint:AccessPoint", "inside", name="inside", arn=POINT, bucket="archive", **inside)


def test_an_access_point_that_leaves_its_vpc_is_new_access_if_its_document_lets_somebody_in() -> None:
    named = json.dumps(document(allow("s3:GetObject", f"{POINT}/object/*", Principal={"AWS": PARTNER})))
    let = resource("aws:s3control/accessPointPolicy:AccessPointPolicy", "let", accessPointArn=POINT, policy=named)
    assert verdicts((ARCHIVE, point(vpc=False), let), (ARCHIVE, point(vpc=True), let)) == [Verdict.NEW_ACCESS]
    assert gains((ARCHIVE, point(vpc=True), let), (ARCHIVE, point(vpc=False), let)) == []
    assert gains((ARCHIVE, point(vpc=False)), (ARCHIVE, point(vpc=True))) == []
