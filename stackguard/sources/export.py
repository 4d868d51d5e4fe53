"""State files: a `pulumi stack export`, a bare deployment, or a checkpoint in `.pulumi/stacks`.

Versions 1 to 4 differ in fields that are not read here, except that the first two have no dependencies by property. A
version 4 lists the features that it uses; none of them changes what is read here, and a value of an unsupported kind
becomes unknown.
Source: sdk/go/common/apitype/core.go and pkg/resource/stack of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from policypack.core.policy import Resource
from stackguard.errors import CannotJudge
from stackguard.sources import LoadedStack, digest
from stackguard.sources.cursor import Cursor
from stackguard.sources.input_stream import WRITE_IT
from stackguard.sources.shape import looks_like, not_an_object
from stackguard.sources.state import ANYTHING, STATE, Sharing, State, decoded, to_resource

VERSIONS = range(1, 5)
LAST_WITHOUT_PROPERTY_DEPENDENCIES = 2
DEFERRED = frozenset({"resources", "version", *digest.OTHERS})
JSON_STARTS = '[{"tfn-0123456789'


def parse(blocks: Iterator[bytes], source: str) -> LoadedStack:
    """The resources of a state file, or of a `pulumi preview --json`.

    Args:
        blocks: the file's text, as of `input_stream`.
        source: its name for errors: the path in backticks, or `standard input`.

    Raises:
        CannotJudge: it is neither, or it is malformed.
    """
    try:
        return _parse(Cursor(blocks, source), source)
    except RecursionError:
        raise CannotJudge(f"{source} is nested too deeply to be a stack export") from None
    except MemoryError:
        raise CannotJudge(f"{source} does not fit into memory; judge it on a machine with more memory") from None


def _parse(cursor: Cursor, source: str) -> LoadedStack:
    first = cursor.kind()
    if not first:
        raise CannotJudge(f"{source} is empty; {WRITE_IT}")
    if first not in JSON_STARTS:
        raise cursor.broken()
    if first != "{":
        raise CannotJudge(f"{source} {not_an_object(first)}")
    document = _document(cursor, source)
    resources = document.resources
    if resources is None and "manifest" in document.names:  # a bare deployment with sorted fields
        resources = _resources(Cursor(iter([document.deferred.get("resources", b"null")]), source), source)
    if resources is not None:
        version = decoded(ANYTHING, document.deferred.get("version", b"null"), "version", source)
        versioned = tuple(_versioned(resources, version, source))
        loaded = LoadedStack(versioned, source, _default_region(versioned))
    elif document.steps is not None or document.names & digest.NAMES:
        loaded = digest.loaded(document.steps or {}, document.deferred, source)
    else:
        raise CannotJudge(f"{source} {looks_like(document.names)}")
    cursor.end()
    return loaded


@dataclass(slots=True)
class StateFile:
    """The outermost object of a file; its fields determine the kind of the file."""

    names: set[str] = field(default_factory=set)
    deferred: dict[str, bytes] = field(default_factory=dict)
    """The JSON text of fields whose meaning depends on other fields."""
    resources: list[Resource] | None = None
    steps: digest.Steps | None = None


def _document(cursor: Cursor, source: str) -> StateFile:
    document = StateFile()
    for name in cursor.fields():
        document.names.add(name)
        if name in {"deployment", "latest"}:
            document.resources = _deployment(cursor, "deployment", source)
        elif name == "checkpoint":
            document.resources = _deployment(cursor, name, source)
        elif name == "resources" and "manifest" in document.names:  # a bare deployment
            document.resources = _resources(cursor, source)
        elif name == "steps":
            document.steps = digest.steps(cursor, source)
        elif name in DEFERRED:
            document.deferred[name] = cursor.value()
        else:
            cursor.skip()
    return document


def _deployment(cursor: Cursor, name: str, source: str) -> list[Resource]:
    """The resources of a deployment, or of the checkpoint that contains it as `latest`. Pending operations are ignored."""
    resources: list[Resource] = []
    if _is_null(cursor, name, "{", source):
        return resources
    for field_name in cursor.fields():
        if field_name == "latest" and name == "checkpoint":
            resources = _deployment(cursor, "deployment", source)
        elif field_name == "resources" and name == "deployment":
            resources = _resources(cursor, source)
        else:
            cursor.skip()
    return resources


def _resources(cursor: Cursor, source: str) -> list[Resource]:
    resources: list[Resource] = []
    if _is_null(cursor, "resources", "[", source):
        return resources
    sharing: Sharing = {}
    for number in cursor.items():
        text = cursor.value()
        state: State = decoded(STATE, text, f"resources[{number}]", source)
        if not state.delete:
            resources.append(to_resource(state, text, f"{source}, resource {number + 1}", sharing))
    return resources


def _is_null(cursor: Cursor, name: str, start: str, source: str) -> bool:
    """Whether null comes next instead of the object or list that begins with `start`; another value is an error."""
    if cursor.kind() not in {start, "n", ""}:
        kind = "an object" if start == "{" else "a list"
        raise CannotJudge(f"{source} is not a stack export: `{name}` must be {kind}")
    return cursor.null()


def _versioned(resources: list[Resource], version: Any, source: str) -> Iterator[Resource]:
    if version is not None and (version not in VERSIONS or isinstance(version, bool)):
        number = version if isinstance(version, int) and not isinstance(version, bool) else "unknown"
        known = f"{VERSIONS.start} to {VERSIONS[-1]}"
        raise CannotJudge(
            f"{source} has version {number}, and this release reads {known}; use a newer stackguard, or an older pulumi"
        )
    if version is None or version > LAST_WITHOUT_PROPERTY_DEPENDENCIES:
        yield from resources
        return
    for resource in resources:
        yield replace(resource, property_dependencies=dict.fromkeys(resource.inputs, resource.dependencies))


def _default_region(resources: tuple[Resource, ...]) -> str | None:
    """The stack's `aws:region`: the region of its default AWS providers; None if they have several or none."""
    regions = {
        region
        for provider in resources
        if provider.type == "pulumi:providers:aws" and provider.name.startswith("default")
        if isinstance(region := provider.inputs.get("region"), str)
    }
    return regions.pop() if len(regions) == 1 else None
