"""What is written for one upload, and under which keys. Both are functions of the upload alone."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from ingest.errors import RefusedError
from ingest.orders import Order

if TYPE_CHECKING:
    from ingest.notification import Upload
    from ingest.rows import Malformed
    from ingest.settings import Settings

LONGEST_KEY = 1024
"""In bytes of UTF-8. Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html."""

ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

LISTED_ROWS = 1000
"""How many rejected rows a summary lists; the count is always complete."""


@dataclass(frozen=True, slots=True)
class ResultKeys:
    """Where an upload's results go.

    The sequencer keeps versions apart: a late or repeated event writes its own keys again and nobody else's, and the
    newest result of a key is the last in the listing.
    """

    normalised: str
    summary: str

    @classmethod
    def of(cls, upload: Upload, settings: Settings) -> ResultKeys:
        """`normalised/NAME/SEQUENCER.jsonl` and `summaries/NAME/SEQUENCER.json`; NAME is the key without the prefix.

        Raises:
            RefusedError: the object is not one to ingest, or its name leaves no room for the sequencer.
        """
        if upload.bucket == settings.results_bucket:
            raise RefusedError("the object is in the results bucket: the function would trigger itself")
        if not upload.key.startswith(settings.ingest_prefix):
            raise RefusedError(f"the key is outside the ingest prefix `{settings.ingest_prefix}`")
        name = f"{upload.key.removeprefix(settings.ingest_prefix)}/{upload.sequencer}"
        keys = cls(f"normalised/{name}.jsonl", f"summaries/{name}.json")
        if len(keys.normalised.encode()) > LONGEST_KEY:
            raise RefusedError(f"the key is too long: that of its result would have more than {LONGEST_KEY} bytes")
        return keys


@dataclass(slots=True)
class Tally:
    """What is counted while rows go by. `listed` holds line numbers and reasons, `totals` exact sums by currency."""

    accepted: int = 0
    rejected: int = 0
    listed: list[tuple[int, str]] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)

    def add(self, line: int, row: Order | Malformed) -> None:
        """Counts one row."""
        if isinstance(row, Order):
            self.accepted += 1
            self.totals[row.currency] = self.totals.get(row.currency, Decimal()) + row.amount
            return
        self.rejected += 1
        if len(self.listed) < LISTED_ROWS:
            self.listed.append((line, row.reason))


def summary(upload: Upload, normalised_key: str, tally: Tally) -> bytes:
    """The summary of one upload, as JSON. It names rejected rows by line and reason, without their contents."""
    document = {
        "version": 1,
        "source": {
            "bucket": upload.bucket,
            "key": upload.key,
            "version_id": upload.version_id,
            "sequencer": upload.sequencer,
        },
        "normalised": normalised_key,
        "rows": {"accepted": tally.accepted, "rejected": tally.rejected},
        "totals": {currency: str(total) for currency, total in sorted(tally.totals.items())},
        "rejected": [{"line": line, "reason": reason} for line, reason in tally.listed],
    }
    return json_line(document)


def json_line(document: object) -> bytes:
    """Compact JSON in UTF-8 on one line, ended by a line feed."""
    return (ENCODER.encode(document) + "\n").encode()
