"""The cells of requests, one dimension at a time, and their combinations.

A statement matches a request when it matches it in every dimension: the caller, the action, the resource and each
condition key. Each dimension has finitely many cells, each with a mask of the statements that match there: bit `i` for
statement `i`. The conjunction of one mask for each dimension has the statements that match the whole request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from math import ceil, floor, inf, isfinite, nextafter
from operator import or_

import msgspec

from policypack.access.solver.conditions import (
    ADDRESS_KEYS,
    ADDRESS_OPERATORS,
    Values,
    demands_all,
    met,
    named,
    number,
    one_met,
    pattern_of,
    too_large,
)
from policypack.access.solver.partition import MATCHES, WIDE, Preference, Work, cells
from policypack.iam.actions import lowered, multivalued
from policypack.iam.addresses import distinguishing_addresses
from policypack.iam.condition_keys import ALWAYS_SENT
from policypack.iam.condition_types import whole_numbers
from policypack.iam.document import Condition, Statement
from policypack.iam.globs import any_matches, beginning, covers, has_wildcard, overlaps

BOOLEAN = ("true", "false")
WALKED = 16
"""The number of characters of a pattern that are walked in one step."""


class Cell(msgspec.Struct, frozen=True):
    """Requests that no statement distinguishes in one dimension: the mask of the statements that match, and an example."""

    mask: int
    example: object


def mask_of(matches: Iterable[bool]) -> int:
    """The mask of statements, by whether each matches."""
    return sum(matched << index for index, matched in enumerate(matches))


def key_cells(name: str, conditions: Sequence[Sequence[Condition]], work: Work) -> list[Cell]:
    """The cells of one condition key; an example is a tuple of values, empty if the request lacks the key.

    Args:
        name: the key, in lower case.
        conditions: those on the key, by statement.
        work: the budget of the question.

    Raises:
        TooManyCellsError: the conditions distinguish too many values.
    """
    distinct: dict[tuple[object, ...], tuple[Condition, int]] = {}
    for index, own in enumerate(conditions):
        for condition in own:
            _, among = distinct.get(meaning(condition), (condition, 0))
            distinct[meaning(condition)] = condition, among | 1 << index
    asked = [condition for condition, _ in distinct.values()]
    price = 1 + weight(asked)
    by_mask: dict[int, Values] = {}
    for values in _sets(name, asked, work):
        work.spend(price * (1 + len(values)))
        mask = (1 << len(conditions)) - 1
        for condition, among in distinct.values():
            if mask & among and not met(condition, values):
                mask &= ~among
        by_mask.setdefault(mask, values)
    return [Cell(mask, values) for mask, values in by_mask.items()]


def weight(conditions: Iterable[Condition]) -> int:
    """The steps of comparing conditions with a value: some for each, and one for some of its values."""
    return sum(1 + len(condition.values) // MATCHES for condition in conditions)


def meaning(condition: Condition) -> tuple[object, ...]:
    """Everything about a condition except its path."""
    return condition.name, condition.operator, condition.values, condition.qualifier, condition.if_exists


def _sets(name: str, conditions: Sequence[Condition], work: Work) -> Iterator[Values]:
    """The values that a request can have for a key, as far as the conditions distinguish them."""
    work.spend(weight(conditions))
    singles = list(_singles(name, conditions, work))
    if name not in ALWAYS_SENT:
        yield ()
    several = multivalued(name)
    if several is None:
        several = not name.startswith("aws:") and any(condition.qualifier for condition in conditions)
    if not several:
        yield from ((value,) for value in singles)
        return
    compared = [condition for condition in conditions if condition.operator != "Null"]
    work.spend(len(singles) * weight(compared))
    every = mask_of(map(demands_all, compared))
    some = (1 << len(compared)) - 1 & ~every
    seen: dict[int, Values] = {}
    elements: list[tuple[int, Values]] = [
        (mask_of(one_met(condition, value) for condition in compared), (value,)) for value in singles
    ]
    waiting = deque(elements)
    while waiting:
        state, values = waiting.popleft()
        if state in seen:
            continue
        work.spend(1 + len(elements) * (1 + len(values) // 8) // 2)
        seen[state] = values
        waiting += [
            (state & other & every | (state | other) & some, (*values, *more))
            for other, more in elements
            if more[0] not in values
        ]
    yield from seen.values()


def _singles(name: str, conditions: Sequence[Condition], work: Work) -> Iterator[str]:
    """One value for each set of conditions that a single value can meet."""
    operators = {condition.operator for condition in conditions}
    if name in ALWAYS_SENT and "Bool" in operators:
        yield from BOOLEAN
        return
    if name in ADDRESS_KEYS or operators & {*ADDRESS_OPERATORS}:
        yield from distinguishing_addresses(
            [named(condition.values) for condition in conditions if condition.operator in ADDRESS_OPERATORS]
        )
    if "Bool" in operators:
        yield from BOOLEAN
    ordered = [condition for condition in conditions if condition.operator.startswith(("Numeric", "Date"))]
    yield from _around(ordered, whole=whole_numbers(name))
    if any(map(too_large, ordered)):  # which no request's number is compared with
        yield "0"
    texts = [condition for condition in conditions if condition.operator.startswith(("String", "Arn", "Binary"))]
    if texts or operators <= {"Null"}:
        groups = [[pattern_of(text.operator, value) for value in text.values] for text in texts]
        yield from cells("?*", groups, work).values()
        yield ""


def _around(conditions: Iterable[Condition], *, whole: bool) -> Iterator[str]:
    """Each number or date in the conditions, one between each two, and one on either side; `whole` ones only, or any."""
    spelled = {
        parsed: value for condition in conditions for value in condition.values if (parsed := number(value)) is not None
    }
    if not spelled:
        return
    numbers = sorted(spelled)
    yield from (spelled[known] for known in numbers if not whole or known == floor(known))
    outside = [min(numbers[0] - 1, nextafter(numbers[0], -inf)), max(numbers[-1] + 1, nextafter(numbers[-1], inf))]
    between = (low / 2 + high / 2 for low, high in pairwise(numbers))
    if whole:
        outside = [towards(value) for towards, value in zip((ceil, floor), outside, strict=True) if isfinite(value)]
        after = (max(floor(low) + 1, nextafter(low, inf)) for low in numbers)
        between = (value for value, high in zip(after, numbers[1:], strict=False) if value < high)
    yield from map(_written, filter(isfinite, [*between, *outside]))


def _written(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


class ElementMatch(msgspec.Struct, frozen=True):
    """The patterns of a statement in one dimension, and whether it matches their texts or all others."""

    patterns: tuple[str, ...]
    inside: bool

    @property
    def weight(self) -> int:
        """The steps of comparing the patterns with a text, or with the beginning of a pattern."""
        return 1 + len(self.patterns) // MATCHES

    @staticmethod
    def of(patterns: tuple[str, ...] | None, negated: tuple[str, ...] | None) -> ElementMatch:
        """The match of an element or of its negation; a statement with neither matches every text."""
        return ElementMatch(negated or (), inside=False) if patterns is None else ElementMatch(patterns, inside=True)

    def matches(self, text: str) -> bool:
        """Whether the statement matches a text in this dimension."""
        return any_matches(self.patterns, text) is self.inside


def actions(statement: Statement) -> ElementMatch:
    """The match of the statement's actions, in lower case, because case is ignored."""
    return ElementMatch.of(
        statement.actions and lowered(statement.actions), statement.not_actions and lowered(statement.not_actions)
    )


