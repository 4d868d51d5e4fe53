"""A bucket and its replica in the same region, each with its own provider."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

PREFIX = "contracts/"


@dataclass
class Vault:
    bucket: aws.s3.Bucket
    versioning: aws.s3.BucketVersioning
    provider: aws.Provider


def vault(name: str) -> Vault:
    provider = aws.Provider(name, region="eu-central-1", default_tags={"tags": {"copy": name}})
    opts = ResourceOptions(provider=provider)
    bucket = aws.s3.Bucket(name, opts=opts)
    below = ResourceOptions(parent=bucket)
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=below,
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name,
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=below,
    )
    versioning = aws.s3.BucketVersioning(
        name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=below
    )
    aws.s3.BucketPolicy(
        name,
        bucket=bucket.id,
        policy=bucket.arn.apply(
            lambda arn: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "TlsOnly",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [arn, f"{arn}/*"],
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        }
                    ],
                }
            )
        ),
        opts=below,
    )
    return Vault(bucket, versioning, provider)


original, replica = vault("original"), vault("replica")
account = aws.get_caller_identity().account_id

role = aws.iam.Role(
    "replication",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                }
            ],
        }
    ),
)


@Output.all(source=original.bucket.arn, target=replica.bucket.arn).apply
def rights(arns: dict) -> str:
    source, target = arns["source"], arns["target"]
    allowed = {
        source: ["s3:GetReplicationConfiguration"],
        f"{source}/{PREFIX}*": [
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionAcl",
            "s3:GetObjectVersionTagging",
        ],
        f"{target}/{PREFIX}*": ["s3:ReplicateObject", "s3:ReplicateTags"],
    }
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": resource} for resource, actions in allowed.items()
            ],
        }
    )


policy = aws.iam.RolePolicy("replication", role=role.id, policy=rights)
aws.s3.BucketReplicationConfig(
    "replication",
    bucket=original.bucket.id,
    role=role.arn,
    rules=[
        {
            "id": "contracts",
            "status": "Enabled",
            "priority": 1,
            "filter": {"prefix": PREFIX},
            "delete_marker_replication": {"status": "Disabled"},
            "destination": {"bucket": replica.bucket.arn, "storage_class": "STANDARD_IA"},
        }
    ],
    opts=ResourceOptions(provider=original.provider, depends_on=[original.versioning, replica.versioning, policy]),
)
