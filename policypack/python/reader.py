"""The state of one reading of a package: its modules, the values of attributes, and the findings."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from policypack.python import domain
from policypack.python.domain import EMPTY, UNKNOWN, Scope, Values, either, single
from policypack.python.files import CodePlace
from policypack.python.model import EVENT_TEXT, AwsCall, Imported, Text, Unresolved, shape_of
from policypack.python.modules import Module, binds

STEPS = 100_000
"""Expressions that are read at most; a function of ten modules has two thousand, read three times."""
SHALLOW_STEPS = 10 * STEPS
"""The same if functions are not entered, and everything is read once."""
SEARCH_PATHS = frozenset({"site.addsitedir", "sys.meta_path", "sys.modules", "sys.path", "sys.path_hooks"})
"""Members of the standard library by which code changes the places that modules are imported from."""
ROUNDS = 12
"""Times that everything is read at most; three or four are enough for what people write."""
WAYS = 16
"""Ways to call a function that are read separately."""
NESTED = 4
"""How deep inside an argument texts are looked for."""


class TooMuchCodeError(Exception):
    """The code is too large, or calls itself in too many ways, to be read."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call; `open` if some are unknown: `**options`."""

    args: tuple[Values, ...] = ()
    keywords: tuple[tuple[str, Values], ...] = ()
    open: bool = False

    def get(self, name: str, position: int | None = None) -> Values:
        """An argument by its name, or its position; the empty set if it is not passed."""
        argument = dict(self.keywords).get(name, EMPTY)
        return argument or (self.args[position] if position is not None and position < len(self.args) else EMPTY)

    @property
    def all(self) -> list[Values]:
        """Every argument."""
        return [*self.args, *(value for _, value in self.keywords)]

    def widened(self, *, wholly: bool) -> Arguments:
        """The same with fewer distinctions: without texts and lists, or `wholly` without all but a method's own object."""
        args = tuple(value if wholly and not at else _wide(value, wholly=wholly) for at, value in enumerate(self.args))
        return Arguments(args, tuple((name, _wide(value, wholly=wholly)) for name, value in self.keywords), self.open)


