"""The report of a template's validation, as JSON by the schema in `validation.schema.json`, and as SARIF.

Fields may be added within a version, so the schema does not refuse what it does not know.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from stackguard.reports import model, sarif, sarif_log
from stackguard.reports.fingerprint import told_apart
from stackguard.reports.formatting import printable
from stackguard.reports.places import absolute
from stackguard.template.validation import Level, Lint, LintResult, Validation

SARIF_LEVELS: dict[Level, sarif_log.SarifLevel] = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.INFORMATIONAL: "note",
}
CFN_LINT = "https://github.com/aws-cloudformation/cfn-lint"

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Template(msgspec.Struct, frozen=True):
    """What was validated."""

    file: str
    sha256: Annotated[Sha256, msgspec.Meta(description="Of the file's bytes.")]


class Tools(msgspec.Struct, frozen=True, rename="camel"):
    """The versions that found this and nothing else."""

    stackguard: str
    cfn_lint: str


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One result of cfn-lint's."""

    rule: Annotated[str, msgspec.Meta(examples=["E3002"])]
    level: Level
    title: str
    message: str
    path: Annotated[tuple[str | int, ...], msgspec.Meta(description="Keys and indexes from the template's root.")]
    line: model.Count
    logical_id: Annotated[str, msgspec.Meta(description="Empty where the result is about no resource.")]
    url: str


class Linting(msgspec.Struct, frozen=True, rename="camel"):
    """What came of cfn-lint."""

    region: Annotated[str, msgspec.Meta(description="What resource types and values must exist in.")]
    rules: Annotated[model.Count, msgspec.Meta(description="How many rules ran.")]
    left_out: Annotated[tuple[str, ...], msgspec.Meta(description="Rules that did not: cfn-lint's experimental ones.")]
    errors: model.Count
    warnings: model.Count
    informational: model.Count
    results: tuple[Entry, ...]


class Document(msgspec.Struct, frozen=True, rename="camel"):
    """The report of a template's validation."""

    version: Literal[1]
    template: Template
    tools: Tools
    exit_code: Annotated[
        Literal[0, 1, 2],
        msgspec.Meta(
            description="0 valid, 1 errors of cfn-lint's, outcomes that block or another verdict than the program's, 2 could"
            " not judge."
        ),
    ]
    lint: Linting
    policies: Annotated[
        model.Document, msgspec.Meta(description="What our policies say of what the template creates, as in `check`.")
    ]
    differences: Annotated[
        tuple[str, ...], msgspec.Meta(description="Where that is not what they say of the program: a line each.")
    ]
    left_out: Annotated[
        tuple[str, ...], msgspec.Meta(description="What the program has and the template does not say: a line each.")
    ]


def document(validation: Validation) -> Document:
    """The public form of a validation."""
    return Document(
        version=1,
        template=Template(printable(validation.file), hashlib.sha256(validation.text.encode()).hexdigest()),
        tools=Tools(version("stackguard"), validation.lint.version),
        exit_code=validation.exit_code,
        lint=_linting(validation.lint),
        policies=model.document(validation.report),
        differences=tuple(map(printable, validation.differences)),
        left_out=tuple(map(printable, validation.left_out)),
    )


def as_json(validation: Validation) -> str:
    """The report for programs: one indented JSON object."""
    return msgspec.json.format(msgspec.json.encode(document(validation)), indent=2).decode() + "\n"


def as_sarif(validation: Validation) -> str:
    """The report for code scanning: a SARIF log with a run of cfn-lint's and one of ours."""
    return sarif_log.written(_lint_run(validation), sarif.run(validation.report))


def schema() -> dict[str, Any]:
    """The JSON schema of `Document`."""
    return {
        "$schema": model.SCHEMA_ID,
        "title": "Validation of a template by stackguard",
        **msgspec.json.schema(Document),
    }


def _linting(lint: Lint) -> Linting:
    levels = [result.level for result in lint.results]
    return Linting(
        region=lint.region,
        rules=lint.rules,
        left_out=lint.left_out,
        errors=levels.count(Level.ERROR),
        warnings=levels.count(Level.WARNING),
        informational=levels.count(Level.INFORMATIONAL),
        results=tuple(map(_entry, lint.results)),
    )


def _entry(result: LintResult) -> Entry:
    return Entry(
        rule=result.rule,
        level=result.level,
        title=printable(result.title),
        message=printable(result.message),
        path=tuple(printable(key) if isinstance(key, str) else key for key in result.path),
        line=result.line,
        logical_id=printable(result.logical_id),
        url=result.url,
    )


def _lint_run(validation: Validation) -> sarif_log.Run:
    lint = validation.lint
    rules = list({result.rule: result for result in lint.results}.values())
    indexes = {result.rule: index for index, result in enumerate(rules)}
    file = absolute(Path(validation.file))
    fingerprints = told_apart((result.rule, *map(str, result.path)) for result in lint.results)
    return sarif_log.Run(
        tool=sarif_log.Tool(
            driver=sarif_log.Driver(
                name="cfn-lint", version=lint.version, information_uri=CFN_LINT, rules=tuple(map(_rule, rules))
            )
        ),
        invocations=(sarif_log.Invocation(execution_successful=True, exit_code=1 if lint.errors else 0),),
        results=tuple(
            _result(each, file, indexes[each.rule], fingerprint)
            for each, fingerprint in zip(lint.results, fingerprints, strict=True)
        ),
        original_uri_base_ids=sarif_log.uri_bases(),
    )


def _rule(result: LintResult) -> sarif_log.Rule:
    title = sarif_log.plain(result.title)
    return sarif_log.Rule(
        id=result.rule,
        short_description=title,
        full_description=title,
        help=sarif_log.plain(result.title, result.url),
        help_uri=result.url or None,
        default_configuration=sarif_log.Configuration(level=SARIF_LEVELS[result.level]),
    )


def _result(result: LintResult, file: Path, index: int, fingerprint: str) -> sarif_log.Result:
    name, path = result.logical_id, "/".join(map(str, result.path))
    resource = sarif_log.LogicalLocation(name=printable(name), fully_qualified_name=printable(name), kind="resource")
    return sarif_log.Result(
        rule_id=result.rule,
        rule_index=index,
        level=SARIF_LEVELS[result.level],
        message=sarif_log.plain(f"{path}: {result.message}" if path else result.message),
        locations=(sarif.location(file, result.line, [resource] if name else []),),
        partial_fingerprints=sarif.known_again(fingerprint),
    )
