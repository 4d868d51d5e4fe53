"""Controls on cards: which requirements of published frameworks a policy checks, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Control:
    """A requirement that a policy checks.

    Several policies can check one: without `partly`, those that name it cover it together.
    """

    id: str
    """The framework and the requirement: `aws-fsbp/S3.8`."""
    partly: bool = False
    """Whether a part of the requirement stays unchecked, whatever other policies check."""
    broader: bool = False
    """Whether the policy also reports what the requirement allows, so that a report alone does not violate it."""
    types: tuple[str, ...] = ()
    """The resource types that it is about, or their beginning, such as `aws:sqs/`; empty for all."""


def controls(*ids: str) -> tuple[Control, ...]:
    """Requirements that a policy covers, alone or together with others."""
    return tuple(map(Control, ids))
