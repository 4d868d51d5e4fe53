"""Problems of conditions by AWS's current reference, which Parliament's data of early 2025 does not have.

Parliament judges a condition only for actions in its data, so it ignores statements about newer actions, `*` and
`NotAction`, and wildcards that are compared as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from policypack.core.spelling import similar
from policypack.iam.actions import Action, condition_keys, documented, expand, multivalued
from policypack.iam.condition_keys import (
    AVOIDABLE_KEYS,
    GLOBAL_KEYS,
    NETWORK_KEYS,
    OPTIONAL_KEYS,
    SERVICE_KEYS,
    requires_key,
)
from policypack.iam.condition_types import FAMILIES, family, is_of, mistyped
from policypack.iam.document import Condition, PolicyDocument, Statement
from policypack.iam.globs import matches
from policypack.iam.tables import DocumentKind

LITERAL = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
ADDRESSES = ("IpAddress", "NotIpAddress")
TAGS = "aws:tagkeys"
OF_OBJECTS = {TAGS: "s3:RequestObjectTagKeys", "aws:requesttag": "s3:RequestObjectTag"}
"""By global key in lower case, what S3 sends for the tags of objects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/tagging-and-policies.html.
"""
ADDRESS = "aws:sourceip"
TAGLESS = re.compile(
    r"(BatchDelete|BatchGet|BatchWrite|Associate|Attach|Cancel|Decrypt|Delete|Deregister|Describe|Detach|Disable"
    r"|Disassociate|Encrypt|Get|Invoke|List|Publish|Purge|PutEvents|PutItem|PutLogEvents|PutRecord|Query|Reboot|Receive"
    r"|Reject|Reset|Revoke|Scan|Search|Send|StartDB|StartExecution|StartInstances|Stop|Terminate|UpdateItem|Verify)"
    r"(?!.*Tag).*"
)
"""Names of actions that create nothing: AWS's reference lacks tags of some actions that create something, and of none of these."""
READS_WITHOUT: Mapping[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "dynamodb:attributes": (
        ("dynamodb:batchgetitem", "dynamodb:getitem", "dynamodb:query", "dynamodb:scan"),
        frozenset({"dynamodb:select"}),
    ),
    "dynamodb:leadingkeys": (("dynamodb:scan",), frozenset()),
}
"""By key, the reads that may lack it, and the keys whose conditions bound those: a read that names no attributes returns all.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html.
"""
OWN_TAGS = frozenset({"cognito-identity", "ses"})
"""Services with tags of another kind, of messages and sessions, in requests of such actions."""
_OF_NETWORK = NETWORK_KEYS | {ADDRESS, "aws:vpcsourceip"}
_VARIABLE = re.compile(r"\$\{[^{}]*\}")


def ineffective(document: PolicyDocument) -> Iterator[tuple[str, str]]:
    """The conditions that have no effect, or another than they read: path, and a clause that quotes no value."""
    for statement in document.statements:
        for condition in statement.conditions:
            for clause in _clauses(condition, statement, document.kind):
                yield condition.path, clause


def _clauses(condition: Condition, statement: Statement, kind: DocumentKind) -> Iterator[str]:
    if documented(condition.key) is False and (kind is not DocumentKind.TRUST or condition.name.startswith("aws:")):
        close = similar(condition.name, _known(condition.name), cutoff=0.8)
        hint = f"; did you mean `{_known(condition.name)[close[0]]}`?" if close else ""
        yield f"`{condition.key}` is not in AWS's reference of condition keys, so a request may never have it{hint}"
    if tag := _tag_of_objects(condition.name, statement):
        yield f"`{condition.key}` is in no request of these actions; S3 has `{tag}` for the tags of objects"
        return
    if condition.operator in ADDRESSES:
        return  # `iam-invalid-address` reads them
    if family(condition.operator) == "Null":
        if not all(is_of("Null", value) for value in condition.values):
            yield f"`Null` compares {FAMILIES['Null']}, and takes `true` or `false`"
        return
    yield from mistyped(condition, statement)
    if condition.operator in LITERAL and any("*" in _VARIABLE.sub("", value) for value in condition.values):
        like = "StringNotLike" if condition.negated else "StringLike"
        yield f"`{condition.operator}` takes `*` for a plain character; `{like}` reads it as a wildcard"


def _tag_of_objects(name: str, statement: Statement) -> str:
    """The key that S3 sends instead of a global key of tags in a request; empty if a request may have the global one."""
    instead = OF_OBJECTS.get(name.partition("/")[0], "")
    actions = [expand(pattern) for pattern in statement.actions or ()] if instead else []
    known = bool(actions) and all(actions)
    absent = all(action.service == "s3" and not action.lists(name) for group in actions for action in group)
    return instead if known and absent else ""


