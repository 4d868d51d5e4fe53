"""The program's process: its environment, its output, and its end."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from stackguard.errors import CannotJudge
from stackguard.preview.project.project import Project
from stackguard.preview.server import orphans
from stackguard.preview.server.output import ProgramOutput

RUNNER = Path(__file__).parents[1] / "child" / "runner.py"
PREFIX, HOST = "pulumi-", "host"
"""The names of a program's temporary folder, and of its runner's folder in it: they do not reveal Stackguard."""

CREDENTIALS = ("AWS_", "ARM_", "AZURE_", "CLOUDSDK_", "GOOGLE_", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG")
KEPT = ("AWS_REGION", "AWS_DEFAULT_REGION")  # the SDK's Provider reads its region from them


class Supervisor(Protocol):
    """The process that starts a program or a policy pack, waits for it, and exits as it does."""

    @property
    def pid(self) -> int:
        """Its id."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the number of a signal; None until it has been waited for."""


class RunningProcess(Supervisor, Protocol):
    """A program's supervisor."""

    def wait(self) -> int:
        """Wait for its end, and return its exit code, or minus the number of the signal that ended it."""


DESCRIPTORS = 256
"""The soft limit of open files that a process gets that has less."""
FEWEST_DESCRIPTORS = 24
"""The open files without which no program can be served."""

spawn: Callable[..., RunningProcess] = subprocess.Popen
"""Starts the program's interpreter; `hosts.py` forks one that has imported its SDK."""


@dataclass(frozen=True, slots=True)
class Program:
    """A started program. It imports its SDK, and waits for `go` before it runs."""

    process: RunningProcess
    folder: Path
    """A folder for the engine's socket, which only this user can access; it is removed when the program has ended."""
    nonce: str
    """The runner sends this at the program's end; a program that exits early does not."""
    output: ProgramOutput
    kill: Callable[[], None]
    """Kills it and all the processes that descend from it."""
    _control: IO[bytes]

    def go(self, address: str, project: Project, *, asks_to_write: bool) -> None:
        """Run it against the engine that serves at `address`; it may have to ask before it writes files."""
        context = {
            "address": address,
            "project": project.name,
            "stack": project.stack,
            "organization": project.organization,
            "root": str(project.root),
            "entry": project.entry,
            "asks_to_write": asks_to_write,
            "caches": [str(cache) for cache in caches(project.environment)] if asks_to_write else [],
            "nonce": self.nonce,
        }
        with contextlib.suppress(BrokenPipeError):  # it has ended; its exit code shows how
            self._control.write(json.dumps(context).encode() + b"\n")


