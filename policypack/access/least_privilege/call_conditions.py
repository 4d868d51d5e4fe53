"""Conditions of a role's statements, held to the arguments of the calls in the function's code and to its session.

Sources: the condition keys of each service in the Service Authorization Reference,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html,
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-using-identity-based-policies.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import msgspec

from policypack.access.least_privilege.calls import RunContext, value_of
from policypack.access.role_sessions import SentValue, agreed, sent
from policypack.iam.document import Condition, Statement
from policypack.python.model import AwsCall, Text

MOST_VARIANTS = 32
_UPLOADS = ("PutObject", "CopyObject", "CreateMultipartUpload", "PutObjectAcl")
_LISTS = ("ListObjects", "ListObjectsV2", "ListObjectVersions", "HeadBucket")
_CIPHERS = ("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
_ITEMS = ("GetItem", "UpdateItem", "DeleteItem")
KEYS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "s3:prefix": (_LISTS, "Prefix"),
    "s3:delimiter": (_LISTS, "Delimiter"),
    "s3:max-keys": (_LISTS, "MaxKeys"),
    "s3:x-amz-acl": (_UPLOADS, "ACL"),
    "s3:x-amz-server-side-encryption": (_UPLOADS, "ServerSideEncryption"),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": (_UPLOADS, "SSEKMSKeyId"),
    "s3:x-amz-storage-class": (_UPLOADS, "StorageClass"),
    "s3:x-amz-metadata-directive": (("CopyObject",), "MetadataDirective"),
    "s3:object-lock-mode": (_UPLOADS, "ObjectLockMode"),
    "s3:versionid": (("GetObject", "DeleteObject", "HeadObject"), "VersionId"),
    "dynamodb:leadingkeys": (_ITEMS, "Key"),
    "dynamodb:returnvalues": (_ITEMS, "ReturnValues"),
    "dynamodb:select": (("Query", "Scan"), "Select"),
    "sns:protocol": (("Subscribe",), "Protocol"),
    "sns:endpoint": (("Subscribe",), "Endpoint"),
    "lambda:functionarn": (("CreateEventSourceMapping", "UpdateEventSourceMapping"), "FunctionName"),
    "lambda:principal": (("AddPermission",), "Principal"),
    "lambda:functionurlauthtype": (("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"), "AuthType"),
    "sts:externalid": (("AssumeRole",), "ExternalId"),
    "sts:rolesessionname": (("AssumeRole",), "RoleSessionName"),
    "secretsmanager:versionid": (("GetSecretValue",), "VersionId"),
    "secretsmanager:name": (("CreateSecret",), "Name"),
    "cloudwatch:namespace": (("PutMetricData",), "Namespace"),
    "events:source": (("PutEvents",), "Entries[].Source"),
    "events:detail-type": (("PutEvents",), "Entries[].DetailType"),
    "ses:fromaddress": (("SendEmail", "SendRawEmail"), "Source FromEmailAddress"),
    "iam:policyarn": (("AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy"), "PolicyArn"),
    "iam:permissionsboundary": (("CreateRole", "CreateUser"), "PermissionsBoundary"),
    "kms:encryptionalgorithm": (("Encrypt", "Decrypt"), "EncryptionAlgorithm"),
}
"""By condition key in lower case, the operations whose request has it, and the argument with its value.

Where several arguments are named, or the argument is a mapping, one of its values is the key's.
"""
CONTEXT = "kms:encryptioncontext:"
DEFAULTS = {"kms:encryptionalgorithm": "SYMMETRIC_DEFAULT"}
"""The values of keys whose argument is absent."""
UNSURE_IF_ABSENT = frozenset(
    {
        *("s3:versionid", "ses:fromaddress", "events:source", "events:detail-type"),
        *("dynamodb:returnvalues", "dynamodb:select"),
    }
)
"""Keys that a request may have without the argument."""


ARNS = ("arn", "key-id")
"""The ends of keys whose value is an ARN, where the argument may be a name."""


def variants(call: AwsCall) -> Iterator[AwsCall]:
    """The call with each combination of the texts that its arguments may be; itself if there are too many."""
    relevant = {name for _, argument in KEYS.values() for name in argument.split()}
    several = [(name, texts) for name, texts in call.arguments if len(texts) > 1 and name in relevant]
    size = 1
    for _, texts in several:
        size *= len(texts)
    if size > MOST_VARIANTS:
        yield call
        return
    for chosen in product(*(texts for _, texts in several)):
        one = dict(zip((name for name, _ in several), chosen, strict=True))
        yield msgspec.structs.replace(
            call, arguments=tuple((name, (one[name],) if name in one else texts) for name, texts in call.arguments)
        )


def is_met(statement: Statement, call: AwsCall | None, context: RunContext) -> bool | None:
    """Whether a call, or another use of the role, meets the conditions of a statement; None if that is not known."""
    verdicts = [_verdict(condition, call, context) for condition in statement.conditions]
    if "Condition" in statement.unknown:
        verdicts.append(None)
    return False if False in verdicts else None if None in verdicts else True


def unmet(statement: Statement, call: AwsCall | None, context: RunContext) -> list[Condition]:
    """The conditions of a statement that a call, or another use of the role, certainly does not meet."""
    return [condition for condition in statement.conditions if _verdict(condition, call, context) is False]


def decidable(statements: Sequence[Statement], context: RunContext) -> bool:
    """Whether some condition is on a key that an argument or the role's session decides."""
    return any(
        condition.name in KEYS or condition.name.startswith(CONTEXT) or sent(condition.name, context.direct)
        for statement in statements
        for condition in statement.conditions
    )


def _verdict(condition: Condition, call: AwsCall | None, context: RunContext) -> bool | None:
    values = tuple(_values(condition, call, context)) if call else ()
    return agreed(condition, values or sent(condition.name, context.session))


def _values(condition: Condition, call: AwsCall, context: RunContext) -> Iterator[SentValue]:
    """What a call may have for a condition's key; nothing if that is not known."""
    name = condition.name
    entry = KEYS.get(name)
    if name.startswith(CONTEXT):
        entry = (_CIPHERS, f"EncryptionContext.{condition.key[len(CONTEXT) :]}")
    if entry is None or call.operation not in entry[0] or call.open or call.has("PaginationConfig"):
        return
    argument = entry[1]
    texts = [text for part in argument.split() for text in _texts(call, part)]
    for text in texts:
        pattern, known = value_of(text, context)
        is_name = name.endswith(ARNS) and (not pattern.startswith("arn:") or ":alias/" in pattern)
        labelled = name == "ses:fromaddress" and "<" in pattern  # `Shop <orders@example.com>`
        yield SentValue("*", known=False) if is_name or labelled else SentValue(pattern, known)
    if texts or call.has(*argument.split()) or call.has(argument.partition(".")[0]) or name in UNSURE_IF_ABSENT:
        return
    yield SentValue(DEFAULTS.get(name))
    if name == "s3:prefix" and condition.operator != "Null":  # some clients send an empty one
        yield SentValue("")


def _texts(call: AwsCall, argument: str) -> Iterator[Text]:
    """The texts of an argument, or of the attributes of a `Key`: `Key.id`, `Key.id.S`."""
    for name, texts in call.arguments:
        if name == argument or (argument == "Key" and name.startswith("Key.")):
            yield from texts
