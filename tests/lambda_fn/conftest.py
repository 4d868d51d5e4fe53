from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_s3 import S3Client

    from tests.lambda_fn.world import World

sys.path.insert(0, str(Path(__file__).parents[2] / "lambda_fn"))  # the zip's root


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """A stand-in for AWS. Making clients is slow, so they are kept for the whole module."""
    from ingest import handler
    from moto import mock_aws

    handler.s3_client.cache_clear()
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield
    handler.s3_client.cache_clear()


@pytest.fixture(scope="module")
def s3(aws: None) -> S3Client:
    """The client of the tests; the function has its own."""
    import boto3

    return boto3.client("s3")


@pytest.fixture
def world(s3: S3Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    from ingest import handler
    from moto.backends import get_backend

    from tests.lambda_fn.world import INGEST, RESULTS, World

    get_backend("s3").reset()
    for bucket in (INGEST, RESULTS):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    monkeypatch.setenv("INGEST_PREFIX", "incoming/")
    monkeypatch.setenv("RESULTS_BUCKET", RESULTS)
    world = World(s3, io.StringIO())
    monkeypatch.setattr(handler.logger.registered_handler, "stream", world.logged)
    calls = handler.s3_client().meta.events
    calls.register("provide-client-params.s3.*", world.note_call, unique_id="world")
    yield world
    calls.unregister("provide-client-params.s3.*", unique_id="world")
