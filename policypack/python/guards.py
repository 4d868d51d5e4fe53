"""Which conditions, handlers and context managers make an import optional, so that the code works without its module.

A condition on the input does not: some invocation runs the import. One on the environment may be false on Lambda.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

from policypack.python import classes, domain
from policypack.python.domain import EMPTY, Scope, Values
from policypack.python.model import Environment, Text
from policypack.python.modules import AnyFunction, Module, is_main
from policypack.python.reader import Arguments, Reader
from policypack.python.records import called_name, own_nodes

_COMPARED: dict[type[ast.cmpop], Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}
_ENVIRONMENT = re.compile(
    r"os\.(?:environ|getenv|name\b|uname|access)|os\.path\.(?:exists|isfile|isdir)|sys\.|platform\.|importlib\.|pkgutil\."
    r"|shutil\.which|socket\.gethost|builtins\.__debug__"
)
"""Members of the standard library that describe the machine."""
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})
"""What an import raises that fails."""
_PROBES = frozenset({"exists", "is_file", "is_dir"})
_FLAGS = frozenset(
    {
        *("debug", "local", "localstack", "dev", "development", "test", "tests", "testing", "offline", "mock", "dry"),
        *("has", "have", "use", "with", "enable", "enabled", "installed", "available", "supported", "supports"),
        *("profile", "profiling", "trace", "tracing"),
    }
)
"""Words in the names of switches that choose an environment or an optional feature."""


def truth(reader: Reader, test: ast.expr) -> bool | None:
    """The result of a condition when Lambda runs it; None if it depends on more than the version and the defaults."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = truth(reader, operand)
            return None if inner is None else not inner
        case ast.Constant(value=value):
            return bool(value)
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return False
        case ast.Name(id=name):
            return _default(reader, name)
        case ast.BoolOp(op=ast.And(), values=operands) if any(truth(reader, one) is False for one in operands):
            return False
        case ast.Compare() if (main := is_main(test)) is not None:
            return main
        case ast.Compare(left=left, ops=[compared], comparators=[ast.Tuple(elts=elements)]):
            numbers = [
                element.value
                for element in elements
                if isinstance(element, ast.Constant) and type(element.value) is int
            ]
            compare = _COMPARED.get(type(compared))
            if compare and reader.minor is not None and _is_version(left) and 0 < len(numbers) == len(elements) < 3:
                # `sys.version_info` has more parts than it is compared with, so the two are never equal
                return compare((3, reader.minor, 0), tuple(numbers))
    return None


def on_input(reader: Reader, test: ast.expr, scope: Scope) -> bool:
    """Whether a condition, which has been read, depends on what a function gets, and not on where it runs."""
    if not reader.in_function:
        return False
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return on_input(reader, operand, scope)
        case ast.BoolOp(op=ast.And(), values=operands):
            return all(on_input(reader, operand, scope) for operand in operands)
        case ast.BoolOp(op=ast.Or(), values=operands):
            return any(on_input(reader, operand, scope) for operand in operands)
        case ast.Name(id=name) | ast.Attribute(attr=name) if _FLAGS & {*name.lower().split("_")}:
            return False
    nodes = [node for node in ast.walk(test) if isinstance(node, ast.expr)]
    if any(domain.of_event(reader.seen.get(node, EMPTY)) for node in nodes):
        return True
    return not any(_of_environment(reader, node, scope) for node in nodes)


def is_irrefutable(case: ast.match_case) -> bool:
    """Whether a case of a `match` takes every value."""
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and case.guard is None


def certain_case(subject: ast.expr, cases: list[ast.match_case]) -> ast.match_case | None:
    """The case of a `match` that runs whatever the program is given, if there is one."""
    for case in cases:
        match case.pattern:
            case _ if is_irrefutable(case):
                return case
            case ast.MatchValue(value=ast.Constant(value=value)) if isinstance(subject, ast.Constant):
                if value == subject.value:
                    return None if case.guard else case
            case _:
                return None
    return None


