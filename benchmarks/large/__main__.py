"""A stack of 2,000 resources: buckets, their access blocks, roles and the documents that grant them access to the objects."""

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
    return document({"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{arn}/*"})


for number in range(pulumi.Config().require_int("buckets")):
    bucket = aws.s3.Bucket(f"bucket-{number}")
    aws.s3.BucketPublicAccessBlock(
        f"bucket-{number}",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    role = aws.iam.Role(f"role-{number}", assume_role_policy=document(TRUST))
    aws.iam.RolePolicy(f"role-{number}", role=role.id, policy=bucket.arn.apply(objects_of))
