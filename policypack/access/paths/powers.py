"""What an action on a resource gives its caller, by type of the resource.

Sources: the pages of each service at https://docs.aws.amazon.com/service-authorization/latest/reference/ and, for the actions
on identities, those of `policypack.access.escalation.paths`.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from policypack.access.paths.hops import Hold
from policypack.resources.tokens import BUCKET_TYPES, FUNCTION, KEY, MANAGED_POLICY, QUEUE, ROLE, TOPIC, USER


class Power(msgspec.Struct, frozen=True):
    """What the holder of an action gets; `suffix` is what follows the ARN of the resource in that of the request."""

    action: str
    hold: Hold
    verb: str
    suffix: str = ""


def _reads(*actions: str, suffix: str = "") -> tuple[Power, ...]:
    return tuple(Power(action, Hold.READ, "reads", suffix) for action in actions)


def _writes(*actions: str, suffix: str = "") -> tuple[Power, ...]:
    return tuple(Power(action, Hold.WRITE, "writes to", suffix) for action in actions)


MACHINE = "aws:sfn/stateMachine:StateMachine"
TABLE = "aws:dynamodb/table:Table"
STREAM = "aws:kinesis/stream:Stream"
POWERS: Mapping[str, tuple[Power, ...]] = {
    BUCKET_TYPES[0]: (
        *_reads("s3:GetObject", "s3:GetObjectVersion", suffix="/*"),
        *_writes("s3:PutObject", suffix="/*"),
    ),
    "aws:secretsmanager/secret:Secret": _reads("secretsmanager:GetSecretValue"),
    "aws:ssm/parameter:Parameter": _reads("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"),
    TABLE: (
        *_reads("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"),
        *_writes("dynamodb:PutItem"),
    ),
    KEY: (Power("kms:Decrypt", Hold.READ, "decrypts with"),),
    QUEUE: (*_reads("sqs:ReceiveMessage"), *_writes("sqs:SendMessage")),
    TOPIC: (*_reads("sns:Subscribe"), *_writes("sns:Publish")),
    STREAM: (*_reads("kinesis:GetRecords"), *_writes("kinesis:PutRecord")),
    FUNCTION: (
        Power("lambda:InvokeFunction", Hold.RUN, "invokes"),
        Power("lambda:UpdateFunctionCode", Hold.RUN, "edits the code of"),
    ),
    MACHINE: (
        Power("states:StartExecution", Hold.RUN, "starts"),
        Power("states:UpdateStateMachine", Hold.RUN, "edits"),
    ),
    ROLE: (
        Power("sts:AssumeRole", Hold.IDENTITY, "assumes"),
        Power("iam:UpdateAssumeRolePolicy", Hold.IDENTITY, "edits the trust of"),
        Power("iam:PutRolePolicy", Hold.EDIT, "edits the permissions of"),
        Power("iam:AttachRolePolicy", Hold.EDIT, "edits the permissions of"),
    ),
    USER: (
        Power("iam:CreateAccessKey", Hold.IDENTITY, "makes keys of"),
        Power("iam:UpdateLoginProfile", Hold.IDENTITY, "sets the password of"),
        Power("iam:PutUserPolicy", Hold.EDIT, "edits the permissions of"),
        Power("iam:AttachUserPolicy", Hold.EDIT, "edits the permissions of"),
    ),
    MANAGED_POLICY: (Power("iam:CreatePolicyVersion", Hold.EDIT, "edits"),),
}
"""By canonical type."""
ASSUME = POWERS[ROLE][0]
DECRYPT = POWERS[KEY][0].action
