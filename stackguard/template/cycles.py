"""Breaks circular references, which CloudFormation refuses.

Pulumi has none; they come from folding: a bucket's notification is part of the bucket, so the bucket waits for the
permission that names it. A cycle is broken where something names a resource that need not exist yet and whose name the
program chose: the name itself is written there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackguard.template.forward import Problem
from stackguard.template.nodes import Node, Say


def broken(nodes: Mapping[str, Node], said: Say) -> Iterator[Problem]:
    """Break every cycle that can be broken, and yield a problem for each that cannot; its references are written out."""
    for node in nodes.values():
        yield from _of_itself(node, said)
    while (cycle := _cycle(nodes)) is not None:
        edges = [(nodes[start], nodes[end]) for start, end in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
        if any(_named(*edge, said) for edge in edges) or any(_dropped(*edge) for edge in edges):
            continue
        start, end = next(((start, end) for start, end in edges if start.to(end.id)), edges[0])
        yield Problem(
            start.resource.urn,
            "",
            f"is in a circle: {' -> '.join([*cycle, cycle[0]])}; CloudFormation creates one after another, so {_way_out(edges)}",
        )
        start.write_out(end.id, said)


def _of_itself(node: Node, said: Say) -> Iterator[Problem]:
    found = node.to(node.id)
    if not found:
        return
    if any(not _literal(node, each.value) for each in found):
        why = (
            f"refers to itself (`{node.id}`), which CloudFormation refuses; give it a name of your own, and write that"
        )
        yield Problem(node.resource.urn, "", why)
    node.write_out(node.id, said)


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


def _named(start: Node, end: Node, said: Say) -> bool:
    """Whether `start` only names `end`, and now does so by the name that the program chose."""
    found = start.to(end.id)
    if not found or not all(each.weak and _literal(end, each.value) for each in found):
        return False
    start.write_out(end.id, said)
    return True


def _dropped(start: Node, end: Node) -> bool:
    """Whether `start` waited for `end` without a need, and now does not; what `end` is made for cannot come after it."""
    if start.to(end.id) or end.id not in start.waits:
        return False
    if start.waits[end.id] and (not end.to(start.id) or all(each.weak for each in end.to(start.id))):
        return False
    del start.waits[end.id]
    return True


def _literal(node: Node, value: str) -> bool:
    """Whether a value of a node's is known before it is created."""
    return node.chosen_name is not None and node.chosen_name in value


def _way_out(edges: list[tuple[Node, Node]]) -> str:
    unnamed = [end for start, end in edges if end.chosen_name is None and any(each.weak for each in start.to(end.id))]
    if unnamed:
        return f"give `{unnamed[0].resource.name}` a name of your own, which can be written before it exists"
    return "take one of them apart"
