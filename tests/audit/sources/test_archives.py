"""Archives as sources: what they hold, however they are damaged, and nothing of them where it could do harm."""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd

from benchmarks.fleet import Fleet
from stackguard.audit.model import StackRef
from stackguard.audit.sources import archives, listing, opening, scratch
from stackguard.errors import CannotJudge
from tests.audit.test_run import audited, reported, rows

CONTENT = b'{"version": 3, "checkpoint": {"latest": {"resources": []}}}'
MEMBERS = {
    "./.pulumi/stacks/shop/dev.json": CONTENT,
    "./.pulumi/stacks/shop/prod.json.gz": gzip.compress(CONTENT, mtime=0),
    "./.pulumi/stacks/shop/prod.pulumi-tags": b'{"tags": {"team": "shop"}}',
    "./.pulumi/backups/shop/dev/dev.1.json": CONTENT,
    "./exports/loose.json": CONTENT,
    "./node_modules/x/package.json": CONTENT,
    "./readme.md": b"no stack",
}
KINDS = ("a.tar", "a.tar.gz", "a.tgz", "a.tar.zst", "a.zip")
STACKS = ["shop/dev", "shop/prod", "exports/loose"]


@pytest.fixture(autouse=True)
def cleaned() -> Iterator[None]:
    yield
    archives.clean()


def tarred(members: dict[str, bytes], *more: tarfile.TarInfo) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for info in more:
            archive.addfile(info)
    return buffer.getvalue()


def archive(file: Path, members: dict[str, bytes]) -> Path:
    if file.suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
            for name, content in members.items():
                target.writestr(name, content)
        return file
    content = tarred(members)
    if file.name.endswith("gz"):
        content = gzip.compress(content)
    elif file.name.endswith("zst"):
        content = zstd.compress(content)
    file.write_bytes(content)
    return file


def read(ref: StackRef) -> bytes:
    with opening.opened(ref.location) as blocks:
        return b"".join(blocks)


def named(refs: list[StackRef]) -> list[str]:
    return [str(ref.name) or ref.identity for ref in refs]


@pytest.mark.parametrize("name", KINDS)
def test_the_stacks_in_an_archive(tmp_path: Path, name: str) -> None:
    refs = list(listing.stacks([str(archive(tmp_path / name, MEMBERS))]))
    assert named(refs) == STACKS
    assert [read(ref) for ref in refs] == [CONTENT, gzip.compress(CONTENT, mtime=0), CONTENT]
    assert refs[1].tags == {"team": "shop"}
    assert str(refs[0].location) == f"{tmp_path / name}!./.pulumi/stacks/shop/dev.json"


def test_the_archive_of_next_week_has_the_same_stacks(tmp_path: Path) -> None:
    ids = {tuple(ref.id for ref in listing.stacks([f"states={archive(tmp_path / name, MEMBERS)}"])) for name in KINDS}
    assert len(ids) == 1


@pytest.mark.parametrize("name", KINDS)
def test_an_archive_is_judged_as_its_folder(tmp_path: Path, name: str) -> None:
    truth = Fleet(tmp_path / "fleet", 7).write(3)
    members = {
        file.relative_to(tmp_path / "fleet").as_posix(): file.read_bytes()
        for file in sorted((tmp_path / "fleet").rglob("*.json"))
    }
    file = archive(tmp_path / name, members)
    assert audited(file, tmp_path / "store").judged == 3
    assert reported(tmp_path / "store") == Fleet.expected(truth)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_of_an_archive_that_is_cut_off_the_rest_is_judged(tmp_path: Path, name: str, share: float) -> None:
    noise = {f".pulumi/stacks/p/s{index}.json": CONTENT + os.urandom(3000).hex().encode() for index in range(200)}
    file = archive(tmp_path / name, noise)
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    problems: list[str] = []
    refs = list(listing.stacks([str(file)], problems.append))
    assert len(problems) == 1
    assert "cut off" in problems[0]
    if name != "a.zip":  # its directory is at its end
        assert len(noise) * share * 0.6 < len(refs) < len(noise)
        assert all(read(ref) == noise[ref.location.member] for ref in refs[:5])
    with pytest.raises(CannotJudge, match="cut off"):
        list(listing.stacks([str(file)]))


