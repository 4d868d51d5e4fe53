"""What packs were told in secret: it stays out of what they print, which a log shows when one of them fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from policypack.redaction import REDACTED, SHORTEST_SECRET
from stackguard.preview.output import Output

if TYPE_CHECKING:
    from stackguard.preview.project import Project


@dataclass(slots=True)
class Told:
    """The texts in secrets that went to packs so far."""

    texts: set[str] = field(default_factory=set)

    def add(self, texts: Iterable[str]) -> None:
        """Packs are told these too."""
        self.texts.update(texts)

    def hide(self, text: str) -> str:
        """The text without them. A line of a longer one is hidden as well: `repr` joins lines in its own way."""
        pieces = {piece for each in self.texts for piece in (each, *each.splitlines()) if len(piece) >= SHORTEST_SECRET}
        for piece in sorted((piece for piece in pieces if piece in text), key=len, reverse=True):
            text = text.replace(piece, REDACTED)
        return text


@dataclass(frozen=True, slots=True)
class Heard:
    """What one pack prints."""

    output: Output
    told: Told

    def text(self) -> str:
        """All that was printed so far, or the last of it, without what is secret."""
        return self.told.hide(self.output.text())


def of_config(project: Project | None) -> list[str]:
    """The texts in the secrets of a program's configuration, longest first."""
    values = (project.config.get(key, "") for key in project.secret) if project else ()
    return sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=len, reverse=True)
