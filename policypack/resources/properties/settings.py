"""Settings of programs: the environment variables, scripts, tags and exports of a stack in, their credentials out.

`tables.settings_properties` has the properties, and `address_properties` those of URLs, whose user may have a password. A Pulumi secret is encrypted in the state and in every report, and is not
searched; but a parameter of Systems Manager is stored as its `type` says, whatever Pulumi does.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from policypack.core.caches import bounded_cache
from policypack.core.policy import ROOT_TYPE, PartialDocument, Placed, Resource, Stack, Unknown, covers
from policypack.iam.document_readers import values_at
from policypack.iam.tables import address_properties, settings_properties
from policypack.resources.properties.credential_files import credential_in_file
from policypack.resources.properties.credentials import (
    credential_in_text,
    credential_of,
    credentials_in_script,
    secret_keys,
    sensitive,
)

PARAMETER = "aws:ssm/parameter:Parameter"
PLAINTEXT_TYPES = frozenset({"String", "StringList"})
STORED_ELSEWHERE = frozenset({"SECRETS_MANAGER", "PARAMETER_STORE"})
"""Types of a build project's variables whose value is the name of a secret."""
REFERENCES = frozenset({"secrets", "secretOptions", "Secrets", "secrets-manager", "parameter-store"})
"""Keys of container definitions and build specifications whose values are names of secrets."""
TAGS = ("tags", "volumeTags", "tagSpecifications", "defaultTags")
"""Properties of tags, which whoever lists resources reads. Those of a provider are JSON."""
OBJECTS = frozenset(
    {"aws:s3/BucketObject:BucketObject", "aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2"}
)
ACCESS_KEY = "an AWS access key"
COMMANDS = frozenset({"commands", "Commands", "command"})
"""Settings whose value is a script."""
NAMES = ("name", "Name", "key", "Key", "parameterKey", "headerName")
VALUES = ("value", "Value", "parameterValue", "headerValue")
HOLDERS = ("name", "Name")
"""Keys with the name of a container or another object; a `key` may be a credential itself."""


CREDENTIALS = {
    "authorizationApiKeyValue": "apiKey",
    "basicAuthCredentials": "password",
    "hecToken": "password",
    "keyMaterialBase64": "encryptionKey",
    "passwords": "password",
    "token": "accessToken",
    "tokenKey": "privateKey",
}
"""Properties that are credentials, by a name that says so of any setting; a token of Splunk is a UUID."""


class Credential(msgspec.Struct, frozen=True):
    """A credential in plaintext: its kind, and the setting that a script or JSON names for it, or empty."""

    kind: str
    setting: str = ""
    of: str = ""
    """What has that setting in JSON: the name of a container, else the keys around it; empty for all of the JSON."""
    count: int = 1
    """How many of this kind are in that setting."""
    literal: bool = False
    """Whether the value is a secret of the stack that the program's source states."""


def plaintext_credentials(stack: Stack) -> Iterator[Placed[Credential]]:
    """The credentials in the settings and tags of each resource, and in the stack's exports."""
    for resource, path, value in _values(stack, settings_properties()):
        yield from (_in_object if resource.type in OBJECTS else _in_property)(resource, path, value)
    for resource, path, value in _values(stack, address_properties()):
        yield from _in_addresses(resource, path, value)
    for resource in stack.resources:
        yield from _in_tags(resource)
    for resource in stack.of(PARAMETER):
        yield from _in_parameter(resource)
    for root in stack.of(ROOT_TYPE):
        for name, value in root.outputs.items():
            yield from _in_setting(root, name, name, value)


def _values(stack: Stack, properties: Mapping[str, Sequence[str]]) -> Iterator[Placed[Any]]:
    """The values of properties, which are given by type token."""
    for token in [token for token in properties if token in stack.by_type]:  # few of many
        for resource in stack.by_type[token]:
            for pattern in properties[token]:
                yield from ((resource, path, value) for path, value in values_at(resource.inputs, pattern))


