"""State files: what `pulumi stack export` writes, a bare deployment, a checkpoint of `.pulumi/stacks`.

Source: sdk/go/common/apitype/core.go and pkg/resource/stack of https://github.com/pulumi/pulumi. Versions 1 to 4 differ in
what a reader here ignores, except that the first two have no dependencies by property. A version 4 names the features
that it uses; none of them changes what is read here, and a value of a kind that is not known here becomes unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from policypack.core.policy import Resource
from stackguard.errors import CannotJudge
from stackguard.sources import Loaded, digest
from stackguard.sources.cursor import Cursor
from stackguard.sources.input_stream import WRITE_IT
from stackguard.sources.shape import looks_like, no_object
from stackguard.sources.state import ANYTHING, STATE, Sharing, State, decoded, resource

VERSIONS = range(1, 5)
LAST_WITHOUT_PROPERTY_DEPENDENCIES = 2
HELD = frozenset({"resources", "version", *digest.OTHERS})
JSON_STARTS = '[{"tfn-0123456789'


def parse(blocks: Iterator[bytes], source: str) -> Loaded:
    """The resources of a state file, or of a `pulumi preview --json`.

    Args:
        blocks: the file's text, as `reading.text` gives it.
        source: what to call it in an error: the path in backticks, or `standard input`.

    Raises:
        CannotJudge: it is none of these, or it is malformed.
    """
    try:
        return _parse(Cursor(blocks, source), source)
    except RecursionError:
        raise CannotJudge(f"{source} is nested too deeply to be a stack export") from None
    except MemoryError:
        raise CannotJudge(f"{source} does not fit into memory; judge it on a machine with more") from None


def _parse(cursor: Cursor, source: str) -> Loaded:
    first = cursor.kind()
    if not first:
        raise CannotJudge(f"{source} is empty; {WRITE_IT}")
    if first not in JSON_STARTS:
        raise cursor.broken()
    if first != "{":
        raise CannotJudge(f"{source} {no_object(first)}")
    document = _document(cursor, source)
    found = document.resources
    if found is None and "manifest" in document.names:  # it stands after the resources: somebody sorted the fields
        found = _resources(Cursor(iter([document.held.get("resources", b"null")]), source), source)
    if found is not None:
        version = decoded(ANYTHING, document.held.get("version", b"null"), "version", source)
        resources = tuple(_versioned(found, version, source))
        loaded = Loaded(resources, source, default_region(resources))
    elif document.steps is not None or document.names & digest.NAMES:
        loaded = digest.loaded(document.steps or digest.Steps(), document.held, source)
    else:
        raise CannotJudge(f"{source} {looks_like(document.names)}")
    cursor.end()
    return loaded


@dataclass(slots=True)
class Document:
    """What the outermost object of a file holds; which fields it has says of which kind the file is."""

    names: set[str] = field(default_factory=set)
    held: dict[str, bytes] = field(default_factory=dict)
    """The JSON text of those fields whose meaning depends on others."""
    resources: list[Resource] | None = None
    steps: digest.Steps | None = None


def _document(cursor: Cursor, source: str) -> Document:
    found = Document()
    for name in cursor.fields():
        found.names.add(name)
        if name in {"deployment", "latest"}:
            found.resources = _deployment(cursor, source)
        elif name == "checkpoint":
            found.resources = _checkpoint(cursor, source)
        elif name == "resources" and "manifest" in found.names:  # a bare deployment
            found.resources = _resources(cursor, source)
        elif name == "steps":
            found.steps = digest.steps(cursor, source)
        elif name in HELD:
            found.held[name] = cursor.value()
        else:
            cursor.skip()
    return found


def _checkpoint(cursor: Cursor, source: str) -> list[Resource]:
    """The resources of the file backend's checkpoint; `latest` is null or absent before the first update."""
    found: list[Resource] = []
    if _absent(cursor, "checkpoint", "{", source):
        return found
    for name in cursor.fields():
        if name == "latest":
            found = _deployment(cursor, source)
        else:
            cursor.skip()
    return found


def _deployment(cursor: Cursor, source: str) -> list[Resource]:
    """The resources of a deployment. Pending operations say nothing about what exists."""
    found: list[Resource] = []
    if _absent(cursor, "deployment", "{", source):
        return found
    for name in cursor.fields():
        if name == "resources":
            found = _resources(cursor, source)
        else:
            cursor.skip()
    return found


def _resources(cursor: Cursor, source: str) -> list[Resource]:
    if _absent(cursor, "resources", "[", source):
        return []
    sharing: Sharing = {}
    found = []
    for number in cursor.items():
        text = cursor.value()
        state: State = decoded(STATE, text, f"resources[{number}]", source)
        if not state.delete:
            found.append(resource(state, text, f"{source}, resource {number + 1}", sharing))
    return found


def _absent(cursor: Cursor, name: str, start: str, source: str) -> bool:
    """Whether there is null in place of an object or a list.

    Raises:
        CannotJudge: there is something else.
    """
    if cursor.kind() not in {start, "n", ""}:
        kind = "an object" if start == "{" else "a list"
        raise CannotJudge(f"{source} is not a stack export: `{name}` must be {kind}")
    return cursor.null()


def _versioned(found: list[Resource], version: Any, source: str) -> Iterator[Resource]:
    if version is not None and (version not in VERSIONS or isinstance(version, bool)):
        shown = version if isinstance(version, int) and not isinstance(version, bool) else "unknown"
        known = f"{VERSIONS.start} to {VERSIONS[-1]}"
        raise CannotJudge(
            f"{source} has version {shown}, and this release reads {known}; use a newer stackguard, or an older pulumi"
        )
    if version is None or version > LAST_WITHOUT_PROPERTY_DEPENDENCIES:
        yield from found
        return
    for each in found:
        yield replace(each, property_dependencies=dict.fromkeys(each.inputs, each.dependencies))


def default_region(resources: tuple[Resource, ...]) -> str | None:
    """The stack's `aws:region`: what the default AWS provider was configured with; None where there is not just one."""
    regions = {
        region
        for each in resources
        if each.type == "pulumi:providers:aws" and each.name.startswith("default")
        if isinstance(region := each.inputs.get("region"), str)
    }
    return regions.pop() if len(regions) == 1 else None
