"""Values of a template while it is built: plain values, and references that CloudFormation resolves.

`Ref` and `Fn::GetAtt` of a resource or a parameter are a `TemplateReference`; a text that contains some is a
`TemplateText`. Each has the value that it has in the program, so that a cycle can be broken by writing the value itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from policypack.core.values import nested

HOLE = re.compile(r"\$\{!|\$\{([^!{}][^{}]*)\}")


@dataclass(frozen=True, slots=True)
class TemplateReference:
    """A reference to another resource, a parameter or a pseudo parameter.

    `target` is its logical id or name; `attribute` is empty for `Ref`; `sub` is the text of a `Fn::Sub` that makes the
    value, with `${@}` for the target; `own` is what stands for it inside of the target. `weak` marks a use for which the target need not exist yet.
    """

    target: str
    value: str
    attribute: str = ""
    sub: str = ""
    own: str = ""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A text that contains references."""

    parts: tuple[str | TemplateReference, ...]


Built = Any
"""A plain value of JSON that can contain `TemplateReference` and `TemplateText`."""


def text(parts: list[str | TemplateReference]) -> str | TemplateReference | TemplateText:
    """The simplest value for these parts, one after another."""
    merged: list[str | TemplateReference] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part  # a `${` can be split over two
        elif part != "":
            merged.append(part)
    if not merged:
        return ""
    return merged[0] if len(merged) == 1 else TemplateText(tuple(merged))


def leaves(value: Built) -> Iterator[Any]:
    """Every leaf of a value, in order; those of a `TemplateText` are its parts."""
    for inner in nested(value):
        if isinstance(inner, TemplateText):
            yield from inner.parts
        elif not isinstance(inner, dict | list):
            yield inner


def references(value: Built) -> Iterator[TemplateReference]:
    """Every reference in a value, in order."""
    return (leaf for leaf in leaves(value) if isinstance(leaf, TemplateReference))


def replaced(value: Built, change: Callable[[TemplateReference], str | TemplateReference | TemplateText]) -> Built:
    """The value with `change` applied to each reference."""
    match value:
        case TemplateReference():
            return change(value)
        case TemplateText(parts):
            return text(
                [
                    new
                    for part in parts
                    for new in parts_of(change(part) if isinstance(part, TemplateReference) else part)
                ]
            )
        case dict():
            return {key: replaced(item, change) for key, item in value.items()}
        case list():
            return [replaced(item, change) for item in value]
    return value


def parts_of(value: str | TemplateReference | TemplateText) -> tuple[str | TemplateReference, ...]:
    """The parts of a text, or the value itself as the only one."""
    return value.parts if isinstance(value, TemplateText) else (value,)


def rendered(value: Built) -> Any:
    """The value in CloudFormation's JSON."""
    match value:
        case TemplateReference() if value.sub:
            return {"Fn::Sub": _hole(value)}
        case TemplateReference() if value.attribute:
            return {"Fn::GetAtt": [value.target, value.attribute]}
        case TemplateReference():
            return {"Ref": value.target}
        case TemplateText(parts):  # a literal `${` is written `${!`: see the user guide's page on `Fn::Sub`
            written = (part.replace("${", "${!") if isinstance(part, str) else _hole(part) for part in parts)
            return {"Fn::Sub": "".join(written)}
        case dict():
            return {key: rendered(item) for key, item in value.items()}
        case list():
            return [rendered(item) for item in value]
    return value


def _hole(reference: TemplateReference) -> str:
    if reference.sub:
        return reference.sub.replace("${@", f"${{{reference.target}")
    attribute = f".{reference.attribute}" if reference.attribute else ""
    return f"${{{reference.target}{attribute}}}"


def holes(written: str) -> Iterator[str]:
    """The names in the text of a `Fn::Sub`: each `Name` or `Name.Attribute`."""
    return (hole[1].strip() for hole in HOLE.finditer(written) if hole[1])


def substituted(written: str, value_of: Callable[[str], str]) -> str:
    """The result of the text of a `Fn::Sub`; `value_of` returns the value of `Name` or `Name.Attribute`."""
    return HOLE.sub(lambda hole: value_of(hole[1].strip()) if hole[1] else "${", written)
