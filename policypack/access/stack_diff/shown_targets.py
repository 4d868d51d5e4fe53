"""Holders of documents whose target only one of the two stacks shows.

A policy that names its bucket, queue or key by a text is the same policy when the bucket enters the stack, or leaves it:
AWS has both before and after. So does a membership that names its user and its group by texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policypack.access.policy_targets import named_target, written_target
from policypack.access.stack_diff.counterparts import Places
from policypack.access.stack_diff.gains import Holding, Key
from policypack.core.policy import Resource, Stack
from policypack.resources.attachments import memberships
from policypack.resources.naming import name_in, physical_name
from policypack.resources.references import resolve_all, values_in, written
from policypack.resources.tokens import GROUP, USER

Name = tuple[str, str]


def with_shown_targets(after: Mapping[Key, Holding], before: Mapping[Key, Holding]) -> Mapping[Key, Holding]:
    """The holders of the old stack, with the keys of the new one where only one of the stacks shows the target."""
    renamed: dict[Key, Key] = {}
    by_name = {name: key for key, holding in before.items() if key not in after and (name := _name(key, holding))}
    for key, holding in after.items():
        former = by_name.get(_name(key, holding) or ("", ""))
        if former and key not in before and _shown(holding) is not _shown(before[former]):
            renamed |= {former: key} if _alike(holding, before[former]) else {}
    return {renamed.get(key, key): holding for key, holding in before.items()}


def _name(key: Key, holding: Holding) -> Name | None:
    """The type and the name of what the documents of other resources protect."""
    if key[0] != "resource" or not holding.carried:
        return None
    named = named_target(holding.carried[0].resource)
    if named or not _shown(holding):
        return named
    name = physical_name(holding.holder)
    return (holding.holder.type, name) if name else None


def _shown(holding: Holding) -> bool:
    """Whether the stack has the target itself."""
    return holding.holder is not holding.carried[0].resource


def _alike(holding: Holding, other: Holding) -> bool:
    """Whether nothing says that the targets are of two regions or accounts."""
    texts = [(written_target(one.carried[0].resource)[1], one.holder.outputs.get("arn")) for one in (holding, other)]
    return not any(_apart(text, arn) for text in texts[0] for arn in texts[1])


def _apart(text: object, other: object) -> bool:
    """Whether two texts, of which both are ARNs or both are URLs, are of two regions or accounts."""
    if not (isinstance(text, str) and isinstance(other, str)):
        return False
    ends = {"arn:": 5, "https:": None}
    return any(
        text.split(":")[:parts] != other.split(":")[:parts]
        for start, parts in ends.items()
        if text.startswith(start) and other.startswith(start)
    )


def with_memberships(stack: Stack, places: Places, before: Mapping[Key, Holding]) -> Mapping[Key, Holding]:
    """The holders of the old stack, where users have what their groups have, also without the user or the group in it."""
    users = {physical_name(user): ("identity", *places.of(user)) for user in stack.of(USER) if not user.external}
    joined = {**before}
    outside = (membership for membership in memberships(stack) if not membership[-1])
    for resource, members, groups, _ in outside:
        keys = [
            key
            for user in _names(stack, resource, members, USER)
            for key in (places.named(stack, resource, (USER, user)), users.get(user))
            if key
        ]
        for group in _names(stack, resource, groups, GROUP):
            if held := before.get(places.named(stack, resource, (GROUP, group))):
                had = {key: joined.get(key) or Holding(resource, attached=True) for key in keys}
                joined |= {key: former.including(held.carried, held.unseen) for key, former in had.items()}
    return joined


def _names(stack: Stack, resource: Resource, name: str, kind: str) -> Iterator[str]:
    """The names of the identities that a property has, whether the stack shows them or not."""
    values = values_in(written(resource, name))
    for value, resolved in zip(values, resolve_all(stack, resource, name, values, kind), strict=True):
        shown = physical_name(resolved.only) if resolved.only else None
        if shown or isinstance(value, str):
            yield shown or name_in(str(value), kind)