@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_archive(tmp_path: Path, name: str) -> None:
    noise = {f".pulumi/stacks/p/s{index}.json": os.urandom(3000).hex().encode() for index in range(200)}
    file = archive(tmp_path / name, noise)
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 8000] = os.urandom(8000)
    file.write_bytes(content)
    problems: list[str] = []
    refs = list(listing.stacks([str(file)], problems.append))
    good = bad = 0
    for ref in refs:
        try:
            good += read(ref) == noise[ref.location.member]
        except OSError:
            bad += 1
    assert 60 < good < 200
    assert problems or bad


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06", os.urandom(5000), b"\0" * 100])
def test_what_is_no_archive(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CannotJudge, match="cannot be listed") as error:
        list(listing.stacks([str(tmp_path / name)]))
    assert "\n" not in str(error.value)


def test_links_are_no_members_and_no_name_is_a_path(tmp_path: Path) -> None:
    hostile = []
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        info = tarfile.TarInfo(f"link{kind.decode()}.json")
        info.type, info.linkname = kind, "/etc/passwd"
        hostile.append(info)
    members = {"../../escaped.json": CONTENT, "/absolute.json": CONTENT, "a/../../b.json": CONTENT}
    (tmp_path / "in").mkdir()
    file = tmp_path / "in" / "a.tar"
    file.write_bytes(tarred(members, *hostile))
    before = sorted(tmp_path.rglob("*"))
    refs = list(listing.stacks([str(file)]))
    assert len(refs) <= len(members)
    assert {read(ref) for ref in refs} == {CONTENT}
    assert all(Path(ref.location.copy).parent.parent.name.startswith(scratch.PREFIX) for ref in refs)
    assert sorted(tmp_path.rglob("*")) == before
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        link = zipfile.ZipInfo("link.json")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    assert not list(listing.stacks([str(tmp_path / "a.zip")]))


@pytest.mark.parametrize("name", KINDS)
def test_a_bomb_is_too_large_and_the_others_are_judged(tmp_path: Path, name: str) -> None:
    members = {"bomb.json": b" " * (30 << 20), ".pulumi/stacks/p/s.json": CONTENT}
    file = archive(tmp_path / name, members)
    from stackguard.audit.request import AuditRequest
    from stackguard.audit.run import Audit, Plan
    from stackguard.gate.exemptions import Accepting
    from stackguard.sources.settings import of_target
    from tests.audit.test_run import Inline

    largest = 1 << 20
    refs = list(listing.stacks([str(file)], largest=largest))
    assert all(Path(ref.location.copy).stat().st_size <= largest + 1 for ref in refs if ref.location.copy)
    request = AuditRequest(of_target("-"), Accepting(), largest=largest)
    Audit(request, Plan((str(file),), str(tmp_path / "store")), Inline).run(refs)
    assert set(rows(tmp_path / "store", "SELECT state, reason FROM stacks")) == {
        ("failed", "too-large"),
        ("judged", ""),
    }


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_a_header_that_does_not_end_takes_no_memory(tmp_path: Path, kind: bytes) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 4 << 30
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as target:
        target.write(tarred({".pulumi/stacks/p/s.json": CONTENT})[:1024])
        target.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            target.write(b"\0" * (1 << 20))
    problems: list[str] = []
    refs = list(listing.stacks([str(tmp_path / "a.tar.gz")], problems.append))
    assert [read(ref) for ref in refs] == [CONTENT]
    assert len(problems) == 1


def test_a_member_with_two_contents_is_unreadable(tmp_path: Path) -> None:
    first, second, again = (tarred({"a.json": content}) for content in (b"1", b"2", b"1"))
    (tmp_path / "a.tar").write_bytes(first[:1024] + second[:1024] + again)
    (tmp_path / "same.tar").write_bytes(first[:1024] + again)
    for name, contents in (("b.zip", (b"1", b"2", b"1")), ("same.zip", (b"1", b"1"))):
        with zipfile.ZipFile(tmp_path / name, "w") as target, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for content in contents:
                target.writestr("a.json", content)
    for name in ("a.tar", "b.zip"):
        (ref,) = listing.stacks([str(tmp_path / name)])
        with pytest.raises(OSError, match="has it twice, with different content"):
            read(ref)
    for name in ("same.tar", "same.zip"):
        (ref,) = listing.stacks([str(tmp_path / name)])
        assert read(ref) == b"1"


