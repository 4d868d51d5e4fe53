"""Facts about AWS's types that are too many to write by hand, read from generated files on first use.

`tools/generate_tables.py` derives `events.json` from botocore's service models, `runtimes.json` from cfn-lint,
`managed_policies.json.gz` from moto, and the others from the pulumi-aws SDK.
"""

from __future__ import annotations

import enum
import gzip
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.core.arguments import VALUES, Arguments, Keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class DocumentKind(enum.StrEnum):
    """What an IAM policy document is attached to, which decides its elements.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#access_policy-types.
    """

    IDENTITY = "identity"
    """Attached to a role, user, group, permission set or device certificate; names no principals."""
    RESOURCE = "resource"
    """Attached to a resource; names principals. See `grants` for those that only narrow, such as an endpoint's."""
    TRUST = "trust"
    """Defines who may assume a role; names principals and no resources."""
    BOUNDARY = "boundary"
    """Limits what others grant, and grants nothing: a service control policy or a session policy; names no principals."""


class _Choice(msgspec.Struct, frozen=True):
    property: str
    default: str
    kinds: dict[str, DocumentKind]


class _Documents(msgspec.Struct, frozen=True):
    source: dict[str, str]
    documents: dict[str, dict[str, DocumentKind]]
    limits: dict[str, list[str]]
    chosen_by_sibling: dict[str, dict[str, _Choice]]


class ManagedPolicies(msgspec.Struct, frozen=True):
    """The AWS managed policies of one day."""

    source: dict[str, str]
    policies: dict[str, msgspec.Raw]

    @property
    def date(self) -> str:
        """When AWS last changed one of them."""
        return self.source["date"]

    def statements(self, name: str) -> list[dict[str, Any]] | None:
        """The statements of a policy, by its path and name; None if it is not in the table."""
        raw = self.policies.get(name)
        return None if raw is None else msgspec.json.decode(raw, type=list[dict[str, Any]])


def _read(name: str) -> bytes:
    return (Path(__file__).parent / name).read_bytes()


@cache
def _documents() -> _Documents:
    return msgspec.json.decode(_read("documents.json"), type=_Documents)


@cache
def _arguments() -> Mapping[str, str]:
    return msgspec.json.decode(_read("arguments.json"), type=dict[str, dict[str, str]])["arguments"]


class _Nested(msgspec.Struct, frozen=True):
    classes: dict[str, str]
    arguments: dict[str, str]


@cache
def _nested() -> _Nested:
    return msgspec.json.decode(gzip.decompress(_read("nested_arguments.json.gz")), type=_Nested)


@cache
def _same() -> Mapping[str, str]:
    return msgspec.json.decode(_read("same.json"), type=dict[str, dict[str, str]])["same"]


def source_version() -> str:
    """The version of pulumi-aws that the tables describe. A program may use a newer one, with types unknown here."""
    return _documents().source["pulumi-aws"]


def document_properties() -> Mapping[str, Mapping[str, DocumentKind]]:
    """By type token, the input properties with an IAM policy document, as `policy` or `inlinePolicies[*].policy`.

    Every token of a type is a key. Where another property decides (`documents_of`), the kind is that of its default.
    """
    return _documents().documents


def documents_of(type_token: str, inputs: Mapping[str, Any]) -> Mapping[str, DocumentKind]:
    """The properties of one resource that contain an IAM policy document, by its inputs.

    They differ from `document_properties` for types such as `aws:organizations/policy:Policy`, whose `content` is a
    service control policy, a resource control policy or, for a tag policy, not in IAM's language. If the deciding
    property is unknown, its default counts.
    """
    properties = document_properties().get(type_token, {})
    choices = _documents().chosen_by_sibling.get(type_token)
    if not choices:
        return properties
    chosen = dict(properties)
    for path, choice in choices.items():
        value = inputs.get(choice.property)
        kind = choice.kinds.get(value if isinstance(value, str) else choice.default)
        if kind is None:
            del chosen[path]
        else:
            chosen[path] = kind
    return chosen


