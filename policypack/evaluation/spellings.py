"""Spellings of secrets: secrets and a text go in, the parts of the text that reveal one come out.

A secret has hundreds of spellings, and a program may have hundreds of secrets: an `Index` looks for all at once.
"""

from __future__ import annotations

import base64
import functools
import html
import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from string import ascii_letters, digits
from urllib.parse import quote, quote_plus

from policypack.core.wire import ARCHIVE, ASSET, OUTPUT, REFERENCE, SECRET, SIGNATURE, UNKNOWNS
from policypack.iam.document import ELEMENTS, PRINCIPAL_TYPES, TOP_LEVEL, VERSIONS, Effect

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
IN_TOKEN = re.compile(r"[\w+/=.~!@#$%^&*-]*")
PIECE = 12
"""Characters of the beginning, and of the end, by which a cut token is recognized."""
SPECIAL = [character for character in map(chr, range(128)) if character not in ascii_letters + digits + "_.-~"]
"""The ASCII characters that a URL encodes."""
QUOTES = re.compile("['\"\\\\]")


def stays(text: str) -> bool:
    """Whether a text is too short to mask, or public."""
    return (
        len(text.strip()) < SHORTEST_SECRET
        or text.lower() in WORDS
        or text in PUBLIC
        or text in INTERNAL
        or REGION.fullmatch(text) is not None
    )


class Index:
    """The spellings of secrets by their first characters, and the beginnings and ends of tokens."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._by_head: dict[str, list[str]] = defaultdict(list)
        self._sorted: dict[str, _Sorted] = {}
        """Of the spellings with the same first characters."""
        self._beginnings: dict[str, _Sorted] = {}
        self._ends: dict[str, _Sorted] = {}
        """Tokens from their last character to their first."""
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Look for these secrets too."""
        for secret in self._secrets.symmetric_difference(secrets) - self._secrets:
            self._secrets.add(secret)
            self._sorted.clear()
            for form in spellings(secret):
                self._by_head[form[:SHORTEST_SECRET]].append(form)
            if TOKEN.fullmatch(secret):
                beginning, end = secret[:PIECE], secret[-PIECE:]
                self._beginnings.setdefault(beginning, _Sorted()).add(secret)
                self._ends.setdefault(end, _Sorted()).add(secret[::-1])
                self._by_head[end[:SHORTEST_SECRET]] += ()

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """The parts of a text that reveal a secret: where each starts and stops; they may overlap."""
        by_head = self._by_head
        for start in [at for at in range(len(text)) if text[at : at + SHORTEST_SECRET] in by_head] if by_head else ():
            if length := self._spelled(text[start : start + SHORTEST_SECRET]).longest(text, start):
                yield start, start + length
            piece = text[start : start + PIECE]
            if (tokens := self._beginnings.get(piece)) and (
                length := tokens.cut(text[start : start + tokens.most + 3])
            ):
                yield start, start + length
            if tokens := self._ends.get(piece):
                stop = start + PIECE
                if length := tokens.cut(text[max(0, stop - tokens.most - 3) : stop][::-1]):
                    yield stop - length, stop

    def _spelled(self, head: str) -> _Sorted:
        if head not in self._sorted:
            self._sorted[head] = _Sorted(self._by_head[head], max(map(len, self._by_head[head]), default=0))
        return self._sorted[head]

    def rest(self, text: str) -> int:
        """How many characters of a spelling's end a text begins with, from `SHORTEST_SECRET` on."""
        head = text[:SHORTEST_SECRET]
        longest = 0
        for form in (form for forms in self._by_head.values() for form in forms if head in form):
            at = form.find(head, 1)
            while at >= 0 and len(form) - at > longest:
                if text.startswith(form[at:]):
                    longest = len(form) - at
                at = form.find(head, at + 1)
        return longest if len(head) == SHORTEST_SECRET else 0


