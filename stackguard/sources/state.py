"""Resources as Pulumi writes them into state files and previews.

Source: `ResourceV3` in sdk/go/common/apitype/core.go of https://github.com/pulumi/pulumi. Any field may be null or absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from policypack.core.policy import Options, Position, Resource
from policypack.core.wire import SIGNATURE, UNKNOWNS, decode
from stackguard.errors import CannotJudge
from stackguard.sources.shape import worded

T = TypeVar("T")

NULL = msgspec.Raw(b"null")

MARKS = tuple(mark.encode() for mark in (SIGNATURE, '"__', "\\u00", *sorted(UNKNOWNS)))
"""What makes the values in the JSON text of a property map differ from plain ones: most have none of it."""

DEEPEST = 250
"""How deep properties may nest: whatever walks them does so by calling itself. Real ones stay below 50."""
TEXTS = re.compile(rb'"(?:[^"\\]|\\.)*+"')
POSITION = re.compile(r"project:///([^#]+)#(\d{1,9})(?:,\d+)?")
NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


def _number(text: str) -> float:
    """A JSON number with a point or an exponent; a whole one is whole, as `decode` has it."""
    number = float(text)
    return int(number) if number.is_integer() else number


DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_number)


class Timeouts(msgspec.Struct):
    """How long the provider may take, in seconds."""

    create: float | None = None
    read: float | None = None
    update: float | None = None
    delete: float | None = None


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
    protect: bool | None = None
    ignore_changes: list[str] | None = None
    replace_on_changes: list[str] | None = None
    additional_secret_outputs: list[str] | None = None
    aliases: list[str] | None = None
    custom_timeouts: Timeouts | None = None
    retain_on_delete: bool | None = None
    deleted_with: str | None = None
    replace_with: list[str] | None = None
    import_id: str | None = msgspec.field(default=None, name="importID")
    resource_hooks: dict[str, list[str] | None] | None = None


STATE = msgspec.json.Decoder(State)
ANYTHING: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
NO_OPTIONS = Options()
NO_SECRETS: frozenset[str] = frozenset()

Sharing = dict[str, str]
"""Texts by themselves: the URN of a provider or a parent stands at each resource, and is kept once."""


def decoded(decoder: msgspec.json.Decoder[T], text: bytes, place: str, source: str) -> T:
    """The value of a JSON text.

    Args:
        decoder: of the schema.
        text: well-formed JSON.
        place: where it stands in the file: `resources[3]`.
        source: what to call the file in an error.

    Raises:
        CannotJudge: it does not fit the schema.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise CannotJudge(f"{source} is not a stack export: {worded(error, place)}") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise CannotJudge(f"{source} is not a stack export: `{place}` holds a value that cannot be read") from error


def resource(state: State, text: bytes, place: str, sharing: Sharing) -> Resource:
    """The resource that a state describes.

    Args:
        state: the decoded state.
        text: the JSON text that it is in.
        place: where it stands, for an error: "`x.json`, resource 3".
        sharing: of all resources of the file.

    Raises:
        CannotJudge: the URN or a property is malformed, or it is nested too deeply.
    """
    urn = state.urn or ""
    parts = urn.split("::", 3)
    if not urn.startswith("urn:pulumi:") or len(parts) < 4 or not parts[2]:
        raise CannotJudge(
            f"{place} has no valid `urn`; write the file with `pulumi stack export` and leave it as it is"
        )
    plain = _is_plain(text, place)
    inputs, secret_inputs = properties(state.inputs, f"{place}, `inputs`", plain=plain)
    outputs, secret_outputs = properties(state.outputs, f"{place}, `outputs`", plain=plain)
    for name, value in outputs.items():
        if isinstance(value, str) and value == (given := inputs.get(name)):  # a document is long, and comes twice
            outputs[name] = given
    share = sharing.setdefault
    dependencies = tuple(share(each, each) for each in state.dependencies or ())
    by_property: Mapping[str, tuple[str, ...]] = {}
    if state.property_dependencies is not None:
        by_property = {
            name: tuple(share(each, each) for each in urns or ()) for name, urns in state.property_dependencies.items()
        }
    type_token = state.type or parts[2].rpartition("$")[2]
    parent, provider = state.parent or "", (state.provider or "").rpartition("::")[0]
    return Resource(
        type=share(type_token, type_token),
        name=parts[3],
        inputs=inputs,
        urn=share(urn, urn),
        outputs=outputs,
        parent=share(parent, parent),
        provider=share(provider, provider),
        dependencies=dependencies,
        property_dependencies=by_property,
        secrets=secret_inputs | secret_outputs,
        position=position(state.source_position or ""),
        custom=bool(state.custom),
        external=bool(state.external),
        id=state.id or "",
        options=_options(state),
    )


