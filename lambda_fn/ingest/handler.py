"""The function's entry point, `ingest.handler.handler`: every record of a notification gets its turn.

S3 invokes the function asynchronously, so a record cannot be handed back alone: the error raised at the end makes
Lambda retry the whole event, and dead-letter it when retries do not help. Records that were done are then done
again, with the same result under the same keys.

Logs and metrics name objects and count rows; nothing of an object's contents, and no foreign error's message, which
could quote it, is logged.
"""

from __future__ import annotations

import os
import time
import traceback
from functools import cache
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config
from botocore.exceptions import ClientError

from ingest.errors import Failure, OutOfTimeError, RecordsFailedError, RefusedError
from ingest.normalise import ingest
from ingest.notification import Upload, records_of
from ingest.settings import Settings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from types_boto3_s3 import S3Client

READING_SHARE = 0.7
"""Of a record's time: the rest is for writing."""

logger = Logger(use_rfc3339=True, utc=True)
metrics = Metrics(namespace="Ingest")


@cache
def s3_client() -> S3Client:
    """The one client of this process, made when first needed."""
    config = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "max_attempts": 3})
    return boto3.client("s3", config=config)


@metrics.log_metrics
@logger.inject_lambda_context(log_event=False, clear_state=True)
def handler(event: object, context: LambdaContext) -> None:
    """Ingests the object of every record.

    Raises:
        RecordsFailedError: some records are not done; all others are.
        RefusedError: the event is not an S3 notification.
        SettingsError: the function's environment is wrong.
    """
    metrics.add_metric(name="Events", unit=MetricUnit.Count, value=1)
    records = records_of(event)
    if not records:
        logger.info("test event: the notification is set up")
    settings = Settings.from_environment(os.environ)
    account_id = context.invoked_function_arn.split(":")[4]
    failures = []
    for position, record in enumerate(records):
        seconds_left = context.get_remaining_time_in_millis() / 1000
        share = seconds_left / (len(records) - position)  # a slow record takes no time from the next ones
        failure = _attempt(record, f"record {position + 1}", settings, account_id, share)
        if failure:
            failures.append(failure)
    if failures:
        raise RecordsFailedError(failures, received=len(records))


def _attempt(record: object, label: str, settings: Settings, account_id: str, seconds: float) -> Failure | None:
    """Ingests one record's object; whatever goes wrong becomes a failure, so that the other records get their turn."""
    deadline = time.monotonic() + seconds * READING_SHARE
    logger.set_correlation_id(None)
    try:
        upload = Upload.parse(record)
        label = str(upload)
        logger.set_correlation_id(upload.request_id)
        tally = ingest(s3_client(), upload, settings, account_id, deadline)
    except Exception as error:  # noqa: BLE001 (the caller raises, once all records have had their turn)
        return _failed(label, error)
    logger.info("object is ingested", object=label, accepted=tally.accepted, rejected=tally.rejected)
    metrics.add_metric(name="RowsAccepted", unit=MetricUnit.Count, value=tally.accepted)
    metrics.add_metric(name="RowsRejected", unit=MetricUnit.Count, value=tally.rejected)
    return None


def _failed(label: str, error: Exception) -> Failure:
    """The failure, logged and counted. An error that is not ours is told by its code or kind, never by its message."""
    match error:
        case RefusedError():
            failure = Failure(label, str(error), permanent=True)
        case OutOfTimeError():
            failure = Failure(label, str(error), permanent=False)
        case ClientError():
            code = error.response.get("Error", {}).get("Code", "no code")
            failure = Failure(label, f"`{error.operation_name}` answered `{code}`", permanent=False)
        case _:
            failure = Failure(label, f"unexpected `{type(error).__name__}`", permanent=False)
    frames = [] if failure.permanent else traceback.format_tb(error.__traceback__)
    logger.error("record is not done", object=label, reason=failure.reason, permanent=failure.permanent, frames=frames)
    metrics.add_metric(name="RecordsFailed", unit=MetricUnit.Count, value=1)
    return failure
