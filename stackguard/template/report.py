"""What `stackguard template` tells a person: what was written, everything that cfn-lint found, and our policies' verdict."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.policy import Kind
from stackguard.reports.formatting import printable
from stackguard.template.pipeline import Made
from stackguard.template.validation import Level, Lint, Result
from stackguard.template.verdict import LEFT_OUT

NOUNS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFORMATIONAL: "informational"}


def lines(made: Made) -> Iterator[str]:
    """The report, line by line."""
    count = len(made.document["Resources"])
    region = made.validation.lint.region
    yield f"{made.validation.file}: {_many(count, 'resource')} that say {made.resources} of the program's, for {region}"
    asked = [name for name, each in made.document.get("Parameters", {}).items() if "Default" not in each]
    if asked:
        yield f"  to be given as parameters: {', '.join(asked)}"
    for each in made.validation.left_out:
        yield f"  left out: {each}"
    yield ""
    yield from _lint(made.validation.lint)
    yield ""
    yield from _verdict(made)
    for note in made.notes:
        yield f"note: {printable(note.about)}: {printable(note.message)}"


def _lint(lint: Lint) -> Iterator[str]:
    found = {level: sum(each.level is level for each in lint.results) for level in Level}
    counts = ", ".join(
        (
            _many(found[Level.ERROR], "error"),
            _many(found[Level.WARNING], "warning"),
            f"{found[Level.INFORMATIONAL]} informational",
        )
    )
    yield f"cfn-lint {lint.version}: {lint.rules} rules for {lint.region}, {counts}"
    for each in lint.results:
        yield f"  {_result(each)}"


def _result(result: Result) -> str:
    place = "/".join(map(str, result.path)) or "the template"
    return printable(f"{result.rule} {NOUNS[result.level]} line {result.line} {place}: {result.message}")


def _verdict(made: Made) -> Iterator[str]:
    report = made.validation.report
    kinds = [outcome.kind for outcome in report.outcomes]
    counts = f"{_many(kinds.count(Kind.VIOLATION), 'violation')}, {kinds.count(Kind.UNDECIDED)} undecided"
    same = "another verdict than" if made.validation.differences else "the same verdict as"
    yield f"policies: {same} on the program, by {report.policies} policies ({len(LEFT_OUT)} have no say on templates): {counts}"
    for outcome in report.outcomes:
        yield f"  {outcome.kind} {outcome.policy.id} {printable(outcome.resource.name)} {outcome.path}: {printable(outcome.message)}"
    for each in made.validation.differences:
        yield f"  differs: {each}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
