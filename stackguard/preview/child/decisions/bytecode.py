"""Reads a function's bytecode: its steps, the same on every version of Python, and the names that it uses."""

from __future__ import annotations

import collections
import dis
import functools
import inspect
import itertools
import re
import sys
import types
import typing
from collections.abc import Iterator, Sequence
from typing import Any

NAMING = frozenset({"__name__", "__qualname__", "__doc__", "__module__"})
"""The attributes of a class that code reads without using the class."""
IDLE = frozenset({"CACHE", "NOP", "EXTENDED_ARG", "RESUME", "KW_NAMES", "NOT_TAKEN"})
CALLING = frozenset({"PRECALL", "PUSH_NULL"})
"""Steps that only prepare a call."""
PREPARING = frozenset({"LOAD_FAST_AND_CLEAR", "SWAP", "BUILD_LIST", "BUILD_SET", "BUILD_MAP"})
"""Steps before the loop of a comprehension, since Python 3.12."""
UNCOUNTED = frozenset({"LOAD_CONST", "LOAD_CLOSURE", "MAKE_CELL"})
GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})
LOCAL = frozenset({"LOAD_FAST", "LOAD_FAST_CHECK", "LOAD_FAST_BORROW"})
ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
CALLS = frozenset({"CALL", "CALL_FUNCTION"})
PAIR = re.compile("((?:LOAD|STORE)_FAST(?:_BORROW)?)_((?:LOAD|STORE)_FAST(?:_BORROW)?)")
"""A step that is two: `LOAD_FAST_LOAD_FAST`."""


class Step(typing.NamedTuple):
    """One instruction, and by how much the stack grows; None if unknown."""

    opname: str
    argval: Any
    effect: int | None


@functools.cache
def steps(code: Any) -> Sequence[Step]:
    """The instructions of code, without those that do nothing."""
    ops = []
    for instruction in dis.get_instructions(code):
        if instruction.opname in IDLE:
            continue
        if pair := PAIR.fullmatch(instruction.opname):
            for opname, name in zip(pair.groups(), instruction.argval):
                ops.append(Step(opname, name, 1 if opname.startswith("LOAD") else -1))
            continue
        try:
            effect: int | None = dis.stack_effect(instruction.opcode, instruction.arg, jump=False)
        except ValueError:
            effect = None
        ops.append(Step(instruction.opname, instruction.argval, effect))
    return ops


@functools.cache
def _uncalled(code: Any) -> Sequence[Step]:
    """The same, without those that prepare a call."""
    return [step for step in steps(code) if step.opname not in CALLING]


def nested(code: Any) -> Iterator[Any]:
    """A function's code, and that of the functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from nested(constant)


def arguments(code: Any) -> tuple[str, ...]:
    """The variables of a function that are its arguments."""
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars])


@functools.cache
def uses(code: Any) -> Uses:
    """The uses of a function's code, cached."""
    return Uses(code)


