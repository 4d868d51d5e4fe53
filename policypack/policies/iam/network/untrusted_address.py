"""An address range in a policy document that is not yours, or no longer yours, allows whoever uses it now.

Offices move and providers reassign addresses, and a range that was copied into ten documents is removed from nine. List
your ranges once in the settings, and every document is compared with them.
"""

from __future__ import annotations

from collections.abc import Iterator

from policypack.core.examples import allow, bucket_policy, deny, example, reported_at
from policypack.core.policy import Placed, Policy, Resource, Severity, Stack, Unknown, Violation, over_stack
from policypack.core.tags import Tag
from policypack.iam.addresses import AddressError, Ranges, private
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.document_readers import documents


@over_stack
def address_documents(stack: Stack) -> Iterator[Placed[tuple[PolicyDocument, Ranges]]]:
    """Every policy document with the trusted ranges; none if the settings name no ranges."""
    if not stack.settings.trusted_cidrs:
        return
    trusted = Ranges.union([private(), *map(Ranges.parse, stack.settings.trusted_cidrs)])
    read = documents("Condition", granting=True)
    for resource in stack.resources:
        for path, document in read(resource):
            yield resource, path, document if isinstance(document, Unknown) else (document, trusted)


def check(checked: tuple[PolicyDocument, Ranges]) -> Iterator[Violation]:
    document, trusted = checked
    for statement in document.statements:
        for condition in statement.conditions:
            untrusted = allowed_ranges(statement, condition) - trusted
            if untrusted:
                yield Violation(condition.path, f"allows {untrusted.example()}, which is outside of `trustedCidrs`")


def allowed_ranges(statement: Statement, condition: Condition) -> Ranges:
    """The addresses that a condition on `aws:SourceIp` allows."""
    passing = "IpAddress" if statement.allows else "NotIpAddress"
    values = condition.values if condition.name == "aws:sourceip" and condition.operator == passing else ()
    return Ranges.union(map(_parsed, values))


def _parsed(text: str) -> Ranges:
    try:
        return Ranges.parse(text)
    except AddressError:  # it matches no address
        return Ranges.union(())


def _from(*ranges: str, operator: str = "IpAddress") -> Resource:
    return bucket_policy(allow(Principal="*", Condition={operator: {"aws:SourceIp": list(ranges)}}))


POLICY = Policy(
    id="iam-untrusted-address",
    title="Policy document allows addresses that are not trusted",
    why=__doc__,
    severity=Severity.HIGH,
    tags=[Tag.IAM, Tag.NETWORK],
    fix="Name ranges of `trustedCidrs` only, or add the range there, in the settings; without that setting this policy reports nothing.",
    references=[
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip"
    ],
    bad=reported_at(
        "policy.Statement[0].Condition.IpAddress.aws:SourceIp",
        example(_from("198.51.100.0/24")),
        example(_from("203.0.112.0/23"), note="a trusted range and its neighbour"),
        example(
            bucket_policy(
                deny("s3:*", "*", Principal="*", Condition={"NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
            ),
            path="policy.Statement[0].Condition.NotIpAddress.aws:SourceIp",
            note="a denial of everyone else",
        ),
    ),
    good=[
        example(_from("203.0.113.0/26")),
        example(_from("10.0.0.0/8"), note="a private network"),
        example(
            bucket_policy(
                deny("s3:*", "*", Principal="*", Condition={"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}})
            ),
            note="a denial of that range",
        ),
    ],
    requires=["iam-malformed-document", "iam-invalid-address", "iam-open-address"],
    reads=address_documents,
    check=check,
)
