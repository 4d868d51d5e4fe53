"""Conditions that no request meets: addresses that no request has, or conditions that exclude each other.

The engine searches for a request that the statement matches. The keys of a request depend on its caller and on its
way: only a service sends `aws:SourceArn`, and a request through a VPC endpoint has no `aws:SourceIp`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from policypack.access.address_conditions import ROUTED
from policypack.access.solver.bounds import Bound, bounded
from policypack.access.solver.conditions import SOURCE_IP
from policypack.access.solver.every_request import EveryRequest
from policypack.access.solver.partition import TooManyCellsError
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT, requires_key
from policypack.iam.document import Condition, PolicyDocument, Statement

IN_A_NETWORK = frozenset({"dax", "elasticfilesystem", "iot", "kafka-cluster", "neptune-db", "rds-db"})
"""Prefixes of actions that clients call inside a VPC, where `aws:SourceIp` may be a private address."""
OF_ANY_CALLER = frozenset({"aws:sourceowner"})
"""Keys, in lower case, that the engine takes for those of services, and that SNS sends for every caller."""


def unmet(document: PolicyDocument) -> Iterator[tuple[Statement, Sequence[Condition]]]:
    """The statements that no request matches, each with the fewest conditions that exclude every request."""
    for statement in document.statements:
        read = bounded(document, statement, Bound.MOST, Bound.MOST) if statement.conditions else None
        if read is None or not all(condition.values for condition in read.conditions):
            continue
        conditions = [condition for condition in read.conditions if condition.name not in OF_ANY_CALLER]
        try:
            if not _met(read, conditions):
                yield (
                    statement,
                    next(
                        (group for size in (1, 2) for group in combinations(conditions, size) if not _met(read, group)),
                        conditions,
                    ),
                )
        except TooManyCellsError:
            continue


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


def _met(statement: Statement, conditions: Sequence[Condition]) -> bool:
    """Whether some request that the statement is about meets the conditions."""
    if _of_another_account(conditions):
        return False
    services = {action.partition(":")[0].lower() for action in statement.actions or ()}
    addressed = any(condition.name == SOURCE_IP for condition in conditions) and not services & IN_A_NETWORK
    asked = msgspec.structs.replace(statement, conditions=(*conditions, *([ROUTED] if addressed else [])))
    return any(EveryRequest([asked], attached=False).requests([asked], ()))
