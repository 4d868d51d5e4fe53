"""Conditions that no request meets: addresses that no request has, conditions or denials that exclude each other.

The engine searches for a request that the statement matches. The keys of a request depend on its caller and on its
way: only a service sends `aws:SourceArn`, and a request through a VPC endpoint has no `aws:SourceIp`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations

import msgspec

from policypack.access.address_conditions import ORIGINS, ROUTED
from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.conditions import SOURCE_IP, VPC_SOURCE_IP
from policypack.access.solver.every_request import EveryRequest
from policypack.access.solver.partition import LITTLE_WORK, TooManyCellsError, Work, work_on
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import (
    ACCOUNT,
    CALLER_KEYS,
    SERVICE_CALL,
    SERVICE_KEYS,
    SIGNED_ONLY,
    of_a_certificate,
    requires_key,
)
from policypack.iam.condition_problems import without_tags
from policypack.iam.document import Condition, PolicyDocument, Principal, Statement
from policypack.iam.globs import has_wildcard, matches

IN_A_NETWORK = frozenset({"dax", "elasticfilesystem", "iot", "kafka-cluster", "neptune-db", "rds-db"})
"""Prefixes of actions that clients call inside a VPC, where `aws:SourceIp` may be a private address."""
OF_ANY_CALLER = frozenset({"aws:sourceowner"})
"""Keys, in lower case, that the engine takes for those of services, and that SNS sends for every caller."""
DEPENDENT = ORIGINS | CALLER_KEYS | SERVICE_KEYS
"""Keys, in lower case, whose values depend on the caller and on the way of the request."""
SOURCES: Mapping[str, tuple[str, ...]] = {
    "budgets": ("budgets",),
    "cloudfront": ("cloudfront",),
    "cloudtrail": ("cloudtrail",),
    "cloudwatch": ("cloudwatch",),
    "events": ("events",),
    "s3": ("s3", "s3express", "s3-outposts"),
    "scheduler": ("scheduler",),
    "sns": ("sns",),
}
"""By first part of a service's principal, the services in the ARNs that it sends as `aws:SourceArn`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html and the guides of the services.
"""
MOST_TEXT = 20_480
"""The characters of the largest document that AWS accepts, a bucket's."""


def unmet(document: PolicyDocument) -> Iterator[tuple[Statement, Sequence[Condition]]]:
    """The statements that no request matches, each with the fewest conditions that exclude every request.

    There are none if denials of the same document match every request that meets the conditions.
    """
    conditional = [statement for statement in document.statements if statement.conditions]
    if not conditional:  # as most documents
        return
    written = [statement for statement in conditional if not statement.allows]
    with suppress(TooManyCellsError), work_on([document], LITTLE_WORK) as work:
        for statement in conditional:
            bounds = [bounded(document, denial, Bound.LEAST, Bound.LEAST) for denial in _contesting(statement, written)]
            denied = [denial for denial in bounds if denial is not None]
            asked = denied or _doubtful(statement.conditions) or _never_sent(statement, statement.conditions)
            read = bounded(document, statement, Bound.MOST, Bound.MOST) if asked else None
            if read is None or not all(condition.values for condition in read.conditions):
                continue
            conditions = [condition for condition in read.conditions if condition.name not in OF_ANY_CALLER]
            if not _met(read, conditions, work):
                groups = (group for size in (1, 2) for group in combinations(conditions, size))
                yield statement, next((group for group in groups if not _met(read, group, work)), conditions)
            elif denied and not _met(read, conditions, work, denied):
                yield statement, ()


def _doubtful(conditions: Sequence[Condition]) -> bool:
    """Whether conditions may exclude each other, or a value that some requests never have; a cheap test.

    Conditions with more text than AWS accepts are left out.
    """
    names = [condition.name for condition in conditions]
    if not names or not _short(conditions):
        return False
    depends_on_caller = any(name in DEPENDENT or name.startswith(SIGNED_ONLY) for name in names)
    return (
        len({*names}) < len(names) or depends_on_caller or any(condition.operator == "Null" for condition in conditions)
    )


