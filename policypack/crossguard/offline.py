"""The offline run of a program, in a thread beside the engine's own run: it resolves unknown values.

It has no credentials, prints nothing into the preview, and writes no file before the engine's own program has ended.
Its process ends with this one, even if this one is killed.
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
    from policypack.core.arguments import Arguments
    from stackguard.preview import Preview
    from stackguard.preview.project.project import Project

TIMEOUT = 24 * 3600.0
"""Seconds: the pack ends long before, and the run with it."""


@dataclass(frozen=True, slots=True)
class OfflineAnswer:
    """The result of the run: a preview, or the reason why there is none."""

    preview: Preview | None
    reason: str = ""


class OfflineRun:
    """One run, which starts at once."""

    def __init__(
        self,
        request: Any,
        settings: Settings,
        pack: Path,
        warm_up: Callable[[Preview], object] = lambda _preview: None,
    ) -> None:
        """Start.

        Args:
            request: the engine's `AnalyzerStackConfigureRequest`.
            settings: the operator's.
            pack: the pack's own folder.
            warm_up: called with the preview once there is one, while the engine's own program still runs.
        """
        self._request = request
        self._settings = settings
        self._pack = pack
        self._warm_up = warm_up
        self._located = threading.Event()
        self._project: Project | None = None
        self._may_write = threading.Event()
        """Set once the engine's own program has ended."""
        self._answer = OfflineAnswer(None, "the offline run of the program did not end")
        self._answered = threading.Event()
        threading.Thread(target=self._run, name="offline run", daemon=True).start()

    def folder(self) -> Path:
        """The folder that relative paths of assets count from."""
        self._located.wait()
        return self._project.working_directory if self._project else program.working_folder()

    def accepts(self, type_token: str, inputs: Mapping[str, Any]) -> Arguments | None:
        """The arguments of a type in the program's own SDK; None unless our table lacks an input."""
        self._located.wait()
        return accepted(self._project.interpreter, type_token, inputs) if self._project else None

    def answer(self) -> OfflineAnswer:
        """The result. The engine's own program must have ended: from now on the run may write files."""
        self._may_write.set()
        if not self._answered.wait(self._settings.resolve_timeout):
            self._may_write.clear()  # its files are no longer of use
            seconds = f"{self._settings.resolve_timeout:g}"
            return OfflineAnswer(None, f"it did not end within {seconds} s; raise `resolveTimeout` in the settings")
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = OfflineAnswer(self._preview())
        except CannotJudge as error:
            self._answer = OfflineAnswer(None, error.message)
        except Exception as error:  # noqa: BLE001 (whatever it is, the pack judges without the run, and reports that)
            frame = traceback.extract_tb(error.__traceback__)[-1]
            self._answer = OfflineAnswer(
                None, f"the offline run itself failed ({type(error).__name__} at {frame.name}:{frame.lineno})"
            )
        finally:
            self._located.set()
            self._answered.set()
        if self._answer.preview is not None and not self._may_write.is_set():
            self._warm_up(self._answer.preview)

    def _preview(self) -> Preview:
        from stackguard import preview
        from stackguard.preview.project.config import Config
        from stackguard.preview.project.project import EngineStack, load_for

        request, settings = self._request, self._settings
        folder = settings.program_folder
        place = program.find(request.project, None if folder is None else self._pack / folder)
        config = Config(dict(request.config), frozenset(request.config_secret_keys), frozenset())
        stack = EngineStack(request.stack, request.organization, config, place.environment)
        self._project = load_for(place.folder, stack)
        self._located.set()
        mock = [file for name in settings.mock_files if (file := place.folder / name).is_file()]
        return preview.of(
            self._project, timeout=TIMEOUT, mock=mock, account=settings.account_id, may_write=self._may_write
        )
