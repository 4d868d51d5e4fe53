"""Clicks are kept in a bucket."""

import firehose
import pulumi
import pulumi_aws as aws

account = aws.get_caller_identity_output().account_id
bucket = aws.s3.Bucket("clicks", bucket=account.apply(lambda known: f"acme-clicks-{known}"))

for setting in (
    lambda name: aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    ),
    lambda name: aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.id, rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    ),
    lambda name: aws.s3.BucketPolicy(
        name,
        bucket=bucket.id,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": {"AWS": "*"},
                        "Action": "s3:*",
                        "Resource": [bucket.arn, bucket.arn.apply("{}/*".format)],
                        "Condition": {"Bool": {"aws:SecureTransport": False}},
                    }
                ],
            }
        ),
    ),
):
    setting("clicks")

stream = firehose.Delivery("clicks", {"bucket": bucket, "folder": "raw"}, account).stream
pulumi.export("stream", stream.name)
