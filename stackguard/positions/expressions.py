"""Reads expressions of a program: what they state, as `Written` values, following names, functions and callbacks."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from policypack.core.policy import Position
from stackguard.positions.module import Bound, Function, Imported, Module, Scope, module
from stackguard.positions.repository import absolute, is_own
from stackguard.positions.written import Template, Written, from_json, plain

PASSING = frozenset(
    {
        "dumps",
        "json_dumps",
        "loads",
        "json_loads",
        "from_input",
        "secret",
        "unsecret",
        "dedent",
        "deepcopy",
        "strip",
        "list",
        "tuple",
    }
)
"""Functions whose result states what their first argument, or the object of the method, states."""
BLOCKS = frozenset({"get_policy_document", "get_policy_document_output"})
DEEPEST = 40
"""Steps into an expression, and from name to name."""
MOST = 20_000
"""Expressions that are read for one resource."""
LONGEST = 1 << 16
"""Characters of the longest text that is read as JSON."""
HOLE = "\x00"
"""Stands for what an f-string computes."""


@dataclass(frozen=True, eq=False, slots=True)
class Environment:
    """A scope, and what is passed for its parameters: each an expression with the environment of the call."""

    scope: Scope
    passed: Mapping[str, tuple[ast.expr, Environment]] = field(default_factory=dict)
    outer: Environment | None = None


@dataclass(slots=True)
class Reader:
    """Reads the arguments of one resource."""

    base: Path
    """The folder of the program."""
    left: int = MOST
    shared: tuple[Path, ...] = ()
    """Further folders that modules are looked for in, from each upwards."""

    def name_of(self, function: ast.expr, scope: Scope) -> str:
        """The last part of the name of what is called, under the name that it is imported from."""
        if isinstance(function, ast.Attribute):
            return function.attr
        if not isinstance(function, ast.Name):
            return ""
        found = self._binding(function.id, Environment(scope))
        imported = found[0] if found else None
        return imported.member if isinstance(imported, Imported) and imported.member else function.id

    def arguments(self, call: ast.Call, environment: Environment) -> Written:
        """The arguments of a constructor: its keywords, and those of an object of arguments after the name."""
        given = self._keywords(call, environment)
        for argument in call.args[1:2]:
            more = self.read(argument, environment)
            if isinstance(more.value, Mapping):
                given = Written(given.position, {**more.value, **given.value}, complete=False)
        return given

    def bound(self, scope: Scope, call: ast.Call, around: Environment, skip: int = 0) -> Environment:
        """The environment of a function that is called.

        Args:
            scope: of the function.
            call: the call.
            around: the environment of the call.
            skip: the parameters before the first that is passed: 1 for a method.
        """
        passed: dict[str, tuple[ast.expr, Environment]] = {}
        spec = getattr(scope.node, "args", None)
        positional = [argument.arg for argument in (*spec.posonlyargs, *spec.args)][skip:] if spec else []
        unpacked = [index for index, argument in enumerate(call.args) if isinstance(argument, ast.Starred)]
        certain = call.args[: unpacked[0]] if unpacked else call.args
        passed.update(zip(positional, ((argument, around) for argument in certain), strict=False))
        if spec and spec.vararg and len(certain) >= len(positional):
            rest = ast.copy_location(ast.Tuple(call.args[len(positional) :], ast.Load()), call)
            passed[spec.vararg.arg] = rest, around
        for keyword in call.keywords:
            if keyword.arg in scope.parameters:
                passed[str(keyword.arg)] = keyword.value, around
        return Environment(scope, passed, Environment(scope.outer) if scope.outer else None)

    def read(self, node: ast.expr | None, environment: Environment, depth: int = 0) -> Written:  # noqa: C901 (one case for each form)
        """What an expression states."""
        file = str(environment.scope.module.file)
        if node is None:
            return Written(Position(file, 1))
        here = Position(file, node.lineno)
        self.left -= 1
        if depth > DEEPEST or self.left < 0:
            return Written(here)

        def inner(part: ast.expr | None, where: Environment = environment) -> Written:
            return self.read(part, where, depth + 1)

        match node:
            case ast.Constant() | ast.JoinedStr():
                return self._constant(node, environment, here)
            case ast.Dict():
                return self._dictionary(node, environment, depth, here)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return self._items(items, environment, depth, here)
            case ast.ListComp(elt=item) | ast.GeneratorExp(elt=item):
                return Written(here, [replace(inner(item), repeated=True)], complete=False)
            case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
                return _joined(inner(left), inner(right), here)
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
                return inner(value)
            case ast.Name(id=name):
                return self._named(name, environment, depth, here)
            case ast.Attribute(value=value):
                block = inner(value) if node.attr == "json" else None
                return block if block and block.block else self._member(node, environment, depth, here)
            case ast.Call():
                return self._called(node, environment, depth, here)
        return Written(here)

    def _constant(self, node: ast.Constant | ast.JoinedStr, environment: Environment, here: Position) -> Written:
        """A constant, an f-string, or the JSON in one."""
        value: object = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.JoinedStr):
            value = "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
        if not isinstance(value, str):
            return Written(here, value)
        template = Template(tuple(value.split(HOLE))) if HOLE in value else value
        return _json(value, node, here, environment.scope.module.lines) or Written(here, template)

    def _dictionary(self, node: ast.Dict, environment: Environment, depth: int, here: Position) -> Written:
        members: dict[str, Written] = {}
        complete = True
        for key, value in zip(node.keys, node.values, strict=True):
            member = self.read(value, environment, depth + 1)
            if key is None:  # another dictionary is merged into it
                members |= member.value if isinstance(member.value, dict) else {}
                complete = complete and isinstance(member.value, dict) and member.complete
                continue
            name = self.read(key, environment, depth + 1).value
            if isinstance(name, str):
                line = Position(here.file, key.lineno)
                members[plain(name)] = replace(member, position=line)
            else:
                complete = False
        return Written(here, members, complete)

    def _items(self, items: list[ast.expr], environment: Environment, depth: int, here: Position) -> Written:
        listed: list[Written] = []
        complete = True
        for item in items:
            value = self.read(item, environment, depth + 1)
            if not isinstance(item, ast.Starred):
                listed.append(value)
            elif isinstance(value.value, list):
                listed += value.value
                complete = complete and value.complete
            else:
                complete = False
        return Written(here, listed, complete)

    def _keywords(self, call: ast.Call, environment: Environment, depth: int = 0) -> Written:
        """The keywords of a call as a dictionary."""
        file = str(environment.scope.module.file)
        members: dict[str, Written] = {}
        complete = True
        for keyword in call.keywords:
            value = self.read(keyword.value, environment, depth + 1)
            if keyword.arg is not None:
                line = Position(file, keyword.lineno)
                members[plain(keyword.arg)] = replace(value, position=line)
            elif isinstance(value.value, dict):
                members |= value.value
            else:
                complete = False
        return Written(Position(file, call.lineno), members, complete)

    def _named(self, name: str, environment: Environment, depth: int, here: Position) -> Written:
        current: Environment | None = environment
        while current:
            if name in current.passed:
                node, where = current.passed[name]
                return self.read(node, where, depth + 1)
            if name in current.scope.names:
                break
            current = current.outer or (Environment(current.scope.outer) if current.scope.outer else None)
        found = self._binding(name, environment)
        if found is None or not isinstance(found[0], ast.expr):
            return Written(here)
        value = self.read(found[0], found[1], depth + 1)
        changed = found[1].scope.changed.get(name)
        if not changed:
            return value
        if not isinstance(value.value, list):
            return Written(value.position)
        looped = found[1].scope.module.looped
        more = [
            replace(self.read(call.args[0], found[1], depth + 1), repeated=call in looped)
            for call in changed
            if call and call.args and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
        ]
        return Written(value.position, [*value.value, *more], complete=False)

    def _member(self, node: ast.Attribute, environment: Environment, depth: int, here: Position) -> Written:
        """A name of another module of the program."""
        if isinstance(node.value, ast.Name):
            found = self._binding(node.value.id, environment)
            if found and isinstance(found[0], Imported):
                imported = found[0]
                path = ".".join(filter(None, (imported.module, imported.member)))
                other = self.module_of(path, imported.level, found[1].scope.module)
                if other and other.top:
                    return self._named(node.attr, Environment(other.top), depth + 1, here)
        return Written(here)

    def _called(self, call: ast.Call, environment: Environment, depth: int, here: Position) -> Written:
        name = self.name_of(call.func, environment.scope)
        method = call.func if isinstance(call.func, ast.Attribute) else None
        first = call.args[0] if call.args else None
        if name in PASSING:
            subject = first or (call.keywords[0].value if call.keywords else method and method.value)
            return self.read(subject, environment, depth + 1) if subject else Written(here)
        if name == "apply" and method:
            callback = first or next((keyword.value for keyword in call.keywords if keyword.arg == "func"), None)
            return self._applied(callback, method.value, environment, depth, here)
        if name in BLOCKS:
            given = self._keywords(call, environment, depth)
            statements = given.member("statements")
            blocks = [*statements.value] if statements and isinstance(statements.value, list) else []
            if statements is None or not blocks:
                return Written(here)
            blocks = [replace(item, block=True) for item in blocks]
            listed = Written(statements.position, blocks, statements.complete and given.complete)
            return Written(here, {"statement": listed}, complete=False, block=True)
        if name == "dict" or name.endswith(("Args", "ArgsDict")):
            return self._keywords(call, environment, depth)
        function = self._function(call.func, environment)
        if function is None:
            values = (*call.args, *(keyword.value for keyword in call.keywords))
            return Written(here, parts=tuple(self.read(value, environment, depth + 1) for value in values))
        scope = function[0].module.scopes[function[1]]
        result = self._result(scope, self.bound(scope, call, environment, skip=int(scope.is_method)), depth, here)
        return replace(result, position=here) if call.args or call.keywords else result

    def _applied(
        self, callback: ast.expr | None, subject: ast.expr, environment: Environment, depth: int, here: Position
    ) -> Written:
        """What the callback of an `apply` states."""
        scope: Scope | None = None
        if isinstance(callback, ast.Lambda):
            scope = environment.scope.module.scopes.get(callback)
        elif callback is not None and (function := self._function(callback, environment)):
            scope = function[0].module.scopes[function[1]]
        if scope is None:
            return Written(here)
        passed = dict.fromkeys(scope.parameters[:1], (subject, environment))
        outer = environment if isinstance(callback, ast.Lambda) else None
        return self._result(scope, Environment(scope, passed, outer), depth, here)

    def _result(self, scope: Scope, environment: Environment, depth: int, here: Position) -> Written:
        if len(scope.returns) != 1:
            return Written(here)
        return self.read(scope.returns[0], environment, depth + 1)

    def _function(self, node: ast.expr, environment: Environment) -> tuple[Scope, Function] | None:
        """A function of the program by its name, or a method of the object itself."""
        found = None
        if isinstance(node, ast.Name):
            found = self._binding(node.id, environment)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if method := environment.scope.method(node.value.id, node.attr):
                return environment.scope, method
            owner = self._binding(node.value.id, environment)
            if owner and isinstance(imported := owner[0], Imported):
                path = ".".join(filter(None, (imported.module, imported.member)))
                other = self.module_of(path, imported.level, owner[1].scope.module)
                found = self._binding(node.attr, Environment(other.top)) if other and other.top else None
        if found and isinstance(found[0], ast.FunctionDef | ast.AsyncFunctionDef):
            return found[1].scope, found[0]
        return None

    def _binding(self, name: str, environment: Environment) -> tuple[Bound, Environment] | None:
        """The one thing that a name is bound to, in this program's own modules, and where; None if there are several."""
        current: Environment | None = environment
        while current and name not in current.scope.names:
            current = current.outer or (Environment(current.scope.outer) if current.scope.outer else None)
        if current is None or len(bound := current.scope.names[name]) != 1 or bound[0] is None:
            return None
        if isinstance(imported := bound[0], Imported) and imported.member:
            other = self.module_of(imported.module, imported.level, current.scope.module)
            if other and other.top and other.top is not current.scope and imported.member in other.top.names:
                return self._binding(imported.member, Environment(other.top))
        return bound[0], current

    def module_of(self, name: str, level: int, importer: Module) -> Module | None:
        """A module of the program by the name that another imports it by: the nearest, from its folder upwards."""
        own = importer.file.parent
        folders: Sequence[Path] = (own.parents[level - 2],) if level > 1 else (own,)
        if not level:
            above = (above for folder in self.shared for above in (folder, *folder.parents))
            folders = (self.base, *self.base.parents, own, *above)
        for folder in folders:
            path = absolute(folder / name.replace(".", "/"))
            for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
                own_code = is_own(file, self.base, *self.shared) and not Position(str(file), 1).installed
                if own_code and (parsed := module(file)):
                    return parsed
        return None


