"""Confused deputies: services that a resource-based document lets in for whatever account they work for.

A service that is named as a principal calls for all of its customers. It sends the customer's resource and account in
`aws:SourceArn`, `aws:SourceAccount` and similar keys, so a document that requires none of them lets in every customer.
An ARN without an account, such as a bucket's, is only a name, which somebody else may own later.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from policypack.access.exposure.outsider_requests import OutsiderRequest, OutsiderRequests
from policypack.access.exposure.outsiders import SERVICE, Outsider, outsiders
from policypack.access.exposure.public import denials
from policypack.access.exposure.targets import iam_prefix
from policypack.access.solver.bounds import Bound, bounded, unknown_paths
from policypack.access.solver.partition import TooManyCellsError
from policypack.access.solver.verdict import Answer, Verdict
from policypack.iam.arn import Arn
from policypack.iam.condition_keys import ACCOUNT, SERVICE_KEYS, requires_key
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.globs import has_wildcard

SOURCE_ARN = "aws:sourcearn"
SENT = SERVICE_KEYS - {"aws:principalservicename", "aws:principalservicenameslist"}
"""Keys, in lower case, that identify the customer of a service."""
ENCRYPTED = "kms:encryptioncontext:"
"""The beginning, in lower case, of the keys by which KMS knows whose data a service encrypts."""
SENDING_NONE = {
    "logdelivery.elasticloadbalancing.amazonaws.com": "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html",
}
"""Services that AWS documents without such a key, because they write under the number of the customer's account."""
PLAIN = "nothing says for whose resources; ask for your account in `aws:SourceAccount` or in an ARN in `aws:SourceArn`"
NAMELESS = "the ARN in `aws:SourceArn` has no account, so the name may be anybody's; ask for `aws:SourceAccount` too"
SOME_ACCOUNT = "111122223333"


def misled(document: PolicyDocument) -> Iterator[Answer]:
    """An answer for each Allow statement that lets in a service for any account, or may."""
    refused = [*denials(document, Bound.MOST)]
    for each in document.statements:
        if each.allows and (who := _deputies(each)):
            try:
                if answer := _answer(document, each, refused, who):
                    yield answer
            except TooManyCellsError:
                yield Answer(Verdict.UNDECIDED, "the conditions tell too many requests apart", each.path)


def _deputies(statement: Statement) -> list[Outsider]:
    """The services that a statement names; none if it lets in outsiders anyway."""
    if outsiders(statement):
        return []
    return [
        msgspec.structs.replace(SERVICE.named(each), words=f"`{each.value}`, working for another account,")
        for each in statement.principals or ()
        if each.type == "Service" and each.value not in SENDING_NONE
    ]


def _answer(
    document: PolicyDocument, statement: Statement, refused: Sequence[Statement], who: Sequence[Outsider]
) -> Answer | None:
    narrowed, nameless = _as_sent(document, statement, refused)
    space = OutsiderRequests(iam_prefix(document.type), who)
    for bound in (Bound.LEAST, Bound.MOST):
        allow = bounded(document, narrowed, bound, Bound.MOST)
        if allow is None or any(map(_of_an_account, allow.conditions)):
            continue
        found = next(space.requests([allow], refused), None)
        if isinstance(found, OutsiderRequest) and bound is Bound.LEAST:
            return Answer(Verdict.PUBLIC, NAMELESS if nameless else PLAIN, statement.path, found.witness())
        if found:
            return Answer(Verdict.UNDECIDED, "an unknown value decides for whom a service is let in", statement.path)
    return None


def _as_sent(document: PolicyDocument, statement: Statement, denials: Sequence[Statement]) -> tuple[Statement, bool]:
    """The statement for a service that sends the required keys, and whether it requires an ARN without an account.

    An unknown value of such a key refers to the program's own resources, so it counts as the account's own, except for
    the ARN of a bucket.
    """
    hidden = set(unknown_paths(document, statement, "Condition"))
    of_storage = any(each.type == "Service" and each.value.startswith("s3.") for each in statement.principals or ())
    conditions, nameless = [], False
    for each in statement.conditions:
        loose = each.name == SOURCE_ARN and (of_storage if each.path in hidden else any(map(_nameless, each.values)))
        if loose and not each.negated and each.operator != "Null":
            nameless = True
        elif each.path in hidden and (each.name in SENT or each.name.startswith(ENCRYPTED)):
            conditions.append(msgspec.structs.replace(each, values=(f"arn:aws:x::{SOME_ACCOUNT}:x",)))
        else:
            conditions.append(each)
    settled = hidden <= {each.path for each in statement.conditions if each.name in SENT or _encrypted(each)}
    keys = {each.name for one in (statement, *denials) for each in one.conditions if each.name in SENT}
    asked = [Condition("Null", key, ("false",)) for key in sorted(keys)]
    unknown = statement.unknown - {"Condition"} if settled else statement.unknown
    return msgspec.structs.replace(statement, conditions=(*conditions, *asked), unknown=unknown), nameless


def _encrypted(condition: Condition) -> bool:
    return condition.name.startswith(ENCRYPTED)


def _nameless(value: str) -> bool:
    """Whether a value is an ARN that has no account."""
    arn = Arn.parse(value)
    return arn is not None and not arn.account and not has_wildcard(arn.service)


def _of_an_account(condition: Condition) -> bool:
    """Whether the encrypted data has to be of one account."""
    arns = [Arn.parse(each) for each in condition.values]
    of_accounts = all(arn is not None and ACCOUNT.fullmatch(arn.account) for arn in arns)
    return _encrypted(condition) and requires_key(condition) and of_accounts