@dataclass(slots=True)
class Reader:
    """Everything that is known so far.

    Values are read in rounds until nothing is added, and then once more: what the last round finds counts.
    """

    modules: Mapping[str, Module]
    load: Callable[[Reader, Scope], None]
    minor: int | None = None
    """The version of Python 3 that runs the code, if it is known."""
    deep: bool = True
    """Whether functions are entered."""
    frame: Hashable = None
    """What is read: a module, by its name, or a function with its arguments; None outside all of them."""
    sure: bool = True
    """Whether some invocation runs this part of the frame, and nothing in the frame hides an exception that it raises."""
    imports: dict[tuple[Hashable, Imported], None] = field(default_factory=dict)
    """Imports that some run of their frame makes, with that frame."""
    entered: dict[Hashable, set[Hashable]] = field(default_factory=dict)
    """By frame, the frames that some run of it enters."""
    dropped: set[ast.expr] = field(default_factory=set)
    """Calls whose result is not used, so that they run no coroutine or generator."""
    by_environment: set[domain.Value] = field(default_factory=set)
    """Functions, classes and instances that perhaps no invocation uses: the environment chooses among them."""
    searching: set[str] = field(default_factory=set)
    """Files with code that changes the places that modules are imported from."""
    round: int = 0
    steps: int = 0
    depth: int = 0
    heap: dict[tuple[domain.Instance | domain.ClassValue, str], Values] = field(default_factory=dict)
    calls: dict[AwsCall, None] = field(default_factory=dict)
    unresolved: dict[Unresolved, None] = field(default_factory=dict)
    results: dict[object, Values] = field(default_factory=dict)
    """What functions return, by function and arguments."""
    fresh: set[object] = field(default_factory=set)
    """Of `results`, those of this round."""
    scopes: dict[object, Scope] = field(default_factory=dict)
    globals: dict[str, Scope] = field(default_factory=dict)
    """The names of each module that has been read, by the module's own."""
    rounds: dict[str, int] = field(default_factory=dict)
    """The round in which a module was last read."""
    called: dict[domain.FunctionNode, Module] = field(default_factory=dict)
    """The functions that have been read in this round, in order."""
    contexts: dict[domain.FunctionNode, set[Arguments]] = field(default_factory=dict)
    """The arguments that a function is read for."""
    classes: dict[tuple[ast.ClassDef, int], domain.ClassValue] = field(default_factory=dict)
    seen: dict[ast.AST, Values] = field(default_factory=dict)
    """The possible values of each expression and pattern that has been read."""
    escaped: dict[domain.FunctionValue | domain.ClassValue | domain.Instance, None] = field(default_factory=dict)
    """Callbacks that were passed to a library, which may call them."""
    suspects: bool = False
    """Whether boto3 is imported anywhere, so that a method of something unknown may be a call."""

    def step(self) -> None:
        """One more expression."""
        self.steps += 1
        if self.steps > (STEPS if self.deep else SHALLOW_STEPS):
            raise TooMuchCodeError

    def begin_round(self) -> None:
        """Begin to read everything once more."""
        self.round += 1
        if self.round > ROUNDS:
            raise TooMuchCodeError
        self.fresh.clear()
        self.called.clear()

    def scopes_of(self, function: ast.AST) -> Iterator[Scope]:
        """The names in a function, for each of its calls."""
        return (scope for frame, scope in self.scopes.items() if isinstance(frame, tuple) and frame[0] is function)

    def forget(self) -> None:
        """Forget what was found before all was known: the round that follows finds it again, and nothing else."""
        self.calls.clear()
        self.unresolved.clear()
        self.imports.clear()
        self.entered.clear()
        self.by_environment.clear()
        self.seen.clear()

    def saw(self, node: ast.AST, values: Values) -> Values:
        """Note the possible values of an expression or a pattern."""
        self.seen[node] = self.seen.get(node, EMPTY) | values
        return values

    def place(self, node: ast.expr | ast.stmt, scope: Scope) -> CodePlace:
        """The place of an expression or statement."""
        return CodePlace(scope.module.file, node.lineno)

    def called_with(
        self,
        place: CodePlace,
        service: str,
        operation: str,
        arguments: Iterable[tuple[str, Values]],
        *,
        open_: bool = False,
        region: Text | None = None,
    ) -> None:
        """Note a call."""
        flat = [argument for name, values in arguments for argument in _flattened(name, values, NESTED)]
        merged: dict[str, dict[Text, None]] = {}
        for name, options in sorted(flat, key=lambda argument: (argument[0], str(argument[1]))):
            merged.setdefault(name, {}).update(dict.fromkeys(options))
        constants = tuple((name, tuple(options)) for name, options in merged.items())
        self.calls[AwsCall(place, service, operation, constants, open_, region)] = None

    def note_unresolved(self, place: CodePlace, why: str) -> None:
        """Note that something cannot be resolved."""
        self.unresolved[Unresolved(place, why)] = None

    def module(self, name: str) -> Scope | None:
        """The names of a module of the package, which has been read in this round."""
        module = self.modules.get(name)
        if module is None:
            return None
        scope = self.globals.setdefault(name, Scope(module))
        if self.rounds.get(name) != self.round:
            self.rounds[name] = self.round
            with self.inside(name):
                self.load(self, scope)
        return scope

    @contextmanager
    def inside(self, frame: Hashable) -> Iterator[None]:
        """Read a frame."""
        before = self.frame, self.sure
        self.frame, self.sure = frame, True
        yield
        self.frame, self.sure = before

    @property
    def in_function(self) -> bool:
        """Whether a function is read: what decides there is often the input, and at a module's top the environment."""
        return isinstance(self.frame, tuple)

    @contextmanager
    def perhaps(self, *, surely: bool = False) -> Iterator[None]:
        """Read what perhaps never runs on Lambda, or fails unseen, unless `surely`."""
        before = self.sure
        self.sure = before and surely
        yield
        self.sure = before

    def enter(self, frame: Hashable) -> None:
        """Note that the frame runs another one."""
        if self.sure:
            self.entered.setdefault(self.frame, set()).add(frame)

    def reached(self, is_library: Callable[[str], bool]) -> set[Hashable]:
        """The frames that some invocation enters; functions in the files of a library import nothing."""
        frames: set[Hashable] = set()
        waiting: list[Hashable] = [None]
        while waiting:
            frame = waiting.pop()
            if frame not in frames:
                frames.add(frame)
                inner = self.entered.get(frame, ())
                waiting += [name for name in inner if not (isinstance(name, str) and _in_library(frame, is_library))]
        return frames

    def imports_of(self, is_library: Callable[[str], bool]) -> Iterator[Imported]:
        """The imports that some invocation makes, but for those of a library's functions."""
        frames = self.reached(is_library)
        for frame, imported in self.imports:
            if frame in frames and not _in_library(frame, is_library):
                yield imported

    def run_modules(self, name: str) -> None:
        """Run the packages around a module, and then itself."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            step = ".".join(parts[:end])
            self.enter(step)
            self.module(step)

    def run_import(self, target: Imported) -> None:
        """Import a module as Python does: the packages around it first, then a member that is a module."""
        if self.sure:
            self.imports[self.frame, target] = None
        self.run_modules(target.module)
        package = self.modules.get(target.module)
        if (
            self.sure
            and target.member
            and not (package and binds(self.modules.get, package, target.member) is not False)
        ):
            self.enter(f"{target.module}.{target.member}")

    def imported(self, module: str, member: str = "", seen: frozenset[str] = frozenset()) -> Values:
        """The values of an import; `seen` are modules that import everything from this one."""
        scope = self.module(module)
        if not member:
            return single(domain.LoadedModule(scope) if scope else domain.External(module))
        if scope and member in scope.names:
            return scope.names[member]
        inner = self.module(f"{module}.{member}")
        if inner:
            return single(domain.LoadedModule(inner))
        if scope:
            seen |= {module}
            return either(self.imported(star, member, seen) for star in scope.module.stars if star not in seen)
        return single(domain.External(f"{module}.{member}"))

    def context(self, node: domain.FunctionNode, arguments: Arguments) -> Arguments:
        """The arguments to read a function for: as they are, or with fewer distinctions if it is called in many ways."""
        known = self.contexts.setdefault(node, set())
        for limit, candidate in (
            (WAYS, arguments),
            (2 * WAYS, arguments.widened(wholly=False)),
            (1 << 30, arguments.widened(wholly=True)),
        ):
            if candidate in known or len(known) < limit:
                known.add(candidate)
                return candidate
        return arguments

    def put(self, owner: domain.Instance | domain.ClassValue, name: str, values: Values) -> None:
        """Add values to an attribute."""
        self.heap[owner, name] = domain.joined_dictionaries(either((self.heap.get((owner, name), EMPTY), values)))

    def state(self) -> object:
        """What must stay the same for the reading to be at its end."""
        values = sum(map(len, self.heap.values()))
        seen = sum(map(len, self.seen.values()))
        return (len(self.calls), len(self.unresolved), len(self.heap), values, len(self.seen), seen, len(self.escaped))


def _in_library(frame: Hashable, is_library: Callable[[str], bool]) -> bool:
    """Whether a frame is a function of a library."""
    return isinstance(frame, tuple) and is_library(frame[1].module.file)


def _wide(values: Values, *, wholly: bool) -> Values:
    if domain.of_event(values):
        return values
    kept = domain.narrowed(values)
    if wholly:
        distinct = domain.Client | domain.BotoResource | domain.BotoSession | domain.FunctionValue | domain.ClassValue
        kept = frozenset(value for value in kept if isinstance(value, distinct) or shape_of(value))
    return kept if len(kept) == len(values) else kept | UNKNOWN


def _flattened(name: str, values: Values, depth: int) -> Iterator[tuple[str, tuple[Text, ...]]]:
    plain = frozenset(value for value in values if not isinstance(value, domain.ListValue | domain.DictValue))
    plain = frozenset(EVENT_TEXT if shape_of(value) else value for value in plain)
    if options := domain.texts(plain):
        yield name, tuple(options)
    elif not values or all(isinstance(value, domain.Nothing) for value in values):
        return
    if not depth:
        return
    for container in values:
        if isinstance(container, domain.ListValue):
            for element in container.elements:
                yield from _flattened(f"{name}[]", element, depth - 1)
        elif isinstance(container, domain.DictValue):
            if container.items:
                yield f"{name}{{}}", tuple(EVENT_TEXT if shape_of(key) else key for key, _ in container.items)
            for key, value in container.items:
                yield from _flattened(f"{name}.{key}", value, depth - 1)
