"""The report of a template's validation, as JSON with the schema in `validation.schema.json`, and as SARIF.

Fields may be added within a version, so the schema accepts unknown fields.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from policypack.evaluation.places import distinct, hashed
from stackguard.positions.repository import absolute
from stackguard.reports import json, json_types, sarif
from stackguard.reports.formatting import indented_json, printable
from stackguard.reports.places import Object, location
from stackguard.template.validation import Level, LintResult, Validation

SARIF_LEVELS: dict[Level, sarif.Level] = {
    Level.ERROR: "error",
    Level.WARNING: "warning",
    Level.INFORMATIONAL: "note",
}
CFN_LINT = "https://github.com/aws-cloudformation/cfn-lint"

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class ValidatedTemplate(msgspec.Struct, frozen=True):
    """What was validated."""

    file: str
    sha256: Annotated[Sha256, msgspec.Meta(description="Of the file's bytes.")]


class Tools(msgspec.Struct, frozen=True, rename="camel"):
    """The versions of the tools, on which the results depend."""

    stackguard: str
    cfn_lint: str


class LintEntry(msgspec.Struct, frozen=True, rename="camel"):
    """One result of cfn-lint."""

    rule: Annotated[str, msgspec.Meta(examples=["E3002"])]
    level: Level
    title: str
    message: str
    path: Annotated[tuple[str | int, ...], msgspec.Meta(description="Keys and indexes from the template's root.")]
    line: json_types.Count
    logical_id: Annotated[str, msgspec.Meta(description="Empty if the result is not about a resource.")]
    url: str


class Linting(msgspec.Struct, frozen=True, rename="camel"):
    """The results of cfn-lint."""

    region: Annotated[str, msgspec.Meta(description="The region in which resource types and values must exist.")]
    rules: Annotated[json_types.Count, msgspec.Meta(description="How many rules ran.")]
    left_out: Annotated[
        tuple[str, ...], msgspec.Meta(description="Rules that did not run: experimental ones of cfn-lint.")
    ]
    errors: json_types.Count
    warnings: json_types.Count
    informational: json_types.Count
    results: tuple[LintEntry, ...]


class ValidationReport(msgspec.Struct, frozen=True, rename="camel"):
    """The report of a template's validation."""

    version: Literal[1]
    template: ValidatedTemplate
    tools: Tools
    exit_code: Annotated[
        Literal[0, 1, 2],
        msgspec.Meta(
            description="0 valid, 1 cfn-lint errors, outcomes that block, or other outcomes than for the program, 2 could"
            " not judge."
        ),
    ]
    lint: Linting
    policies: Annotated[
        json_types.StackOutcomes,
        msgspec.Meta(description="The outcomes of the policies for the template's resources, as in `check`."),
    ]
    differences: Annotated[
        tuple[str, ...], msgspec.Meta(description="How the outcomes differ from the program's: one line each.")
    ]
    left_out: Annotated[
        tuple[str, ...], msgspec.Meta(description="What the template lacks of the program: one line each.")
    ]


def document(validation: Validation) -> ValidationReport:
    """The public form of a validation."""
    lint = validation.lint
    levels = [result.level for result in lint.results]
    return ValidationReport(
        version=1,
        template=ValidatedTemplate(printable(validation.file), hashlib.sha256(validation.text.encode()).hexdigest()),
        tools=Tools(version("stackguard"), lint.version),
        exit_code=validation.exit_code,
        lint=Linting(
            region=lint.region,
            rules=lint.rules,
            left_out=lint.left_out,
            errors=levels.count(Level.ERROR),
            warnings=levels.count(Level.WARNING),
            informational=levels.count(Level.INFORMATIONAL),
            results=tuple(map(_lint_result, lint.results)),
        ),
        policies=json.outcomes(validation.report),
        differences=tuple(map(printable, validation.differences)),
        left_out=tuple(map(printable, validation.left_out)),
    )


def as_json(validation: Validation) -> str:
    """The report for programs: one indented JSON object."""
    return indented_json(document(validation))


def as_sarif(validation: Validation) -> str:
    """The report for code scanning: a SARIF log with a run of cfn-lint and a run of the policies."""
    return sarif.log(_lint_run(validation), sarif.policy_run(validation.report))


def schema() -> dict[str, Any]:
    """The JSON schema of `ValidationReport`."""
    return {
        "$schema": json_types.SCHEMA_DRAFT,
        "title": "Validation of a template by stackguard",
        **msgspec.json.schema(ValidationReport),
    }


def _lint_result(result: LintResult) -> LintEntry:
    return LintEntry(
        rule=result.rule,
        level=result.level,
        title=printable(result.title),
        message=printable(result.message),
        path=tuple(printable(key) if isinstance(key, str) else key for key in result.path),
        line=result.line,
        logical_id=printable(result.logical_id),
        url=result.url,
    )


def _lint_run(validation: Validation) -> Object:
    lint = validation.lint
    rules = {result.rule: result for result in lint.results}
    indexes = {rule: index for index, rule in enumerate(rules)}
    file = absolute(Path(validation.file))
    fingerprints = distinct(hashed(result.rule, *map(str, result.path)) for result in lint.results)
    return sarif.run(
        {
            "name": "cfn-lint",
            "version": lint.version,
            "informationUri": CFN_LINT,
            "rules": [_rule(result) for result in rules.values()],
        },
        {"executionSuccessful": True, "exitCode": 1 if lint.errors else 0},
        [
            _result(result, file, indexes[result.rule], fingerprint)
            for result, fingerprint in zip(lint.results, fingerprints, strict=True)
        ],
    )


def _rule(result: LintResult) -> Object:
    title = sarif.message(result.title)
    return {
        "id": result.rule,
        "shortDescription": title,
        "fullDescription": title,
        "help": sarif.message(result.title, result.url),
        **({"helpUri": result.url} if result.url else {}),
        "defaultConfiguration": {"level": SARIF_LEVELS[result.level]},
    }


def _result(result: LintResult, file: Path, index: int, fingerprint: str) -> Object:
    name, path = result.logical_id, "/".join(map(str, result.path))
    return {
        "ruleId": result.rule,
        "ruleIndex": index,
        "level": SARIF_LEVELS[result.level],
        "message": sarif.message(f"{path}: {result.message}" if path else result.message),
        "locations": [location(file, result.line, (name, name) if name else None)],
        "partialFingerprints": sarif.partial_fingerprints(fingerprint),
    }
