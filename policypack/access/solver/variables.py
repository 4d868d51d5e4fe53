"""The encoder of policy variables: the assignments of values to variables that could matter to some statements.

Variables get their values one after the other. Three kinds of value can matter: one that no document mentions, one for
each way in which conditions on the same key hold, and one for each way in which texts with the variable match the texts
that they are compared with. So a statement with `${aws:username}` is read with a name that is nowhere else, with each
name that conditions on `aws:username` distinguish, and, where `b/${aws:username}` meets `b/c*`, with a name that begins
with a `c` and one that does not. The next variable meets the values of those before it as plain text. Where conditions
make keys depend on one another, what one is compared with is carried over to the others.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from policypack.access.solver.conditions import pattern_of
from policypack.access.solver.infixes import infixes
from policypack.access.solver.partition import MATCHES, WIDE, Pattern, Preference, TooManyCellsError, Work, cells
from policypack.access.solver.substitution import (
    LITERAL,
    VARIABLE,
    Assignment,
    length,
    substituted,
    variables,
    variables_of,
)
from policypack.iam.document import Statement
from policypack.iam.globs import has_wildcard

MOST_ASSIGNMENTS = 256
PIECE = 16
"""The number of characters that are read in one step."""


def assignments(
    required: Sequence[Statement],
    others: Sequence[Statement],
    fixed: Callable[[str], Sequence[str] | None],
    work: Work,
    *,
    foreign: bool = False,
) -> Iterator[Assignment]:
    """The values that requests which `required` may match can have for the variables, as far as it matters.

    Args:
        required: the statements that are to match.
        others: the other statements that decide.
        fixed: returns the values of the caller for a key in every request; None where requests differ.
        work: the budget of the question.
        foreign: whether a key has other values than a stand-in only for the conditions on it.

    Raises:
        TooManyCellsError: there are more than `MOST_ASSIGNMENTS` ways, or they take too much work to find.
    """
    every = list(dict.fromkeys(name for each in (*required, *others) for name in variables_of(each)))
    if not every:
        yield {}
        return
    limited = {condition.name for statement in (*required, *others) for condition in statement.conditions}
    trial = _Trial(_stand_ins(every), sorted(every, key=lambda name: name not in limited), fixed, foreign, work)
    for count, assignment in enumerate(trial.grown(required, others, {})):
        if count >= MOST_ASSIGNMENTS:
            raise TooManyCellsError
        yield {name: assignment[name] for name in every}


class _Trial(msgspec.Struct):
    """Assigns each value that matters to one variable after the other."""

    stand_ins: Mapping[str, str]
    """For each key a value that no other key has."""
    order: Sequence[str]
    """The keys; first those that conditions limit, since others can follow them and not the other way round."""
    fixed: Callable[[str], Sequence[str] | None]
    foreign: bool
    work: Work

    def grown(
        self, required: Sequence[Statement], others: Sequence[Statement], assignment: Assignment
    ) -> Iterator[Assignment]:
        """The assignments that begin with `assignment`, of which the statements are read already."""
        name = next((each for each in self.order if each not in assignment), None)
        if name is None:
            yield assignment
            return
        price = sum(map(length, (*required, *others)))
        for value in self._choices(name, required, others, assignment):
            self.work.spend(price)
            one = {name: value}
            needed = [substituted(statement, one, partly=True) for statement in required]
            against = [substituted(each, one, partly=True) for each in others]
            if None not in needed:
                yield from self.grown(
                    [statement for statement in needed if statement],
                    [statement for statement in against if statement],
                    {**assignment, **one},
                )

    def _choices(
        self, name: str, required: Sequence[Statement], others: Sequence[Statement], assignment: Assignment
    ) -> list[str | None]:
        fixed = self.fixed(name)
        if fixed is not None:
            return [*fixed] or [None]
        self.work.spend(sum(map(length, (*required, *others))))
        elements = [*_elements(required, wanted=True), *_elements(others, wanted=False)]
        wishes: dict[tuple[str | Pattern, ...], set[bool | None]] = defaultdict(set)
        for group, wanted in self._distinguished(name, elements, assignment):
            wishes[group].add(wanted)
        unmatched, matched = (
            frozenset(index for index, wish in enumerate(wishes.values()) if wish == {wanted})
            for wanted in (False, True)
        )
        stand_in = self.stand_ins[name]
        (plain,) = cells(Pattern(stand_in, wild=False), [*wishes], self.work)
        values = cells("?*", [*wishes], self.work, Preference(unmatched, matched))
        return [stand_in, *(value for member, value in values.items() if member != plain), None]

    def _distinguished(
        self, name: str, elements: Sequence[_Element], assignment: Assignment
    ) -> Iterator[tuple[tuple[str | Pattern, ...], bool | None]]:
        """Groups of patterns by which values of the key are distinguished, and whether a match is preferred."""
        sent = [*elements, *self._sent(elements, assignment)]
        known = _known(elements) | {name: [value for value in assignment.values() if value]}
        for element in elements:
            self.work.spend(1)
            if element.about == name:
                yield from ((group, element.wanted) for group in element.groups)
                yield from (((pattern,), None) for pattern in element.patterns if self.foreign)
                yield from (((text,), None) for text in _expanded(element.open_texts, known, self.work))
        if not self.foreign:
            yield from self._compared(name, sent, known)
        unset = [each for each in self.order if each not in assignment]
        links = _Links.of([each for each in sent if each.about in unset or not self.foreign], unset, self.work)
        if links.tied():
            yield from (((text,), None) for text in self._carried(name, links))

    def _compared(
        self, name: str, elements: Sequence[_Element], known: Mapping[str, Sequence[str]]
    ) -> Iterator[tuple[tuple[str, ...], bool | None]]:
        """Groups of patterns by which texts with the variable match other texts, and whether a match is preferred.

        Two texts that are preferably not matched are not compared: the request matches neither. No match is preferred with
        what another variable may stand for, since its own conditions may exclude that.
        """
        patterns: dict[_Element, tuple[list[str], list[str]]] = {}
        texts = [(element, text) for element in elements for text in element.texts if name in variables(text)]
        for one, text in texts:
            self.work.spend(len(elements) // MATCHES)
            for other in elements:
                if other is one or other.about != one.about or not (one.wanted or other.wanted):
                    continue
                if other not in patterns:
                    certain = _expanded(other.texts, {name: known[name]}, self.work)
                    among = {*certain}
                    every = _expanded(other.texts, known, self.work)
                    patterns[other] = certain, [each for each in every if each not in among]
                certain, possible = patterns[other]
                wanted = one.wanted and other.wanted
                yield from ((group, wanted) for group in _infixes(name, text, certain, self.work))
                yield from ((group, None) for group in _infixes(name, text, possible, self.work))

    def _carried(self, name: str, links: _Links) -> Iterator[str]:
        """Patterns of the key's values by which the values of other keys without one are distinguished.

        Where `aws:userid` is to be `x${aws:username}`, what a pattern says of either it says of a part of the other. A
        pattern is carried from key to key, to none of them twice.
        """
        waiting = deque((each, pattern, frozenset((each,))) for each in links.unset for pattern in links.met_by(each))
        seen = {*waiting}
        while waiting:
            source, pattern, visited = waiting.popleft()
            for target in links.unset:
                if target in visited:
                    continue
                found = links.carried(source, pattern, target)
                self.work.spend(1 + len(found))
                if target == name:
                    yield from found
                onward = [(target, each, visited | {target}) for each in found]
                waiting += [each for each in onward if each not in seen]
                seen.update(onward)

    def _sent(self, elements: Iterable[_Element], assignment: Assignment) -> Iterator[_Element]:
        """What a request has for the keys that elements are about, as far as that is known."""
        for name in dict.fromkeys(element.about for element in elements):
            value = assignment.get(name)
            if values := self.fixed(name) or (() if value is None else (value,)):
                yield _Element(name, tuple(values), wanted=True)


class _Element(msgspec.Struct, frozen=True):
    """Texts, one of which must match the resource or the request's value of a key."""

    about: str
    """The key, in lower case; nothing for the resource."""
    texts: tuple[str, ...]
    wanted: bool
    """Whether a request that is searched for preferably matches."""
    operator: str = "StringLike"

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The texts as the operator reads them, with wildcards for other variables."""
        return tuple(map(self._read, self.texts))

    @property
    def open_texts(self) -> list[str]:
        """The texts with variables."""
        return [text for text in self.texts if variables(text)]

    @property
    def groups(self) -> Iterator[tuple[Pattern, ...]]:
        """All texts together, those without variables together, and each that has one.

        A text with a variable does not match all that it matches with wildcards: it must not hide the texts beside it.
        """
        yield self.patterns
        if several := self.open_texts:
            if plain := tuple(self._read(text) for text in self.texts if text not in several):
                yield plain
            yield from ((self._read(text),) for text in several)

    def _read(self, text: str) -> Pattern:
        if variables(text):
            return msgspec.structs.replace(pattern_of(self.operator, _wide(text)), wild=True)
        return pattern_of(self.operator, text)


def _elements(statements: Sequence[Statement], *, wanted: bool) -> Iterator[_Element]:
    for statement in statements:
        if statement.resources:
            yield _Element("", statement.resources, wanted)
        if statement.not_resources:
            yield _Element("", statement.not_resources, not wanted)
        for condition in statement.conditions:
            if condition.operator.startswith(("String", "Arn", "Binary")):
                yield _Element(condition.name, condition.values, wanted is not condition.negated, condition.operator)


class _Links(msgspec.Struct):
    """How the values of keys without one depend on one another, through the texts that have their variables."""

    unset: Sequence[str]
    texts: Mapping[str, Sequence[str]]
    """By what they are about, the texts that are compared with it."""
    work: Work

    @staticmethod
    def of(elements: Iterable[_Element], unset: Sequence[str], work: Work) -> _Links:
        """The links by these elements."""
        texts: dict[str, dict[str, None]] = {}
        for element in elements:
            texts.setdefault(element.about, {}).update(dict.fromkeys(element.texts))
        return _Links(unset, {about: [*written] for about, written in texts.items()}, work)

    def tied(self) -> bool:
        """Whether conditions on one key make the value of one depend on that of another."""
        return any(
            len({about, *(name for text in written for name in variables(text))}.intersection(self.unset)) > 1
            for about, written in self.texts.items()
            if about
        )

    def met_by(self, name: str) -> Iterator[str]:
        """The patterns of a key's values by its own conditions, and by what texts with its variable are compared with."""
        yield from _expanded(self.texts.get(name, ()), {}, self.work)
        for about, written in self.texts.items():
            patterns = [*map(_wide, written)] if about not in self.unset else ()
            for text in written if patterns else ():
                for group in _infixes(name, text, patterns, self.work):
                    yield from group

    def carried(self, source: str, pattern: str, target: str) -> list[str]:
        """The patterns for `target` that are equivalent to `pattern` for `source`."""
        found: dict[str, None] = {}
        for about, written in self.texts.items():
            self.work.spend(1 + len(written) // 2)
            made = [_wide(text, {source: pattern}) for text in written if source in variables(text)]
            made += [pattern] if about == source else []
            if about == target:
                found |= dict.fromkeys(made)
            else:
                for text in written if made else ():
                    for group in _infixes(target, text, made, self.work):
                        found |= dict.fromkeys(group)
        return [*found]


def may_miss(required: Sequence[Statement], others: Sequence[Statement]) -> bool:
    """Whether keys refer to one another in a way of which `assignments` may miss some: none found is not none there.

    By such references it misses none where each is to a whole value, or where the references form no cycle and leave one value
    that the key can have. The rest are equations of words, whose solutions no finite number of cells distinguishes.
    """
    names = {name for statement in (*required, *others) for name in variables_of(statement)}
    if len(names) < 2:
        return False
    joined, whole, cyclic = {name: name for name in names}, True, False
    every = [*_elements(required, wanted=True), *_elements(others, wanted=False)]
    for about, text, operator in {(each.about, text, each.operator) for each, text in _references(every, names)}:
        inside = variables(text)
        fixed = _wide(text, dict.fromkeys(inside, "-"))
        if len(inside) > 1 or has_wildcard(fixed) or not operator.startswith("String") or "IgnoreCase" in operator:
            return True
        whole = whole and fixed == "-"
        one, other = joined[about], joined[inside[0]]
        cyclic = cyclic or one == other
        joined = {name: one if root == other else root for name, root in joined.items()}
    return cyclic and not whole


def _references(elements: Iterable[_Element], names: Iterable[str]) -> Iterator[tuple[_Element, str]]:
    """The elements about one of the keys with a text that has a variable for another one of them."""
    among = {*names}
    for element in elements:
        if element.about in among:
            yield from (
                (element, text) for text in element.texts if among.intersection(variables(text)) - {element.about}
            )


def _known(elements: Iterable[_Element]) -> dict[str, list[str]]:
    """By key, what conditions compare it with."""
    found: dict[str, list[str]] = {}
    for element in elements:
        found.setdefault(element.about, []).extend(map(_wide, element.texts))
    return found


def _expanded(texts: Iterable[str], known: Mapping[str, Iterable[str]], work: Work) -> list[str]:
    """Texts with their variables as anything, as their default, and as each value that is known for them."""
    found: dict[str, None] = {}
    for text in texts:
        work.spend(1 + len(text) // PIECE)
        found[_wide(text)] = None
        for variable in VARIABLE.finditer(text):
            name, default = variable[1].strip().lower(), variable[2]
            values = [*known.get(name, ()), *([default] if default else [])]
            for value in values:
                work.spend(1 + (len(text) + len(value)) // PIECE)
                found[_wide(text, {name: value})] = None
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


def _infixes(name: str, text: str, patterns: Iterable[str], work: Work) -> Iterator[tuple[str, ...]]:
    """Patterns of the values with which a text matches others; each of a value's places decides by itself."""
    places = [each for each in VARIABLE.finditer(text) if each[1].strip().lower() == name]
    for pattern in patterns:
        work.spend(1 + len(places) * (4 + 2 * (len(text) + len(pattern)) * (1 + len(pattern) // WIDE) // PIECE))
        for place in places if pattern != _wide(text) else ():
            before, after = _wide(text[: place.start()]), _wide(text[place.end() :])
            found = infixes(before, after, pattern)
            work.spend(sum(map(len, found)))
            yield from ((each,) for group in found for each in group) if len(places) > 1 else found


def _wide(text: str, values: Mapping[str, str] | None = None) -> str:
    """A text with wildcards for its variables, except those with a value in `values`."""

    def stand_in(found: re.Match[str]) -> str:
        return LITERAL.get(found[1]) or (values or {}).get(found[1].strip().lower(), "?*")

    return VARIABLE.sub(stand_in, text)
