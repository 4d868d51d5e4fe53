"""Replaces generated names in the resources of a program by those of a state, so that documents can be compared.

A program that runs offline gets generated names, ids and an account (docs/decisions/0003); in the state that it is
compared with, the same resources have real ones. Two programs generate other names for a resource that is renamed under an
alias. Names that the program itself writes stay: another name is a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from policypack.access.stack_diff.counterparts import GENERATED, counterparts
from policypack.core.policy import Resource
from policypack.core.values import nested, rewritten
from policypack.iam.arn import Arn
from stackguard.stand_in import STAND_IN_ACCOUNT

SHORTEST = 6
"""Characters of a generated text; a shorter one is a part of other texts by chance."""


def aligned(resources: Sequence[Resource], others: Sequence[Resource]) -> tuple[Resource, ...]:
    """The resources with generated texts replaced by those of the same resources in `others`.

    Args:
        resources: of a program.
        others: of a state, or of another program.
    """
    known = counterparts(resources, others)
    values = (
        value
        for resource in resources
        for name, inner in resource.inputs.items()
        if not resource.property_dependencies.get(name)
        for value in nested(inner)
    )
    written = {value for value in values if isinstance(value, str) and not GENERATED.search(value)}
    pairs = {
        generated: real
        for resource in resources
        if (other := known.get(resource.urn))
        for generated, real in _pairs(resource, other)
        if generated not in written
    }
    return _replaced(resources, pairs | _accounts(resources, others))


def in_one_account(resources: Sequence[Resource], others: Sequence[Resource]) -> tuple[Resource, ...]:
    """The resources in the account of `others`, if only the resources have the stand-in account."""
    return _replaced(resources, _accounts(resources, others))


def _accounts(resources: Sequence[Resource], others: Sequence[Resource]) -> dict[str, str]:
    account = account_of(others)
    stands_in = account and account != STAND_IN_ACCOUNT and account_of(resources) == STAND_IN_ACCOUNT
    return {STAND_IN_ACCOUNT: account} if stands_in else {}


def _replaced(resources: Sequence[Resource], pairs: Mapping[str, str]) -> tuple[Resource, ...]:
    if not pairs:
        return tuple(resources)
    pattern = re.compile("|".join(map(re.escape, sorted(pairs, key=len, reverse=True))))

    def real(text: str) -> str:
        return pattern.sub(lambda generated: pairs[generated[0]], text)

    return tuple(
        replace(
            resource,
            inputs=rewritten(resource.inputs, real),
            outputs=rewritten(resource.outputs, real),
            id=real(resource.id),
        )
        for resource in resources
    )


def _pairs(resource: Resource, other: Resource) -> Iterator[tuple[str, str]]:
    """The generated texts of a resource, each with the corresponding text of the other resource."""
    for name, value in {"id": resource.id, **resource.outputs}.items():
        real = other.id if name == "id" else other.outputs.get(name, other.inputs.get(name))
        if not isinstance(value, str) or not isinstance(real, str) or value == real or len(value) < SHORTEST:
            continue
        if name not in resource.inputs or (GENERATED.search(value) and GENERATED.search(real)):
            yield value, real


def account_of(resources: Sequence[Resource]) -> str:
    """The account in the ARNs of resources; empty if no ARN has one."""
    for resource in resources:
        arn = Arn.parse(str(resource.outputs.get("arn", "")))
        if arn is not None and arn.account.isdigit():
            return arn.account
    return ""
