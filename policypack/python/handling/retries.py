"""Reports to Lambda of the records that failed, so that it delivers them again.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
and https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html: a stream is read again from
the reported record on, but a queue delivers only those records again that are reported.
"""

from __future__ import annotations

import ast

from policypack.python.handling.scan import Scan
from policypack.python.model import Shape
from policypack.python.records import MANY, own_nodes

_KEY = "batchItemFailures"
_STREAM = {"sequenceNumber", "SequenceNumber", "sequence_number", "offset"}
_MESSAGE = {"messageId", "message_id"}


class Retries:
    """The reports of one function."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan

    @property
    def after_break(self) -> bool:
        """Whether what follows a loop that breaks off reports the remaining records."""
        returns = (node for node in self.scan.nodes if isinstance(node, ast.Return))
        if not any(self.returned(node.value) for node in returns):
            return False
        return bool(_names(self.scan.function) & _STREAM) or any(
            (isinstance(node, ast.comprehension) and self.scan.holds(node.iter, *MANY))
            or (isinstance(node, ast.For) and self.scan.holds(node.iter, Shape.CUT))
            for node in self.scan.nodes
        )

    def returned(self, value: ast.expr | None) -> bool:
        """Whether a returned value reports which records failed, and those that follow if they are of a queue."""
        match value:
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                return any(_is_key(key) and _reports(failures) for key, failures in pairs)
            case ast.Name(id=name):
                return any(
                    isinstance(node, ast.Assign)
                    and any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
                    and not isinstance(node.value, ast.Name)
                    and self.returned(node.value)
                    for node in self.scan.nodes
                )
            case ast.Call(func=function, args=args):
                makes = any(map(_makes_report, self.scan.functions(function)))
                return makes and any(self.scan.holds(argument, *MANY) for argument in args)
        return False


def _is_key(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and key.value == _KEY


def _reports(failures: ast.expr) -> bool:
    if not isinstance(failures, ast.List):
        return True
    alone = not any(isinstance(element, ast.Starred) for element in failures.elts)
    return bool(failures.elts) and not (alone and _names(failures) & _MESSAGE)


def _makes_report(function: ast.AST) -> bool:
    return any(_is_key(node) for node in own_nodes(function) if isinstance(node, ast.Constant))


def _names(node: ast.AST) -> set[str]:
    """The constants and attributes in code."""
    constants = {
        child.value for child in ast.walk(node) if isinstance(child, ast.Constant) and isinstance(child.value, str)
    }
    return constants | {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)}
