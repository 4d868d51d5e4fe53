"""One function as the reader saw it: its nodes with their parents and values, and which calls have an effect.

Source of what ends the process: https://docs.python.org/3/library/sys.html#sys.exit and …/os.html#os._exit.
"""

from __future__ import annotations

import ast
import builtins
import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from policypack.python.callbacks import KEEPING
from policypack.python.classes import last_names
from policypack.python.domain import (
    EMPTY,
    Boto,
    ClassValue,
    External,
    FunctionNode,
    FunctionValue,
    Instance,
    Method,
    PartialValue,
    Values,
    shapes,
)
from policypack.python.files import CodePlace
from policypack.python.handling.context_managers import hides
from policypack.python.handling.impossible import never_runs
from policypack.python.handling.plain_classes import initializers
from policypack.python.model import Shape
from policypack.python.modules import Module
from policypack.python.reader import Reader
from policypack.python.records import TAKING, called_name, is_generator, own_nodes

METRICS = {"add_metric", "add_metadata", "put_annotation", "put_metadata"}
PRINTING = {
    *("print", "pprint", "debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print_exc"),
    *METRICS,
}
"""Calls that print, log or emit a metric: all that some handlers do for a record."""
LOOKS_ONLY = PRINTING | {
    *("repr", "str", "len", "bool", "isinstance", "type", "dumps", "validate", "any", "all"),
    *("set_correlation_id", "append_keys", "hasattr", "getattr", "deepcopy"),
}
"""Calls that look at the event or its records and do nothing about them."""
PURE = {
    *("get", "startswith", "endswith", "lower", "upper", "strip", "split", "int", "float", "loads", "rsplit"),
    *("partition", "rpartition", "replace", "find", "count", "keys", "values", "items", "next", "iter", "filter"),
    *("match", "search", "fullmatch", "fnmatch", "compile", "list", "tuple", "set", "sorted", "min", "max", "sum"),
    *("dict", "range", "enumerate", "zip", "map", "unquote", "unquote_plus", "Path", "PurePosixPath", "splitext"),
    *(
        "casefold",
        "format",
        "join",
        "issubset",
        "isdigit",
        "fromisoformat",
        "strptime",
        "b64decode",
        "decode",
        "format_exc",
    ),
    *("time", "time_ns", "perf_counter", "monotonic", "now", "utcnow", "uuid4"),
    *(name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)),
}
"""Calls that make a value of another one, of the time, or of nothing."""
CONVERTING = {
    *("int", "float", "loads", "decode", "b64decode", "fromisoformat", "strptime", "Decimal", "UUID", "fromhex"),
}
"""Calls that make a value of another one, and fail if that is malformed."""
HARMLESS = LOOKS_ONLY | PURE
_DEEPEST = 6
CATCH_ALL = {"Exception", "BaseException"}
EXITS = {"sys.exit", "builtins.exit", "builtins.quit", "os._exit", "os.abort"}
"""What ends the process: an invocation that fails, as by an exception."""
STACKS = {"ExitStack", "AsyncExitStack"}


class Logs(enum.Enum):
    """Whether logging is an effect."""

    NONE = enum.auto()
    OF_VALUES = enum.auto()
    """Logging a value is, except in what catches a failure; a fixed text is not."""
    ALL = enum.auto()