class Uses:
    """The names, imports and constants that a function's code uses, with the functions and classes in it."""

    def __init__(self, code: Any) -> None:
        names: set[str] = set()
        strings: set[str] = set()
        loaded: set[str] = set()
        self.imports: list[tuple[str, int, str]] = []
        self.counts: collections.Counter[str] = collections.Counter()
        self.mentions: list[tuple[str, ...]] = []
        idle: collections.Counter[str] = collections.Counter()
        looped = _constant_loops(code)
        for part in nested(code):
            names.update(part.co_names)
            strings.update(const for const in part.co_consts if isinstance(const, str) and const.isidentifier())
            ops = _uncalled(part)
            self._note_imports(ops)
            for index, step in enumerate(ops):
                if isinstance(step.argval, str) and step.opname not in UNCOUNTED:
                    self.counts[step.argval] += 1
                if step.opname in GLOBAL:
                    loaded.add(str(step.argval))
                    requested = self._looked_at(ops, index, looped.get(part, {}))
                    idle[step.argval] += requested is not None
                    names.update(requested or ())
                path, _ = _chain(ops, index)
                named = next((place for place, name in enumerate(path) if place and name in NAMING), 0)
                if named > 1 and path[named - 1] == "__class__":
                    idle["__class__"] += 1
                elif named:
                    self.mentions.append(path[:named])
        self.types = idle["type"] != self.counts["type"]
        names.difference_update(name for name in ("__class__", "getattr") if 0 < idle[name] == self.counts[name])
        self.names, self.strings, self.globals = frozenset(names), frozenset(strings), frozenset(loaded)

    def _note_imports(self, ops: Sequence[Step]) -> None:
        module, level = "", 0
        constants: list[Any] = [0, 0]
        for step in ops:
            if step.opname == "IMPORT_NAME":
                module, level = str(step.argval), constants[0] if isinstance(constants[0], int) else 0
                self.imports.append((module, level, ""))
            elif step.opname == "IMPORT_FROM":
                self.imports.append((module, level, str(step.argval)))
            elif step.opname.startswith("LOAD_"):
                constants = [constants[1], step.argval]

    def _looked_at(self, ops: Sequence[Step], index: int, looped: dict[str, Any]) -> tuple[str, ...] | None:
        """The names that a use of `type` or `getattr` reads, which constructs nothing; None for another use.

        Classes in an `isinstance` are noted as mentions.
        """
        name = ops[index].argval
        if name not in {"type", "isinstance", "issubclass", "getattr"}:
            return None
        index += 1
        if _called(ops, index, 1):  # by a rewritten module's `guard`
            index += 1
        first, index = _chain(ops, index)
        if not first:
            return None
        if name == "type":
            named = _called(ops, index, 1) and ops[index + 1].opname in ATTRIBUTE
            return () if named and ops[index + 1].argval in NAMING else None
        if name == "getattr":
            asked = ops[index]
            by = (asked.argval,) if asked.opname == "LOAD_CONST" else looped.get(str(asked.argval), ())
            _, after_default = _chain(ops, index + 1)
            after_default += ops[after_default].opname == "LOAD_CONST"
            known = by and all(isinstance(attribute, str) for attribute in by) and asked.opname.startswith("LOAD_")
            called = _called(ops, after_default, 2) or _called(ops, after_default, 3)
            return tuple(by) if known and called else None
        classes = []
        path, after_path = _chain(ops, index)
        while path:
            classes.append(path)
            index = after_path
            path, after_path = _chain(ops, index)
        if ops[index].opname == "BUILD_TUPLE" and ops[index].argval == len(classes):
            index += 1
        elif len(classes) != 1:
            return None
        if _called(ops, index, 2):
            self.mentions.extend(classes)
        return None

    def modules(self, package: str) -> Iterator[str]:
        """The full names of the modules that it imports, those above them, and those below that are loaded."""
        for name, level, part in self.imports:
            module = name
            if level:
                base = ".".join(package.split(".")[: len(package.split(".")) - level + 1])
                module = f"{base}.{name}" if name else base
            if part:
                if f"{module}.{part}" in sys.modules:
                    yield f"{module}.{part}"
            elif module and not module.startswith("."):
                yield from itertools.accumulate(module.split("."), "{}.{}".format)


def _chain(ops: Sequence[Step], index: int) -> tuple[tuple[str, ...], int]:
    """A variable and its attributes that are loaded here, and where they end; empty for any other step."""
    if index >= len(ops) or ops[index].opname not in GLOBAL | LOCAL | {"LOAD_DEREF"}:
        return (), index
    end = index + 1
    while end < len(ops) and ops[end].opname in ATTRIBUTE:
        end += 1
    return tuple(str(step.argval) for step in ops[index:end]), end


def _called(ops: Sequence[Step], index: int, count: int) -> bool:
    """Whether a function is called here with so many arguments, none of them by name."""
    return ops[index].opname in CALLS and ops[index].argval == count


def _constant_loops(code: Any) -> dict[Any, dict[str, Any]]:
    """By code, the variables whose only values are constants, as in `for name in ("a", "b")`."""
    loops: dict[Any, dict[str, Any]] = collections.defaultdict(dict)
    for part in nested(code):
        ops = _uncalled(part)
        stored = collections.Counter(step.argval for step in ops if step.opname.startswith(("STORE_", "DELETE_")))
        for step in ops:  # since Python 3.12 a comprehension restores its variables, also if it fails
            stored[step.argval] -= 2 * (step.opname == "LOAD_FAST_AND_CLEAR")
        constants: dict[str, list[Any]] = collections.defaultdict(list)
        for index, step in enumerate(ops):
            if step.opname == "FOR_ITER" and ops[index + 1].opname in {"STORE_FAST", "STORE_DEREF"}:
                start = next(place for place in range(index - 1, -1, -1) if ops[place].opname not in PREPARING)
                iterated = loops[part].get(ops[start].argval)  # `.0`
                if ops[start].opname == "GET_ITER":
                    iterated = ops[start - 1].argval
                constants[ops[index + 1].argval].append(iterated)
            elif index > 1 and ops[index - 1].opname == "GET_ITER" and step.opname in CALLS and step.argval < 2:
                codes = (op.argval for op in reversed(ops[:index]) if inspect.iscode(op.argval))
                loops[next(codes, None)][".0"] = ops[index - 2].argval
        for name, values in constants.items():
            known = len(values) == stored[name] and all(isinstance(value, tuple) for value in values)
            if known and name not in arguments(part):
                loops[part][name] = tuple(itertools.chain.from_iterable(values))
    return loops
