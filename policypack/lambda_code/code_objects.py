"""Objects of S3 buckets from which functions and layers of the stack take their code.

Sources: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Reference, Resource, Stack
from policypack.iam.arn import Arn
from policypack.resources.dependency_graph import inside, is_component
from policypack.resources.references import resolve
from policypack.resources.tokens import BUCKET_TYPES

OBJECT_TYPES = ("aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2")


class CodeObjects(msgspec.Struct, frozen=True):
    """The objects of the stack that a function's or layer's code is in: one that surely is, or those that may be."""

    certain: Resource | None = None
    possible: tuple[Resource, ...] = ()


@memoized
def code_objects(stack: Stack, resource: Resource) -> CodeObjects:
    """The objects that `s3Bucket` and `s3Key` of a function or layer mean; none where those are of no object here."""
    if resource.inputs.get("s3Key") is None:
        return CodeObjects()
    every = [each for kind in OBJECT_TYPES for each in stack.by_type.get(kind, ())]
    matched = {each.urn: _matches(stack, resource, each) for each in every}
    certain = [each for each in every if matched[each.urn] is True]
    if len(certain) == 1 and _is_newest(resource, certain[0]):
        return CodeObjects(certain[0])
    return CodeObjects(possible=tuple(certain or (each for each in every if matched[each.urn] is None)))


def _matches(stack: Stack, resource: Resource, found: Resource) -> bool | None:
    """Whether a function's key and bucket are an object's; None where that is known only after the update."""
    origins = resource.property_dependencies.get("s3Key", ())
    key, own = _text(resource, "s3Key"), _text(found, "key")
    if key is not None and own is not None:
        return _same_bucket(stack, resource, found) if key == own else False
    if found.urn in origins or any(inside(stack, found, urn) for urn in _components(stack, origins)):
        others = [urn for urn in origins if urn != found.urn and _is_object(stack, urn)]
        return None if others else True
    if key is not None and origins:
        return False
    return None if _same_bucket(stack, resource, found) is not False else False


def _same_bucket(stack: Stack, resource: Resource, found: Resource) -> bool | None:
    """Whether a function's `s3Bucket` is the bucket of an object."""
    name, own = _bucket(resource, "s3Bucket"), _bucket(found, "bucket")
    if name is not None and own is not None:
        return name == own
    if found.urn in resource.property_dependencies.get("s3Bucket", ()):
        return True
    one, other = resolve(stack, resource, "s3Bucket", *BUCKET_TYPES), resolve(stack, found, "bucket", *BUCKET_TYPES)
    if one.certain and other.certain:
        return any(each.urn == bucket.urn for each in one.resources for bucket in other.resources)
    return None if one.all and other.all else False


def _is_newest(resource: Resource, found: Resource) -> bool:
    """Whether the code is the object's content of now, not that of a version from before."""
    version = resource.inputs.get("s3ObjectVersion")
    return version is None or found.urn in resource.property_dependencies.get("s3ObjectVersion", ())


def _components(stack: Stack, urns: Sequence[str]) -> list[str]:
    return [urn for urn in urns if (each := stack.by_urn.get(urn)) and is_component(each)]


def _is_object(stack: Stack, urn: str) -> bool:
    found = stack.by_urn.get(urn)
    return found is not None and found.type in OBJECT_TYPES


def _text(resource: Resource, name: str) -> str | None:
    values = (resource.inputs.get(name), resource.outputs.get(name))
    return next((each for each in values if isinstance(each, str) and each), None)


def _bucket(resource: Resource, name: str) -> str | None:
    """The name of a bucket, where it is known, without what an ARN has around it."""
    value = resource.inputs.get(name)
    text = _text(resource, name) if not isinstance(value, Reference) else None
    arn = Arn.parse(text) if text else None
    return arn.resource if arn and arn.service == "s3" else text
