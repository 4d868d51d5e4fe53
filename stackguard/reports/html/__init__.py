"""The report for a browser: a `Run` goes in, one HTML file without external parts comes out.

Counts, stacks and provenance are in the file as HTML, the outcomes as JSON, from which `page.js` makes a row when it is
needed: a page of thousands of outcomes opens at once. A content security policy allows only this script and this style
sheet, by their hashes, so that no text of a program can run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from stackguard.reports import Run, Screen
from stackguard.reports.formatting import printable, printable_lines
from stackguard.reports.frameworks import wording
from stackguard.reports.html.overview import many, notes, policies, severity_counts, stacks
from stackguard.reports.html.page_data import outcomes

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
        data=_script_data(data),
        total=len(data.outcomes),
        script=Markup(script),  # noqa: S704 (ours)
        style=Markup(style),  # noqa: S704 (ours)
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


@cache
def _parts() -> tuple[str, str, Template]:
    """The script, the style sheet and the template."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"many": many, "lines": _lines, "prose": _prose}
    script, style = ((FOLDER / name).read_text("utf-8") for name in ("page.js", "page.css"))
    return script, style, environment.get_template("page.html.jinja")


def _lines(text: str) -> Markup:
    """What a program prints, on its own lines."""
    return Markup.escape(printable_lines(text))


def _prose(text: str) -> Markup:
    """A text in which what is in backticks is code."""
    parts = enumerate(re.split("`([^`]+)`", printable(text)))
    return Markup().join(Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts)


def _printable(value: Any) -> Any:
    """A value of an expression in the template: text from outside is printable, our own HTML stays."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _script_data(value: Any) -> Markup:
    """JSON that cannot end the script element that it is in."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def _hash(text: str) -> str:
    """The source expression of a content security policy for an element with this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
