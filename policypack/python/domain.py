"""The interpreter's abstract domain: an expression's possible values, as a set of hashable values."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from policypack.python.model import EVENT_TEXT, UNKNOWN_TEXT, Shape, Shapes, Text, event_text, shape_of
from policypack.python.modules import Module

MOST = 12
"""Values that are kept separate; more become one unknown."""
MOST_CONTENTS = 64
DEEPEST = 5
"""Levels of lists in lists that are distinguished."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """`None`."""


@dataclass(frozen=True, slots=True)
class External:
    """A member of a module outside the package, by its dotted name; `()` follows the name of a called one."""

    name: str
    callbacks: frozenset[Value] = frozenset()
    """The functions and classes of the package that were passed to it, and that it may call when it is called."""


class Boto:
    """A value of boto3, whose methods call AWS."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BotoSession(Boto):
    """A session of boto3 or botocore; without a region of its own, it has the function's."""

    region: Text | None = None


@dataclass(frozen=True, slots=True)
class BotoConfig(Boto):
    """The configuration of a client, and the region that it names."""

    region: Text | None = None


@dataclass(frozen=True, slots=True)
class Client(Boto):
    """A client; the service is None if its name is unknown, and the region if it is the function's."""

    service: str | None
    region: Text | None = None


@dataclass(frozen=True, slots=True)
class BotoResource(Boto):
    """A resource of boto3 with its identifiers; the empty kind is the service's own."""

    service: str
    kind: str = ""
    identifiers: tuple[tuple[str, frozenset[Value]], ...] = ()
    region: Text | None = None

    def identifier(self, name: str) -> Values:
        """One of its identifiers."""
        return dict(self.identifiers).get(name, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Collection(Boto):
    """Several resources, which one operation lists: `bucket.objects`."""

    owner: BotoResource
    name: str
    narrowed: bool = False
    """Whether a call is noted for it already: it is filtered, or limited."""


@dataclass(frozen=True, slots=True)
class Paginator(Boto):
    """Calls one operation again and again: a paginator, or a waiter."""

    service: str
    operation: str
    region: Text | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A method of one of the values above, not called yet."""

    owner: Value
    name: str

    @property
    def of_event(self) -> bool:
        """Whether it is of a value of the event, or of an attribute of one."""
        return self.owner.of_event if isinstance(self.owner, Method) else shape_of(self.owner) is not None


@dataclass(eq=False, slots=True)
class Scope:
    """Names of a function, a class or a module, and those around it."""

    module: Module
    names: dict[str, Values] = field(default_factory=dict)
    outer: Scope | None = None
    globals: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    """Names of a function around, which this one changes."""
    branches: int = 0
    """How many branches deep the reading is: there a name may keep what it was."""
    returns: bool = False
    """Whether a `return` was read: what follows it perhaps does not run."""
    jumps: bool = False
    """The same of a `break` or `continue` of the loop that is read."""
    owner: ClassValue | None = None
    """The class whose body this is, or in whose method it is."""
    is_class: bool = False
    """Whether it is a class's body: its names are not visible in its methods."""
    returned: Values = frozenset()
    yielded: Values | None = None
    each_of: Shapes = frozenset()
    """The records that the loop that is read makes something of."""
    yielded_of: Shapes = frozenset()
    """The records for each of which a value is yielded."""


@dataclass(frozen=True, slots=True)
class LoadedModule:
    """A module of the package as a value, with its names."""

    scope: Scope


FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class FunctionValue:
    """A function of the package, with its scope and the object that it is bound to."""

    node: FunctionNode
    scope: Scope
    bound: frozenset[Value] | None = None
    cls: ClassValue | None = None


@dataclass(frozen=True, slots=True)
class ClassValue:
    """A class of the package."""

    node: ast.ClassDef
    scope: Scope
    """Of its body."""
    bases: frozenset[Value]


@dataclass(frozen=True, slots=True)
class Instance:
    """What one expression makes of a class."""

    cls: ClassValue
    place: tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` inside a method."""

    bases: frozenset[Value]
    self: frozenset[Value]


@dataclass(frozen=True, slots=True)
class _Container:
    """A value that contains others; one that is nested too deeply or too large is cut off."""

    level: int = field(default=0, init=False, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        """Cut off what is too much: code that calls itself would nest without end."""
        contents = self.contents()
        depth = 1 + max((getattr(value, "level", 0) for values in contents for value in values), default=0)
        if depth > DEEPEST or len(contents) > MOST_CONTENTS:
            depth = 1
            for name, value in self._cut(UNKNOWN | callables(EMPTY.union(*contents))).items():
                object.__setattr__(self, name, value)
        object.__setattr__(self, "level", depth)

    def contents(self) -> list[Values]:
        """The values that it contains."""
        match self:
            case ListValue(elements=elements):
                return [*elements]
            case DictValue(items=items):
                return [value for _, value in items]
            case PartialValue(of=of, args=args, keywords=keywords):
                return [of, *args, *(value for _, value in keywords)]
            case Pending(result=result):
                return [result]
        return []

    def _cut(self, rest: Values) -> dict[str, object]:
        """Its fields after the cut: they contain unknown values and functions only."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ListValue(_Container):
    """A list, tuple, set or generator: by position, or any number alike."""

    elements: tuple[frozenset[Value], ...]
    alike: bool = False
    of: Shapes = frozenset()
    """The records that it has one element for each of."""

    def _cut(self, rest: Values) -> dict[str, object]:
        return {"elements": (rest,), "alike": True}


@dataclass(frozen=True, slots=True)
class DictValue(_Container):
    """A dictionary by its keys; `open` if it may contain others."""

    items: tuple[tuple[Text, frozenset[Value]], ...]
    open: bool = False
    of: Shapes = frozenset()
    """The records for each of which it has one item."""

    def _cut(self, rest: Values) -> dict[str, object]:
        return {"items": ((UNKNOWN_TEXT, rest),), "open": True}

    def item(self, key: str) -> Values:
        """What is at a key."""
        exact = [value for name, value in self.items if name.constant == key]
        others = [value for name, value in self.items if name.constant is None]
        return either([*exact, *others, *([] if exact else [UNKNOWN])])

    def any(self) -> Values:
        """What is at a key that is not known."""
        return either([*self.contents(), UNKNOWN])

    def merged(self, other: DictValue) -> DictValue:
        """This dictionary, updated with the other one."""
        items = dict(self.items)
        for key, value in other.items:
            items[key] = value if key.constant is not None else either((items.get(key, EMPTY), value))
        return DictValue(tuple(items.items()), self.open or other.open, self.of | other.of)

    def updated(self, others: Values) -> DictValue:
        """This dictionary, updated with others; open if one of them is not a dictionary."""
        result = self
        for other in others:
            result = result.merged(other if isinstance(other, DictValue) else DictValue((), open=True))
        return result


@dataclass(frozen=True, slots=True)
class PartialValue(_Container):
    """A function with some of its arguments: `functools.partial`."""

    of: frozenset[Value]
    args: tuple[frozenset[Value], ...]
    keywords: tuple[tuple[str, frozenset[Value]], ...]
    binds: bool = False  # of `partialmethod`: an instance becomes the first argument

    def _cut(self, rest: Values) -> dict[str, object]:
        return {"of": rest, "args": (), "keywords": ()}


@dataclass(frozen=True, slots=True)
class Pending(_Container):
    """A future, a task or a thread, with its result."""

    result: frozenset[Value]

    def _cut(self, rest: Values) -> dict[str, object]:
        return {"result": rest}


Value = (
    Nothing
    | External
    | Boto
    | Method
    | LoadedModule
    | FunctionValue
    | ClassValue
    | Instance
    | Super
    | ListValue
    | DictValue
    | PartialValue
    | Pending
    | Text
)
Values = frozenset[Value]

UNKNOWN: Values = frozenset({UNKNOWN_TEXT})
EVENT: Values = frozenset({EVENT_TEXT})
"""Something of the event."""
WHOLE_EVENT: Values = frozenset({event_text(Shape.EVENT)})
NONE: Values = frozenset({Nothing()})
EMPTY: Values = frozenset()


def single(value: Value) -> Values:
    """What is surely this."""
    return frozenset({value})


def list_of(element: Values, of: Shapes = frozenset()) -> Values:
    """A list of any number of elements, one for each of these records."""
    return single(ListValue((element,), alike=True, of=of))


def text(value: str) -> Values:
    """A constant."""
    return single(Text((value,) if value else ()))


def either(values: Iterable[Values]) -> Values:
    """What is one of these."""
    joined = frozenset().union(*values)
    if len(joined) <= MOST:
        return joined
    kept_values = narrowed(joined)
    if len(kept_values) > MOST * 4:
        kept_values = frozenset(
            value for value in kept_values if isinstance(value, FunctionValue | ClassValue) or shape_of(value)
        )
    return kept_values | UNKNOWN


def narrowed(values: Values) -> Values:
    """Values without texts, lists and dictionaries, but with the functions in those."""
    wide = Text | ListValue | DictValue | Nothing | PartialValue | Pending
    kept = frozenset(value for value in values if not isinstance(value, wide) or shape_of(value))
    return kept | callables(values - kept)


def joined_dictionaries(values: Values) -> Values:
    """Values with their dictionaries merged into one, which has the possible items of all."""
    dictionaries = [value for value in values if isinstance(value, DictValue)]
    if len(dictionaries) < 2:
        return values
    items: dict[Text, Values] = {}
    for key, value in (item for dictionary in dictionaries for item in dictionary.items):
        items[key] = either((items.get(key, EMPTY), value))
    of = frozenset().union(*(item.of for item in dictionaries))
    dictionary = DictValue(tuple(items.items()), any(item.open for item in dictionaries), of)
    return frozenset(value for value in values if not isinstance(value, DictValue)) | {dictionary}


def callables(values: Values) -> Values:
    """The functions and classes of the package in values, lists and dictionaries."""
    functions: list[Values] = []
    for value in values:
        if isinstance(value, FunctionValue | ClassValue):
            functions.append(frozenset({value}))
        elif isinstance(value, External):
            functions.append(value.callbacks)
        elif isinstance(value, _Container):
            functions += map(callables, value.contents())
    return EMPTY.union(*functions)


def texts(values: Values) -> list[Text]:
    """The possible texts of a value: a value that is not a text is unknown, and `None` is skipped."""
    read = (value for value in without_methods(values) if not isinstance(value, Nothing))
    return sorted({value if isinstance(value, Text) else UNKNOWN_TEXT for value in read}, key=str)


def without_methods(values: Values) -> Values:
    """Values that are read, not called: an attribute of a value of the event is another one then, and no method."""
    methods = {value for value in values if isinstance(value, Method) and value.of_event}
    return values - methods if any(map(shape_of, values)) else values


def opaque(values: Values) -> bool:
    """Whether a value is unknown, or the result of a function outside the package."""
    return all(value == UNKNOWN_TEXT or (isinstance(value, External) and value.name.endswith("()")) for value in values)


def of_event(values: Values) -> bool:
    """Whether a value surely comes with the event."""
    return bool(values) and all(shape_of(value) for value in values)


def shapes(values: Values) -> Shapes:
    """What a value may be to the records of the event."""
    own = {shape for value in values if (shape := shape_of(value))}
    return frozenset(own).union(*(value.of for value in values if isinstance(value, ListValue | DictValue)))
