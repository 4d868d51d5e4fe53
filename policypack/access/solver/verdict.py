"""The answers of the access engine: a verdict, its reason, and a request as witness."""

from __future__ import annotations

import enum

import msgspec

from policypack.access.solver.conditions import address_problems
from policypack.core.witness import Witness
from policypack.iam.document import PolicyDocument
from policypack.iam.element_forms import NO_ACCOUNT

REFUSED = "AWS refuses this document"
"""How the reason begins why a document in a stack was not judged."""


class Verdict(enum.StrEnum):
    """The verdict on documents."""

    PUBLIC = "public"
    NOT_PUBLIC = "not-public"
    NEW_ACCESS = "new-access"
    NO_NEW_ACCESS = "no-new-access"
    UNDECIDED = "undecided"
    INVALID = "invalid"


class Answer(msgspec.Struct, frozen=True):
    """A verdict and its reason as a clause, with the statement and an example if there are any."""

    verdict: Verdict
    why: str
    path: str = ""
    witness: Witness | None = None


def refusal(document: PolicyDocument, *, sample: bool = False) -> Answer | None:
    """The reason why AWS refuses a document; None if AWS accepts it. A sample has placeholders for its accounts."""
    for path, message in document.problems:
        if sample and message == NO_ACCOUNT:
            continue
        return Answer(Verdict.INVALID, f"`{path or 'the document'}` {message}", path)
    for statement in document.statements:
        for condition in statement.conditions:
            for message in address_problems(condition):
                return Answer(Verdict.INVALID, f"`{condition.path}`: {message}", condition.path)
    return None


def not_judged(document: PolicyDocument) -> Answer | None:
    """The answer about a document in a stack that AWS refuses; None if AWS accepts it."""
    if not document.problems:
        return None
    path, message = document.problems[0]
    reason = f"`{path}` {message}" if path else f"it {message}"
    return Answer(Verdict.UNDECIDED, f"{REFUSED}: {reason}, so it was not judged", path)
