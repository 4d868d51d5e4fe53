"""A bucket with every setting of its own resources."""

import json

import pulumi
import pulumi_aws as aws

copy = aws.s3.Bucket("copy", bucket="acme-copy-4711")
bucket = aws.s3.Bucket("vault", bucket="acme-vault-4711", object_lock_enabled=True)
versioning = {"versioning_configuration": {"status": "Enabled"}}
of_copy = aws.s3.BucketVersioning("copy", bucket=copy.id, **versioning)
of_vault = aws.s3.BucketVersioning("vault", bucket=bucket.id, **versioning)
role = aws.iam.Role(
    "replication",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
aws.s3.BucketReplicationConfig(
    "vault",
    bucket=bucket.id,
    role=role.arn,
    rules=[
        {
            "id": "all",
            "status": "Enabled",
            "priority": 1,
            "filter": {"prefix": "keep/"},
            "delete_marker_replication": {"status": "Disabled"},
            "destination": {"bucket": copy.arn, "storage_class": "STANDARD_IA"},
        }
    ],
    opts=pulumi.ResourceOptions(depends_on=[of_vault]),
)
aws.s3.BucketObjectLockConfiguration(
    "vault", bucket=bucket.id, rule={"default_retention": {"mode": "GOVERNANCE", "days": 30}}
)
aws.s3.BucketIntelligentTieringConfiguration(
    "cold", bucket=bucket.bucket, tierings=[{"access_tier": "DEEP_ARCHIVE_ACCESS", "days": 180}]
)
aws.s3.Inventory(
    "weekly",
    bucket=bucket.id,
    included_object_versions="All",
    schedule={"frequency": "Weekly"},
    destination={"bucket": {"format": "ORC", "bucket_arn": copy.arn}},
)
aws.s3.BucketMetric("whole", bucket=bucket.id)
aws.s3.BucketMetric("kept", bucket=bucket.id, name="kept", filter={"prefix": "keep/"})
aws.s3.AnalyticsConfiguration("whole", bucket=bucket.id)
aws.s3.BucketAccelerateConfiguration("vault", bucket=bucket.id, status="Enabled")
aws.s3.BucketLogging("vault", bucket=bucket.id, target_bucket=copy.id, target_prefix="logs/")
aws.s3.BucketLifecycleConfiguration(
    "vault",
    bucket=bucket.id,
    rules=[
        {
            "id": "small",
            "status": "Enabled",
            "filter": {"and": {"prefix": "a/", "tags": {"x": "y"}, "object_size_greater_than": 1000}},
            "transitions": [{"days": 30, "storage_class": "STANDARD_IA"}],
        },
        {
            "id": "tagged",
            "status": "Disabled",
            "filter": {"tag": {"key": "a", "value": "b"}},
            "expiration": {"days": 1},
        },
        {
            "id": "old",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_transitions": [{"noncurrent_days": 30, "storage_class": "GLACIER"}],
            "noncurrent_version_expiration": {"noncurrent_days": 90, "newer_noncurrent_versions": 3},
        },
    ],
)
