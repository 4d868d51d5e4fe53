"""The waivers beside the program: outcomes of a preview or an update in, the same with their exemptions out.

They count if the pack's own settings allow it (`programs: {mayWaive: true}`), and within what those lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from policypack.core.policy import Outcome, Resource
from policypack.core.stack_name import StackName
from policypack.evaluation import waiver_file, waivers
from policypack.evaluation.places import placed
from policypack.evaluation.settings import Settings, SettingsError
from policypack.evaluation.waiver_file import PlacedWaiver
from policypack.evaluation.waivers import WaiverProblem, rules_of


class ProgramWaivers:
    """The waivers of one program, and what came of them so far."""

    def __init__(self, folder: Path | None = None, stack: StackName | None = None) -> None:
        """Read the waivers in a folder, if it has any.

        Args:
            folder: of the program, or of the settings beside it; None if there is none.
            stack: under preview or update.
        """
        self.misfit = ""
        """What is wrong with the file; empty if nothing is."""
        self._stack = stack or StackName()
        self._waivers: tuple[PlacedWaiver, ...] = ()
        self._used: set[str] = set()
        self._problems: list[WaiverProblem] = []
        file = waiver_file.beside(folder) if folder else None
        if file is not None:
            try:
                self._waivers = waiver_file.read(file)
            except SettingsError as error:
                self.misfit = str(error)

    def __bool__(self) -> bool:
        return bool(self._waivers)

    def exempt(
        self,
        outcomes: Sequence[Outcome],
        ran: Collection[str],
        judged: Iterable[Resource],
        resources: Iterable[Resource],
        settings: Settings,
    ) -> Sequence[Outcome]:
        """The outcomes with their exemptions.

        Args:
            outcomes: of the policies that ran.
            ran: ids of the policies that judged.
            judged: the resources that they judged.
            resources: all of the stack, as far as they are known.
            settings: the pack's, with what they lock.
        """
        today = datetime.now(UTC).date()
        shown = placed(outcomes, resources, self._stack.stack) if outcomes else ()
        result = waivers.waive(shown, self._waivers, self._stack, ran, judged, today, rules_of(settings))
        self._used |= result.used
        self._problems += result.problems
        return result.outcomes

    def problems(self) -> list[WaiverProblem]:
        """The waivers that somebody has to edit; one is unused only if no resource uses it."""
        return waivers.to_edit(self._problems, self._used)
