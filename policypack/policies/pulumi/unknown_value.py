"""A value that Pulumi does not know yet cannot be judged, and a policy document in it may allow anything.

CrossGuard lets a policy skip such a value with a note, so documents that matter are never checked. Here every policy that
cannot judge a value reports that, and this policy combines the reports: what is unknown, what it waits for, which
policies could not judge it, and how to make it known.
"""

from __future__ import annotations

from policypack.core.examples import construct, example
from policypack.core.policy import UNKNOWN, UNKNOWN_VALUE, Policy, Resource, Severity
from policypack.core.tags import Tag

VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"

POLICY: Policy[None] = Policy(
    id=UNKNOWN_VALUE,
    title="Value that is not known",
    why=__doc__,
    severity=Severity.HIGH,
    generic=True,
    tags=[Tag.PULUMI, Tag.VISIBILITY],
    fix=UNKNOWN.fix,
    references=[
        "https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
        "https://www.pulumi.com/docs/insights/policy/",
    ],
    bad=[
        example(
            Resource("aws:s3/bucketPolicy:BucketPolicy", "uploads", {"bucket": "uploads", "policy": UNKNOWN}),
            path="policy",
        ),
        example(
            Resource(
                "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "reader", {"role": "reader", "policyArn": UNKNOWN}
            ),
            path="policyArn",
            note="a policy that is attached by an ARN from elsewhere",
        ),
    ],
    good=[
        example(construct(VERSIONING, "uploads", bucket="uploads", versioningConfiguration={"status": "Enabled"})),
        example(
            construct(VERSIONING, "uploads", bucket=UNKNOWN, versioningConfiguration={"status": "Enabled"}),
            note="an unknown value that no policy has to read",
        ),
    ],
    reads=lambda _resource: (),
    check=lambda _value: (),
)
"""The card of a summary: it judges nothing by itself, and `policypack.evaluation.grouping` reports under it."""