class Scan:
    """One function of a reading.

    Args:
        reader: has the values of the function's expressions.
        function: the function that was read.
        module: contains it.
        is_handler: whether Lambda calls it.
        only_logs: whether logging is the work of the program, which does nothing else with the records.
    """

    def __init__(
        self, reader: Reader, function: FunctionNode, module: Module, *, is_handler: bool, only_logs: bool = False
    ) -> None:
        self.reader = reader
        self.function = function
        self.module = module
        self.is_handler = is_handler
        self.nodes = list(own_nodes(function))
        self.is_generator = is_generator(function)
        self.only_logs = only_logs
        self._works: dict[tuple[ast.AST, int, Logs], bool] = {}
        self._parents: Mapping[ast.AST, ast.AST] | None = None

    @property
    def parents(self) -> Mapping[ast.AST, ast.AST]:
        """The parent of each node, in nested functions too."""
        if self._parents is None:
            self._parents = {child: node for node in ast.walk(self.function) for child in ast.iter_child_nodes(node)}
        return self._parents

    def inside(self, node: ast.AST, *kinds: type[ast.AST]) -> bool:
        """Whether a node is inside one of these kinds of nodes, in the function; what a loop iterates is not inside it."""
        inner, outer = node, self.parents.get(node)
        while outer is not None:
            if isinstance(outer, kinds) and getattr(outer, "iter", None) is not inner:
                return True
            inner, outer = outer, self.parents.get(outer)
        return False

    def loop_around(self, node: ast.AST) -> ast.AST | None:
        """The innermost loop of the function whose body contains a node."""
        outer = self.parents.get(node)
        while outer is not None and not isinstance(outer, ast.For | ast.AsyncFor | ast.While):
            outer = self.parents.get(outer)
        return outer

    def place(self, node: ast.AST) -> CodePlace:
        """The place of a node."""
        return CodePlace(self.module.file, getattr(node, "lineno", self.function.lineno))

    def values(self, node: ast.AST) -> Values:
        """The possible values of an expression or a pattern."""
        return self.reader.seen.get(node, EMPTY)

    def given(self, text: str) -> Iterator[ast.expr]:
        """What is assigned in the function to a name, or an item."""
        for node in self.nodes:
            match node:
                case ast.Assign(targets=targets, value=value) if any(ast.unparse(target) == text for target in targets):
                    yield value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if name == text:
                    yield value

    def holds(self, node: ast.AST, *wanted: Shape) -> bool:
        """Whether an expression may have one of these relations to the records."""
        return not shapes(self.values(node)).isdisjoint(wanted)

    def is_inner(self, node: ast.AST) -> bool:
        """Whether an expression is a message, or has the records inside one only."""
        return self.holds(node, Shape.INNER, Shape.MESSAGE) and not self.holds(node, Shape.RECORDS, Shape.EVENT)

    def touches_event(self) -> bool:
        """Whether anything in the function comes with the event; a decorator may give a handler's to others."""
        return self.is_handler or any(shapes(self.values(node)) for node in self.nodes)

    def functions(self, node: ast.expr) -> list[FunctionNode]:
        """The functions of the package that an expression may be."""
        return [value.node for value in self.values(node) if isinstance(value, FunctionValue)]

    def is_own(self, node: ast.AST) -> bool:
        """Whether an expression may be a function, class or callable object of the package."""
        own = FunctionValue | ClassValue | PartialValue | Instance
        return any(isinstance(value, own) for value in self.values(node))

    def is_builtin(self, call: ast.Call) -> bool:
        """Whether a call is of a builtin or of `itertools`, and not of a pool's method with that name."""
        names = {f"{module}.{called_name(call)}" for module in ("builtins", "itertools")}
        return any(isinstance(value, External) and value.name in names for value in self.values(call.func))

    def works(self, *nodes: ast.AST, printing: bool = False) -> bool:
        """Whether code does the program's work: it calls something, or changes a value.

        Args:
            nodes: the code.
            printing: whether logging is work, even if the program does something else with the records.
        """
        return self._works_as(nodes, _DEEPEST, self._logs(printing=printing))

    def does(self, *nodes: ast.AST) -> bool:
        """Whether code has an effect besides logging, whatever the program's work is."""
        return self._works_as(nodes, _DEEPEST, Logs.NONE)

    def _logs(self, *, printing: bool) -> Logs:
        return Logs.ALL if printing else Logs.OF_VALUES if self.only_logs else Logs.NONE

    def _works_as(self, nodes: Iterable[ast.AST], depth: int, logs: Logs) -> bool:
        """The same, with functions of the package so many calls deep."""
        for node in nodes:
            key = node, depth, logs
            if key not in self._works:
                self._works[key] = self._node_works(node, depth, logs)
            if self._works[key]:
                return True
        return False

    def may_fail(self, *nodes: ast.AST, depth: int = _DEEPEST) -> bool:
        """Whether code calls something whose failure it does not catch itself.

        Where logging is the work, that is also what makes the value to log.
        """
        for node in nodes:
            if isinstance(node, ast.Try | ast.TryStar) and self.catching(node) is not None:
                inside: list[ast.AST] = [*node.orelse, *node.finalbody]
            elif self.only_logs and isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                inside = [*node.exc.args, *node.exc.keywords]  # `raising` judges the exception
            else:
                inside = [*ast.iter_child_nodes(node)]
            if isinstance(node, ast.Call):
                bodies = self.bodies(node.func)
                safe = HARMLESS - CONVERTING if self.only_logs else HARMLESS
                unknown = not bodies and (called_name(node) not in safe | KEEPING or self.is_aws(node))
                if unknown or (bodies and (not depth or self.may_fail(*bodies, depth=depth - 1))):
                    return True
            if self.may_fail(*inside, depth=depth):
                return True
        return False

    def works_on_record(self, result: ast.expr) -> bool:
        """Whether an expression is the result of work on a record."""
        return any(
            isinstance(call, ast.Call)
            and self.works(call)
            and called_name(call) not in TAKING
            and any(self.holds(argument, Shape.RECORD) for argument in call.args)
            for call in ast.walk(result)
        )

    def catching(self, block: ast.Try | ast.TryStar) -> ast.ExceptHandler | None:
        """The part of a `try` that catches every failure and raises none again."""
        for handler, kind in zip(block.handlers, self.caught_types(block), strict=True):
            is_broad = kind is None or last_names(kind) & CATCH_ALL
            if is_broad and not any(map(self.fails, own_nodes(handler))):
                return handler
        return None

    def caught_types(self, block: ast.AST) -> list[ast.expr | None]:
        """The types of the exceptions that a `try` or a `with suppress(...)` catches; None of all."""
        match block:
            case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers):
                return [handler.type and self._exceptions(handler.type) for handler in handlers]
            case ast.With(items=items) | ast.AsyncWith(items=items):
                calls = [call for item in items for call in self._contexts(item, block)]
                caught: list[ast.expr | None] = [
                    self._exceptions(kind) for call in calls if self._is_suppress(call) for kind in call.args
                ]
                return [*caught, *[None] * any(hides(self, call) for call in calls)]
        return []

    def _contexts(self, item: ast.withitem, block: ast.With | ast.AsyncWith) -> Iterator[ast.Call]:
        """The calls that make the context managers of a part of a `with`, and those that an `ExitStack` enters."""
        manager = item.context_expr
        given = self.given(manager.id) if isinstance(manager, ast.Name) else ()
        constants = self.constants(manager.id) if isinstance(manager, ast.Name) else ()
        yield from (call for call in (manager, *given, *constants) if isinstance(call, ast.Call))
        if called_name(manager) in STACKS and isinstance(item.optional_vars, ast.Name):
            for statement in block.body:
                match statement:
                    case ast.Expr(
                        value=ast.Call(
                            func=ast.Attribute(value=ast.Name(id=stack), attr="enter_context"),
                            args=[ast.Call() as entered],
                        )
                    ) if stack == item.optional_vars.id:
                        yield entered

    def _is_suppress(self, call: ast.Call) -> bool:
        named = any(isinstance(one, External) and one.name == "contextlib.suppress" for one in self.values(call.func))
        return named or called_name(call) == "suppress"

    def _exceptions(self, kind: ast.expr, depth: int = _DEEPEST) -> ast.expr:
        """The types that an expression is, with those of a constant tuple for its name."""
        match kind:
            case ast.Starred(value=inner) if depth:
                return self._exceptions(inner, depth - 1)
            case ast.Tuple(elts=elements) if depth:
                return ast.Tuple([self._exceptions(element, depth - 1) for element in elements], ast.Load())
            case ast.BinOp(left=left, op=ast.Add(), right=right) if depth:
                return ast.Tuple([self._exceptions(side, depth - 1) for side in (left, right)], ast.Load())
            case ast.Name(id=name) | ast.Attribute(value=ast.Name(), attr=name) if depth:
                constants = [
                    value for value in self.constants(name) if isinstance(value, ast.Tuple | ast.BinOp | ast.Name)
                ]
                return self._exceptions(constants[-1], depth - 1) if constants else kind
        return kind

    def constants(self, name: str) -> Iterator[ast.expr]:
        """What the module and its classes assign to a name."""
        classes = (statement for statement in self.module.tree.body if isinstance(statement, ast.ClassDef))
        for statement in chain(self.module.tree.body, *(cls.body for cls in classes)):
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=target)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value)
                ) if target == name:
                    yield value

    def passed_works(self, function: ast.expr, *, printing: bool = False) -> bool:
        """Whether a function that is passed on has an effect where it is called."""
        bodies = self.bodies(function)
        if bodies:
            return self.works(*bodies, printing=printing)
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        logs = self._logs(printing=printing) is not Logs.NONE and name in PRINTING
        return logs or (name not in HARMLESS and not isinstance(function, ast.Constant))

    def _node_works(self, node: ast.AST, depth: int, logs: Logs) -> bool:
        if self.fails(node):
            return False
        if isinstance(node, ast.Delete | ast.AugAssign) or (
            isinstance(node, ast.Call) and self._call_works(node, depth, logs)
        ):
            return True
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            return True
        if isinstance(node, ast.ExceptHandler) and logs is Logs.OF_VALUES:
            logs = Logs.NONE
        return self._works_as(ast.iter_child_nodes(node), depth, logs)

    def _call_works(self, call: ast.Call, depth: int, logs: Logs) -> bool:
        bodies = self.bodies(call.func)
        if bodies:
            return not depth or self._works_as(bodies, depth - 1, logs)
        classes = [value for value in self.values(call.func) if isinstance(value, ClassValue)]
        if classes and depth and len(classes) == len(self.values(call.func)):
            made = [*map(initializers, classes)]
            return None in made or self._works_as([part for one in made for part in one or ()], depth - 1, logs)
        if called_name(call) in PRINTING and logs is not Logs.NONE:
            return logs is Logs.ALL or _has_value(call)
        return called_name(call) not in HARMLESS or self.is_aws(call)

    def works_itself(self, call: ast.Call) -> bool:
        """Whether a call is of the program's work, apart from its arguments."""
        return self._call_works(call, _DEEPEST, self._logs(printing=False))

    def does_itself(self, call: ast.Call) -> bool:
        """Whether a call has an effect besides logging, apart from its arguments."""
        return self._call_works(call, _DEEPEST, Logs.NONE)

    def fails(self, node: ast.AST) -> bool:
        """Whether a node makes the call fail: it raises an exception, or ends the process."""
        itself = node.value if isinstance(node, ast.Expr) else node
        return isinstance(itself, ast.Raise) or self.ends_process(itself)

    def fails_after(self, line: int) -> bool:
        """Whether anything after a line of the function makes the call fail, under a condition that may hold."""
        later = (node for node in self.nodes if getattr(node, "lineno", 0) > line and self.fails(node))
        return not all(never_runs(self, node) for node in later)

    def ends_process(self, node: ast.AST, names: Collection[str] = EXITS) -> bool:
        """Whether a node is a call of one of these functions, which end the process."""
        return isinstance(node, ast.Call) and any(
            isinstance(value, External) and value.name in names for value in self.values(node.func)
        )

    def is_aws(self, call: ast.Call) -> bool:
        """Whether a call is of a client or resource of the SDK."""
        return any(isinstance(value, Method) and isinstance(value.owner, Boto) for value in self.values(call.func))

    def bodies(self, function: ast.expr) -> list[ast.AST]:
        """The code of the package that runs if an expression is called."""
        return [
            statement
            for node in self.functions(function)
            for statement in ([node.body] if isinstance(node, ast.Lambda) else node.body)
        ]

    def run(self, statements: list[ast.stmt]) -> Iterator[ast.AST]:
        """Everything that runs in statements, and once in each function of the package that they call."""
        bodies, seen = [statements], set()
        for _ in range(_DEEPEST + 1):
            called: list[list[ast.stmt]] = []
            for node in (node for body in bodies for node in own_nodes(ast.Module(body, []))):
                yield node
                for function in self.functions(node.func) if isinstance(node, ast.Call) else ():
                    if function not in seen and not isinstance(function, ast.Lambda):
                        seen.add(function)
                        called.append(function.body)
            bodies = called


def _has_value(call: ast.Call) -> bool:
    """Whether the arguments of a call are not only constants."""
    arguments = (*call.args, *(keyword.value for keyword in call.keywords))
    return any(isinstance(child, ast.Name) for argument in arguments for child in ast.walk(argument))
