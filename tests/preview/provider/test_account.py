"""Which account a provider works in: each source, their order, and what counts as the program's own ARN."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from stackguard.preview.placeholders.mock import Mock, load
from stackguard.preview.provider.account import Accounts, accounts_in

OWN, VENDOR, OTHER = "444455556666", "777788889999", "222233334444"
HERE, THERE = "973164285197", "618237459182"
"""Placeholders of two providers."""


def provider(name: str = "aws", **inputs: Any) -> Resource:
    return Resource("pulumi:providers:aws", name, inputs)


def mocked(folder: Path, result: str) -> Mock:
    file = folder / "mock.yaml"
    file.write_text(f"functions: [{{token: 'aws:index/getCallerIdentity:getCallerIdentity', result: {result}}}]\n")
    return load([file])


def test_the_order_of_what_states_an_account(tmp_path: Path) -> None:
    mock = mocked(tmp_path, f'{{accountId: "{OTHER}"}}')
    config = {"stackguard:accountId": "333333333333"}
    aws = provider(allowedAccountIds=["555555555555"])
    assert Accounts(config, mock, "666666666666").of(aws) == "666666666666"
    assert Accounts(config, mock).of(aws) == "333333333333"
    assert Accounts({}, mock).of(aws) == "555555555555"
    assert Accounts({}, mock).of(provider()) == OTHER
    accounts = Accounts({}, Mock())
    placeholder = accounts.of(provider())
    assert accounts.with_stand_in.text(placeholder) == "111122223333"


@pytest.mark.parametrize(
    ("result", "account"),
    [
        (f'{{accountId: "{OTHER}"}}', OTHER),
        (f"{{account_id: {OTHER}}}", OTHER),
        ("{arn: x}", None),
        ('{accountId: "<text>"}', None),
        ("{accountId: mine}", None),
        ("text", None),
        (f'{{accountId: {{"fn::secret": "{OTHER}"}}}}', None),
    ],
)
def test_the_caller_in_a_mock_file(tmp_path: Path, result: str, account: str | None) -> None:
    accounts = Accounts({}, mocked(tmp_path, result))
    assert (accounts.of(provider()) == account) is (account is not None)
    assert accounts.stand_in is (account is None)


def test_providers_with_the_same_credentials_have_one_account() -> None:
    accounts = Accounts({}, Mock())
    here = accounts.of(provider("default"))
    assert accounts.of(provider("east", region="us-east-1")) == here
    assert accounts.of(provider("other", profile="other")) != here
    hidden = [accounts.of(provider(name, accessKey=UNKNOWN)) for name in ("a", "b")]
    assert len({here, *hidden}) == 3
    assert Accounts({}, Mock()).of(provider("x")) == here  # the same in every run


def queue(account: str = HERE, name: str = "orders", **more: Any) -> Resource:
    arn = f"arn:aws:sqs:eu-west-1:{account}:{name}"
    return Resource("aws:sqs/queue:Queue", f"{name}-{account}", {"name": name}, outputs={"arn": arn}, **more)


def resource(token: str, arn: str) -> Resource:
    return Resource(token, arn, outputs={"arn": arn, "functionArn": f"arn:aws:lambda:eu-west-1:{THERE}:function:else"})


STACK = (
    queue(),
    resource("aws:iam/role:Role", f"arn:aws:iam::{HERE}:role/app"),
    resource("aws:lambda/function:Function", f"arn:aws:lambda:eu-west-1:{HERE}:function:f"),
    resource("aws:dynamodb/table:Table", f"arn:aws:dynamodb:eu-west-1:{HERE}:table/t"),
    resource("aws:cloudwatch/logGroup:LogGroup", f"arn:aws:logs:eu-west-1:{HERE}:log-group:/aws/lambda/f"),
    resource("aws:s3/bucket:Bucket", "arn:aws:s3:::inbox"),
)


def accounts(*resources: Resource, stack: tuple[Resource, ...] = STACK) -> dict[str, str]:
    return accounts_in((*stack, *resources), frozenset({HERE, THERE}))


def referrer(**inputs: Any) -> Resource:
    return Resource("aws:test/thing:Thing", "thing", inputs)


def policy(**elements: Any) -> Resource:
    statement = {"Effect": "Allow", "Action": "*", **elements}
    return referrer(policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:sqs:eu-west-1:{OWN}:orders",
        f"arn:aws:iam::{OWN}:role/app",
        f"arn:aws:lambda:eu-west-1:{OWN}:function:f",
        f"arn:aws:lambda:eu-west-1:{OWN}:function:f:live",
        f"arn:aws:lambda:eu-west-1:{OWN}:function:f:*",
        f"arn:aws:dynamodb:eu-west-1:{OWN}:table/t/*",
        f"arn:aws:dynamodb:eu-west-1:{OWN}:table/t/index/by-name",
        f"arn:aws:logs:eu-west-1:{OWN}:log-group:/aws/lambda/f:*",
        f"arn:aws:logs:eu-west-1:{OWN}:log-group:/aws/lambda/f:log-stream:x",
    ],
)
def test_an_arn_of_the_stacks_own_names_the_account(arn: str) -> None:
    assert accounts(referrer(role=arn)) == {HERE: OWN}
    assert accounts(referrer(deep=[{"inner": arn}])) == {HERE: OWN}
    assert accounts(policy(Resource=arn)) == {HERE: OWN}
    assert accounts(policy(NotResource=["*", arn])) == {HERE: OWN}
    assert accounts(referrer(definition=json.dumps({"States": {"Work": {"Resource": arn}}}))) == {HERE: OWN}
    assert accounts(referrer(policy={"Statement": {"Resource": arn}})) == {HERE: OWN}


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:sqs:eu-west-1:{OWN}:others",
        f"arn:aws:sqs:eu-west-1:{OWN}:orders-dlq",
        f"arn:aws:sqs:eu-west-1:{OWN}:order*",
        f"arn:aws:sqs:eu-west-2:{OWN}:orders",
        f"arn:aws-cn:sqs:eu-west-1:{OWN}:orders",
        f"arn:aws:sns:eu-west-1:{OWN}:orders",
        f"arn:aws:iam::{OWN}:role/app/other",
        f"arn:aws:iam::{OWN}:root",
        f"arn:aws:logs:eu-west-1:{OWN}:log-group:/aws/lambda/f/other",
        f"arn:aws:lambda:eu-west-1:{OWN}:function:else",
        "arn:aws:sqs:eu-west-1:*:orders",
        "arn:aws:sqs:eu-west-1:4444:orders",
        "arn:aws:sqs:eu-west-1::orders",
        "arn:aws:s3:::inbox/*",
        f"x arn:aws:sqs:eu-west-1:{OWN}:orders",
        f"{OWN}",
        f'{{"broken": "arn:aws:sqs:eu-west-1:{OWN}:orders"',
        "[" * 100_000 + "arn:",
    ],
)
def test_other_texts_do_not(arn: str) -> None:
    assert accounts(referrer(role=arn)) == {}
    assert accounts(policy(Resource=arn)) == {}


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{VENDOR}:role/app", f"arn:aws:sqs:eu-west-1:{VENDOR}:orders"])
def test_a_vendors_account_never_counts(arn: str) -> None:
    assert accounts(policy(Resource="*", Principal={"AWS": arn})) == {}
    assert accounts(policy(Resource="*", NotPrincipal={"AWS": [arn]})) == {}
    assert accounts(policy(Resource="*", Condition={"ArnEquals": {"aws:SourceArn": arn}})) == {}
    assert accounts(referrer(principal=arn, sourceArn=arn)) == {}
    statement = {"principals": [{"identifiers": [arn]}], "conditions": [{"values": [arn]}]}
    assert accounts(referrer(statements=[statement])) == {}
    both = policy(Resource=f"arn:aws:sqs:eu-west-1:{OWN}:orders", Principal={"AWS": arn})
    assert accounts(both) == {HERE: OWN}


def test_two_candidates_are_none() -> None:
    own, other = (referrer(arn=f"arn:aws:sqs:eu-west-1:{account}:orders") for account in (OWN, OTHER))
    assert accounts(own, own) == {HERE: OWN}
    assert accounts(own, other) == {}


def test_the_stand_in_written_by_hand_is_an_account_like_any_other() -> None:
    own = referrer(arn="arn:aws:sqs:eu-west-1:111122223333:orders")
    assert accounts(own) == {HERE: "111122223333"}
    assert accounts(own, referrer(arn=f"arn:aws:sqs:eu-west-1:{OWN}:orders")) == {}


def test_two_providers_have_different_accounts() -> None:
    stack = (queue(HERE, "orders"), queue(THERE, "bills"))
    orders, bills = (
        referrer(arn=f"arn:aws:sqs:eu-west-1:{account}:{name}") for account, name in ((OWN, "orders"), (OTHER, "bills"))
    )
    assert accounts(orders, bills, stack=stack) == {HERE: OWN, THERE: OTHER}
    assert accounts(bills, stack=stack) == {THERE: OTHER}


def test_a_name_that_two_providers_have_is_no_evidence() -> None:
    twins = (queue(HERE), queue(THERE))
    assert accounts(referrer(arn=f"arn:aws:sqs:eu-west-1:{OWN}:orders"), stack=twins) == {}


def test_the_arn_of_another_resource_is_not_written_by_hand() -> None:
    arn = f"arn:aws:sqs:eu-west-1:{OTHER}:orders"
    assert accounts(referrer(arn=arn), queue(OTHER)) == {}  # of a provider whose account is known
    reference = Resource("pulumi:pulumi:StackReference", "base", outputs={"outputs": {"queue": arn}}, external=True)
    assert accounts(referrer(arn=arn), reference) == {}
    assert accounts(referrer(arn=arn), queue(OTHER, external=True)) == {}


def test_only_what_the_stack_declares_counts() -> None:
    assert accounts(referrer(arn=f"arn:aws:sqs:eu-west-1:{OWN}:orders"), stack=(queue(external=True),)) == {}
    imported = Resource("aws:sqs/queue:Queue", "q", {"arn": f"arn:aws:sqs:eu-west-1:{HERE}:orders"})
    assert accounts(referrer(arn=f"arn:aws:sqs:eu-west-1:{OWN}:orders"), stack=(imported,)) == {}


def test_a_secret_is_not_read() -> None:
    arn = f"arn:aws:sqs:eu-west-1:{OWN}:orders"
    for path in ("policy", "policy.Statement[0]", "policy[0]"):
        secret = Resource("aws:test/thing:Thing", "x", {"policy": [arn]}, secrets=frozenset({path}))
        assert accounts(secret) == {}
    assert accounts(Resource("aws:test/thing:Thing", "x", {"role": arn}, secrets=frozenset({"policy"}))) == {HERE: OWN}


def test_the_stand_in_is_used_until_the_end() -> None:
    accounts = Accounts({}, Mock())
    here, there = accounts.of(provider()), accounts.of(provider("other", profile="other"))
    assert accounts.with_stand_in.value([here, there]) == ["111122223333"] * 2
    assert accounts.stand_in
    accounts.find((queue(here, "orders"), queue(there, "bills"), referrer(arn=f"arn:aws:sqs:eu-west-1:{OWN}:orders")))
    assert accounts.final.value([here, there]) == [OWN, "111122223333"]
    assert accounts.stand_in
    accounts.find((queue(here), referrer(arn=f"arn:aws:sqs:eu-west-1:{OWN}:orders")))
    assert accounts.known == {here: OWN}
