"""The page of an audit: roll-ups go in, one HTML file without external parts comes out, which opens at once.

Whatever the size of the fleet, lists are capped; the page says what is left out, and the query that has the rest. Violations
to search are in it as JSON, from which the script makes rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
from jinja2 import Template
from markupsafe import Markup

from policypack.frameworks.model import Framework
from stackguard.audit.reports import charts, wording
from stackguard.audit.reports.overview import Caps, cards, overview
from stackguard.audit.reports.results import Card, Finding, Overview
from stackguard.audit.reports.rollups import LISTS, Rollups, spread
from stackguard.reports.formatting import printable
from stackguard.reports.html import FOLDER as SHARED
from stackguard.reports.html.templates import environment, script_data, source_hash

FOLDER = Path(__file__).parent
CAPS = Caps(groups=50, findings=12, worst=1, stacks=50)
OF_EACH, MOST = 10, 2500
"""Violations of each team and policy, and of all, that can be searched in the page."""
LONGEST = 300
"""Characters of a text of the searched violations."""
MOST_BYTES = 1_500_000
"""Of the searched violations as JSON."""


def render(rollups: Rollups, frameworks: Sequence[Framework] = ()) -> str:
    """The page."""
    shown = overview(rollups, frameworks, CAPS)
    script, style, template = _parts()
    findings = _searched(rollups, shown)
    known = {card.policy: card for card in cards({str(row["policy"]) for row in findings} | _listed(shown))}
    return template.render(
        version=version("stackguard"),
        shown=shown,
        cards=known,
        searched=len(findings),
        score_plot=charts.score(shown.trend),
        severity_plots=charts.by_severity(shown.trend),
        wording=wording,
        level=_level,
        data=script_data({"findings": findings, "fixes": _fixes(known), "titles": _titles(known)}),
        script=Markup(script),  # noqa: S704 (ours)
        style=Markup(style),  # noqa: S704 (ours)
        script_hash=source_hash(script),
        style_hash=source_hash(style),
    )


@cache
def _parts() -> tuple[str, str, Template]:
    """The script, the style sheet and the template."""
    script = (FOLDER / "audit.js").read_text("utf-8")
    style = "".join(
        file.read_text("utf-8") for file in (SHARED / "base.css", SHARED / "page.css", FOLDER / "audit.css")
    )
    return script, style, environment(FOLDER).get_template("audit.html.jinja")


def _searched(rollups: Rollups, shown: Overview) -> list[dict[str, str | int]]:
    """The violations that can be searched in the page: the worst of each team and policy, and those of the heat map."""
    condition = spread(OF_EACH, (row.stack_id for row in shown.heat_map.rows))
    rows, size = [], 0
    new = {finding.id for finding in shown.new.findings} if shown.totals.previous else set()
    for finding in rollups.findings(condition, LISTS["open"][1], MOST):
        row = dict(_facts(finding, new=finding.id in new))
        size += len(msgspec.json.encode(row))
        if size > MOST_BYTES:
            break
        rows.append(row)
    return rows


def _facts(finding: Finding, *, new: bool) -> Iterator[tuple[str, str | int]]:
    for name in ("severity", "policy", "owner", "name", "type", "path", "message", "account", "region"):
        yield name, _cut(getattr(finding, name))
    yield "stack", _cut(finding.stack_name)
    yield "place", _cut(f"{finding.file}:{finding.line}" if finding.line else finding.file)
    yield "since", finding.first_seen[:10]
    yield "days", finding.days
    yield "reopened", finding.reopened
    yield "isNew", int(new)


def _cut(text: str) -> str:
    return printable(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def _listed(shown: Overview) -> set[str]:
    return {card.policy for card in shown.cards}


def _fixes(known: dict[str, Card]) -> dict[str, str]:
    return {policy: card.fix for policy, card in known.items()}


def _titles(known: dict[str, Card]) -> dict[str, str]:
    return {policy: card.title for policy, card in known.items()}


def _level(count: int) -> int:
    """The shade of a cell of the heat map: 0 for none, 4 for ten and more."""
    return sum(count >= least for least in (1, 2, 5, 10))
