"""Who owns which stack, by rules and by CODEOWNERS files of both services."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policypack.core.stack_name import StackName
from policypack.evaluation.settings import SettingsError
from stackguard.audit import owners
from stackguard.audit.codeowners import CodeOwnersError, parsed
from stackguard.audit.owners import Owned, OwnerRule, owner_of

GITHUB = """
# whoever is last counts
*            @acme/platform
/acme/       @acme/all          # of the organization
shop/        @acme/shop @ann
docs/*       docs@example.com
/*/bank/prod @acme/bank
legacy/
my\\ app/    @acme/mine
Pulumi.prod*.yaml @acme/release
**/inner     @acme/inner
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("other/tool/dev", "@acme/platform"),
        ("acme/tool/dev", "@acme/all"),
        ("acme/shop/prod", "@acme/shop @ann"),
        ("shop/prod", "@acme/shop @ann"),
        ("docs/prod", "docs@example.com"),
        ("docs/deep/prod", "@acme/platform"),
        ("acme/docs/prod", "@acme/all"),
        ("acme/bank/prod", "@acme/bank"),
        ("acme/bank/dev", "@acme/all"),
        ("acme/legacy/prod", ""),
        ("my app/prod", "@acme/mine"),
        ("infra/shop/Pulumi.prod-eu.yaml", "@acme/release"),
        ("infra/shop/Pulumi.dev.yaml", "@acme/shop @ann"),
        ("a/b/inner/c/d", "@acme/inner"),
        ("a/shopping/c", "@acme/platform"),
        ("shop", "@acme/platform"),
    ],
)
def test_the_last_pattern_that_fits_counts(path: str, owner: str) -> None:
    assert parsed(GITHUB).of(path) == owner


GITLAB = """
* @default

[Infra][2] @infra-lead
infra/
network/ @network

^[Docs] @writers
/infra/*

[infra]
!infra/sandbox/
infra/dns/ @@developer @dns
infra/sandbox/x @late
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("infra/vpc/prod", "@default @infra-lead"),
        ("infra/prod", "@default @infra-lead @writers"),
        ("a/network/prod", "@default @network"),
        ("infra/dns/prod", "@default @@developer @dns"),
        ("infra/sandbox/x", "@default"),
        ("else", "@default"),
    ],
)
def test_each_section_has_an_owner_and_a_section_twice_is_one(path: str, owner: str) -> None:
    assert parsed(GITLAB).of(path) == owner


def test_the_services_differ_in_what_a_path_without_a_slash_before_it_means() -> None:
    assert parsed("a/b/ @one").of("x/a/b/c") is None
    assert parsed("[S]\na/b/ @one").of("x/a/b/c") == "@one"
    assert parsed("shop @one").of("acme/shop/prod") == "@one"
    assert parsed("[S]\nshop @one").of("acme/shop/prod") is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("* shop", "`shop` is no owner"),
        ("my app/ @shop", "`app/` is no owner"),
        ("[Shop", "a section is"),
        ("[] @shop", "a section is"),
        ("[Shop] team", "`team` is no owner"),
        ("a[0-9]/ @shop", "has `[`"),
        ("!shop/ @shop", "so it has no owners"),
    ],
)
def test_a_malformed_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "CODEOWNERS"
    file.write_text(f"# owners\n\n{line}\n")
    with pytest.raises(SettingsError) as error:
        owners.read(file)
    assert str(error.value).startswith(f"{file}:3: ")
    assert message in str(error.value)


def test_a_file_that_is_missing_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no CODEOWNERS file"):
        owners.read(tmp_path / "CODEOWNERS")
    (tmp_path / "CODEOWNERS").write_bytes(b"*.py @a\n" * 400_000)
    with pytest.raises(SettingsError, match="CODEOWNERS: larger than 3 MiB, which GitHub does not read either"):
        owners.read(tmp_path / "CODEOWNERS")
    (tmp_path / "CODEOWNERS").write_bytes(b"* @caf\xe9")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        owners.read(tmp_path / "CODEOWNERS")


def test_a_program_is_its_stack_file_in_its_repository_and_a_state_its_name(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    program = Owned(StackName("acme", "shop", "prod"), program=tmp_path / "infra" / "shop")
    assert program.path == "infra/shop/Pulumi.prod.yaml"
    assert Owned(StackName("acme", "shop", "prod"), program=tmp_path).path == "Pulumi.prod.yaml"
    assert Owned(StackName("acme", "shop", "prod")).path == "acme/shop/prod"
    assert Owned(StackName("", "shop", "prod")).path == "shop/prod"


def test_rules_and_files_are_read_in_order_and_the_last_one_that_fits_counts(tmp_path: Path) -> None:
    (tmp_path / "CODEOWNERS").write_text("shop/ @shop\nlegacy/\n")
    (tmp_path / "owners.yaml").write_text("owners: [{owner: finance, account: '111122223333'}]")
    rules = (
        OwnerRule("nobody"),
        *owners.read(tmp_path / "CODEOWNERS"),
        *owners.read(tmp_path / "owners.yaml"),
    )
    assert owner_of(rules, Owned(StackName("", "shop", "dev"))) == "@shop"
    assert owner_of(rules, Owned(StackName("", "shop", "dev"), ["111122223333"])) == "finance"
    assert owner_of(rules, Owned(StackName("", "else", "dev"))) == "nobody"
    assert owner_of(rules, Owned(StackName("", "legacy", "dev"))) == ""


@given(st.text(alphabet="ab*/?![]@#\\ ^.\n", max_size=60), st.text(alphabet="ab/.", min_size=1, max_size=20))
def test_any_text_is_read_or_a_line_of_it_is_named(text: str, path: str) -> None:
    line = 0
    try:
        owner = parsed(text).of(path)
    except CodeOwnersError as error:
        line, owner = error.line, None
    assert line <= text.count("\n") + 1
    assert owner is None or isinstance(owner, str)


def test_many_wildcards_are_matched() -> None:
    assert parsed(f"{'**/*a*/' * 40} @slow").of("/".join(["aaaa"] * 200 + ["b"])) == "@slow"
