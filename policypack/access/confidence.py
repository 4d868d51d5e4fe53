"""The confidence of a finding, when it may depend on unknown values."""

from __future__ import annotations

import enum


class Confidence(enum.Enum):
    """Whether a finding is true for all values of the unknowns, or only for some."""

    CERTAIN = "certain"
    POSSIBLE = "possible"

    @staticmethod
    def of(certain: object) -> Confidence:
        """Certain if `certain` is true, otherwise possible."""
        return Confidence.CERTAIN if certain else Confidence.POSSIBLE
