"""The partition of texts by the patterns that match them.

All texts fall into finitely many cells, in each of which the same patterns match; a cell and its shortest example are
found by walking the patterns' automata side by side, as far as needed. All automata are one number: a bit for each place
in each pattern (the shift-and method of Baeza-Yates and Gonnet,
https://doi.org/10.1145/135239.135243).
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from policypack.iam.document import PolicyDocument
from policypack.iam.globs import beginning, normal

MOST_WORK = 200_000
"""The number of steps after which a question gives up; a step takes about 2 microseconds, whatever the work is."""
LITTLE_WORK = MOST_WORK // 4
"""The budget of a question about a mistake in one document; several are asked about each document."""
DOCUMENT_WORK = MOST_WORK + 2 * LITTLE_WORK
"""The budget of all questions about one document together."""
STACK_WORK = 10 * MOST_WORK
"""The budget of all questions about pairs of documents of one stack together."""
WIDE = 2048
"""The number of places in patterns with which a number for them takes twice as long."""
MATCHES = 4
"""The number of comparisons of a pattern, or of a value, that are one step."""
ARN_COLONS = 5

Membership = frozenset[int]


class TooManyCellsError(Exception):
    """The patterns distinguish more texts than can be searched."""


class Work(msgspec.Struct):
    """The budget of one question: all that is done for it, in whatever part of the engine, is counted here."""

    left: int = MOST_WORK

    def spend(self, steps: int) -> None:
        """Count work before it is done.

        Raises:
            TooManyCellsError: the budget is spent.
        """
        self.left -= steps
        if self.left < 0:
            raise TooManyCellsError


@contextmanager
def work_on(documents: Iterable[PolicyDocument], most: int = MOST_WORK) -> Iterator[Work]:
    """The budget of one question about documents, at most what earlier questions about each have left."""
    spent = [document.spent for document in documents]
    budget = max(0, min([most, *(DOCUMENT_WORK - counter.steps for counter in spent)]))
    work = Work(budget)
    try:
        yield work
    finally:
        for counter in spent:
            counter.steps += budget - work.left


class Pattern(msgspec.Struct, frozen=True):
    """A pattern as IAM reads it."""

    text: str
    wild: bool = True
    """Whether `*` and `?` are wildcards."""
    fold: bool = False
    """Whether case is ignored."""
    arn: bool = False
    """Whether no wildcard matches a colon, except in the sixth part of an ARN."""

    @property
    def plain(self) -> bool:
        """Whether it matches only its own text."""
        return not self.fold and not (self.wild and ("*" in self.text or "?" in self.text))


Patterns = Sequence[str | Pattern]


class Preference(msgspec.Struct, frozen=True):
    """Groups of patterns that a text preferably does not match, or matches; for the others, all cells are needed."""

    unmatched: frozenset[int] = frozenset()
    matched: frozenset[int] = frozenset()

    def as_good(self, member: Membership, other: Membership) -> bool:
        """Whether one membership is as good as another in every group."""
        free = self.unmatched | self.matched
        return (
            member - free == other - free
            and member & self.unmatched <= other & self.unmatched
            and member & self.matched >= other & self.matched
        )


ALL = Preference()


class _Machine(msgspec.Struct):
    """The automata of all patterns, side by side: a set bit is a place that a pattern has reached."""

    steps: dict[str, int] = msgspec.field(default_factory=dict)
    """By literal character, the places that it moves on from."""
    skips: int = 0
    """The places of `?`, which any character moves on from."""
    stays: int = 0
    """The places of `*`, where any character stays, and which no character has to follow."""
    narrow: int = 0
    """The places of wildcards that do not match a colon."""
    start: int = 0
    size: int = 0
    ends: list[tuple[int, int]] = msgspec.field(default_factory=list)
    """For each pattern the place behind it, and its group."""
    last: int = 0
    """The places behind all patterns."""
    group_at: dict[int, int] = msgspec.field(default_factory=dict)
    """By place behind a pattern, its group."""

    def add(self, pattern: Pattern, group: int) -> None:
        text = normal(pattern.text) if pattern.wild else pattern.text
        colons = 0
        self.start |= 1 << self.size
        for character in text:
            bit = 1 << self.size
            colons += character == ":"
            if pattern.wild and character in "*?":
                if character == "*":
                    self.stays |= bit
                else:
                    self.skips |= bit
                if pattern.arn and colons < ARN_COLONS:
                    self.narrow |= bit
            else:
                for letter in {character.lower(), character.upper()} if pattern.fold else (character,):
                    self.steps[letter] = self.steps.get(letter, 0) | bit
            self.size += 1
        self.ends.append((1 << self.size, group))
        self.last |= 1 << self.size
        self.group_at[self.size] = group
        self.size += 1

    def begin(self) -> int:
        return self.start | (self.start & self.stays) << 1

    def step(self, state: int, character: str) -> int:
        skips, stays = self.skips, self.stays
        if character == ":" and self.narrow:
            skips, stays = skips & ~self.narrow, stays & ~self.narrow
        onward = (state & (self.steps.get(character, 0) | skips)) << 1 | state & stays
        return onward | (onward & self.stays) << 1

    def run(self, text: str) -> int:
        state = self.begin()
        for character in text:
            state = self.step(state, character)
        return state

    def groups(self, state: int) -> Membership:
        matched, groups = state & self.last, set()
        while matched:
            place = matched.bit_length() - 1
            groups.add(self.group_at[place])
            matched ^= 1 << place
        return frozenset(groups)

    def alphabet(self, state: int) -> list[str]:
        """One character that no pattern needs here, then each that some pattern needs, or that not all wildcards match."""
        needed = {character for character, places in self.steps.items() if places & state}
        needed |= {":"} if state & self.narrow else set()
        return [next((other for other in OTHERS if other not in needed), "~"), *sorted(needed)]


_PLAIN = string.ascii_lowercase[::-1] + string.digits
OTHERS = _PLAIN[2:] + _PLAIN[:2]
INSIDE = -1


def cells(
    inside: str | Pattern, groups: Sequence[Patterns], work: Work | None = None, preference: Preference | None = None
) -> dict[Membership, str]:
    """The texts that `inside` matches, partitioned by the groups of patterns that match them.

    Args:
        inside: the pattern that all texts match.
        groups: each a list of patterns; a text is in the group if one of them matches it.
        work: the budget of the question; None for a new one.
        preference: a cell may be left out if another one is as good in every group. None returns all cells.

    Returns:
        By the indexes of the groups that match, the shortest such text.

    Raises:
        TooManyCellsError: the budget is spent.
    """
    work = work or Work()
    within = _pattern(inside)
    read = [[_pattern(written) for written in group] for group in groups]
    length = len(within.text) + sum(len(pattern.text) for group in read for pattern in group)
    work.spend(1 + length * (1 + length // WIDE) // 16)
    if within.plain:
        machine = _machine(read)
        work.spend(len(within.text) * (1 + machine.size // WIDE) // MATCHES)
        return {machine.groups(machine.run(within.text)): within.text}
    if not any(read) and not within.fold:
        return {frozenset(): within.text.replace("*", "").replace("?", "x")}
    texts = {pattern.text for group in read for pattern in group if pattern.plain}
    wild = [[pattern for pattern in group if not pattern.plain] for group in read]
    if texts and (by_member := _walked(within, wild, frozenset(texts), work, preference or ALL)) is not None:
        # A plain text is its own example; the wildcards alone partition all other texts.
        machine = _machine([*read, [within]])
        for text in sorted(texts, key=lambda text: (len(text), text)):
            work.spend(1 + len(text) * (1 + machine.size // WIDE) // MATCHES)
            member = machine.groups(machine.run(text))
            if len(read) in member:
                member -= {len(read)}
                by_member[member] = min(text, by_member.get(member, text), key=len)
        return by_member
    by_member = _walked(within, read, frozenset(), work, preference or ALL)
    assert by_member is not None
    return by_member


def _pattern(written: str | Pattern) -> Pattern:
    return Pattern(written) if isinstance(written, str) else written


def _prefix(pattern: Pattern) -> str:
    """The common beginning of all texts that the pattern matches."""
    if pattern.fold:
        return ""
    return beginning(pattern.text) if pattern.wild else pattern.text


def _machine(groups: Iterable[Iterable[Pattern]]) -> _Machine:
    machine = _Machine()
    for group, patterns in enumerate(groups):
        for pattern in patterns:
            machine.add(pattern, group)
    return machine


def _walked(
    inside: Pattern, groups: Sequence[Sequence[Pattern]], but: frozenset[str], work: Work, preference: Preference
) -> dict[Membership, str] | None:
    """The cells without the texts in `but`; None if one of those texts hides the others of its cell."""
    machine = _machine(groups)
    offset = machine.size
    machine.add(inside, INSIDE)
    last, alive = machine.ends[-1][0], (1 << machine.size) - (1 << offset)
    prefix, price = _prefix(inside), 1 + machine.size // WIDE
    work.spend(price * len(prefix) // MATCHES)
    state = machine.run(prefix)
    by_member: dict[Membership, str] = {}
    hidden: set[Membership] = set()
    waiting = deque([(state, prefix)])
    seen = {state}
    best = _Best(machine, preference)
    while waiting:
        state, text = waiting.popleft()
        if state & last:
            work.spend(price * (state & machine.last).bit_count() // MATCHES)
            member = machine.groups(state) - {INSIDE}
            if text in but:
                hidden.add(member)
            else:
                by_member.setdefault(member, text)
        work.spend(price * (3 + len(machine.steps) // 32) + len(text) // 256)
        alphabet = machine.alphabet(state)
        work.spend(price * len(alphabet) // 2)
        for character in alphabet:
            following = machine.step(state, character)
            if following & alive and following not in seen:
                seen.add(following)
                if best.is_new(following, work):
                    waiting.append((following, text + character))
    complete = all(any(preference.as_good(member, other) for member in by_member) for other in hidden)
    return by_member if complete else None


class _Best:
    """The states that no other state is as good as, whatever text follows."""

    def __init__(self, machine: _Machine, preference: Preference) -> None:
        places = {group: 0 for _, group in machine.ends}
        start = 0
        for end, group in machine.ends:
            places[group] |= (end << 1) - (1 << start)
            start = end.bit_length()
        self.low = sum(places[group] for group in preference.unmatched if group in places)
        self.high = sum(places[group] for group in preference.matched if group in places)
        self.kept: dict[int, list[int]] = {}
        self.price = 1 + machine.size // WIDE

    def is_new(self, state: int, work: Work) -> bool:
        """Whether no earlier state is as good; if so, the state is kept."""
        if not self.low and not self.high:
            return True
        counted = state & self.low | ~state & self.high
        alike = self.kept.setdefault(state & ~self.low & ~self.high, [])
        work.spend(len(alike) * self.price // 32)
        if any(other & counted == other for other in alike):
            return False
        alike.append(counted)
        return True