def _joined(left: Written, right: Written, here: Position) -> Written:
    """Two lists, or two dictionaries, as one."""
    if isinstance(left.value, list) or isinstance(right.value, list):
        known = [part for part in (left, right) if isinstance(part.value, list)]
        complete = len(known) == 2 and left.complete and right.complete
        return Written(here, [item for part in known for item in part.value], complete)
    if isinstance(left.value, dict) and isinstance(right.value, dict):
        return Written(here, {**left.value, **right.value}, left.complete and right.complete)
    return Written(here)


def _json(text: str, node: ast.expr, here: Position, lines: Sequence[str]) -> Written | None:
    """The value of a JSON text, if its lines are lines of the source: it is on one line, or is one block in quotes."""
    if len(text) > LONGEST or not text.lstrip().startswith(("{", "[")):
        return None
    first, last = node.lineno, node.end_lineno or node.lineno
    if first == last:
        return from_json(text.replace("\n", " "), here, HOLE)
    opening, *rest = lines[first - 1 : last]
    opening = opening.encode()[node.col_offset :].decode(errors="replace")
    block = "\n".join((opening.removesuffix("\\"), *rest))
    quotes = next((quotes for quotes in ('"""', "'''") if block.lstrip("frFR").startswith(quotes)), None)
    if quotes is None or block.count(quotes) != 2 or "\\" in block:
        return None
    return from_json(text, Position(here.file, first + opening.endswith("\\")), HOLE)
