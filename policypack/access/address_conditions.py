"""Where a statement says that callers must come from: ranges that let in too many, denials that keep out too many."""

from __future__ import annotations

from collections.abc import Iterable

from policypack.access.solver.conditions import ADDRESS_OPERATORS, SOURCE_IP, VPC_SOURCE_IP, holds, named
from policypack.iam.actions import whole_service
from policypack.iam.addresses import AddressError, Ranges, broad
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import CALLER_KEYS, NETWORK_KEYS, SERVICE_KEYS
from policypack.iam.document import Condition, Statement
from policypack.iam.globs import everything, overlaps

ORIGINS = NETWORK_KEYS | {SOURCE_IP, VPC_SOURCE_IP}
SPARES_SERVICES = frozenset({"aws:principalisawsservice", "aws:viaawsservice"})
SPARES_CALLERS = CALLER_KEYS | SERVICE_KEYS | {"aws:principaltype", "aws:username", "aws:calledvia"}
"""Keys of which a negated condition keeps a denial from some callers."""


def admitting(statement: Statement) -> list[Condition]:
    """The conditions on the caller's address that let requests through: a list of addresses to block is none."""
    return [
        each
        for each in statement.conditions
        if each.name == SOURCE_IP
        and each.operator in ADDRESS_OPERATORS
        and (statement.allows or each.operator == "NotIpAddress")
    ]


def admits_most(condition: Condition, statement: Statement) -> str | None:
    """How one of the `admitting` conditions lets most of the internet through: a clause, or None."""
    through = named(condition.values)
    if statement.allows and condition.negated:
        if not _alone(condition, statement):
            return None
        return f"lets in every address but these, {(~through).example()} for one"
    if broad(through):
        wide = [f"`{each}`" for each in condition.values if _broad(each)]
        which = ", ".join(wide) if wide else "the ranges together"
        verb = "is" if len(wide) == 1 else "are"
        return f"{which} {verb} most of the internet: {through.example()} is let in, for one"
    missing = holds(condition, None)
    if missing is not statement.allows or (missing and _origin(statement)):
        return None
    return (
        f"`{condition.written}` lets through a request that has no `aws:SourceIp`, "
        "as every request through a VPC endpoint, anybody's"
    )


def _broad(value: str) -> bool:
    try:
        return broad(Ranges.parse(value))
    except AddressError:  # `iam-invalid-address` reports it
        return False


def _alone(condition: Condition, statement: Statement) -> bool:
    """Whether no other condition narrows the addresses that an exception is made from."""
    return not any(
        each.name == SOURCE_IP and each.operator == "IpAddress" and each is not condition
        for each in statement.conditions
    )


def _origin(statement: Statement) -> bool:
    """Whether the statement asks for a network of one's own where the address is missing."""
    return any(each.name in NETWORK_KEYS or each.name == VPC_SOURCE_IP for each in statement.conditions)


def fence(statement: Statement) -> Condition | None:
    """What makes a Deny statement keep out everybody outside a network, without an exception for anyone."""
    if any(map(_spares, statement.conditions)):
        return None
    return next((each for each in statement.conditions if each.negated and each.name in ORIGINS), None)


def _spares(condition: Condition) -> bool:
    """Whether a condition keeps the denial from AWS services, from some callers, or from callers over the internet."""
    if condition.name in SPARES_SERVICES:
        return condition.operator == "Bool" and any(each.lower() == "false" for each in condition.values)
    if condition.operator == "Null":
        return condition.name in ORIGINS and not holds(condition, None)
    return condition.negated and (condition.name in SPARES_CALLERS or condition.name.startswith("aws:principaltag/"))


def unread(statement: Statement, unknown: Iterable[str]) -> bool:
    """Whether the statement may have a condition that nobody has seen: an unknown value of a known one is none."""
    return not set(unknown) <= {each.path for each in statement.conditions}


def whom_wholly(statement: Statement) -> str | None:
    """Whom a Deny statement denies a whole service on the resource as a whole, in words; None for nobody."""
    if not any(everything(each) or whole_service(each) for each in statement.actions or ()):
        return None
    if not any(map(_whole, ("*",) if statement.resources is None else statement.resources)):
        return None
    if not statement.conditions:
        return "everybody"
    (first, *more) = statement.conditions
    wide = first.name == SOURCE_IP and first.operator == "IpAddress" and broad(named(first.values))
    return "most of the internet" if wide and not more else None


def _whole(resource: str) -> bool:
    arn = Arn.parse(resource)
    if arn is None or arn.service != "s3":
        return True
    _, slash, key = arn.resource.partition("/")
    return not slash or everything(key)


def keeps_out(condition: Condition) -> bool:
    """Whether a condition of a Deny statement names the only addresses that it spares."""
    return condition.name == SOURCE_IP and condition.operator == "NotIpAddress"


def apart(first: tuple[Statement, Condition], second: tuple[Statement, Condition]) -> bool:
    """Whether two Deny statements about the same requests spare no address in common."""
    ranges = named(first[1].values), named(second[1].values)
    if first[0] is second[0] or not all(ranges) or ranges[0] & ranges[1]:
        return False
    return _meet(first[0].actions, second[0].actions, fold=True) and _meet(first[0].resources, second[0].resources)


def _meet(first: tuple[str, ...] | None, second: tuple[str, ...] | None, *, fold: bool = False) -> bool:
    return any(overlaps(one, other, ignore_case=fold) for one in first or ("*",) for other in second or ("*",))
