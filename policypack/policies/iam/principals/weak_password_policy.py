"""A weak password policy lets users of the account choose passwords that attackers guess or already know.

It applies to every IAM user with a console password. Short passwords are found by trying, and reused ones are in the
lists of older breaches. What is not set is off, or at AWS's minimum: setting one value replaces the whole policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policypack.core.controls import Control
from policypack.core.examples import construct, example, reported_at
from policypack.core.policy import EnforcementLevel, Policy, Reading, Resource, Severity, Undecided, Unknown, Violation
from policypack.core.tags import Tag

PASSWORD_POLICY = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"  # noqa: S105 (a type token)
AT_LEAST: Mapping[str, int] = {
    "minimumPasswordLength": 14,
    "passwordReusePrevention": 24,
    "requireLowercaseCharacters": True,
    "requireUppercaseCharacters": True,
    "requireNumbers": True,
    "requireSymbols": True,
}
"""The least of each setting, as the controls IAM.7, IAM.15 and IAM.16 of Security Hub and CIS's benchmark ask for."""

SHORTEST = ("minimumPasswordLength", 6)
"""What AWS takes if the property is left out.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html.
"""


def password_policies(resource: Resource) -> Iterator[Reading[Mapping[str, int | Unknown]]]:
    """The settings of a password policy; one that is not set, or is no number, is 0."""
    if resource.type == PASSWORD_POLICY:
        yield "", {name: _number(resource[name]) for name in AT_LEAST}


def _number(value: Any) -> int | Unknown:
    if isinstance(value, Unknown):
        return value
    text = str(value).lower().removesuffix(".0")
    return int(text) if text.isdecimal() else text == "true"


def check(settings: Mapping[str, int | Unknown]) -> Iterator[Violation | Undecided]:
    for name, value in settings.items():
        least = AT_LEAST[name]
        if isinstance(value, Unknown):
            yield Undecided(name, value.why, value.fix)
        elif value < least:
            message = f"is weaker than `{name}` {'at least ' * (least > 1)}{str(least).lower()}"
            yield Violation(name, message, value_counts=(name, value) != SHORTEST)


STRONG = dict(AT_LEAST)


def _policy(**settings: Any) -> Resource:
    return construct(PASSWORD_POLICY, "account", **settings)


POLICY = Policy(
    id="iam-weak-password-policy",
    title="Password policy of the account is weak",
    why=__doc__,
    severity=Severity.MEDIUM,
    enforcement=EnforcementLevel.ADVISORY,
    tags=[Tag.IAM, Tag.SECRETS, Tag.AWS_FSBP],
    controls=tuple(Control(name, broader=True) for name in ("aws-fsbp/IAM.7", "cis-aws-5.0/1.7", "cis-aws-5.0/1.8")),
    fix="Ask for 14 characters or more of all four kinds, and remember 24 passwords.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-7",
    ],
    bad=reported_at(
        "minimumPasswordLength",
        example(_policy(**{**STRONG, "minimumPasswordLength": 8})),
        example(
            _policy(minimumPasswordLength=16),
            path=[name for name in AT_LEAST if name != "minimumPasswordLength"],
            note="only the length, which leaves everything else off",
        ),
        example(
            _policy(**{**STRONG, "passwordReusePrevention": 5}),
            path="passwordReusePrevention",
            note="five passwords remembered",
        ),
    ),
    good=[
        example(_policy(**STRONG)),
        example(_policy(**{**STRONG, "minimumPasswordLength": 20}, maxPasswordAge=90), note="longer ones that expire"),
    ],
    reads=password_policies,
    check=check,
)
