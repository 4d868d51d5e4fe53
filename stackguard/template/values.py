"""Values of a template while it is built: plain ones, and what stands for a value that CloudFormation fills in.

`Ref` and `GetAtt` of a resource or a parameter are a `Reference`; a text with some in it is a `Text`. Each holds the
value that it has in the program, so that a cycle can be broken by writing the value itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

HOLE = re.compile(r"\$\{!|\$\{([^!{}][^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Reference:
    """What another resource, a parameter or CloudFormation itself gives.

    `target` is a logical id, a parameter or a pseudo parameter; `attribute` is empty for `Ref`; `sub` is the text of a `Fn::Sub` that forms
    the value, with `${@}` for the target. `weak` says that the target need not exist where this is used.
    """

    target: str
    value: str
    attribute: str = ""
    sub: str = ""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text with references in it."""

    parts: tuple[str | Reference, ...]


Built = Any
"""A plain value of JSON with `Reference` and `Text` in it."""


def text(parts: list[str | Reference]) -> str | Reference | Text:
    """The simplest value that these parts, one after another, are."""
    kept: list[str | Reference] = []
    for part in parts:
        if isinstance(part, str) and kept and isinstance(kept[-1], str):
            kept[-1] += part  # a `${` may stand across two
        elif part != "":
            kept.append(part)
    if not kept:
        return ""
    return kept[0] if len(kept) == 1 else Text(tuple(kept))


def references(value: Built) -> Iterator[Reference]:
    """Every reference in a value, in order."""
    match value:
        case Reference():
            yield value
        case Text(parts):
            for part in parts:
                if isinstance(part, Reference):
                    yield part
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def literals(value: Built) -> Iterator[str]:
    """Every text in a value that is no reference."""
    match value:
        case str():
            yield value
        case Text(parts):
            yield from (part for part in parts if isinstance(part, str))
        case dict():
            for each in value.values():
                yield from literals(each)
        case list():
            for each in value:
                yield from literals(each)


def replaced(value: Built, change: Callable[[Reference], Any]) -> Built:
    """The value with each reference as `change` has it: another one, a text, or parts of a text."""
    match value:
        case Reference():
            return change(value)
        case Text(parts):
            found: list[str | Reference] = []
            for part in parts:
                new = change(part) if isinstance(part, Reference) else part
                found += new.parts if isinstance(new, Text) else (new,)
            return text(found)
        case dict():
            return {key: replaced(each, change) for key, each in value.items()}
        case list():
            return [replaced(each, change) for each in value]
    return value


def escaped(literal: str) -> str:
    """A literal as it stands in a `Fn::Sub`: `${` is written `${!`. Source: the user guide's page on `Fn::Sub`."""
    return literal.replace("${", "${!")


def rendered(value: Built) -> Any:
    """The value in CloudFormation's JSON."""
    match value:
        case Reference() if value.sub:
            return {"Fn::Sub": _hole(value)}
        case Reference() if value.attribute:
            return {"Fn::GetAtt": [value.target, value.attribute]}
        case Reference():
            return {"Ref": value.target}
        case Text(parts):
            return {"Fn::Sub": "".join(escaped(part) if isinstance(part, str) else _hole(part) for part in parts)}
        case dict():
            return {key: rendered(each) for key, each in value.items()}
        case list():
            return [rendered(each) for each in value]
    return value


def _hole(reference: Reference) -> str:
    if reference.sub:
        return reference.sub.replace("${@}", f"${{{reference.target}}}")
    attribute = f".{reference.attribute}" if reference.attribute else ""
    return f"${{{reference.target}{attribute}}}"


def holes(written: str) -> Iterator[str]:
    """What the text of a `Fn::Sub` asks for: each `Name` or `Name.Attribute` in it."""
    return (hole[1].strip() for hole in HOLE.finditer(written) if hole[1])


def substituted(written: str, value_of: Callable[[str], str]) -> str:
    """What CloudFormation makes of the text of a `Fn::Sub`; `value_of` gives the value of `Name` or `Name.Attribute`."""
    return HOLE.sub(lambda hole: value_of(hole[1].strip()) if hole[1] else "${", written)
