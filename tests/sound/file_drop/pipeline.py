"""The whole stack as one class: configuration in, resources out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions


def policy_document(*statements: dict[str, Any]) -> Output[str]:
    return Output.all(*statements).apply(
        lambda known: json.dumps({"Version": "2012-10-17", "Statement": known}, separators=(",", ":"))
    )


@dataclass(frozen=True)
class FileDrop:
    prefix: str
    suffix: str

    @classmethod
    def from_config(cls) -> FileDrop:
        return cls(**pulumi.Config().require_object("drop"))

    def deploy(self) -> FileDrop:
        permission = aws.lambda_.Permission(
            "invoke",
            action="lambda:InvokeFunction",
            function=self.function.name,
            principal="s3.amazonaws.com",
            source_arn=self.source.arn,
            source_account=self.account,
        )
        aws.s3.BucketNotification(
            "dropped",
            bucket=self.source.id,
            lambda_functions=[
                aws.s3.BucketNotificationLambdaFunctionArgs(
                    lambda_function_arn=self.function.arn,
                    events=["s3:ObjectCreated:*"],
                    filter_prefix=self.prefix,
                    filter_suffix=self.suffix,
                )
            ],
            opts=ResourceOptions(depends_on=[permission]),
        )
        pulumi.export("source", self.source.bucket)
        pulumi.export("target", self.target.bucket)
        return self

    @cached_property
    def account(self) -> Output[str]:
        return aws.get_caller_identity_output().account_id

    @cached_property
    def source(self) -> aws.s3.Bucket:
        return self._bucket("dropped")

    @cached_property
    def target(self) -> aws.s3.Bucket:
        return self._bucket("converted")

    @cached_property
    def logs(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup("convert", retention_in_days=30)

    @cached_property
    def role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            "convert",
            assume_role_policy=policy_document(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": self.account}},
                }
            ),
        )
        aws.iam.RolePolicy(
            "convert",
            role=role.id,
            policy=policy_document(
                {
                    "Sid": "Read",
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": Output.concat(self.source.arn, "/", self.prefix, "*"),
                },
                {
                    "Sid": "Write",
                    "Effect": "Allow",
                    "Action": "s3:PutObject",
                    "Resource": Output.concat(self.target.arn, "/out/*"),
                },
                {
                    "Sid": "Log",
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": Output.concat(self.logs.arn, ":*"),
                },
            ),
        )
        return role

    @cached_property
    def function(self) -> aws.lambda_.Function:
        return aws.lambda_.Function(
            "convert",
            runtime="python3.13",
            handler="convert.handler",
            role=self.role.arn,
            timeout=60,
            code=pulumi.FileArchive("code"),
            environment={"variables": {"TARGET": self.target.bucket}},
            logging_config={"log_format": "JSON", "log_group": self.logs.name},
        )

    def _bucket(self, name: str) -> aws.s3.Bucket:
        bucket = aws.s3.Bucket(name)
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=policy_document(
                {
                    "Sid": "TlsOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket.arn, Output.concat(bucket.arn, "/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ),
        )
        return bucket
