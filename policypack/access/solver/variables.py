"""Policy variables, by what a request has for them: a document is read once for each assignment that could matter.

One variable gets its value after the other. Three kinds of value can matter: one that no document mentions, one for
each way in which conditions on the same key hold, and one for each way in which texts with the variable match what they
are compared with. So a statement with `${aws:username}` in it is read with a name that stands nowhere else, with each
of those that conditions on `aws:username` tell apart, and, where `b/${aws:username}` meets `b/c*` elsewhere, with a
name that begins with a `c` and with one that does not. The next variable meets the values of those before it as plain
text, so that it is also tried with theirs where the two are compared.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from policypack.access.solver.conditions import pattern_of
from policypack.access.solver.partition import Pattern, Preference, TooManyCellsError, Work, cells
from policypack.access.solver.substitution import LITERAL, VARIABLE, Assignment, settled, variables, variables_of
from policypack.iam.document import Statement
from policypack.iam.globs import everything, has_wildcard, normal, places

MOST_ASSIGNMENTS = 256


def assignments(
    required: Sequence[Statement],
    others: Sequence[Statement],
    fixed: Callable[[str], Sequence[str] | None],
    *,
    foreign: bool = False,
) -> Iterator[Assignment]:
    """What requests that `required` may match can have for the variables, as far as it matters to any statement.

    Args:
        required: the statements that are to match.
        others: the other statements that decide.
        fixed: what the caller has for a key whatever it asks for; None where that is open.
        foreign: whether only conditions on a key say what else than a stand-in it may be.

    Raises:
        TooManyCellsError: there are more than `MOST_ASSIGNMENTS` ways, or they take too much work to find.
    """
    every = list(dict.fromkeys(name for each in (*required, *others) for name in variables_of(each)))
    if not every:
        yield {}
        return
    limited = {each.name for statement in (*required, *others) for each in statement.conditions}
    trial = _Trial(_stand_ins(every), sorted(every, key=lambda name: name not in limited), fixed, foreign)
    for count, given in enumerate(trial.grown(required, others, {})):
        if count >= MOST_ASSIGNMENTS:
            raise TooManyCellsError
        yield {name: given[name] for name in every}


class _Trial(msgspec.Struct):
    """Gives one variable after the other each value that matters beside those given before."""

    stand_ins: Mapping[str, str]
    """For each key a value that no other key has."""
    order: Sequence[str]
    """The keys; first those that conditions limit, since others can follow them and not the other way round."""
    fixed: Callable[[str], Sequence[str] | None]
    foreign: bool
    work: Work = msgspec.field(default_factory=Work)

    def grown(
        self, required: Sequence[Statement], others: Sequence[Statement], given: Assignment
    ) -> Iterator[Assignment]:
        """The assignments that begin with `given`, of which the statements are read already."""
        name = next((each for each in self.order if each not in given), None)
        if name is None:
            yield given
            return
        for value in self._choices(name, required, others, given):
            one = {name: value}
            needed = [settled(each, one, partly=True) for each in required]
            against = [settled(each, one, partly=True) for each in others]
            if None not in needed:
                yield from self.grown(
                    [each for each in needed if each], [each for each in against if each], {**given, **one}
                )

    def _choices(
        self, name: str, required: Sequence[Statement], others: Sequence[Statement], given: Assignment
    ) -> list[str | None]:
        fixed = self.fixed(name)
        if fixed is not None:
            return [*fixed] or [None]
        found = _Groups()
        elements = [*_elements(required, wanted=True), *_elements(others, wanted=False)]
        known = _known(elements) | {name: [each for each in given.values() if each]}
        for each in elements:
            if each.about == name:
                found.add(each.patterns, wanted=each.wanted)
                for pattern in each.patterns if self.foreign else ():
                    found.add((pattern,), wanted=None)
                for text in _expanded([text for text in each.texts if variables(text)], known):
                    found.add((text,), wanted=each.wanted)
        for group, wanted in () if self.foreign else self._told(name, [*elements, *self._sent(elements, given)], known):
            found.add(group, wanted=wanted)
        stand_in = self.stand_ins[name]
        (plain,) = cells(Pattern(stand_in, wild=False), found.groups, self.work)
        told = cells("?*", found.groups, self.work, found.preference)
        return [stand_in, *(value for member, value in told.items() if member != plain), None]

    def _told(
        self, name: str, elements: Sequence[_Element], known: Mapping[str, list[str]]
    ) -> Iterator[tuple[tuple[str, ...], bool]]:
        """Groups of patterns by which texts with a variable match what they are compared with, and whether they better do.

        Two texts that a request had better not match are not compared: it matches neither.
        """
        patterns: dict[_Element, list[str]] = {}
        texts = [(each, text) for each in elements for text in each.texts if name in variables(text)]
        for one, text in texts:
            for other in elements:
                if other is one or other.about != one.about or not (one.wanted or other.wanted):
                    continue
                if other not in patterns:
                    patterns[other] = _expanded(other.texts, known)
                self.work.spend(len(patterns[other]))
                for group in _infixes(name, text, patterns[other]):
                    yield group, one.wanted and other.wanted

    def _sent(self, elements: Iterable[_Element], given: Assignment) -> Iterator[_Element]:
        """What a request has for the keys that elements are about, as far as that is known."""
        for name in dict.fromkeys(each.about for each in elements):
            value = given.get(name)
            if values := self.fixed(name) or (() if value is None else (value,)):
                yield _Element(name, tuple(values), wanted=True)


class _Element(msgspec.Struct, frozen=True):
    """Texts of which one is to match: the resource, or what a request has for a key."""

    about: str
    """The key, in lower case; nothing for the resource."""
    texts: tuple[str, ...]
    wanted: bool
    """Whether a request had better match, for it to be one that is looked for."""
    operator: str = "StringLike"

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The texts as they are read, other variables being anything."""
        return tuple(
            msgspec.structs.replace(pattern_of(self.operator, _wide(each)), wild=True)
            if variables(each)
            else pattern_of(self.operator, each)
            for each in self.texts
        )


