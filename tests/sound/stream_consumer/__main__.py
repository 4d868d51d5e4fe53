"""Changes of products go to a search index through a queue."""

import json
from typing import NamedTuple

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output

HANDLER = """
import os

import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["INDEXING"], MessageBody=record["eventID"])
"""


class Right(NamedTuple):
    actions: list[str]
    resource: Input[str]


def rights(*each: Right) -> Output[str]:
    resources = Output.all(*(right.resource for right in each))
    return Output.json_dumps(
        Output.from_input(
            {
                "Version": "2012-10-17",
                "Statement": resources.apply(
                    lambda known: [
                        {"Effect": "Allow", "Action": right.actions, "Resource": resource}
                        for right, resource in zip(each, known)
                    ]
                ),
            }
        )
    )


products = aws.dynamodb.Table(
    "products",
    hash_key="sku",
    attributes=[aws.dynamodb.TableAttributeArgs(name="sku", type="S")],
    billing_mode="PAY_PER_REQUEST",
    stream_enabled=True,
    stream_view_type="NEW_IMAGE",
    point_in_time_recovery=aws.dynamodb.TablePointInTimeRecoveryArgs(enabled=True),
)
indexing = aws.sqs.Queue("indexing")
failed = aws.sqs.Queue("indexing-failed", message_retention_seconds=1_209_600)
logs = aws.cloudwatch.LogGroup("index", retention_in_days=7)

role = aws.iam.Role(
    "index",
    assume_role_policy=Output.format(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Action": "sts:AssumeRole",
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:lambda:us-west-2:ACCOUNT:function:index-*"}},
                    }
                ],
            }
        )
        .replace("{", "{{")
        .replace("}", "}}")
        .replace("ACCOUNT", "{account}"),
        account=aws.get_caller_identity_output().account_id,
    ),
)
aws.iam.RolePolicy(
    "index",
    role=role.id,
    policy=rights(
        Right(["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"], products.stream_arn),
        Right(["sqs:SendMessage"], indexing.arn),
        Right(["sqs:SendMessage"], failed.arn),
        Right(["logs:CreateLogStream", "logs:PutLogEvents"], Output.concat(logs.arn, ":*")),
    ),
)
index = aws.lambda_.Function(
    "index",
    runtime=aws.lambda_.Runtime.PYTHON3D12,
    handler="index.handler",
    role=role.arn,
    timeout=30,
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset(HANDLER)}),
    environment=aws.lambda_.FunctionEnvironmentArgs(variables={"INDEXING": indexing.url}),
    logging_config=aws.lambda_.FunctionLoggingConfigArgs(log_format="JSON", log_group=logs.name),
)
aws.lambda_.EventSourceMapping(
    "index",
    event_source_arn=products.stream_arn,
    function_name=index.arn,
    starting_position="LATEST",
    maximum_retry_attempts=3,
    destination_config=aws.lambda_.EventSourceMappingDestinationConfigArgs(
        on_failure=aws.lambda_.EventSourceMappingDestinationConfigOnFailureArgs(destination_arn=failed.arn)
    ),
)
