"""The SAST report of GitLab, which its vulnerability report and merge request widget read.

Source: https://docs.gitlab.com/development/integrations/secure/#report and
https://gitlab.com/gitlab-org/security-products/security-report-schemas.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import version
from typing import Any
from uuid import UUID

from policypack.core.policy import Kind
from stackguard.card_sections import paragraphs
from stackguard.reports import Run, Screen
from stackguard.reports.ci import Row, rows
from stackguard.reports.formatting import indented_json, printable
from stackguard.reports.sarif import INFORMATION_URI, LINK

SCHEMA_VERSION = "15.1.4"
LONGEST_NAME, LONGEST_SOLUTION = 255, 7000
"""Characters, by the schema."""


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as a SAST report; what cannot be judged is a message of the scan."""
    start = run.provenance.started
    tool = {
        "id": "stackguard",
        "name": "Stackguard",
        "url": INFORMATION_URI,
        "version": version("stackguard"),
        "vendor": {"name": "Stackguard"},
    }
    shown = rows(run)
    scan: dict[str, Any] = {
        "type": "sast",
        "analyzer": tool,
        "scanner": tool,
        "start_time": _time(start),
        "end_time": _time(start + timedelta(seconds=run.provenance.seconds)),
        "status": "failure" if run.exit_code == 2 else "success",
    }
    if messages := _messages(run, shown):
        scan["messages"] = messages
    return indented_json(
        {
            "version": SCHEMA_VERSION,
            "scan": scan,
            "vulnerabilities": [_vulnerability(row, run) for row in shown if row.outcome.kind is not Kind.ERROR],
        }
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _messages(run: Run, shown: list[Row]) -> list[dict[str, str]]:
    fatal = [f"cannot judge {failed.label}: {failed.message}" for failed in run.failed]
    fatal += [row.text for row in shown if row.outcome.kind is Kind.ERROR]
    warnings = [f"{problem.kind} waiver: {problem.source}: {problem.message}" for problem in run.problems]
    return [
        *({"level": "fatal", "value": printable(text)} for text in fatal),
        *({"level": "warn", "value": printable(text)} for text in warnings),
    ]


def _vulnerability(row: Row, run: Run) -> dict[str, Any]:
    outcome, policy = row.outcome, row.outcome.policy
    undecided = "undecided: " if outcome.kind is Kind.UNDECIDED else ""
    stack = f"{printable(row.report.label)}: " if run.several else ""
    links = _links(tuple(policy.references))
    identifier = {"type": "stackguard_policy_id", "name": printable(policy.id), "value": printable(policy.id)}
    place = {"file": row.file, "start_line": row.line, "end_line": row.line}
    signature = {"algorithm": "hash", "value": row.fingerprint}
    return {
        "id": str(UUID(row.fingerprint)),
        "name": _cut(f"{undecided}{printable(policy.title)}", LONGEST_NAME),
        "description": f"{stack}{undecided}{row.text}{_why(policy.why or '')}",
        "severity": policy.severity.capitalize() if row.blocks else "Info",
        "solution": _cut(printable(outcome.fix), LONGEST_SOLUTION),
        "identifiers": [identifier | ({"url": links[0]} if links else {})],
        "links": [{"url": link} for link in links],
        "location": place,
        "tracking": {"type": "source", "items": [place | {"signatures": [signature]}]},
    }


@cache
def _links(references: tuple[str, ...]) -> list[str]:
    return [link for link in map(printable, references) if LINK.fullmatch(link)]


@cache
def _why(why: str) -> str:
    return "".join(f"\n\n{printable(paragraph)}" for paragraph in paragraphs(why))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
