"""The words for a roll-up that the formats share, printable."""

from __future__ import annotations

from policypack.frameworks.model import Framework
from policypack.frameworks.roll_up import ControlResult, RollUp, Status
from stackguard.reports.formatting import many, printable

OPEN = (Status.VIOLATED, Status.UNDECIDED, Status.ACCEPTED)
"""The statuses of requirements about which something is reported."""


def label(status: Status) -> str:
    """A status as prose."""
    return status.replace("-", " ")


def counts(rolled_up: RollUp) -> str:
    """How many requirements have each status."""
    parts = [f"{rolled_up.counts[status]} {label(status)}" for status in Status if rolled_up.counts[status]]
    return f"{many(len(rolled_up.results), 'control')}: {', '.join(parts)}"


def without_policy(rolled_up: RollUp) -> str:
    """How many requirements no policy checks."""
    count = rolled_up.without_policy
    return f"{many(count, 'control')} {'has' if count == 1 else 'have'} no policy that checks {'it' if count == 1 else 'them'}"


def name(framework: Framework) -> str:
    """The title and the version of a framework."""
    return printable(framework.name)


def control(result: ControlResult) -> str:
    """A requirement: its service, its id and its title."""
    requirement = result.requirement
    service = f"{requirement.service}: " if requirement.service else ""
    return printable(f"{requirement.id}  {service}{requirement.title}")


def came(result: ControlResult) -> str:
    """What the policies of a requirement report; empty without policies."""
    numbers = [
        many(result.violations, "violation") if result.violations else "",
        f"{result.undecided} undecided" if result.undecided else "",
        f"{result.accepted} accepted" if result.accepted else "",
    ]
    by = ", ".join(f"`{policy}`" for policy in result.policies)
    return printable(": ".join(filter(None, (by, ", ".join(filter(None, numbers))))))
