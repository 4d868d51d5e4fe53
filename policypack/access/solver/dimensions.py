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
)
from policypack.access.solver.partition import Preference, Work, cells
from policypack.iam.actions import lowered, multivalued
from policypack.iam.addresses import distinguishing_addresses
from policypack.iam.condition_keys import ALWAYS_SENT
from policypack.iam.document import Condition, Statement
from policypack.iam.globs import any_matches, covers, has_wildcard, overlaps

BOOLEAN = ("true", "false")


class Cell(msgspec.Struct, frozen=True):
    """Requests that no statement distinguishes in one dimension: the mask of the statements that match, and an example."""

    mask: int
    example: object


def mask_of(matches: Iterable[bool]) -> int:
    """The mask of statements, by whether each matches."""
    return sum(matched << index for index, matched in enumerate(matches))


def key_cells(name: str, statements: Sequence[Statement], work: Work) -> list[Cell]:
    """The cells of one condition key; an example is a tuple of values, empty where the request lacks the key.

    Raises:
        TooManyCellsError: the conditions distinguish too many values.
    """
    conditions = [
        (index, condition)
        for index, statement in enumerate(statements)
        for condition in statement.conditions
        if condition.name == name
    ]
    distinct = list({meaning(each): each for _, each in conditions}.values())
    found: dict[int, Values] = {}
    for values in _sets(name, distinct, work):
        work.spend(1 + len(distinct) // 4)
        held = {meaning(each) for each in distinct if met(each, values)}
        mask = (1 << len(statements)) - 1
        for index, each in conditions:
            if meaning(each) not in held:
                mask &= ~(1 << index)
        found.setdefault(mask, values)
    return [Cell(mask, values) for mask, values in found.items()]


def meaning(condition: Condition) -> tuple[object, ...]:
    """Everything about a condition except its path."""
    return condition.name, condition.operator, condition.values, condition.qualifier, condition.if_exists


def _sets(name: str, conditions: Sequence[Condition], work: Work) -> Iterator[Values]:
    """The values that a request can have for a key, as far as the conditions distinguish them."""
    singles = list(_singles(name, conditions, work))
    if name not in ALWAYS_SENT:
        yield ()
    several = multivalued(name)
    if several is None:
        several = not name.startswith("aws:") and any(condition.qualifier for condition in conditions)
    if not several:
        yield from ((each,) for each in singles)
        return
    compared = [condition for condition in conditions if condition.operator != "Null"]
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
        work.spend(1 + len(elements))
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
    yield from _around(condition for condition in conditions if condition.operator.startswith(("Numeric", "Date")))
    texts = [condition for condition in conditions if condition.operator.startswith(("String", "Arn", "Binary"))]
    if texts or operators <= {"Null"}:
        groups = [[pattern_of(text.operator, value) for value in text.values] for text in texts]
        yield from cells("?*", groups, work).values()
        yield ""


def _around(conditions: Iterable[Condition]) -> Iterator[str]:
    """Each number or date in the conditions, one between each two, and one on either side."""
    spelled = {
        found: value for condition in conditions for value in condition.values if (found := number(value)) is not None
    }
    if not spelled:
        return
    numbers = sorted(spelled)
    yield from (spelled[each] for each in numbers)
    outside = [numbers[0] - 1, numbers[-1] + 1]
    yield from map(_written, [*((low + high) / 2 for low, high in pairwise(numbers)), *outside])


def _written(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


class ElementMatch(msgspec.Struct, frozen=True):
    """The patterns of a statement in one dimension, and whether the statement is about what they match or about the rest."""

    patterns: tuple[str, ...]
    inside: bool

    @staticmethod
    def of(about: tuple[str, ...] | None, not_about: tuple[str, ...] | None) -> ElementMatch:
        """The match of an element or of its negation; a statement with neither is about everything."""
        return ElementMatch(not_about or (), inside=False) if about is None else ElementMatch(about, inside=True)

    def about(self, text: str) -> bool:
        """Whether it is about a text."""
        return any_matches(self.patterns, text) is self.inside


def actions(statement: Statement) -> ElementMatch:
    """The match of the statement's actions, in lower case, since case does not count."""
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

    A cell may be left out where fewer of `others` match another one.

    Raises:
        TooManyCellsError: the patterns distinguish too many texts.
    """
    first, *rest = map(match, required)
    needed = rest if first.inside else [first, *rest]
    found: dict[int, str] = {}
    for pattern in first.patterns if first.inside else ("*",):
        for mask, text in _within(pattern, needed, [*map(match, others)], work):
            if not mask:
                return [Cell(mask, text)]
            found.setdefault(mask, text)
    return [Cell(mask, text) for mask, text in found.items()]


def _within(
    pattern: str, needed: Sequence[ElementMatch], others: Sequence[ElementMatch], work: Work
) -> Iterator[tuple[int, str]]:
    """The cells among the texts that one pattern matches."""
    work.spend(1 + len(others) // 8)
    if not has_wildcard(pattern):
        if all(match.about(pattern) for match in needed):
            yield mask_of(match.about(pattern) for match in others), pattern
        return
    for text in (pattern.replace("*", anything).replace("?", "x") for anything in ("", "x")):
        if not any(match.about(text) for match in others) and all(match.about(text) for match in needed):
            yield 0, text
            return
    groups: dict[tuple[str, ...], int] = {}
    members = [_group(each, pattern, groups) for each in (*needed, *others)]
    if any(member is (not match.inside) for member, match in zip(members, needed, strict=False)):
        return
    insides = [each.inside for each in (*needed, *others)]
    for member, text in cells(pattern, list(groups), work, _preference(members, insides, len(needed))).items():
        held = [
            (each if isinstance(each, bool) else each in member) is inside
            for each, inside in zip(members, insides, strict=True)
        ]
        if all(held[: len(needed)]):
            yield mask_of(held[len(needed) :]), text


def _preference(members: Sequence[int | bool], insides: Sequence[bool], needed: int) -> Preference:
    """The preference that no statement after the first `needed` matches, except in groups that statements read both ways."""
    exact = {each for each in members[:needed] if not isinstance(each, bool)}
    about = {each for each, inside in zip(members, insides, strict=True) if not isinstance(each, bool) and inside}
    rest = {each for each, inside in zip(members, insides, strict=True) if not isinstance(each, bool) and not inside}
    return Preference(frozenset(about - rest - exact), frozenset(rest - about - exact))


def _group(match: ElementMatch, pattern: str, groups: dict[tuple[str, ...], int]) -> int | bool:
    """The index of a group of patterns; True where the group matches all that `pattern` matches, and False where nothing."""
    near = tuple(each for each in match.patterns if each == "*" or overlaps(each, pattern))
    if not near:
        return False
    if any(each == "*" or covers(each, pattern) for each in near):
        return True
    return groups.setdefault(near, len(groups))


def united(every: Iterable[Cell]) -> int:
    """The mask of the statements that match in one of the cells."""
    return reduce(or_, (cell.mask for cell in every), 0)


def narrowed(every: Iterable[Cell], indexes: Sequence[int]) -> list[Cell]:
    """The cells with masks of the statements at these indexes only."""
    found: dict[int, Cell] = {}
    for each in every:
        mask = sum((each.mask >> index & 1) << place for place, index in enumerate(indexes))
        found.setdefault(mask, Cell(mask, each.example))
    return list(found.values())


PRUNED_FROM = 48
CHEAP = 8
"""The number of combined masks that cost as much as one state of a walk."""

Combination = tuple[Cell, ...]


def uncovered(dimensions: Sequence[Sequence[Cell]], obstacles: int, work: Work) -> Combination | None:
    """One cell for each dimension that together no obstacle matches; None where there is none.

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

    One may be left out where another one avoids more obstacles; with `any_uncovered` all may be left out beside one that
    avoids every obstacle.

    Raises:
        TooManyCellsError: the budget is spent.
    """
    reached: dict[int, Combination] = {obstacles: ()}
    for dimension in dimensions:
        work.spend(len(reached) * len(dimension) // CHEAP)
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
        work.spend(len(kept) // CHEAP // 4)
        if not any(other & mask == other for other in kept):
            kept.append(mask)
    return kept
