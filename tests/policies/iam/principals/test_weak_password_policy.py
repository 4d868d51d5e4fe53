from __future__ import annotations

from typing import Any

import pytest

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.weak_password_policy import AT_LEAST, PASSWORD_POLICY, POLICY
from tests.policies.helpers import messages, silent, undecided, undecided_at, violations


def password_policy(settings: dict[str, Any]) -> Resource:
    return Resource(PASSWORD_POLICY, "account", settings)


def strong(**settings: Any) -> dict[str, Any]:
    return {**AT_LEAST, **settings}


@pytest.mark.parametrize(
    ("settings", "weak"),
    [
        ({}, list(AT_LEAST)),
        ({"minimumPasswordLength": 14, "passwordReusePrevention": 24}, list(AT_LEAST)[2:]),
        *((strong(**{name: None}), [name]) for name in AT_LEAST),
        (strong(minimumPasswordLength=13.0), ["minimumPasswordLength"]),
        (strong(minimumPasswordLength="8"), ["minimumPasswordLength"]),
        (strong(passwordReusePrevention=23), ["passwordReusePrevention"]),
        (strong(requireSymbols=False), ["requireSymbols"]),
        (strong(requireSymbols="false", minimumPasswordLength=UNKNOWN), ["requireSymbols"]),
    ],
)
def test_each_weak_setting_is_reported(settings: dict[str, Any], weak: list[str]) -> None:
    assert violations(POLICY, password_policy(settings)) == weak


test_strong = silent(
    POLICY,
    strong(),
    strong(minimumPasswordLength=14.0),
    strong(minimumPasswordLength="128", requireNumbers="true"),
    strong(hardExpiry=False, allowUsersToChangePassword=True),
    of=password_policy,
)
test_unknown = undecided_at(
    POLICY, "minimumPasswordLength", (strong(minimumPasswordLength=UNKNOWN),), of=password_policy
)


def test_the_message_names_what_is_weak() -> None:
    assert messages(POLICY, password_policy(strong(minimumPasswordLength=8, requireSymbols=False))) == [
        "is weaker than `minimumPasswordLength` at least 14",
        "is weaker than `requireSymbols` true",
    ]


def test_a_weak_setting_hides_no_unknown_one() -> None:
    settings = strong(requireSymbols=False, minimumPasswordLength=UNKNOWN)
    assert undecided(POLICY, password_policy(settings)) == ["minimumPasswordLength"]
