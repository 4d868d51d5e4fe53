"""Gives the resources of one stack the names that another stack has for them, so that documents can be compared.

A program that is run offline gets made-up names, ids and an account of its own (docs/decisions/0003). In the state that
it is compared with, the same resources have real ones. What is only made up is replaced; a name that the program writes
is left alone, because changing that is a change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policypack.access.stack_diff import end_of
from policypack.core.policy import Resource
from policypack.iam.arn import Arn
from stackguard.stand_in import STAND_IN_ACCOUNT

SHORTEST = 6
"""A shorter text stands in others by chance."""
MADE_UP = re.compile(r"-[0-9a-f]{7}(\.fifo)?$")


def aligned(resources: Sequence[Resource], others: Sequence[Resource]) -> tuple[Resource, ...]:
    """The resources with what is made up in them replaced by what `others`, of the same URNs, have.

    Args:
        resources: of a program.
        others: of a state.
    """
    known = {end_of(each): each for each in others}
    written = {text for each in resources for text in _texts(each.inputs) if not MADE_UP.search(text)}
    pairs = {
        made_up: real
        for each in resources
        if (other := known.get(end_of(each)))
        for made_up, real in _pairs(each, other)
        if made_up not in written
    }
    return _all_replaced(resources, pairs | _accounts(resources, others))


def in_one_account(resources: Sequence[Resource], others: Sequence[Resource]) -> tuple[Resource, ...]:
    """The resources in the account of `others`, where they have the stand-in account and the others do not."""
    return _all_replaced(resources, _accounts(resources, others))


def _accounts(resources: Sequence[Resource], others: Sequence[Resource]) -> dict[str, str]:
    account = account_of(others)
    stands_in = account and account != STAND_IN_ACCOUNT and account_of(resources) == STAND_IN_ACCOUNT
    return {STAND_IN_ACCOUNT: account} if stands_in else {}


def _all_replaced(resources: Sequence[Resource], pairs: Mapping[str, str]) -> tuple[Resource, ...]:
    if not pairs:
        return tuple(resources)
    pattern = re.compile("|".join(map(re.escape, sorted(pairs, key=len, reverse=True))))
    return tuple(
        replace(
            each,
            inputs=_replaced(each.inputs, pattern, pairs),
            outputs=_replaced(each.outputs, pattern, pairs),
            id=_replaced(each.id, pattern, pairs),
        )
        for each in resources
    )


def _pairs(resource: Resource, other: Resource) -> Iterator[tuple[str, str]]:
    """What is made up for a resource, each with what the other has there."""
    for name, value in {"id": resource.id, **resource.outputs}.items():
        real = other.id if name == "id" else other.outputs.get(name, other.inputs.get(name))
        if not isinstance(value, str) or not isinstance(real, str) or value == real or len(value) < SHORTEST:
            continue
        if name not in resource.inputs or (MADE_UP.search(value) and MADE_UP.search(real)):
            yield value, real


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(each)


def account_of(resources: Sequence[Resource]) -> str:
    """The account that the ARNs of resources are in; empty where none tells."""
    for each in resources:
        arn = Arn.parse(str(each.outputs.get("arn", "")))
        if arn is not None and arn.account.isdigit():
            return arn.account
    return ""


def _replaced(value: Any, pattern: re.Pattern[str], pairs: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(lambda found: pairs[found[0]], value)
    if isinstance(value, Mapping):
        return {name: _replaced(each, pattern, pairs) for name, each in value.items()}
    return [_replaced(each, pattern, pairs) for each in value] if isinstance(value, list) else value
