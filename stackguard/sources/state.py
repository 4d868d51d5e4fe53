"""Resources as Pulumi writes them into state files and previews.

Source: `ResourceV3` in sdk/go/common/apitype/core.go of https://github.com/pulumi/pulumi. Any field may be null or absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from policypack.policy import Position, Resource
from policypack.wire import SIGNATURE, UNKNOWNS, decode
from stackguard.errors import CannotJudge

NULL = msgspec.Raw(b"null")

MARKS = tuple(mark.encode() for mark in (SIGNATURE, '"__', "\\u00", *sorted(UNKNOWNS)))
"""What makes the values in the JSON text of a property map differ from plain ones: most have none of it."""


def _number(text: str) -> float:
    """A JSON number with a point or an exponent; a whole one is whole, as `decode` has it."""
    number = float(text)
    return int(number) if number.is_integer() else number


DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_number)


class State(msgspec.Struct, rename="camel"):
    """One resource of a state file. Properties stay JSON text until they are asked for."""

    urn: str | None = None
    type: str | None = None
    custom: bool | None = None
    delete: bool | None = None
    external: bool | None = None
    id: str | None = None
    inputs: msgspec.Raw = NULL
    outputs: msgspec.Raw = NULL
    parent: str | None = None
    provider: str | None = None
    dependencies: list[str] | None = None
    property_dependencies: dict[str, list[str] | None] | None = None
    source_position: str | None = None


def resource(state: State, place: str) -> Resource:
    """The resource that a state describes.

    Args:
        state: the decoded state.
        place: where it stands, for an error: "`x.json`, resource 3".

    Raises:
        CannotJudge: the URN or a property is malformed.
    """
    urn = state.urn or ""
    parts = urn.split("::", 3)
    if not urn.startswith("urn:pulumi:") or len(parts) < 4 or not parts[2]:
        raise CannotJudge(
            f"{place} has no valid `urn`; write the file with `pulumi stack export` and leave it as it is"
        )
    inputs, secret_inputs = properties(state.inputs, f"{place}, `inputs`")
    outputs, secret_outputs = properties(state.outputs, f"{place}, `outputs`")
    dependencies = tuple(state.dependencies or ())
    by_property: Mapping[str, tuple[str, ...]] = {}
    if state.property_dependencies is not None:
        by_property = {name: tuple(urns or ()) for name, urns in state.property_dependencies.items()}
    return Resource(
        type=state.type or parts[2].rpartition("$")[2],
        name=parts[3],
        inputs=inputs,
        urn=urn,
        outputs=outputs,
        parent=state.parent or "",
        provider=(state.provider or "").rpartition("::")[0],
        dependencies=dependencies,
        property_dependencies=by_property,
        secrets=secret_inputs | secret_outputs,
        position=position(state.source_position or ""),
        custom=bool(state.custom),
        external=bool(state.external),
        id=state.id or "",
    )


def properties(raw: msgspec.Raw, place: str) -> tuple[dict[str, Any], frozenset[str]]:
    """The plain values of a property map, and the paths of its secrets.

    Raises:
        CannotJudge: it is not an object, or a value in it is malformed.
    """
    try:
        values = DECODER.decode(raw)
        if values is None:
            return {}, frozenset()
        if not isinstance(values, dict):
            raise CannotJudge(f"{place} must be an object")
        text = bytes(raw)
        return decode(values) if any(mark in text for mark in MARKS) else (values, frozenset())
    except (TypeError, ValueError, AttributeError) as error:
        raise CannotJudge(f"{place} hold a value that is not as Pulumi writes it") from error


def position(written: str) -> Position | None:
    """The position in `project:///__main__.py#12,5`; None where there is none.

    Source: `parseSourcePosition` in pkg/resource/deploy/source_eval.go of https://github.com/pulumi/pulumi.
    """
    found = re.fullmatch(r"project:///([^#]+)#(\d{1,9})(?:,\d+)?", written)
    return Position(unquote(found[1]), int(found[2])) if found else None
