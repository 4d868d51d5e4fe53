"""What a pack prints, without the secrets that packs were told: a log shows it when one of them fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from policypack.evaluation.masking import Mask, texts_in
from stackguard.preview.server.output import ProgramOutput

if TYPE_CHECKING:
    from stackguard.preview.project.project import Project


@dataclass(frozen=True, slots=True)
class Heard:
    """What one pack prints."""

    output: ProgramOutput
    told: Mask
    """The secrets that went to packs so far."""

    def text(self) -> str:
        """All that was printed so far, or the last of it, without what is secret."""
        return self.output.masked(self.told)


def of_config(project: Project | None) -> list[str]:
    """The texts in the secrets of a program's configuration, longest first."""
    values = [project.config.get(key, "") for key in project.secret] if project else []
    return sorted(set(texts_in(values)), key=len, reverse=True)
