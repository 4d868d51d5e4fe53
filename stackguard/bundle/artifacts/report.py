"""The report of a bundle: the artifacts, their sizes against the limits, and what could be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from policypack.lambda_code.limits import LAYERS, UNZIPPED, ZIPPED
from stackguard.bundle.artifacts.manifest import encoded, summary
from stackguard.bundle.artifacts.sizes import Sizes, mib
from stackguard.bundle.config import FunctionProject
from stackguard.bundle.metadata import Finished
from stackguard.bundle.targets import described
from stackguard.reports import Screen
from stackguard.reports.formatting import printable
from stackguard.reports.screen import Text, paint, wrapped

VERSION = 1
HEAVIEST = 8
_KINDS = {
    "tests": "tests that nothing imports",
    "stubs": "stubs for type checkers",
    "headers": "C headers, for compiling",
    "runtime": "the AWS SDK, which the runtime has, in a version that AWS changes without notice",
}


@dataclass(frozen=True, slots=True)
class BundleReport:
    """A finished bundle. `written` is empty if Lambda would refuse it."""

    function: FunctionProject
    finished: Finished
    sizes: Sizes
    written: tuple[Path, ...]
    left_out: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 if a limit is exceeded."""
        return 1 if self.sizes.over else 0


def json(report: BundleReport) -> str:
    """The report as JSON; sizes are bytes."""
    finished, paths = report.finished, {file.name: str(file) for file in report.written}
    document = {
        "version": VERSION,
        "name": finished.name,
        "target": report.function.target,
        "lock": {"file": finished.lock, "sha256": finished.lock_sha256},
        "artifacts": [summary(artifact, path=paths.get(artifact.file)) for artifact in finished.artifacts],
        "manifest": paths.get(f"{finished.name}.manifest.json"),
        "materials": paths.get(f"{finished.name}.cdx.json"),
        "unzipped": finished.unzipped,
        "limits": {"zipped": ZIPPED, "unzipped": UNZIPPED, "layers": LAYERS},
        "over": report.sizes.over,
        "notes": [*report.sizes.notes, *_notes(report)],
        "packages": [
            {"name": package.name, "version": package.version, "unzipped": package.size, "zipped": package.zipped}
            for package in sorted(finished.packages, key=lambda package: (-package.size, package.name))
        ],
        "strippable": {
            kind: {"unzipped": saving.size, "zipped": saving.zipped, "packages": saving.packages}
            for kind, saving in sorted(finished.savings.items())
        },
    }
    return encoded(document, indent=2).decode()


def text(report: BundleReport, screen: Screen) -> str:
    """The report for people."""
    return paint(_lines(report, screen), screen)


def _lines(report: BundleReport, screen: Screen) -> Iterator[Text]:
    finished = report.finished
    source = f"from {finished.lock}" if finished.lock else "without dependencies"
    yield Text.assemble((printable(finished.name), "bold"), f" for {described(report.function.target)}, {source}")
    yield Text()
    digests = {artifact.file: f"  CodeSha256 {artifact.code_sha256}" for artifact in finished.artifacts}
    for file in report.written:
        yield Text(f"  {printable(str(file))}{digests.get(file.name, '')}")
    if report.written:
        yield Text()
    yield from _sizes(finished)
    yield Text()
    kept = [package for package in finished.packages if package.size]
    heaviest = sorted(kept, key=lambda package: (-package.size, package.name))[:HEAVIEST]
    yield from _table(
        "heaviest", [(f"{package.name} {package.version}", package.size, package.zipped, "") for package in heaviest]
    )
    strippable = [
        (f"--strip {kind}", saving.size, saving.zipped, f"{_KINDS[kind]}: {_some(saving.packages)}")
        for kind, saving in sorted(finished.savings.items(), key=lambda pair: -pair[1].size)
    ]
    yield from _table("can be left out", strippable)
    for note in (*report.sizes.notes, *_notes(report)):
        yield from wrapped(printable(note), screen, 2, "note")
    for problem in report.sizes.over:
        yield from (Text(line.plain, "red") for line in wrapped(printable(problem), screen, 0, "over the limit"))


def _sizes(finished: Finished) -> Iterator[Text]:
    for artifact in finished.artifacts:
        style = "yellow" if artifact.zipped > ZIPPED else ""
        size = f"{mib(artifact.zipped):>10} zipped"
        yield Text.assemble(f"  {artifact.kind:<8}", (size, style), f", and a direct upload takes {mib(ZIPPED)}")
    style = "bold red" if finished.unzipped > UNZIPPED else ""
    share = f"{100 * finished.unzipped / UNZIPPED:.0f} %"
    size = f"{mib(finished.unzipped):>10} unzipped"
    yield Text.assemble(f"  {'in all':<8}", (size, style), f", {share} of Lambda's {mib(UNZIPPED)}")


def _table(title: str, rows: Sequence[tuple[str, int, int, str]]) -> Iterator[Text]:
    if not rows:
        return
    width = max(len(name) for name, *_ in rows)
    yield Text(title, "bold")
    for name, size, zipped, why in rows:
        sizes = f"  {printable(name):<{width}}  {mib(size):>10} unzipped  {mib(zipped):>10} zipped"
        yield Text(f"{sizes}  {printable(why)}".rstrip())
    yield Text()


def _notes(report: BundleReport) -> Iterator[str]:
    finished = report.finished
    if finished.unneeded:
        yield f"{finished.lock} locks {_some(finished.unneeded)}, which nothing requires"
    if finished.clashes:
        yield f"{_some(finished.clashes)} install the same files with different contents; the archive has those of the last one"
    if finished.foreign:
        yield f"not for {described(report.function.target)}: {_some(finished.foreign, 3)}"
    if finished.secrets:
        yield (
            f"secrets that everyone who can read the function can read, as `allow-secrets` allows: "
            f"{_some(finished.secrets)}; `lambda-secret-in-archive` reports them"
        )
    if finished.stripped:
        yield f"left to the runtime, in the version that it has: {_some(finished.stripped)}"
    if report.left_out:
        yield f"next to the code and not in the archive: {_some(report.left_out)}; add what is missing with `include`"


def _some(names: Sequence[str], limit: int = 6) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
