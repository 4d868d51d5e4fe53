"""IAM's wildcards: `*` for any number of characters, `?` for exactly one; no other character is special.

The time of every function is bounded by the product of the lengths, except that of `covers`, which has its own bound.
Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from policypack.core.caches import bounded_cache

WILDCARDS = frozenset("*?")
_START = re.compile(r"[^*?]*")
_RUN = re.compile(r"[*?]+")
MAX_FRONTIER = 64
"""The number of states that `covers` follows at once. Usual patterns need two or three."""


def has_wildcard(pattern: str) -> bool:
    """Whether the pattern can match more than one text."""
    return "*" in pattern or "?" in pattern


def beginning(pattern: str) -> str:
    """The common beginning of all texts that the pattern matches."""
    match = _START.match(pattern)
    return match[0] if match else ""


def everything(pattern: str) -> bool:
    """Whether the pattern matches every text that is not empty: `*`, `**`, `?*`."""
    return "*" in pattern and pattern.count("?") <= 1 and WILDCARDS.issuperset(pattern)


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """Whether the pattern matches the whole text. `*` and `?` in `text` are plain characters."""
    if ignore_case:
        pattern, text = pattern.lower(), text.lower()
    if "?" in pattern:
        return text.startswith(beginning(pattern)) and _walked(normal(pattern), text)
    first, *chunks = pattern.split("*")
    if not chunks:
        return pattern == text
    if not text.startswith(first):
        return False
    last, at = chunks.pop(), len(first)
    end = len(text) - len(last)
    for chunk in chunks:
        at = text.find(chunk, at, end) + len(chunk)
        if at < len(chunk):
            return False
    return at <= end and text.endswith(last)


class Names:
    """Many names, which are compared with a pattern all at once: much faster than one by one."""

    def __init__(self, names: Iterable[str]) -> None:
        """Names without line breaks."""
        self._names = frozenset(names)
        self._lines = "\n".join(self._names)
        self._longest = max(map(len, self._names), default=0)

    def __len__(self) -> int:
        return len(self._names)

    def matching(self, pattern: str) -> list[str]:
        """The names that the pattern matches."""
        if not has_wildcard(pattern):
            return [pattern] if pattern in self._names else []
        pattern = normal(pattern)
        if not self._names or len(pattern) - pattern.count("*") > self._longest:
            return []
        first, *chunks = (re.escape(chunk).replace(r"\?", "[^\n]") for chunk in pattern.split("*"))
        # The first place of a chunk is as good as any later one, so an atomic group never has to try another.
        middle = "".join(f"(?>[^\n]*?{chunk})" for chunk in chunks[:-1] if chunk)
        last = f"[^\n]*{chunks[-1]}" if chunks else ""
        return re.findall(f"^{first}{middle}{last}$", self._lines, re.MULTILINE)


def any_matches(patterns: tuple[str, ...], text: str) -> bool:
    """Whether one of the patterns matches the whole text."""
    plain, wild = by_kind(patterns)
    return text in plain or any(matches(pattern, text) for pattern in wild)


@bounded_cache(8192)
def by_kind(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The patterns that match their own text alone, and those with wildcards."""
    wild = tuple(pattern for pattern in patterns if has_wildcard(pattern))
    return frozenset(patterns).difference(wild), wild


def overlaps(first: str, second: str, *, ignore_case: bool = False) -> bool:
    """Whether some text matches both patterns."""
    if ignore_case:
        first, second = first.lower(), second.lower()
    if not has_wildcard(first):
        return matches(second, first)
    if not has_wildcard(second):
        return matches(first, second)
    start, other = beginning(first), beginning(second)
    if not start.startswith(other) and not other.startswith(start):
        return False
    return _overlaps(*sorted((first, second), key=len))


def covers(wide: str, narrow: str, *, ignore_case: bool = False) -> bool:
    """Whether every text that matches `narrow` matches `wide` too.

    Without a `?` in `wide`, the wildcards of `narrow` are like any other characters that `wide` does not name.
    Otherwise the answer is exact up to `MAX_FRONTIER` states at once; beyond, it is False, which means "not proven".
    """
    if ignore_case:
        wide, narrow = wide.lower(), narrow.lower()
    if wide == narrow:
        return True
    if "?" not in wide or not has_wildcard(narrow):
        return matches(wide, narrow)
    if not narrow.startswith(beginning(wide)):
        return False
    return _covers(normal(wide), normal(narrow))


