"""What several stacks say together, and what looks like it and is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import Resource, Unknown
from policypack.joining.facts import JoinFacts
from policypack.joining.join import MOST_STACKS, join
from tests.joining.fleet import ACCOUNT, OTHER, deployed, facts_of, fleet, in_stack, refuted, shown, together

BUCKET = "aws:s3/bucket:Bucket"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
POLICY = "aws:iam/policy:Policy"
CLOSED = dict.fromkeys(("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"), True)
PASSING = allow(
    "iam:PassRole",
    f"arn:aws:iam::{ACCOUNT}:role/*",
    Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
)
RUNNING = allow(
    ["lambda:CreateFunction", "lambda:InvokeFunction"], f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:app-*"
)
TRUST = document(allow("sts:AssumeRole", None, Principal={"Service": "lambda.amazonaws.com"}))


def bucket(name: str = "data", partition: str = "aws") -> Resource:
    return deployed(BUCKET, "data", f"arn:{partition}:s3:::{name}", bucket=name)


def role(name: str = "worker", account: str = ACCOUNT, **inputs: Any) -> Resource:
    return deployed(ROLE, name, f"arn:aws:iam::{account}:role/{name}", name=name, assumeRolePolicy=TRUST, **inputs)


def managed(name: str, *statements: Any, account: str = ACCOUNT) -> Resource:
    arn = f"arn:aws:iam::{account}:policy/{name}"
    return deployed(POLICY, name, arn, name=name, policy=document(*statements))


def test_the_access_block_of_the_account_counts_for_buckets_of_other_stacks() -> None:
    answers = together(
        fleet(security=[deployed(ACCOUNT_BLOCK, "account", **CLOSED)], app=[bucket()], site=[bucket("site")])
    )
    assert refuted(*answers) == {
        ("app", "s3-missing-access-block"): ("security",),
        ("site", "s3-missing-access-block"): ("security",),
    }
    assert shown(answers[1]) == {}


@pytest.mark.parametrize(
    "block",
    [
        {**CLOSED, "ignorePublicAcls": False},
        {**CLOSED, "ignorePublicAcls": Unknown()},
        {},
    ],
    ids=["a switch off", "a switch unknown", "nothing set"],
)
def test_an_access_block_with_an_open_switch_refutes_nothing(block: dict[str, Any]) -> None:
    joined, answers = together(fleet(security=[deployed(ACCOUNT_BLOCK, "account", **block)], app=[bucket()]))
    assert refuted(joined, answers) == {}


def test_an_access_block_refutes_the_switches_that_it_has_on() -> None:
    off = {**CLOSED, "ignorePublicAcls": False, "blockPublicAcls": False}
    partly = {**CLOSED, "blockPublicAcls": False}
    joined, _ = together(
        fleet(
            security=[deployed(ACCOUNT_BLOCK, "account", **partly)],
            app=[bucket(), deployed(BLOCK, "data", bucket="data", **off)],
        )
    )
    assert [one.path for one in joined.refuted] == ["ignorePublicAcls"]


def test_an_access_block_of_another_account_or_of_an_unknown_one_refutes_nothing() -> None:
    block = deployed(ACCOUNT_BLOCK, "account", **CLOSED)
    elsewhere = [facts_of("security", [OTHER], block), facts_of("app", [ACCOUNT], bucket())]
    assert refuted(*together(elsewhere)) == {}
    unknown = [facts_of("security", [ACCOUNT], block), facts_of("app", [], bucket())]
    joined, answers = together(unknown)
    assert refuted(joined, answers) == {}
    assert [one.stack for one in joined.unjoined] == ["acme/app/app"]
    several = [facts_of("security", [ACCOUNT, OTHER], block), facts_of("app", [ACCOUNT], bucket())]
    assert refuted(*together(several)) == {}


def test_a_provider_states_the_account() -> None:
    provider = Resource(
        "pulumi:providers:aws",
        "other",
        {"allowedAccountIds": [OTHER]},
        urn="urn:pulumi:app::app::pulumi:providers:aws::o",
    )
    [foreign] = in_stack("app", replace(bucket(), provider=f"{provider.urn}::id"))
    block = facts_of("security", [ACCOUNT], deployed(ACCOUNT_BLOCK, "account", **CLOSED))
    app = facts_of("app", [ACCOUNT], provider, foreign)
    assert refuted(*together([block, app])) == {}


def test_two_access_blocks_of_an_account_are_contested_and_both_must_be_on() -> None:
    joined, answers = together(
        fleet(
            security=[deployed(ACCOUNT_BLOCK, "account", **CLOSED)],
            platform=[deployed(ACCOUNT_BLOCK, "account", **{**CLOSED, "blockPublicAcls": False})],
            app=[bucket()],
        )
    )
    assert refuted(joined, answers) == {}
    assert shown(answers) == {("platform", "aws-contested-resource"): ("security", "platform")}


def test_a_sidecar_of_another_stack_counts() -> None:
    answers = together(
        fleet(
            app=[bucket()],
            storage=[deployed(BLOCK, "data", bucket="data", **CLOSED)],
            versions=[
                deployed(
                    "aws:s3/bucketVersioning:BucketVersioning",
                    "data",
                    bucket="data",
                    versioningConfiguration={"status": "Enabled"},
                )
            ],
        )
    )
    assert refuted(*answers) == {
        ("app", "s3-missing-access-block"): ("app", "storage"),
        ("app", "s3-missing-versioning"): ("app", "versions"),
    }


def test_a_document_of_another_stack_opens_a_bucket_and_an_account_block_closes_it() -> None:
    opening = deployed(BUCKET_POLICY, "data", bucket="data", policy=document(allow(Principal="*")))
    _, answers = together(fleet(app=[bucket()], site=[opening]))
    [access] = [one for answer in answers for one in answer.access]
    assert (access.urn.rpartition("::")[2], access.alone, access.together) == (
        "data",
        Verdict.NOT_PUBLIC,
        Verdict.PUBLIC,
    )
    _, closed = together(fleet(app=[bucket()], site=[opening], security=[deployed(ACCOUNT_BLOCK, "account", **CLOSED)]))
    assert [one for answer in closed for one in answer.access if one.together is Verdict.PUBLIC] == []


def test_an_account_block_closes_a_public_bucket_of_another_stack() -> None:
    opening = deployed(BUCKET_POLICY, "data", bucket="data", policy=document(allow(Principal="*")))
    block = deployed(ACCOUNT_BLOCK, "account", **CLOSED)
    _, answers = together(fleet(app=[bucket(), opening], security=[block]))
    [access] = [one for answer in answers for one in answer.access]
    assert (access.alone, access.together, access.stacks) == (
        Verdict.PUBLIC,
        Verdict.NOT_PUBLIC,
        ("acme/app/app", "acme/app/security"),
    )


def test_buckets_of_one_name_in_two_partitions_are_two() -> None:
    sidecar = deployed(BLOCK, "data", bucket="data", **CLOSED, region="cn-north-1")
    joined, answers = together(fleet(app=[bucket()], china=[bucket("other", "aws-cn"), sidecar]))
    assert ("app", "s3-missing-access-block") not in refuted(joined, answers)


def test_buckets_of_one_name_in_two_accounts_are_two() -> None:
    stacks = [
        facts_of("app", [ACCOUNT], bucket()),
        facts_of("old", [OTHER], deployed(BLOCK, "data", bucket="data", **CLOSED)),
    ]
    assert refuted(*together(stacks)) == {}


def test_a_role_whose_halves_are_in_two_stacks_escalates() -> None:
    _, answers = together(
        fleet(
            identity=[role()],
            deploy=[deployed(ROLE_POLICY, "pass", role="worker", policy=document(PASSING))],
            app=[deployed(ROLE_POLICY, "run", role="worker", policy=document(RUNNING))],
        )
    )
    [decided_by] = [stacks for key, stacks in shown(answers).items() if key == ("deploy", "iam-privilege-escalation")]
    assert set(decided_by) == {"deploy", "identity", "app"}


def test_roles_of_one_name_in_two_accounts_are_two() -> None:
    stacks = [
        facts_of("one", [ACCOUNT], role(), deployed(ROLE_POLICY, "pass", role="worker", policy=document(PASSING))),
        facts_of("two", [OTHER], deployed(ROLE_POLICY, "run", role="worker", policy=document(RUNNING))),
        facts_of("three", [], deployed(ROLE_POLICY, "run", role="worker", policy=document(RUNNING))),
    ]
    joined, answers = together(stacks)
    assert shown(answers) == {}
    assert [one.stack for one in joined.unjoined] == ["acme/app/three"]


def test_a_managed_policy_of_another_stack_completes_a_way() -> None:
    policy = managed("running", RUNNING)
    inline = deployed(ROLE_POLICY, "pass", role="worker", policy=document(PASSING))
    attached = deployed(ATTACHMENT, "run", role="worker", policyArn=policy.outputs["arn"])
    _, answers = together(fleet(library=[policy], app=[role(), inline, attached]))
    assert ("app", "iam-privilege-escalation") in shown(answers)
    elsewhere = managed("running", RUNNING, account=OTHER)
    _, apart = together([facts_of("library", [OTHER], elsewhere), facts_of("app", [ACCOUNT], role(), inline, attached)])
    assert shown(apart) == {}


def test_a_boundary_of_another_stack_decides_a_way() -> None:
    boundary = managed("limit", allow("s3:*", "*"))
    inline = deployed(ROLE_POLICY, "both", role="worker", policy=document(PASSING, RUNNING))
    bounded = role(permissionsBoundary=boundary.outputs["arn"])
    joined, answers = together(fleet(security=[boundary], app=[bounded, inline]))
    assert refuted(joined, answers)["app", "iam-privilege-escalation"] == ("app", "security")
    wide = managed("limit", allow("*", "*"))
    _, open_ = together(fleet(security=[wide], app=[bounded, inline]))
    assert ("app", "iam-privilege-escalation") in shown(open_)


def test_a_policy_that_is_a_boundary_in_other_stacks_grants_nothing() -> None:
    boundary = managed("limit", allow("s3:*", "*"))
    bounded = role(permissionsBoundary=boundary.outputs["arn"])
    joined, answers = together(fleet(security=[boundary], app=[bounded]))
    assert ("security", "iam-wildcard-action") in refuted(joined, answers)
    attached = deployed(ATTACHMENT, "limit", role="worker", policyArn=boundary.outputs["arn"])
    joined, answers = together(fleet(security=[boundary], app=[bounded], other=[attached]))
    assert refuted(joined, answers) == {}


def test_two_stacks_that_manage_one_bucket_policy_contest_it() -> None:
    own = document(allow(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/a"}))
    policy = deployed(BUCKET_POLICY, "data", bucket="data", policy=own)
    _, answers = together(fleet(app=[bucket(), policy], site=[policy]))
    assert [key[1] for key in shown(answers)] == ["aws-contested-resource"]
    _, alone = together(fleet(app=[bucket(), policy], site=[bucket("site")]))
    assert shown(alone) == {}


def test_a_resource_that_a_stack_only_reads_is_the_one_of_the_other_stack() -> None:
    read = replace(bucket(), external=True)
    block = deployed(BLOCK, "data", bucket="data", **CLOSED)
    joined, answers = together(fleet(app=[bucket()], storage=[read, block]))
    assert ("app", "s3-missing-access-block") in refuted(joined, answers)


def test_what_too_many_stacks_share_is_said() -> None:
    one = facts_of("app", [ACCOUNT], bucket(), deployed(BLOCK, "data", bucket="data", **CLOSED))
    many = [msgspec.structs.replace(one, stack=f"acme/app/{number}") for number in range(MOST_STACKS + 1)]
    joined, answers = together(many)
    assert (answers, joined.unjoined[0].stacks) == ([], MOST_STACKS + 1)
    assert "bucket" in joined.unjoined[0].why


def test_facts_contain_no_secret_and_no_tag() -> None:
    secret = replace(
        role(tags={"owner": "someone"}, description="of s3cr3t-Value-1"),
        secrets=frozenset({"description"}),
    )
    copy = deployed(
        ROLE_POLICY, "copy", role="worker", policy=document(allow("s3:GetObject", "arn:aws:s3:::x/of s3cr3t-Value-1"))
    )
    encoded = msgspec.json.encode(facts_of("app", [ACCOUNT], secret, copy)).decode()
    assert "s3cr3t" not in encoded
    assert "someone" not in encoded


def test_stacks_that_share_nothing_need_no_second_pass() -> None:
    stacks = fleet(one=[bucket("one"), role("one")], two=[bucket("two"), role("two")])
    assert join(stack.links for stack in stacks).wanted == frozenset()


def test_the_order_of_stacks_changes_no_answer() -> None:
    stacks: list[JoinFacts] = fleet(
        identity=[role()],
        deploy=[deployed(ROLE_POLICY, "pass", role="worker", policy=document(PASSING))],
        app=[deployed(ROLE_POLICY, "run", role="worker", policy=document(RUNNING)), bucket()],
        security=[deployed(ACCOUNT_BLOCK, "account", **CLOSED)],
    )
    forwards, backwards = together(stacks), together(stacks[::-1])
    assert refuted(*forwards) == refuted(*backwards)
    assert shown(forwards[1]).keys() == shown(backwards[1]).keys()
