"""Which files of a source are stacks, by the layouts of Pulumi's own backends."""

from __future__ import annotations

import contextlib
import errno
import gzip
import json
import os
import socket
from pathlib import Path

import pytest
from backports import zstd

from stackguard.audit.sources import listing, opening
from stackguard.errors import CannotJudge

CONTENT = b'{"version": 3, "checkpoint": {"latest": {"resources": []}}}'


def write(root: Path, *names: str, content: bytes = CONTENT) -> None:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def names(*sources: str) -> list[str]:
    return [str(ref) for ref in listing.stacks(sources)]


def test_both_layouts_of_a_backend_and_nothing_else_of_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        ".pulumi/meta.yaml",
        ".pulumi/stacks/shop/dev.json",
        ".pulumi/stacks/shop/prod.json.gz",
        ".pulumi/stacks/shop/test.json.zst",
        ".pulumi/stacks/old.json",
        ".pulumi/stacks/shop/dev.json.bak",
        ".pulumi/stacks/shop/dev.json.attrs",
        ".pulumi/stacks/shop/deep/er.json",
        ".pulumi/stacks/not a name/dev.json",
        ".pulumi/backups/shop/dev/dev.1700000000.json",
        ".pulumi/history/shop/dev/dev-1.checkpoint.json",
        ".pulumi/locks/organization/shop/dev/1.json",
        ".pulumi/journal/shop/dev/1.json",
    )
    assert names(str(tmp_path)) == ["old", "shop/dev", "shop/prod", "shop/test"]


@pytest.mark.parametrize("part", ["", ".pulumi", ".pulumi/stacks", ".pulumi/stacks/shop"])
def test_a_part_of_a_backend_has_the_same_identity(tmp_path: Path, part: str) -> None:
    write(tmp_path, ".pulumi/stacks/shop/dev.json")
    (whole,) = listing.stacks([str(tmp_path)])
    (ref,) = listing.stacks([str(tmp_path / part)])
    assert ref.id == whole.id


def test_of_two_forms_the_newest_counts_once(tmp_path: Path) -> None:
    write(tmp_path, ".pulumi/stacks/shop/dev.json", ".pulumi/stacks/shop/dev.json.gz")
    os.utime(tmp_path / ".pulumi/stacks/shop/dev.json", (1, 1))
    (ref,) = listing.stacks([str(tmp_path)])
    assert ref.location.url.endswith(".gz")


def test_equal_names_in_two_backends_are_two_stacks(tmp_path: Path) -> None:
    write(tmp_path, "one/.pulumi/stacks/shop/dev.json", "two/.pulumi/stacks/shop/dev.json")
    assert len({ref.id for ref in listing.stacks([str(tmp_path)])}) == 2


def test_a_named_source_keeps_its_identity_where_it_moves(tmp_path: Path) -> None:
    write(tmp_path, "monday/a/x.json", "tuesday/a/x.json")
    (monday,), (tuesday,) = (list(listing.stacks([f"nightly={tmp_path / day}"])) for day in ("monday", "tuesday"))
    assert monday.id == tuesday.id


def test_the_tags_of_a_stack(tmp_path: Path) -> None:
    write(tmp_path, ".pulumi/stacks/shop/dev.json")
    tags = json.dumps({"version": 1, "tags": {"team": "shop"}}).encode()
    write(tmp_path, ".pulumi/stacks/shop/dev.pulumi-tags", content=tags)
    (ref,) = listing.stacks([str(tmp_path)])
    assert ref.tags == {"team": "shop"}


def test_loose_files_but_none_that_are_installed_or_hidden(tmp_path: Path) -> None:
    write(tmp_path, "exports/a.json", "exports/b.json.gz", "node_modules/x/package.json", ".cache/c.json", "notes.txt")
    assert [Path(ref.location.url).name for ref in listing.stacks([str(tmp_path)])] == ["a.json", "b.json.gz"]


def test_a_list_of_sources(tmp_path: Path) -> None:
    write(tmp_path, "one/.pulumi/stacks/shop/dev.json", "two/.pulumi/stacks/blog/dev.json")
    (tmp_path / "list").write_text(f"# ours\n{tmp_path / 'one'}\n\n{tmp_path / 'two'}\n")
    assert names(f"@{tmp_path / 'list'}") == ["shop/dev", "blog/dev"]


@pytest.mark.parametrize("source", ["missing", "@missing", "ftp://host/x"])
def test_what_cannot_be_a_source(source: str) -> None:
    with pytest.raises(CannotJudge, match=r"missing|ftp"):
        names(source)


@pytest.mark.parametrize("source", ["[" * 20_000, "x" * 300, "nul\0"])
def test_a_source_that_is_no_path_is_one_line(source: str) -> None:
    with pytest.raises(CannotJudge) as error:
        names(source)
    assert len(error.value.message) < 500


