"""Reports to Lambda of the records that failed, so that it delivers them again.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
and https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html: a stream is read again from
the reported record on, but a queue delivers only those records again that are reported.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from policypack.core.spelling import similar
from policypack.python.handling.failures.lost_reports import REPORT_KEY, loses_entries, names_item
from policypack.python.handling.scan import LOOKS_ONLY, Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.model import FailureReport, Misreport, Shape
from policypack.python.records import MANY, called_name, is_whole, own_nodes

_STREAM = {"sequenceNumber", "SequenceNumber", "sequence_number", "offset"}
_MESSAGE = {"messageId", "message_id"}
_LIBRARY = {"process_partial_response", "async_process_partial_response"}
"""Functions of Powertools that return a report."""


class Retries:
    """The reports of one function."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan

    @property
    def after_break(self) -> bool:
        """Whether what follows a loop that breaks off reports the remaining records."""
        returns = (node for node in self.scan.nodes if isinstance(node, ast.Return))
        if not any(self.returned(node.value, within=False) for node in returns):
            return False
        return bool(_names(self.scan.function) & _STREAM) or any(
            (isinstance(node, ast.comprehension) and self.scan.holds(node.iter, *MANY))
            or (isinstance(node, ast.For) and self.scan.holds(node.iter, Shape.CUT))
            for node in self.scan.nodes
        )

    def reports(self) -> Iterator[FailureReport]:
        """The reports that the function returns, and what is wrong with each."""
        for node in self.scan.nodes:
            if not isinstance(node, ast.Return):
                continue
            items = dict(self._items(node.value))
            failures = items.get(REPORT_KEY)
            if called_name(node.value or node) in _LIBRARY or (failures and not _is_empty(failures)):
                is_part = failures is not None and self._is_part(failures)
                yield FailureReport(self.scan.place(node), Misreport.PART if is_part else None)
            elif (
                self.scan.is_handler
                and failures is None
                and any(_is_misspelt(key) or self._identifies(value) for key, value in items.items())
            ):
                yield FailureReport(self.scan.place(node), Misreport.KEY)

    def _identifies(self, value: ast.expr) -> bool:
        """Whether a value is a list of identifiers of failed records."""
        match value:
            case ast.Name(id=name):
                appended = (
                    call.args
                    for call in self.scan.nodes
                    if isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Attribute)
                    and isinstance(call.func.value, ast.Name)
                    and call.func.value.id == name
                )
                made = [*self.scan.given(name), *(item for arguments in appended for item in arguments)]
                return any(not isinstance(item, ast.Name) and self._identifies(item) for item in made)
            case ast.List(elts=[item, *_]) | ast.ListComp(elt=item):
                return self._identifies(item)
            case ast.Dict(keys=keys):
                return names_item(keys)
        return False

    def unreturned(self, consumers: Consumers) -> Iterator[FailureReport]:
        """The reports that are made, and that nothing returns from the handler."""
        for node in self.scan.nodes:
            if isinstance(node, ast.Expr) and called_name(node.value) in _LIBRARY:
                yield FailureReport(self.scan.place(node), Misreport.UNRETURNED)
        if self.scan.is_handler:
            if made := self._collected():
                yield FailureReport(self.scan.place(made), Misreport.UNRETURNED)
        elif any(report.wrong is None for report in self.reports()):
            calls = consumers.calls.get(self.scan.function, [])
            if calls and all(isinstance(caller.parents.get(call), ast.Expr) for caller, call in calls):
                yield from (FailureReport(caller.place(call), Misreport.UNRETURNED) for caller, call in calls)

    def _collected(self) -> ast.AST | None:
        """An identifier of a failed record, in a handler that neither returns anything, raises, nor passes it on."""
        if self.scan.is_generator:
            return None
        made = None
        for node in self.scan.nodes:
            match node:
                case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and not value.value):
                    return None
                case ast.Raise() | ast.Call() if self.scan.fails(node):
                    return None
                case ast.Dict(keys=keys) if names_item(keys):
                    made = made or node
                    if self._passed_on(node):
                        return None
        return made

    def _passed_on(self, item: ast.Dict) -> bool:
        """Whether a function but one of a list gets an identifier, or the list of them."""
        outer = self.scan.parents.get(item)
        if not (isinstance(outer, ast.Call) and isinstance(outer.func, ast.Attribute) and outer.func.attr == "append"):
            return True
        names = {node.id for node in ast.walk(outer.func.value) if isinstance(node, ast.Name)}
        names |= {
            target.id
            for node in self.scan.nodes
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
            and any(isinstance(child, ast.Name) and child.id in names for child in ast.walk(node.value))
        }
        return any(
            isinstance(call, ast.Call)
            and called_name(call) not in LOOKS_ONLY
            and any(
                isinstance(child, ast.Name) and child.id in names
                for argument in (*call.args, *call.keywords)
                for child in ast.walk(argument)
            )
            for call in self.scan.nodes
        )

    def returned(self, value: ast.expr | None, *, within: bool = True) -> bool:
        """Whether a returned value reports which records failed, and those that follow if they are of a queue.

        Args:
            value: what is returned.
            within: whether the `return` is inside the loop over the records, so that some of them remain.
        """
        if any(key == REPORT_KEY and self._reports(failures, within=within) for key, failures in self._items(value)):
            return True
        match value:
            case ast.Call(func=function, args=args):
                makes = any(map(_makes_report, self.scan.functions(function)))
                return makes and any(self.scan.holds(argument, *MANY) for argument in args)
        return False

    def is_mapping(self, value: ast.expr) -> bool:
        """Whether a returned value is a dictionary, which Lambda takes for a success without `batchItemFailures`."""
        return isinstance(value, ast.Dict) or any(True for _ in self._items(value))

    def _items(self, value: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
        """The keys of a returned dictionary, with what is at each."""
        match value:
            case ast.Dict(keys=keys, values=values):
                for key, content in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, content
            case ast.Call(func=ast.Name(id="dict"), keywords=keywords):
                yield from ((keyword.arg, keyword.value) for keyword in keywords if keyword.arg)
            case ast.Name(id=name):
                yield from self._named_items(name)

    def _named_items(self, name: str) -> Iterator[tuple[str, ast.expr]]:
        """The items of a dictionary with a name; what is appended to one, `response["batchItemFailures"]`, stands for itself."""
        for assigned in self.scan.given(name):
            if not isinstance(assigned, ast.Name):
                yield from self._items(assigned)
        for node in self.scan.nodes:
            match node:
                case ast.Subscript(value=ast.Name(id=other), slice=ast.Constant(value=str() as text)) if other == name:
                    yield text, node

    def _reports(self, failures: ast.expr, *, within: bool) -> bool:
        """Whether a list of failures has the records that remain too, or is of a stream."""
        match failures:
            case ast.List(elts=elements):
                alone = not any(isinstance(element, ast.Starred) for element in elements)
                return bool(elements) and not (alone and _names(failures) & _MESSAGE)
            case ast.ListComp(generators=[loop, *_]) if _names(failures) & _MESSAGE:
                return not _is_short(loop.iter)
            case ast.Name() | ast.Subscript() if within and _names(self.scan.function) & _MESSAGE:
                if not _names(self.scan.function).isdisjoint(_STREAM):
                    return True
                added = [*self._added(ast.unparse(failures))]
                return not added or any(added)
        return True

    def _added(self, text: str) -> Iterator[bool]:
        """For each addition to a list of failures, whether it adds several records: all that remain."""
        for value in self.scan.given(text):
            if not isinstance(value, ast.List):
                yield True
        for node in self.scan.nodes:
            match node:
                case ast.AugAssign(target=target, value=value) if ast.unparse(target) == text:
                    yield not isinstance(value, ast.List)
                case ast.Call(func=ast.Attribute(value=target, attr="extend" | "insert" | "append" as method)):
                    if ast.unparse(target) == text:
                        yield method == "extend" or self._in_later_loop(node)

    def _in_later_loop(self, node: ast.AST) -> bool:
        """Whether a loop over records contains a node, and is inside another one or after it."""
        loops: list[ast.AST] = []
        outer = self.scan.parents.get(node)
        while outer is not None:
            if isinstance(outer, ast.For | ast.AsyncFor) and self.scan.holds(outer.iter, *MANY):
                loops.append(outer)
            outer = self.scan.parents.get(outer)
        return len(loops) > 1

    def _is_part(self, failures: ast.expr) -> bool:
        """Whether a list of failures, of a queue, leaves out some of those that were found."""
        if _names(self.scan.function) & _STREAM or not _names(self.scan.function) & _MESSAGE:
            return False
        match failures:
            case ast.IfExp(body=body, orelse=otherwise):
                return self._is_part(body) or self._is_part(otherwise)
            case ast.Subscript(value=ast.Name(), slice=ast.Slice() as index):
                return not is_whole(index)
            case ast.Name() | ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str())):
                return loses_entries(self.scan, failures)
            case ast.List(
                elts=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int()) | ast.UnaryOp())]
            ):
                return any(isinstance(value, ast.List | ast.ListComp) for value in self.scan.given(name))
        return False


def _is_empty(failures: ast.expr) -> bool:
    return isinstance(failures, ast.List | ast.Tuple) and not failures.elts


def _is_misspelt(key: str) -> bool:
    plain = key.replace("_", "").replace("-", "").lower()
    return key != REPORT_KEY and bool(similar(plain, [REPORT_KEY.lower()], cutoff=0.9))


def _is_short(source: ast.expr) -> bool:
    """Whether a slice ends before the last record."""
    match source:
        case ast.Subscript(slice=ast.Slice(upper=ast.expr() as upper)):
            return called_name(upper) != "len"
    return False


def _makes_report(function: ast.AST) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == REPORT_KEY for node in own_nodes(function))


def _names(node: ast.AST) -> set[str]:
    """The constants and attributes in code."""
    constants = {
        child.value for child in ast.walk(node) if isinstance(child, ast.Constant) and isinstance(child.value, str)
    }
    return constants | {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}
