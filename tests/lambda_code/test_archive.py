"""Archives of each kind, and archives that are malformed."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policypack.core.policy import Asset, Resource
from policypack.lambda_code import archive as archives
from policypack.lambda_code.archive import AbsentError, ArchivedFile, opened, printable
from policypack.lambda_code.packaging import packaged
from policypack.python.files import UnreadableError

FILES = {"index.py": b"import os\n", "pkg/__init__.py": b"", "pkg/data.bin": bytes(range(256)) * 40}


def as_zip(folder: Path, files: Mapping[str, bytes]) -> Asset:
    path = folder / "code.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.mkdir("pkg")
        for name, content in files.items():
            packed.writestr(f"./{name}", content)
    return Asset(path=str(path), archive=True)


def as_tar(folder: Path, files: Mapping[str, bytes], kind: str = "") -> Asset:
    path = folder / "code.tar"
    with tarfile.open(path, f"w:{kind}") as packed:
        directory = tarfile.TarInfo("pkg")
        directory.type = tarfile.DIRTYPE
        packed.addfile(directory)
        for name, content in files.items():
            entry = tarfile.TarInfo(f"./{name}")
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return Asset(path=str(path), archive=True)


def as_tgz(folder: Path, files: Mapping[str, bytes]) -> Asset:
    return as_tar(folder, files, "gz")


def as_folder(folder: Path, files: Mapping[str, bytes]) -> Asset:
    for name, content in files.items():
        path = folder / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Asset(path=str(folder / "code"), archive=True)


def as_assets(folder: Path, files: Mapping[str, bytes]) -> Asset:
    root = as_folder(folder, files).path
    members = {
        "./index.py": Asset(text=files["index.py"].decode()),
        "pkg": Asset(path=f"{root}/pkg", archive=True),
    }
    return Asset(archive=True, members=members)


def as_assets_of_one_archive(folder: Path, files: Mapping[str, bytes]) -> Asset:
    return Asset(archive=True, members={".": as_zip(folder, files)})


KINDS = [as_zip, as_tar, as_tgz, as_folder, as_assets, as_assets_of_one_archive]
each_kind = pytest.mark.parametrize("pack", KINDS, ids=lambda pack: pack.__name__)
Pack = Callable[[Path, Mapping[str, bytes]], Asset]


@each_kind
def test_every_kind_of_archive_holds_the_same_files(pack: Pack, tmp_path: Path) -> None:
    archive = opened(pack(tmp_path, FILES))
    assert {name: member.size for name, member in archive.members.items()} == {
        name: len(content) for name, content in FILES.items()
    }
    for name, content in FILES.items():
        assert archive.content(name) == content
        assert archive.head(name, 5) == content[:5]
    assert archive.content("pkg") is None
    assert archive.content("pkg/other.py") is None


@each_kind
def test_no_name_leads_out_of_an_archive(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "outside.py").write_text("SECRET = 1")
    archive = opened(pack(tmp_path, FILES))
    for name in ("../outside.py", "pkg/../../outside.py", str(tmp_path / "outside.py"), ".."):
        assert archive.content(name) is None
        assert archive.find(name) is None


@each_kind
def test_a_file_that_is_too_large_is_not_read_whole(pack: Pack, tmp_path: Path) -> None:
    archive = opened(pack(tmp_path, {**FILES, "pkg/data.bin": bytes(2_000_001)}))
    with pytest.raises(UnreadableError, match=r"holds `pkg/data\.bin`, which is too large to be read"):
        archive.content("pkg/data.bin")
    assert archive.head("pkg/data.bin", 64) == bytes(64)


def test_only_a_zip_file_records_its_size_and_what_may_be_executed(tmp_path: Path) -> None:
    asset = as_zip(tmp_path, {})
    assert asset.path
    with zipfile.ZipFile(asset.path, "a") as packed:
        for name, mode in (("run", 0o755), ("read", 0o644), ("made-on-windows", 0)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16 or 0x20
            packed.writestr(entry, b"")
    archive = opened(asset)
    assert archive.packed == Path(asset.path).stat().st_size
    assert dict(archive.members) == {
        "run": ArchivedFile(0, executable=True),
        "read": ArchivedFile(0, executable=False),
        "made-on-windows": ArchivedFile(0),
    }
    (tmp_path / "folder").mkdir()
    assert opened(as_folder(tmp_path / "folder", FILES)).packed is None


def test_a_folder_is_read_as_pulumi_packs_it(tmp_path: Path) -> None:
    asset = as_folder(tmp_path, {**FILES, ".pulumi/stacks/dev.json": b"{}", ".git/HEAD": b"ref"})
    root = Path(asset.path or "")
    (root / "linked.py").symlink_to(root / "index.py")
    (root / "linked").symlink_to(root / "pkg")
    os.mkfifo(root / "pipe")
    assert sorted(opened(asset).members) == [".git/HEAD", "index.py", "linked.py", "pkg/__init__.py", "pkg/data.bin"]
    assert opened(asset).content("pipe") is None


@pytest.mark.parametrize(
    ("asset", "why", "kind"),
    [
        (Asset(archive=True), "is not on this machine", AbsentError),
        (Asset(path="/nowhere/code.zip", archive=True), "is packaged from a path that is not on", AbsentError),
        (Asset(uri="https://example.com/a.zip", archive=True), "is at a URL", UnreadableError),
        (Asset(path=__file__, archive=True), "is packaged from a file that is no archive", UnreadableError),
        (Asset(archive=True, members={"a": Asset(path="/nowhere/a")}), "holds a file that is not on", AbsentError),
        (Asset(archive=True, members={"a": Asset(uri="https://example.com/a")}), "a file at a URL", UnreadableError),
        (Asset(archive=True, members={"a": Asset(path="/nowhere", archive=True)}), "a path that is", AbsentError),
    ],
)
def test_the_reason_why_an_asset_cannot_be_read(asset: Asset, why: str, kind: type[UnreadableError]) -> None:
    with pytest.raises(UnreadableError, match=why) as raised:
        opened(asset).members  # noqa: B018
    assert type(raised.value) is kind


def test_a_name_is_shown_without_what_cannot_be_printed() -> None:
    assert printable("a/ü b.py") == "a/ü b.py"
    assert printable("a\n\x1b[31m\udcff.env") == "a??[31m?.env"


def test_an_archive_is_opened_once_for_all_that_read_it(tmp_path: Path) -> None:
    function = Resource("aws:lambda/function:Function", "f", {"code": as_zip(tmp_path, FILES)})
    assert packaged(function, "code") is packaged(function, "code")


def tampered(path: Path, offset: int, value: bytes) -> None:
    """Overwrite a field of the first entry of a zip file's directory."""
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02") + offset
    data[start : start + len(value)] = value
    path.write_bytes(data)


