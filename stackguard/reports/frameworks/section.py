"""The section of the text report on a framework: counts, the requirements about which something is reported, the rest."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.frameworks.roll_up import ControlResult, RollUp, Status
from stackguard.reports import Detail, Screen
from stackguard.reports.frameworks import wording
from stackguard.reports.screen import Text, wrapped

STYLES = {Status.VIOLATED: "red", Status.UNDECIDED: "magenta", Status.ACCEPTED: "yellow", Status.SATISFIED: "green"}


def section(rolled_up: RollUp, screen: Screen) -> Iterator[Text]:
    """The lines; with `--quiet` the counts only, with `--verbose` every requirement."""
    yield Text(f"controls of {wording.name(rolled_up.framework)}", "bold")
    yield from wrapped(wording.counts(rolled_up), screen, 2)
    if screen.detail is not Detail.QUIET:
        verbose = screen.detail is Detail.VERBOSE
        for status in Status if verbose else wording.OPEN:
            for result in rolled_up.of(status):
                yield from _control(result, screen)
        if rolled_up.without_policy:
            more = "" if verbose else "; `--verbose` lists them"
            yield from wrapped(f"{wording.without_policy(rolled_up)}{more}", screen, 2)


def _control(result: ControlResult, screen: Screen) -> Iterator[Text]:
    line = Text.assemble("  ", (wording.label(result.status), STYLES.get(result.status, "dim")))
    line.append(f"  {wording.control(result)}")
    yield line
    if result.policies:
        yield from wrapped(wording.came(result), screen, 4, "by")