def test_a_member_that_is_no_file_is_unreadable(tmp_path: Path) -> None:
    others = []
    for name, kind in (
        ("pipe.json.gz", tarfile.FIFOTYPE),
        ("device.json", tarfile.CHRTYPE),
        ("d.json", tarfile.DIRTYPE),
    ):
        others.append(tarfile.TarInfo(name))
        others[-1].type = kind
    for name in ("full.json", "pipe.d"):  # a folder with something in it, and a pipe that is not named like a stack
        others.append(tarfile.TarInfo(name))
        others[-1].type = tarfile.DIRTYPE if name == "full.json" else tarfile.FIFOTYPE
    (tmp_path / "a.tar").write_bytes(tarred({"full.json/readme.md": b"", "sound.json": CONTENT}, *others))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as target:
        for name, mode in (("pipe.json", 0o010644), ("d.json/", 0o040755), ("full.json/", 0o040755)):
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            target.writestr(info, b"")
        target.writestr("full.json/readme.md", b"")
        target.writestr("sound.json", CONTENT)
    for name, failed in (("a.tar", 3), ("b.zip", 2)):
        store = tmp_path / f"store-{name}"
        assert audited(tmp_path / name, store).failed == failed
        assert set(rows(store, "SELECT state, reason FROM stacks")) == {("failed", "unreadable"), ("judged", "")}


@pytest.mark.parametrize("name", KINDS)
def test_a_long_name_of_a_member_is_shortened(tmp_path: Path, name: str) -> None:
    (ref,) = listing.stacks([str(archive(tmp_path / name, {f"{'n' * 2000}.json": CONTENT}))])
    assert len(str(ref.location)) < len(str(tmp_path)) + 250
    assert read(ref) == CONTENT


@pytest.mark.parametrize("source", ["a.tar.gz", "a.tar.zst", "a.zip"])
def test_a_compressed_archive_named_tar_says_how_to_name_it(tmp_path: Path, source: str) -> None:
    archive(tmp_path / source, MEMBERS).rename(tmp_path / "a.tar")
    with pytest.raises(CannotJudge, match=rf"name it `\{source[1:]}`"):
        list(listing.stacks([str(tmp_path / "a.tar")]))


def test_an_encrypted_member_and_one_with_another_sum_are_unreadable(tmp_path: Path) -> None:
    file = archive(tmp_path / "a.zip", {"a.json": CONTENT, "b.json": CONTENT})
    content = bytearray(file.read_bytes())
    for start in (content.find(b"PK\x01\x02"), content.find(b"PK\x03\x04") - 2):
        content[start + 8] |= 1
    second = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 1)
    content[second + 16] ^= 0xFF
    file.write_bytes(content)
    assert audited(file, tmp_path / "store").failed == 2
    messages = rows(tmp_path / "store", "SELECT reason, message FROM stacks ORDER BY location")
    assert messages == [
        ("unreadable", "it cannot be read: it is encrypted in its archive"),
        ("unreadable", "it cannot be read: it is damaged in its archive"),
    ]


KILLED = """
import os, signal, sys
from stackguard.audit.sources import listing
for ref in listing.stacks(sys.argv[1:]):
    print(ref.location.copy, flush=True)
{end}
"""


@pytest.mark.parametrize("end", ["", "raise SystemExit(2)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_nothing_of_an_archive_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    file, temporary = archive(tmp_path / "a.tar.gz", MEMBERS), tmp_path / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-c", KILLED.format(end=end), str(file)]
    ended = subprocess.run(command, env=os.environ | {"TMPDIR": str(temporary)}, check=False, capture_output=True)
    assert ended.stdout.decode().startswith(f"{temporary}/{scratch.PREFIX}")
    assert bool([*temporary.iterdir()]) == ("SIGKILL" in end)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    list(listing.stacks([str(file)]))  # removes what is left of a process that was killed
    assert len([*temporary.iterdir()]) == 1
    archives.clean()
    assert not [*temporary.iterdir()]
