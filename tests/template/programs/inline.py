"""Every setting that a bucket has inline, and the older forms of documents."""

import json

import pulumi
import pulumi_aws as aws

logs = aws.s3.Bucket("logs", bucket="acme-logs-4711", force_destroy=True)
bucket = aws.s3.Bucket(
    "data",
    bucket="acme-data-4711",
    versioning={"enabled": True},
    logging={"target_bucket": logs.bucket, "target_prefix": "data/"},
    server_side_encryption_configuration={
        "rule": {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    },
    cors_rules=[{"allowed_methods": ["GET"], "allowed_origins": ["https://acme.example"], "expose_headers": ["ETag"]}],
    lifecycle_rules=[
        {
            "id": "old",
            "enabled": True,
            "prefix": "tmp/",
            "tags": {"kind": "scratch"},
            "expiration": {"days": 30},
            "noncurrent_version_expiration": {"days": 7},
            "transitions": [{"days": 10, "storage_class": "GLACIER"}],
        }
    ],
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": ["arn:aws:s3:::acme-data-4711", "arn:aws:s3:::acme-data-4711/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    ),
)
role = aws.iam.Role(
    "machine",
    name="acme-machine",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        }
    ),
    managed_policy_arns=["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"],
    tags={"team": "ops"},
)
aws.iam.InstanceProfile("machine", role=role.name)
aws.sqs.Queue(
    "jobs",
    name="jobs",
    kms_master_key_id="alias/aws/sqs",
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}],
        }
    ),
)
pulumi.export("bucket", bucket.bucket)
