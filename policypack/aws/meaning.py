"""Which functions, layers, roles and managed policies of the stack a property means.

A property may hold a name, an ARN, a reference, or a value that nobody knows yet. A known text decides by name;
otherwise Pulumi's record of what the value was computed from does. That record is kept for a top-level property as a
whole, so several unknown values in one list share it: where they are as many as what they were computed from, each of
those is meant by one of them, and nobody can tell which by which. Buckets are found likewise in
`policypack.aws.bucket`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.aws.arn import Arn
from policypack.policy import Reference, Resource, Stack

FUNCTION = "aws:lambda/function:Function"
LAYER = "aws:lambda/layerVersion:LayerVersion"
ALIAS = "aws:lambda/alias:Alias"
PERMISSION = "aws:lambda/permission:Permission"
ROLE = "aws:iam/role:Role"
USER = "aws:iam/user:User"
GROUP = "aws:iam/group:Group"
MANAGED_POLICY = "aws:iam/policy:Policy"

_FUNCTION = re.compile(
    r"(?:(?:.*:)?function:)?(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[A-Za-z0-9$_-]+))?(?:/invocations)?"
)
_LAYER = re.compile(r"(?:.*:)?layer:(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[0-9]+))?")
_ENTITY = {ROLE: "role", USER: "user", GROUP: "group", MANAGED_POLICY: "policy"}
_PHYSICAL = {LAYER: "layerName"}
"""Where a type has its physical name, if not in `name`."""
_LEADS = {ALIAS: "functionName", PERMISSION: "function"}
"""Types whose outputs tell of a function, and the property that says of which."""
_LATEST = "$LATEST"


class Named(msgspec.Struct, frozen=True):
    """One resource, and for a function the version or alias: empty for the function itself, None where unknown."""

    resource: Resource
    qualifier: str | None = ""


class Meant(msgspec.Struct, frozen=True):
    """What one value means: `certain` holds what it surely means, else `possible` what it may mean.

    All are empty and `foreign` is False where the value is absent.
    """

    certain: tuple[Named, ...] = ()
    possible: tuple[Named, ...] = ()
    foreign: bool | None = False
    """Whether it means something outside the stack; None where that may be."""
    between: bool = False
    """Whether several values mean all of `possible` between them, so that each is meant by one."""

    @property
    def all(self) -> tuple[Named, ...]:
        """What it means or may mean."""
        return self.certain or self.possible


def meant(stack: Stack, resource: Resource, name: str, kind: str) -> Meant:
    """What a top-level property that holds one value means.

    Args:
        stack: where to look.
        resource: which has the property.
        name: of the property.
        kind: the type token of what is looked for: `FUNCTION`, `LAYER`, `ROLE` or `MANAGED_POLICY`.
    """
    return all_meant(stack, resource, name, [given(resource, name)], kind)[0]


def given(resource: Resource, name: str) -> Any:
    """What the program gives for a property, or the text that the provider reports where that is not known."""
    value = resource.inputs.get(name)
    if not isinstance(value, str | Reference | None) and isinstance(resource.outputs.get(name), str):
        return resource.outputs[name]
    return value


def all_meant(stack: Stack, resource: Resource, name: str, values: Sequence[Any], kind: str) -> list[Meant]:
    """What each of the values inside the top-level property `name` means, in order."""
    origins = resource.property_dependencies.get(name, ())
    known = [_known(stack, value, origins, kind) for value in values]
    unknown = sum(each is None for each in known)
    shared = _traced(stack, origins, known, unknown, kind, frozenset({resource.urn})) if unknown else Meant()
    return [shared if each is None else each for each in known]


def resource_name(resource: Resource) -> str | None:
    """The physical name of a function, layer, role or managed policy; None where nobody knows it yet."""
    name = _PHYSICAL.get(resource.type, "name")
    for value in (resource.inputs.get(name), resource.outputs.get(name)):
        if isinstance(value, str) and value:
            return value
    for value in (resource.outputs.get("arn"), resource.id):
        if isinstance(value, str) and value:
            return _parsed(value, resource.type)[0]
    return None


def inside(stack: Stack, resource: Resource, component: str) -> bool:
    """Whether `component` (a URN) is a parent of the resource, at whatever depth."""
    parent, seen = resource.parent, set()
    while parent and parent != component and parent not in seen:
        seen.add(parent)
        outer = stack.by_urn.get(parent)
        parent = outer.parent if outer else ""
    return bool(parent) and parent == component


def _known(stack: Stack, value: Any, origins: Sequence[str], kind: str) -> Meant | None:
    """What a value that is known means; None for one that is not."""
    if value is None or value == "":
        return Meant()
    if isinstance(value, Reference):
        found = stack.by_urn.get(value.urn)
        return Meant(tuple(_follow(stack, found, kind, frozenset()))) if found else Meant(foreign=None)
    if not isinstance(value, str):
        return None
    if kind == MANAGED_POLICY and (arn := Arn.parse(value)) and arn.account == "aws":
        return Meant(foreign=True)
    name, qualifier = _parsed(value, kind)
    if same := _by_name(stack, kind).get(name):
        exact = [each for each in same if each.outputs.get("arn") == value]
        return Meant(tuple(Named(each, qualifier) for each in exact or same))
    nameless = [each for each in _nameless(stack, kind) if _may_be_named(each, name)]
    computed = [each for each in nameless if each.urn in origins]
    if len(computed) == 1:
        return Meant((Named(computed[0], qualifier),))
    possible = tuple(Named(each, qualifier) for each in nameless)
    return Meant(possible=possible, foreign=None if possible else True)


def _traced(
    stack: Stack,
    origins: Sequence[str],
    known: Iterable[Meant | None],
    unknown: int,
    kind: str,
    seen: frozenset[str],
) -> Meant:
    """What `unknown` values mean, by what they were computed from."""
    leads = {urn: list(_follow(stack, stack.by_urn.get(urn), kind, seen)) for urn in origins}
    told = {named.resource.urn for each in known if each for named in each.certain}
    found = {
        named.resource.urn: named for lead in leads.values() for named in lead if named.resource.urn not in told
    } or {named.resource.urn: named for lead in leads.values() for named in lead}
    if not found:
        return _anything(stack, kind)
    candidates = tuple(found.values())
    loose = any(not lead or len(lead) > 1 for lead in leads.values())
    if loose and unknown > len(candidates):
        return Meant(possible=candidates, foreign=None)
    if len(candidates) == 1:
        return Meant(candidates)
    each_one = all(len(lead) <= 1 for lead in leads.values())
    return Meant(possible=candidates, between=each_one and len(candidates) <= unknown)


def _follow(stack: Stack, resource: Resource | None, kind: str, seen: frozenset[str]) -> Iterator[Named]:
    """What a value computed from this resource means; nothing where that does not tell."""
    if resource is None or resource.urn in seen:
        return
    if resource.type == kind:
        # `qualifiedArn` names a version where the function publishes one
        yield Named(resource, None if kind == FUNCTION and resource.inputs.get("publish") else "")
    elif kind == FUNCTION and resource.type in _LEADS:
        name = _LEADS[resource.type]
        values = [resource.inputs.get(name)]
        origins = resource.property_dependencies.get(name, ())
        known = _known(stack, values[0], origins, kind)
        found = known or _traced(stack, origins, (), 1, kind, seen | {resource.urn})
        qualifier = resource.inputs.get("name") if resource.type == ALIAS else resource.inputs.get("qualifier", "")
        for named in found.all:
            yield Named(named.resource, qualifier if isinstance(qualifier, str) else None)
    elif not resource.type.startswith(("aws:", "pulumi:")):
        yield from (Named(each) for each in _of(stack, kind) if inside(stack, each, resource.urn))


def _parsed(text: str, kind: str) -> tuple[str, str]:
    """Name and qualifier, or version of a layer, in a name or ARN."""
    if kind in (FUNCTION, LAYER):
        found = (_FUNCTION if kind == FUNCTION else _LAYER).fullmatch(text)
        if not found:
            return text, ""
        qualifier = found["qualifier"] or ""
        return found["name"], "" if qualifier == _LATEST else qualifier
    arn = Arn.parse(text)
    if arn is None:
        return text, ""
    entity, _, name = arn.resource.partition("/")
    if entity != _ENTITY[kind]:
        return text, ""  # no resource of a stack has a whole ARN for its name
    return name.rpartition("/")[2], ""


def _of(stack: Stack, kind: str) -> Sequence[Resource]:
    return stack.by_type.get(kind, ())


def _by_name(stack: Stack, kind: str) -> Mapping[str, tuple[Resource, ...]]:
    def compute() -> dict[str, tuple[Resource, ...]]:
        found: dict[str, tuple[Resource, ...]] = {}
        for resource in _of(stack, kind):
            if name := resource_name(resource):
                found[name] = (*found.get(name, ()), resource)
        return found

    return stack.once(("by name", kind), compute)


def _nameless(stack: Stack, kind: str) -> Sequence[Resource]:
    return stack.once(("nameless", kind), lambda: [each for each in _of(stack, kind) if resource_name(each) is None])


def _anything(stack: Stack, kind: str) -> Meant:
    """What a value means that cannot be traced at all."""
    return stack.once(
        ("anything", kind), lambda: Meant(possible=tuple(Named(each, None) for each in _of(stack, kind)), foreign=None)
    )


def _may_be_named(resource: Resource, name: str) -> bool:
    """Whether a resource whose name nobody knows may turn out to have this one: Pulumi's own begin with its name."""
    if resource.inputs.get(_PHYSICAL.get(resource.type, "name")) is not None:
        return True
    prefix = resource.inputs.get("namePrefix")
    if prefix is None:
        prefix = f"{resource.name}-"
    return not isinstance(prefix, str) or name.startswith(prefix)
