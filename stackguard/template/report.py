"""The report of `stackguard template`: its resources, the results of cfn-lint, and the verdict of our policies."""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.policy import Kind
from stackguard.reports.formatting import printable
from stackguard.template.pipeline import GeneratedTemplate
from stackguard.template.validation import Level, Lint
from stackguard.template.verdict import LEFT_OUT


def lines(generated: GeneratedTemplate) -> Iterator[str]:
    """The report, line by line."""
    validation = generated.validation
    resources = _many(len(generated.document["Resources"]), "resource")
    yield f"{validation.file}: {resources} for {generated.resources} of the program's, for {validation.lint.region}"
    required = [name for name, body in generated.document.get("Parameters", {}).items() if "Default" not in body]
    if required:
        yield f"  parameters to set: {', '.join(required)}"
    yield from (f"  left out: {line}" for line in validation.left_out)
    yield ""
    yield from _lint(validation.lint)
    yield ""
    yield from _verdict(generated)
    for note in generated.notes:
        yield f"note: {printable(note.about)}: {printable(note.message)}"


def _lint(lint: Lint) -> Iterator[str]:
    levels = [result.level for result in lint.results]
    counts = f"{_many(levels.count(Level.ERROR), 'error')}, {_many(levels.count(Level.WARNING), 'warning')}"
    informational = f"{levels.count(Level.INFORMATIONAL)} informational"
    yield f"cfn-lint {lint.version}: {lint.rules} rules for {lint.region}, {counts}, {informational}"
    for result in lint.results:
        place = "/".join(map(str, result.path)) or "the template"
        yield f"  {printable(f'{result.rule} {result.level} line {result.line} {place}: {result.message}')}"


def _verdict(generated: GeneratedTemplate) -> Iterator[str]:
    report, differences = generated.validation.report, generated.validation.differences
    kinds = [outcome.kind for outcome in report.outcomes]
    counts = f"{_many(kinds.count(Kind.VIOLATION), 'violation')}, {kinds.count(Kind.UNDECIDED)} undecided"
    same = "another verdict than" if differences else "the same verdict as"
    yield f"policies: {same} on the program, by {report.policies} policies ({len(LEFT_OUT)} do not judge templates): {counts}"
    for outcome in report.outcomes:
        advisory = "" if outcome.blocks else " (advisory)"
        place = f"{printable(outcome.resource.name)} {outcome.path}"
        yield f"  {outcome.kind}{advisory} {outcome.policy.id} {place}: {printable(outcome.message)}"
    yield from (f"  differs: {line}" for line in differences)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
