"""Glances at one record: code that logs it, compares it, or reads what the records of an event have in common."""

from __future__ import annotations

import ast

from policypack.python.handling.scan import HARMLESS, PRINTING, PURE, Scan
from policypack.python.handling.unrun.consumption import Consumers
from policypack.python.records import called_name

SHARED = {
    *("eventSource", "eventVersion", "awsRegion", "eventSourceARN", "bucket", "s3SchemaVersion", "configurationId"),
    *("EventSource", "EventVersion", "EventSubscriptionArn", "TopicArn", "userIdentity"),
    *("event_source", "event_version", "aws_region", "event_source_arn", "bucket_name", "topic_arn"),
}
"""Keys and attributes of a record that say where it comes from.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
"""


class Glances:
    """The glances of all functions of a reading.

    Args:
        consumers: find the callers of functions.
        decide: whether a comparison or a condition is a glance, too.
    """

    def __init__(self, consumers: Consumers, *, decide: bool = True) -> None:
        self.consumers = consumers
        self.decide = decide
        self._followed: set[ast.AST] = set()

    def only(self, scan: Scan, node: ast.AST) -> bool:
        """Whether nothing but a glance is made of an expression."""
        if node in self._followed:
            return True
        self._followed.add(node)
        shared = isinstance(node, ast.Attribute) and node.attr in SHARED
        result = shared or self._only(scan, node)
        self._followed.discard(node)
        return result

    def _only(self, scan: Scan, node: ast.AST) -> bool:  # noqa: C901 (one case for each kind of parent)
        parent = scan.parents.get(node)
        match parent:
            case ast.Expr() | ast.Raise():
                return True
            case ast.Compare() | ast.Assert() | ast.UnaryOp(op=ast.Not()):
                return self.decide
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if test is node:
                return self.decide
            case ast.Subscript(slice=ast.Constant(value=key)) if key in SHARED:
                return True
            case ast.Attribute(attr=name):
                call = scan.parents.get(parent)
                if not isinstance(call, ast.Call) or call.func is not parent:
                    return self.only(scan, parent)
                keys = [argument.value for argument in call.args[:1] if isinstance(argument, ast.Constant)]
                shared = not SHARED.isdisjoint(keys)
                return name in PURE and ((name == "get" and shared) or self.only(scan, call))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return self.name_only(scan, name)
            case ast.NamedExpr(target=ast.Name(id=name)):
                return self.name_only(scan, name) and self.only(scan, parent)
            case ast.Call():
                return self._passed_only(scan, parent)
            case ast.Return():
                calls = self.consumers.calls.get(scan.function, [])
                return scan.is_handler or (bool(calls) and all(self.only(*call) for call in calls))
            case ast.Subscript() | ast.BoolOp() | ast.BinOp() | ast.IfExp() | ast.keyword():
                return self.only(scan, parent)
            case ast.FormattedValue() | ast.JoinedStr() | ast.Tuple() | ast.List() | ast.Dict():
                return self.only(scan, parent)
        return False

    def name_only(self, scan: Scan, name: str) -> bool:
        """Whether nothing but glances are made of what has a name."""
        used = (node for node in ast.walk(scan.function) if isinstance(node, ast.Name) and node.id == name)
        return all(self.only(scan, node) for node in used if isinstance(node.ctx, ast.Load))

    def _passed_only(self, scan: Scan, call: ast.Call) -> bool:
        """Whether a call does no more with its arguments."""
        if isinstance(scan.parents.get(call), ast.Raise):
            return True
        bodies = scan.bodies(call.func)
        harmless = not scan.does(*bodies) if bodies else called_name(call) in HARMLESS
        return harmless and (called_name(call) in PRINTING or self.only(scan, call))
