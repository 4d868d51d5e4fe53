"""Hashes of assets and archives. The expected ones are what Pulumi's CLI answered for the same files."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.policy import UNKNOWN, Asset
from stackguard.preview.provider import go_tar
from stackguard.preview.provider.assets import Unreadable, hashed, on_disk

EMPTY_TAR = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


def file(path: str) -> Asset:
    return Asset(path=path)


def archive(path: str) -> Asset:
    return Asset(path=path, archive=True)


def archive_of(**members: Asset) -> Asset:
    return Asset(members=members, archive=True)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("alpha\n")
    (tmp_path / "data" / "deep" / "b.txt").write_text("beta\n")
    return tmp_path


def test_an_assets_hash_is_that_of_its_content(folder: Path) -> None:
    result = hashed({"text": Asset(text="hello"), "none": Asset(text=""), "file": file("data/a.txt")}, folder)
    assert result["text"].hash == sha256(b"hello")
    assert result["none"].hash == sha256(b"")
    assert result["file"] == Asset(path="data/a.txt", hash=sha256(b"alpha\n"))


def test_archives_have_the_hashes_that_pulumi_gives_them(folder: Path) -> None:
    values = {
        "folder": archive("data"),
        "made": archive_of(**{"x.txt": Asset(text="hello"), "y": archive("data"), "z": file("data/a.txt")}),
        "long": archive_of(**{"n" * 120: Asset(text="long"), "é.txt": Asset(text="accent")}),
        "split": archive_of(**{"d" * 70 + "/" + "f" * 70: Asset(text="split")}),
        "empty": archive_of(),
    }
    hashes = {name: asset.hash for name, asset in hashed(values, folder).items()}
    assert hashes == {
        "folder": "45f7467dcfe0f0c34ce6d3ca8879366d34916074bca39cf0cd271852ed297cb1",
        "made": "96a12ed0e1e1e8b62ec3aaea2487bdee4d84bfdd810825a9f6babf2d0c9f1a5a",
        "long": "fc1cb1565588ad3beacbb32240147f6582ee1cfc9f078fb1ae5b95b5fb001318",
        "split": "f96c2dcac95af53f429c2ef4d6b54e45b2a7faf2e188294e1f13f5d8c81e774e",
        "empty": EMPTY_TAR,
    }


def test_members_have_hashes_of_their_own(folder: Path) -> None:
    (result,) = hashed({"code": [archive_of(a=file("data/a.txt"), b=archive_of(c=Asset(text="hello")))]}, folder)[
        "code"
    ]
    assert result.members["a"].hash == sha256(b"alpha\n")
    assert result.members["b"].members["c"].hash == sha256(b"hello")


@pytest.mark.parametrize("name", ["code.zip", "code.jar", "code.tar", "code.tgz", "code.tar.gz"])
def test_an_archive_that_is_one_file_is_hashed_as_it_is(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"any content")
    assert hashed({"code": archive(name)}, folder)["code"].hash == sha256(b"any content")


def test_an_archive_within_an_archive_is_unpacked(folder: Path) -> None:
    with zipfile.ZipFile(folder / "code.zip", "w") as zipped:
        zipped.write(folder / "data" / "a.txt", "a.txt")
        zipped.writestr("deep/", "")
        zipped.writestr("deep/b.txt", "beta\n")
    with tarfile.open(folder / "code.tgz", "w:gz") as tar:
        tar.add(folder / "data", ".")
    hashes = {hashed(archive_of(**{"in": archive(name)}), folder).hash for name in ("data", "code.zip", "code.tgz")}
    assert len(hashes) == 1


def test_links_and_pulumis_own_folder(folder: Path) -> None:
    before = hashed(archive("data"), folder).hash
    (folder / "data" / ".pulumi").mkdir()
    (folder / "data" / ".pulumi" / "state").touch()
    (folder / "data" / "again").symlink_to("deep")
    (folder / "linked").symlink_to("data")
    assert hashed(archive("data"), folder).hash == before
    assert hashed(archive("linked"), folder).hash == EMPTY_TAR  # as in Pulumi: a linked folder is not walked
    (folder / "data" / "c.txt").symlink_to("a.txt")
    with_link = hashed(archive("data"), folder).hash
    (folder / "data" / "c.txt").unlink()
    (folder / "data" / "c.txt").write_text("alpha\n")
    assert hashed(archive("data"), folder).hash == with_link != before


def test_a_local_address_is_read_and_a_remote_one_is_not(folder: Path) -> None:
    local = Asset(uri=f"file://{folder}/data/a.txt")
    remote = Asset(uri="https://example.org/code.zip", archive=True)
    result = hashed({"local": local, "made": archive_of(a=local, b=remote)}, folder)
    assert result["local"].hash == sha256(b"alpha\n")
    assert result["made"].hash == result["made"].members["b"].hash == ""
    assert result["made"].members["a"].hash == sha256(b"alpha\n")


def test_a_value_without_an_asset_stays_the_same_object(folder: Path) -> None:
    inputs = {"a": [1, {"b": UNKNOWN}], "c": None}
    assert hashed(inputs, folder) is inputs
    assert not on_disk(inputs)
    assert on_disk({"a": [archive_of(b=archive("data"))]})
    assert not on_disk({"a": archive_of(b=Asset(text="x"))})


@pytest.mark.parametrize(
    ("asset", "message"),
    [
        (file("gone.txt"), r"cannot read `.*/gone\.txt`: No such file or directory"),
        (file("data"), "`.*/data` is a folder; use an archive for it"),
        (archive("gone"), "archive `.*/gone` is missing"),
        (archive("gone.zip"), r"cannot read `.*/gone\.zip`: No such file"),
        (archive("data/a.txt"), r"is neither a folder nor a \.zip"),
        (archive_of(a=file("gone.txt")), r"cannot read `.*/gone\.txt`"),
        (archive_of(a=archive("bad.zip")), r"archive `.*/bad\.zip` is malformed"),
        (archive_of(a=archive("bad.tar")), r"archive `.*/bad\.tar` is malformed"),
        (archive_of(a=archive("link.tar")), r"`.*/link\.tar` contains `l`, which is neither a file nor a folder"),
        (Asset(uri="s3://bucket/key"), "has an address of a kind that Pulumi does not read"),
        (Asset(uri="https://[::1/x"), "has a malformed address: invalid ipv6 url"),
        (Asset(uri="https://example.org/x", archive=True), r"is not a \.zip, \.tar"),
        (archive("broken"), r"cannot read `.*/broken/link`"),
        (file("pipe"), "`.*/pipe` is no plain file"),
        (archive("pipe.zip"), r"asset `.*/pipe\.zip` is no plain file"),
        (archive("pipe.tar.gz"), r"asset `.*/pipe\.tar\.gz` is no plain file"),
        (file("a\0b"), "has a malformed path"),
    ],
)
def test_what_cannot_be_read_is_named(folder: Path, asset: Asset, message: str) -> None:
    (folder / "bad.zip").write_text("no archive")
    (folder / "bad.tar").write_text("no archive" * 200)
    (folder / "broken").mkdir()
    (folder / "broken" / "link").symlink_to("nowhere")
    with tarfile.open(folder / "link.tar", "w") as tar:
        entry = tarfile.TarInfo("l")
        entry.type, entry.linkname = tarfile.SYMTYPE, "x"
        tar.addfile(entry)
    for name in ("pipe", "pipe.zip", "pipe.tar.gz"):
        os.mkfifo(folder / name)
    with pytest.raises(Unreadable, match=message):
        hashed({"code": asset}, folder)


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1), st.binary()),
        unique_by=lambda pair: pair[0],
    )
)
def test_any_tar_reader_understands_the_entries(members: list[tuple[str, bytes]]) -> None:
    entries = [(name.rstrip("/") or "x", content) for name, content in members]
    packed = b"".join(
        b"".join(go_tar.entry(name.encode(), len(content), iter((content,)))) for name, content in entries
    )
    with tarfile.open(fileobj=io.BytesIO(packed + go_tar.END)) as tar:
        read = [(entry.name, tar.extractfile(entry).read()) for entry in tar]  # type: ignore[union-attr]
    assert read == entries
