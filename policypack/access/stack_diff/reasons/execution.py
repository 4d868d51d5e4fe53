"""What a resource may newly do because it runs as another role than before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from policypack.access.solver.verdict import Answer, Verdict
from policypack.access.stack_diff.counterparts import Place, Places
from policypack.access.stack_diff.gains import Gain, Holding, Key, gained_by
from policypack.access.stack_diff.grant_tables.direct import grants_by_type
from policypack.core.policy import Reference, Resource, Stack, Unknown
from policypack.resources.naming import name_in, physical_name
from policypack.resources.references import Resolved, resolve, resolve_all, written
from policypack.resources.tokens import ROLE

PROFILE = "aws:iam/instanceProfile:InstanceProfile"
_ROLE = re.compile(r"(?:.*R|r)ole(?:Arn)?|.*[iI]amInstanceProfile")
"""The properties with the role, or the profile with the role, that a resource runs as."""
ELSEWHERE = "runs as another role than before, which is not in this stack"
UNKNOWN_ROLE = "may run as another role than before, which is not known"
OUTSIDE = "what its former role may do is not in the old stack"


def execution_gains(
    new: tuple[Stack, Places], old: tuple[Stack, Places], after: Mapping[Key, Holding], before: Mapping[Key, Holding]
) -> Iterator[Gain]:
    """What each resource of both stacks may newly do by another role."""
    same = new[1].same or {}
    for resource in new[0].resources:
        other = same.get(resource.urn)
        if other is None or resource.external or not _runs(resource):
            continue
        former = [*_values(other)]
        for path, value in _values(resource):
            now = _run(new, resource, (path, value), after)
            same_place = [part for part in former if _unnumbered(part[0]) == _unnumbered(path)] or [(path, None)]
            earlier = [_run(old, other, part, before) for part in same_place]
            if all(_place(new, now) != _place(old, run) for run in earlier):
                yield from _gains(resource, path, now, earlier[0])


def _runs(resource: Resource) -> bool:
    """Whether a resource may run as a role: what manages policies of a role does not, and grants are compared as such."""
    own = resource.type == PROFILE or not resource.type.startswith("aws:iam/")
    return own and resource.type.startswith("aws:") and resource.type not in grants_by_type()


def _values(resource: Resource) -> Iterator[tuple[str, Any]]:
    """The roles and profiles in a resource's inputs, by path; a value of the provider is in place of an unknown one."""
    for path, value in _parts(resource.inputs):
        yield path, written(resource, path) if path in resource.inputs else value


def _parts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    parts: Iterable[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        parts = ((f"{path}.{name}".strip("."), inner) for name, inner in value.items())
    elif isinstance(value, list):
        parts = ((f"{path}[{index}]", inner) for index, inner in enumerate(value))
    for inner_path, inner in parts:
        if isinstance(inner, str | Unknown | Reference):
            # a launch template has the name or the ARN of a profile
            if _ROLE.fullmatch(re.sub(r"(?<=Profile)\.(?:arn|name)$", "", inner_path).rpartition(".")[2]):
                yield inner_path, inner
        else:
            yield from _parts(inner, inner_path)


def _unnumbered(path: str) -> str:
    """The path without the places in lists, whose order changes nothing."""
    return re.sub(r"\[\d+]", "", path)


def _run(
    side: tuple[Stack, Places], resource: Resource, part: tuple[str, Any], holdings: Mapping[Key, Holding]
) -> Holding | str:
    """The role that a resource runs as, or else the text that names it; empty without one."""
    stack, places = side
    path, value = part
    role = _role(stack, resource, path, value)
    if role is not None and (holding := holdings.get(("identity", *places.of(role)))):
        return holding
    return value if isinstance(value, str) else "" if value is None else "?"


def _role(stack: Stack, resource: Resource, path: str, value: Any) -> Resource | None:
    top = re.split(r"[.\[]", path)[0]
    if "rofile" in path:
        owner = resolve_all(stack, resource, top, [value], PROFILE)[0].only
        return _created(resolve(stack, owner, "role", ROLE)) if owner else None
    return _created(resolve_all(stack, resource, top, [value], ROLE)[0])


def _created(resolved: Resolved) -> Resource | None:
    """The one role; that of the stack, if the stack reads it too."""
    created = [role for role in resolved.resources if not role.external]
    return created[0] if len(created) == 1 else resolved.only


def _place(side: tuple[Stack, Places], run: Holding | str) -> Place | str:
    return run if isinstance(run, str) else side[1].of(run.holder)


def _gains(resource: Resource, path: str, now: Holding | str, before: Holding | str) -> Iterator[Gain]:
    if isinstance(now, str):
        if now and now != before and not (isinstance(before, Holding) and _names(now, before)):
            why = UNKNOWN_ROLE if now == "?" else ELSEWHERE
            yield Gain(resource, resource, path, Answer(Verdict.UNDECIDED, why))
        return
    role, outside = now.holder, bool(before) and isinstance(before, str)
    if isinstance(before, str):
        if outside and _names(before, now):
            return
        before = Holding(role, attached=True)
    why = f"`{resource.name}` newly runs as `{role.name}`" + f", and {OUTSIDE}" * outside
    for gain in gained_by(now, before):
        answer = msgspec.structs.replace(gain.answer, why=why)
        if outside:
            answer = msgspec.structs.replace(answer, verdict=Verdict.UNDECIDED)
        yield Gain(resource, gain.by, gain.path, answer)


def _names(text: str, run: Holding) -> bool:
    """Whether a text names a role of the stack, which is in the other stack too but not among its resources."""
    return name_in(text, ROLE) == physical_name(run.holder)
