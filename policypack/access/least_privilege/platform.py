"""The permissions that a function's role needs without a call in its code: those that Lambda uses.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions,
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html and
https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.access.least_privilege.calls import ANYTHING, CallTarget, RunContext
from policypack.access.least_privilege.comparison import Need
from policypack.access.least_privilege.event_source_needs import event_source_needs
from policypack.access.least_privilege.targets import needed, sent
from policypack.core.policy import Resource, Stack, Unknown
from policypack.iam.document_readers import value_at
from policypack.resources.naming import physical_name
from policypack.resources.references import referrers

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
NETWORK = (
    ("ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"),
    ("ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"),
)
TRACES = (("xray:PutTraceSegments", "xray:PutTelemetryRecords"), ())
FILES = (("elasticfilesystem:ClientMount",), ("elasticfilesystem:ClientWrite", "elasticfilesystem:ClientRootAccess"))


def platform_needs(stack: Stack, function: Resource, context: RunContext) -> Iterator[Need]:
    """Every permission that Lambda uses for the function by its role."""
    yield from _logs(stack, function, context)
    yield from _failures(stack, function, context)
    yield from event_source_needs(stack, function, context)
    if value_at(function.inputs, "vpcConfig[*].subnetIds"):
        yield from needed(NETWORK, ANYTHING, "the function is in a VPC")
    tracing = value_at(function.inputs, "tracingConfig[*].mode")
    if tracing is not None:
        yield from needed(TRACES, ANYTHING, "the function sends traces", may=tracing != "Active")
    if value_at(function.inputs, "fileSystemConfig[*].arn") is not None:
        target = CallTarget("*", every=False, argument="fileSystemConfig")
        yield from needed(FILES, target, "the function mounts a file system")
    if function.inputs.get("kmsKeyArn") is not None:
        yield Need("kms:Decrypt", CallTarget("*", every=False), "the environment is encrypted", may=True)


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
        yield from sent(stack, function, "deadLetterConfig", dead, context)
    for config in referrers(stack, function, INVOKE_CONFIG, "functionName"):
        for name in ("onFailure", "onSuccess"):
            target = value_at(value_at(config.inputs.get("destinationConfig"), name), "destination")
            if target is not None:
                yield from sent(stack, config, "destinationConfig", target, context)
