"""S3's event notification, parsed at the border: the rest of the function sees an `Upload`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from ingest.errors import RefusedError

SEQUENCER = re.compile(r"[0-9A-Fa-f]{1,64}")


@dataclass(frozen=True, slots=True)
class Upload:
    """One version of one object, and the event that announced it.

    `key` is decoded. `sequencer` is hexadecimal and grows, in string order, with each upload to the same key.
    `request_id` is that of the upload, as CloudTrail and the access log have it.
    """

    bucket: str
    key: str
    version_id: str
    sequencer: str
    request_id: str

    def __str__(self) -> str:
        return f"{self.bucket}/{self.key}"

    @classmethod
    def parse(cls, record: object) -> Upload:
        """The upload that one element of `Records` tells of.

        Raises:
            RefusedError: the record is not S3's, not a creation of an object in a versioned bucket, or lacks a field.
        """
        if not isinstance(record, Mapping) or record.get("eventSource") != "aws:s3":
            raise RefusedError("`eventSource` is not `aws:s3`: S3 must invoke the function itself, without a queue")
        if not _text(record, "eventName").startswith("ObjectCreated:"):
            raise RefusedError("`eventName` is not the creation of an object")
        version_id = _text(record, "s3", "object", "versionId", default="null")
        if version_id == "null":
            raise RefusedError("`versionId` is missing: only a versioned bucket gives a retry the same object")
        sequencer = _text(record, "s3", "object", "sequencer")
        if not SEQUENCER.fullmatch(sequencer):
            raise RefusedError("`sequencer` is not hexadecimal")
        return cls(
            bucket=_text(record, "s3", "bucket", "name"),
            key=_decode(_text(record, "s3", "object", "key")),
            version_id=version_id,
            sequencer=sequencer.upper(),
            request_id=_text(record, "responseElements", "x-amz-request-id", default=""),
        )


def records_of(event: object) -> Sequence[object]:
    """The records of a notification; none for the test event that S3 sends when a notification is set up.

    Raises:
        RefusedError: the event has another shape, such as EventBridge's.
    """
    if isinstance(event, Mapping):
        if event.get("Event") == "s3:TestEvent":
            return ()
        records = event.get("Records")
        if isinstance(records, list) and records:
            return records
    raise RefusedError("the event is not an S3 notification: it has no `Records`")


def _text(record: object, *path: str, default: str | None = None) -> str:
    value = record
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not value:
        raise RefusedError(f"`{'.'.join(path)}` is missing")
    return value


def _decode(key: str) -> str:
    try:
        return unquote_plus(key, errors="strict")
    except UnicodeDecodeError:
        raise RefusedError("`s3.object.key` does not decode to text") from None
