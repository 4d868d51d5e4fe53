"""The report for a browser: a `Run` goes in, one HTML file without external parts comes out.

Counts, stacks and provenance are in the file as HTML, the outcomes as JSON, from which `page.js` makes a row when it is
needed: a page of thousands of outcomes opens at once. A content security policy allows only this script and this style
sheet, by their hashes, so that no text of a program can run.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from pathlib import Path

from jinja2 import Template
from markupsafe import Markup

from stackguard.reports import Run, Screen
from stackguard.reports.frameworks import wording
from stackguard.reports.html.overview import notes, policies, severity_counts, stacks
from stackguard.reports.html.page_data import outcomes
from stackguard.reports.html.templates import environment, script_data, source_hash

FOLDER = Path(__file__).parent


def render(run: Run, screen: Screen) -> str:  # noqa: ARG001 (every format has this signature)
    """The run as a page."""
    script, style, template = _parts()
    data = outcomes(run)
    return template.render(
        run=run,
        version=version("stackguard"),
        stacks=stacks(run),
        severities=severity_counts(run),
        policies=policies(run),
        notes=notes(run),
        wording=wording,
        blocking=sum(outcome.status == "blocks" for outcome in data.outcomes),
        data=script_data(data),
        total=len(data.outcomes),
        script=Markup(script),  # noqa: S704 (ours)
        style=Markup(style),  # noqa: S704 (ours)
        script_hash=source_hash(script),
        style_hash=source_hash(style),
    )


@cache
def _parts() -> tuple[str, str, Template]:
    """The script, the style sheet and the template."""
    script, *styles = ((FOLDER / name).read_text("utf-8") for name in ("page.js", "base.css", "page.css"))
    style = "".join(styles)
    return script, style, environment(FOLDER).get_template("page.html.jinja")
