"""Which stacks a command line asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackguard.errors import CannotJudge
from stackguard.gate.stacks import Selection, expand

ALL = Selection(all=True)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two projects with three stacks each and one with none, shared code, and other people's projects."""
    monkeypatch.chdir(tmp_path)
    for folder, name in (("infra/shop", "shop"), ("infra/bill", "bill"), ("infra/deep/er", "net")):
        Path(folder).mkdir(parents=True)
        Path(folder, "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
    for stack in ("dev", "prod-eu", "prod-us"):
        Path("infra/shop", f"Pulumi.{stack}.yaml").touch()
        Path("infra/bill", f"Pulumi.{stack}.yaml").touch()
    Path("infra/shop/app").mkdir()
    for other in ("node_modules", ".venv", "venv", ".git", "site-packages", "env"):
        Path("infra", other, "x").mkdir(parents=True)
        Path("infra", other, "x", "Pulumi.yaml").write_text("name: foreign\nruntime: python\n")
    Path("infra/env/pyvenv.cfg").touch()
    Path("infra/venv/pyvenv.cfg").touch()
    Path("infra/common").mkdir()
    Path("infra/README.md").touch()
    Path("prod.json").touch()
    return tmp_path


def asked(*targets: str, selection: Selection = Selection()) -> list[tuple[str, str | None]]:  # noqa: B008 (frozen)
    expansion = expand(targets, selection)
    assert expansion.several
    return [(stack.target, stack.stack) for stack in expansion.stacks]


@pytest.mark.parametrize(
    ("targets", "selection"),
    [
        (("infra/shop",), Selection()),
        (("infra/shop",), Selection(("prod-eu",))),
        (("infra/shop/app",), Selection(("acme/shop/prod-eu",))),
        (("prod.json",), Selection()),
        (("-",), Selection()),
        (("missing",), Selection()),
        (("infra/common/../shop",), Selection()),
    ],
)
def test_one_target_is_judged_as_before(targets: tuple[str, ...], selection: Selection) -> None:
    expansion = expand(targets, selection)
    assert not expansion.several
    (stack,) = expansion.stacks
    assert (stack.target, stack.stack) == (targets[0], selection.only)


@pytest.mark.parametrize(
    ("targets", "selection", "expected"),
    [
        (("infra/shop", "infra/bill"), Selection(), [("infra/shop", None), ("infra/bill", None)]),
        (("infra/shop", "prod.json"), Selection(), [("infra/shop", None), ("prod.json", None)]),
        (("infra/shop", "infra/shop/", "infra/shop/app"), Selection(), [("infra/shop", None)]),
        (("infra",), Selection(), [("infra/bill", None), ("infra/deep/er", None), ("infra/shop", None)]),
        (("infra/*",), Selection(), [("infra/bill", None), ("infra/deep/er", None), ("infra/shop", None)]),
        (("infra/shop",), ALL, [("infra/shop", stack) for stack in ("dev", "prod-eu", "prod-us")]),
        (("infra/deep",), ALL, [("infra/deep/er", None)]),
        (("infra/shop",), Selection(("prod*",)), [("infra/shop", "prod-eu"), ("infra/shop", "prod-us")]),
        (("infra/shop",), Selection(("prod-us", "dev")), [("infra/shop", "prod-us"), ("infra/shop", "dev")]),
        (("infra/shop",), Selection(("prod*", "prod-eu")), [("infra/shop", "prod-eu"), ("infra/shop", "prod-us")]),
        (("infra",), Selection(("shop/prod*",)), [("infra/shop", "prod-eu"), ("infra/shop", "prod-us")]),
        (("infra/shop", "infra/bill"), Selection(("acme/bill/dev",)), [("infra/bill", "acme/bill/dev")]),
        (("infra/shop", "infra/deep"), Selection(("dev",)), [("infra/shop", "dev"), ("infra/deep/er", "dev")]),
    ],
)
def test_several_stacks(targets: tuple[str, ...], selection: Selection, expected: list[tuple[str, str | None]]) -> None:
    assert asked(*targets, selection=selection) == expected


def test_a_folder_in_a_project_does_not_hold_projects(repository: Path) -> None:
    (repository / "Pulumi.yaml").write_text("name: root\nruntime: python\n")
    assert not expand(["infra"], Selection()).several


def test_stacks_are_named_before_they_run() -> None:
    names = [str(stack) for stack in expand(["infra"], Selection(("prod-eu",))).stacks]
    assert names == ["bill/prod-eu", "net/prod-eu", "shop/prod-eu"]


def test_what_is_left_out_is_noted() -> None:
    targets = sorted(str(path) for path in Path("infra").iterdir() if not path.name.startswith("."))
    notes = expand(targets, Selection(("dev",))).notes
    assert "`infra/README.md` is no program, export or preview, and was not judged" in notes
    assert "`infra/common` has no `Pulumi.yaml` of its own, in it or below, and was not judged" in notes
    assert expand(["infra/shop", "infra/bill"], Selection(("shop/*",))).notes == (
        "`infra/bill` has no stack that fits `--stack shop/*`, and was not judged",
    )


def test_a_missing_target_and_a_broken_project_are_judged_so_that_they_fail(repository: Path) -> None:
    (repository / "infra/shop/Pulumi.yaml").write_text("name: [")
    assert asked("missing", "infra/common", "infra/README.md") == [
        ("missing", None),
        ("infra/common", None),
        ("infra/README.md", None),
    ]
    assert asked("missing", "infra/shop", selection=ALL) == [("missing", None), ("infra/shop", None)]


@pytest.mark.parametrize(
    ("targets", "selection", "message"),
    [
        (("infra",), Selection(("pord-eu",)), "no stack fits `--stack pord-eu`; did you mean `prod-eu`?"),
        (("infra",), Selection(("shpo/*",)), "no stack fits `--stack shpo/*`; these have a file: bill/dev, "),
        (("infra/deep",), Selection(("prod*",)), "no stack fits `--stack prod*`; no stack has a file"),
        (("infra/x*",), Selection(), "no folder or file fits `infra/x*`"),
    ],
)
def test_a_pattern_that_fits_nothing(targets: tuple[str, ...], selection: Selection, message: str) -> None:
    with pytest.raises(CannotJudge) as caught:
        expand(targets, selection)
    assert message in caught.value.message


def test_a_folder_is_no_virtual_environment_by_its_name() -> None:
    Path("infra/venv/pyvenv.cfg").unlink()
    assert ("infra/venv/x", None) in asked("infra")


def test_a_repository_inside_a_repository_is_named_and_not_judged() -> None:
    Path(".git").mkdir()
    Path("infra/deep/.git").write_text("gitdir: ../../.git/modules/deep\n")  # a submodule
    Path("infra/common/.git").mkdir()  # it has no project
    expansion = expand(["infra"], Selection())
    assert [stack.target for stack in expansion.stacks] == ["infra/bill", "infra/shop"]
    assert expansion.notes == ("`infra/deep` is a repository of its own, and was not judged; give it as a target",)
    assert asked("infra/deep") == [("infra/deep/er", None)]


def test_below_a_folder_of_no_repository_every_repository_is_judged() -> None:
    Path("infra/deep/.git").mkdir()
    Path("infra/.git/HEAD").touch()
    assert ("infra/deep/er", None) not in asked("infra")
    Path("infra/.git").rename("elsewhere")
    assert ("infra/deep/er", None) in asked("infra")
