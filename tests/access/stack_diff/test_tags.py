"""Tags that changed: what conditions on them newly allow is new access, and what sessions or nothing decides is not."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.access.solver.verdict import Verdict
from policypack.core.examples import allow, document
from policypack.core.policy import UNKNOWN, Resource, Unknown
from tests.access.stacks import gains

Resources = tuple[Resource, ...]
Tags = dict[str, Any] | Unknown | None
FINANCE = {"StringEquals": {"aws:PrincipalTag/team": "finance"}}
ACCOUNT = "111122223333"
SECRET_ARN = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:db-AbCdEf"


def _made(kind: str, called: str, arn: str = "", /, **inputs: Any) -> Resource:
    return Resource(f"aws:{kind}", called, inputs, outputs={**inputs, **({"arn": arn} if arn else {})})


def _role(tags: Tags, *statements: Any, trust: tuple[str, ...] = ("sts:AssumeRole",)) -> Resources:
    named = {"tags": tags} if tags is not None else {}
    trusted = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": [*trust], "Principal": {"Service": "lambda.amazonaws.com"}}],
    }
    return (
        _made("iam/role:Role", "worker", name="worker", assumeRolePolicy=trusted, **named),
        _made("iam/rolePolicy:RolePolicy", "worker", role="worker", policy=document(*statements)),
    )


def _reads(**condition: Any) -> dict[str, Any]:
    return allow("s3:GetObject", "arn:aws:s3:::acme-data/*", Condition=condition or FINANCE)


def _member(tags: Tags) -> Resources:
    return (
        _made("iam/user:User", "ana", name="ana", tags=tags),
        _made("iam/group:Group", "devs", name="devs"),
        _made("iam/groupPolicy:GroupPolicy", "devs", group="devs", policy=document(_reads())),
        _made("iam/groupMembership:GroupMembership", "devs", group="devs", users=["ana"]),
    )


def _secret(tags: Tags, condition: dict[str, Any], action: str = "secretsmanager:GetSecretValue") -> Resources:
    return (
        _made("secretsmanager/secret:Secret", "db", SECRET_ARN, name="db", tags=tags),
        *_role(None, allow(action, "*", Condition=condition)),
    )


def _owned(key: str = "aws:ResourceTag/team") -> dict[str, Any]:
    return {"StringEquals": {key: "finance"}}


OWN_FOLDER = allow("s3:GetObject", "arn:aws:s3:::acme-data/${aws:PrincipalTag/team}/*")
DENIED = (
    allow("s3:GetObject", "arn:aws:s3:::acme-data/*"),
    {
        "Effect": "Deny",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalTag/team": "finance"}},
    },
)
WEB, BOOKS = {"team": "web"}, {"team": "finance"}
NEW: dict[str, tuple[Resources, Resources]] = {
    "a role's tag": (_role(WEB, _reads()), _role(BOOKS, _reads())),
    "a role's first tag": (_role(None, _reads()), _role(BOOKS, _reads())),
    "a user's tag, by a group": (_member({}), _member(BOOKS)),
    "a role's folder": (_role(WEB, OWN_FOLDER), _role(BOOKS, OWN_FOLDER)),
    "a denial of others": (_role(WEB, *DENIED), _role(BOOKS, *DENIED)),
    "a tag that is gone": (
        _role({"quarantine": "yes"}, _reads(Null={"aws:PrincipalTag/quarantine": "true"})),
        _role({}, _reads(Null={"aws:PrincipalTag/quarantine": "true"})),
    ),
    "a key in other letters": (
        _role({"Team": "web"}, _reads()),
        _role({"Team": "finance"}, _reads()),
    ),
    "a pattern": (
        _role(WEB, _reads(StringLike={"aws:PrincipalTag/team": "fin*"})),
        _role(BOOKS, _reads(StringLike={"aws:PrincipalTag/team": "fin*"})),
    ),
    "a secret's tag": (_secret(WEB, _owned()), _secret(BOOKS, _owned())),
    "a secret's tag by the key of its service": (
        _secret(WEB, _owned("secretsmanager:ResourceTag/team")),
        _secret(BOOKS, _owned("secretsmanager:ResourceTag/team")),
    ),
    "a secret's first tag": (_secret({}, _owned()), _secret(BOOKS, _owned())),
}


@pytest.mark.parametrize(("old", "new"), NEW.values(), ids=NEW)
def test_a_tag_that_meets_a_condition_is_new_access(old: Resources, new: Resources) -> None:
    assert {gain.answer.verdict for gain in gains(new, old)} == {Verdict.NEW_ACCESS}
    assert gains(new, new) == gains(old, old) == []


NARROWER = [name for name in NEW if name != "a role's folder"]


@pytest.mark.parametrize("name", NARROWER)
def test_a_tag_that_meets_it_no_longer_is_not(name: str) -> None:
    old, new = NEW[name]
    assert gains(old, new) == []


TAGGING = ("sts:AssumeRole", "sts:TagSession")
NONE: dict[str, tuple[Resources, Resources]] = {
    "sessions with tags": (_role(WEB, _reads(), trust=TAGGING), _role(BOOKS, _reads(), trust=TAGGING)),
    "sessions with any action": (_role(WEB, _reads(), trust=("sts:*",)), _role(BOOKS, _reads(), trust=("sts:*",))),
    "tags that are unknown": (_role(WEB, _reads()), _role(UNKNOWN, _reads())),
    "a tag that is unknown": (_role(WEB, _reads()), _role({"team": UNKNOWN}, _reads())),
    "a tag that nothing reads": (_role({"cost": "1"}, _reads()), _role({"cost": "2"}, _reads())),
    "another value that is not meant": (_role(WEB, _reads()), _role({"team": "shop"}, _reads())),
    "a tag and its condition": (
        _role(WEB, _reads(StringEquals={"aws:PrincipalTag/team": "web"})),
        _role({"team": "site"}, _reads(StringEquals={"aws:PrincipalTag/team": "site"})),
    ),
    "a secret that the role reads anyway": (_secret(WEB, {}), _secret(BOOKS, {})),
    "a secret's other tag": (_secret({"cost": "1"}, _owned()), _secret({"cost": "2"}, _owned())),
    "a tag of another kind of resource": (
        _secret(WEB, _owned(), "kms:Decrypt"),
        _secret(BOOKS, _owned(), "kms:Decrypt"),
    ),
    "a secret's unknown tags": (_secret(WEB, _owned()), _secret(UNKNOWN, _owned())),
}


@pytest.mark.parametrize(("old", "new"), NONE.values(), ids=NONE)
def test_a_tag_that_decides_nothing_is_not(old: Resources, new: Resources) -> None:
    assert gains(new, old) == []


def test_the_reason_names_the_resource_whose_tags_changed() -> None:
    (gain,) = gains(_secret(BOOKS, _owned()), _secret(WEB, _owned()))
    assert gain.answer.why == "the tags of `db` now meet the condition"
    assert gain.answer.witness is not None
    assert gain.answer.witness.resource.startswith(SECRET_ARN)
    assert gain.by.type == "aws:iam/rolePolicy:RolePolicy"


def test_default_tags_of_a_provider_count() -> None:
    def side(team: str) -> Resources:
        provider = Resource("pulumi:providers:aws", "default", {"defaultTags": {"tags": {"team": team}}})
        role, policy = _role(None, _reads())
        return (
            provider,
            Resource(role.type, role.name, role.inputs, outputs=role.outputs, provider=provider.urn),
            policy,
        )

    assert {gain.answer.verdict for gain in gains(side("finance"), side("web"))} == {Verdict.NEW_ACCESS}
    assert gains(side("web"), side("finance")) == []
