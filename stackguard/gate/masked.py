"""Masks the secrets of the program in outcomes and notes: names and statements can contain them too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from policypack.core.memo import memoized
from policypack.core.policy import Outcome, Resource
from policypack.core.values import rewritten
from policypack.evaluation.masking import Mask


def masked(outcomes: Iterable[Outcome], mask: Mask) -> tuple[Outcome, ...]:
    """The outcomes without secrets: in messages, fixes, and the parts of resources that a report quotes."""
    if not mask.texts:
        return tuple(outcomes)
    return tuple(_outcome(outcome, mask) for outcome in outcomes)


def _outcome(outcome: Outcome, mask: Mask) -> Outcome:
    return replace(
        outcome,
        resource=_resource(outcome.resource, mask),
        path=mask.hide(outcome.path),
        message=mask.hide(outcome.message),
        why=mask.hide(outcome.why),
        fix=mask.hide(outcome.fix),
        waits_for=tuple(map(mask.hide, outcome.waits_for)),
    )


@memoized
def _resource(resource: Resource, mask: Mask) -> Resource:
    """The resource without secrets; the same object if it has none."""
    names = (resource.type, resource.name, resource.urn, resource.parent)
    texts = "\0".join((*names, *_texts(resource.inputs)))
    if mask.hide(texts) == texts:
        return resource
    type_token, name, urn, parent = map(mask.hide, names)
    inputs = {key: rewritten(value, mask.hide) for key, value in resource.inputs.items()}
    return replace(resource, type=type_token, name=name, urn=urn, parent=parent, inputs=inputs)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield str(value)
        case Mapping():
            for key, item in value.items():
                yield str(key)
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
