"""Providers: the accounts that they state, and whether two work in one account."""

from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource, Stack
from policypack.evaluation.settings import Settings
from policypack.resources.providers import PROVIDER, own_accounts, same_account, stated_accounts

ROLE = '[{"roleArn": "arn:aws:iam::210987654321:role/x"}]'


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (["111111111111"], ["222222222222"], False),
        (["111111111111", UNKNOWN], ["222222222222"], None),
        (UNKNOWN, ["222222222222"], None),
    ],
)
def test_lists_of_accounts_tell_two_providers_apart_if_all_are_known(first: Any, second: Any, same: Any) -> None:
    providers = [
        Resource(PROVIDER, name, {"allowedAccountIds": accounts, "profile": name})
        for name, accounts in (("one", first), ("two", second))
    ]
    buckets = [Resource("aws:s3/bucket:Bucket", each.name, provider=each.urn) for each in providers]
    stack = Stack((*providers, *buckets), Settings())
    assert same_account(stack, *buckets) is same


@pytest.mark.parametrize(
    ("inputs", "accounts"),
    [
        ({}, ()),
        ({"allowedAccountIds": '["210987654321"]'}, ("210987654321",)),
        ({"allowedAccountIds": ["210987654321"]}, ("210987654321",)),
        ({"allowedAccountIds": "[210987654321]"}, ("210987654321",)),
        ({"allowedAccountIds": '["210987654321", "2"]'}, ("210987654321", "2")),
        ({"allowedAccountIds": UNKNOWN}, ()),
        ({"allowedAccountIds": "not json"}, ()),
        ({"allowedAccountIds": "[not json"}, ()),
        ({"assumeRoles": ROLE}, ("210987654321",)),
        ({"assumeRoles": ROLE.replace("roleArn", "role_arn")}, ("210987654321",)),
        ({"assumeRoles": "[]"}, ()),
        ({"assumeRoles": '["x"]'}, ()),
        ({"allowedAccountIds": ["222233334444"], "assumeRoles": ROLE}, ("222233334444",)),
    ],
)
def test_what_a_provider_states(inputs: dict[str, Any], accounts: tuple[str, ...]) -> None:
    assert stated_accounts(inputs) == frozenset(accounts)


def test_the_accounts_of_the_settings_the_providers_and_the_resources_are_the_stacks_own() -> None:
    arn = "arn:aws:sqs:eu-west-1:%s:q"
    resources = (
        Resource(PROVIDER, "one", {"allowedAccountIds": '["222222222222"]'}),
        Resource("aws:sqs/queue:Queue", "made", outputs={"arn": arn % "333333333333"}),
        Resource("aws:sqs/queue:Queue", "read", outputs={"arn": arn % "444444444444"}, external=True),
        Resource("aws:sns/topicPolicy:TopicPolicy", "named", {"arn": arn % "555555555555"}),
        Resource("aws:iam/policy:Policy", "managed", outputs={"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    )
    own = own_accounts(Stack(resources, Settings(account_id="666666666666")))
    assert own == {"222222222222", "333333333333", "666666666666"}
