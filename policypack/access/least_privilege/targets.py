"""What the settings of a function and of its event sources refer to, as the ARNs of needs.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from policypack.access.least_privilege.calls import CallTarget, RunContext
from policypack.access.least_privilege.comparison import Need
from policypack.core.policy import Resource, Stack
from policypack.iam.arn import Arn
from policypack.resources.references import resolve_all
from policypack.resources.tokens import BUCKET_TYPES, EVENT_BUS, FUNCTION, QUEUE, SERVERLESS_KAFKA, TOPIC

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


class Named(NamedTuple):
    """How the ARN of a type contains the name of a resource."""

    service: str
    tail: str = "{}"
    """The last part of the ARN, with the name for `{}` and wildcards for what AWS chooses."""
    name: str = "name"
    """The property with the name."""


TYPES: Mapping[str, Named] = {
    QUEUE: Named("sqs"),
    TOPIC: Named("sns"),
    FUNCTION: Named("lambda", "function:{}"),
    "aws:kinesis/stream:Stream": Named("kinesis", "stream/{}"),
    "aws:dynamodb/table:Table": Named("dynamodb", "table/{}"),
    EVENT_BUS: Named("events", "event-bus/{}"),
    "aws:docdb/cluster:Cluster": Named("rds", "cluster:{}", "clusterIdentifier"),
    "aws:glue/registry:Registry": Named("glue", "registry/{}", "registryName"),
    "aws:mq/broker:Broker": Named("mq", "broker:{}:*", "brokerName"),
    "aws:msk/cluster:Cluster": Named("kafka", "cluster/{}/*", "clusterName"),
    SERVERLESS_KAFKA: Named("kafka", "cluster/{}/*", "clusterName"),
    "aws:secretsmanager/secret:Secret": Named("secretsmanager", "secret:{}-??????"),
    **dict.fromkeys(BUCKET_TYPES, Named("s3", name="bucket")),
}
"""By type, its ARNs."""


def needed(
    actions: tuple[tuple[str, ...], tuple[str, ...]], target: CallTarget, why: str, *, may: bool = False
) -> Iterator[Need]:
    """The needs for actions that are required, and for those that are possible only; all are if `may`."""
    required, possible = actions
    yield from (Need(action, target, why, may=may) for action in required)
    yield from (Need(action, target, why, may=True) for action in possible)


def sent(stack: Stack, resource: Resource, name: str, value: Any, context: RunContext) -> Iterator[Need]:
    """The needs for what Lambda sends to a dead-letter target or to a destination, by the property with its ARN."""
    dead = name == "deadLetterConfig"
    why = f"Lambda sends {'failed events to the dead-letter target' if dead else 'the results of events to a destination'}"
    services: Iterable[str] = DEAD_LETTERS if dead else SENDS
    service, target = target_of(stack, resource, name, value, context, services)
    for action in [SENDS[service]] if service in SENDS else SENDS.values() if service is None else []:
        suffix = "/*" if action == "s3:PutObject" and service else ""
        sent_to = CallTarget(f"{target.pattern}{suffix}", target.every, argument=target.argument)
        yield Need(action, sent_to, why, may=service is None)
    if service == "s3" or (service is None and not dead):
        yield Need("s3:ListBucket", target, why, may=True)


def target_of(
    stack: Stack, resource: Resource, name: str, value: Any, context: RunContext, services: Iterable[str]
) -> tuple[str | None, CallTarget]:
    """The service and the ARN of what a property refers to; None if the service is unknown."""
    if isinstance(value, str) and (arn := Arn.parse(value)):
        return arn.service, CallTarget(f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}")
    if only := referent(stack, resource, name, value, services):
        return TYPES[only.type].service, arn_of(only, context)
    return None, CallTarget("*", every=False, argument=name)


def referent(stack: Stack, resource: Resource, name: str, value: Any, services: Iterable[str]) -> Resource | None:
    """The one resource of the stack, of one of these services, that a value in a property certainly refers to."""
    types = (token for token, named in TYPES.items() if named.service in services)
    return resolve_all(stack, resource, name, [value], *types)[0].only


def arn_of(resource: Resource, context: RunContext) -> CallTarget:
    """The ARN of a resource of `TYPES`; derived from its name if it is unknown."""
    known = resource.outputs.get("arn")
    if isinstance(known, str) and (arn := Arn.parse(known)):
        return CallTarget(f"arn:aws:{arn.service}:{arn.region}:{arn.account}:{arn.resource}")
    service, tail, property_name = TYPES[resource.type]
    name = resource.inputs.get(property_name)
    head = "arn:aws:s3:::" if service == "s3" else f"arn:aws:{service}:{context.region}:{context.account}:"
    if not isinstance(name, str):
        return CallTarget(f"{head}{tail.format('*')}", every=False, argument=property_name)
    return CallTarget(f"{head}{tail.format(name)}", part="*" in tail)
