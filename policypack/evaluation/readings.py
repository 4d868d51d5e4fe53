"""Which policies read a value of which resource: what tells a pass from a policy that does not apply.

A policy whose reader yields no value of a resource does not apply to it. The policies of a resource are the bits of one
integer, because there are as many pairs as resources times policies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from policypack.core.policy import Resource, Stack


@dataclass(slots=True)
class SubjectReadings:
    """What the policies read that judge one resource, or the stack as a whole: by URN, the policies' bits."""

    bit: int = 0
    """Of the policy that is judging."""
    read: dict[str, int] = field(default_factory=dict)
    excused: dict[str, int] = field(default_factory=dict)
    """The policies of which a required policy takes a judgement away."""


@dataclass(slots=True)
class Readings:
    """What the policies of one run read, whichever resource they judged again."""

    bits: Mapping[str, int] = field(default_factory=dict)
    """Of each policy that runs its own."""
    _masks: dict[int, int] = field(default_factory=dict)
    """Each mask by itself: most resources have one of a few, which is kept once."""
    _resources: SubjectReadings = field(default_factory=SubjectReadings)
    _stack: SubjectReadings = field(default_factory=SubjectReadings)

    def add(self, subject: Resource | Stack, readings: SubjectReadings) -> None:
        """Replace what is known of a resource, or of the stack."""
        if isinstance(subject, Stack):
            self._stack = readings
            return
        mask = readings.read.get(subject.urn, 0)
        self._resources.read[subject.urn] = self._masks.setdefault(mask, mask)
        if readings.excused or subject.urn in self._resources.excused:
            self._resources.excused[subject.urn] = readings.excused.get(subject.urn, 0)

    def counts(self) -> tuple[Counter[str], Counter[str]]:
        """By policy, of how many resources it read a value, and in how many of these it is excused only."""
        return self._counted("read"), self._counted("excused")

    def of(self, policy_id: str, urn: str) -> tuple[bool, bool]:
        """Whether a policy read a value of a resource, and whether it is excused only."""
        bit, (read, excused) = self.bits.get(policy_id, 0), self.masks(urn)
        return bool(read & bit), bool(excused & bit)

    def masks(self, urn: str) -> tuple[int, int]:
        """The bits of the policies that read a value of a resource, and of those that are excused only."""
        alone, stack = self._resources, self._stack
        return alone.read.get(urn, 0) | stack.read.get(urn, 0), alone.excused.get(urn, 0) | stack.excused.get(urn, 0)

    def _counted(self, name: str) -> Counter[str]:
        counted: Counter[str] = Counter()
        for part in (self._resources, self._stack):
            masks: Mapping[str, int] = getattr(part, name)
            for mask, resources in Counter(masks.values()).items():
                for policy_id in self._named(mask):
                    counted[policy_id] += resources
        return counted

    def _named(self, mask: int) -> Iterator[str]:
        return (policy_id for policy_id, bit in self.bits.items() if mask & bit)
