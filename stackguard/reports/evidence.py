"""Evidence as a file: JSON lines, or Parquet, with a record for each policy and resource.

The first line of JSON lines is the header, with how the run came about; in Parquet these are columns.
"""

from __future__ import annotations

import enum
import importlib.util
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from policypack.core.policy import EnforcementLevel, Severity
from stackguard.reports import Run
from stackguard.reports.destinations import replacing
from stackguard.reports.formatting import printable

PARQUET = ".parquet"
ROWS = 50_000
"""Records of one row group."""


class Came(enum.StrEnum):
    """What came of a policy and a resource."""

    VIOLATION = "violation"
    UNDECIDED = "undecided"
    ERROR = "error"
    WAIVED = "waived"
    BASELINED = "baselined"
    PASS = "pass"  # noqa: S105 (no password)
    EXCUSED = "excused"
    """A policy that it requires reports the value."""
    NOT_APPLICABLE = "not-applicable"
    DISABLED = "disabled"
    """The settings disable the policy: it did not run."""
    NOT_SELECTED = "not-selected"
    """The command selects other policies: it did not run."""


class Record(msgspec.Struct, frozen=True):
    """One policy and one resource; several if it has several outcomes. One about no resource has no URN."""

    organization: str
    project: str
    stack: str
    urn: str
    type: str
    policy: str
    severity: Severity | None
    outcome: Came
    enforcement: EnforcementLevel | None
    path: str = ""
    fingerprint: str = ""


class NotJudged(msgspec.Struct, frozen=True):
    """A stack that could not be judged."""

    target: str
    stack: str
    message: str


class Header(msgspec.Struct, frozen=True):
    """How the run came about."""

    evidence: Annotated[Literal[1], msgspec.Meta(description="The version of this form.")]
    started: str
    seconds: float
    commit: str
    settings: str
    versions: dict[str, str]
    policies: tuple[str, ...]
    failed: tuple[NotJudged, ...] = ()


def header(run: Run) -> Header:
    """The header of a run."""
    provenance = run.provenance
    return Header(
        1,
        f"{provenance.started:%Y-%m-%dT%H:%M:%SZ}",
        round(provenance.seconds, 3),
        provenance.commit,
        provenance.settings,
        dict(provenance.versions),
        provenance.policies,
        tuple(
            NotJudged(printable(failed.target), printable(failed.stack.stack), printable(failed.message))
            for failed in run.failed
        ),
    )


def missing(file: Path) -> str:
    """What is missing to write a file of this name, as a line for users; empty if nothing is."""
    if file.suffix != PARQUET or importlib.util.find_spec("pyarrow"):
        return ""
    return f"`{file}` needs `pyarrow` to be written; install `stackguard[evidence]`, or name it `{file.stem}.jsonl`"


def write(run: Run, file: Path) -> None:
    """Write the evidence of a run completely or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    records = chain.from_iterable(report.records for report in run.reports)
    with replacing(file) as temporary:
        (_write_parquet if file.suffix == PARQUET else _write_lines)(header(run), map(_printable, records), temporary)


def _write_lines(first: Header, records: Iterator[Record], file: Path) -> None:
    encoder = msgspec.json.Encoder()
    with file.open("wb") as stream:
        stream.write(encoder.encode(first) + b"\n")
        stream.writelines(encoder.encode(record) + b"\n" for record in records)


def _write_parquet(first: Header, records: Iterator[Record], file: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    run = {
        "started": first.started,
        "commit": first.commit,
        "settings": first.settings,
        "version": first.versions.get("stackguard", ""),
    }
    names = (*Record.__struct_fields__, *run)
    text = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema([(name, text) for name in names], {"stackguard": msgspec.json.encode(first)})
    with (
        file.open("wb") as stream,
        parquet.ParquetWriter(stream, schema) as writer,
    ):  # pyarrow takes no name that is not UTF-8
        while rows := list(islice(records, ROWS)):
            columns: dict[str, list[Any]] = {
                name: [getattr(record, name) or None for record in rows] for name in Record.__struct_fields__
            }
            columns |= {name: [value] * len(rows) for name, value in run.items()}
            writer.write_table(pa.table(columns, schema=schema))


def _printable(record: Record) -> Record:
    return msgspec.structs.replace(
        record,
        urn=_shown(record.urn),
        type=_shown(record.type),
        policy=_shown(record.policy),
        path=printable(record.path),
        **{name: _shown(getattr(record, name)) for name in ("organization", "project", "stack")},
    )


_shown = lru_cache(maxsize=1024)(printable)
