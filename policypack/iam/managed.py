"""The documents of AWS managed policies that make administrators or are often attached to functions.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from policypack.iam.arn import Arn
from policypack.iam.document import VERSIONS, PolicyDocument
from policypack.iam.grammar import parse
from policypack.iam.tables import DocumentKind

WRITE_EVERY_OBJECT = {
    "AWSLambdaExecute": "s3:PutObject",
    "AmazonS3FullAccess": "s3:*",
}
"""The action on every object of every bucket that some policies without a document here allow."""

WRITE_NO_OBJECT = frozenset(
    {
        "AWSKeyManagementServicePowerUser",
        "AWSLambda_FullAccess",
        "AWSLambda_ReadOnlyAccess",
        "AWSStepFunctionsFullAccess",
        "AWSXrayWriteOnlyAccess",
        "AmazonBedrockFullAccess",
        "AmazonBedrockReadOnly",
        "AmazonCognitoPowerUser",
        "AmazonDynamoDBFullAccess",
        "AmazonDynamoDBReadOnlyAccess",
        "AmazonEC2FullAccess",
        "AmazonEC2ReadOnlyAccess",
        "AmazonEventBridgeFullAccess",
        "AmazonKinesisFirehoseFullAccess",
        "AmazonKinesisFullAccess",
        "AmazonRDSDataFullAccess",
        "AmazonRDSFullAccess",
        "AmazonRekognitionFullAccess",
        "AmazonS3ReadOnlyAccess",
        "AmazonSESFullAccess",
        "AmazonSNSFullAccess",
        "AmazonSNSReadOnlyAccess",
        "AmazonSQSFullAccess",
        "AmazonSQSReadOnlyAccess",
        "AmazonSSMFullAccess",
        "AmazonSSMReadOnlyAccess",
        "AmazonTextractFullAccess",
        "AmazonTranscribeFullAccess",
        "AmazonVPCFullAccess",
        "CloudWatchFullAccess",
        "CloudWatchFullAccessV2",
        "CloudWatchLambdaInsightsExecutionRolePolicy",
        "CloudWatchLogsFullAccess",
        "ComprehendFullAccess",
        "ReadOnlyAccess",
        "SecretsManagerReadWrite",
        "SecurityAudit",
        "TranslateFullAccess",
        "job-function/ViewOnlyAccess",
        "service-role/AWSLambdaENIManagementAccess",
        "service-role/AWSLambdaMSKExecutionRole",
        "service-role/AWSLambdaRole",
        "service-role/AmazonS3ObjectLambdaExecutionRolePolicy",
    }
)
"""Policies that allow no write to any object."""

ADMINISTRATORS: Mapping[str, Sequence[Mapping[str, Sequence[str]]]] = {
    "AdministratorAccess": ({"Action": ("*",)},),
    "IAMFullAccess": (
        {
            "Action": (
                "iam:*",
                "organizations:DescribeAccount",
                "organizations:DescribeOrganization",
                "organizations:DescribeOrganizationalUnit",
                "organizations:DescribePolicy",
                "organizations:ListChildren",
                "organizations:ListParents",
                "organizations:ListPolicies",
                "organizations:ListPoliciesForTarget",
                "organizations:ListRoots",
                "organizations:ListTargetsForPolicy",
            )
        },
    ),
    "PowerUserAccess": (
        {"NotAction": ("iam:*", "organizations:*", "account:*")},
        {
            "Action": (
                "account:GetAccountInformation",
                "account:GetGovCloudAccountInformation",
                "account:GetPrimaryEmail",
                "account:ListRegions",
                "iam:CreateServiceLinkedRole",
                "iam:DeleteServiceLinkedRole",
                "iam:ListRoles",
                "organizations:DescribeEffectivePolicy",
                "organizations:DescribeOrganization",
            )
        },
    ),
}
"""The statements of policies that make an administrator, or nearly; they are Allow statements on `*`."""

_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
FOR_FUNCTIONS = {
    "service-role/AWSLambdaBasicExecutionRole": _LOGS,
    "service-role/AWSLambdaVPCAccessExecutionRole": (
        *_LOGS,
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ),
    "service-role/AWSLambdaSQSQueueExecutionRole": (
        *_LOGS,
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    ),
    "service-role/AWSLambdaDynamoDBExecutionRole": (
        *_LOGS,
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    ),
    "service-role/AWSLambdaKinesisExecutionRole": (
        *_LOGS,
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:ListStreams",
        "kinesis:SubscribeToShard",
    ),
    "AWSXRayDaemonWriteAccess": (
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:GetSamplingStatisticSummaries",
    ),
}
"""The actions that AWS managed policies for functions allow on `*`."""


def managed_name(arn: str) -> str:
    """The name of an AWS managed policy with its path, as `service-role/AWSLambdaBasicExecutionRole`; empty for others."""
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or parsed.account != "aws":
        return ""
    return parsed.resource.removeprefix("policy/")


@cache
def managed_document(name: str) -> PolicyDocument | None:
    """The document of an AWS managed policy; None if it is not in our table."""
    statements = ADMINISTRATORS.get(name)
    if statements is None and name in FOR_FUNCTIONS:
        statements = ({"Action": FOR_FUNCTIONS[name]},)
    if statements is None:
        return None
    raw = [
        {"Effect": "Allow", "Resource": "*", **{key: list(value) for key, value in statement.items()}}
        for statement in statements
    ]
    return parse({"Version": VERSIONS[0], "Statement": raw}, DocumentKind.IDENTITY, "aws:iam/policy:Policy")
