"""Audits of an S3 bucket into another one, over HTTP."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from benchmarks.fleet import Fleet
from stackguard.audit.sources import archives, listing, objects
from stackguard.audit.store import files
from stackguard.errors import CannotJudge
from tests.audit.test_run import audited, reported, rows

STACKS = 6


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    _, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    settings = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "of-a-test",
        "AWS_REGION": "us-east-1",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    name = f"state-{tmp_path.name.replace('_', '-')}"[:60].lower().strip("-")
    boto3.client("s3", region_name="us-east-1", endpoint_url=server).create_bucket(Bucket=name)
    return name


def uploaded(folder: Path, bucket: str, server: str) -> None:
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=server)
    for file in folder.rglob("*.json"):
        client.upload_file(str(file), bucket, file.relative_to(folder).as_posix())


def test_an_audit_of_a_bucket_into_a_bucket(bucket: str, server: str, tmp_path: Path) -> None:
    fleet, store = Fleet(tmp_path / "fleet", 3), f"s3://{bucket}/audits"
    truth = fleet.write(STACKS)
    uploaded(tmp_path / "fleet", bucket, server)
    source = f"s3://{bucket}/org-0"
    assert audited(source, store).judged == STACKS
    assert reported(store) == Fleet.expected(truth)
    fleet.drift(truth, 0.2)
    uploaded(tmp_path / "fleet", bucket, server)
    info = audited(source, store)
    assert (info.judged, info.carried) == (1, STACKS - 1)
    assert reported(store) == Fleet.expected(truth)


def test_an_unchanged_object_is_not_read(
    bucket: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stackguard.audit.engine import content

    Fleet(tmp_path / "fleet", 3).write(2)
    uploaded(tmp_path / "fleet", bucket, server)
    audited(f"s3://{bucket}", tmp_path / "store")
    monkeypatch.setattr(content, "read", None)  # a call would be a crash
    assert audited(f"s3://{bucket}", tmp_path / "store").carried == 2


def test_a_file_of_a_store_is_listed_read_and_removed(bucket: str) -> None:
    folder = files.opened(f"s3://{bucket}/audits/")
    folder.write("runs/a/x.parquet", b"rows")
    assert list(folder.names("runs")) == ["runs/a/x.parquet"]
    assert folder.read("runs/a/x.parquet") == folder.local("runs/a/x.parquet").read_bytes() == b"rows"
    folder.remove("runs/a/x.parquet")
    folder.remove("runs/a/x.parquet")
    assert list(folder.names("")) == []
    with pytest.raises(FileNotFoundError):
        folder.read("runs/a/x.parquet")


@pytest.mark.parametrize("url", ["s3://there-is-none", "s3://there-is-none/prefix"])
def test_a_bucket_that_does_not_exist_is_one_line(bucket: str, url: str) -> None:
    with pytest.raises(CannotJudge, match="cannot be listed: the object store refuses") as error:
        list(listing.stacks([url]))
    assert "\n" not in str(error.value)


def test_an_unknown_kind_of_url() -> None:
    with pytest.raises(CannotJudge, match="unknown kind"):
        objects.store("ftp://host/x")


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_an_archive_in_a_bucket_is_read_as_one_on_disk_and_leaves_nothing(
    kind: str, bucket: str, server: str, tmp_path: Path
) -> None:
    truth = Fleet(tmp_path / "fleet", 3).write(3)
    archive = shutil.make_archive(str(tmp_path / "states"), {"tar.gz": "gztar"}.get(kind, kind), tmp_path / "fleet")
    boto3.client("s3", region_name="us-east-1", endpoint_url=server).upload_file(
        archive, bucket, f"weekly/states.{kind}"
    )
    source = f"s3://{bucket}/weekly/states.{kind}"
    assert audited(source, tmp_path / "store").judged == 3
    assert reported(tmp_path / "store") == Fleet.expected(truth)
    locations = rows(tmp_path / "store", "SELECT location FROM stacks")
    assert all(str(location).startswith(f"{source}!") for (location,) in locations)
    copies = {Path(ref.location.copy) for ref in listing.stacks([source])}
    assert all(copy.exists() for copy in copies)
    archives.clean()
    assert not any(copy.exists() for copy in copies)


def test_an_archive_in_a_bucket_that_is_missing_damaged_or_too_large_is_said(
    bucket: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=server)
    Fleet(tmp_path / "fleet", 3).write(3)
    archive = Path(shutil.make_archive(str(tmp_path / "states"), "gztar", tmp_path / "fleet")).read_bytes()
    client.put_object(Bucket=bucket, Key="cut.tar.gz", Body=archive[: len(archive) // 2])
    client.put_object(Bucket=bucket, Key="bad.zip", Body=b"no archive")
    client.put_object(Bucket=bucket, Key="whole.tar.gz", Body=archive)
    problems: list[str] = []
    for name in ("none.zip", "cut.tar.gz", "bad.zip"):
        list(listing.stacks([f"s3://{bucket}/{name}"], problems.append))
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    list(listing.stacks([f"s3://{bucket}/whole.tar.gz"], problems.append))
    assert [problem.rpartition(": ")[2] for problem in problems] == [
        f"the object store has no `s3://{bucket}/none.zip`",
        archives.CUT_OFF.rpartition(": ")[2],
        "its directory is at its end",
        "it has more than 1000 bytes",
    ]