def normal(pattern: str) -> str:
    """The same pattern with each run of wildcards written as its `?` and one `*`."""
    if "**" not in pattern and "*?" not in pattern:
        return pattern
    return _RUN.sub(lambda run: "?" * run[0].count("?") + "*" * ("*" in run[0]), pattern)


def places(pattern: str, text: str, *, every: bool = False) -> int:
    """The places in a pattern, in which no two stars are adjacent, that texts of another pattern reach.

    Returns:
        A mask with a bit for each place that some text which `text` matches can end at; bit 0 is the beginning of
        `pattern`. With `every`, each such text ends there, by the wildcards of `pattern` alone.
    """
    stars, plain, chars = _masks(pattern)
    wide = chars["?"] if every else plain
    reached = _past_stars(1, stars)
    for char in text:
        if char == "*":
            lowest = reached & -reached
            reached = _past_stars(reached & stars, stars) if every else (2 << len(pattern)) - lowest
        else:
            step = wide if char == "?" else chars[char]
            reached = _past_stars((reached & step) << 1 | reached & stars, stars)
        if not reached:
            break
    return reached


@bounded_cache(65536)
def _overlaps(short: str, long: str) -> bool:
    """Walk one with a mask of the places that can be reached in the shorter one: short numbers are fast."""
    short = normal(short)
    return places(short, normal(long)) >> len(short) & 1 == 1


def _walked(pattern: str, text: str) -> bool:
    """Whether a pattern in which no two stars are adjacent matches the whole text."""
    stars, _, chars = _masks(pattern)
    reached = _past_stars(1, stars)
    for char in text:
        reached = _past_stars((reached & chars[char]) << 1 | reached & stars, stars)
    return reached >> len(pattern) & 1 == 1


class _Places(dict[str, int]):
    """By character, the places in a pattern that match it, as a bit set; made when it is asked for."""

    def __init__(self, pattern: str) -> None:
        super().__init__()
        self._at: dict[str, list[int]] = {}
        for index, char in enumerate(pattern):
            self._at.setdefault(char, []).append(index)
        self["?"] = self.of("?")

    def of(self, char: str) -> int:
        """The places of a character, or of a wildcard."""
        indexes = self._at.get(char, [])
        bits = bytearray(indexes[-1] // 8 + 1 if indexes else 0)
        for index in indexes:
            bits[index >> 3] |= 1 << (index & 7)
        return int.from_bytes(bits, "little")

    def __missing__(self, char: str) -> int:
        self[char] = places = self["?"] | self.of(char)
        return places


@bounded_cache(8192)
def _masks(pattern: str) -> tuple[int, int, Mapping[str, int]]:
    """Bit sets of the places in a pattern: of `*`, of anything else, and those that match a character."""
    chars = _Places(pattern)
    stars = chars.of("*")
    return stars, (1 << len(pattern)) - 1 & ~stars, chars


def _past_stars(reached: int, stars: int) -> int:
    """The reached places and those after each reached `*`, which matches the empty text too."""
    return reached | (reached & stars) << 1


@bounded_cache(8192)
def _covers(wide: str, narrow: str) -> bool:
    """Run `wide` over the most general texts of `narrow`, with a character that `wide` lacks for its wildcards."""
    stars, _, chars = _masks(wide)

    def step(reached: int, char: str) -> int:
        onward = _past_stars((reached & chars[char]) << 1 | reached & stars, stars)
        last = 1 << (onward & stars).bit_length() >> 1
        return onward & -last if last else onward  # a place before a star accepts no more than the star does

    frontier = {_past_stars(1, stars)}
    for char in narrow:
        if char != "*":
            frontier = {step(reached, "?") if char == "?" else step(reached, char) for reached in frontier}
        else:
            grown = set(frontier)
            while grown:
                grown = {step(reached, "?") for reached in grown} - frontier
                frontier |= grown
                if len(frontier) > MAX_FRONTIER:
                    return False
            frontier = _weakest(frontier, stars)
    return all(reached >> len(wide) & 1 for reached in frontier)


def _weakest(frontier: set[int], stars: int) -> set[int]:
    """The states without those that accept all that another state accepts."""
    kept: list[int] = []
    for state in sorted(frontier, key=lambda mask: ((mask & stars).bit_length(), mask.bit_count())):
        accepted = state | (1 << (state & stars).bit_length()) - 1
        if not any(other & ~accepted == 0 for other in kept):
            kept.append(state)
    return set(kept)
