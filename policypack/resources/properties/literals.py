"""Literal secrets: the secret properties of a stack in, the credentials out that the program's source states.

Such a value is encrypted in the state, and stays readable in the repository. `Resource.literals` has the texts; there are
none of an export, whose source is not known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.policy import Placed, Resource, Stack, covers
from policypack.iam.document_readers import values_at
from policypack.resources.properties.credentials import (
    credential_in_text,
    credential_of,
    is_made_up,
    is_reference,
)
from policypack.resources.properties.settings import CREDENTIALS, PARAMETER, PLAINTEXT_TYPES, Credential

INDEX = re.compile(r"\[\d+\]")
CONTENTS = {"secretString", "secretBinary"}
"""Properties that are a secret as a whole, or JSON with some."""


def literal_credentials(stack: Stack) -> Iterator[Placed[Credential]]:
    """The credentials in secret properties that the program's source states."""
    for resource in stack.resources:
        if not resource.literals or (
            resource.type == PARAMETER and str(resource.inputs.get("type")) in PLAINTEXT_TYPES
        ):
            continue
        for secret in sorted(resource.secrets):
            for path, value in at_secret(resource.inputs, secret):
                yield from _in_value(resource, path, _name(resource, path), value)


def at_secret(inputs: Mapping[str, Any], secret: str) -> Iterator[tuple[str, Any]]:
    """The value at the path of a secret, with that path."""
    for path, value in values_at(inputs, INDEX.sub("[*]", secret)):
        if path == secret:
            yield path, value


def _name(resource: Resource, path: str) -> str:
    """The name of what a path leads to."""
    last = path.rpartition(".")[2].partition("[")[0]
    own = resource.inputs.get("name")
    if resource.type == PARAMETER and last == "value":
        return (own if isinstance(own, str) else resource.name).rpartition("/")[2]
    return last if last in CONTENTS else CREDENTIALS.get(last, last.removesuffix("s"))


def _in_value(resource: Resource, path: str, name: str, value: Any) -> Iterator[Placed[Credential]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _in_value(resource, f"{path}.{key}", str(key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _in_value(resource, f"{path}[{index}]", name, inner)
    elif isinstance(value, str):
        for kind in dict.fromkeys(_kinds(resource, path, name, value)):
            yield resource, path, Credential(kind, literal=True)


def _kinds(resource: Resource, path: str, name: str, value: str) -> Iterator[str]:
    """The kinds of the credentials in a text, or in the JSON that it is."""
    whole = value in resource.literals
    for setting, text in _in_json(value) if value.lstrip()[:1] in {"{", "["} else [("", value)]:
        if whole or text in resource.literals:
            kind = _kind(setting or name, text)
            if kind and (is_made_up(text) or not _replaced(resource, path)):
                yield kind


def _kind(name: str, text: str) -> str | None:
    """The kind of credential; a placeholder for a password is one, because it is what the password is."""
    if kind := credential_of(name, text) or credential_in_text(text, name):
        return kind
    if name in CONTENTS:
        return "a secret" if credential_of("password", text) else None
    return "a password" if credential_of(name, "Aa1-correct-horse") == "a password" and not is_reference(text) else None


def _in_json(text: str) -> Iterator[tuple[str, str]]:
    """The texts in JSON, by the nearest key; the text itself if it is none."""
    try:
        left = [("", json.loads(text))]
    except (ValueError, RecursionError):
        yield "", text
        return
    while left:
        name, value = left.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, Mapping):
            left += value.items()
        elif isinstance(value, list):
            left += ((name, item) for item in value)


def _replaced(resource: Resource, path: str) -> bool:
    """Whether the program ignores changes of a property, so that its value is only the first one."""
    return any(covers(ignored, path) for ignored in resource.options.ignore_changes)
