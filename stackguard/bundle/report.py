"""What a bundle's user reads: where the artifacts are, their sizes against the limits, and what could be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.text import Text

from policypack.lambda_code.limits import LAYERS, UNZIPPED, ZIPPED
from stackguard.bundle.config import Function
from stackguard.bundle.metadata import Finished
from stackguard.bundle.sizes import Judged, mib
from stackguard.reports import Screen
from stackguard.reports.formatting import printable
from stackguard.reports.screen import paint, wrapped

VERSION = 1
HEAVIEST = 8
_WHY = {
    "tests": "tests that nothing imports",
    "stubs": "stubs for type checkers",
    "headers": "C headers, for compiling",
    "runtime": "the AWS SDK, which the runtime has, in a version that AWS changes without notice",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A bundle that was made. `written` is empty where Lambda would refuse it."""

    function: Function
    finished: Finished
    judged: Judged
    written: tuple[Path, ...]
    left_out: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 where a limit is exceeded."""
        return 1 if self.judged.over else 0


def json(report: Report) -> str:
    """The report as JSON; sizes are bytes."""
    finished, paths = report.finished, {each.name: str(each) for each in report.written}
    document = {
        "version": VERSION,
        "name": finished.name,
        "target": {
            "runtime": report.function.target.runtime,
            "architecture": report.function.target.architecture,
        },
        "lock": {"file": finished.lock, "sha256": finished.lock_sha256},
        "artifacts": [
            {
                "kind": each.kind,
                "path": paths.get(each.file),
                "sha256": each.sha256,
                "codeSha256": each.code_sha256,
                "zipped": each.zipped,
                "unzipped": each.unzipped,
            }
            for each in finished.artifacts
        ],
        "manifest": paths.get(f"{finished.name}.manifest.json"),
        "materials": paths.get(f"{finished.name}.cdx.json"),
        "unzipped": finished.unzipped,
        "limits": {"zipped": ZIPPED, "unzipped": UNZIPPED, "layers": LAYERS},
        "over": report.judged.over,
        "notes": [*report.judged.notes, *_notes(report)],
        "packages": [
            {"name": each.name, "version": each.version, "unzipped": each.size, "zipped": each.zipped}
            for each in sorted(finished.packages, key=lambda package: (-package.size, package.name))
        ],
        "strippable": {
            kind: {"unzipped": each.size, "zipped": each.zipped, "packages": each.packages}
            for kind, each in sorted(finished.savings.items())
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def text(report: Report, screen: Screen) -> str:
    """The report for people."""
    return paint(_lines(report, screen), screen)


def _lines(report: Report, screen: Screen) -> Iterator[Text]:
    finished, target = report.finished, report.function.target
    source = f"from {finished.lock}" if finished.lock else "without dependencies"
    yield Text.assemble((printable(finished.name), "bold"), f" for {target.runtime} on {target.architecture}, {source}")
    yield Text()
    for each in report.written:
        yield Text(f"  {printable(str(each))}{_digest(each, finished)}")
    if report.written:
        yield Text()
    yield from _sizes(finished)
    yield Text()
    kept = [each for each in finished.packages if each.size]
    heaviest = sorted(kept, key=lambda package: (-package.size, package.name))[:HEAVIEST]
    if heaviest:
        yield from _table(
            "heaviest", [(f"{each.name} {each.version}", each.size, each.zipped, "") for each in heaviest]
        )
    if finished.savings:
        rows = [
            (f"--strip {kind}", each.size, each.zipped, f"{_WHY[kind]}: {_some(each.packages)}")
            for kind, each in sorted(finished.savings.items(), key=lambda pair: -pair[1].size)
        ]
        yield from _table("can go", rows)
    for note in (*report.judged.notes, *_notes(report)):
        yield from wrapped(printable(note), screen, 2, "note")
    for problem in report.judged.over:
        yield from _over(problem, screen)


def _digest(file: Path, finished: Finished) -> str:
    found = [each for each in finished.artifacts if each.file == file.name]
    return f"  CodeSha256 {found[0].code_sha256}" if found else ""


def _sizes(finished: Finished) -> Iterator[Text]:
    for each in finished.artifacts:
        style = "yellow" if each.zipped > ZIPPED else ""
        yield Text.assemble(
            f"  {each.kind:<8}", (f"{mib(each.zipped):>10} zipped", style), f", and a direct upload takes {mib(ZIPPED)}"
        )
    style = "bold red" if finished.unzipped > UNZIPPED else ""
    share = f"{100 * finished.unzipped / UNZIPPED:.0f} %"
    yield Text.assemble(
        f"  {'in all':<8}", (f"{mib(finished.unzipped):>10} unzipped", style), f", {share} of Lambda's {mib(UNZIPPED)}"
    )


def _table(title: str, rows: Sequence[tuple[str, int, int, str]]) -> Iterator[Text]:
    width = max(len(name) for name, *_ in rows)
    yield Text(title, "bold")
    for name, size, zipped, why in rows:
        told = f"  {printable(name):<{width}}  {mib(size):>10} unzipped  {mib(zipped):>10} zipped"
        yield Text(f"{told}  {printable(why)}".rstrip())
    yield Text()


def _over(problem: str, screen: Screen) -> Iterator[Text]:
    for line in wrapped(printable(problem), screen, 0, "over the limit"):
        yield Text(line.plain, "red")


def _notes(report: Report) -> Iterator[str]:
    finished = report.finished
    if finished.unneeded:
        yield f"{finished.lock} locks {_some(finished.unneeded)}, which nothing requires"
    if finished.clashes:
        yield f"{_some(finished.clashes)} install the same files with different contents; the last one's are in the archive"
    if finished.foreign:
        yield f"not for {report.function.target.runtime} on {report.function.target.architecture}: {_some(finished.foreign, 3)}"
    if finished.secrets:
        yield (
            f"whoever may read the function reads its secrets: {_some(finished.secrets)}; leave them out with `exclude`, "
            "as `lambda-secret-in-archive` refuses them"
        )
    if finished.stripped:
        yield f"left to the runtime, in whatever version it has: {_some(finished.stripped)}"
    if report.left_out:
        yield f"not in the archive, beside the code: {_some(report.left_out)}; `include` would say otherwise"


def _some(names: Sequence[str], limit: int = 6) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
