"""Actions that may be allowed on every resource, although AWS can limit them to some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policypack.iam.actions import Action

_METADATA = frozenset(
    {
        *("acm:DescribeCertificate", "cloudtrail:GetTrailStatus", "cloudwatch:DescribeAlarms", "eks:DescribeCluster"),
        *("dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"),
        *("ecr:DescribeImages", "ecr:DescribeRepositories", "ecs:DescribeClusters", "ecs:DescribeServices"),
        *("elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets"),
        *("firehose:DescribeDeliveryStream", "kinesis:DescribeStream", "kinesis:DescribeStreamSummary"),
        *("kms:DescribeKey", "kms:GetKeyRotationStatus", "s3:GetBucketLocation", "s3:GetBucketPolicyStatus"),
        *(
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketTagging",
            "s3:GetBucketVersioning",
            "s3:GetEncryptionConfiguration",
        ),
        *("sns:GetTopicAttributes", "sqs:GetQueueAttributes"),
    }
)
"""Actions that read the state and settings of a resource, no content, code, credential or environment, and change nothing.

Each can be limited to a resource, and `SecurityAudit` allows all of them on `*`.
Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SecurityAudit.html.
"""
_INTERFACES = frozenset(
    {
        *("ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
        *("ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
    }
)
"""What Lambda and CodeBuild need on `*` to attach to a VPC.

Sources: https://github.com/awsdocs/aws-lambda-developer-guide/commit/258fecc4e78d65e7b37d172cb6aa5bc2b5210011 and
https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html.
"""
_WITHOUT_A_NAME = frozenset({"ecs:RegisterTaskDefinition", "ssm:UpdateInstanceInformation", "translate:TranslateText"})
"""Actions that AWS's own policies allow on `*` only: what they register has no ARN before, or they need no resource.

Sources: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSElasticBeanstalkRoleECS.html,
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonSSMManagedInstanceCore.html and
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/TranslateReadOnly.html.
"""
ANYWHERE = _METADATA | _INTERFACES | _WITHOUT_A_NAME


def anywhere(action: Action) -> bool:
    """Whether an action may be allowed on every resource, also because AWS chooses the id of what it creates."""
    created = action.name.removeprefix("Create")
    kind = action.required[0] if created != action.name and len(action.required) == 1 else None
    by_id = kind is not None and kind.tail.count("*") == 1 and kind.written.endswith(f"/${{{created}Id}}")
    return by_id or str(action) in ANYWHERE
