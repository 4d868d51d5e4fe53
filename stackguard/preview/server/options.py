"""The resource options of a registration: those inherited from its parent, and those that policies see.

Source: `inheritFromParent` in pkg/resource/deploy/source_eval.go and `generateAliases` in step_generator.go of
https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from policypack.core.policy import ROOT_TYPE, Options, Resource
from stackguard.preview.server.registry import Refused
from stackguard.preview.values import make_urn, name_of, qualified_type_of, stack_of, type_of

if TYPE_CHECKING:
    from pulumi.runtime.proto import resource_pb2

PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
DURATION = re.compile(rf"[-+]?(?:{PART.pattern})+|[-+]?0")
SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def inherit(request: resource_pb2.RegisterResourceRequest, parent: Resource | None) -> None:
    """Write into `request` the options of the parent that it does not set itself."""
    if parent is None:
        return
    options = parent.options
    if options.protect and not request.HasField("protect"):
        request.protect = True
    if options.retain_on_delete and not request.HasField("retainOnDelete"):
        request.retainOnDelete = True
    request.deletedWith = request.deletedWith or options.deleted_with


def options_of(
    request: resource_pb2.RegisterResourceRequest, aliases: tuple[str, ...], *, replaced_first: bool = False
) -> Options:
    """The options of a registration, after its transforms; `replaced_first` overrides its `delete_before_replace`.

    Raises:
        Refused: a timeout is not a duration.
    """
    timeouts = request.customTimeouts
    is_set = request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
    return Options(
        protect=request.protect,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        delete_before_replace=replaced_first or (request.deleteBeforeReplace if is_set else None),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        aliases=aliases,
        timeouts={
            name: _seconds(text)
            for name in ("create", "read", "update", "delete")
            if (text := getattr(timeouts, name, ""))
        },
        retain_on_delete=request.retainOnDelete,
        deleted_with=request.deletedWith,
        replace_with=tuple(getattr(request, "replace_with", ())),
        import_id=request.importId,
        hooks=_hooks(request),
    )


def aliases_of(
    request: resource_pb2.RegisterResourceRequest, urn: str, known: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """The URNs under which the engine looks for the resource in an older state.

    Args:
        request: its registration, after its transforms.
        urn: its present URN.
        known: the aliases of the registered resources, by URN. The engine uses the one that an older state has; without
            a state it may be any of them.
    """
    own = [*request.aliasURNs]
    for alias in request.aliases:
        own += [alias.urn] if alias.WhichOneof("alias") == "urn" else _specified(alias.spec, request, urn, known)
    aliases = dict.fromkeys(own)
    for parent_alias in known.get(request.parent, ()):
        for old in (urn, *own):
            aliases[_inherited(old, urn, request.parent, parent_alias)] = None
    return tuple(alias for alias in aliases if alias != urn)


def _specified(spec: Any, request: Any, urn: str, known: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The URNs of an alias specification: one, or one for each alias of its parent."""
    parents: Iterable[str] = [request.parent]
    match spec.WhichOneof("parent"):
        case "parentUrn" if spec.parentUrn:
            parents = known.get(spec.parentUrn, ()) or [spec.parentUrn]
        case "noParent" if spec.noParent:
            parents = [""]
    stack, project = stack_of(urn)
    top = f"urn:pulumi:{spec.stack or stack}::{spec.project or project}::"
    own = f"{spec.type or request.type}::{spec.name or name_of(urn)}"
    # Below a parent, the engine takes stack and project from the parent's URN.
    return [
        f"{parent.rpartition('::')[0]}${own}" if parent and qualified_type_of(parent) != ROOT_TYPE else top + own
        for parent in parents
    ]


def _inherited(old: str, urn: str, parent: str, parent_alias: str) -> str:
    """A URN of a child under an alias of its parent; a name that starts with the parent's changes with it."""
    name = name_of(old)
    if name.startswith(name_of(parent)):
        name = name_of(parent_alias) + name.removeprefix(name_of(parent))
    return make_urn(*stack_of(urn), parent_alias, type_of(old), name)


def _hooks(request: Any) -> dict[str, tuple[str, ...]]:
    if "hooks" not in request.DESCRIPTOR.fields_by_name:
        return {}
    names = {field.name: tuple(getattr(request.hooks, field.name)) for field in request.hooks.DESCRIPTOR.fields}
    return {re.sub(r"_(\w)", lambda match: match[1].upper(), moment): bound for moment, bound in names.items() if bound}


def _seconds(text: str) -> float:
    """The seconds of a duration in Go's notation: `1h30m`."""
    if not DURATION.fullmatch(text):
        raise Refused(f"unable to parse customTimeout Value {text}")
    total = sum(float(number) * SECONDS[unit] for number, unit in PART.findall(text))
    return -total if text.startswith("-") else total
