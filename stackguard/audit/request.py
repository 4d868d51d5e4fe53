"""What an audit is asked for: the command line goes in, what every worker needs comes out, ready to be sent."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache, cached_property

import msgspec

from policypack.core.policy import Severity
from policypack.core.stack_name import StackName
from policypack.evaluation.settings import Settings
from policypack.iam.tables import runtimes
from stackguard.audit.owners import Rule
from stackguard.audit.selection import Selection
from stackguard.gate.exemptions import Accepting
from stackguard.gate.provenance import versions
from stackguard.sources.settings import TargetSettings

MEGABYTE = 1 << 20
FACTS_FORM = 2
"""Of the facts in the store: those of another form are not carried over."""


@dataclass(frozen=True)
class AuditRequest:
    """What to judge every stack by, and within which limits."""

    layers: TargetSettings
    accepting: Accepting
    fail_on: Severity | None = None
    policies: tuple[str, ...] = ()
    """Ids of the policies to run; empty means all."""
    timeout: float = 300.0
    """Seconds for one stack."""
    largest: int = 256 * MEGABYTE
    """Bytes of a stack's content; a larger one is not judged."""
    trust_modified: bool = False
    """Whether equal times and sizes of a file mean equal content."""
    owners: tuple[Rule, ...] = ()
    selection: Selection = field(default_factory=Selection)
    """A stack whose accounts do not fit is left out, once it was read."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    @cached_property
    def tool(self) -> str:
        """What judges: the versions of stackguard and its data, and the chosen policies."""
        return msgspec.json.encode([sorted(versions().items()), self.policies, self.fail_on, FACTS_FORM]).decode()

    def settings_of(self, name: StackName) -> Settings:
        """The settings in effect for a stack."""
        return self.layers.of(name).settings

    def key(self, content: str, name: StackName, reported: Collection[str], *, dated: bool) -> str:
        """A hash of all that the verdicts on a stack depend on.

        Args:
            content: the hash of its content.
            name: its name.
            reported: the policies that report something: only waivers of these matter.
            dated: whether verdicts depend on the day.
        """
        waivers = [
            (placed.waiver, placed.waiver.expires < self.today)
            for placed in self.accepting.waivers
            if placed.waiver.policy in reported
            and (not placed.waiver.stacks or any(map(name.matches, placed.waiver.stacks)))
        ]
        parts = (
            content.encode(),
            self.tool.encode(),
            msgspec.json.encode(self.settings_of(name), order="sorted"),
            msgspec.json.encode(waivers),
            str(_period(self.today) if dated else "").encode(),
        )
        return hashlib.sha256(b"\n".join(parts)).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Run:
    """The run that a stack is judged for."""

    id: str
    request: AuditRequest


@cache
def _period(today: date) -> int:
    """The number of dates of AWS that are over: verdicts that depend on the day change with it."""
    dates = sorted(day for dates in runtimes().values() for day in (dates.deprecated, dates.create_block) if day)
    return bisect.bisect_right(dates, today)
