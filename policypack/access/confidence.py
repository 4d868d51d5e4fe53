"""How surely something holds, where a stack leaves open whether it does."""

from __future__ import annotations

import enum


class Confidence(enum.Enum):
    """Whether something holds whatever the unknowns turn out to be, or only for some of their values."""

    CERTAIN = "certain"
    POSSIBLE = "possible"

    @staticmethod
    def of(certain: object) -> Confidence:
        """Certain for what is true; possible for the rest."""
        return Confidence.CERTAIN if certain else Confidence.POSSIBLE
