"""Redaction: outcomes and texts go in, the same without secrets come out.

At every door `redacted` removes what the secrets of resources contain from messages. Pulumi marks secrets on the wire, so
their paths are known. Of the values at such a path a message quotes only names. For a program that ran, `masked` removes
the program's own secrets too, which names and statements can contain.

A text is masked in each spelling in which programs print it. A secret of fewer than `SHORTEST_SECRET` characters, or one
that is a public word (`_stays`), is not masked: it occurs in texts by chance, and a report without it cannot be read. A
text that a program computes from a secret (its hash, a part of it) is masked only if it is known to be secret itself.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import functools
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from policypack.core.memo import memoized
from policypack.core.policy import Asset, Outcome, Resource, Stack, covers
from policypack.core.values import rewritten, texts
from policypack.core.wire import ARCHIVE, ASSET, OUTPUT, REFERENCE, SECRET, SIGNATURE, UNKNOWNS
from policypack.iam.document import ELEMENTS, PRINCIPAL_TYPES, TOP_LEVEL, VERSIONS, Effect

REDACTED = "…"
SHORTEST_SECRET = 4
"""Characters; a shorter text occurs in messages by chance."""
PUBLIC = frozenset({*ELEMENTS, *TOP_LEVEL, *PRINCIPAL_TYPES, *VERSIONS, *Effect})
"""Words of IAM's policy language."""
WORDS = frozenset({"true", "false", "null", "none"})
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
INTERNAL = frozenset({*UNKNOWNS, SIGNATURE, SECRET, ASSET, ARCHIVE, OUTPUT, REFERENCE})
"""Signatures and sentinels of the protocol."""
WRAPPED = (64, 76)
"""The lengths of the lines in which PEM and MIME print base64."""
LONG = 8
"""Characters; a shorter text is not masked in base64 or another case."""
LONGEST = 1 << 16
"""Characters; a longer text is masked as a whole only."""
TOKEN = re.compile(r"[\w+/=.~!@#$%^&*-]{24,}")
IN_TOKEN = re.compile(r"[\w+/=.~!@#$%^&*-]")
FEW = 16
"""So many secrets are each looked for in a text, without an index."""
PIECE = 12
"""Characters of the beginning, and of the end, by which a cut token is recognized."""
IN_URL = re.compile(r"://[^/?#@\s:]*:([^/?#\s]+)@")
IN_PAIRS = re.compile(r"(?i)(?:password|passwd|pwd|secret|token|key)\s*=\s*([^;&\s]+)")
QUOTED = re.compile(r"`([^`]*)`")


def redacted(outcome: Outcome, elsewhere: Sequence[str] = ()) -> Outcome:
    """The outcome without secrets in its message and its reason.

    Under a secret path only names stay in backticks: elements, parts of the path, and what the policy's card quotes. In
    other texts, every text that a secret contains is replaced.

    Args:
        outcome: as the policy reports it.
        elsewhere: the texts in secrets of other resources that the policy read.
    """
    secrets = (secret_texts(outcome.resource), elsewhere)
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
            facts=None if outcome.facts is None else tuple(map(mask.hide, outcome.facts)),
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


def _redacted(text: str, outcome: Outcome, secrets: Sequence[Sequence[str]]) -> str:
    if outcome.resource.secrets:
        text = QUOTED.sub(lambda quoted: f"`{REDACTED}`" if _may_be_secret(outcome, quoted[1]) else quoted[0], text)
    return hidden(text, *secrets)


@memoized
def secrets_of(stack: Stack) -> Secrets:
    """The texts in the secrets of all resources, longest first."""
    texts_ = {text for resource in stack.resources for text in secret_texts(resource)}
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


class Secrets(tuple[str, ...]):  # noqa: SLOT001 (it keeps its index)
    """Secrets that many texts are searched for: only those are compared of which a text has the first characters."""

    def in_text(self, text: str) -> Iterable[str]:
        """The secrets that a text may contain."""
        if len(self) <= FEW:
            return self
        heads = {text[start : start + SHORTEST_SECRET] for start in range(len(text) - SHORTEST_SECRET + 1)}
        return dict.fromkeys(secret for head in self._by_head.keys() & heads for secret in self._by_head[head])

    @cached_property
    def _by_head(self) -> Mapping[str, Sequence[str]]:
        by_head: dict[str, list[str]] = {}
        for secret in self:
            pieces = {*spellings(secret), secret[-PIECE:]} if TOKEN.fullmatch(secret) else spellings(secret)
            for head in {piece[:SHORTEST_SECRET] for piece in pieces}:
                by_head.setdefault(head, []).append(secret)
        return by_head


@dataclass(slots=True, eq=False)
class Mask:
    """The secrets that are known so far; `hide` takes them out of a text.

    `known_to_all` are texts that are never masked: the names of the stack and the project.
    """

    known_to_all: frozenset[str] = frozenset()
    texts: set[str] = field(default_factory=set)
    _indexed: Secrets = field(default_factory=Secrets)

    def add(self, values: Iterable[Any]) -> None:
        """Mask the texts and numbers in these values too."""
        for value in values:
            self.texts.update(text for text in texts_in(value) if text not in self.known_to_all)

    def hide(self, text: str) -> str:
        """The text without the secrets."""
        if len(self._indexed) != len(self.texts):  # they are only added to
            self._indexed = Secrets(self.texts)
        return hidden(text, self._indexed)

    def hide_head(self, text: str) -> str:
        """A text whose beginning is cut off, without the secrets, and without the rest of a secret that is cut."""
        start = text.lstrip("\N{REPLACEMENT CHARACTER}")
        longest = max((_overlap(spelling, start) for secret in self.texts for spelling in spellings(secret)), default=0)
        return self.hide(f"{REDACTED}{start[longest:]}" if longest else text)


