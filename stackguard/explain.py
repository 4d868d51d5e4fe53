"""A policy's card, as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policypack.core.policy import Policy
from stackguard.card_sections import Code, Further, Part, Points, Prose, advisory, sections
from stackguard.reports import Screen
from stackguard.reports.screen import Text, paint, wrapped
from stackguard.reports.text import STYLES


def listing(policies: Sequence[Policy[Any]], screen: Screen) -> str:
    """Every policy: severity, id and title, a line each, in reading order."""
    longest = max((len(policy.id) for policy in policies), default=0)
    lines = (
        Text.assemble(
            (f"{policy.severity:<8}  ", STYLES[policy.severity]),
            (policy.id.ljust(longest), "bold"),
            f"  {policy.title}{' (advisory)' * advisory(policy)}",
        )
        for policy in policies
    )
    return paint(lines, screen)


def card(policy: Policy[Any], screen: Screen) -> str:
    """A policy's card."""
    return paint(_card(policy, screen), screen)


def _card(policy: Policy[Any], screen: Screen) -> Iterator[Text]:
    yield Text.assemble((policy.id, "bold"), "  ", (policy.severity, STYLES[policy.severity]))
    for heading, parts in sections(policy):
        if parts:
            yield Text()
            yield Text(heading, style="bold")
        for before, part in zip((None, *parts), parts, strict=False):
            if before and not (isinstance(before, Further) and isinstance(part, Further)):
                yield Text()
            yield from _part(part, screen)


def _part(part: Part, screen: Screen) -> Iterable[Text]:
    match part:
        case Prose(text) | Further(text, _):
            return wrapped(text, screen, 2)
        case Code(text):
            return [Text(f"    {line}" if line else "") for line in text.splitlines()]
        case Points(lines):
            return [Text(f"  {line}") for line in lines]
