"""Whether what an `except` logs shows which record failed, so that someone can find it.

An exception's own text and its traceback show none, but for those that quote what they refuse. Sources:
https://docs.python.org/3/library/json.html#json.JSONDecodeError (`doc`),
https://docs.python.org/3/library/exceptions.html#UnicodeError (`object`),
https://docs.pydantic.dev/latest/errors/errors/ (`input_value`) and
https://docs.powertools.aws.dev/lambda/python/latest/core/logger/ (`append_keys`, `log_event`).
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

from policypack.python.classes import last_names
from policypack.python.handling.failures.fates import CHANGING
from policypack.python.handling.scan import CONVERTING, METRICS, PRINTING, Scan
from policypack.python.model import Shape
from policypack.python.records import called_name, own_nodes

_KEYS_OF_LOGS = {
    *("append_keys", "thread_safe_append_keys", "append_context_keys", "set_correlation_id"),
    *("bind_contextvars", "bound_contextvars", "contextualize"),
}
"""Calls by which all that is logged afterwards names the record."""
_COUNTING = {"len", "bool", "type", "sum", "any", "all"}
_QUOTED = {"doc", "object"}
"""Attributes of an exception that have the data which it refuses."""
_QUOTING = {"ValidationError"}
"""Exceptions whose text has that data."""
_TRACEBACKS = {"exception", "print_exc"}
_OF_EVENT = {*Shape} - {Shape.COUNT}
_Blocks = ast.Try | ast.TryStar


class LogsOfBlocks:
    """What functions log of their records, read once for each `try`."""

    def __init__(self) -> None:
        self._read: dict[tuple[Scan, _Blocks | None], RecordLogs] = {}

    def of(self, scan: Scan, block: _Blocks | None = None) -> RecordLogs:
        """What a function logs, outside of what a `try` collects."""
        key = scan, block
        if key not in self._read:
            self._read[key] = RecordLogs(scan, self, block)
        return self._read[key]


class RecordLogs:
    """What one function logs of its records.

    Args:
        scan: the function.
        logs: those of the other functions.
        block: a `try` of it; what its body collects is of the records that do not fail.
    """

    def __init__(self, scan: Scan, logs: LogsOfBlocks, block: _Blocks | None = None) -> None:
        self.scan = scan
        self.logs = logs
        self.body = {child for part in (block.body, block.orelse) for child in _all(part)} if block else set()
        self.bindings = [pair for node in scan.nodes for pair in _bindings(node, self.body)]
        self.parameters = set() if scan.is_handler else self._unresolved()
        self.names = self._derived(self.parameters)

    def names_failure(self, block: _Blocks, handler: ast.ExceptHandler, around: Iterable[Scan]) -> bool:
        """Whether a failure's record is in the log.

        Args:
            block: the `try`.
            handler: the part of it that catches the failure.
            around: the functions that contain the loop, or call the block's.
        """
        if self._collects(handler):
            return True
        calls = [node for node in own_nodes(handler) if isinstance(node, ast.Call)]
        if any(self._shows(call, self.names) for call in calls):
            return True
        if not any(isinstance(node, ast.Call) and prints(node) for node in self.scan.run(handler.body)):
            return False
        return (
            self._quoted(block, handler, calls)
            or self._begins(block)
            or self.elsewhere(helpers=True)
            or any(self.logs.of(scan).elsewhere() for scan in around if scan is not self.scan)
        )

    def elsewhere(self, *, helpers: bool = False) -> bool:
        """Whether the function logs records, outside of what may fail and of what catches that; a result of the work is none.

        Args:
            helpers: whether it may call a function that does so.
        """
        decorators = getattr(self.scan.function, "decorator_list", ())
        if any(keyword.arg == "log_event" for part in decorators for keyword in getattr(part, "keywords", ())):
            return True
        names = self._derived(self.parameters, results=False)
        calls = [node for node in self.scan.nodes if isinstance(node, ast.Call)]
        return any(
            called_name(call) in _KEYS_OF_LOGS
            or ((helpers or prints(call)) and call not in self.body and not self._is_in_try(call))
            for call in calls
            if self._shows(call, names, results=False)
        )

    def _is_in_try(self, node: ast.AST) -> bool:
        """Whether a node runs only where something has failed, or has not."""
        inner, outer = node, self.scan.parents.get(node)
        while outer is not None:
            if isinstance(outer, ast.ExceptHandler):
                return True
            if isinstance(outer, ast.Try | ast.TryStar) and outer.handlers and inner not in outer.finalbody:
                return True
            inner, outer = outer, self.scan.parents.get(outer)
        return False

    def _begins(self, block: _Blocks) -> bool:
        """Whether a `try` begins with a log of the record, where that is not the work."""
        for statement in block.body if not self.scan.only_logs else ():
            calls = [node for node in own_nodes(ast.Module([statement], [])) if isinstance(node, ast.Call)]
            if any(prints(call) and self._shows(call, self.names) for call in calls):
                return CONVERTING.isdisjoint(map(called_name, calls))
            if calls:
                break
        return False

    def _collects(self, handler: ast.ExceptHandler) -> bool:
        """Whether what catches a failure gives a name something of the record, which is logged later."""
        collected = {
            name
            for node in own_nodes(handler)
            for names, values in _bindings(node)
            if any(self._of_record(value, self.names) for value in values)
            for name in names
        }
        names = self._derived(collected, by_value=False)
        return bool(collected) and any(
            isinstance(call, ast.Call) and self._shows(call, names, by_value=False) for call in self.scan.nodes
        )

    def _quoted(self, block: _Blocks, handler: ast.ExceptHandler, calls: list[ast.Call]) -> bool:
        """Whether the exception's text is logged, and has something of the record."""
        logged = [part for call in calls if prints(call) or self.scan.bodies(call.func) for part in _passed(call)]
        inside = [node for part in logged for node in ast.walk(part)]
        own = [node for node in inside if isinstance(node, ast.Name) and node.id == handler.name]
        if any(isinstance(node, ast.Attribute) and node.attr in _QUOTED and node.value in own for node in inside):
            return True
        traced = any(
            called_name(call) in _TRACEBACKS or any(keyword.arg == "exc_info" for keyword in call.keywords)
            for call in calls
        )
        if not own and not traced:
            return False
        raised = [
            part
            for node in self.scan.run(block.body)
            for part in (getattr(node, "exc", None), node.msg if isinstance(node, ast.Assert) else None)
        ]
        quotes = bool(names := last_names(handler.type)) and names <= _QUOTING
        return quotes or any(part is not None and self._of_record(part, self.names) for part in raised)

    def _shows(self, call: ast.Call, names: Collection[str], *, by_value: bool = True, results: bool = True) -> bool:
        """Whether a call logs something that has these names, or whose value comes with the event."""
        parts = [*_passed(call)]
        if not (prints(call) or called_name(call) in _KEYS_OF_LOGS):
            body = [node for node in self.scan.bodies(call.func) if isinstance(node, ast.stmt)]
            logs = [node for node in self.scan.run(body) if isinstance(node, ast.Call) and prints(node)]
            if not logs:
                return False
            if by_value and any(self._of_record(part, ()) for log in logs for part in _passed(log)):
                return True
        elif isinstance(call.func, ast.Attribute):
            parts.append(call.func.value)  # a logger that has the record's keys
        return any(self._of_record(part, names, by_value=by_value, results=results) for part in parts)

    def _of_record(self, node: ast.AST, names: Collection[str], *, by_value: bool = True, results: bool = True) -> bool:
        """Whether an expression, but for what it counts, has one of these names or a value of the event.

        Args:
            node: the expression.
            names: the names.
            by_value: whether a value of the event is enough.
            results: whether what works on a record may return something of it.
        """
        return any(
            _text(part) in names
            or (by_value and (self.scan.holds(part, *_OF_EVENT) or (called_name(part) in {"locals", "vars"})))
            for part in self._but_counted(node, results=results)
        )

    def _unresolved(self) -> set[str]:
        """The parameters that may get the record: `*args` and `**kwargs`, and all where the reader finds it in none."""
        arguments = self.scan.function.args
        rest = {argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument}
        named = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        found = any(
            isinstance(node, ast.Name) and node.id in named and self.scan.holds(node, *_OF_EVENT)
            for node in self.scan.nodes
        )
        return rest if found else rest | named - {"self", "cls"}

    def _but_counted(self, node: ast.AST, *, results: bool) -> Iterator[ast.AST]:
        """What is in a node, but not what a call only counts, or works on."""
        yield node
        works = not results and isinstance(node, ast.Call) and not prints(node) and self._works(node)
        if called_name(node) not in _COUNTING and not works:
            for child in ast.iter_child_nodes(node):
                yield from self._but_counted(child, results=results)

    def _works(self, call: ast.Call) -> bool:
        return self.scan.is_aws(call) or self.scan.works(*self.scan.bodies(call.func))

    def _derived(self, known: Collection[str] = (), *, by_value: bool = True, results: bool = True) -> set[str]:
        """The names of the function whose values come from known names, or from the event, through calls too."""
        names = {*known}
        before = -1
        while len(names) != before:
            before = len(names)
            for targets, values in self.bindings:
                if any(self._of_record(value, names, by_value=by_value, results=results) for value in values):
                    names.update(targets)
        return names


