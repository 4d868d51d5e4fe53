"""The program's second run: offline, in a thread beside the engine's own, for what the engine does not know.

It has no credentials, prints nothing into the preview, and writes no file before the engine's own program is over. Its
process ends with this one, however this one ends.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policypack.crossguard import program
from policypack.evaluation.settings import Settings
from stackguard.errors import CannotJudge
from stackguard.preview.project.sdk import accepted

if TYPE_CHECKING:
    from stackguard.preview import Preview
    from stackguard.preview.project.project import Project

LONGEST = 24 * 3600.0
"""Seconds: the pack ends long before, and the run with it."""


@dataclass(frozen=True, slots=True)
class Configured:
    """The stack as the engine configures the pack; `secret` names the keys of `config` that are secret."""

    project: str
    stack: str
    organization: str
    config: Mapping[str, str]
    secret: frozenset[str]


@dataclass(frozen=True, slots=True)
class OfflineAnswer:
    """What came of the run: a preview, or the reason why there is none."""

    preview: Preview | None
    reason: str = ""


def _nothing(_preview: Preview) -> None:
    """No warm-up."""


class OfflineRun:
    """One run, which starts at once."""

    def __init__(
        self, configured: Configured, settings: Settings, pack: Path, warm_up: Callable[[Preview], object] = _nothing
    ) -> None:
        """Start.

        Args:
            configured: the program's stack.
            settings: the operator's.
            pack: the pack's own folder.
            warm_up: called with the preview once it is there, while the engine's own program still runs.
        """
        self._configured = configured
        self._warm_up = warm_up
        self._settings = settings
        self._pack = pack
        self._located = threading.Event()
        self._project: Project | None = None
        self._over = threading.Event()
        """Set once the engine's own program has ended."""
        self._answer = OfflineAnswer(None, "the offline run of the program did not end")
        self._answered = threading.Event()
        threading.Thread(target=self._run, name="offline run", daemon=True).start()

    def folder(self) -> Path:
        """The folder that relative paths of assets count from."""
        self._located.wait()
        return self._project.working_directory if self._project else program.working_folder()

    def accepts(self, type_token: str, inputs: Mapping[str, Any]) -> frozenset[str] | None:
        """The arguments of a type in the program's own SDK, where an input is none that our table has."""
        self._located.wait()
        return accepted(self._project.interpreter, type_token, inputs) if self._project else None

    def answer(self) -> OfflineAnswer:
        """What came of it. The engine's own program must have ended: from now on the run may write files."""
        self._over.set()
        if not self._answered.wait(self._settings.resolve_timeout):
            self._over.clear()  # nobody waits for what it would write
            seconds = f"{self._settings.resolve_timeout:g}"
            return OfflineAnswer(None, f"it did not end within {seconds} s; raise `resolveTimeout` in the settings")
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = OfflineAnswer(self._preview())
        except CannotJudge as error:
            self._answer = OfflineAnswer(None, error.message)
        except Exception as error:  # noqa: BLE001 (whatever it is, the pack judges without it, and says so)
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._answer = OfflineAnswer(
                None, f"the offline run itself failed ({type(error).__name__} at {frame.name}:{frame.lineno})"
            )
        finally:
            self._located.set()
            self._answered.set()
        if self._answer.preview is not None and not self._over.is_set():
            self._warm_up(self._answer.preview)

    def _preview(self) -> Preview:
        from stackguard import preview
        from stackguard.preview.project.config import Config
        from stackguard.preview.project.project import EngineStack, load_for

        configured, settings = self._configured, self._settings
        named = settings.program_folder
        place = program.find(configured.project, None if named is None else self._pack / named)
        config = Config(configured.config, configured.secret, frozenset())
        stack = EngineStack(configured.stack, configured.organization, config, place.environment)
        project = load_for(place.folder, stack)
        self._project = project
        self._located.set()
        mock = [file for each in settings.mock_files if (file := place.folder / each).is_file()]
        return preview.of(project, timeout=LONGEST, mock=mock, account=settings.account_id, may_write=self._over)
