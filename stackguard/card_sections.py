"""The sections of a policy's card, under the headings that the docs and the terminal share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from policypack.core.examples import Example
from policypack.core.policy import EnforcementLevel, Policy
from policypack.core.tags import Tag
from policypack.frameworks.catalog import PUBLISHED, requirements, supported
from stackguard.example_source import program


class Prose(NamedTuple):
    """A paragraph, on one line."""

    text: str


class Code(NamedTuple):
    """Python source, with its final line break."""

    text: str


class Further(NamedTuple):
    """One more example: a caption and its source, which a reader may skip."""

    text: str
    source: str


class Points(NamedTuple):
    """A list of short lines."""

    lines: tuple[str, ...]


ADVISORY = " Advisory by default: a report does not block, unless the settings set its `enforcement` to `mandatory`."
Part = Prose | Code | Further | Points
Section = tuple[str, Sequence[Part]]


def sections(policy: Policy[Any]) -> Iterator[Section]:
    """Every section of a card: its heading and its parts."""
    yield "What it does", [Prose(f"{policy.title}."), Prose(" ".join(_reading(policy)))]
    yield "Why is this bad?", [Prose(text) for text in paragraphs(policy.why or "")]
    yield "Example", list(_examples(policy.bad, "Also reported"))
    yield "Use instead", [Prose(policy.fix), *_examples(policy.good, "Not reported")]
    yield "Severity", [Prose(f"{policy.severity.capitalize()}.{ADVISORY * advisory(policy)}")]
    if policy.tags:
        yield (
            "Tags",
            [Points(tuple(f"`{tag}`: {tag.meaning}" if isinstance(tag, Tag) else f"`{tag}`" for tag in policy.tags))],
        )
    if policy.controls:
        yield "Controls", [Points(tuple(_controls(policy)))]
    yield "References", [Points(tuple(policy.references))]


def advisory(policy: Policy[Any]) -> bool:
    """Whether a policy blocks only where the operator makes it mandatory."""
    return policy.enforcement is EnforcementLevel.ADVISORY


def paragraphs(prose: str) -> list[str]:
    """The paragraphs of a docstring, each on one line."""
    return [" ".join(block.split()) for block in inspect.cleandoc(prose).split("\n\n") if block.strip()]


def _reading(policy: Policy[Any]) -> Iterator[str]:
    yield "It reads the stack as a whole." if policy.over_stack else "It reads one resource at a time."
    if policy.language:
        yield f"It reads {policy.language} code only; a note in the report names the functions with other code."
    if policy.requires:
        required = " and ".join(f"`{policy_id}`" for policy_id in policy.requires)
        yield f"It does not judge what {required} reports."
    if policy.subsumes:
        subsumed = ", ".join(f"`{policy_id}`" for policy_id in policy.subsumes)
        yield f"Its report also shows what follows from it, in the same place or by the same mistake in another resource: {subsumed}."


def _controls(policy: Policy[Any]) -> Iterator[str]:
    """The controls on a card, and those of other frameworks that follow from them."""
    for control in policy.controls:
        framework, _, name = control.id.partition("/")
        requirement = requirements(framework).get(name) if framework in PUBLISHED else None
        remarks = [("a part of it", control.partly), ("it reports more than that", control.broader)]
        more = ", ".join(remark for remark, applies in remarks if applies)
        yield f"`{control.id}`{f': {requirement.title}' if requirement else ''}{f' ({more})' if more else ''}"
    for framework, ids in groupby((control.id.split("/") for control in supported(policy)), key=itemgetter(0)):
        yield f"parts of `{framework}` {', '.join(name for _, name in ids)}, which these support"


def _examples(examples: Sequence[Example], further: str) -> Iterator[Part]:
    for first in examples[:1]:
        if first.note:
            yield Prose(f"Here: {first.note}.")
        yield Code(program(first))
    for example in examples[1:]:
        yield Further(f"{further}: {example.note}.", program(example))
