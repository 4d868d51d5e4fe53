"""Groups of outcomes, for people: outcomes go in, one for each unknown value or one group for each cause comes out.

Undecided outcomes of many policies at one path of a resource wait for one value. A card's `subsumes` names the policies
whose reports follow from its own. Grouping only changes how outcomes are shown: all stay in the reports for programs,
block as before, and keep their fingerprints.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from policypack.core.policy import UNKNOWN, EnforcementLevel, Kind, Outcome, covers
from policypack.evaluation.settings import UNSEEN
from policypack.iam.document_readers import DocumentReader

STATEMENT = re.compile(r".*?\bStatement(\[\d+\])?(?=\.|$)")
STEP = re.compile(r"[.\[]")


@dataclass(frozen=True, slots=True)
class Group:
    """Outcomes with one cause, shown as one report."""

    reports: tuple[Outcome, ...]
    """Outcomes of one policy for one resource that have the same fix: the cause, at each of its places."""
    subsumed: tuple[Outcome, ...]
    """Outcomes of other policies that follow from it."""

    @property
    def first(self) -> Outcome:
        """The cause at its first place."""
        return self.reports[0]


def causes(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> list[int]:
    """For each outcome the index of the outcome that it follows from, or its own.

    An outcome follows from a violation that blocks in this run, and whose policy subsumes its policy: in the same
    statement of a policy document, at a property that contains it, or, outside of documents, in the same resource; of a
    generic policy, which judges many values that have nothing to do with one another, only at the same place. In any
    resource it follows from a violation at a value that it is related to, or that is related to its own value. A value
    that is taken from another resource follows from the report of that resource's own, of the same policy;
    so do violations of a generic policy that say the same and are related to the same value, from the first of them.
    """
    leaders = _Leaders()
    for index, outcome in enumerate(outcomes):
        if outcome.kind is Kind.VIOLATION and outcome.policy.subsumes and blocks(outcome):
            leaders.add(index, outcome)
    first = {**_of_same_policy(outcomes, blocks), **_of_effects(outcomes, blocks)}
    direct = [
        first[index] if index in first else index if (leader := leaders.of(outcome)) is None else leader
        for index, outcome in enumerate(outcomes)
    ]
    return [_first(index, direct) for index in direct]


def _of_effects(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> dict[int, int]:
    """By index, the violation that what follows from a wrong `Effect` follows from: the worst about that statement's grant.

    What is related to the `Effect` follows from it, and what is reported because the statement allows something. The
    first is itself.
    """
    wrong = {
        (urn, statement_path(path)): index
        for index, outcome in enumerate(outcomes)
        for urn, path in outcome.related
        if path.endswith(".Effect")
    }
    granted: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, outcome in enumerate(outcomes) if wrong else ():
        place = (outcome.resource.urn, statement_path(outcome.path))
        reads = outcome.policy.reads
        if place in wrong and outcome.kind is Kind.VIOLATION and isinstance(reads, DocumentReader) and reads.granting:
            granted[place].append(index)
    follows: dict[int, int] = {}
    for place, indexes in granted.items():
        if leading := [index for index in indexes if blocks(outcomes[index])]:
            worst = max(leading, key=lambda index: (outcomes[index].policy.severity.rank, -len(outcomes[index].path)))
            follows |= dict.fromkeys((*indexes, wrong[place]), worst)
    return follows


def _of_same_policy(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> dict[int, int]:
    """By index, an earlier violation of the same policy that another one repeats.

    It is at the same property of the resource that a value is taken from, or, of a generic policy, it says the same and
    is related to the same value.
    """
    first: dict[object, int] = {}
    follows: dict[int, int] = {}
    for index, outcome in enumerate(outcomes):
        if outcome.kind is not Kind.VIOLATION:
            continue
        shared = (outcome.policy.id, outcome.message, outcome.related)
        earlier = first.get(shared) if outcome.policy.generic and outcome.related else None
        origins = (first.get(place) for place in _origins(outcome))
        follower = next((origin for origin in origins if origin is not None), earlier)
        if follower is not None:
            follows[index] = follower
        if blocks(outcome):
            value = outcome.resource.inputs.get(outcome.path)
            first.setdefault(shared, index)
            first.setdefault(_at(outcome, outcome.resource.urn, value), index)
    return follows


def _origins(outcome: Outcome) -> Iterator[object]:
    """Where the property of an outcome may take its text from: that property of each resource that it depends on."""
    value = outcome.resource.inputs.get(outcome.path)
    if isinstance(value, str):
        for urn in outcome.resource.property_dependencies.get(outcome.path, ()):
            if urn != outcome.resource.urn:
                yield _at(outcome, urn, value)


def _at(outcome: Outcome, urn: str, value: object) -> object:
    """The identity of a text at the path of an outcome in a resource."""
    return (outcome.policy.id, urn, outcome.path, value if isinstance(value, str) else None)


_Place = tuple[str, str, str]
"""The URN of a resource, a path in it, and the id of a policy whose outcomes follow from the violation there."""


class _Leaders:
    """The violations that others may follow from, by place."""

    def __init__(self) -> None:
        self._within: dict[_Place, int] = {}
        """By the path of a statement, empty outside of documents."""
        self._at: dict[_Place, int] = {}
        self._over: dict[_Place, int] = {}
        """Of those outside of documents."""
        self._placed: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        """By URN and policy that follows, the paths of the violations."""
        self._related: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
        """The same of the values that they are related to."""

    def add(self, index: int, cause: Outcome) -> None:
        """Add a violation by its index."""
        urn, statement = cause.resource.urn, statement_path(cause.path)
        for follower in cause.policy.subsumes:
            self._at.setdefault((urn, cause.path, follower), index)
            self._placed[urn, follower].append((cause.path, index))
            if statement or not cause.policy.generic:
                self._within.setdefault((urn, statement, follower), index)
            if not statement:
                self._over.setdefault((urn, cause.path, follower), index)
            for elsewhere, path in cause.related:
                self._related[elsewhere, follower].append((path, index))

    def of(self, outcome: Outcome) -> int | None:
        """The index of the violation that an outcome follows from."""
        if outcome.kind is Kind.ERROR:
            return None
        urn, path, follower = outcome.resource.urn, outcome.path, outcome.policy.id
        statement = statement_path(path)
        found = self._at.get((urn, path, follower))
        if not outcome.policy.generic:
            containing = (self._over.get((urn, outer, follower)) for outer in _containing(path) if statement)
            first = min((leader for leader in containing if leader is not None), default=found)
            found = self._within.get((urn, statement, follower), first)
        return self._of_related(outcome) if found is None else found

    def _of_related(self, outcome: Outcome) -> int | None:
        """The violation whose value is related to the outcome's; the first, if there are several."""
        follower = outcome.policy.id
        pairs = [(outcome.path, other) for other in self._related.get((outcome.resource.urn, follower), ())]
        pairs += [(path, other) for urn, path in outcome.related for other in self._placed.get((urn, follower), ())]
        return min((index for path, (other, index) in pairs if _meet(path, other)), default=None)