def resources(statement: Statement) -> ElementMatch:
    """The match of the statement's resources."""
    return ElementMatch.of(statement.resources, statement.not_resources)


def text_cells(
    required: Sequence[Statement], others: Sequence[Statement], match: Callable[[Statement], ElementMatch], work: Work
) -> list[Cell]:
    """The cells of actions or of resources that all of `required` match; the masks are of `others`.

    A cell may be left out if fewer of `others` match another one.

    Raises:
        TooManyCellsError: the patterns distinguish too many texts.
    """
    first, *rest = map(match, required)
    needed = rest if first.inside else [first, *rest]
    by_mask: dict[int, str] = {}
    against = [*map(match, others)]
    price = 1 + sum(other.weight for other in (*needed, *against))
    for pattern in first.patterns if first.inside else ("*",):
        work.spend(price * (1 + len(pattern) // WIDE))
        for mask, text in _within(pattern, needed, against, work):
            if not mask:
                return [Cell(mask, text)]
            by_mask.setdefault(mask, text)
    return [Cell(mask, text) for mask, text in by_mask.items()]


def _within(
    pattern: str, needed: Sequence[ElementMatch], others: Sequence[ElementMatch], work: Work
) -> Iterator[tuple[int, str]]:
    """The cells among the texts that one pattern matches."""
    if not has_wildcard(pattern):
        if all(match.matches(pattern) for match in needed):
            yield mask_of(match.matches(pattern) for match in others), pattern
        return
    for text in (pattern.replace("*", anything).replace("?", "x") for anything in ("", "x")):
        if not any(match.matches(text) for match in others) and all(match.matches(text) for match in needed):
            yield 0, text
            return
    groups: dict[tuple[str, ...], int] = {}
    members = [_group(match, pattern, groups, work) for match in (*needed, *others)]
    if any(member is (not match.inside) for member, match in zip(members, needed, strict=False)):
        return
    insides = [match.inside for match in (*needed, *others)]
    for member, text in cells(pattern, list(groups), work, _preference(members, insides, len(needed))).items():
        matching = [
            (group if isinstance(group, bool) else group in member) is inside
            for group, inside in zip(members, insides, strict=True)
        ]
        if all(matching[: len(needed)]):
            yield mask_of(matching[len(needed) :]), text


def _preference(members: Sequence[int | bool], insides: Sequence[bool], needed: int) -> Preference:
    """The preference that no statement after the first `needed` matches, except in groups that statements read both ways."""
    groups = [(group, inside) for group, inside in zip(members, insides, strict=True) if not isinstance(group, bool)]
    exact = {group for group in members[:needed] if not isinstance(group, bool)}
    plain = {group for group, inside in groups if inside}
    negated = {group for group, inside in groups if not inside}
    return Preference(frozenset(plain - negated - exact), frozenset(negated - plain - exact))


def _group(match: ElementMatch, pattern: str, groups: dict[tuple[str, ...], int], work: Work) -> int | bool:
    """The index of a group of patterns; True if the group matches all that `pattern` matches, and False if nothing."""
    start, overlapping = beginning(pattern), []
    for other in match.patterns:
        if other == "*" or _alike(start, beginning(other)):
            work.spend(price(other, pattern))
            if other == "*" or overlaps(other, pattern):
                overlapping.append(other)
    if not overlapping:
        return False
    if any(other == "*" or covers(other, pattern) for other in overlapping):
        return True
    return groups.setdefault(tuple(overlapping), len(groups))


def _alike(start: str, other: str) -> bool:
    return start.startswith(other) or other.startswith(start)


def price(pattern: str, other: str) -> int:
    """The steps of walking one pattern with the places of the other."""
    return min(len(pattern), len(other)) * (1 + max(len(pattern), len(other)) // WIDE) // WALKED


def united(cells: Iterable[Cell]) -> int:
    """The mask of the statements that match in one of the cells."""
    return reduce(or_, (cell.mask for cell in cells), 0)


def narrowed(cells: Iterable[Cell], indexes: Sequence[int]) -> list[Cell]:
    """The cells with masks of the statements at these indexes only."""
    by_mask: dict[int, Cell] = {}
    for cell in cells:
        mask = sum(1 << place for place, index in enumerate(indexes) if cell.mask >> index & 1)
        by_mask.setdefault(mask, Cell(mask, cell.example))
    return list(by_mask.values())


PRUNED_FROM = 48
CHEAP = 8
"""The number of combined masks that are one step."""

Combination = tuple[Cell, ...]


def uncovered(dimensions: Sequence[Sequence[Cell]], obstacles: int, work: Work) -> Combination | None:
    """One cell for each dimension, such that no obstacle matches the combination; None if there is none.

    `obstacles` is the mask of the statements that must not match.

    Raises:
        TooManyCellsError: the budget is spent.
    """
    order = sorted(range(len(dimensions)), key=lambda index: len(dimensions[index]))
    reached = combinations([dimensions[index] for index in order], obstacles, work, any_uncovered=True)
    if 0 not in reached:
        return None
    by_dimension = dict(zip(order, reached[0], strict=True))
    return tuple(by_dimension[index] for index in range(len(dimensions)))


def combinations(
    dimensions: Sequence[Sequence[Cell]], obstacles: int, work: Work, *, any_uncovered: bool = False
) -> dict[int, Combination]:
    """Combinations of one cell for each dimension, by the mask of the obstacles that match them all.

    One may be left out if another one avoids more obstacles; with `any_uncovered` all may be left out beside one that
    avoids every obstacle.

    Raises:
        TooManyCellsError: the budget is spent.
    """
    reached: dict[int, Combination] = {obstacles: ()}
    price = 1 + obstacles.bit_length() // WIDE
    for depth, dimension in enumerate(dimensions):
        work.spend(price * len(reached) * len(dimension) * (1 + depth // CHEAP) // CHEAP)
        following: dict[int, Combination] = {}
        for mask, combination in reached.items():
            for cell in dimension:
                following.setdefault(mask & cell.mask, (*combination, cell))
        if any_uncovered and 0 in following:
            following = {0: following[0]}
        elif len(following) > PRUNED_FROM:
            following = {mask: following[mask] for mask in _least(following, work)}
        reached = following
    return reached


def _least(masks: Iterable[int], work: Work) -> list[int]:
    """The masks without those that include another mask."""
    kept: list[int] = []
    for mask in sorted(masks, key=int.bit_count):
        work.spend(len(kept) * (1 + mask.bit_length() // WIDE) // CHEAP // 4)
        if not any(other & mask == other for other in kept):
            kept.append(mask)
    return kept
