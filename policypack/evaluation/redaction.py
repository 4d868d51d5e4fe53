"""Redaction: outcomes go in, the same outcomes without secrets come out.

At every door `redacted` removes what the secrets of resources contain from messages. Pulumi marks secrets on the wire, so
their paths are known. Of the values at such a path a message quotes only names. For a program that ran, `masked` removes
the program's own secrets too, which names and statements can contain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource, Stack, covers
from policypack.core.values import rewritten, texts
from policypack.evaluation.masking import PUBLIC, REDACTED, SHORTEST_SECRET, Mask, hidden, texts_in

QUOTED = re.compile(r"`([^`]*)`")


def redacted(outcome: Outcome, elsewhere: Sequence[str] = ()) -> Outcome:
    """The outcome without secrets in its message and its reason.

    Under a secret path only names stay in backticks: elements, parts of the path, and what the policy's card quotes. In
    other texts, every text that a secret contains is replaced.

    Args:
        outcome: as the policy reports it.
        elsewhere: the texts in secrets of other resources that the policy read.
    """
    secrets = (*secret_texts(outcome.resource), *elsewhere)
    message, why = (_redacted(text, outcome, secrets) for text in (outcome.message, outcome.why))
    return outcome if (message, why) == (outcome.message, outcome.why) else replace(outcome, message=message, why=why)


def masked(outcomes: Iterable[Outcome], mask: Mask) -> tuple[Outcome, ...]:
    """The outcomes without secrets: in messages, fixes, and the parts of resources that a report quotes."""
    if not mask.texts:
        return tuple(outcomes)
    return tuple(
        replace(
            outcome,
            resource=_masked_resource(outcome.resource, mask),
            path=mask.hide(outcome.path),
            message=mask.hide(outcome.message),
            why=mask.hide(outcome.why),
            fix=mask.hide(outcome.fix),
            waits_for=tuple(map(mask.hide, outcome.waits_for)),
        )
        for outcome in outcomes
    )


@memoized
def _masked_resource(resource: Resource, mask: Mask) -> Resource:
    """The resource without secrets; the same object if it has none."""
    names = (resource.type, resource.name, resource.urn, resource.parent)
    shown = "\0".join((*names, *texts(resource.inputs)))
    if mask.hide(shown) == shown:
        return resource
    type_token, name, urn, parent = map(mask.hide, names)
    inputs = {key: rewritten(value, mask.hide) for key, value in resource.inputs.items()}
    return replace(resource, type=type_token, name=name, urn=urn, parent=parent, inputs=inputs)


def _redacted(text: str, outcome: Outcome, secrets: Sequence[str]) -> str:
    if outcome.resource.secrets:
        text = QUOTED.sub(lambda quoted: f"`{REDACTED}`" if _may_be_secret(outcome, quoted[1]) else quoted[0], text)
    return hidden(text, secrets)


@memoized
def secrets_of(stack: Stack) -> list[str]:
    """The texts in the secrets of all resources, longest first."""
    return sorted({text for resource in stack.resources for text in secret_texts(resource)}, key=len, reverse=True)


def _may_be_secret(outcome: Outcome, quoted: str) -> bool:
    """Whether a text in backticks may be a part of a secret."""
    if quoted in PUBLIC or quoted in _names(outcome):
        return False
    if is_secret(outcome.resource, outcome.path):
        return True
    return len(quoted) >= SHORTEST_SECRET and any(quoted in secret for secret in secret_texts(outcome.resource))


def is_secret(resource: Resource, path: str) -> bool:
    """Whether a path is secret, or leads into a secret."""
    return any(covers(secret, path) for secret in resource.secrets)


@memoized
def secret_texts(resource: Resource) -> list[str]:
    """The texts in the secrets of a resource, longest first."""
    return sorted(set(_secret_texts(resource)), key=len, reverse=True) if resource.secrets else []


def _secret_texts(resource: Resource) -> Iterator[str]:
    def walk(value: Any, path: str) -> Iterator[str]:
        if is_secret(resource, path):
            yield from texts_in(value)
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                yield from walk(inner, f"{path}.{name}" if path else name)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, f"{path}[{index}]")

    yield from walk(resource.inputs, "")
    yield from walk(resource.outputs, "")


def _names(outcome: Outcome) -> set[str]:
    """The names that a message about a secret may still have in backticks."""
    path = outcome.path
    parts = re.split(r"[.\[\]]+", path)
    prefixes = {path[: match.start()] for match in re.finditer(r"[.\[]", path)}
    card = f"{outcome.policy.title} {outcome.policy.fix} {outcome.policy.why or ''}"
    return {
        path,
        *parts,
        *prefixes,
        outcome.policy.id,
        outcome.resource.name,
        *outcome.resource.inputs,
        *QUOTED.findall(card),
    }
