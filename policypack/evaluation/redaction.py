"""Redaction: outcomes and texts go in, the same without secrets come out.

At every door `redacted` removes what the secrets of resources contain from messages. Pulumi marks secrets on the wire, so
their paths are known. Of the values at such a path a message quotes only names. For a program that ran, `masked` removes
the program's own secrets too, which names and statements can contain.

A text is masked in each spelling in which programs print it. A secret of fewer than `SHORTEST_SECRET` characters, or one
that is a public word (`spellings.stays`), is not masked: it occurs in texts by chance, and a report without it cannot be read. A
text that a program computes from a secret (its hash, a part of it) is masked only if it is known to be secret itself.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote

import msgspec

from policypack.core.memo import memoized
from policypack.core.policy import Asset, Outcome, Resource, Stack, covers
from policypack.core.values import rewritten, texts
from policypack.evaluation.spellings import LONG, PUBLIC, SHORTEST_SECRET, Index, stays

REDACTED = "…"
IN_URL = re.compile(r"://[^/?#@\s:]*:([^/?#\s]+)@")
IN_PAIRS = re.compile(r"(?i)(?:password|passwd|pwd|secret|token|key)\s*=\s*([^;&\s]+)")
QUOTED = re.compile(r"`([^`]*)`")


def redacted(outcome: Outcome, elsewhere: Sequence[str] = ()) -> Outcome:
    """The outcome without secrets in its message, its reason and its example of a request.

    Under a secret path only names stay in backticks: elements, parts of the path, and what the policy's card quotes. In
    other texts, every text that a secret contains is replaced.

    Args:
        outcome: as the policy reports it.
        elsewhere: the texts in secrets of other resources that the policy read.
    """
    secrets = (secret_texts(outcome.resource), elsewhere)
    message, why = (_redacted(text, outcome, secrets) for text in (outcome.message, outcome.why))
    if (message, why) == (outcome.message, outcome.why):
        return outcome
    witness = outcome.witness
    if witness is not None:
        quoted = witness.rewritten(lambda text: _redacted(f"`{text}`", outcome, secrets)[1:-1])
        address = witness.address and hidden(witness.address, *secrets)
        witness = msgspec.structs.replace(quoted, outsider=hidden(witness.outsider, *secrets), address=address)
    return replace(outcome, message=message, why=why, witness=witness)


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
            facts=None if outcome.facts is None else tuple(map(mask.hide, outcome.facts)),
            parts=None if outcome.parts is None else tuple(map(mask.hide, outcome.parts)),
            limits=tuple(map(mask.hide, outcome.limits)),
            fix=mask.hide(outcome.fix),
            waits_for=tuple(map(mask.hide, outcome.waits_for)),
            witness=outcome.witness and outcome.witness.rewritten(mask.hide),
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


def _redacted(text: str, outcome: Outcome, secrets: Sequence[Sequence[str]]) -> str:
    if outcome.resource.secrets:
        text = QUOTED.sub(lambda quoted: f"`{REDACTED}`" if _may_be_secret(outcome, quoted[1]) else quoted[0], text)
    return hidden(text, *secrets)


@memoized
def secrets_of(stack: Stack) -> Secrets:
    """The texts in the secrets of all resources, longest first."""
    texts_ = {text for resource in stack.resources if resource.secrets for text in secret_texts(resource)}
    return Secrets(sorted(texts_, key=len, reverse=True))


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
def secret_texts(resource: Resource) -> Secrets:
    """The texts in the secrets of a resource, longest first."""
    return Secrets(sorted({*_secret_texts(resource)}, key=len, reverse=True)) if resource.secrets else Secrets()


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


class Secrets(tuple[str, ...]):  # noqa: SLOT001 (it keeps its index)
    """Secrets that many texts are searched for."""

    @cached_property
    def indexed(self) -> Index:
        """Their spellings."""
        return Index(self)


@dataclass(slots=True, eq=False)
class Mask:
    """The secrets that are known so far; `hide` takes them out of a text.

    `known_to_all` are texts that are never masked: the names of the stack and the project.
    """

    known_to_all: frozenset[str] = frozenset()
    texts: set[str] = field(default_factory=set)
    _index: Index = field(default_factory=Index)

    def add(self, values: Iterable[Any]) -> None:
        """Mask the texts and numbers in these values too."""
        for value in values:
            self.texts.update(text for text in texts_in(value) if text not in self.known_to_all)

    def hide(self, text: str) -> str:
        """The text without the secrets."""
        return _hidden(text, [self._indexed()]) if self.texts else text

    def hide_head(self, text: str) -> str:
        """A text whose beginning is cut off, without the secrets, and without the rest of a secret that is cut."""
        start = text.lstrip("\N{REPLACEMENT CHARACTER}")
        rest = self._indexed().rest(start)
        return self.hide(f"{REDACTED}{start[rest:]}" if rest else text)

    def _indexed(self) -> Index:
        self._index.add(self.texts)
        return self._index


def hidden(text: str, *groups: Iterable[str]) -> str:
    """The text with `REDACTED` for each secret of some groups; spellings that overlap are masked together."""
    return _hidden(text, [group.indexed if isinstance(group, Secrets) else Index(group) for group in groups])


def _hidden(text: str, indexes: Iterable[Index]) -> str:
    spans = sorted(span for index in indexes for span in index.spans(text))
    if not spans:
        return text
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], REDACTED]
        end = max(end, stop)
    return "".join((*pieces, text[end:]))


def texts_in(value: Any) -> Iterator[str]:
    """The texts to mask in a secret value, at any depth, in JSON text too."""
    match value:
        case bool() | None:
            return
        case str():
            yield from _texts(str(value))
        case int() | float():
            yield from _texts(str(int(value)) if isinstance(value, float) and value.is_integer() else str(value))
        case bytes() | bytearray():
            yield from _texts(value.decode(errors="replace"))
        case Mapping():
            for inner in value.values():
                yield from texts_in(inner)
        case list() | tuple() | set() | frozenset():
            for item in value:
                yield from texts_in(item)
        case Asset():
            yield from texts_in(value.text)
            yield from texts_in(value.members)


def _texts(text: str) -> Iterator[str]:
    """A text, and the parts of it that programs use by themselves."""
    if not stays(text):
        yield text
    if text[:1] in {"{", "[", '"'}:
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(text)
            if not (isinstance(value, dict) and "Statement" in value):  # the parts of a policy document are not secret
                yield from texts_in(value)
    for password in (*IN_URL.findall(text), *IN_PAIRS.findall(text)):
        yield from (secret for secret in {password, unquote(password)} if not stays(secret))
    if len(text) >= LONG:
        with contextlib.suppress(ValueError, binascii.Error):
            decoded = base64.b64decode(text, validate=True).decode()
            if decoded.isprintable() or decoded.splitlines()[1:]:
                yield from _texts(decoded)