def test_a_zip_file_that_lies_about_a_size_is_unreadable_and_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb.txt", bytes(1_500_000))
    tampered(path, 24, struct.pack("<I", 100))
    with pytest.raises(UnreadableError, match="cannot be read"):
        opened(Asset(path=str(path), archive=True)).content("bomb.txt")


def test_entries_that_share_their_bytes_are_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a", b"a")
    tampered(path, 20, struct.pack("<I", 2**30))
    with pytest.raises(UnreadableError, match="directory is wrong"):
        opened(Asset(path=str(path), archive=True)).members  # noqa: B018


def test_an_encrypted_file_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "code.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("index.py", b"import os")
    tampered(path, 8, b"\x01\x00")
    data = bytearray(path.read_bytes())
    data[6:8] = b"\x01\x00"
    path.write_bytes(data)
    with pytest.raises(UnreadableError, match="cannot be read"):
        opened(Asset(path=str(path), archive=True)).content("index.py")


def test_a_file_without_a_name_is_read(tmp_path: Path) -> None:
    path = tmp_path / "nameless.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("x", b"a")
    path.write_bytes(path.read_bytes().replace(b"x", b"\0"))
    archive = opened(Asset(path=str(path), archive=True))
    assert {name: archive.head(name, 64) for name in archive.members} == {".": b"a"}


@pytest.mark.parametrize("pack", [as_zip, as_tar, as_folder])
def test_an_archive_of_too_much_is_unreadable(pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_FILES", 1)
    with pytest.raises(UnreadableError, match="more than can be read"):
        opened(pack(tmp_path, FILES)).members  # noqa: B018


def test_a_tar_file_that_unpacks_to_too_much_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 1000)
    with pytest.raises(UnreadableError, match="more than can be read"):
        opened(as_tgz(tmp_path, FILES)).members  # noqa: B018


@pytest.mark.parametrize("pack", [as_zip, as_tar, as_tgz])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.binary(min_size=1, max_size=4)), max_size=6))
def test_no_archive_is_too_damaged(pack: Pack, tmp_path: Path, changes: list[tuple[int, bytes]]) -> None:
    asset = pack(tmp_path, FILES)
    path = Path(asset.path or "")
    data = bytearray(path.read_bytes())
    for offset, value in changes:
        start = offset % len(data)
        data[start : start + len(value)] = value
    path.write_bytes(data)
    with suppress(UnreadableError):
        archive = opened(asset)
        for name in archive.members:
            assert len(archive.head(name, 64)) <= 64


def test_an_empty_file_of_a_zip_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened(as_zip(tmp_path, FILES))
    monkeypatch.delattr(zipfile.ZipFile, "open")
    assert archive.head("pkg/__init__.py", 100) == b""


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_what_might_never_end_is_not_read(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "code.zip")
    with pytest.raises(UnreadableError, match="from a path that is neither a file nor a folder"):
        opened(Asset(path=str(tmp_path / "code.zip"), archive=True))
