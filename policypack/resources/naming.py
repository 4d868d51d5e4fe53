"""Names of resources: the property with the name, the texts that contain it, and the names that Pulumi generates.

A function, a role or a bucket has one physical name, which its ARN contains. Resources of other types are found by any
known identifier.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from policypack.core.policy import Resource
from policypack.iam.arn import Arn
from policypack.resources.tokens import (
    ALIAS,
    BUCKET_TYPES,
    FUNCTION,
    GROUP,
    KEY,
    KEY_ALIAS,
    LAYER,
    MANAGED_POLICY,
    PERMISSION,
    ROLE,
    USER,
)

IDENTIFIERS = (
    "arn",
    "url",
    "id",
    "name",
    "bucket",
    "domainName",
    "keyId",
    "identity",
    "email",
    "domain",
    "repositoryName",
)
"""Outputs and inputs that identify a resource."""
NICKNAMES: Mapping[str, str] = {KEY: KEY_ALIAS}
"""By type, the type whose names also name its resources: a key's alias names the key."""
SIDECAR = "aws:s3/"
"""The beginning of the type tokens of resources that name a bucket in `bucket`."""
_LEADS: Mapping[str, Mapping[str, str]] = {
    FUNCTION: {ALIAS: "functionName", PERMISSION: "function"},
    KEY: {KEY_ALIAS: "targetKeyId"},
}
"""By type, the types whose outputs may name such a resource, and their property that refers to it."""
_LATEST = "$LATEST"
_FUNCTION = re.compile(
    r"(?:(?:.*:)?function:)?(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[A-Za-z0-9$_-]+))?(?:/invocations)?"
)
_LAYER = re.compile(r"(?:.*:)?layer:(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>[0-9]+))?")


class Parsed(msgspec.Struct, frozen=True):
    """A physical name in a text, and its qualifier: a function's version or alias, a layer's version."""

    name: str
    qualifier: str = ""


class Naming(msgspec.Struct, frozen=True):
    """The naming of one type: its properties for name and prefix, and the parser of texts that contain the name."""

    parse: Callable[[str], Parsed]
    name: str = "name"
    prefix: str = "namePrefix"
    lower: bool = False
    """Whether Pulumi generates names in lower case."""


def _matched(pattern: re.Pattern[str]) -> Callable[[str], Parsed]:
    def parse(text: str) -> Parsed:
        match = pattern.fullmatch(text)
        if not match:
            return Parsed(text)
        qualifier = match["qualifier"] or ""
        return Parsed(match["name"], "" if qualifier == _LATEST else qualifier)

    return parse


def _entity(kind: str) -> Callable[[str], Parsed]:
    def parse(text: str) -> Parsed:
        arn = Arn.parse(text)
        entity, _, name = arn.resource.partition("/") if arn else ("", "", "")
        # no resource of a stack has a whole ARN for its name
        return Parsed(name.rpartition("/")[2] if entity == kind else text)

    return parse


def _bucket(text: str) -> Parsed:
    arn = Arn.parse(text)
    return Parsed(arn.resource.partition("/")[0] if arn and arn.service == "s3" else text)


def _key_alias(text: str) -> Parsed:
    arn = Arn.parse(text)
    return Parsed(arn.resource if arn and arn.service == "kms" else text)


NAMINGS: Mapping[str, Naming] = {
    FUNCTION: Naming(_matched(_FUNCTION)),
    LAYER: Naming(_matched(_LAYER), name="layerName"),
    ROLE: Naming(_entity("role")),
    USER: Naming(_entity("user")),
    GROUP: Naming(_entity("group")),
    MANAGED_POLICY: Naming(_entity("policy")),
    KEY_ALIAS: Naming(_key_alias),
    **{token: Naming(_bucket, "bucket", "bucketPrefix", lower=True) for token in BUCKET_TYPES},
}
"""The types of which every text that names a resource contains one physical name."""


def name_in(text: str, token: str) -> str:
    """The physical name in a text that names a resource of a type of `NAMINGS`."""
    return NAMINGS[token].parse(text).name


def physical_name(resource: Resource) -> str | None:
    """The name of a resource in AWS; None if it is unknown."""
    naming = NAMINGS.get(resource.type, Naming(Parsed))
    for value in (resource.inputs.get(naming.name), resource.outputs.get(naming.name)):
        if isinstance(value, str) and value:
            return value
    for value in (resource.outputs.get("arn"), resource.outputs.get("id"), resource.id):
        if isinstance(value, str) and value:
            return naming.parse(value).name
    return None


def name_prefix(resource: Resource) -> str:
    """The beginning of a resource's unknown name; empty if that is unknown too.

    Without a name and a prefix, Pulumi generates a name that begins with the resource's own. Source:
    https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming.
    """
    naming = NAMINGS[resource.type]
    if resource.inputs.get(naming.name) is not None:
        return ""
    prefix = resource.inputs.get(naming.prefix)
    if prefix is None:
        prefix = f"{resource.name}-"
        return prefix.lower() if naming.lower else prefix
    return prefix if isinstance(prefix, str) else ""


def identifiers(resource: Resource) -> Iterator[str]:
    """The known texts that name a resource: its id, ARN, URL and names."""
    values: list[Any] = [resource.id]
    for properties in (resource.inputs, resource.outputs):
        details = properties.get("details")
        values += [properties.get(name) for name in IDENTIFIERS]
        values.append(details.get("name") if isinstance(details, Mapping) else None)
    if resource.type in BUCKET_TYPES and (name := physical_name(resource)):
        values.append(f"arn:aws:s3:::{name}")
    yield from dict.fromkeys(value for value in values if isinstance(value, str) and value)


def leading_property(resource: Resource, types: tuple[str, ...]) -> str:
    """The property that refers to the resource of these types that another resource's outputs name; empty for none.

    For example, the `bucket` output of an access block names a bucket.
    """
    if not set(types).isdisjoint(BUCKET_TYPES) and resource.type.startswith(SIDECAR):
        return "bucket"
    return next((leads[resource.type] for token in types if resource.type in (leads := _LEADS.get(token, {}))), "")