def prints(call: ast.Call) -> bool:
    """Whether a call prints or logs; a metric names no record."""
    return called_name(call) in PRINTING - METRICS


def _passed(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _all(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    return (child for statement in statements for child in ast.walk(statement))


def _text(node: ast.AST) -> str:
    """A name, or an attribute with what it is of."""
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def _bindings(node: ast.AST, apart: Collection[ast.AST] = ()) -> Iterator[tuple[list[str], list[ast.expr]]]:
    """The names to which a node gives something of these values; nothing is added to a collection in `apart`."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if not isinstance(target, ast.Subscript):
                    yield _names(target), [value]
                elif node not in apart:
                    yield _names(target.value), [target.slice, value]
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield _names(target), [value]
        case ast.AugAssign(target=target, value=value) if node not in apart:
            yield _names(target), [value]
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield _names(node.target), [node.iter]
        case ast.withitem(optional_vars=ast.expr() as target, context_expr=value):
            yield _names(target), [value]
        case ast.Call(func=ast.Attribute(value=target, attr=method)) if method in CHANGING and node not in apart:
            yield _names(target), _passed(node)


def _names(target: ast.expr) -> list[str]:
    match target:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return [name for element in elements for name in _names(element)]
        case ast.Starred(value=inner) | ast.Subscript(value=inner):
            return _names(inner)
    return [text] if (text := _text(target)) else []
