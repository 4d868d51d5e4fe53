from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Reference, Resource
from policypack.resources.bucket import buckets, sidecars
from policypack.resources.naming import physical_name
from policypack.resources.references import Resolved, Sidecars, resolve
from policypack.resources.tokens import BUCKET_TYPES
from tests.resources.test_references import stack_of

BUCKET = "aws:s3/bucket:Bucket"
ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"


def bucket(name: str = "inbox", **inputs: Any) -> Resource:
    return Resource(BUCKET, name, inputs)


def block(value: Any, *origins: Resource, name: str = "block", **more: Any) -> Resource:
    dependencies = {"bucket": tuple(origin.urn for origin in origins)} if origins else {}
    return Resource(ACCESS_BLOCK, name, {"bucket": value}, property_dependencies=dependencies, **more)


def configuring(subject: Resource, *others: Resource) -> Sidecars:
    return sidecars(stack_of(subject, *others), subject, ACCESS_BLOCK)


def test_both_tokens_are_buckets_and_directory_buckets_are_not() -> None:
    old = Resource("aws:s3/bucketV2:BucketV2", "old")
    new = bucket("new")
    directory = Resource("aws:s3/directoryBucket:DirectoryBucket", "fast", {"bucket": "fast--use1-az4--x-s3"})
    assert buckets(stack_of(old, directory, new)) == (old, new)


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (bucket(bucket="inbox-prod"), "inbox-prod"),
        (Resource(BUCKET, "inbox", {"bucket": UNKNOWN}, outputs={"bucket": "inbox-prod"}), "inbox-prod"),
        (Resource(BUCKET, "inbox", {"bucketPrefix": "inbox-"}, outputs={"id": "inbox-2024"}), "inbox-2024"),
        (Resource(BUCKET, "inbox", id="inbox-2024"), "inbox-2024"),
        (bucket(bucket=UNKNOWN), None),
        (bucket(bucketPrefix="inbox-"), None),
    ],
)
def test_a_name_comes_from_inputs_or_outputs(subject: Resource, expected: str | None) -> None:
    assert physical_name(subject) == expected


def test_an_unknown_value_computed_from_the_bucket_refers_to_it() -> None:
    subject, other = bucket(), bucket("other")
    sidecar = block(UNKNOWN, subject)
    assert configuring(subject, other, sidecar).certain == (sidecar,)
    assert configuring(other, subject, sidecar) == Sidecars()


def test_a_known_name_refers_to_the_bucket() -> None:
    subject, sidecar = bucket(bucket="inbox-prod"), block("inbox-prod")
    assert configuring(subject, sidecar).certain == (sidecar,)


@pytest.mark.parametrize("value", ["arn:aws:s3:::inbox-prod", "arn:aws-cn:s3:::inbox-prod/*", "s3://inbox-prod"])
def test_what_is_no_name_configures_no_bucket(value: str) -> None:
    assert configuring(bucket(bucket="inbox-prod"), block(value)) == Sidecars()


def test_a_bucket_passed_as_a_resource_refers_to_itself() -> None:
    subject = bucket()
    sidecar = block(Reference(subject.urn))
    assert configuring(subject, sidecar).certain == (sidecar,)


def test_a_sidecars_bucket_output_refers_to_its_bucket() -> None:
    subject, other = bucket(), bucket("other")
    versioning = Resource(VERSIONING, "v", {"bucket": UNKNOWN}, property_dependencies={"bucket": (subject.urn,)})
    sidecar = block(UNKNOWN, versioning, subject)
    assert configuring(subject, other, versioning, sidecar).certain == (sidecar,)
    assert configuring(other, subject, versioning, sidecar) == Sidecars()


def test_an_output_of_a_component_refers_to_the_bucket_inside() -> None:
    component = Resource("acme:index:Storage", "storage", custom=False)
    inner = Resource(BUCKET, "inner", parent=component.urn)
    outer = bucket("outer")
    sidecar = block(UNKNOWN, component)
    assert configuring(inner, component, outer, sidecar).certain == (sidecar,)
    assert configuring(outer, component, inner, sidecar) == Sidecars()


def test_a_component_with_two_buckets_leaves_both_possible() -> None:
    component = Resource("acme:index:Storage", "storage", custom=False)
    first, second = (Resource(BUCKET, name, parent=component.urn) for name in ("first", "second"))
    sidecar = block(UNKNOWN, component)
    assert configuring(first, second, component, sidecar) == Sidecars(possible=(sidecar,))
    assert configuring(second, first, component, sidecar) == Sidecars(possible=(sidecar,))


