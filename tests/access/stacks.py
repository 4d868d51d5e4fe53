"""Small stacks, and the verdicts on their resources."""

from __future__ import annotations

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.solver.verdict import Verdict
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