def _contesting(statement: Statement, denials: Sequence[Statement]) -> Sequence[Statement]:
    """The denials if they may match whatever a grant allows: one has its keys, or is about callers; a cheap test."""
    keys = {condition.name for condition in statement.conditions} | DEPENDENT
    contested = any(condition.name in keys for denial in denials for condition in denial.conditions)
    return denials if contested and statement.allows and _short(statement.conditions) else ()


def _short(conditions: Sequence[Condition]) -> bool:
    return sum(len(value) for condition in conditions for value in condition.values) <= MOST_TEXT


def _of_another_account(conditions: Sequence[Condition]) -> bool:
    """Whether the source has to be in one account and its ARN in another one."""
    arns, accounts = (
        [condition.values for condition in conditions if condition.name == name and requires_key(condition)]
        for name in ("aws:sourcearn", "aws:sourceaccount")
    )
    owners = {arn.account if (arn := Arn.parse(value)) else "" for values in arns for value in values}
    named = {value for values in accounts for value in values}
    fixed = all(ACCOUNT.fullmatch(account) for account in owners | named)
    return bool(owners and named) and fixed and owners.isdisjoint(named)


def _senders(principals: Sequence[Principal]) -> set[str]:
    """The first parts of the principals of services."""
    return {principal.value.partition(".amazonaws.com")[0] for principal in principals}


def of_another_service(statement: Statement, conditions: Sequence[Condition]) -> bool:
    """Whether the source has to be of services that none of the principals acts for."""
    principals = statement.principals or ()
    senders = _senders(principals)
    if not senders or not senders <= SOURCES.keys() or any(principal.type != "Service" for principal in principals):
        return False
    sent = {service for sender in senders for service in SOURCES[sender]}
    named = [one.values for one in conditions if one.name == "aws:sourcearn" and requires_key(one)]
    arns = [[Arn.parse(value) for value in values] for values in named]
    return any(all(arn and not has_wildcard(arn.service) and arn.service not in sent for arn in one) for one in arns)


def _never_sent(statement: Statement, conditions: Sequence[Condition]) -> bool:
    """Whether a request has to have a key that no request for the statement's actions, or by its principals, has."""
    return any(without_tags(condition, statement) for condition in conditions) or _unsent(statement, conditions)


def _unsent(statement: Statement, conditions: Sequence[Condition]) -> bool:
    """Whether a request has to have a key that no service sends as itself, and is one of a service."""
    principals = statement.principals or ()
    return all(principal.type == "Service" for principal in principals) and any(
        (requires_key(one) or (one.operator == "Null" and one.values == ("false",)))
        and any(matches(pattern, one.name) for pattern in SERVICE_CALL)
        and not of_a_certificate(one.name, _senders(principals))
        for one in (conditions if principals else ())
    )


def _without_endpoint(conditions: Sequence[Condition]) -> bool:
    """Whether a request has to have an address inside a VPC, and no VPC that it comes from."""
    inside = any(one.name == VPC_SOURCE_IP and requires_key(one) for one in conditions)
    return inside and any(
        one.operator == "Null" and one.name in ("aws:sourcevpc", "aws:sourcevpce") and one.values == ("true",)
        for one in conditions
    )


def _met(statement: Statement, conditions: Sequence[Condition], work: Work, denials: Sequence[Statement] = ()) -> bool:
    """Whether some request that the statement is about meets the conditions, and none of the denials matches it."""
    if _of_another_account(conditions) or of_another_service(statement, conditions) or _without_endpoint(conditions):
        return False
    if _never_sent(statement, conditions):
        return False
    services = {action.partition(":")[0].lower() for action in statement.actions or ()}
    addressed = any(condition.name == SOURCE_IP for condition in conditions) and not services & IN_A_NETWORK
    asked = msgspec.structs.replace(statement, conditions=(*conditions, *([ROUTED] if addressed else [])))
    return any(EveryRequest([asked, *denials], work, attached=False).requests([asked], denials))
