"""Buckets with documents that are known, unknown and secret."""

import json

import pulumi
import pulumi_aws as aws
from pulumi import Output

inbox = aws.s3.Bucket("inbox", force_destroy=True)
named = aws.s3.Bucket("named", bucket="a-chosen-name", region="us-east-1", tags={"owner": "me"})


def document(arn, principal="*"):
    """Lets someone read."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


aws.s3.BucketPolicy("unknown", bucket=inbox.id, policy=inbox.arn.apply(document))
aws.s3.BucketPolicy("known", bucket=named.bucket, policy=document("arn:aws:s3:::a-chosen-name"))
aws.s3.BucketPublicAccessBlock("named", bucket=named.bucket, block_public_acls=True, block_public_policy=False)
aws.s3.BucketAcl("inbox", bucket=inbox.bucket, acl="public-read")
aws.iam.Policy(
    "wild",
    policy=Output.secret(
        json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    ),
)
pulumi.export("names", [inbox.bucket, named.id])
