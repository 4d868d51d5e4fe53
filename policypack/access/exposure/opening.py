"""What one property of one resource opens, and whose access it decides."""

from __future__ import annotations

import msgspec

from policypack.access.exposure.outsiders import Outsider
from policypack.access.solver.verdict import Answer, Verdict, Witness
from policypack.core.policy import UNKNOWN, Resource, Unknown
from policypack.iam.addresses import everything

WORST = (Verdict.PUBLIC, Verdict.UNDECIDED, Verdict.INVALID, Verdict.NOT_PUBLIC)
"""Verdicts in the order in which a reader wants them."""


class Opening(msgspec.Struct, frozen=True):
    """An answer, and the place that decides it: where it is public what opens, where it is undecided what is unknown."""

    by: Resource
    path: str
    answer: Answer


class PublicGrant(msgspec.Struct, frozen=True):
    """What a grant that is no policy document lets everybody do: a canned ACL, a shared snapshot."""

    outsider: Outsider
    action: str
    resource: str
    why: str

    @property
    def answer(self) -> Answer:
        """The verdict, from any address."""
        witness = Witness(self.outsider.words, everything().example(), self.action, self.resource)
        return Answer(Verdict.PUBLIC, self.why, "", witness)


def waiting(value: Unknown = UNKNOWN) -> Answer:
    """The verdict on a grant that is unknown as a whole."""
    return Answer(Verdict.UNDECIDED, value.why)
