"""The permissions that a function's role needs without a call in its code: those that Lambda uses.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions,
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html and
https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policypack.access.least_privilege.calls import ANYTHING, CallTarget, RunContext
from policypack.access.least_privilege.comparison import Need
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.arn import Arn
from policypack.iam.document_readers import value_at
from policypack.resources.naming import physical_name
from policypack.resources.references import referrers, resolve, resolve_all
from policypack.resources.tokens import BUCKET_TYPES, EVENT_SOURCE_MAPPING, FUNCTION

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
SENDS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "events": "events:PutEvents",
    "s3": "s3:PutObject",
}
"""By service of a dead-letter target or a destination, the action that Lambda calls on it."""
DEAD_LETTERS = ("sqs", "sns")
"""The services of dead-letter targets."""
READS = {
    "sqs": (
        ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        ("sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"),
    ),
    "kinesis": (
        ("kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"),
        ("kinesis:DescribeStream", "kinesis:SubscribeToShard"),
    ),
    "dynamodb": (
        ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
        (),
    ),
}
"""By service of an event source, the actions that Lambda's poller calls, and those that it may call."""
NETWORK = (
    ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
    ("ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
)
TRACES = (("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ())
FILES = (("elasticfilesystem:ClientMount",), ("elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"))
SERVICES = {
    "aws:sqs/queue:Queue": "sqs",
    "aws:sns/topic:Topic": "sns",
    FUNCTION: "lambda",
    "aws:kinesis/stream:Stream": "kinesis",
    "aws:dynamodb/table:Table": "dynamodb",
    "aws:cloudwatch/eventBus:EventBus": "events",
    **dict.fromkeys(BUCKET_TYPES, "s3"),
}
"""By type, its service in ARNs."""


def platform_needs(stack: Stack, function: Resource, context: RunContext) -> Iterator[Need]:
    """Every permission that Lambda uses for the function by its role."""
    yield from _logs(stack, function, context)
    yield from _failures(stack, function, context)
    yield from _sources(stack, function, context)
    if value_at(function.inputs, "vpcConfig[*].subnetIds"):
        yield from _all(NETWORK, ANYTHING, "the function is in a VPC")
    tracing = value_at(function.inputs, "tracingConfig[*].mode")
    if tracing is not None:
        yield from _all(TRACES, ANYTHING, "the function sends traces", may=tracing != "Active")
    if value_at(function.inputs, "fileSystemConfig[*].arn") is not None:
        target = CallTarget("*", every=False, argument="fileSystemConfig")
        yield from _all(FILES, target, "the function mounts a file system")
    if function.inputs.get("kmsKeyArn") is not None:
        yield Need("kms:Decrypt", CallTarget("*", every=False), "the environment is encrypted", may=True)


def _all(
    actions: tuple[tuple[str, ...], tuple[str, ...]], target: CallTarget, why: str, *, may: bool = False
) -> Iterator[Need]:
    needed, possible = actions
    yield from (Need(action, target, why, may=may) for action in needed)
    yield from (Need(action, target, why, may=True) for action in possible)


def _logs(stack: Stack, function: Resource, context: RunContext) -> Iterator[Need]:
    """The log group that Lambda writes to. Lambda may create one that the stack lacks, if it does not exist yet."""
    group = value_at(function.inputs, "loggingConfig[*].logGroup")
    name = physical_name(function)
    if group is None:
        group = f"/aws/lambda/{name}" if name else Unknown()
    head = f"arn:aws:logs:{context.region}:{context.account}:log-group:"
    if isinstance(group, str):
        streams = CallTarget(f"{head}{group}:log-stream:*", reach=f"{head}{group}:*")
        created = CallTarget(f"{head}{group}*", part=True)
    else:
        streams = CallTarget(f"{head}*", every=False, argument="loggingConfig")
        created = CallTarget(f"{head}*", every=False, part=True)
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield Need(action, streams, "Lambda writes the function's logs")
    if not isinstance(group, str) or group not in [log_group.inputs.get("name") for log_group in stack.of(LOG_GROUP)]:
        why = "Lambda creates the function's log group, which is not in the stack, unless it exists"
        yield Need("logs:CreateLogGroup", created, why, may=True)


def _failures(stack: Stack, function: Resource, context: RunContext) -> Iterator[Need]:
    dead = value_at(function.inputs, "deadLetterConfig[*].targetArn")
    if dead is not None:
        yield from _sent(stack, function, "deadLetterConfig", dead, context)
    for config in referrers(stack, function, INVOKE_CONFIG, "functionName"):
        for name in ("onFailure", "onSuccess"):
            target = value_at(value_at(config.inputs.get("destinationConfig"), name), "destination")
            if target is not None:
                yield from _sent(stack, config, "destinationConfig", target, context)


def _sent(stack: Stack, resource: Resource, name: str, value: Any, context: RunContext) -> Iterator[Need]:
    dead = name == "deadLetterConfig"
    why = f"Lambda sends {'failed events to the dead-letter target' if dead else 'the results of events to a destination'}"
    services: Iterable[str] = DEAD_LETTERS if dead else SENDS
    service, target = _target(stack, resource, name, value, context, services)
    for action in [SENDS[service]] if service in SENDS else SENDS.values() if service is None else []:
        suffix = "/*" if action == "s3:PutObject" and service else ""
        sent_to = CallTarget(f"{target.pattern}{suffix}", target.every, argument=target.argument)
        yield Need(action, sent_to, why, may=service is None)


def _sources(stack: Stack, function: Resource, context: RunContext) -> Iterator[Need]:
    for mapping in referrers(stack, function, EVENT_SOURCE_MAPPING, "functionName"):
        source = mapping.inputs.get("eventSourceArn")
        service, target = _target(stack, mapping, "eventSourceArn", source, context, READS)
        if service == "dynamodb" and target.every:
            target = _of_stream(target)
        yield from _all(
            READS.get(service or "", ((), ())),
            target,
            "Lambda reads the events that invoke the function",
            may=not resolve(stack, mapping, "functionName", FUNCTION).certain,
        )
        if service in ("dynamodb", "kinesis"):
            yield Need(f"{service}:ListStreams", ANYTHING, "AWS's own role for the source lists its streams", may=True)
        if mapping.inputs.get("destinationConfig") is not None:
            value = value_at(mapping.inputs["destinationConfig"], "onFailure.destinationArn") or Unknown()
            yield from _sent(stack, mapping, "destinationConfig", value, context)


def _of_stream(source: CallTarget) -> CallTarget:
    """The stream of a table, of which AWS chooses the label: a role may read the table's streams of any label.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html.
    """
    table, stream, _ = source.pattern.partition("/stream/")
    if stream:
        return CallTarget(source.pattern, reach=f"{table}/stream/*")
    return CallTarget(f"{table}/stream/*", every=False, argument="eventSourceArn")


def _target(
    stack: Stack, resource: Resource, name: str, value: Any, context: RunContext, services: Iterable[str]
) -> tuple[str | None, CallTarget]:
    """The service and the ARN of what a property refers to; None if the service is unknown."""
    if isinstance(value, str) and (arn := Arn.parse(value)):
        return arn.service, CallTarget(f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}")
    types = (token for token, service in SERVICES.items() if service in services)
    if only := resolve_all(stack, resource, name, [value], *types)[0].only:
        return SERVICES[only.type], arn_of(only, context)
    return None, CallTarget("*", every=False, argument=name)


def arn_of(resource: Resource, context: RunContext) -> CallTarget:
    """The ARN of a queue, topic, function, stream, table, bus or bucket; derived from its name if it is unknown."""
    known = resource.outputs.get("arn")
    if isinstance(known, str) and (arn := Arn.parse(known)):
        return CallTarget(f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}")
    service = SERVICES[resource.type]
    name = resource.inputs.get("bucket" if service == "s3" else "name")
    tail = {"lambda": "function:", "kinesis": "stream/", "dynamodb": "table/", "events": "event-bus/"}.get(service, "")
    head = "arn:aws:s3:::" if service == "s3" else f"arn:aws:{service}:{context.region}:{context.account}:"
    if not isinstance(name, str):
        return CallTarget(f"{head}{tail}*", every=False, argument="name")
    return CallTarget(f"{head}{tail}{name}")
