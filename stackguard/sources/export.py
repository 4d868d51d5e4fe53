"""State files: what `pulumi stack export` writes, a bare deployment, a checkpoint of `.pulumi/stacks`.

Source: sdk/go/common/apitype/core.go and pkg/resource/stack of https://github.com/pulumi/pulumi. Versions 1 to 4 differ in
what a reader here ignores, except that the first two have no dependencies by property.
"""

from __future__ import annotations

from typing import Any

import msgspec

from policypack.policy import Resource
from stackguard.errors import CannotJudge
from stackguard.sources import Loaded
from stackguard.sources.shape import looks_like, not_json, text_of, worded
from stackguard.sources.state import NULL, State, resource

VERSIONS = range(1, 5)
LAST_WITHOUT_PROPERTY_DEPENDENCIES = 2
ABSENT = msgspec.Raw()


class Envelope(msgspec.Struct):
    """The outermost object of every kind of file; which fields are there says which kind it is."""

    version: Any = None
    deployment: msgspec.Raw = ABSENT
    checkpoint: msgspec.Raw = ABSENT
    latest: msgspec.Raw = ABSENT
    manifest: msgspec.Raw = ABSENT
    steps: msgspec.Raw = ABSENT


class Deployment(msgspec.Struct):
    """The part of a deployment that policies can see. Pending operations say nothing about what exists."""

    resources: list[State] | None = None


class Checkpoint(msgspec.Struct):
    """A checkpoint of the file backend; `latest` is null before the first update."""

    latest: msgspec.Raw = NULL


def parse(data: bytes, source: str) -> Loaded:
    """The resources of a state file, or of a `pulumi preview --json`.

    Args:
        data: the file's bytes.
        source: what to call it in an error: the path in backticks, or `standard input`.

    Raises:
        CannotJudge: it is none of these, or it is malformed.
    """
    text = text_of(data, source)
    try:
        return _parse(text, source)
    except RecursionError:
        raise CannotJudge(f"{source} is nested too deeply to be a stack export") from None
    except msgspec.ValidationError as error:
        raise CannotJudge(f"{source} is not a stack export: {worded(error)}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CannotJudge(not_json(text, source, error)) from None


def _parse(text: bytes, source: str) -> Loaded:
    try:
        envelope = msgspec.json.decode(text, type=Envelope)
    except msgspec.ValidationError:
        raise CannotJudge(f"{source} {looks_like(text)}") from None
    if envelope.steps:
        from stackguard.sources.digest import parse as parse_digest

        return parse_digest(text, source)
    raw = _deployment(envelope, text, source)
    if envelope.version is not None and envelope.version not in VERSIONS:
        shown = envelope.version if isinstance(envelope.version, int) else "unknown"
        known = f"{VERSIONS.start} to {VERSIONS[-1]}"
        raise CannotJudge(
            f"{source} has version {shown}, and this release reads {known}; use a newer stackguard, or an older pulumi"
        )
    deployment = msgspec.json.decode(raw, type=Deployment | None)
    states = (deployment.resources if deployment else None) or []
    resources = tuple(
        _resource(state, f"{source}, resource {number}", envelope.version)
        for number, state in enumerate(states, start=1)
        if not state.delete
    )
    return Loaded(resources, source, default_region(resources))


def _deployment(envelope: Envelope, text: bytes, source: str) -> msgspec.Raw | bytes:
    """The JSON text of the deployment, wherever it stands."""
    if envelope.deployment:
        return envelope.deployment
    if envelope.checkpoint:
        return msgspec.json.decode(envelope.checkpoint, type=Checkpoint).latest
    if envelope.latest:
        return envelope.latest
    if envelope.manifest:
        return text
    raise CannotJudge(f"{source} {looks_like(text)}")


def _resource(state: State, place: str, version: int | None) -> Resource:
    found = resource(state, place)
    if version is not None and version <= LAST_WITHOUT_PROPERTY_DEPENDENCIES:
        object.__setattr__(found, "property_dependencies", dict.fromkeys(found.inputs, found.dependencies))
    return found


def default_region(resources: tuple[Resource, ...]) -> str | None:
    """The stack's `aws:region`: what the default AWS provider was configured with; None where there is not just one."""
    regions = {
        region
        for each in resources
        if each.type == "pulumi:providers:aws" and each.name.startswith("default")
        if isinstance(region := each.inputs.get("region"), str)
    }
    return regions.pop() if len(regions) == 1 else None
