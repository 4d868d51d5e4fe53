"""Python expressions laid out as `ruff format` lays them out, in lines of 88 characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

WIDTH = 88
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Expression:
    """Source that fits on one line, or takes a line for each of its items."""

    flat: str
    opening: str = ""
    """What precedes the items: a bracket, or a function's name and its parenthesis."""
    items: Sequence[Expression] = ()
    closing: str = ""
    call: bool = False
    """Whether the items may share a line of their own."""
    named: bool = False
    """Whether it follows a name: `bucket="inbox"` or `"Effect": "Allow"`."""

    def lines(self, before: str, after: str, indent: str) -> list[str]:
        """The expression between two texts, the first line without its indent.

        Args:
            before: what precedes it on its first line.
            after: what follows it on its last line.
            indent: of the lines that follow the first.
        """
        if not self.items or _fits(indent, before, self.flat, after):
            return [f"{before}{self.flat}{after}"]
        inner = indent + INDENT
        joined = ", ".join(item.flat for item in self.items)
        if self.call and _fits(inner, joined):
            return [f"{before}{self.opening}", f"{inner}{joined}", f"{indent}{self.closing}{after}"]
        only = self.items[0] if self.call and len(self.items) == 1 else None
        comma = "" if only and only.items and not only.named else ","
        body = [f"{before}{self.opening}"]
        for item in self.items:
            first, *rest = item.lines("", comma, inner)
            body += [f"{inner}{first}", *rest]
        return [*body, f"{indent}{self.closing}{after}"]


def bracketed(opening: str, items: Sequence[Expression], closing: str) -> Expression:
    """A list or a mapping."""
    return Expression(f"{opening}{', '.join(item.flat for item in items)}{closing}", opening, items, closing)


def call(function: str, arguments: Sequence[Expression]) -> Expression:
    """A function call."""
    return replace(bracketed(f"{function}(", arguments, ")"), call=True)


def pair(name: str, value: Expression) -> Expression:
    """An expression after a name and its `=` or `: `."""
    return replace(value, flat=name + value.flat, opening=name + value.opening, named=True)


def literal(value: Any) -> Expression:
    """A constant, a list or a mapping."""
    match value:
        case Mapping():
            return bracketed("{", [pair(f"{_quoted(str(name))}: ", literal(item)) for name, item in value.items()], "}")
        case list() | tuple():
            return bracketed("[", [literal(item) for item in value], "]")
        case str():
            return Expression(_quoted(value))
    return Expression(repr(value))


def _quoted(text: str) -> str:
    """A string literal in double quotes, unless single quotes save backslashes."""
    source = repr(text)
    return f'"{source[1:-1]}"' if source.startswith("'") and '"' not in text else source


def _fits(*parts: str) -> bool:
    return sum(map(len, parts)) <= WIDTH
