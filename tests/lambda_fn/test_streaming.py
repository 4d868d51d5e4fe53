"""Memory stays bounded, whatever an object's size, on the way in and on the way out."""

from __future__ import annotations

import io
import math
import tracemalloc
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import IncompleteReadError
from botocore.response import StreamingBody
from ingest import normalise
from ingest.notification import Upload
from ingest.settings import MIB, Settings

from tests.lambda_fn.world import ACCOUNT, INGEST, NORMALISED, RESULTS, as_csv, as_jsonl, order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lambda_fn.world import World

UPLOAD = Upload(INGEST, "incoming/large.csv", "v1", "01", "")
SETTINGS = Settings(RESULTS, "incoming/")
ROWS = 20_000
HEADER, ROW = (line + b"\n" for line in as_csv([order(note="n" * 500)]).splitlines())


class Wire(io.RawIOBase):
    """A connection that generates bytes as they are read, and refuses to return all of them at once."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readall(self) -> bytes:
        raise AssertionError("the whole object was asked for at once")

    def readinto(self, buffer: Any) -> int:
        self._rest = self._rest or next(self._chunks, b"")
        chunk = self._rest[: len(buffer)]
        buffer[: len(chunk)] = chunk
        self._rest = self._rest[len(chunk) :]
        return len(chunk)


class Store:
    """An S3 that stores only the sizes of what passes through it."""

    def __init__(self, chunks: Iterator[bytes], size: int) -> None:
        self._body = StreamingBody(cast("IO[bytes]", Wire(chunks)), size)
        self._size = size
        self.written: dict[str, int] = {}

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": self._body, "ContentLength": self._size}

    def put_object(self, *, Key: str, Body: Any, **_: Any) -> None:  # noqa: N803 (boto3's names)
        stream = io.BytesIO(Body) if isinstance(Body, bytes) else Body
        self.written[Key] = sum(map(len, iter(lambda: stream.read(2**16), b"")))


def large_object() -> Iterator[bytes]:
    yield HEADER
    yield from (ROW for _ in range(ROWS))


def test_a_large_object_passes_through_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normalise, "IN_MEMORY", MIB // 4)
    size = len(HEADER) + ROWS * len(ROW)
    assert size > 10 * MIB
    store = Store(large_object(), size)
    tracemalloc.start()
    try:
        tally = normalise.ingest(store, UPLOAD, SETTINGS, ACCOUNT, math.inf)  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert tally.accepted == ROWS
    assert store.written["normalised/large.csv/01.jsonl"] > size
    assert peak < MIB


def test_an_object_cut_off_on_the_way_is_no_shorter_object() -> None:
    store = Store(iter([HEADER, ROW]), len(HEADER) + 2 * len(ROW))
    with pytest.raises(IncompleteReadError):
        normalise.ingest(store, UPLOAD, SETTINGS, ACCOUNT, math.inf)  # type: ignore[arg-type]
    assert store.written == {}


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_result_that_waits_on_disk_arrives_whole(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(normalise, "IN_MEMORY", 1)
    rows = [order(order_id=f"o-{number}") for number in range(2000)]
    record = world.upload(f"incoming/{name}", as_csv(rows) if name == "a.csv" else as_jsonl(rows))
    world.deliver(record)
    assert world.rows(record, name) == [NORMALISED | {"order_id": row["order_id"]} for row in rows]
