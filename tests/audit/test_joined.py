"""What several stacks say together, from planted cases and their look-alikes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from benchmarks.states import Place, State, bucket, checkpoint, first, parameter, role
from tests.audit.test_run import audited, rows

ACCOUNT, OTHER = "222233334444", "444455556666"


def place(project: str, account: str = ACCOUNT) -> Place:
    return Place("org", "team", project, "prod", account, "eu-west-1")


def write(folder: Path, where: Place, states: Iterable[State]) -> None:
    file = folder / where.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(checkpoint(where, [*first(where), *states])))


def account_block(where: Place) -> Iterable[State]:
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    inputs = {**dict.fromkeys(switches, True), "accountId": where.account}
    return [where.state("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", "block", inputs, {}, where.account)]


def grant(where: Place, role_name: str, action: str) -> State:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    inputs = {"name": action.replace(":", "-"), "role": role_name, "policy": json.dumps(document)}
    name = action.replace(":", "-").lower()
    return where.state("aws:iam/rolePolicy:RolePolicy", name, inputs, {}, f"{role_name}:{name}")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    folder = tmp_path / "fleet"
    write(folder, place("security"), account_block(place("security")))
    for account in (ACCOUNT, OTHER):
        where = place(f"shop-{account}", account)
        write(folder, where, [*bucket(where, 1, block=False), *parameter(where, 2)])
    for account in (ACCOUNT, OTHER):
        deploy, extra = place(f"deploy-{account}", account), place(f"extra-{account}")
        name = "deployer"
        parts = [
            part if part["type"] != "aws:iam/role:Role" else _named(part, name, account) for part in role(deploy, 1)
        ]
        write(folder, deploy, [parts[0], grant(deploy, name, "iam:PassRole")])
        arn = f"arn:aws:iam::{ACCOUNT}:role/marker"
        marker = extra.state("aws:iam/role:Role", "marker", {"name": "marker", "assumeRolePolicy": "{}"}, {"arn": arn})
        if account == ACCOUNT:
            write(
                folder,
                extra,
                [
                    marker,
                    *(grant(extra, name, action) for action in ("lambda:CreateFunction", "lambda:InvokeFunction")),
                ],
            )
    return folder


def _named(part: State, name: str, account: str) -> State:
    arn = f"arn:aws:iam::{account}:role/{name}"
    return part | {
        "id": name,
        "inputs": part["inputs"] | {"name": name},
        "outputs": part["outputs"] | {"name": name, "arn": arn},
    }


def test_the_block_of_the_account_in_another_stack_answers_for_its_buckets_only(fleet: Path, tmp_path: Path) -> None:
    audited(fleet, tmp_path / "store")
    missing = "SELECT project, status FROM violations WHERE policy = 's3-missing-access-block' ORDER BY project"
    assert rows(tmp_path / "store", missing) == [(f"shop-{ACCOUNT}", "refuted"), (f"shop-{OTHER}", "open")]
    ((stacks,),) = rows(tmp_path / "store", "SELECT stacks FROM joined WHERE effect = 'refuted'")
    assert "security/prod" in stacks


def test_a_role_in_two_stacks_escalates_and_its_namesake_in_another_account_does_not(
    fleet: Path, tmp_path: Path
) -> None:
    audited(fleet, tmp_path / "store")
    together = "SELECT DISTINCT stacks FROM joined WHERE effect = 'shown' AND policy = 'iam-privilege-escalation'"
    ((stacks,),) = rows(tmp_path / "store", together)
    assert sorted(stacks) == [f"deploy-{ACCOUNT}/prod", f"extra-{ACCOUNT}/prod"]
    projects = "SELECT DISTINCT project FROM violations WHERE policy = 'iam-privilege-escalation' AND status = 'open'"
    assert {project for (project,) in rows(tmp_path / "store", projects)} <= {f"deploy-{ACCOUNT}", f"extra-{ACCOUNT}"}


def test_what_is_judged_together_is_carried_over_until_a_part_of_it_changes(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited(fleet, tmp_path / "store")
    before = rows(tmp_path / "store", "SELECT * EXCLUDE run FROM joined ORDER BY ALL")
    monkeypatch.setattr("policypack.joining.rejudging.rejudge", None)  # a call would be a crash
    audited(fleet, tmp_path / "store")
    assert rows(tmp_path / "store", "SELECT * EXCLUDE run FROM joined ORDER BY ALL") == before
    assert rows(tmp_path / "store", "SELECT count(*) FROM violations WHERE status = 'fixed'") == [(0,)]


def test_a_violation_is_open_again_once_the_block_is_gone(fleet: Path, tmp_path: Path) -> None:
    audited(fleet, tmp_path / "store")
    where = place("security")
    write(fleet, where, ())
    audited(fleet, tmp_path / "store")
    missing = "SELECT DISTINCT status FROM violations WHERE policy = 's3-missing-access-block'"
    assert rows(tmp_path / "store", missing) == [("open",)]