def _meet(path: str, other: str) -> bool:
    """Whether one of two paths leads to the other; an empty one, of a whole resource, does not."""
    return bool(path and other) and (covers(path, other) or covers(other, path))


def groups(outcomes: Sequence[Outcome], blocks: Callable[[Outcome], bool]) -> list[Group]:
    """The outcomes as groups, in the order of their causes; undecided outcomes of one value are one report."""
    by_cause: dict[object, list[Outcome]] = defaultdict(list)
    subsumed: dict[object, list[Outcome]] = defaultdict(list)
    leaders = causes(outcomes, blocks)
    for index, outcome in enumerate(outcomes):
        leader = outcomes[leaders[index]]
        urn = leader.resource.urn
        key: object = (leader.policy.id, leader.policy.severity, leader.kind, urn, leader.fix, leader.enforcement)
        if waits_for_value(leader):
            key = (urn, leader.path)
        (by_cause if leader is outcome else subsumed)[key].append(outcome)
    return [Group(tuple(one_per_value(reports)), tuple(subsumed[key])) for key, reports in by_cause.items()]


def _containing(path: str) -> Iterator[str]:
    """The paths that cover a path, from the resource itself to the path."""
    yield ""
    yield from (path[: step.start()] for step in STEP.finditer(path) if step.start())
    yield path


def _first(index: int, direct: Sequence[int]) -> int:
    """The end of a chain of causes. Cards form no circle."""
    while direct[index] != index:
        index = direct[index]
    return index


def statement_path(path: str) -> str:
    """The part of a path that leads to a statement of a policy document; empty for another path."""
    match = STATEMENT.match(path)
    return match[0] if match else ""


def one_per_value(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes, in order, with those that wait for the same value merged into one of `pulumi-unknown-value`.

    It takes the place of the first, blocks if any of them does, and is as severe as the worst that blocks. What is exempt
    is merged with what is exempt in the same way only.
    """
    groups: dict[object, list[Outcome]] = {}
    for index, outcome in enumerate(outcomes):
        of_value = (outcome.resource.urn, outcome.path, outcome.exemption and outcome.exemption.kind)
        key = of_value if waits_for_value(outcome) else index
        groups.setdefault(key, []).append(outcome)
    return [_summary(group) if isinstance(key, tuple) else group[0] for key, group in groups.items()]


def waits_for_value(outcome: Outcome) -> bool:
    """Whether the outcome is undecided because of one unknown value."""
    return outcome.kind is Kind.UNDECIDED and outcome.policy.id not in UNSEEN


def _summary(outcomes: Sequence[Outcome]) -> Outcome:
    from policypack.policies.pulumi.unknown_value import POLICY  # imports all policies

    first, *_ = outcomes
    blocking = [outcome for outcome in outcomes if outcome.blocks]
    worst = max((outcome.policy.severity for outcome in blocking or outcomes), key=lambda severity: severity.rank)
    ids = list(dict.fromkeys(outcome.policy.id for outcome in outcomes))
    reasons = list(dict.fromkeys(outcome.why for outcome in outcomes))
    listed = ", ".join(f"`{policy_id}`" for policy_id in ids)
    policies = f"policy {listed}" if len(ids) == 1 else f"{len(ids)} policies: {listed}"
    return replace(
        first,
        policy=replace(POLICY, severity=worst),
        message=f"`{first.path or first.resource.name}` {'; it '.join(reasons)}; not judged by {policies}",
        fix=next((outcome.fix for outcome in outcomes if outcome.fix != UNKNOWN.fix), UNKNOWN.fix),
        enforcement=EnforcementLevel.MANDATORY if blocking else EnforcementLevel.ADVISORY,
        waits_for=tuple(dict.fromkeys(urn for outcome in outcomes for urn in outcome.waits_for)),
        why=reasons[0],
    )
