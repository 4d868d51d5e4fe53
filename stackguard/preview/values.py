"""Protobuf's `Struct` to plain Python and back; URNs parsed and built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from policypack.core.policy import ROOT_TYPE, Reference, Unknown, covers
from policypack.core.values import rebuilt
from policypack.core.wire import REFERENCE, SECRET, SIGNATURE, UNKNOWN_STRING, encode

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
            return [_plain(inner) for inner in value.list_value.values]
        case "bool_value":
            return value.bool_value
        case "number_value":
            return value.number_value
    return None


def fill(struct: Struct, properties: Mapping[str, Any]) -> None:
    """Write decoded properties into `struct`, as a provider answers them."""
    struct.update(rebuilt(properties, _encoded))


def _encoded(value: Any) -> Any:
    if not isinstance(value, Reference):
        return encode(value)
    known = UNKNOWN_STRING if isinstance(value.id, Unknown) else value.id
    return {SIGNATURE: REFERENCE, "urn": value.urn, **({"id": known} if known else {})}


def hide(target: Value) -> None:
    """Mark a value as secret, once."""
    if target.WhichOneof("kind") == "struct_value":
        signature = target.struct_value.fields.get(SIGNATURE)
        if signature is not None and signature.string_value == SECRET:
            return
    secret = type(target)()
    secret.struct_value.fields[SIGNATURE].string_value = SECRET
    secret.struct_value.fields["value"].CopyFrom(target)
    target.CopyFrom(secret)


def rewrite(struct: Struct, written: Mapping[str, Any], inputs: Mapping[str, Any], secrets: frozenset[str]) -> None:
    """Change a property map from the properties that the program wrote to `inputs`; equal ones stay untouched."""
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
    """Add the computed properties to those sent back, and mark the secret ones, also those that are not known yet.

    Returns:
        The names of the properties that are marked.
    """
    fill(struct, computed)
    present = frozenset(name for name in secret if name in struct.fields)
    for name in secret:
        if name not in present:
            struct.fields[name].string_value = UNKNOWN_STRING
        hide(struct.fields[name])
    return present


def make_urn(stack: str, project: str, parent: str, type_token: str, name: str) -> str:
    """A resource's URN, in which the types of its parents, but not the stack's, precede its own."""
    parent_type = qualified_type_of(parent) if parent else ""
    chain = f"{parent_type}${type_token}" if parent_type not in ("", ROOT_TYPE) else type_token
    return f"urn:pulumi:{stack}::{project}::{chain}::{name}"


def stack_of(urn: str) -> tuple[str, str]:
    """The resource's stack and project."""
    stack, project = urn.removeprefix("urn:pulumi:").split("::", 2)[:2]
    return stack, project


def qualified_type_of(urn: str) -> str:
    """The types of the resource's parents, with `$` between, and its own."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """The resource's own type, without its parents'."""
    return qualified_type_of(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    """The resource's name, which may contain any character."""
    return urn.split("::", 3)[3]


def package_of(token: str) -> str:
    """The package of a type or function token; for a provider's type, the package it provides."""
    parts = token.split(":")
    return parts[2] if token.startswith(PROVIDER_PREFIX) else parts[0]
