"""The messages of assertions: outcomes as the text report shows them."""

from __future__ import annotations

from collections.abc import Sequence

from policypack.core.policy import Outcome, Resource
from stackguard.reports import Provenance, Report, Run, Screen, render


def listed(outcomes: Sequence[Outcome], resources: Sequence[Resource]) -> str:
    """What was reported, to follow a clause."""
    if not outcomes:
        judged = ", ".join(f"`{resource.name}`" for resource in resources) or "no resource"
        return f", and reports nothing about {judged}"
    return ":\n\n" + text(Report("this test", tuple(outcomes), len(resources), 1))


def text(report: Report) -> str:
    """The text report."""
    from datetime import UTC, datetime

    return render(Run((report,), Provenance(datetime.now(UTC))), "text", Screen())
