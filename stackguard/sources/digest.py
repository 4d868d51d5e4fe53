"""`pulumi preview --json`: the resources as they will be after the update.

A preview leaves out what does not change unless it is told to, and replaces every secret by a text.
Source: pkg/display/json.go and pkg/backend/display/json.go of https://github.com/pulumi/pulumi.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from policypack.policy import Resource, Unknown
from stackguard.errors import CannotJudge
from stackguard.sources import REGION, Loaded
from stackguard.sources.state import State, resource

SECRET = "[secret]"  # noqa: S105 (what stands in a secret's place)
HIDDEN = Unknown("is a secret, which `pulumi preview` leaves out")
SAME = "same"


class Step(msgspec.Struct, rename="camel"):
    """What the engine would do with one resource; a deletion has no new state."""

    op: str = ""
    new_state: State | None = None


class Diagnostic(msgspec.Struct):
    """What the program or the engine said during the preview."""

    message: str = ""
    severity: str = ""


class Digest(msgspec.Struct, rename="camel"):
    """The document that `pulumi preview --json` prints."""

    config: dict[str, str] | None = None
    steps: list[Step] | None = None
    diagnostics: list[Diagnostic] | None = None
    change_summary: dict[str, int] | None = None


def parse(text: bytes, source: str) -> Loaded:
    """The resources of a preview.

    Raises:
        CannotJudge: the preview failed, or it leaves out resources that do not change.
        msgspec.ValidationError: the document does not fit the schema.
    """
    digest = msgspec.json.decode(text, type=Digest)
    steps = digest.steps or []
    errors = [each.message for each in digest.diagnostics or [] if each.severity == "error"]
    if errors:
        raise CannotJudge(
            f"{source} is of a preview that failed, so it does not hold the whole stack; mend that first",
            "".join(errors),
        )
    hidden = (digest.change_summary or {}).get(SAME, 0) - sum(step.op == SAME for step in steps)
    if hidden > 0:
        raise CannotJudge(
            f"{source} leaves out {hidden} unchanged resource{'s' * (hidden > 1)}, which stack policies need; "
            "write it with `pulumi preview --json --show-sames`"
        )
    found = {
        step.new_state.urn: _resource(step.new_state, f"{source}, step {number}")
        for number, step in enumerate(steps, start=1)
        if step.new_state is not None and not step.new_state.delete
    }
    return Loaded(tuple(found.values()), source, (digest.config or {}).get(REGION))


def _resource(state: State, place: str) -> Resource:
    found = resource(state, place)
    secrets = set(found.secrets)
    inputs = _hide(found.inputs, "", secrets)
    outputs = _hide(found.outputs, "", secrets)
    return replace(found, inputs=inputs, outputs=outputs, secrets=frozenset(secrets))


def _hide(value: Any, path: str, secrets: set[str]) -> Any:
    """The value with `Unknown` for every secret, whose path is added to `secrets`."""
    if value == SECRET:
        secrets.add(path)
        return HIDDEN
    if isinstance(value, Mapping):
        return {name: _hide(each, f"{path}.{name}" if path else name, secrets) for name, each in value.items()}
    if isinstance(value, list):
        return [_hide(each, f"{path}[{index}]", secrets) for index, each in enumerate(value)]
    return value
