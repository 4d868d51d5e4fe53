"""Which texts a set of patterns tells apart.

Texts that the same patterns match cannot be told apart by them, so all texts fall into finitely many cells; each is
found with its shortest example by walking the patterns' automata side by side, as far as needed.
"""

from __future__ import annotations

import string
from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from policypack.aws.globs import has_wildcard, matches

MOST_STATES = 4_000
"""How many states of the side-by-side walk are visited before it gives up."""

Membership = frozenset[int]


class TooManyCellsError(Exception):
    """The patterns tell more texts apart than is worth looking at."""


class _Automaton(msgspec.Struct, frozen=True):
    """One pattern's positions as bits: bit `i` is set when the first `i` characters of the pattern are used up."""

    steps: Mapping[str, int]
    """By literal character, the positions that it moves on from."""
    skips: int
    """The positions of `?`, which any character moves on from."""
    stays: int
    """The positions of `*`, where any character stays, and which may be left without one."""
    end: int

    @staticmethod
    def of(pattern: str) -> _Automaton:
        steps: dict[str, int] = {}
        skips = stays = 0
        for index, character in enumerate(pattern):
            if character == "*":
                stays |= 1 << index
            elif character == "?":
                skips |= 1 << index
            else:
                steps[character] = steps.get(character, 0) | 1 << index
        return _Automaton(steps, skips, stays, 1 << len(pattern))

    def start(self) -> int:
        return self._settle(1)

    def step(self, state: int, character: str) -> int:
        moving = state & (self.steps.get(character, 0) | self.skips)
        return self._settle(moving << 1 | state & self.stays)

    def _settle(self, state: int) -> int:
        """Leave each `*` that is reached also without a character."""
        reached = state
        while reached := (reached & self.stays) << 1 & ~state:
            state |= reached
        return state


def cells(inside: str, groups: Sequence[Sequence[str]]) -> dict[Membership, str]:
    """The texts that `inside` matches, told apart by which groups of patterns match them.

    Args:
        inside: the pattern that all texts match.
        groups: each a list of patterns; a text is in the group when one of them matches it.

    Returns:
        By the indexes of the groups that match, the shortest such text.

    Raises:
        TooManyCellsError: there are more than `MOST_STATES` states to visit.
    """
    if not has_wildcard(inside):
        return {_membership(groups, inside): inside}
    if not any(groups):
        return {frozenset(): inside.replace("*", "").replace("?", "x")}
    prefix = inside[: min(inside.find(each) for each in "*?" if each in inside)]
    owners = [index for index, group in enumerate(groups) for _ in group]
    patterns = (inside, *(pattern for group in groups for pattern in group))
    automata, starts = zip(*(_after(pattern, prefix) for pattern in patterns), strict=True)
    state: tuple[int, ...] = starts
    found: dict[Membership, str] = {}
    waiting = deque([(state, prefix)])
    seen = {state}
    while waiting:
        state, text = waiting.popleft()
        if state[0] & automata[0].end:
            member = frozenset(
                owner
                for owner, automaton, at in zip(owners, automata[1:], state[1:], strict=True)
                if at & automaton.end
            )
            found.setdefault(member, text)
        for character in _alphabet(automata, state):
            following = _next(automata, state, character)
            if following[0] and following not in seen:
                if len(seen) >= MOST_STATES:
                    raise TooManyCellsError
                seen.add(following)
                waiting.append((following, text + character))
    return found


def _after(pattern: str, prefix: str) -> tuple[_Automaton, int]:
    """A pattern's automaton, and its state behind a prefix that has no wildcard."""
    if pattern.startswith(prefix):
        automaton = _Automaton.of(pattern[len(prefix) :])
        return automaton, automaton.start()
    automaton = _Automaton.of(pattern)
    state = automaton.start()
    for character in prefix:
        state = automaton.step(state, character)
        if not state:
            break
    return automaton, state


def _membership(groups: Sequence[Sequence[str]], text: str) -> Membership:
    return frozenset(index for index, group in enumerate(groups) if any(matches(each, text) for each in group))


def _next(automata: Sequence[_Automaton], state: tuple[int, ...], character: str) -> tuple[int, ...]:
    return tuple(automaton.step(at, character) if at else 0 for automaton, at in zip(automata, state, strict=True))


def _alphabet(automata: Sequence[_Automaton], state: tuple[int, ...]) -> list[str]:
    """One character that no pattern asks for here, then each that one does."""
    asked = sorted(
        {
            character
            for automaton, at in zip(automata, state, strict=True)
            for character, positions in automaton.steps.items()
            if at & positions
        }
    )
    plain = string.ascii_lowercase[::-1] + string.digits
    other = next((each for each in plain[2:] + plain[:2] if each not in asked), "~")
    return [other, *asked]
