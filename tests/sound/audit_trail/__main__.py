"""What happens in the account is written to a bucket."""

from functools import partial

import pulumi
import pulumi_aws as aws

TRAIL = "account"

frankfurt = aws.Provider("frankfurt", region="eu-central-1", allowed_account_ids=["111122223333"])
with_frankfurt = pulumi.ResourceOptions(provider=frankfurt)
invoke_frankfurt = pulumi.InvokeOptions(provider=frankfurt)

account = aws.get_caller_identity_output(opts=invoke_frankfurt).account_id
partition = aws.get_partition_output(opts=invoke_frankfurt).partition
region = aws.get_region_output(opts=invoke_frankfurt).region
trail_arn = pulumi.Output.format(
    "arn:{0}:cloudtrail:{1}:{2}:trail/{name}", partition, region, account, name=TRAIL
)

bucket = aws.s3.Bucket("trail", object_lock_enabled=True, opts=pulumi.ResourceOptions.merge(
    with_frankfurt, pulumi.ResourceOptions(protect=True, retain_on_delete=True)
))
of_bucket = partial(dict, bucket=bucket.bucket, opts=with_frankfurt)

aws.s3.BucketPublicAccessBlock("trail", block_public_acls=True, block_public_policy=True, ignore_public_acls=True,
                               restrict_public_buckets=True, **of_bucket())
aws.s3.BucketOwnershipControls("trail", rule={"object_ownership": "BucketOwnerEnforced"}, **of_bucket())
aws.s3.BucketServerSideEncryptionConfiguration(
    "trail", rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}], **of_bucket()
)
from_trail = {"aws:SourceArn": trail_arn, "aws:SourceAccount": account}
policy = aws.s3.BucketPolicy(
    "trail",
    policy=pulumi.Output.json_dumps({
        "Version": "2012-10-17",
        "Id": "trail",
        "Statement": [
            {"Sid": "Check", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
             "Action": "s3:GetBucketAcl", "Resource": bucket.arn,
             "Condition": {"StringEquals": from_trail}},
            {"Sid": "Write", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
             "Action": "s3:PutObject", "Resource": pulumi.Output.concat(bucket.arn, "/AWSLogs/", account, "/*"),
             "Condition": {"StringEquals": {**from_trail, "s3:x-amz-acl": "bucket-owner-full-control"}}},
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
             "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ],
    }),
    **of_bucket(),
)
aws.cloudtrail.Trail(
    "trail",
    name=TRAIL,
    s3_bucket_name=bucket.bucket,
    is_multi_region_trail=True,
    enable_log_file_validation=True,
    opts=pulumi.ResourceOptions(provider=frankfurt, depends_on=[policy]),
)
