"""The runs of a store: what an audit was asked for, what it has written, and what became of it.

A run has a folder `runs/RUN` with `run.json`, which is written when it begins and again when it ends, and the shards that
its workers write meanwhile, each as `runs/RUN/TABLE/SHARD.parquet`. The shard of `stacks` is written last: rows of other
tables count only with it. A run that has ended lists its files, so that what a killed worker left behind is never read.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from policypack.core.reading.json_errors import NO_JSON
from stackguard.audit.store import shards
from stackguard.audit.store.files import Files, NoFileError
from stackguard.audit.store.tables import FACTS
from stackguard.errors import CannotJudge

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
MARKER = "stackguard-store.json"
RUNS = "runs"
ID = re.compile(r"[\w-]+", re.ASCII)
"""Of a run; queries contain it."""
MERGED = "all-"
"""The beginning of the names of the files that compaction writes; a run that has not ended has none that count."""
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


MALFORMED = (*NO_JSON, NoFileError)
"""What reading a JSON file of the store raises."""


class RunInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run, as `run.json` has it."""

    id: str
    state: str = "running"
    """`running` or `finished`."""
    started: str = ""
    """In UTC."""
    finished: str = ""
    sources: tuple[str, ...] = ()
    """As on the command line, without credentials."""
    settings: str = ""
    """A digest of the settings."""
    versions: Mapping[str, str] = {}
    policies: tuple[str, ...] = ()
    """The policies that it runs."""
    sample: str = ""
    """What was left out on purpose, for people: `a sample of 100 stacks`; empty if nothing was."""
    filters: tuple[str, ...] = ()
    listed: int = 0
    """The stacks that the sources have and the filters select."""
    judged: int = 0
    carried: int = 0
    failed: int = 0
    foreign: int = 0
    """Loose files that are no stacks."""
    resources: int = 0
    open: Mapping[str, int] | None = None
    """By severity, the violations that are open; None in runs of former releases."""
    unsound: int = 0
    """The stacks with an open violation that is critical or high."""
    seconds: float = 0.0
    workers: int = 0
    previous: str = ""
    """The run that it is compared with; empty for the first."""
    unlisted: tuple[str, ...] = ()
    """The sources, or parts of them, that could not be listed."""
    unfit: tuple[tuple[str, str, str], ...] = ()
    """The waivers whose `stacks` fit none, if it left out nothing: of each the place, the policy and a line for people."""
    files: Mapping[str, tuple[str, ...]] = {}
    """By table, the names of its files, once it is finished."""
    sums: Mapping[str, tuple[int, str]] = {}
    """By file, as far as the store does not check it itself: when it was written, in nanoseconds, and a digest."""

    @property
    def partial(self) -> bool:
        """Whether it left out stacks on purpose."""
        return bool(self.sample or self.filters)

    @property
    def left_out(self) -> int:
        """The stacks that were left out by their accounts, once it is finished."""
        return self.listed - self.judged - self.carried - self.failed - self.foreign


