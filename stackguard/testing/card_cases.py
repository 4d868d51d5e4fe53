"""The examples on cards as test cases: bad ones must be reported, good ones must pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from policypack.core.examples import Example
from policypack.core.policy import Policy, Stack
from policypack.evaluation.settings import Settings
from stackguard.testing.messages import listed


@dataclass(frozen=True, slots=True)
class CardCase:
    """One example on a card."""

    policy: Policy[Any]
    example: Example | None
    """None if the card lacks examples of this kind."""
    kind: str
    """`bad` or `good`."""
    number: int

    def __str__(self) -> str:
        note = self.example.note if self.example else ""
        return f"{self.policy.id}-{self.kind}-{self.number}" + (f"-{note.replace(' ', '_')}" if note else "")

    def check(self, settings: Settings | None = None) -> None:
        """Assert that the card's policy reports the bad example, at the paths that it names, or passes the good one."""
        __tracebackhide__ = True
        from policypack.evaluation.evaluate import evaluate

        name = f"{self.kind} example {self.number} of `{self.policy.id}`"
        if self.example is None:
            raise AssertionError(f"`{self.policy.id}` has no {self.kind} example; give its card one")
        stack = Stack(self.example.resources, settings or Settings(), self.example.unseen)
        outcomes = evaluate([self.policy], stack)
        if self.kind == "good" and outcomes:
            raise AssertionError(f"{name} must pass{listed(outcomes, stack.resources)}")
        if self.kind == "bad":
            if not outcomes:
                raise AssertionError(f"{name} must be reported{listed(outcomes, stack.resources)}")
            paths = tuple(outcome.path for outcome in outcomes)
            if self.example.paths is not None and paths != self.example.paths:
                expected = " and ".join(f"`{path}`" for path in self.example.paths)
                raise AssertionError(f"{name} must be reported at {expected}{listed(outcomes, stack.resources)}")


def card_cases(policies: Sequence[Policy[Any]]) -> list[CardCase]:
    """A case for each example of each card.

    For pytest: `@pytest.mark.parametrize("case", card_cases(POLICIES), ids=str)`.
    """
    return [case for policy in policies for case in _cases(policy)]


def _cases(policy: Policy[Any]) -> Iterator[CardCase]:
    for kind, examples in (("bad", policy.bad), ("good", policy.good)):
        for number, example in enumerate(examples or (None,), 1):
            yield CardCase(policy, example, kind, number)
