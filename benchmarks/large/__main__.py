"""A stack of 2,000 resources: buckets, their access blocks, roles and the documents that grant them access to the objects.

With `--config large:flawed=true` it has 4,500 violations.
"""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws

VERSION = "2012-10-17"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements: dict[str, object]) -> str:
    """The statements as the text of a policy document."""
    return json.dumps({"Version": VERSION, "Statement": statements})


def objects_of(arn: str) -> str:
    """A document that allows to read and write the objects of a bucket."""
    return document({"Effect": "Allow", "Action": allowed, "Resource": f"{arn}/*"})


config = pulumi.Config()
flawed = config.get_bool("flawed") or False
allowed = ["s3:*", "sqs:*"] if flawed else ["s3:GetObject", "s3:PutObject"]

for number in range(config.require_int("buckets")):
    bucket = aws.s3.Bucket(f"bucket-{number}")
    aws.s3.BucketPublicAccessBlock(
        f"bucket-{number}",
        bucket=bucket.id,
        block_public_acls=not flawed,
        block_public_policy=not flawed,
        ignore_public_acls=not flawed,
        restrict_public_buckets=True,
    )
    role = aws.iam.Role(f"role-{number}", assume_role_policy=document(TRUST))
    aws.iam.RolePolicy(f"role-{number}", role=role.id, policy=bucket.arn.apply(objects_of))
