"""Templates: facts go in, HTML comes out, in which every text from outside is escaped, printable and of a bounded length."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from stackguard.reports.formatting import many, printable

FOLDER = Path(__file__).parent
SHORT = 160
"""Characters of a text in a list."""
LONG = 20_000
"""Characters of a text on its own page."""


def html(template: str, **facts: Any) -> str:
    """A page.

    Args:
        template: the name of its file, without the suffix.
        facts: what it shows.
    """
    return _environment().get_template(f"{template}.html.jinja").render(**facts)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "short": short,
        "prose": _prose,
        "number": "{:,}".format,
        "day": lambda moment: str(moment)[:10],
        "minute": lambda moment: str(moment)[:16].replace("T", " "),
        "many": many,
        "http": _http,
    }
    environment.globals |= {"at": address, "step": quote, "stack_name": stack_name}
    return environment


def address(path: str, parameters: Mapping[str, str] | None = None, **more: str | None) -> str:
    """An address of ours with its parameters; those without a value are left out."""
    values = {**(parameters or {}), **more}
    asked = urlencode({name: value for name, value in values.items() if value not in ("", None)}, errors="replace")
    return f"{path}?{asked}" if asked else path


def stack_name(row: Mapping[str, Any]) -> str:
    """Organization, project and stack, as far as known."""
    parts = (row.get("organization"), row.get("project"), row.get("stack"))
    return "/".join(filter(None, parts)) or str(row.get("location") or "unknown")


def short(text: str, most: int = SHORT) -> str:
    """The text without its middle if it is long: names differ at both ends."""
    text = printable(str(text))
    return text if len(text) <= most else f"{text[: most * 2 // 3]}…{text[-(most // 3) :]}"


def _prose(text: str) -> Markup:
    """A text in which what is in backticks is code."""
    parts = enumerate(re.split("`([^`]+)`", printable(text[:LONG])))
    return Markup().join(Markup("<code>{}</code>").format(part) if number % 2 else part for number, part in parts)


def _http(url: str) -> str:
    """An address of the web; empty for one that is something else."""
    return url if url.startswith(("https://", "http://")) else ""


def _printable(value: Any) -> Any:
    """A value of an expression in a template: text from outside is printable and bounded, our own HTML stays."""
    return printable(value[:LONG]) if isinstance(value, str) and not isinstance(value, Markup) else value
