"""What a function's role needs without a call in its code: Lambda acts by it, and S3 and SQS use keys by it.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions,
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from policypack.access.calls.targets import Target, Where
from policypack.access.least_privilege.comparison import Need
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.resources.naming import physical_name
from policypack.resources.references import referrers, resolve, resolve_all
from policypack.resources.tokens import FUNCTION

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
SENDS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""By service of a dead-letter target or a destination, what Lambda does with it."""
DEAD_LETTERS = ("sqs", "sns")
"""The services of dead-letter targets."""
READS = {
    "sqs": (
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        ("sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"),
    ),
    "kinesis": (
        ("kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"),
        ("kinesis:DescribeStream", "kinesis:ListStreams", "kinesis:SubscribeToShard"),
    ),
    "dynamodb": (
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
        ("dynamodb:ListStreams",),
    ),
}
"""By service of an event source, what Lambda's poller calls, and what it may."""
NETWORK = (
    ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
    (
        "ec2:DescribeSubnets",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ),
)
TRACES = (("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ())
FILES = (("elasticfilesystem:ClientMount",), ("elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"))
ANY = Target("*")
OF_TYPE = {
    "aws:sqs/queue:Queue": "sqs",
    "aws:sns/topic:Topic": "sns",
    FUNCTION: "lambda",
    "aws:kinesis/stream:Stream": "kinesis",
    "aws:dynamodb/table:Table": "dynamodb",
    "aws:cloudwatch/eventBus:EventBus": "events",
    "aws:s3/bucket:Bucket": "s3",
    "aws:s3/bucketV2:BucketV2": "s3",
}


def platform_needs(stack: Stack, function: Resource, where: Where) -> Iterator[Need]:
    """Everything that the function is set up with and that its role pays for."""
    yield from _logs(stack, function, where)
    yield from _failures(stack, function, where)
    yield from _sources(stack, function, where)
    if _given(function, "vpcConfig", "subnetIds"):
        yield from _all(NETWORK, ANY, "the function is in a VPC")
    tracing = _given(function, "tracingConfig", "mode")
    if tracing is not None:
        sure = tracing == "Active"
        yield from _all(TRACES, ANY, "the function sends traces", may=not sure)
    files = _given(function, "fileSystemConfig", "arn")
    if files is not None:
        yield from _all(
            FILES, Target("*", every=False, argument="fileSystemConfig"), "the function mounts a file system"
        )
    if function.inputs.get("kmsKeyArn") is not None:
        yield from _all(((), ("kms:Decrypt",)), Target("*", every=False), "the environment is encrypted")


def _given(resource: Resource, name: str, inner: str) -> Any:
    held = resource.inputs.get(name)
    if isinstance(held, list) and held:
        held = held[0]
    return held.get(inner) if isinstance(held, Mapping) else held if isinstance(held, Unknown) else None


def _all(
    actions: tuple[tuple[str, ...], tuple[str, ...]], target: Target, why: str, *, may: bool = False
) -> Iterator[Need]:
    for each in actions[0]:
        yield Need(each, target, why, may=may)
    for each in actions[1]:
        yield Need(each, target, why, may=True)


def _logs(stack: Stack, function: Resource, where: Where) -> Iterator[Need]:
    """The log group that Lambda writes to; it may make one where the stack has none, which may be there already."""
    group = _given(function, "loggingConfig", "logGroup")
    name = physical_name(function)
    if group is None:
        group = f"/aws/lambda/{name}" if name else Unknown()
    known = isinstance(group, str)
    head = f"arn:aws:logs:{where.region}:{where.account}:log-group:"
    groups = [each.inputs.get("name") for each in stack.of(LOG_GROUP)]
    base = f"{head}{group}" if known else f"{head}*"
    why = "Lambda writes the function's logs"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Need(
            action,
            Target(
                f"{base}:log-stream:*" if known else base,
                every=known,
                reach=f"{base}:*" if known else "",
                argument="" if known else "loggingConfig",
            ),
            why,
        )
    reach = Target(f"{base}*" if known else base, every=known, part=True)
    if not known or group not in groups:
        why = "Lambda makes the function's log group, which is not in the stack, unless it is there"
        yield Need("logs:CreateLogGroup", reach, why, may=True)


def _failures(stack: Stack, function: Resource, where: Where) -> Iterator[Need]:
    dead = _given(function, "deadLetterConfig", "targetArn")
    if dead is not None:
        yield from _sent(stack, function, "deadLetterConfig", dead, where)
    for config in referrers(stack, function, INVOKE_CONFIG, "functionName"):
        destinations = config.inputs.get("destinationConfig")
        given = destinations if isinstance(destinations, Mapping) else {}
        for name in ("onFailure", "onSuccess"):
            held = given.get(name)
            target = held.get("destination") if isinstance(held, Mapping) else None
            if target is not None:
                yield from _sent(stack, config, "destinationConfig", target, where)


def _sent(stack: Stack, resource: Resource, name: str, value: Any, where: Where) -> Iterator[Need]:
    services = DEAD_LETTERS if name == "deadLetterConfig" else SENDS
    service, target = _target(stack, resource, name, value, where, services)
    why = (
        "Lambda sends on what the function could not handle"
        if name == "deadLetterConfig"
        else "Lambda sends on what became of an event"
    )
    for each in [SENDS[service]] if service in SENDS else SENDS.values() if service is None else []:
        suffix = "/*" if each == "s3:PutObject" and service else ""
        yield Need(
            each, Target(f"{target.pattern}{suffix}", target.every, argument=target.argument), why, may=service is None
        )


def _sources(stack: Stack, function: Resource, where: Where) -> Iterator[Need]:
    for mapping in referrers(stack, function, MAPPING, "functionName"):
        service, target = _target(stack, mapping, "eventSourceArn", mapping.inputs.get("eventSourceArn"), where, READS)
        if service == "dynamodb" and target.every and "/stream/" not in target.pattern:
            target = Target(f"{target.pattern}/stream/*", every=False, argument="eventSourceArn")
        yield from _all(
            READS.get(service or "", ((), ())),
            target,
            "Lambda reads the events that invoke the function",
            may=not resolve(stack, mapping, "functionName", FUNCTION).certain,
        )
        if mapping.inputs.get("destinationConfig") is not None:
            held = mapping.inputs["destinationConfig"]
            failing = held.get("onFailure") if isinstance(held, Mapping) else None
            value = failing.get("destinationArn") if isinstance(failing, Mapping) else Unknown()
            yield from _sent(stack, mapping, "destinationConfig", value, where)


def _target(
    stack: Stack, resource: Resource, name: str, value: Any, where: Where, services: Iterable[str]
) -> tuple[str | None, Target]:
    """The service of what a property names, and its ARN; by what it was computed from where that is not known."""
    if isinstance(value, str) and (arn := Arn.parse(value)):
        return arn.service, Target(f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}")
    types = (token for token, service in OF_TYPE.items() if service in services)
    if found := resolve_all(stack, resource, name, [value], *types)[0].only:
        return OF_TYPE[found.type], arn_of(found, where)
    return None, Target("*", every=False, argument=name)


def arn_of(resource: Resource, where: Where) -> Target:
    """The ARN of a queue, topic, function, stream, table, bus or bucket, from its name where it is not known."""
    known = resource.outputs.get("arn")
    if isinstance(known, str) and (arn := Arn.parse(known)):
        return Target(f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}")
    service = OF_TYPE[resource.type]
    name = resource.inputs.get("bucket" if service == "s3" else "name")
    tail = {"lambda": "function:", "kinesis": "stream/", "dynamodb": "table/", "events": "event-bus/"}.get(service, "")
    head = "arn:aws:s3:::" if service == "s3" else f"arn:aws:{service}:{where.region}:{where.account}:"
    if not isinstance(name, str):
        return Target(f"{head}{tail}*", every=False, argument="name")
    return Target(f"{head}{tail}{name}")
