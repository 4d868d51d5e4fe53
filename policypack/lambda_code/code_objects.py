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
    """The objects that `s3Bucket` and `s3Key` of a function or layer refer to; none if they are outside the stack."""
    if resource.inputs.get("s3Key") is None:
        return CodeObjects()
    every = [code_object for kind in OBJECT_TYPES for code_object in stack.by_type.get(kind, ())]
    matched = {code_object.urn: _matches(stack, resource, code_object) for code_object in every}
    certain = [code_object for code_object in every if matched[code_object.urn] is True]
    if len(certain) == 1 and _is_newest(resource, certain[0]):
        return CodeObjects(certain[0])
    return CodeObjects(
        possible=tuple(certain or (code_object for code_object in every if matched[code_object.urn] is None))
    )


def _matches(stack: Stack, resource: Resource, code_object: Resource) -> bool | None:
    """Whether a function's key and bucket are an object's; None if that is known only after the update."""
    origins = resource.property_dependencies.get("s3Key", ())
    key, own = _text(resource, "s3Key"), _text(code_object, "key")
    if key is not None and own is not None:
        return _same_bucket(stack, resource, code_object) if key == own else False
    if code_object.urn in origins or any(inside(stack, code_object, urn) for urn in _components(stack, origins)):
        others = [urn for urn in origins if urn != code_object.urn and _is_object(stack, urn)]
        return None if others else True
    if key is not None and origins:
        return False
    return None if _same_bucket(stack, resource, code_object) is not False else False


def _same_bucket(stack: Stack, resource: Resource, code_object: Resource) -> bool | None:
    """Whether a function's `s3Bucket` is the bucket of an object."""
    name, own = _bucket(resource, "s3Bucket"), _bucket(code_object, "bucket")
    if name is not None and own is not None:
        return name == own
    if code_object.urn in resource.property_dependencies.get("s3Bucket", ()):
        return True
    of_function = resolve(stack, resource, "s3Bucket", *BUCKET_TYPES)
    of_object = resolve(stack, code_object, "bucket", *BUCKET_TYPES)
    if of_function.certain and of_object.certain:
        return any(bucket.urn == other.urn for bucket in of_function.resources for other in of_object.resources)
    return None if of_function.all and of_object.all else False


def _is_newest(resource: Resource, code_object: Resource) -> bool:
    """Whether the code is the object's current version."""
    version = resource.inputs.get("s3ObjectVersion")
    return version is None or code_object.urn in resource.property_dependencies.get("s3ObjectVersion", ())


def _components(stack: Stack, urns: Sequence[str]) -> list[str]:
    return [urn for urn in urns if (resource := stack.by_urn.get(urn)) and is_component(resource)]


def _is_object(stack: Stack, urn: str) -> bool:
    resource = stack.by_urn.get(urn)
    return resource is not None and resource.type in OBJECT_TYPES


def _text(resource: Resource, name: str) -> str | None:
    values = (resource.inputs.get(name), resource.outputs.get(name))
    return next((value for value in values if isinstance(value, str) and value), None)


def _bucket(resource: Resource, name: str) -> str | None:
    """The name of a bucket, or of the bucket that an ARN names, if it is known."""
    value = resource.inputs.get(name)
    text = _text(resource, name) if not isinstance(value, Reference) else None
    arn = Arn.parse(text) if text else None
    return arn.resource if arn and arn.service == "s3" else text
