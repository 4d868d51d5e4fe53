"""Tests of one's own programs and policies: programs, cards and CrossGuard policies go in, assertions come out.

The functions raise `AssertionError`, so that any test runner can call them; `stackguard.pytest_plugin` has the fixtures
for pytest. The names in `__all__` are stable: see docs/write-policies.md.
"""

from stackguard.testing.card_cases import CardCase, card_cases
from stackguard.testing.pack_policies import pack_policies
from stackguard.testing.policy_assertions import (
    assert_passes,
    assert_policy,
    assert_reports,
    assert_undecided,
    remediated,
)
from stackguard.testing.previewed_stack import PreviewedStack

__all__ = [
    "CardCase",
    "PreviewedStack",
    "assert_passes",
    "assert_policy",
    "assert_reports",
    "assert_undecided",
    "card_cases",
    "pack_policies",
    "remediated",
]
