"""The published frameworks: an id and cards in, the framework with the policies that check each requirement out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from policypack.core.caches import latest
from policypack.core.controls import Control
from policypack.core.policy import Policy
from policypack.frameworks.model import Check, Framework, Requirement

PUBLISHED = ("aws-fsbp", "cis-aws-5.0", "nist-800-53-r5")


@cache
def published(framework_id: str) -> Framework:
    """A published framework, without policies."""
    content = files("policypack.frameworks").joinpath("data", f"{framework_id}.json").read_bytes()
    return msgspec.json.decode(content, type=Framework)


@cache
def requirements(framework_id: str) -> Mapping[str, Requirement]:
    """The requirements of a published framework by id."""
    return {requirement.id: requirement for requirement in published(framework_id).requirements}


def covered(framework_id: str, cards: Iterable[Policy[Any]]) -> Framework:
    """A published framework with the policies that check each requirement."""
    checks = _checks(list(cards))
    framework = published(framework_id)
    joined = (
        msgspec.structs.replace(requirement, policies=tuple(checks.get(f"{framework_id}/{requirement.id}", ())))
        for requirement in framework.requirements
    )
    return msgspec.structs.replace(framework, requirements=tuple(joined))


@latest
def _checks(cards: Sequence[Policy[Any]]) -> Mapping[str, Sequence[Check]]:
    """What the cards check of each requirement of all frameworks, by its id, which begins with the framework's."""
    checks: dict[str, list[Check]] = {}
    for card in cards:
        by_requirement: dict[str, list[Control]] = {}
        for control in (*card.controls, *_related(card)):
            by_requirement.setdefault(control.id, []).append(control)
        for name, of_card in by_requirement.items():
            checks.setdefault(name, []).append(_check(card.id, of_card))
    return checks


def supported(card: Policy[Any]) -> list[Control]:
    """The requirements of which a card checks a part, because a control on it supports them; each once."""
    named = {control.id for control in card.controls}
    return list({control.id: control for control in _related(card) if control.id not in named}.values())


def _related(card: Policy[Any]) -> Iterator[Control]:
    """A part of each requirement that a control on a card supports."""
    for control in card.controls:
        framework, _, name = control.id.partition("/")
        requirement = requirements(framework).get(name) if framework in PUBLISHED else None
        for related in requirement.related if requirement else ():
            yield Control(related, partly=True, broader=control.broader, types=control.types)


def _check(policy_id: str, of_card: Sequence[Control]) -> Check:
    """What a policy checks of a requirement, which several of its controls can support."""
    everywhere = any(not control.types for control in of_card)
    return Check(
        policy_id,
        partly=all(control.partly for control in of_card),
        broader=all(control.broader for control in of_card),
        types=() if everywhere else tuple(dict.fromkeys(name for control in of_card for name in control.types)),
    )
