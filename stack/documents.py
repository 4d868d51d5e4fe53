"""Every policy document of the stack, with a builder for each.

All are built from `Names`, never from outputs, so a preview shows the text that AWS gets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from names import INCOMING, NORMALISED, SUMMARIES, Names, bucket_arn

Statement = Mapping[str, Any]

KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""Everything a deployment calls over a key's life, and nothing that reads data."""


def trust(names: Names) -> str:
    """Who may assume the function's role: Lambda, working for this account."""
    return _document(
        {
            "Sid": "LambdaOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": names.settings.account_id}},
        }
    )


def role(names: Names) -> str:
    """What the function may do. The key is absent: its own policy allows the function, since its ARN is not known."""
    own_account = {"StringEquals": {"s3:ResourceAccount": names.settings.account_id}}
    results = bucket_arn(names.results_bucket)
    return _document(
        {
            "Sid": "ReadIncoming",
            "Effect": "Allow",
            "Action": "s3:GetObjectVersion",  # the handler reads the version that the event names, never the latest
            "Resource": f"{bucket_arn(names.ingest_bucket)}/{INCOMING}*",
            "Condition": own_account,
        },
        {
            "Sid": "WriteResults",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": [f"{results}/{NORMALISED}*", f"{results}/{SUMMARIES}*"],
            "Condition": own_account,
        },
        {
            "Sid": "SendDeadLetters",
            "Effect": "Allow",
            "Action": "sqs:SendMessage",
            "Resource": names.queue_arn,
        },
        {
            "Sid": "WriteOwnLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"{names.log_group_arn}:*",
        },
        {
            "Sid": "SendTraces",  # X-Ray has no resource to name for these two
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": "*",
        },
    )


def bucket(names: Names, physical_name: str) -> str:
    """Who may not touch a bucket, whatever else is granted: plaintext callers, and untrusted addresses.

    The address rule excepts calls that never come from an address of ours: the function, which runs outside any
    VPC, AWS services, and calls of AWS services on a caller's behalf. It covers objects only, so that a wrong rule
    can be fixed from anywhere.
    """
    arn = bucket_arn(physical_name)
    return _document(
        _deny_plaintext("s3:*", [arn, f"{arn}/*"]),
        {
            "Sid": "DenyObjectsFromUntrustedAddresses",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"{arn}/*",
            "Condition": {
                "NotIpAddress": {"aws:SourceIp": [str(network) for network in names.settings.trusted_networks]},
                "ArnNotEquals": {"aws:PrincipalArn": names.role_arn},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
            },
        },
    )


def queue(names: Names) -> str:
    """Who may not touch the dead-letter queue. Grants are the callers' own: only this account's roles have any."""
    return _document(_deny_plaintext("sqs:*", names.queue_arn))


def key(names: Names) -> str:
    """Who may use the key: the account manages it, and data passes only through the services that store it."""
    region = names.settings.region
    root = f"arn:aws:iam::{names.settings.account_id}:root"
    storage = [f"s3.{region}.amazonaws.com", f"sqs.{region}.amazonaws.com"]
    return _document(
        {
            "Sid": "AccountRunsKey",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": KEY_ADMINISTRATION,
            "Resource": "*",
        },
        {
            "Sid": "AccountUsesKeyThroughStorage",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": storage}},
        },
        {
            "Sid": "FunctionUsesKeyThroughStorage",
            "Effect": "Allow",
            "Principal": {"AWS": names.role_arn},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": storage}},
        },
        {
            "Sid": "DeploymentEncryptsEnvironment",  # Lambda then grants the function's role the decryption
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": ["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": f"lambda.{region}.amazonaws.com"}},
        },
        {
            "Sid": "LogGroupUsesKey",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{region}.amazonaws.com"},
            "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:EncryptionContext:aws:logs:arn": names.log_group_arn}},
        },
    )


def _deny_plaintext(action: str, resource: str | list[str]) -> Statement:
    return {
        "Sid": "DenyPlaintextTransport",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
