"""Breaks circular references, which CloudFormation refuses.

Pulumi has none; they come from folding: a bucket's notification is part of the bucket, so the bucket waits for the
permission that names it. A cycle is broken where something names a resource that need not exist yet: the name that the
program chose is written there, or a parameter has the name, where Pulumi would make one up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from stackguard.template.emit import Problem
from stackguard.template.nodes import Node, Say
from stackguard.template.values import Reference

Ask = Callable[[Node], Reference]
"""Gives a parameter for the name of a resource."""


def broken(nodes: Mapping[str, Node], say: Say, ask: Ask) -> Iterator[Problem]:
    """Break every cycle that can be broken, and yield a problem for each that cannot; its references are written out."""
    for node in nodes.values():
        yield from _of_itself(node, say, ask)
    while (cycle := _cycle(nodes)) is not None:
        edges = [(nodes[start], nodes[end]) for start, end in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        if any(_named(*edge, say) for edge in edges) or any(_dropped(*edge) for edge in edges):
            continue
        if any(_asked(*edge, ask) for edge in edges):
            continue
        start, end = next(((start, end) for start, end in edges if start.to(end.id)), edges[0])
        shown = " -> ".join([*cycle, cycle[0]])
        why = f"is in a circle: {shown}; CloudFormation creates one after another, so take one of them apart"
        yield Problem(start.resource.urn, "", why)
        start.write_out(end, say)


def _of_itself(node: Node, say: Say, ask: Ask) -> Iterator[Problem]:
    found = node.to(node.id)
    if not found:
        return
    if any(not _foretold(node, each.value) for each in found):
        if node.can_be_asked():
            node.ask(ask(node))
        else:
            why = f"refers to itself (`{node.id}`), which CloudFormation refuses; give it a name, and write that"
            yield Problem(node.resource.urn, "", why)
    node.write_out(node, say)


def _cycle(nodes: Mapping[str, Node]) -> list[str] | None:
    """The logical ids of the first cycle, in the order in which each waits for the next."""
    done: set[str] = set()
    for root in nodes:
        path: list[str] = []
        stack = [(root, iter(_next(nodes, root)))] if root not in done else []
        path += [root] if stack else []
        while stack:
            current, following = stack[-1]
            step = next(following, None)
            if step is None:
                done.add(current)
                stack.pop()
                path.pop()
            elif step in path:
                return path[path.index(step) :]
            elif step not in done:
                path.append(step)
                stack.append((step, iter(_next(nodes, step))))
    return None


def _next(nodes: Mapping[str, Node], node: str) -> list[str]:
    return [each for each in nodes[node].targets() if each in nodes]


def _named(start: Node, end: Node, say: Say) -> bool:
    """Whether `start` only names `end`, and now does so by a name that is known before."""
    found = start.to(end.id)
    if not found or not all(each.weak and _foretold(end, each.value) for each in found):
        return False
    start.write_out(end, say)
    return True


def _asked(start: Node, end: Node, ask: Ask) -> bool:
    """Whether `start` only names `end`, and a parameter now has the name."""
    found = start.to(end.id)
    if not found or not all(each.weak for each in found) or not end.can_be_asked() or end.asked is not None:
        return False
    end.ask(ask(end))
    return True


def _dropped(start: Node, end: Node) -> bool:
    """Whether `start` waited for `end` without a need, and now does not; what `end` is made for cannot come after it."""
    if start.to(end.id) or end.id not in start.waits:
        return False
    if start.waits[end.id] and (not end.to(start.id) or all(each.weak for each in end.to(start.id))):
        return False
    del start.waits[end.id]
    return True


def _foretold(node: Node, value: str) -> bool:
    """Whether a value of a node's is known before it exists."""
    return node.known_name is not None and node.known_name in value