def _elements(statements: Sequence[Statement], *, wanted: bool) -> Iterator[_Element]:
    for statement in statements:
        if statement.resources:
            yield _Element("", statement.resources, wanted)
        if statement.not_resources:
            yield _Element("", statement.not_resources, not wanted)
        for each in statement.conditions:
            if each.operator.startswith(("String", "Arn", "Binary")):
                yield _Element(each.name, each.values, wanted is not each.negated, each.operator)


def _known(elements: Iterable[_Element]) -> dict[str, list[str]]:
    """By key, what conditions compare it with."""
    found: dict[str, list[str]] = {}
    for each in elements:
        found.setdefault(each.about, []).extend(map(_wide, each.texts))
    return found


class _Groups:
    """Groups of patterns for one value, with what a request had better do: match them or not."""

    def __init__(self) -> None:
        self._found: dict[tuple[str | Pattern, ...], set[bool | None]] = {}

    def add(self, group: tuple[str | Pattern, ...], *, wanted: bool | None) -> None:
        """One more; None where it can matter both ways."""
        self._found.setdefault(group, set()).add(wanted)

    @property
    def groups(self) -> list[tuple[str | Pattern, ...]]:
        """All groups."""
        return [*self._found]

    @property
    def preference(self) -> Preference:
        """For the groups, by their indexes."""
        unmatched, matched = (
            frozenset(index for index, each in enumerate(self._found.values()) if each == {wanted})
            for wanted in (False, True)
        )
        return Preference(unmatched, matched)


def _expanded(texts: Iterable[str], known: Mapping[str, list[str]]) -> list[str]:
    """Texts with their variables as anything, as their default, and as each value that is known for them."""
    found: dict[str, None] = {}
    for each in texts:
        found[_wide(each)] = None
        for variable in VARIABLE.finditer(each):
            name, default = variable[1].strip().lower(), variable[2]
            values = [*known.get(name, ()), *([default] if default else [])]
            found |= dict.fromkeys(_wide(each, {name: value}) for value in values)
    return [*found]


def _stand_ins(names: Iterable[str]) -> dict[str, str]:
    """For each key a value that no other key has."""
    found: dict[str, str] = {}
    for name in names:
        beginning, short = "any-", name.rpartition(":")[2].rpartition("/")[2]
        while beginning + short in found.values():
            beginning += "other-"
        found[name] = beginning + short
    return found


def _infixes(name: str, text: str, patterns: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Patterns of the values with which a text matches others; each of a value's places decides by itself."""
    places = [each for each in VARIABLE.finditer(text) if each[1].strip().lower() == name]
    for pattern in patterns:
        for place in places if pattern != _wide(text) else ():
            before, after = _wide(text[: place.start()]), _wide(text[place.end() :])
            found = infixes(before, after, pattern)
            yield from ((each,) for group in found for each in group) if len(places) > 1 else found


def _wide(text: str, values: Mapping[str, str] | None = None) -> str:
    """A text with wildcards for its variables, save those that values are given for."""

    def stand_in(found: re.Match[str]) -> str:
        return LITERAL.get(found[1]) or (values or {}).get(found[1].strip().lower(), "?*")

    return VARIABLE.sub(stand_in, text)


MOST_INFIXES = 4096
"""Pieces of one pattern that are looked at: what a pattern of 60 characters has at most, and a little more."""


@lru_cache(maxsize=4096)
def infixes(before: str, after: str, pattern: str) -> tuple[tuple[str, ...], ...]:
    """Patterns for what can stand between two others, so that the whole matches a third one.

    Args:
        before: the pattern of what stands before the piece.
        after: the pattern of what stands behind it.
        pattern: what is to match.

    Returns:
        Groups of patterns. The piece matches one of the first group where some text of the whole matches `pattern`, and
        one of the second where each does. A group that every piece or none matches is left out.

    Raises:
        TooManyCellsError: there are more than `MOST_INFIXES`.
    """
    wild = has_wildcard(before) or has_wildcard(after)
    found = [_between(before, after, normal(pattern), every=every) for every in ((False, True) if wild else (False,))]
    return tuple(dict.fromkeys(each for each in found if each and not any(map(everything, each))))


def _between(before: str, after: str, pattern: str, *, every: bool) -> tuple[str, ...]:
    starts = _bits(places(pattern, before, every=every))
    ends = {len(pattern) - each for each in _bits(places(pattern[::-1], after[::-1], every=every))}
    # A place before a `*` stands for the one behind it too.
    starts = {each for each in starts if not (each and pattern[each - 1] == "*" and each - 1 in starts)}
    ends = {each for each in ends if not (pattern[each : each + 1] == "*" and each + 1 in ends)}
    if len(starts) * len(ends) > MOST_INFIXES:
        raise TooManyCellsError
    return tuple(sorted({pattern[start:end] for start in starts for end in ends if start < end}))


def _bits(number: int) -> set[int]:
    return {index for index in range(number.bit_length()) if number >> index & 1}
