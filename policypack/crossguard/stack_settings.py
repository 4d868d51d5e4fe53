"""The settings of the stack under preview or update: the pack's own file, the one beside the program, and CrossGuard's.

The file in the pack's own folder is the central one: a file beside the program tightens it, and loosens only what its
`programs` allow. CrossGuard's configuration counts above both, within what they lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from policypack.core.policy import EnforcementLevel, Policy
from policypack.core.stack_name import StackName
from policypack.crossguard import program
from policypack.crossguard.program_waivers import ProgramWaivers
from policypack.evaluation.settings import Settings, SettingsError, files
from policypack.evaluation.settings.model import Programs
from policypack.evaluation.settings.parsing import Layer, layer, option, with_beside
from policypack.evaluation.settings.resolving import Effective, require_known, resolve
from stackguard.errors import CannotJudge

CROSSGUARD = "policy configuration"
Levels = Mapping[str, tuple[EnforcementLevel | None, Mapping[str, Any] | None]]
"""By policy, the enforcement level, None for that of the settings, and the configuration that the engine asks for."""


class StackSettings:
    """The settings of one stack, once the engine has configured it; before, those of the pack's own file."""

    def __init__(
        self, central: Sequence[Layer] = (), stack: StackName | None = None, policies: Sequence[Policy[Any]] = ()
    ) -> None:
        """Begin.

        Args:
            central: the layer of the pack's own file, if there is one.
            stack: the stack, as far as the environment names it.
            policies: the ids and tags that a file beside the program may set.
        """
        self.problems: tuple[str, ...] = ()
        """What is wrong with the file beside the program."""
        self.beside: Path | None = None
        """The file beside the program."""
        self._layers = [replace(file, programs=file.programs or Programs()) for file in central]
        self._policies = policies
        self._stack = stack or StackName()
        self._folder: Path | None = None
        self._region: str | None = None
        self._levels: Mapping[str, str] = {}
        self._parsed: dict[str, Settings] = {}
        self._effective = self._resolved()

    @property
    def settings(self) -> Settings:
        """Those in effect, but for the configuration of single policies."""
        return self._effective.settings

    @property
    def waivers(self) -> ProgramWaivers:
        """The waivers beside the program."""
        return ProgramWaivers(self.beside.parent if self.beside else self._folder, self._stack)

    def notes(self, policies: Iterable[Policy[Any]]) -> tuple[str, ...]:
        """What does not count of the settings, and why."""
        return (*self._effective.notes, *self._effective.lock_notes(policies))

    def configure(self, request: Any, region: str | None) -> None:
        """Take the stack of an `AnalyzerStackConfigureRequest`, and read the file beside its program."""
        self._stack = StackName(request.organization, request.project, request.stack)
        self._region = region
        named = self.settings.program_folder
        try:
            place = program.find(request.project, None if named is None else Path(named))
        except CannotJudge:  # the offline run reports it
            place = None
        if place is not None and self._folder is None:
            self._folder = place.folder
            self._read_beside(place.folder)
        self._update()

    def choose(self, levels: Levels) -> None:
        """Take the enforcement levels that the engine asks for."""
        chosen = {name: level.value for name, (level, _) in levels.items() if level is not None}
        if chosen != self._levels:
            self._levels = chosen
            self._update()

    def of(self, config: Mapping[str, Any] | None) -> Settings:
        """The settings for a policy with its own configuration; one object for one content.

        Raises:
            SettingsError: the configuration does not fit the schema.
        """
        if not config:
            return self.settings
        key = repr(config)  # most policies have the same, for every resource
        if key not in self._parsed:
            self._parsed[key] = self._resolved(layer(dict(config), lambda _: CROSSGUARD)).settings
        return self._parsed[key]

    def _read_beside(self, folder: Path) -> None:
        file = files.find(folder, elsewhere=False)
        if file is None and self._layers:  # waivers may lie beside the program without settings
            self._layers.append(with_beside(layer({}, lambda _: str(folder))))
        if file is None or any(Path(own.source).resolve() == file.resolve() for own in self._layers):
            return
        try:
            beside = with_beside(files.load(file))
            require_known([beside], self._policies, complete=False)
        except SettingsError as error:
            self.problems = (str(error),)
            return
        self.beside = file
        if not self._layers:
            self._layers.append(Layer((), lambda _: "the policy pack", programs=Programs()))
        self._layers.append(beside)

    def _update(self) -> None:
        self._parsed = {}
        self._effective = self._resolved()

    def _resolved(self, *more: Layer) -> Effective:
        crossguard = [option({"enforcement": dict(self._levels)}, CROSSGUARD)] if self._levels else []
        return resolve([*self._layers, *crossguard, *more], self._stack, self._folder, self._region)
