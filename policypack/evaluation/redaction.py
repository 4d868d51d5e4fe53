"""Messages in which nothing of a secret is left, for every door.

Where a secret lies is known from the wire: Pulumi wraps it. Under a secret path a message keeps only names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource, Stack
from policypack.evaluation.masking import PUBLIC, REDACTED, SHORTEST_SECRET, hidden, texts_in

QUOTED = re.compile(r"`([^`]*)`")


def redacted(outcome: Outcome, elsewhere: Sequence[str] = ()) -> Outcome:
    """The outcome with a message, and a reason, in which nothing of a secret is left.

    Under a secret path only names stay in backticks: elements, parts of the path, the words of the policy's own card.
    Anywhere else, what stands in a secret is taken out where it turns up.

    Args:
        outcome: as the policy words it.
        elsewhere: the texts in secrets of other resources that the policy read.
    """
    secrets = (*secret_texts(outcome.resource), *elsewhere)
    message, why = (_without(text, outcome, secrets) for text in (outcome.message, outcome.why))
    return outcome if (message, why) == (outcome.message, outcome.why) else replace(outcome, message=message, why=why)


def _without(text: str, outcome: Outcome, secrets: Sequence[str]) -> str:
    if outcome.resource.secrets:
        text = QUOTED.sub(lambda quoted: f"`{REDACTED}`" if _hides(outcome, quoted[1]) else quoted[0], text)
    return hidden(text, secrets)


@memoized
def secrets_of(stack: Stack) -> list[str]:
    """The texts in the secrets of all resources, longest first."""
    return sorted({text for resource in stack.resources for text in secret_texts(resource)}, key=len, reverse=True)


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


@memoized
def secret_texts(resource: Resource) -> list[str]:
    """The texts in the secrets of a resource, longest first."""
    return sorted(set(_secret_texts(resource)), key=len, reverse=True) if resource.secrets else []


def _secret_texts(resource: Resource) -> Iterator[str]:
    for properties in (resource.inputs, resource.outputs):
        for path, leaf in _leaves(properties, ""):
            if is_secret(resource, path):
                yield from texts_in(leaf)


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
