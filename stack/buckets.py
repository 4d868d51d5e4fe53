"""Buckets that are private, encrypted and versioned, and whose objects expire."""

from __future__ import annotations

import documents
import pulumi
import pulumi_aws as aws
from names import Names

NONCURRENT_DAYS = 30
ABANDONED_UPLOAD_DAYS = 7


def create(
    name: str, physical_name: str, names: Names, key: aws.kms.Key, opts: pulumi.ResourceOptions
) -> aws.s3.Bucket:
    """A bucket with all its protections. `name` is Pulumi's, `physical_name` is S3's."""
    bucket = aws.s3.Bucket(name, bucket=physical_name, opts=opts)
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=opts,
    )
    access_block = aws.s3.BucketPublicAccessBlock(
        f"{name}-access-block",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=opts,
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.bucket,
        policy=documents.bucket(names, physical_name),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[access_block])),
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"}, opts=opts
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.bucket,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
                "bucket_key_enabled": True,
            }
        ],
        opts=opts,
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.bucket,
        rules=[
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": names.settings.object_retention_days},
                "noncurrent_version_expiration": {"noncurrent_days": NONCURRENT_DAYS},
                "abort_incomplete_multipart_upload": {"days_after_initiation": ABANDONED_UPLOAD_DAYS},
            }
        ],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[versioning])),
    )
    return bucket