def _in_property(resource: Resource, path: str, value: Any) -> Iterator[Placed[Credential]]:
    own = path.rpartition(".")[2]
    name = CREDENTIALS.get(own, own)
    if not sensitive(name):
        yield from _in_value(resource, path, value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_property_text(resource, f"{path}[{index}]", name, item)
    else:
        yield from _in_property_text(resource, path, name, value)


def _in_property_text(resource: Resource, path: str, name: str, value: Any) -> Iterator[Placed[Credential]]:
    """The credential in a property of this name. One that is unknown is not undecided: it may be a secret."""
    if not isinstance(value, Unknown):
        yield from _in_setting(resource, path, name, value)


def _in_addresses(resource: Resource, path: str, value: Any) -> Iterator[Placed[Credential]]:
    """The credentials in a URL, or in each of a list."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_addresses(resource, f"{path}[{index}]", item)
    elif isinstance(value, str) and not _is_secret(resource, path) and (kind := credential_in_text(value)):
        yield resource, path, Credential(kind)


def _in_object(resource: Resource, path: str, value: Any) -> Iterator[Placed[Credential]]:
    """The credential in what is written into an object of a bucket, as in a file of its key's name."""
    if isinstance(value, str) and not isinstance(value, PartialDocument) and not _is_secret(resource, path):
        text = _decoded(value) if path == "contentBase64" else value
        key = resource.inputs.get("key")
        if kind := credential_in_file(key if isinstance(key, str) else resource.name, text.encode(errors="replace")):
            yield resource, path, Credential(kind)


def _in_tags(resource: Resource) -> Iterator[Placed[Credential]]:
    """The credentials in tags, which are a mapping or, of a scaling group, a list; thousands of resources have the same."""
    for path in TAGS:
        if path not in resource.inputs:  # a resource that is not asked for a value has no policy about it
            continue
        tags = resource.inputs[path]
        if isinstance(tags, Mapping) and all(isinstance(value, str) for value in tags.values()):
            tags = {name: value for name, value in tags.items() if _kind_in_tag(name, value)}
        yield from _in_value(resource, path, tags)


@bounded_cache(4096)
def _kind_in_tag(name: str, value: str) -> str | None:
    return credential_of(name, value)


def _in_parameter(resource: Resource) -> Iterator[Placed[Credential]]:
    """The credential in a parameter that Systems Manager does not encrypt."""
    name, value = resource.inputs.get("name"), resource.inputs.get("value")
    last = (name if isinstance(name, str) else resource.name).rpartition("/")[2]
    if str(resource.inputs.get("type")) not in PLAINTEXT_TYPES:
        return
    if isinstance(value, str):
        if kind := credential_of(last, value):
            yield resource, "value", Credential(kind)
    elif isinstance(value, Unknown) and sensitive(last):
        yield resource, "value", Credential("a secret") if _is_secret(resource, "value") else value


def _in_value(resource: Resource, path: str, value: Any) -> Iterator[Placed[Credential]]:
    """The credentials in variables by name, in an object with a name and a value, or in a text."""
    if _is_secret(resource, path):
        return
    if isinstance(value, str) and not isinstance(value, PartialDocument):
        yield from ((resource, path, credential) for credential in _in_text(value))
    elif isinstance(value, Mapping):
        name, held = (next((value[key] for key in keys if key in value), None) for keys in (NAMES, VALUES))
        if isinstance(name, str) and held is not None:
            if str(value.get("type")) not in STORED_ELSEWHERE:
                yield from _in_setting(resource, f"{path}.value", name, held)
            return
        for key, inner in value.items():
            yield from _in_setting(resource, f"{path}.{key}", key, inner)
        yield from _beside_ids(resource, ((f"{path}.{key}", str(key), inner) for key, inner in value.items()))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_value(resource, f"{path}[{index}]", item)
        named = ((f"{path}[{index}].value", *_named(item)) for index, item in enumerate(value))
        yield from _beside_ids(resource, named)


def _named(item: Any) -> tuple[str, Any]:
    """The name and the value of an object that has both; empty for anything else."""
    if not isinstance(item, Mapping):
        return "", None
    name, held = (next((item[key] for key in keys if key in item), None) for keys in (NAMES, VALUES))
    return name if isinstance(name, str) else "", held


def _beside_ids(resource: Resource, settings: Iterable[tuple[str, str, Any]]) -> Iterator[Placed[Credential]]:
    """The secret keys beside the id of an access key, where neither name says what they are."""
    places = [place for place in settings if isinstance(place[2], str) and not _is_secret(resource, place[0])]
    keys = secret_keys(value for _, _, value in places)
    for path, name, value in places if keys else ():
        if value in keys and not credential_of(name, value):
            yield resource, path, Credential(ACCESS_KEY)


def _in_setting(resource: Resource, path: str, name: str, value: Any) -> Iterator[Placed[Credential]]:
    if _is_secret(resource, path):
        return
    if isinstance(value, str) and not isinstance(value, PartialDocument):
        if kind := credential_of(name, value):
            yield resource, path, Credential(kind)
        elif value.lstrip()[:1] in {"{", "["} or name in COMMANDS:
            yield from ((resource, path, credential) for credential in _in_text(value))
    elif isinstance(value, Unknown):
        if sensitive(name):
            yield resource, path, value
    elif isinstance(value, Mapping | list):
        yield from _in_value(resource, path, value)


def _in_text(text: str) -> Iterator[Credential]:
    """The credentials in JSON, in a script, or in either in base64; equal ones once, with their count."""
    decoded = _decoded(text)
    try:
        credentials = list(_in_json(json.loads(decoded))) if decoded.lstrip()[:1] in {"{", "["} else None
    except (ValueError, RecursionError):
        credentials = None
    if credentials is None:
        credentials = [Credential(kind, name) for name, kind in credentials_in_script(decoded)]
    for credential, count in Counter(credentials).items():
        yield msgspec.structs.replace(credential, count=count)


class Holder(msgspec.Struct, frozen=True):
    """What has a value in JSON: the names of the objects around it that have one, else the keys."""

    names: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def credential(self, kind: str, setting: str) -> Credential:
        """A credential in it."""
        return Credential(kind, setting, ".".join(self.names or self.keys))


OUTERMOST = Holder()


def _in_json(value: Any, name: str = "", holder: Holder = OUTERMOST) -> Iterator[Credential]:
    """The credentials in a JSON value of a name, which is empty for an item of a list."""
    if isinstance(value, str):
        kind = credential_of(name, value) or (credential_in_text(value) if not name else None)
        if kind:
            yield holder.credential(kind, name)
        return
    if isinstance(value, Mapping | list) and name:
        holder = Holder(holder.names, (*holder.keys, name))
    if isinstance(value, list):
        texts = [item for item in value if isinstance(item, str)]
        yield from (holder.credential(kind, setting) for setting, kind in credentials_in_script(" ".join(texts)))
        for item in value:
            yield from () if isinstance(item, str) else _in_json(item, "", holder)
        yield from _keys_in_json(map(_named, value), holder)
    elif isinstance(value, Mapping):
        named, held = _named(value)
        if isinstance(held, str) and named:
            yield from _in_json(held, named, holder)
            return
        own = next((value[key] for key in HOLDERS if isinstance(value.get(key), str)), "")
        holder = Holder((*holder.names, own), holder.keys) if own and not credential_in_text(own) else holder
        for key, inner in value.items():
            if key not in REFERENCES:
                yield from _in_json(inner, key, holder)
        yield from _keys_in_json(value.items(), holder)


def _keys_in_json(settings: Iterable[tuple[str, Any]], holder: Holder) -> Iterator[Credential]:
    named = [(name, value) for name, value in settings if isinstance(value, str)]
    keys = secret_keys(value for _, value in named)
    yield from (
        holder.credential(ACCESS_KEY, name) for name, value in named if value in keys and not credential_of(name, value)
    )


def _decoded(text: str) -> str:
    compact = "".join(text.split())
    if len(compact) < 16 or len(compact) % 4:
        return text
    try:
        return base64.b64decode(compact, validate=True).decode()
    except (binascii.Error, ValueError):
        return text


def _is_secret(resource: Resource, path: str) -> bool:
    return any(covers(secret, path) for secret in resource.secrets)
