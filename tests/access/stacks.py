"""Small stacks, and the verdicts on their resources."""

from __future__ import annotations

from typing import Any

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.comparison import gained
from policypack.access.stack_diff.gains import Gain
from policypack.core.examples import allow, document
from policypack.core.policy import Resource, Stack
from policypack.evaluation.settings import Settings

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
BUCKET_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
OPEN = document(allow(Principal="*"))


def by_name(*resources: Resource) -> dict[str, Exposed]:
    """Each resource's exposures, by its name."""
    return {entry.resource.name: entry for entry in exposed(Stack(resources, Settings()))}


def verdict(name: str, *resources: Resource) -> Verdict:
    """The verdict on one resource."""
    return by_name(*resources)[name].verdict


def resource(token: str, called: str = "it", /, **inputs: Any) -> Resource:
    """A resource of which the provider reports what the program wrote."""
    return Resource(token, called, inputs, outputs=inputs)


def gains(new: tuple[Resource, ...], old: tuple[Resource, ...]) -> list[Gain]:
    """What one stack allows and another one does not."""
    return list(gained(Stack(new, Settings()), Stack(old, Settings())))
