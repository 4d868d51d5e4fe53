"""Python expressions laid out as `ruff format` lays them out, in lines of 88 characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 88
INDENT = "    "


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that stays on one line."""

    flat: str

    def lines(self, before: str, after: str, indent: str) -> list[str]:  # noqa: ARG002 (its parts go on new lines)
        """The expression between two texts, the first line without its indent.

        Args:
            before: what stands before it on its first line.
            after: what stands after it on its last line.
            indent: of the lines that follow the first.
        """
        return [f"{before}{self.flat}{after}"]


@dataclass(frozen=True, slots=True, init=False)
class Items(Expression):
    """A list or a mapping: one line, or one for each item."""

    opening: str
    closing: str
    items: Sequence[Expression]

    def __init__(self, opening: str, closing: str, items: Sequence[Expression]) -> None:
        object.__setattr__(self, "flat", opening + ", ".join(each.flat for each in items) + closing)
        object.__setattr__(self, "opening", opening)
        object.__setattr__(self, "closing", closing)
        object.__setattr__(self, "items", items)

    def lines(self, before: str, after: str, indent: str) -> list[str]:
        """The items between two texts: see `Expression.lines`."""
        if _fits(indent, before, self.flat, after) or not self.items:
            return [f"{before}{self.flat}{after}"]
        inner = indent + INDENT
        if self._together and _fits(inner, "", self._joined, ""):
            return [f"{before}{self.opening}", f"{inner}{self._joined}", f"{indent}{self.closing}{after}"]
        found = [f"{before}{self.opening}"]
        for each in self.items:
            comma = "" if self._together and len(self.items) == 1 and self._alone else ","
            first, *rest = each.lines("", comma, inner)
            found += [f"{inner}{first}", *rest]
        return [*found, f"{indent}{self.closing}{after}"]

    @property
    def _together(self) -> bool:
        """Whether the items may share a line of their own."""
        return False

    @property
    def _alone(self) -> bool:
        """Whether a single item takes no comma."""
        return False

    @property
    def _joined(self) -> str:
        return ", ".join(each.flat for each in self.items)


@dataclass(frozen=True, slots=True, init=False)
class Call(Items):
    """A call: one line, its arguments on the next, or one line for each."""

    def __init__(self, function: str, arguments: Sequence[Expression]) -> None:
        Items.__init__(self, f"{function}(", ")", arguments)

    @property
    def _together(self) -> bool:
        return True

    @property
    def _alone(self) -> bool:
        return isinstance(self.items[0], Items)


@dataclass(frozen=True, slots=True, init=False)
class Pair(Expression):
    """An expression after a name: `bucket="inbox"` or `"Effect": "Allow"`."""

    name: str
    value: Expression

    def __init__(self, name: str, value: Expression) -> None:
        object.__setattr__(self, "flat", name + value.flat)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "value", value)

    def lines(self, before: str, after: str, indent: str) -> list[str]:
        """The name and the value between two texts: see `Expression.lines`."""
        return self.value.lines(before + self.name, after, indent)


def literal(value: Any, *, raw: bool = False) -> Expression:
    """A constant, a list or a mapping; a raw text is source already."""
    if raw:
        return Expression(value)
    match value:
        case Mapping():
            return Items("{", "}", [Pair(f"{_quoted(str(name))}: ", literal(each)) for name, each in value.items()])
        case list() | tuple():
            return Items("[", "]", [literal(each) for each in value])
        case str():
            return Expression(_quoted(value))
    return Expression(repr(value))


def assignment(name: str, value: Expression) -> list[str]:
    """A statement that gives the value a name, or just has it."""
    return value.lines(f"{name} = " if name else "", "", "")


def _quoted(text: str) -> str:
    """A string literal in double quotes, unless single ones save backslashes."""
    shown = repr(text)
    if shown.startswith("'") and '"' not in text:
        return f'"{shown[1:-1]}"'
    return shown


def _fits(*parts: str) -> bool:
    return sum(map(len, parts)) <= WIDTH
