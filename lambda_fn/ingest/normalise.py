"""The job on one upload: read the object, validate its rows, write the result and then its summary."""

from __future__ import annotations

import time
from contextlib import closing
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from ingest.errors import OutOfTimeError, RefusedError
from ingest.orders import COLUMNS, Order
from ingest.results import ResultKeys, Tally, json_line, summary
from ingest.rows import Malformed, rows_of
from ingest.settings import MIB, Settings

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3 import S3Client

    from ingest.notification import Upload

IN_MEMORY = 8 * MIB
"""A result beyond this waits in `/tmp` until it is written."""


def ingest(s3: S3Client, upload: Upload, settings: Settings, account_id: str, deadline: float) -> Tally:
    """Writes the upload's result and summary; the summary comes last, so where it is, the result is whole.

    `account_id` must own both buckets: a bucket deleted here and created again by somebody else gets nothing.
    `deadline` is on the monotonic clock, in seconds, and ends the reading.

    Raises:
        RefusedError: the upload is not one to ingest, or its object is not what its suffix promises.
        OutOfTimeError: the deadline has passed.
        botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError: S3 could not be reached, or said no.
    """
    keys = ResultKeys.of(upload, settings)
    source = s3.get_object(
        Bucket=upload.bucket,
        Key=upload.key,
        VersionId=upload.version_id,
        ExpectedBucketOwner=account_id,
    )
    with closing(source["Body"]) as body, SpooledTemporaryFile(max_size=IN_MEMORY) as result:
        if source["ContentLength"] > settings.max_object_bytes:
            raise RefusedError(f"the object is larger than {settings.max_object_bytes} bytes")
        tally = _normalise(body, upload.key, result, deadline)
        result.seek(0)
        s3.put_object(
            Bucket=settings.results_bucket,
            Key=keys.normalised,
            Body=result,
            ContentType="application/x-ndjson",
            ExpectedBucketOwner=account_id,
        )
    s3.put_object(
        Bucket=settings.results_bucket,
        Key=keys.summary,
        Body=summary(upload, keys.normalised, tally),
        ContentType="application/json",
        ExpectedBucketOwner=account_id,
    )
    return tally


def _normalise(body: StreamingBody, key: str, result: IO[bytes], deadline: float) -> Tally:
    tally = Tally()
    for line, fields in rows_of(body, key, COLUMNS):
        if time.monotonic() > deadline:
            raise OutOfTimeError
        row = fields if isinstance(fields, Malformed) else Order.parse(fields)
        tally.add(line, row)
        if isinstance(row, Order):
            result.write(json_line(row.normalised()))
    return tally
