"""The shortest ways to some resources, by breadth: a hop is looked up only from where a way leads.

A graph library would want all edges before it starts, and most of them are never reached; the search is these few lines.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from policypack.access.paths.entrances import entrances
from policypack.access.paths.fleet import Fleet
from policypack.access.paths.hops import OUTSIDE, Hold, Hop, Node, Way
from policypack.access.paths.relays import relays
from policypack.access.paths.requests import Questions
from policypack.access.paths.steps import Steps

MOST_HOPS = 10


class Search:
    """The ways in one fleet. `limits` says which bounds were hit."""

    def __init__(self, fleet: Fleet, wanted: Collection[str]) -> None:
        """Begin.

        Args:
            fleet: the stacks.
            wanted: URNs in the fleet's stack.
        """
        self.fleet = fleet
        self.wanted = wanted
        self._questions = Questions(fleet)
        self._relays = relays(fleet)
        self._steps = Steps(fleet, self._questions, self._leads)
        self._hops: dict[Node, Sequence[Hop]] = {}

    @property
    def limits(self) -> list[str]:
        """What was not looked at."""
        budget = "the budget of questions is spent, so there may be more ways"
        return [*self._steps.left_out, *([budget] if self._questions.exhausted else [])]

    def _leads(self, node: Node) -> bool:
        """Whether a place is wanted or leads on."""
        return node.of in self.wanted or node.hold in (Hold.IDENTITY, Hold.RUN) or node in self._relays

    def ways(self, start: Node = OUTSIDE, most: int = 3) -> list[Way]:
        """The shortest ways to each wanted resource, those without doubt first among equally long ones.

        Args:
            start: where the ways begin.
            most: the number of ways to each resource.
        """
        order = count()
        ways: list[Way] = []
        arrived: Counter[str] = Counter()
        passed: Counter[Node] = Counter()
        queue: list[tuple[int, int, int, Node, Way]] = [(0, 0, next(order), start, ())]
        while queue:
            _, doubts, _, node, way = heapq.heappop(queue)
            if passed[node] >= most:
                continue
            passed[node] += 1
            if way and node.of in self.wanted and arrived[node.of] < most:
                arrived[node.of] += 1
                ways.append(way)
            if len(way) >= MOST_HOPS:
                continue
            before = {start, *(hop.end for hop in way)}
            for hop in self._from(node):
                if hop.end not in before and passed[hop.end] < most:
                    uncertain = doubts + (not hop.certain)
                    heapq.heappush(queue, (len(way) + 1, uncertain, next(order), hop.end, (*way, hop)))
        return ways

    def _from(self, node: Node) -> Sequence[Hop]:
        if node.hold is Hold.ACCOUNT:
            return list(self._in_account(node))
        if node not in self._hops:
            self._hops[node] = _best(self._computed(node))
        return self._hops[node]

    def _computed(self, node: Node) -> Iterator[Hop]:
        if node == OUTSIDE:
            yield from entrances(self.fleet)
        yield from self._relays.get(node, ())
        if node.hold is Hold.IDENTITY:
            yield from self._steps.of(node)

    def _in_account(self, node: Node) -> Iterator[Hop]:
        """What an administrator of an account holds: what is wanted there, and identities that other accounts name."""
        for urn in self.wanted:
            resource = self.fleet.stack.by_urn[urn]
            if self.fleet.account(resource) == node.of:
                yield Hop(node, Node(Hold.EDIT, urn), "controls")
        for urn, holder in self.fleet.holders.items():
            if holder.account == node.of and any(
                self.fleet.account(resource) != node.of for resource in self.fleet.named.get(holder.arn, ())
            ):
                yield Hop(node, Node(Hold.IDENTITY, urn), "controls")


def _best(hops: Iterator[Hop]) -> list[Hop]:
    """One hop to each place: a certain one, if there is one."""
    best: dict[Node, Hop] = {}
    for hop in hops:
        if hop.end not in best or (hop.certain and not best[hop.end].certain):
            best[hop.end] = hop
    return list(best.values())
