"""The sections of a policy's card, under the headings that the docs and the terminal share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policypack.core.examples import Example
from policypack.core.policy import Policy
from stackguard.example_source import program


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, on one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Python source, with its final line break."""

    text: str


@dataclass(frozen=True, slots=True)
class Further:
    """One more example: what it shows, and its source, which a reader may skip."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Points:
    """A list of short lines."""

    lines: tuple[str, ...]


Part = Prose | Code | Further | Points
Section = tuple[str, Sequence[Part]]


def sections(policy: Policy[Any]) -> Iterator[Section]:
    """Every section of a card: the heading and what stands below it."""
    yield "What it does", [Prose(f"{policy.title}."), Prose(" ".join(_reading(policy)))]
    yield "Why is this bad?", [Prose(each) for each in paragraphs(policy.why or "")]
    yield "Example", list(_examples(policy.bad, "Also reported"))
    yield "Use instead", [Prose(policy.fix), *_examples(policy.good, "Not reported")]
    yield "Severity", [Prose(f"{policy.severity.capitalize()}.")]
    if policy.tags:
        yield "Tags", [Points(tuple(f"`{tag}`: {tag.meaning}" for tag in policy.tags))]
    yield "References", [Points(tuple(policy.references))]


def paragraphs(prose: str) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [" ".join(block.split()) for block in inspect.cleandoc(prose).split("\n\n") if block.strip()]


def _reading(policy: Policy[Any]) -> Iterator[str]:
    yield "It reads the stack as a whole." if policy.over_stack else "It reads one resource at a time."
    if policy.requires:
        listed = " and ".join(f"`{each}`" for each in policy.requires)
        yield f"What {listed} reports, it does not judge."


def _examples(examples: Sequence[Example], further: str) -> Iterator[Part]:
    for first in examples[:1]:
        if first.note:
            yield Prose(f"Here: {first.note}.")
        yield Code(program(first))
    for each in examples[1:]:
        yield Further(f"{further}: {each.note}.", program(each))
