"""Documents of different kinds together, against the slow evaluator and AWS's rules in one account and across two."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policypack.access.bounds import Bound
from policypack.access.diff import Access, access, newly
from policypack.access.request import Caller
from policypack.access.together import across_accounts, within_account
from policypack.aws.grammar import parse
from policypack.aws.tables import DocumentKind
from tests.access.drawing import ACCOUNT, ROLE, documents, sampled
from tests.access.reference import Asked, applies
from tests.access.test_diff_oracle import SLOWLY, TRIED, asked
from tests.policies.helpers import allow, deny, document

WHO = Caller("AWS", ROLE, (ROLE,), ACCOUNT)
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
NOTHING = Access(())


def identity(raw: Any) -> Access:
    return access([parse(raw, DocumentKind.IDENTITY, "aws:iam/policy:Policy")], Bound.LEAST)


def resource(raw: Any) -> Access:
    return access([parse(raw, DocumentKind.RESOURCE, "aws:s3/bucketPolicy:BucketPolicy")], Bound.LEAST)


def effects(raw: Any, request: Asked) -> set[str]:
    return {each["Effect"] for each in raw["Statement"] if applies(raw, each, request)}


def directly(raw: Any, request: Asked) -> bool:
    """Whether a resource's document allows the caller by its own name, and not by its account's."""
    nameless = Asked(request.kind, request.names, None, request.action, request.resource, request.context)
    return "Allow" in effects(
        {**raw, "Statement": [each for each in raw["Statement"] if "Principal" in each or "NotPrincipal" not in each]},
        nameless,
    ) or any(
        each["Effect"] == "Allow" and "NotPrincipal" in each and applies(raw, each, request)
        for each in raw["Statement"]
    )


def as_role(request: Asked) -> Asked:
    context = {**request.context, "aws:principalarn": (ROLE,)}
    for key in ("aws:sourceaccount", "aws:sourcearn"):
        context.pop(key, None)
    if "aws:sourcevpce" in context:
        context.pop("aws:sourceip", None)
    return Asked("AWS", (ROLE,), ACCOUNT, request.action, request.resource, context)


@SLOWLY
@given(
    documents(principals=False),
    documents(principals=False),
    documents(principals=True),
    st.integers(),
)
def test_what_a_role_may_do(own: Any, limit: Any, theirs: Any, seed: int) -> None:
    both = across_accounts(identity(own), resource(theirs), identity(limit))
    one = within_account(identity(own), resource(theirs), identity(limit), role=True)

    def across(request: Asked) -> bool:
        found = [effects(each, request) for each in (own, limit, theirs)]
        return all("Allow" in each for each in found) and not any("Deny" in each for each in found)

    def inside(request: Asked) -> bool:
        mine, most, others = (effects(each, request) for each in (own, limit, theirs))
        granted = "Allow" in mine or directly(theirs, request)
        return granted and "Allow" in most and not any("Deny" in each for each in (mine, most, others))

    for combined, evaluated in ((both, across), (one, inside)):
        found = newly(combined, NOTHING, attached=False, who=WHO)
        if found is not None:
            assert evaluated(asked(found[0])), found[0]
        else:
            chance = Random(seed)
            assert not any(evaluated(as_role(sampled(chance, principals=True))) for _ in range(TRIED))


def may(combined: Access, who: Caller = WHO) -> bool:
    return newly(combined, NOTHING, attached=False, who=who) is not None


def test_an_account_is_only_asked_for_its_consent() -> None:
    mine = identity(document(allow("s3:PutObject")))
    account = resource(document(allow(Principal={"AWS": ACCOUNT})))
    role = resource(document(allow(Principal={"AWS": ROLE})))
    nothing = identity(document(deny("iam:*", "*")))
    assert not may(within_account(nothing, account, role=True))
    assert may(within_account(nothing, role, role=True))
    assert not may(across_accounts(mine, account))
    assert may(across_accounts(identity(document(allow())), account))


def test_a_boundary_limits_a_role_and_not_what_a_user_is_granted_by_name() -> None:
    nothing, limit = identity(document(deny("iam:*", "*"))), identity(document(allow("sqs:*", "*")))
    assert not may(within_account(nothing, resource(document(allow(Principal={"AWS": ROLE}))), limit, role=True))
    granted = resource(document(allow(Principal={"AWS": USER})))
    assert may(within_account(nothing, granted, limit, role=False), Caller("AWS", USER, (USER,), ACCOUNT))
    forbidding = identity(document(allow("sqs:*", "*"), deny("s3:*", "*")))
    assert not may(within_account(nothing, granted, forbidding, role=False), Caller("AWS", USER, (USER,), ACCOUNT))
