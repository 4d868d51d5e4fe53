"""Access that is undecided in both of two stacks: gains go in, those without what did not change come out.

Nothing is known of an unknown value but the expression that the source states. Where both stacks state the same one, and
nothing else that decides differs, what is undecided is the same in both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.comparison import gained
from policypack.access.stack_diff.gains import Gain
from policypack.core.policy import Asset, Resource, Stack, Unknown
from policypack.core.values import has_unknown, rebuilt

Stated = Callable[[Resource, str], str]
"""Returns a digest of what the source states for a path of a resource; empty where that is not certain."""
_Place = tuple[str, str, str, str]


def without_unchanged(gains: Iterable[Gain], new: Stack, old: Stack, stated: tuple[Stated, Stated]) -> Iterator[Gain]:
    """The gains, but for those that are as undecided in the old stack, of resources that are the same in both.

    Args:
        gains: of the new stack over the old one.
        new: the new stack.
        old: the old stack.
        stated: the digests of what their programs state.
    """
    gains = list(gains)
    doubtful = any(gain.answer.verdict is Verdict.UNDECIDED for gain in gains)
    before = {_place(gain) for gain in gained(old, old)} if doubtful else set()
    around = tuple({resource.urn: resource for resource in stack.resources} for stack in (new, old))
    for gain in gains:
        undecided = gain.answer.verdict is Verdict.UNDECIDED
        same = undecided and _place(gain) in before and _is_same(gain, around, stated)
        if not same:
            yield gain


def _place(gain: Gain) -> _Place:
    return gain.holder.urn, gain.by.urn, gain.path, gain.answer.why


def _is_same(gain: Gain, stacks: Sequence[Mapping[str, Resource]], stated: tuple[Stated, Stated]) -> bool:
    """Whether the holder, what allows, and all that refers to one of them, are the same in two stacks."""
    urns = {gain.holder.urn, gain.by.urn}
    new, old = ({urn for urn in stack if urn in urns or urns & _refers_to(stack[urn])} for stack in stacks)
    if new != old or gain.by.urn not in new:
        return False
    return all(_equal(stacks[0][urn], stacks[1][urn], stated) for urn in new)


def _refers_to(resource: Resource) -> set[str]:
    return {urn for urns in resource.property_dependencies.values() for urn in urns}


def _equal(new: Resource, old: Resource, stated: tuple[Stated, Stated]) -> bool:
    if new.type != old.type or new.property_dependencies != old.property_dependencies:
        return False
    if rebuilt(new.inputs, _deciding) != rebuilt(old.inputs, _deciding):
        return False
    return all(stated[0](new, name) == stated[1](old, name) for name, value in new.inputs.items() if has_unknown(value))


def _deciding(value: Any) -> Any:
    """A value without what decides no access.

    That is the content of files, with the path at which a checkout has them, and what makes an unknown value known, which
    mentions other values too.
    """
    if isinstance(value, Asset):
        return None
    return replace(value, fix="") if isinstance(value, Unknown) else value