def catches(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` may catch an import that fails, and does not surely raise an exception or end the process."""
    last = handler.body[-1]
    ends = isinstance(last, ast.Expr) and called_name(last.value) in {"exit", "_exit", "abort"}
    if (ends or isinstance(last, ast.Raise)) and not any(
        isinstance(node, ast.Return | ast.Break | ast.Continue) for node in own_nodes(handler)
    ):
        return False
    return catches_import(handler)


def catches_import(handler: ast.ExceptHandler) -> bool:
    """Whether the exception of an import that fails may lead to an `except`."""
    return _are_import_errors(classes.last_names(handler.type))


def is_fallback(statement: ast.Try | ast.TryStar) -> bool:
    """Whether a `try` is there for an import that may fail: what follows a failure is another way to do the same."""
    names = {name for handler in statement.handlers for name in classes.last_names(handler.type)}
    return bool(names & IMPORT_ERRORS) or any(
        isinstance(node, ast.Import | ast.ImportFrom) for inner in statement.body for node in ast.walk(inner)
    )


def suppresses(reader: Reader, item: ast.expr) -> bool:
    """Whether a context manager, which has been read, may catch an import that fails."""
    callee = item.func if isinstance(item, ast.Call) else item
    values = reader.seen.get(callee, EMPTY)
    if any(isinstance(value, domain.External) and value.name == "contextlib.suppress" for value in values):
        arguments = item.args if isinstance(item, ast.Call) else []
        return any(_are_import_errors(classes.last_names(argument)) for argument in arguments)
    return any(_may_suppress(value) for value in (*values, *reader.seen.get(item, EMPTY)))


def _may_suppress(value: domain.Value) -> bool:
    """Whether a function or class of the package, as a context manager, may catch."""
    if isinstance(value, domain.FunctionValue):
        return any(isinstance(node, ast.ExceptHandler) and catches(node) for node in ast.walk(value.node))
    cls = value.cls if isinstance(value, domain.Instance) else value
    if not isinstance(cls, domain.ClassValue):
        return False
    exits = [method for method in cls.node.body if isinstance(method, AnyFunction) and method.name == "__exit__"]
    returned = [node.value for exit_ in exits for node in own_nodes(exit_) if isinstance(node, ast.Return)]
    return any(not (value is None or (isinstance(value, ast.Constant) and not value.value)) for value in returned)


def _are_import_errors(names: set[str]) -> bool:
    """Whether exceptions of these names may be the one of an import that fails; no names are all exceptions."""
    known = [classes.builtin(name) for name in names]
    return not known or any(
        exception is None or issubclass(ModuleNotFoundError, exception) or issubclass(exception, ImportError)
        for exception in known
    )


def _default(reader: Reader, name: str) -> bool | None:
    """The truth of a parameter's default, where the function that is read is called without the argument."""
    frame = reader.frame
    if not isinstance(frame, tuple):
        return None
    node, _, arguments = frame
    assert isinstance(arguments, Arguments)
    spec = node.args
    positional = [parameter.arg for parameter in (*spec.posonlyargs, *spec.args)]
    defaults = dict(zip(positional[::-1], spec.defaults[::-1], strict=False))
    defaults |= {parameter.arg: default for parameter, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)}
    default = defaults.get(name)
    if not isinstance(default, ast.Constant) or arguments.open:
        return None
    position = positional.index(name) if name in positional else None
    stores = (node for node in own_nodes(node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    if arguments.get(name, position) or any(store.id == name for store in stores):
        return None
    return bool(default.value)


def _of_environment(reader: Reader, node: ast.expr, scope: Scope) -> bool:
    values = reader.seen.get(node, EMPTY)
    if any(_describes_machine(value) for value in values):
        return True
    match node:
        case ast.Name(id=name):
            return _is_switch(name, values, scope)
        case ast.Attribute(value=base, attr=name):
            owners = reader.seen.get(base, EMPTY)
            return any(
                isinstance(owner, domain.LoadedModule) and not _is_plain(owner.scope.module, name, values)
                for owner in owners
            )
        case ast.Call(func=ast.Attribute(attr=name)) if name in _PROBES:
            return True
        case ast.Call(func=callee, args=[], keywords=[]):
            called = reader.seen.get(callee, EMPTY)
            return any(isinstance(value, domain.FunctionValue) and value.bound is None for value in called)
    return False


def _describes_machine(value: domain.Value) -> bool:
    if isinstance(value, Text):
        return any(isinstance(part, Environment) for part in value.parts)
    return isinstance(value, domain.External) and bool(_ENVIRONMENT.match(value.name))


def _is_switch(name: str, values: Values, scope: Scope) -> bool:
    """Whether a name is a module's, and its value one that says what there is: `HAS_PANDAS`."""
    where: Scope | None = scope
    while where is not None and name not in where.names:
        where = where.outer
    if where is None or where.outer is not None or name in scope.globals:
        return False  # what the function sets itself is a cache
    modules = [value for value in values if isinstance(value, domain.External) and "(" not in value.name]
    if modules and domain.NONE & values:
        return True
    return not _is_plain(where.module, name, values)


def _is_plain(module: Module, name: str, values: Values) -> bool:
    """Whether a module's member is a function, a class, a module or a fixed value."""
    if values and not domain.opaque(values):
        return True
    assigned = [
        statement.value
        for statement in module.tree.body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        if isinstance(target, ast.Name) and target.id == name
    ]
    return bool(assigned) and all(
        isinstance(value, ast.Constant) and not isinstance(value.value, bool) for value in assigned
    )


def _is_version(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "version_info"