def test_an_untraceable_value_may_refer_to_any_bucket() -> None:
    subject, named = bucket(), bucket("named", bucket="named")
    sidecar = block(UNKNOWN)
    assert configuring(subject, named, sidecar) == Sidecars(possible=(sidecar,))
    assert configuring(named, subject, sidecar) == Sidecars(possible=(sidecar,))


def test_a_name_computed_from_the_same_source_may_refer_to_the_bucket() -> None:
    pet = Resource("random:index/randomPet:RandomPet", "pet")
    subject = Resource(BUCKET, "inbox", {"bucket": UNKNOWN}, property_dependencies={"bucket": (pet.urn,)})
    other = bucket("other", bucket="other")
    sidecar = block(UNKNOWN, pet)
    assert configuring(subject, pet, other, sidecar) == Sidecars(possible=(sidecar,))
    assert configuring(other, pet, subject, sidecar) == Sidecars()


@pytest.mark.parametrize(
    "sidecar",
    [
        block("somebody-elses"),
        block("arn:aws:s3:::somebody-elses"),
        block(UNKNOWN, Resource("aws:s3/directoryBucket:DirectoryBucket", "fast")),
        Resource(ACCESS_BLOCK, "block", {}),
    ],
    ids=["another name", "another ARN", "a directory bucket", "nothing"],
)
def test_a_reference_to_another_bucket_is_not_counted(sidecar: Resource) -> None:
    directory = Resource("aws:s3/directoryBucket:DirectoryBucket", "fast")
    assert configuring(bucket(bucket="inbox-prod"), directory, sidecar) == Sidecars()


def test_a_name_that_extends_the_buckets_known_name_is_another_bucket() -> None:
    subject = bucket(bucket="inbox-prod")
    assert configuring(subject, block("inbox-prod-logs", subject)) == Sidecars()


@pytest.mark.parametrize(
    ("subject", "possible"),
    [
        (bucket(bucketPrefix="in-"), True),
        (bucket(bucketPrefix="out-"), False),
        (bucket("in"), True),
        (bucket("out"), False),
        (bucket(bucket=UNKNOWN), True),
    ],
    ids=["prefix fits", "prefix does not", "generated name fits", "generated name does not", "unknown name"],
)
def test_a_text_may_be_the_name_of_a_bucket_whose_name_is_unknown(subject: Resource, *, possible: bool) -> None:
    sidecar = block("in-20240101")
    assert configuring(subject, sidecar) == Sidecars(possible=(sidecar,) if possible else ())


def test_outputs_decide_where_inputs_were_unknown() -> None:
    subject, other = bucket(bucket="inbox"), bucket("other", bucket="other")
    sidecar = block(UNKNOWN, outputs={"bucket": "other"})
    assert configuring(subject, other, sidecar) == Sidecars()
    assert configuring(other, subject, sidecar).certain == (sidecar,)


def test_both_spellings_of_a_type_are_found() -> None:
    subject = bucket(bucket="inbox")
    kind = "aws:s3/bucketVersioning{0}:BucketVersioning{0}"
    versionings = [Resource(kind.format(suffix), f"v{suffix}", {"bucket": "inbox"}) for suffix in ("", "V2")]
    assert list(sidecars(stack_of(subject, *versionings), subject, VERSIONING).certain) == versionings
    assert list(sidecars(stack_of(subject, *versionings), subject, kind.format("V2")).certain) == versionings


def test_any_property_may_refer_to_a_bucket() -> None:
    subject = bucket()
    permission = Resource(
        "aws:lambda/permission:Permission",
        "invoke",
        {"sourceArn": UNKNOWN},
        property_dependencies={"sourceArn": (subject.urn,)},
    )
    assert resolve(stack_of(subject, permission), permission, "sourceArn", *BUCKET_TYPES).resources == (subject,)
    assert resolve(stack_of(subject, permission), permission, "function", *BUCKET_TYPES) == Resolved()


def test_a_cyclic_state_ends() -> None:
    subject = bucket()
    urn = Resource(ACCESS_BLOCK, "block").urn
    versioning = Resource(VERSIONING, "v", {"bucket": UNKNOWN}, property_dependencies={"bucket": (urn,)})
    sidecar = block(UNKNOWN, versioning)
    assert configuring(subject, versioning, sidecar) == Sidecars(possible=(sidecar,))
