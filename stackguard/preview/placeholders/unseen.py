"""Resources that a preview does not see, because a function given to `apply` did not run, or not to its end.

The program's side (`apply_callbacks.py`) reports such functions if they can construct a resource; a policy receives
one `Unseen` for each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from policypack.core.policy import Position, Unseen

LATE = "is known only after the update"
FIX = (
    "Construct them outside of `apply`, from names that the program knows before the update, give the value with"
    " `--mock FILE`, or set `unknown: advisory`."
)


@dataclass(frozen=True, slots=True)
class MissingValue:
    """An unknown value: its description, how to give it, and the call whose result it is.

    `function` is a cloud function's token, and `args` are its arguments; both are empty for any other value.
    """

    value: str
    fix: str
    function: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class UnseenResources:
    """The places in a program whose resources are not seen. `root` is the project's folder."""

    root: Path
    _unseen: dict[tuple[str, int, str], Unseen] = field(default_factory=dict)

    def needs(self, message: Mapping[str, Any], missing: MissingValue) -> None:
        """Add a function that needs a value that only the cloud knows; `message` has its place and the operation."""
        operation = message.get("operation", "fails on it")
        self._add(message, lambda place: f"needs {missing.value}, and {place} {operation}", missing)

    def waits(self, message: Mapping[str, Any], missing_values: Sequence[MissingValue]) -> None:
        """Add a function that never ran; `missing_values` are those that it waits for and that a mock file can give."""
        for missing in missing_values or (MissingValue(f"a value that {LATE}", FIX),):
            self._add(message, partial("waits at {1} for {0}".format, missing.value), missing, message["urns"])

    def _add(
        self, message: Mapping[str, Any], why: Callable[[str], str], missing: MissingValue, urns: Iterable[str] = ()
    ) -> None:
        file, line = message["file"], int(message["line"])
        position = Position(os.path.relpath(file, self.root), line) if file else None
        place = f"`{position.file}:{line}`" if position else "a library"
        follows = "keeps what resources may follow from" if message.get("keeps") else "constructs resources"
        text = f"{follows} in a function given to `apply` that {why(place)}"
        key = (position.file if position else "", line, text)
        before = self._unseen[key].waits_for if key in self._unseen else ()
        waits_for = tuple(dict.fromkeys((*before, *urns)))
        args = json.dumps(missing.args, default=str) if missing.function else ""
        self._unseen[key] = Unseen(position, text, missing.fix, waits_for, missing.function, args)

    def in_order(self) -> tuple[Unseen, ...]:
        """All of them by place, the same on every run."""
        return tuple(self._unseen[key] for key in sorted(self._unseen))
