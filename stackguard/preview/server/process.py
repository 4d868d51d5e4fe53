"""The program's process: its environment, its output, and its certain end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from policypack.evaluation.masking import Mask
from stackguard.errors import CannotJudge
from stackguard.preview.child.ending import TOKEN, end_known_by
from stackguard.preview.project.project import Project
from stackguard.preview.server.output import Output

RUNNER = Path(__file__).parents[1] / "child" / "runner.py"
PREFIX, HOST = "pulumi-", "host"
"""The names by which a program sees its temporary folder, and the folder of its runner in that: they do not say whose they are."""

CREDENTIALS = ("AWS_", "ARM_", "AZURE_", "CLOUDSDK_", "GOOGLE_", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG")
KEPT = ("AWS_REGION", "AWS_DEFAULT_REGION")  # the SDK's Provider takes its region from them


class RunningProcess(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its number, which is its group's too."""

    def wait(self) -> int:
        """Its exit code, once it has ended; minus the number of the signal that ended it."""


spawn: Callable[..., RunningProcess] = subprocess.Popen
"""What starts the program's interpreter; the tests fork one that has imported its SDK."""


@dataclass(frozen=True, slots=True)
class Program:
    """A started program. It waits for `go` before it runs, and importing its SDK goes on meanwhile."""

    process: RunningProcess
    folder: Path
    """A folder for the engine's socket, that only this user can reach; it goes when the program has ended."""
    nonce: str
    """What the runner confirms the program's end with; a program that exits early does not send it."""
    _control: IO[bytes]
    _output: Output

    def go(self, address: str, project: Project, *, asks_to_write: bool) -> None:
        """Let it run against the engine that serves at `address`; it may have to ask before it writes files."""
        context = {
            "address": address,
            "project": project.name,
            "stack": project.stack,
            "organization": project.organization,
            "root": str(project.root),
            "entry": project.entry,
            "asks_to_write": asks_to_write,
            "caches": [str(each) for each in caches(project.environment)] if asks_to_write else [],
            "nonce": self.nonce,
        }
        with contextlib.suppress(BrokenPipeError):  # it is gone already; its exit code tells
            self._control.write(json.dumps(context).encode() + b"\n")

    def note(self, text: str) -> None:
        """Write a line among what the program prints."""
        self._output.note(text)

    def printed(self, mask: Mask) -> str:
        """What was printed or noted so far, without secrets; where that is very much, the last of it."""
        return self._output.masked(mask)

    def kill(self) -> None:
        """End it and all the processes it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # the latter: macOS, where all are dead
            os.killpg(self.process.pid, signal.SIGKILL)


@contextlib.contextmanager
def started(project: Project) -> Iterator[Program]:
    """Start the program; when the block ends, however it ends, nothing of it is left running.

    Its own session keeps Ctrl-C from it, so that one process decides. Should this process die without a word, the
    closed pipe tells the program's watcher thread to end its whole group, and to remove the folder.
    """
    theirs, ours = os.pipe()
    token = os.urandom(8).hex()
    with (
        contextlib.closing(Output()) as output,
        os.fdopen(ours, "wb", buffering=0) as control,
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder,
    ):
        try:
            runner = _linked(Path(folder))
            process = spawn(
                [str(project.interpreter), "-u", str(runner), str(theirs), folder],
                cwd=project.working_directory,
                env=_environment(project) | _no_credentials(Path(folder)) | {TOKEN: token},
                stdin=subprocess.DEVNULL,
                stdout=output.write_end,
                stderr=output.write_end,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        except OSError as error:
            raise CannotJudge(f"cannot start `{project.interpreter}`: {error.strerror}") from None
        finally:
            os.close(theirs)
        program = Program(process, Path(folder), os.urandom(16).hex(), control, output)
        try:
            yield program
        finally:
            program.kill()
            process.wait()
            end_known_by(token)


def caches(environment: Mapping[str, str]) -> list[Path]:
    """The folders of Stackguard's own cache, which several processes may write at once."""
    if named := environment.get("STACKGUARD_CACHE_DIR"):
        return [Path(named).absolute()]
    with contextlib.suppress(ImportError):  # without the extra `bundle` there is no cache
        from platformdirs import user_cache_path

        return [user_cache_path("stackguard")]
    return []


def _linked(folder: Path) -> Path:
    """The runner, by a path in the program's folder that does not say whose it is."""
    link = folder / HOST
    link.symlink_to(RUNNER.parent)
    return link / RUNNER.name


def _no_credentials(folder: Path) -> dict[str, str]:
    """The variables that name AWS's files, with empty files in the program's folder."""
    files = {"AWS_SHARED_CREDENTIALS_FILE": folder / "credentials", "AWS_CONFIG_FILE": folder / "config"}
    for file in files.values():
        file.touch()
    return {name: str(file) for name, file in files.items()}


def _environment(project: Project) -> dict[str, str]:
    """What the program sees: everything but credentials, its config, and its virtual environment."""
    environment = without_credentials(project.environment) | {
        "PULUMI_CONFIG": json.dumps(dict(project.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(project.secret)),
    }
    return activated(environment, project.virtualenv)


def without_credentials(inherited: Mapping[str, str]) -> dict[str, str]:
    """An environment in which no cloud can be reached by accident.

    Of the variables that a cloud's SDK reads, only those stay that decide a region, because they decide what a
    resource is. The machine's metadata service is switched off: it hands out credentials, and waiting for it is slow.
    """
    environment = {name: value for name, value in inherited.items() if name in KEPT or not name.startswith(CREDENTIALS)}
    return environment | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
    }


def activated(environment: dict[str, str], virtualenv: Path | None) -> dict[str, str]:
    """The environment with a virtual environment activated in it."""
    if virtualenv is None:
        return environment
    path = os.pathsep.join(filter(None, (str(virtualenv / "bin"), environment.get("PATH"))))
    return {name: value for name, value in environment.items() if name != "PYTHONHOME"} | {
        "VIRTUAL_ENV": str(virtualenv),
        "PATH": path,
    }
