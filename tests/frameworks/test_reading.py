"""Frameworks of a team's own: what fits is read, what does not is one line with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from policypack.frameworks.model import Check, FrameworkError
from policypack.frameworks.reading import load
from policypack.policies import POLICIES

HEAD = "id: acme\ntitle: Acme's baseline\nrequirements:\n"


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(
        f"{HEAD}"
        "  - {id: '1.10', title: buckets are private, policies: [s3-public-acl, iam-public-policy]}\n"
        "  - id: two\n"
        "    title: queues are encrypted\n"
        "    policies:\n"
        "      - {policy: sqs-missing-encryption, types: ['aws:sqs/'], partly: true}\n"
        "  - {id: three, title: staff is trained}\n"
    )
    (framework,) = load([str(file)], POLICIES)
    first, second, third = framework.requirements
    assert first.checks == (Check("s3-public-acl"), Check("iam-public-policy"))
    assert second.checks == (Check("sqs-missing-encryption", partly=True, types=("aws:sqs/",)),)
    assert third.checks == ()
    assert [framework.whole(requirement) for requirement in framework.requirements] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file must be a mapping"),
        ("id: [\n", ":1: malformed YAML"),
        ("id: acme\nrequirements: [{id: a, title: one}]\n", "the file needs `title`"),
        (f"{HEAD}  []\n", "`requirements` does not fit"),
        (
            f"{HEAD}  - {{id: 1.1, title: one}}\n",
            ":4: `requirements[0].id` must be a text; put it in quotes",
        ),
        (f"{HEAD}  - {{id: a, title: one}}\n  - {{id: a, title: two}}\n", ":5: there are two requirements `a`"),
        (f"{HEAD}  - {{id: a b, title: one}}\n", ":4: `requirements[0].id` does not fit"),
        (f"{HEAD}  - {{id: a}}\n", ":4: `requirements[0]` needs `title`"),
        (
            f"{HEAD}  - {{id: a, title: one, policys: []}}\n",
            "`requirements[0]` has no key `policys`; did you mean `policies`?",
        ),
        (
            f"{HEAD}  - id: a\n    title: one\n    policies:\n      - s3-public-acls\n",
            ":7: there is no policy `s3-public-acls`; did you mean `s3-public-acl`",
        ),
        (f"{HEAD}  - {{id: a, title: one, policies: [{{polcy: x}}]}}\n", "`requirements[0].policies[0]`"),
        (
            f"{HEAD}  - {{id: a, title: one, policies: [zzz]}}\n",
            "there is no policy `zzz`; `stackguard explain` lists them",
        ),
        ("id: aws-fsbp\ntitle: t\nrequirements: [{id: a, title: one}]\n", ":1: `aws-fsbp` is a published framework"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(text)
    with pytest.raises(FrameworkError) as error:
        load([str(file)], POLICIES)
    assert message in str(error.value)
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def test_a_name_that_is_none_is_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FrameworkError, match=r"there is no framework `aws-fsb`, .* did you mean `aws-fsbp`"):
        load(["aws-fsb"], POLICIES)
    with pytest.raises(FrameworkError, match=r"there are `aws-fsbp`, `cis-aws-5\.0`, `nist-800-53-r5`"):
        load(["soc2"], POLICIES)
    with pytest.raises(FrameworkError, match="cannot be read"):
        load(["."], POLICIES)


def test_two_files_have_ids_of_their_own(tmp_path: Path) -> None:
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        file.write_text(f"{HEAD}  - {{id: a, title: one}}\n")
    with pytest.raises(FrameworkError, match="2 frameworks have the id `acme`"):
        load([str(file) for file in files], POLICIES)
    assert len(load([str(files[0])] * 2, POLICIES)) == 1


def test_policies_of_packs_are_not_known_before_they_start(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(f"{HEAD}  - {{id: a, title: one, policies: [owner-tag]}}\n")
    (framework,) = load([str(file)], POLICIES, closed=False)
    assert framework.requirements[0].checks == (Check("owner-tag"),)
