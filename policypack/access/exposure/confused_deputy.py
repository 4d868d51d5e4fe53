"""Confused deputies: services that a resource-based document allows for any account that they work for.

A service that is named as a principal calls for all of its customers. It sends the customer's resource and account in
`aws:SourceArn`, `aws:SourceAccount` and similar keys, so a document that requires none of them allows every customer.
An ARN without an account, such as a bucket's, is only a name, which another account may own later.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from policypack.access.exposure.outsider_requests import OutsiderRequest, OutsiderRequests
from policypack.access.exposure.outsiders import SERVICE, Outsider
from policypack.access.exposure.public import denials
from policypack.access.exposure.targets import iam_prefix
from policypack.access.solver.bounds import Bound, bounded, unknown_paths
from policypack.access.solver.partition import TooManyCellsError, Work, work_on
from policypack.access.solver.verdict import Answer, Verdict
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT, SERVICE_KEYS, requires_key
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.globs import has_wildcard

SOURCE_ARN = "aws:sourcearn"
SENT = SERVICE_KEYS - {"aws:principalservicename", "aws:principalservicenameslist"}
"""Keys, in lower case, that identify the customer of a service."""
ENCRYPTED = "kms:encryptioncontext:"
"""The beginning, in lower case, of the keys that identify whose data KMS encrypts for a service."""
SENDING_NONE = {
    "logdelivery.elasticloadbalancing.amazonaws.com": "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
    "ram.amazonaws.com": "https://docs.aws.amazon.com/lake-formation/latest/dg/hybrid-cross-account.html",
}
"""Services that AWS documents without such a key: they write under the number of the customer's account, or share what
is the customer's own.
"""
PLAIN = "no condition limits for whom the service acts; require your account in `aws:SourceAccount` or in an ARN in `aws:SourceArn`"
NAMELESS = "the ARN in `aws:SourceArn` has no account, so any account may own the name; require `aws:SourceAccount` too"
SOME_ACCOUNT = "111122223333"


def misled(document: PolicyDocument) -> Iterator[Answer]:
    """An answer for each Allow statement that allows a service for any account, or may."""
    denied = [*denials(document, Bound.MOST)]
    for statement in document.statements:
        if statement.allows and (services := _services(statement)):
            try:
                with work_on([document]) as work:
                    answer = _answer(document, statement, denied, services, work)
                if answer:
                    yield answer
            except TooManyCellsError:
                yield Answer(Verdict.UNDECIDED, "the conditions distinguish too many requests", statement.path)


def _services(statement: Statement) -> list[Outsider]:
    """The services that a statement names."""
    return [
        msgspec.structs.replace(SERVICE.named(principal), label=f"`{principal.value}`, working for another account,")
        for principal in statement.principals or ()
        if principal.type == "Service" and principal.value not in SENDING_NONE
    ]


def _answer(
    document: PolicyDocument,
    statement: Statement,
    denied: Sequence[Statement],
    services: Sequence[Outsider],
    work: Work,
) -> Answer | None:
    narrowed, nameless = _as_sent(document, statement, denied)
    space = OutsiderRequests(iam_prefix(document.type), work, services)
    for bound in (Bound.LEAST, Bound.MOST):
        allow = bounded(document, narrowed, bound, Bound.MOST)
        if allow is None or any(map(_of_an_account, allow.conditions)):
            continue
        request = next(space.requests([allow], denied), None)
        if isinstance(request, OutsiderRequest) and bound is Bound.LEAST:
            return Answer(Verdict.PUBLIC, NAMELESS if nameless else PLAIN, statement.path, request.witness())
        if request:
            return Answer(Verdict.UNDECIDED, "an unknown value decides for whom a service is allowed", statement.path)
    return None


def _as_sent(document: PolicyDocument, statement: Statement, denials: Sequence[Statement]) -> tuple[Statement, bool]:
    """The statement for a service that sends the required keys, and whether it requires an ARN without an account.

    An unknown value of such a key refers to the program's own resources, so it counts as the account's own, except for
    the ARN of a bucket.
    """
    hidden = set(unknown_paths(document, statement, "Condition"))
    of_storage = any(
        principal.type == "Service" and principal.value.startswith("s3.") for principal in statement.principals or ()
    )
    conditions, nameless = [], False
    for condition in statement.conditions:
        loose = condition.name == SOURCE_ARN and (
            of_storage if condition.path in hidden else any(map(_nameless, condition.values))
        )
        if loose and not condition.negated and condition.operator != "Null":
            nameless = True
        elif condition.path in hidden and (condition.name in SENT or condition.name.startswith(ENCRYPTED)):
            conditions.append(msgspec.structs.replace(condition, values=(f"arn:aws:x::{SOME_ACCOUNT}:x",)))
        else:
            conditions.append(condition)
    only_sent = hidden <= {
        condition.path for condition in statement.conditions if condition.name in SENT or _encrypted(condition)
    }
    keys = {condition.name for read in (statement, *denials) for condition in read.conditions} & SENT
    present = [Condition("Null", key, ("false",)) for key in sorted(keys)]
    unknown = statement.unknown - {"Condition"} if only_sent else statement.unknown
    return msgspec.structs.replace(statement, conditions=(*conditions, *present), unknown=unknown), nameless


def _encrypted(condition: Condition) -> bool:
    return condition.name.startswith(ENCRYPTED)


def _nameless(value: str) -> bool:
    """Whether a value is an ARN that has no account."""
    arn = Arn.parse(value)
    return arn is not None and not arn.account and not has_wildcard(arn.service)


def _of_an_account(condition: Condition) -> bool:
    """Whether the encrypted data has to be of one account."""
    arns = [Arn.parse(value) for value in condition.values]
    of_accounts = all(arn is not None and ACCOUNT.fullmatch(arn.account) for arn in arns)
    return _encrypted(condition) and requires_key(condition) and of_accounts
