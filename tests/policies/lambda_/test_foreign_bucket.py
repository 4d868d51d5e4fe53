from __future__ import annotations

from policypack.core.examples import BUCKET_ARN, bucket, permission
from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.lambda_.foreign_bucket import POLICY
from tests.policies.helpers import reported, silent, undecided

test_a_bucket_that_the_stack_does_not_have = reported(
    POLICY,
    "sourceArn",
    ((bucket(),), {"sourceArn": "arn:aws:s3:::acme-inbox-old"}),
    ((bucket(),), {"sourceArn": "arn:aws:s3:::Acme-inbox"}),
    ((), {"sourceArn": BUCKET_ARN}),
    ((bucket(None),), {"sourceArn": BUCKET_ARN}),
    ((bucket(),), {"sourceArn": "arn:aws:s3:::acme-old", "principal": UNKNOWN}),
    of=lambda buckets, properties: (*buckets, permission(**properties)),
)
test_silent = silent(
    POLICY,
    {
        "name": (bucket(), permission()),
        "reference": (bucket(None), permission(bucket(None), at="sourceArn", sourceArn=UNKNOWN)),
        "other token": (Resource("aws:s3/bucketV2:BucketV2", "inbox", {"bucket": "acme-inbox"}), permission()),
        "only read": (
            Resource("aws:s3/bucket:Bucket", "inbox", outputs={"bucket": "acme-inbox"}, external=True),
            permission(),
        ),
        "topic": (permission(principal="sns.amazonaws.com", sourceArn="arn:aws:sns:eu-west-1:111122223333:alarms"),),
        "none": (permission(sourceArn=None),),
        "malformed": (permission(sourceArn="acme-old"),),
    },
)


def test_a_bucket_that_is_not_known_yet_is_undecided() -> None:
    assert undecided(POLICY, bucket(), permission(sourceArn=UNKNOWN)) == ["sourceArn"]
    assert undecided(POLICY, permission(sourceArn=UNKNOWN)) == ["sourceArn"]
    assert undecided(POLICY, bucket(None), permission(sourceArn="arn:aws:s3:::inbox-1a2b3c4")) == ["sourceArn"]
    assert undecided(POLICY, bucket(UNKNOWN), permission()) == ["sourceArn"]
