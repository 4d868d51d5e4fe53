"""Protobuf's `Struct` to plain Python and back; URNs taken apart and put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.struct_pb2 import NULL_VALUE

from policypack.core.policy import ROOT_TYPE, Asset, PartialDocument, Reference, Unknown, covers
from policypack.core.wire import REFERENCE, SECRET, SIGNATURE, UNKNOWN_STRING, encode_asset

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct, Value

PROVIDER_PREFIX = "pulumi:providers:"


def plain(struct: Struct) -> dict[str, Any]:
    """The raw property map of a `Struct`, signatures and all, with names in order.

    Written out because protobuf's own `MessageToDict` takes ten times as long.
    """
    fields = struct.fields
    return {name: _plain(fields[name]) for name in sorted(fields)}


def _plain(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return [_plain(each) for each in value.list_value.values]
        case "bool_value":
            return value.bool_value
        case "number_value":
            return value.number_value
    return None


def fill(struct: Struct, properties: Mapping[str, Any]) -> None:
    """Write decoded properties into `struct`, as a provider would answer them."""
    for name, value in properties.items():
        _fill(struct.fields[name], value)


def _fill(target: Value, value: Any) -> None:
    match value:
        case None:
            target.null_value = NULL_VALUE
        case bool():
            target.bool_value = value
        case int() | float():
            target.number_value = value
        case Unknown() | PartialDocument():
            target.string_value = UNKNOWN_STRING
        case str():
            target.string_value = value
        case list() | tuple():
            target.Clear()  # what was there is replaced, not added to
            target.list_value.SetInParent()
            for each in value:
                _fill(target.list_value.values.add(), each)
        case Asset():
            _fill(target, encode_asset(value))
        case Reference():
            known = value.id if isinstance(value.id, str) else UNKNOWN_STRING
            identity = {"id": known} if known else {}
            _fill(target, {SIGNATURE: REFERENCE, "urn": value.urn, **identity})
        case _:
            target.Clear()
            target.struct_value.SetInParent()
            fill(target.struct_value, value)


def hide(target: Value) -> None:
    """Placeholder a value as secret, once."""
    if target.WhichOneof("kind") == "struct_value":
        signature = target.struct_value.fields.get(SIGNATURE)
        if signature is not None and signature.string_value == SECRET:
            return
    inner = type(target)()
    inner.CopyFrom(target)
    target.Clear()
    target.struct_value.fields[SIGNATURE].string_value = SECRET
    target.struct_value.fields["value"].CopyFrom(inner)


def rewrite(struct: Struct, written: Mapping[str, Any], inputs: Mapping[str, Any], secrets: frozenset[str]) -> None:
    """Make a property map that holds what the program wrote hold `inputs` instead; what is the same stays as it is."""
    for name in written.keys() - inputs.keys():
        del struct.fields[name]
    changed = {name: value for name, value in inputs.items() if name not in written or value != written[name]}
    for name in changed.keys() & struct.fields.keys():
        struct.fields[name].Clear()
    fill(struct, changed)
    for name in changed:
        if any(covers(name, path) for path in secrets):
            hide(struct.fields[name])


def answer(struct: Struct, computed: Mapping[str, Any], secret: frozenset[str]) -> frozenset[str]:
    """Add what was computed to the properties sent back, placeholder the secret ones, and say which were marked."""
    fill(struct, computed)
    present = frozenset(name for name in secret if name in struct.fields)
    for name in present:
        hide(struct.fields[name])
    return present


def make_urn(stack: str, project: str, parent: str, type_token: str, name: str) -> str:
    """A resource's URN: the types of its parents, but not the stack's, stand before its own."""
    parent_type = qualified_type_of(parent) if parent else ""
    chain = f"{parent_type}${type_token}" if parent_type not in ("", ROOT_TYPE) else type_token
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def qualified_type_of(urn: str) -> str:
    """The types of the resource's parents, with `$` between, and its own."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """The resource's own type, without its parents'."""
    return qualified_type_of(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """The resource's name, which may hold anything."""
    return urn.split("::", 3)[3]


def package_of(token: str) -> str:
    """The package of a type or function token; for a provider's type, the package it provides."""
    parts = token.split(":")
    return parts[2] if token.startswith(PROVIDER_PREFIX) else parts[0]
