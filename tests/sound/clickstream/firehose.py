"""Delivers records to a folder of a bucket, and no more."""

from __future__ import annotations

from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws


class Destination(TypedDict):
    bucket: aws.s3.Bucket
    folder: str


class Delivery:
    """A delivery stream with its role; `Delivery(...).stream` is the stream."""

    def __init__(self, name: str, to: Destination, account: pulumi.Input[str]):
        self.name, self.to, self.account = name, to, account
        self.log_group = aws.cloudwatch.LogGroup(name, retention_in_days=30)
        self.log_stream = aws.cloudwatch.LogStream(name, log_group_name=self.log_group.name)
        self.role = aws.iam.Role(name, assume_role_policy=pulumi.Output.json_dumps(self.trust()))
        rights = aws.iam.Policy(name, policy=self.rights().json)
        self.attachment = aws.iam.RolePolicyAttachment(name, role=self.role, policy_arn=rights.arn)

    def trust(self) -> dict[str, Any]:
        statement = dict(
            Effect="Allow",
            Principal=dict(Service="firehose.amazonaws.com"),
            Action="sts:AssumeRole",
            Condition=dict(StringEquals={"aws:SourceAccount": self.account}),
        )
        return dict(Version="2012-10-17", Statement=[statement])

    def rights(self) -> pulumi.Output[aws.iam.GetPolicyDocumentResult]:
        bucket = self.to["bucket"].arn
        return aws.iam.get_policy_document_output(
            statements=[
                dict(sid="Deliver", actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"],
                     resources=[bucket.apply(lambda arn: f"{arn}/{self.to['folder']}/*")]),
                dict(sid="Locate", actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
                     resources=[bucket]),
                dict(sid="ReportErrors", actions=["logs:PutLogEvents"],
                     resources=[pulumi.Output.concat(self.log_group.arn, ":log-stream:", self.log_stream.name)]),
            ]
        )

    @property
    def stream(self) -> aws.kinesis.FirehoseDeliveryStream:
        return aws.kinesis.FirehoseDeliveryStream(
            self.name,
            destination="extended_s3",
            server_side_encryption={"enabled": True},
            extended_s3_configuration={
                "bucket_arn": self.to["bucket"].arn,
                "role_arn": self.role.arn,
                "prefix": f"{self.to['folder']}/",
                "error_output_prefix": f"{self.to['folder']}/errors/",
                "buffering_interval": 300,
                "compression_format": "GZIP",
                "cloudwatch_logging_options": {
                    "enabled": True,
                    "log_group_name": self.log_group.name,
                    "log_stream_name": self.log_stream.name,
                },
            },
            opts=pulumi.ResourceOptions(depends_on=[self.attachment]),
        )
