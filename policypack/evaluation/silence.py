"""Documents of which many policies report nothing: found once for equal documents, which many resources and stacks have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from policypack.core.caches import bounded_cache
from policypack.core.policy import Judgement, Resource, Unknown
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import Attached, DocumentReader, StatementReader, attached

Part = tuple[int, DocumentReader | StatementReader, Callable[[Any], Iterable[Judgement]]]
"""Of a policy that reads nothing of a resource but its documents: its bit, its reader and its check."""


LITTLE = 1000
"""Steps of work on a document that leave the limit of `access.solver.partition` to whatever else is asked about it."""


def silent(resource: Resource, parts: tuple[Part, ...]) -> int | None:
    """The bits of the policies that read the documents of a resource; None unless each of them reports nothing.

    Args:
        resource: one that the stack manages.
        parts: the policies.
    """
    every = attached(resource)
    documents = _texts(every)
    if not documents or len(documents) < len(every) or any(document.spent.steps for document in documents):
        return None
    found = _silent(parts, every)
    for document, steps in zip(documents, found[1] if found else [0] * len(documents), strict=True):
        document.spent.steps = steps
    return found[0] if found else None


def _texts(every: Sequence[Attached]) -> list[PolicyDocument]:
    """The documents that are known and texts: equal ones have the same answers."""
    documents = (entry.document for entry in every)
    return [part for part in documents if isinstance(part, PolicyDocument) and isinstance(part.source, str)]


@bounded_cache(1 << 12)
def _silent(parts: tuple[Part, ...], documents: Sequence[Attached]) -> tuple[int, Sequence[int]] | None:
    """The bits, and for each document the work on it."""
    mask = 0
    try:
        for bit, reads, check in parts:
            for _, value in reads.of(documents):
                if isinstance(value, Unknown) or any(True for _ in check(value)):
                    return None
                mask |= bit
    except Exception:  # noqa: BLE001 (its own run reports a crash)
        return None
    steps = [document.spent.steps for document in _texts(documents)]
    return (mask, steps) if max(steps) <= LITTLE else None
