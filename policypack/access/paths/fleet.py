"""The resources of several stacks, indexed for questions about access: identities, targets, and who is named where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from policypack.access.exposure.invoking import permission_document
from policypack.access.policy_targets import protected
from policypack.access.solver.request import Caller, account_of
from policypack.core.policy import Resource, Stack
from policypack.iam.condition_keys import ACCOUNT
from policypack.iam.document import PolicyDocument
from policypack.iam.document_readers import RESOURCE, TRUST, documents_of
from policypack.iam.globs import has_wildcard
from policypack.iam.tables import canonical
from policypack.resources.attachments import AttachedDocument, IdentityPolicies, identity_policies
from policypack.resources.joining.merging import Merged
from policypack.resources.naming import physical_name
from policypack.resources.tokens import BUCKET_TYPES, GROUP, PERMISSION

UNPLACED = ""
SHARED = "*"
"""The key of documents that name everyone, or principals by a pattern."""


class Holder(msgspec.Struct, frozen=True):
    """A role or a user, with what is attached to it, and its ARN and account as far as they are known."""

    policies: IdentityPolicies
    arn: str
    account: str

    @property
    def identity(self) -> Resource:
        """The role or the user."""
        return self.policies.identity

    @property
    def caller(self) -> Caller:
        """It as the sender of a request."""
        return Caller("AWS", self.arn, (self.arn,), self.account)


class Fleet:
    """Several stacks as one; what is looked up is computed once."""

    def __init__(self, merged: Merged) -> None:
        self.stack: Stack = merged.stack
        self.merged = merged

    @cached_property
    def holders(self) -> Mapping[str, Holder]:
        """The roles and users by URN."""
        return {
            policies.identity.urn: Holder(policies, arn_of(policies.identity), self.account(policies.identity))
            for policies in identity_policies(self.stack)
            if policies.identity.type != GROUP and not policies.identity.external
        }

    def account(self, resource: Resource) -> str:
        """The account of a resource; one that is unknown is that of its own stack, and no other."""
        scope = self.merged.scopes.get(resource.urn)
        if scope and scope.account:
            return scope.account
        origin = self.merged.origins.get(resource.urn)
        return f"unknown account of {origin[0]}" if origin else ""

    @cached_property
    def by_type(self) -> Mapping[tuple[str, str], Sequence[tuple[str, Resource]]]:
        """By canonical type and account, the resources whose ARN is known, with it; an unknown account is empty."""
        by_type: dict[tuple[str, str], list[tuple[str, Resource]]] = defaultdict(list)
        for resource in self.stack.resources:
            if not resource.external and (arn := arn_of(resource)):
                account = self.account(resource)
                kind = canonical(resource.type)
                by_type[kind, account].append((arn, resource))
                if not ACCOUNT.fullmatch(account):
                    by_type[kind, UNPLACED].append((arn, resource))
        return by_type

    @cached_property
    def documents(self) -> Mapping[str, Sequence[AttachedDocument]]:
        """By URN of a resource, the documents that protect it, and the trust policy of a role."""
        documents: dict[str, list[AttachedDocument]] = defaultdict(list)
        for target, document in self._documents():
            documents[target.urn].append(document)
        return documents

    def _documents(self) -> Iterator[tuple[Resource, AttachedDocument]]:
        for resource in self.stack.resources:
            if resource.external:
                continue
            for path, document in documents_of(resource, (*RESOURCE, *TRUST), granting=True):
                if isinstance(document, PolicyDocument):
                    yield protected(self.stack, resource), AttachedDocument(resource, path, document)
            if resource.type == PERMISSION:
                target = protected(self.stack, resource)
                granted = permission_document(resource, physical_name(target) if target is not resource else None)
                yield target, AttachedDocument(resource, "principal", granted, direct=True)

    @cached_property
    def named(self) -> Mapping[str, Sequence[Resource]]:
        """By ARN or account of a principal, or `SHARED`, the resources whose documents allow it something."""
        named: dict[str, dict[str, Resource]] = defaultdict(dict)
        for urn, documents in self.documents.items():
            resource = self.stack.by_urn[urn]
            for attached in documents:
                for key in _principals(attached.document):
                    named[key][urn] = resource
        return {key: tuple(resources.values()) for key, resources in named.items()}


def _principals(document: PolicyDocument) -> Iterator[str]:
    for statement in document.statements:
        if statement.allows and (statement.not_principals is not None or "Principal" in statement.unknown):
            yield SHARED
        for principal in (statement.principals or ()) if statement.allows else ():
            if principal.type == "AWS":
                yield SHARED if has_wildcard(principal.value) else account_of(principal.value) or principal.value


def arn_of(resource: Resource) -> str:
    """The ARN of a resource; empty if it is unknown."""
    arn = resource.outputs.get("arn")
    if isinstance(arn, str) and arn.startswith("arn:"):
        return arn
    name = physical_name(resource)
    return f"arn:aws:s3:::{name}" if resource.type in BUCKET_TYPES and name else ""
