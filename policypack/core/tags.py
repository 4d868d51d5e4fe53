"""Tags of policies: a closed set of groups for reports and code scanning."""

from __future__ import annotations

import enum
from typing import Self


class Tag(enum.StrEnum):
    """A group of policies: first the service, then the concern, then the framework."""

    meaning: str
    """What belongs to the group: one line, no full stop."""

    def __new__(cls, name: str, meaning: str) -> Self:
        """The member with its meaning."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.meaning = meaning
        return member

    PULUMI = "pulumi", "what is missing from a preview or unknown in it, for any service"
    AWS = "aws", "resources of any AWS service, their providers and their arguments"
    IAM = "iam", "policy documents of any service, roles and what is attached to them"
    S3 = "s3", "buckets, objects and event notifications"
    LAMBDA = "lambda", "functions, their code, layers and permissions"
    EC2 = "ec2", "security groups"
    SQS = "sqs", "queues"
    SNS = "sns", "topics"
    DYNAMODB = "dynamodb", "tables"
    KMS = "kms", "keys"
    LOGS = "logs", "log groups of CloudWatch Logs"

    PUBLIC_ACCESS = "public-access", "gives access to anyone, or to more than is named"
    CROSS_ACCOUNT = "cross-account", "gives access to another account, or to a service on its behalf"
    LEAST_PRIVILEGE = "least-privilege", "allows more than the workload needs"
    PRIVILEGE_ESCALATION = "privilege-escalation", "leads to the permissions of another identity"
    NETWORK = "network", "depends on the caller's address or network"
    ENCRYPTION = "encryption", "leaves data readable at rest or in transit"
    SECRETS = "secrets", "exposes a credential"
    SUPPLY_CHAIN = "supply-chain", "uses code or a name that others may control"
    REGION = "region", "creates resources in an unintended region"
    RELIABILITY = "reliability", "fails, stops or loses events once it runs"
    DEPLOYMENT = "deployment", "makes the update fail midway or undo itself"
    CORRECTNESS = "correctness", "has no effect, or another than intended"
    COST = "cost", "causes cost without limit"
    VISIBILITY = "visibility", "was not judged"

    AWS_FSBP = "aws-fsbp", "is required by a control of AWS Foundational Security Best Practices"
