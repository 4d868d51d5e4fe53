"""The function's environment in tests: two buckets, the events that S3 would send, and what the function wrote and logged."""

from __future__ import annotations

import csv
import io
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote_plus

from ingest import handler as function

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from types_boto3_s3 import S3Client

ACCOUNT = "123456789012"
INGEST = "orders-ingest"
RESULTS = "orders-results"
COLUMNS = ("order_id", "customer_id", "amount", "currency", "occurred_at", "note")
ORDER = {
    "order_id": "o-1",
    "customer_id": "c-1",
    "amount": "12.50",
    "currency": "EUR",
    "occurred_at": "2026-03-01T09:30:00+02:00",
    "note": "",
}
NORMALISED = ORDER | {"occurred_at": "2026-03-01T07:30:00.000000Z"}


def order(**changes: Any) -> dict[str, Any]:
    return ORDER | changes


def as_csv(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str] = COLUMNS,
    line_end: str = "\n",
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> bytes:
    """`QUOTE_ALL` for values with line ends other than `line_end`, which Python before 3.13 leaves unquoted."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator=line_end, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_jsonl(rows: Iterable[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@dataclass
class Context:
    """The context that Lambda passes with the event; `seconds` is the time that the invocation has."""

    seconds: float = 60.0
    function_name: str = "ingest"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:ingest"
    aws_request_id: str = "11111111-2222-3333-4444-555555555555"
    started: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        return int((self.started + self.seconds - time.monotonic()) * 1000)


@dataclass
class World:
    s3: S3Client
    logged: io.StringIO
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    _sequence: Iterator[int] = field(default_factory=lambda: itertools.count(0x65A1B2C3D4E5F67890))

    def upload(self, key: str, body: bytes, bucket: str = INGEST) -> dict[str, Any]:
        """Stores an object; returns the record that S3 would send."""
        version = self.s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
        return {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "eu-central-1",
            "eventName": "ObjectCreated:Put",
            "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
            "s3": {
                "bucket": {"name": bucket},
                "object": {
                    "key": quote_plus(key, safe="/"),
                    "size": len(body),
                    "versionId": version,
                    "sequencer": f"{next(self._sequence):018X}",
                },
            },
        }

    def deliver(self, *records: object, context: Context | None = None) -> None:
        """Invokes the function as S3 does."""
        self.send({"Records": list(records)}, context)

    def send(self, event: object, context: Context | None = None) -> None:
        function.handler(event, context or Context())

    def results(self) -> dict[str, bytes]:
        """Everything in the results bucket, by key."""
        objects = self.s3.list_objects_v2(Bucket=RESULTS).get("Contents", [])
        return {item["Key"]: self.read(item["Key"]) for item in objects}

    def read(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=RESULTS, Key=key)["Body"].read()

    def rows(self, record: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        """The normalised rows of an upload."""
        text = self.read(f"normalised/{name}/{record['s3']['object']['sequencer']}.jsonl").decode()
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def summary(self, record: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The summary of an upload."""
        text = self.read(f"summaries/{name}/{record['s3']['object']['sequencer']}.json")
        summary: dict[str, Any] = json.loads(text)
        return summary

    def note_call(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Stores a call of the function's client."""
        self.calls.append((model.name, dict(params)))

    def log(self) -> list[dict[str, Any]]:
        """The lines logged so far."""
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]