class Runs:
    """The runs in the files of a store."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.problems: dict[str, str] = {}
        """By file, what is wrong with the files that were left out."""

    def begin(self, **facts: Any) -> RunInfo:
        """Begin a run.

        Raises:
            CannotJudge: a newer stackguard wrote the store.
            OSError: it cannot be written.
        """
        self.check()
        self.files.write(MARKER, msgspec.json.encode({"format": FORMAT}))
        now = datetime.now(UTC)
        info = RunInfo(id=f"{now:%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(3)}", started=f"{now:{TIME}}", **facts)
        self.save(info)
        return info

    def check(self) -> None:
        """Check that this release can read the store.

        Raises:
            CannotJudge: it cannot.
        """
        try:
            form = msgspec.json.decode(self.files.read(MARKER))["format"]
        except FileNotFoundError:
            return
        except (*MALFORMED, KeyError, TypeError):
            raise CannotJudge(f"the store's `{MARKER}` is damaged; restore it, or use another store") from None
        if form != FORMAT:
            raise CannotJudge(f"a newer stackguard wrote this store (format {form}); use that")

    def save(self, info: RunInfo) -> None:
        """Write the facts of a run."""
        self.files.write(f"{RUNS}/{info.id}/run.json", msgspec.json.format(msgspec.json.encode(info), indent=1))

    def all(self) -> list[RunInfo]:
        """All runs, the earliest first; one whose `run.json` is damaged is left out."""
        infos = []
        for name in sorted(name for name in self.files.names(RUNS) if name.endswith("/run.json")):
            try:
                info = msgspec.json.decode(self.files.read(name), type=RunInfo)
                if not _fits(info, name):
                    raise NoFileError
                infos.append(info)
            except MALFORMED:
                self.problems[name] = f"the store's `{name}` is damaged: that audit is left out"
        return infos

    def finished(self) -> list[RunInfo]:
        """The runs that have ended, in the order in which they ended."""
        return sorted((info for info in self.all() if info.state == "finished"), key=lambda info: info.finished)

    def require_finished(self) -> list[RunInfo]:
        """The finished runs.

        Raises:
            CannotJudge: there is none.
        """
        if finished := self.finished():
            return finished
        url = self.files.url
        if self.files.missing:
            raise CannotJudge(
                f"there is no store `{url}`; `stackguard audit SOURCE --store {shlex.quote(url)}` makes it"
            )
        command = f"`stackguard audit SOURCE --store {shlex.quote(url)}`"
        raise CannotJudge(f"the store `{url}` has no finished audit; run {command} first")

    def damaged(self, info: RunInfo, tables: Collection[str]) -> list[str]:
        """The files of some tables of a finished run that are missing or damaged."""
        names = [name for table in tables for name in info.files.get(table, ()) if not self._whole(info, name)]
        self.problems |= {name: f"the store's `{name}` is missing or damaged" for name in names}
        return names

    def sums(self, files: Mapping[str, Iterable[str]]) -> dict[str, tuple[int, str]]:
        """What `RunInfo.sums` has of files, by table, that are written."""
        times = {name: self.files.changed(name) for names in files.values() for name in names}
        return {name: (time, digest(self.files.local(name))) for name, time in times.items() if time}

    def _whole(self, info: RunInfo, name: str) -> bool:
        """Whether a file is as it was written: one that was changed or copied since has the same digest."""
        if not self.files.intact(name):
            return False
        time, sum_ = info.sums.get(name, (0, ""))
        return not sum_ or self.files.changed(name) == time or digest(self.files.local(name)) == sum_

    def drop_damaged(self, info: RunInfo) -> None:
        """Remove the shards of a run that has not ended of which a file is damaged: their stacks are judged again."""
        names = [name for table in (*FACTS, "stacks") for name in self.written(info, table)]
        damaged = {PurePath(name).stem for name in names if not self.files.intact(name)}
        for name in self.written(info, "stacks"):
            if PurePath(name).stem in damaged:
                self.problems[name] = f"the store's `{name}` is damaged: its stacks are judged again"
                self.files.remove(name)

    def write(self, run: str, shard: str, tables: Mapping[str, Sequence[Any]]) -> None:
        """Write a shard: `stacks` last, which makes the others count.

        Raises:
            OSError: a file cannot be written; then the shard does not count.
        """
        for table in (*FACTS, "stacks"):
            if rows := tables.get(table):
                self.files.write(f"{RUNS}/{run}/{table}/{shard}.parquet", shards.encoded(table, rows))

    def written(self, info: RunInfo, table: str) -> list[str]:
        """The files of a table in a run, sorted."""
        if info.state == "finished":
            return list(info.files.get(table, ()))
        names = self.files.names(f"{RUNS}/{info.id}/{table}")
        return sorted(name for name in names if name.endswith(".parquet") and f"/{MERGED}" not in name)

    def stacks(self, info: RunInfo) -> Iterator[pa.Table]:
        """The rows of the stacks of a run."""
        for name in self.written(info, "stacks"):
            yield shards.read_table("stacks", self.files.read(name), name)


def digest(file: Path) -> str:
    """A digest of the content of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:32]


def _fits(info: RunInfo, name: str) -> bool:
    """Whether the facts of a run are those of the folder that they are in, and name files of the store only."""
    paths = [PurePath(file) for files in info.files.values() for file in files]
    inside = all(path.parts[:1] == (RUNS,) and ".." not in path.parts for path in paths)
    return inside and PurePath(name).parts == (RUNS, info.id, "run.json") and ID.fullmatch(info.id) is not None


def run_of(shard: str) -> str:
    """The id of the run that a shard belongs to: its name begins with it."""
    return "-".join(shard.split("-")[:2])
