"""An auditor in another account reads the ledgers."""

import json
from typing import Any, Callable

import pulumi
import pulumi_aws as aws

cfg = pulumi.Config()
AUDITOR = cfg.require("auditor")
EXTERNAL_ID = cfg.require("externalId")

Builder = Callable[[str], "list[dict[str, Any]]"]


def written_from(arn: pulumi.Output[str], build: Builder) -> pulumi.Output[str]:
    """The document that `build` makes of an ARN."""
    return arn.apply(lambda known: json.dumps({"Version": "2012-10-17", "Statement": build(known)}, indent=2))


ledgers = aws.s3.Bucket("ledgers", bucket_prefix="acme-ledgers-")
aws.s3.BucketVersioning("ledgers", bucket=ledgers.id, versioning_configuration={"status": "Enabled"})
aws.s3.BucketServerSideEncryptionConfiguration(
    "ledgers",
    bucket=ledgers.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
)
aws.s3.BucketPublicAccessBlock(
    "ledgers",
    bucket=ledgers.id,
    **dict.fromkeys(
        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
    ),
)

auditor = aws.iam.Role(
    "auditor",
    name="ledger-auditor",
    max_session_duration=3600,
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{AUDITOR}:role/auditing"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"sts:ExternalId": EXTERNAL_ID},
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                },
            },
        }
    ),
)

reading = aws.iam.Policy(
    "reading",
    policy=written_from(
        ledgers.arn,
        lambda arn: [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/closed/*"},
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": arn,
                "Condition": {"StringLike": {"s3:prefix": "closed/*"}},
            },
        ],
    ),
)
aws.iam.RolePolicyAttachment("reading", role=auditor.name, policy_arn=reading.arn)


def closed_to_others(arn: str) -> list[dict[str, Any]]:
    return [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


aws.s3.BucketPolicy("ledgers", bucket=ledgers.id, policy=written_from(ledgers.arn, closed_to_others))
pulumi.export("role", auditor.arn)
