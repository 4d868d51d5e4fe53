from __future__ import annotations

from typing import Any

from policypack.core.policy import UNKNOWN, Resource
from policypack.policies.iam.principals.weak_password_policy import AT_LEAST, PASSWORD_POLICY, POLICY
from tests.policies.helpers import messages, reported, silent, undecided_at


def password_policy(settings: dict[str, Any]) -> Resource:
    return Resource(PASSWORD_POLICY, "account", settings)


def strong(**settings: Any) -> dict[str, Any]:
    return {**AT_LEAST, **settings}


test_weak = reported(
    POLICY,
    "",
    {},
    {"minimumPasswordLength": 14, "passwordReusePrevention": 24},
    *(strong(**{name: None}) for name in AT_LEAST),
    strong(minimumPasswordLength=13.0),
    strong(minimumPasswordLength="8"),
    strong(passwordReusePrevention=23),
    strong(requireSymbols=False),
    strong(requireSymbols="false", minimumPasswordLength=UNKNOWN),
    of=password_policy,
)
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
    (message,) = messages(POLICY, password_policy(strong(minimumPasswordLength=8, requireSymbols=False)))
    assert message == "is weaker than `minimumPasswordLength` at least 14, `requireSymbols` true"
