"""What every format says alike: redacted messages, printable text, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policypack.aws.document import ELEMENTS, PRINCIPAL_TYPES, TOP_LEVEL, VERSIONS, Effect
from policypack.policy import Outcome, Policy, Resource

REDACTED = "…"
QUOTED = re.compile(r"`([^`]*)`")
SHORTEST_SECRET = 4
"""A shorter text stands in messages by chance."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters could drive a terminal or a CI log, and direction marks could turn a name around."""
PUBLIC = frozenset({*ELEMENTS, *TOP_LEVEL, *PRINCIPAL_TYPES, *VERSIONS, *Effect})
"""What the policy language itself has in backticks."""


def message(outcome: Outcome) -> str:
    """The outcome's message, in which nothing of a secret is left.

    Under a secret path only names stay in backticks: elements, parts of the path, the words of the policy's own card.
    Anywhere else, what stands in a secret of the resource is taken out where it turns up.
    """
    text = outcome.message
    if outcome.resource.secrets:
        text = QUOTED.sub(lambda quoted: f"`{REDACTED}`" if _hides(outcome, quoted[1]) else quoted[0], text)
        for secret in secret_texts(outcome.resource):
            text = text.replace(secret, REDACTED)
    return printable(text)


def _hides(outcome: Outcome, quoted: str) -> bool:
    """Whether what stands in backticks could be of a secret."""
    if quoted in PUBLIC or quoted in _names(outcome):
        return False
    if is_secret(outcome.resource, outcome.path):
        return True
    return len(quoted) >= SHORTEST_SECRET and any(quoted in secret for secret in secret_texts(outcome.resource))


def is_secret(resource: Resource, path: str) -> bool:
    """Whether a path is secret or lies in something that is."""
    return any(path == secret or path.startswith((f"{secret}.", f"{secret}[")) for secret in resource.secrets)


def secret_texts(resource: Resource) -> list[str]:
    """The texts in the secrets of a resource, longest first."""
    if not resource.secrets:
        return []
    return resource.once("secret texts", lambda: sorted(set(_secret_texts(resource)), key=len, reverse=True))


def _secret_texts(resource: Resource) -> Iterator[str]:
    for properties in (resource.inputs, resource.outputs):
        for path, leaf in _leaves(properties, ""):
            if isinstance(leaf, str | int | float) and len(str(leaf)) >= SHORTEST_SECRET and is_secret(resource, path):
                yield str(leaf)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(each, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}[{index}]")
    else:
        yield path, value


def _names(outcome: Outcome) -> set[str]:
    """The names that a message about a secret may still have in backticks."""
    path = outcome.path
    pieces = re.split(r"[.\[\]]+", path)
    prefixes = {path[: found.start()] for found in re.finditer(r"[.\[]", path)}
    card = f"{outcome.policy.title} {outcome.policy.fix} {outcome.policy.why or ''}"
    return {
        path,
        *pieces,
        *prefixes,
        outcome.policy.id,
        outcome.resource.name,
        *outcome.resource.inputs,
        *QUOTED.findall(card),
    }


def printable(text: str) -> str:
    """The text on one line, with every character that would drive a terminal spelled out."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def type_of(urn_or_type: str) -> str:
    """A type token as Pulumi's own reports write it: `aws:s3:Bucket` of `aws:s3/bucket:Bucket`."""
    token = urn_or_type.split("::")[2].rpartition("$")[2] if "::" in urn_or_type else urn_or_type
    package, _, rest = token.partition(":")
    module, _, name = rest.rpartition(":")
    return printable(":".join(filter(None, (package, module.partition("/")[0], name))) or token)


def name_of(urn: str) -> str:
    """What a URN names: `aws:s3:Bucket ingest`."""
    parts = urn.split("::", 3)
    return f"{type_of(urn)} {printable(parts[3])}" if len(parts) > 3 else printable(urn)


def url(policy: Policy[Any]) -> str:
    """Where to read more about a policy."""
    return policy.references[0] if policy.references else ""
