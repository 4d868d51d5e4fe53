"""The joined verdict on a bucket, against a slow and obvious evaluator that tries out what every unknown may become."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from policypack.access.exposure.blocks import SWITCHES
from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource, Stack, Unknown
from policypack.evaluation.settings import Settings

OUTSIDE = document(allow(Principal="*"))
INSIDE = document(allow(Principal={"AWS": "111122223333"}))
DOCUMENTS = (None, INSIDE, OUTSIDE, UNKNOWN)
ACLS = (None, "private", "public-read", "authenticated-read", UNKNOWN)
OWNERSHIPS = (None, "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter", UNKNOWN)
BLOCKS = st.none() | st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([True, False, UNKNOWN]) for name in SWITCHES}
)

Block = Mapping[str, Any] | None


def world(doc: Any, acl: Any, ownership: Any, of_bucket: Block, of_account: Block) -> Exposed:
    """The verdict on the one bucket of a stack, with its settings in sidecars."""
    resources = [Resource("aws:s3/bucket:Bucket", "inbox", {"bucket": "inbox"})]
    here = {"bucket": "inbox"}
    if doc is not None:
        resources.append(Resource("aws:s3/bucketPolicy:BucketPolicy", "inbox", {**here, "policy": doc}))
    if acl is not None:
        resources.append(Resource("aws:s3/bucketAcl:BucketAcl", "inbox", {**here, "acl": acl}))
    if ownership is not None:
        rule = {"rule": {"objectOwnership": ownership}}
        resources.append(Resource("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "inbox", {**here, **rule}))
    if of_bucket is not None:
        token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
        resources.append(Resource(token, "inbox", {**here, **of_bucket}))
    if of_account is not None:
        resources.append(Resource("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "all", of_account))
    (entry,) = exposed(Stack(tuple(resources), Settings()))
    return entry


def becomes(value: Any, known: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a value may turn out to be."""
    return known if isinstance(value, Unknown) else (value,)


def switched(block: Block) -> Iterator[dict[str, bool]]:
    """What the four switches may turn out to be; what is not written is off."""
    given_ = block or {}
    for values in product(*(becomes(given_.get(name, False), (True, False)) for name in SWITCHES)):
        yield dict(zip(SWITCHES, values, strict=True))


def public(doc: Any, acl: Any, ownership: Any, blocks: tuple[dict[str, bool], ...]) -> bool:
    """AWS's rules for one world in which all is known."""
    if doc is OUTSIDE and not any(each["restrictPublicBuckets"] for each in blocks):
        return True
    if ownership == "BucketOwnerEnforced" or any(each["ignorePublicAcls"] for each in blocks):
        return False
    return acl in ("public-read", "authenticated-read")


def slow(doc: Any, acl: Any, ownership: Any, of_bucket: Block, of_account: Block) -> Verdict:
    worlds = {
        public(*each, blocks)
        for each in product(
            becomes(doc, (INSIDE, OUTSIDE)),
            becomes(acl, ("private", "public-read")),
            becomes(ownership, ("BucketOwnerEnforced", "ObjectWriter")),
        )
        for blocks in product(switched(of_bucket), switched(of_account))
    }
    if len(worlds) > 1:
        return Verdict.UNDECIDED
    return Verdict.PUBLIC if worlds == {True} else Verdict.NOT_PUBLIC


@settings(max_examples=500)
@given(st.sampled_from(DOCUMENTS), st.sampled_from(ACLS), st.sampled_from(OWNERSHIPS), BLOCKS, BLOCKS)
@example(OUTSIDE, None, None, {"restrictPublicBuckets": UNKNOWN}, {"restrictPublicBuckets": True})
@example(None, "public-read", UNKNOWN, None, {"ignorePublicAcls": True})
@example(OUTSIDE, "public-read", None, {"restrictPublicBuckets": True}, None)
def test_joined_verdict(doc: Any, acl: Any, ownership: Any, of_bucket: Block, of_account: Block) -> None:
    entry = world(doc, acl, ownership, of_bucket, of_account)
    assert entry.verdict is slow(doc, acl, ownership, of_bucket, of_account)
    assert (entry.exposure.answer.witness is not None) == (entry.verdict is Verdict.PUBLIC)
    if entry.verdict is Verdict.UNDECIDED:
        value: Any = entry.exposure.by.inputs
        for name in entry.exposure.path.split("."):
            value = value[name]
        assert isinstance(value, Unknown), "an undecided verdict names the place that it waits for"


def test_every_world_without_unknowns() -> None:
    """All of them: documents, ACLs, ownership, and the switches of two blocks that take access away."""
    effective = [
        {"restrictPublicBuckets": restrict, "ignorePublicAcls": ignore}
        for restrict, ignore in product((True, False), repeat=2)
    ]
    for each in product(DOCUMENTS[:-1], ACLS[:-1], OWNERSHIPS[:-1], [None, *effective], [None, *effective]):
        assert world(*each).verdict is slow(*each), each