@dataclass(slots=True)
class _Sorted:
    """Texts, in order."""

    texts: list[str] = field(default_factory=list)
    most: int = 0
    """The length of the longest."""
    _shorter: list[int] = field(default_factory=list)
    """For each text, the index of the longest other one that it starts with, or -1; empty before the texts are sorted."""

    def add(self, text: str) -> None:
        self.texts.append(text)
        self.most = max(self.most, len(text))
        self._shorter = []

    def longest(self, text: str, start: int) -> int:
        """The length of the longest of the texts that is at a place of a text; 0 if none is."""
        if not self._shorter:
            self._sort()
        index = bisect_right(self.texts, text[start : start + self.most]) - 1
        while index >= 0 and not text.startswith(self.texts[index], start):
            index = self._shorter[index]
        return len(self.texts[index]) if index >= 0 else 0

    def cut(self, text: str) -> int:
        """The length of the beginning of a token that a text starts with and does not continue; 0 if it has none.

        Libraries cut long values in errors: the text has `...` in place of the rest, or no character of a token.
        """
        if not self._shorter:
            self._sort()
        run = IN_TOKEN.match(text)
        last = run.end() if run else 0
        dots = [at for at in range(PIECE, last) if text.startswith("...", at)] if "..." in text else []
        for length in (last, *reversed(dots)):
            beginning, following = text[:length], text[length : length + 1]
            low = bisect_left(self.texts, beginning)
            high = bisect_right(self.texts, f"{beginning}\U0010ffff")
            ends = (token for token in self.texts[low : low + 1] + self.texts[high - 1 : high] if low < high)
            if any(token[length : length + 1] != following or len(token) == length for token in ends):
                return length
        return 0

    def _sort(self) -> None:
        self.texts = sorted(set(self.texts))
        starts: list[int] = []
        for index, text in enumerate(self.texts):
            while starts and not text.startswith(self.texts[starts[-1]]):
                starts.pop()
            self._shorter.append(starts[-1] if starts else -1)
            starts.append(index)


@functools.lru_cache(maxsize=1024)
def spellings(secret: str) -> frozenset[str]:
    """The texts that reveal a secret: itself, its lines, and these escaped and encoded."""
    if len(secret) > LONGEST:
        return frozenset({secret, *_escaped(secret)})
    plain = {secret, *(line.strip() for line in secret.splitlines())}
    plain |= {cased for text in plain if len(text) >= LONG for cased in (text.lower(), text.upper())}
    forms = new = {text for text in plain if not stays(text)}
    for _ in range(2):  # a text in JSON may contain JSON
        new = {*_escaped(*new)} - forms
        forms = forms | new
    data = secret.encode(errors="surrogatepass")
    encoded = {*_base64(data), data.hex(), data.hex().upper()}
    return frozenset(form for form in forms | encoded if len(form) >= SHORTEST_SECRET)


def _escaped(*texts: str) -> Iterator[str]:
    """The texts in other spellings, and as they are."""
    simple = [text for text in texts if text.isascii() and text.isprintable() and not QUOTES.search(text)]
    for text in {*texts}.difference(simple):
        yield from (repr(text)[1:-1], ascii(text)[1:-1], text.replace("'", "\\'"), text.replace("'", "'\"'\"'"))
        yield from (json.dumps(text)[1:-1], encode_basestring(text)[1:-1])
        yield from (repr(text.encode(errors="surrogatepass"))[2:-1], html.escape(text), html.escape(text, quote=False))
        yield from _percent_encoded(text)
    lines = "\n".join(simple)  # all at once, because a key has a hundred lines
    yield from html.escape(lines).split("\n")
    for encoded in _percent_encoded(lines, "\n"):
        yield from encoded.split("\n")


def _percent_encoded(text: str, plain: str = "") -> Iterator[str]:
    """The text as in a URL: with and without `/`, with `+` for a space, and with digits of either case.

    Args:
        text: the text.
        plain: a character that stays.
    """
    if not text.isascii():
        for encode, safe in ((quote, ""), (quote, "/"), (quote_plus, "")):
            encoded = encode(text, safe, errors="replace")
            yield from (encoded, re.sub("%..", lambda match: match[0].lower(), encoded))
        return
    special = [character for character in SPECIAL if character in text and character != plain]
    kept = [kept for kept in ("", "/", " ") if not kept or kept in special]
    for form in ("%{:02X}", "%{:02x}"):
        for safe in kept:
            encoded = text.replace("%", "%25")
            for character in special:
                if character not in {"%", safe}:
                    encoded = encoded.replace(character, form.format(ord(character)))
            yield encoded.replace(" ", "+")


def _base64(data: bytes) -> Iterator[str]:
    """The base64 characters that reveal the data, at each offset in the encoded text."""
    for offset in range(3):
        start, stop = -(-offset * 8 // 6), (offset + len(data)) * 8 // 6
        encoded = base64.b64encode(bytes(offset) + data).decode()
        for characters in (encoded[start:stop], *((encoded,) if offset == 0 else ())):
            yield from (characters, characters.replace("+", "-").replace("/", "_"))
        for length in WRAPPED if offset == 0 and len(encoded) > WRAPPED[0] else ():
            yield from (encoded[at : at + length] for at in range(0, len(encoded), length))