def _options(state: State) -> Options:
    """What the program asked of the engine. A state does not say whether a replacement deletes first."""
    if not (
        state.protect
        or state.ignore_changes
        or state.replace_on_changes
        or state.additional_secret_outputs
        or state.aliases
        or state.custom_timeouts
        or state.retain_on_delete
        or state.deleted_with
        or state.replace_with
        or state.import_id
        or state.resource_hooks
    ):
        return NO_OPTIONS
    return Options(
        protect=bool(state.protect),
        ignore_changes=tuple(state.ignore_changes or ()),
        replace_on_changes=tuple(state.replace_on_changes or ()),
        additional_secret_outputs=tuple(state.additional_secret_outputs or ()),
        aliases=tuple(state.aliases or ()),
        timeouts=_seconds(state.custom_timeouts),
        retain_on_delete=bool(state.retain_on_delete),
        deleted_with=state.deleted_with or "",
        replace_with=tuple(state.replace_with or ()),
        import_id=state.import_id or "",
        hooks={
            f"{moment[:1].lower()}{moment[1:]}": tuple(names or ())
            for moment, names in (state.resource_hooks or {}).items()
        },
    )


def _seconds(timeouts: Timeouts | None) -> dict[str, float]:
    """Those that are set. Source: `CustomTimeouts` in sdk/go/common/resource/custom_timeouts.go."""
    if timeouts is None:
        return {}
    return {name: value for name in timeouts.__struct_fields__ if (value := getattr(timeouts, name))}


def properties(raw: msgspec.Raw, place: str, *, plain: bool) -> tuple[dict[str, Any], frozenset[str]]:
    """The plain values of a property map, and the paths of its secrets.

    Args:
        raw: its JSON text.
        place: where it stands, for an error.
        plain: whether there is nothing to decode in it.

    Raises:
        CannotJudge: it is not an object, or a value in it is malformed.
    """
    try:
        values = DECODER.decode(raw)
        if values is None:
            return {}, NO_SECRETS
        if not isinstance(values, dict):
            raise CannotJudge(f"{place} must be an object")
        return (values, NO_SECRETS) if plain else decode(values)
    except (TypeError, ValueError, AttributeError) as error:
        raise CannotJudge(f"{place} hold a value that is not as Pulumi writes it") from error


def _is_plain(text: bytes, place: str) -> bool:
    """Whether there is nothing but plain values in the JSON text of a resource.

    Raises:
        CannotJudge: it is nested too deeply.
    """
    if text.count(b"{") + text.count(b"[") > DEEPEST and _depth(text) > DEEPEST:
        raise CannotJudge(f"{place} is nested more than {DEEPEST} deep, which is too deeply to be judged")
    for mark in MARKS:  # noqa: SIM110 (a generator costs more than what it looks for)
        if mark in text:
            return False
    return True


def _depth(text: bytes) -> int:
    """How deep a JSON text nests."""
    deepest = depth = 0
    for bracket in TEXTS.sub(b"", text).translate(None, NO_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def position(written: str) -> Position | None:
    """The position in `project:///__main__.py#12,5`; None where there is none.

    Source: `parseSourcePosition` in pkg/resource/deploy/source_eval.go of https://github.com/pulumi/pulumi.
    """
    found = POSITION.fullmatch(written) if written else None
    return Position(unquote(found[1]), int(found[2])) if found else None