def hidden(text: str, *groups: Iterable[str]) -> str:
    """The text with `REDACTED` for each secret of some groups; spellings that overlap are masked together."""
    spans: list[tuple[int, int]] = []
    for secret in {
        secret for group in groups for secret in (group.in_text(text) if isinstance(group, Secrets) else group)
    }:
        spans += (span for spelling in spellings(secret) if spelling in text for span in _at(text, spelling))
        if TOKEN.fullmatch(secret):
            spans += _cut(text, secret)
    spans.sort()
    if not spans:
        return text
    pieces, end = [], 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], REDACTED]
        end = max(end, stop)
    return "".join((*pieces, text[end:]))


def _at(text: str, spelling: str) -> Iterator[tuple[int, int]]:
    start = text.find(spelling)
    while start >= 0:
        yield start, start + len(spelling)
        start = text.find(spelling, start + 1)


def _cut(text: str, token: str) -> Iterator[tuple[int, int]]:
    """Where a text has the beginning or the end of a token: libraries cut long values in errors."""
    for start, stop in _at(text, token[:PIECE]):
        end = stop + _common(text[stop : stop + len(token)], token[PIECE:])
        if end - start == len(token) or text.startswith("...", end) or not IN_TOKEN.match(text, end):
            yield start, end
    for start, stop in _at(text, token[-PIECE:]):
        before = text[max(0, start - len(token)) : start]
        first = start - _common(before[::-1], token[:-PIECE][::-1])
        if stop - first == len(token) or text.endswith("...", 0, first) or not IN_TOKEN.match(text[first - 1 : first]):
            yield first, stop


def _common(first: str, second: str) -> int:
    """The length of the common beginning of two texts."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(first), len(second)))


def _overlap(spelling: str, text: str) -> int:
    """How many characters of a spelling's end a text begins with, from `SHORTEST_SECRET` on."""
    lengths = range(min(len(spelling) - 1, len(text)), SHORTEST_SECRET - 1, -1)
    return next((length for length in lengths if text.startswith(spelling[-length:])), 0)


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
    if not _stays(text):
        yield text
    if text[:1] in {"{", "[", '"'}:
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(text)
            if not (isinstance(value, dict) and "Statement" in value):  # the parts of a policy document are not secret
                yield from texts_in(value)
    for password in (*IN_URL.findall(text), *IN_PAIRS.findall(text)):
        yield from (secret for secret in {password, unquote(password)} if not _stays(secret))
    if len(text) >= LONG:
        with contextlib.suppress(ValueError, binascii.Error):
            decoded = base64.b64decode(text, validate=True).decode()
            if decoded.isprintable() or decoded.splitlines()[1:]:
                yield from _texts(decoded)


def _stays(text: str) -> bool:
    """Whether a text is too short to mask, or public."""
    return (
        len(text.strip()) < SHORTEST_SECRET
        or text.lower() in WORDS
        or text in PUBLIC
        or text in INTERNAL
        or REGION.fullmatch(text) is not None
    )


@functools.lru_cache(maxsize=8192)
def spellings(secret: str) -> frozenset[str]:
    """The texts that reveal a secret: itself, its lines, and these escaped and encoded."""
    if len(secret) > LONGEST:
        return frozenset({secret, *_escaped(secret)})
    plain = {secret, *(line.strip() for line in secret.splitlines())}
    plain |= {cased for text in plain if len(text) >= LONG for cased in (text.lower(), text.upper())}
    forms = {text for text in plain if not _stays(text)}
    for _ in range(2):  # a text in JSON may contain JSON
        forms |= {escaped for form in forms for escaped in _escaped(form)}
    data = secret.encode(errors="surrogatepass")
    forms |= {*_base64(data), data.hex(), data.hex().upper()}
    return frozenset(form for form in forms if len(form) >= SHORTEST_SECRET)


def _escaped(text: str) -> Iterator[str]:
    yield from (repr(text)[1:-1], ascii(text)[1:-1], text.replace("'", "\\'"), text.replace("'", "'\"'\"'"))
    yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    yield from (repr(text.encode(errors="surrogatepass"))[2:-1], html.escape(text), html.escape(text, quote=False))
    for encode, safe in ((quote, ""), (quote, "/"), (quote_plus, "")):
        encoded = encode(text, safe, errors="replace")
        yield from (encoded, re.sub("%..", lambda match: match[0].lower(), encoded))


def _base64(data: bytes) -> Iterator[str]:
    """The base64 characters that reveal the data, at each offset in the encoded text."""
    for offset in range(3):
        start, stop = -(-offset * 8 // 6), (offset + len(data)) * 8 // 6
        encoded = base64.b64encode(bytes(offset) + data).decode()
        for characters in (encoded[start:stop], *((encoded,) if offset == 0 else ())):
            yield from (characters, characters.replace("+", "-").replace("/", "_"))
        for length in WRAPPED if offset == 0 and len(encoded) > WRAPPED[0] else ():
            yield from (encoded[at : at + length] for at in range(0, len(encoded), length))
