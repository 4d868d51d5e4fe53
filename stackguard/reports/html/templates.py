"""What the pages share: templates that escape what comes from outside, data in a page, hashes for its policy."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stackguard.reports.formatting import printable, printable_lines
from stackguard.reports.html.overview import many


def environment(folder: Path) -> Environment:
    """The templates in a folder."""
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"many": many, "lines": _lines, "prose": _prose}
    return templates


def script_data(value: Any) -> Markup:
    """JSON that cannot end the script element that it is in."""
    text = msgspec.json.encode(value).decode()
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def source_hash(text: str) -> str:
    """The source expression of a content security policy for an element with this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


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