def _known(name: str) -> dict[str, str]:
    """The condition keys of one service, by their lower-case name."""
    service = name.partition(":")[0]
    known = GLOBAL_KEYS if service == "aws" else condition_keys(service)
    return {key.lower(): key for key in known}


def matching_without_key(document: PolicyDocument) -> Iterator[Condition]:
    """The conditions of Allow statements that match requests without their key, and so allow what they should not.

    `ForAllValues` is true for an empty set. On a key with one value this is a mistake, on a key that describes the
    caller it allows requests that lack the key, and on a key that no request of the statement has it is always true;
    on other tags, it does no harm. `IfExists` is sound on a key that only some of the actions send, or every caller
    has, and no restriction on one that callers do without.
    """
    denied = {
        condition.name
        for statement in document.statements
        if not statement.allows
        for condition in statement.conditions
    }
    for statement in document.statements:
        for condition in statement.conditions if statement.allows else ():
            optional = not condition.present and denied.isdisjoint({condition.name, *_bounding(condition.name)})
            if optional and (_of_all_values(condition, statement) or _avoidable(condition, statement)):
                yield condition


def _bounding(name: str) -> frozenset[str]:
    return READS_WITHOUT[name][1] if name in READS_WITHOUT else frozenset()


def _of_all_values(condition: Condition, statement: Statement) -> bool:
    if condition.qualifier != "ForAllValues":
        return False
    several = multivalued(condition.name)
    wrong = condition.name.startswith("aws:") and condition.name != TAGS if several else several is False
    return wrong or (
        several is True and (_never_sent(condition.name, statement) or _reads_without(condition.name, statement))
    )


def _reads_without(name: str, statement: Statement) -> bool:
    """Whether a read of DynamoDB may lack a key, and then returns all: of the attributes, or of the items."""
    reads = READS_WITHOUT[name][0] if name in READS_WITHOUT else ()
    unbound = any(matches(action.lower(), read) for action in statement.actions or () for read in reads)
    return unbound and _bounding(name).isdisjoint(condition.name for condition in statement.conditions)


def _never_sent(name: str, statement: Statement) -> bool:
    """Whether AWS documents a key for none of a statement's actions; it lacks the tags of some that create."""
    expanded = [expand(action) for action in statement.actions or ()]
    if name == TAGS and any(action.level not in ("List", "Read") for actions in expanded for action in actions):
        return False
    return (
        bool(expanded) and all(expanded) and not any(action.lists(name) for actions in expanded for action in actions)
    )


def without_tags(condition: Condition, statement: Statement) -> bool:
    """Whether a condition requires tags in the request, and the actions of its statement send none.

    Only an action that creates or tags something does. Source: the condition keys of each action in the Service
    Authorization Reference, where it says so for the action itself.
    """
    if condition.name != TAGS and not condition.name.startswith("aws:requesttag/"):
        return False
    required = requires_key(condition) or (condition.operator == "Null" and condition.values == ("false",))
    expanded = [expand(pattern) for pattern in statement.actions or ()] if required else []
    return bool(expanded) and all(expanded) and all(map(_tagless, frozenset().union(*expanded)))


def _tagless(action: Action) -> bool:
    return not action.tagged and action.service not in OWN_TAGS and TAGLESS.fullmatch(action.name) is not None


def _avoidable(condition: Condition, statement: Statement) -> bool:
    """Whether a caller may send a request without the key of an `IfExists` condition that nothing else replaces."""
    if not condition.if_exists or condition.negated or condition.values == ("false",):
        return False
    if any(matches(pattern, condition.name) for pattern in AVOIDABLE_KEYS):
        return True
    if any(matches(pattern, condition.name) for pattern in OPTIONAL_KEYS):  # sound beside actions without the key
        expanded = [action for pattern in statement.actions or () for action in expand(pattern)]
        return bool(expanded) and all(action.lists(condition.name) for action in expanded)
    if condition.name == ADDRESS:  # `iam-open-address` reads addresses
        return False
    alternatives = next((keys for keys in (_OF_NETWORK, SERVICE_KEYS) if condition.name in keys), frozenset())
    others = [other for other in statement.conditions if other.name in alternatives]
    if not others or any(map(requires_key, others)):
        return False
    if alternatives is SERVICE_KEYS:
        return not _by_services(statement)
    return not any(other.name == ADDRESS for other in others)  # an address or an endpoint: each request has one


def _by_services(statement: Statement) -> bool:
    """Whether only services call: `iam-confused-deputy` reads their conditions, and not every service sends a source."""
    return bool(statement.principals) and all(one.type == "Service" for one in statement.principals or ())
