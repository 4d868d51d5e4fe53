"""Evidence: the outcomes and what the policies read go in, what came of each policy and resource comes out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policypack.core.policy import EnforcementLevel, Outcome, Policy, Resource
from policypack.core.stack_name import StackName
from policypack.evaluation.places import fingerprints
from policypack.evaluation.readings import Readings
from policypack.evaluation.settings import Settings
from policypack.evaluation.settings.selectors import enforcement
from stackguard.reports.evidence import Came, Record

KINDS = tuple(Came)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came of judging one stack."""

    readings: Readings
    outcomes: Sequence[Outcome]
    """All outcomes, with their exemptions and without secrets."""
    resources: Sequence[Resource]
    ran: Sequence[Policy[Any]]
    """Our own policies that ran."""
    absent: Sequence[Policy[Any]]
    """Our own policies that did not run."""
    others: Sequence[str]
    """The ids of other packs' policies that ran: they do not report what they read."""
    settings: Settings
    stack: StackName
    hide: Callable[[str], str]
    """Masks the secrets of the program in a text."""

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """By policy, how many records of each kind there are."""
        read, excused = self.readings.counts()
        by_policy: dict[str, list[Outcome]] = defaultdict(list)
        for outcome in self.outcomes:
            by_policy[outcome.policy.id].append(outcome)
        counts: dict[str, Mapping[str, int]] = {}
        silent: dict[tuple[int, int], Mapping[str, int]] = {}  # most policies have nothing to report, and read as much
        for policy in self.ran:
            outcomes = by_policy.pop(policy.id, [])
            key = read[policy.id], excused[policy.id]
            if outcomes:
                counts[policy.id] = self._counted(*key, outcomes)
                continue
            if key not in silent:
                silent[key] = self._counted(*key, ())
            counts[policy.id] = silent[key]
        for policy_id in dict.fromkeys((*self.others, *by_policy)):
            outcomes = by_policy.get(policy_id, [])
            counts[policy_id] = _counted(outcomes, {Came.PASS: int(not outcomes)})
        for policy in self.absent:
            counts.setdefault(policy.id, {self._absence(policy).value: 1})
        return counts

    def _counted(self, read: int, excused: int, outcomes: Collection[Outcome]) -> Mapping[str, int]:
        """The counts of a policy that read a value of so many resources, and is excused only in some of these."""
        passes = read - excused - len({outcome.resource.urn for outcome in outcomes})
        silent = {Came.PASS: passes, Came.EXCUSED: excused, Came.NOT_APPLICABLE: len(self.resources) - read}
        return _counted(outcomes, silent)

    def counts_by_type(self, policies: Collection[str]) -> Mapping[tuple[str, str], Mapping[str, int]]:
        """By policy and resource type, how many records of each kind there are, of these policies that ran.

        Resources that a policy does not apply to are left out.
        """
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        reported: Counter[str] = Counter()
        bits = {policy.id: self.readings.bits[policy.id] for policy in self.ran if policy.id in policies}
        for outcome in self.outcomes:
            if outcome.policy.id in policies:
                reported[outcome.resource.urn] |= bits.get(outcome.policy.id, 0)
                counts[outcome.policy.id, outcome.resource.type][came_of(outcome).value] += 1
        chosen = sum(bits.values())
        alike: Counter[tuple[str, int, int]] = Counter()  # most resources of a type have the same readings
        for resource in self.resources if chosen else ():
            read, excused = self.readings.masks(resource.urn)
            silent = (read | excused) & chosen & ~reported[self.hide(resource.urn)]
            if silent:
                alike[resource.type, silent, excused & silent] += 1
        for (type_token, silent, excused), resources in alike.items():
            for policy_id, bit in bits.items():
                if silent & bit:
                    came = Came.EXCUSED if excused & bit else Came.PASS
                    counts[policy_id, self.hide(type_token)][came.value] += resources
        return {key: {kind.value: kinds[kind] for kind in KINDS if kinds[kind]} for key, kinds in counts.items()}

    def __iter__(self) -> Iterator[Record]:
        """The records: by resource, then those that are about no resource."""
        reported: dict[tuple[str, str], list[Record]] = defaultdict(list)
        levels = {policy.id: enforcement(policy, self.settings) for policy in (*self.ran, *self.absent)}
        for outcome, fingerprint in zip(self.outcomes, fingerprints(self.outcomes), strict=True):
            record = self._record(outcome, fingerprint)
            reported[record.policy, record.urn].append(record)
        for resource in self.resources:
            urn, type_token = self.hide(resource.urn), self.hide(resource.type)
            for policy in self.ran:
                if records := reported.pop((policy.id, urn), None):
                    yield from records
                    continue
                read, excused = self.readings.of(policy.id, resource.urn)
                came = Came.EXCUSED if excused else Came.PASS if read else Came.NOT_APPLICABLE
                yield Record(*self._name, urn, type_token, policy.id, policy.severity, came, levels[policy.id])
        seen = {policy_id for policy_id, _ in reported}
        for records in reported.values():
            yield from records
        for policy_id in self.others:
            if policy_id not in seen:
                yield Record(*self._name, "", "", policy_id, None, Came.PASS, None)
        for policy in self.absent:
            if policy.id not in seen:
                came, level = self._absence(policy), levels[policy.id]
                yield Record(*self._name, "", "", policy.id, policy.severity, came, level)

    @property
    def _name(self) -> tuple[str, str, str]:
        return self.stack.organization, self.stack.project, self.stack.stack

    def _record(self, outcome: Outcome, fingerprint: str) -> Record:
        resource, policy = outcome.resource, outcome.policy
        return Record(
            *self._name,
            resource.urn,
            resource.type,
            policy.id,
            policy.severity,
            came_of(outcome),
            outcome.enforcement,
            outcome.path,
            fingerprint,
        )

    def _absence(self, policy: Policy[Any]) -> Came:
        disabled = enforcement(policy, self.settings) is EnforcementLevel.DISABLED
        return Came.DISABLED if disabled else Came.NOT_SELECTED


def came_of(outcome: Outcome) -> Came:
    """The kind of a record of an outcome: its exemption's, if it has one."""
    return Came(outcome.exemption.kind if outcome.exemption else outcome.kind)


def _counted(outcomes: Iterable[Outcome], silent: Mapping[Came, int]) -> Mapping[str, int]:
    counts = {came: max(0, count) for came, count in silent.items()}
    for came in map(came_of, outcomes):
        counts[came] = counts.get(came, 0) + 1
    return {came.value: counts[came] for came in KINDS if counts.get(came)}
