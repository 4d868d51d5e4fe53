"""What one property of one resource exposes to outsiders, and why."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from policypack.access.exposure.outsiders import Outsider
from policypack.access.solver.verdict import Answer, Verdict
from policypack.core.policy import UNKNOWN, Judgement, Resource, Undecided, Unknown, Violation
from policypack.core.witness import Witness
from policypack.iam.addresses import everything

WORST = (Verdict.PUBLIC, Verdict.UNDECIDED, Verdict.INVALID, Verdict.NOT_PUBLIC)
"""Verdicts from the worst to the best."""
CLOSED = Answer(Verdict.NOT_PUBLIC, "nothing in this stack allows outsiders")


class Exposure(msgspec.Struct, frozen=True):
    """An answer with the resource and path that decide it: the grant if it is public, the unknown if it is undecided."""

    by: Resource
    path: str
    answer: Answer
    guard: str = ""
    """The setting that ends public access, as a clause names it, or because of which AWS refuses what is public."""

    @property
    def effective(self) -> bool:
        """Whether it is public, and no setting makes AWS refuse it."""
        return self.answer.verdict is Verdict.PUBLIC and not self.guard


def public_grant(outsider: Outsider, action: str, resource: str, why: str) -> Answer:
    """The verdict on a grant without a policy document, such as a canned ACL or a shared snapshot."""
    return Answer(Verdict.PUBLIC, why, "", Witness(outsider.label, everything().example(), action, resource))


def undecided(value: Unknown = UNKNOWN) -> Answer:
    """The verdict on a grant that is unknown as a whole."""
    return Answer(Verdict.UNDECIDED, value.why)


def judge(answer: Answer, why: str = UNKNOWN.why) -> Iterator[Judgement]:
    """The violation of a public answer, or the outcome of an undecided one with this reason."""
    if answer.verdict is Verdict.PUBLIC:
        facts = () if answer.path.startswith("Statement") else None  # the statement and its denials decide
        yield Violation(answer.path, answer.why, witness=answer.witness, facts=facts)
    elif answer.verdict is Verdict.UNDECIDED:
        yield Undecided(answer.path, why)
