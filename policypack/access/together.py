"""What documents of different kinds allow one principal together, in one account and across two.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-eval-logic.
"""

from __future__ import annotations

import msgspec

from policypack.access.diff import Access, either, within
from policypack.access.request import account_of
from policypack.aws.document import Statement


def within_account(identity: Access, resource: Access, boundary: Access | None = None, *, role: bool) -> Access:
    """What a principal may do to a resource of its own account.

    Either side allows by itself. A resource's document that names the account only hands the decision to the
    principal's own documents. A boundary limits those, and what a resource's document grants to a role; what it grants
    to a user by name is not limited.

    Args:
        identity: the principal's identity-based documents.
        resource: the resource's own document.
        boundary: the permissions boundary; None where there is none.
        role: whether the principal is a role, and not a user.
    """
    own = identity if boundary is None else within(identity, boundary)
    direct = Access(
        tuple(
            tuple(tuple(read for each in group if (read := _direct(each)) is not None) for group in groups)
            for groups in resource.alternatives
        ),
        resource.denials,
    )
    if boundary is None:
        return either(own, direct)
    granted = within(direct, boundary) if role else direct
    return either(own, msgspec.structs.replace(granted, denials=(*granted.denials, *boundary.denials)))


def across_accounts(identity: Access, resource: Access, boundary: Access | None = None) -> Access:
    """What a principal may do to a resource of another account: both sides have to allow it."""
    own = identity if boundary is None else within(identity, boundary)
    return within(own, resource)


def _direct(statement: Statement) -> Statement | None:
    """An Allow statement for those that it names themselves, and not by their account; None where it names none."""
    if statement.principals is None:
        return statement
    named = tuple(each for each in statement.principals if each.type != "AWS" or account_of(each.value) is None)
    return msgspec.structs.replace(statement, principals=named) if named else None