@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, 5_000_000])
def test_zstd_in_frames_of_any_size(tmp_path: Path, frames: int, size: int) -> None:
    text = os.urandom(size // 2) + b"a" * (size // 2)
    file = tmp_path / "x.json.zst"
    file.write_bytes(zstd.compress(text) * frames)
    (ref,) = listing.stacks([str(tmp_path)])
    with opening.opened(ref.location) as blocks:
        assert b"".join(blocks) == text * frames


@pytest.mark.parametrize("cut", [-1, 9])
def test_zstd_that_is_cut_off(tmp_path: Path, cut: int) -> None:
    (tmp_path / "x.json.zst").write_bytes(zstd.compress(CONTENT * 100)[:cut])
    (ref,) = listing.stacks([str(tmp_path)])
    with pytest.raises(OSError, match="ends in the middle"), opening.opened(ref.location) as blocks:
        b"".join(blocks)


def test_gzip_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x.json.gz").write_bytes(gzip.compress(CONTENT))
    (ref,) = listing.stacks([str(tmp_path)])
    with opening.opened(ref.location) as blocks:
        assert b"".join(blocks) == gzip.compress(CONTENT)


@pytest.mark.parametrize("name", ["a\nb.json", ".pulumi/../c\r\n.json.gz", "\x1b[0m.json", "\u2028.json"])
def test_a_file_with_any_name_is_a_stack(tmp_path: Path, name: str) -> None:
    (tmp_path / ".pulumi").mkdir()
    write(tmp_path, name)
    assert len(names(str(tmp_path))) == 1


def test_what_one_link_leads_to_hides_no_other_stack(tmp_path: Path) -> None:
    write(tmp_path, "a.json", "below/c.json")
    (tmp_path / "circle.json").symlink_to("circle.json")
    (tmp_path / "gone.json").symlink_to("removed.json")
    (tmp_path / "note.txt").symlink_to("nowhere")
    found = {ref.identity: ref for ref in listing.stacks([str(tmp_path)])}
    assert sorted(found) == ["a", "below/c", "circle", "gone"]
    for name in ("circle", "gone"):
        with (
            pytest.raises(OSError, match=r"symbolic links|No such file"),
            opening.opened(found[name].location) as blocks,
        ):
            list(blocks)


def test_what_is_no_file_and_named_like_a_stack_fails(tmp_path: Path) -> None:
    write(tmp_path, ".pulumi/stacks/shop/prod.json", ".pulumi/stacks/shop/inner.json/readme.md")
    write(tmp_path, ".pulumi/stacks/site.json/dev.json", "loose.json/notes.txt")  # a project may be named so
    (tmp_path / ".pulumi/stacks/shop/empty.json").mkdir()
    (tmp_path / "link.json").symlink_to(tmp_path / "loose.json")
    os.mkfifo(tmp_path / ".pulumi/stacks/shop/dev.json.gz")
    os.mkfifo(tmp_path / "loose-pipe.json.zst")
    os.mkfifo(tmp_path / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as listening:
        with contextlib.chdir(tmp_path):  # a path of a socket is short
            listening.bind("socket.json")
        found = list(listing.stacks([str(tmp_path)]))
    problems = {str(ref).removeprefix(f"{tmp_path}/"): ref.location.problem for ref in found}
    assert problems == {
        "shop/dev": "it is a pipe, not a file",
        "shop/empty": "it is a folder, not a file",
        "shop/inner": "it is a folder, not a file",
        "shop/prod": "",
        "site.json/dev": "",
        "link.json": "it is a folder, not a file",
        "loose-pipe.json.zst": "it is a pipe, not a file",
        "socket.json": "it is a socket, not a file",
    }


def test_a_source_that_is_a_pipe_fails_and_others_do_not(tmp_path: Path) -> None:
    write(tmp_path, "sound.json")
    os.mkfifo(tmp_path / "pipe.json")
    os.mkfifo(tmp_path / "pipe.tar")
    (tmp_path / "list").write_text("".join(f"{tmp_path / name}\n" for name in ("pipe.json", "pipe.tar", "sound.json")))
    found = list(listing.stacks([f"@{tmp_path / 'list'}"]))
    assert [bool(ref.location.problem) for ref in found] == [True, True, False]
    with pytest.raises(OSError, match="it is a pipe"), opening.opened(found[0].location):
        pass


def test_tags_that_cannot_be_read_hide_no_stack(tmp_path: Path) -> None:
    write(tmp_path, ".pulumi/stacks/shop/dev.json", ".pulumi/stacks/shop/prod.json")
    (tmp_path / ".pulumi/stacks/shop/dev.pulumi-tags").symlink_to("dev.pulumi-tags")
    problems: list[str] = []
    assert [str(ref) for ref in listing.stacks([str(tmp_path)], problems.append)] == ["shop/dev", "shop/prod"]
    assert len(problems) == 1
    assert "dev.pulumi-tags` cannot be listed: too many levels of symbolic links" in problems[0]


def test_a_folder_that_cannot_be_listed_hides_no_other_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "closed/a.json", "open/b.json")
    real = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)  # the root user may list everything
    problems: list[str] = []
    assert [ref.identity for ref in listing.stacks([str(tmp_path)], problems.append)] == ["open/b"]
    assert problems == [f"`{tmp_path}/closed` cannot be listed: permission denied"]
