"""Values that each record overwrites, and that are used after the loop or comprehension, which does nothing else."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from policypack.python.files import CodePlace
from policypack.python.handling.as_loops import Comprehension
from policypack.python.handling.first_runs import AnyLoop
from policypack.python.handling.keyed import made_of_record
from policypack.python.handling.parts.made_lists import is_own
from policypack.python.handling.parts.unpacking import stored
from policypack.python.handling.scan import PRINTING, Scan
from policypack.python.handling.slots import kept
from policypack.python.handling.unrun.consumption import Consumers, Consumption
from policypack.python.model import Shape
from policypack.python.records import MANY, called_name


class LastValues:
    """The values of one function that are those of the last record.

    Args:
        scan: the function.
        consumers: find what consumes values.
        looped: the identities of the nodes inside its loops over records.
    """

    def __init__(self, scan: Scan, consumers: Consumers, looped: Collection[int]) -> None:
        self.scan = scan
        self.consumers = consumers
        self.looped = looped

    def after(self, loop: AnyLoop) -> CodePlace | None:
        """Where a value is used after a loop that does nothing but assign it."""
        return self._kept_over(loop) or self._left_over(loop)

    def of_comprehensions(self) -> Iterator[CodePlace]:
        """Where a name is used that a comprehension assigns for each record: `[key := of(record) for record in records]`."""
        for node in self.scan.nodes:
            if isinstance(node, Comprehension) and self._only_assigns(node):
                for inner in ast.walk(node):
                    match inner:
                        case ast.NamedExpr(target=ast.Name(id=name), value=value) if (
                            self._is_always(inner, node)
                            and made_of_record(self.scan, {name: value}, name)
                            and (use := self._use_after(node, name))
                        ):
                            yield self.scan.place(use)

    def _only_assigns(self, node: Comprehension) -> bool:
        """Whether a comprehension runs for every record, and does nothing with what it makes."""
        sources = node.generators
        runs = not isinstance(node, ast.GeneratorExp) or self.consumers.of(self.scan, node) is Consumption.ALL
        plain = len(sources) == 1 and not sources[0].ifs and self.scan.holds(sources[0].iter, *MANY)
        return plain and runs and not self.scan.works(*ast.iter_child_nodes(node))

    def _is_always(self, inner: ast.AST, node: ast.AST) -> bool:
        """Whether a part of a comprehension is under no condition, and in no comprehension or function inside."""
        outer = self.scan.parents.get(inner)
        while outer is not None and outer is not node:
            if isinstance(outer, ast.IfExp | ast.BoolOp | ast.Lambda | Comprehension):
                return False
            outer = self.scan.parents.get(outer)
        return outer is node

    def _use_after(self, node: ast.expr, name: str) -> ast.Name | None:
        """The first use of a name after an expression, before it gets another value."""
        for use in self.scan.nodes:
            if isinstance(use, ast.Name) and use.id == name and use.lineno > (node.end_lineno or node.lineno):
                if isinstance(use.ctx, ast.Store):
                    return None
                if id(use) not in self.looped and not self._is_local(use) and self._is_used(self.scan, use):
                    return use
        return None

    def _kept_over(self, loop: AnyLoop) -> CodePlace | None:
        """Where something is done with what a loop has overwritten in each run."""
        end = loop.end_lineno or loop.lineno
        for slot in kept(self.scan, self.consumers, loop):
            for scan in self.consumers.scans:
                own = scan is self.scan
                nodes = [node for node in scan.nodes if getattr(node, "lineno", 0) > (end if own else 0)]
                if scan is slot.scan and not own:
                    continue
                stores = [node.lineno for node in nodes if isinstance(node, ast.expr) and slot.is_stored(node)]
                for node in nodes:
                    before = not stores or getattr(node, "lineno", 0) < min(stores)
                    if (
                        before
                        and slot.is_read(scan, node)
                        and id(node) not in self.looped
                        and self._is_used(scan, node)
                    ):
                        return scan.place(node)
        return None

    def _is_used(self, scan: Scan, node: ast.AST) -> bool:
        """Whether more is done with what a place has than to log it, unless that is the work."""
        whole = node
        while isinstance(outer := scan.parents.get(whole), ast.Subscript | ast.Attribute):
            whole = outer
        used = self.consumers.of(scan, whole, lazy=False) is not Consumption.NOTHING
        return used and (scan.only_logs or not self._is_logged(whole))

    def _left_over(self, loop: AnyLoop) -> CodePlace | None:
        """Where a name is used after a loop that does nothing but assign it."""
        names = stored(loop)
        found = {name for inner in ast.walk(loop) if isinstance(inner, ast.If) for name in stored(inner)}
        made = self._made(loop) - found
        for node in self.scan.nodes:
            if isinstance(node, ast.Name) and node.id in names and node.lineno > (loop.end_lineno or loop.lineno):
                if isinstance(node.ctx, ast.Store):
                    names.discard(node.id)
                elif (
                    id(node) not in self.looped
                    and not self._is_local(node)
                    and self.consumers.of(self.scan, node, lazy=False) is not Consumption.NOTHING
                    and self._is_last(node, found, made)
                ):
                    return self.scan.place(node)
        return None

    def _is_last(self, name: ast.Name, found: Collection[str], made: Collection[str]) -> bool:
        """Whether a name has the last record, or something that the loop makes of it."""
        if self.scan.holds(name, Shape.RECORD, Shape.MESSAGE):
            return all(map(self._is_own, self.scan.given(name.id))) and not (name.id in found and self._is_logged(name))
        return name.id in made and self._is_used(self.scan, name)

    def _made(self, loop: AnyLoop) -> set[str]:
        """The names to which a loop gives in each run what it makes of its record alone: `json.loads(...)`, an f-string."""
        if not isinstance(loop, ast.For | ast.AsyncFor):
            return set()
        given: dict[str, ast.expr] = {}
        again: set[str] = set()
        for statement in loop.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    again |= {name} & given.keys()
                    given[name] = value
        once = {name: value for name, value in given.items() if name not in again}
        return {name for name in once if made_of_record(self.scan, once, name) and self._is_own(once[name])}

    def _is_own(self, value: ast.expr) -> bool:
        """Whether no call in an expression makes something of what all records share."""
        return all(is_own(self.scan, call) for call in ast.walk(value) if isinstance(call, ast.Call))

    def _is_local(self, name: ast.Name) -> bool:
        """Whether a comprehension around a name has one of its own with that spelling."""
        outer = self.scan.parents.get(name)
        while outer is not None:
            if isinstance(outer, Comprehension) and any(name.id in stored(loop.target) for loop in outer.generators):
                return True
            outer = self.scan.parents.get(outer)
        return False

    def _is_logged(self, node: ast.AST) -> bool:
        """Whether an expression is what a call logs, or is in a text that it logs."""
        outer = self.scan.parents.get(node)
        while isinstance(outer, ast.FormattedValue | ast.JoinedStr | ast.BoolOp | ast.IfExp | ast.keyword):
            outer = self.scan.parents.get(outer)
        return outer is not None and called_name(outer) in PRINTING