def require_descriptors() -> None:
    """Have as many descriptors as serving a process takes: gRPC aborts the whole process where they end.

    Raises:
        CannotJudge: the system allows too few.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    if soft != unlimited and soft < DESCRIPTORS:
        soft = DESCRIPTORS if hard == unlimited else min(hard, DESCRIPTORS)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft != unlimited and soft < FEWEST_DESCRIPTORS:
        raise CannotJudge(
            f"only {soft} files may be open, too few for a program; allow more with `ulimit -n {DESCRIPTORS}`"
        )


@contextlib.contextmanager
def started(project: Project) -> Iterator[Program]:
    """Start the program; after the block nothing of it is left running.

    It has a session of its own, so that Ctrl-C reaches this process only. If this process is killed, the closed pipe
    makes the program's watcher thread undo what it wrote, and its supervisor end what is left and remove the folder.
    """
    require_descriptors()
    theirs, ours = os.pipe()
    with (
        contextlib.closing(ProgramOutput()) as output,
        os.fdopen(ours, "wb", buffering=0) as control,
        tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as folder,
    ):
        try:
            runner = Path(folder, HOST)
            runner.symlink_to(RUNNER.parent)
            process = spawn(
                [str(project.interpreter), "-u", str(runner / RUNNER.name), str(theirs), folder],
                cwd=project.working_directory,
                env=_environment(project, Path(folder)),
                stdin=subprocess.DEVNULL,
                stdout=output.write_end,
                stderr=output.write_end,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        except OSError as error:
            raise not_started(project.interpreter, error, _environment(project, Path(folder)), project) from None
        finally:
            os.close(theirs)
        with stopping(process) as kill:
            try:
                yield Program(process, Path(folder), os.urandom(16).hex(), output, kill, control)
            finally:
                kill()
                process.wait()


def not_started(
    interpreter: Path, error: OSError, environment: Mapping[str, str], project: Project | None
) -> CannotJudge:
    """Why a program or a policy pack does not start: for one, because a variable of it is larger than the system allows.

    Args:
        interpreter: what cannot be started.
        error: of the system.
        environment: the variables.
        project: of the program, if there is one.
    """
    if error.errno != errno.E2BIG:
        return CannotJudge(f"cannot start `{interpreter}`: {error.strerror}")
    size, largest = max((len(os.fsencode(value)), name) for name, value in environment.items())
    if project is None or not largest.startswith("PULUMI_CONFIG"):
        return CannotJudge(
            f"cannot start `{interpreter}`: the variables of the environment are too large, the largest is `{largest}` with"
            f" {size:,} bytes; unset it, or make it smaller"
        )
    key, value = max(project.config.items(), key=lambda item: len(item[1]), default=("", ""))
    return CannotJudge(
        f"the configuration of stack `{project.stack}` is too large for the environment of a program, {size:,} bytes of"
        f" JSON, of which `{key}` has {len(value):,}; make it smaller in `Pulumi.{project.stack}.yaml`, or have the program"
        " read it from a file"
    )


@contextlib.contextmanager
def stopping(supervisor: Supervisor) -> Iterator[Callable[[], None]]:
    """A function that asks a supervisor to kill what descends from it; wait for it afterwards.

    Once a process has ended, its number may be another's; a handle of the process stays its own.
    """
    handle, before = None, orphans.watched() - {supervisor.pid}
    with contextlib.suppress(AttributeError, OSError):  # not on this system, or it has ended
        handle = os.pidfd_open(supervisor.pid)

    def stop() -> None:
        for number in (signal.SIGTERM, signal.SIGCONT):
            with contextlib.suppress(ProcessLookupError):  # it has ended
                if handle is not None:
                    signal.pidfd_send_signal(handle, number)
                elif supervisor.returncode is None:
                    os.kill(supervisor.pid, number)

    try:
        yield stop
    finally:
        if (supervisor.returncode or 0) < 0:
            orphans.end(before)
        if handle is not None:
            os.close(handle)


def caches(environment: Mapping[str, str]) -> list[Path]:
    """The folders of Stackguard's own cache, which several processes may write at the same time."""
    if named := environment.get("STACKGUARD_CACHE_DIR"):
        return [Path(named).absolute()]
    with contextlib.suppress(ImportError):  # without the extra `bundle` there is no cache
        from platformdirs import user_cache_path

        return [user_cache_path("stackguard")]
    return []


def inherited(project: Project) -> dict[str, str]:
    """The program's variables that are the same in each run: all but credentials, and its virtual environment."""
    quiet = {"GRPC_VERBOSITY": "NONE"}  # a program that closes descriptors would make it print a line for each attempt
    return activated(without_credentials(project.environment), project.virtualenv) | quiet


def _environment(project: Project, folder: Path) -> dict[str, str]:
    """The program's variables, with its config, and with empty files for AWS's."""
    environment = inherited(project) | {
        "PULUMI_CONFIG": json.dumps(dict(project.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(project.secret)),
    }
    for variable, name in (("AWS_SHARED_CREDENTIALS_FILE", "credentials"), ("AWS_CONFIG_FILE", "config")):
        (folder / name).touch()
        environment[variable] = str(folder / name)
    return environment


def without_credentials(inherited: Mapping[str, str]) -> dict[str, str]:
    """The variables without those that give access to a cloud.

    Of the variables of the clouds' SDKs, only those for a region remain, because resources depend on it. The metadata
    service of EC2 is disabled: it returns credentials, and waiting for it is slow.
    """
    environment = {name: value for name, value in inherited.items() if name in KEPT or not name.startswith(CREDENTIALS)}
    return environment | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
    }


def activated(environment: dict[str, str], virtualenv: Path | None) -> dict[str, str]:
    """The variables with a virtual environment activated."""
    if virtualenv is None:
        return environment
    path = os.pathsep.join(filter(None, (str(virtualenv / "bin"), environment.get("PATH"))))
    return {name: value for name, value in environment.items() if name != "PYTHONHOME"} | {
        "VIRTUAL_ENV": str(virtualenv),
        "PATH": path,
    }
