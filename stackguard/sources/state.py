"""The resources in state files and previews.

Source: `ResourceV3` in sdk/go/common/apitype/core.go of https://github.com/pulumi/pulumi. Any field may be null or absent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from policypack.core.policy import STACK_REFERENCE, Options, Position, Resource
from policypack.core.wire import SIGNATURE, UNKNOWNS, decode
from stackguard.errors import CannotJudge
from stackguard.sources.duplicates import duplicate_key, keys_in
from stackguard.sources.input_stream import WRITE_IT
from stackguard.sources.shape import schema_message

T = TypeVar("T")

NULL = msgspec.Raw(b"null")

MARKS = tuple(mark.encode() for mark in (SIGNATURE, '"__', "\\u00", *sorted(UNKNOWNS)))
"""A property map whose JSON text has none of these contains plain values only; most have none."""

DEEPEST = 250
"""How deep properties may nest, because they are walked recursively. Real ones stay below 50."""
STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"')
POSITION = re.compile(r"project:///([^#]+)#(\d{1,9})(?:,\d+)?")
NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


def _number(text: str) -> float:
    """A JSON number with a point or an exponent; a whole one becomes an `int`, as in `decode`."""
    number = float(text)
    return int(number) if number.is_integer() else number


DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=_number)


class Timeouts(msgspec.Struct):
    """The timeouts of the provider, in seconds. Source: sdk/go/common/resource/custom_timeouts.go."""

    create: float | None = None
    read: float | None = None
    update: float | None = None
    delete: float | None = None


class Frame(msgspec.Struct, rename="camel"):
    """A call on the way to the registration; none outside of the project has a position."""

    source_position: str | None = None


class State(msgspec.Struct, rename="camel"):
    """One resource of a state file. Properties stay JSON text."""

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
    stack_trace: list[Frame] | None = None
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
    created: Any = None
    """This and what follows is not read, but its keys are counted."""
    modified: Any = None
    taint: Any = None
    init_errors: Any = None
    pending_replacement: Any = None
    refresh_before_update: Any = None
    view_of: Any = None
    hide_diff: Any = None


STATE = msgspec.json.Decoder(State)
ANYTHING: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
NO_OPTIONS = Options()
NO_SECRETS: frozenset[str] = frozenset()
NO_DEPENDENCIES: Mapping[str, tuple[str, ...]] = {}

Sharing = dict[Any, Any]
"""Each text by itself, and tags by their items: a parent's URN or a team's tags are of many resources, and are kept once."""


def decoded(decoder: msgspec.json.Decoder[T], text: bytes, place: str, source: str) -> T:
    """The value of a JSON text.

    Args:
        decoder: of the schema.
        text: well-formed JSON.
        place: its path in the file: `resources[3]`.
        source: the name of the file for errors.

    Raises:
        CannotJudge: it does not fit the schema.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise CannotJudge(f"{source} is not a stack export: {schema_message(error, place)}; {WRITE_IT}") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise CannotJudge(
            f"{source} is not a stack export: `{place}` contains a value that cannot be read; {WRITE_IT}"
        ) from error


def to_resource(state: State, text: bytes, place: str, sharing: Sharing) -> Resource:
    """The resource of a state.

    Args:
        state: the decoded state.
        text: the JSON text that contains it.
        place: its place for errors: "`x.json`, resource 3".
        sharing: the same for all resources of the file.

    Raises:
        CannotJudge: the URN or a property is malformed, the URN has another type, or it is nested too deeply.
    """
    urn = state.urn or ""
    parts = urn.split("::", 3)
    if not urn.startswith("urn:pulumi:") or len(parts) < 4 or not parts[2]:
        raise CannotJudge(
            f"{place} has no valid `urn`; write the file with `pulumi stack export` and leave it as it is"
        )
    type_token = parts[2].rpartition("$")[2]
    if state.type and state.type != type_token:
        raise CannotJudge(f"{place} has another `type` than its `urn`; {WRITE_IT}")
    plain = _is_plain(text, place)
    inputs, secret_inputs, keys = _properties(state.inputs, f"{place}, `inputs`", plain=plain)
    outputs, secret_outputs, other_keys = _properties(state.outputs, f"{place}, `outputs`", plain=plain)
    refuse_duplicates(text, place, keys + other_keys + _keys(state))
    share = sharing.setdefault
    tags = inputs.get("tags")
    if plain and isinstance(tags, dict) and _are_texts(tags):
        inputs["tags"] = share((*tags.items(),), tags)
    name, resource_id = parts[3], state.id or ""
    resource_id = name if resource_id == name else resource_id
    for key, value in outputs.items():
        same = resource_id if key == "id" else inputs.get("tags" if key == "tagsAll" else key)
        if (isinstance(value, str) or _are_texts(value)) and value == same:
            outputs[key] = same  # a long document or tags are kept once
    by_property = {
        key: tuple(share(dependency, dependency) for dependency in urns or ())
        for key, urns in (state.property_dependencies or {}).items()
    }
    secrets = secret_inputs | secret_outputs | _named_secrets(state, type_token, outputs)
    position = _position(state.source_position or "")
    parent, provider = state.parent or "", (state.provider or "").rpartition("::")[0]
    return Resource(
        type=share(type_token, type_token),
        name=name,
        inputs=inputs,
        urn=share(urn, urn),
        outputs=outputs,
        parent=share(parent, parent),
        provider=share(provider, provider),
        dependencies=tuple(share(dependency, dependency) for dependency in state.dependencies or ()),
        property_dependencies=by_property or NO_DEPENDENCIES,
        secrets=secrets or NO_SECRETS,
        position=position,
        callers=_callers(state.stack_trace, position) if state.stack_trace else (),
        custom=bool(state.custom),
        external=bool(state.external),
        id=resource_id,
        options=_options(state),
    )


