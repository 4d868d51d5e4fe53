"""The state of one reading of a package: its modules, what attributes hold, and what has been found."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from policypack.access.calls.model import Call, Text, Unresolved
from policypack.access.calls.values import (
    EMPTY,
    UNKNOWN,
    Class,
    Client,
    Foreign,
    Instance,
    Loaded,
    Mapped,
    Module,
    Nothing,
    Partial,
    Scope,
    Session,
    Several,
    Thing,
    Values,
    either,
    of_event,
    texts,
)
from policypack.aws.handler import Place

STEPS = 100_000
"""Expressions that are read at most; a function of ten modules has two thousand, read three times."""
WAYS = 16
"""Ways to call a function that are told apart."""
NESTED = 4
"""How deep inside an argument texts are looked for."""


class TooMuchError(Exception):
    """The code is too large, or calls itself in too many ways, to be read."""


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of one call; `open` where some cannot be told: `**options`."""

    args: tuple[Values, ...] = ()
    keywords: tuple[tuple[str, Values], ...] = ()
    open: bool = False

    def get(self, name: str, position: int | None = None) -> Values:
        """An argument by its name, or its position; nothing where it is not given."""
        found = dict(self.keywords).get(name, EMPTY)
        return found or (self.args[position] if position is not None and position < len(self.args) else EMPTY)

    @property
    def all(self) -> list[Values]:
        """Every argument."""
        return [*self.args, *(each for _, each in self.keywords)]

    def widened(self, *, wholly: bool) -> Given:
        """The same with less told apart: no texts and lists, or nothing at all but what a method belongs to."""
        args = tuple(each if wholly and not at else _wide(each, wholly=wholly) for at, each in enumerate(self.args))
        return Given(args, tuple((name, _wide(each, wholly=wholly)) for name, each in self.keywords), self.open)


@dataclass(slots=True)
class Reader:
    """Everything that is known so far. Values are read in rounds, until nothing is added."""

    modules: Mapping[str, Module]
    load: Callable[[Reader, Module], None]
    round: int = 0
    steps: int = 0
    depth: int = 0
    heap: dict[tuple[Instance | Class, str], Values] = field(default_factory=dict)
    calls: dict[Call, None] = field(default_factory=dict)
    unresolved: dict[Unresolved, None] = field(default_factory=dict)
    results: dict[object, Values] = field(default_factory=dict)
    """What functions return, by function and arguments."""
    fresh: set[object] = field(default_factory=set)
    """Of `results`, those of this round."""
    scopes: dict[object, Scope] = field(default_factory=dict)
    called: set[int] = field(default_factory=set)
    """The functions that have been read in this round, by the identity of their syntax."""
    contexts: dict[int, set[Given]] = field(default_factory=dict)
    """The arguments that a function is read for, by the identity of its syntax."""
    classes: dict[tuple[int, int], Class] = field(default_factory=dict)
    suspects: bool = False
    """Whether boto3 is imported anywhere, so that a method of something unknown may be a call."""

    def step(self) -> None:
        """One more expression."""
        self.steps += 1
        if self.steps > STEPS:
            raise TooMuchError

    def place(self, node: ast.expr | ast.stmt, scope: Scope) -> Place:
        """Where something stands."""
        return Place(scope.module.file, node.lineno)

    def called_with(
        self, place: Place, service: str, operation: str, given: Iterable[tuple[str, Values]], *, open_: bool = False
    ) -> None:
        """Note a call."""
        flat = (each for name, values in given for each in _flattened(name, values, NESTED))
        arguments = tuple(sorted(flat, key=lambda each: (each[0], str(each[1]))))
        found = Call(place, service, operation, _merged(arguments), open_)
        self.calls[found] = None

    def give_up(self, place: Place, why: str) -> None:
        """Note that something cannot be resolved."""
        self.unresolved[Unresolved(place, why)] = None

    def module(self, name: str) -> Module | None:
        """A module of the package, read in this round."""
        found = self.modules.get(name)
        if found is not None and found.read != self.round:
            found.read = self.round
            self.load(self, found)
        return found

    def imported(self, module: str, member: str = "") -> Values:
        """What an import stands for."""
        if not member:
            found = self.module(module)
            return frozenset({Loaded(found) if found else Foreign(module)})
        found = self.module(module)
        if found and found.scope and member in found.scope.names:
            return found.scope.names[member]
        inner = self.module(f"{module}.{member}")
        if inner:
            return frozenset({Loaded(inner)})
        if found and found.scope:
            return either(self.imported(star, member) for star in found.stars)
        return frozenset({Foreign(f"{module}.{member}")})

    def context(self, node: ast.AST, given: Given) -> Given:
        """The arguments to read a function for: as given, or with less told apart where it is called in many ways."""
        known = self.contexts.setdefault(id(node), set())
        for limit, candidate in (
            (WAYS, given),
            (2 * WAYS, given.widened(wholly=False)),
            (1 << 30, given.widened(wholly=True)),
        ):
            if candidate in known or len(known) < limit:
                known.add(candidate)
                return candidate
        return given

    def put(self, owner: Instance | Class, name: str, values: Values) -> None:
        """An attribute may hold this too."""
        self.heap[owner, name] = either((self.heap.get((owner, name), EMPTY), values))

    def state(self) -> object:
        """What must stay the same for the reading to be at its end."""
        return (len(self.calls), len(self.unresolved), {key: len(each) for key, each in self.heap.items()})


def _wide(values: Values, *, wholly: bool) -> Values:
    if of_event(values):
        return values
    kept = frozenset(each for each in values if not isinstance(each, Text | Several | Mapped | Nothing | Partial))
    if wholly:
        kept = frozenset(each for each in kept if isinstance(each, Client | Thing | Session))
    return kept if len(kept) == len(values) else kept | UNKNOWN


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The module that an import names, which may be relative."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _flattened(name: str, values: Values, depth: int) -> Iterator[tuple[str, tuple[Text, ...]]]:
    plain = frozenset(each for each in values if not isinstance(each, Several | Mapped))
    if found := texts(plain):
        yield name, tuple(found)
    elif not values or all(isinstance(each, Nothing) for each in values):
        return
    if not depth:
        return
    for each in values:
        if isinstance(each, Several):
            for element in each.elements:
                yield from _flattened(f"{name}[]", element, depth - 1)
        elif isinstance(each, Mapped):
            if each.items:
                yield f"{name}{{}}", tuple(key for key, _ in each.items)
            for key, value in each.items:
                yield from _flattened(f"{name}.{key}", value, depth - 1)


def _merged(arguments: tuple[tuple[str, tuple[Text, ...]], ...]) -> tuple[tuple[str, tuple[Text, ...]], ...]:
    found: dict[str, dict[Text, None]] = {}
    for name, each in arguments:
        found.setdefault(name, {}).update(dict.fromkeys(each))
    return tuple((name, tuple(each)) for name, each in found.items())
