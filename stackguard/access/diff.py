"""What a stack newly allows compared with another one, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import msgspec

from policypack.access.solver.verdict import Verdict
from policypack.access.stack_diff.comparison import gained
from policypack.access.stack_diff.gains import Gain
from stackguard.access.alignment import account_of, aligned, in_one_account
from stackguard.access.report import StackReport, without_secret
from stackguard.access.undecided_gains import Stated, without_unchanged
from stackguard.reports import Screen
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.screen import Text
from stackguard.sources import LoadedStack
from stackguard.stand_in import STAND_IN_ACCOUNT

VERSION = 1


class DiffReport(msgspec.Struct, frozen=True):
    """What the new stack allows and the old one does not."""

    gains: tuple[Gain, ...]
    new: StackReport
    old: str
    """The target of the old stack."""

    @property
    def exit_code(self) -> int:
        """0 if nothing is newly allowed or undecided, else 1."""
        return int(bool(self.gains or self.new.unseen))

    @property
    def counts(self) -> dict[str, int]:
        """The number of gains with each verdict."""
        counts = Counter(gain.answer.verdict for gain in self.gains)
        return {
            "newAccess": counts[Verdict.NEW_ACCESS],
            "undecided": counts[Verdict.UNDECIDED] + len(self.new.unseen),
        }


def compare(new: LoadedStack, old: LoadedStack, stated: tuple[Stated, Stated] | None = None) -> DiffReport:
    """What the stack `new` allows and `old` does not, with generated names from the state, else from `old`.

    Two programs are treated as one stack: if only one of them states its account, both get that account.

    Args:
        new: the new stack.
        old: the old stack.
        stated: digests of what each program states; what is undecided in both by these is left out.
    """
    resources, others = new.resources, old.resources
    if new.stand_in != old.stand_in:
        resources, others = in_one_account(resources, others), in_one_account(others, resources)
    if new.folder is not None:
        resources = aligned(resources, others)
    elif old.folder is not None:
        others = aligned(others, resources)
    new, old = replace(new, resources=tuple(resources)), replace(old, resources=tuple(others))
    stacks = [loaded.stack for loaded in (new, old)]
    secrets = tuple({*new.secrets, *old.secrets})
    stand_in = (new.stand_in or old.stand_in) and STAND_IN_ACCOUNT in {account_of(resources), account_of(others)}
    report = StackReport(new.target.strip("`"), new.folder, secrets, stand_in, new.unseen)
    gains = gained(*stacks)
    if stated is not None:
        gains = without_unchanged(gains, stacks[0], stacks[1], stated)
    return DiffReport(tuple(gains), report, old.target.strip("`"))


def text(report: DiffReport, screen: Screen) -> str:
    """The report for people: each class of requests, with an example and the statement that allows it."""
    new_access, undecided = report.counts.values()
    count = f"{new_access} newly allowed, {undecided} undecided in {printable(report.new.target)}"
    return report.new.text(_lines(report, screen), f"{count} against {printable(report.old)}", screen)


def _lines(report: DiffReport, screen: Screen) -> Iterator[Text]:
    for gain in report.gains:
        answer = without_secret(gain.by, gain.path, gain.answer)
        yield report.new.heading(answer.verdict, name_of(gain.holder.urn), gain.holder)
        yield from report.new.reasons(answer, screen)
        yield from report.new.source(gain.by, gain.path, answer, screen)
        yield Text()


def json(report: DiffReport) -> str:
    """The report for programs."""
    return report.new.json(
        {
            "version": VERSION,
            "target": printable(report.new.target),
            "old": printable(report.old),
            "summary": {**report.counts, "exitCode": report.exit_code},
            "gains": [
                {"holder": printable(gain.holder.urn), **report.new.decision(gain.by, gain.path, gain.answer)}
                for gain in report.gains
            ],
        }
    )