def refuse_duplicates(text: bytes, place: str, counted: int | None = None) -> None:
    """Check that no object has a key twice; arguments are as of `duplicate_key` and `to_resource`.

    Raises:
        CannotJudge: one has.
    """
    if key := duplicate_key(text, counted):
        raise CannotJudge(f"{place} has the key `{key}` twice in one object; {WRITE_IT}")


def _named_secrets(state: State, type_token: str, outputs: dict[str, Any]) -> frozenset[str]:
    """The paths of outputs that their resource names as secret; names may be spelled as in Python."""
    if not state.additional_secret_outputs and type_token != STACK_REFERENCE:
        return NO_SECRETS
    secrets = {*(state.additional_secret_outputs or ())}
    spelled = {name.replace("_", "").lower() for name in secrets}
    secrets.update(name for name in outputs if spelled and name.replace("_", "").lower() in spelled)
    if type_token == STACK_REFERENCE and isinstance(names := outputs.get("secretOutputNames"), list):
        secrets.update(f"outputs.{name}" for name in names)
    return frozenset(secrets)


OPTIONS = tuple(field.name for field in fields(Options) if field.name in State.__struct_fields__)
"""The fields that a state and `Options` have in common. A state does not contain `delete_before_replace`."""


def _options(state: State) -> Options:
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name in OPTIONS if (value := getattr(state, name))
    }
    if timeouts := state.custom_timeouts:
        seconds = {name: getattr(timeouts, name) for name in timeouts.__struct_fields__}
        options["timeouts"] = {name: value for name, value in seconds.items() if value}
    if state.resource_hooks:
        options["hooks"] = {
            f"{moment[:1].lower()}{moment[1:]}": tuple(names or ()) for moment, names in state.resource_hooks.items()
        }
    return Options(**options) if options else NO_OPTIONS


def _keys(state: State) -> int:
    """The number of keys in a state, without those in its properties; null is not counted, nor is what is rare."""
    values = msgspec.structs.astuple(state)
    keys = len(values) - values.count(None) - values.count(NULL)
    for inner in (state.property_dependencies, state.resource_hooks):
        if inner:
            keys += len(inner)
    for frame in state.stack_trace or ():
        keys += frame.source_position is not None
    return keys


def _properties(raw: msgspec.Raw, place: str, *, plain: bool) -> tuple[dict[str, Any], frozenset[str], int]:
    """The plain values of a property map, the paths of its secrets, and the number of its keys.

    `plain` is whether it has plain values only.
    """
    try:
        values = DECODER.decode(raw)
        if values is None:
            return {}, NO_SECRETS, 0
        if not isinstance(values, dict):
            raise CannotJudge(f"{place} must be an object; {WRITE_IT}")
        return (*((values, NO_SECRETS) if plain else decode(values)), keys_in(values))
    except (TypeError, ValueError, AttributeError) as error:
        raise CannotJudge(f"{place} contain a value in a form that Pulumi does not write; {WRITE_IT}") from error


def _are_texts(value: Any) -> bool:
    """Whether a value is a mapping of texts, which equal nothing of another type."""
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_plain(text: bytes, place: str) -> bool:
    """Whether the JSON text of a resource contains plain values only, after a check of its depth."""
    if text.count(b"{") + text.count(b"[") > DEEPEST and _depth(text) > DEEPEST:
        raise CannotJudge(f"{place} is nested more than {DEEPEST} deep, which is too deeply to be judged; {WRITE_IT}")
    for mark in MARKS:  # noqa: SIM110 (a generator is slower than the search)
        if mark in text:
            return False
    return True


def _depth(text: bytes) -> int:
    """The nesting depth of a JSON text."""
    deepest = depth = 0
    for bracket in STRINGS.sub(b"", text).translate(None, NO_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _callers(trace: list[Frame], position: Position | None) -> tuple[Position, ...]:
    """The callers of the place of construction, which a stack trace begins with, in the project's own code."""
    calls = [call for frame in trace if (call := _position(frame.source_position or "")) and not call.installed]
    return tuple(calls[1:] if calls and calls[0] == position else calls)


def _position(written: str) -> Position | None:
    """The position in `project:///__main__.py#12,5`; None for anything else.

    Source: `parseSourcePosition` in pkg/resource/deploy/source_eval.go of https://github.com/pulumi/pulumi.
    """
    match = POSITION.fullmatch(written) if written else None
    return Position(unquote(match[1]), int(match[2])) if match else None
