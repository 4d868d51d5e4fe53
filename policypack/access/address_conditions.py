"""Conditions on the caller's network: ranges that allow too many callers, and denials that match too many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policypack.access.solver.conditions import ADDRESS_OPERATORS, SOURCE_IP, VPC_SOURCE_IP, holds, named
from policypack.iam.actions import whole_service
from policypack.iam.addresses import UNROUTED, broad
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import CALLER_KEYS, NETWORK_KEYS, SERVICE_KEYS, requires_key
from policypack.iam.document import Condition, Statement
from policypack.iam.globs import covers, everything

ORIGINS = NETWORK_KEYS | {SOURCE_IP, VPC_SOURCE_IP}
SPARES_SERVICES = frozenset({"aws:principalisawsservice", "aws:viaawsservice"})
SPARES_CALLERS = CALLER_KEYS | SERVICE_KEYS | {"aws:principaltype", "aws:username", "aws:calledvia"}
"""Keys with which a negated condition exempts some callers from a denial."""
ROUTED = Condition("NotIpAddress", "aws:SourceIp", UNROUTED)
"""What every request meets: its `aws:SourceIp`, if there is one, is an address of the internet."""


ENDPOINT_CALLS: Mapping[str, str] = {
    "elasticfilesystem": "elasticfilesystem:client*",
    "execute-api": "execute-api:*",
    "kafka-cluster": "kafka-cluster:*",
    "vpc-lattice-svcs": "vpc-lattice-svcs:*",
}
"""By prefix, a pattern in lower case of the actions that only clients of an endpoint send.

The resource is managed by other actions (`apigateway:PATCH`), and no AWS service needs these to act for somebody, unlike
`sqs:SendMessage`, `lambda:InvokeFunction` or `es:ESHttpPut`, which S3, API Gateway and Firehose send. Source:
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html.
"""


def admitting(statement: Statement) -> list[Condition]:
    """The conditions on the caller's network under which requests are allowed, without lists of blocked addresses."""
    return [
        condition
        for condition in statement.conditions
        if (
            condition.name == SOURCE_IP
            and condition.operator in ADDRESS_OPERATORS
            and (statement.allows or condition.operator == "NotIpAddress")
        )
        or (statement.allows and condition.negated and condition.name in ORIGINS)
    ]


def admits_most(condition: Condition, statement: Statement) -> str | None:
    """A clause on how one of the `admitting` conditions allows most of the internet; None if it does not."""
    ranges = named(condition.values)
    if statement.allows and condition.negated:
        if any(other.name in ORIGINS and requires_key(other) for other in statement.conditions):
            return None
        if condition.name != SOURCE_IP:
            return f"allows every network but these, and requests without `{condition.key}`"
        return f"allows every address but these, for example {(~ranges).example()}"
    if broad(ranges) and broad(ranges - named(UNROUTED)):
        wide = [f"`{value}`" for value in condition.values if broad(named((value,)))]
        which = ", ".join(wide) if wide else "the ranges together"
        verb = "is" if len(wide) == 1 else "are"
        return f"{which} {verb} most of the internet, for example {ranges.example()}"
    without_address = holds(condition, None) and not (statement.allows and condition.present)
    by_network = any(other.name in NETWORK_KEYS or other.name == VPC_SOURCE_IP for other in statement.conditions)
    if without_address is not statement.allows or (without_address and by_network):
        return None
    return (
        f"`{condition.written}` lets through a request that has no `aws:SourceIp`, "
        "such as any request through a VPC endpoint of any account"
    )


def fence(statement: Statement) -> Condition | None:
    """The condition by which a Deny statement denies everyone outside a network; None if any caller is exempt.

    A denial of nothing but calls to an endpoint locks out neither administrators nor AWS services.
    """
    if any(map(spares, statement.conditions)) or only_calls(statement):
        return None
    return next(
        (condition for condition in statement.conditions if condition.negated and condition.name in ORIGINS), None
    )


def only_calls(statement: Statement) -> bool:
    """Whether a statement lists actions of `ENDPOINT_CALLS` only."""
    return bool(statement.actions) and all(
        covers(ENDPOINT_CALLS.get(action.lower().partition(":")[0], ""), action.lower())
        for action in statement.actions or ()
    )


def spares(condition: Condition) -> bool:
    """Whether a condition exempts AWS services, some callers, or callers over the internet."""
    if condition.name in SPARES_SERVICES:
        return condition.operator == "Bool" and any(value.lower() == "false" for value in condition.values)
    if condition.operator == "Null":
        return condition.name in ORIGINS and not holds(condition, None)
    return condition.negated and (condition.name in SPARES_CALLERS or condition.name.startswith("aws:principaltag/"))


def unread(statement: Statement, unknown: Iterable[str]) -> bool:
    """Whether the statement may have an unknown condition, beyond unknown values of known ones."""
    return not set(unknown) <= {condition.path for condition in statement.conditions}


def denied_callers(statement: Statement) -> str | None:
    """The callers that a Deny statement denies a whole service on the whole resource, as text; None if there are none."""
    if not any(everything(action) or whole_service(action) for action in statement.actions or ()):
        return None
    if not any(map(_whole_resource, ("*",) if statement.resources is None else statement.resources)):
        return None
    if not statement.conditions:
        return "everybody"
    (first, *more) = statement.conditions
    wide = first.name == SOURCE_IP and first.operator == "IpAddress" and broad(named(first.values))
    return "most of the internet" if wide and not more else None


def _whole_resource(pattern: str) -> bool:
    arn = Arn.parse(pattern)
    if arn is None or arn.service != "s3":
        return True
    _, slash, key = arn.resource.partition("/")
    return not slash or everything(key)
