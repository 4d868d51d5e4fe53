"""Which resources of a stack outsiders can use, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from policypack.access.exposure.exposed import Exposed, exposed
from policypack.access.solver.verdict import Verdict
from stackguard.access.report import StackReport, position, without_secret
from stackguard.reports import Screen
from stackguard.reports.formatting import name_of, printable
from stackguard.reports.screen import Text
from stackguard.sources import LoadedStack

VERSION = 1


class PublicReport(msgspec.Struct, frozen=True):
    """The verdicts on one stack."""

    entries: tuple[Exposed, ...]
    stack: StackReport

    @property
    def exit_code(self) -> int:
        """0 if nothing is public or undecided, else 1."""
        return int(bool(self.stack.unseen) or bool(self.chosen(everything=False)))

    def chosen(self, *, everything: bool) -> list[Exposed]:
        """The entries that are public or undecided, or all."""
        return [entry for entry in self.entries if everything or entry.verdict is not Verdict.NOT_PUBLIC]

    @property
    def counts(self) -> dict[str, int]:
        """The number of entries with each verdict."""
        counts = Counter(entry.verdict for entry in self.entries)
        return {
            "public": counts[Verdict.PUBLIC],
            "undecided": counts[Verdict.UNDECIDED] + len(self.stack.unseen),
            "notPublic": counts[Verdict.NOT_PUBLIC],
        }


def judge(loaded: LoadedStack) -> PublicReport:
    """The verdict on each resource of a stack that outsiders could use."""
    stack = loaded.stack
    entries = tuple(exposed(stack))
    target = loaded.target.strip("`")
    return PublicReport(entries, StackReport(target, loaded.folder, loaded.secrets, loaded.stand_in, loaded.unseen))


def text(report: PublicReport, screen: Screen, *, everything: bool) -> str:
    """The report for people; resources that are not public are only counted unless `everything` is true."""
    public, undecided, not_public = report.counts.values()
    count = f"{public} public, {undecided} undecided, {not_public} not public in {printable(report.stack.target)}"
    return report.stack.text(_lines(report, screen, everything=everything), count, screen)


def _lines(report: PublicReport, screen: Screen, *, everything: bool) -> Iterator[Text]:
    stack = report.stack
    for entry in report.chosen(everything=everything):
        yield stack.heading(entry.verdict, name_of(entry.resource.urn), entry.resource)
        for opening in entry.exposures:
            if opening.answer.verdict is entry.verdict:
                yield from stack.reasons(without_secret(opening.by, opening.path, opening.answer), screen)
                if opening.path or opening.by.urn != entry.resource.urn:
                    yield from stack.source(opening.by, opening.path, opening.answer, screen)
        yield Text()


def json(report: PublicReport, *, everything: bool) -> str:
    """The report for programs, with every exposure of each resource."""
    return report.stack.json(
        {
            "version": VERSION,
            "target": printable(report.stack.target),
            "summary": {**report.counts, "exitCode": report.exit_code},
            "things": [
                {
                    "urn": printable(entry.resource.urn),
                    "type": printable(entry.resource.type),
                    "name": printable(entry.resource.name),
                    "position": position(entry.resource),
                    "verdict": entry.verdict,
                    "openings": [
                        report.stack.decision(opening.by, opening.path, opening.answer) for opening in entry.exposures
                    ],
                }
                for entry in report.chosen(everything=everything)
            ],
        }
    )