def grants(type_token: str, path: str) -> bool:
    """Whether a document at this property can give access, rather than only narrow what other documents give.

    A VPC endpoint's policy and an organization's policies only narrow: `"Principal": "*"` there opens nothing.
    """
    kind = document_properties().get(type_token, {}).get(path)
    return kind is not DocumentKind.BOUNDARY and path not in _documents().limits.get(type_token, ())


def known_types() -> Iterable[str]:
    """The type tokens of the table of arguments."""
    return _arguments()


@cache
def argument_names(type_token: str) -> frozenset[str] | None:
    """The input properties of a type, in camelCase. None for a type that is not in the table: do not judge it."""
    names = _arguments().get(type_token)
    return None if names is None else frozenset(names.split())


@cache
def arguments_of(type_token: str) -> Arguments | None:
    """The input properties of a type and the keys of the objects in them. None for a type that is not in the table."""
    names = argument_names(type_token)
    if names is None:
        return None
    nested = _keys(_nested().arguments.get(type_token, ""))
    classes: dict[str, Keys] = {}
    waiting = [nested]
    while waiting:
        for cls in {cls.removeprefix(VALUES) for cls in waiting.pop().values()} - {"", *classes}:
            classes[cls] = _keys(_nested().classes[cls])
            waiting.append(classes[cls])
    return Arguments({**dict.fromkeys(sorted(names), ""), **nested}, classes)


def _keys(row: str) -> Keys:
    return {name: cls for name, _, cls in (entry.partition("=") for entry in row.split())}


def canonical(type_token: str) -> str:
    """The token to compare with, for a type that has several (`aws:s3/bucketV2:BucketV2` is `aws:s3/bucket:Bucket`).

    Idempotent; every other token is returned as it is.
    """
    return _same().get(type_token, type_token)


@cache
def s3_event_names() -> frozenset[str]:
    """The events that a bucket notification may name, as `s3:ObjectCreated:*`."""
    return frozenset(msgspec.json.decode(_read("events.json"))["s3_events"])


class Endpoint(msgspec.Struct, frozen=True):
    """The property that opens an endpoint to the internet."""

    property: str
    open: list[bool | str | None]
    """The values that open it, None for an absent one."""
    addresses: str
    """The property with the addresses that may connect, which are all if it is absent; empty if there is none."""


class Runtime(msgspec.Struct, frozen=True):
    """AWS's dates for a runtime of Lambda; AWS moves them now and then."""

    deprecated: date
    create_block: date | None = None
    """From then on no function can be created with it."""
    update_block: date | None = None
    """From then on no function with it can be updated."""
    successor: str = ""


@cache
def endpoints() -> Mapping[str, Endpoint]:
    """By type token, the property that opens an endpoint to the internet."""
    rows = msgspec.json.decode(_read("endpoints.json"))["endpoints"]
    return msgspec.convert(rows, type=dict[str, Endpoint])


@cache
def settings_properties() -> Mapping[str, Sequence[str]]:
    """By type token, the properties with settings of a program: environment variables, scripts, container definitions."""
    return msgspec.convert(msgspec.json.decode(_read("settings.json"))["settings"], type=dict[str, list[str]])


@cache
def address_properties() -> Mapping[str, Sequence[str]]:
    """By type token, the properties with a URL, or a list of URLs."""
    return msgspec.convert(msgspec.json.decode(_read("addresses.json"))["addresses"], type=dict[str, list[str]])


@cache
def runtimes() -> Mapping[str, Runtime]:
    """The runtimes of Lambda by identifier. Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html."""
    return msgspec.convert(msgspec.json.decode(_read("runtimes.json"))["runtimes"], type=dict[str, Runtime])


@cache
def managed_policies() -> ManagedPolicies:
    """The AWS managed policies that can be attached."""
    return msgspec.json.decode(gzip.decompress(_read("managed_policies.json.gz")), type=ManagedPolicies)
